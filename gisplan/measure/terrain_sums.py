"""Heights, slopes and aspects summed over polygons, every cell by the part of it that a polygon covers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.geometry import Coverage, Grid, coverage, each
from gisplan.measure.catalogue import Array, part
from gisplan.measure.slope import gradient, octant, slope_of
from gisplan.read.terrain import Terrain

#: Cells along the side of a block that is worked on at a time.
BLOCK = 512

#: A slope this little below a limit is on it: sums of nine heights are off by their rounding.
GRACE = 1e-9

#: A cell of which less than this is covered tells nothing of the highest and lowest ground.
TOUCHED = 0.01


@dataclass(frozen=True)
class Sums:
    """What terrain adds up to over polygons. Areas are in cells; the first axis is the polygons.

    Attributes
    ----------
    known, height
        Area of known height, and height × area (m).
    lowest, highest
        m; infinite where nothing is known.
    sloped, slope
        Area of known slope, and slope × area.
    classes
        Area by class of slope, shape (n, classes).
    aspects
        Area by aspect, shape (n, 9).
    gentle
        Area with a slope below the polygon's own limit.
    """

    known: Array
    height: Array
    lowest: Array
    highest: Array
    sloped: Array
    slope: Array
    classes: Array
    aspects: Array
    gentle: Array

    @property
    def mean_height(self) -> Array:
        """m; NaN where nothing is known."""
        return part(self.height, self.known)

    @property
    def mean_slope(self) -> Array:
        """Fraction; NaN where nothing is known."""
        return part(self.slope, self.sloped)

    @property
    def extent(self) -> tuple[Array, Array]:
        """Lowest and highest ground (m); NaN where nothing is known."""
        known = np.isfinite(self.lowest)
        return np.where(known, self.lowest, np.nan), np.where(known, self.highest, np.nan)


@dataclass(frozen=True)
class Block:
    """Part of a grid: its first row and column, how many, and the row numbers of the polygons that may lie over it."""

    row: int
    column: int
    rows: int
    columns: int
    some: NDArray[np.int64]

    def of(self, grid: Grid) -> Grid:
        """Its cells."""
        return grid.part(self.row, self.column, self.rows, self.columns)


def blocks(grid: Grid, shapes: NDArray[np.object_], *, side: int = BLOCK) -> Iterator[Block]:
    """Cut a grid into blocks, leaving out those under no polygon."""
    reach = grid.reach(shapely.bounds(shapes))
    for row in range(0, grid.rows, side):
        band = np.flatnonzero((reach[:, 0] < row + side) & (reach[:, 2] > row) & (reach[:, 1] < reach[:, 3]))
        for column in range(0, grid.columns if len(band) else 0, side):
            some = band[(reach[band, 1] < column + side) & (reach[band, 3] > column)]
            if len(some):
                yield Block(row, column, min(side, grid.rows - row), min(side, grid.columns - column), some)


def sum_terrain(terrain: Terrain, shapes: NDArray[np.object_], *, limits: Array) -> Sums:
    """Sum terrain over polygons, block by block, so that the raster may be larger than the memory.

    Parameters
    ----------
    terrain
        The heights.
    shapes
        (Multi)polygons in the study's coordinate system, shape (n,); they may overlap.
    limits
        Slope below which a polygon's land suits its use, shape (n,); NaN where there is no limit.
    """
    n = len(shapes)
    total = _empty(n)
    jobs = [partial(_block, terrain, shapes, limits, b) for b in blocks(terrain.grid, shapes)]
    for some, sums in each(jobs):
        for f in fields(Sums):
            out, own = getattr(total, f.name), getattr(sums, f.name)
            if f.name == "lowest":
                out[some] = np.minimum(out[some], own)
            elif f.name == "highest":
                out[some] = np.maximum(out[some], own)
            else:
                out[some] += own
    return total


def _empty(n: int) -> Sums:
    classes, aspects = len(vocabulary.terrain("slopes")), len(vocabulary.terrain("aspects"))
    zero = np.zeros
    return Sums(
        zero(n), zero(n), np.full(n, np.inf), np.full(n, -np.inf), zero(n), zero(n),
        zero((n, classes)), zero((n, aspects)), zero(n),
    )  # fmt: skip


def _block(
    terrain: Terrain, shapes: NDArray[np.object_], limits: Array, block: Block
) -> tuple[NDArray[np.int64], Sums]:
    some, grid = block.some, terrain.grid
    # One cell more on every side, for slopes along the edge.
    heights = terrain.block(block.row - 1, block.column - 1, block.rows + 2, block.columns + 2)
    total = _empty(len(some))
    ready = None
    for cells in coverage(shapes[some], block.of(grid)):
        if len(cells.share) + len(cells.start) == 0:
            continue
        if ready is None:
            ready = _cells(heights, grid)
        _add(total, cells, ready, limits[some])
    return some, total


@dataclass(frozen=True)
class _Layer:
    """An amount of every cell of a block, and its running sum, so that a span's sum is the difference of two."""

    amount: NDArray[Any]
    up_to: NDArray[Any]


