"""Idle land: the life of a parcel on a day, by the dates and amounts of its register and a dated rule.

Formulas
--------
The due date is an approved extension, else the agreed start, else hand-over or approval and the term of the rule.
Not started: NOT_DUE until the due date, OVERDUE until its first anniversary, then IDLE_1Y, then IDLE_2Y. Started:
little done (developed or invested less than the rule's shares) is SLOW, and IDLE_STOPPED once work has stood still for
a full year; else DONE once completed, else BUILDING. Delays that government or nature caused end in ``_GOV``.

A full year is met on the anniversary itself; the anniversary of 29 February is 28 February. What happened after the
day asked for has not happened yet. Where the dates contradict each other, or nothing tells whether little was done on
a parcel that stands still, the class is UNKNOWN, never a guess.

Source
------
闲置土地处置办法 (国土资源部令第53号), Articles 2, 8, 12, 14, 22 and 30, as cited in the rule pack.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.assess.marks import joined
from gisplan.measure.dates import Days, days
from gisplan.rules import IdleRule
from gisplan.rules.pack import TOLERANCE

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Text = NDArray[np.object_]

#: Dates and numbers of a parcel's life, by the names they have in gisplan's tables.
DATES = (
    "approval_date", "supply_date", "handover_date", "agreed_start", "extended_start", "permit_date", "actual_start",
    "stop_date", "completion_date",
)  # fmt: skip
AMOUNTS = (
    "developed_area_m2", "development_area_m2", "land_area_m2", "investment_wan", "investment_promised_wan",
    "price_wan",
)  # fmt: skip
TEXTS = ("permit_no", "contract_no", "delay_cause")

#: More than this many times the whole is no share but another unit (m² and mu, yuan and 10,000 yuan).
_UNBELIEVABLE = 10.0

#: A share of this much more than the whole is told: areas of contract and survey are never the same.
_OVER = 1.05

#: Doubts that always leave the class open.
_OPEN = (
    "NOT_SUPPLIED_YET", "START_BEFORE_SUPPLY", "HANDOVER_BEFORE_SUPPLY", "EXTENSION_BEFORE_AGREED", "STOPPED_UNSTARTED",
    "COMPLETION_BEFORE_START",
)  # fmt: skip


def add_years(day: Days, years: int) -> Days:
    """Same day some years later; 29 February becomes 28 February where the year has none. NaT stays NaT."""
    month = day.astype("datetime64[M]")
    later = month + np.timedelta64(12 * years, "M")
    last = (later + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    return cast(Days, np.minimum(later.astype("datetime64[D]") + (day - month.astype("datetime64[D]")), last))


def one_of(said: Text, wanted: Sequence[str]) -> Mask:
    """Where one of some words stands; a comparison a word is far quicker than to turn all of them into another type."""
    out = np.zeros(len(said), dtype=bool)
    for word in wanted:
        out |= said == word
    return out


def is_life(column: str) -> bool:
    """Whether a column of the register tells something of a parcel's life."""
    return column in (*DATES, "developed_area_m2", "investment_promised_wan", "price_wan", "contract_no", "delay_cause")


