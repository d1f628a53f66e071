"""Shortest ways along a network: from many sources at once, to the nearest, to each, and how far one gets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from gisplan.geometry.along import paths
from gisplan.geometry.attach import Attached, are_free, true_scale, walls_of
from gisplan.geometry.network import Network, shortest_arcs
from gisplan.geometry.noding import MEETS_M

#: Added to the ways off the network (m) while they stand in a sparse matrix, where a way of nothing is no way.
_SHIFT = 1.0

#: Sources whose ways are held in memory together.
_TOGETHER = 16


@dataclass(frozen=True)
class Travel:
    """How a network is travelled.

    Attributes
    ----------
    directed
        Whether one-way edges count, as for vehicles.
    towards
        Whether the ways lead to the sources rather than from them; the same unless one-way edges count.
    limit_m
        m beyond which nobody looks.
    """

    directed: bool = False
    towards: bool = False
    limit_m: float = np.inf


#: Both ways along every edge, however far.
STROLL = Travel()


@dataclass(frozen=True, eq=False)
class Doors:
    """How features get onto nodes: k doors, sorted by feature then node, each node of a feature once.

    Attributes
    ----------
    of, node
        Row numbers, shape (k,).
    way
        m between the feature and the node, shape (k,).
    """

    of: NDArray[np.int64]
    node: NDArray[np.int64]
    way: NDArray[np.float64]


def doors(network: Network, features: Attached, travel: Travel, *, leaving: bool) -> Doors:
    """Shortest way between features and the nodes at both ends of their edges.

    Parameters
    ----------
    leaving
        Whether the ways lead from the features to the nodes.
    """
    edge, along = features.edge, features.along
    rest = network.length[edge] - along
    ahead, back = network.forward[edge], network.backward[edge]
    if not travel.directed:
        ahead = back = np.ones(len(edge), dtype=bool)
    # Going to an edge's start is going back; from a place at the very end of an edge one is there at once.
    to_start, to_end = (back, ahead) if leaving else (ahead, back)
    to_start, to_end = to_start | (along <= MEETS_M), to_end | (rest <= MEETS_M)
    of = np.concatenate([features.of[to_start], features.of[to_end]])
    node = np.concatenate([network.start[edge[to_start]], network.end[edge[to_end]]])
    way = np.concatenate([(features.gap + along)[to_start], (features.gap + rest)[to_end]])
    order = np.lexsort((way, node, of))
    of, node, way = of[order], node[order], way[order]
    first = np.ones(len(of), dtype=bool)
    first[1:] = (np.diff(of) != 0) | (np.diff(node) != 0)
    return Doors(of[first], node[first], way[first])


@dataclass(frozen=True, eq=False)
class Spread:
    """How far each node is from the nearest source.

    Attributes
    ----------
    distance
        m, infinite beyond the limit and where no way leads, shape (nodes,).
    source
        Row number of the nearest source, −1 where there is none, shape (nodes,).
    """

    distance: NDArray[np.float64]
    source: NDArray[np.int64]


def _graph(network: Network, sources: Attached, travel: Travel) -> csr_array:
    """Arcs between nodes, and from each source (numbered after the nodes) onto them, all a little longer there."""
    start, end, length = network.arcs(directed=travel.directed)
    if travel.towards:
        start, end = end, start
    on = doors(network, sources, travel, leaving=not travel.towards)
    return shortest_arcs(
        np.concatenate([start, network.nodes + on.of]),
        np.concatenate([end, on.node]),
        np.concatenate([length, on.way + _SHIFT]),
        size=network.nodes + sources.count,
    )


def spread(network: Network, sources: Attached, travel: Travel = STROLL) -> Spread:
    """Find the nearest of many sources for every node, in one search.

    Parameters
    ----------
    network, sources
        Edges, and where the sources meet them.
    travel
        How far and which way.
    """
    n = network.nodes
    if n == 0 or not len(sources.of):
        return Spread(np.full(n, np.inf), np.full(n, -1, dtype=np.int64))
    distance, _, source = dijkstra(
        _graph(network, sources, travel),
        indices=np.arange(n, n + sources.count),
        min_only=True,
        limit=travel.limit_m + _SHIFT,
        return_predecessors=True,
    )
    far = ~np.isfinite(distance[:n])
    return Spread(np.where(far, np.inf, distance[:n] - _SHIFT), np.where(far, -1, source[:n] - n).astype(np.int64))


@dataclass(frozen=True, eq=False)
class Direct:
    """Ways between sources and features along one edge only, past no node; all arrays have the shape (k,)."""

    source: NDArray[np.int64]
    of: NDArray[np.int64]
    way: NDArray[np.float64]


def direct(
    network: Network,
    sources: Attached,
    features: Attached,
    shapes: NDArray[np.object_],
    travel: Travel = STROLL,
    *,
    barriers: NDArray[np.object_] | None = None,
) -> Direct:
    """Find the ways along one edge: those past its nodes may be longer.

    Parameters
    ----------
    network, sources, features
        Edges, and where both meet them.
    shapes
        The features, shape (n,): a source that lies before one is reached straight across.
    travel
        How far and which way.
    barriers
        Lines or polygons that no way off the network crosses.
    """
    walls = walls_of(barriers)
    mine, place = _on_same(sources.edge, features.edge)
    step = features.along[place] - sources.along[mine]
    if travel.directed:
        edge = features.edge[place]
        onward = -step if travel.towards else step
        free = (np.abs(step) <= MEETS_M) | np.where(onward > 0, network.forward[edge], network.backward[edge])
        mine, place, step = mine[free], place[free], step[free]
    source, of = sources.of[mine], features.of[place]
    way = sources.gap[mine] + np.abs(step) + features.gap[place]
    mine, pair = _on_same(sources.edge, features.front_edge)
    edge = sources.edge[mine]
    feet = paths(network.shape).at(edge, sources.along[mine] / true_scale(network)[edge])
    ways = shapely.shortest_line(shapely.points(feet), shapes[features.front_of[pair]])
    across = shapely.length(ways)
    free = (across <= features.snap_m) & are_free(ways, walls)
    mine, pair, across = mine[free], pair[free], across[free]
    source = np.concatenate([source, sources.of[mine]])
    of = np.concatenate([of, features.front_of[pair]])
    way = np.concatenate([way, sources.gap[mine] + across])
    near = way <= travel.limit_m
    return Direct(source[near], of[near], way[near])


def _on_same(one: NDArray[np.int64], other: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row numbers of all pairs of equal values."""
    order = np.argsort(other, kind="stable")
    begin = np.searchsorted(other[order], one, side="left")
    count = np.searchsorted(other[order], one, side="right") - begin
    mine = np.repeat(np.arange(len(one)), count)
    step = np.arange(len(mine)) - np.repeat(np.cumsum(count) - count, count)
    return mine, order[np.repeat(begin, count) + step]


