"""How the land is used: area, classes, mixture, what is built and what lies vacant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.geometry import sum_by
from gisplan.measure.catalogue import Array, Figures, amount, indicator, part, ratio
from gisplan.measure.survey import Survey
from gisplan.read.land_use import code_table

#: Classes of 工矿仓储用地 (A2).
INDUSTRIAL = tuple(c.id for c in vocabulary.land_classes().values() if c.a2)


@indicator(
    "zone_area_m2",
    unit="m²",
    group="land",
    zh="分区面积",
    en="Zone area",
    formula_zh="分区的椭球面积",
    formula_en="Area of the zone on the ellipsoid",
)
def zone_area_m2(survey: Survey) -> Figures:
    """Area of the zone.

    Formula
    -------
    Area of the zone's polygon on the ellipsoid of the study's coordinate system (planar where the plan says so).

    Zero
    ----
    Does not occur: a zone without area is rejected.

    Missing
    -------
    Does not occur.

    Source
    ------
    Survey practice: areas are reported on the ellipsoid.
    """
    return amount(survey.zone_area, n_used=np.ones(survey.zones))


@indicator(
    "parcel_count",
    unit="n",
    group="land",
    zh="宗地数",
    en="Parcels",
    needs=["parcels"],
    formula_zh="主要部分位于分区内的宗地数",
    formula_en="Parcels whose largest part lies in the zone",
)
def parcel_count(survey: Survey) -> Figures:
    """Number of parcels.

    Formula
    -------
    Parcels whose largest part lies in the zone; each parcel is counted once.

    Zero
    ----
    No parcel lies mostly in the zone.

    Missing
    -------
    There is no parcel layer.

    Source
    ------
    gisplan's own convention, so that counts add up.
    """
    owner = survey.pieces["parcels"].owner
    count = sum_by(owner[owner >= 0], size=survey.zones)
    return amount(count, n_used=count)


def known_parcels(
    survey: Survey, amounts: Array, *, among: NDArray[np.bool_] | None = None
) -> tuple[Array, Array, Array, Array, Array]:
    """Sum an amount and the land it belongs to over the parcels where both are known.

    Parameters
    ----------
    amounts
        Of each parcel, NaN where not known.
    among
        Parcels that are meant at all; all by default.

    Returns
    -------
    tuple
        Sum of the amounts, sum of the land, number used, number lacking data, share of the land meant that is
        known; by zone.
    """
    pieces, parcels = survey.pieces["parcels"], survey.parcels
    assert parcels is not None
    meant = np.ones(len(amounts), dtype=bool) if among is None else among
    known = meant & ~np.isnan(amounts) & ~np.isnan(parcels.area)
    measured = pieces.size
    top = pieces.total(np.where(known, amounts, 0.0))
    land = pieces.land(np.where(known, parcels.area, 0.0))
    share = part(pieces.total(np.where(known, measured, 0.0)), pieces.land(np.where(meant, measured, 0.0)))
    return top, land, pieces.count(known), pieces.count(meant & ~known), share


@indicator(
    "parcel_area_m2",
    unit="m²",
    group="land",
    zh="宗地面积",
    en="Parcel area",
    needs=["parcels"],
    formula_zh="分区内宗地面积之和",
    formula_en="Sum of the parcels' area inside the zone",
)
def parcel_area_m2(survey: Survey) -> Figures:
    """Area of the parcels in the zone.

    Formula
    -------
    Σ parcel area by the plan's ``area_basis`` (measured on the ellipsoid, or the ledger's), a parcel that
    straddles a border being split by share of area.

    Zero
    ----
    No parcel in the zone.

    Missing
    -------
    No parcel layer; or no parcel of the zone has a ledger area. Partial where some lack it.

    Source
    ------
    gisplan's own convention.
    """
    assert survey.parcels is not None
    _, _, used, lacking, share = known_parcels(survey, survey.parcels.area)
    # An amount keeps every sliver, so that the zones add up.
    return amount(
        survey.pieces["parcels"].total(survey.parcels.area), n_used=used, n_missing=lacking, known_share=share
    )


def classes_of(survey: Survey) -> Mapping[str, Mapping[str, str]]:
    """Land-use classes the plan's code table can give, with their labels."""
    spec = survey.plan.layers.parcels
    table = code_table(spec) if spec else None
    known = vocabulary.land_classes()
    if table is None:
        return {}
    given = set(table.values())
    return {c.id: {"zh": c.zh, "en": c.en} for c in known.values() if c.id in given}


