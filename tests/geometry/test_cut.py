"""Pieces of any features in any zones add up, whichever way the cut is made."""

import importlib
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gisplan.geometry import cut, multiplicity_cells, overlaps, owners
from gisplan.geometry.cut import ALONG_M

FAR = (500_000.0, 3_400_000.0)
module = importlib.import_module("gisplan.geometry.cut")

ways = pytest.mark.parametrize("few_zones", [True, False], ids=["by_zone", "by_feature"])
law = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def place(geometry, turn=0.0):
    """Turn and move to where coordinates are large, so that borders are neither straight nor exact."""
    c, s = np.cos(turn), np.sin(turn)
    matrix = np.array([[c, -s], [s, c]]) if turn else np.eye(2)
    return shapely.transform(geometry, lambda xy: xy @ matrix.T + FAR)


def square(c, r, w=1, h=1, size=100.0):
    return shapely.box(c * size, r * size, (c + w) * size, (r + h) * size)


turns = st.sampled_from([0.0, 0.3, 0.7853981633974483, 1.234567])
cell = st.integers(0, 4)
anywhere = st.tuples(st.floats(-50, 550), st.floats(-50, 550))
on_grid = st.tuples(st.integers(0, 10).map(lambda i: i * 50.0), st.integers(0, 10).map(lambda i: i * 50.0))


