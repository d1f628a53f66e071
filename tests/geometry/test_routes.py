"""Ways along networks: worked out by hand, and equal to those of networkx."""

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, box

from gisplan.geometry import (
    Attached,
    Network,
    Travel,
    attach,
    barrier_land,
    build_network,
    each_along,
    land_beside,
    nearest_along,
    part_shapes,
    reached_parts,
    spread,
)

EVERYWHERE = Travel()
FORWARD = Travel(directed=True)
HOME = Travel(directed=True, towards=True)


def rows(*shapes: shapely.Geometry) -> np.ndarray:
    return np.array(shapes, dtype=object)


def ways(
    net: Network, sources: np.ndarray, features: np.ndarray, travel: Travel = EVERYWHERE, *, frontages: bool = False
) -> list[float]:
    on, off = attach(net, sources, snap_m=20), attach(net, features, snap_m=20, frontages=frontages)
    found = nearest_along(net, on, off, features, travel)
    table = np.concatenate([t for _, t in each_along(net, on, off, features, travel)])
    assert table.min(axis=0) == pytest.approx(found.distance)
    reached = found.source >= 0
    assert (np.isfinite(found.distance) == reached).all()
    by = table[found.source[reached], np.flatnonzero(reached)]
    assert by == pytest.approx(found.distance[reached])
    return [round(float(d), 6) for d in found.distance]


# One street from west to east, a lane up from its middle:
#
#          (100,100)
#             |
#   (0,0)-----+-----(200,0)
STREETS = rows(LineString([(0, 0), (200, 0)]), LineString([(100, 0), (100, 100)]))


def test_along_round_and_off_the_street() -> None:
    net = build_network(STREETS)
    hydrant = rows(Point(40, 3))
    # 3 m to the street, 60 m along it, 70 m up the lane, 5 m off it; and on the same edge, 25 m along.
    assert ways(net, hydrant, rows(Point(105, 70), Point(15, 0), Point(150, -4))) == [138, 28, 117]


def test_what_is_far_from_any_edge_is_not_attached() -> None:
    net = build_network(STREETS)
    on = attach(net, rows(Point(40, 21), Point(40, 19)), snap_m=20)
    assert on.is_on.tolist() == [False, True] and on.gap.tolist() == [19]
    assert ways(net, rows(Point(40, 3)), rows(Point(15, 30))) == [np.inf]


def test_a_source_in_a_node_is_on_all_its_edges() -> None:
    net = build_network(STREETS)
    assert ways(net, rows(Point(100, 0)), rows(Point(70, 0), Point(130, 0), Point(100, 30))) == [30, 30, 30]


def test_one_way_streets_are_gone_round() -> None:
    # A block of 100 m by 40 m, its south side open from west to east only.
    block = rows(LineString([(0, 0), (100, 0)]), LineString([(100, 0), (100, 40), (0, 40), (0, 0)]))
    net = build_network(block, direction=np.array([1, 0]))
    west, east = rows(Point(20, 0)), rows(Point(70, 0))
    assert ways(net, west, east) == ways(net, west, east, FORWARD) == [50]
    assert ways(net, east, west, FORWARD) == [30 + 180 + 20]
    # Home to the source is the other way about.
    assert ways(net, west, east, HOME) == [30 + 180 + 20]
    assert ways(net, east, west, HOME) == [50]


def test_nothing_is_attached_to_a_bridge() -> None:
    net = build_network(rows(LineString([(0, 0), (100, 0)]), LineString([(0, 9), (100, 9)])), level=np.array([0, 1.0]))
    assert attach(net, rows(Point(50, 8)), snap_m=20).gap.tolist() == [8]


def test_a_parcel_is_reached_along_its_whole_front() -> None:
    net = build_network(rows(LineString([(0, 0), (300, 0)])))
    parcel = rows(box(100, 10, 180, 60))
    # 20 m short of the front; before it, 5 m to the street and 10 m off it; 30 m beyond it.
    for place, way in ((80, 20 + 10), (140, 10), (210, 30 + 10)):
        assert ways(net, rows(Point(place, 0)), parcel, frontages=True) == [way]
    assert ways(net, rows(Point(140, -5)), parcel, frontages=True) == [15]


