"""Join lines that carry on straight into long ones: the same ground, drawn in far fewer pieces."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

#: Cosine of the angle between two ends, seen from where they meet, above which one does not carry on as the other:
#: a bend of more than 10°.
BEND = -0.985


def strokes(lines: NDArray[np.object_]) -> NDArray[np.object_]:
    """Join lines end to end wherever two of them carry on as one, straight over the junctions.

    At each place where ends meet, two are joined if each is the other's straightest way on. What lies within a
    distance of the lines is the same before and after, but a street drawn from junction to junction has one outline
    instead of a hundred, and outlines are what joining them costs.

    Parameters
    ----------
    lines
        (Multi)lines, shape (n,); ends meet where their coordinates are equal.

    Returns
    -------
    numpy.ndarray
        Lines, shape (k,), k at most the number of parts.
    """
    parts = shapely.get_parts(lines)
    parts = parts[~shapely.is_empty(parts)]
    count = len(parts)
    if count < 2:
        return np.asarray(parts)
    xy, line = shapely.get_coordinates(parts, return_index=True)
    first = np.flatnonzero(np.diff(line, prepend=-1))
    last = np.append(first[1:], len(xy)) - 1
    on = _carries_on(xy, first, last).tolist()
    runs = _runs(on, count)
    pieces = [
        xy[first[e] : last[e] + 1] if e < count else xy[first[e - count] : last[e - count] + 1][::-1] for e in runs[0]
    ]
    owner = np.repeat(runs[1], [len(p) for p in pieces])
    return np.asarray(shapely.remove_repeated_points(shapely.linestrings(np.concatenate(pieces), indices=owner)))


def _carries_on(xy: NDArray[np.float64], first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.int64]:
    """End that each end carries on as, −1 where none does; ends are numbered starts first, then stops, shape (2n,)."""
    end, inward = np.concatenate([first, last]), np.concatenate([first + 1, last - 1])
    away = xy[inward] - xy[end]
    with np.errstate(divide="ignore", invalid="ignore"):
        away /= np.hypot(away[:, 0], away[:, 1])[:, None]  # an edge without length carries on as nothing
    _, node = np.unique(xy[end], axis=0, return_inverse=True)
    order = np.argsort(node.ravel(), kind="stable")
    met = node.ravel()[order]
    best, angle = np.full(len(end), -1), np.full(len(end), BEND)
    # Each with the next, the next but one, … of its place, until no place has so many ends.
    for step in range(1, len(end)):
        same = met[:-step] == met[step:]
        if not same.any():
            break
        a, b = order[:-step][same], order[step:][same]
        turn = (away[a] * away[b]).sum(axis=1)
        for one, other in ((a, b), (b, a)):
            straighter = turn < angle[one]
            angle[one[straighter]] = turn[straighter]
            best[one[straighter]] = other[straighter]
    mutual = (best >= 0) & (best[best] == np.arange(len(end)))
    itself = best % len(first) == np.arange(len(end)) % len(first)
    return np.where(mutual & ~itself, best, -1)


def _runs(on: list[int], count: int) -> tuple[list[int], list[int]]:
    """Ends at which the lines of each run are entered, in walking order, and the number of each one's run."""
    seen = [False] * count
    entered: list[int] = []
    run_of: list[int] = []
    run = 0
    # A walk from end to end cannot be done on arrays. Open runs first; what is left goes round in circles.
    for start in [e for e in range(2 * count) if on[e] < 0] + list(range(count)):
        if seen[start % count]:
            continue
        at = start
        while at >= 0 and not seen[at % count]:
            seen[at % count] = True
            entered.append(at)
            run_of.append(run)
            at = on[(at + count) % (2 * count)]
        run += 1
    return entered, run_of
