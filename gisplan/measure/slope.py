"""Slope and aspect of a raster of heights by Horn's 3 × 3 window."""

from __future__ import annotations

import numpy as np

from gisplan.measure.catalogue import Array


def gradient(heights: Array, *, dx: float, dy: float) -> tuple[Array, Array]:
    """How fast the ground rises to the east and to the north, by Horn's weights.

    Parameters
    ----------
    heights
        m, rows from the north, one cell more on every side than is asked for; shape (rows + 2, columns + 2).
    dx, dy
        Width and height of a cell (m).

    Returns
    -------
    tuple
        Rise per metre to the east and to the north, shape (rows, columns); NaN where any of the nine heights is.

    Notes
    -----
    ∂z/∂x = [(c + 2f + i) − (a + 2d + g)] ÷ 8dx and ∂z/∂y = [(a + 2b + c) − (g + 2h + i)] ÷ 8dy over the window
    a b c / d e f / g h i. Source: B. K. P. Horn, Hill shading and the reflectance map, Proc. IEEE 69(1), 1981.
    """
    # Sums along one axis first: each of them serves three windows.
    across = heights[:-2] + 2 * heights[1:-1] + heights[2:]
    east = (across[:, 2:] - across[:, :-2]) / (8 * dx)
    along = heights[:, :-2] + 2 * heights[:, 1:-1] + heights[:, 2:]
    north = (along[:-2] - along[2:]) / (8 * dy)
    # The middle cell has no weight, but where it is not known the ground there is not either; neither is the window
    # whose outer sums both happen to be known.
    middle = heights[1:-1, 1:-1]
    unknown = np.isnan(middle) | np.isnan(east) | np.isnan(north)
    east[unknown] = np.nan
    north[unknown] = np.nan
    return east, north


def slope_of(east: Array, north: Array) -> Array:
    """Slope as a fraction (tangent of the angle: 0.15 is 15 %) from the rise to the east and to the north."""
    return np.hypot(east, north)


def facing(east: Array, north: Array) -> Array:
    """Direction in which the ground falls, degrees clockwise from grid north, 0 up to 360; 180 where it is level.

    Where the ground does not rise at all the direction means nothing.
    """
    return np.asarray(np.degrees(np.arctan2(-east, -north)) % 360)


def octant(east: Array, north: Array, *, flat_below: float) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Number of the direction in which the ground falls: 0 north, 1 north-east … 7 north-west, 8 flat.

    Parameters
    ----------
    east, north
        As `gradient` gives them; a NaN counts as flat, so say elsewhere where nothing is known.
    flat_below
        Slope below which the ground counts as flat.
    """
    out = np.floor(np.nan_to_num(facing(east, north)) / 45 + 0.5).astype(np.int64) % 8
    with np.errstate(invalid="ignore"):
        out[~(slope_of(east, north) >= flat_below)] = 8
    return out
