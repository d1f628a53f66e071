"""Dates of the register: one thing after another, and nothing done tomorrow."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.errors import counted, first_ids
from gisplan.issues import Issue
from gisplan.measure.survey import Survey


def out_of_order(survey: Survey) -> list[Issue]:
    """Parcels on which something is dated before what has to come first (see ``vocabulary/dates.toml``)."""
    frame = survey.layers.frame("parcels")
    if frame is None:
        return []
    wrong: dict[int, list[str]] = {}
    for chain in vocabulary.date_chains():
        last = np.full(len(frame), "NaT", dtype="datetime64[D]")
        which = np.full(len(frame), "", dtype=object)
        for name in (n for n in chain if n in frame):
            day = _days(frame[name])
            for row in np.flatnonzero(day < last):  # NaT is before nothing
                wrong.setdefault(int(row), []).append(f"{name} {day[row]} before {which[row]} {last[row]}")
            told = ~np.isnat(day)
            last[told], which[told] = day[told], name
    if not wrong:
        return []
    rows = sorted(wrong)
    ids = [str(i) for i in frame["parcel_id"].iloc[rows]]
    listed = [f"{i} ({', '.join(wrong[r])})" for i, r in zip(ids, rows, strict=True)]
    return [
        Issue(
            "DATES_OUT_OF_ORDER",
            "warning",
            "parcels",
            len(rows),
            f"{counted(len(rows), 'parcel')} with dates out of order: {first_ids(listed)}.",
            "Check the dates against the contract.",
            features=listed,
            ids=ids,
        )
    ]


def in_future(survey: Survey) -> list[Issue]:
    """Parcels on which something is done after the day the data are of; nothing without ``as_of``."""
    frame, today = survey.layers.frame("parcels"), survey.plan.plan.as_of
    if frame is None or today is None:
        return []
    wrong: dict[int, list[str]] = {}
    for name in (n for n in vocabulary.past_dates() if n in frame):
        day = _days(frame[name])
        for row in np.flatnonzero(day > np.datetime64(today)):
            wrong.setdefault(int(row), []).append(f"{name} {day[row]}")
    if not wrong:
        return []
    rows = sorted(wrong)
    ids = [str(i) for i in frame["parcel_id"].iloc[rows]]
    listed = [f"{i} ({', '.join(wrong[r])})" for i, r in zip(ids, rows, strict=True)]
    return [
        Issue(
            "DATE_IN_FUTURE",
            "warning",
            "parcels",
            len(rows),
            f"{counted(len(rows), 'parcel')} with something done after {today}, the day of the data: "
            f"{first_ids(listed)}.",
            "Check the dates, and as_of in the plan.",
            features=listed,
            ids=ids,
        )
    ]


def _days(values: pd.Series) -> NDArray[np.datetime64]:
    """Dates as numpy has them, which holds the year 9999 too; NaT where there is none."""
    return np.array([None if pd.isna(v) else v for v in values], dtype="datetime64[D]")
