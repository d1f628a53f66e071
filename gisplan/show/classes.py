"""Classes of an indicator on a map or a figure: few, natural, and printed exactly as they are used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Light to dark, told apart in every common form of colour blindness and in a grey print.
RAMP = ("#e6f2b5", "#9fd8b0", "#48b3bd", "#2a7bb0", "#263a86")

#: Below zero, zero, above zero: brown and blue stay apart in every common form of colour blindness.
DIVERGING = ("#7a3403", "#c9701d", "#f2c58f", "#f4f4f1", "#a9cfe8", "#4a8fc4", "#163f7d")

#: More different values than this are put into as many groups before natural breaks are looked for.
MANY = 300


def number_classes(values: NDArray[np.float64], unit: str, *, limits: Sequence[float] = ()) -> dict[str, Any]:
    """Describe how numbers are coloured and written, for the page.

    Parameters
    ----------
    values
        Figures as they are kept; those that are not finite are "no data".
    unit
        Their unit; "share" means 0 to 1, shown and classed as per cent.
    limits
        The standard's own class limits, as shown.

    Returns
    -------
    dict
        ``unit``, ``decimals``, ``ramp`` and the class limits of each of the ``schemes``.
    """
    shown = values * 100 if unit == "share" else values
    places = 1 if unit == "share" else decimals(shown[np.isfinite(shown)])
    return {"unit": unit, "decimals": places, "ramp": RAMP, "schemes": schemes(shown, limits=limits)}


def difference_classes(values: NDArray[np.float64], unit: str) -> dict[str, Any]:
    """Describe how differences are coloured: the same limits below zero as above it, and zero by itself.

    Parameters
    ----------
    values
        Differences as they are kept; those that are not finite are "no data".
    unit
        Their unit; "share" means differences of shares, shown and classed in percentage points.

    Returns
    -------
    dict
        As of `number_classes`, with ``signed``; the limits are those of the size of a difference, without its sign.
    """
    shown = values * 100 if unit == "share" else values
    known = np.abs(shown[np.isfinite(shown)])
    limits = schemes(known[known > 0], most=3)
    return {"unit": unit, "decimals": decimals(known), "ramp": DIVERGING, "signed": True, "schemes": limits}


def schemes(values: NDArray[np.float64], *, limits: Sequence[float] = (), most: int = 5) -> dict[str, list[float]]:
    """Class limits by every method that a reader can choose from.

    Parameters
    ----------
    values
        Figures; those that are not finite are left out.
    limits
        The standard's own class limits, if there are any.
    most
        The largest number of classes.

    Returns
    -------
    dict
        "standard" (only with ``limits``), "natural", "quantile" and "equal" → upper ends of all classes but the
        last; a value equal to an end belongs below it. Few different values are a class each by any method, so
        that there is one entry only.
    """
    known = values[np.isfinite(values)]
    out = {"standard": [float(v) for v in limits]} if limits else {}
    out["natural"] = class_breaks(values, most=most)
    distinct, count = np.unique(known, return_counts=True)
    if len(distinct) > most:
        out["quantile"] = _rounded(distinct, _quantile_ends(count, most))
        steps = distinct[0] + np.arange(1, most) / most * np.ptp(distinct)
        out["equal"] = _rounded(distinct, np.searchsorted(distinct, steps, side="right") - 1)
    return out


def class_breaks(values: NDArray[np.float64], *, most: int = 5) -> list[float]:
    """Find natural breaks and write them as roundly as they can be without moving a value to another class.

    Parameters
    ----------
    values
        Figures; those that are not finite are left out.
    most
        The largest number of classes.

    Returns
    -------
    list of float
        Upper ends of all classes but the last; a value equal to a break belongs below it.
    """
    distinct, count = np.unique(values[np.isfinite(values)], return_counts=True)
    if len(distinct) <= most:
        return _rounded(distinct, np.arange(len(distinct) - 1))
    if len(distinct) <= MANY:
        return _rounded(distinct, natural_breaks(distinct, count, classes=most))
    # The exact optimum takes time with the square of the values: many are first put into small groups of equal count.
    groups = np.append(_quantile_ends(count, MANY), len(distinct) - 1)
    starts = np.append(0, groups[:-1] + 1)
    weight = np.add.reduceat(count, starts)
    centre = np.add.reduceat(distinct * count, starts) / weight
    return _rounded(distinct, groups[natural_breaks(centre, weight, classes=most)])


def _quantile_ends(count: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """Index of the last of the rising values in each class but the last, classes being as full as they can be."""
    wanted = np.arange(1, classes) / classes * count.sum()
    ends = np.unique(np.searchsorted(np.cumsum(count), wanted - 1e-9))
    return ends[ends < len(count) - 1]


def _rounded(distinct: NDArray[np.float64], ends: NDArray[np.int64]) -> list[float]:
    """Write limits so roundly that they still part the values after the given ones from those before."""
    return [_round_between(float(distinct[end]), float(distinct[end + 1])) for end in np.unique(ends)]


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
