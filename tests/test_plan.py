"""The plan file: every fault in one go, each with its place, what stands there and what was expected."""

import datetime as dt
from pathlib import Path

import pytest
from park_files import base_plan, changed, study, toml

from gisplan.errors import PlanError
from gisplan.plan import load_plan

P = "layers.parcels"
NAME_HINT = 'Write a name without \\ / : * ? " < > | and without spaces or dots at its ends.'


def faults(tmp_path, changes):
    with pytest.raises(PlanError) as caught:
        load_plan(study(tmp_path, plan=changes))
    return list(caught.value.faults)


ONE = {
    "missing_file": (
        {f"{P}.path": "prak.gpkg"},
        "[layers.parcels] path: there is no file 'prak.gpkg'. Did you mean 'park.gpkg'?",
    ),
    "missing_file_unlike_any": (
        {f"{P}.path": "x/y.shp"},
        "[layers.parcels] path: there is no file 'x/y.shp'. Check the path; it is relative to the plan file.",
    ),
    "empty_path": ({f"{P}.path": ""}, "[layers.parcels] path: is empty. Give a file."),
    "folder_as_path": ({f"{P}.path": "."}, "[layers.parcels] path: '.' is a folder. Give the file in it."),
    "file_name_too_long": (
        {f"{P}.path": "x" * 300},
        f"[layers.parcels] path: '{'x' * 300}' cannot be opened (File name too long). Check the path and your rights to it.",
    ),
    "backslash_n_in_path": (
        {f"{P}.path": "data\new.shp"},
        "[layers.parcels] path: there is no file 'data\\new.shp'. In double quotes \\ has a meaning of its own: "
        "write / instead, or put the path in single quotes.",
    ),
    "nul_in_path": (
        {f"{P}.path": "data\0x.shp"},
        "[layers.parcels] path: there is no file 'data\\x00x.shp'. In double quotes \\ has a meaning of its own: "
        "write / instead, or put the path in single quotes.",
    ),
    "missing_ledger": (
        {f"{P}.ledger": {"path": "reg.xlsx", "key": "k"}},
        "[layers.parcels.ledger] path: there is no file 'reg.xlsx'. Check the path; it is relative to the plan file.",
    ),
    "missing_second_ledger": (
        {f"{P}.ledger": [{"path": "park.gpkg", "key": "k"}, {"path": "reg.xlsx", "key": "k"}]},
        "[layers.parcels.ledger] no. 2 path: there is no file 'reg.xlsx'. Check the path; it is relative to the plan file.",
    ),
    "unknown_key": ({f"{P}.colums": "x"}, "[layers.parcels] unknown key 'colums'; did you mean 'columns'?"),
    "unknown_table": ({"layer": {"a": "b"}}, "unknown key 'layer'; did you mean 'layers'?"),
    "unknown_layer": (
        {"layers.parcles": {"path": "park.gpkg"}},
        "[layers] unknown key 'parcles'; did you mean 'parcels'?",
    ),
    "unknown_key_of_a_service": (
        {"layers.services.water.reach": 3},
        "[layers.services.water] unknown key 'reach'; did you mean 'reach_m'?",
    ),
    "unknown_key_of_a_column": (
        {f"{P}.columns": {"land_area": {"column": "land_area", "units": "mu"}}},
        "[layers.parcels.columns.land_area] unknown key 'units'; did you mean 'unit'?",
    ),
    "unknown_key_of_second_ledger": (
        {f"{P}.ledger": [{"path": "park.gpkg", "key": "k"}, {"path": "park.gpkg", "key": "k", "sheets": "x"}]},
        "[layers.parcels.ledger] no. 2 unknown key 'sheets'; did you mean 'sheet'?",
    ),
    "unknown_column_of_second_ledger": (
        {
            f"{P}.ledger": [
                {"path": "park.gpkg", "key": "k"},
                {"path": "park.gpkg", "key": "k", "columns": {"tex": "x"}},
            ]
        },
        "[layers.parcels.ledger.columns] no. 2 unknown column 'tex'; did you mean 'tax'?",
    ),
    "unknown_column": (
        {f"{P}.columns": {"landuse": "x"}},
        "[layers.parcels.columns] unknown column 'landuse'; did you mean 'land_use'?",
    ),
    "a_key_only_gisplan_sets": (
        {"folder": "x"},
        "unknown key \x27folder\x27; valid names: accessibility, assumptions, capacity, checks, intensity, layers, levelling, "
        "links, map, plan, power, report, services, supply, targets.",
    ),
    "number_as_name": ({"plan.name": 4}, "[plan] name: expected text in quotes, found 4."),
    "table_as_crs": ({"plan.crs": {"epsg": 1}}, "[plan] crs: expected text in quotes, found a table."),
    "text_as_number": (
        {"layers.services.water.reach_m": "fifty"},
        "[layers.services.water] reach_m: expected a number, found 'fifty'.",
    ),
    "yes_as_number": (
        {"layers.services.water.reach_m": True},
        "[layers.services.water] reach_m: expected a number, found true.",
    ),
    "negative_reach": (
        {"layers.services.water.reach_m": -1},
        "[layers.services.water] reach_m: must be at least 0, found -1.",
    ),
    "number_as_date": ({"plan.as_of": 20251231}, "[plan] as_of: expected a date such as 2025-12-31, found 20251231."),
    "words_as_date": (
        {"plan.as_of": "last year"},
        "[plan] as_of: expected a date such as 2025-12-31, found 'last year'.",
    ),
    "text_as_layer": ({"layers.roads": "park.gpkg"}, "[layers] roads: expected a table, found 'park.gpkg'."),
    "list_as_layer": ({"layers.roads": ["park.gpkg"]}, "[layers] roads: expected a table, found a list."),
    "text_as_service": (
        {"layers.services.water": "park.gpkg"},
        "[layers.services] water: expected a table, found 'park.gpkg'.",
    ),
    "text_as_services": ({"layers.services": "park.gpkg"}, "[layers] services: expected a table, found 'park.gpkg'."),
    "text_as_columns": ({f"{P}.columns": "floors"}, "[layers.parcels] columns: expected a table, found 'floors'."),
    "list_as_column": (
        {f"{P}.columns": {"name": ["a"]}},
        "[layers.parcels.columns] name: expected a table, found a list.",
    ),
    "text_as_ledger": ({f"{P}.ledger": "reg.xlsx"}, "[layers.parcels] ledger: expected a table, found 'reg.xlsx'."),
    "numbers_as_codes": (
        {f"{P}.code_system": ..., f"{P}.classes": {"industrial": [1001]}},
        "[layers.parcels.classes] industrial: expected text in quotes, found 1001.",
    ),
    "no_name": ({"plan.name": ...}, "[plan] name is missing; it has to be given."),
    "no_layers": ({"layers": ...}, "layers is missing; it has to be given."),
    "no_zones": ({"layers.zones": ...}, "[layers] zones is missing; it has to be given."),
    "no_key": ({f"{P}.ledger": {"path": "park.gpkg"}}, "[layers.parcels.ledger] key is missing; it has to be given."),
    "column_without_column": (
        {f"{P}.columns": {"land_area": {"unit": "mu"}}},
        "[layers.parcels.columns.land_area] column is missing; it has to be given.",
    ),
    "unknown_unit": (
        {f"{P}.columns": {"land_area": {"column": "a", "unit": "muu"}}},
        "[layers.parcels.columns] land_area: unknown unit 'muu'; did you mean 'mu'?",
    ),
    "unit_of_a_text": (
        {f"{P}.columns": {"land_use": {"column": "a", "unit": "mu"}}},
        "[layers.parcels.columns] land_use: a key column takes no unit.",
    ),
    "rule_outside_a_ledger": (
        {f"{P}.columns": {"land_area": {"column": "a", "rule": "sum"}}},
        "[layers.parcels.columns] land_area: 'rule' and 'where' belong to a column of a ledger.",
    ),
    "sum_of_dates": (
        {f"{P}.ledger": {"path": "park.gpkg", "key": "k", "columns": {"supply_date": {"column": "a", "rule": "sum"}}}},
        "[layers.parcels.ledger.columns] supply_date: a date column cannot be summed; use first, last, min or max.",
    ),
    "unknown_rule": (
        {f"{P}.ledger": {"path": "park.gpkg", "key": "k", "columns": {"jobs": {"column": "a", "rule": "mean"}}}},
        "[layers.parcels.ledger.columns.jobs] rule: expected 'sum', 'first', 'last', 'min' or 'max', found 'mean'.",
    ),
    "unknown_language": ({"plan.language": "de"}, "[plan] language: expected 'zh', 'en' or 'both', found 'de'."),
    "unknown_code_system": (
        {f"{P}.code_system": "ydyh2024"},
        "[layers.parcels] code_system: unknown code system 'ydyh2024'; did you mean 'ydyh2023'?",
    ),
    "two_code_tables": (
        {f"{P}.classes": {"industrial": ["10*"]}},
        "[layers.parcels] give code_system or [layers.parcels.classes], not both.",
    ),
    "unknown_road_class": (
        {"layers.roads.classes": {"big": ["支路"]}},
        "[layers.roads.classes] unknown road class 'big'; valid names: arterial, expressway, local, path, secondary.",
    ),
    "unknown_service": (
        {"layers.services.watr": {"path": "park.gpkg"}},
        "[layers.services] unknown service 'watr'; did you mean 'water'? "
        "(a service of your own needs title = { zh = …, en = … } and reach_m)",
    ),
    "crs_unknown": (
        {"plan.crs": "EPSG:99999"},
        "[plan] crs: 'EPSG:99999' is no coordinate system. Write e.g. crs = \"EPSG:4549\".",
    ),
    "crs_in_degrees": (
        {"plan.crs": "EPSG:4490"},
        "[plan] crs: EPSG:4490 (China Geodetic Coordinate System 2000) is not a projected system in metres. "
        "Give one, or leave crs out and gisplan chooses from the data.",
    ),
    "crs_in_feet": (
        {"plan.crs": "EPSG:2263"},
        "[plan] crs: EPSG:2263 (NAD83 / New York Long Island (ftUS)) is not a projected system in metres. "
        "Give one, or leave crs out and gisplan chooses from the data.",
    ),
    "zones_from_two_things": (
        {"layers.zones.grid": 100},
        "[layers.zones] give one of path, from or grid (found: path, grid)",
    ),
    "zones_from_nothing": (
        {"layers.zones": {"duplicates": "merge"}},
        "[layers.zones] give one of path, from or grid (found: none)",
    ),
    "from_without_by": (
        {"layers.zones": {"from": "parcels"}},
        '[layers.zones] from = "parcels" needs by = "a column of the parcels", and by needs from.',
    ),
    "from_without_parcels": (
        {"layers.zones": {"from": "parcels", "by": "half"}, P: ...},
        "[layers] zones are to be made from parcels, but there is no [layers.parcels].",
    ),
    "grid_of_nothing": ({"layers.zones": {"grid": 0}}, "[layers.zones] grid: must be at least 1, found 0."),
    "grid_of_the_whole_earth": (
        {"layers.zones": {"grid": 1_000_000}},
        "[layers.zones] grid: must be at most 100000, found 1000000.",
    ),
    "no_folder_can_be_called_so": (
        {"plan.name": "a/b"},
        f"[plan] name: results go into a folder of this name, and 'a/b' cannot be one on every system. {NAME_HINT}",
    ),
}


