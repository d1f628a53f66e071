"""Road centrelines → what they are as a net: edges between nodes, legs at each node, faces between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.geometry.near import _tree
from gisplan.geometry.network import build_network
from gisplan.geometry.noding import MEETS_M


@dataclass(frozen=True)
class Streets:
    """Lines split where they meet, and joined where only two of them do.

    Attributes
    ----------
    edges
        Lines from node to node, shape (e,).
    start, end
        Node at either end of each edge, shape (e,).
    xy
        Place of each node, shape (n, 2). Some have two legs: where a closed line begins, or another level.
    legs
        Ends of edges that meet there: 1 is an end, 3 and more a junction, shape (n,).
    """

    edges: NDArray[np.object_]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    xy: NDArray[np.float64]
    legs: NDArray[np.int64]


def streets(lines: NDArray[np.object_], level: NDArray[np.float64] | None = None) -> Streets:
    """Split lines wherever they cross or touch (within `MEETS_M`); stretches that several of them draw count once.

    Parameters
    ----------
    lines
        (Multi)lines in metres, shape (n,).
    level
        Level of each line (0 or missing is the ground, bridges lie above), shape (n,); lines of different levels
        cross without meeting. None takes all for level.
    """
    if level is not None and len(np.unique(np.nan_to_num(level))) > 1:
        return _by_level(lines, level)
    if len(lines) == 0:
        none = np.zeros(0, dtype=np.int64)
        return Streets(np.zeros(0, dtype=object), none, none, np.zeros((0, 2)), none)
    # Unlike the edges of a network, which keep the lines they are parts of, these end exactly where others do, so that
    # faces can be made of them.
    edges = _noded(lines)
    ends = np.concatenate(
        [shapely.get_coordinates(shapely.get_point(edges, 0)), shapely.get_coordinates(shapely.get_point(edges, -1))]
    )
    # Ends within a millimetre meet; the place itself is not rounded, or it would leave the border that it lies on.
    _, first, node, legs = np.unique(
        np.round(ends, 3), axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    node = node.ravel()
    return Streets(edges, node[: len(edges)], node[len(edges) :], ends[first], legs)


def _by_level(lines: NDArray[np.object_], level: NDArray[np.float64]) -> Streets:
    net = build_network(lines, level=level, snap_m=0.0)
    low, high = np.minimum(net.start, net.end), np.maximum(net.start, net.end)
    middle = shapely.get_coordinates(shapely.line_interpolate_point(net.shape, 0.5, normalized=True))
    # What is drawn twice is one edge: between the same nodes, by the same way.
    same = np.column_stack([low, high, np.round(middle / MEETS_M)])
    _, once = np.unique(same, axis=0, return_index=True)
    once = np.sort(once)
    start, end = net.start[once], net.end[once]
    legs = np.bincount(np.concatenate([start, end]), minlength=net.nodes)
    return Streets(net.shape[once], start, end, net.xy, legs)


def _noded(lines: NDArray[np.object_]) -> NDArray[np.object_]:
    parts = shapely.get_parts(lines)
    parts = parts[shapely.length(parts) > 0]
    return np.asarray(shapely.get_parts(shapely.line_merge(shapely.union_all(_with_ends_of_others(parts)))))


def _with_ends_of_others(parts: NDArray[np.object_]) -> NDArray[np.object_]:
    """Lines that pass exactly through the ends of others which lie within `MEETS_M` of them."""
    ends = np.concatenate([shapely.get_point(parts, 0), shapely.get_point(parts, -1)])
    end, line = _tree(parts).query(ends, predicate="dwithin", distance=MEETS_M)
    other = end % len(parts) != line
    end, line = end[other], line[other]
    order = np.argsort(line, kind="stable")
    passed, of = np.unique(line[order], return_inverse=True)
    moved = parts.copy()
    moved[passed] = shapely.snap(parts[passed], shapely.multipoints(ends[end[order]], indices=of), MEETS_M)
    return np.asarray(moved)


def faces_between(edges: NDArray[np.object_]) -> NDArray[np.object_]:
    """Faces that edges enclose, as seen from above, sorted by place; lines that enclose nothing have none.

    Parameters
    ----------
    edges
        Lines in metres that meet only at their ends, shape (e,).

    Returns
    -------
    numpy.ndarray
        Polygons, shape (f,).
    """
    if len(edges) == 0:
        return np.zeros(0, dtype=object)
    faces = np.asarray(shapely.get_parts(shapely.polygonize(edges)))
    place = shapely.bounds(faces)
    return np.asarray(faces[np.lexsort((place[:, 1], place[:, 0]))])


def mean_width(polygons: NDArray[np.object_]) -> NDArray[np.float64]:
    """Twice the area over the perimeter (m): the width of a strip, half the side of a square."""
    return np.asarray(2 * shapely.area(polygons) / shapely.length(polygons))
