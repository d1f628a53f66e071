"""What a figure is made of: parts worked out by pencil, and sums that hold for every indicator."""

import numpy as np
import pytest
import town

from gisplan import GisplanError, explain, measure
from gisplan.measure import require_indicator

#: Figures whose land is joined, or mixed, before it is measured: no feature has a part of its own.
JOINED = ("land_use_mix", "intersection_density", "road_area_share", "dead_end_share")


def parts(result, zone, indicator):
    return explain(result, zone, indicator).explained.parts.set_index("feature_id")


def test_floor_area_by_pencil(town_result):
    """B4 lies 10 m in Z1 and 20 m in Z2; P5's register stands for its buildings; the gatehouse is small."""
    found = explain(town_result, "Z1", "plot_ratio").explained
    table = found.parts
    of = table.set_index("feature_id")
    assert found.adds_up
    row = town_result.indicators.query("zone_id == 'Z1' and indicator == 'plot_ratio'").iloc[0]
    assert table["numerator"].sum() == pytest.approx(row["numerator"], rel=1e-12)
    assert table["denominator"].sum() == pytest.approx(row["denominator"], rel=1e-12)
    # P4 is 100 m wide, 40 m of it in Z1.
    assert of.loc["P4", "share"] == pytest.approx(0.4)
    assert of.loc["P4", "denominator"] == pytest.approx(4000.0)
    assert of.loc["P4", "numerator"] == 0.0
    assert of.loc["B4", "share"] == pytest.approx(1 / 3)
    assert of.loc["P1", "denominator"] == pytest.approx(10_000.0)
    assert table["numerator"].abs().is_monotonic_decreasing
    assert set(table["layer"]) == {"buildings", "parcels"}


def test_a_parcel_served_counts_above_and_one_not_served_below_only(town_result):
    survey = town_result.survey
    served = dict(zip(survey.layers.layers["parcels"].frame["parcel_id"], survey.served["water"], strict=True))
    of = parts(town_result, "Z1", "coverage_water")
    assert len(of) > 3
    assert {bool(served[i]) for i in of.index} == {True, False}
    for name, row in of.iterrows():
        assert row["numerator"] == (pytest.approx(row["denominator"]) if served[name] else 0.0)


def test_what_is_left_out_is_named(measured_town):
    def unknown(frame):
        frame.loc[frame["building_id"] == "B2", ["floors", "height_m", "floor_area_m2"]] = np.nan
        return frame

    result = measured_town(buildings=unknown)
    found = parts(result, "Z1", "floor_area_m2")
    assert found.loc["B2", "state"] == "no_data"
    assert found.loc["B1", "state"] == "used"


def test_every_figure_adds_up_or_says_that_it_cannot(town_result):
    joined = set()
    for measured in town_result.measured:
        for row, zone in enumerate(town_result.zones["zone_id"]):
            found = explain(town_result, zone, measured.id).explained
            if not found.adds_up:
                joined.add(measured.id)
                assert found.parts["numerator"].isna().all()
                continue
            figures = measured.figures
            for own, column in ((figures.numerator[row], "numerator"), (figures.denominator[row], "denominator")):
                if not np.isnan(own):
                    assert found.parts[column].sum() == pytest.approx(own, rel=1e-9, abs=1e-9), (measured.id, zone)
    assert {name for name in joined if not name.startswith("reach_")} == set(JOINED)


def test_zones_by_name_and_wrong_names(town_result):
    assert explain(town_result, "West", "plot_ratio").zone_id == "Z1"
    with pytest.raises(GisplanError, match=r"there is no zone 'Z7' in this study"):
        explain(town_result, "Z7", "plot_ratio")
    with pytest.raises(GisplanError, match="no indicator 'plot_ratoi' in this study; did you mean 'plot_ratio'"):
        explain(town_result, "Z1", "plot_ratoi")


@pytest.mark.parametrize("name", ["plot_ratio", "coverage_own_service", "land_use_share_industrial"])
def test_a_name_that_may_be_an_indicators(name):
    require_indicator(name)


@pytest.mark.parametrize("name", ["plot-ratio", "coverage_", "xcoverage_gas", "{service}", ""])
def test_a_name_that_is_no_indicators(name):
    with pytest.raises(GisplanError, match="There is no indicator"):
        require_indicator(name)


def test_the_study_is_not_changed(tmp_path):
    from gisplan.study import evaluate

    result = evaluate(town.write(tmp_path))
    before = {m.id: m.figures.value.copy() for m in result.measured}
    explain(result, "Z1", "plot_ratio")
    for again in measure.evaluate(result.survey):
        np.testing.assert_array_equal(before[again.id], again.figures.value)
