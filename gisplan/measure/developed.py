"""Which parcels are built and which supplied, and how much of that lies in any shape, each bit of land once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.geometry import covered, ellipsoidal_area, signed, united
from gisplan.measure.catalogue import Array
from gisplan.measure.survey import Survey

Shapes = NDArray[np.object_]
Mask = NDArray[np.bool_]

#: Dates that show a parcel to have been supplied, once they have passed.
_AFTER_SUPPLY = ("supply_date", "handover_date", "actual_start", "stop_date", "completion_date")

#: Dates that only a contract sets, so that the parcel is supplied whenever they are.
_OF_CONTRACT = ("agreed_start", "extended_start", "agreed_completion")


@dataclass(frozen=True)
class Land:
    """Parcels of one kind as a sum of shapes; see `gisplan.geometry.signed`.

    Attributes
    ----------
    shapes
        The parcels, then the cells that several of them cover.
    amounts
        m² of each by the plan's method, negative for cells.
    """

    shapes: Shapes
    amounts: Array

    def within(self, targets: Shapes) -> Array:
        """m² in each of some (multi)polygons, shape (targets,)."""
        return covered(targets, self.shapes, self.amounts)


def land_area(survey: Survey, shapes: Shapes) -> Array:
    """Area of shapes in m² by the plan's method."""
    if survey.plan.plan.area == "ellipsoid":
        return ellipsoidal_area(shapes, survey.layers.crs)
    return np.array([s.area for s in shapes], dtype=float)


def as_land(survey: Survey, shapes: Shapes) -> Land:
    """Polygons as land that counts each bit once."""
    parts, weight = signed(shapes)
    return Land(parts, weight * land_area(survey, parts))


def supplied(survey: Survey) -> NDArray[np.object_]:
    """Tell of each parcel whether it has been supplied: True, False, or None where the register does not say.

    A date of supply settles it, held against the plan's ``as_of``. Without one, a later event that has happened, or a
    date that only a contract sets, shows that it was. What the land bank holds is not supplied.
    """
    return survey.once("supplied", lambda: _supplied(survey))


def _supplied(survey: Survey) -> NDArray[np.object_]:
    frame = survey.layers.layers["parcels"].frame
    out = np.full(len(frame), None, dtype=object)
    as_of = survey.plan.plan.as_of
    bank = banked(survey)
    if bank is not None:
        out[bank] = False
    for name in _OF_CONTRACT:
        if name in frame:
            out[frame[name].notna().to_numpy()] = True
    for name in reversed(_AFTER_SUPPLY):
        if name in frame:
            told = np.flatnonzero(frame[name].notna().to_numpy())
            day = frame[name].to_numpy(dtype=object)[told]
            past = np.array([as_of is None or d <= as_of for d in day], dtype=bool)
            out[told[past]] = True
            if name == "supply_date":
                out[told[~past]] = False
    return out


def banked(survey: Survey) -> Mask | None:
    """Parcels that the land bank holds by the register's status; None where there is no status."""
    frame = survey.layers.layers["parcels"].frame
    if "status" not in frame:
        return None
    words = {w.casefold() for w in (*vocabulary.land_bank_words(), *survey.plan.supply.land_bank)}
    return np.array([isinstance(s, str) and s.strip().casefold() in words for s in frame["status"]], dtype=bool)


def built(survey: Survey) -> NDArray[np.object_]:
    """Tell of each parcel whether it is in use (built, or formed into roads and green); None where nothing tells."""
    assert survey.parcels is not None
    state = survey.parcels.state
    out = np.isin(state.astype(str), ("built", "formed")).astype(object)
    out[[s is None for s in state]] = None
    return out


def parcels_where(survey: Survey, name: str, chosen: Mask) -> Land:
    """Land of chosen parcels, worked out once under a name."""
    shapes = np.asarray(survey.layers.layers["parcels"].frame.geometry.array)
    return survey.once(f"land of {name}", lambda: as_land(survey, shapes[chosen]))


def is_true(told: NDArray[np.object_]) -> Mask:
    """Where something is known to be."""
    return np.asarray([t is True for t in told], dtype=bool)


def is_unknown(told: NDArray[np.object_]) -> Mask:
    """Where nothing is known."""
    return np.asarray([t is None for t in told], dtype=bool)


def built_land(survey: Survey) -> Land:
    """Land of parcels in use."""
    return parcels_where(survey, "built", is_true(built(survey)))


def supplied_land(survey: Survey) -> Land:
    """Land of parcels known to be supplied."""
    return parcels_where(survey, "supplied", is_true(supplied(survey)))


def developed(survey: Survey) -> NDArray[np.object_]:
    """Built or supplied: True where one of them is, None where neither is and one is not known."""
    one, other = built(survey), supplied(survey)
    out = np.full(len(one), False, dtype=object)
    out[is_unknown(one) | is_unknown(other)] = None
    out[is_true(one) | is_true(other)] = True
    return out


def developed_land(survey: Survey) -> Land:
    """Land of parcels that are built or supplied."""
    return parcels_where(survey, "developed", is_true(developed(survey)))


def union_of(survey: Survey, layer: str, chosen: Mask | None = None) -> Shapes:
    """All land of (chosen records of) a layer as one shape, shape (1,)."""
    shapes = np.asarray(survey.layers.layers[layer].frame.geometry.array)
    groups = np.zeros(len(shapes), dtype=np.int64) if chosen is None else np.where(chosen, 0, -1)
    return united(shapes, groups, size=1)
