"""Figures of public works by pencil, and what must hold for any works. The works are drawn in `works_town`."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
import shapely
import town
import works_town
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gisplan import evaluate
from gisplan.measure import Survey, make_survey, register
from gisplan.measure.works_table import is_done, is_overdue, works_of
from gisplan.plan import Plan
from gisplan.read import read_layers

NAN = math.nan

#: By zone: value, numerator, denominator, used, missing, share that is known.
PENCIL = {
    # W1 to W4 lie half and half and are counted where they begin; W7 is outside, W8 nowhere.
    "works_count": {"Z1": (5, 5, NAN, 5, 0, 1), "Z2": (1, 1, NAN, 1, 0, 1), "Z3": (1, 1, NAN, 1, 0, 1)},
    "works_budget_wan": {
        "Z1": (500 + 200 + 150 + 100 + 10, 960, NAN, 5, 0, 1),
        "Z2": (500 + 150 + 100, 750, NAN, 3, 1, 3 / 4),  # W5 has none
        "Z3": (200 + 500, 700, NAN, 2, 0, 1),
    },
    "works_spent_wan": {
        "Z1": (300 + 0 + 200 + 95, 595, NAN, 4, 1, 4 / 5),  # W9 says nothing
        "Z2": (300 + 200 + 95 + 50, 645, NAN, 4, 0, 1),
        "Z3": (0 + 20, 20, NAN, 2, 0, 1),
    },
    "works_spent_share": {
        "Z1": (595 / 950, 595, 950, 4, 1, 4 / 5),  # without W9
        "Z2": (595 / 750, 595, 750, 3, 1, 3 / 4),  # without W5
        "Z3": (20 / 700, 20, 700, 2, 0, 1),
    },
    "works_progress_money": {
        "Z1": ((250 + 0 + 45 + 100) / 950, 395, 950, 4, 1, 4 / 5),
        "Z2": ((250 + 45 + 100) / 750, 395, 750, 3, 1, 3 / 4),
        "Z3": (50 / 700, 50, 700, 2, 0, 1),
    },
    "works_progress_length": {
        "Z1": (50 / 200, 50, 200, 2, 0, 1),  # W1 and W2, 100 m each
        "Z2": (50 / 100, 50, 100, 1, 0, 1),
        "Z3": (0, 0, 100, 1, 0, 1),
    },
    # W3 is counted in Z1; of W9 it is not known whether it is done.
    "works_overdue_count": {"Z1": (1, 1, NAN, 4, 1, 4 / 5), "Z2": (1, 1, NAN, 1, 0, 1), "Z3": (0, 0, NAN, 1, 0, 1)},
    "works_overdue_share": {
        "Z1": (150 / 950, 150, 950, 4, 1, 4 / 5),
        "Z2": (150 / 750, 150, 750, 3, 1, 3 / 4),
        "Z3": (0, 0, 700, 2, 0, 1),
    },
}


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return evaluate(works_town.plan(tmp_path_factory.mktemp("works")))


@pytest.mark.parametrize("zone", ["Z1", "Z2", "Z3"])
@pytest.mark.parametrize("name", PENCIL)
def test_figure_is_the_pencils(result, name, zone):
    figures = result.indicators.set_index(["indicator", "zone_id"])
    row = figures.loc[(name, zone)]
    got = row[["value", "numerator", "denominator", "n_used", "n_missing", "known_share"]].astype(float).tolist()
    assert got == pytest.approx(PENCIL[name][zone], rel=1e-12, nan_ok=True)
    assert row["flags"] == ("PARTIAL" if PENCIL[name][zone][4] else "")


def test_every_indicator_of_works_has_a_pencil_value():
    mine = [i for i in register().values() if i.group == "works"]
    assert {i.id for i in mine} == set(PENCIL)
    assert all(i.listed == ("works",) for i in mine)


def test_without_works_nobody_asks(tmp_path):
    without = evaluate(town.write(tmp_path))
    assert not [c for c in without.zones if c.startswith("works")]
    assert without.works is None


def test_books_of_the_works(result):
    books = result.balance.set_index(["layer", "measure"])
    # input, inside, outside, rejected
    pencil = {
        ("works.areas", "area_m2"): (10_000, 10_000, 0, 0),
        ("works.areas", "count"): (1, 1, 0, 0),
        ("works.lines", "length_m"): (400, 400, 0, 0),
        ("works.lines", "count"): (2, 2, 0, 0),
        ("works.points", "count"): (4, 3, 1, 0),
        ("works.listed", "count"): (2, 1, 0, 1),
    }
    assert {k for k in books.index if k[0].startswith("works")} == set(pencil)
    for key, (came, inside, outside, rejected) in pencil.items():
        assert list(books.loc[key]) == pytest.approx([came, inside, outside, rejected, 0, 0], abs=1e-6), key


def test_without_a_day_nothing_is_overdue_and_nothing_is_not(tmp_path):
    base = works_town.plan(tmp_path)
    undated = base.model_copy(update={"plan": base.plan.model_copy(update={"as_of": None, "rules": []})})
    got = evaluate(undated)
    zones = got.zones.set_index("zone_id")
    assert zones.loc[["Z1", "Z2", "Z3"], ["works_overdue_count", "works_overdue_share"]].isna().all(axis=None)
    assert zones["works_count"].tolist() == [5, 1, 1]
    assert "WORK_NO_DAY" in {i.code for i in got.issues}


DAY = dt.date(2025, 12, 31)
BEFORE, AFTER = dt.date(2025, 6, 1), dt.date(2026, 6, 1)


@pytest.mark.parametrize(
    ("status", "percent", "done_date", "says"),
    [
        ("done", 100, BEFORE, True),
        ("done", None, None, True),
        ("done", 100, AFTER, None),  # done tomorrow
        ("done", 60, None, True),  # its status says so; the progress is told as a doubt
        ("under construction", 60, None, False),
        ("under construction", None, None, False),
        ("under construction", 100, None, None),
        ("under construction", 60, BEFORE, None),
        ("under construction", 60, AFTER, False),  # planned for then
        ("planned", 100, None, None),
        ("stopped", 20, None, False),
        (None, 100, None, True),
        (None, 99, None, False),
        (None, None, BEFORE, True),
        (None, 40, BEFORE, True),
        (None, None, AFTER, False),
        (None, None, None, None),
        ("gone fishing", None, None, None),
    ],
)
def test_done_or_not_or_unknown(tmp_path, status, percent, done_date, says):
    cells = {"工程状态": status or "", "进度": "" if percent is None else percent, "竣工日期": done_date or ""}
    survey = measured(works_town.plan(tmp_path, works_town.table(W1=cells)))
    done, open_ = is_done(works_of(survey), DAY)
    assert (bool(done[0]), bool(open_[0])) == {True: (True, False), False: (False, True), None: (False, False)}[says]


@pytest.mark.parametrize(
    ("cells", "over", "known"),
    [
        ({"计划竣工日期": "2025-12-30"}, True, True),
        ({"计划竣工日期": "2025-12-31"}, False, True),  # on the day itself it is not late yet
        ({"计划竣工日期": ""}, False, False),
        ({"计划竣工日期": "2020-01-01"}, False, False),  # due before its start: one of them is wrong
        ({"计划竣工日期": "2025-12-30", "工程状态": "done", "进度": 100}, False, True),
        ({"计划竣工日期": "2025-12-30", "工程状态": "?"}, True, True),  # 50 % is not done, whatever it is called
        ({"计划竣工日期": "2025-12-30", "工程状态": "?", "进度": ""}, False, False),
        ({"计划竣工日期": "2026-12-30", "工程状态": "?", "进度": ""}, False, True),  # done or not, it is not overdue
        ({"计划竣工日期": "2025-12-30", "工程状态": "planned", "进度": 100}, False, False),
    ],
)
def test_overdue_or_not_or_unknown(tmp_path, cells, over, known):
    survey = measured(works_town.plan(tmp_path, works_town.table(W1=cells)))
    got = is_overdue(works_of(survey), DAY)
    assert (bool(got[0][0]), bool(got[1][0])) == (over, known)


def measured(plan: Plan) -> Survey:
    return make_survey(plan, read_layers(plan))


# ---------------------------------------------------------------- laws

law = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])

place = st.tuples(st.integers(-50, 750), st.integers(-50, 550))
shape = st.one_of(
    place.map(lambda p: town.point(*p)),
    st.lists(place, min_size=2, max_size=4, unique=True).map(lambda ps: town.line(*ps)),
    st.tuples(place, st.integers(10, 300), st.integers(10, 300)).map(
        lambda b: town.box(b[0][0], b[0][1], b[0][0] + b[1], b[0][1] + b[2])
    ),
    st.sampled_from(["Z1", "Z2", "Z3"]),
)
one_work = st.tuples(shape, st.one_of(st.none(), st.integers(0, 100)), st.one_of(st.none(), st.integers(1, 900)))


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """The town's zones and works alone."""
    layers = ("parcels", "buildings", "roads", "water", "power", "gas")
    return works_town.plan(tmp_path_factory.mktemp("law"), drop=layers, works={"percent_as": "percent"})


