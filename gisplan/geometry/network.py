"""Lines → a network: nodes where they meet, edges between, and what hangs together."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from gisplan.geometry.along import Paths, paths
from gisplan.geometry.noding import MEETS_M, Meetings, meeting_ends, meetings, near_misses
from gisplan.geometry.parallel import sum_by

#: How far (m) an end may miss a line and still be joined to it.
SNAP_M = 0.5


@dataclass(frozen=True, eq=False)
class Network:
    """Nodes and the edges between them; n nodes, m edges.

    An edge with ``begin == stop`` is the gap between an end and the line that it was joined to.

    Attributes
    ----------
    xy
        Place of each node, shape (n, 2).
    start, end
        Row numbers of each edge's two nodes, shape (m,); equal where a closed line meets nothing else.
    length
        m, shape (m,), in the measure of the lines' own lengths.
    line
        Row number of the line that each edge is part of, shape (m,).
    begin, stop
        Drawn metres along that line's part where the edge begins and stops, shape (m,).
    level
        Level of each edge, shape (m,); 0 is the ground.
    forward, backward
        Whether a vehicle may go from start to end, and back, shape (m,).
    shape
        Each edge as a line from start to end, shape (m,).
    component
        Number of the connected part of the network that each node is in, the longest first, shape (n,).
    component_length
        m of each of these parts.
    moved, furthest
        How many ends were joined to a line they missed, and the greatest gap in m.
    rejected
        Row numbers of the lines without any length.
    """

    xy: NDArray[np.float64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    length: NDArray[np.float64]
    line: NDArray[np.int64]
    begin: NDArray[np.float64]
    stop: NDArray[np.float64]
    level: NDArray[np.float64]
    forward: NDArray[np.bool_]
    backward: NDArray[np.bool_]
    shape: NDArray[np.object_]
    component: NDArray[np.int64]
    component_length: NDArray[np.float64]
    moved: int
    furthest: float
    rejected: NDArray[np.int64]

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.xy)

    @property
    def legs(self) -> NDArray[np.int64]:
        """Number of edge ends that meet in each node, shape (n,)."""
        return np.bincount(np.concatenate([self.start, self.end]), minlength=self.nodes)

    def arcs(self, *, directed: bool = False) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Ways along edges: from node, to node and m.

        Parameters
        ----------
        directed
            Only the ways that vehicles may go; both ways along every edge otherwise.
        """
        ahead = self.forward if directed else np.ones(len(self.start), dtype=bool)
        back = self.backward if directed else ahead
        return (
            np.concatenate([self.start[ahead], self.end[back]]),
            np.concatenate([self.end[ahead], self.start[back]]),
            np.concatenate([self.length[ahead], self.length[back]]),
        )

    def matrix(self, *, directed: bool = False) -> csr_array:
        """Sparse matrix (n, n) of the shortest edge between two nodes in m; see `arcs`."""
        return shortest_arcs(*self.arcs(directed=directed), size=self.nodes)


def shortest_arcs(
    source: NDArray[np.int64], target: NDArray[np.int64], length: NDArray[np.float64], *, size: int
) -> csr_array:
    """Sparse matrix of the shortest arc between two nodes: adding up, as sparse matrices do, would make one long arc.

    Parameters
    ----------
    source, target, length
        Shape (k,); lengths are positive.
    size
        Number of nodes.
    """
    apart = source != target
    source, target, length = source[apart], target[apart], length[apart]
    order = np.lexsort((length, target, source))
    source, target, length = source[order], target[order], length[order]
    first = np.ones(len(source), dtype=bool)
    first[1:] = (np.diff(source) != 0) | (np.diff(target) != 0)
    begin = np.searchsorted(source[first], np.arange(size + 1))
    return csr_array((length[first], target[first].astype(np.int32), begin.astype(np.int32)), shape=(size, size))