@pytest.mark.parametrize("case", ONE)
def test_one_fault(case, tmp_path):
    changes, line = ONE[case]
    assert faults(tmp_path, changes) == [f"plan.toml: {line}"]


@pytest.mark.parametrize("name", ["", ".", "..", "park ", " park", "park.", "CON", "nul.txt", "a\tb"])
def test_names_no_folder_can_have(name, tmp_path):
    (line,) = faults(tmp_path, {"plan.name": name})
    assert line.startswith("plan.toml: [plan] name: results go into a folder of this name") and "\n" not in line


@pytest.mark.parametrize("value", ["inf", "nan", "-inf"])
def test_a_number_that_is_none(value, tmp_path):
    file = study(tmp_path)
    file.write_text(file.read_text(encoding="utf-8").replace('reach_m" = 50', f'reach_m" = {value}'), encoding="utf-8")
    with pytest.raises(
        PlanError, match=rf"^plan.toml: \[layers.services.water\] reach_m: expected a number, found {value}\.$"
    ):
        load_plan(file)


def test_all_faults_at_once(tmp_path):
    found = faults(
        tmp_path,
        {
            f"{P}.path": "prak.gpkg",
            "plan.crss": "x",
            "plan.as_of": True,
            f"{P}.columns": {"land_area": {"column": "a", "unit": "x"}, "b": "c"},
            "layers.buildings.columns": "floors",
            "layers.services.water.reach_m": -1,
        },
    )
    assert len(found) == 7 and len(set(found)) == 7
    assert all(f.startswith("plan.toml: ") and "\n" not in f for f in found)


