"""Yards by pencil: what the register says, else what is drawn, each bit of land once and without buildings.

P1 (0–100 × 0–100) carries B1 only, here 20–60 × 20–60. Yard Y1 covers x 0–80, y 0–50 of P1, so 30 m × 40 m of B1 lie
on it: 80 × 50 − 40 × 30 = 2,800 m². Y2 covers x 60–130, y 0–50: 20 m over Y1, 20 m of P1 beside it, 30 m of P2.
"""

import datetime as dt

import pandas as pd
import pytest
import town

from gisplan import evaluate
from gisplan.plan import parse_plan

DAY = dt.date(2025, 12, 31)


def yards(*shapes):
    return town.table(["yard_id"], *((f"Y{i}", s) for i, s in enumerate(shapes, start=1)))


Y1, Y2 = town.box(0, 0, 80, 50), town.box(60, 0, 130, 50)
ONE = town.table(["building_id", "floors"], ("B1", 1, town.box(20, 20, 60, 60)))


def studied(folder, layer=None, *, register=None, buildings=ONE, rules=()):
    plan = town.write(folder, header={"as_of": DAY, "rules": list(rules)}, buildings=buildings, ledger=None)
    raw = plan.model_dump(by_alias=True, exclude={"folder", "file"}, exclude_unset=True)
    if layer is not None:
        layer.to_file(folder / "yards.gpkg")
        raw["layers"]["yards"] = {"path": "yards.gpkg"}
    if register is not None:
        (folder / "yards.csv").write_text(register, encoding="utf-8")
        columns = {"yard_area": {"column": "堆场面积", "unit": "m2"}, "structure_area": {"column": "s", "unit": "m2"}}
        raw["layers"]["parcels"]["ledger"] = {"path": "yards.csv", "key": "code", "columns": columns}
    return evaluate(parse_plan(raw, folder=folder))


def of(result, name):
    return dict(zip(result.parcels["parcel_id"], result.parcels[name], strict=True))


def test_drawn_yards_count_once_and_without_the_buildings_on_them(tmp_path):
    found = of(studied(tmp_path, yards(Y1, Y2)), "yards_m2")
    assert found["P1"] == pytest.approx(2800 + 20 * 50)
    assert found["P2"] == pytest.approx(30 * 50)
    assert found["P3"] == 0  # a layer that shows none on a parcel says that it has none


def test_the_register_goes_before_the_drawing_and_it_is_said_which(tmp_path):
    result = studied(tmp_path, yards(Y1, Y2), register="code,堆场面积,s\nP1,500,0\nP2,,0\nP3,0,0\n")
    assert [of(result, "yards_m2")[p] for p in ("P1", "P2", "P3")] == pytest.approx([500, 1500, 0])
    assert [bool(of(result, "yards_drawn")[p]) for p in ("P1", "P2", "P3")] == [False, True, False]
    told = next(i for i in result.issues if i.code == "YARDS_DRAWN")
    assert (told.severity, told.count, told.features) == ("note", 1, ["P2"])
    assert "1,500 m²" in told.message


def test_the_building_coefficient_takes_yards_from_the_layer(tmp_path):
    """P1: 1,600 m² of building and 2,800 m² of yard on 10,000 m²; structures are known to be none."""
    register = "code,堆场面积,s\nP1,,0\nP2,,\n"
    result = studied(tmp_path, yards(Y1), register=register, rules=["cn-industry-2023"])
    row = result.project_land.parcels.set_index("parcel_id").loc["P1"]
    assert row["project_building_coefficient"] == pytest.approx(0.44)
    assert "YARDS_DRAWN" in row["flags"].split(";")
    assert "COEFFICIENT_AT_LEAST" not in row["flags"]
    (tmp_path / "b").mkdir()
    without = studied(tmp_path / "b", register=register, rules=["cn-industry-2023"])
    row = without.project_land.parcels.set_index("parcel_id").loc["P1"]
    assert row["project_building_coefficient"] == pytest.approx(0.16)
    assert "COEFFICIENT_AT_LEAST" in row["flags"].split(";")
    assert "yards_m2" not in without.parcels


def test_the_intensity_evaluation_takes_them_too(tmp_path):
    """A2 in Z1 is P1 and P4's part; its coefficient is what is built and yards over the land that states them."""
    result = studied(tmp_path, yards(Y1), rules=["cn-zone-intensity"])
    table = result.intensity.indicators.set_index(["zone_id", "indicator"])
    row = table.loc[("Z1", "industrial_building_coefficient")]
    assert row["flags"] != "INPUT_MISSING:yard_area"
    assert row["numerator"] == pytest.approx(1600 + 2800)


def test_a_yard_wholly_under_a_building_is_none(tmp_path):
    found = studied(tmp_path, yards(town.box(30, 30, 50, 50)))
    assert of(found, "yards_m2")["P1"] == 0
    assert not [i for i in found.issues if i.code == "YARDS_DRAWN"]


def test_yards_without_buildings_are_as_drawn(tmp_path):
    plan = town.write(tmp_path, drop=("buildings",), header={"as_of": DAY}, ledger=None)
    raw = plan.model_dump(by_alias=True, exclude={"folder", "file"}, exclude_unset=True)
    yards(Y1).to_file(tmp_path / "yards.gpkg")
    raw["layers"]["yards"] = {"path": "yards.gpkg"}
    found = evaluate(parse_plan(raw, folder=tmp_path))
    assert of(found, "yards_m2")["P1"] == pytest.approx(4000)
    assert isinstance(found.parcels, pd.DataFrame)
