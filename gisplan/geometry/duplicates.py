"""Features that are drawn more than once."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.geometry.borders import hash_points


def duplicates(features: NDArray[np.object_]) -> NDArray[np.int64]:
    """Number the groups of features that are one and the same shape, to a millimetre.

    A ring may begin at any of its vertices and run either way, and so may a line.

    Parameters
    ----------
    features
        Shape (n,).

    Returns
    -------
    numpy.ndarray
        Group of each feature, shape (n,); −1 where no other has its shape.
    """
    group = np.full(len(features), -1, dtype=np.int64)
    if len(features) < 2:
        return group
    box = np.round(shapely.bounds(features), 3)
    # Only what agrees in its box is looked at closely; a chance likeness of hashes does no harm.
    alike = _repeated(hash_points(box[:, :2]) ^ (hash_points(box[:, 2:]) >> np.uint64(1)))
    if len(alike) == 0:
        return group
    rounded = shapely.transform(features[alike], lambda xy: np.round(xy, 3) + 0.0)
    shape = np.array([g.wkb for g in shapely.normalize(rounded)], dtype=object)
    _, first, of, count = np.unique(shape, return_index=True, return_inverse=True, return_counts=True)
    # Groups are numbered as their first members come.
    rank = np.cumsum(count[order := np.argsort(first)] > 1)[np.argsort(order)] - 1
    same = count[of] > 1
    group[alike[same]] = rank[of[same]]
    return group


def _repeated(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Row numbers of the keys that stand there more than once."""
    ordered = np.sort(keys)
    again = ordered[1:][ordered[1:] == ordered[:-1]]
    return np.flatnonzero(np.isin(keys, again)) if len(again) else np.zeros(0, dtype=np.int64)
