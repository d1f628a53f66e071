"""Floor area and footprint of each zone: the sums that all building figures start from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gisplan.measure.catalogue import Array, Figures, amount, part
from gisplan.measure.survey import FLOOR_SOURCES, Survey


def floor_area_by_zone(
    survey: Survey, *, among: NDArray[np.bool_] | None = None, without: NDArray[np.bool_] | None = None
) -> Figures:
    """Floor area of each zone, with the number of buildings (or parcels) behind each source.

    A building is cut where it really lies. Where a parcel holds a building whose floor area nothing tells, and
    the register knows the
    parcel's, the register's stands for all buildings of that parcel, split by share of the parcel's area.

    Parameters
    ----------
    among
        Parcels on which floor area counts; everywhere by default.
    without
        Parcels on which it does not; none by default.
    """
    parcels = survey.parcels
    if survey.buildings is None:
        assert parcels is not None
        pieces = survey.pieces["parcels"]
        meant = np.ones(len(parcels.area), dtype=bool) if among is None else among
        known = meant & ~np.isnan(parcels.floor_area)
        known_land = pieces.total(np.where(known, pieces.size, 0.0))
        return amount(
            pieces.total(np.where(known, parcels.floor_area, 0.0)),
            n_used=pieces.count(known),
            n_missing=pieces.count(meant & ~known),
            known_share=part(known_land, pieces.total(np.where(meant, pieces.size, 0.0))),
            counts={"REGISTER": pieces.count(known)},
        )
    pieces = survey.pieces["buildings"]
    replaced = np.zeros(len(pieces.frame), dtype=bool)
    meant = np.ones(len(pieces.frame), dtype=bool)
    extra: Array = np.zeros(survey.zones)
    extra_count: Array = np.zeros(survey.zones)
    if parcels is not None:
        replaced = _on(survey, parcels.by_register)
        chosen = parcels.by_register
        if among is not None:
            chosen, meant = chosen & among, meant & _on(survey, among)
        if without is not None:
            chosen, meant = chosen & ~without, meant & ~_on(survey, without)
        whole = survey.pieces["parcels"]
        extra = whole.total(np.where(chosen, parcels.floor_area, 0.0))
        extra_count = whole.count(chosen)
    told = ~np.isnan(survey.buildings.floor_area)
    known = meant & told & ~replaced
    lacking = meant & ~told & ~replaced
    footprint = pieces.size
    counts = {
        name.upper(): pieces.count(known & (survey.buildings.source == i)) for i, name in enumerate(FLOOR_SOURCES)
    }
    counts |= {"REGISTER": extra_count, "UNKNOWN": pieces.count(lacking)}
    all_land = pieces.total(np.where(meant, footprint, 0.0))
    share = np.where(all_land > 0, part(pieces.total(np.where(meant & ~lacking, footprint, 0.0)), all_land), 1.0)
    return amount(
        pieces.total(np.where(known, survey.buildings.floor_area, 0.0)) + extra,
        n_used=pieces.count(known) + extra_count,
        n_missing=pieces.count(lacking),
        known_share=share,
        counts=counts,
    )


def _on(survey: Survey, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which buildings stand mostly on one of the chosen parcels."""
    assert survey.buildings is not None
    parcel = survey.buildings.parcel
    return np.asarray((parcel >= 0) & chosen[np.maximum(parcel, 0)])


def floor_area(survey: Survey) -> Figures:
    """Floor area of each zone (see `floor_area_by_zone`); worked out once."""
    return survey.once("floor area", lambda: floor_area_by_zone(survey))


def footprint(survey: Survey) -> Figures:
    """Land that buildings cover in each zone (see `footprint_by_zone`); worked out once."""
    return survey.once("footprint", lambda: footprint_by_zone(survey))


def footprint_by_zone(survey: Survey, *, without: NDArray[np.bool_] | None = None) -> Figures:
    """Land that buildings cover in each zone: their drawn footprints, else the register's.

    Parameters
    ----------
    without
        Parcels whose buildings do not count; all count by default.
    """
    if survey.buildings is not None:
        pieces = survey.pieces["buildings"]
        meant = np.ones(len(pieces.frame), dtype=bool) if without is None else ~_on(survey, without)
        return amount(pieces.total(np.where(meant, pieces.size, 0.0)), n_used=pieces.count(meant))
    pieces = survey.pieces["parcels"]
    assert survey.parcels is not None
    known = ~np.isnan(survey.parcels.footprint)
    return amount(
        pieces.total(survey.parcels.footprint),
        n_used=pieces.count(known),
        n_missing=pieces.count(~known),
        known_share=part(pieces.total(np.where(known, pieces.size, 0.0)), pieces.total(pieces.size)),
    )
