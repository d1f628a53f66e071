"""Cut and fill by the square-grid method (方格网法): working heights at nodes, volumes by their signs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.optimize import brentq

from gisplan.geometry import Grid, coverage
from gisplan.measure.catalogue import Array
from gisplan.measure.levelling_volumes import Surface, best_plane, raised

#: A working height below this (m) is none, but the noise of its making.
LEAST_M = 1e-9

#: Offsets (row, column) of a cell's nodes in their order: north-west, north-east, south-east, south-west.
NODES = ((0, 0), (0, 1), (1, 1), (1, 0))


def cell_volumes(heights: Array, side: float, *, triangles: bool = False) -> tuple[Array, Array]:
    """Cut and fill of whole squares by the working heights at their corners.

    Parameters
    ----------
    heights
        h = design − ground (m) at the four corners in order round the square, shape (n, 4).
    side
        Side of the squares (m).
    triangles
        Cut every square into triangles (三角棱柱体法), both ways, and take the mean: exact for every plane.

    Returns
    -------
    tuple
        Cut and fill (m³), both not negative, shape (n,); NaN where a height is.

    Notes
    -----
    Prisms over squares (四方棱柱体法): all of one sign a²/4·|Σh|; two and two beside each other a²/4·Σ h²/(|h| + |h′|),
    h′ being the neighbour of the other sign; one alone a²/6·|h|³ ÷ ((|h| + |h₁|)(|h| + |h₂|)) with its neighbours;
    opposite corners the mean of the two ways to cut the square into triangles. Everywhere fill − cut = a²/4·Σh, so that
    mass is kept: the part with three corners follows from that of the fourth (the textbook's own formula for it agrees
    for planes, and only for them). With two and two the textbook is exact where the line of no work runs along a side;
    on a plane askew to it both volumes come out larger by a²/12·(h₁ − h₂)² ÷ (|h₁| + |h₁′|).
    Source: 方格网法 of the handbooks of civil construction; checked by algebra.
    """
    h = np.asarray(heights, dtype=float)
    h = np.where(np.abs(h) < LEAST_M, 0.0, h)
    if triangles:
        fill = _in_triangles(h, side)
        return np.maximum(fill - side * side / 4 * h.sum(axis=1), 0.0), fill
    net = side * side / 4 * h.sum(axis=1)
    # A corner on the surface itself goes with either side, so that cut and fill change places as the signs do.
    fill = (_fill(h, net, h >= 0, side) + _fill(h, net, h > 0, side)) / 2
    # In a square far from any plane the fourth corner's own formula may take more than there is.
    fill = np.maximum(fill, np.maximum(net, 0.0))
    return np.maximum(fill - net, 0.0), fill


def _fill(h: Array, net: Array, up: NDArray[np.bool_], side: float) -> Array:
    """Fill of squares by which of their corners lie above the ground."""
    count = up.sum(axis=1)
    fill = np.full(len(h), np.nan)
    known = ~np.isnan(h).any(axis=1)
    same = known & ((h >= 0).all(axis=1) | (h <= 0).all(axis=1))
    fill[same] = np.maximum(net[same], 0.0)
    mixed = known & ~same
    for k in range(4):
        turned = np.roll(h, -k, axis=1)
        signs = np.roll(up, -k, axis=1)
        one = mixed & (count == 1) & signs[:, 0]
        fill[one] = _alone(turned[one], side)
        three = mixed & (count == 3) & ~signs[:, 0]
        fill[three] = net[three] + _alone(turned[three], side)
        pair = mixed & (count == 2) & signs[:, 0] & signs[:, 1]
        a, b, c, d = np.abs(turned[pair]).T
        fill[pair] = side * side / 4 * (a * a / (a + d) + b * b / (b + c))
    opposite = mixed & (count == 2) & (up[:, 0] == up[:, 2])
    fill[opposite] = _in_triangles(h[opposite], side)
    return fill


def _alone(h: Array, side: float) -> Array:
    """Volume at the first corner, whose sign no other has."""
    own, one, other = np.abs(h[:, 0]), np.abs(h[:, 1]), np.abs(h[:, 3])
    with np.errstate(invalid="ignore", divide="ignore"):
        made = side * side / 6 * own**3 / ((own + one) * (own + other))
    return np.where(own > 0, made, 0.0)


def _in_triangles(h: Array, side: float) -> Array:
    """Fill of squares cut into triangles along one diagonal and along the other, the mean of both."""
    splits = ((0, 1, 2), (0, 2, 3), (0, 1, 3), (1, 2, 3))
    return np.asarray(sum(_triangle(h[:, list(s)], side * side / 2) for s in splits) / 2)


def _triangle(h: Array, area: float) -> Array:
    """Fill under a plane over triangles, by the heights at their corners, shape (n, 3)."""
    net = area * h.mean(axis=1)
    low, middle, high = np.sort(h, axis=1).T
    with np.errstate(invalid="ignore", divide="ignore"):
        one_up = area / 3 * high**3 / ((high - low) * (high - middle))
        one_down = area / 3 * (-low) ** 3 / ((high - low) * (middle - low))
    made = np.select([low >= 0, high <= 0, middle <= 0], [net, 0.0, one_up], net + one_down)
    return np.where(np.isnan(net), np.nan, made)


@dataclass(frozen=True)
class Squares:
    """Squares of the grid that a piece of land touches; nodes lie on whole multiples of the side.

    Attributes
    ----------
    side
        m.
    row, column
        Of each square in the piece's own grid, from the north-west, shape (n,).
    share
        Part of each that lies inside, shape (n,).
    x, y
        Its nodes in the order of `NODES`, shape (n, 4).
    ground
        Heights (m) at them, NaN where not known, shape (n, 4).
    """

    side: float
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    share: Array
    x: Array
    y: Array
    ground: Array

    @property
    def is_known(self) -> NDArray[np.bool_]:
        """Whether all four heights of a square are known."""
        return np.asarray(~np.isnan(self.ground).any(axis=1), dtype=bool)


def frame_of(bounds: tuple[float, float, float, float], side: float) -> Grid:
    """Grid of squares over a box, its nodes on whole multiples of the side."""
    x0, y0, x1, y1 = bounds
    left, top = math.floor(x0 / side) * side, math.ceil(y1 / side) * side
    rows, columns = max(1, math.ceil((top - y0) / side)), max(1, math.ceil((x1 - left) / side))
    return Grid(left, top, side, side, rows, columns)


def squares(shape: shapely.Geometry, side: float, heights: Array, cells: Grid) -> Squares:
    """Lay the grid over a piece of land.

    Parameters
    ----------
    shape
        (Multi)polygon.
    side
        Side of the squares (m).
    heights
        Heights (m) of raster cells around it, shape (rows, columns).
    cells
        Those cells.
    """
    grid = frame_of(shape.bounds, side)
    some = [c.cells() for c in coverage(np.array([shape], dtype=object), grid)]
    row, column, share = (np.concatenate([c[i] for c in some]) for i in (1, 2, 3))
    x = np.column_stack([grid.left + (column + dc) * side for _, dc in NODES])
    y = np.column_stack([grid.top - (row + dr) * side for dr, _ in NODES])
    return Squares(side, row, column, share, x, y, between(heights, cells, x, y))


def between(heights: Array, cells: Grid, x: Array, y: Array) -> Array:
    """Heights at points by bilinear interpolation between the middles of four cells; NaN where one of them is."""
    u, v = (x - cells.left) / cells.dx - 0.5, (cells.top - y) / cells.dy - 0.5
    c, r = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
    fu, fv = u - c, v - r
    out = np.zeros(x.shape)
    for dr, dc, weight in ((0, 0, (1 - fv) * (1 - fu)), (0, 1, (1 - fv) * fu), (1, 0, fv * (1 - fu)), (1, 1, fv * fu)):
        rr, cc = r + dr, c + dc
        inside = (rr >= 0) & (rr < cells.rows) & (cc >= 0) & (cc < cells.columns)
        own = np.full(x.shape, np.nan)
        own[inside] = heights[rr[inside], cc[inside]]
        # A cell without weight needs no height.
        out += np.where(weight > 0, own * weight, 0.0)
    return out


def grid_surface(
    of: Squares, *, mode: str, compacted: float, max_slope: float | None, triangles: bool = False
) -> Surface:
    """Design surface by the nodes: level or the best plane, at the height where cut makes the fill.

    Each node counts as often as squares touch it, each square by the part of it that lies inside; without swelling
    that is the textbook's z₀ = (ΣH₁ + 2ΣH₂ + 3ΣH₃ + 4ΣH₄) ÷ 4N.
    """
    known = of.is_known
    x, y, ground = (a[known].ravel() for a in (of.x, of.y, of.ground))
    weight = np.repeat(of.share[known], 4)
    if mode == "plane":
        surface = best_plane(x, y, ground, weight, max_slope=max_slope)
    else:
        surface = Surface(0.0, float(np.average(x, weights=weight)), float(np.average(y, weights=weight)))
    left = ground - surface.at(x, y)
    start = float(np.average(left, weights=weight))
    if compacted == 1:
        return raised(surface, start)
    low, high = float(left.min()), float(left.max())
    rest, share = left.reshape(-1, 4), of.share[known]

    def surplus(level: float) -> float:
        cut, fill = cell_volumes(level - rest, of.side, triangles=triangles)
        return float(np.sum(share * (fill - compacted * cut)))

    if high - low <= 0:
        return raised(surface, low)
    return raised(surface, float(brentq(surplus, low, high, xtol=1e-10, rtol=1e-14)))


def grid_volumes(of: Squares, surface: Surface, *, triangles: bool = False) -> tuple[Array, Array, Array]:
    """Working heights at the nodes, and cut and fill (m³) of each square as far as it lies inside."""
    h = surface.at(of.x, of.y) - of.ground
    cut, fill = cell_volumes(h, of.side, triangles=triangles)
    return h, cut * of.share, fill * of.share
