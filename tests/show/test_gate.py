"""What a check leaves behind: an issues layer, JSON with places, a baseline, lists by supplier."""

import csv
import json

import geopandas as gpd
import pyogrio
import pytest
import shapely
from park_files import X0, Y0, box, buildings, listed, parcels, run, study, workbook

from gisplan.cli import main
from gisplan.issues import Issue
from gisplan.show.baseline import baseline_of, news, read_baseline, write_baseline
from gisplan.show.suppliers import supplier_of


def faulty():
    """The park with parcel 0101 of unknown use, 0102 without use, and building B0105 across a border."""
    land = parcels()
    land.loc[land["parcel_id"] == "0101", "land_use"] = "9999"
    land.loc[land["parcel_id"] == "0102", "land_use"] = None
    built = buildings()
    built.loc[built["building_id"] == "B0105", "geometry"] = box(375, 25, 50, 50)
    return {"parcels": land, "buildings": built}


def check(plan, *options):
    return main(["check", str(plan), *options])


def codes(text):
    return [line.rsplit("[", 1)[1].rstrip("]") for line in text.splitlines() if line.endswith("]")]


def rows(file):
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_results_have_a_point_for_every_feature_concerned(tmp_path):
    plan = study(tmp_path, **faulty())
    assert run(plan) == 0
    layer = gpd.read_file(tmp_path / "out/results.gpkg", layer="issues").set_index("code")
    assert list(layer.columns) == ["severity", "layer", "feature_id", "detail", "message", "remedy", "who", "geometry"]
    assert layer.loc["LAND_USE_UNKNOWN", "feature_id"] == "0101"
    assert layer.loc["LAND_USE_UNKNOWN", "geometry"].equals(shapely.Point(X0 + 50, Y0 + 50))
    assert layer.loc["LAND_USE_MISSING", "geometry"].equals(shapely.Point(X0 + 150, Y0 + 50))
    across = layer.loc["BUILDING_ACROSS_PARCELS"]
    assert (across["feature_id"], across["detail"]) == ("B0105", "B0105 (1,250.0 m²)")
    assert across["geometry"].equals(shapely.Point(X0 + 400, Y0 + 50))
    assert pyogrio.read_info(tmp_path / "out/results.gpkg", layer="issues")["geometry_type"] == "Point"
    assert len(layer) == 3


def test_a_feature_that_is_not_drawn_has_a_row_without_a_point(tmp_path):
    """The only feature named is a key of the register that no parcel has."""
    workbook(tmp_path / "r.xlsx", [["key", "tax"], ["0101", 1], ["9999", 2]])
    plan = study(
        tmp_path,
        plan={"layers.parcels.ledger": {"path": "r.xlsx", "key": "key", "columns": {"tax": "tax"}}},
    )
    assert run(plan) == 0
    layer = gpd.read_file(tmp_path / "out/results.gpkg", layer="issues").set_index("feature_id")
    assert layer.loc["9999", "geometry"] is None
    assert layer.loc["0102", "geometry"].equals(shapely.Point(X0 + 150, Y0 + 50))


def test_check_as_json_tells_places(tmp_path, capsys):
    assert check(study(tmp_path, **faulty()), "--format", "json") == 0
    found = {f["code"]: f for f in json.loads(capsys.readouterr().out)}
    assert found["LAND_USE_UNKNOWN"]["places"] == [{"feature_id": "0101", "x": X0 + 50, "y": Y0 + 50}]
    assert found["BUILDING_ACROSS_PARCELS"]["places"] == [{"feature_id": "B0105", "x": X0 + 400, "y": Y0 + 50}]
    assert found["STUDY_CRS"]["places"] == []


# ------------------------------------------------------------------------------------------------ baseline


