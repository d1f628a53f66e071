"""Projects against limits: the cases worked out by hand, laws, and what is not known."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gisplan.assess.findings import Things
from gisplan.assess.project_control import KINDS, admission, allowed_area, bands, hold, overall
from gisplan.assess.project_figures import counted_floor_area
from gisplan.errors import GisplanError
from gisplan.rules import Limit, Pack, load_packs

DAY = dt.date(2025, 12, 31)
INF = np.inf


def array(*values):
    return np.array(values, dtype=float)


def things(values, *, most=None, **facts):
    size = len(next(iter(values.values())))
    ids = np.array([f"P{i}" for i in range(1, size + 1)], dtype=object)
    frame = pd.DataFrame({"land_class": ["industrial"] * size, **facts})
    return Things("project", ids, ids, {k: array(*v) for k, v in values.items()}, frame, None, most or {})


def pack(*limits, **more):
    made = [
        Limit.model_validate({"id": f"l{i}", "indicator": "project_far", "unit": "1", "verified": True, **rule})
        for i, rule in enumerate(limits)
    ]
    return Pack(name="own", title={"zh": "自有"}, source="order 7", limits=tuple(made), **more)


def counted(floor_area, floors=np.nan, height=np.nan, storey=np.nan):
    least, most = counted_floor_area(
        array(floor_area), floors=array(floors), height=array(height), storey_height=array(storey), over=8.0
    )
    return least[0], most[0]


def test_a_storey_above_eight_metres_counts_twice_and_one_of_eight_does_not():
    """A hall of 5,000 m² on 10,000 m²: 0.50 at 8.0 m, 1.00 at 8.1 m."""
    for known in ({"storey": 8.0}, {"floors": 1, "height": 8.0}):
        assert counted(5000, **known) == (5000, 5000)
    for known in ({"storey": 8.1}, {"floors": 1, "height": 8.1}):
        assert counted(5000, **known) == (10_000, 10_000)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({}, (6000, 12_000)),  # nothing is known of its storeys
        ({"floors": 3}, (6000, 12_000)),
        ({"floors": 1}, (6000, 12_000)),
        ({"height": 7.9}, (6000, 6000)),  # no storey of more than 8 m fits in
        ({"height": 9.0}, (6000, 12_000)),  # one hall, or two storeys
        ({"floors": 3, "height": 8.0}, (6000, 6000)),
        ({"floors": 3, "height": 12.0}, (6000, 8000)),  # one of three storeys may be a hall
        ({"floors": 3, "height": 16.0}, (6000, 8000)),  # two of more than 8 m need more than 16 m
        ({"floors": 3, "height": 16.1}, (6000, 10_000)),
        ({"floors": 3, "height": 60.0}, (6000, 12_000)),
        ({"floors": 3, "storey": 9.0}, (12_000, 12_000)),
        ({"floors": 0, "height": 12.0}, (6000, 12_000)),  # no floors is not one floor
        ({"floors": -2}, (6000, 12_000)),
        ({"floors": 1, "height": 0.0}, (6000, 12_000)),
    ],
)
def test_storeys_of_unknown_height_count_once_and_may_count_twice(known, expected):
    assert counted(6000, **known) == pytest.approx(expected)


@given(
    floor_area=st.floats(0, 1e6),
    floors=st.sampled_from([np.nan, 0, 1, 2, 5, 30]),
    height=st.one_of(st.just(np.nan), st.floats(-5, 200)),
    storey=st.one_of(st.just(np.nan), st.floats(-5, 30)),
)
def test_counted_is_between_the_floor_area_and_twice_it(floor_area, floors, height, storey):
    least, most = counted(floor_area, floors, height, storey)
    assert floor_area <= least <= most <= 2 * floor_area + 1e-6
    assert least in (floor_area, 2 * floor_area)


def test_each_class():
    of = hold(
        "project_far",
        [pack({"at_least": 0.8, "at_most": 2.0})],
        things({"project_far": [0.8, 0.79, 2.1, np.nan]}),
        as_of=DAY,
    )
    assert list(of.kind) == ["pass", "below", "above", "UNKNOWN"]
    none = hold(
        "project_far",
        [pack({"at_least": 0.8, "where": {"land_use": ["mining"]}})],
        things({"project_far": [0.1]}),
        as_of=DAY,
    )
    assert list(none.kind) == ["NO_RULE"]
    assert list(hold("project_far", [], things({"project_far": [0.1]}), as_of=DAY).kind) == ["NO_RULE"]


def test_industry_codes_without_their_edition_have_no_class():
    rule = {"at_least": 0.8, "where": {"industry": ["36"], "industry_system": "gbt4754-2017"}}
    editions = ["gbt4754-2017", "gbt4754-2002", None, "unknown"]
    of = hold(
        "project_far",
        [pack(rule)],
        things({"project_far": [0.5] * 4}, industry=["3660"] * 4, industry_system=editions),
        as_of=DAY,
    )
    assert list(of.kind) == ["below", "UNKNOWN", "UNKNOWN", "UNKNOWN"]


def test_a_class_that_hangs_on_what_is_not_known_is_not_told():
    values = {"project_far": [0.5, 0.5, 0.9, 0.5]}
    most = {"project_far": array(0.7, 0.9, INF, 0.5)}
    of = hold("project_far", [pack({"at_least": 0.8})], things(values, most=most), as_of=DAY)
    assert list(of.kind) == ["below", "UNKNOWN", "pass", "below"]
    capped = hold("project_far", [pack({"at_most": 0.8})], things(values, most=most), as_of=DAY)
    assert list(capped.kind) == ["pass", "UNKNOWN", "above", "pass"]


def test_without_a_day_a_dated_pack_leaves_the_class_open():
    dated = pack({"at_least": 0.8}, in_force={"from": dt.date(2023, 5, 1)})
    at = things({"project_far": [0.9]})
    assert list(hold("project_far", [dated], at, as_of=None).kind) == ["UNKNOWN"]
    assert list(hold("project_far", [dated], at, as_of=dt.date(2023, 4, 30)).kind) == ["NO_RULE"]
    assert list(hold("project_far", [dated], at, as_of=dt.date(2023, 5, 1)).kind) == ["pass"]


def test_office_and_living_land_of_ten_percent_fails_seven():
    of = hold(
        "project_admin_share",
        load_packs(["cn-industry-2008"]),
        things({"project_admin_share": [0.10, 0.07]}),
        as_of=DAY,
    )
    assert list(of.kind) == ["above", "pass"]


def test_fifty_million_is_allowed_a_parcel_and_less_is_not():
    at = things({"project_total_investment": [5000, 4999.99, np.nan]})
    of = hold("project_total_investment", load_packs(["cn-park-practice"]), at, as_of=DAY)
    assert list(of.kind) == ["pass", "below", "UNKNOWN"]
    where, advice = of.findings["SMALL_PROJECT_OWN_PARCEL"]
    assert list(where) == [False, True, False]
    assert "标准厂房" in advice
    assert list(of.unverified) == [True] * 3


def test_tax_of_twenty_per_mu_is_three_hundred_per_hectare():
    at = things({"project_tax_per_mu": [20, 19.999]})
    assert list(hold("project_tax_per_mu", load_packs(["cn-park-practice"]), at, as_of=DAY).kind) == ["pass", "below"]


def test_a_project_fails_if_one_figure_does_and_is_open_if_one_is():
    kinds = [
        ["pass", "pass", "pass", "NO_RULE"],
        ["below", "UNKNOWN", "pass", "NO_RULE"],
        ["UNKNOWN", "pass", "NO_RULE", "NO_RULE"],
    ]
    made = overall([np.array([KINDS.index(w) for w in k]) for k in kinds])
    assert list(made) == ["fail", "UNKNOWN", "pass", "NO_RULE"]


def figure(values, low, kinds):
    return array(*values), array(*low), np.array([KINDS.index(k) for k in kinds])


def test_allowed_land_by_pencil():
    """20,000 m² with 8,000 m² of floor area at ≥ 0.8 is allowed 10,000; the worst of several figures decides."""
    land = array(20_000, 20_000, 20_000, 20_000, 20_000, 20_000)
    far = figure([0.4, 0.8, 0.4, 0.4, np.nan, 0.9], [0.8] * 6, ["below", "pass", "below", "below", "UNKNOWN", "pass"])
    built = figure(
        [0.3, 0.4, 0.1, np.nan, 0.4, np.nan],
        [0.4, 0.4, 0.4, 0.4, 0.4, np.nan],
        ["below", "pass", "below", "UNKNOWN", "pass", "NO_RULE"],
    )
    allowed, excess, at_most = allowed_area(land, [far, built])
    assert allowed == pytest.approx([10_000, 20_000, 5_000, 10_000, np.nan, 20_000], nan_ok=True)
    assert excess == pytest.approx([10_000, 0, 15_000, 10_000, np.nan, 0], nan_ok=True)
    assert list(at_most) == [False, False, False, True, False, False]
    nothing = allowed_area(array(20_000), [figure([0.4], [np.nan], ["NO_RULE"])])
    assert np.isnan(nothing[0][0])
    assert np.isnan(nothing[1][0])


@given(
    land=st.floats(1, 1e6),
    # Plot ratios are 0 or can be measured; the least numbers a computer knows lose their digits when divided.
    values=st.lists(st.just(0.0) | st.floats(1e-6, 10), min_size=3, max_size=3),
    lows=st.lists(st.floats(0.01, 10), min_size=3, max_size=3),
)
def test_allowed_land_is_the_whole_where_all_passes_and_less_where_not(land, values, lows):
    rules = [pack({"at_least": low}) for low in lows]
    of = [hold("project_far", [r], things({"project_far": [v]}), as_of=DAY) for r, v in zip(rules, values, strict=True)]
    allowed, excess, _ = allowed_area(
        array(land), [(array(v), h.low, h.number) for v, h in zip(values, of, strict=True)]
    )
    if all(h.kind[0] == "pass" for h in of):
        assert allowed[0] == land
    else:
        assert 0 <= allowed[0] < land
        # On the land it is allowed, what is declared keeps every limit.
        for v, low in zip(values, lows, strict=True):
            assert v * land >= low * allowed[0] * (1 - 1e-9)
    assert excess[0] == pytest.approx(land - allowed[0])


ADMISSION = {
    "weights": ({"id": "admission", "verified": False, "parts": {"project_far": 0.6, "project_admin_share": 0.4}},),
    "ideals": (
        {"id": "a", "indicator": "project_far", "unit": "1", "value": 1.5, "verified": False},
        {"id": "b", "indicator": "project_admin_share", "unit": "share", "value": 0.05, "better": "less", "verified": False},
    ),
}  # fmt: skip


def test_the_admission_score_by_pencil():
    at = things({"project_far": [0.75, 3.0, np.nan, 1.5], "project_admin_share": [0.10, 0.0, 0.05, 0.05]})
    planned = np.array([True, True, True, False])
    score, lacks, name = admission([pack(**ADMISSION)], at, planned, as_of=DAY)
    # 60 × 0.5 + 40 × 0.5; both full, whatever is beyond the ideal; no figure, no score; built already.
    assert score == pytest.approx([50, 100, np.nan, np.nan], nan_ok=True)
    assert list(lacks) == ["", "", "project_far", ""]
    assert name == "own"
    assert admission([pack()], at, planned, as_of=DAY) is None


def test_a_score_needs_an_ideal_for_every_part():
    lame = pack(weights=ADMISSION["weights"], ideals=ADMISSION["ideals"][:1])
    with pytest.raises(GisplanError, match="project_admin_share has no ideal value"):
        admission([lame], things({"project_far": [1.0]}), np.array([True]), as_of=DAY)


def test_the_shipped_score_can_be_given():
    values = {
        "project_investment_intensity": [2250.0],
        "project_tax_per_mu": [30.0],
        "project_output_intensity": [7500.0],
        "project_far": [1.5],
        "project_building_coefficient": [0.25],
    }
    score, _, _ = admission(load_packs(["cn-admission"]), things(values), np.array([True]), as_of=DAY)
    assert score[0] == pytest.approx(15 + 30 + 15 + 15 + 5)


def test_improvement_to_land_ratios_have_names():
    at = things({"improvement_to_land_ratio": [0.0, 0.49, 0.5, 1.0, 1.01, np.nan]})
    assert list(bands(load_packs(["us-practice"]), at, as_of=DAY)) == [
        "redevelop-strong", "redevelop-strong", "redevelop-moderate", "redevelop-moderate", "", "",
    ]  # fmt: skip
