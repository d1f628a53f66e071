"""Loads against capacities, worked out with a pencil.

::

    W ---L1--- B ---L2--- C        a hangs on L1, b and c on L2, d on L3
               |
               L3
               D
"""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import supply_town as town
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gisplan import measure
from gisplan.errors import PlanError
from gisplan.measure import Survey, capacity, tables
from gisplan.measure.quality import found

LINES = {
    "L1": town.line((0, 0), (100, 0)),
    "L2": town.line((100, 0), (200, 0)),
    "L3": town.line((100, 0), (100, -100)),
}
LOTS = {
    "a": town.lot(50, 5),
    "b": town.lot(140, 5),
    "c": town.lot(180, 5),
    "d": town.polygon((105, -60), (115, -50), (125, -60), (115, -70)),
}
DEMAND = {"a": 20.0, "b": 25.0, "c": 10.0, "d": 50.0}


def study(
    folder: Path,
    capacities: dict,
    *,
    demand: dict | None = None,
    lines: dict | None = None,
    lots: dict | None = None,
    sources: dict | None = None,
    **spec: object,
) -> Survey:
    wanted = DEMAND if demand is None else demand
    layers = {
        "parcels": [({"parcel_id": k, "demand_water": wanted.get(k)}, g) for k, g in (lots or LOTS).items()],
        "services.water": [({"feature_id": k, "capacity": capacities.get(k)}, g) for k, g in (lines or LINES).items()],
        "sources.water": [
            ({"source_id": k, "capacity": capacities.get(k)}, g)
            for k, g in (sources or {"W": town.point(0, 0)}).items()
        ],
    }
    return town.survey(folder, layers, spec={"services.water": {"reach_m": 10}},
                       capacity={"water": {"unit": "m³/d", **spec}})  # fmt: skip


def codes(survey: Survey) -> dict[str, int]:
    return {i.code: i.count for i in found(survey)}


def test_loads_of_a_tree(tmp_path: Path) -> None:
    survey = study(tmp_path, {"W": 210.0, "L1": 140.0, "L2": 28.0, "L3": 100.0})
    told = capacity.loads(survey, "water")
    table = told.table.set_index("id")
    assert table["load"].to_dict() == {"W": 105, "L1": 105, "L2": 35, "L3": 50}
    assert table["headroom"].to_dict() == {"W": 105, "L1": 35, "L2": -7, "L3": 50}
    assert table["utilisation"].to_dict() == {"W": 0.5, "L1": 0.75, "L2": 1.25, "L3": 0.5}
    assert table["parcels"].to_dict() == {"W": 4, "L1": 4, "L2": 2, "L3": 1}
    assert table["area_ha"].to_dict() == pytest.approx({"W": 0.08, "L1": 0.08, "L2": 0.04, "L3": 0.02})
    assert set(table["method"]) == {"tree"}
    assert table["flags"].to_dict() == {"W": "", "L1": "", "L2": "OVER", "L3": ""}
    assert told.headroom.tolist() == [35, -7, -7, 35]
    assert told.bottleneck.tolist() == [None, "line L2", "line L2", None]


def test_what_is_short_is_short_for_all_behind_it(tmp_path: Path) -> None:
    survey = study(tmp_path, {"W": 100.0, "L2": 40.0})
    told = capacity.loads(survey, "water")
    # The works lack 5 of 105; on L2 there are 5 of 40 to spare, which helps nobody.
    assert told.headroom.tolist() == [-5, -5, -5, -5]
    assert told.bottleneck.tolist() == ["source W"] * 4
    (share,) = [m.figures for m in measure.evaluate(survey) if m.id == "headroom_share_water"]
    assert share.value[0] == 0
    assert codes(survey)["OVERLOADED"] == 1


def test_the_share_of_land_without_overload(tmp_path: Path) -> None:
    survey = study(tmp_path, {"W": 210.0, "L2": 34.0})
    told = capacity.loads(survey, "water")
    # The first stretch of L2 carries b and c, 35 of 34; c draws over it too.
    assert told.bottleneck.tolist() == [None, "line L2", "line L2", None]
    assert told.headroom.tolist() == [105, -1, -1, 105]
    (share,) = [m.figures for m in measure.evaluate(survey) if m.id == "headroom_share_water"]
    assert share.value[0] == pytest.approx(0.5)
    table = tables.parcels(survey)
    assert table["demand_water"].tolist() == [20, 25, 10, 50]
    assert table["bottleneck_water"].fillna("").tolist() == ["", "line L2", "line L2", ""]


def test_nothing_and_zero_are_no_capacity(tmp_path: Path) -> None:
    survey = study(tmp_path, {"W": 0.0, "L1": 0.0})
    table = capacity.loads(survey, "water").table.set_index("id")
    assert table["utilisation"].isna().all()
    assert table["headroom"].isna().all()
    assert table["flags"].to_dict() == {
        "W": "CAPACITY_ZERO", "L1": "CAPACITY_ZERO", "L2": "CAPACITY_MISSING", "L3": "CAPACITY_MISSING",
    }  # fmt: skip
    zero = [i.layer for i in found(survey) if i.code == "CAPACITY_ZERO"]
    assert sorted(zero) == ["services.water", "sources.water"]
    (share,) = [m.figures for m in measure.evaluate(survey) if m.id == "headroom_share_water"]
    assert np.isnan(share.value[0])