def classify(register: pd.DataFrame, *, as_of: dt.date, rule: IdleRule) -> pd.DataFrame:
    """Class of every parcel of a register on a day.

    Parameters
    ----------
    register
        One row a parcel; any of the columns `DATES`, `AMOUNTS` (m², 万元) and `TEXTS`, one that is not there is not
        known. The area to be developed is ``development_area_m2``, else ``land_area_m2``.
    as_of
        The day.
    rule
        The rule in force on it.

    Returns
    -------
    pandas.DataFrame
        Indexed like the register: ``idle_class, due_date, due_from, days_over, next_class, next_date, fee_wan, action,
        missing, doubt, developed_share, invested_share, cause``. Dates are `datetime.date` or None; ``days_over`` are
        days past the due date of a parcel not started, or past the day work stopped of one that stands still.
        ``fee_wan`` is what the fee would be if the authority found the parcel idle, NaN where no fee is due or the
        price is not known.
    """
    day = np.datetime64(as_of, "D")
    dates = {name: days(register, name) for name in DATES}
    happened = {name: np.where(d <= day, d, np.datetime64("NaT")) for name, d in dates.items()}
    amounts = {name: _numbers(register, name) for name in AMOUNTS}
    cause, cause_read = _causes(register)
    due, due_from, due_doubts = _due(dates, rule)
    completed, stop = ~np.isnat(happened["completion_date"]), happened["stop_date"]
    begun = ~np.isnat(happened["actual_start"])
    started = begun | completed  # what is completed was started, whenever that was
    whole = np.where(np.isnan(amounts["development_area_m2"]), amounts["land_area_m2"], amounts["development_area_m2"])
    developed, odd_area = _share(amounts["developed_area_m2"], whole)
    invested, odd_money = _share(amounts["investment_wan"], amounts["investment_promised_wan"])
    low, sure = _low(developed, invested, rule)
    still = np.where(happened["completion_date"] >= stop, np.datetime64("NaT"), stop)  # completion ends a standstill
    doubts: dict[str, Mask] = {
        "NOT_SUPPLIED_YET": ~started & (dates["supply_date"] > day),
        **{k: v & ~started for k, v in due_doubts.items()},
        "COMPLETED_UNSTARTED": completed & ~begun,
        "STOPPED_UNSTARTED": ~started & ~np.isnat(stop),
        "STOP_BEFORE_START": still < happened["actual_start"],
        "COMPLETION_BEFORE_START": happened["completion_date"] < happened["actual_start"],
        "COMPLETED_LOW": started & completed & low,
        "HANDOVER_AFTER_START": ~started & (dates["handover_date"] > due),
        "OVER_100": (developed > _OVER) | (invested > _OVER),
        "AMOUNT_UNBELIEVABLE": odd_area | odd_money | (amounts["price_wan"] < 0),
        "CAUSE_NOT_READ": ~cause_read,
    }
    gov = one_of(cause, ("government", "force_majeure"))
    after = _after(due, still, rule, day)
    kind = _classes(started, low, sure, completed, after)
    kind[~started & np.isnat(due)] = "UNKNOWN"
    for name in _OPEN:
        kind[doubts[name]] = "UNKNOWN"
    # Whether work stands still only matters where little was done, or may have been.
    kind[doubts["STOP_BEFORE_START"] & (low | ~sure)] = "UNKNOWN"
    base = kind.copy()
    idle = one_of(kind, ("IDLE_1Y", "IDLE_2Y", "IDLE_STOPPED"))
    kind[idle & gov] += "_GOV"
    over = np.where(started, np.where(base == "IDLE_STOPPED", day - still, np.timedelta64("NaT", "D")), day - due)
    past = ~np.isnat(over) & (over >= np.timedelta64(0, "D"))
    price = np.where(amounts["price_wan"] >= 0, amounts["price_wan"], np.nan)
    has_fee = (base == "IDLE_1Y") & ~gov
    next_class, next_date = _next(base, gov, due, still, rule)
    lacks = {
        "record": _silent(register),
        "due": ~started & np.isnat(due) & ~_silent(register),
        "permit": started & ~completed & np.isnat(happened["permit_date"]) & ~_told(register, "permit_no"),
        "developed_area": started & ~completed & np.isnan(developed),
        "investment": started & ~completed & np.isnan(invested),
        "price": has_fee & np.isnan(price),
        "delay_cause": idle & (cause == ""),
    }
    return pd.DataFrame(
        {
            "idle_class": kind,
            "due_date": due.astype(object),
            "due_from": due_from,
            "days_over": np.where(past, over.astype(float), np.nan),
            "next_class": next_class,
            "next_date": next_date.astype(object),
            "fee_wan": np.where(has_fee, rule.fee_share * price, np.nan),
            "action": _actions(base, completed, gov, cause),
            "missing": joined(lacks.items(), len(register)),
            "doubt": joined(doubts.items(), len(register)),
            "developed_share": developed,
            "invested_share": invested,
            "cause": cause,
        },
        index=register.index,
    )


def _numbers(register: pd.DataFrame, name: str) -> Array:
    return register[name].to_numpy(dtype=float) if name in register else np.full(len(register), np.nan)


def _told(register: pd.DataFrame, name: str) -> Mask:
    if name not in register:
        return np.zeros(len(register), dtype=bool)
    return cast(Mask, register[name].notna().to_numpy())


def _silent(register: pd.DataFrame) -> Mask:
    """Parcels of whose life the register tells nothing at all."""
    told = np.zeros(len(register), dtype=bool)
    for name in register.columns:
        if is_life(name):
            told |= _told(register, name)
    return ~told


def _causes(register: pd.DataFrame) -> tuple[Text, Mask]:
    """Cause of delay by the vocabulary's words, empty where not known; and whether what is said was understood."""
    out = np.full(len(register), "", dtype=object)
    read = np.ones(len(register), dtype=bool)
    if "delay_cause" not in register:
        return out, read
    words = {w.casefold(): cause for cause, ws in vocabulary.idle_words("causes").items() for w in ws}
    said = register["delay_cause"]
    told = said.notna().to_numpy()
    found = said[told].astype(str).str.strip().str.casefold().map(words)
    out[told] = found.fillna("").to_numpy(dtype=object)
    read[told] = found.notna().to_numpy()
    return out, read


