"""Land and people between two dates (SDG 11.3.1), and the jobs that floor area has room for."""

from __future__ import annotations

import datetime as dt

import numpy as np

from gisplan.geometry import common
from gisplan.measure.catalogue import Array, Figures, indicator, ratio
from gisplan.measure.developed import land_area, union_of
from gisplan.measure.land import INDUSTRIAL, known_parcels
from gisplan.measure.survey import Survey, column


def lcr(start: Array, end: Array, years: float) -> Array:
    """Land consumption rate ``(U₂ − U₁) ÷ U₁ ÷ t``, 1/year; NaN where there was no land to begin with."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(start > 0, (end - start) / start / years, np.nan)


def pgr(start: Array, end: Array, years: float) -> Array:
    """Population growth rate ``ln(P₂ ÷ P₁) ÷ t``, 1/year; NaN where nobody lives at one of the dates."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((start > 0) & (end > 0), np.log(end / start) / years, np.nan)


def lcrpgr(consumption: Array, growth: Array) -> Array:
    """Land consumption over population growth; NaN where the population stands still."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(growth != 0, consumption / growth, np.nan)


def years_between(start: dt.date, end: dt.date) -> float:
    """Years from one day to a later one: full ones by the calendar, the rest as days of the year that has begun."""
    full = end.year - start.year
    if _anniversary(start, full) > end:
        full -= 1
    last, following = _anniversary(start, full), _anniversary(start, full + 1)
    return full + (end - last).days / (following - last).days


def _anniversary(day: dt.date, years: int) -> dt.date:
    """Return the same day of a later year, 28 February for the 29th where that year has none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _years(survey: Survey) -> float:
    dates = survey.plan.layers.built_up
    return years_between(dates["start"].date, dates["end"].date)


def _land(survey: Survey, when: str) -> Array:
    """Built-up m² by zone on one of the dates, overlapping shapes counted once."""

    def make() -> Array:
        zones = np.asarray(survey.layers.zones.geometry.array)
        whole = union_of(survey, f"built_up.{when}")
        return land_area(survey, common(zones, np.repeat(whole, len(zones))))

    return survey.once(f"built up at the {when}", make)


def _people(survey: Survey, when: str) -> Array:
    people = column(survey.layers.zones, f"population_{when}")
    return np.where(people >= 0, people, np.nan)


def _rate(value: Array, top: Array, base: Array, *, flags: dict[str, Array] | None = None) -> Figures:
    """Figures of a rate; its flags are by zone."""
    known = ~(np.isnan(top) | np.isnan(base))
    return Figures(
        value, top, base, known.astype(float), (~known).astype(float), np.where(known, 1.0, np.nan), counts=flags
    )


@indicator(
    "lcr",
    unit="1/year",
    group="growth",
    zh="土地消耗率",
    en="Land consumption rate",
    needs=["built_up.start", "built_up.end"],
    formula_zh="（期末建成区面积 − 期初建成区面积）÷ 期初建成区面积 ÷ 年数",
    formula_en="(Built-up land at the end − at the start) ÷ at the start ÷ years",
)
def land_consumption_rate(survey: Survey) -> Figures:
    """Land consumption rate.

    Formula
    -------
    (U₂ − U₁) ÷ U₁ ÷ t; U is the union of built-up land in the zone, t the years between the dates of the two layers.

    Zero
    ----
    As much built-up land at the end as at the start.

    Missing
    -------
    No built-up land in the zone at the start, or no layers built_up.start and built_up.end.

    Source
    ------
    SDG 11.3.1.
    """
    start, end = _land(survey, "start"), _land(survey, "end")
    return _rate(lcr(start, end, _years(survey)), end - start, start)


