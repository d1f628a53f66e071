"""Public works by zone: how many, for how much money, how far they have come, and what is overdue."""

from __future__ import annotations

import numpy as np

from gisplan.measure.catalogue import Array, Figures, amount, indicator, part, ratio
from gisplan.measure.survey import Survey
from gisplan.measure.works_table import Mask, Works, is_overdue, works_of


def _shared(works: Works, top: Array, bottom: Array, known: Mask, meant: Mask) -> Figures:
    """Divide sums by zone over the works of which both are known, of those that are meant."""
    return ratio(
        works.total(top, known),
        works.total(bottom, known),
        n_used=works.present(known),
        n_missing=works.present(meant & ~known),
        known_share=part(works.present(known), works.present(meant)),
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
