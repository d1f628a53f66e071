"""Public works against time and money, and what the services would be with all of them done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gisplan.assess.idle import Array, Mask
from gisplan.assess.works_effect import by_work, effect, gains_by_work, services_of
from gisplan.assess.works_levels import levels_after
from gisplan.issues import Issue
from gisplan.measure import Survey
from gisplan.measure.works_table import Days, Works, days, is_done, is_overdue, works_of

#: Progress may lie behind by the rounding of percents and still be on its pace.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class PublicWorks:
    """Public works on the plan's day.

    Attributes
    ----------
    table
        One row a work, the gravest state first (``works.csv``): see `assess_works`. The index numbers the works as
        ``works`` does.
    effect
        Services before and after, by zone, for the study and by work (``works_effect.csv``): see `effect`; None where
        no work brings a service of the plan.
    levels
        Levels of supply before and after (``works_levels.csv``): see `levels_after`; None where the plan does not ask
        for them, or no work brings a service.
    works
        What was measured of them.
    issues
        What is odd about them.
    """

    table: pd.DataFrame
    effect: pd.DataFrame | None
    levels: pd.DataFrame | None
    works: Works
    issues: tuple[Issue, ...]


def assess_works(survey: Survey, idle: pd.DataFrame | None) -> PublicWorks | None:
    """Tell of every work how it stands; None where the plan has none.

    ``table`` holds ``work_id, name, kind, services, status``; ``state`` (see ``vocabulary/works.toml``) and ``doubt``;
    ``shape``, ``zone_ids`` (where parts of it lie, the largest first), ``outside_share``, ``length_m``, ``area_m2``;
    ``done_share``, ``expected_share`` (of the time from start to due date that has passed), ``lag`` (expected − done;
    positive is behind) of a work that is not done; ``budget_wan, spent_wan, spent_share, is_overspent``;
    ``start_date, due_date, done_date, days_overdue``; and what it would bring by itself to parcels that lack it
    now (see `gains_by_work`).

    Parameters
    ----------
    survey
        The measured study.
    idle
        Its idle-land register, one row a parcel; None without one.
    """
    if not survey.has("works"):
        return None
    from gisplan.assess.works_issues import works_issues

    works, as_of = works_of(survey), survey.plan.plan.as_of
    spec = survey.plan.layers.works
    assert spec is not None
    table = works.table
    done, open_ = is_done(works, as_of)
    overdue, _ = is_overdue(works, as_of)
    start, due = days(works, "start_date"), days(works, "due_date")
    share = works.number("done_share")
    expected = np.where(done, np.nan, expected_share(start, due, as_of))
    lag = np.where(np.isnan(share), np.nan, expected - share)
    doubts = doubts_of(works, as_of)
    budget, spent = works.number("budget_wan"), works.number("spent_wan")
    stopped = open_ & (table["status"].to_numpy(dtype=object) == "stopped")
    late = open_ & (lag > spec.late_share + _ROUNDING)
    told = {
        "DONE": done,
        "STOPPED": stopped,
        "OVERDUE": overdue,
        "LATE": late,
        "ON_TIME": open_ & ~np.isnan(lag),
        "NOT_DUE": open_ & (due >= _day(as_of)) & ~(due < start),
    }
    state = np.select(list(told.values()), list(told), default="UNKNOWN").astype(object)
    with np.errstate(divide="ignore", invalid="ignore"):
        spent_share = np.where(budget > 0, spent / budget, np.nan)
    unspoken = np.isnan(budget) | np.isnan(spent)
    services = services_of(works, survey.plan)
    out = pd.DataFrame(
        {
            "work_id": table["work_id"],
            "name": table["name"],
            "kind": table["kind"],
            "services": [";".join(s) or None for s in services],
            "status": table["status"],
            "state": state,
            "doubt": _joined(doubts, len(table)),
            "shape": table["shape"].replace("", None),
            "zone_ids": _zones(works, survey),
            "outside_share": works.outside,
            "length_m": table["length_m"],
            "area_m2": table["area_m2"],
            "done_share": share,
            "expected_share": expected,
            "lag": np.where(done, np.nan, lag),
            "budget_wan": budget,
            "spent_wan": spent,
            "spent_share": spent_share,
            "is_overspent": pd.array([None if u else bool(o) for u, o in zip(unspoken, spent > budget, strict=True)],
                                     dtype=object),
            "start_date": table["start_date"],
            "due_date": table["due_date"],
            "done_date": table["done_date"],
            "days_overdue": pd.array(_days_over(due, overdue, as_of), dtype="Int64"),
        }
    )  # fmt: skip
    found = by_work(survey, works, services, ~done)
    out = pd.concat([out, gains_by_work(survey, works, found, idle)], axis=1)
    issues = works_issues(survey, works, out, services, doubts)
    return PublicWorks(
        _gravest_first(out), effect(survey, works, found, idle), levels_after(survey, found), works, tuple(issues)
    )


def expected_share(start: Days, due: Days, as_of: dt.date | None) -> Array:
    """Share of the time from start to due date that has passed on a day, 0–1.

    Missing where one of them is, or the due date comes first. A work of a single day is expected whole on that day.
    """
    if as_of is None:
        return np.full(len(start), np.nan)
    whole, passed = (due - start).astype(float), (_day(as_of) - start).astype(float)
    known = ~np.isnat(start) & ~np.isnat(due) & (due >= start)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(whole > 0, passed / whole, (passed >= 0).astype(float))
    return np.where(known, np.clip(part, 0.0, 1.0), np.nan)


def doubts_of(works: Works, as_of: dt.date | None) -> Mapping[str, Mask]:
    """What in a record contradicts itself, or the plan's day; see ``vocabulary/works.toml``."""
    status, share = works.table["status"].to_numpy(dtype=object), works.number("done_share")
    start, due, done = (days(works, n) for n in ("start_date", "due_date", "done_date"))
    told = np.array([isinstance(s, str) for s in status], dtype=bool)
    day = _day(as_of)
    begun = (status == "under_construction") | (status == "stopped") | (status == "done") | (share > 0)
    return {
        "DUE_BEFORE_START": due < start,
        "DONE_BEFORE_START": done < start,
        "DONE_IN_FUTURE": (done > day) & (status == "done"),
        "BEGUN_IN_FUTURE": (start > day) & begun,
        "DONE_NOT_100": (status == "done") & (share < 1),
        "FULL_NOT_DONE": told & (status != "done") & (share >= 1),
        "DATED_NOT_DONE": told & (status != "done") & ((done <= day) if as_of is not None else ~np.isnat(done)),
        "PLANNED_BEGUN": (status == "planned") & (share > 0) & (share < 1),
    }


