"""Classes of an indicator on a map or a figure: few, natural, and printed exactly as they are used."""

from __future__ import annotations

import warnings

import mapclassify
import numpy as np
from numpy.typing import NDArray


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
    known = np.sort(values[np.isfinite(values)])
    distinct = np.unique(known)
    if len(distinct) < 2:
        return []
    if len(distinct) <= most:
        ends = np.arange(len(distinct) - 1)
    else:
        span = np.ptp(distinct)
        classes = _classify((distinct - distinct[0]) / span, (known - distinct[0]) / span, most)
        ends = np.flatnonzero(np.diff(classes))
    return [_round_between(float(distinct[end]), float(distinct[end + 1])) for end in ends]


def _classify(distinct: NDArray[np.float64], known: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Give every distinct value, scaled to 0..1, its class.

    Natural breaks take time with the square of the zones, so that many zones are classed by quantiles.
    """
    if len(known) > 100:
        bins = mapclassify.Quantiles(known, k=most).bins
    else:
        with warnings.catch_warnings():
            # It recommends numba, which saves nothing at this size.
            warnings.simplefilter("ignore", UserWarning)
            bins = mapclassify.FisherJenks(known, k=most).bins
    return np.searchsorted(bins, distinct, side="left")


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