def build_network(
    lines: NDArray[np.object_],
    *,
    length: NDArray[np.float64] | None = None,
    level: NDArray[np.float64] | None = None,
    direction: NDArray[np.int64] | None = None,
    crossings: bool = True,
    snap_m: float = SNAP_M,
    executor: Executor | None = None,
) -> Network:
    """Make a network of lines.

    Lines meet where their ends lie on one place, where an end lies on another line, and where they cross, all
    within a centimetre. Lines of different levels cross without meeting; an end of one still meets the other in a
    vertex, as ramps do. An end that meets nothing, or hangs together with other lines than one within ``snap_m``,
    is joined to the nearest of these by an edge as long as the gap. No line is moved.

    Parameters
    ----------
    lines
        (Multi)linestrings in metres, shape (n,).
    length
        True length of each line (e.g. on the ellipsoid), shape (n,); edges share it by their drawn length. The
        drawn length by default.
    level
        Level of each line, shape (n,): 0 or missing is the ground, bridges lie above, tunnels below.
    direction
        1 where vehicles may only go as the line is drawn, −1 only against it, 0 both ways, shape (n,).
    crossings
        Whether lines meet that merely cross; pipes and cables do not.
    snap_m
        How far (m) an end may miss a line and still be joined to it; 0 joins nothing.
    """
    parts, whose = shapely.get_parts(shapely.force_2d(lines), return_index=True)
    drawn = shapely.length(parts)
    full = drawn > 0
    rejected = np.setdiff1d(np.arange(len(lines)), whose[full])
    parts, whose, drawn = parts[full], whose[full], drawn[full]
    n = len(parts)
    if n == 0:
        return _nothing(rejected)
    own = np.ones(len(lines)) if length is None else length / sum_by(whose, drawn, size=len(lines)).clip(MEETS_M)
    high = np.zeros(len(lines)) if level is None else np.nan_to_num(level)
    way = np.zeros(len(lines), dtype=np.int64) if direction is None else direction
    path = paths(parts)
    found = meetings(path, high[whose], crossings=crossings, executor=executor)
    stops = _Stops.of(path, found)
    ends = stops.first_ends
    missed, gaps = near_misses(
        path,
        parts,
        high[whose],
        ends,
        is_lone=stops.is_lone[ends],
        component=stops.component,
        snap_m=max(snap_m, MEETS_M),
        executor=executor,
    )
    if len(gaps):
        apart = gaps > MEETS_M
        found = found.and_also(missed.some(~apart))
        missed, gaps = missed.some(apart), gaps[apart]
        # A line becomes a node where an end is joined to it; the gap itself is an edge.
        stops = _Stops.of(path, found.and_also(Meetings(missed.b, missed.b_along, missed.b, missed.b_along)))
    start, end, part, begin, stop = stops.edges()
    scale = own[whose]
    edge_length = (stop - begin) * scale[part]
    shape = path.between(part, begin, stop)
    if len(gaps):
        lone, goal = stops.node_at(missed.a, missed.a_along), stops.node_at(missed.b, missed.b_along)
        shape = np.concatenate([shape, shapely.linestrings(np.stack([stops.xy[lone], stops.xy[goal]], axis=1))])
        start, end = np.concatenate([start, lone]), np.concatenate([end, goal])
        part, edge_length = np.concatenate([part, missed.a]), np.concatenate([edge_length, gaps])
        begin, stop = np.concatenate([begin, missed.a_along]), np.concatenate([stop, missed.a_along])
    component, component_length = _components(start, end, edge_length, len(stops.xy))
    is_gap = begin == stop
    return Network(
        stops.xy,
        start,
        end,
        edge_length,
        whose[part],
        begin,
        stop,
        high[whose[part]],
        (way[whose[part]] >= 0) | is_gap,
        (way[whose[part]] <= 0) | is_gap,
        shape,
        component,
        component_length,
        len(gaps),
        float(gaps.max(initial=0.0)),
        rejected,
    )


def _nothing(rejected: NDArray[np.int64]) -> Network:
    row, m, flag = np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0, dtype=bool)
    shape = np.zeros(0, dtype=object)
    return Network(np.zeros((0, 2)), row, row, m, row, m, m, m, flag, flag, shape, row, m, 0, 0.0, rejected)


