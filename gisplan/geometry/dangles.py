"""Ends of lines that were meant to meet another line and do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.geometry.near import _tree


@dataclass(frozen=True)
class Dangles:
    """Ends that miss another line by little.

    Attributes
    ----------
    line
        Row number of the line whose end it is.
    other
        Row number of the line it misses: the nearest one.
    gap
        m between the end and that line.
    is_over
        True where the line crosses the other one and ends just beyond it; False where it ends before.
    xy
        The end, shape (n, 2).
    """

    line: NDArray[np.int64]
    other: NDArray[np.int64]
    gap: NDArray[np.float64]
    is_over: NDArray[np.bool_]
    xy: NDArray[np.float64]


def dangles(lines: NDArray[np.object_], *, snap_m: float, meets_m: float) -> Dangles:
    """Find the ends that miss another line by less than a tolerance.

    An end that meets any other line is connected, whatever else lies near; an end with nothing near is a dead end.

    Parameters
    ----------
    lines
        (Multi)linestrings, shape (n,).
    snap_m
        Ends further away than this (m) are dead ends.
    meets_m
        Ends nearer than this (m) meet.
    """
    parts, whose = shapely.get_parts(lines, return_index=True)
    n = len(parts)
    ends = np.concatenate([shapely.get_point(parts, 0), shapely.get_point(parts, -1)])
    of = np.concatenate([np.arange(n), np.arange(n)])
    end, near = _tree(parts).query(ends, predicate="dwithin", distance=snap_m) if n else (of, of)
    foreign = near != of[end]
    end, near = end[foreign], near[foreign]
    gap = shapely.distance(ends[end], parts[near])
    met = np.zeros(2 * n, dtype=bool)
    met[end[gap <= meets_m]] = True
    # A closed line meets itself.
    met |= np.tile(shapely.equals(ends[:n], ends[n:]), 2)
    kept = np.flatnonzero(~met[end] & (gap < snap_m))
    order = kept[np.lexsort((whose[near[kept]], gap[kept], end[kept]))]
    nearest = order[np.flatnonzero(np.diff(end[order], prepend=-1))]
    nearest = nearest[np.lexsort((end[nearest] >= n, of[end[nearest]]))]
    end, near = end[nearest], near[nearest]
    tail = _tails(parts[of[end]], at_start=end < n, length=2 * snap_m)
    return Dangles(
        whose[of[end]],
        whose[near],
        gap[nearest],
        np.asarray(shapely.intersects(tail, parts[near])),
        shapely.get_coordinates(ends[end]),
    )


def _tails(lines: NDArray[np.object_], *, at_start: NDArray[np.bool_], length: float) -> NDArray[np.object_]:
    """Straight pieces from an end of each line to a place so far along it."""
    far = np.minimum(length, shapely.length(lines))
    # A negative distance counts from the far end.
    inner = shapely.line_interpolate_point(lines, np.where(at_start, far, -far))
    tip = np.where(at_start, shapely.get_point(lines, 0), shapely.get_point(lines, -1))
    pair = np.concatenate([shapely.get_coordinates(tip), shapely.get_coordinates(inner)])
    return np.asarray(shapely.linestrings(pair.reshape(2, -1, 2).transpose(1, 0, 2)))
