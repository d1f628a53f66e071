"""Reach against plain buffers and distances."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gisplan.geometry import reached_share, within

X, Y = 500_000.0, 3_400_000.0
coordinate = st.tuples(st.floats(-200, 800), st.floats(-200, 800))


def at(points):
    return [(X + x, Y + y) for x, y in points]


lines = st.lists(coordinate, min_size=2, max_size=6, unique=True).map(lambda p: shapely.LineString(at(p)))
points = coordinate.map(lambda p: shapely.Point(at([p])[0]))
areas = st.tuples(coordinate, st.floats(5, 200), st.floats(5, 200)).map(
    lambda b: shapely.box(X + b[0][0], Y + b[0][1], X + b[0][0] + b[1], Y + b[0][1] + b[2])
)
sources = st.lists(st.one_of(lines, points, areas), min_size=0, max_size=8).map(lambda g: np.array(g, dtype=object))
ZONES = np.array(
    [shapely.box(X + c * 200, Y + r * 300, X + c * 200 + 200, Y + r * 300 + 300) for c in range(3) for r in range(2)]
)


@settings(max_examples=60, deadline=None)
@given(sources, st.floats(0, 150))
def test_within_is_the_distance_to_the_nearest(found, distance):
    got = within(ZONES, found, distance=distance)
    for zone, near in zip(ZONES, got, strict=True):
        least = min((shapely.distance(zone, s) for s in found), default=np.inf)
        if abs(least - distance) > 1e-9:
            assert near == (least < distance)


@settings(max_examples=60, deadline=None)
@given(sources, st.floats(1, 150))
def test_reached_share_is_the_zone_within_the_union_of_buffers(found, distance):
    got = reached_share(ZONES, found, distance=distance)
    grown = shapely.union_all(shapely.buffer(found, distance, quad_segs=16)) if len(found) else shapely.Polygon()
    want = shapely.area(shapely.intersection(ZONES, grown)) / shapely.area(ZONES)
    # GEOS smooths bends of less than a hundredth of the distance in its own way, which differs where a line
    # was clipped.
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=5e-5)
    assert ((got >= 0) & (got <= 1)).all()


def test_long_line_is_clipped_far_enough_away_to_change_nothing():
    road = shapely.LineString(at([(-9_000, -7_000), (100, 320), (350, 280), (9_000, 8_000)]))
    got = reached_share(ZONES, np.array([road]), distance=60)
    want = shapely.area(shapely.intersection(ZONES, shapely.buffer(road, 60, quad_segs=16))) / shapely.area(ZONES)
    np.testing.assert_allclose(got, want, rtol=1e-9)


def test_reach_of_nothing():
    assert within(ZONES, np.zeros(0, dtype=object), distance=50).tolist() == [False] * 6
    assert reached_share(ZONES, np.zeros(0, dtype=object), distance=50).tolist() == [0] * 6


def test_no_distance_is_touching_and_gives_lines_no_land():
    border = np.array([shapely.LineString(at([(200, 0), (200, 100)]))])
    assert within(ZONES, border, distance=0).tolist() == [True, False, True, False, False, False]
    assert reached_share(ZONES, border, distance=0).tolist() == [0] * 6


def test_exactly_as_far_as_the_reach_is_served():
    hydrant = np.array([shapely.Point(X - 120, Y + 10)])
    assert within(ZONES[:1], hydrant, distance=120).tolist() == [True]
    assert within(ZONES[:1], hydrant, distance=119.999).tolist() == [False]


def test_hole_of_a_zone_is_not_land():
    hole = shapely.box(X + 50, Y + 50, X + 150, Y + 150)
    ring = ZONES[0].difference(hole)
    assert reached_share(np.array([ring]), np.array([hole]), distance=0).tolist() == pytest.approx([0])
    assert reached_share(np.array([ring]), np.array([ZONES[0]]), distance=0).tolist() == pytest.approx([1])


@given(st.integers(0, 2**32 - 1), st.floats(0, 40))
@settings(max_examples=30, deadline=None)
def test_a_source_of_many_vertices_serves_whom_it_serves_as_a_whole(seed, distance):
    """A ring road with a hole and a thousand vertices, parcels inside, outside, in the hole and across its border."""
    rng = np.random.default_rng(seed)
    ring = shapely.Point(0, 0).buffer(300, quad_segs=200).difference(shapely.Point(20, 0).buffer(120, quad_segs=150))
    far = shapely.Point(900, 0).buffer(100, quad_segs=100)
    sources = np.array([ring, far, shapely.LineString([(-500, 400), (500, 400)])], dtype=object)
    at = rng.uniform(-500, 1100, (200, 2))
    size = rng.uniform(1, 80, (200, 1))
    parcels = shapely.box(*(at - size).T, *(at + size).T)
    expected = shapely.dwithin(parcels[:, None], sources[None, :], distance).any(axis=1)
    assert (within(parcels, sources, distance=distance) == expected).all()


def test_reach_of_a_source_of_many_vertices_is_that_of_the_whole():
    ring = shapely.Point(0, 0).buffer(300, quad_segs=200).difference(shapely.Point(20, 0).buffer(120, quad_segs=150))
    zones = shapely.box([-400, 0], [-400, -100], [0, 400], [400, 90])
    whole = shapely.area(shapely.intersection(ring.buffer(25, quad_segs=16), zones)) / shapely.area(zones)
    np.testing.assert_allclose(reached_share(zones, np.array([ring]), distance=25.0), whole, rtol=1e-9)
