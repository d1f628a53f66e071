"""Idle land by the calendar: cases dated by hand, the rule in plain Python as a peer, and what time may never do."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gisplan import vocabulary
from gisplan.assess import add_years, classify
from gisplan.errors import GisplanError
from gisplan.rules import idle_rule, load_packs

RULE = idle_rule([], dt.date(2025, 12, 31))


def day(text):
    return dt.date.fromisoformat(text)


def life(**known):
    """A parcel's row, its dates given as text."""
    return {k: day(v) if isinstance(v, str) and v[:2] in ("19", "20") else v for k, v in known.items()}


def of(as_of, **known):
    row = classify(pd.DataFrame([life(**known)]), as_of=day(as_of), rule=RULE)
    return row.iloc[0]


#: Started 2018; (developed, to be developed, invested, promised) and when work stopped.
def begun(developed, whole, invested, promised, stop=None, **more):
    known = {
        "agreed_start": "2018-01-01",
        "actual_start": "2018-06-01",
        "developed_area_m2": developed,
        "development_area_m2": whole,
        "investment_wan": invested,
        "investment_promised_wan": promised,
        **more,
    }
    return {**known, "stop_date": stop} if stop else known


CASES = [
    # Never started, by the agreed start; the anniversary itself is a full year.
    ("2020-02-29", {"agreed_start": "2020-03-01"}, "NOT_DUE"),
    ("2020-03-01", {"agreed_start": "2020-03-01"}, "OVERDUE"),
    ("2021-02-28", {"agreed_start": "2020-03-01"}, "OVERDUE"),
    ("2021-03-01", {"agreed_start": "2020-03-01"}, "IDLE_1Y"),
    ("2022-02-28", {"agreed_start": "2020-03-01"}, "IDLE_1Y"),
    ("2022-03-01", {"agreed_start": "2020-03-01"}, "IDLE_2Y"),
    ("2032-03-01", {"agreed_start": "2020-03-01"}, "IDLE_2Y"),
    # Leap days: the anniversary of 29 February is 28 February, in a leap year 29 February again.
    ("2020-02-28", {"agreed_start": "2020-02-29"}, "NOT_DUE"),
    ("2020-02-29", {"agreed_start": "2020-02-29"}, "OVERDUE"),
    ("2021-02-27", {"agreed_start": "2020-02-29"}, "OVERDUE"),
    ("2021-02-28", {"agreed_start": "2020-02-29"}, "IDLE_1Y"),
    ("2022-02-27", {"agreed_start": "2020-02-29"}, "IDLE_1Y"),
    ("2022-02-28", {"agreed_start": "2020-02-29"}, "IDLE_2Y"),
    ("2020-02-28", {"agreed_start": "2019-02-28"}, "IDLE_1Y"),
    ("2020-02-27", {"agreed_start": "2019-02-28"}, "OVERDUE"),
    ("2024-02-28", {"agreed_start": "2023-03-01"}, "OVERDUE"),
    ("2024-02-29", {"agreed_start": "2023-03-01"}, "OVERDUE"),
    ("2024-03-01", {"agreed_start": "2023-03-01"}, "IDLE_1Y"),
    # Turn of the year.
    ("2025-12-30", {"agreed_start": "2024-12-31"}, "OVERDUE"),
    ("2025-12-31", {"agreed_start": "2024-12-31"}, "IDLE_1Y"),
    ("2025-12-31", {"agreed_start": "2025-01-01"}, "OVERDUE"),
    ("2025-12-31", {"agreed_start": "2023-12-31"}, "IDLE_2Y"),
    ("2025-12-31", {"agreed_start": "2024-01-01"}, "IDLE_1Y"),
    # No agreed start: hand-over plus a year, else approval plus a year.
    ("2020-06-29", {"handover_date": "2019-06-30"}, "NOT_DUE"),
    ("2020-06-30", {"handover_date": "2019-06-30"}, "OVERDUE"),
    ("2021-06-30", {"handover_date": "2019-06-30"}, "IDLE_1Y"),
    ("2022-06-30", {"handover_date": "2019-06-30"}, "IDLE_2Y"),
    ("2021-02-27", {"handover_date": "2020-02-29"}, "NOT_DUE"),
    ("2021-02-28", {"handover_date": "2020-02-29"}, "OVERDUE"),
    ("2021-05-31", {"approval_date": "2019-05-31"}, "IDLE_1Y"),
    ("2021-05-30", {"approval_date": "2019-05-31"}, "OVERDUE"),
    # Which date goes first.
    ("2021-06-30", {"agreed_start": "2021-07-01", "handover_date": "2019-01-01"}, "NOT_DUE"),
    ("2021-06-30", {"handover_date": "2020-07-01", "approval_date": "2018-01-01"}, "NOT_DUE"),
    ("2021-03-01", {"agreed_start": "2020-03-01", "extended_start": "2021-03-01"}, "OVERDUE"),
    ("2022-03-01", {"agreed_start": "2020-03-01", "extended_start": "2021-03-01"}, "IDLE_1Y"),
    ("2021-02-28", {"agreed_start": "2020-03-01", "extended_start": "2021-03-01"}, "NOT_DUE"),
    # Nothing tells the due date.
    ("2021-03-01", {"supply_date": "2019-03-01"}, "UNKNOWN"),
    ("2021-03-01", {"price_wan": 100.0}, "UNKNOWN"),
    ("2021-03-01", {"agreed_start": None}, "UNKNOWN"),
    # The cause.
    ("2021-03-01", {"agreed_start": "2020-03-01", "delay_cause": "政府原因"}, "IDLE_1Y_GOV"),
    ("2022-03-01", {"agreed_start": "2020-03-01", "delay_cause": "不可抗力"}, "IDLE_2Y_GOV"),
    ("2021-02-28", {"agreed_start": "2020-03-01", "delay_cause": "政府原因"}, "OVERDUE"),
    ("2021-03-01", {"agreed_start": "2020-03-01", "delay_cause": "企业原因"}, "IDLE_1Y"),
    ("2021-03-01", {"agreed_start": "2020-03-01", "delay_cause": " Owner "}, "IDLE_1Y"),
    ("2021-03-01", {"agreed_start": "2020-03-01", "delay_cause": "天知道"}, "IDLE_1Y"),
    # Started: what happens after the day has not happened yet.
    ("2021-03-01", {"agreed_start": "2020-03-01", "actual_start": "2021-03-02"}, "IDLE_1Y"),
    ("2021-03-02", {"agreed_start": "2020-03-01", "actual_start": "2021-03-02"}, "BUILDING"),
    ("2021-03-01", {"actual_start": "2020-03-01"}, "BUILDING"),
    # Little done: less than a third developed, or less than a quarter invested; neither third nor quarter is little.
    ("2021-05-10", begun(3300, 10000, 60, 100, "2020-05-10"), "IDLE_STOPPED"),
    ("2021-05-09", begun(3300, 10000, 60, 100, "2020-05-10"), "SLOW"),
    ("2021-05-10", begun(1000, 3000, 25, 100, "2020-05-10"), "BUILDING"),
    ("2021-05-10", begun(999.99, 3000, 25, 100, "2020-05-10"), "IDLE_STOPPED"),
    ("2021-05-10", begun(1000, 3000, 24.99, 100, "2020-05-10"), "IDLE_STOPPED"),
    ("2021-05-10", begun(5 * 2000 / 3, 15 * 2000 / 3, 25, 100, "2020-05-10"), "BUILDING"),
    ("2021-05-10", begun(1 / 3, 1, 0.1 + 0.2, 1.2, "2020-05-10"), "BUILDING"),
    ("2021-05-10", begun(3000, 3000, 10, 100), "SLOW"),
    ("2021-05-10", begun(0, 3000, 100, 100), "SLOW"),
    ("2021-05-10", begun(2000, 3000, 60, 100), "BUILDING"),
    ("2021-02-28", begun(1, 3000, 60, 100, "2020-02-29"), "IDLE_STOPPED"),
    ("2021-02-27", begun(1, 3000, 60, 100, "2020-02-29"), "SLOW"),
    ("2021-05-10", begun(1, 3000, 60, 100, "2022-01-01"), "SLOW"),
    ("2021-05-10", begun(1, 3000, 60, 100, "2020-05-10", delay_cause="政府原因"), "IDLE_STOPPED_GOV"),
    # The area to be developed is that of the register where none is agreed.
    ("2021-05-10", begun(900, None, 60, 100, "2020-05-10", land_area_m2=3000), "IDLE_STOPPED"),
    ("2021-05-10", begun(900, 2700, 60, 100, "2020-05-10", land_area_m2=9000), "BUILDING"),
    # What is not known may be little: a standstill leaves the class open, work going on is work going on.
    ("2021-05-10", begun(None, 3000, None, 100, "2020-05-10"), "UNKNOWN"),
    ("2021-05-10", begun(2000, 3000, None, 100, "2020-05-10"), "UNKNOWN"),
    ("2021-05-10", begun(None, 3000, 10, 100, "2020-05-10"), "IDLE_STOPPED"),
    ("2021-05-10", begun(None, 3000, None, 100), "BUILDING"),
    ("2021-05-10", begun(2000, 3000, 60, 0, "2020-05-10"), "UNKNOWN"),
    # Completed.
    ("2021-05-10", begun(3000, 3000, 90, 100, completion_date="2021-05-10"), "DONE"),
    ("2021-05-09", begun(3000, 3000, 90, 100, completion_date="2021-05-10"), "BUILDING"),
    ("2021-05-10", {"actual_start": "2018-01-01", "completion_date": "2019-01-01"}, "DONE"),
    ("2021-05-10", {"agreed_start": "2018-01-01", "completion_date": "2019-01-01"}, "DONE"),
    ("2021-05-10", begun(100, 3000, 90, 100, completion_date="2021-05-01"), "SLOW"),
    ("2021-05-10", begun(100, 3000, 90, 100, "2019-01-01", completion_date="2020-01-01"), "SLOW"),
    # Dates that contradict each other.
    ("2021-05-10", {"supply_date": "2019-03-01", "agreed_start": "2018-03-01"}, "UNKNOWN"),
    ("2021-05-10", {"supply_date": "2019-03-01", "handover_date": "2018-03-01"}, "UNKNOWN"),
    ("2021-05-10", {"supply_date": "2019-03-01", "handover_date": "2018-03-01", "agreed_start": "2019-09-01"}, "IDLE_1Y"),
    ("2021-05-10", {"agreed_start": "2019-03-01", "extended_start": "2018-03-01"}, "UNKNOWN"),
    ("2021-05-10", begun(1, 3000, 60, 100, "2017-01-01"), "UNKNOWN"),
    ("2021-05-10", begun(2000, 3000, 60, 100, "2017-01-01"), "BUILDING"),
    ("2021-05-10", begun(2000, 3000, 60, 100, completion_date="2017-01-01"), "UNKNOWN"),
    ("2021-05-10", {"agreed_start": "2018-03-01", "stop_date": "2019-01-01"}, "UNKNOWN"),
    ("2020-01-01", {"supply_date": "2020-06-01", "agreed_start": "2021-03-01"}, "UNKNOWN"),
    # Another unit is no share.
    ("2021-05-10", begun(2000, 3, 60, 100, "2020-05-10"), "UNKNOWN"),
    ("2021-05-10", begun(2000, 3000, 600000, 100, "2020-05-10"), "UNKNOWN"),
    ("2021-05-10", begun(2000, 3000, -60, 100, "2020-05-10"), "UNKNOWN"),
    ("2021-05-10", begun(2000, 3000, 125, 100, "2020-05-10"), "BUILDING"),
]  # fmt: skip


