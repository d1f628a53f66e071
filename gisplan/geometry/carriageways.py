"""Carriageways drawn side by side: which stretches of lines run beside another of the same group, and which nodes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from gisplan.geometry.cut import _edges
from gisplan.geometry.near import _tree
from gisplan.geometry.noding import MEETS_M
from gisplan.geometry.parallel import sum_by
from gisplan.geometry.streets import Streets

#: Length (m) of the pieces that lines are looked at in.
PIECE_M = 10.0

#: Lines nearer than this (m) are the same line drawn twice, not two carriageways.
APART_M = 1.0

#: Cosine of the greatest angle between two carriageways: 20°.
PARALLEL = 0.94

#: Share of an edge that must run beside another for the edge to be a carriageway.
MOSTLY = 0.3

#: How far (m) from a node one looks to see which way an edge leaves it.
LOOK_M = 20.0

#: Cosine of the angle within which carriageways of one road leave a junction as one leg: 60°.
ONE_LEG = 0.5


@dataclass(frozen=True)
class Beside:
    """Pieces of lines that run beside others of the same group.

    Attributes
    ----------
    line
        Row number of the line that each piece is part of, shape (p,).
    ends
        Where each begins and ends, shape (p, 2, 2).
    others
        How many lines of its group run beside it.
    """

    line: NDArray[np.int64]
    ends: NDArray[np.float64]
    others: NDArray[np.int64]

    @property
    def length(self) -> NDArray[np.float64]:
        """Own length of each piece, m."""
        return np.asarray(np.hypot(*(self.ends[:, 1] - self.ends[:, 0]).T))

    @property
    def saved(self) -> NDArray[np.float64]:
        """Length (m) that each piece loses where n lines side by side count as one: (n − 1)/n of it."""
        return self.length * self.others / (1 + self.others)


def beside(lines: NDArray[np.object_], group: NDArray[np.int64], *, distance: float) -> Beside:
    """Find where lines run beside others of their group: parallel within 20°, 1 m to ``distance`` apart.

    Parameters
    ----------
    lines
        (Multi)lines in metres, shape (n,).
    group
        Lines of one road share a number; −1 belongs to none, shape (n,).
    distance
        m.
    """
    several = np.isin(group, np.flatnonzero(np.bincount(group[group >= 0], minlength=1) > 1)) & (group >= 0)
    rows = np.flatnonzero(several)
    none = Beside(np.zeros(0, dtype=np.int64), np.zeros((0, 2, 2)), np.zeros(0, dtype=np.int64))
    if len(rows) == 0:
        return none
    a, b = _tree(lines[rows]).query(lines[rows], predicate="dwithin", distance=distance)
    rows = rows[np.unique(a[(a != b) & (group[rows[a]] == group[rows[b]])])]
    if len(rows) == 0:
        return none
    pieces, owner = _edges(shapely.segmentize(lines[rows], PIECE_M))
    line = rows[owner]
    way = pieces[:, 1] - pieces[:, 0]
    length = np.hypot(way[:, 0], way[:, 1])
    way /= length[:, None]
    middle = pieces.mean(axis=1)
    # Groups lie far above one another, so that only pieces of one group are near.
    high = (group[line] * 10.0 * (distance + PIECE_M))[:, None]
    near = cKDTree(np.hstack([middle, high])).query_pairs(float(np.hypot(distance, PIECE_M)), output_type="ndarray")
    mine, other = np.concatenate([near, near[:, ::-1]]).T
    # Straight across from the middle of each piece: where along the other one, and how far away.
    to = middle[mine] - pieces[other, 0]
    at = to[:, 0] * way[other, 0] + to[:, 1] * way[other, 1]
    off = np.abs(to[:, 0] * way[other, 1] - to[:, 1] * way[other, 0])
    turn = np.abs((way[mine] * way[other]).sum(axis=1))
    faced = (at >= 0) & (at < length[other]) & (off >= APART_M) & (off <= distance) & (turn >= PARALLEL)
    others = sum_by(mine[faced], size=len(pieces)).astype(np.int64)
    found = others > 0
    return Beside(line[found], pieces[found], others[found])


def merged_nodes(
    net: Streets, pair: Beside, group: NDArray[np.int64], *, distance: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Nodes of a net in which carriageways side by side are one road: their places and legs.

    Nodes across from each other on two carriageways become one, in their middle; carriageways of one road that leave a
    node the same way are one leg.

    Parameters
    ----------
    net
        The lines, split.
    pair
        Where they run beside each other, as `beside` tells.
    group
        Group of each line, shape (n,).
    distance
        m.

    Returns
    -------
    tuple
        xy, shape (k, 2), and legs, shape (k,); nodes of two legs, which are none, are among them.
    """
    if len(pair.line) == 0:
        return net.xy, net.legs
    cluster = _clusters(net.xy, pair, group, distance)
    count = int(cluster.max()) + 1
    size = sum_by(cluster, size=count)
    xy = np.stack([sum_by(cluster, net.xy[:, i], size=count) / size for i in (0, 1)], axis=1)
    edge, from_ = np.concatenate([np.arange(len(net.edges))] * 2), cluster[np.concatenate([net.start, net.end])]
    leaves = cluster[net.start] != cluster[net.end]
    # An edge within a cluster joins carriageways; one that comes back from afar is a loop with two legs.
    leaves |= shapely.length(net.edges) > 3 * distance
    kept = leaves[edge]
    road = _road_of(net.edges, pair, group)
    away = _away(net.edges)
    edge, from_, away = edge[kept], from_[kept], away[kept]
    legs = sum_by(from_, size=count).astype(np.int64)
    order = np.argsort(from_, kind="stable")
    start = np.searchsorted(from_[order], np.arange(count + 1))
    # Junction by junction: only those that a carriageway leaves come here.
    for c in np.unique(from_[road[edge] >= 0]):
        mine = order[start[c] : start[c + 1]]
        own, way = road[edge[mine]], away[mine]
        one = (own[:, None] == own[None, :]) & (own[:, None] >= 0) & (way @ way.T > ONE_LEG)
        legs[c] = connected_components(one, directed=False)[0]
    return xy, legs