def test_known_issues_stay_quiet_and_new_ones_are_told(tmp_path, capsys):
    plan, known = study(tmp_path, **faulty()), tmp_path / "known.json"
    assert check(plan, "--strict") == 1
    assert check(plan, "--write-baseline", str(known)) == 0
    capsys.readouterr()
    assert check(plan, "--baseline", str(known), "--strict") == 0
    out = capsys.readouterr().out
    assert codes(out) == []
    assert out.splitlines()[-1] == "4 issues and 3 features of the baseline stay quiet."

    worse = faulty()
    worse["parcels"].loc[worse["parcels"]["parcel_id"] == "0512", "land_use"] = "8888"
    worse["parcels"] = worse["parcels"].iloc[::-1]
    plan = study(tmp_path, **worse)
    assert check(plan, "--baseline", str(known), "--strict") == 1
    out = capsys.readouterr().out
    assert codes(out) == ["LAND_USE_UNKNOWN"]
    assert out.startswith(
        "warning parcels: 1 feature not in the baseline: 0512. In all: 2 parcels with land-use codes that are not in "
        "the table: 8888, 9999."
    )
    assert out.splitlines()[-1] == "3 issues and 3 features of the baseline stay quiet."


def test_a_baseline_is_the_same_in_any_order(tmp_path):
    issues = [
        Issue("B", "warning", "parcels", 2, "b", features=["2 (x)", "1 (y)"], ids=["2", "1"]),
        Issue("A", "note", "study", 3, "a"),
    ]
    turned = [issues[1], Issue("B", "warning", "parcels", 2, "b", features=["1 (z)", "2 (w)"], ids=["1", "2"])]
    write_baseline(issues, tmp_path / "1.json")
    write_baseline(turned, tmp_path / "2.json")
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()
    assert listed(tmp_path) == ["1.json", "2.json"]
    assert read_baseline(tmp_path / "1.json") == baseline_of(issues)
    assert news(turned, baseline_of(issues)).issues == ()


def test_an_issue_without_features_is_new_when_it_counts_more():
    known = baseline_of([Issue("A", "note", "study", 3, "a")])
    assert news([Issue("A", "note", "study", 3, "a")], known).known_issues == 1
    assert len(news([Issue("A", "note", "study", 4, "a")], known).issues) == 1


NO_BASELINE = {
    "nothing": (None, "the baseline cannot be read (No such file or directory). Make one with --write-baseline."),
    "no json": ("{", "is no baseline of gisplan. Make one with --write-baseline."),
    "another json": ("[1]", "is no baseline of gisplan. Make one with --write-baseline."),
    "damaged": (
        '{"file": "gisplan baseline 1", "issues": [{"code": 1}]}',
        "is a damaged baseline. Make it anew with --write-baseline.",
    ),
}


@pytest.mark.parametrize("case", NO_BASELINE)
def test_a_file_that_is_no_baseline_is_refused(case, tmp_path, capsys):
    text, line = NO_BASELINE[case]
    if text is not None:
        (tmp_path / "b.json").write_text(text, encoding="utf-8")
    assert check(study(tmp_path), "--baseline", str(tmp_path / "b.json")) == 2
    assert capsys.readouterr().err == f"gisplan: {tmp_path / 'b.json'}: {line}\n"


def test_a_baseline_that_cannot_be_written_is_told(tmp_path, capsys):
    assert check(study(tmp_path), "--write-baseline", str(tmp_path / "no/b.json")) == 2
    assert capsys.readouterr().err == (
        f"gisplan: {tmp_path / 'no/b.json'}: the baseline cannot be written (No such file or directory). "
        "Give a file in a folder that is there.\n"
    )


# ------------------------------------------------------------------------------------------------ lists


