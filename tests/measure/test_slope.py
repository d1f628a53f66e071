"""Slopes and aspects against planes, cones and a window worked by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gisplan.measure.slope import facing, gradient, octant, slope_of

#: Names of the octants by their number.
NAMES = ["n", "ne", "e", "se", "s", "sw", "w", "nw", "flat"]


def ground(function, *, rows=12, columns=15, dx=2.0, dy=3.0):
    """Heights at the middles of cells, x to the east, y to the north."""
    x = (np.arange(columns) + 0.5) * dx
    y = -(np.arange(rows) + 0.5)[:, None] * dy
    return function(x, y) + np.zeros((rows, columns))


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-500, 5000))
def test_of_a_plane_slope_and_rise_are_exact(east, north, height):
    z = ground(lambda x, y: height + east * x + north * y)
    e, n = gradient(z, dx=2.0, dy=3.0)
    assert e.shape == (10, 13)
    np.testing.assert_allclose(e, east, atol=1e-11)
    np.testing.assert_allclose(n, north, atol=1e-11)
    np.testing.assert_allclose(slope_of(e, n), math.hypot(east, north), atol=1e-11)


@pytest.mark.parametrize("number", range(8))
@pytest.mark.parametrize("turn", [-22.4, 0, 22.4])
def test_the_ground_faces_where_it_falls(number, turn):
    """A plane of 10 % that falls towards a compass direction; the octant ends 22.5° to either side."""
    towards = math.radians(45 * number + turn)
    z = ground(lambda x, y: 100 - 0.1 * (x * math.sin(towards) + y * math.cos(towards)))
    e, n = gradient(z, dx=2.0, dy=3.0)
    np.testing.assert_allclose((facing(e, n) - math.degrees(towards) + 180) % 360, 180, atol=1e-6)
    assert set(octant(e, n, flat_below=0.005).ravel()) == {number}


def test_gentle_ground_faces_nowhere():
    e, n = np.array([0.0049, 0.0051, 0.0, np.nan]), np.zeros(4)
    assert [NAMES[i] for i in octant(e, n, flat_below=0.005)] == ["flat", "w", "flat", "flat"]


def test_a_cone_falls_away_from_its_top():
    """z = 100 − 0.2 r: 20 % everywhere; Horn's window is off by (cell ÷ r)² near the top."""
    x0, y0 = 60.0, -60.0
    z = ground(lambda x, y: 100 - 0.2 * np.hypot(x - x0, y - y0), rows=120, columns=120, dx=1, dy=1)
    e, n = gradient(z, dx=1, dy=1)
    x = np.arange(1, 119) + 0.5 - x0
    y = -(np.arange(1, 119)[:, None] + 0.5) - y0
    far = np.hypot(x, y) > 10
    np.testing.assert_allclose(slope_of(e, n)[far], 0.2, rtol=0.006)
    bearing = np.degrees(np.arctan2(x, y)) % 360
    off = (facing(e, n) - bearing + 180) % 360 - 180
    assert np.abs(off[far]).max() < 0.3


def test_a_window_worked_by_hand():
    """1 2 3 / 4 5 7 / 6 9 11 on cells of 10 m: east (3+14+11 − 1−8−6) ÷ 80, north (1+4+3 − 6−18−11) ÷ 80."""
    e, n = gradient(np.array([[1.0, 2, 3], [4, 5, 7], [6, 9, 11]]), dx=10, dy=10)
    assert e[0, 0] == pytest.approx(13 / 80)
    assert n[0, 0] == pytest.approx(-27 / 80)


@pytest.mark.parametrize("place", [(r, c) for r in range(3) for c in range(3)])
def test_any_height_that_is_missing_leaves_no_slope(place):
    z = np.arange(9.0).reshape(3, 3)
    z[place] = np.nan
    e, n = gradient(z, dx=1, dy=1)
    assert np.isnan(e[0, 0])
    assert np.isnan(n[0, 0])
