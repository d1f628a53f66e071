"""Slivers under a millimetre go to the neighbour with the longest border; wider ones and open ones stay."""

import numpy as np
import pytest
import shapely
from shapely import box

from gisplan.geometry import fill_slivers

X, Y = 500_000.0, 3_400_000.0


def at(*shapes: shapely.Polygon) -> np.ndarray:
    return shapely.transform(np.array(shapes, dtype=object), lambda xy: xy + np.array([X, Y]))


def test_a_junction_off_the_line_is_closed():
    """[ 0 ] under [ 1 ][ 2 ], which meet 0.4 mm above its border: a triangle of 100 m × 0.4 mm ÷ 2 = 0.02 m².

    Its border with 0 is 100 m long, with 1 and 2 50 m each, so 0 takes it.
    """
    shapes = at(
        box(0, 0, 100, 100),
        shapely.Polygon([(0, 100), (50, 100.0004), (50, 200), (0, 200)]),
        shapely.Polygon([(50, 100.0004), (100, 100), (100, 200), (50, 200)]),
    )
    filled = fill_slivers(shapes)
    assert filled.row.tolist() == [0]
    assert filled.sliver_area[0] == pytest.approx(0.02, abs=1e-6)
    assert shapely.area(filled.geometry[0]) == pytest.approx(10_000.02, abs=1e-6)
    assert all(a is b for a, b in zip(filled.geometry[1:], shapes[1:], strict=True))
    assert shapely.area(shapely.union_all(filled.geometry)) == pytest.approx(20_000, abs=1e-6)
    assert shapely.is_valid(filled.geometry).all()
    assert len(fill_slivers(filled.geometry).row) == 0


def closed(width: float) -> np.ndarray:
    """Strip of 100 m between 0 and 1, closed by 2 above and 3 below."""
    return at(box(0, 0, 100, 100), box(100 + width, 0, 200, 100), box(0, 100, 200, 200), box(0, -100, 200, 0))


def test_a_strip_under_a_millimetre_is_closed():
    filled = fill_slivers(closed(0.0005))
    assert filled.row.tolist() == [0]
    assert filled.sliver_area[0] == pytest.approx(0.05, abs=1e-6)


@pytest.mark.parametrize("width", [0.0, 0.0015, 0.3])
def test_what_is_no_sliver_stays(width):
    shapes = closed(width)
    filled = fill_slivers(shapes)
    assert len(filled.row) == 0
    assert filled.geometry is shapes


def test_a_sliver_open_to_a_street_stays():
    assert len(fill_slivers(closed(0.0005)[:2]).row) == 0