@dataclass(frozen=True)
class _Stops:
    """Places along lines that are nodes: both ends of each, and every meeting.

    Sorted by part and distance along; ``node`` is the row number of each one's node in ``xy``.
    """

    part: NDArray[np.int64]
    along: NDArray[np.float64]
    node: NDArray[np.int64]
    xy: NDArray[np.float64]
    end: NDArray[np.int64]

    @classmethod
    def of(cls, path: Paths, found: Meetings) -> _Stops:
        """Put the stops in order and make nodes of those that meet."""
        n, k = len(path.first) - 1, len(found.a)
        every = np.arange(n)
        part = np.concatenate([every, every, found.a, found.b])
        along = np.concatenate([np.zeros(n), path.length, found.a_along, found.b_along])
        order = np.lexsort((along, part))
        after, before = order[1:], order[:-1]
        # Two stops of a line within a centimetre are one, such as a crossing and the end just beyond it; but a
        # line that is no longer than that keeps its ends apart.
        close = (part[after] == part[before]) & (along[after] - along[before] <= MEETS_M)
        close &= ~((before < n) & (after >= n) & (after < 2 * n))
        ends = np.concatenate([path.xy[path.first[:-1]], path.xy[path.first[1:] - 1]])
        links = np.concatenate(
            [
                meeting_ends(ends),
                np.column_stack([np.arange(2 * n, 2 * n + k), np.arange(2 * n + k, 2 * n + 2 * k)]),
                np.column_stack([before[close], after[close]]),
            ]
        )
        size = len(part)
        graph = coo_array((np.ones(len(links), dtype=bool), (links[:, 0], links[:, 1])), shape=(size, size))
        count, label = connected_components(graph, directed=False)
        # Nodes are numbered by their first stop, and ends come before crossings, so a node lies on an end if any.
        first = np.full(count, size)
        np.minimum.at(first, label, np.arange(size))
        rank = np.empty(count, dtype=np.int64)
        rank[np.argsort(first)] = np.arange(count)
        first = np.sort(first)
        xy = path.at(part[first], along[first])
        node = rank[label]
        return cls(part[order], along[order], node[order], xy, node[: 2 * n])

    @property
    def first_ends(self) -> NDArray[np.int64]:
        """One end of each node that has any: row number of the part, and n more for its last vertex."""
        return np.sort(np.unique(self.end, return_index=True)[1])

    @property
    def is_lone(self) -> NDArray[np.bool_]:
        """Whether each end shares its node with no other stop, shape (2n,)."""
        return np.asarray(np.bincount(self.node, minlength=len(self.xy))[self.end] == 1)

    @property
    def component(self) -> NDArray[np.int64]:
        """Number of what each part hangs together with, shape (n,)."""
        n, size = len(self.end) // 2, len(self.xy)
        graph = coo_array((np.ones(len(self.part), dtype=bool), (self.node, size + self.part)), shape=(size + n,) * 2)
        return np.asarray(connected_components(graph, directed=False)[1][size:])

    def edges(
        self,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Start and end node, part, and m along it, of every edge."""
        one = np.flatnonzero((self.part[1:] == self.part[:-1]) & (self.along[1:] > self.along[:-1]))
        # What lies within one node is none; but a closed line is, though it begins and ends in the same one.
        long = self.along[one + 1] - self.along[one] > MEETS_M
        one = one[long | (self.node[one] != self.node[one + 1])]
        return self.node[one], self.node[one + 1], self.part[one], self.along[one], self.along[one + 1]

    def node_at(self, part: NDArray[np.int64], along: NDArray[np.float64]) -> NDArray[np.int64]:
        """Node of stops that are among these."""
        low = np.searchsorted(self.part, part, side="left")
        high = np.searchsorted(self.part, part, side="right")
        out = np.empty(len(part), dtype=np.int64)
        # One by one: only the few ends that were joined come here.
        for i, (a, b) in enumerate(zip(low, high, strict=True)):
            out[i] = self.node[a + int(np.argmin(np.abs(self.along[a:b] - along[i])))]
        return out


def _components(
    start: NDArray[np.int64], end: NDArray[np.int64], length: NDArray[np.float64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Connected part of each node, the longest first, and the length of each."""
    graph = coo_array((np.ones(len(start), dtype=bool), (start, end)), shape=(size, size))
    count, label = connected_components(graph, directed=False)
    total = sum_by(label[start], length, size=count)
    order = np.argsort(-total, kind="stable")
    rank = np.empty(count, dtype=np.int64)
    rank[order] = np.arange(count)
    return rank[label].astype(np.int64), total[order]
