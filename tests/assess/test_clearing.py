"""Clearing cases: what was promised, until when, and whether it was kept; each class on the days on which it turns."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gisplan.assess.clearing import clearing, is_promised

GIVEN, UNTIL = dt.date(2024, 12, 31), dt.date(2025, 12, 31)


def case(day, idle="IDLE_1Y", **said):
    row = {"promise_date": GIVEN, "promised_completion": UNTIL, "deposit_wan": 100.0, "deposit_paid": True, **said}
    table, flags = clearing(pd.DataFrame([row]), as_of=day, idle_class=np.array([idle], dtype=object))
    return table.iloc[0], {name for name, where in flags.items() if where[0]}


@pytest.mark.parametrize(
    ("day", "said", "expected", "late"),
    [
        (dt.date(2024, 12, 30), {}, "NO_PROMISE", np.nan),  # it is not given yet
        (dt.date(2024, 12, 31), {}, "DEPOSIT_PAID", 0),
        (dt.date(2025, 12, 31), {}, "DEPOSIT_PAID", 0),  # the promised day itself is in time
        (dt.date(2026, 1, 1), {}, "BREACHED", 1),
        (dt.date(2026, 12, 31), {}, "BREACHED", 365),
        (dt.date(2025, 6, 1), {"deposit_paid": False}, "PROMISED", 0),
        (dt.date(2025, 6, 1), {"deposit_paid": None}, "PROMISED", 0),
        (dt.date(2025, 6, 1), {"completion_date": dt.date(2025, 5, 1)}, "COMPLETED", 0),
        (dt.date(2025, 6, 1), {"completion_date": dt.date(2025, 6, 2)}, "DEPOSIT_PAID", 0),  # not completed yet
        (dt.date(2026, 6, 1), {"completion_date": dt.date(2026, 1, 10)}, "COMPLETED", 10),
        (dt.date(2026, 6, 1), {"promised_completion": None}, "UNKNOWN", np.nan),
        (dt.date(2026, 6, 1), {"promised_completion": None, "completion_date": UNTIL}, "COMPLETED", np.nan),
        (dt.date(2026, 6, 1), {"promised_completion": dt.date(2024, 12, 30)}, "UNKNOWN", np.nan),
        (dt.date(2026, 6, 1), {"completion_date": dt.date(2024, 1, 1)}, "UNKNOWN", np.nan),
        (dt.date(2026, 6, 1), {"promise_date": None}, "BREACHED", 152),
    ],
)
def test_each_class_on_its_day(day, said, expected, late):
    row, _ = case(day, **said)
    assert row["promise_class"] == expected
    assert row["promise_overdue_days"] == pytest.approx(late, nan_ok=True)


def test_land_that_calls_for_a_promise_and_land_that_does_not():
    none = {"promise_date": None, "promised_completion": None}
    assert case(UNTIL, "SLOW", **none)[0]["promise_class"] == "NO_PROMISE"
    assert case(UNTIL, "DONE", **none)[0]["promise_class"] is None
    assert case(UNTIL, "UNKNOWN", **none)[0]["promise_class"] is None


def test_what_is_odd_is_flagged():
    assert case(UNTIL)[1] == set()
    assert "PROMISE_OVER_TERM" in case(UNTIL, promised_completion=dt.date(2026, 1, 1))[1]
    assert "PROMISE_DATES_CONTRADICT" in case(UNTIL, promised_completion=dt.date(2024, 1, 1))[1]
    assert "PROMISE_UNDATED" in case(UNTIL, promised_completion=None)[1]
    assert "DEPOSIT_UNKNOWN" in case(UNTIL, deposit_paid=None)[1]
    assert "COMPLETED_LATE" in case(dt.date(2026, 3, 1), completion_date=dt.date(2026, 2, 1))[1]
    row, flags = case(UNTIL, deposit_wan=-5.0)
    assert "NEGATIVE_AMOUNT" in flags
    assert np.isnan(row["deposit_wan"])


def test_an_unpaid_deposit_is_known_only_where_somebody_says_so():
    paid = [case(UNTIL, deposit_paid=p)[0]["deposit_unpaid_wan"] for p in (True, False, None)]
    assert paid == pytest.approx([0, 100, np.nan], nan_ok=True)


def test_a_register_without_promises_tells_of_none():
    assert not is_promised(pd.DataFrame({"deposit_wan": [1.0]}))
    assert is_promised(pd.DataFrame({"promise_date": [None]}))


@given(first=st.integers(0, 2000), later=st.integers(0, 2000), done=st.one_of(st.none(), st.integers(0, 1500)))
def test_days_over_only_grow_and_a_broken_promise_stays_broken_until_completed(first, later, done):
    one, two = GIVEN + dt.timedelta(days=first), GIVEN + dt.timedelta(days=first + later)
    said = {"completion_date": None if done is None else GIVEN + dt.timedelta(days=done)}
    a, b = case(one, **said)[0], case(two, **said)[0]
    assert b["promise_overdue_days"] >= a["promise_overdue_days"]
    order = ["DEPOSIT_PAID", "BREACHED", "COMPLETED"]
    assert order.index(b["promise_class"]) >= order.index(a["promise_class"])
