"""Yards of each parcel: what the register says, else what is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.errors import counted, first_ids
from gisplan.geometry import covered, signed
from gisplan.issues import Issue
from gisplan.measure.catalogue import Array
from gisplan.measure.developed import land_area
from gisplan.measure.survey import Survey, column


@dataclass(frozen=True)
class Yards:
    """Land under open storage and work yards; all arrays have the shape (parcels,).

    Attributes
    ----------
    area
        m² by the register, else as drawn; NaN where neither tells.
    by_drawing
        Where the layer told it.
    """

    area: Array
    by_drawing: NDArray[np.bool_]


def yards_of(survey: Survey) -> Yards | None:
    """Yards of the parcels, each bit of land once; None where neither register nor layer tells of any.

    Drawn yards are told without the buildings on them, whose footprint counts by itself. With a layer, a parcel that no
    yard lies on has none.
    """
    return survey.once("yards", lambda: _yards(survey))


def _yards(survey: Survey) -> Yards | None:
    frame, is_drawn = survey.layers.layers["parcels"].frame, "yards" in survey.layers.layers
    if not is_drawn and "yard_area_m2" not in frame:
        return None
    own = column(frame, "yard_area_m2")
    if not is_drawn:
        return Yards(own, np.zeros(len(own), dtype=bool))
    parts, weight = signed(_open_land(survey))
    drawn = covered(np.asarray(frame.geometry.array), parts, weight * land_area(survey, parts))
    by_drawing = np.isnan(own)
    # What is left of land cut away along its own border is noise.
    return Yards(np.where(by_drawing, np.where(drawn < 1e-6, 0.0, drawn), own), by_drawing)


def _open_land(survey: Survey) -> NDArray[np.object_]:
    """Drawn yards without the buildings that stand on them."""
    yards = np.asarray(survey.layers.layers["yards"].frame.geometry.array).copy()
    buildings = survey.layers.frame("buildings")
    if buildings is not None:
        shapes = np.asarray(buildings.geometry.array)
        yard, building = shapely.STRtree(shapes).query(yards, predicate="intersects")
        for i in np.unique(yard):  # there are few yards, and a union works on one at a time
            yards[i] = shapely.difference(yards[i], shapely.union_all(shapes[building[yard == i]]))
    left: NDArray[np.object_] = yards[(shapely.get_dimensions(yards) == 2) & ~shapely.is_empty(yards)]
    return left


def yard_issues(survey: Survey) -> list[Issue]:
    """Say of how many parcels the layer of yards told what the register does not."""
    if survey.parcels is None or "yards" not in survey.layers.layers:
        return []
    yards = yards_of(survey)
    assert yards is not None
    where = yards.by_drawing & (yards.area > 0)
    if not where.any():
        return []
    frame = survey.layers.layers["parcels"].frame
    ids = [str(i) for i in frame["parcel_id"][where]]
    message = (
        f"Yards of {counted(len(ids), 'parcel')} are as drawn, {yards.area[where].sum():,.0f} m² without the "
        f"buildings on them, where the register gives none: {first_ids(ids)}."
    )
    return [Issue("YARDS_DRAWN", "note", "parcels", len(ids), message, "", features=ids, ids=ids)]
