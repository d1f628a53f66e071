"""All public works of a study as one table, whatever their shapes, and which of them are done or overdue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan.geometry import sum_by
from gisplan.measure.catalogue import Array
from gisplan.measure.pieces import SLIVER, Pieces
from gisplan.measure.survey import Survey
from gisplan.read.works import LISTED, PARTS

Mask = NDArray[np.bool_]
Days = NDArray[np.datetime64]

#: What the shapes of each part are called.
SHAPES: Mapping[str, str] = {"works.areas": "area", "works.lines": "line", "works.points": "point", LISTED: ""}

_NUMBERS = ("done_share", "budget_wan", "spent_wan", "width_m", "length_m", "area_m2")
_TEXTS = ("work_id", "name", "kind", "service", "status", "zone")
_DATES = ("start_date", "due_date", "done_date")


@dataclass(frozen=True, eq=False)
class Works:
    """All works of a study, in the order of their file, whatever their shapes.

    Attributes
    ----------
    table
        One row a work: ``work_id, name, kind, service, status, zone`` (text or None), ``done_share`` (0–1),
        ``budget_wan``, ``spent_wan``, ``width_m``, ``length_m``, ``area_m2`` (NaN where not known or not meant),
        ``start_date``, ``due_date``, ``done_date`` (days, NaT), ``shape`` (area, line, point or empty).
    geometry
        Shape of each, None where it has none.
    zone, work, share
        Row numbers of zone and work, and part of the work, of each piece.
    outside
        Part of each work in no zone.
    owner
        Zone in which the largest part of each lies; −1 outside.
    """

    table: pd.DataFrame
    geometry: NDArray[np.object_]
    zone: NDArray[np.int64]
    work: NDArray[np.int64]
    share: Array
    outside: Array
    owner: NDArray[np.int64]
    zones: int

    def number(self, name: str) -> Array:
        """Numbers of a column."""
        return np.asarray(self.table[name], dtype=float)

    def total(self, amounts: Array, among: Mask) -> Array:
        """Sum an amount of some works by zone, each zone taking the part of the work that lies in it."""
        part_of = self.share * np.where(among, np.nan_to_num(amounts), 0.0)[self.work]
        return sum_by(self.zone, part_of, size=self.zones)

    def present(self, chosen: Mask) -> Array:
        """Number of chosen works that have some part of themselves in each zone."""
        real = (self.share > SLIVER) & chosen[self.work]
        return sum_by(self.zone[real], size=self.zones)

    def owned(self, chosen: Mask) -> Array:
        """Number of chosen works whose largest part lies in each zone."""
        return sum_by(self.owner[chosen & (self.owner >= 0)], size=self.zones)


def works_of(survey: Survey) -> Works:
    """All works of a survey; empty where its plan has none."""
    return survey.once("works", lambda: _put_together(survey))


def _put_together(survey: Survey) -> Works:
    names = [n for n in (*PARTS.values(), LISTED) if n in survey.pieces]
    pieces = [survey.pieces[n] for n in names]
    table = pd.concat([_plain(p, n) for p, n in zip(pieces, names, strict=True)], ignore_index=True)
    order = np.argsort(table.pop("record").to_numpy(), kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    first = np.cumsum([0, *(len(p.frame) for p in pieces)])
    work = np.concatenate([place[p.feature + k] for p, k in zip(pieces, first, strict=False)])
    zone, share = np.concatenate([p.zone for p in pieces]), np.concatenate([p.share for p in pieces])
    # Sums do not depend on which part a work belongs to.
    by_work = np.lexsort((zone, work))
    geometry = np.concatenate([np.asarray(p.frame.geometry.array, dtype=object) for p in pieces])
    return Works(
        table.iloc[order].reset_index(drop=True),
        geometry[order],
        zone[by_work],
        work[by_work],
        share[by_work],
        np.concatenate([p.outside for p in pieces])[order],
        np.concatenate([p.owner for p in pieces])[order],
        survey.zones,
    )


def _plain(pieces: Pieces, name: str) -> pd.DataFrame:
    """Columns of a part in the form they have in `Works`."""
    frame = pieces.frame
    n = len(frame)
    out: dict[str, object] = {"record": frame["record"].to_numpy(), "shape": [SHAPES[name]] * n}
    for column in _TEXTS:
        told = frame[column].tolist() if column in frame else [None] * n
        out[column] = pd.array([None if pd.isna(v) else str(v) for v in told], dtype=object)
    for column in _NUMBERS:
        out[column] = frame[column].to_numpy(dtype=float) if column in frame else np.full(n, np.nan)
    for column in _DATES:
        told = frame[column].tolist() if column in frame else [None] * n
        out[column] = pd.array([v if isinstance(v, dt.date) else None for v in told], dtype=object)
    return pd.DataFrame(out)


def days(works: Works, name: str) -> Days:
    """Dates of a column, NaT where there is none."""
    return np.array([v if isinstance(v, dt.date) else None for v in works.table[name]], dtype="datetime64[D]")


def is_done(works: Works, as_of: dt.date | None) -> tuple[Mask, Mask]:
    """Works that are done, and those that are not; of the rest it is not known.

    The status tells; where there is none, a date of completion that has passed does, else progress. What is said to
    be done after the plan's day, or is at 100 % without being said to be done, is not known.
    """
    status = works.table["status"].to_numpy(dtype=object)
    told = np.array([isinstance(s, str) for s in status], dtype=bool)
    when, share = days(works, "done_date"), works.number("done_share")
    dated = ~np.isnat(when)
    later = dated & (when > np.datetime64(as_of, "D")) if as_of is not None else np.zeros(len(when), dtype=bool)
    silent = ~told
    done = ((told & (status == "done")) | (silent & dated) | (silent & ~dated & (share >= 1))) & ~later
    # A date of completion beside another status contradicts it, as does progress of all of it.
    odd = told & (status != "done") & ((dated & ~later) | (share >= 1))
    open_ = ((told & (status != "done")) | (silent & ~dated & (share < 1)) | (silent & later)) & ~odd
    return np.asarray(done, dtype=bool), np.asarray(open_, dtype=bool)


def is_overdue(works: Works, as_of: dt.date | None) -> tuple[Mask, Mask]:
    """Works whose due date has passed and that are not done; and works of which it is known whether that is so."""
    done, open_ = is_done(works, as_of)
    if as_of is None:
        return np.zeros(len(done), dtype=bool), np.zeros(len(done), dtype=bool)
    due = days(works, "due_date")
    # Due before its start, and nobody knows which of the two is wrong.
    dated = ~np.isnat(due) & ~(due < days(works, "start_date"))
    # Before its due date a work is not overdue, whether done or not.
    past = dated & (due < np.datetime64(as_of, "D"))
    return open_ & past, done | (dated & ~past) | (open_ & past)