@indicator(
    "pgr",
    unit="1/year",
    group="growth",
    zh="人口增长率",
    en="Population growth rate",
    needs=["built_up.start", "built_up.end"],
    formula_zh="ln（期末人口 ÷ 期初人口）÷ 年数",
    formula_en="ln(people at the end ÷ at the start) ÷ years",
)
def population_growth_rate(survey: Survey) -> Figures:
    """Population growth rate.

    Formula
    -------
    ln(P₂ ÷ P₁) ÷ t; P are ``population_start`` and ``population_end`` of the zone.

    Zero
    ----
    As many people at the end as at the start.

    Missing
    -------
    The number of people is not known at one of the dates, or is 0.

    Source
    ------
    SDG 11.3.1.
    """
    start, end = _people(survey, "start"), _people(survey, "end")
    return _rate(pgr(start, end, _years(survey)), end, start)


@indicator(
    "lcrpgr",
    unit="1",
    group="growth",
    zh="土地消耗率与人口增长率之比",
    en="Land consumption rate ÷ population growth rate",
    needs=["built_up.start", "built_up.end"],
    formula_zh="土地消耗率 ÷ 人口增长率",
    formula_en="Land consumption rate ÷ population growth rate",
)
def land_by_people(survey: Survey) -> Figures:
    """Land consumption rate over population growth rate.

    Formula
    -------
    lcr ÷ pgr. At most 1 is read as efficient, more as sprawl. Where people leave the ratio is hard to read; it is
    flagged PGR_NEGATIVE.

    Zero
    ----
    The built-up land did not change.

    Missing
    -------
    The population stands still or is not known, or there was no built-up land to begin with.

    Source
    ------
    SDG 11.3.1.
    """
    years = _years(survey)
    land = lcr(_land(survey, "start"), _land(survey, "end"), years)
    people = pgr(_people(survey, "start"), _people(survey, "end"), years)
    return _rate(lcrpgr(land, people), land, people, flags={"PGR_NEGATIVE": (people < 0).astype(float)})


@indicator(
    "built_up_per_capita",
    unit="m²/person",
    group="growth",
    zh="人均建成区面积",
    en="Built-up land per person",
    needs=["built_up.end"],
    formula_zh="期末建成区面积 ÷ 期末人口",
    formula_en="Built-up land at the end ÷ people at the end",
)
def built_up_per_capita(survey: Survey) -> Figures:
    """Built-up land for each person.

    Formula
    -------
    U₂ ÷ P₂.

    Zero
    ----
    No built-up land.

    Missing
    -------
    Nobody lives in the zone, or their number is not known.

    Source
    ------
    Secondary indicator of SDG 11.3.1 (unverified).
    """
    land, people = _land(survey, "end"), _people(survey, "end")
    with np.errstate(divide="ignore", invalid="ignore"):
        return _rate(np.where(people > 0, land / people, np.nan), land, people)


@indicator(
    "jobs_capacity",
    unit="n",
    group="growth",
    zh="就业容量",
    en="Room for jobs",
    needs=["parcels", "floor_area", "assumptions.m2_per_job"],
    formula_zh="工矿仓储用地建筑面积 ÷ 每岗位建筑面积（计划假设）",
    formula_en="Floor area on industrial land ÷ floor area of a job (assumed in the plan)",
)
def jobs_capacity(survey: Survey) -> Figures:
    """Jobs that the floor area on industrial land has room for.

    Formula
    -------
    Σ floor area on parcels for industry, mining and storage ÷ ``m2_per_job`` of the plan's assumptions.

    Zero
    ----
    No floor area on such parcels.

    Missing
    -------
    The plan assumes no m2_per_job, or no floor area is known. Partial where some is not.

    Source
    ------
    Employment density, as in Hong Kong's planning standards, chapter 5, table 2 (35 m² a worker in new industry).
    """
    parcels, each = survey.parcels, survey.plan.assumptions.m2_per_job
    assert parcels is not None and each is not None
    mine = np.isin(parcels.land_class.astype(str), INDUSTRIAL)
    top, _, used, lacking, share = known_parcels(survey, parcels.floor_area, among=mine)
    return ratio(top, np.full(survey.zones, each), n_used=used, n_missing=lacking, known_share=share)