def test_a_corner_parcel_is_reached_from_both_streets_but_not_through_a_neighbour() -> None:
    # Two streets that do not meet, 60 m apart; the corner parcel lies between both, the other one behind a neighbour.
    net = build_network(rows(LineString([(0, 0), (60, 0)]), LineString([(0, 60), (60, 60)])))
    lots = rows(box(0, 10, 30, 50), box(30, 10, 60, 42), box(30, 42, 60, 50))
    on = attach(net, lots, snap_m=20, frontages=True)
    fronts = sorted(zip(on.front_of.tolist(), (on.front_edge > 0).tolist(), strict=True))
    assert fronts == [(0, False), (0, True), (1, False), (2, True)]
    # The middle lot is 18 m from the upper street, but over its neighbour's land; without it, it fronts on both.
    blocks = np.array([True, True, False])
    free = attach(net, lots, snap_m=20, frontages=True, blocks=blocks)
    assert (1, True) in zip(free.front_of.tolist(), (free.front_edge > 0).tolist(), strict=True)


def test_no_way_between_two_lots_along_their_border() -> None:
    net = build_network(rows(LineString([(0, 0), (60, 0)]), LineString([(30, 45), (31, 45)])))
    lots = rows(box(0, 10, 60, 30), box(0, 30, 30, 40), box(30, 30, 60, 40))
    on = attach(net, lots, snap_m=20, frontages=True)
    assert sorted(zip(on.front_of.tolist(), on.front_edge.tolist(), strict=True)) == [(0, 0), (1, 1), (2, 1)]


def test_a_barrier_shuts_a_parcel_off() -> None:
    net = build_network(rows(LineString([(0, 0), (300, 0)])))
    lots, river = rows(box(100, 10, 180, 60), box(200, 10, 220, 60)), rows(LineString([(90, 5), (190, 5)]))
    on = attach(net, lots, snap_m=20, frontages=True, barriers=river)
    assert on.is_on.tolist() == [False, True] and on.is_blocked.tolist() == [True, False]


def test_half_a_front_behind_a_barrier() -> None:
    net = build_network(rows(LineString([(0, 0), (300, 0)])))
    lot, river = rows(box(100, 10, 180, 60)), rows(LineString([(90, 5), (150, 5)]))
    on = attach(net, lot, snap_m=20, frontages=True, barriers=river)
    source = rows(Point(120, 0))
    by = attach(net, source, snap_m=20)
    # Straight across is behind the river; only the east corner is open, 60 m along.
    assert nearest_along(net, by, on, lot, barriers=river).distance.tolist() == [70]


def test_limits_are_kept() -> None:
    net = build_network(STREETS)
    assert ways(net, rows(Point(40, 3)), rows(Point(105, 70), Point(15, 0)), Travel(limit_m=138)) == [138, 28]
    assert ways(net, rows(Point(40, 3)), rows(Point(105, 70), Point(15, 0)), Travel(limit_m=137.9)) == [np.inf, 28]


def test_no_sources_and_no_network() -> None:
    net = build_network(STREETS)
    nobody = np.zeros(0, dtype=object)
    off = attach(net, rows(Point(1, 1)), snap_m=20)
    assert nearest_along(net, attach(net, nobody, snap_m=20), off, rows(Point(1, 1))).distance.tolist() == [np.inf]
    empty = build_network(nobody)
    off = attach(empty, rows(Point(1, 1)), snap_m=20)
    assert nearest_along(empty, off, off, rows(Point(1, 1))).distance.tolist() == [np.inf]


def reached_m(net: Network, on: Attached, travel: Travel) -> float:
    _, begin, stop = reached_parts(net, on, spread(net, on, travel), travel)
    return float((stop - begin).sum())