def _class_land(survey: Survey) -> tuple[Mapping[str, Array], tuple[Array, Array, Array, Array, Array]]:
    """Area of the parcels of each class by zone, and that of all parcels of known class (see `known_parcels`)."""
    assert survey.parcels is not None
    pieces, parcels = survey.pieces["parcels"], survey.parcels
    names = list(vocabulary.land_classes())
    code = pd.Categorical(parcels.land_class, categories=names).codes.astype(np.int64)
    # One pass over the pieces serves all classes.
    kept = code[pieces.feature] >= 0
    feature = pieces.feature[kept]
    place = pieces.zone[kept] * len(names) + code[feature]
    amount = pieces.share[kept] * np.nan_to_num(parcels.area)[feature]
    sums = sum_by(place, amount, size=survey.zones * len(names)).reshape(survey.zones, -1)
    known = known_parcels(survey, np.where(code >= 0, parcels.area, np.nan))
    return {name: sums[:, i] for i, name in enumerate(names)}, known


def _share_of_classes(survey: Survey, names: Sequence[str]) -> Figures:
    by_class, (_, land, used, lacking, share) = survey.once("class land", lambda: _class_land(survey))
    top = np.sum([by_class[n] for n in names], axis=0)
    return ratio(top, land, n_used=used, n_missing=lacking, known_share=share)


@indicator(
    "land_use_share_{class}",
    unit="share",
    group="land",
    zh="{zh}占比",
    en="{en} share",
    members=classes_of,
    needs=["parcels", "parcels.land_class"],
    formula_zh="{zh}宗地面积 ÷ 已知用途宗地面积",
    formula_en="Area of {en} parcels ÷ area of parcels of known class",
)
def land_use_share(survey: Survey, name: str) -> Figures:
    """Share of a land-use class.

    Formula
    -------
    Σ area of the parcels of the class ÷ Σ area of the parcels whose class is known.

    Zero
    ----
    The zone has parcels of known class, none of this one.

    Missing
    -------
    No parcel layer, no land-use codes, or no parcel of known class in the zone.

    Source
    ------
    Classes: 自然资发〔2023〕234号 rolled up by its first two digits, or the plan's own table.
    """
    return _share_of_classes(survey, [name])


@indicator(
    "land_use_mix",
    unit="1",
    group="land",
    zh="用地混合度",
    en="Land-use mix",
    needs=["parcels", "parcels.land_class"],
    formula_zh="−Σ p·ln p ÷ ln N，p 为各类用地占比，N 为用地分类数",
    formula_en="−Σ p ln p ÷ ln N over the class shares p, N classes",
)
def land_use_mix(survey: Survey) -> Figures:
    """Evenness with which the classes share the land (normalised Shannon entropy).

    Formula
    -------
    −Σ p ln p ÷ ln N, with p the share of each class and N the number of classes the plan's code table can give.

    Zero
    ----
    All parcels of known class are of one class.

    Missing
    -------
    As for the shares; or the code table has one class only.

    Source
    ------
    Shannon's entropy as it is usual in land-use studies.
    """
    names = list(classes_of(survey))
    shares = [land_use_share(survey, n) for n in names]
    first = shares[0]
    p = np.array([s.value for s in shares])
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.where(p > 0, p * np.log(p), 0.0).sum(axis=0)
    entropy = np.where(np.isnan(first.value), np.nan, entropy + 0.0)
    most = np.log(len(names)) if len(names) > 1 else np.nan
    return Figures(
        entropy / most, entropy, np.full(survey.zones, most), first.n_used, first.n_missing, first.known_share
    )


