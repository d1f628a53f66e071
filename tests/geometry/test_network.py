"""Networks: what meets, what does not, and that noding agrees with an independent one."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from gisplan.geometry import Network, build_network


def network(*lines: list[tuple[float, float]], **asked: object) -> Network:
    asked = {k: np.array(v) if isinstance(v, list) else v for k, v in asked.items()}
    return build_network(np.array([LineString(line) for line in lines], dtype=object), **asked)


def edges(net: Network) -> set[tuple[int, tuple[float, ...], tuple[float, ...], float]]:
    """Line, place of both nodes, length."""
    place = [tuple(float(v) + 0.0 for v in np.round(p, 6)) for p in net.xy]
    return {
        (int(k), place[a], place[b], round(float(m), 6))
        for k, a, b, m in zip(net.line, net.start, net.end, net.length, strict=True)
    }


def test_lines_that_cross_meet() -> None:
    net = network([(0, 0), (100, 0)], [(50, -30), (50, 50)])
    assert edges(net) == {
        (0, (0, 0), (50, 0), 50),
        (0, (50, 0), (100, 0), 50),
        (1, (50, -30), (50, 0), 30),
        (1, (50, 0), (50, 50), 50),
    }
    assert net.legs.max() == 4 and net.component_length.tolist() == [180]


def test_a_bridge_passes_over() -> None:
    net = network([(0, 0), (100, 0)], [(50, -30), (50, 50)], level=[0.0, 1.0])
    assert len(net.start) == 2 and net.component_length.tolist() == [100, 80]
    assert net.level.tolist() == [0, 1]


def test_an_unknown_level_is_the_ground() -> None:
    net = network([(0, 0), (100, 0)], [(50, -30), (50, 50)], level=[np.nan, 0.0])
    assert len(net.start) == 4


def test_a_ramp_meets_the_bridge_where_both_end() -> None:
    net = network([(0, 0), (100, 0)], [(100, 0), (200, 0)], level=[0.0, 1.0])
    assert net.component_length.tolist() == [200]


def test_a_bridge_that_lands_on_a_vertex_meets_the_quay() -> None:
    landed = network([(0, 0), (50, 0), (100, 0)], [(50, 0), (50, 80)], level=[0.0, 1.0])
    assert landed.component_length.tolist() == [180]
    # Ending over an edge, but in none of its vertices, is no landing.
    assert len(network([(0, 0), (100, 0)], [(50, 0), (50, 80)], level=[0.0, 1.0]).component_length) == 2


def test_an_end_on_a_line_meets_it_at_its_own_level() -> None:
    net = network([(0, 0), (100, 0)], [(50, 0.004), (50, 80)])
    assert net.component_length.tolist() == pytest.approx([179.996], abs=1e-6) and net.moved == 0


def test_a_lone_end_is_joined_by_the_gap_and_nothing_moves() -> None:
    net = network([(0, 0), (100, 0)], [(50, 0.3), (50, 80)])
    assert edges(net) == {
        (0, (0, 0), (50, 0), 50),
        (0, (50, 0), (100, 0), 50),
        (1, (50, 0.3), (50, 80), 79.7),
        (1, (50, 0.3), (50, 0), 0.3),
    }
    assert net.moved == 1 and net.furthest == pytest.approx(0.3)
    assert (net.begin == net.stop).sum() == 1


def test_a_lone_end_too_far_away_stays_alone() -> None:
    assert network([(0, 0), (100, 0)], [(50, 0.6), (50, 80)]).moved == 0
    assert network([(0, 0), (100, 0)], [(50, 0.3), (50, 80)], snap_m=0.0).moved == 0
    assert network([(0, 0), (100, 0)], [(50, 2.0), (50, 80)], snap_m=3.0).furthest == 2.0


def test_ends_that_meet_each_other_are_joined_once_to_what_hangs_apart() -> None:
    # Two streets from one corner, the corner 0.2 m beside a third one.
    net = network([(0, 0), (100, 0)], [(50, 0.2), (50, 80.2)], [(50, 0.2), (50, 100.2)])
    assert net.moved == 1 and net.component_length.tolist() == pytest.approx([100 + 80 + 100 + 0.2])
    # Once it hangs together, a junction beside a line is no fault of drawing.
    round_about = network([(0, 0), (100, 0)], [(50, 0.2), (50, 80)], [(50, 0.2), (100, 0)])
    assert round_about.moved == 0


def test_cables_that_cross_do_not_meet_but_branches_do() -> None:
    lines = ([(0, 0), (100, 0)], [(50, -30), (50, 50)], [(20, 0), (20, 40)])
    net = network(*lines, crossings=False)
    assert sorted(net.component_length.tolist()) == [80, 140]


def test_a_line_over_another_is_cut_where_either_ends() -> None:
    net = network([(0, 0), (100, 0)], [(50, 0), (150, 0)])
    assert sorted((int(k), float(m)) for k, m in zip(net.line, net.length, strict=True)) == [
        (0, 50.0),
        (0, 50.0),
        (1, 50.0),
        (1, 50.0),
    ]
    # The stretch that is drawn twice is one way: its length is not added up.
    assert net.matrix().toarray().max() == 50


def test_a_line_crosses_itself() -> None:
    net = network([(0, 0), (60, 0), (60, 40), (30, 40), (30, -20)])
    assert edges(net) == {
        (0, (0, 0), (30, 0), 30),
        (0, (30, 0), (30, 0), 140),
        (0, (30, 0), (30, -20), 20),
    }


def test_a_closed_line_is_an_edge_from_a_node_to_itself() -> None:
    net = network([(0, 0), (10, 0), (10, 10), (0, 0)])
    assert net.start.tolist() == net.end.tolist() == [0] and net.legs.tolist() == [2]


def test_lines_without_length_are_rejected_by_row() -> None:
    net = network([(0, 0), (0, 0)], [(0, 0), (10, 0)], [(5, 5), (5, 5)])
    assert net.rejected.tolist() == [0, 2] and net.line.tolist() == [1]
    nothing = network([(0, 0), (0, 0)])
    assert nothing.nodes == 0 and nothing.rejected.tolist() == [0] and nothing.matrix().shape == (0, 0)
    assert build_network(np.zeros(0, dtype=object)).nodes == 0


def test_parts_and_true_lengths() -> None:
    lines = np.array([shapely.MultiLineString([[(0, 0), (30, 0)], [(50, 0), (60, 0)]])], dtype=object)
    net = build_network(lines, length=np.array([80.0]))
    assert net.length.tolist() == [60, 20] and net.line.tolist() == [0, 0]


def test_one_way_streets_and_gaps() -> None:
    lines = ([(0, 0), (100, 0)], [(100, 0), (100, 50)], [(100, 50.2), (0, 50.2)])
    net = network(*lines, direction=[1, 0, -1])
    source, target, _ = net.arcs(directed=True)
    place = {tuple(map(float, p)): i for i, p in enumerate(net.xy)}
    ways = {(int(a), int(b)) for a, b in zip(source, target, strict=True)}
    assert (place[0, 0], place[100, 0]) in ways and (place[100, 0], place[0, 0]) not in ways
    # Drawn from east to west and open against it only.
    assert (place[0, 50.2], place[100, 50.2]) in ways and (place[100, 50.2], place[0, 50.2]) not in ways
    gap = {place[100, 50.2], place[100, 50]}
    assert {w for w in ways if set(w) == gap} == {tuple(gap), tuple(reversed(tuple(gap)))}


def test_islands_stand_in_order_of_their_length() -> None:
    net = network([(0, 0), (10, 0)], [(0, 50), (100, 50)], [(0, 90), (30, 90)])
    assert net.component_length.tolist() == [100, 30, 10]
    assert net.component[net.start].tolist() == [2, 0, 1]


WHOLE = st.integers(0, 12)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(WHOLE, WHOLE, WHOLE, WHOLE), min_size=1, max_size=14), st.integers(0, 2**32 - 1))
def test_noding_is_that_of_an_overlay(ends: list[tuple[int, int, int, int]], seed: int) -> None:
    """Ground, junctions and parts agree with GEOS's union, whatever crosses, touches or runs over what."""
    lines = [LineString([(10 * a, 10 * b), (10 * c, 10 * d)]) for a, b, c, d in ends if (a, b) != (c, d)]
    if not lines:
        return
    shapes = np.array(lines, dtype=object)
    net = build_network(shapes)
    assert net.length.sum() == pytest.approx(shapely.length(shapes).sum())
    ways = net.matrix()
    peer = np.asarray(shapely.get_parts(shapely.union_all(shapes)))
    assert ways.sum() / 2 == pytest.approx(shapely.length(peer).sum(), abs=1e-6)
    places = np.unique(np.round(shapely.get_coordinates(peer), 3), axis=0)
    assert len(net.xy) == len(places)
    assert np.unique(np.round(net.xy, 3), axis=0) == pytest.approx(places, abs=2e-3)
    # The order of the lines tells nothing.
    again = build_network(np.random.default_rng(seed).permutation(shapes))
    assert np.sort(again.length) == pytest.approx(np.sort(net.length))
    assert again.component_length == pytest.approx(net.component_length)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_edges_are_the_parts_of_their_lines(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shapes = shapely.linestrings(rng.uniform(0, 100, (8, 5, 2)) + 4e6)
    net = build_network(shapes, snap_m=0.0)
    assert shapely.length(net.shape) == pytest.approx(net.stop - net.begin, abs=1e-6)
    for k in range(len(net.start)):
        assert shapely.get_coordinates(net.shape[k])[0] == pytest.approx(net.xy[net.start[k]], abs=0.02)
        assert shapely.get_coordinates(net.shape[k])[-1] == pytest.approx(net.xy[net.end[k]], abs=0.02)
    assert shapely.distance(net.shape, shapes[net.line]).max() < 1e-6
