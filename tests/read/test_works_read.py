"""Reading public works: any shape or none, words of any office, progress in percent or as a share, and bad input."""

import numpy as np
import pandas as pd
import pytest
import town
import works_town

from gisplan import evaluate
from gisplan.errors import LayerError, PlanError
from gisplan.measure import balance, make_survey
from gisplan.measure.works_table import works_of
from gisplan.read import read_layers


def read(folder, frame=None, **options):
    """Works as they were read, one row a work, and the issues of works by code."""
    plan = works_town.plan(folder, frame, **options)
    layers = read_layers(plan)
    survey = make_survey(plan, layers)
    found = {i.code: i for i in layers.issues if i.layer.startswith("works")}
    return works_of(survey), found, survey


def percents(folder, values, **layer):
    frame = works_town.table()[: len(values)].assign(进度=values)
    works, found, _ = read(folder, frame, works=layer)
    return works.number("done_share").tolist(), found


@pytest.mark.parametrize(
    ("values", "shares", "code"),
    [
        ([0, 50, 100], [0, 0.5, 1], None),
        ([0, 0.5, 1], [0, 0.5, 1], None),
        ([0.004, 0.5, 0.99], [0.004, 0.5, 0.99], None),
        ([0, 0, 0], [0, 0, 0], None),
        ([0, 1, 1], [0, np.nan, np.nan], "WORK_PERCENT_UNCLEAR"),  # one percent, or all of it
        ([0.5, 50, 100], [0.005, 0.5, 1], "WORK_PERCENT_SMALL"),
        ([20, 120, 100], [0.2, np.nan, 1], "WORK_PERCENT_OVER"),
        ([20, "", "/"], [0.2, np.nan, np.nan], None),
        ([20, -5, 100], [0.2, np.nan, 1], "NEGATIVE_VALUE"),
    ],
)
def test_percent_or_share(tmp_path, values, shares, code):
    got, found = percents(tmp_path, values)
    assert got == pytest.approx(shares, nan_ok=True)
    told = {c for c in found if "PERCENT" in c or "NEGATIVE" in c}
    assert told == ({code} if code else set())
    if code and code != "NEGATIVE_VALUE":
        n = int(np.isnan(got).sum()) or 1
        assert found[code].count == n


def test_the_plan_says_what_progress_is(tmp_path):
    assert percents(tmp_path, [0, 1, 1], percent_as="share")[0] == [0, 1, 1]
    assert percents(tmp_path, [0, 1, 1], percent_as="percent")[0] == [0, 0.01, 0.01]
    got, found = percents(tmp_path, [0.5, 60, 1], percent_as="share")
    assert got == pytest.approx([0.5, np.nan, 1], nan_ok=True)
    assert found["WORK_PERCENT_OVER"].features == ["W2 (60)"]
    with pytest.raises(PlanError, match="percent_as"):
        works_town.plan(tmp_path, works={"percent_as": "tenths"})


def test_a_column_named_for_percent_holds_percent(tmp_path):
    frame = works_town.table()[:3].assign(进度=[0, 1, 1]).rename(columns={"进度": "进度（%）"})
    works, found, _ = read(tmp_path, frame)
    assert works.number("done_share").tolist() == [0, 0.01, 0.01]
    assert not [c for c in found if "PERCENT" in c]


def test_words_of_the_office(tmp_path):
    frame = works_town.table(W1={"工程状态": " 收尾 ", "工程类别": "GX"}, W2={"工程状态": "In Progress"})
    works, found, _ = read(
        tmp_path, frame, works={"statuses": {"under_construction": ["收尾"]}, "kinds": {"pipe": ["gx"]}}
    )
    table = works.table.set_index("work_id")
    assert table.loc[["W1", "W2"], "status"].tolist() == ["under_construction"] * 2
    assert table.loc["W1", "kind"] == "pipe"
    assert found["WORK_STATUS_UNKNOWN"].features == ["W9 (怎样)"]
    with pytest.raises(PlanError, match=r"unknown status 'finished'.*done"):
        works_town.plan(tmp_path, works={"statuses": {"finished": ["x"]}})
    with pytest.raises(PlanError, match=r"unknown kind 'raod'.*'road'"):
        works_town.plan(tmp_path, works={"kinds": {"raod": ["x"]}})


