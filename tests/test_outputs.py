"""What a run writes: exactly these files and columns, the same bytes each time, and never half of them."""

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from park_files import issues, listed, parcels, run, study, workbook, zone_figures, zones

from gisplan import measure
from gisplan.errors import OutputError
from gisplan.show import publish
from gisplan.show.publish import OUTPUTS, published, require_writable

ROOT = Path(__file__).resolve().parent.parent
L = "layers.parcels.ledger"


def files(folder):
    return {f.name: f.read_bytes() for f in folder.iterdir()}


def without_timings(content):
    return {k: v for k, v in json.loads(content).items() if k != "timings"}


@pytest.fixture(scope="module")
def park(tmp_path_factory):
    """A run with a ledger, a Chinese title, an overlap and a rejected record."""
    folder = tmp_path_factory.mktemp("park") / "规划 2025" / "二号 园区"
    folder.mkdir(parents=True)
    workbook(
        folder / "台账.xlsx",
        [["编号", "项目名称", "investment"], ["0101", "永安机械，一期", 5], ["0102", "=1+1", None]],
    )
    frame = parcels()
    frame.loc[59, "geometry"] = None
    plan = study(
        folder,
        parcels=frame,
        plan={"plan.title": "永安工业集聚区", "plan.language": "both", f"{L}.path": "台账.xlsx", f"{L}.key": "编号"},
    )
    assert run(plan) == 0
    return folder


#: What a run of the park writes: it has roads, but none of a trunk class.
WRITTEN = (*OUTPUTS, "roads.csv")


def test_exactly_these_files(park):
    assert sorted(files(park / "out")) == sorted(WRITTEN)


def test_columns(park):
    def columns(name):
        return list(pd.read_csv(park / "out" / name, nrows=0))

    head = columns("zones.csv")
    assert head[:3] == ["zone_id", "name", "level"]
    ids = pd.read_csv(park / "out/indicators.csv")["indicator"].unique().tolist()
    assert head[3:] == ids
    for name, item in measure.register().items():
        if item.listed or "{facility}" in name:  # the park has none
            continue
        stem = name[: name.index("{")] if "{" in name else name
        assert any(i.startswith(stem) for i in ids), name
    assert columns("indicators.csv") == [
        "zone_id",
        "indicator",
        "value",
        "unit",
        "numerator",
        "denominator",
        "n_used",
        "n_missing",
        "known_share",
        "flags",
        "source",
    ]
    assert columns("balance.csv") == [
        "layer",
        "measure",
        "input",
        "inside",
        "outside",
        "rejected",
        "overlap",
        "residual",
    ]
    assert columns("issues.csv") == ["code", "severity", "layer", "count", "features", "message", "remedy", "who"]
    assert columns("parcels.csv")[:2] == ["parcel_id", "zone_id"]


def test_one_row_each(park):
    zones_, long = pd.read_csv(park / "out/zones.csv"), pd.read_csv(park / "out/indicators.csv")
    assert len(zones_) == 2 and len(long) == 2 * (len(zones_.columns) - 3)
    wide = long.pivot(index="zone_id", columns="indicator", values="value")
    for name in wide:
        np.testing.assert_array_equal(wide[name].to_numpy(), zones_[name].to_numpy(dtype=float))


@pytest.mark.parametrize("name", [n for n in OUTPUTS if n.endswith(".csv")])
def test_excel_shows_the_text(name, park):
    content = (park / "out" / name).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf") and content.decode("utf-8-sig")
    assert b"nan" not in content.lower().replace(b"finance", b"").split(b"\n", 1)[1].replace(b"maintenance", b"")


def test_chinese_and_ids_are_kept(park):
    assert zone_figures(park / "out")["name"].tolist() == ["东区", "西区"]
    table = pd.read_csv(park / "out/parcels.csv", dtype=str).set_index("parcel_id")
    assert table.index[0] == "0101" and table.loc["0101", "name"] == "永安机械，一期"
    assert (park / "out/parcels.csv").read_text(encoding="utf-8-sig").splitlines()[1].startswith('"0101",')
    assert "永安工业集聚区" in (park / "out/map.html").read_text(encoding="utf-8")
    assert (
        json.loads((park / "out/run.json").read_text(encoding="utf-8"))["plan"]["plan"]["title"]["zh"]
        == "永安工业集聚区"
    )


def test_the_books_close(park):
    books = pd.read_csv(park / "out/balance.csv")
    assert (
        books["input"] + books["overlap"] - books["inside"] - books["outside"] - books["rejected"] == books["residual"]
    ).all()
    assert (books["residual"].abs() <= 1e-9 * books["input"].clip(lower=1e-9)).all()
    assert books.set_index(["layer", "measure"]).loc[("parcels", "count"), "rejected"] == 1


