"""Find where polygons of one layer cover the same land, and how much."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

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


def _rings(
    polygons: NDArray[np.object_],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Vertices of all rings, where each ring begins, whose it is, and whether it is a hole."""
    # Making each ring a geometry costs more than all the rest, so plain polygons, which are their shell, go without.
    plain = (shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON) & (shapely.get_num_interior_rings(polygons) == 0)
    parts, whose = shapely.get_parts(polygons[~plain], return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    first = np.diff(part, prepend=-1) > 0
    xy, ring = zip(
        shapely.get_coordinates(polygons[plain], return_index=True),
        shapely.get_coordinates(rings, return_index=True),
        strict=True,
    )
    count = int(plain.sum())
    begin = np.flatnonzero(np.diff(np.concatenate([ring[0], ring[1] + count]), prepend=-1))
    owner = np.concatenate([np.flatnonzero(plain), np.flatnonzero(~plain)[whose[part]]])
    return np.concatenate(xy), begin, owner, np.concatenate([np.zeros(count, dtype=bool), ~first])


def _has_open_edge(polygons: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell which polygons have an edge that no neighbour runs along exactly once, the other way round.

    Two polygons can only cover the same land if, somewhere, one that has such an edge overlaps another: the number of polygons over
    a place changes only across open edges. So where there are none (a clean cadastral fabric), no pair need be looked at.
    Edges are told apart by a 64-bit hash of their end points.
    """
    xy, begin, owner, is_hole = _rings(polygons)
    bits = np.ascontiguousarray(xy + 0.0).view(np.uint64)  # + 0.0 turns −0 into 0
    with np.errstate(over="ignore"):
        point = (bits[:, 0] * np.uint64(0x9E3779B97F4A7C15)) ^ (bits[:, 1] * np.uint64(0xC2B2AE3D27D4EB4F))
        point ^= point >> np.uint64(29)
        point *= np.uint64(0xBF58476D1CE4E5B9)
        point ^= point >> np.uint64(32)
        a, b = point[:-1], point[1:]
        key = (np.minimum(a, b) * np.uint64(3)) ^ np.maximum(a, b)
    # A ring's direction follows from its signed area; shells run one way, holes the other.
    near = xy - xy[np.repeat(begin, np.diff(np.append(begin, len(xy))))]
    cross = near[:-1, 0] * near[1:, 1] - near[1:, 0] * near[:-1, 1]
    edge = np.ones(len(cross), dtype=bool)
    edge[begin[1:] - 1] = False
    cross[~edge] = 0.0
    clockwise = np.add.reduceat(np.append(cross, 0.0), begin) < 0
    ring = np.repeat(np.arange(len(begin)), np.diff(np.append(begin, len(xy))))[:-1][edge]
    key, forward, of = key[edge], (a < b)[edge] ^ (clockwise != is_hole)[ring], owner[ring]
    order = np.argsort(key)
    key, forward, of = key[order], forward[order], of[order]
    begins = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])) if len(key) else np.zeros(0, dtype=int)
    runs = np.diff(np.append(begins, len(key)))
    ahead = np.add.reduceat(forward.astype(np.int64), begins) if len(begins) else np.zeros(0, dtype=int)
    matched = np.repeat((runs == 2) & (ahead == 1), runs)
    is_open = np.zeros(len(polygons), dtype=bool)
    is_open[of[~matched]] = True
    return is_open


def overlaps(
    polygons: NDArray[np.object_], *, least_m2: float = 0.01, executor: Executor | None = None
) -> Overlaps:
    """Find the pairs of polygons that cover the same land.

    Parameters
    ----------
    polygons
        Valid (multi)polygons, shape (n,).
    least_m2
        Shared land below this is the noise of digitising and is not reported.
    """
    suspect = _has_open_edge(polygons)
    found = _pairs(polygons, np.flatnonzero(suspect), executor)
    if len(found.area) and not suspect.all():
        # Something overlaps, so a polygon without an open edge may lie under another one as well.
        found = _pairs(polygons, np.arange(len(polygons)), executor)
    kept = found.area >= least_m2
    return Overlaps(found.first[kept], found.second[kept], found.area[kept])


def _pairs(polygons: NDArray[np.object_], rows: NDArray[np.int64], executor: Executor | None) -> Overlaps:
    tree = _tree(polygons)
    vertices = shapely.get_num_coordinates(polygons)

    def work(chunk: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        mine = rows[chunk]
        i, j = tree.query(polygons[mine])
        i = mine[i]
        pair = np.unique(np.column_stack([np.minimum(i, j), np.maximum(i, j)])[i != j], axis=0)
        low, high = pair[:, 0], pair[:, 1]
        # The larger of the two asks: a street polygon that touches every parcel is then prepared once, as a copy of this thread's own.
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

    parts = in_chunks(work, len(rows), executor=executor, least=200)
    low, high, area = (np.concatenate(c) for c in zip(*parts, strict=True))
    pair, first = np.unique(np.column_stack([low, high]), axis=0, return_index=True)
    return Overlaps(pair[:, 0], pair[:, 1], area[first])


def multiplicity_cells(
    polygons: NDArray[np.object_], found: Overlaps
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
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
    inside = shapely.point_on_surface(cells)
    cell, _ = _tree(mine).query(inside, predicate="intersects")
    over = np.bincount(cell, minlength=len(cells))
    return cells[over >= 2], over[over >= 2]
