"""Find where polygons of one layer cover the same land, and how much."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.geometry.borders import Borders, borders
from gisplan.geometry.near import _tree
from gisplan.geometry.parallel import in_chunks

#: Vertices from which preparing a polygon pays.
LARGE_VERTICES = 64


@dataclass(frozen=True)
class Overlaps:
    """Pairs of polygons that cover the same land.

    Attributes
    ----------
    first, second
        Row numbers, first < second, sorted.
    area
        Planar m² that the two share.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    area: NDArray[np.float64]


def overlaps(
    polygons: NDArray[np.object_],
    *,
    least_m2: float = 0.01,
    known: Borders | None = None,
    executor: Executor | None = None,
) -> Overlaps:
    """Find the pairs of polygons that cover the same land.

    Parameters
    ----------
    polygons
        Valid (multi)polygons, shape (n,).
    least_m2
        Shared land below this is the noise of digitising and is not reported; 0 reports every sliver.
    known
        The polygons' borders, where they have been looked at already.
    """
    none = np.zeros(0, dtype=np.int64)
    if len(polygons) < 2:
        return Overlaps(none, none, np.zeros(0))
    if known is not None and least_m2 > 0 and len(known.met) == 0:
        return Overlaps(none, none, np.zeros(0))
    low, high = _boxes_meet(polygons, least_m2, executor)
    # Borders tell a clean fabric from one with overlaps. Where fewer boxes meet than there are polygons, as among
    # buildings, the pairs themselves are sooner looked at.
    if known is None and least_m2 > 0 and len(low) > len(polygons):
        known = borders(polygons, executor=executor)
        if len(known.met) == 0:
            return Overlaps(none, none, np.zeros(0))
    found = _shared(polygons, low, high, executor)
    kept = found.area >= least_m2
    return Overlaps(found.first[kept], found.second[kept], found.area[kept])


def _boxes_meet(
    polygons: NDArray[np.object_], least_m2: float, executor: Executor | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of polygons whose boxes share enough land that the polygons may; first < second, sorted."""
    tree = _tree(polygons)
    box = shapely.bounds(polygons)

    def work(rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        i, j = tree.query(polygons[rows])
        i = rows[i]
        once = i < j
        i, j = i[once], j[once]
        side = np.minimum(box[i, 2:], box[j, 2:]) - np.maximum(box[i, :2], box[j, :2])
        enough = side.prod(axis=1) >= 0.99 * least_m2  # less for rounding
        i, j = i[enough], j[enough]
        order = np.lexsort((j, i))
        return i[order], j[order]

    parts = in_chunks(work, len(polygons), executor=executor, least=200)
    first, second = (np.concatenate(c) for c in zip(*parts, strict=True))
    return first, second


def _shared(
    polygons: NDArray[np.object_], first: NDArray[np.int64], second: NDArray[np.int64], executor: Executor | None
) -> Overlaps:
    """Pairs whose insides meet, in the order they come, with the land they share."""
    vertices = shapely.get_num_coordinates(polygons)

    def work(rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        low, high = first[rows], second[rows]
        # The larger of the two asks: a street polygon that touches every parcel is then prepared once, as a copy
        # of this thread's own.
        asks = np.where(vertices[low] >= vertices[high], low, high)
        unique, of = np.unique(asks, return_inverse=True)
        own = polygons[unique]
        large = vertices[unique] > LARGE_VERTICES
        copies = shapely.from_wkb(shapely.to_wkb(own[large]))
        shapely.prepare(copies)
        own[large] = copies
        share = shapely.relate_pattern(own[of], polygons[low + high - asks], "T********")
        low, high = low[share], high[share]
        return low, high, shapely.area(shapely.intersection(polygons[low], polygons[high]))

    parts = in_chunks(work, len(first), executor=executor, least=1000)
    low, high, area = (np.concatenate(c) for c in zip(*parts, strict=True))
    return Overlaps(low, high, area)


def multiplicity_cells(polygons: NDArray[np.object_], found: Overlaps) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Split the land that polygons share into cells, and say how many polygons lie over each.

    Parameters
    ----------
    polygons
        Shape (n,).
    found
        Their overlaps.

    Returns
    -------
    tuple
        Cells (polygons that do not overlap) and the number of polygons over each, 2 or more.
    """
    mine = polygons[np.unique(np.concatenate([found.first, found.second]))]
    if len(mine) == 0:
        return np.zeros(0, dtype=object), np.zeros(0, dtype=np.int64)
    lines = shapely.union_all(shapely.boundary(mine))
    cells = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    cell, polygon = _tree(mine).query(cells)
    # Not by a point inside: where borders all but coincide, GEOS may put it a hair outside the cell.
    covered = shapely.area(shapely.intersection(cells[cell], mine[polygon])) > 0.5 * shapely.area(cells[cell])
    over = np.bincount(cell[covered], minlength=len(cells))
    return cells[over >= 2], over[over >= 2]