def test_no_such_plan(tmp_path):
    with pytest.raises(PlanError) as caught:
        load_plan(tmp_path / "plan.toml")
    assert str(caught.value) == f"{tmp_path / 'plan.toml'}: there is no such plan file. Give the path of a plan.toml."


def test_a_folder_is_no_plan(tmp_path):
    with pytest.raises(PlanError) as caught:
        load_plan(tmp_path)
    assert str(caught.value) == f"{tmp_path}: is a folder. Give the path of the plan.toml in it."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[plan\nname = 1", "Expected ']' at the end of a table declaration (at line 1, column 6). Mend that place."),
        ("[plan]\nname = ", "Invalid value (at end of document). Mend that place."),
        ("[plan]\n[plan]\n", "Cannot declare ('plan',) twice (at line 2, column 6). Mend that place."),
        (
            '[layers.zones]\npath = "data\\parcels.shp"',
            "Unescaped '\\' in a string (at line 2, column 15). "
            "In double quotes \\ has a meaning of its own: write paths with /, or put them in single quotes.",
        ),
        (
            '[layers.zones]\npath = "C:\\Users\\me"',
            "Invalid hex value (at line 2, column 13). "
            "In double quotes \\ has a meaning of its own: write paths with /, or put them in single quotes.",
        ),
    ],
)
def test_not_toml(text, message, tmp_path):
    file = tmp_path / "plan.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PlanError) as caught:
        load_plan(file)
    assert str(caught.value) == f"plan.toml: is not TOML: {message}"


