"""Where lines meet: their ends, touches and crossings, as places along each of them."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from gisplan.geometry.along import Paths
from gisplan.geometry.near import _tree
from gisplan.geometry.parallel import in_chunks

#: Lines nearer than this (m) meet: where they were projected, an end seldom lies exactly on a line.
MEETS_M = 0.01

#: Sine of the angle below which two edges are taken to run along each other; where they meet is then a matter of
#: their ends.
ALONG_SINE = 1e-3

#: Edges in a chunk, at least.
_LEAST = 5000


@dataclass(frozen=True)
class Meetings:
    """Pairs of places, each on a line, that are one place on the ground; all arrays have the shape (k,).

    Attributes
    ----------
    a, b
        Row numbers of the two lines, which may be the same one.
    a_along, b_along
        m along each.
    """

    a: NDArray[np.int64]
    a_along: NDArray[np.float64]
    b: NDArray[np.int64]
    b_along: NDArray[np.float64]

    def some(self, chosen: NDArray[np.bool_]) -> Meetings:
        """Return the chosen ones."""
        return Meetings(self.a[chosen], self.a_along[chosen], self.b[chosen], self.b_along[chosen])

    def and_also(self, other: Meetings) -> Meetings:
        """Return these, followed by others."""
        return Meetings(
            np.concatenate([self.a, other.a]),
            np.concatenate([self.a_along, other.a_along]),
            np.concatenate([self.b, other.b]),
            np.concatenate([self.b_along, other.b_along]),
        )


def meeting_ends(ends: NDArray[np.float64]) -> NDArray[np.int64]:
    """Pairs of ends that lie on one place, within `MEETS_M`.

    Parameters
    ----------
    ends
        Shape (n, 2).

    Returns
    -------
    numpy.ndarray
        Row numbers, shape (k, 2): each end with another of its place, so that all of a place hang together.
    """
    _, first, place = np.unique(ends, axis=0, return_index=True, return_inverse=True)
    place = place.ravel()
    same = np.column_stack([first[place], np.arange(len(ends))])
    near = first[cKDTree(ends[first]).query_pairs(MEETS_M, output_type="ndarray")]
    return np.concatenate([same[same[:, 0] != same[:, 1]], near.reshape(-1, 2)])


def meetings(
    paths: Paths, level: NDArray[np.float64], *, crossings: bool = True, executor: Executor | None = None
) -> Meetings:
    """Find where lines cross, touch or run along each other, and where one crosses itself.

    Lines of different levels (a bridge and what it crosses) meet only where an end of one is a vertex of the
    other.

    Parameters
    ----------
    paths
        The lines.
    level
        Level of each line, shape (n,).
    crossings
        Whether lines meet that merely cross. If not, one of them has to end there.
    """
    line = np.repeat(np.arange(len(paths.first) - 1), np.diff(paths.first))
    begin = np.flatnonzero((line[1:] == line[:-1]) & (np.diff(paths.total) > 0))
    edge = _Edges(
        paths.xy[begin],
        paths.xy[begin + 1] - paths.xy[begin],
        line[begin],
        paths.total[begin] - paths.total[paths.first[line[begin]]],
        paths.total[begin + 1] - paths.total[begin],
        paths.length[line[begin]],
    )
    shapes = shapely.linestrings(np.stack([paths.xy[begin], paths.xy[begin + 1]], axis=1))
    tree = _tree(shapes)

    def work(rows: NDArray[np.int64]) -> list[NDArray[np.float64]]:
        one, other = tree.query(shapes[rows])
        one = rows[one]
        # Each pair once; an edge and the next of its own line meet in their vertex in any case.
        some = (one < other) & ~((other == one + 1) & (edge.line[one] == edge.line[other]))
        one, other = one[some], other[some]
        return _hits(edge, one, other, level[edge.line[one]] == level[edge.line[other]], crossings)

    parts = in_chunks(work, len(begin), executor=executor, least=_LEAST) if len(begin) else []
    if not parts:
        none = np.zeros(0)
        return Meetings(none.astype(np.int64), none, none.astype(np.int64), none)
    a, a_along, b, b_along = (np.concatenate(c) for c in zip(*parts, strict=True))
    return Meetings(a.astype(np.int64), a_along, b.astype(np.int64), b_along)


@dataclass(frozen=True)
class _Edges:
    """Straight edges of lines: their first vertex, the way to the second, line, m along it, own m and the line's m."""

    at: NDArray[np.float64]
    way: NDArray[np.float64]
    line: NDArray[np.int64]
    along: NDArray[np.float64]
    length: NDArray[np.float64]
    whole: NDArray[np.float64]