def test_edges_are_cut_where_the_way_is_spent() -> None:
    net = build_network(STREETS)
    on = attach(net, rows(Point(40, 3)), snap_m=20)
    # 3 m off the street: 7 m of it either way; then to its west end, and 30 m up the lane and on to the east.
    assert reached_m(net, on, Travel(limit_m=10)) == pytest.approx(14)
    assert reached_m(net, on, Travel(limit_m=93)) == pytest.approx(40 + 60 + 30 + 30)
    assert reached_m(net, on, Travel(limit_m=2)) == 0
    assert reached_m(net, on, Travel(limit_m=3)) == 0
    edge, begin, stop = reached_parts(net, on, spread(net, on, Travel(limit_m=3)), Travel(limit_m=3))
    shapes = part_shapes(net, edge, begin, stop)
    assert [s.wkt for s in shapes] == ["POINT (40 0)"]


def test_an_edge_reached_from_both_ends_counts_once() -> None:
    net = build_network(rows(LineString([(0, 0), (100, 0)])))
    on = attach(net, rows(Point(0, 0), Point(100, 0), Point(60, 0)), snap_m=20)
    assert reached_m(net, on, Travel(limit_m=15)) == pytest.approx(15 + 15 + 30)
    assert reached_m(net, on, Travel(limit_m=25)) == pytest.approx(100 - 10)
    assert reached_m(net, on, Travel(limit_m=500)) == pytest.approx(100)


def test_one_way_reach() -> None:
    net = build_network(rows(LineString([(0, 0), (100, 0)])), direction=np.array([1]))
    on = attach(net, rows(Point(40, 0)), snap_m=20)
    assert reached_m(net, on, Travel(directed=True, limit_m=30)) == pytest.approx(30)
    assert reached_m(net, on, Travel(directed=True, towards=True, limit_m=50)) == pytest.approx(40)


def area(parts: np.ndarray, width: float, *barriers: shapely.Geometry) -> float:
    walls = barrier_land(rows(*barriers)) if barriers else None
    return float(shapely.area(shapely.union_all(land_beside(parts, width_m=width, barriers=walls))))


CAP = np.pi * 10**2


def test_land_beside_a_street_ends_at_a_barrier() -> None:
    street = rows(LineString([(0, 0), (100, 0)]))
    whole = 100 * 20 + CAP
    assert area(street, 10) == pytest.approx(whole, rel=1e-3)
    # A railway 4 m north of the street, from far west to far east.
    assert area(street, 10, LineString([(-50, 4), (150, 4)])) < 100 * 14 + CAP
    # A river of 2 m there that the land beyond is no longer reached over.
    half = area(street, 10, box(-50, 4, 150, 6))
    assert 100 * 14 + CAP / 2 < half < 100 * 14 + CAP / 2 + 2 * 4 * 10
    # One that ends after 50 m, or lies too far away, is gone round: only its own land is lost.
    assert area(street, 10, box(40, 4, 60, 6)) == pytest.approx(whole - 20 * 2, rel=1e-3)
    assert area(street, 10, box(40, 14, 60, 16)) == pytest.approx(whole, rel=1e-3)


def test_land_behind_a_barrier_counts_from_the_street_that_leads_there() -> None:
    river = box(-100, 20, 200, 30)
    south, bridge = LineString([(0, 0), (100, 0)]), LineString([(50, 0), (50, 40)])
    width = 35.0
    over = area(rows(south, bridge), width, river)
    north = box(-1000, 30, 1000, 1000)
    land = shapely.union_all(land_beside(rows(south, bridge), width_m=width, barriers=barrier_land(rows(river))))
    # North of the river lies only what is beside the bridge's own foot there: the end at (50, 40) and 10 m below it.
    beyond = shapely.intersection(land, north)
    foot = shapely.intersection(shapely.buffer(LineString([(50, 30), (50, 40)]), width, quad_segs=16), north)
    assert shapely.equals_exact(shapely.normalize(beyond), shapely.normalize(foot), 1e-6)
    assert shapely.area(shapely.intersection(land, river)) < 1e-6 and over == pytest.approx(shapely.area(land))


# ---------------------------------------------------------------- networkx