def test_every_supplier_gets_a_list_a_layer(tmp_path, capsys):
    plan = study(tmp_path, plan={"layers.parcels.supplier": "国土分局"}, **faulty())
    out = tmp_path / "lists"
    assert check(plan, "--by", "supplier", "--out", str(out)) == 0
    assert listed(out) == ["buildings.gpkg-buildings.csv", "planner.csv", "suppliers.csv", "国土分局-parcels.csv"]
    assert capsys.readouterr().out.splitlines()[-4:] == [
        "buildings.gpkg-buildings.csv: 1 issue, 1 feature",
        "planner.csv: 1 issue, 0 features",
        "国土分局-parcels.csv: 2 issues, 2 features",
        f"3 lists → {out}",
    ]
    assert (out / "国土分局-parcels.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    missing, unknown = rows(out / "国土分局-parcels.csv")
    assert list(unknown) == [
        "severity",
        "code",
        "layer",
        "feature_id",
        "x",
        "y",
        "lon",
        "lat",
        "detail",
        "message",
        "remedy",
    ]
    assert (missing["code"], missing["feature_id"]) == ("LAND_USE_MISSING", "0102")
    assert (unknown["code"], unknown["feature_id"], unknown["x"], unknown["y"]) == (
        "LAND_USE_UNKNOWN",
        "0101",
        "500050",
        "3400050",
    )
    # 50 m east of the central meridian (120° E) at 30.7° N: 50 ÷ (111 320 · cos 30.7°) = 0.00052°.
    assert float(unknown["lon"]) == pytest.approx(120.00052, abs=1e-5)
    assert float(unknown["lat"]) == pytest.approx(30.72, abs=0.01)
    assert unknown["remedy"] == "Add the codes to [layers.parcels.classes] or correct them."
    (planner,) = rows(out / "planner.csv")
    assert (planner["code"], planner["layer"], planner["feature_id"], planner["x"]) == ("STUDY_CRS", "study", "", "")


def test_lists_that_are_no_longer_needed_go_and_other_files_stay(tmp_path):
    out = tmp_path / "lists"
    assert check(study(tmp_path, **faulty()), "--by", "supplier", "--out", str(out)) == 0
    (out / "mine.csv").write_text("mine", encoding="utf-8")
    assert check(study(tmp_path, parcels=parcels()), "--by", "supplier", "--out", str(out)) == 0
    assert listed(out) == ["mine.csv", "planner.csv", "suppliers.csv"]
    assert [r["file"] for r in rows(out / "suppliers.csv")] == ["planner.csv"]


def test_an_index_that_names_files_elsewhere_takes_none_away(tmp_path):
    out = tmp_path / "lists"
    out.mkdir()
    (tmp_path / "mine.csv").write_text("mine", encoding="utf-8")
    (out / "suppliers.csv").write_text("file\n../mine.csv\nplan.toml\n", encoding="utf-8")
    (out / "plan.toml").write_text("mine", encoding="utf-8")
    assert check(study(tmp_path / "s"), "--by", "supplier", "--out", str(out)) == 0
    assert (tmp_path / "mine.csv").is_file() and (out / "plan.toml").is_file()


@pytest.mark.parametrize("options", [["--by", "supplier"], ["--out", "x"]])
def test_lists_need_a_folder_and_a_folder_needs_lists(options, tmp_path, capsys):
    assert check(study(tmp_path), *options) == 2
    assert capsys.readouterr().err == (
        "gisplan: check: --by supplier needs --out DIR, and --out needs --by supplier.\n"
    )


def test_a_supplier_is_the_plans_word_or_the_file(tmp_path):
    from gisplan.plan import load_plan

    workbook(tmp_path / "r.xlsx", [["key", "tax"], ["0101", 1]])
    ledger = {"path": "r.xlsx", "key": "key", "columns": {"tax": "tax"}}
    plan = load_plan(study(tmp_path, plan={"layers.roads.supplier": "住建局", "layers.parcels.ledger": ledger}))
    assert [supplier_of(plan, n) for n in ("roads", "parcels", "services.water", "ledger", "study")] == [
        "住建局",
        "park.gpkg",
        "park.gpkg",
        "r.xlsx",
        "study",
    ]


def test_a_supplier_that_cannot_name_a_file_is_refused(tmp_path, capsys):
    assert check(study(tmp_path, plan={"layers.parcels.supplier": "../x"})) == 2
    assert "plan.toml: [layers.parcels] supplier: " in capsys.readouterr().err


def test_limits_of_the_checks_are_checked(tmp_path, capsys):
    assert check(study(tmp_path, plan={"checks.sliver_mm": 1, "checks.crossing_share": 2})) == 2
    assert capsys.readouterr().err.splitlines() == [
        "gisplan: plan.toml: [checks] crossing_share: must be at most 1, found 2.",
        "gisplan: plan.toml: [checks] unknown key 'sliver_mm'; did you mean 'sliver_m'?",
    ]