def test_works_in_a_mixed_geopackage(tmp_path):
    """One layer of points, lines and areas, as a GIS office keeps it, with its own column names and null shapes."""
    plan = works_town.plan(tmp_path)
    frame = town.table(
        ["feature_id", "status", "percent", "budget_wan", "zone"],
        ("A", "done", 100, 1.0, None, town.point(50, 50)),
        ("B", "planned", 0, 2.0, None, town.line((0, 0), (0.5, 0))),
        ("C", "planned", 0, 3.0, None, town.box(0, 0, 1, 1)),
        ("D", "planned", 0, 4.0, "West", None),  # the name of Z1
        ("E", "planned", 0, 5.0, "Z9", None),
    )
    frame.to_file(tmp_path / "mixed.gpkg", layer="works", driver="GPKG")
    raw = plan.model_dump(by_alias=True, exclude={"folder", "file"}, exclude_unset=True)
    raw["layers"]["works"] = {"path": "mixed.gpkg", "layer": "works"}
    got = evaluate(works_town.parse_plan(raw, folder=tmp_path))
    table = got.works.table.set_index("work_id")
    assert table["shape"].dropna().to_dict() == {"A": "point", "B": "line", "C": "area"}
    assert table["zone_ids"].dropna().to_dict() == {"A": "Z1", "B": "Z1", "C": "Z1", "D": "Z1"}
    assert got.zones["works_budget_wan"].tolist() == [10, 0, 0]
    unknown = next(i for i in got.issues if i.code == "WORK_ZONE_UNKNOWN")
    assert unknown.features == ["E (Z9)"]
    books = got.balance.set_index(["layer", "measure"])
    assert list(books.loc[("works.listed", "count")]) == [2, 1, 1, 0, 0, 0]


def test_a_list_without_any_shape(tmp_path):
    """A workbook's list of works with a column of zones and none of coordinates."""
    frame = works_town.table(W8={"所在分区": "Z1"}).drop(columns="wkt").assign(所在分区="Z2")
    works, found, survey = read(tmp_path, frame)
    assert set(works.table["shape"]) == {""}
    assert works.owned(np.ones(len(works.table), dtype=bool)).tolist() == [0, 9, 0]
    assert found["WORK_WITHOUT_SHAPE"].count == 9
    books = balance(survey.layers, survey.pieces)
    assert books[books["layer"].str.startswith("works")]["layer"].tolist() == ["works.listed"]


def test_neither_shape_nor_zone_is_one_line(tmp_path):
    frame = works_town.table().drop(columns=["wkt", "所在分区"])
    with pytest.raises(
        LayerError, match=r"\[layers.works\]: none of its 9 records has a usable geometry or names a zone"
    ):
        read(tmp_path, frame)


@pytest.mark.parametrize(
    ("wkt", "layer"),
    [
        ("LINESTRING (500010 3400010, 500010 3400010)", "works.lines"),  # no length
        ("POLYGON ((500010 3400010, 500020 3400010, 500030 3400010, 500010 3400010))", "works.areas"),  # no area
        ("LINESTRING EMPTY", None),
        ("POINT EMPTY", None),
        ("not a shape", None),
    ],
)
def test_a_shape_that_is_none(tmp_path, wkt, layer):
    # Beside good lines and areas it is rejected by them; it is told either way, and counts nowhere.
    works, found, survey = read(tmp_path, works_town.table(W7={"wkt": wkt}))
    assert "W7" not in works.table["work_id"].tolist()
    told = found["GEOMETRY_REJECTED"] if layer else found["WORK_NOWHERE"]
    assert "W7" in told.feature_ids
    books = balance(survey.layers, survey.pieces)
    counts = books[books["layer"].str.startswith("works") & (books["measure"] == "count")]
    assert counts["input"].sum() == 9
    assert counts["rejected"].sum() == 2  # and W8
    # One that names its zone is kept for its money.
    works, found, _ = read(tmp_path, works_town.table(W7={"wkt": wkt, "所在分区": "Z2"}))
    row = works.table.set_index("work_id").loc["W7"]
    assert (row["shape"], row["budget_wan"]) == ("", 9999)
    assert set(found["WORK_WITHOUT_SHAPE"].feature_ids) == {"W6", "W7"}


def test_the_only_line_is_no_line(tmp_path):
    bad = {"wkt": "LINESTRING (500010 3400010, 500010 3400010)"}
    works, found, _ = read(tmp_path, works_town.table(W1=bad, W2=None))
    assert set(found["WORK_NOWHERE"].feature_ids) == {"W1", "W8"}
    assert len(works.table) == 6


