"""Ends of lines that miss another one by little, and what is drawn twice."""

import numpy as np
import pytest
import shapely

from gisplan.geometry import dangles, duplicates


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString(points)


STREET = line((0, 0), (100, 0))


def missed(*others: shapely.LineString, snap_m: float = 1.0) -> list[tuple[int, int, float, bool]]:
    out = dangles(np.array([STREET, *others], dtype=object), snap_m=snap_m, meets_m=0.01)
    return [
        (int(a), int(b), round(float(g), 6), bool(o))
        for a, b, g, o in zip(out.line, out.other, out.gap, out.is_over, strict=True)
    ]


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (0.0, []),  # meets
        (0.005, []),  # meets, within the rounding of a projection
        (0.4, [(1, 0, 0.4, False)]),  # stops short
        (-0.4, [(1, 0, 0.4, True)]),  # runs beyond
        (1.0, []),  # a dead end
        (-1.0, []),  # a crossing
    ],
)
def test_a_side_street(end, told):
    """A street from the north ends near y = 0, where another one runs."""
    assert missed(line((50, 80), (50, end))) == told


def test_its_place_is_its_end():
    out = dangles(np.array([STREET, line((50, 0.4), (50, 80))], dtype=object), snap_m=1.0, meets_m=0.01)
    assert out.xy.tolist() == [[50.0, 0.4]]


def test_an_end_that_meets_one_line_may_pass_near_another():
    """The side street ends on the street; a second one ends 0.5 m further east, on the street as well."""
    assert missed(line((50, 80), (50, 0)), line((70, 80), (50.5, 0))) == []


def test_two_ends_that_miss_each_other_are_both_told():
    assert missed(line((100.6, 0), (200, 0))) == [(0, 1, 0.6, False), (1, 0, 0.6, False)]


def test_the_nearest_line_is_named():
    assert missed(line((50, 80), (50, 0.4)), line((0, 9), (49.8, 9), (49.8, 0.5)))[0][:3] == (
        1,
        2,
        0.223607,
    )  # √(0.2² + 0.1²)


def test_a_roundabout_meets_itself():
    ring = shapely.LineString([(0, 0.5), (10, 0.5), (10, 10), (0, 0.5)])
    assert [m for m in missed(ring) if m[0] == 1] == []


def test_no_lines_no_ends():
    assert len(dangles(np.zeros(0, dtype=object), snap_m=1.0, meets_m=0.01).line) == 0


def test_shapes_drawn_twice():
    square = shapely.box(0, 0, 10, 10)
    turned = shapely.Polygon([(10, 10), (10, 0), (0, 0), (0, 10)])
    other = shapely.Polygon([(0, 0), (10, 0), (10, 10), (0, 10), (0, 5)])
    assert duplicates(np.array([square, other, turned, shapely.box(0, 0, 10, 10.002)])).tolist() == [0, -1, 0, -1]
    assert duplicates(np.array([STREET, shapely.reverse(STREET)])).tolist() == [0, 0]
    assert duplicates(np.array([shapely.Point(1, 1)] * 3 + [shapely.Point(2, 2)] * 2)).tolist() == [0, 0, 0, 1, 1]
    assert duplicates(np.array([square])).tolist() == [-1]


def test_a_shape_a_tenth_of_a_millimetre_off_is_the_same():
    assert duplicates(np.array([shapely.box(0, 0, 10, 10), shapely.box(0.0001, 0, 10, 10)])).tolist() == [0, 0]
