"""Height, slope and aspect of the ground by zone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gisplan import vocabulary
from gisplan.measure.catalogue import Array, Figures, indicator
from gisplan.measure.relief import Ground, ground
from gisplan.measure.survey import Survey


def has_terrain(survey: Survey) -> bool:
    """Whether the plan names ground heights."""
    return survey.layers.terrain is not None


def _figures(of: Ground, value: Array, top: Array, *, sloped: bool = True) -> Figures:
    """Figures over the cells whose slope (or height) is known; ``n_used`` and ``n_missing`` count whole cells."""
    known = of.sums.sloped if sloped else of.sums.known
    share = of.sloped_share if sloped else of.known_share
    lacking = np.where(share > 1 - 1e-6, 0.0, np.maximum(1.0, np.round(of.cells - known)))
    area = of.grid.cell_m2
    # Where nothing is known, sums are of nothing.
    value, top, under = (np.where(known > 0, v, np.nan) for v in (value, top * area, known * area))
    return Figures(value, top, under, np.round(known), lacking, share)


@indicator(
    "height_mean_m",
    unit="m",
    group="terrain",
    zh="平均高程",
    en="Mean height",
    formula_zh="Σ 栅格高程 × 其在分区内的面积 ÷ 高程已知的面积",
    formula_en="Σ height of a cell × its area in the zone ÷ area of known height",
    listed=["terrain"],
)
def height_mean_m(survey: Survey) -> Figures:
    """Mean height of the ground.

    Formula
    -------
    Σ height × area ÷ Σ area over the cells of the raster, each by the part of it that lies in the zone, exactly.

    Zero
    ----
    The ground lies on average at the zero of the raster's heights.

    Missing
    -------
    No height is known in the zone. Partial where it is not known everywhere: see known_share.

    Source
    ------
    gisplan's own convention.
    """
    of = ground(survey)[0]
    return _figures(of, of.sums.mean_height, of.sums.height, sloped=False)


@indicator(
    "height_range_m",
    unit="m",
    group="terrain",
    zh="高差",
    en="Difference in height",
    formula_zh="分区内最高栅格高程 − 最低栅格高程",
    formula_en="Highest cell − lowest cell in the zone",
    listed=["terrain"],
)
def height_range_m(survey: Survey) -> Figures:
    """Highest less lowest ground.

    Formula
    -------
    Greatest − least height of the cells of which at least a hundredth lies in the zone.

    Zero
    ----
    The raster is flat.

    Missing
    -------
    No height is known in the zone.

    Source
    ------
    gisplan's own convention.
    """
    of = ground(survey)[0]
    low, high = of.sums.extent
    found = _figures(of, high - low, high - low, sloped=False)
    nan = np.full(len(low), np.nan)
    return Figures(found.value, found.value, nan, found.n_used, found.n_missing, found.known_share)


@indicator(
    "slope_mean",
    unit="share",
    group="terrain",
    zh="平均坡度",
    en="Mean slope",
    formula_zh="Σ 坡度 × 面积 ÷ 坡度已知的面积（Horn 3×3，坡度为正切值）",
    formula_en="Σ slope × area ÷ area of known slope (Horn's 3 × 3 window, slope as a tangent)",
    listed=["terrain"],
)
def slope_mean(survey: Survey) -> Figures:
    """Mean slope of the ground, as a fraction: 0.15 is 15 %.

    Formula
    -------
    Σ slope × area ÷ Σ area over the cells, each by the part of it that lies in the zone; slope = √((∂z/∂x)² + (∂z/∂y)²)
    by Horn's weights over 3 × 3 cells, in the study's metres.

    Zero
    ----
    The ground is level.

    Missing
    -------
    No slope is known in the zone: one of the nine heights is missing everywhere.

    Source
    ------
    B. K. P. Horn, Hill shading and the reflectance map, Proc. IEEE 69(1), 1981.
    """
    of = ground(survey)[0]
    return _figures(of, of.sums.mean_slope, of.sums.slope)


def _classes(_: Survey) -> Mapping[str, Mapping[str, str]]:
    return {k: {"zh": c["zh"], "en": c["en"]} for k, c in vocabulary.terrain("slopes").items()}


@indicator(
    "slope_share_{class}",
    unit="share",
    group="terrain",
    zh="坡度{zh}面积占比",
    en="Share of slopes {en}",
    members=_classes,
    formula_zh="坡度{zh}的面积 ÷ 坡度已知的面积",
    formula_en="Area with slopes of {en} ÷ area of known slope",
    listed=["terrain"],
)
def slope_share(survey: Survey, name: str) -> Figures:
    """Share of the land by class of slope.

    Formula
    -------
    Area of the cells whose slope lies in the class, from its lower end up to below its upper end, ÷ area of known
    slope.

    Zero
    ----
    No land of that slope.

    Missing
    -------
    No slope is known in the zone.

    Source
    ------
    Classes along the limits of CJJ 83-2016 (5, 8, 10, 15 and 25 %); the division itself is gisplan's own.
    """
    of = ground(survey)[0]
    area = of.sums.classes[:, list(vocabulary.terrain("slopes")).index(name)]
    return _shares(of, area)


def _shares(of: Ground, area: Array) -> Figures:
    with np.errstate(invalid="ignore", divide="ignore"):
        return _figures(of, area / of.sums.sloped, area)


@indicator(
    "suitable_slope_share",
    unit="share",
    group="terrain",
    zh="坡度适宜用地占比",
    en="Share of suitable slopes",
    formula_zh="坡度小于工业用地限值的面积 ÷ 坡度已知的面积",
    formula_en="Area with slopes below the limit of industrial land ÷ area of known slope",
    listed=["terrain"],
)
def suitable_slope_share(survey: Survey) -> Figures:
    """Share of the land gentle enough for industry.

    Formula
    -------
    Area with a slope below the natural slope that the plan's rule packs, else cn-slope, allow industrial land (15 %)
    ÷ area of known slope. In ``parcels.csv`` each parcel is held against the limit of its own use.

    Zero
    ----
    All land is steeper.

    Missing
    -------
    No slope is known in the zone, or no rule has such a limit.

    Source
    ------
    CJJ 83-2016, 4.0.1, as quoted by the pages that cn-slope names.
    """
    of = ground(survey)[0]
    found = _shares(of, of.sums.gentle)
    value = np.where(np.isnan(of.limits), np.nan, found.value)
    return Figures(value, found.numerator, found.denominator, found.n_used, found.n_missing, found.known_share)


def _aspects(_: Survey) -> Mapping[str, Mapping[str, str]]:
    return {k: {"zh": a["zh"], "en": a["en"]} for k, a in vocabulary.terrain("aspects").items()}


@indicator(
    "aspect_share_{direction}",
    unit="share",
    group="terrain",
    zh="坡向占比（{zh}）",
    en="Share of aspect: {en}",
    members=_aspects,
    formula_zh="坡向为{zh}的面积 ÷ 坡度已知的面积",
    formula_en="Area whose aspect is {en} ÷ area of known slope",
    listed=["terrain"],
)
def aspect_share(survey: Survey, name: str) -> Figures:
    """Share of the land by the direction in which it falls.

    Formula
    -------
    Area of the cells that fall into the eighth of the compass around the direction (clockwise from grid north) ÷ area
    of known slope; below 0.5 % the ground counts as flat.

    Zero
    ----
    No land falls that way.

    Missing
    -------
    No slope is known in the zone.

    Source
    ------
    gisplan's own convention.
    """
    of = ground(survey)[0]
    area = of.sums.aspects[:, list(vocabulary.terrain("aspects")).index(name)]
    return _shares(of, area)


def parcel_ground(survey: Survey) -> dict[str, Array]:
    """Columns of ``parcels.csv`` that tell of the ground; none without terrain.

    Heights in m, slopes as fractions, ``terrain_known_share`` the share of the parcel of which the height is known.
    ``suitable_slope_share`` is held against the limit of the parcel's own use, and missing where none has one.
    """
    if not has_terrain(survey) or survey.parcels is None:
        return {}
    of = ground(survey)[1]
    assert of is not None
    sums = of.sums
    low, high = sums.extent
    with np.errstate(invalid="ignore", divide="ignore"):
        gentle = np.where((sums.sloped > 0) & ~np.isnan(of.limits), sums.gentle / sums.sloped, np.nan)
    return {
        "height_mean_m": sums.mean_height,
        "height_min_m": low,
        "height_max_m": high,
        "slope_mean": sums.mean_slope,
        "suitable_slope_share": gentle,
        "terrain_known_share": of.known_share,
        "terrain_cells": of.cells,
    }


def natural_slope(survey: Survey) -> Array | None:
    """Mean slope of the ground of each parcel, NaN where not known; None without terrain."""
    return parcel_ground(survey).get("slope_mean")
