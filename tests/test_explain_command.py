"""The command that says how a figure came about, and what moved it since another run.

Zone A has thirty parcels of one hectare, each with a building of 2500 m² and two floors: plot ratio 0.5.
"""

import pandas as pd
import pytest
from park_files import box, buildings, parcels, study, tables_only

from gisplan import cli, evaluate, load_plan
from gisplan.show.run_changes import moved
from gisplan.study import record


def explained(capsys, *arguments):
    assert cli.main(["explain", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def refused(capsys, *arguments):
    assert cli.main(["explain", *map(str, arguments)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err


@pytest.fixture
def then(tmp_path, monkeypatch):
    """Folder of a run of the park as it was."""
    tables_only(monkeypatch)
    assert cli.main(["run", str(study(tmp_path / "a")), "--out", str(tmp_path / "then")]) == 0
    return tmp_path / "then"


def test_a_figure_in_full(tmp_path, capsys):
    out = explained(capsys, study(tmp_path), "A", "plot_ratio").splitlines()
    assert out[0] == "容积率 / Plot ratio  plot_ratio"
    assert out[1] == "A 东区: 0.5"
    for text in (
        "  = 150,000.00 ÷ 300,000.00",
        "  made from 30 features; 0 features lack data, known for 100.00% of what it is about",
        "  area: measured, ellipsoid",
        "behind it: 30 buildings, 30 parcels",
    ):
        assert text in out
    assert sum(line.startswith("input: ") and " sha256 " in line for line in out) == 2


def test_all_parts_in_a_file(tmp_path, capsys):
    out = explained(capsys, study(tmp_path), "A", "plot_ratio", "--out", tmp_path / "why")
    table = pd.read_csv(tmp_path / "why" / "explain.csv", encoding="utf-8-sig", dtype={"feature_id": str})
    assert out.endswith(f"60 features → {(tmp_path / 'why' / 'explain.csv').resolve()}\n")
    assert [p.name for p in (tmp_path / "why").iterdir()] == ["explain.csv"]
    assert table["numerator_share"].sum() == pytest.approx(1.0)
    assert "0101" in set(table["feature_id"])


def test_what_moved_it(tmp_path, then, capsys):
    frame = parcels()
    frame.loc[frame["parcel_id"] == "0102", "geometry"] = box(100, 0, 100, 50)
    now = study(tmp_path / "b", parcels=frame[frame["parcel_id"] != "0103"])
    out = explained(capsys, now, "A", "parcel_area_m2", "--against", then, "--out", tmp_path / "why")
    assert "against then: 300,000 then, 285,000 now (-15,000)" in out
    assert "input parcels.gpkg: new (" in out
    assert 'plan layers.parcels.path: "park.gpkg" → "parcels.gpkg"' in out
    assert "2 parcels of the zone differ:" in out
    table = pd.read_csv(tmp_path / "why" / "explain_changes.csv", encoding="utf-8-sig", dtype=str)
    assert table[table["change"] == "gone"]["parcel_id"].tolist() == ["0103"]
    own = table[(table["parcel_id"] == "0102") & (table["column"] == "area_m2")].iloc[0]
    assert (float(own["then"]), float(own["now"])) == (pytest.approx(10_000, rel=1e-3), pytest.approx(5_000, rel=1e-3))


def test_the_change_of_a_ratio_is_split_without_rest(tmp_path, then):
    built, land = buildings(), parcels()
    built.loc[built["building_id"] == "B0101", "floors"] = 8
    land.loc[land["parcel_id"] == "0102", "geometry"] = box(100, 0, 100, 50)
    after = evaluate(load_plan(study(tmp_path / "b", buildings=built, parcels=land)))
    found = moved(then, record(after), after.indicators, after.parcels, zone_id="A", indicator="plot_ratio")
    a, b, c, d = 150_000, 165_000, 300_000, 295_000
    assert found.then["value"] == pytest.approx(a / c, rel=1e-6)
    assert found.now["value"] == pytest.approx(b / d, rel=1e-6)
    assert found.by_numerator == pytest.approx(((b - a) / c + (b - a) / d) / 2, rel=1e-6)
    assert found.by_numerator + found.by_denominator == pytest.approx(b / d - a / c, rel=1e-6)
    assert set(found.parcels["parcel_id"]) == {"0101", "0102"}


def test_nothing_moved(tmp_path, then, capsys):
    out = explained(capsys, study(tmp_path / "b"), "A", "plot_ratio", "--against", then)
    assert "against then: 0.5 then, 0.5 now (+0)" in out
    assert "no parcel of the zone is different" in out
    assert "  input " not in out and "  plan " not in out


def test_a_missing_figure_says_why(tmp_path, capsys):
    out = explained(capsys, study(tmp_path), "A", "investment_intensity")
    assert "A 东区: missing" in out and "flags: INPUT_MISSING:investment_wan" in out


def test_what_cannot_be_explained(tmp_path, capsys):
    plan = study(tmp_path)
    assert "There is no indicator 'plotratio'; did you mean 'plot_ratio'?" in refused(capsys, plan, "A", "plotratio")
    assert "there is no zone 'Z8' in this study; valid names: A, B" in refused(capsys, plan, "Z8", "plot_ratio")
    gone = tmp_path / "nowhere"
    assert "there is no such folder" in refused(capsys, plan, "A", "plot_ratio", "--against", gone)
    gone.mkdir()
    assert "not the results of a gisplan run" in refused(capsys, plan, "A", "plot_ratio", "--against", gone)


def test_a_run_without_the_figure(tmp_path, then, capsys):
    table = pd.read_csv(then / "indicators.csv", encoding="utf-8-sig")
    table[table["indicator"] != "plot_ratio"].to_csv(then / "indicators.csv", index=False)
    told = refused(capsys, study(tmp_path / "b"), "A", "plot_ratio", "--against", then)
    assert "that run has no plot_ratio of zone A" in told