def _day(as_of: dt.date | None) -> np.datetime64:
    """Day as numpy has it; without one nothing is before or after."""
    return np.datetime64("NaT", "D") if as_of is None else np.datetime64(as_of, "D")


def _days_over(due: Days, overdue: Mask, as_of: dt.date | None) -> list[int | None]:
    return [int((_day(as_of) - d).astype(int)) if o else None for d, o in zip(due, overdue, strict=True)]


def _joined(marks: Mapping[str, Mask], size: int) -> list[str | None]:
    return [";".join(k for k, v in marks.items() if v[i]) or None for i in range(size)]


def _zones(works: Works, survey: Survey) -> list[str | None]:
    """Zones that parts of each work lie in, the one with most of it first."""
    names = [str(z) for z in survey.layers.zones["zone_id"]]
    order = np.lexsort((works.zone, -np.round(works.share, 9), works.work))
    listed: list[list[str]] = [[] for _ in range(len(works.table))]
    for k in order:
        listed[works.work[k]].append(names[works.zone[k]])
    return [";".join(z) or None for z in listed]


def _gravest_first(table: pd.DataFrame) -> pd.DataFrame:
    """Order works by state, then by how long they are overdue or how far behind, then as their file does."""
    from gisplan import vocabulary

    rank = {s: i for i, s in enumerate(vocabulary.works("states"))}
    order = np.lexsort(
        (
            np.arange(len(table)),
            -table["lag"].fillna(-np.inf).to_numpy(dtype=float),
            -table["days_overdue"].fillna(-1).to_numpy(dtype=float),
            table["state"].map(rank).to_numpy(),
        )
    )
    return table.iloc[order]