def _clusters(xy: NDArray[np.float64], pair: Beside, group: NDArray[np.int64], distance: float) -> NDArray[np.int64]:
    """Number of the junction that each node belongs to."""
    node, piece = _tree(shapely.linestrings(pair.ends)).query(shapely.points(xy), predicate="dwithin", distance=MEETS_M)
    on: dict[int, list[int]] = {}
    for n, p in zip(node.tolist(), piece.tolist(), strict=True):  # a few pieces to each node
        on.setdefault(n, []).append(p)
    rows = np.array(sorted(on), dtype=np.int64)
    near = (
        cKDTree(xy[rows]).query_pairs(distance * np.sqrt(2), output_type="ndarray") if len(rows) else np.zeros((0, 2))
    )
    way = pair.ends[:, 1] - pair.ends[:, 0]
    way /= np.hypot(way[:, 0], way[:, 1])[:, None]
    links = []
    for a, b in near.astype(np.int64).tolist():  # nodes of carriageways only
        i, j = int(rows[a]), int(rows[b])
        roads_j = {int(group[pair.line[p]]) for p in on[j]}
        for p in on[i]:
            if int(group[pair.line[p]]) not in roads_j:
                continue
            to = xy[j] - xy[i]
            across = abs(to[0] * way[p, 1] - to[1] * way[p, 0])
            if APART_M <= across <= distance and abs(to @ way[p]) <= across:
                links.append((i, j))
                break
    made = np.array(links, dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(made)), (made[:, 0], made[:, 1])), shape=(len(xy), len(xy)))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _road_of(edges: NDArray[np.object_], pair: Beside, group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Group of each edge that is mostly a carriageway, −1 of others."""
    middle = shapely.points(pair.ends.mean(axis=1))
    piece, edge = _tree(edges).query(middle, predicate="dwithin", distance=MEETS_M)
    length = sum_by(edge, pair.length[piece], size=len(edges))
    out = np.full(len(edges), -1, dtype=np.int64)
    out[edge] = group[pair.line[piece]]
    out[length < MOSTLY * shapely.length(edges)] = -1
    return out


def _away(edges: NDArray[np.object_]) -> NDArray[np.float64]:
    """Unit vectors in which edges leave their first and then their last ends, shape (2e, 2)."""
    far = np.minimum(LOOK_M, shapely.length(edges) / 2)
    tip = shapely.get_coordinates(np.concatenate([shapely.get_point(edges, 0), shapely.get_point(edges, -1)]))
    look = np.concatenate([shapely.line_interpolate_point(edges, far), shapely.line_interpolate_point(edges, -far)])
    way = shapely.get_coordinates(look) - tip
    return np.asarray(way / np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)[:, None])