@st.composite
def tilings(draw):
    """Zones that do not overlap: cells of a grid in up to four groups, some of them left out; with holes and
    several parts."""
    groups = draw(st.lists(st.integers(0, 4), min_size=25, max_size=25))
    cells = [square(i % 5, i // 5) for i in range(25)]
    zones = [shapely.union_all([c for c, g in zip(cells, groups, strict=True) if g == k]) for k in range(1, 5)]
    return [z for z in zones if not z.is_empty] or [cells[0]]


blocks = st.lists(
    st.tuples(cell, cell, st.sampled_from([0.5, 1, 1.3, 2]), st.sampled_from([0.5, 1, 1.7, 3])),
    min_size=1,
    max_size=5,
)
overlapping = blocks.map(lambda b: [square(*x) for x in b])
nested = st.integers(1, 4).map(lambda n: [square(k / 2, k / 2, 5 - k, 5 - k) for k in range(n)])
shared_sides = st.just([square(0, 0, 2, 5), square(2, 0, 2, 2), square(2, 2, 2, 3), square(1, 1, 2, 2)])
any_zones = st.one_of(tilings(), overlapping, nested, shared_sides)


def long_enough(line):
    return line.length > 20


lines = st.lists(st.one_of(anywhere, on_grid), min_size=2, max_size=6).map(shapely.LineString).filter(long_enough)
border_lines = st.lists(on_grid, min_size=2, max_size=6).map(shapely.LineString).filter(long_enough)
many_lines = st.lists(st.one_of(lines, border_lines), min_size=2, max_size=3).map(shapely.MultiLineString)
all_lines = st.lists(st.one_of(lines, border_lines, many_lines), min_size=1, max_size=6)


@st.composite
def stars(draw):
    x, y = draw(anywhere)
    radii = np.array(draw(st.lists(st.floats(15, 200), min_size=3, max_size=9)))
    turn = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    return shapely.Polygon(np.column_stack([x + radii * np.cos(turn), y + radii * np.sin(turn)]))


rings = st.tuples(cell, cell).map(lambda p: square(*p, 2, 2).difference(square(p[0] + 0.5, p[1] + 0.3, 0.7, 0.9)))
grid_blocks = st.tuples(cell, cell, st.sampled_from([0.5, 1, 2.5]), st.sampled_from([0.25, 1, 2])).map(
    lambda b: square(*b)
)
pairs = st.tuples(cell, cell).map(
    lambda p: shapely.MultiPolygon([square(*p, 0.4, 0.4), square(p[0] + 1, p[1] + 0.5, 0.7, 0.9)])
)
polygons = st.lists(st.one_of(stars().filter(shapely.is_valid), rings, grid_blocks, pairs), min_size=1, max_size=8)
points = st.lists(
    st.one_of(
        st.one_of(anywhere, on_grid).map(shapely.Point),
        st.lists(st.one_of(anywhere, on_grid), min_size=2, max_size=4, unique=True).map(shapely.MultiPoint),
    ),
    min_size=1,
    max_size=10,
)


def made(zones, features, dimension, few_zones, **kw):
    """Cut in the way that is asked for, whatever the numbers of zones and features."""
    with mock.patch.object(module, "SMALL_ZONES", 0 if few_zones else 10**9):
        return cut(zones, features, dimension=dimension, **kw)


def sizes(features, dimension):
    return shapely.area(features) if dimension == 2 else shapely.length(features)


def adds_up(zones, features, dimension, few_zones, turn):
    zones, features = (place(np.array(g, dtype=object), turn) for g in (zones, features))
    shared = overlaps(zones, least_m2=0.0)
    cells, over = multiplicity_cells(zones, shared)
    pieces = made(zones, features, dimension, few_zones, disjoint=not len(cells))
    n = len(features)
    twice = pieces.overlap
    if dimension == 2 and len(cells):
        again = made(cells, features, 2, few_zones)
        twice = np.bincount(again.feature, weights=(over[again.zone] - 1) * again.share, minlength=n)
    counted = np.bincount(pieces.feature, weights=pieces.share, minlength=n)
    np.testing.assert_allclose(counted + pieces.outside - twice, 1, rtol=0, atol=1e-9)
    assert (pieces.share > 0).all()
    assert (pieces.share <= 1 + 1e-9).all()
    assert (pieces.outside >= 0).all()
    key = pieces.feature * len(zones) + pieces.zone
    assert (np.diff(key) > 0).all()  # sorted, and no piece twice
    return zones, features, pieces


@ways
@law
@given(zones=any_zones, features=polygons, turn=turns)
def test_polygons_add_up(few_zones, zones, features, turn):
    zones, features, pieces = adds_up(zones, features, 2, few_zones, turn)
    plain = shapely.area(shapely.intersection(features[:, None], zones[None, :])) / shapely.area(features)[:, None]
    table = np.zeros(plain.shape)
    table[pieces.feature, pieces.zone] = pieces.share
    np.testing.assert_allclose(table, plain, rtol=0, atol=1e-9)
    beyond = shapely.area(shapely.difference(features, shapely.union_all(zones))) / shapely.area(features)
    np.testing.assert_allclose(pieces.outside, beyond, rtol=0, atol=1e-9)


@ways
@law
@given(zones=any_zones, features=all_lines, turn=turns)
def test_lines_add_up(few_zones, zones, features, turn):
    adds_up(zones, features, 1, few_zones, turn)


@ways
@law
@given(zones=any_zones, features=points, turn=turns)
def test_points_add_up(few_zones, zones, features, turn):
    adds_up(zones, features, 0, few_zones, turn)


@ways
@law
@example(
    zones=[shapely.box(200, 200, 300, 300)],
    features=[shapely.LineString([(-48.0, 418.0), (350.0, 150.0), (0.0, 483.0), (413.0, 0.0)])],
)
@given(zones=tilings(), features=st.lists(st.one_of(lines, border_lines), min_size=1, max_size=6))
def test_zones_that_tile_share_a_line_out_as_its_steps_lie(few_zones, zones, features):
    """Against a witness that takes each line apart where it crosses the grid, so that each step lies in one
    zone or along borders."""
    features = [
        f for f in shapely.transform(features, lambda xy: np.round(xy / 5) * 5) if f.length > 20
    ]  # nothing all but on a border
    if not features:
        return
    zones, features, pieces = adds_up(zones, features, 1, few_zones, 0.0)
    grid = shapely.union_all([place(square(c, r).boundary) for c in range(-1, 6) for r in range(-1, 6)])
    table = np.zeros((len(features), len(zones)))
    table[pieces.feature, pieces.zone] = pieces.share
    for line, got in zip(features, table, strict=True):
        want = np.zeros(len(zones))
        for a, b in zip(line.coords[:-1], line.coords[1:], strict=True):
            if a == b:
                continue
            edge = shapely.LineString([a, b])
            for step in shapely.get_parts(shapely.union_all([edge.difference(grid), edge.intersection(grid)])):
                if step.geom_type == "Point":
                    continue
                near = shapely.distance(zones, step.interpolate(0.5, normalized=True)) < 1e-7
                want += step.length * near / max(1, near.sum())
        # What ends within a centimetre of a border may count on either side of it.
        np.testing.assert_allclose(got, want / line.length, rtol=0, atol=2 * ALONG_M / line.length)


@ways
def test_line_that_comes_back_on_itself_along_a_border(few_zones):
    """Out along the border of two zones, back again, and off into the west: 100 + 60 m shared by both, 50 m
    in the west."""
    zones = place(np.array([square(0, 0), square(1, 0)]))
    line = place(np.array([shapely.LineString([(100, 0), (100, 100), (100, 40), (50, 40)])]))
    pieces = made(zones, line, 1, few_zones)
    assert pieces.share.tolist() == pytest.approx([(80 + 50) / 210, 80 / 210])
    assert pieces.outside.tolist() == [0]


@ways
def test_line_that_crosses_itself_on_a_border(few_zones):
    """A loop west of the border and back through its own corner (100, 50), then 40 m along the border and off
    to the east."""
    zones = place(np.array([square(0, 0), square(1, 0)]))
    line = place(
        np.array([shapely.LineString([(100, 0), (100, 50), (50, 50), (50, 80), (100, 50), (100, 90), (150, 90)])])
    )
    loop = 50 + 30 + np.hypot(50, 30)
    whole = 50 + loop + 40 + 50
    pieces = made(zones, line, 1, few_zones)
    assert pieces.share.tolist() == pytest.approx([(25 + loop + 20) / whole, (25 + 20 + 50) / whole])


@ways
@pytest.mark.parametrize("off", [1e-9, 1e-5, 7e-3, -7e-3])
def test_line_that_misses_a_border_by_rounding_is_shared_all_the_same(few_zones, off):
    """The border has no vertex where the line has its ends: turned, neither lies on the other."""
    zones = place(np.array([square(0, 0), square(1, 0)]), 0.3)
    line = place(np.array([shapely.LineString([(100 + off, 10), (100 + off, 47.3), (100 + off, 90)])]), 0.3)
    assert made(zones, line, 1, few_zones).share.tolist() == pytest.approx([0.5, 0.5])
    outer = place(np.array([shapely.LineString([(off, 10), (off, 90)])]), 0.3)
    pieces = made(zones, outer, 1, few_zones)
    assert pieces.share.tolist() == pytest.approx([1])
    assert pieces.outside.tolist() == pytest.approx([0])


@ways
def test_line_a_hand_beside_a_border_is_not_on_it(few_zones):
    zones = place(np.array([square(0, 0), square(1, 0)]), 0.3)
    line = place(np.array([shapely.LineString([(100.1, 10), (100.1, 90)])]), 0.3)
    pieces = made(zones, line, 1, few_zones)
    assert pieces.zone.tolist() == [1]
    assert pieces.share.tolist() == pytest.approx([1])


@ways
def test_line_half_along_the_outer_border_half_outside(few_zones):
    zones = place(np.array([square(0, 0), square(1, 0)]))
    line = place(
        np.array([shapely.LineString([(50, 0), (250, 0)])])
    )  # 50 m on the first zone, 100 m on the second, 50 m on none
    pieces = made(zones, line, 1, few_zones)
    assert pieces.zone.tolist() == [0, 1]
    assert pieces.share.tolist() == pytest.approx([0.25, 0.5])
    assert pieces.outside.tolist() == pytest.approx([0.25])


@ways
def test_line_along_a_border_shared_by_two_and_covered_by_a_third(few_zones):
    zones = place(np.array([square(0, 0), square(1, 0), square(0, 0, 2, 1)]))
    line = place(np.array([shapely.LineString([(100, 0), (100, 100)])]))
    pieces = made(zones, line, 1, few_zones, disjoint=False)
    assert pieces.share.tolist() == pytest.approx([0.5, 0.5, 1])
    assert pieces.overlap.tolist() == pytest.approx([1])


@ways
def test_point_on_the_corner_of_four_zones_counts_a_quarter_in_each(few_zones):
    zones = place(np.array([square(c, r) for c in (0, 1) for r in (0, 1)]))
    corner = place(np.array([shapely.Point(100, 100), shapely.MultiPoint([(100, 50), (300, 300)])]))
    pieces = made(zones, corner, 0, few_zones)
    assert pieces.share[:4].tolist() == [0.25] * 4
    assert pieces.share[4:].tolist() == [0.25] * 2
    assert pieces.outside.tolist() == [0, 0.5]


@law
@given(zones=any_zones, features=polygons, turn=turns)
def test_owner_has_the_largest_part(zones, features, turn):
    zones, features = (place(np.array(g, dtype=object), turn) for g in (zones, features))
    pieces = cut(zones, features, dimension=2, disjoint=False)
    owner = owners(pieces, len(features))
    for f in range(len(features)):
        mine = pieces.feature == f
        best = pieces.share[mine].max(initial=0)
        if owner[f] < 0:
            assert pieces.outside[f] > best - 1e-8
        else:
            assert pieces.share[mine & (pieces.zone == owner[f])][0] >= max(best, pieces.outside[f]) - 1e-8


def test_equal_parts_belong_to_the_zone_that_comes_first():
    zones = place(np.array([square(1, 0), square(0, 0)]))
    astride = place(
        np.array([shapely.box(60, 20, 140, 80), shapely.box(-40, 20, 40, 80), shapely.box(-41, 20, 40, 80)])
    )
    assert owners(cut(zones, astride, dimension=2), 3).tolist() == [0, 1, -1]


def town_of(n, seed=3):
    rng = np.random.default_rng(seed)
    x, y, w, h = (
        rng.uniform(0, 3_000, n),
        rng.uniform(0, 3_000, n),
        rng.uniform(10, 90, n),
        rng.uniform(10, 90, n),
    )
    return place(shapely.box(x, y, x + w, y + h), 0.4), place(
        shapely.linestrings(np.stack([np.column_stack([x, y]), np.column_stack([x + 9 * w, y - 7 * h])], axis=1)),
        0.4,
    )


@ways
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_number_of_workers_changes_no_bit(few_zones, workers):
    houses, streets = town_of(4_000)
    zones = place(np.array([square(c, r, 5, 5) for c in range(0, 25, 5) for r in range(0, 30, 5)]), 0.4)
    with ThreadPoolExecutor(workers) as pool:
        for features, dimension in ((houses, 2), (streets, 1)):
            one = made(zones, features, dimension, few_zones)
            other = made(zones, features, dimension, few_zones, executor=pool)
            for name in ("zone", "feature", "share", "outside", "overlap"):
                assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


def test_both_ways_agree():
    houses, streets = town_of(2_000)
    zones = place(np.array([square(c, r, 5, 5) for c in range(0, 25, 5) for r in range(0, 30, 5)]), 0.4)
    for features, dimension in ((houses, 2), (streets, 1)):
        a, b = (made(zones, features, dimension, few) for few in (True, False))
        assert a.zone.tolist() == b.zone.tolist()
        assert a.feature.tolist() == b.feature.tolist()
        np.testing.assert_allclose(a.share, b.share, rtol=0, atol=1e-9)
        np.testing.assert_allclose(a.outside, b.outside, rtol=0, atol=1e-9)
