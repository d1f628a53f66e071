"""Clearing cases (清闲促产): land that stands idle or slow, and what its holder promised in writing.

Classes
-------
NO_PROMISE: idle, slow or overdue, and nobody promised anything. PROMISED, and DEPOSIT_PAID once the deposit is: a
completion day was promised that has not passed. BREACHED: it has passed, and nothing is completed. COMPLETED after a
promise. UNKNOWN where the promise has no day, or one before it was given. What happened after the day asked for has not
happened yet.
"""

from __future__ import annotations

import datetime as dt
from typing import cast

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.assess.idle import Array, Mask, Text, add_years, one_of
from gisplan.measure.dates import Days, days

#: Classes of the idle-land register that call for a promise.
_CASES = ("OVERDUE", "IDLE_1Y", "IDLE_2Y", "IDLE_STOPPED", "IDLE_1Y_GOV", "IDLE_2Y_GOV", "IDLE_STOPPED_GOV", "SLOW")


def is_promised(register: pd.DataFrame) -> bool:
    """Whether a register can tell of promises at all."""
    return bool({"promise_date", "promised_completion"} & set(register.columns))


def clearing(
    register: pd.DataFrame, *, as_of: dt.date, idle_class: Text | None
) -> tuple[pd.DataFrame, dict[str, Mask]]:
    """Class of every parcel's promise on a day.

    Parameters
    ----------
    register
        One row a parcel; any of ``promise_date, promised_completion, completion_date, deposit_wan, deposit_paid``.
    as_of
        The day.
    idle_class
        Classes of the idle-land register on that day, None without one.

    Returns
    -------
    tuple
        ``promise_class`` (None where there is no case), ``promise_overdue_days`` (days past the promised completion;
        NaN without a promised day that can be believed), ``deposit_wan`` and ``deposit_unpaid_wan`` (0 once paid, NaN
        where that is not known); and flags of ``projects.toml``.
    """
    size, day = len(register), np.datetime64(as_of, "D")
    given, promised = days(register, "promise_date"), days(register, "promised_completion")
    given, promised = _until(given, day), np.where(given > day, np.datetime64("NaT"), promised)
    completed = _until(days(register, "completion_date"), day)
    done, dated = ~np.isnat(completed), ~np.isnat(promised)
    has = ~np.isnat(given) | dated
    paid = _paid(register)
    kind = np.full(size, None, dtype=object)
    if idle_class is not None:
        kind[one_of(idle_class, _CASES)] = "NO_PROMISE"
    kind[has] = "PROMISED"
    kind[has & (paid == 1)] = "DEPOSIT_PAID"
    kind[has & (promised < day)] = "BREACHED"
    kind[has & ~dated] = "UNKNOWN"
    # A completion before the promise was given is not what was promised.
    contradicts = has & ((promised < given) | (completed < given))
    kind[has & done] = "COMPLETED"
    kind[contradicts] = "UNKNOWN"
    end = np.where(done, completed, day)
    late = np.where(dated & ~contradicts, (end - promised).astype(float), np.nan)
    deposit = register["deposit_wan"].to_numpy(dtype=float) if "deposit_wan" in register else np.full(size, np.nan)
    negative = deposit < 0
    deposit = np.where(negative, np.nan, deposit)
    term = int(vocabulary.projects()["promise_years"])
    table = pd.DataFrame(
        {
            "promise_class": kind,
            "promise_overdue_days": np.maximum(late, 0.0),
            "deposit_wan": deposit,
            "deposit_unpaid_wan": np.where(paid == 1, 0.0 * deposit, np.where(paid == 0, deposit, np.nan)),
        },
        index=register.index,
    )
    flags = {
        "PROMISE_DATES_CONTRADICT": contradicts,
        "PROMISE_UNDATED": has & ~dated & ~done,
        "PROMISE_OVER_TERM": promised > add_years(given, term),
        "DEPOSIT_UNKNOWN": has & ~done & np.isnan(paid),
        "COMPLETED_LATE": done & (late > 0),
        "NEGATIVE_AMOUNT": negative,
    }
    return table, flags


def _until(dates: Days, day: np.datetime64) -> Days:
    """Dates of what has happened by a day."""
    return cast(Days, np.where(dates <= day, dates, np.datetime64("NaT")))


def _paid(register: pd.DataFrame) -> Array:
    """1 for paid, 0 for not paid, NaN where that is not known."""
    if "deposit_paid" not in register:
        return np.full(len(register), np.nan)
    return np.asarray(register["deposit_paid"].map({True: 1.0, False: 0.0}), dtype=float)
