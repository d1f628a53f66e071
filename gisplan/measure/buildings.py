"""How densely the land is built: floor area, plot ratio, density, floors, open space."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gisplan.measure.catalogue import Array, Figures, indicator, part, ratio
from gisplan.measure.floor_area import floor_area, floor_area_by_zone, footprint, footprint_by_zone
from gisplan.measure.land import industrial, known_parcels
from gisplan.measure.survey import Survey


@indicator(
    "floor_area_m2",
    unit="m²",
    group="intensity",
    zh="建筑面积",
    en="Floor area",
    needs=["floor_area"],
    formula_zh="分区内建筑面积之和",
    formula_en="Sum of floor area inside the zone",
)
def floor_area_m2(survey: Survey) -> Figures:
    """Floor area in the zone.

    Formula
    -------
    Σ floor area of the buildings, cut where they lie. Each building's: its own column, else footprint × floors,
    else footprint × whole
    storeys in its height, else its parcel's register. The flags count which was used (OWN, FLOORS, HEIGHT,
    REGISTER, UNKNOWN).

    Zero
    ----
    No building stands in the zone.

    Missing
    -------
    Neither buildings nor a registered floor area; or nothing tells the floor area of any building. Partial where
    some are unknown.

    Source
    ------
    Physical floor area, without doubling of high storeys.
    """
    return floor_area(survey)


@indicator(
    "footprint_m2",
    unit="m²",
    group="intensity",
    zh="建筑基底面积",
    en="Building footprint",
    needs=["footprint"],
    formula_zh="分区内建筑基底面积之和",
    formula_en="Sum of building footprints inside the zone",
)
def footprint_m2(survey: Survey) -> Figures:
    """Land that buildings cover.

    Formula
    -------
    Σ footprint of the buildings, cut where they lie; without a building layer, of the register by share of the parcel.

    Zero
    ----
    No building stands in the zone.

    Missing
    -------
    Neither buildings nor registered footprints.

    Source
    ------
    gisplan's own convention. Footprints that overlap count twice.
    """
    return footprint(survey)


def _parcel_land(survey: Survey, among: NDArray[np.bool_] | None = None) -> tuple[Array, Array]:
    """Parcel area by zone, and the share of it that is known."""
    parcels, pieces = survey.parcels, survey.pieces["parcels"]
    assert parcels is not None
    meant = np.ones(len(parcels.area), dtype=bool) if among is None else among
    known = meant & ~np.isnan(parcels.area)
    land = pieces.land(np.where(known, parcels.area, 0.0))
    return land, part(pieces.total(np.where(known, pieces.size, 0.0)), pieces.land(np.where(meant, pieces.size, 0.0)))


def _over_land(survey: Survey, top: Figures, among: NDArray[np.bool_] | None = None) -> Figures:
    """Divide floor area or footprint by the land of the parcels; a parcel of unknown area is missing."""
    land, known = _parcel_land(survey, among)
    share = np.where(np.isnan(known), np.nan, np.minimum(known, np.nan_to_num(top.known_share, nan=1.0)))
    made = ratio(
        np.nan_to_num(top.numerator),
        land,
        n_used=top.n_used,
        n_missing=top.n_missing,
        known_share=share,
        counts=top.counts,
    )
    return replace(made, n_missing=made.n_missing + _landless(survey, among))


def _unknown_land(survey: Survey) -> NDArray[np.bool_] | None:
    """Tell which parcels have no area by the plan's basis; None where all have one.

    What stands on them must not count in a ratio to land: floor area without land would make it larger in silence.
    """
    assert survey.parcels is not None
    unknown = np.isnan(survey.parcels.area)
    return unknown if unknown.any() else None


def _landless(survey: Survey, among: NDArray[np.bool_] | None = None) -> Array:
    """Count the parcels of unknown area by zone."""
    unknown = _unknown_land(survey)
    if unknown is None:
        return np.zeros(survey.zones)
    return survey.pieces["parcels"].count(unknown if among is None else unknown & among)


def _floor_on_land(survey: Survey) -> Figures:
    """Floor area, without that on parcels of unknown area."""
    unknown = _unknown_land(survey)
    return floor_area(survey) if unknown is None else floor_area_by_zone(survey, without=unknown)


def _foot_on_land(survey: Survey) -> Figures:
    """Footprint, without that on parcels of unknown area."""
    unknown = _unknown_land(survey)
    return footprint(survey) if unknown is None else footprint_by_zone(survey, without=unknown)


def _register_ratio(survey: Survey, amounts: Array, among: NDArray[np.bool_] | None = None) -> Figures:
    """Divide an amount of the register by the land of the parcels that have both."""
    top, land, used, lacking, share = known_parcels(survey, amounts, among=among)
    return ratio(top, land, n_used=used, n_missing=lacking, known_share=share, counts={"REGISTER": used})


def _register_sums(survey: Survey, land: Array) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Sum floor area, footprint and land of the parcels of which the register knows all three.

    Returns
    -------
    tuple
        The three sums, number used, number lacking data, share of the land that is known; by zone.
    """
    pieces, parcels = survey.pieces["parcels"], survey.parcels
    assert parcels is not None
    known = ~np.isnan(parcels.floor_area + parcels.footprint + land)
    floor, foot, area, measured = (
        pieces.total(np.where(known, a, 0.0)) for a in (parcels.floor_area, parcels.footprint, land, pieces.size)
    )
    return floor, foot, area, pieces.count(known), pieces.count(~known), part(measured, pieces.total(pieces.size))