def test_there_are_cases_enough():
    assert len(CASES) >= 60
    # Every class there is has been asked for.
    assert {expected for *_, expected in CASES} == set(vocabulary.idle_classes())


@pytest.mark.parametrize(("as_of", "known", "expected"), CASES, ids=lambda v: v if isinstance(v, str) else "")
def test_dated_cases(as_of, known, expected):
    assert of(as_of, **known)["idle_class"] == expected


def test_all_cases_at_once_give_what_each_gives_alone():
    for as_of in sorted({c[0] for c in CASES}):
        rows = [(life(**known), expected) for when, known, expected in CASES if when == as_of]
        found = classify(pd.DataFrame([r for r, _ in rows]), as_of=day(as_of), rule=RULE)
        assert list(found["idle_class"]) == [e for _, e in rows]


def test_due_dates_tell_where_they_come_from():
    agreed = of("2021-01-01", agreed_start="2020-03-01", handover_date="2019-01-01")
    assert (agreed["due_date"], agreed["due_from"], agreed["days_over"]) == (day("2020-03-01"), "agreed_start", 306)
    handed = of("2021-01-01", handover_date="2020-02-29")
    assert (handed["due_date"], handed["due_from"]) == (day("2021-02-28"), "handover_date")
    assert np.isnan(handed["days_over"])
    approved = of("2021-01-01", approval_date="2019-05-31")
    assert (approved["due_date"], approved["due_from"]) == (day("2020-05-31"), "approval_date")
    longer = of("2021-01-01", agreed_start="2020-03-01", extended_start="2020-12-01")
    assert (longer["due_date"], longer["due_from"], longer["days_over"]) == (day("2020-12-01"), "extended_start", 31)
    nothing = of("2021-01-01", price_wan=1.0)
    assert (nothing["due_date"], nothing["due_from"], nothing["missing"]) == (None, "", "due")


