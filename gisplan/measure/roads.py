"""How the road network serves each zone: length, density, land, junctions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import shapely

from gisplan import vocabulary
from gisplan.geometry import cut, reached_share, sum_by
from gisplan.measure.catalogue import Array, Figures, amount, indicator, part, ratio
from gisplan.measure.survey import Survey, column

_KM2 = 1e6

#: A road that ends this near another one (m) meets it: where lines were projected, an end seldom lies exactly on
#: a line.
MEETS_M = 0.01


def _length(survey: Survey, road_class: str | None = None) -> tuple[Array, Array]:
    """Road length by zone and the number of roads behind it."""
    pieces = survey.pieces["roads"]
    chosen = np.ones(len(pieces.frame), dtype=bool)
    if road_class is not None:
        chosen = (pieces.frame["road_class"] == road_class).to_numpy()
    return pieces.total(np.where(chosen, pieces.size, 0.0)), pieces.count(chosen)


@indicator(
    "road_length_m",
    unit="m",
    group="roads",
    zh="道路长度",
    en="Road length",
    needs=["roads"],
    formula_zh="分区内道路中心线长度",
    formula_en="Length of road centrelines inside the zone",
)
def road_length_m(survey: Survey) -> Figures:
    """Length of road centrelines.

    Formula
    -------
    Σ length on the ellipsoid, cut at the zone's border. A line that runs along a border shared by n zones
    (within a centimetre of it) counts 1/n in each.

    Zero
    ----
    No road in the zone.

    Missing
    -------
    No road layer.

    Source
    ------
    gisplan's own convention. Dual carriageways drawn as two lines count twice.
    """
    length, used = _length(survey)
    return amount(length, n_used=used)


@indicator(
    "road_density",
    unit="km/km²",
    group="roads",
    zh="路网密度",
    en="Road density",
    needs=["roads"],
    formula_zh="道路中心线长度（km）÷ 分区面积（km²）",
    formula_en="Length of road centrelines (km) ÷ zone area (km²)",
)
def road_density(survey: Survey) -> Figures:
    """Road length for each km² of the zone.

    Formula
    -------
    road_length_m ÷ zone_area_m2 × 1000.

    Zero
    ----
    No road in the zone.

    Missing
    -------
    No road layer.

    Source
    ------
    路网密度; the whole zone is the denominator.
    """
    length, used = _length(survey)
    return ratio(length / 1000, survey.zone_area / _KM2, n_used=used)


def _road_classes(_: Survey) -> Mapping[str, Mapping[str, str]]:
    return {c.id: {"zh": c.zh, "en": c.en} for c in vocabulary.road_classes().values()}


@indicator(
    "road_density_{class}",
    unit="km/km²",
    group="roads",
    zh="{zh}密度",
    en="{en} density",
    needs=["roads"],
    members=_road_classes,
    formula_zh="{zh}长度（km）÷ 分区面积（km²）",
    formula_en="Length of class {en} (km) ÷ zone area (km²)",
)
def road_density_of_class(survey: Survey, name: str) -> Figures:
    """Length of one road class for each km² of the zone.

    Formula
    -------
    As road_density, for the roads of the class.

    Zero
    ----
    No road of the class in the zone.

    Missing
    -------
    No road layer.

    Source
    ------
    As road_density.
    """
    length, used = _length(survey, name)
    return ratio(length / 1000, survey.zone_area / _KM2, n_used=used)


@indicator(
    "road_area_share",
    unit="share",
    group="roads",
    zh="道路用地占比",
    en="Road area share",
    needs=["roads_or_surfaces"],
    formula_zh="道路面积 ÷ 分区面积",
    formula_en="Land that roads take ÷ zone area",
)
def road_area_share(survey: Survey) -> Figures:
    """Share of the zone that roads take.

    Formula
    -------
    Area of the road surfaces in the zone ÷ zone area; without surfaces, of the centrelines widened to their
    width, crossings counted once.

    Zero
    ----
    No road in the zone.

    Missing
    -------
    Neither surfaces nor roads with a width. Partial where some roads lack a width (``known_share`` by length).

    Source
    ------
    道路面积率.
    """
    land = np.asarray(survey.layers.zones.geometry.array)
    if "road_surfaces" in survey.pieces:
        pieces = survey.pieces["road_surfaces"]
        share = reached_share(land, np.asarray(pieces.frame.geometry.array), distance=0.0)
        used = pieces.count()
        return ratio(share * survey.zone_area, survey.zone_area, n_used=used)
    pieces = survey.pieces["roads"]
    width = column(pieces.frame, "width_m")
    known = width > 0
    lines = np.asarray(pieces.frame.geometry.array)[known]
    surfaces = shapely.buffer(lines, width[known] / 2, cap_style="flat", join_style="round")
    share = reached_share(land, surfaces, distance=0.0)
    length = pieces.size
    known_share = part(pieces.total(np.where(known, length, 0.0)), pieces.total(length))
    made = ratio(
        share * survey.zone_area,
        survey.zone_area,
        n_used=pieces.count(known),
        n_missing=pieces.count(~known),
        known_share=known_share,
    )
    return replace(made, counts={"BY_WIDTH": pieces.count(known)})


def junctions(lines: np.ndarray) -> np.ndarray:
    """Points where three or more road ends meet, lines being split wherever they cross or touch (within `MEETS_M`).

    Parameters
    ----------
    lines
        Road centrelines, shape (n,).

    Returns
    -------
    numpy.ndarray
        Points, shape (k,), sorted by place.
    """
    if len(lines) == 0:
        return np.zeros(0, dtype=object)
    edges = shapely.get_parts(shapely.line_merge(shapely.union_all(_with_ends_of_others(lines))))
    ends = np.concatenate(
        [shapely.get_coordinates(shapely.get_point(edges, 0)), shapely.get_coordinates(shapely.get_point(edges, -1))]
    )
    # Ends within a millimetre meet; the place itself is not rounded, or it would leave the border that it lies on.
    _, first, legs = np.unique(np.round(ends, 3), axis=0, return_index=True, return_counts=True)
    return np.asarray(shapely.points(ends[first[legs >= 3]]))


def _with_ends_of_others(lines: np.ndarray) -> np.ndarray:
    """Lines that pass exactly through the ends of others which lie within `MEETS_M` of them."""
    parts = shapely.get_parts(lines)
    ends = np.concatenate([shapely.get_point(parts, 0), shapely.get_point(parts, -1)])
    end, line = shapely.STRtree(parts).query(ends, predicate="dwithin", distance=MEETS_M)
    other = end % len(parts) != line
    end, line = end[other], line[other]
    order = np.argsort(line, kind="stable")
    passed, of = np.unique(line[order], return_inverse=True)
    moved = parts.copy()
    moved[passed] = shapely.snap(parts[passed], shapely.multipoints(ends[end[order]], indices=of), MEETS_M)
    return np.asarray(moved)


@indicator(
    "intersection_density",
    unit="1/km²",
    group="roads",
    zh="交叉口密度",
    en="Intersection density",
    needs=["roads"],
    formula_zh="三岔及以上路口数 ÷ 分区面积（km²）",
    formula_en="Junctions of three or more legs ÷ zone area (km²)",
)
def intersection_density(survey: Survey) -> Figures:
    """Junctions for each km².

    Formula
    -------
    Number of places where three or more legs meet ÷ zone area. Lines that cross are taken to meet; a junction on
    a border shared by n zones counts 1/n in each.

    Zero
    ----
    No junction in the zone.

    Missing
    -------
    No road layer.

    Source
    ------
    UN-Habitat's intersection density (≥ 3 legs). Bridges drawn across a road without a level count as junctions.
    """
    places = junctions(np.asarray(survey.pieces["roads"].frame.geometry.array))
    land = np.asarray(survey.layers.zones.geometry.array)
    if len(places) == 0:
        return ratio(np.zeros(survey.zones), survey.zone_area / _KM2, n_used=np.zeros(survey.zones))
    pieces = cut(land, places, dimension=0, tolerance=MEETS_M)
    count = sum_by(pieces.zone, pieces.share, size=survey.zones)
    return ratio(count, survey.zone_area / _KM2, n_used=sum_by(pieces.zone, size=survey.zones))
