"""The nearest line, point or area, against every distance worked out one by one."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gisplan.geometry import nearest

COORDINATE = st.integers(0, 60)


@st.composite
def shapes(draw, kinds=("point", "line", "box")):
    x, y, dx, dy = (draw(COORDINATE) for _ in range(4))
    kind = draw(st.sampled_from(kinds))
    if kind == "point":
        return shapely.Point(x, y)
    if kind == "line":
        return shapely.LineString([(x, y), (x + dx + 1, y + dy)])
    return shapely.box(x, y, x + dx + 1, y + dy + 1)


def array(items):
    out = np.empty(len(items), dtype=object)
    out[:] = items
    return out


@given(st.lists(shapes(("box",)), min_size=1, max_size=6), st.lists(shapes(), min_size=1, max_size=6))
def test_nearest_is_the_least_of_all_distances_and_the_first_of_equals(lots, sources):
    row, gap = nearest(array(lots), array(sources))
    every = shapely.distance(array(lots)[:, None], array(sources)[None, :])
    np.testing.assert_array_equal(gap, every.min(axis=1))
    np.testing.assert_array_equal(row, every.argmin(axis=1))


def test_nothing_is_near_nothing():
    row, gap = nearest(array([shapely.Point(0, 0)]), array([]))
    assert row.tolist() == [-1]
    assert np.isnan(gap).all()
    assert nearest(array([]), array([shapely.Point(0, 0)]))[0].tolist() == []
    row, gap = nearest(array([shapely.Point(0, 0)]), array([shapely.LineString()]))
    assert row.tolist() == [-1]


@pytest.mark.parametrize("corners", [40, 4000])
def test_in_a_polygon_of_many_corners_one_stands_in_it(corners):
    """A ring of streets around a yard: 30 from the yard's middle to the ring, nothing within it."""
    round_ = shapely.Point(0, 0).buffer(100, quad_segs=corners // 4)
    ring = round_.difference(shapely.box(-30, -30, 30, 30))
    lots = array([shapely.Point(0, 0), shapely.box(40, 40, 50, 50), shapely.box(130, -5, 140, 5), shapely.Point(0, 90)])
    pole = shapely.Point(0, 90)
    row, gap = nearest(lots, array([pole, ring]))
    assert row.tolist() == [1, 1, 1, 0]
    np.testing.assert_allclose(gap, [30, 0, 30, 0], atol=1e-9)