def test_what_comes_next_and_when():
    assert tuple(of("2020-02-01", agreed_start="2020-03-01")[["next_class", "next_date"]]) == (
        "OVERDUE",
        day("2020-03-01"),
    )
    assert tuple(of("2020-03-01", agreed_start="2020-03-01")[["next_class", "next_date"]]) == (
        "IDLE_1Y",
        day("2021-03-01"),
    )
    gov = of("2021-03-01", agreed_start="2020-03-01", delay_cause="政府原因")
    assert tuple(gov[["next_class", "next_date"]]) == ("IDLE_2Y_GOV", day("2022-03-01"))
    slow = of("2021-05-09", **begun(1, 3000, 60, 100, "2020-05-10"))
    assert tuple(slow[["next_class", "next_date"]]) == ("IDLE_STOPPED", day("2021-05-10"))
    for known in ({"agreed_start": "2018-03-01"}, begun(2000, 3000, 60, 100)):
        assert tuple(of("2021-03-01", **known)[["next_class", "next_date"]]) == ("", None)


def test_the_fee_is_a_fifth_of_the_price_where_one_may_be_due():
    owner = {"agreed_start": "2020-03-01", "price_wan": 1200.0, "delay_cause": "企业原因"}
    row = of("2021-03-01", **owner)
    assert row["fee_wan"] == pytest.approx(240)
    assert row["action"] == "FEE"
    assert row["missing"] == ""
    assert np.isnan(of("2021-02-28", **owner)["fee_wan"])
    reclaim = of("2022-03-01", **owner)
    assert (np.isnan(reclaim["fee_wan"]), reclaim["action"]) == (True, "RECLAIM")
    gov = of("2021-03-01", **{**owner, "delay_cause": "政府原因"})
    assert (np.isnan(gov["fee_wan"]), gov["action"]) == (True, "EXTEND")
    # Who caused it is not known: the fee may be due all the same.
    asked = of("2021-03-01", agreed_start="2020-03-01", price_wan=1200.0)
    assert (asked["fee_wan"], asked["action"], asked["missing"]) == (240, "INVESTIGATE_CAUSE", "delay_cause")
    free = of("2021-03-01", agreed_start="2020-03-01", price_wan=0.0)
    assert free["fee_wan"] == 0
    unpriced = of("2021-03-01", agreed_start="2020-03-01", delay_cause="企业原因")
    assert (np.isnan(unpriced["fee_wan"]), unpriced["missing"]) == (True, "price")
    negative = of("2021-03-01", **{**owner, "price_wan": -5.0})
    assert (np.isnan(negative["fee_wan"]), negative["doubt"]) == (True, "AMOUNT_UNBELIEVABLE")


