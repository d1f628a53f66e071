"""Extend mains along streets: streets cut where something hangs, and the way on that serves most for its length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from gisplan.geometry.along import paths
from gisplan.geometry.near import _tree
from gisplan.geometry.network import Network, shortest_arcs

Rows = NDArray[np.int64]
Array = NDArray[np.float64]
Shapes = NDArray[np.object_]


@dataclass(frozen=True)
class Streets:
    """A network of streets, cut further where something hangs.

    Attributes
    ----------
    xy
        Place of each node, shape (n, 2).
    tail, head
        Nodes of each edge, shape (m,).
    length
        m, in the measure of the network.
    line
        Row of the line that each edge is part of.
    shape
        Each edge as a line from tail to head.
    place
        Node of each place that was asked for.
    """

    xy: Array
    tail: Rows
    head: Rows
    length: Array
    line: Rows
    shape: Shapes
    place: Rows


def cut_streets(network: Network, edge: Rows, along: Array) -> Streets:
    """Cut the edges of a network at places on them.

    Parameters
    ----------
    network
        The streets.
    edge, along
        Row of an edge, and drawn metres along its shape, shape (k,).
    """
    m, n = len(network.start), network.nodes
    path = paths(network.shape)
    full = path.length
    rows = np.arange(m, dtype=np.int64)
    part = np.concatenate([rows, rows, edge])
    at = np.concatenate([np.zeros(m), full, np.clip(along, 0.0, full[edge])])
    order = np.lexsort((np.arange(len(part)), at, part))
    step = np.diff(at[order], prepend=0.0)
    fresh = np.diff(part[order], prepend=-1) != 0
    # A place within a millimetre of another, or of an end, is the same.
    is_end = np.isin(order, np.arange(m, 2 * m))
    new = fresh | (step > 1e-3) | is_end
    stop = np.cumsum(new) - 1
    stop_part, stop_at = part[order][new], at[order][new]
    node = np.full(len(stop_part), -1, dtype=np.int64)
    first = np.flatnonzero(np.diff(stop_part, prepend=-1))
    last = np.append(first[1:], len(stop_part)) - 1
    node[first], node[last] = network.start, network.end
    inner = node < 0
    node[inner] = n + np.arange(int(inner.sum()))
    xy = np.concatenate([network.xy, path.at(stop_part[inner], stop_at[inner])])
    tail = np.flatnonzero(np.diff(stop_part) == 0)
    drawn = stop_at[tail + 1] - stop_at[tail]
    own = stop_part[tail]
    scale = np.divide(network.length, full, out=np.ones(m), where=full > 0)
    where = np.empty(len(part), dtype=np.int64)
    where[order] = node[stop]
    return Streets(
        xy,
        node[tail],
        node[tail + 1],
        drawn * scale[own],
        network.line[own],
        path.between(own, stop_at[tail], stop_at[tail + 1]),
        where[2 * m :],
    )


def onsets(network: Network, mains: Shapes, *, beside_m: float) -> tuple[Rows, Array]:
    """Places on streets where a main crosses them or ends beside them: an extension begins there or at a crossing.

    Returns
    -------
    tuple
        Row of the edge, and drawn metres along it.
    """
    none = np.empty(0, dtype=np.int64), np.empty(0)
    if len(mains) == 0 or len(network.shape) == 0:
        return none
    tree = _tree(network.shape)
    parts = shapely.get_parts(mains)
    parts = parts[~shapely.is_empty(parts)]
    ends = np.concatenate([shapely.get_point(parts, 0), shapely.get_point(parts, -1)])
    tip, edge = tree.query(ends, predicate="dwithin", distance=beside_m)
    along = shapely.line_locate_point(network.shape[edge], ends[tip])
    part, crossed = tree.query(parts, predicate="intersects")
    meets = shapely.intersection(parts[part], network.shape[crossed])
    points, row = shapely.get_coordinates(meets, return_index=True)
    there = shapely.line_locate_point(network.shape[crossed][row], shapely.points(points))
    return np.concatenate([edge, crossed[row]]).astype(np.int64), np.concatenate([along, there])


def gaps(xy: Array, mains: Shapes, *, beside_m: float) -> tuple[Rows, Array, Rows]:
    """Nodes that lie beside a main, metres between the two, and row of the nearest main."""
    empty = np.empty(0, dtype=np.int64)
    if len(mains) == 0 or len(xy) == 0:
        return empty, np.empty(0), empty
    (node, main), gap = shapely.STRtree(mains).query_nearest(
        shapely.points(xy), max_distance=beside_m, return_distance=True, all_matches=False
    )
    return node.astype(np.int64), gap, main.astype(np.int64)


@dataclass(frozen=True)
class Extension:
    """One way on.

    Attributes
    ----------
    nodes, edges
        From the main outwards.
    length
        m along the streets, without the gap to the main.
    gap
        m from the main, or from what extends it, to the first node.
    """

    nodes: list[int]
    edges: list[int]
    length: float
    gap: float


class Extender:
    """Streets along which mains are extended, again and again from what is there and what was added.

    Parameters
    ----------
    streets
        The streets.
    node, gap
        Nodes beside a main and metres to it, shape (k,).
    """

    def __init__(self, streets: Streets, node: Rows, gap: Array) -> None:
        self._streets = streets
        size = len(streets.xy)
        self._start = np.full(size, np.inf)
        np.minimum.at(self._start, node, gap)
        low, high = np.minimum(streets.tail, streets.head), np.maximum(streets.tail, streets.head)
        order = np.lexsort((np.arange(len(low)), streets.length, high, low))
        first = np.ones(len(order), dtype=bool)
        first[1:] = (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)
        self._edge = order[first]
        self._key = (low * size + high)[self._edge]
        self.seek()

    def seek(self) -> None:
        """Find the shortest way from what is there to every node."""
        s, size = self._streets, len(self._streets.xy)
        begin = np.flatnonzero(np.isfinite(self._start))
        graph = shortest_arcs(
            np.concatenate([s.tail, s.head, np.full(len(begin), size)]),
            np.concatenate([s.head, s.tail, begin]),
            # An arc of no length is no arc to a sparse matrix.
            np.maximum(np.concatenate([s.length, s.length, self._start[begin]]), 1e-9),
            size=size + 1,
        )
        far, above = dijkstra(graph, indices=size, return_predecessors=True)
        self.distance = np.asarray(far[:size])
        self._above = np.where(above[:size] < 0, size, above[:size]).astype(np.int64)

    def along_ways(self, value: Array) -> Array:
        """Sum of a value of the nodes over the whole way to each node."""
        size = len(self._streets.xy)
        total, up = np.append(value, 0.0), np.append(self._above, size)
        while (up[:size] != size).any():
            total, up = total + np.where(up != size, total[up], 0.0), up[up]
        return total[:size]

    def way(self, node: int) -> Extension:
        """Return the shortest way to a node."""
        size = len(self._streets.xy)
        nodes = [node]
        while self._above[nodes[-1]] != size:
            nodes.append(int(self._above[nodes[-1]]))
        nodes.reverse()
        path = np.array(nodes, dtype=np.int64)
        key = np.minimum(path[:-1], path[1:]) * size + np.maximum(path[:-1], path[1:])
        edges = self._edge[np.searchsorted(self._key, key)]
        return Extension(nodes, edges.tolist(), float(self._streets.length[edges].sum()), float(self._start[nodes[0]]))

    def add(self, way: Extension) -> None:
        """Take a way for built: the next ones may begin anywhere on it."""
        self._start[way.nodes] = 0.0
        self.seek()

    def shape(self, way: Extension) -> Shapes:
        """Pieces of line of a way along the streets, in walking order and direction."""
        s = self._streets
        out = [
            s.shape[e] if s.tail[e] == n else shapely.reverse(s.shape[e])
            for n, e in zip(way.nodes, way.edges, strict=False)
        ]
        return np.array(out, dtype=object)