@indicator(
    "plot_ratio",
    unit="1",
    group="intensity",
    zh="容积率",
    en="Plot ratio",
    needs=["parcels", "floor_area"],
    formula_zh="建筑面积 ÷ 宗地面积",
    formula_en="Floor area ÷ parcel area",
)
def plot_ratio(survey: Survey) -> Figures:
    """Plot ratio on parcel land (容积率).

    Formula
    -------
    Σ floor area ÷ Σ parcel area inside the zone (sum over sum, never the mean of parcel ratios).

    Zero
    ----
    Parcels without any floor area.

    Missing
    -------
    No parcels in the zone, or neither buildings nor a registered floor area. Partial where floor area or land
    area is not known.

    Source
    ------
    Physical ratio as 综合容积率 of the development-zone evaluation; without doubling of storeys over 8 m.
    """
    assert survey.parcels is not None
    if survey.buildings is None:
        return _register_ratio(survey, survey.parcels.floor_area)
    return _over_land(survey, _floor_on_land(survey))


@indicator(
    "plot_ratio_gross",
    unit="1",
    group="intensity",
    zh="毛容积率",
    en="Gross plot ratio",
    needs=["floor_area"],
    formula_zh="建筑面积 ÷ 分区面积",
    formula_en="Floor area ÷ zone area",
)
def plot_ratio_gross(survey: Survey) -> Figures:
    """Plot ratio on all land of the zone.

    Formula
    -------
    Σ floor area ÷ zone area, streets and open land included.

    Zero
    ----
    No building stands in the zone.

    Missing
    -------
    As for the floor area.

    Source
    ------
    gisplan's own convention.
    """
    top = floor_area(survey)
    return ratio(
        np.nan_to_num(top.numerator),
        survey.zone_area,
        n_used=top.n_used,
        n_missing=top.n_missing,
        known_share=top.known_share,
        counts=top.counts,
    )


@indicator(
    "industrial_plot_ratio",
    unit="1",
    group="intensity",
    zh="工业用地容积率",
    en="Industrial plot ratio",
    needs=["parcels", "parcels.land_class", "floor_area"],
    formula_zh="工矿仓储宗地上的建筑面积 ÷ 其宗地面积",
    formula_en="Floor area on industry, mining and storage parcels ÷ their area",
)
def industrial_plot_ratio(survey: Survey) -> Figures:
    """Plot ratio of industry, mining and storage land.

    Formula
    -------
    Σ floor area of the buildings that stand mostly on parcels of classes industrial, mining and storage ÷ Σ area
    of those parcels.

    Zero
    ----
    Such parcels carry no floor area.

    Missing
    -------
    No such parcel in the zone; otherwise as for the plot ratio.

    Source
    ------
    工业用地综合容积率 of the development-zone evaluation (TD/T 1029, working edition).
    """
    assert survey.parcels is not None
    among = industrial(survey)
    if survey.buildings is None:
        return _register_ratio(survey, survey.parcels.floor_area, among)
    top = floor_area_by_zone(survey, among=among, without=_unknown_land(survey))
    return _over_land(survey, top, among)


