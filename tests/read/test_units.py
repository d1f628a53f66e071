"""Units of registered land area, told by the drawing: sixty parcels of one hectare each, measured in the plane."""

import numpy as np
import pytest
from park_files import IDS, ONLY_PARCELS, issues, parcels, run, study, workbook, zone_figures

from gisplan.read.units import fit

PLANAR = {**ONLY_PARCELS, "plan.area": "planar", "plan.area_basis": "ledger"}


def registered(folder, value, *, column="ZDMJ", unit=None):
    """Zone figures and issues of the park with every parcel registered at a value, by its own column."""
    frame = parcels().drop(columns="land_area").assign(**{column: value})
    columns = {"layers.parcels.columns": {"land_area": {"column": column, "unit": unit}}} if unit else {}
    plan = study(folder, parcels=frame, plan={**PLANAR, **columns})
    assert run(plan) == 0
    return zone_figures(folder / "out"), issues(folder / "out")


def ledger_area(folder):
    import pandas as pd

    return pd.read_csv(folder / "out/parcels.csv")["land_area_m2"]


@pytest.mark.parametrize(
    ("value", "unit", "square_metres"),
    [
        (15.0, "mu", 10_000),
        (1.0, "ha", 10_000),
        (0.01, "km2", 10_000),
        (107_639.1, "ft2", 9_999.9996),
        (2.471, "acre", 9_999.7821),
        (10_100.0, "m2", 10_100),
    ],
)
def test_the_unit_that_fits_is_used_and_said(tmp_path, value, unit, square_metres):
    _, found = registered(tmp_path, value)
    row = found.loc["UNIT_GUESSED"]
    assert (row.severity, row.layer, row["count"], row.who) == ("note", "parcels", 60, "planner")
    assert row.message == (
        f"ZDMJ has no unit and is read in {unit}: 60 of 60 parcels are within 2 % of the drawn area."
    )
    assert row.remedy == f'Write land_area = {{ column = "ZDMJ", unit = "{unit}" }}.'
    assert ledger_area(tmp_path).tolist() == pytest.approx([square_metres] * 60, rel=1e-6)


def test_how_many_agree_is_counted(tmp_path):
    _, found = registered(tmp_path, [15.0] * 40 + [16.0] * 15 + [0.0] * 5)
    assert found.loc["UNIT_GUESSED"].message == (
        "ZDMJ has no unit and is read in mu: 40 of 55 parcels are within 2 % of the drawn area."
    )


def test_what_fits_no_unit_is_taken_as_square_metres_with_a_warning(tmp_path):
    _, found = registered(tmp_path, 14.0)
    row = found.loc["UNIT_UNKNOWN"]
    assert (row.severity, row["count"]) == ("warning", 60)
    assert row.message == (
        "ZDMJ has no unit and is taken as m²; its middle ratio to the drawn area is 0.0014, which fits no unit. "
        "The nearest is mu, 6.7% off."
    )
    assert ledger_area(tmp_path).tolist() == [14.0] * 60


@pytest.mark.parametrize("value", [9_600.0, 10_400.0])
def test_a_few_percent_are_no_question_of_units(tmp_path, value):
    _, found = registered(tmp_path, value)
    assert not [c for c in found.index if c.startswith("UNIT_")]


def test_a_unit_of_the_plan_that_the_drawing_contradicts(tmp_path):
    _, found = registered(tmp_path, 15.0, unit="ha")
    row = found.loc["UNIT_DOUBTFUL"]
    assert row.message == (
        "ZDMJ is read in ha, but its middle ratio to the drawn area is then 15; in mu 60 of 60 parcels are within 2 % "
        "of the drawn area."
    )
    assert row.remedy == 'Write land_area = { column = "ZDMJ", unit = "mu" }.'
    assert ledger_area(tmp_path).tolist() == [150_000.0] * 60  # the plan's word stands


def test_a_unit_of_the_plan_that_fits_raises_no_question(tmp_path):
    _, found = registered(tmp_path, 15.0, unit="mu")
    assert not [c for c in found.index if c.startswith("UNIT_")]


def test_a_register_in_mu_gives_the_figures_of_one_in_square_metres(tmp_path):
    """Rows of one parcel are added before they are compared: 10 mu and 5 mu make a hectare."""
    rows = [["宗地代码", "登记面积", "年税收"], *([i, 10, 4] for i in IDS), *([i, 5, 2] for i in IDS)]
    workbook(tmp_path / "r.xlsx", rows)
    frame = parcels().drop(columns="land_area")
    plan = study(
        tmp_path, parcels=frame, plan={**PLANAR, "layers.parcels.ledger": {"path": "r.xlsx", "key": "宗地代码"}}
    )
    assert run(plan) == 0
    row = issues(tmp_path / "out").loc["UNIT_GUESSED"]
    assert (row.layer, row.message) == (
        "ledger",
        "登记面积 has no unit and is read in mu: 60 of 60 parcels are within 2 % of the drawn area.",
    )
    figures = zone_figures(tmp_path / "out")
    assert figures["tax_intensity"].tolist() == pytest.approx([6.0, 6.0])


def test_floor_area_is_never_guessed_at(tmp_path):
    frame = parcels().assign(floor_area=15.0)
    assert run(study(tmp_path, parcels=frame, plan=PLANAR)) == 0
    assert not [c for c in issues(tmp_path / "out").index if c.startswith("UNIT_")]


def test_fit():
    hectare = np.full(4, 10_000.0)
    assert fit(np.array([15.0, 15.2, 14.9, np.nan]), hectare) is not None
    assert fit(np.array([0.0, np.nan, -1.0, 0.0]), hectare) is None
    few = fit(np.array([15.0, 15.0]), hectare[:2])
    assert few is not None
    assert (few.unit, few.agree, few.compared, few.is_sure) == ("mu", 2, 2, False)
