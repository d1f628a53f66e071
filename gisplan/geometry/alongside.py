"""How much of a polygon's border faces a line: the frontage of parcels on roads."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.geometry.cut import _edges
from gisplan.geometry.near import _tree
from gisplan.geometry.parallel import in_chunks, sum_by

#: A line seen at more than 45° from straight ahead is passed, not faced.
STEEPEST = 1.0

#: Border edge and line of stretches that face each other, and where on the border edge they begin and end (m).
_Stretches = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True)
class Facing:
    """What of each polygon's border faces lines.

    Attributes
    ----------
    length
        m of border from which some line is seen straight ahead within its reach, shape (polygons,).
    polygon, line, part
        Pairs that face each other, and the m of border that do, sorted by polygon, then line; shape (pairs,). Two
        lines seen from one place both have it, so parts may add up to more than the length.
    """

    length: NDArray[np.float64]
    polygon: NDArray[np.int64]
    line: NDArray[np.int64]
    part: NDArray[np.float64]


def facing(
    polygons: NDArray[np.object_],
    lines: NDArray[np.object_],
    *,
    reach: NDArray[np.float64],
    inside: float = 0.0,
    executor: Executor | None = None,
) -> Facing:
    """Measure how much of each polygon's border faces lines.

    From each place of the border one looks straight out; the place counts if a line is met within its reach, at no
    more than 45° from a right angle. What stands between does not matter.

    Parameters
    ----------
    polygons
        Valid (multi)polygons, shape (n,).
    lines
        (Multi)lines, shape (m,).
    reach
        How far from the border each line may be seen (m), shape (m,).
    inside
        How far (m) a line may lie inside the polygon and be faced all the same.
    executor
        Where to run; threads by default.
    """
    if len(lines) == 0:
        none = np.zeros(0, dtype=np.int64)
        return Facing(np.zeros(len(polygons)), none, none, np.zeros(0))
    asked = _tree(polygons)

    def close(rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.unique(asked.query(lines[rows], predicate="dwithin", distance=reach[rows])[1])

    candidates = np.unique(np.concatenate(in_chunks(close, len(lines), executor=executor, least=200)))
    begin, end, polygon = _borders(polygons[candidates])
    tree = _tree(shapely.linestrings(np.stack([begin, end], axis=1)))

    def work(rows: NDArray[np.int64]) -> _Stretches:
        edges, owner = _edges(lines[rows])
        far = reach[rows[owner]]
        road, border = tree.query(shapely.linestrings(edges), predicate="dwithin", distance=np.maximum(far, inside))
        low, high = _seen(begin[border], end[border], edges[road], far[road], inside)
        some = high - low > 1e-9
        return border[some], rows[owner[road[some]]], low[some], high[some]

    found = in_chunks(work, len(lines), executor=executor, least=200)
    border, line, low, high = (np.concatenate(c) for c in zip(*found, strict=True))
    polygon = candidates[polygon[border]]
    length = sum_by(polygon, _once(border, low, high), size=len(polygons))
    # One line seen twice from one place, where it bends, counts once.
    keys, pair = np.unique(np.column_stack([polygon, line]), axis=0, return_inverse=True)
    pair = pair.ravel()
    both, of = np.unique(np.column_stack([pair, border]), axis=0, return_inverse=True)
    part = sum_by(both[:, 0][of.ravel()].astype(np.int64), _once(of.ravel(), low, high), size=len(keys))
    return Facing(length, keys[:, 0].astype(np.int64), keys[:, 1].astype(np.int64), part)


def _borders(
    polygons: NDArray[np.object_],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Ends of the edges of all rings, the land on their left, and whose they are."""
    parts, whose = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    one = np.flatnonzero((ring[1:] == ring[:-1]) & (xy[1:] != xy[:-1]).any(axis=1))
    return xy[one], xy[one + 1], whose[part[ring[one]]]


def _seen(
    begin: NDArray[np.float64],
    end: NDArray[np.float64],
    other: NDArray[np.float64],
    reach: NDArray[np.float64],
    inside: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Stretch of each border edge, in m from its beginning, from which the other edge is seen straight out.

    Parameters
    ----------
    begin, end
        Ends of the border edges, the land on the left, shape (n, 2).
    other
        Edges that may be seen, shape (n, 2, 2).
    reach
        m, shape (n,).
    inside
        m that they may lie on the land's side.
    """
    way = end - begin
    length = np.hypot(way[:, 0], way[:, 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        way = way / length[:, None]
        to = other - begin[:, None, :]
        at = to[..., 0] * way[:, None, 0] + to[..., 1] * way[:, None, 1]
        out = to[..., 0] * way[:, None, 1] - to[..., 1] * way[:, None, 0]
        run = at[:, 1] - at[:, 0]
        lean = (out[:, 1] - out[:, 0]) / run
        # Where along the border the line comes within reach, and where it would be too far inside.
        ends = np.sort((np.stack([np.full(len(reach), -inside), reach]) - out[:, 0]) / lean + at[:, 0], axis=0)
    level = np.abs(lean) < 1e-12
    low = np.maximum(at.min(axis=1), 0.0)
    high = np.minimum(at.max(axis=1), length)
    within = (out[:, 0] >= -inside) & (out[:, 0] <= reach)
    low = np.where(level, low, np.fmax(low, ends[0]))
    high = np.where(level, np.where(within, high, low), np.fmin(high, ends[1]))
    ahead = (np.abs(lean) <= STEEPEST) & (length > 0) & (np.abs(run) > 0)
    return low, np.where(ahead, np.maximum(high, low), low)


def _once(key: NDArray[np.int64], low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """Length of each stretch without what stretches of the same key that begin before it cover."""
    if len(key) == 0:
        return np.zeros(0)
    order = np.lexsort((high, low, key))
    k, a, b = key[order], low[order], high[order]
    _, group = np.unique(k, return_inverse=True)
    # One running maximum for all keys: each begins above whatever the one before it can reach.
    lift = group * (float(b.max()) + 1.0)
    reached = np.maximum.accumulate(np.concatenate([[0.0], (b + lift)[:-1]])) - lift
    out = np.zeros(len(key))
    out[order] = np.maximum(b - np.maximum(a, np.where(np.diff(group, prepend=-1) > 0, 0.0, reached)), 0.0)
    return out
