"""Idle buildings (闲置厂房): vacant floor area, and how much of the standard factories there is and is let."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gisplan.measure.catalogue import Array, Figures, amount, indicator, part, ratio
from gisplan.measure.survey import Survey, column

#: Leased floor area may exceed the building's own by this part: both are measured, by different people.
_OVER = 1.05


def leased_share(survey: Survey) -> Array:
    """Share of each building's floor area that is let; NaN where not known or not to be believed; shape (buildings,).

    The column ``leased_share`` (0–1), else ``leased_area_m2`` ÷ floor area. A share below 0 or more than 5 % above 1
    is not believed; what lies between is 1.
    """
    assert survey.buildings is not None
    frame = survey.layers.layers["buildings"].frame
    with np.errstate(divide="ignore", invalid="ignore"):
        by_area = np.where(
            survey.buildings.floor_area > 0, column(frame, "leased_area_m2") / survey.buildings.floor_area, np.nan
        )
    said = column(frame, "leased_share")
    share = np.where(np.isnan(said), by_area, said)
    return np.where((share >= 0) & (share <= _OVER), np.minimum(share, 1.0), np.nan)


def leases_doubted(survey: Survey) -> NDArray[np.bool_]:
    """Buildings whose leased area or share is given, but not believed; shape (buildings,)."""
    assert survey.buildings is not None
    frame = survey.layers.layers["buildings"].frame
    given = ~np.isnan(column(frame, "leased_share"))
    given |= ~np.isnan(column(frame, "leased_area_m2")) & ~np.isnan(survey.buildings.floor_area)
    return given & np.isnan(leased_share(survey))


def standard_factories(survey: Survey) -> NDArray[np.bool_]:
    """Buildings that are said to be standard factories; shape (buildings,)."""
    frame = survey.layers.layers["buildings"].frame
    if "is_standard_factory" not in frame:
        return np.zeros(len(frame), dtype=bool)
    return np.asarray(frame["is_standard_factory"] == True, dtype=bool)  # noqa: E712  True, False and None


def to_let(survey: Survey) -> NDArray[np.bool_]:
    """Buildings that are let by the floor: standard factories, and all of which a leased area is given."""
    frame = survey.layers.layers["buildings"].frame
    given = ~np.isnan(column(frame, "leased_area_m2")) | ~np.isnan(column(frame, "leased_share"))
    return standard_factories(survey) | given


def _sums(survey: Survey, which: NDArray[np.bool_]) -> tuple[Array, Array, Array, Array, Array]:
    """Let floor area, floor area, number used, number lacking data, known share of the land; of some buildings."""
    assert survey.buildings is not None
    pieces, floor, share = survey.pieces["buildings"], survey.buildings.floor_area, leased_share(survey)
    known = which & ~np.isnan(floor) & ~np.isnan(share)
    covered = part(
        pieces.total(np.where(known, pieces.size, 0.0)),
        pieces.total(np.where(which, pieces.size, 0.0)),
    )
    return (
        pieces.total(np.where(known, floor * share, 0.0)),
        pieces.total(np.where(known, floor, 0.0)),
        pieces.count(known),
        pieces.count(which & ~known),
        covered,
    )


@indicator(
    "vacant_floor_area_m2",
    unit="m²",
    group="intensity",
    zh="空置建筑面积",
    en="Vacant floor area",
    needs=["buildings", "buildings_let"],
    formula_zh="出租建筑的建筑面积 − 已出租建筑面积",
    formula_en="Floor area of buildings that are let − leased floor area",
)
def vacant_floor_area_m2(survey: Survey) -> Figures:
    """Vacant floor area of the buildings that are let by the floor.

    Formula
    -------
    Σ floor area × (1 − leased share) of the standard factories and of all buildings with a leased area, cut where they
    lie. Buildings that their owner uses are not asked.

    Zero
    ----
    All of them are let, or none stands in the zone.

    Missing
    -------
    No building says whether it is a standard factory or let; or nothing tells the floor area or lease of any. Partial
    where that of some is unknown.

    Source
    ------
    gisplan's own convention.
    """
    let, floor, used, lacking, known = _sums(survey, to_let(survey))
    return amount(floor - let, n_used=used, n_missing=lacking, known_share=np.where(used + lacking > 0, known, 1.0))


@indicator(
    "standard_factory_share",
    unit="share",
    group="intensity",
    zh="标准厂房占比",
    en="Standard factory share",
    needs=["buildings.is_standard_factory"],
    formula_zh="标准厂房建筑面积 ÷ 建筑面积",
    formula_en="Floor area of standard factories ÷ floor area",
)
def standard_factory_share(survey: Survey) -> Figures:
    """Share of floor area that stands in standard factories (标准厂房).

    Formula
    -------
    Σ floor area of standard factories ÷ Σ floor area of all buildings of which both the kind and the floor area are
    known, cut where they lie.

    Zero
    ----
    No standard factory stands in the zone.

    Missing
    -------
    No building in the zone whose kind and floor area are known. Partial where those of some are not.

    Source
    ------
    gisplan's own convention; a register of the floor area of parcels is not used.
    """
    assert survey.buildings is not None
    pieces, floor = survey.pieces["buildings"], survey.buildings.floor_area
    said = survey.layers.layers["buildings"].frame["is_standard_factory"].notna().to_numpy(dtype=bool)
    known = said & ~np.isnan(floor)
    return ratio(
        pieces.total(np.where(known & standard_factories(survey), floor, 0.0)),
        pieces.total(np.where(known, floor, 0.0)),
        n_used=pieces.count(known),
        n_missing=pieces.count(~known),
        known_share=part(pieces.total(np.where(known, pieces.size, 0.0)), pieces.total(pieces.size)),
    )


@indicator(
    "standard_factory_occupancy",
    unit="share",
    group="intensity",
    zh="标准厂房出租率",
    en="Standard factory occupancy",
    needs=["buildings.is_standard_factory"],
    formula_zh="标准厂房已出租建筑面积 ÷ 标准厂房建筑面积",
    formula_en="Leased floor area ÷ floor area, of standard factories",
)
def standard_factory_occupancy(survey: Survey) -> Figures:
    """Share of the floor area of standard factories that is let.

    Formula
    -------
    Σ leased floor area ÷ Σ floor area of the standard factories of which both are known, cut where they lie.

    Zero
    ----
    None of them is let.

    Missing
    -------
    No standard factory in the zone, or of none is known what is let. Partial where that of some is unknown.

    Source
    ------
    gisplan's own convention.
    """
    let, floor, used, lacking, known = _sums(survey, standard_factories(survey))
    return ratio(let, floor, n_used=used, n_missing=lacking, known_share=known)
