"""Classes of an indicator on a map or a figure: few, natural, and printed exactly as they are used."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: More zones than this are classed by quantiles.
MANY = 300


def class_breaks(values: NDArray[np.float64], *, most: int = 5) -> list[float]:
    """Find natural breaks and write them as roundly as they can be without moving a value to another class.

    Parameters
    ----------
    values
        Figures of the zones; those that are not finite are left out.
    most
        The largest number of classes.

    Returns
    -------
    list of float
        Upper ends of all classes but the last; a value equal to a break belongs below it.
    """
    distinct, count = np.unique(values[np.isfinite(values)], return_counts=True)
    if len(distinct) <= most:
        ends = np.arange(len(distinct) - 1)
    elif len(distinct) > MANY:
        # Natural breaks take time with the square of the zones, so that many zones are classed by quantiles.
        wanted = np.arange(1, most) / most * count.sum()
        ends = np.unique(np.searchsorted(np.cumsum(count), wanted - 1e-9))
        ends = ends[ends < len(distinct) - 1]
    else:
        ends = natural_breaks(distinct, count, classes=most)
    return [_round_between(float(distinct[end]), float(distinct[end + 1])) for end in ends]


def natural_breaks(distinct: NDArray[np.float64], count: NDArray[np.int64], *, classes: int) -> NDArray[np.int64]:
    """Find the classes with the least squared deviation from their means (Fisher's exact optimum, "natural breaks").

    Own code, because importing a classification library takes longer than a whole study of 10,000 parcels.

    Parameters
    ----------
    distinct
        Different values in rising order, shape (n,), n > ``classes``.
    count
        How often each occurs.
    classes
        Number of classes.

    Returns
    -------
    numpy.ndarray
        Index of the last value of each class but the last.
    """
    x = (distinct - distinct[0]) / np.ptp(distinct)
    sums = [np.concatenate([[0.0], np.cumsum(count * x**power)]) for power in (0, 1, 2)]

    def deviation(first: NDArray[np.int64], last: int) -> NDArray[np.float64]:
        """Squared deviation of the values from each first one to one last."""
        weight, total, square = (s[last + 1] - s[first] for s in sums)
        return np.asarray(square - total**2 / weight)

    n = len(x)
    cost = np.array([deviation(np.array([0]), j)[0] for j in range(n)])
    begin = np.zeros((classes, n), dtype=np.int64)
    for k in range(1, classes):
        before, cost = cost, np.full(n, np.inf)
        for j in range(k, n):
            first = np.arange(k, j + 1)
            split = before[first - 1] + deviation(first, j)
            begin[k, j] = first[np.argmin(split)]
            cost[j] = split.min()
    ends, last = [], n - 1
    for k in range(classes - 1, 0, -1):
        last = int(begin[k, last]) - 1
        ends.append(last)
    return np.array(ends[::-1], dtype=np.int64)


def _round_between(low: float, high: float) -> float:
    """Return the shortest decimal x with low <= x < high."""
    for places in range(-9, 15):
        candidate = round(float(np.ceil(low * 10.0**places)) / 10.0**places, max(places, 0))
        if low <= candidate < high:
            return candidate
    return low


def decimals(values: NDArray[np.float64]) -> int:
    """Choose how many decimals figures are shown with: none for counts, two for most, four for tiny ones.

    Parameters
    ----------
    values
        Finite figures.
    """
    top = float(np.abs(values).max(initial=0.0))
    if (values == np.round(values)).all() or top >= 100_000:
        return 0
    return 2 if top >= 0.1 else 4