def test_a_plan_in_gbk(tmp_path):
    file = study(tmp_path, plan={"plan.title": "集聚区"})
    file.write_bytes(file.read_text(encoding="utf-8").encode("gbk"))
    with pytest.raises(PlanError, match=r"^plan.toml: is not UTF-8 \(byte \d+\). Save it as UTF-8.$"):
        load_plan(file)


def test_a_plan_with_a_byte_order_mark(tmp_path):
    file = study(tmp_path)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert load_plan(file).plan.name == "park"


def test_an_empty_plan(tmp_path):
    (tmp_path / "plan.toml").write_text("")
    with pytest.raises(PlanError) as caught:
        load_plan(tmp_path / "plan.toml")
    assert caught.value.faults == (
        "plan.toml: plan is missing; it has to be given.",
        "plan.toml: layers is missing; it has to be given.",
    )


def test_what_a_plan_may_say(tmp_path):
    plan = load_plan(study(tmp_path, plan={"plan.title": "集聚区", "plan.as_of": "2025-06-30"}))
    assert plan.plan.as_of == dt.date(2025, 6, 30)
    assert plan.plan.title.both("x") == {"zh": "集聚区", "en": "集聚区"}
    assert plan.path("park.gpkg") == (tmp_path / "park.gpkg").resolve()


def test_a_date_with_a_time_is_its_day(tmp_path):
    file = tmp_path / "plan.toml"
    study(tmp_path)
    file.write_text(
        toml(changed(base_plan(), {"plan.as_of": ...})) + "\nplan.as_of = 2025-12-31T08:00:00\n", encoding="utf-8"
    )
    assert load_plan(file).plan.as_of == dt.date(2025, 12, 31)


def test_paths_are_relative_to_the_plan_not_to_the_shell(tmp_path, monkeypatch):
    file = study(tmp_path / "规划 2025")
    monkeypatch.chdir(tmp_path)
    assert load_plan(Path("规划 2025") / "plan.toml").path("park.gpkg") == file.parent / "park.gpkg"
