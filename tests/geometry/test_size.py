"""Areas and lengths on the ellipsoid, against two witnesses that know nothing of projections."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer

from gisplan.geometry import ellipsoidal_area, ellipsoidal_length
from gisplan.geometry.size import areal_scale

GK = CRS("EPSG:4549")
UTM = CRS("EPSG:32650")
GEOD = Geod(a=6378137, rf=298.257222101)


def degrees(geometry, crs=GK):
    to = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    return shapely.transform(geometry, to.transform, interleaved=False)


def geodesic(polygon, crs=GK, step=2.0):
    """Geodesic area of a polygon whose edges are straight in the projection."""
    dense = degrees(shapely.segmentize(polygon, step), crs)
    total = 0.0
    for part in shapely.get_parts(dense):
        shell, *holes = (abs(crs.get_geod().geometry_area_perimeter(r)[0]) for r in shapely.get_rings(part))
        total += shell - sum(holes)
    return total


def equal_area(polygon):
    """Area in an equal-area projection about the polygon's own middle: no scale is asked for, no geodesic is
    drawn.

    The geodesic witness is no better than a square centimetre or so, which is much of a very small polygon.
    """
    lon, lat = shapely.get_coordinates(degrees(polygon.centroid))[0]
    local = CRS.from_proj4(f"+proj=laea +lat_0={lat:.12f} +lon_0={lon:.12f} +ellps=GRS80 +units=m")
    to = Transformer.from_crs(local.geodetic_crs, local, always_xy=True)
    return shapely.area(shapely.transform(degrees(shapely.segmentize(polygon, 20)), to.transform, interleaved=False))


def star(x, y, radii):
    turn = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    return shapely.Polygon(np.column_stack([x + radii * np.cos(turn), y + radii * np.sin(turn)]))


@settings(max_examples=40, deadline=None)
@given(
    x=st.floats(330_000, 670_000),
    y=st.floats(2_000_000, 5_500_000),
    size=st.floats(40, 900),
    radii=st.lists(st.floats(0.3, 1.0), min_size=3, max_size=12),
)
def test_small_polygon_anywhere_in_its_zone(x, y, size, radii):
    polygon = star(x, y, np.array(radii) * size)
    assert ellipsoidal_area(np.array([polygon]), GK)[0] == pytest.approx(equal_area(polygon), rel=1e-8)


@pytest.mark.parametrize("crs", [GK, UTM], ids=["gauss_krueger", "utm"])
@pytest.mark.parametrize("side", [100, 1_999, 2_001, 10_000, 40_000])
def test_square_of_any_size_far_from_the_meridian(crs, side):
    square = shapely.box(640_000, 3_400_000, 640_000 + side, 3_400_000 + side)
    assert ellipsoidal_area(np.array([square]), crs)[0] == pytest.approx(
        geodesic(square, crs, max(2, side / 4000)), rel=1e-8
    )


def test_two_ends_without_a_middle():
    """A dumbbell of just under 2 km lies where its centroid does not: the worst case of one scale for a whole
    feature."""
    ends = [shapely.box(640_000 + x, 3_400_000, 640_050 + x, 3_400_050) for x in (0, 1_900)]
    both = shapely.MultiPolygon(ends)
    assert ellipsoidal_area(np.array([both]), GK)[0] == pytest.approx(geodesic(both), rel=3e-8)


@pytest.mark.parametrize("side", [300, 9_000])
def test_holes_and_parts(side):
    x, y = 600_000, 3_400_000
    ring = shapely.box(x, y, x + side, y + side).difference(
        shapely.box(x + side / 3, y + side / 3, x + side / 2, y + side / 2)
    )
    both = shapely.MultiPolygon([ring, shapely.box(x + side * 1.1, y, x + side * 1.2, y + side / 9)])
    got = ellipsoidal_area(np.array([ring, both]), GK)
    assert got == pytest.approx([geodesic(ring), geodesic(both)], rel=1e-8)
    assert ellipsoidal_area(np.array([shapely.reverse(ring)]), GK)[0] == got[0]


def test_empty_polygon_has_no_area():
    assert ellipsoidal_area(np.array([shapely.Polygon()]), GK).tolist() == [0]


def trapezoids(lonlat):
    """椭球面积 of the Chinese survey standard: signed strips between each edge and a meridian, straight in
    latitude and longitude."""
    a, rf = 6378137.0, 298.257222101
    b = a * (1 - 1 / rf)
    e2 = (a * a - b * b) / (a * a)
    e4, e6, e8 = e2**2, e2**3, e2**4
    terms = [
        1 + 3 / 6 * e2 + 30 / 80 * e4 + 35 / 112 * e6 + 630 / 2304 * e8,
        1 / 6 * e2 + 15 / 80 * e4 + 21 / 112 * e6 + 420 / 2304 * e8,
        3 / 80 * e4 + 7 / 112 * e6 + 180 / 2304 * e8,
        1 / 112 * e6 + 45 / 2304 * e8,
        5 / 2304 * e8,
    ]
    lon, lat = np.radians(lonlat).T
    wide = (lon[:-1] + lon[1:]) / 2 - lon[0]
    high, middle = np.diff(lat), (lat[:-1] + lat[1:]) / 2
    series = sum(
        (-1) ** k * t * np.sin((2 * k + 1) / 2 * high) * np.cos((2 * k + 1) * middle) for k, t in enumerate(terms)
    )
    return abs(np.sum(2 * b * b * wide * series))


@pytest.mark.parametrize(("x", "side"), [(500_000, 100), (600_000, 300), (660_000, 1_500), (600_000, 8_000)])
def test_the_survey_standards_own_formula_agrees(x, side):
    """An independent witness: a series in latitude, no projection and no geodesic. Its cancellation leaves
    some 1e-9."""
    polygon = star(x, 3_420_000, side * np.array([1, 0.7, 0.9, 0.4, 0.8]))
    ring = shapely.get_coordinates(degrees(shapely.segmentize(polygon, 10.0)))
    assert ellipsoidal_area(np.array([polygon]), GK)[0] == pytest.approx(trapezoids(ring), rel=2e-7)


def test_scale_by_spline_is_the_exact_one():
    rng = np.random.default_rng(4)
    x, y = rng.uniform(380_000, 660_000, 3_000), rng.uniform(3_100_000, 3_700_000, 3_000)
    by_spline = areal_scale(GK, x, y)
    exact = np.concatenate([areal_scale(GK, x[i : i + 300], y[i : i + 300]) for i in range(0, 3_000, 300)])
    np.testing.assert_allclose(by_spline, exact, rtol=1e-9)


def test_scale_of_many_points_in_one_place():
    x, y = np.full(500, 512_345.0), np.full(500, 3_412_345.0)
    np.testing.assert_allclose(areal_scale(GK, x, y), areal_scale(GK, x[:1], y[:1])[0], rtol=1e-10)


def test_area_does_not_depend_on_how_many_are_measured_together():
    rng = np.random.default_rng(5)
    x, y = rng.uniform(400_000, 640_000, 1_000), rng.uniform(3_300_000, 3_500_000, 1_000)
    squares = shapely.box(x, y, x + 80, y + 120)
    alone = np.concatenate([ellipsoidal_area(squares[i : i + 100], GK) for i in range(0, 1_000, 100)])
    np.testing.assert_allclose(ellipsoidal_area(squares, GK), alone, rtol=1e-9)


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(st.tuples(st.floats(-900, 900), st.floats(-900, 900)), min_size=1, max_size=9))
def test_length_is_the_sum_of_geodesics(steps):
    xy = np.cumsum([(630_000, 3_400_000), *steps], axis=0)
    line = shapely.LineString(xy)
    lon, lat = shapely.get_coordinates(degrees(line)).T
    assert ellipsoidal_length(np.array([line]), GK)[0] == pytest.approx(GEOD.line_length(lon, lat), rel=1e-12, abs=1e-8)


def test_lengths_of_many_lines_and_parts_are_kept_apart():
    def line(x):
        return shapely.LineString([(x, 3_400_000), (x + 300, 3_400_400)])

    both = shapely.MultiLineString([line(500_000), line(600_000)])
    one, two, pair, none = ellipsoidal_length(np.array([line(500_000), line(600_000), both, shapely.LineString()]), GK)
    assert (one, two) == pytest.approx((500, 500), rel=2e-4)
    assert one > two  # the plane draws lengths too large away from the meridian
    assert pair == pytest.approx(one + two, rel=1e-14)
    assert none == 0


def test_no_lines_at_all():
    assert ellipsoidal_length(np.array([shapely.LineString()]), GK).tolist() == [0]
