"""Which line, point or service area lies nearest to each feature, and how far away."""

from __future__ import annotations

from concurrent.futures import Executor

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from gisplan.geometry.near import LARGE_VERTICES, _stretches, _tree
from gisplan.geometry.parallel import in_chunks

#: Distance (m) between the points along sources by which a first guess is made, and how many of them there may be.
STEP_M, MOST_POINTS = 25.0, 2_000_000

#: Guess (m) from which the surroundings of a feature hold too many sources to measure each.
WIDE_M = 250.0


def nearest(
    features: NDArray[np.object_], sources: NDArray[np.object_], *, executor: Executor | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the source nearest to each feature in a straight line.

    Parameters
    ----------
    features
        Shape (n,).
    sources
        Lines, points or polygons, shape (m,).

    Returns
    -------
    tuple
        Row number of the source (the lowest of several that are as near; −1 where there is none) and its distance in
        m (0 where they touch, NaN where there is none), both of shape (n,).
    """
    row = np.full(len(features), -1, dtype=np.int64)
    gap = np.full(len(features), np.nan)
    if len(features) == 0 or len(sources) == 0:
        return row, gap
    # The distance to a large polygon is that to its border, stretch by stretch, but for features that lie in it.
    is_area = shapely.get_dimensions(sources) == 2
    large = np.flatnonzero(is_area & (shapely.get_num_coordinates(sources) > LARGE_VERTICES))
    small = np.setdiff1d(np.arange(len(sources)), large)
    borders = [_stretches(sources[[k]]) for k in large]
    parts = np.concatenate([sources[small], *borders])
    owner = np.concatenate([small, *(np.full(len(b), k) for k, b in zip(large, borders, strict=True))]).astype(np.int64)
    tree = _tree(parts)
    step = max(STEP_M, float(shapely.length(parts).sum()) / MOST_POINTS)
    points = shapely.get_coordinates(shapely.segmentize(parts, step))
    known = cKDTree(points) if len(points) else None

    def work(rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        mine, found, away = _candidates(features[rows], parts, tree, known)
        far = np.full(len(rows), np.inf)
        np.minimum.at(far, mine, away)
        best = np.full(len(rows), len(sources), dtype=np.int64)
        least = away == far[mine]
        np.minimum.at(best, mine[least], owner[found[least]])
        return best, np.where(np.isinf(far), np.nan, far)

    answers = in_chunks(work, len(features), executor=executor, least=500)
    row, gap = np.concatenate([r for r, _ in answers]), np.concatenate([d for _, d in answers])
    if len(large):
        inner, which = _inside(features, sources[large])
        row[inner] = np.where(gap[inner] == 0, np.minimum(row[inner], large[which]), large[which])
        gap[inner] = 0.0
    row[row == len(sources)] = -1  # an empty shape is near nothing
    return row, gap


def _candidates(
    features: NDArray[np.object_], parts: NDArray[np.object_], tree: shapely.STRtree, known: cKDTree | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Pairs of a feature and a part of a source, the nearest of each among them, with their distance.

    No source is further from a feature than the nearest of some points along all sources is from its first vertex; so
    only what lies in that surrounding is measured. Where it would be wide the tree is searched branch by branch.
    """
    none = np.zeros(0, dtype=np.int64)
    if known is None:
        return none, none, np.zeros(0)
    xy, owner = shapely.get_coordinates(features, return_index=True)
    start = np.flatnonzero(np.diff(owner, prepend=-1))
    filled = owner[start]
    most, _ = known.query(xy[start])
    near, wide = filled[most <= WIDE_M], filled[most > WIDE_M]
    by = most[most <= WIDE_M] + 1e-6  # what lies just on the edge must not be lost by rounding
    x0, y0, x1, y1 = shapely.bounds(features[near]).T
    mine, found = tree.query(shapely.box(x0 - by, y0 - by, x1 + by, y1 + by))
    mine = near[mine]
    away = shapely.distance(features[mine], parts[found])
    if len(wide):
        (far, other), further = tree.query_nearest(features[wide], return_distance=True)
        mine, found = np.concatenate([mine, wide[far]]), np.concatenate([found, other])
        away = np.concatenate([away, further])
    return mine, found, away


def _inside(
    features: NDArray[np.object_], polygons: NDArray[np.object_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Features whose first vertex lies in one of a few large polygons, and in which (the first)."""
    xy, owner = shapely.get_coordinates(features, return_index=True)
    start = np.flatnonzero(np.diff(owner, prepend=-1))
    which = np.full(len(features), -1, dtype=np.int64)
    own = shapely.from_wkb(shapely.to_wkb(polygons))  # preparing changes what others may be using
    shapely.prepare(own)
    for k in range(len(own) - 1, -1, -1):
        hit = shapely.intersects_xy(own[k], xy[start, 0], xy[start, 1])
        which[owner[start[hit]]] = k
    rows = np.flatnonzero(which >= 0)
    return rows, which[rows]
