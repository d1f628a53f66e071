"""Design surfaces and the volumes between them and the ground, from weighted heights.

Throughout, h = design − ground: above 0 is fill, below 0 is cut. Volumes are both told as positive numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gisplan.measure.catalogue import Array


@dataclass(frozen=True)
class Surface:
    """A plane that ground is levelled to.

    Attributes
    ----------
    level
        Height (m) at the point ``x, y``.
    x, y
        Any point in the study's coordinate system.
    east, north
        Rise per metre; both 0 where it is level.
    """

    level: float
    x: float
    y: float
    east: float = 0.0
    north: float = 0.0

    @property
    def slope(self) -> float:
        """Slope as a fraction."""
        return float(np.hypot(self.east, self.north))

    def at(self, x: Array, y: Array) -> Array:
        """Heights (m) at points."""
        return self.level + self.east * (x - self.x) + self.north * (y - self.y)


def balanced_level(ground: Array, weight: Array, *, compacted: float = 1.0) -> float:
    """Level at which what is cut just makes the fill: Σ w·(z − g)⁺ = Ks′ · Σ w·(g − z)⁺.

    Fill grows and cut shrinks as the level rises, both in straight lines between one height and the next, so that the
    level follows exactly from the sorted heights.

    Parameters
    ----------
    ground
        Heights (m), shape (n,), at least one, all known.
    weight
        Area of each, not negative, shape (n,); together above 0.
    compacted
        Ks′: m³ in the fill of one m³ dug.
    """
    order = np.argsort(ground, kind="stable")
    middle = float(np.average(ground, weights=weight))
    g, w = ground[order] - middle, weight[order]
    below, moment = np.cumsum(w), np.cumsum(w * g)
    above, rest = below[-1] - below, moment[-1] - moment
    # Surplus of fill where the level lies just at each height.
    surplus = g * (below + compacted * above) - (moment + compacted * rest)
    last = int(np.argmax(surplus >= 0)) if (surplus >= 0).any() else len(g) - 1
    under = last - 1
    if under < 0:
        return middle + float(g[0])
    return middle + float((moment[under] + compacted * rest[under]) / (below[under] + compacted * above[under]))


def best_plane(x: Array, y: Array, ground: Array, weight: Array, *, max_slope: float | None = None) -> Surface:
    """Plane that lies closest to the ground (least squares), no steeper than it may be.

    Parameters
    ----------
    x, y, ground, weight
        Points, heights (m) and areas, shape (n,), at least one with a weight.
    max_slope
        Greatest slope as a fraction; None for any.

    Notes
    -----
    Where the slope is bound, the gradient minimises the same sum of squares among those of the greatest slope: it
    solves (A + λI)·gradient = b, and λ is found by halving. Where the points lie on one line or are one, the plane is
    level across it.
    """
    x0, y0, level = (float(np.average(v, weights=weight)) for v in (x, y, ground))
    off = np.column_stack([x - x0, y - y0])
    a = (off * weight[:, None]).T @ off
    b = (off * weight[:, None]).T @ (ground - level)
    values, vectors = np.linalg.eigh(a)
    along = vectors.T @ b
    sure = values > 1e-12 * max(float(values[-1]), 1e-300)

    def gradient(penalty: float) -> Array:
        parts = np.divide(along, values + penalty, out=np.zeros(2), where=sure)
        return np.asarray(vectors @ parts)

    best = gradient(0.0)
    if max_slope is not None and float(np.hypot(*best)) > max_slope:
        low, high = 0.0, float(np.linalg.norm(along)) / max_slope
        for _ in range(200):  # halves a bracket until floats have no more to give
            middle = (low + high) / 2
            low, high = (middle, high) if float(np.hypot(*gradient(middle))) > max_slope else (low, middle)
        best = gradient(high)
    return Surface(level, x0, y0, float(best[0]), float(best[1]))


def raised(surface: Surface, by: float) -> Surface:
    """Return the same surface higher by so many metres."""
    return Surface(surface.level + by, surface.x, surface.y, surface.east, surface.north)


def volumes(height: Array, area: Array) -> tuple[float, float]:
    """Cut and fill (m³) of working heights h (m) over areas (m²)."""
    return float(-np.sum(np.minimum(height, 0) * area)), float(np.sum(np.maximum(height, 0) * area))
