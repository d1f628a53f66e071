"""Public works by zone: how many, for how much money, how far they have come, and what is overdue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan.geometry import sum_by
from gisplan.measure.catalogue import Array, Figures, amount, indicator, part, ratio
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


def _shared(
    works: Works, top: Array, bottom: Array, known: Mask, meant: Mask, flags: Mapping[str, Array] | None = None
) -> Figures:
    return ratio(
        works.total(top, known),
        works.total(bottom, known),
        n_used=works.present(known),
        n_missing=works.present(meant & ~known),
        known_share=part(works.present(known), works.present(meant)),
        counts=flags,
    )


def _sum(works: Works, name: str) -> Figures:
    value = works.number(name)
    known, every = ~np.isnan(value), np.ones(len(value), dtype=bool)
    there = works.present(every)
    return amount(
        works.total(value, known),
        n_used=works.present(known),
        n_missing=works.present(~known),
        known_share=np.where(there > 0, part(works.present(known), there), 1.0),
    )


@indicator(
    "works_count",
    unit="n",
    group="works",
    zh="工程数",
    en="Works",
    listed=["works"],
    formula_zh="主要部分位于分区内（或注明该分区）的工程数",
    formula_en="Works whose largest part lies in the zone, or that name it",
)
def works_count(survey: Survey) -> Figures:
    """Number of public works.

    Formula
    -------
    Works whose largest part (by area, length or points) lies in the zone; one without a shape counts in the zone it
    names. Each counts once, whatever its state.

    Zero
    ----
    No work lies mostly in the zone.

    Missing
    -------
    Does not occur where the layer is there.

    Source
    ------
    Project lists of park offices (项目库); gisplan's own form.
    """
    works = works_of(survey)
    count = works.owned(np.ones(len(works.table), dtype=bool))
    return amount(count, n_used=count)


@indicator(
    "works_budget_wan",
    unit="万元",
    group="works",
    zh="工程概算",
    en="Budget of works",
    listed=["works"],
    formula_zh="工程概算之和（跨分区的按长度或面积分摊）",
    formula_en="Sum of the budgets, split by length or area where a work crosses a border",
)
def works_budget_wan(survey: Survey) -> Figures:
    """Money that the works are to cost.

    Formula
    -------
    Σ budget × part of the work in the zone, by area, length or number of points.

    Zero
    ----
    No work lies in the zone, or all of them cost nothing.

    Missing
    -------
    No work in the zone states a budget. Partial where some do not.

    Source
    ------
    Project lists of park offices (项目库); gisplan's own form.
    """
    return _sum(works_of(survey), "budget_wan")


@indicator(
    "works_spent_wan",
    unit="万元",
    group="works",
    zh="工程已完成投资",
    en="Spent on works",
    listed=["works"],
    formula_zh="工程已完成投资之和（跨分区的按长度或面积分摊）",
    formula_en="Sum of the money spent, split by length or area where a work crosses a border",
)
def works_spent_wan(survey: Survey) -> Figures:
    """Money spent on the works so far.

    Formula
    -------
    Σ money spent × part of the work in the zone, by area, length or number of points.

    Zero
    ----
    No work lies in the zone, or nothing was spent.

    Missing
    -------
    No work in the zone states what was spent. Partial where some do not.

    Source
    ------
    Project lists of park offices (项目库); gisplan's own form.
    """
    return _sum(works_of(survey), "spent_wan")


@indicator(
    "works_spent_share",
    unit="share",
    group="works",
    zh="工程投资完成率",
    en="Share of the budget spent",
    listed=["works"],
    formula_zh="已完成投资之和 ÷ 概算之和（两者均有的工程）",
    formula_en="Money spent ÷ budget, of works that state both",
)
def works_spent_share(survey: Survey) -> Figures:
    """Share of the budgets that has been spent: how far the money has come, not the work.

    Formula
    -------
    Σ spent ÷ Σ budget over the works that state both, each split by zone. More than 1 where more was spent than
    planned.

    Zero
    ----
    Nothing was spent.

    Missing
    -------
    No work in the zone states both, or their budgets are 0. Partial where some do not.

    Source
    ------
    投资完成率 as in progress reports of works; gisplan's own form.
    """
    works = works_of(survey)
    budget, spent = works.number("budget_wan"), works.number("spent_wan")
    known = ~(np.isnan(budget) | np.isnan(spent))
    return _shared(works, spent, budget, known, np.ones(len(known), dtype=bool))


@indicator(
    "works_progress_money",
    unit="share",
    group="works",
    zh="工程进度（按概算加权）",
    en="Progress of works by money",
    listed=["works"],
    formula_zh="Σ（进度 × 概算）÷ Σ 概算",
    formula_en="Sum of progress × budget ÷ sum of budgets",
)
def works_progress_money(survey: Survey) -> Figures:
    """Physical progress of the works, weighted by what they cost.

    Formula
    -------
    Σ percent × budget ÷ Σ budget over the works that state both, each split by zone.

    Zero
    ----
    No work has progressed.

    Missing
    -------
    No work in the zone states both, or their budgets are 0. Partial where some do not.

    Source
    ------
    形象进度 weighted by money; gisplan's own form.
    """
    works = works_of(survey)
    budget, share = works.number("budget_wan"), works.number("done_share")
    known = ~(np.isnan(budget) | np.isnan(share))
    return _shared(works, share * budget, budget, known, np.ones(len(known), dtype=bool))


@indicator(
    "works_progress_length",
    unit="share",
    group="works",
    zh="线性工程进度（按长度加权）",
    en="Progress of works by length",
    listed=["works"],
    formula_zh="Σ（进度 × 长度）÷ Σ 长度（道路、管线等线状工程）",
    formula_en="Sum of progress × length ÷ length, of works drawn as lines",
)
def works_progress_length(survey: Survey) -> Figures:
    """Physical progress of roads, pipes and other works drawn as lines, weighted by length.

    Formula
    -------
    Σ percent × length ÷ Σ length over the works that are lines, each with its length in the zone.

    Zero
    ----
    No such work has progressed.

    Missing
    -------
    No line in the zone states its progress. Partial where some do not.

    Source
    ------
    Progress of road and pipe works in work plans (道路完成60%); gisplan's own form.
    """
    works = works_of(survey)
    length, share = works.number("length_m"), works.number("done_share")
    lines = ~np.isnan(length)
    return _shared(works, share * length, length, lines & ~np.isnan(share), lines)


@indicator(
    "works_overdue_count",
    unit="n",
    group="works",
    zh="逾期工程数",
    en="Overdue works",
    listed=["works"],
    formula_zh="计划竣工日期早于评价时点且未完工的工程数",
    formula_en="Works due before the plan's day and not done",
)
def works_overdue_count(survey: Survey) -> Figures:
    """Number of works that should be done and are not.

    Formula
    -------
    Works due before the plan's ``as_of`` that are not done, each where its largest part lies.

    Zero
    ----
    None is overdue.

    Missing
    -------
    The plan has no day, or of no work in the zone is it known. Partial where some state no due date, or contradict
    themselves.

    Source
    ------
    gisplan's own form.
    """
    works = works_of(survey)
    over, known = is_overdue(works, survey.plan.plan.as_of)
    every = works.owned(np.ones(len(over), dtype=bool))
    return amount(
        works.owned(over),
        n_used=works.owned(known),
        n_missing=works.owned(~known),
        known_share=np.where(every > 0, part(works.owned(known), every), 1.0),
    )


@indicator(
    "works_overdue_share",
    unit="share",
    group="works",
    zh="逾期工程概算占比",
    en="Share of money in overdue works",
    listed=["works"],
    formula_zh="逾期工程概算 ÷ 工程概算",
    formula_en="Budget of overdue works ÷ budget of works",
)
def works_overdue_share(survey: Survey) -> Figures:
    """Share of the budgets that is tied up in overdue works.

    Formula
    -------
    Σ budget of overdue works ÷ Σ budget, over the works that state a budget and of which it is known whether they are
    overdue, each split by zone.

    Zero
    ----
    None is overdue.

    Missing
    -------
    The plan has no day, or no such work lies in the zone. Partial where some are left out.

    Source
    ------
    gisplan's own form.
    """
    works = works_of(survey)
    over, told = is_overdue(works, survey.plan.plan.as_of)
    budget = works.number("budget_wan")
    known = told & ~np.isnan(budget)
    return _shared(works, np.where(over, budget, 0.0), budget, known, np.ones(len(known), dtype=bool))