def test_demand_that_nothing_tells_is_not_zero(tmp_path: Path) -> None:
    survey = study(tmp_path, {"W": 100.0}, demand={"a": 20.0, "b": None, "c": -1.0, "d": 0.0})
    told = capacity.loads(survey, "water")
    assert np.isnan(told.demand[[1, 2]]).all() and told.demand[3] == 0
    table = told.table.set_index("id")
    assert table.loc["W", ["load", "parcels_unknown", "flags"]].tolist() == [20, 2, "PARTIAL"]
    assert codes(survey)["DEMAND_UNKNOWN"] == 2


def test_two_sources_share_a_line_where_it_is_half_way(tmp_path: Path) -> None:
    lines = {"L1": LINES["L1"], "L2": LINES["L2"]}
    lots = {k: LOTS[k] for k in "abc"}
    survey = study(tmp_path, {"W": 100.0, "V": 100.0}, lines=lines, lots=lots,
                   sources={"W": town.point(0, 0), "V": town.point(200, 0)})  # fmt: skip
    table = capacity.loads(survey, "water").table.set_index("id")
    assert table["load"].to_dict() == {"W": 20, "V": 35, "L1": 20, "L2": 35}
    assert set(table["method"]) == {"nearest source"}


def test_lots_with_no_way_to_a_source_load_nothing(tmp_path: Path) -> None:
    lots = {**LOTS, "far": town.lot(900, 900)}
    survey = study(tmp_path, {"W": 100.0}, lots=lots, demand={**DEMAND, "far": 7.0})
    assert capacity.loads(survey, "water").connected.tolist() == [True] * 4 + [False]
    assert codes(survey)["DEMAND_UNCONNECTED"] == 1
    away = study(tmp_path / "away", {"W": 100.0}, sources={"W": town.point(0, 400)})
    assert capacity.loads(away, "water").table["load"].tolist() == [0.0]
    assert codes(away)["SOURCE_ON_NO_LINE"] == 1


def test_capacity_without_sources_is_refused(tmp_path: Path) -> None:
    layers = {"parcels": [({"parcel_id": "a"}, LOTS["a"])], "services.water": [({"feature_id": "L1"}, LINES["L1"])]}
    with pytest.raises(PlanError, match=r"capacity: water needs its sources: add \[layers.sources.water\]"):
        town.write(tmp_path, layers, capacity={"water": {"unit": "m³/d"}})
    with pytest.raises(PlanError, match=r"no \[layers.services.watr\]; did you mean 'water'"):
        town.write(tmp_path, layers, capacity={"watr": {"unit": "m³/d"}})
    with pytest.raises(PlanError, match="demand of industrial is negative"):
        town.write(tmp_path, layers, capacity={"water": {"unit": "m³/d", "per_ha": {"industrial": -1}}})


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans(), st.integers(0, 30)), min_size=1,
             max_size=16, unique_by=lambda e: e[:3])
)  # fmt: skip
def test_loads_on_random_grids_are_those_of_shortest_ways(
    tmp_path_factory: pytest.TempPathFactory, edges: list
) -> None:
    """One source at the corner: the load of the source is all connected demand, and every way is the shortest."""

    def at(node: tuple[int, int]) -> np.ndarray:
        u, v = node  # no two streets of one length, so that few ways are
        return np.array([100 * u + (17 * u * u + 29 * v * v + 23 * u * v) % 31, 100 * v + (13 * u + 19 * u * v) % 37])

    graph = nx.Graph()
    lines, lots, demand = {}, {}, {}
    for k, (x, y, up, amount) in enumerate(edges):
        a, b = (x, y), ((x, y + 1) if up else (x + 1, y))
        lines[f"L{k}"] = town.line(at(a).tolist(), at(b).tolist())
        mx, my = at(a) + 0.37 * (at(b) - at(a))
        lots[f"p{k}"] = town.box(mx - 0.3, my - 0.3, mx + 0.3, my + 0.3)
        demand[f"p{k}"] = float(amount)
        whole = float(np.hypot(*(at(b) - at(a))))
        graph.add_edge(a, f"p{k}", weight=0.37 * whole)
        graph.add_edge(f"p{k}", b, weight=0.63 * whole)
    far = nx.single_source_dijkstra_path_length(graph, (0, 0)) if (0, 0) in graph else {}
    for node in far:
        into = sorted(far[m] + graph.edges[m, node]["weight"] for m in graph[node])
        assume(node == (0, 0) or len(into) < 2 or into[1] - into[0] > 3)  # ways of one length are either's
    survey = study(tmp_path_factory.mktemp("grid"), {"W": 1e6}, lines=lines, lots=lots, demand=demand,
                   sources={"W": town.point(0, 0)})  # fmt: skip
    told = capacity.loads(survey, "water")
    load = dict.fromkeys(lines, 0.0)
    whole = 0.0
    for k, (*_, amount) in enumerate(edges):
        connected = (0, 0) in graph and nx.has_path(graph, (0, 0), f"p{k}")
        assert told.connected[k] == connected
        if not connected:
            continue
        whole += amount
        way = nx.shortest_path(graph, (0, 0), f"p{k}", weight="weight")
        for line in {n for n in way if isinstance(n, str)}:
            load[f"L{line[1:]}"] += amount
    got = told.table.set_index("id")["load"]
    assert got["W"] == whole
    for name, amount in load.items():
        assert got.get(name, 0.0) == pytest.approx(amount), name
