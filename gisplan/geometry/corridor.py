"""How much of two ways runs side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.geometry.along import paths
from gisplan.geometry.near import _tree


class Corridors:
    """Pieces of line, and how near they run to each other.

    Parameters
    ----------
    parts
        Linestrings that the pieces lie on.
    part, start, stop
        Part of each piece, and where along it the piece begins and ends (m); shape (n,).
    distance
        Pieces nearer to each other than this (m) run side by side.
    """

    def __init__(
        self,
        parts: NDArray[np.object_],
        part: NDArray[np.int64],
        start: NDArray[np.float64],
        stop: NDArray[np.float64],
        *,
        distance: float,
    ) -> None:
        self._shape = paths(parts).between(part, start, stop)
        self._length = shapely.length(self._shape)
        self._distance = distance
        mine, near = _tree(self._shape).query(self._shape, predicate="dwithin", distance=distance)
        self._near: list[set[int]] = [set() for _ in self._shape]
        for a, b in zip(mine.tolist(), near.tolist(), strict=True):
            self._near[a].add(b)
        self._known: dict[tuple[int, frozenset[int]], float] = {}

    def share(self, one: Sequence[int], other: Sequence[int]) -> float:
        """Share of the length of two ways that runs beside the other; NaN where neither has any."""
        length = float(self._length[list(one)].sum() + self._length[list(other)].sum())
        if length <= 0:
            return float("nan")
        beside = self._beside(one, frozenset(other)) + self._beside(other, frozenset(one))
        return min(beside / length, 1.0)

    def _beside(self, way: Sequence[int], other: frozenset[int]) -> float:
        total = 0.0
        for piece in way:
            near = frozenset(self._near[piece] & other)
            if not near:
                continue
            key = (piece, near)
            if key not in self._known:
                strip = shapely.union_all(shapely.buffer(self._shape[sorted(near)], self._distance))
                self._known[key] = float(shapely.length(shapely.intersection(self._shape[piece], strip)))
            total += self._known[key]
        return total