@indicator(
    "industrial_land_share",
    unit="share",
    group="land",
    zh="工矿仓储用地率",
    en="Industrial land share",
    needs=["parcels", "parcels.land_class"],
    formula_zh="工业、采矿、仓储宗地面积 ÷ 已知用途宗地面积",
    formula_en="Area of industry, mining and storage parcels ÷ parcels of known class",
)
def industrial_land_share(survey: Survey) -> Figures:
    """Share of industry, mining and storage (工矿仓储用地, A2).

    Formula
    -------
    Σ area of the parcels of classes industrial, mining and storage ÷ Σ area of the parcels whose class is known.

    Zero
    ----
    No such parcel.

    Missing
    -------
    As for the class shares.

    Source
    ------
    Numerator as class A2 of the development-zone evaluation (TD/T 1029, working edition); here over all parcels
    of known class.
    """
    return _share_of_classes(survey, INDUSTRIAL)


def industrial(survey: Survey) -> NDArray[np.bool_]:
    """Tell which parcels are industry, mining or storage."""
    assert survey.parcels is not None
    return np.asarray(pd.Series(survey.parcels.land_class, dtype=object).isin(INDUSTRIAL), dtype=bool)


def _state_share(survey: Survey, some: tuple[str, ...], of: tuple[str, ...]) -> Figures:
    assert survey.parcels is not None
    state = survey.parcels.state.astype(str)
    known = np.isin(state, of)
    area = np.where(known, np.where(np.isin(state, some), survey.parcels.area, 0.0), np.nan)
    meant = known | (state == "None")
    top, land, used, lacking, share = known_parcels(survey, area, among=meant)
    return ratio(top, land, n_used=used, n_missing=lacking, known_share=share)


@indicator(
    "built_land_share",
    unit="share",
    group="land",
    zh="已建成用地占比",
    en="Built land share",
    needs=["parcels"],
    formula_zh="已建成及已成形宗地面积 ÷ 状态已知宗地面积",
    formula_en="Area of built and formed parcels ÷ parcels of known state",
)
def built_land_share(survey: Survey) -> Figures:
    """Share of the land that is in use.

    Formula
    -------
    Σ area of the parcels that are built, or formed (streets, utilities, green) ÷ Σ area of the parcels whose
    state is known. Built:
    said by the register, else buildings cover 1 % or more, else (without a building layer) the register has floor area.

    Zero
    ----
    Nothing is built or formed.

    Missing
    -------
    No parcel layer, or the state of no parcel is known.

    Source
    ------
    gisplan's own convention; the 1 % limit is an unverified default.
    """
    return _state_share(survey, ("built", "formed"), ("built", "formed", "vacant", "open"))


@indicator(
    "vacant_parcel_share",
    unit="share",
    group="land",
    zh="空闲宗地占比",
    en="Vacant parcel share",
    needs=["parcels"],
    formula_zh="空闲宗地面积 ÷ 建设类宗地面积",
    formula_en="Area of vacant parcels ÷ parcels meant for buildings",
)
def vacant_parcel_share(survey: Survey) -> Figures:
    """Share of the building land that lies vacant.

    Formula
    -------
    Σ area of the vacant parcels ÷ Σ area of the vacant and built ones. Vacant: said by the register or the class,
    else buildings
    cover less than 1 % of a parcel meant for buildings, else (without a building layer) the register's floor area is 0.

    Zero
    ----
    All building land is built.

    Missing
    -------
    No parcel layer, no building land, or the state of none is known.

    Source
    ------
    gisplan's own convention. A physical state, not the legal finding of idle land (闲置土地).
    """
    return _state_share(survey, ("vacant",), ("built", "vacant"))
