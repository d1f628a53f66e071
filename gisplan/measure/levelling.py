"""Earthwork by zone: cut, fill, what is missing or left over, and its cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.geometry import cut as cut_by
from gisplan.geometry import sum_by
from gisplan.measure.catalogue import Array, Figures, amount, indicator, part, ratio
from gisplan.measure.levelling_work import earthwork
from gisplan.measure.survey import Survey


def has_levelling(survey: Survey) -> bool:
    """Whether the plan asks how the ground is to be levelled."""
    return survey.plan.levelling is not None


def has_prices(survey: Survey) -> bool:
    """Whether the plan gives unit prices of earthwork."""
    return survey.plan.levelling is not None and survey.plan.levelling.prices is not None


def group_zones(survey: Survey) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """Zone, piece of land and share of it, of every piece in every zone."""

    def make() -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
        groups = earthwork(survey).groups
        if survey.plan.levelling is not None and survey.plan.levelling.by == "zones":
            rows = np.arange(survey.zones, dtype=np.int64)
            return rows, rows, np.ones(survey.zones)
        zones = np.asarray(survey.layers.zones.geometry.array)
        found = cut_by(zones, groups.shapes, dimension=2, outside=False)
        return found.zone, found.feature, found.share

    return survey.once("levelled land by zone", make)


def _sums(survey: Survey, column: str) -> tuple[Array, Array, Array, Array, Array]:
    """Sum of a column, land that is levelled (m²), pieces used and lacking, and known share of the land; by zone."""
    done = earthwork(survey)
    values = done.table[column].to_numpy(dtype=float)
    zone, piece, share = group_zones(survey)
    real = share > 1e-9
    zone, piece, share = zone[real], piece[real], share[real]
    n = survey.zones
    area = done.groups.area
    told = ~np.isnan(values)
    known = np.where(told, done.table["known_share"].to_numpy(dtype=float), 0.0)
    top = sum_by(zone, share * np.nan_to_num(values)[piece], size=n)
    land = sum_by(zone, share * (area * known)[piece], size=n)
    whole = sum_by(zone, share * area[piece], size=n)
    used = sum_by(zone[told[piece]], size=n)
    partial = known < 1 - 1e-6
    return top, land, used, sum_by(zone[partial[piece]], size=n), part(land, whole)


def _amount(survey: Survey, column: str) -> Figures:
    top, _, used, lacking, share = _sums(survey, column)
    return amount(top, n_used=used, n_missing=lacking, known_share=share)


@indicator(
    "earthwork_cut_m3",
    unit="m³",
    group="terrain",
    zh="挖方量",
    en="Cut",
    formula_zh="Σ 各场地挖方量 × 其在分区内的面积占比",
    formula_en="Σ cut of each piece of land × share of it in the zone",
    listed=["levelling"],
)
def earthwork_cut_m3(survey: Survey) -> Figures:
    """Earth to be dug, as it lies.

    Formula
    -------
    Σ over the pieces of land of the plan's [levelling]: Σ (ground − design)⁺ × area over raster cells, each by the part
    of it that lies inside, or over the squares of the grid; a piece over a border is split by share of area.

    Zero
    ----
    Nothing is to be dug, or no piece of land lies in the zone.

    Missing
    -------
    The plan has no [levelling], or no height or level is known of any piece in the zone. Partial where some lack it.

    Source
    ------
    Differences of rasters, or 方格网法 where the plan says method = "grid".
    """
    return _amount(survey, "cut_m3")


@indicator(
    "earthwork_fill_m3",
    unit="m³",
    group="terrain",
    zh="填方量",
    en="Fill",
    formula_zh="Σ 各场地填方量 × 其在分区内的面积占比",
    formula_en="Σ fill of each piece of land × share of it in the zone",
    listed=["levelling"],
)
def earthwork_fill_m3(survey: Survey) -> Figures:
    """Earth to be filled in, compacted.

    Formula
    -------
    As for earthwork_cut_m3, with (design − ground)⁺.

    Zero
    ----
    Nothing is to be filled, or no piece of land lies in the zone.

    Missing
    -------
    As for earthwork_cut_m3.

    Source
    ------
    As for earthwork_cut_m3.
    """
    return _amount(survey, "fill_m3")


@indicator(
    "earthwork_import_m3",
    unit="m³",
    group="terrain",
    zh="土方缺口（正为借方，负为弃方）",
    en="Earth to be brought (+) or taken away (−)",
    formula_zh="填方量 − Ks′ × 挖方量",
    formula_en="Fill − Ks′ × cut",
    listed=["levelling"],
)
def earthwork_import_m3(survey: Survey) -> Figures:
    """Earth that is missing (+) or left over (−), as compacted m³.

    Formula
    -------
    Fill − Ks′ × cut, Ks′ being the m³ in the fill of one m³ dug, by the plan's soil; 1 where it names none.

    Zero
    ----
    What is dug just makes the fill.

    Missing
    -------
    As for earthwork_cut_m3.

    Source
    ------
    土的可松性; the factors that come with gisplan are unverified.
    """
    return _amount(survey, "import_m3")


@indicator(
    "earthwork_per_ha",
    unit="m³/ha",
    group="terrain",
    zh="单位面积土方量",
    en="Earthwork per hectare",
    formula_zh="（挖方量 + 填方量）÷ 场平面积",
    formula_en="(Cut + fill) ÷ land that is levelled",
    listed=["levelling"],
)
def earthwork_per_ha(survey: Survey) -> Figures:
    """Cut and fill for each hectare that is levelled.

    Formula
    -------
    (Σ cut + Σ fill) ÷ area of the pieces of land in the zone of which the height is known.

    Zero
    ----
    The ground is as it should be.

    Missing
    -------
    Nothing is levelled in the zone, or nothing is known of it.

    Source
    ------
    gisplan's own convention.
    """
    cut, land, used, lacking, share = _sums(survey, "cut_m3")
    fill = _sums(survey, "fill_m3")[0]
    return ratio(cut + fill, land / vocabulary.units("area")["ha"], n_used=used, n_missing=lacking, known_share=share)


@indicator(
    "earthwork_cost_wan",
    unit="万元",
    group="terrain",
    zh="土方费用",
    en="Cost of earthwork",
    formula_zh="挖、填、借、弃方量 × 计划中的单价",
    formula_en="Cut, fill, borrow and spoil × unit prices of the plan",
    listed=["earthwork_prices"],
)
def earthwork_cost_wan(survey: Survey) -> Figures:
    """Cost of the earthwork at the plan's unit prices.

    Formula
    -------
    Cut × price + fill × price + (compacted m³ to be brought) × price + (loose m³ to be taken away) × price.

    Zero
    ----
    Nothing is to be moved.

    Missing
    -------
    As for earthwork_cut_m3, or the plan has no [levelling.prices].

    Source
    ------
    Unit prices of the plan.
    """
    return _amount(survey, "cost_wan")


def planned_slope(survey: Survey) -> Array | None:
    """Slope of the design surface of each parcel; None where pieces of land are not made of parcels."""
    if not has_levelling(survey):
        return None
    done = earthwork(survey)
    own = done.groups.of_parcel
    if own is None:
        return None
    slope = np.append(done.table["design_slope"].to_numpy(dtype=float), np.nan)
    return np.asarray(slope[own])
