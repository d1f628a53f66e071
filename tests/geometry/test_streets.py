"""Road nets: nodes and legs, faces, stretches side by side, borders that face lines."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gisplan.geometry import beside, cut, faces_between, facing, mean_width, merged_nodes, streets


def lines(*points):
    return np.array([shapely.LineString(p) for p in points], dtype=object)


def grid(columns, rows, step=100.0):
    """Lines of a grid of squares, each street in one piece."""
    up = [((i * step, 0), (i * step, rows * step)) for i in range(columns + 1)]
    across = [((0, j * step), (columns * step, j * step)) for j in range(rows + 1)]
    return lines(*up, *across)


# ---------------------------------------------------------------- nets


@given(st.integers(1, 6), st.integers(1, 6))
def test_grid_has_its_nodes_and_squares(columns, rows):
    net = streets(grid(columns, rows))
    legs = dict(zip(*np.unique(net.legs, return_counts=True), strict=True))
    inner, side = (columns - 1) * (rows - 1), 2 * (columns - 1) + 2 * (rows - 1)
    # The four corners are where two streets end: no nodes, for only two legs meet there.
    assert (legs.get(4, 0), legs.get(3, 0), legs.get(1, 0)) == (inner, side, 0)
    faces = faces_between(net.edges)
    assert len(faces) == columns * rows
    assert shapely.area(faces) == pytest.approx(10_000)


def test_grid_with_stubs_has_dead_ends():
    """A street grid drawn 50 m beyond its outermost crossings on every side: each crossing is one of four legs."""
    up = [((i * 100, -50), (i * 100, 250)) for i in range(3)]
    across = [((-50, j * 100), (250, j * 100)) for j in range(3)]
    net = streets(lines(*up, *across))
    assert sorted(net.legs.tolist()) == [1] * 12 + [4] * 9


def test_bridge_makes_no_junction_but_meets_at_its_ends():
    """A bridge (level 1) over a street, with a ramp that joins its eastern end to the street below."""
    drawn = lines(
        [(0, 0), (100, 0)], [(100, 0), (200, 0)], [(200, 0), (300, 0)], [(150, -100), (150, 100)], [(200, 0), (150, 50)]
    )
    level = np.array([0, 1, 0, 0, 0.0])
    flat, bridged = streets(drawn), streets(drawn, level)
    at = {tuple(np.round(xy).astype(int)): n for xy, n in zip(bridged.xy, bridged.legs, strict=True)}
    assert at[(200, 0)] == 3
    assert at[(150, 50)] == 3
    assert at[(100, 0)] == 2
    assert (150, 0) not in at
    assert (flat.legs >= 3).sum() == (bridged.legs >= 3).sum() + 1


def test_road_drawn_twice_is_one_road():
    drawn = lines([(0, 0), (200, 0)], [(200, 0), (0, 0)], [(100, 0), (100, 100)], [(0, 500), (9, 500)])
    for level in (None, np.zeros(4), np.array([0, 0, 0, 1.0])):
        net = streets(drawn, level)
        assert sorted(net.legs[net.legs != 2].tolist()) == [1, 1, 1, 1, 1, 3]


def test_line_without_length_is_no_road():
    drawn = lines([(0, 0), (200, 0)], [(100, 0), (100, 0)], [(50, 50), (50, 50)])
    for level in (None, np.array([0, 1, 2.0])):
        assert streets(drawn, level).legs.tolist() == [1, 1]


def test_no_lines_make_no_net():
    net = streets(np.zeros(0, dtype=object))
    assert (len(net.edges), len(net.xy), len(faces_between(net.edges))) == (0, 0, 0)


def test_lines_that_enclose_nothing_have_no_face():
    assert len(faces_between(streets(lines([(0, 0), (100, 0)])).edges)) == 0


def test_mean_width():
    shapes = np.array([shapely.box(0, 0, 100, 100), shapely.box(0, 0, 10, 1000)])
    assert mean_width(shapes) == pytest.approx([50, 2 * 10_000 / 2_020])


@settings(deadline=None, max_examples=25)
@given(st.randoms(use_true_random=False), st.integers(3, 14))
def test_faces_and_legs_obey_euler(random, count):
    """Nodes − edges + faces = pieces that hang together, for any heap of lines."""
    drawn = lines(*[[(random.uniform(0, 500), random.uniform(0, 500) + i) for _ in range(2)] for i in range(count)])
    assume((shapely.length(drawn) > 1).all())
    net = streets(drawn)
    graph = coo_array((np.ones(len(net.start)), (net.start, net.end)), shape=(len(net.xy),) * 2)
    parts = connected_components(graph, directed=False)[0]
    assert len(net.xy) - len(net.edges) + len(faces_between(net.edges)) == parts
    assert net.legs.sum() == 2 * len(net.edges)


# ---------------------------------------------------------------- carriageways


def dual(angle=0.0, apart=20.0, length=1000.0):
    """Two carriageways, `apart` from each other, drawn against each other, turned by an angle in degrees."""
    half = apart / 2
    drawn = lines([(0, half), (length, half)], [(length, -half), (0, -half)])
    return shapely.transform(drawn, lambda xy: xy @ turn(angle))


def turn(angle):
    a = math.radians(angle)
    return np.array([[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]])


@pytest.mark.parametrize("angle", [0, 12, 45, 90, 171])
@pytest.mark.parametrize("apart", [2.0, 20.0, 39.0])
def test_two_carriageways_count_as_one(angle, apart):
    drawn = dual(angle, apart)
    found = beside(drawn, np.array([0, 0]), distance=40)
    assert found.saved.sum() == pytest.approx(1000, rel=1e-9)


def test_four_carriageways_count_as_one():
    drawn = np.concatenate([dual(apart=10), dual(apart=30)])
    assert beside(drawn, np.zeros(4, dtype=np.int64), distance=40).saved.sum() == pytest.approx(3000)


@pytest.mark.parametrize(("group", "apart"), [((0, 1), 20), ((-1, -1), 20), ((0, 0), 41), ((0, 0), 0.5)], ids=str)
def test_what_is_no_pair(group, apart):
    assert len(beside(dual(apart=apart), np.array(group), distance=40).line) == 0


def test_street_drawn_in_pieces_is_not_beside_itself():
    """End to end, round a corner, and back in a hairpin 60 m away."""
    bend = lines([(0, 0), (300, 0)], [(300, 0), (600, 0)], [(600, 0), (600, 300)], [(600, 300), (400, 320)])
    assert len(beside(bend, np.zeros(4, dtype=np.int64), distance=40).line) == 0


def nodes(drawn, group, distance=40):
    found = beside(drawn, np.asarray(group), distance=distance)
    xy, legs = merged_nodes(streets(drawn), found, np.asarray(group), distance=distance)
    return {tuple(np.round(p).astype(int).tolist()): int(n) for p, n in zip(xy, legs, strict=True) if n != 2}


def test_crossing_of_a_dual_road_is_one_junction_of_four_legs():
    drawn = np.concatenate([dual(), lines([(500, -300), (500, 300)])])
    ends = {(0, 0): 1, (1000, 0): 1, (500, -300): 1, (500, 300): 1}
    assert nodes(drawn, [0, 0, -1]) == {**ends, (500, 0): 4}


def test_two_dual_roads_cross_in_one_junction():
    other = shapely.transform(dual(90), lambda xy: xy + np.array([500, -500]))
    found = nodes(np.concatenate([dual(), other]), [0, 0, 1, 1])
    assert {k: n for k, n in found.items() if n >= 3} == {(500, 0): 4}


def test_link_between_carriageways_is_no_junction():
    """A crossover between the two, for turning round, joins a road to itself."""
    drawn = np.concatenate([dual(), lines([(500, -10), (500, 10)])])
    assert [n for n in nodes(drawn, [0, 0, -1]).values() if n >= 3] == []


def test_side_street_makes_a_junction_of_three_legs():
    drawn = np.concatenate([dual(), lines([(500, -10), (500, -200)])])
    assert {k: n for k, n in nodes(drawn, [0, 0, -1]).items() if n >= 3} == {(500, -10): 3}


def test_side_streets_across_from_each_other_but_apart_stay_two_junctions():
    drawn = np.concatenate([dual(), lines([(500, -10), (500, -200)], [(560, 10), (560, 200)])])
    assert sorted(n for n in nodes(drawn, [0, 0, -1, -1]).values() if n >= 3) == [3, 3]


def test_road_that_parts_in_two_has_no_junction_there():
    drawn = np.concatenate([dual(), lines([(-300, 0), (-100, 0)], [(-100, 0), (0, 10)], [(-100, 0), (0, -10)])])
    assert [n for n in nodes(drawn, [0] * 5).values() if n >= 3] == []


# ---------------------------------------------------------------- borders that face lines


def test_square_on_a_street_faces_it_with_one_side():
    found = facing(np.array([shapely.box(0, 0, 100, 50)]), lines([(-500, -8), (500, -8)]), reach=np.array([10.0]))
    assert found.length == pytest.approx([100])
    assert (found.polygon.tolist(), found.line.tolist(), found.part.tolist()) == ([0], [0], [pytest.approx(100)])


@pytest.mark.parametrize("angle", [0, 30, 77, 200])
def test_street_ends_before_the_corner(angle):
    """Of 100 m of border, 60 lie along the street; and only what lies within reach of a slanting street counts."""
    square = shapely.transform(np.array([shapely.box(0, 0, 100, 50)]), lambda xy: xy @ turn(angle))
    along, slant = (
        shapely.transform(lines(p), lambda xy: xy @ turn(angle)) for p in ([(40, -5), (500, -5)], [(0, 0), (100, -20)])
    )
    assert facing(square, along, reach=np.array([10.0])).length == pytest.approx([60])
    assert facing(square, slant, reach=np.array([10.0])).length == pytest.approx([50])


def test_what_is_not_faced():
    square = np.array([shapely.box(0, 0, 100, 50)])
    for drawn in ([(-500, -11), (500, -11)], [(-9, -500), (-9, -1)], [(0, -5), (30, -80)], [(20, 25), (80, 25)]):
        assert facing(square, lines(drawn), reach=np.array([10.0])).length == pytest.approx([0], abs=1e-12), drawn


def test_corner_plot_faces_both_streets_and_a_stretch_seen_twice_counts_once():
    square = np.array([shapely.box(0, 0, 100, 50)])
    both = lines([(-500, -8), (500, -8)], [(-8, -500), (-8, 500)], [(50, -9), (500, -9)])
    found = facing(square, both, reach=np.array([10.0, 10.0, 10.0]))
    assert found.length == pytest.approx([150])
    assert found.part.tolist() == pytest.approx([100, 50, 50])


def test_street_round_a_bend_is_faced_once():
    square = np.array([shapely.box(0, 0, 100, 50)])
    bent = lines([(-50, -8), (30, -8), (60, -4), (90, -8), (150, -8)])
    found = facing(square, bent, reach=np.array([10.0]))
    assert found.length == pytest.approx([100])
    assert found.part.tolist() == pytest.approx([100])


def test_hole_faces_a_street_inside_it():
    ring = np.array([shapely.box(0, 0, 100, 100).difference(shapely.box(30, 30, 70, 70))])
    assert facing(ring, lines([(30, 35), (70, 35)]), reach=np.array([6.0])).length == pytest.approx([40])


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 359), st.floats(0, 1e5), st.booleans())
def test_frontage_is_the_same_wherever_it_is_drawn(angle, away, clockwise):
    plot = shapely.Polygon([(0, 0), (40, -2), (80, 0), (80, 50), (0, 50)])
    plot = plot.reverse() if clockwise else plot
    street = lines([(-100, -6), (200, -6)])
    moved = [shapely.transform(g, lambda xy: xy @ turn(angle) + away) for g in (np.array([plot]), street)]
    there = facing(*moved, reach=np.array([10.0])).length
    assert there == pytest.approx(facing(np.array([plot]), street, reach=np.array([10.0])).length, rel=1e-7)
    assert there == pytest.approx([2 * math.hypot(40, 2)], rel=1e-6)


# ---------------------------------------------------------------- roads on borders


SQUARES = np.array([shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)])


@pytest.mark.parametrize(
    ("rule", "shares", "outside", "overlap"),
    [
        # Along the border of both; along the outer border of the first; half along the outer border, half beyond.
        ("share", [{0: 0.5, 1: 0.5}, {0: 1}, {1: 0.5}], [0, 0, 0.5], [0, 0, 0]),
        ("half", [{0: 0.5, 1: 0.5}, {0: 0.5}, {1: 0.25}], [0, 0.5, 0.75], [0, 0, 0]),
        ("full", [{0: 1, 1: 1}, {0: 1}, {1: 0.5}], [0, 0, 0.5], [1, 0, 0]),
    ],
)
def test_edge_rule_and_its_books(rule, shares, outside, overlap):
    drawn = lines([(100, 20), (100, 80)], [(10, 0), (90, 0)], [(150, 0), (250, 0)])
    found = cut(SQUARES, drawn, dimension=1, edge_rule=rule)
    got = [
        {int(z): s for z, s in zip(found.zone[found.feature == f], found.share[found.feature == f], strict=True)}
        for f in range(3)
    ]
    assert got == [{z: pytest.approx(s) for z, s in of.items()} for of in shares]
    assert found.outside == pytest.approx(outside)
    assert found.overlap == pytest.approx(overlap)
    inside = np.bincount(found.feature, found.share, minlength=3)
    assert 1 + found.overlap == pytest.approx(inside + found.outside, rel=1e-12)


@pytest.mark.parametrize(
    ("rule", "taken", "outside", "overlap"),
    [
        ("share", [1, 1, 1], [0, 0, 0], [0, 0, 0]),
        ("half", [1, 0.5, 1], [0, 0.5, 0], [0, 0, 0]),
        ("full", [2, 1, 1], [0, 0, 0], [1, 0, 0]),
    ],
)
def test_edge_rule_of_points(rule, taken, outside, overlap):
    found = cut(SQUARES, shapely.points([(100, 50), (50, 0), (50, 50)]), dimension=0, tolerance=0.01, edge_rule=rule)
    assert np.bincount(found.feature, found.share, minlength=3) == pytest.approx(taken)
    assert (found.outside.tolist(), found.overlap.tolist()) == (pytest.approx(outside), pytest.approx(overlap))