def test_missing_evidence_and_doubts_are_named():
    row = of("2021-05-10", actual_start="2020-03-01")
    assert row["missing"] == "permit;developed_area;investment"
    assert of("2021-05-10", actual_start="2020-03-01", permit_no="1", **{
        "developed_area_m2": 1.0, "land_area_m2": 1.0, "investment_wan": 1.0, "investment_promised_wan": 1.0,
    })["missing"] == ""  # fmt: skip
    assert of("2021-05-10", land_area_m2=5.0)["missing"] == "record"
    doubts = {
        "START_BEFORE_SUPPLY": {"supply_date": "2019-03-01", "agreed_start": "2018-03-01"},
        "HANDOVER_BEFORE_SUPPLY": {"supply_date": "2019-03-01", "handover_date": "2018-03-01"},
        "EXTENSION_BEFORE_AGREED": {"agreed_start": "2019-03-01", "extended_start": "2018-03-01"},
        "EXTENSION_TOO_LONG": {"agreed_start": "2019-03-01", "extended_start": "2020-03-02"},
        "STOP_BEFORE_START": begun(1, 3000, 60, 100, "2017-01-01"),
        "COMPLETION_BEFORE_START": begun(3000, 3000, 60, 100, completion_date="2017-01-01"),
        "COMPLETED_UNSTARTED": {"completion_date": "2019-01-01"},
        "STOPPED_UNSTARTED": {"agreed_start": "2018-03-01", "stop_date": "2019-01-01"},
        "COMPLETED_LOW": begun(1, 3000, 60, 100, completion_date="2020-01-01"),
        "HANDOVER_AFTER_START": {"agreed_start": "2019-03-01", "handover_date": "2019-04-01"},
        "OVER_100": begun(3000, 3000, 125, 100),
        "AMOUNT_UNBELIEVABLE": begun(2000, 3, 60, 100),
        "CAUSE_NOT_READ": {"agreed_start": "2019-03-01", "delay_cause": "天知道"},
        "NOT_SUPPLIED_YET": {"supply_date": "2022-01-01", "agreed_start": "2022-06-01"},
    }
    assert set(doubts) == set(vocabulary.idle_words("doubts"))
    for name, known in doubts.items():
        assert of("2021-05-10", **known)["doubt"] == name
    assert of("2021-05-10", agreed_start="2019-03-01", extended_start="2020-03-01")["doubt"] == ""