def _due(dates: Mapping[str, Days], rule: IdleRule) -> tuple[Days, Text, dict[str, Mask]]:
    """Day on which work has to start, what tells it, and what makes that day unsafe."""
    ways = (
        ("extended_start", dates["extended_start"]),
        ("agreed_start", dates["agreed_start"]),
        ("handover_date", add_years(dates["handover_date"], rule.after_handover_years)),
        ("approval_date", add_years(dates["approval_date"], rule.after_approval_years)),
    )
    due = np.full(len(ways[0][1]), "NaT", dtype="datetime64[D]")
    source = np.full(len(due), "", dtype=object)
    for name, day in ways:
        take = np.isnat(due) & ~np.isnat(day)
        due[take], source[take] = day[take], name
    agreed, extended, supply = dates["agreed_start"], dates["extended_start"], dates["supply_date"]
    by_contract = one_of(source, ("extended_start", "agreed_start"))
    doubts = {
        "START_BEFORE_SUPPLY": by_contract & (due < supply),
        "HANDOVER_BEFORE_SUPPLY": (source == "handover_date") & (dates["handover_date"] < supply),
        "EXTENSION_BEFORE_AGREED": extended < agreed,
        "EXTENSION_TOO_LONG": extended > add_years(agreed, rule.extension_years),
    }
    return due, source, doubts


def _share(part: Array, whole: Array) -> tuple[Array, Mask]:
    """Part of a whole, NaN where not known or not to be believed; and where it is not to be believed."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(whole > 0, part / whole, np.nan)
    odd = (share < 0) | (share > _UNBELIEVABLE) | (part < 0) | (whole < 0)
    return np.where(odd, np.nan, share), odd


def _low(developed: Array, invested: Array, rule: IdleRule) -> tuple[Mask, Mask]:
    """Whether little was done, and whether that is sure: what is not known may be little."""
    low = (developed < rule.developed_below * (1 - TOLERANCE)) | (invested < rule.invested_below * (1 - TOLERANCE))
    return low, low | ~(np.isnan(developed) | np.isnan(invested))


def _after(due: Days, still: Days, rule: IdleRule, day: np.datetime64) -> dict[str, Mask]:
    """Which thresholds the day has reached; one that cannot be told is not reached."""
    return {
        "due": due <= day,
        "first": add_years(due, rule.first_years) <= day,
        "second": add_years(due, rule.second_years) <= day,
        "stopped": add_years(still, rule.stopped_years) <= day,
    }


def _classes(started: Mask, low: Mask, sure: Mask, completed: Mask, after: Mapping[str, Mask]) -> Text:
    before = np.select(
        [after["second"], after["first"], after["due"]], ["IDLE_2Y", "IDLE_1Y", "OVERDUE"], "NOT_DUE"
    ).astype(object)
    begun = np.select(
        [low & after["stopped"], low, completed, after["stopped"] & ~sure],
        ["IDLE_STOPPED", "SLOW", "DONE", "UNKNOWN"],
        "BUILDING",
    ).astype(object)
    return np.where(started, begun, before)


def _next(base: Text, gov: Mask, due: Days, still: Days, rule: IdleRule) -> tuple[Text, Days]:
    """What each parcel turns into if nothing is done, and when."""
    steps = (
        (base == "NOT_DUE", "OVERDUE", due),
        (base == "OVERDUE", "IDLE_1Y", add_years(due, rule.first_years)),
        (base == "IDLE_1Y", "IDLE_2Y", add_years(due, rule.second_years)),
        ((base == "SLOW") & ~np.isnat(still), "IDLE_STOPPED", add_years(still, rule.stopped_years)),
    )
    name = np.full(len(base), "", dtype=object)
    when = np.full(len(base), "NaT", dtype="datetime64[D]")
    for where, kind, day in steps:
        name[where], when[where] = kind, day[where]
    name[gov & one_of(name, ("IDLE_1Y", "IDLE_2Y", "IDLE_STOPPED"))] += "_GOV"
    return name, when


def _actions(base: Text, completed: Mask, gov: Mask, cause: Text) -> Text:
    """What to do about each class; without a known cause it has to be found out first."""
    plain = {
        "NOT_DUE": "WATCH",
        "OVERDUE": "REMIND",
        "IDLE_1Y": "FEE",
        "IDLE_2Y": "RECLAIM",
        "IDLE_STOPPED": "IDENTIFY",
        "SLOW": "URGE",
        "UNKNOWN": "COMPLETE_RECORD",
    }
    out = np.full(len(base), "", dtype=object)
    for kind, action in plain.items():
        out[base == kind] = action
    idle = one_of(base, ("IDLE_1Y", "IDLE_2Y", "IDLE_STOPPED"))
    out[(base == "SLOW") & completed] = "COMPLETE_RECORD"
    out[idle & (cause == "")] = "INVESTIGATE_CAUSE"
    out[idle & gov] = "EXTEND"
    return out
