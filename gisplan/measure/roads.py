"""How much road each zone has: length, density, classes, land, lighting and green."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import shapely

from gisplan import vocabulary
from gisplan.geometry import reached_share
from gisplan.measure.carriageways import saved_length
from gisplan.measure.catalogue import Array, Figures, amount, indicator, part, ratio
from gisplan.measure.survey import Survey, column
from gisplan.read.roads import UNCLASSIFIED

_KM2 = 1e6


def _length(survey: Survey, *classes: str) -> tuple[Array, Array]:
    """Road length by zone and the number of roads behind it, carriageways merged where the plan says so."""
    pieces = survey.pieces["roads"]
    chosen = np.ones(len(pieces.frame), dtype=bool)
    if classes:
        chosen = pieces.frame["road_class"].isin(classes).to_numpy(dtype=bool)
    return pieces.total(np.where(chosen, pieces.size, 0.0)) - saved_length(survey, chosen), pieces.count(chosen)


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
    Σ length on the ellipsoid as drawn, cut at the zone's border; roads in service only. A line that runs along a
    border (within a centimetre of it) counts by the plan's edge_rule, 1/n in each of n zones by default.

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
    pieces = survey.pieces["roads"]
    return amount(pieces.total(pieces.size), n_used=pieces.count())


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
    road_length_m ÷ zone_area_m2 × 1000. With merge_dual, carriageways of one name side by side count as one line.

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


@indicator(
    "road_class_share_{class}",
    unit="share",
    group="roads",
    zh="{zh}长度占比",
    en="{en}, share of road length",
    listed=["roads"],
    members=_road_classes,
    formula_zh="{zh}长度 ÷ 道路总长度",
    formula_en="Length of class {en} ÷ length of all roads",
)
def road_class_share(survey: Survey, name: str) -> Figures:
    """Share of one class in the length of all roads.

    Formula
    -------
    Length of the class ÷ length of all roads in the zone, each as in road_density. Roads of no known class are in the
    denominator, and known_share says how much of it has one.

    Zero
    ----
    No road of the class in the zone.

    Missing
    -------
    No road in the zone, or no road layer.

    Source
    ------
    GB/T 51328-2018 gives ranges for groups of classes (unverified).
    """
    return _share_of_classes(survey, name)


@indicator(
    "trunk_road_share",
    unit="share",
    group="roads",
    zh="干线道路长度占比",
    en="Trunk roads, share of road length",
    listed=["roads"],
    formula_zh="干线等级道路长度 ÷ 道路总长度",
    formula_en="Length of trunk roads ÷ length of all roads",
)
def trunk_road_share(survey: Survey) -> Figures:
    """Share of trunk roads in the length of all roads.

    Formula
    -------
    Length of the classes that the plan's [layers.roads] names as trunk (expressway and arterial by default) ÷ length of
    all roads in the zone, each as in road_density.

    Zero
    ----
    No trunk road in the zone.

    Missing
    -------
    No road in the zone, or no road layer.

    Source
    ------
    干线道路 of GB/T 51328-2018 (unverified).
    """
    return _share_of_classes(survey, *trunk_classes(survey))


def trunk_classes(survey: Survey) -> list[str]:
    """Road classes of the trunk grid."""
    assert survey.plan.layers.roads is not None
    return survey.plan.layers.roads.trunk


def _share_of_classes(survey: Survey, *classes: str) -> Figures:
    pieces = survey.pieces["roads"]
    known = (pieces.frame["road_class"] != UNCLASSIFIED).to_numpy()
    of_class = _length(survey, *vocabulary.road_classes())[0]
    whole = _length(survey)[0]
    return ratio(
        _length(survey, *classes)[0],
        whole,
        n_used=pieces.count(known),
        n_missing=pieces.count(~known),
        known_share=part(of_class, whole),
    )


@indicator(
    "lit_road_share",
    unit="share",
    group="roads",
    zh="道路照明率",
    en="Lit roads",
    listed=["roads.is_lit"],
    formula_zh="有照明的道路长度 ÷ 已知有无照明的道路长度",
    formula_en="Length of lit roads ÷ length of roads known to be lit or not",
)
def lit_road_share(survey: Survey) -> Figures:
    """Share of the road length that is lit.

    Formula
    -------
    Length as drawn of roads in service with is_lit yes ÷ that of roads with is_lit yes or no.

    Zero
    ----
    No road of the zone is lit.

    Missing
    -------
    Of no road in the zone it is known. Partial where some do not say.

    Source
    ------
    亮化率; gisplan's own form of it.
    """
    return _said(survey, "is_lit")


@indicator(
    "green_road_share",
    unit="share",
    group="roads",
    zh="道路绿化率（按长度）",
    en="Greened roads",
    listed=["roads.is_greened"],
    formula_zh="有绿化的道路长度 ÷ 已知有无绿化的道路长度",
    formula_en="Length of roads with trees or green ÷ length of roads known to have them or not",
)
def green_road_share(survey: Survey) -> Figures:
    """Share of the road length with trees or green strips.

    Formula
    -------
    Length as drawn of roads in service with is_greened yes ÷ that of roads with is_greened yes or no.

    Zero
    ----
    No road of the zone has green.

    Missing
    -------
    Of no road in the zone it is known. Partial where some do not say.

    Source
    ------
    gisplan's own form; not 道路绿地率, which is by area.
    """
    return _said(survey, "is_greened")


def _said(survey: Survey, name: str) -> Figures:
    """Share of the length of which a column of flags says yes."""
    pieces = survey.pieces["roads"]
    said = pieces.frame[name].to_numpy(dtype=object)
    yes = np.array([v is True for v in said], dtype=bool)
    known = yes | np.array([v is False for v in said], dtype=bool)
    length = pieces.size
    base = pieces.total(np.where(known, length, 0.0))
    return ratio(
        pieces.total(np.where(yes, length, 0.0)),
        base,
        n_used=pieces.count(known),
        n_missing=pieces.count(~known),
        known_share=part(base, pieces.total(length)),
    )
