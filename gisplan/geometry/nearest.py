"""Which line, point or service area lies nearest to each feature, and how far away."""

from __future__ import annotations

from concurrent.futures import Executor

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.geometry.near import LARGE_VERTICES, _stretches, _tree
from gisplan.geometry.parallel import in_chunks


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

    def work(rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        (mine, found), away = tree.query_nearest(features[rows], return_distance=True)
        best, far = np.full(len(rows), len(sources), dtype=np.int64), np.full(len(rows), np.nan)
        np.minimum.at(best, mine, owner[found])
        far[mine] = away
        return best, far

    answers = in_chunks(work, len(features), executor=executor, least=500)
    row, gap = np.concatenate([r for r, _ in answers]), np.concatenate([d for _, d in answers])
    if len(large):
        inner, which = _inside(features, sources[large])
        row[inner] = np.where(gap[inner] == 0, np.minimum(row[inner], large[which]), large[which])
        gap[inner] = 0.0
    row[row == len(sources)] = -1  # an empty shape is near nothing
    return row, gap


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
