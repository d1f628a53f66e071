"""The front door: commands, exit codes, and what is printed where."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from park_files import issues, listed, parcels, run, study, tables_only, zones

from gisplan import cli
from gisplan.errors import BooksError
from gisplan.plan import load_plan

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("geopandas", "pandas", "numpy", "pydantic", "folium", "pyproj", "shapely", "rasterio", "pyarrow", "rich")


def gisplan(*arguments, cwd, encoding):
    """Run the real command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "gisplan", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding},
    )


def test_help_is_there_at_once():
    code = (
        "import sys\nfrom gisplan.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"heavy = [m for m in {HEAVY!r} if m in sys.modules]\nassert not heavy, heavy\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    for verb in ("run", "check", "demo", "indicators"):
        assert f"\n    {verb}" in done.stdout


def test_a_fault_in_a_process_of_its_own(tmp_path):
    """On a console that lacks the characters."""
    done = gisplan("run", study(tmp_path, plan={"layers.parcels.layer": "宗地"}), cwd=tmp_path, encoding="ascii")
    assert (done.returncode, done.stdout) == (2, b"")
    assert (
        done.stderr
        == b"gisplan: [layers.parcels]: park.gpkg has no layer '??'. It has: zones, parcels, buildings, roads, water.\n"
    )
    assert listed(tmp_path) == ["park.gpkg", "plan.toml"]


@pytest.mark.parametrize("arguments", [["run"], ["run", "a", "b"], ["walk"], [], ["check", "x", "--format", "xml"]])
def test_wrong_arguments(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    assert end.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("gisplan")


def test_no_such_plan(tmp_path, capsys):
    for verb in ("run", "check"):
        assert cli.main([verb, str(tmp_path / "plan.toml")]) == 2
        assert capsys.readouterr().err == (
            f"gisplan: {tmp_path / 'plan.toml'}: there is no such plan file. Give the path of a plan.toml.\n"
        )


def test_a_run_says_where_it_wrote(tmp_path, capsys, monkeypatch):
    tables_only(monkeypatch)
    assert run(study(tmp_path)) == 0
    told = capsys.readouterr()
    assert told.err == ""
    lines = told.out.splitlines()
    assert lines[0].split() == ["layer", "unit", "input", "inside", "outside", "rejected", "overlap"]
    assert lines[1].split() == ["parcels", "ha", "60.000", "60.000", "0.000", "0.000", "0.000"]
    assert "The books balance: input + overlap = inside + outside + rejected." in lines
    assert lines[-1] == f"Open {tmp_path / 'out' / 'map.html'}"


def test_strict(tmp_path, monkeypatch):
    tables_only(monkeypatch)
    sound, odd = study(tmp_path / "a"), study(tmp_path / "b", parcels=parcels().assign(land_area=3.0))
    assert [run(sound, None, "--strict"), run(odd), run(odd, None, "--strict")] == [0, 0, 1]
    assert cli.main(["check", str(sound), "--strict"]) == 0
    assert cli.main(["check", str(odd), "--strict"]) == 1
    assert "LEDGER_AREA_DIFFERS" in issues(tmp_path / "b/out").index  # written all the same


def test_check_as_text(tmp_path, capsys):
    assert cli.main(["check", str(study(tmp_path, parcels=parcels().drop(columns="parcel_id")))]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("warning parcels: There is no parcel_id: ") and lines[0].endswith("[ID_MISSING]")
    assert lines[-1] == "issues: 0 errors, 1 warning, 1 note"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["parcels.gpkg", "park.gpkg", "plan.toml"]


def test_check_as_json(tmp_path, capsys):
    assert (
        cli.main(["check", str(study(tmp_path, zones=zones().assign(zone_id=["甲", None]))), "--format", "json"]) == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert [f["code"] for f in found] == ["ID_MISSING", "STUDY_CRS"]
    assert set(found[0]) == {"code", "severity", "layer", "count", "features", "message", "remedy", "who", "places"}


def test_indicators(capsys):
    assert cli.main(["indicators"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert any(line.startswith("plot_ratio ") and "容积率" in line for line in listed)
    assert cli.main(["indicators", "show", "plot_ratio"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("plot_ratio  [") and "容积率" in told and "Source" in told


@pytest.mark.parametrize("name", ["coverage_{service}", "coverage_water", "land_use_share_industrial"])
def test_indicators_of_a_family(name, capsys):
    assert cli.main(["indicators", "show", name]) == 0
    assert capsys.readouterr().out.startswith(name.split("_")[0])


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("plot_ration", "did you mean 'plot_ratio'?"),
        ("coverage_wather", "did you mean 'coverage_water'?"),
        ("road_density_main", "did you mean "),
    ],
)
def test_indicators_nobody_knows(name, hint, capsys):
    assert cli.main(["indicators", "show", name]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"gisplan: There is no indicator {name!r}; {hint}") and told.count("\n") == 1


def test_indicators_show_without_a_name(capsys):
    assert cli.main(["indicators", "show"]) == 2
    assert capsys.readouterr().err == (
        "gisplan: indicators show: give the name of an indicator, e.g. gisplan indicators show plot_ratio.\n"
    )


def test_stopping_by_hand(tmp_path, capsys, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    plan = study(tmp_path)
    assert run(plan) == 0
    before = {f.name: f.read_bytes() for f in (tmp_path / "out").iterdir()}
    capsys.readouterr()
    monkeypatch.setattr("gisplan.show.tables.write_csv", stop)
    assert run(plan) == 130
    assert capsys.readouterr().err == "gisplan: stopped; earlier results are untouched.\n"
    assert {f.name: f.read_bytes() for f in (tmp_path / "out").iterdir()} == before
    assert listed(tmp_path) == ["out", "park.gpkg", "plan.toml"]


def test_a_fault_of_gisplan_looks_like_nothing_else(tmp_path, capsys, monkeypatch):
    def break_down(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("gisplan.study.evaluate", break_down)
    assert run(study(tmp_path)) == 3
    assert capsys.readouterr().err.splitlines()[-1] == (
        "gisplan: this is a fault of gisplan: please report it with the lines above and the plan."
    )


def test_books_that_do_not_balance(tmp_path, capsys, monkeypatch):
    def refuse(*_, **__):
        raise BooksError("The books do not balance.")

    monkeypatch.setattr("gisplan.measure.require_closed", refuse)
    assert run(study(tmp_path)) == 3
    assert capsys.readouterr().err == "gisplan: The books do not balance.\n"
    assert not (tmp_path / "out").exists()


def test_a_reader_that_leaves_early(tmp_path):
    """`gisplan indicators | head -1`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gisplan", "indicators"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout and process.stderr
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(30) == 0


def test_progress_is_shown_on_a_terminal_only(tmp_path, monkeypatch):
    tables_only(monkeypatch)

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        assert run(study(tmp_path / str(shown))) == 0
        assert bool(stream.getvalue()) == shown


def test_the_sample_is_found():
    assert load_plan(cli.sample() / "plan.toml").plan.name == "yongan"
