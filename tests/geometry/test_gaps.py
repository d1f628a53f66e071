"""Slits and holes between polygons: found where they are, not where streets and corners are."""

from unittest import mock

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from gisplan.geometry import borders, holes, slits, strip_width
from gisplan.geometry import gaps as gaps_module


def polygon(*points: tuple[float, float]) -> shapely.Polygon:
    return shapely.Polygon(points)


def found(*polygons: shapely.Polygon, width_m: float = 0.5) -> list[tuple[int, int, float, float]]:
    out = slits(np.array(polygons, dtype=object), width_m=width_m)
    return [
        (int(i), int(j), round(float(w), 6), round(float(a), 6))
        for i, j, w, a in zip(out.first, out.second, out.width, out.area, strict=True)
    ]


def test_a_strip_between_two_polygons():
    """A 100 m long strip, 0.3 m wide:  [ 0 ]|[ 1 ]."""
    assert found(box(0, 0, 100, 100), box(100.3, 0, 200, 100)) == [(0, 1, 0.3, 30.0)]


def test_its_place_is_in_the_strip():
    out = slits(np.array([box(0, 0, 100, 100), box(100.3, 0, 200, 100)]), width_m=0.5)
    assert out.xy.tolist() == [[pytest.approx(100.15), 5.0]]


@pytest.mark.parametrize("gap", [0.5, 0.6, 12.0])
def test_a_street_is_no_slit(gap):
    assert found(box(0, 0, 100, 100), box(100 + gap, 0, 200, 100)) == []


def test_polygons_that_meet_leave_no_slit_even_where_their_vertices_differ():
    """[ 0 ] over [ 1 ][ 2 ]: the lower border of 0 has no vertex where 1 and 2 meet."""
    assert found(box(0, 50, 100, 100), box(0, 0, 40, 50), box(40, 0, 100, 50)) == []


def test_neighbours_with_a_bent_street_front_leave_no_slit():
    """1 stands 3 m further out than 0, so that its side wall is at a right angle to the front of 0."""
    assert found(box(0, 0, 50, 50), box(50, -3, 100, 50)) == []


def test_a_corner_between_two_polygons_is_no_slit():
    """Two triangles meet at a point and open at 45°."""
    assert found(polygon((0, 0), (50, 0), (50, 10), (0, 50)), polygon((50, 10), (60, 50), (10, 50))) == []


def test_a_wedge_counts_with_half_its_widest_width():
    """The upper polygon is lifted by 0.4 m at its eastern end: a triangle of 100 m × 0.4 m ÷ 2 = 20 m².

    Its border, a little longer than 100 m, is looked at in the middle of eleven steps.
    """
    (one,) = found(box(0, 0, 100, 50), polygon((0, 50), (100, 50.4), (100, 100), (0, 100)))
    assert (
        one[:2] == (0, 1)
        and one[2] == pytest.approx(0.4 * 10.5 / 11, abs=1e-5)
        and one[3] == pytest.approx(20.0, abs=1e-3)
    )


def test_an_overlap_is_no_slit():
    assert found(box(0, 0, 100, 100), box(99.8, 0, 200, 100)) == []


def test_a_slit_that_a_third_polygon_fills_is_none():
    assert found(box(0, 0, 100, 100), box(100.3, 0, 200, 100), box(100, 0, 100.3, 100)) == []


def test_land_that_polygons_enclose():
    """A frame of four with 20 m × 10 m left open in the middle."""
    frame = [box(0, 0, 60, 20), box(0, 30, 60, 50), box(0, 20, 20, 30), box(40, 20, 60, 30)]
    (one,) = holes(np.array(frame), width_m=0.5)
    assert one.equals(box(20, 20, 40, 30))
    assert len(holes(np.array(frame[:3]), width_m=0.5)) == 0  # open to the east


def test_a_hole_narrower_than_the_limit_is_a_slit():
    """A strip of 0.4 m closed at both ends: a slit; of 0.6 m: a hole."""
    for gap, slit, hole in ((0.4, 1, 0), (0.6, 0, 1)):
        shapes = [box(0, 0, 50, 50), box(50 + gap, 0, 100, 50), box(0, 50, 100, 60), box(0, -10, 100, 0)]
        assert len(found(*shapes)) == slit
        assert len(holes(np.array(shapes), width_m=0.5)) == hole


def test_a_hole_in_one_polygon_filled_by_another_is_covered():
    ring = box(0, 0, 100, 100).difference(box(40, 40, 60, 60))
    assert len(holes(np.array([ring, box(40, 40, 60, 60)]), width_m=0.5)) == 0
    assert len(holes(np.array([ring]), width_m=0.5)) == 1


def test_nothing_in_nothing():
    none = np.zeros(0, dtype=object)
    assert len(slits(none, width_m=0.5).first) == 0
    assert len(holes(none, width_m=0.5)) == 0
    assert len(slits(np.array([box(0, 0, 1, 1)]), width_m=0.5).first) == 0


def test_the_width_of_a_strip_is_its_short_side():
    assert strip_width(np.array([box(0, 0, 100, 0.5), box(0, 0, 10, 10)])).tolist() == [pytest.approx(0.5), 10.0]


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(4)), st.integers(-500_000, 500_000), st.integers(0, 4_000_000))
def test_order_and_place_do_not_matter(order, dx, dy):
    shapes = np.array([box(0, 0, 50, 50), box(50.25, 0, 100, 50), box(0, 50, 100, 60), box(0, -10, 100, 0)])
    moved = shapely.transform(shapes, lambda xy: xy + np.array([dx, dy]))
    out = slits(moved[list(order)], width_m=0.5)
    assert {order[out.first[0]], order[out.second[0]]} == {0, 1} and len(out.first) == 1
    assert (out.width[0], out.area[0]) == (pytest.approx(0.25, abs=1e-8), pytest.approx(12.5, abs=1e-6))
    assert out.xy[0] == pytest.approx([50.125 + dx, 5 + dy])


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=40, unique=True),
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.floats(0.1, 0.9)), max_size=3),
)
def test_passing_over_plain_outlines_finds_the_same_holes(cells, odd):
    """Squares of a grid, some of them missing, and a few laid across: all open edges together tell the same."""
    shapes = [box(10 * c, 10 * r, 10 * c + 10, 10 * r + 10) for c, r in cells]
    shapes += [box(10 * c + 10 * s, 10 * r + 3, 10 * c + 10 * s + 7, 10 * r + 8) for c, r, s in odd]
    polygons = np.array(shapes, dtype=object)
    some = holes(polygons, width_m=0.5)
    with mock.patch.object(gaps_module, "_enclosing", lambda known: np.arange(len(known.of))):
        everything = holes(polygons, width_m=0.5)
    assert len(some) == len(everything)
    np.testing.assert_allclose(shapely.area(some), shapely.area(everything), rtol=1e-9)


def test_a_clean_block_leaves_no_edge_to_look_at():
    block = np.array([box(10 * c, 10 * r, 10 * c + 10, 10 * r + 10) for c in range(4) for r in range(3)])
    assert len(gaps_module._enclosing(borders(block))) == 0
    assert len(gaps_module._enclosing(borders(np.delete(block, 4)))) == 14 + 4  # the courtyard and what is around it
