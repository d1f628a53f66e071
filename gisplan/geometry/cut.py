"""Cut a layer by zones, once: which feature lies in which zone with which share of itself."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.geometry.interior import UNSURE, interior
from gisplan.geometry.near import _tree
from gisplan.geometry.parallel import in_chunks, map_chunks, sum_by

#: A share that misses 1 by less than this is whole: it is the noise of intersecting in floating point, and a tenth of
#: what the books may be off by.
NOISE = 1e-10

#: A line within this of a border (m) runs along it. Drawn to the centimetre, cut at a crossing, or projected, the
#: two seldom coincide.
ALONG_M = 0.01

#: Length (m) along a border from which a line is walked; a shorter one is that of a crossing.
ALONG_LEAST_M = 0.5

#: Fewer features than this to a zone, and it pays to ask the features for their zones rather than the zones for
#: their features.
SMALL_ZONES = 8

#: Cells a feature of the raster that tells which of them lie far from any border.
CELLS = 4

#: How much of what lies on a border each zone there takes: an equal share (1/n in each of n zones), one half each
#: (so that half of what lies on the outer border is outside), or all of it (what several zones take is overlap).
EdgeRule = Literal["share", "half", "full"]

#: Zone, feature and share of the pieces of one chunk.
Parts = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


@dataclass(frozen=True)
class Cut:
    """Pieces of features in zones, and what lies in no zone.

    Attributes
    ----------
    zone, feature
        Row numbers of the zone and of the feature of each piece, sorted by feature then zone.
    share
        Part of the feature that the piece is, 0–1. A line (within a centimetre) or point on a border counts in each
        zone there as the `EdgeRule` says, 1/n in each of n zones by default.
    outside
        Part of each feature that lies in no zone, measured apart from the pieces (as a difference, not as 1 − Σ
        share), so that the two can be held against each other.
    overlap
        Part of each line or point that is counted more than once because zones overlap. For polygons it is
        measured from the overlapping land itself (see `multiplicity_cells`) and is zero here.
    """

    zone: NDArray[np.int64]
    feature: NDArray[np.int64]
    share: NDArray[np.float64]
    outside: NDArray[np.float64]
    overlap: NDArray[np.float64]


def _measure(geometry: NDArray[np.object_], dimension: int) -> NDArray[np.float64]:
    return np.asarray(shapely.area(geometry) if dimension == 2 else shapely.length(geometry))


def cut(
    zones: NDArray[np.object_],
    features: NDArray[np.object_],
    *,
    dimension: int,
    disjoint: bool = True,
    tolerance: float = 0.0,
    edge_rule: EdgeRule = "share",
    outside: bool = True,
    executor: Executor | None = None,
) -> Cut:
    """Cut features by zones.

    One index over the zones; a zone takes every feature that lies wholly inside it as it is, and only the few
    that straddle a border are intersected. Each chunk of features works with prepared copies of its own, since a
    prepared geometry shared by threads crashes.

    Parameters
    ----------
    zones
        Valid (multi)polygons, shape (z,). They may overlap; see ``Cut.overlap``.
    features
        Valid geometries of one dimension, shape (n,), none of them empty.
    dimension
        0 for points, 1 for lines, 2 for polygons.
    disjoint
        The zones are known not to overlap, so a feature whose pieces add up to all of it has nothing outside.
    tolerance
        How far (m) a point may lie off a zone and still be on its border. Lines and polygons are cut exactly.
    edge_rule
        How much of a line or point on a border each zone there takes.
    outside
        Measure what lies in no zone. Where nobody asks, it is taken to be what the pieces leave.
    executor
        Where to run the chunks; threads by default.
    """
    if dimension == 0:
        return _cut_points(zones, features, tolerance, edge_rule)
    n = len(features)
    size = _measure(features, dimension)
    find = _by_zone if 0 < len(zones) * SMALL_ZONES <= n else _by_feature
    parts = find(zones, features, size, dimension, executor)
    zone, feature, share = (np.concatenate(c) for c in zip(*parts, strict=True))
    order = np.lexsort((zone, feature))
    zone, feature, share = zone[order], feature[order], share[order]

    counted = sum_by(feature, share, size=n)
    pieces = sum_by(feature, size=n)
    overlap = np.zeros(n)
    if not outside:
        return Cut(zone, feature, share, np.clip(1 - counted, 0, 1), overlap)
    left = np.where(pieces == 0, 1.0, 0.0)
    unsure = np.abs(counted - 1) > NOISE
    if dimension == 1 or not disjoint:
        unsure |= pieces > 1
    rows = np.flatnonzero((pieces > 0) & unsure)
    left[rows] = _left_over(zones, features, zone, feature, rows, dimension) / size[rows]
    if dimension == 1:
        # What runs twice over the same ground is laid together by an intersection, and a shared border is counted
        # in each zone.
        rows = rows[(np.abs(counted[rows] + left[rows] - 1) > 1e-9) | ~shapely.is_simple(features[rows])]
        rows = np.union1d(rows, _along_borders(zones, features, executor))
        kept = ~np.isin(feature, rows)
        walked = [(zone[kept], feature[kept], share[kept])]
        owner, near = _tree(zones).query(features[rows], predicate="dwithin", distance=ALONG_M)
        # Line by line: only the few of these come here.
        for i, f in enumerate(rows):
            mine = np.sort(near[owner == i])
            parts_of, left[f], overlap[f] = _along(features[f], zones[mine], edge_rule)
            some = parts_of > 0
            walked.append((mine[some], np.full(int(some.sum()), f), parts_of[some]))
        zone, feature, share = (np.concatenate(c) for c in zip(*walked, strict=True))
        order = np.lexsort((zone, feature))
        zone, feature, share = zone[order], feature[order], share[order]
    return Cut(zone, feature, share, left, overlap)


def _edges(lines: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Edges of (multi)lines, shape (k, 2, 2), none of them without length, and whose they are."""
    parts, owner = shapely.get_parts(lines, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    real = np.flatnonzero((part[1:] == part[:-1]) & (xy[1:] != xy[:-1]).any(axis=1))
    return np.stack([xy[real], xy[real + 1]], axis=1), owner[part[real]]


def _along_borders(
    zones: NDArray[np.object_], lines: NDArray[np.object_], executor: Executor | None
) -> NDArray[np.int64]:
    """Lines that run along the border of a zone, within `ALONG_M` of it over more than `ALONG_LEAST_M`."""
    borders, _ = _edges(shapely.get_parts(shapely.boundary(zones)))
    tree = _tree(shapely.linestrings(borders))

    def work(rows: NDArray[np.int64]) -> NDArray[np.int64]:
        edges, owner = _edges(lines[rows])
        e, b = tree.query(shapely.linestrings(edges), predicate="dwithin", distance=ALONG_M)
        start, way = edges[e, 0], edges[e, 1] - edges[e, 0]
        length = np.hypot(way[:, 0], way[:, 1])
        way /= length[:, None]
        # Place along the edge, and distance to its left, of both ends of the border.
        to = borders[b] - start[:, None, :]
        at = to[..., 0] * way[:, None, 0] + to[..., 1] * way[:, None, 1]
        off = to[..., 1] * way[:, None, 0] - to[..., 0] * way[:, None, 1]
        run = at[:, 1] - at[:, 0]
        low, high = np.clip(at.min(axis=1), 0, length), np.clip(at.max(axis=1), 0, length)
        with np.errstate(divide="ignore", invalid="ignore"):
            lean = (off[:, 1] - off[:, 0]) / run
            reach = np.sort((np.array([[-ALONG_M], [ALONG_M]]) - off[:, 0]) / lean + at[:, 0], axis=0)
        level = ~(np.abs(lean) > 1e-12)
        beside = np.minimum(high, np.where(level, high, reach[1])) - np.maximum(low, np.where(level, low, reach[0]))
        return np.asarray(rows[np.unique(owner[e[beside > ALONG_LEAST_M]])])

    return np.concatenate(in_chunks(work, len(lines), executor=executor, least=2000))


def _by_zone(
    zones: NDArray[np.object_],
    features: NDArray[np.object_],
    size: NDArray[np.float64],
    dimension: int,
    executor: Executor | None,
) -> list[Parts]:
    """Few large zones: each is prepared and asked about the features near its border."""
    surely = interior(zones, cells=CELLS * len(features)).zone_of(shapely.bounds(features))
    inside, open_rows = np.flatnonzero(surely >= 0), np.flatnonzero(surely == UNSURE)
    tree = _tree(zones)
    drawn = shapely.to_wkb(zones)

    def work(chunk: NDArray[np.int64]) -> Parts:
        rows = open_rows[chunk]
        mine = features[rows]
        f, z = tree.query(mine)
        own = shapely.from_wkb(drawn)  # own copies: preparing is not safe across threads
        shapely.prepare(own)
        share = np.ones(len(f))
        border = np.flatnonzero(~shapely.contains_properly(own[z], mine[f]))
        touched = shapely.intersects(own[z[border]], mine[f[border]])
        share[border[~touched]] = 0.0
        border = border[touched]
        pieces = shapely.intersection(mine[f[border]], own[z[border]])
        share[border] = _measure(pieces, dimension) / size[rows[f[border]]]
        kept = share > 0
        return z[kept], rows[f[kept]], share[kept]

    whole = (surely[inside], inside, np.ones(len(inside)))
    return [whole, *in_chunks(work, len(open_rows), executor=executor, least=max(500, SMALL_ZONES * len(zones)))]


def _by_feature(
    zones: NDArray[np.object_],
    features: NDArray[np.object_],
    size: NDArray[np.float64],
    dimension: int,
    executor: Executor | None,
) -> list[Parts]:
    """Many small zones (parcels, say): preparing each would cost more than it saves."""
    tree = _tree(zones)

    def work(rows: NDArray[np.int64]) -> Parts:
        mine = features[rows]
        f, z = tree.query(mine)
        share = np.ones(len(f))
        border = np.flatnonzero(~shapely.covers(zones[z], mine[f]))
        pieces = shapely.intersection(mine[f[border]], zones[z[border]])
        share[border] = _measure(pieces, dimension) / size[rows[f[border]]]
        kept = share > 0
        return z[kept], rows[f[kept]], share[kept]

    return in_chunks(work, len(features), executor=executor, least=500)


def _left_over(
    zones: NDArray[np.object_],
    features: NDArray[np.object_],
    zone: NDArray[np.int64],
    feature: NDArray[np.int64],
    rows: NDArray[np.int64],
    dimension: int,
) -> NDArray[np.float64]:
    """Size of what is left of some features when all their zones are taken away, one after the other."""
    rest = features[rows].copy()
    start = np.searchsorted(feature, rows, side="left")
    stop = np.searchsorted(feature, rows, side="right")
    for step in range(int((stop - start).max(initial=0))):
        open_rows = np.flatnonzero(start + step < stop)
        rest[open_rows] = map_chunks(shapely.difference, rest[open_rows], zones[zone[start[open_rows] + step]])
    return _measure(rest, dimension)


def _border_shares(
    zones: NDArray[np.object_], parts: NDArray[np.object_], tolerance: float, edge_rule: EdgeRule
) -> NDArray[np.float64]:
    """Share of each part (a point stands for it) that falls to each zone: 1 inside, by the rule on a border.

    Returns
    -------
    numpy.ndarray
        Shape (zones, parts).
    """
    touching = shapely.dwithin(zones[:, None], parts[None, :], tolerance)
    on_border = touching & shapely.dwithin(shapely.boundary(zones)[:, None], parts[None, :], tolerance)
    each = {"share": 1.0 / np.maximum(on_border.sum(axis=0), 1), "half": 0.5, "full": 1.0}[edge_rule]
    return np.asarray(np.where(on_border, each, touching.astype(float)))


def _along(
    line: shapely.Geometry, zones: NDArray[np.object_], edge_rule: EdgeRule
) -> tuple[NDArray[np.float64], float, float]:
    """Share a line out among zones that have parts of it in common: along a border, or through land that they share.

    The line is walked from break to break, a break being any vertex of its pieces, and each step is given to the
    zones its middle lies
    in, or on whose border it lies (within `ALONG_M`). Steps add up to the line whatever the rounding, which
    pieces that run side by side do not.

    Returns
    -------
    tuple
        Share of each zone, share outside all of them, share counted more than once.
    """
    x0, y0, x1, y1 = shapely.bounds(line)
    xy = shapely.get_coordinates(zones)
    close = (xy[:, 0] > x0 - 1) & (xy[:, 0] < x1 + 1) & (xy[:, 1] > y0 - 1) & (xy[:, 1] < y1 + 1)
    corners = shapely.points(np.concatenate([shapely.get_coordinates(shapely.intersection(line, zones)), xy[close]]))
    share, outside, overlap = np.zeros(len(zones)), 0.0, 0.0
    for part in shapely.get_parts(line):
        breaks = _breaks(part, corners)
        step = np.diff(breaks)
        given = _border_shares(zones, shapely.line_interpolate_point(part, breaks[:-1] + step / 2), ALONG_M, edge_rule)
        total = given.sum(axis=0)
        share += (given * step).sum(axis=1)
        # 1/n taken n times may miss 1 by a rounding, which is no land outside.
        outside += float((np.where(total > 1 - NOISE, 0.0, 1 - total) * step).sum())
        overlap += float((np.maximum(total - 1, 0) * step).sum())
    whole = float(shapely.length(line))
    return share / whole, outside / whole, overlap / whole


def _breaks(line: shapely.Geometry, corners: NDArray[np.object_]) -> NDArray[np.float64]:
    """Distances along a line of its own vertices and of the corners on it, each on every edge that runs through it."""
    xy = shapely.get_coordinates(line)
    start, way = xy[:-1], np.diff(xy, axis=0)
    length = np.hypot(way[:, 0], way[:, 1])
    passed = np.concatenate([[0.0], np.cumsum(length)])
    edges = shapely.linestrings(np.stack([start, xy[1:]], axis=1))
    corner, edge = _tree(edges).query(corners, predicate="dwithin", distance=2 * ALONG_M)
    real = length[edge] > 0
    corner, edge = corner[real], edge[real]
    to = shapely.get_coordinates(corners[corner]) - start[edge]
    part = np.clip((to * way[edge]).sum(axis=1) / length[edge] ** 2, 0, 1)
    return np.unique(np.concatenate([passed, passed[edge] + part * length[edge]]))


def _cut_points(
    zones: NDArray[np.object_], features: NDArray[np.object_], tolerance: float, edge_rule: EdgeRule
) -> Cut:
    """Cut (multi)points: each point counts one part of its feature."""
    n = len(features)
    points, owner = shapely.get_parts(features, return_index=True)
    weight = 1.0 / sum_by(owner, size=n)[owner]
    p, z = _tree(zones).query(points, predicate="dwithin", distance=tolerance)
    share = np.ones(len(p))
    hits = sum_by(p, size=len(points))
    doubtful = hits > 1
    if edge_rule == "half":  # one zone alone may have a point on its border, and then takes half of it
        near = shapely.dwithin(shapely.boundary(zones[z]), points[p], tolerance)
        doubtful |= sum_by(p[near], size=len(points)) > 0
    order = np.argsort(p, kind="stable")
    start = np.searchsorted(p[order], np.arange(len(points) + 1))
    # Point by point: only those that touch several zones, or may be shared out, come here.
    for k in np.flatnonzero(doubtful):
        at = order[start[k] : start[k + 1]]
        share[at] = _border_shares(zones[z[at]], points[k : k + 1], tolerance, edge_rule)[:, 0]
    share *= weight[p]
    taken = sum_by(p, share, size=len(points))
    overlap = sum_by(owner, np.maximum(taken - weight, 0), size=n)
    outside = sum_by(owner, np.where(taken > weight * (1 - NOISE), 0.0, weight - taken), size=n)
    pairs, inverse = np.unique(np.column_stack([owner[p], z]), axis=0, return_inverse=True)
    total = sum_by(inverse.ravel(), share, size=len(pairs))
    return Cut(pairs[:, 1].astype(np.int64), pairs[:, 0].astype(np.int64), total, outside, overlap)


def owners(pieces: Cut, count: int) -> NDArray[np.int64]:
    """Zone in which the largest part of each feature lies, −1 where that is outside every zone.

    Shares that differ by no more than the noise of the cut are equal, and then the zone that comes first has it.

    Parameters
    ----------
    pieces
        A cut.
    count
        Number of features.

    Returns
    -------
    numpy.ndarray
        Row numbers of zones, shape (count,).
    """
    owner = np.full(count, -1, dtype=np.int64)
    best = np.round(pieces.outside, 9)
    rounded = np.round(pieces.share, 9)
    order = np.lexsort((pieces.zone, -rounded, pieces.feature))
    feature, first = np.unique(pieces.feature[order], return_index=True)
    top = order[first]
    wins = rounded[top] >= best[feature]
    owner[feature[wins]] = pieces.zone[top[wins]]
    return owner
