"""How densely the land is built: floor area, plot ratio, density, floors, open space."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gisplan.measure.catalogue import Array, Figures, amount, indicator, missing, part, ratio
from gisplan.measure.land import industrial
from gisplan.measure.survey import FLOOR_SOURCES, Survey


def floor_area_by_zone(survey: Survey, *, among: NDArray[np.bool_] | None = None) -> Figures:
    """Floor area of each zone, with the number of buildings (or parcels) behind each source.

    A building is cut where it really lies. Where a parcel holds a building whose floor area nothing tells, and the register knows the
    parcel's, the register's stands for all buildings of that parcel, split by share of the parcel's area.

    Parameters
    ----------
    among
        Parcels on which floor area counts; everywhere by default.
    """
    parcels = survey.parcels
    if survey.buildings is None:
        assert parcels is not None
        pieces = survey.pieces["parcels"]
        meant = np.ones(len(parcels.area), dtype=bool) if among is None else among
        known = meant & ~np.isnan(parcels.floor_area)
        area = parcels.area if not np.isnan(parcels.area).all() else pieces.size
        known_land = pieces.total(np.where(known, np.nan_to_num(area), 0.0))
        return amount(
            pieces.total(np.where(known, parcels.floor_area, 0.0)), n_used=pieces.count(known),
            n_missing=pieces.count(meant & ~known),
            known_share=part(known_land, pieces.total(np.where(meant, np.nan_to_num(area), 0.0))),
            counts={"REGISTER": pieces.count(known)},
        )
    pieces = survey.pieces["buildings"]
    on = survey.buildings.parcel
    replaced = np.zeros(len(on), dtype=bool)
    meant = np.ones(len(on), dtype=bool)
    extra: Array = np.zeros(survey.zones)
    extra_count: Array = np.zeros(survey.zones)
    if parcels is not None:
        replaced = (on >= 0) & parcels.by_register[np.maximum(on, 0)]
        chosen = parcels.by_register if among is None else parcels.by_register & among
        meant = meant if among is None else (on >= 0) & among[np.maximum(on, 0)]
        whole = survey.pieces["parcels"]
        extra = whole.total(np.where(chosen, parcels.floor_area, 0.0))
        extra_count = whole.count(chosen)
    told = ~np.isnan(survey.buildings.floor_area)
    known = meant & told & ~replaced
    lacking = meant & ~told & ~replaced
    footprint = pieces.size
    counts = {
        name.upper(): pieces.count(known & (survey.buildings.source == i))
        for i, name in enumerate(FLOOR_SOURCES)
    }
    counts |= {"REGISTER": extra_count, "UNKNOWN": pieces.count(lacking)}
    all_land = pieces.total(np.where(meant, footprint, 0.0))
    share = np.where(all_land > 0, part(pieces.total(np.where(meant & ~lacking, footprint, 0.0)), all_land), 1.0)
    return amount(
        pieces.total(np.where(known, survey.buildings.floor_area, 0.0)) + extra,
        n_used=pieces.count(known) + extra_count, n_missing=pieces.count(lacking), known_share=share, counts=counts,
    )


def _floor(survey: Survey) -> Figures:
    return survey.once("floor area", lambda: floor_area_by_zone(survey))


def _foot(survey: Survey) -> Figures:
    return survey.once("footprint", lambda: _footprint(survey))


@indicator(
    "floor_area_m2", unit="m²", group="intensity", zh="建筑面积", en="Floor area", needs=["floor_area"],
    formula_zh="分区内建筑面积之和", formula_en="Sum of floor area inside the zone",
)
def floor_area_m2(survey: Survey) -> Figures:
    """Floor area in the zone.

    Formula
    -------
    Σ floor area of the buildings, cut where they lie. Each building's: its own column, else footprint × floors, else footprint × whole
    storeys in its height, else its parcel's register. The flags count which was used (OWN, FLOORS, HEIGHT, REGISTER, UNKNOWN).

    Zero
    ----
    No building stands in the zone.

    Missing
    -------
    Neither buildings nor a registered floor area; or nothing tells the floor area of any building. Partial where some are unknown.

    Source
    ------
    Physical floor area, without doubling of high storeys.
    """
    return _floor(survey)


def _footprint(survey: Survey) -> Figures:
    if survey.buildings is not None:
        pieces = survey.pieces["buildings"]
        return amount(pieces.total(pieces.size), n_used=pieces.count())
    pieces = survey.pieces["parcels"]
    assert survey.parcels is not None
    known = ~np.isnan(survey.parcels.footprint)
    return amount(
        pieces.total(survey.parcels.footprint), n_used=pieces.count(known), n_missing=pieces.count(~known),
        known_share=part(pieces.total(np.where(known, pieces.size, 0.0)), pieces.total(pieces.size)),
    )


@indicator(
    "footprint_m2", unit="m²", group="intensity", zh="建筑基底面积", en="Building footprint", needs=["footprint"],
    formula_zh="分区内建筑基底面积之和", formula_en="Sum of building footprints inside the zone",
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
    return _foot(survey)


def _parcel_land(survey: Survey, among: NDArray[np.bool_] | None = None) -> tuple[Array, Array]:
    """Parcel area by zone, and the share of it that is known."""
    parcels, pieces = survey.parcels, survey.pieces["parcels"]
    assert parcels is not None
    meant = np.ones(len(parcels.area), dtype=bool) if among is None else among
    known = meant & ~np.isnan(parcels.area)
    land = pieces.total(np.where(known, parcels.area, 0.0))
    return land, part(pieces.total(np.where(known, pieces.size, 0.0)), pieces.total(np.where(meant, pieces.size, 0.0)))


def _over_land(survey: Survey, top: Figures, among: NDArray[np.bool_] | None = None) -> Figures:
    """Divide floor area or footprint by the land of the parcels.

    Without a building layer both come from the register, and only parcels that have both count: floor area without land, or land
    without floor area, would make the ratio larger or smaller in silence.
    """
    land, known = _parcel_land(survey, among)
    share = np.where(np.isnan(known), np.nan, np.minimum(known, np.nan_to_num(top.known_share, nan=1.0)))
    return ratio(
        np.nan_to_num(top.numerator), land, n_used=top.n_used, n_missing=top.n_missing, known_share=share, counts=top.counts
    )


def _register_ratio(survey: Survey, amounts: Array, among: NDArray[np.bool_] | None = None) -> Figures:
    from gisplan.measure.land import known_parcels

    top, land, used, lacking, share = known_parcels(survey, amounts, among=among)
    return ratio(top, land, n_used=used, n_missing=lacking, known_share=share, counts={"REGISTER": used})


@indicator(
    "plot_ratio", unit="1", group="intensity", zh="容积率", en="Plot ratio", needs=["parcels", "floor_area"],
    formula_zh="建筑面积 ÷ 宗地面积", formula_en="Floor area ÷ parcel area",
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
    No parcels in the zone, or neither buildings nor a registered floor area. Partial where floor area or land area is not known.

    Source
    ------
    Physical ratio as 综合容积率 of the development-zone evaluation; without doubling of storeys over 8 m.
    """
    assert survey.parcels is not None
    if survey.buildings is None:
        return _register_ratio(survey, survey.parcels.floor_area)
    return _over_land(survey, _floor(survey))


