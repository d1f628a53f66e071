"""On which side of each parcel's red line something of a service lies, as far as its layer tells."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from gisplan.geometry import reached_by

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Side:
    """What lies on one side of each red line; both arrays have the shape (parcels,).

    Attributes
    ----------
    live
        Whether anything in service surely does.
    doubtful
        Whether anything may, of which nobody knows the status or the side.
    """

    live: Bools
    doubtful: Bools


def is_inside(frame: gpd.GeoDataFrame) -> Bools:
    """Features of a service that lie inside a red line."""
    if "side" not in frame:
        return np.zeros(len(frame), dtype=bool)
    return np.asarray(frame["side"].eq("inside"), dtype=bool)


def touched(lots: NDArray[np.object_], frame: gpd.GeoDataFrame, chosen: Bools, *, grace_m: float) -> Bools:
    """Parcels that any of the chosen features touches."""
    return _reached(lots, frame, chosen, grace_m)


def both_sides(
    lots: NDArray[np.object_],
    frame: gpd.GeoDataFrame,
    live: Bools,
    unknown: Bools,
    *,
    reach_m: float,
    grace_m: float,
) -> tuple[Side, Side]:
    """Tell what is inside and what outside of each red line, within a straight distance.

    What lies inside counts for the parcel that it touches. What lies on a side that nobody tells may be on either of
    a parcel that it touches, and is outside of all others.

    Parameters
    ----------
    lots
        Polygons of the parcels, shape (n,).
    frame
        The service's layer, with ``side`` (``inside``, ``outside`` or missing).
    live, unknown
        Features in service, and those of which nobody knows it, shape (m,).
    reach_m
        How far (m) what is outside serves.
    grace_m
        m that either may be off.
    """
    inside, untold = is_inside(frame), np.asarray(frame["side"].isna(), dtype=bool)
    outside = ~inside & ~untold
    at = touched(lots, frame, (live | unknown) & untold, grace_m=grace_m)
    within = Side(
        touched(lots, frame, live & inside, grace_m=grace_m),
        touched(lots, frame, unknown & inside, grace_m=grace_m) | at,
    )
    far = reach_m + grace_m
    beyond = Side(
        _reached(lots, frame, live & outside, far) | _apart(lots, frame, live & untold, far, grace_m),
        _reached(lots, frame, unknown & outside, far) | _apart(lots, frame, unknown & untold, far, grace_m) | at,
    )
    return within, beyond


def _reached(lots: NDArray[np.object_], frame: gpd.GeoDataFrame, chosen: Bools, distance: float) -> Bools:
    out = np.zeros(len(lots), dtype=bool)
    sources = np.asarray(frame.geometry.array)[chosen]
    out[reached_by(lots, sources, distance=np.full(len(sources), distance))[1]] = True
    return out


def _apart(lots: NDArray[np.object_], frame: gpd.GeoDataFrame, chosen: Bools, distance: float, grace_m: float) -> Bools:
    """Parcels that any of the chosen features comes near without touching them."""
    sources = np.asarray(frame.geometry.array)[chosen]
    far, near = (reached_by(lots, sources, distance=np.full(len(sources), d)) for d in (distance, grace_m))
    out = np.zeros(len(lots), dtype=bool)
    out[np.setdiff1d(far[0] * len(lots) + far[1], near[0] * len(lots) + near[1]) % max(len(lots), 1)] = True
    return out