def test_a_gis_opens_the_results(park):
    table = zone_figures(park / "out")
    layer = gpd.read_file(park / "out/results.gpkg", layer="zones").set_index("zone_id")
    assert layer.crs == "EPSG:4549" and layer["name"].tolist() == ["东区", "西区"]
    for name in table.columns[2:]:
        np.testing.assert_array_equal(layer[name].to_numpy(dtype=float), table[name].to_numpy(dtype=float))
    land = gpd.read_file(park / "out/results.gpkg", layer="parcels")
    assert len(land) == 59 and land["parcel_id"].iloc[0] == "0101"
    assert land["area_m2"].to_numpy() == pytest.approx(
        pd.read_csv(park / "out/parcels.csv")["area_m2"].to_numpy(), rel=1e-15
    )


def test_the_record(park):
    record = json.loads((park / "out/run.json").read_text(encoding="utf-8"))
    assert {"gisplan", "python", "gdal", "geos", "geopandas", "shapely"} <= set(record["versions"])
    assert [i["file"] for i in record["inputs"]] == ["plan.toml", "park.gpkg", "parcels.gpkg", "台账.xlsx"]
    for item in record["inputs"]:
        content = (park / item["file"]).read_bytes()
        assert (item["bytes"], item["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert record["plan"]["layers"]["parcels"]["ledger"] == [{"path": "台账.xlsx", "key": "编号"}]
    assert set(record["timings"]) == {"read", "cut", "measure", "assess", "check", "write"}
    assert record["issues"] == {
        s: int((issues(park / "out")["severity"] == s).sum()) for s in ("error", "warning", "note")
    }


def test_parts_of_a_shapefile_and_a_geodatabase_are_in_the_record(tmp_path):
    plan = study(
        tmp_path,
        plan={
            "layers.parcels.path": "p.shp",
            "layers.parcels.layer": ...,
            "layers.zones": {"path": "z.gdb", "layer": "z"},
        },
    )
    parcels().to_file(tmp_path / "p.shp")
    zones().to_file(tmp_path / "z.gdb", driver="OpenFileGDB", layer="z")
    assert run(plan) == 0
    names = [i["file"] for i in json.loads((tmp_path / "out/run.json").read_text(encoding="utf-8"))["inputs"]]
    assert {"p.shp", "p.dbf", "p.shx", "p.prj"} <= set(names) and any(n.startswith("z.gdb/") for n in names)


def test_another_process_gives_the_same_bytes(park, tmp_path):
    """In another folder, time zone and order of hashing, and into the default place."""
    done = subprocess.run(
        [sys.executable, "-m", "gisplan", "run", str(park / "plan.toml")],
        check=False,
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7", "TZ": "Asia/Shanghai", "LC_ALL": "C"},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    first, second = files(park / "out"), files(tmp_path / "maps" / "park")
    assert without_timings(first.pop("run.json")) == without_timings(second.pop("run.json"))
    assert [n for n in first if first[n] != second[n]] == []


# Where the results go


def refused(capsys, plan, out, message):
    capsys.readouterr()
    assert run(plan, out) == 2
    assert capsys.readouterr().err == f"gisplan: {message}\n"


def test_no_folder_below_a_file(tmp_path, capsys):
    plan = study(tmp_path)
    (tmp_path / "file").write_text("x")
    refused(
        capsys,
        plan,
        tmp_path / "file" / "out",
        f"{tmp_path / 'file' / 'out'}: {tmp_path / 'file'} is a file, so results cannot be written there. Give another folder with --out.",
    )
    refused(
        capsys,
        plan,
        tmp_path / "file",
        f"{tmp_path / 'file'}: is a file, so results cannot be written there. Give another folder with --out.",
    )


def test_no_right_to_write(tmp_path, capsys, monkeypatch):
    def forbid(*_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    plan = study(tmp_path)
    monkeypatch.setattr(publish.tempfile, "mkdtemp", forbid)
    refused(
        capsys,
        plan,
        tmp_path / "out",
        f"{tmp_path / 'out'}: cannot be written to (Permission denied). Give another folder with --out.",
    )
    assert not (tmp_path / "out").exists()


def test_it_is_found_out_before_the_work(tmp_path, monkeypatch):
    def work(*_, **__):
        raise AssertionError("the study was begun")

    plan = study(tmp_path)
    (tmp_path / "file").write_text("x")
    monkeypatch.setattr("gisplan.study.evaluate", work)
    assert run(plan, tmp_path / "file") == 2


def test_looking_leaves_no_trace(tmp_path):
    require_writable(tmp_path / "a" / "b" / "c")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("x")
    require_writable(tmp_path / "out")
    assert [p.name for p in tmp_path.rglob("*")] == ["out", "mine.txt"]


HELD = "cannot be replaced (open in another program, or write-protected?). Close what holds it and run again."


def test_a_file_held_by_another_program(tmp_path, capsys, monkeypatch):
    plan = study(tmp_path)
    assert run(plan) == 0
    before = files(tmp_path / "out")
    monkeypatch.setattr(publish, "_free", lambda file: file.name not in ("zones.csv", "results.gpkg"))
    refused(capsys, plan, None, f"{tmp_path / 'out'}: zones.csv, results.gpkg {HELD}")
    assert files(tmp_path / "out") == before


def test_a_file_held_only_when_the_results_are_ready(tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "zones.csv").write_text("old")
    with pytest.raises(OutputError, match=r"zones\.csv cannot be replaced"), published(tmp_path / "out") as fresh:
        (fresh / "zones.csv").write_text("new")
        monkeypatch.setattr(publish, "_free", lambda _: False)
    assert files(tmp_path / "out") == {"zones.csv": b"old"}
    assert listed(tmp_path) == ["out"]


def test_a_file_that_cannot_be_replaced_after_all(tmp_path, monkeypatch):
    """As on Windows, where a reader may hold a file that could be opened a moment ago: everything is put back."""
    out = tmp_path / "out"
    out.mkdir()
    for name in ("indicators.csv", "parcels.csv", "zones.csv"):
        (out / name).write_text("old")
    replace = Path.replace

    def stubborn(self, target):
        if self.name == "zones.csv" and "earlier" not in self.parts:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", stubborn)
    with pytest.raises(OutputError) as caught, published(out) as fresh:
        for name in ("balance.csv", "indicators.csv", "zones.csv"):
            (fresh / name).write_text("new")
    assert str(caught.value) == (
        f"{out}: zones.csv cannot be replaced (Permission denied); the earlier results are untouched. Close it elsewhere and run again."
    )
    assert files(out) == dict.fromkeys(("indicators.csv", "parcels.csv", "zones.csv"), b"old")
    assert listed(tmp_path) == ["out"]


@pytest.mark.parametrize("writer", ["tables.write_csv", "geopackage.write_geopackage", "record.write_record"])
def test_a_full_disk(writer, tmp_path, capsys, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    plan = study(tmp_path)
    assert run(plan) == 0
    before = files(tmp_path / "out")
    monkeypatch.setattr(f"gisplan.show.{writer}", full)
    refused(
        capsys,
        plan,
        None,
        f"{tmp_path / 'out'}: writing failed (No space left on device); the earlier results are untouched. Make room or give another --out.",
    )
    assert files(tmp_path / "out") == before
    assert listed(tmp_path) == ["out", "park.gpkg", "plan.toml"]


def test_a_full_disk_under_the_geopackage(tmp_path, capsys, monkeypatch):
    """GDAL has errors of its own, which are no OSErrors."""
    import pyogrio

    def full(*_, **__):
        raise pyogrio.errors.DataLayerError("sqlite3_step() failed: database or disk is full")

    plan = study(tmp_path)
    monkeypatch.setattr(pyogrio, "write_dataframe", full)
    refused(
        capsys,
        plan,
        None,
        f"{tmp_path / 'out'}: writing failed (results.gpkg: sqlite3_step() failed: database or disk is full); "
        "the earlier results are untouched. Make room or give another --out.",
    )


def test_a_really_full_disk(tmp_path, capsys):
    """A file system of its own, 256 kB large, where this machine lets us make one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("no right to mount")
    try:
        capsys.readouterr()
        assert run(study(tmp_path / "study"), disk / "out") == 2
        told = capsys.readouterr().err
        assert told.startswith(f"gisplan: {disk / 'out'}: writing failed (") and told.count("\n") == 1
        assert [p for p in disk.rglob("*") if p.is_file()] == []
    finally:
        subprocess.run(["umount", str(disk)], check=False)


DRIVER = """
import sys, time
from gisplan.show import tables
write = tables.write_csv
def slow(frame, file):
    write(frame, file)
    if file.name == "balance.csv":
        print("half", flush=True)
        time.sleep(60)
tables.write_csv = slow
from gisplan.cli import main
sys.exit(main(["run", sys.argv[1], "--out", sys.argv[2]]))
"""


def half_way(plan, out):
    """A run in a process of its own that has written half of its files."""
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(plan), str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout and process.stdout.readline().strip() == b"half"
    return process


def test_a_run_that_is_killed(tmp_path):
    plan = study(tmp_path)
    assert run(plan) == 0
    before = files(tmp_path / "out")
    process = half_way(plan, tmp_path / "out")
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert files(tmp_path / "out") == before
    left = [p for p in tmp_path.iterdir() if p.name.startswith(".out-")]
    assert len(left) == 1  # nobody was there to clean up
    assert run(plan) == 0
    after = files(tmp_path / "out")
    assert {n for n in before if before[n] != after[n]} <= {"run.json"}


def test_files_of_others_stay_and_those_of_an_earlier_study_go(tmp_path):
    plan = study(tmp_path)
    assert run(plan) == 0
    (tmp_path / "out" / "notes.docx").write_text("mine")
    no_parcels = study(tmp_path / "b", plan={"layers.parcels": ...})
    assert run(no_parcels, tmp_path / "out") == 0
    assert sorted(files(tmp_path / "out")) == sorted({*WRITTEN, "notes.docx"} - {"parcels.csv"})


def test_the_study_folder_itself(tmp_path, monkeypatch):
    """`--out .`: results beside the layers, which stay."""
    plan = study(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert run(plan, Path()) == 0
    assert listed(tmp_path) == sorted([*WRITTEN, "park.gpkg", "plan.toml"])


def test_time_of_day_is_nowhere(park):
    today = time.strftime("%Y-%m-%d")
    for name, content in files(park / "out").items():
        assert today.encode() not in content, name