@indicator(
    "building_density",
    unit="share",
    group="intensity",
    zh="建筑密度",
    en="Building density",
    needs=["parcels", "footprint"],
    formula_zh="建筑基底面积 ÷ 宗地面积",
    formula_en="Footprint ÷ parcel area",
)
def building_density(survey: Survey) -> Figures:
    """Share of parcel land that buildings cover (建筑密度).

    Formula
    -------
    Σ footprint ÷ Σ parcel area inside the zone.

    Zero
    ----
    Parcels without buildings.

    Missing
    -------
    No parcels in the zone, or no footprints.

    Source
    ------
    建筑密度 of the development-zone evaluation (TD/T 1029, working edition).
    """
    assert survey.parcels is not None
    if survey.buildings is None:
        return replace(_register_ratio(survey, survey.parcels.footprint), counts=None)
    return _over_land(survey, _foot_on_land(survey))


@indicator(
    "mean_floors",
    unit="floors",
    group="intensity",
    zh="平均层数",
    en="Mean floors",
    needs=["floor_area", "footprint"],
    formula_zh="建筑面积 ÷ 建筑基底面积",
    formula_en="Floor area ÷ footprint",
)
def mean_floors(survey: Survey) -> Figures:
    """Mean number of floors, weighted by footprint.

    Formula
    -------
    Σ floor area ÷ Σ footprint, over the buildings (without a building layer: the parcels) whose floor area is known.

    Zero
    ----
    Footprints without floor area.

    Missing
    -------
    No building in the zone, or the floor area of none is known. Partial where that of some is unknown.

    Source
    ------
    Spacemate's L (Berghauser Pont & Haupt).
    """
    if survey.buildings is None:
        assert survey.parcels is not None
        floor, foot, _, used, lacking, share = _register_sums(survey, survey.pieces["parcels"].size)
        return ratio(floor, foot, n_used=used, n_missing=lacking, known_share=share)
    top, foot = floor_area(survey), footprint(survey).numerator
    known = top.known_share * foot
    return ratio(
        np.nan_to_num(top.numerator),
        known,
        n_used=top.n_used,
        n_missing=top.n_missing,
        known_share=part(known, foot),
    )


@indicator(
    "open_space_ratio",
    unit="1",
    group="intensity",
    zh="开敞空间率",
    en="Open space ratio",
    needs=["parcels", "floor_area", "footprint"],
    formula_zh="（宗地面积 − 基底面积）÷ 建筑面积",
    formula_en="(Parcel area − footprint) ÷ floor area",
)
def open_space_ratio(survey: Survey) -> Figures:
    """Open land for each m² of floor area.

    Formula
    -------
    (Σ parcel area − Σ footprint) ÷ Σ floor area; without a building layer, over the parcels whose figures are all
    known.

    Zero
    ----
    Buildings cover all parcel land.

    Missing
    -------
    No parcels or no floor area in the zone. Partial where floor area or land area is not known.

    Source
    ------
    Spacemate's OSR (Berghauser Pont & Haupt).
    """
    assert survey.parcels is not None
    land, known = _parcel_land(survey)
    if survey.buildings is None:
        floor, foot, land, used, lacking, known = _register_sums(survey, survey.parcels.area)
    else:
        top = _floor_on_land(survey)
        floor, foot = np.nan_to_num(top.numerator), _foot_on_land(survey).numerator
        used, lacking, known = top.n_used, top.n_missing, np.minimum(known, top.known_share)
    made = ratio(land - foot, floor, n_used=used, n_missing=lacking, known_share=np.where(floor > 0, known, np.nan))
    # Without a parcel there is no land that could be open.
    made = replace(made, value=np.where(land > 0, made.value, np.nan))
    return made if survey.buildings is None else replace(made, n_missing=made.n_missing + _landless(survey))