def nearest_along(
    network: Network,
    sources: Attached,
    features: Attached,
    shapes: NDArray[np.object_],
    travel: Travel = STROLL,
    *,
    known: Spread | None = None,
    barriers: NDArray[np.object_] | None = None,
) -> Spread:
    """Find the nearest source of each feature.

    Parameters
    ----------
    network, sources, features, shapes, travel, barriers
        As of `direct`.
    known
        What `spread` gave for the same, if it has been asked.

    Returns
    -------
    Spread
        Of features, shape (n,), rather than nodes.
    """
    known = spread(network, sources, travel) if known is None else known
    through = doors(network, features, travel, leaving=travel.towards)
    straight = direct(network, sources, features, shapes, travel, barriers=barriers)
    of = np.concatenate([through.of, straight.of])
    way = np.concatenate([through.way + known.distance[through.node], straight.way])
    source = np.concatenate([known.source[through.node], straight.source])
    reached = way <= travel.limit_m
    of, way, source = of[reached], way[reached], source[reached]
    order = np.lexsort((source, way, of))
    first = order[np.diff(of[order], prepend=-1) != 0]
    distance, by = np.full(features.count, np.inf), np.full(features.count, -1, dtype=np.int64)
    distance[of[first]], by[of[first]] = way[first], source[first]
    return Spread(distance, by)


def _by_turns(through: Doors) -> list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]]:
    """First door of every feature, then the second of those that have one …: feature, node, and m to be added."""
    first = np.flatnonzero(np.diff(through.of, prepend=-1))
    count = np.diff(np.append(first, len(through.of)))
    out = []
    for turn in range(int(count.max(initial=0))):
        row = first[count > turn] + turn
        out.append((through.of[row], through.node[row], through.way[row] - _SHIFT))
    return out


def each_along(
    network: Network,
    sources: Attached,
    features: Attached,
    shapes: NDArray[np.object_],
    travel: Travel = STROLL,
    *,
    barriers: NDArray[np.object_] | None = None,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Distances from every source to every feature, some sources at a time.

    Parameters
    ----------
    network, sources, features, shapes, travel, barriers
        As of `direct`.

    Yields
    ------
    tuple
        Row numbers of the sources, shape (k,), and m, infinite where no way leads, shape (k, n).
    """
    graph = _graph(network, sources, travel)
    through = doors(network, features, travel, leaving=travel.towards)
    straight = direct(network, sources, features, shapes, travel, barriers=barriers)
    order = np.argsort(straight.source, kind="stable")
    begin = np.searchsorted(straight.source[order], np.arange(sources.count + 1))
    turns = _by_turns(through)
    for begin_at in range(0, sources.count, _TOGETHER):
        rows = np.arange(begin_at, min(begin_at + _TOGETHER, sources.count))
        found = dijkstra(graph, indices=network.nodes + rows, limit=travel.limit_m + _SHIFT)
        out = np.full((len(rows), features.count), np.inf)
        for i, row in enumerate(rows):
            for of, node, way in turns:
                out[i, of] = np.minimum(out[i].take(of), found[i].take(node) + way)
            mine = order[begin[row] : begin[row + 1]]
            np.minimum.at(out[i], straight.of[mine], straight.way[mine])
        out[out > travel.limit_m] = np.inf
        yield rows, out