def test_full_years():
    days = np.array(["2020-02-29", "2019-02-28", "2023-12-31", "NaT"], dtype="datetime64[D]")
    assert [str(d) for d in add_years(days, 1)] == ["2021-02-28", "2020-02-28", "2024-12-31", "NaT"]
    assert [str(d) for d in add_years(days, 4)] == ["2024-02-29", "2023-02-28", "2027-12-31", "NaT"]


@given(st.dates(dt.date(1950, 1, 1), dt.date(2090, 1, 1)), st.integers(0, 5))
def test_full_years_are_the_calendars(date, years):
    try:
        expected = date.replace(year=date.year + years)
    except ValueError:
        expected = date.replace(year=date.year + years, day=28)
    assert add_years(np.array([date], dtype="datetime64[D]"), years)[0] == np.datetime64(expected)


DATES = st.none() | st.dates(dt.date(2015, 1, 1), dt.date(2024, 12, 31))
LIVES = st.fixed_dictionaries(
    {
        **dict.fromkeys(
            ("approval_date", "supply_date", "handover_date", "agreed_start", "extended_start", "actual_start", "stop_date",
             "completion_date"), DATES,
        ),
        "developed_area_m2": st.none() | st.floats(0, 3000),
        "land_area_m2": st.just(3000.0),
        "investment_wan": st.none() | st.floats(0, 200),
        "investment_promised_wan": st.none() | st.just(100.0),
        "delay_cause": st.sampled_from([None, "企业原因", "政府原因", "不可抗力"]),
    }
)  # fmt: skip


