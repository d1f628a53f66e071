"""Lines of a supply network as a graph: they meet where one ends at another, never where they merely cross."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gisplan.geometry.near import _tree

Rows = NDArray[np.int64]
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Joints:
    """Lines cut where they meet and where something hangs on them.

    Attributes
    ----------
    xy
        Place of each node, shape (nodes, 2).
    tail, head
        Nodes of each edge, shape (edges,).
    part
        Part of a line that each edge lies on.
    start, stop
        Where along that part the edge begins and ends (m, planar).
    first, last
        Nodes at the two ends of each part, shape (parts,).
    place
        Node of each place that was asked for.
    greatest_gap
        Largest distance (m) over which an end was joined to another line.
    """

    xy: Array
    tail: Rows
    head: Rows
    part: Rows
    start: Array
    stop: Array
    first: Rows
    last: Rows
    place: Rows
    greatest_gap: float

    @property
    def length(self) -> Array:
        """Planar length (m) of each edge."""
        return self.stop - self.start


def parts_of(lines: NDArray[np.object_]) -> tuple[NDArray[np.object_], Rows]:
    """Single lines with a length, and the row each comes from."""
    parts, whose = shapely.get_parts(lines, return_index=True)
    real = shapely.length(parts) > 0
    return np.asarray(parts[real]), np.asarray(whose[real], dtype=np.int64)


def join(
    parts: NDArray[np.object_],
    *,
    group: Rows,
    snap_m: float,
    named: tuple[Rows, Rows] | None = None,
    places: tuple[Rows, Array] = (np.empty(0, dtype=np.int64), np.empty(0)),
) -> Joints:
    """Join lines where an end of one meets another of its group, and cut them there.

    Two lines that cross without an end are two cables, one over the other.

    Parameters
    ----------
    parts
        Linestrings with a length, shape (n,).
    group
        Lines of different groups are never joined by where they lie, shape (n,).
    snap_m
        How far an end may lie from the line that it meets (m).
    named
        Number of the named place at which each part begins and ends, −1 where it has no name; two shapes (n,). Ends of
        one name are joined wherever they lie, and two ends with names by nothing else.
    places
        Part, and how far along it (m), of places that have to be nodes.

    Returns
    -------
    Joints
        Nodes are numbered along the parts, in their order.
    """
    n = len(parts)
    length = shapely.length(parts)
    rows = np.arange(n, dtype=np.int64)
    name = np.full((2, n), -1, dtype=np.int64) if named is None else np.stack(named)
    end, other, along, gap = _contacts(parts, group, name, length, snap_m)
    part = np.concatenate([rows, rows, other, places[0]])
    at = np.concatenate([np.zeros(n), length, along, places[1]])
    # What lies nearer to an end than the tolerance is the end.
    reach = np.minimum(snap_m, length[part] / 2)
    at = np.where(at <= reach, 0.0, np.where(at >= length[part] - reach, length[part], at))
    order = np.lexsort((at, part))
    fresh = np.ones(len(part), dtype=bool)
    fresh[1:] = (np.diff(part[order]) != 0) | (np.diff(at[order]) > 1e-6)
    point = np.empty(len(part), dtype=np.int64)
    point[order] = np.cumsum(fresh) - 1
    pairs = [np.stack([point[: 2 * n][end], point[2 * n : 2 * n + len(end)]])]
    pairs.append(_namesakes(name.ravel(), point[: 2 * n]))
    closed = np.flatnonzero(shapely.is_closed(parts))
    pairs.append(np.stack([point[closed], point[n + closed]]))
    node = merged(int(point.max(initial=-1)) + 1, pairs)
    own_part, own_at = part[order][fresh], at[order][fresh]
    inner = np.flatnonzero(np.diff(own_part) == 0)
    tail, head = node[inner], node[inner + 1]
    xy = shapely.get_coordinates(shapely.line_interpolate_point(parts[own_part], own_at))
    middle = np.zeros((int(node.max(initial=-1)) + 1, 2))
    _, lowest = np.unique(node, return_index=True)
    middle[:] = xy[lowest]
    return Joints(
        middle,
        tail,
        head,
        own_part[inner],
        own_at[inner],
        own_at[inner + 1],
        node[point[:n]],
        node[point[n : 2 * n]],
        node[point[2 * n + len(end) :]],
        float(gap.max(initial=0.0)),
    )


def _contacts(
    parts: NDArray[np.object_], group: Rows, name: Rows, length: Array, snap_m: float
) -> tuple[Rows, Rows, Array, Array]:
    """Ends (starts first, then stops), the part that each meets, where along it, and over which distance."""
    n = len(parts)
    none = np.empty(0, dtype=np.int64)
    if n == 0:
        return none, none, np.empty(0), np.empty(0)
    ends = np.concatenate([shapely.get_point(parts, 0), shapely.get_point(parts, -1)])
    end, other = _tree(parts).query(ends, predicate="dwithin", distance=snap_m)
    own = end % n
    meant = (own != other) & (group[own] == group[other])
    end, other = end[meant], other[meant]
    along = shapely.line_locate_point(parts[other], ends[end])
    # Both ends named: their names say whether they meet, not their places.
    has = name.ravel()[end] >= 0
    near_start, near_stop = along <= snap_m, along >= length[other] - snap_m
    theirs = (near_start & (name[0][other] >= 0)) | (near_stop & (name[1][other] >= 0))
    free = ~(has & theirs)
    end, other, along = end[free], other[free], along[free]
    return end, other, along, np.asarray(shapely.distance(ends[end], parts[other]))


def _namesakes(name: Rows, point: Rows) -> Rows:
    """Pairs of points that have one name, each with the first of it."""
    has = np.flatnonzero(name >= 0)
    _, first, which = np.unique(name[has], return_index=True, return_inverse=True)
    return np.stack([point[has], point[has[first[which]]]]) if len(has) else np.empty((2, 0), dtype=np.int64)


def merged(size: int, pairs: Sequence[Rows]) -> Rows:
    """Give points that pairs of shape (2, k) join one number, and the others their own, in the order of the points."""
    a, b = np.concatenate(pairs, axis=1)
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    _, first = np.unique(label, return_index=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return np.asarray(rank[label], dtype=np.int64)


def hooks(
    features: NDArray[np.object_], parts: NDArray[np.object_], *, distance: float
) -> tuple[Rows, Rows, Array, Array]:
    """Parts of lines within a distance of each feature, and where along them they are nearest to it.

    Parameters
    ----------
    features
        Points or polygons, shape (n,).
    parts
        Linestrings, shape (m,).
    distance
        m.

    Returns
    -------
    tuple
        Row of the feature, row of the part, metres along it, metres between the two; sorted by feature, then part.
    """
    if len(features) == 0 or len(parts) == 0:
        none = np.empty(0, dtype=np.int64)
        return none, none, np.empty(0), np.empty(0)
    mine, part = _tree(parts).query(features, predicate="dwithin", distance=distance)
    order = np.lexsort((part, mine))
    mine, part = mine[order], part[order]
    bridge = shapely.shortest_line(parts[part], features[mine])
    along = shapely.line_locate_point(parts[part], shapely.get_point(bridge, 0))
    return mine, part, np.asarray(along), np.asarray(shapely.length(bridge))