def of(works, plan):
    """Survey of works of (shape or zone, percent, budget)."""
    table = pd.DataFrame(
        {
            "工程编号": [f"W{i}" for i in range(len(works))],
            "进度": [p for _, p, _ in works],
            "概算": [b for *_, b in works],
            "所在分区": [g if isinstance(g, str) else None for g, *_ in works],
            "wkt": [None if isinstance(g, str) else g.wkt for g, *_ in works],
        }
    )
    table.to_csv(plan.folder / "works.csv", index=False, encoding="utf-8")
    return measured(plan)


@law
@given(works=st.lists(one_work, min_size=1, max_size=6))
def test_money_in_zones_and_outside_is_all_the_money(bare, works):
    survey = of(works, bare)
    all_works = works_of(survey)
    budget = np.nan_to_num(all_works.number("budget_wan"))
    inside = all_works.total(budget, np.ones(len(budget), dtype=bool)).sum()
    assert inside + (budget * all_works.outside).sum() == pytest.approx(budget.sum(), rel=1e-9)
    assert len(all_works.table) == len(works)


@law
@given(works=st.lists(one_work, min_size=1, max_size=6), which=st.integers(0, 5), more=st.integers(1, 100))
def test_more_done_never_lowers_progress(bare, works, which, more):
    k = which % len(works)
    if works[k][1] is None:  # of what nobody knows there is no more
        works[k] = (works[k][0], 0, works[k][2])
    ahead = list(works)
    ahead[k] = (works[k][0], min(100, works[k][1] + more), works[k][2])
    slower, faster = of(works, bare), of(ahead, bare)
    for name in ("works_progress_money", "works_progress_length"):
        before, after = (register()[name].function(s).value for s in (slower, faster))
        assert np.array_equal(np.isnan(before), np.isnan(after))
        known = ~np.isnan(before)
        assert (after[known] >= before[known] - 1e-12).all()
        assert ((before[known] >= 0) & (before[known] <= 1 + 1e-12)).all()


@law
@given(works=st.lists(one_work, min_size=2, max_size=6), seed=st.integers(0, 1000))
def test_the_order_of_the_file_does_not_matter(bare, works, seed):
    shuffled = [works[i] for i in np.random.default_rng(seed).permutation(len(works))]
    surveys = [of(w, bare) for w in (works, shuffled)]
    for name in ("works_budget_wan", "works_progress_money", "works_progress_length", "works_count"):
        a, b = (register()[name].function(s).value for s in surveys)
        assert a == pytest.approx(b, rel=1e-12, nan_ok=True)


def test_a_line_cut_in_two_works_says_the_same(bare):
    whole = of([(town.line((50, 50), (650, 50)), 40, 600)], bare)
    parts = of([(town.line((50, 50), (250, 50)), 40, 200), (town.line((250, 50), (650, 50)), 40, 400)], bare)
    for name in ("works_budget_wan", "works_progress_money", "works_progress_length"):
        function = register()[name].function
        assert function(whole).value == pytest.approx(function(parts).value, rel=1e-12, nan_ok=True)
    assert shapely.length(works_of(whole).geometry[0]) == 600
