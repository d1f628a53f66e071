"""Which parcels are built and which supplied, and how much of that lies in any shape, each bit of land once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.geometry import Overlaps, cut, ellipsoidal_area, multiplicity_cells, overlaps, sum_by, united
from gisplan.measure.catalogue import Array
from gisplan.measure.dates import days
from gisplan.measure.survey import Survey

Shapes = NDArray[np.object_]
Mask = NDArray[np.bool_]

#: Dates that show a parcel to have been supplied, once they have passed.
_AFTER_SUPPLY = ("supply_date", "handover_date", "actual_start", "stop_date", "completion_date")

#: Dates that only a contract sets, so that the parcel is supplied whenever they are.
_OF_CONTRACT = ("agreed_start", "extended_start", "agreed_completion")


@dataclass(frozen=True, eq=False)
class Places:
    """Land to sum parcels by: places that are each one shape, or several together.

    Attributes
    ----------
    name
        Under which the survey keeps how parcels are cut by them.
    shapes
        (Multi)polygons; none of a place's own may share land.
    place, shape
        Row of the place and of the shape of each pair that belongs together.
    size
        Number of places.
    """

    name: str
    shapes: Shapes
    place: NDArray[np.int64]
    shape: NDArray[np.int64]
    size: int

    @classmethod
    def single(cls, name: str, shapes: Shapes) -> Places:
        """Places of one shape each."""
        rows = np.arange(len(shapes))
        return cls(name, shapes, rows, rows, len(shapes))

    def shares(self, features: Shapes) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
        """Place, feature, and part of the feature that lies in it, sorted by feature and place; see `cut`."""
        pieces = cut(self.shapes, features, dimension=2, outside=False)
        order = np.argsort(self.shape, kind="stable")
        first = np.searchsorted(self.shape[order], np.arange(len(self.shapes) + 1))
        times = np.diff(first)[pieces.zone]
        piece = np.repeat(np.arange(len(pieces.zone)), times)
        nth = np.arange(len(piece)) - np.repeat(np.cumsum(times) - times, times)
        place = self.place[order[first[pieces.zone[piece]] + nth]]
        key = pieces.feature[piece] * self.size + place
        pairs, pair = np.unique(key, return_inverse=True)
        share = sum_by(pair, pieces.share[piece], size=len(pairs))
        return pairs % self.size, pairs // self.size, share


@dataclass(frozen=True, eq=False)
class Land:
    """Parcels of one kind as a sum of shapes; themselves, less the cells that several cover.

    Attributes
    ----------
    survey
        Whose parcels.
    chosen
        Which, shape (parcels,).
    cells, amounts
        What several of them cover, and m² of each by the plan's method × how often too much it is counted.
    """

    survey: Survey
    chosen: Mask
    cells: Shapes
    amounts: Array

    def within(self, places: Places) -> Array:
        """m² in each of some places, shape (places,)."""
        if not len(places.shapes):
            return np.zeros(places.size)
        place, parcel, share = self.survey.once(
            f"parcels cut by {places.name}", lambda: places.shares(_parcel_shapes(self.survey))
        )
        mine = self.chosen[parcel]
        where, part = place[mine], share[mine] * _parcel_area(self.survey)[parcel[mine]]
        if len(self.cells):
            again, cell, share = places.shares(self.cells)
            where, part = np.concatenate([where, again]), np.concatenate([part, share * self.amounts[cell]])
        return sum_by(where, part, size=places.size)


def _parcel_shapes(survey: Survey) -> Shapes:
    return np.asarray(survey.layers.layers["parcels"].frame.geometry.array)


def _parcel_area(survey: Survey) -> Array:
    return survey.once("land of parcels", lambda: land_area(survey, _parcel_shapes(survey)))


def land_area(survey: Survey, shapes: Shapes) -> Array:
    """Area of shapes in m² by the plan's method."""
    if survey.plan.plan.area == "ellipsoid":
        return ellipsoidal_area(shapes, survey.layers.crs)
    return np.array([s.area for s in shapes], dtype=float)


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
            day = days(frame, name)
            told = ~np.isnat(day)
            past = told if as_of is None else day <= np.datetime64(as_of, "D")
            out[past] = True
            if name == "supply_date":
                out[told & ~past] = False
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

    def make() -> Land:
        shapes = _parcel_shapes(survey)
        shared = survey.once("parcels that overlap", lambda: overlaps(shapes))
        both = chosen[shared.first] & chosen[shared.second]
        number = np.cumsum(chosen) - 1
        among = Overlaps(number[shared.first[both]], number[shared.second[both]], shared.area[both])
        cells, over = multiplicity_cells(shapes[chosen], among)
        return Land(survey, chosen, cells, (1.0 - over) * land_area(survey, cells))

    return survey.once(f"land of {name}", make)


def is_true(told: NDArray[np.object_]) -> Mask:
    """Where something is known to be."""
    return np.asarray(told == True, dtype=bool)  # noqa: E712  it holds True, False and None


def is_unknown(told: NDArray[np.object_]) -> Mask:
    """Where nothing is known."""
    return np.asarray(pd.isna(told), dtype=bool)


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