def test_what_cannot_be_read_is_one_line(tmp_path):
    with pytest.raises(LayerError, match=r"column '概算\(万元\)' \(budget\).*no number.*W1 'many'"):
        read(tmp_path, works_town.table(W1={"概算（万元）": "many"}), works={"columns": {"budget": "概算(万元)"}})
    with pytest.raises(LayerError, match=r"no date.*W2 '明年'"):
        read(tmp_path, works_town.table(W2={"计划竣工日期": "明年"}), works={"columns": {"due_date": "计划竣工日期"}})
    with pytest.raises(PlanError, match="late_share"):
        works_town.plan(tmp_path, works={"late_share": 2})


def test_a_grid_does_not_lie_over_works(tmp_path):
    works_town.table().to_csv(tmp_path / "works.csv", index=False, encoding="utf-8")
    raw = {"plan": {"name": "x"}, "layers": {"zones": {"grid": 200}, "works": {"path": "works.csv", "crs": town.CRS}}}
    with pytest.raises(LayerError, match=r"a grid needs a layer to lie over"):
        evaluate(works_town.parse_plan(raw, folder=tmp_path))


def test_works_in_zones_that_overlap_balance(tmp_path):
    """Z1 and Z2 share 50 m: what lies there counts in both, and the books say so."""
    zones = town.zones()
    zones.loc[1, "geometry"] = town.box(350, 0, 700, 300)
    _, _, survey = read(tmp_path, zones=zones)
    books = balance(survey.layers, survey.pieces).set_index(["layer", "measure"])
    assert books.loc[("works.lines", "length_m"), ["inside", "overlap"]].tolist() == pytest.approx([450, 50])
    assert books.loc[("works.areas", "area_m2"), ["inside", "overlap"]].tolist() == pytest.approx([15_000, 5_000])


def test_negative_money_is_missing_and_told(tmp_path):
    works, found, _ = read(tmp_path, works_town.table(W1={"概算（万元）": -5}, W2={"已完成投资": -1}))
    assert np.isnan(works.number("budget_wan")[0])
    assert np.isnan(works.number("spent_wan")[1])
    assert found["WORK_MONEY_NEGATIVE"].count == 1


def test_ids_that_are_missing_or_shared(tmp_path):
    frame = works_town.table(W2={"工程编号": ""}, W3={"工程编号": "W1"})
    got = evaluate(works_town.plan(tmp_path, frame))
    found = {i.code: i for i in got.issues if i.layer == "works"}
    assert found["ID_MISSING"].features == ["#3"]
    assert found["WORK_ID_DUPLICATE"].feature_ids == ["W1", "W1"]
    assert len(got.works.table) == 8


def test_a_road_and_its_pipe_of_one_shape_are_no_fault(tmp_path):
    same = town.line((300, 250), (500, 250)).wkt
    got = evaluate(works_town.plan(tmp_path, works_town.table(W2={"wkt": same})))
    assert not [i for i in got.issues if i.code == "SHAPE_DUPLICATE" and i.layer.startswith("works")]


def test_works_where_the_zone_says_otherwise(tmp_path):
    got = evaluate(works_town.plan(tmp_path, works_town.table(W9={"所在分区": "Z2"}, W1={"所在分区": "Z2"})))
    found = {i.code: i for i in got.issues if i.layer == "works"}
    assert found["WORK_ZONE_DIFFERS"].features == ["W9 (Z2)"]  # half of W1 does lie in Z2
    assert got.works.table.set_index("work_id").loc["W9", "zone_ids"] == "Z1"


def test_works_in_degrees_and_in_a_file_far_away(tmp_path):
    frame = works_town.table()
    plan = works_town.plan(tmp_path)
    shapes = town.table(
        ["feature_id", "budget_wan"], ("A", 1.0, town.point(50, 50)), ("B", 2.0, town.line((0, 10), (50, 10)))
    )
    shapes.to_crs("EPSG:4490").to_file(tmp_path / "degrees.geojson", driver="GeoJSON", engine="pyogrio")
    raw = plan.model_dump(by_alias=True, exclude={"folder", "file"}, exclude_unset=True)
    raw["layers"]["works"] = {"path": "degrees.geojson", "crs": "EPSG:4490", "crs_override": True}
    got = evaluate(works_town.parse_plan(raw, folder=tmp_path))
    assert got.zones["works_budget_wan"].tolist() == pytest.approx([3, 0, 0])
    far = frame.assign(wkt=[town.point(90_000 + i, 0).wkt for i in range(len(frame))], 所在分区="")
    got = evaluate(works_town.plan(tmp_path, far))
    assert "LAYER_APART" in {i.code for i in got.issues if i.layer == "works.points"}
    assert got.zones["works_count"].tolist() == [0, 0, 0]
    assert pd.isna(got.works.table["zone_ids"]).all()