def plus(date, years):
    try:
        return date.replace(year=date.year + years)
    except ValueError:
        return date.replace(year=date.year + years, day=28)


def plain(known, ref):
    """Class by the plain wording of the rule, for a life whose dates do not contradict each other."""
    due = known["extended_start"] or known["agreed_start"]
    due = due or next((plus(d, 1) for d in (known["handover_date"], known["approval_date"]) if d), None)
    start, stop, end = (
        d if d and d <= ref else None for d in (known["actual_start"], known["stop_date"], known["completion_date"])
    )
    gov = "_GOV" if known["delay_cause"] in ("政府原因", "不可抗力") else ""
    if start is None:
        if due is None:
            return "UNKNOWN"
        if ref < due:
            return "NOT_DUE"
        if ref < plus(due, 1):
            return "OVERDUE"
        return ("IDLE_1Y" if ref < plus(due, 2) else "IDLE_2Y") + gov
    a = None if known["developed_area_m2"] is None else known["developed_area_m2"] / known["land_area_m2"]
    promised = known["investment_promised_wan"]
    b = None if known["investment_wan"] is None or not promised else known["investment_wan"] / promised
    low = (a is not None and a < 1 / 3) or (b is not None and b < 0.25)
    stopped = stop is not None and end is None and ref >= plus(stop, 1)
    if low:
        return "IDLE_STOPPED" + gov if stopped else "SLOW"
    if end:
        return "DONE"
    return "UNKNOWN" if stopped and (a is None or b is None) else "BUILDING"


def in_order(known, ref):
    """Whether nothing in a life contradicts anything else."""
    supply, agreed, extended = known["supply_date"], known["agreed_start"], known["extended_start"]
    start, stop, end = known["actual_start"], known["stop_date"], known["completion_date"]
    first = [d for d in (agreed, extended, known["handover_date"], start) if d]
    return (
        all(supply <= d for d in first if supply)
        and not (supply and supply > ref)
        and not (agreed and extended and extended < agreed)
        and not ((stop or end) and not start)
        and not (stop and stop < start)
        and not (end and end < start)
        and not (stop and end and end < stop)
    )


@given(LIVES, st.dates(dt.date(2015, 1, 1), dt.date(2027, 12, 31)))
@settings(max_examples=600, deadline=None)
def test_a_life_in_order_is_what_the_plain_rule_says(known, ref):
    if in_order(known, ref):
        assert classify(pd.DataFrame([known]), as_of=ref, rule=RULE)["idle_class"][0] == plain(known, ref)


_RANKS = {"NOT_DUE": 0, "OVERDUE": 1, "IDLE_1Y": 2, "IDLE_2Y": 3, "SLOW": 0, "IDLE_STOPPED": 1}