@indicator(
    "plot_ratio_gross", unit="1", group="intensity", zh="毛容积率", en="Gross plot ratio", needs=["floor_area"],
    formula_zh="建筑面积 ÷ 分区面积", formula_en="Floor area ÷ zone area",
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
    top = _floor(survey)
    return ratio(
        np.nan_to_num(top.numerator), survey.zone_area, n_used=top.n_used, n_missing=top.n_missing,
        known_share=top.known_share, counts=top.counts,
    )


@indicator(
    "industrial_plot_ratio", unit="1", group="intensity", zh="工业用地容积率", en="Industrial plot ratio",
    needs=["parcels", "parcels.land_class", "floor_area"],
    formula_zh="工矿仓储宗地上的建筑面积 ÷ 其宗地面积", formula_en="Floor area on industry, mining and storage parcels ÷ their area",
)
def industrial_plot_ratio(survey: Survey) -> Figures:
    """Plot ratio of industry, mining and storage land.

    Formula
    -------
    Σ floor area of the buildings that stand mostly on parcels of classes industrial, mining and storage ÷ Σ area of those parcels.

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
    return _over_land(survey, floor_area_by_zone(survey, among=among), among)


@indicator(
    "building_density", unit="share", group="intensity", zh="建筑密度", en="Building density", needs=["parcels", "footprint"],
    formula_zh="建筑基底面积 ÷ 宗地面积", formula_en="Footprint ÷ parcel area",
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
    return _over_land(survey, _foot(survey))


@indicator(
    "mean_floors", unit="floors", group="intensity", zh="平均层数", en="Mean floors", needs=["floor_area", "footprint"],
    formula_zh="建筑面积 ÷ 建筑基底面积", formula_en="Floor area ÷ footprint",
)
def mean_floors(survey: Survey) -> Figures:
    """Mean number of floors, weighted by footprint.

    Formula
    -------
    Σ floor area ÷ Σ footprint.

    Zero
    ----
    Footprints without floor area.

    Missing
    -------
    No building in the zone. Partial where the floor area of some is unknown.

    Source
    ------
    Spacemate's L (Berghauser Pont & Haupt).
    """
    top, foot = _floor(survey), _foot(survey)
    return ratio(
        np.nan_to_num(top.numerator), foot.numerator, n_used=top.n_used, n_missing=top.n_missing,
        known_share=top.known_share,
    )


@indicator(
    "open_space_ratio", unit="1", group="intensity", zh="开敞空间率", en="Open space ratio",
    needs=["parcels", "floor_area", "footprint"],
    formula_zh="（宗地面积 − 基底面积）÷ 建筑面积", formula_en="(Parcel area − footprint) ÷ floor area",
)
def open_space_ratio(survey: Survey) -> Figures:
    """Open land for each m² of floor area.

    Formula
    -------
    (Σ parcel area − Σ footprint) ÷ Σ floor area.

    Zero
    ----
    Buildings cover all parcel land.

    Missing
    -------
    No floor area in the zone.

    Source
    ------
    Spacemate's OSR (Berghauser Pont & Haupt).
    """
    top, foot = _floor(survey), _foot(survey)
    land, _ = _parcel_land(survey)
    if np.isnan(foot.numerator).all():
        return missing(survey.zones, "INPUT_MISSING:footprint")
    return ratio(
        land - np.nan_to_num(foot.numerator), np.nan_to_num(top.numerator), n_used=top.n_used, n_missing=top.n_missing,
        known_share=top.known_share,
    )
