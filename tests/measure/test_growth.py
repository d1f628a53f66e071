"""Land and people between two dates (SDG 11.3.1), and room for jobs."""

import datetime as dt
import math

import numpy as np
import pytest
import town
from hypothesis import given
from hypothesis import strategies as st

from gisplan import evaluate
from gisplan.measure.growth import lcr, lcrpgr, pgr, years_between
from gisplan.plan import parse_plan


@pytest.mark.parametrize(
    ("start", "end", "years"),
    [
        ((2015, 12, 31), (2025, 12, 31), 10),
        ((2020, 2, 29), (2021, 2, 28), 1),
        ((2020, 1, 1), (2020, 7, 1), 182 / 366),
        ((2021, 1, 1), (2022, 7, 2), 1 + 182 / 365),
        ((2019, 6, 30), (2020, 6, 29), 365 / 366),
    ],
)
def test_years(start, end, years):
    assert years_between(dt.date(*start), dt.date(*end)) == pytest.approx(years, abs=1e-12)


@given(st.dates(dt.date(1980, 1, 1), dt.date(2020, 1, 1)), st.integers(1, 15_000))
def test_years_grow_with_the_days(start, days):
    one = years_between(start, start + dt.timedelta(days))
    assert years_between(start, start + dt.timedelta(days + 1)) > one
    assert one == pytest.approx(days / 365.2425, abs=0.01)


def test_rates():
    assert lcr(np.array([10.0, 0.0, 10.0]), np.array([15.0, 5.0, 10.0]), 10)[[0, 2]].tolist() == [0.05, 0]
    assert np.isnan(lcr(np.array([0.0]), np.array([5.0]), 10))[0]
    assert pgr(np.array([100.0]), np.array([200.0]), 10)[0] == pytest.approx(math.log(2) / 10)
    assert np.isnan(pgr(np.array([0.0, 10.0, np.nan]), np.array([10.0, 0.0, 10.0]), 10)).all()
    assert np.isnan(lcrpgr(np.array([0.1]), np.array([0.0])))[0]
    assert lcrpgr(np.array([0.1]), np.array([-0.05]))[0] == -2


@pytest.fixture
def grown(tmp_path):
    """The town between 2015 and 2025: two shapes that overlap at the start, one of the end over a border."""
    people = {"population_start": [1000, 500, 0], "population_end": [2000, 400, 50]}
    raw = town.write(
        tmp_path, zones=lambda f: f.assign(**people), header={"rules": ["sdg", "un-habitat", "hk-industry"]}
    ).model_dump(by_alias=True, exclude={"folder", "file"}, exclude_unset=True)
    made = {
        "start": town.table(["n"], (1, town.box(0, 0, 150, 100)), (2, town.box(100, 0, 200, 100)), (3, town.box(500, 0, 600, 100))),
        "end": town.table(["n"], (1, town.box(0, 0, 500, 100)), (2, town.box(500, 0, 600, 200))),
    }  # fmt: skip
    for name, frame in made.items():
        frame.to_file(tmp_path / "grown.gpkg", layer=name, driver="GPKG")
    days = {"start": dt.date(2015, 12, 31), "end": dt.date(2025, 12, 31)}
    raw["layers"]["built_up"] = {n: {"path": "grown.gpkg", "layer": n, "date": days[n]} for n in made}
    raw["assumptions"]["m2_per_job"] = 35
    return evaluate(parse_plan(raw, folder=tmp_path))


def test_the_town_grows(grown):
    zones = grown.zones.set_index("zone_id")
    # Z1: 20,000 → 40,000 m², 1,000 → 2,000 people. Z2: 10,000 → 30,000 m², 500 → 400.
    assert zones["lcr"].tolist()[:2] == pytest.approx([0.1, 0.2])
    assert zones["pgr"].tolist()[:2] == pytest.approx([math.log(2) / 10, math.log(0.8) / 10])
    assert zones["lcrpgr"].tolist()[:2] == pytest.approx([1 / math.log(2), 2 / math.log(0.8)])
    assert zones.loc["Z3", ["lcr", "pgr", "lcrpgr"]].isna().all()
    assert zones["built_up_per_capita"].tolist() == pytest.approx([20, 75, 0])
    flags = grown.indicators.set_index(["zone_id", "indicator"])["flags"]
    assert flags[("Z2", "lcrpgr")] == "PGR_NEGATIVE:1"
    assert flags[("Z1", "lcrpgr")] == ""
    assert flags[("Z3", "lcrpgr")] == "NO_DATA"
    assert {"built_up.start", "built_up.end"} <= set(grown.balance["layer"])


def test_rules_of_other_countries_find_their_figures(grown):
    of = grown.findings.set_index(["pack", "rule", "id"])
    assert of.loc[("sdg", "land-and-people", "Z1"), "class"] == "above"
    zones = grown.zones.set_index("zone_id")
    for rule, indicator in (("street-density", "road_density"), ("intersections", "intersection_density")):
        row = of.loc[("un-habitat", rule, "Z1")]
        assert row["value"] == zones.loc["Z1", indicator]
        assert row["severity"] == "info"
    # The street's land needs widths; of the town's roads in Z1 the measured share is used as it is.
    assert of.loc[("un-habitat", "street-land", "Z1"), "value"] == zones.loc["Z1", "road_area_share"]


def test_room_for_jobs(grown, town_result):
    told = grown.indicators.set_index(["zone_id", "indicator"])
    row = told.loc[("Z1", "jobs_capacity")]
    assert row["value"] == pytest.approx(row["numerator"] / 35)
    # For industry and storage, with known floor area: P1, P2, P5 (its register), P13 and the part of P4 in Z1.
    floors = dict(zip(grown.parcels["parcel_id"], grown.parcels["floor_area_m2"], strict=True))
    assert row["numerator"] == pytest.approx(
        floors["P1"] + floors["P2"] + floors["P5"] + floors["P13"] + 0.4 * floors["P4"]
    )
    plain = town_result.indicators.set_index(["zone_id", "indicator"]).loc[("Z1", "jobs_capacity")]
    assert np.isnan(plain["value"])
    assert plain["flags"] == "INPUT_MISSING:m2_per_job"