@given(LIVES, st.dates(dt.date(2015, 1, 1), dt.date(2027, 12, 31)), st.integers(0, 1500))
@settings(max_examples=600, deadline=None)
def test_without_an_event_a_class_only_moves_forward(known, ref, days):
    later = ref + dt.timedelta(days=days)
    events = [known[n] for n in ("supply_date", "actual_start", "stop_date", "completion_date")]
    if any(d and ref < d <= later for d in events):
        return
    frame = pd.DataFrame([known])
    before, after = (classify(frame, as_of=d, rule=RULE).iloc[0] for d in (ref, later))
    first, second = (r["idle_class"].removesuffix("_GOV") for r in (before, after))
    if first in _RANKS:
        assert second in _RANKS
        assert _RANKS[second] >= _RANKS[first]
        # It turns on the day it was said to turn, and into what was said.
        if before["next_date"] and before["next_date"] <= later < before["next_date"] + dt.timedelta(days=300):
            assert after["idle_class"] == before["next_class"]
        if before["next_date"] is None or later < before["next_date"]:
            assert first == second
    elif first in ("BUILDING", "UNKNOWN"):
        assert second in (first, "UNKNOWN")  # a standstill that lasts a year leaves open whether little was done
    else:
        assert first == second == "DONE"


@given(st.lists(LIVES, min_size=1, max_size=12), st.dates(dt.date(2015, 1, 1), dt.date(2027, 12, 31)), st.randoms())
@settings(max_examples=60, deadline=None)
def test_the_order_of_parcels_changes_nothing(rows, ref, random):
    frame = pd.DataFrame(rows, index=[f"P{i}" for i in range(len(rows))])
    mixed = frame.sample(frac=1, random_state=random.randrange(1000))
    found = classify(frame, as_of=ref, rule=RULE)
    pd.testing.assert_frame_equal(classify(mixed, as_of=ref, rule=RULE).loc[frame.index], found)


def test_the_rule_in_force_on_the_day_is_used(tmp_path):
    with pytest.raises(
        GisplanError, match="No idle-land rule is in force on 2012-06-30: cn-idle-2012 holds 2012-07-01"
    ):
        idle_rule([], day("2012-06-30"))
    assert idle_rule([], day("2012-07-01")).pack.name == "cn-idle-2012"
    text = (vocabulary.resources.files("gisplan.rules") / "cn-idle-2012.toml").read_text(encoding="utf-8")
    later = text.replace('name = "cn-idle-2012"', 'name = "later"').replace("from = 2012-07-01", "from = 2026-01-01")
    later = later.replace("fee_share = { value = 0.20", "fee_share = { value = 0.30")
    (tmp_path / "later.toml").write_text(later, encoding="utf-8")
    packs = load_packs(["cn-idle-2012", "later.toml"], tmp_path)
    assert idle_rule(packs, day("2025-12-31")).fee_share == 0.2
    with pytest.raises(GisplanError, match="2 idle-land rules are in force on 2026-01-01: cn-idle-2012, later"):
        idle_rule(packs, day("2026-01-01"))
    assert idle_rule(packs[1:], day("2026-01-01")).fee_share == 0.3


def test_classes_are_told_apart_by_the_colour_blind():
    """Every two colours differ by at least 14 in CIE Lab, as seen with and without red-green blindness."""
    colors = {c.id: c.color for c in vocabulary.idle_classes().values()}
    # Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB.
    sights = {
        "normal": np.eye(3),
        "deuteranopia": [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
        "protanopia": [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
    }
    rgb = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in colors.values()])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    names = list(colors)
    for sight, matrix in sights.items():
        lab = _lab(np.clip(linear @ np.array(matrix).T, 0, 1))
        far = np.sqrt(((lab[:, None] - lab[None]) ** 2).sum(axis=2)) + 1e9 * np.eye(len(names))
        i, j = np.unravel_index(far.argmin(), far.shape)
        assert far.min() >= 14, f"{names[i]} and {names[j]} look alike ({sight}: {far.min():.1f})"


def _lab(linear):
    xyz = linear @ np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]).T
    xyz = xyz / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)
