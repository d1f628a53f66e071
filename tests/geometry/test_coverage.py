"""How much of a raster's cells polygons cover: against cutting every cell, and against exactextract."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from hypothesis import given, settings
from hypothesis import strategies as st

from gisplan.geometry import Grid, coverage


def dense(polygons, grid, **options):
    """Shares as an array of polygon × row × column."""
    out = np.zeros((len(polygons), grid.rows, grid.columns))
    for part in coverage(np.array(polygons, dtype=object), grid, **options):
        feature, row, column, share = part.cells()
        key = (feature * grid.rows + row) * grid.columns + column
        assert (np.diff(key) > 0).all()  # every cell once, in order
        assert ((share > 0) & (share <= 1)).all()
        out[feature, row, column] = share
    return out


def cut(polygons, grid):
    """The same by cutting every polygon with every cell."""
    row, column = np.mgrid[: grid.rows, : grid.columns]
    x, y = grid.left + column * grid.dx, grid.top - row * grid.dy
    cells = shapely.box(x, y - grid.dy, x + grid.dx, y)
    return np.array([shapely.area(shapely.intersection(p, cells)) / grid.cell_m2 for p in polygons])


def by_exactextract(polygons, grid):
    """The same by exactextract, which keeps shares as single floats."""
    right, bottom = grid.left + grid.columns * grid.dx, grid.top - grid.rows * grid.dy
    raster = NumPyRasterSource(np.zeros((grid.rows, grid.columns), np.int8), grid.left, bottom, right, grid.top)
    shapes = [{"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(p)} for p in polygons]
    table = exact_extract(raster, shapes, ["cell_id", "coverage"], output="pandas")
    out = np.zeros((len(polygons), grid.rows * grid.columns))
    for i, (cell, share) in enumerate(zip(table["cell_id"], table["coverage"], strict=True)):
        out[i, np.asarray(cell, dtype=int)] = share
    return out.reshape(len(polygons), grid.rows, grid.columns)


def test_a_rectangle_by_hand():
    """1.5 × 1.25 cells from (0.5, 0.75) below the corner: a half, a whole; a quarter of the first row."""
    grid = Grid(100, 50, 2, 4, 3, 3)
    box = shapely.box(100 + 2 * 0.5, 50 - 4 * 2, 100 + 2 * 2, 50 - 4 * 0.75)
    want = np.zeros((1, 3, 3))
    want[0, 0] = [0.125, 0.25, 0]
    want[0, 1] = [0.5, 1, 0]
    np.testing.assert_allclose(dense([box], grid), want, atol=1e-12)


def test_an_edge_along_a_row_covers_part_of_every_cell_of_it():
    """A box of 40 cells whose upper edge runs through the middle of a row: a span of halves."""
    (part,) = coverage(np.array([shapely.box(0, 0, 40, 2.5)]), Grid(0, 3, 1, 1, 3, 40))
    assert part.span_share.tolist() == [0.5, 1, 1]
    assert (part.stop - part.start).tolist() == [39, 39, 39]


def test_whole_cells_are_told_as_spans():
    """A million cells are a thousand spans, and a box of whole cells has shares of just 1."""
    (part,) = coverage(np.array([shapely.box(0, 0, 1000, 1000)]), Grid(0, 1000, 1, 1, 1000, 1000))
    assert len(part.start) == 1000
    assert len(part.share) <= 2000
    assert part.share.sum() + (part.stop - part.start).sum() == 1_000_000


@st.composite
def cases(draw):
    """Polygons with holes and parts, on corners of cells and off them, inside the grid, over its edge, outside."""
    number = st.floats(-20, 60).map(lambda v: round(v, 3))
    polygons = []
    for _ in range(draw(st.integers(1, 4))):
        middle = shapely.Point(draw(number), draw(number))
        shape = middle.buffer(draw(st.floats(0.05, 30)), quad_segs=draw(st.integers(1, 6)))
        if draw(st.booleans()):
            shape = shape.difference(shapely.Point(draw(number), draw(number)).buffer(draw(st.floats(0.05, 10))))
        if draw(st.booleans()):
            x, y = draw(number), draw(number)
            shape = shape.union(shapely.box(x, y, x + draw(st.floats(0.5, 9)), y + 2))
        if draw(st.booleans()):
            shape = shapely.from_wkb(shapely.to_wkb(shapely.set_precision(shape, 1.0)))
        if not shape.is_empty:
            polygons.append(shape)
    size = st.integers(1, 25)
    side = st.sampled_from([0.5, 1.0, 2.0, 3.7])
    return polygons, Grid(draw(number), draw(number), draw(side), draw(side), draw(size), draw(size))


@given(cases())
@settings(max_examples=60, deadline=None)
def test_like_cutting_every_cell(case):
    polygons, grid = case
    got = dense(polygons, grid)
    if polygons:
        np.testing.assert_allclose(got, cut(polygons, grid), atol=2e-9)
        np.testing.assert_allclose(dense(polygons, grid, pieces=5), got, atol=1e-12)


@given(cases())
@settings(max_examples=40, deadline=None)
def test_like_exactextract(case):
    polygons, grid = case
    if polygons:
        np.testing.assert_allclose(dense(polygons, grid), by_exactextract(polygons, grid), atol=1e-5)


def test_neighbours_leave_nothing_out_and_cover_nothing_twice():
    """Slanted strips that share their borders add up to whole cells wherever they cover the grid."""
    edges = np.linspace(-300, 500, 60)
    strips = [shapely.Polygon([(a, -50), (b, -50), (b + 137, 250), (a + 137, 250)]) for a, b in pairwise(edges)]
    total = dense(strips, Grid(0.3, 200.1, 1.7, 2.3, 80, 100)).sum(axis=0)
    np.testing.assert_allclose(total, 1, atol=1e-8)


@pytest.mark.parametrize("shape", [shapely.Polygon(), shapely.box(100, 100, 110, 110), shapely.box(0, 5, 10, 9)])
def test_what_is_empty_or_beyond_covers_nothing(shape):
    assert not dense([shape], Grid(0, 5, 1, 1, 5, 10)).any()


def test_nothing_asked_nothing_covered():
    assert list(coverage(np.zeros(0, dtype=object), Grid(0, 5, 1, 1, 5, 10))) == []
