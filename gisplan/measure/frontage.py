"""Frontage: how much of each parcel's border faces a road, and which roads."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gisplan.geometry import Facing, facing, sum_by
from gisplan.measure.catalogue import Array, Figures, indicator, ratio
from gisplan.measure.survey import Survey, column

#: Frontage (m) from which a parcel counts as having some: less is the rounding of a corner.
LEAST_M = 1.0

#: How far (m) the edge of a road without a width may lie from its centreline: a parcel that faces such a road only may
#: or may not front on it.
UNKNOWN_HALF_M = 25.0


@dataclass(frozen=True)
class Frontage:
    """What of each parcel's border is on a road.

    Attributes
    ----------
    length
        m; NaN where the parcel faces only roads whose width nothing tells, shape (parcels,).
    roads
        Names of the roads (their ids where they have none), the longest first, joined by a semicolon; None without
        any. Roads without a width are not among them.
    """

    length: Array
    roads: NDArray[np.object_]


def frontage(survey: Survey) -> Frontage:
    """Frontage of every parcel on roads in service.

    Road land is that of the surfaces, where the plan has them, else what the width gives on either side of the
    centreline. The border counts from where, straight out and within the plan's ``frontage_m``, road land begins.
    """
    return survey.once("frontage", lambda: _frontage(survey))


def _frontage(survey: Survey) -> Frontage:
    spec = survey.plan.layers.roads
    assert spec is not None
    assert spec.frontage_m is not None
    frame, roads = survey.pieces["parcels"].frame, survey.pieces["roads"].frame
    parcels = np.asarray(frame.geometry.array)
    lines = np.asarray(roads.geometry.array)
    half = column(roads, "width_m") / 2
    known = half >= 0
    reach = np.where(known, half, UNKNOWN_HALF_M) + spec.frontage_m
    on = facing(parcels, lines[known], reach=reach[known], inside=spec.frontage_m)
    rows = np.flatnonzero(known)
    if "road_surfaces" in survey.pieces:
        borders = np.asarray(shapely.boundary(survey.pieces["road_surfaces"].frame.geometry.array))
        near = np.full(len(borders), float(spec.frontage_m))
        length = facing(parcels, borders, reach=near, inside=spec.frontage_m).length
    else:
        length = on.length
        maybe = facing(parcels, lines[~known], reach=reach[~known], inside=spec.frontage_m).length
        length = np.where((length < LEAST_M) & (maybe >= LEAST_M), np.nan, length)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.sqrt(column(frame, "area_m2") / column(frame, "planar_area_m2"))
    length = np.where(length < LEAST_M, 0.0, length * scale)
    return Frontage(length, _named(on, rows, roads, len(parcels), length))


def _named(on: Facing, rows: NDArray[np.int64], roads: pd.DataFrame, size: int, length: Array) -> NDArray[np.object_]:
    """Names of the roads that each parcel with frontage faces."""
    ids = roads["road_id"].astype(str)
    called = (roads["name"].fillna(ids) if "name" in roads else ids).iloc[rows]
    number, names = pd.factorize(called, sort=True)
    some = (on.part >= LEAST_M) & (length[on.polygon] > 0)
    # Lines of one name are one road. The longest first, then by name.
    pair, of = np.unique(on.polygon[some] * len(names) + number[on.line[some]], return_inverse=True)
    metres = sum_by(of.ravel(), on.part[some], size=len(pair))
    parcel, road = np.divmod(pair, max(len(names), 1))
    order = np.lexsort((road, -np.round(metres, 3), parcel))
    told = np.asarray(names, dtype=object)[road[order]].tolist()
    parcel = parcel[order]
    start = np.flatnonzero(np.diff(parcel, prepend=-1))
    out = np.full(size, None, dtype=object)
    out[parcel[start]] = [";".join(told[a:b]) for a, b in pairwise([*start.tolist(), len(told)])]
    return out


@indicator(
    "frontage_parcel_share",
    unit="share",
    group="roads",
    zh="临路宗地比例",
    en="Parcels with frontage",
    listed=["frontage", "parcels", "roads"],
    formula_zh="临路的宗地数 ÷ 宗地数",
    formula_en="Parcels with frontage on a road ÷ parcels",
)
def frontage_parcel_share(survey: Survey) -> Figures:
    """Share of the parcels that front on a road.

    Formula
    -------
    Number of parcels with at least 1 m of frontage ÷ number of parcels, each counted in the zone of its largest part.
    Frontage is the border of the parcel from which, looking straight out, road land begins within frontage_m.

    Zero
    ----
    No parcel of the zone lies on a road.

    Missing
    -------
    No parcel in the zone; not told of unless the plan gives frontage_m. Partial where parcels face only roads whose
    width is not known.

    Source
    ------
    临路宗地; gisplan's own convention.
    """
    length = frontage(survey).length
    owner = survey.pieces["parcels"].owner
    inside, known = owner >= 0, ~np.isnan(length)

    def count(chosen: NDArray[np.bool_]) -> Array:
        return sum_by(owner[inside & chosen], size=survey.zones)

    return ratio(
        count(known & (length > 0)),
        count(known),
        n_used=count(known),
        n_missing=count(~known),
    )
