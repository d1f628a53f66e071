"""Where features meet a network: the edge, the place along it, and the way off it."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.geometry.near import LARGE_VERTICES, _stretches, _tree
from gisplan.geometry.network import Network
from gisplan.geometry.parallel import in_chunks

#: Metres over another parcel's land, or along its border, from which a straight way leads through it.
THROUGH_M = 0.5

#: Features in a chunk, at least.
_LEAST = 500


@dataclass(frozen=True, eq=False)
class Attached:
    """Places at which features meet edges; a feature may have several. k places, j fronts.

    Attributes
    ----------
    count
        Number of features.
    snap_m
        How far (m) an edge may lie from a feature.
    of, edge
        Row numbers of the feature and of the edge, shape (k,), sorted by feature.
    along
        m from the start of the edge, in the measure of its length, shape (k,).
    gap
        m between the feature and that place, shape (k,).
    front_of, front_edge
        Each feature with each edge that it fronts on, shape (j,); none where nobody asked for frontages.
    is_blocked
        Whether edges are near enough to a feature but barriers lie before all of them, shape (count,).
    """

    count: int
    snap_m: float
    of: NDArray[np.int64]
    edge: NDArray[np.int64]
    along: NDArray[np.float64]
    gap: NDArray[np.float64]
    front_of: NDArray[np.int64]
    front_edge: NDArray[np.int64]
    is_blocked: NDArray[np.bool_]

    @property
    def is_on(self) -> NDArray[np.bool_]:
        """Whether each feature meets the network at all, shape (count,)."""
        out = np.zeros(self.count, dtype=bool)
        out[self.of] = True
        return out


def attach(
    network: Network,
    features: NDArray[np.object_],
    *,
    snap_m: float,
    frontages: bool = False,
    blocks: NDArray[np.bool_] | None = None,
    barriers: NDArray[np.object_] | None = None,
    executor: Executor | None = None,
) -> Attached:
    """Attach features to the edges near them.

    Edges on a bridge or in a tunnel (level other than 0) cannot be entered beside their ends, so nothing is
    attached to them.

    Parameters
    ----------
    network
        Edges.
    features
        Points, lines or polygons, shape (n,).
    snap_m
        How far (m) an edge may lie from a feature.
    frontages
        False: each feature meets its nearest edge only, in the nearest place. True: it meets the nearest of the edges
        that run beside it and every other of them to which a straight way leads that passes no other feature, and
        each along its whole front: where its corners lie beside the edge. Where none runs beside it, the nearest.
    blocks
        Which features stand in the way of others, shape (n,); all by default.
    barriers
        Lines or polygons that no way off the network crosses.
    executor
        Where to run; threads by default.
    """
    n, ground = len(features), np.flatnonzero(network.level == 0)
    if n == 0 or len(ground) == 0:
        row, m = np.zeros(0, dtype=np.int64), np.zeros(0)
        return Attached(n, snap_m, row, row, m, m, row, row, np.zeros(n, dtype=bool))
    shapes = network.shape[ground]
    lone = network.legs == 1
    open_ends = np.column_stack([lone[network.start[ground]], lone[network.end[ground]]])
    edges = _Some(_tree(shapes), shapes, ground, open_ends)
    walls = walls_of(barriers)
    others = None
    if frontages:
        stands = _standing(features, network, executor)
        standing = np.flatnonzero(stands if blocks is None else stands & blocks)
        others = _Some(_tree(features[standing]), features[standing], standing, open_ends[:0])

    def work(rows: NDArray[np.int64]) -> _Fronts:
        return _fronts(features, rows, edges, walls, others, snap_m)

    found = in_chunks(work, n, executor=executor, least=_LEAST)
    front_of, edge = np.concatenate([f.of for f in found]), ground[np.concatenate([f.edge for f in found])]
    before = np.cumsum([0, *(len(f.of) for f in found)])
    pair = np.concatenate([f.pair + k for f, k in zip(found, before, strict=False)])
    order = np.argsort(pair, kind="stable")
    pair = pair[order]
    along = np.concatenate([f.along for f in found])[order] * true_scale(network)[edge[pair]]
    gap = np.concatenate([f.gap for f in found])[order]
    is_blocked = np.zeros(n, dtype=bool)
    is_blocked[np.concatenate([f.shut for f in found])] = True
    along = np.clip(along, 0.0, network.length[edge[pair]])
    places, fronts = (front_of[pair], edge[pair]), slice(None if frontages else 0)
    return Attached(n, snap_m, *places, along, gap, front_of[fronts], edge[fronts], is_blocked)


def true_scale(network: Network) -> NDArray[np.float64]:
    """True metres in a drawn one, by edge."""
    drawn = shapely.length(network.shape)
    return np.asarray(np.divide(network.length, drawn, out=np.ones(len(drawn)), where=drawn > 0))


def walls_of(barriers: NDArray[np.object_] | None) -> shapely.STRtree | None:
    """Index over barriers, the borders of polygons in short stretches; None without any."""
    if barriers is None or not len(barriers):
        return None
    area = shapely.get_dimensions(barriers) == 2
    borders = [_stretches(barriers[area])] if area.any() else []
    return _tree(np.concatenate([barriers[~area], *borders]))


def _standing(features: NDArray[np.object_], network: Network, executor: Executor | None) -> NDArray[np.bool_]:
    """Whether features stand in the way: those along which edges run are streets themselves."""
    middles = _tree(shapely.line_interpolate_point(network.shape, 0.5, normalized=True))

    def work(rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.asarray(rows[np.unique(middles.query(features[rows], predicate="intersects")[0])])

    out = np.ones(len(features), dtype=bool)
    out[np.concatenate(in_chunks(work, len(features), executor=executor, least=_LEAST))] = False
    return out


def are_free(ways: NDArray[np.object_], walls: shapely.STRtree | None) -> NDArray[np.bool_]:
    """Whether straight ways cross no barrier."""
    free = np.ones(len(ways), dtype=bool)
    if walls is not None:
        free[walls.query(ways, predicate="intersects")[0]] = False
    return free


@dataclass(frozen=True)
class _Some:
    """Some edges or features with an index over them, and their row numbers among all.

    ``open_ends`` tells of both ends of edges whether they lead nowhere else, shape (k, 2).
    """

    tree: shapely.STRtree
    shapes: NDArray[np.object_]
    rows: NDArray[np.int64]
    open_ends: NDArray[np.bool_]


@dataclass(frozen=True)
class _Fronts:
    """Pairs of features and edges of one chunk, the places of each pair, and features shut off by barriers."""

    of: NDArray[np.int64]
    edge: NDArray[np.int64]
    pair: NDArray[np.int64]
    along: NDArray[np.float64]
    gap: NDArray[np.float64]
    shut: NDArray[np.int64]


def _fronts(
    features: NDArray[np.object_],
    rows: NDArray[np.int64],
    edges: _Some,
    walls: shapely.STRtree | None,
    others: _Some | None,
    snap_m: float,
) -> _Fronts:
    shapes = edges.shapes
    if others is None and walls is None:
        of, edge = edges.tree.query_nearest(features[rows], max_distance=snap_m)
    else:
        of, edge = edges.tree.query(features[rows], predicate="dwithin", distance=snap_m)
    own, large = _own(features[rows])
    if others is not None:
        kept = large[of]
        small = np.flatnonzero(~kept)
        kept[small] = _run_beside(own[of[small]], shapes[edge[small]], edges.open_ends[edge[small]])
        kept |= ~np.isin(of, of[kept])
        of, edge = of[kept], edge[kept]
    ways = shapely.shortest_line(own[of], shapes[edge])
    near, large, first = rows[np.unique(of)], large[of], rows[0]
    of = rows[of]
    free = are_free(ways, walls)
    of, edge, ways, large = of[free], edge[free], ways[free], large[free]
    gap = shapely.length(ways)
    order = np.lexsort((edge, gap, of))
    of, edge, ways, gap, large = of[order], edge[order], ways[order], gap[order], large[order]
    kept = np.diff(of, prepend=-1) != 0
    if others is not None:
        rest = np.flatnonzero(~kept)
        kept[rest[~_leads_through(ways[rest], of[rest], others)]] = True
    of, edge, gap, ways, large = of[kept], edge[kept], gap[kept], ways[kept], large[kept]
    pair = np.arange(len(of))
    along = shapely.line_locate_point(shapes[edge], shapely.get_point(ways, -1))
    if others is not None:
        place, foot, off = _corners(own[of - first], shapes[edge], large, walls, snap_m)
        pair, along, gap = np.concatenate([pair, place]), np.concatenate([along, foot]), np.concatenate([gap, off])
    return _Fronts(of, edge, pair, along, gap, np.setdiff1d(near, of))


def _own(features: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Features, and which of them have so many corners that they are prepared; copies, for others may use them too."""
    large = shapely.get_num_coordinates(features) > LARGE_VERTICES
    own = features.copy()
    own[large] = shapely.from_wkb(shapely.to_wkb(features[large]))
    shapely.prepare(own[large])
    return own, large


