"""Links along the roads, worked out with a pencil.

::

    ====main====            U1 (180)             the main ends at (100, 2), 2 m beside the street
    0----------100-----------------200-----300   street y = 0
                                    |
                        U2 (y=-200) |            side street x = 200
                                    |
                                   -300
"""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import shapely
import supply_town as town
from hypothesis import given, settings
from hypothesis import strategies as st

from gisplan.assess import assess_links, link_issues
from gisplan.errors import PlanError
from gisplan.geometry import build_network
from gisplan.geometry.extension import Extender, cut_streets

ROADS = {
    "R1": town.line((0, 0), (200, 0)),
    "R2": town.line((200, 0), (300, 0)),
    "R3": town.line((200, 0), (200, -300)),
}
MAINS = {"M": town.line((0, 2), (100, 2))}
LOTS = {
    "served": town.lot(50, 5),
    "U1": town.lot(180, 5),
    "U2": town.polygon((195, -200), (185, -190), (175, -200), (185, -210)),
}


def study(
    folder: Path,
    *,
    lots: dict | None = None,
    roads: dict | None = None,
    mains: dict | None = None,
    vacant: tuple[str, ...] = (),
    status: str | None = None,
    **links: object,
):
    layers = {
        "parcels": [({"parcel_id": k, "is_vacant": k in vacant}, g) for k, g in (lots or LOTS).items()],
        "roads": [({"road_id": k}, g) for k, g in (roads or ROADS).items()],
        "services.water": [({"feature_id": k, "status": status}, g) for k, g in (mains or MAINS).items()],
    }
    survey = town.survey(folder, layers, spec={"services.water": {"reach_m": 10}}, links=links)
    return assess_links(survey, None)


def test_one_link_for_both_and_one_for_each(tmp_path: Path) -> None:
    # To U1: 2 m to the street and 80 along it. On to U2: 20 + 200 more, which is 54 % as much land a metre.
    both = study(tmp_path / "both", unit_cost={"water": 100}).table
    assert len(both) == 1
    only = both.iloc[0]
    assert only["link_id"] == "water-1" and only["begins_at"] == "M"
    assert only["length_m"] == pytest.approx(2 + 100 + 200)
    assert only["parcel_ids"] == "U1;U2"
    assert only["area_ha"] == pytest.approx(0.04)
    assert only["ha_per_km"] == pytest.approx(0.04 / 0.302)
    assert only["cost_wan"] == pytest.approx(30.2)
    assert only["cost_wan_per_ha"] == pytest.approx(30.2 / 0.04)
    assert only["roads"] == "R1;R3"
    assert only["geometry"].length == pytest.approx(302)
    each = study(tmp_path / "each", least_yield=0.6).table
    assert each["length_m"].tolist() == pytest.approx([82, 20 + 200])
    assert each["begins_at"].tolist() == ["M", "water-1"]  # the second begins where the first ends, and costs less
    assert each["parcel_ids"].tolist() == ["U1", "U2"]
    assert each["cost_wan"].isna().all()


def test_idle_land_comes_first(tmp_path: Path) -> None:
    found = study(tmp_path, vacant=("U2",), least_yield=1)
    first = found.table.iloc[0]
    # U1 lies on the way and is served with it, though only U2 counts.
    assert first["length_m"] == pytest.approx(302)
    assert (first["parcel_ids"], first["area_ha"], first["idle_ha"]) == (
        "U1;U2",
        pytest.approx(0.04),
        pytest.approx(0.02),
    )
    assert found.suggested.to_dict("records") == [
        {"parcel_id": "U1", "service": "water", "link_id": "water-1"},
        {"parcel_id": "U2", "service": "water", "link_id": "water-1"},
    ]


def test_a_main_that_crosses_the_street_serves_as_a_start(tmp_path: Path) -> None:
    found = study(tmp_path, mains={"M": town.line((250, -50), (250, 60))}, lots={"U1": LOTS["U1"]})
    assert found.table["length_m"].tolist() == pytest.approx([70])