def _layer(amount: NDArray[Any]) -> _Layer:
    up_to = np.zeros(len(amount) + 1, dtype=np.int32 if amount.dtype == bool else float)
    np.cumsum(amount, dtype=up_to.dtype, out=up_to[1:])
    return _Layer(amount, up_to)


@dataclass(frozen=True)
class _Cells:
    """What is known of the cells of a block, row after row."""

    columns: int
    height: Array
    slope: Array
    known: _Layer
    tall: _Layer
    sloped: _Layer
    steep: _Layer
    classes: tuple[_Layer, ...]
    aspects: tuple[_Layer, ...]


def _cells(heights: Array, grid: Grid) -> _Cells:
    east, north = gradient(heights, dx=grid.dx, dy=grid.dy)
    slope = slope_of(east, north)
    ends = [c["to"] for c in vocabulary.terrain("slopes").values()]
    aspect = octant(east, north, flat_below=vocabulary.terrain("limits")["flat_below"]).ravel()
    columns, slope, height = slope.shape[1], slope.ravel(), heights[1:-1, 1:-1].ravel()
    known, sloped = ~np.isnan(height), ~np.isnan(slope)
    kind = np.where(sloped, np.searchsorted(ends[:-1], slope + GRACE, side="right"), -1)
    aspect[~sloped] = -1
    return _Cells(
        columns,
        height,
        slope,
        _layer(known),
        _layer(np.where(known, height, 0.0)),
        _layer(sloped),
        _layer(np.where(sloped, slope, 0.0)),
        tuple(_layer(kind == i) for i in range(len(ends))),
        tuple(_layer(aspect == i) for i in range(len(vocabulary.terrain("aspects")))),
    )


def _add(total: Sums, cells: Coverage, of: _Cells, limits: Array) -> None:
    """Add some covered cells to the sums of a block."""
    n = len(total.known)
    at = cells.row * of.columns + cells.column
    first, last = cells.span_row * of.columns + cells.start, cells.span_row * of.columns + cells.stop

    def add(out: Array, layer: _Layer) -> None:
        out += np.bincount(cells.feature, cells.share * layer.amount[at], n)
        out += np.bincount(cells.span_feature, cells.span_share * (layer.up_to[last] - layer.up_to[first]), n)

    for out, layer in (
        (total.known, of.known), (total.height, of.tall), (total.sloped, of.sloped), (total.slope, of.steep),
        *zip(total.classes.T, of.classes, strict=True), *zip(total.aspects.T, of.aspects, strict=True),
    ):  # fmt: skip
        add(out, layer)
    for limit in np.unique(limits[~np.isnan(limits)]):  # two or three, by land use
        mine = np.zeros(n)
        add(mine, _layer(of.slope < limit - GRACE))
        total.gentle[:] += np.where(limits == limit, mine, 0.0)
    _extremes(total, cells, of.columns, of.height)


def _extremes(total: Sums, cells: Coverage, columns: int, height: Array) -> None:
    """Find lowest and highest ground, of single cells and of spans."""
    clear, long = cells.share >= TOUCHED, cells.span_share >= TOUCHED
    feature, own = cells.feature[clear], height[(cells.row * columns + cells.column)[clear]]
    span, first = cells.span_feature[long], (cells.span_row * columns + cells.start)[long]
    last = first + (cells.stop - cells.start)[long]
    # In the order in which they lie, spans leave little between them for `reduceat` to go through in vain.
    order = np.argsort(first, kind="stable")
    ends = np.column_stack([first[order], last[order]]).ravel()
    for out, pick, none in ((total.lowest, np.minimum, np.inf), (total.highest, np.maximum, -np.inf)):
        filled = np.append(np.where(np.isnan(height), none, height), none)
        pick.at(out, feature, np.where(np.isnan(own), none, own))
        if len(ends):
            pick.at(out, span[order], pick.reduceat(filled, ends)[::2])
