"""Polygons inside polygons: copies dropped, outlines of filled blocks dropped, islands taken out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray


@dataclass(frozen=True)
class Nested:
    """Polygons of which none contains another.

    Attributes
    ----------
    polygons
        Shape (m,).
    rows
        Row each had before.
    copies, outlines, islands
        How many repeated another one; went round others that fill them; lay inside another one.
    """

    polygons: NDArray[np.object_]
    rows: NDArray[np.int64]
    copies: int
    outlines: int
    islands: int


def nested(shells: NDArray[np.object_], polygons: NDArray[np.object_], *, tolerance: float, holes: bool) -> Nested:
    """Take polygons out of those they lie in.

    Parameters
    ----------
    shells
        The polygons, mended, shape (n,); their own holes do not count.
    polygons
        The polygons as they are drawn.
    tolerance
        Width (m) up to which a border may run outside, and below which nothing is left of a polygon.
    holes
        Whether a polygon inside another is only a hole; one inside a hole is a polygon again.
    """
    shells = np.array([_filled(s) for s in shells], dtype=object)
    outer, inner = _pairs(shells, tolerance)
    area, length, drawn = shapely.area(shells), shapely.length(shells), shapely.area(polygons)
    gone = np.zeros(len(shells), dtype=bool)
    same = area[outer] - area[inner] <= tolerance * length[outer]
    for a, b in zip(outer[same].tolist(), inner[same].tolist(), strict=True):
        if not (gone[a] or gone[b]):
            # The one with a hole knows more; else the first one drawn stays.
            gone[max(a, b, key=lambda i: (round(drawn[i], 2), i))] = True
    copies = int(gone.sum())
    live = ~(gone[outer] | gone[inner])
    outer, inner = outer[live], inner[live]
    left = polygons.copy()
    for i in np.unique(outer):
        # A hatch may have holes of its own, which stay holes.
        rest = shapely.difference(
            shapely.make_valid(polygons[i], method="structure", keep_collapsed=False),
            shapely.union_all(shells[inner[outer == i]]),
        )
        parts = shapely.get_parts(rest)
        parts = parts[shapely.get_type_id(parts) == 3]
        wide = parts[2 * shapely.area(parts) > tolerance * shapely.length(parts)]
        gone[i] = len(wide) == 0
        left[i] = wide[0] if len(wide) == 1 else shapely.multipolygons(wide)
    outlines = int(gone.sum()) - copies
    live = ~(gone[outer] | gone[inner])
    depth = np.bincount(inner[live], minlength=len(shells))
    keep = ~gone & (depth % 2 == 0) if holes else ~gone
    return Nested(left[keep], np.flatnonzero(keep), copies, outlines, int((depth[~gone] > 0).sum()))


def _filled(shape: Any) -> Any:
    """Polygon without its holes."""
    return shapely.polygons(shapely.get_exterior_ring(shape)) if shape.geom_type == "Polygon" else shape


def _pairs(shells: NDArray[np.object_], tolerance: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of a polygon and one that lies in it, but for a strip along its border."""
    if len(shells) == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    box, area = shapely.bounds(shells), shapely.area(shells)
    outer, inner = shapely.STRtree(shells).query(shells)
    larger = (area[outer] > area[inner]) | ((area[outer] == area[inner]) & (outer < inner))
    low = (box[inner, :2] >= box[outer, :2] - tolerance).all(axis=1)
    high = (box[inner, 2:] <= box[outer, 2:] + tolerance).all(axis=1)
    maybe = larger & low & high
    outer, inner = outer[maybe], inner[maybe]
    outside = area[inner] - shapely.area(shapely.intersection(shells[outer], shells[inner]))
    slack = np.minimum(tolerance * shapely.length(shells[inner]), 0.01 * area[inner])
    within = outside <= slack
    return outer[within], inner[within]