def _corners(
    features: NDArray[np.object_],
    shapes: NDArray[np.object_],
    large: NDArray[np.bool_],
    walls: shapely.STRtree | None,
    snap_m: float,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Places on edges before the corners of features: pair, m along the edge, and m between.

    For features of many corners, the ends of the edges instead: such a street or lake has edges all along it.
    """
    corners, whose = shapely.get_coordinates(features[~large], return_index=True)
    # The last corner of a ring is its first one again.
    real = np.append(whose[1:] == whose[:-1], False) if len(whose) else np.zeros(0, dtype=bool)
    pair, corner = np.flatnonzero(~large)[whose[real]], shapely.points(corners[real])
    foot, off = shapely.line_locate_point(shapes[pair], corner), shapely.distance(shapes[pair], corner)
    feet = shapely.line_interpolate_point(shapes[pair], foot)
    many = np.flatnonzero(large)
    for end, at in ((0, np.zeros(len(many))), (-1, shapely.length(shapes[many]))):
        tip = shapely.get_point(shapes[many], end)
        way = shapely.shortest_line(features[many], tip)
        pair, foot, off = np.append(pair, many), np.append(foot, at), np.append(off, shapely.length(way))
        corner, feet = np.append(corner, shapely.get_point(way, 0)), np.append(feet, tip)
    beside = np.flatnonzero(off <= snap_m)
    if walls is not None:
        beside = beside[are_free(shapely.shortest_line(corner[beside], feet[beside]), walls)]
    return pair[beside], foot[beside], off[beside]


def _run_beside(
    features: NDArray[np.object_], shapes: NDArray[np.object_], open_ends: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether edges run beside features, or end before them, rather than going on where others have passed them by."""
    beside = np.ones(len(features), dtype=bool)
    if not len(features):
        return beside
    corners, whose = shapely.get_coordinates(features, return_index=True)
    first = np.flatnonzero(np.diff(whose, prepend=-1))
    xy, edge = shapely.get_coordinates(shapes, return_index=True)
    begin = np.flatnonzero(np.diff(edge, prepend=-1))
    last = np.append(begin[1:], len(xy)) - 1
    for end, (tip, inner) in enumerate(((begin, begin + 1), (last, last - 1))):
        way = xy[inner] - xy[tip]
        ahead = ((corners - xy[tip][whose]) * way[whose]).sum(axis=1)
        beside &= open_ends[:, end] | (np.maximum.reduceat(ahead, first) > 0)
    return beside


def _leads_through(ways: NDArray[np.object_], of: NDArray[np.int64], others: _Some) -> NDArray[np.bool_]:
    """Whether each straight way off a feature leads over the land of another one, or between two."""
    out = np.zeros(len(ways), dtype=bool)
    way, other = others.tree.query(ways, predicate="intersects")
    foreign = others.rows[other] != of[way]
    way, other = way[foreign], other[foreign]
    over = shapely.length(shapely.intersection(ways[way], others.shapes[other])) > THROUGH_M
    out[way[over]] = True
    return out
