"""Names of columns: what is found by itself, in which unit, and what is asked about."""

import pytest
from park_files import ONLY_PARCELS, issues, parcels, run, study, workbook

from gisplan.read import columns


def found(layer, *fields, **options):
    return columns.match(layer, {}, fields, place=f"[layers.{layer}]", **options)


def sources(layer, *fields):
    return {n: s.column for n, s in found(layer, *fields).sources.items()}


@pytest.mark.parametrize(
    ("layer", "field", "column"),
    [
        ("parcels", "ZDDM", "parcel_id"),
        ("parcels", "zddm", "parcel_id"),
        ("parcels", "ＺＤＤＭ", "parcel_id"),
        ("parcels", "宗地 代码", "parcel_id"),
        ("parcels", "DJH", "parcel_id"),
        ("parcels", "TBBH", "parcel_id"),
        ("parcels", "Parcel ID", "parcel_id"),
        ("parcels", "BBL", "parcel_id"),
        ("parcels", "QSDWMC", "holder"),
        ("parcels", "OwnerName", "holder"),
        ("parcels", "ydyhfldm", "land_use"),
        ("parcels", "LandUse", "land_use"),
        ("parcels", "SCMJ", "land_area"),
        ("parcels", "LotArea", "land_area"),
        ("parcels", "BldgArea", "floor_area"),
        ("buildings", "building:levels", "floors"),
        ("buildings", "NumFloors", "floors"),
        ("buildings", "number_of_floors", "floors"),
        ("buildings", "建筑高度", "height"),
        ("roads", "highway", "road_class"),
        ("roads", "Street", "name"),
        ("zones", "KFQDM", "zone_id"),
    ],
)
def test_usual_names_are_found(layer, field, column):
    assert sources(layer, field) == {column: field}


@pytest.mark.parametrize(
    ("layer", "field", "column", "unit"),
    [
        ("parcels", "面积(亩)", "land_area", "mu"),
        ("parcels", "登记面积（公顷）", "land_area", "ha"),
        ("parcels", "宗地面积 [单位：㎡]", "land_area", "m2"),
        ("parcels", "LotArea_ft2", "land_area", "ft2"),
        ("parcels", "land_area_ha", "land_area", "ha"),
        ("parcels", "固定资产投资（亿元）", "investment", "yi"),
        ("parcels", "年税收(元)", "tax", "yuan"),
        ("parcels", "从业人数(人)", "jobs", "n"),
        ("buildings", "height_cm", "height", "cm"),
    ],
)
def test_units_behind_the_name_are_read_and_said(layer, field, column, unit):
    match = found(layer, field)
    assert {n: (s.column, s.unit) for n, s in match.sources.items()} == {column: (field, unit)}
    told = {i.code: i.message for i in match.issues}
    assert told["UNIT_FROM_HEADER"] == f"Read as its name says: {field} in {unit}."


@pytest.mark.parametrize(
    "field", ["登记面积(万元)", "投资强度(万元/亩)", "高度(亩)", "SHAPE_Area", "LotArea_old", "MJ"]
)
def test_what_only_looks_like_a_known_name_is_left_alone(field):
    assert sources("parcels", field) == {}


def test_the_likelier_name_wins_and_each_field_is_used_once():
    assert sources("parcels", "BSM", "面积", "ZDDM", "ZDMJ") == {"parcel_id": "ZDDM", "land_area": "ZDMJ"}


def test_a_name_that_may_be_either_of_two_columns_gives_both_lines():
    (issue,) = found("parcels", "LD").issues
    assert issue.message == "LD may be people employed (劳动), or green land (绿地), so it is not used."
    lines = ('columns = { jobs = "LD" }', 'columns = { green_land = "LD" }')
    assert issue.remedy == f"If it is jobs or green_land, write {' or '.join(lines)} under [layers.parcels]."


@pytest.mark.parametrize(
    ("layer", "field", "column", "meaning"),
    [
        ("parcels", "YT", "land_use", "a land-use code, or its name in words"),
        ("parcels", "dlmj", "land_area", "the whole parcel's area, or that of one land class in it"),
        ("parcels", "DJ", "price", "a land price (地价), a grade (等级) or a registration (登记)"),
        ("roads", "dj", "road_class", "a road class (等级), or a registration (登记)"),
    ],
)
def test_ambiguous_names_are_asked_about_and_not_used(layer, field, column, meaning):
    match = found(layer, field)
    assert match.sources == {}
    (issue,) = match.issues
    assert (issue.code, issue.severity, issue.who) == ("COLUMN_AMBIGUOUS", "warning", "planner")
    assert issue.message == f"{field} may be {meaning}, so it is not used."
    assert issue.remedy == f'If it is {column}, write columns = {{ {column} = "{field}" }} under [layers.{layer}].'


def test_ambiguous_names_are_no_question_where_the_column_is_known():
    assert [i.code for i in found("parcels", "YT", "DLMJ", "land_use", "land_area").issues] == []


def test_a_unit_of_the_plan_stands_against_the_header_and_is_doubted(tmp_path):
    book = workbook(tmp_path / "r.xlsx", [["id", "面积(亩)"], *([i, 15] for i in parcels().parcel_id)])
    columns_ = {"land_area": {"column": "面积(亩)", "unit": "m2"}}
    plan = study(
        tmp_path, plan={**ONLY_PARCELS, "layers.parcels.ledger": {"path": book.name, "key": "id", "columns": columns_}}
    )
    assert run(plan) == 0
    found = issues(tmp_path / "out")
    assert found.loc["UNIT_DIFFERS", "message"] == (
        "The column names of r.xlsx say another unit than is used: 面积(亩) in m2."
    )
    assert found.loc["UNIT_DOUBTFUL", "layer"] == "ledger"  # the drawing says so too


def test_codes_without_a_table_are_asked_about_when_found_by_alias(tmp_path):
    frame = parcels().rename(columns={"land_use": "LandUse"})
    plan = study(tmp_path, parcels=frame, plan={**ONLY_PARCELS, "layers.parcels.code_system": ...})
    assert run(plan) == 0
    row = issues(tmp_path / "out").loc["COLUMN_AMBIGUOUS"]
    assert row.message == ("LandUse is probably land_use, but nothing says how its codes are read, so it is not used.")
    assert row.remedy == 'Write code_system = "…" (ydyh2023) or a table [layers.parcels.classes].'


def test_a_column_nobody_asked_for_stops_nothing(tmp_path, capsys):
    from park_files import buildings

    odd = buildings().drop(columns="floors").assign(CS="5F")
    assert run(study(tmp_path / "a", buildings=odd)) == 0
    row = issues(tmp_path / "a/out").loc["COLUMN_UNREADABLE"]
    assert (row["count"], row.severity) == (60, "warning")
    assert row.message.startswith(
        "CS is called like floors but cannot be read as one, so it is not used. "
        "[layers.buildings]: column 'CS' (floors) holds what is no number in 60 of 60 records: B0101 '5F'"
    )
    asked = study(tmp_path / "b", buildings=odd, plan={"layers.buildings.columns": {"floors": "CS"}})
    assert run(asked) == 2
    assert "holds what is no number" in capsys.readouterr().err