def _hits(
    edge: _Edges, one: NDArray[np.int64], other: NDArray[np.int64], is_level: NDArray[np.bool_], crossings: bool
) -> list[NDArray[np.float64]]:
    """Meetings of pairs of edges whose boxes meet: lines and m along them, shape (k,) each."""
    p, r, q, s = edge.at[one], edge.way[one], edge.at[other], edge.way[other]
    long_r, long_s = edge.length[one], edge.length[other]
    turn = r[:, 0] * s[:, 1] - r[:, 1] * s[:, 0]
    gap = q - p
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (gap[:, 0] * s[:, 1] - gap[:, 1] * s[:, 0]) / turn
        u = (gap[:, 0] * r[:, 1] - gap[:, 1] * r[:, 0]) / turn
    slack_t, slack_u = MEETS_M / long_r, MEETS_M / long_s
    with np.errstate(invalid="ignore"):
        hit = (t >= -slack_t) & (t <= 1 + slack_t) & (u >= -slack_u) & (u <= 1 + slack_u)
    found = [(np.flatnonzero(hit), np.clip(t[hit], 0, 1), np.clip(u[hit], 0, 1))]
    # Where edges run along each other the quotient is of no use: their four ends are held against the other one.
    near = np.flatnonzero(np.abs(turn) < ALONG_SINE * long_r * long_s)
    for end in (0.0, 1.0):
        place = p[near] + end * r[near] - q[near]
        part = (place * s[near]).sum(axis=1) / long_s[near] ** 2
        found.append((near, np.full(len(near), end), np.clip(part, 0, 1)))
        place = q[near] + end * s[near] - p[near]
        part = (place * r[near]).sum(axis=1) / long_r[near] ** 2
        found.append((near, np.clip(part, 0, 1), np.full(len(near), end)))
    pair, t, u = (np.concatenate(c) for c in zip(*found, strict=True))
    apart = np.hypot(*((p[pair] + t[:, None] * r[pair]) - (q[pair] + u[:, None] * s[pair])).T)
    a, b = one[pair], other[pair]
    a_in, b_in = t * edge.length[a], u * edge.length[b]
    a_along, b_along = edge.along[a] + a_in, edge.along[b] + b_in
    a_ends = (a_along <= MEETS_M) | (a_along >= edge.whole[a] - MEETS_M)
    b_ends = (b_along <= MEETS_M) | (b_along >= edge.whole[b] - MEETS_M)
    a_vertex = (a_in <= MEETS_M) | (a_in >= edge.length[a] - MEETS_M)
    b_vertex = (b_in <= MEETS_M) | (b_in >= edge.length[b] - MEETS_M)
    joined = (a_ends & b_vertex) | (b_ends & a_vertex)
    joined |= is_level[pair] if crossings else is_level[pair] & (a_ends | b_ends)
    # Ends that meet ends are found from the ends alone.
    kept = (apart <= MEETS_M) & joined & ~(a_ends & b_ends)
    return [edge.line[a[kept]].astype(float), a_along[kept], edge.line[b[kept]].astype(float), b_along[kept]]


def near_misses(
    paths: Paths,
    lines: NDArray[np.object_],
    level: NDArray[np.float64],
    ends: NDArray[np.int64],
    *,
    is_lone: NDArray[np.bool_],
    component: NDArray[np.int64],
    snap_m: float,
    executor: Executor | None = None,
) -> tuple[Meetings, NDArray[np.float64]]:
    """Find the line that each end was meant to meet: the nearest one within a tolerance.

    Parameters
    ----------
    paths, lines
        The lines, shape (n,).
    level
        Their levels, shape (n,). An end is brought to the end of a line of any level, else to one of its own.
    ends
        Ends: row number of the line, and n more for its last vertex, shape (e,).
    is_lone
        Whether each of them meets nothing yet, shape (e,). The others are only brought to what hangs together
        apart from them.
    component
        What each line hangs together with, shape (n,).
    snap_m
        m.

    Returns
    -------
    tuple
        Meetings (``a`` is the end's line) and the gap of each in m, at most one an end.
    """
    n = len(lines)
    own = ends % n
    points = shapely.points(paths.xy[np.where(ends < n, paths.first[own], paths.first[own + 1] - 1)])
    tree = _tree(lines)

    def work(rows: NDArray[np.int64]) -> NDArray[np.int64]:
        end, other = tree.query(points[rows], predicate="dwithin", distance=snap_m)
        return np.stack([rows[end], other])

    pairs = in_chunks(work, len(points), executor=executor, least=_LEAST)
    end, other = np.concatenate(pairs, axis=1)
    foreign = (other != own[end]) & (is_lone[end] | (component[other] != component[own[end]]))
    end, other = end[foreign], other[foreign]
    along = shapely.line_locate_point(lines[other], points[end])
    gap = shapely.distance(points[end], lines[other])
    at_end = (along <= MEETS_M) | (along >= paths.length[other] - MEETS_M)
    kept = np.flatnonzero(at_end | (level[own[end]] == level[other]))
    order = kept[np.lexsort((other[kept], gap[kept], end[kept]))]
    nearest = order[np.flatnonzero(np.diff(end[order], prepend=-1))]
    end, other = end[nearest], other[nearest]
    a_along = np.where(ends[end] < n, 0.0, paths.length[own[end]])
    return Meetings(own[end], a_along, other, along[nearest]), np.asarray(gap[nearest])