def peer(net: Network, sources: np.ndarray, features: np.ndarray, travel: Travel) -> np.ndarray:
    """Distances of every pair of points: the edges are cut where they lie, and networkx finds its way."""
    points = np.concatenate([sources, features])
    gaps = shapely.distance(points[:, None], net.shape[None, :])
    at = gaps.argmin(axis=1)
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(net.nodes))
    for k in range(len(net.start)):
        stops = [(0.0, net.start[k]), (net.length[k], net.end[k])]
        for p in np.flatnonzero(at == k):
            stops.append((net.shape[k].project(points[p]), ("p", int(p))))
        stops.sort(key=lambda s: s[0])
        # Points in a node are in all of its streets.
        for (a, one), (b, other) in pairwise(stops):
            if net.forward[k] or not travel.directed or b - a <= 0.01:
                graph.add_edge(one, other, weight=b - a)
            if net.backward[k] or not travel.directed or b - a <= 0.01:
                graph.add_edge(other, one, weight=b - a)
    if travel.towards:
        graph = graph.reverse()
    out = np.full((len(sources), len(features)), np.inf)
    for i in range(len(sources)):
        found = nx.single_source_dijkstra_path_length(graph, ("p", i), cutoff=None, weight="weight")
        for j in range(len(features)):
            off = gaps[i].min() + gaps[len(sources) + j].min()
            way = found.get(("p", len(sources) + j), np.inf) + off
            out[i, j] = way if way <= travel.limit_m else np.inf
    return out


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.booleans(), st.booleans(), st.sampled_from([np.inf, 150.0]))
def test_distances_are_those_of_networkx(seed: int, k: int, directed: bool, towards: bool, limit: float) -> None:
    """Random grids with missing streets, one-way streets and points beside them."""
    rng = np.random.default_rng(seed)
    corner = np.stack(np.meshgrid(np.arange(k), np.arange(k), indexing="ij"), axis=-1) * 60.0
    corner += rng.uniform(-20, 20, corner.shape)
    streets = np.concatenate(
        [
            np.stack([corner[:-1], corner[1:]], 2).reshape(-1, 2, 2),
            np.stack([corner[:, :-1], corner[:, 1:]], 2).reshape(-1, 2, 2),
        ]
    )
    streets = streets[rng.uniform(size=len(streets)) < 0.8]
    net = build_network(shapely.linestrings(streets), direction=rng.integers(-1, 2, len(streets)), snap_m=0)
    if not len(net.start):
        return
    sources = shapely.points(rng.uniform(-20, 60 * k, (4, 2)))
    features = shapely.points(rng.uniform(-20, 60 * k, (12, 2)))
    travel = Travel(directed=directed, towards=towards, limit_m=limit)
    on, off = attach(net, sources, snap_m=1e4), attach(net, features, snap_m=1e4)
    expected = peer(net, sources, features, travel)
    table = np.concatenate([t for _, t in each_along(net, on, off, features, travel)])
    assert table == pytest.approx(expected, rel=1e-9, abs=1e-6)
    found = nearest_along(net, on, off, features, travel)
    assert found.distance == pytest.approx(expected.min(axis=0), rel=1e-9, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 300), st.floats(0, 60))
def test_no_way_is_shorter_than_straight(seed: int, limit: float, width: float) -> None:
    """Parcels served along streets are served straight, and land reached along streets is reached straight."""
    rng = np.random.default_rng(seed)
    net = build_network(shapely.linestrings(rng.uniform(0, 400, (9, 3, 2))))
    corner = rng.uniform(0, 380, (30, 2))
    lots = shapely.box(corner[:, 0], corner[:, 1], *(corner + rng.uniform(2, 30, (30, 2))).T)
    sources = shapely.points(rng.uniform(0, 400, (3, 2)))
    on, off = attach(net, sources, snap_m=50), attach(net, lots, snap_m=50, frontages=True)
    table = np.concatenate([t for _, t in each_along(net, on, off, lots)])
    straight = shapely.distance(sources[:, None], lots[None, :])
    assert (table >= straight - 0.05).all()
    travel = Travel(limit_m=max(limit - width, 0.0))
    edge, begin, stop = reached_parts(net, on, spread(net, on, travel), travel)
    land = shapely.union_all(land_beside(part_shapes(net, edge, begin, stop), width_m=min(width, limit)))
    # Circles are drawn with corners, the larger ones the more so.
    circle = shapely.union_all(shapely.buffer(sources, limit + 0.1, quad_segs=64))
    assert shapely.area(shapely.difference(land, circle)) < 1e-3 * max(1.0, shapely.area(circle))
