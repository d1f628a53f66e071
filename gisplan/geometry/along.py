"""Places and parts of lines by the distance along them, many at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray


@dataclass(frozen=True)
class Paths:
    """Vertices of plain lines laid end to end, with the distance along each.

    Attributes
    ----------
    xy
        Vertices, shape (v, 2).
    first
        Row of each line's first vertex, with the number of vertices behind the last, shape (n + 1,).
    total
        m from the first vertex of all, over every line, shape (v,); the distance along a line is the difference
        to its own first vertex.
    """

    xy: NDArray[np.float64]
    first: NDArray[np.int64]
    total: NDArray[np.float64]

    @property
    def length(self) -> NDArray[np.float64]:
        """Length of each line in m, shape (n,)."""
        return self.total[self.first[1:] - 1] - self.total[self.first[:-1]]

    def at(self, line: NDArray[np.int64], along: NDArray[np.float64]) -> NDArray[np.float64]:
        """Place so far along a line; beyond an end it is the end.

        Parameters
        ----------
        line, along
            Row numbers and m, shape (k,).

        Returns
        -------
        numpy.ndarray
            Shape (k, 2).
        """
        begin, last = self.first[line], self.first[line + 1] - 1
        along = np.clip(along, 0.0, self.total[last] - self.total[begin])
        goal = self.total[begin] + along
        after = np.clip(np.searchsorted(self.total, goal, side="right"), begin + 1, last)
        before = after - 1
        step = self.total[after] - self.total[before]
        part = np.divide(goal - self.total[before], step, out=np.zeros(len(goal)), where=step > 0)
        # The ends themselves come out to the last bit.
        part = np.where(goal >= self.total[last], 1.0, part)
        return np.asarray(self.xy[before] * (1 - part)[:, None] + self.xy[after] * part[:, None])

    def between(
        self, line: NDArray[np.int64], begin: NDArray[np.float64], stop: NDArray[np.float64]
    ) -> NDArray[np.object_]:
        """Part of a line between two distances along it.

        Parameters
        ----------
        line, begin, stop
            Row numbers and m, ``begin`` below ``stop``, shape (k,).

        Returns
        -------
        numpy.ndarray
            Lines, shape (k,).
        """
        if len(line) == 0:
            return np.zeros(0, dtype=object)
        origin = self.total[self.first[line]]
        low = np.searchsorted(self.total, origin + begin, side="right")
        high = np.searchsorted(self.total, origin + stop, side="left")
        low, high = np.maximum(low, self.first[line] + 1), np.minimum(high, self.first[line + 1] - 1)
        inner = np.maximum(high - low, 0)
        # Each part is its first place, the vertices within it, and its last place.
        count = inner + 2
        offset = np.cumsum(count) - count
        out = np.empty((int(count.sum()), 2))
        out[offset] = self.at(line, begin)
        out[offset + count - 1] = self.at(line, stop)
        step = np.arange(int(inner.sum())) - np.repeat(np.cumsum(inner) - inner, inner)
        out[np.repeat(offset + 1, inner) + step] = self.xy[np.repeat(low, inner) + step]
        return np.asarray(shapely.linestrings(out, indices=np.repeat(np.arange(len(line)), count)))


def paths(lines: NDArray[np.object_]) -> Paths:
    """Take plain lines apart.

    Parameters
    ----------
    lines
        Linestrings, none of them empty, shape (n,).
    """
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    first = np.searchsorted(owner, np.arange(len(lines) + 1))
    step = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T) if len(xy) else np.zeros(0)
    step[first[:-1]] = 0.0
    return Paths(xy, first, np.cumsum(step))