def test_why_there_is_no_link(tmp_path: Path) -> None:
    lots = {**LOTS, "off": town.lot(600, 600), "apart": town.lot(850, 5)}
    roads = {**ROADS, "R9": town.line((800, 0), (900, 0))}
    found = study(tmp_path / "a", lots=lots, roads=roads)
    assert found.left == {"water": {"no_road": ["off"], "no_way": ["apart"]}}
    told = {i.code: i for i in link_issues(found)}
    assert told["LINK_NO_ROAD"].features == ["off (water)"]
    assert told["LINK_NO_WAY"].count == 1
    few = study(tmp_path / "b", least_yield=0.6, limit=1)
    assert few.left == {"water": {"beyond": ["U2"]}}
    planned = study(tmp_path / "c", status="planned")
    assert planned.mainless == ["water"] and not len(planned.table)
    assert [i.code for i in link_issues(planned)] == ["LINK_NO_MAIN"]


def test_a_service_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"links: services: no \[layers.services.gas\]"):
        study(tmp_path, services=["gas"])
    with pytest.raises(PlanError, match="unit_cost of water is negative"):
        study(tmp_path, unit_cost={"water": -1})


def test_nothing_lacks_nothing(tmp_path: Path) -> None:
    found = study(tmp_path, lots={"served": LOTS["served"]})
    assert not len(found.table) and not found.left["water"] and link_issues(found) == []


GRID = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.booleans()), min_size=1, max_size=30, unique=True)


@settings(max_examples=60)
@given(GRID, st.lists(st.tuples(st.integers(0, 29), st.floats(0.05, 0.95)), max_size=6), st.integers(0, 10_000))
def test_ways_on_random_grids_are_those_of_networkx(streets: list, cuts: list, seed: int) -> None:
    """From random nodes with random gaps: distances, and values summed along every way; then once more with it built."""
    rng = np.random.default_rng(seed)
    lines = [((100 * x + 7 * y, 100 * y), (100 * x + 7 * y, 100 * y + 100) if up else (100 * x + 107 + 7 * y, 100 * y))
             for x, y, up in streets]  # fmt: skip
    network = build_network(shapely.linestrings(np.array(lines, dtype=float)))
    edge = np.array([k % len(network.start) for k, _ in cuts], dtype=np.int64)
    along = np.array([s for _, s in cuts]) * network.length[edge] if cuts else np.empty(0)
    cut = cut_streets(network, edge, along)
    assert cut.length.sum() == pytest.approx(network.length.sum())
    assert shapely.length(cut.shape) == pytest.approx(cut.length)
    for k, node in enumerate(cut.place):
        spot = shapely.line_interpolate_point(network.shape[edge[k]], along[k])
        assert np.hypot(*(cut.xy[node] - [spot.x, spot.y])) < 0.01
    size = len(cut.xy)
    begin = np.unique(rng.integers(0, size, 2))
    gap = rng.random(len(begin)) * 30
    extender = Extender(cut, begin, gap)
    graph = nx.Graph()
    graph.add_nodes_from(range(size))
    for a, b, length in zip(cut.tail.tolist(), cut.head.tolist(), cut.length.tolist(), strict=True):
        if a != b and length < graph.get_edge_data(a, b, {"weight": np.inf})["weight"]:
            graph.add_edge(a, b, weight=length)
    graph.add_weighted_edges_from(("main", int(n), g) for n, g in zip(begin, gap, strict=True))
    value = rng.random(size)
    for _ in range(2):
        far = nx.single_source_dijkstra_path_length(graph, "main")
        assert extender.distance == pytest.approx([far.get(n, np.inf) for n in range(size)], abs=1e-6)
        total = extender.along_ways(value)
        reached = np.flatnonzero(np.isfinite(extender.distance))
        for node in reached.tolist():
            way = extender.way(node)
            assert way.gap + way.length == pytest.approx(far[node], abs=1e-6)
            assert total[node] == pytest.approx(value[way.nodes].sum())
        last = extender.way(int(reached[-1]))
        extender.add(last)
        graph.add_weighted_edges_from(("main", n, 0.0) for n in last.nodes)
