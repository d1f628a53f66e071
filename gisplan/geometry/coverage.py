"""How much of each cell of a raster polygons cover, exactly: their edges are cut where they cross the cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Array = NDArray[np.float64]

#: A share of a cell below this is the rounding of an edge along its border.
LEAST = 1e-9

#: Pieces of edges worked on at a time: some 100 MB.
PIECES = 1_000_000


@dataclass(frozen=True)
class Grid:
    """A raster's cells, north up.

    Attributes
    ----------
    left, top
        Its corner in the north-west (m).
    dx, dy
        Width and height of a cell (m), both positive.
    rows, columns
        How many there are; rows count from the north.
    """

    left: float
    top: float
    dx: float
    dy: float
    rows: int
    columns: int

    @property
    def cell_m2(self) -> float:
        """Area of a cell in m²."""
        return self.dx * self.dy

    def part(self, row: int, column: int, rows: int, columns: int) -> Grid:
        """Return some of its cells as a grid of their own; they may lie beyond its edges."""
        return Grid(self.left + column * self.dx, self.top - row * self.dy, self.dx, self.dy, rows, columns)

    def reach(self, bounds: Array) -> Ints:
        """First row, first column, last row + 1, last column + 1 of boxes ``(x0, y0, x1, y1)``, shape (n, 4).

        Clipped to the grid; a box beyond it has none.
        """
        x0, y0, x1, y1 = np.atleast_2d(bounds).T
        ends = (
            np.floor((self.top - y1) / self.dy), np.floor((x0 - self.left) / self.dx),
            np.ceil((self.top - y0) / self.dy), np.ceil((x1 - self.left) / self.dx),
        )  # fmt: skip
        most = (self.rows, self.columns, self.rows, self.columns)
        return np.column_stack(
            [np.clip(np.nan_to_num(e), 0, m).astype(np.int64) for e, m in zip(ends, most, strict=True)]
        )


@dataclass(frozen=True)
class Coverage:
    """Cells that polygons cover: those with an end of an edge or a crossing one by one, those between them as spans.

    Cells and spans are each sorted by polygon, row and column.

    Attributes
    ----------
    feature, row, column
        Row number of the polygon, and the cell, of each single cell, shape (n,).
    share
        Part of that cell that the polygon covers, above 0 and at most 1, shape (n,).
    span_feature, span_row, start, stop
        Polygon, row, first column and last column + 1 of each run of cells, shape (m,).
    span_share
        Part of each of its cells that is covered: 1, or less where an edge runs along the row, shape (m,).
    """

    feature: Ints
    row: Ints
    column: Ints
    share: Array
    span_feature: Ints
    span_row: Ints
    start: Ints
    stop: Ints
    span_share: Array

    def cells(self) -> tuple[Ints, Ints, Ints, Array]:
        """Every cell one by one: polygon, row, column and share, sorted by polygon, row and column."""
        span, column = _spread(self.start, self.stop - self.start)
        feature = np.concatenate([self.feature, self.span_feature[span]])
        row = np.concatenate([self.row, self.span_row[span]])
        column = np.concatenate([self.column, column])
        share = np.concatenate([self.share, self.span_share[span]])
        order = np.lexsort((column, row, feature))
        return feature[order], row[order], column[order], share[order]


def coverage(polygons: NDArray[np.object_], grid: Grid, *, pieces: int = PIECES) -> Iterator[Coverage]:
    """Find the cells that polygons cover and how much of each, some polygons at a time.

    Every edge is cut at the lines between the cells. What a piece adds to its cell and to all cells east of it is then
    a trapezium, and a running sum along the row gives the shares: no polygon is ever clipped, and the work grows with
    the length of the edges only.

    Parameters
    ----------
    polygons
        Valid (multi)polygons, shape (n,); empty ones, and what lies beyond the grid, cover nothing.
    grid
        The cells.
    pieces
        About how many pieces of edges are worked on at a time.

    Yields
    ------
    Coverage
        Parts in order of polygon.
    """
    reach = grid.reach(shapely.bounds(polygons))
    high, wide = reach[:, 2] - reach[:, 0], reach[:, 3] - reach[:, 1]
    sizes = np.where((high > 0) & (wide > 0), 4 * (high + wide) + shapely.get_num_coordinates(polygons), 0)
    for first, last in _runs(sizes, pieces):
        if sizes[first:last].any():
            yield _covered(polygons[first:last], first, grid)


def _runs(sizes: Ints, most: int) -> Iterator[tuple[int, int]]:
    """Cut a row of polygons into runs of about one size."""
    total = np.cumsum(sizes)
    first = 0
    while first < len(sizes):
        done = total[first] - sizes[first]
        last = max(first + 1, int(np.searchsorted(total, done + most, side="right")))
        yield first, last
        first = last


def _covered(polygons: NDArray[np.object_], begin: int, grid: Grid) -> Coverage:
    feature, row, u0, u1, dv = _by_row(*_edges(polygons, grid))
    feature, row, column, middle, dv = _by_column(feature, row, u0, u1, dv, grid.columns)
    if len(feature) == 0:
        none = np.zeros(0, dtype=np.int64)
        return Coverage(none, none, none, np.zeros(0), none, none, none, none, np.zeros(0))
    # East of the grid is one more column, so that every row of a polygon is closed.
    width = grid.columns + 1
    key = (feature * grid.rows + row) * width + column
    order = np.argsort(key, kind="stable")
    key = key[order]
    starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    key = key[starts]
    # What the pieces in a cell leave to it, and hand on to all cells east of it.
    own = np.add.reduceat((dv * (1 - middle))[order], starts)
    onward = np.add.reduceat(dv[order], starts)
    # Rings are closed, so that every row's sum ends at nothing and one running sum serves them all.
    after = np.cumsum(onward)
    share = own + after - onward
    strip, column = key // width, key % width
    feature, row = begin + strip // grid.rows, strip % grid.rows
    kept = (share > LEAST) & (column < grid.columns)
    between = np.flatnonzero((strip[1:] == strip[:-1]) & (column[1:] > column[:-1] + 1) & (after[:-1] > LEAST))
    return Coverage(
        feature[kept], row[kept], column[kept], _rounded(share[kept]),
        feature[between], row[between], column[between] + 1, column[between + 1], _rounded(after[between]),
    )  # fmt: skip


def _rounded(share: Array) -> Array:
    """Take what is all but the whole for the whole."""
    return np.where(share > 1 - LEAST, 1.0, share)


def _edges(polygons: NDArray[np.object_], grid: Grid) -> tuple[Ints, Array, Array, Array, Array]:
    """Edges of all rings in cells from the grid's corner: feature, u0, v0, u1, v1, those without height left out."""
    # Shells one way round, holes the other, so that a hole takes off what its shell has put on.
    parts, owner = shapely.get_parts(shapely.orient_polygons(polygons, exterior_cw=False), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    u, v = (xy[:, 0] - grid.left) / grid.dx, (grid.top - xy[:, 1]) / grid.dy
    v = np.clip(v, 0, grid.rows)
    keep = np.flatnonzero((ring[1:] == ring[:-1]) & (v[1:] != v[:-1])) if len(ring) else np.zeros(0, dtype=np.int64)
    feature = owner[part[ring[keep]]].astype(np.int64)
    if ((xy[:, 1] > grid.top) | (xy[:, 1] < grid.top - grid.rows * grid.dy)).any():
        u = _clipped(xy, grid, keep, u)
        return feature, u[:, 0], v[keep], u[:, 1], v[keep + 1]
    return feature, u[keep], v[keep], u[keep + 1], v[keep + 1]


def _clipped(xy: Array, grid: Grid, keep: Ints, u: Array) -> Array:
    """Ends (in u) of edges cut off where they leave the grid to the north or south."""
    v = (grid.top - xy[:, 1]) / grid.dy
    v0, v1, u0, u1 = v[keep], v[keep + 1], u[keep], u[keep + 1]
    slope = (u1 - u0) / (v1 - v0)
    return np.column_stack([u0 + (np.clip(v, 0, grid.rows) - end) * slope for v, end in ((v0, v0), (v1, v0))])


def _by_row(feature: Ints, u0: Array, v0: Array, u1: Array, v1: Array) -> tuple[Ints, Ints, Array, Array, Array]:
    """Cut edges at the lines between rows: feature, row, u at both ends, signed height of each piece."""
    low, high = np.minimum(v0, v1), np.maximum(v0, v1)
    first = np.floor(low).astype(np.int64)
    count = np.ceil(high).astype(np.int64) - first
    edge, row = _spread(first, count)
    a, b = np.maximum(low[edge], row), np.minimum(high[edge], row + 1)
    slope = (u1 - u0) / (v1 - v0)
    sign = np.where(v1 > v0, 1.0, -1.0)
    at_a = u0[edge] + (a - v0[edge]) * slope[edge]
    at_b = u0[edge] + (b - v0[edge]) * slope[edge]
    return feature[edge], row, at_a, at_b, sign[edge] * (b - a)


def _by_column(
    feature: Ints, row: Ints, u0: Array, u1: Array, dv: Array, columns: int
) -> tuple[Ints, Ints, Ints, Array, Array]:
    """Cut pieces at the lines between columns: feature, row, column, middle within the cell, signed height.

    West of the grid counts as its first line, east of it as a column of its own.
    """
    low, high = np.minimum(u0, u1), np.maximum(u0, u1)
    # Only the lines of the grid cut: far outside nothing is to be gained by more pieces.
    first = np.clip(np.floor(low), -1, columns).astype(np.int64)
    last = np.clip(np.ceil(high), 0, columns + 1).astype(np.int64)
    piece, column = _spread(first, np.maximum(last - first, 1))
    a = np.where(column < 0, low[piece], np.maximum(low[piece], column))
    b = np.where(column >= columns, high[piece], np.minimum(high[piece], column + 1))
    width = (high - low)[piece]
    upright = width <= 0
    part = np.where(upright, 1.0, (b - a) / np.where(upright, 1.0, width))
    middle = np.where(column < 0, 0.0, np.where(column >= columns, 0.0, (a + b) / 2 - column))
    return feature[piece], row[piece], np.maximum(column, 0), middle, dv[piece] * part


def _spread(first: Ints, count: Ints) -> tuple[Ints, Ints]:
    """Row number and running value of ranges that begin at ``first``."""
    which = np.repeat(np.arange(len(first), dtype=np.int64), count)
    starts = np.cumsum(count) - count
    return which, np.arange(len(which), dtype=np.int64) - starts[which] + first[which]
