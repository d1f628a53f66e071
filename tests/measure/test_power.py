"""Power from two sides, worked out with a pencil.

::

    S1 ----L1---- B ----L2---- C ----L3---- S2            ----L6----
    0     P1     100          200    P6    300            500  P4  600
                  |      L7 crosses L2 at x = 150 and ends nowhere
                  L4  P3 (y = -60)
                  |
                  E (y = -100)
                  |
                  L5  P2 (y = -180)
                  F (y = -200)                                         P5 lies far off
"""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import supply_town as town
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gisplan import measure
from gisplan.measure import Survey, power, tables
from gisplan.measure.quality import found
from gisplan.plan import parse_plan
from gisplan.read import read_layers

LINES = {
    "L1": town.line((0, 0), (100, 0)),
    "L2": town.line((100, 0), (200, 0)),
    "L3": town.line((200, 0), (300, 0)),
    "L4": town.line((100, 0), (100, -100)),
    "L5": town.line((100, -100), (100, -200)),
    "L6": town.line((500, 0), (600, 0)),
    "L7": town.line((150, 50), (150, -50)),
}
LOTS = {
    "P1": town.lot(50, 5),
    "P2": town.polygon((105, -180), (115, -170), (125, -180), (115, -190)),
    "P3": town.polygon((105, -60), (115, -50), (125, -60), (115, -70)),
    "P4": town.lot(550, 5),
    "P5": town.lot(0, 500),
    "P6": town.lot(250, 5),
}
SOURCES = {"S1": town.point(0, 0), "S2": town.point(300, 0)}


def study(
    folder: Path,
    *,
    lines: dict | None = None,
    lots: dict | None = None,
    sources: dict | None = None,
    told: dict | None = None,
    **tables: object,
) -> Survey:
    """Survey of the power town; ``told`` adds properties to lines and sources by id."""
    more = told or {}
    keys = {k for properties in more.values() for k in properties}
    layers = {
        "parcels": [({"parcel_id": k}, g) for k, g in (lots or LOTS).items()],
        "services.power": [
            ({"feature_id": k, **dict.fromkeys(keys), **more.get(k, {})}, g) for k, g in (lines or LINES).items()
        ],
        "sources.power": [
            ({"source_id": k, **dict.fromkeys(keys), **more.get(k, {})}, g) for k, g in (sources or SOURCES).items()
        ],
    }
    return town.survey(folder, layers, spec={"services.power": {"reach_m": 10}}, **tables)


def fed(survey: Survey) -> dict[str, float]:
    ids = survey.layers.layers["parcels"].frame["parcel_id"]
    return dict(zip(ids, power.feeds(survey).feeds, strict=True))


def codes(survey: Survey) -> dict[str, int]:
    return {i.code: i.count for i in found(survey)}


def test_ring_spur_island_and_crossing(tmp_path: Path) -> None:
    survey = study(tmp_path)
    got = fed(survey)
    assert np.isnan(got.pop("P4"))
    assert got == {"P1": 2, "P2": 1, "P3": 1, "P5": 0, "P6": 2}
    told = power.feeds(survey)
    assert told.sources.tolist() == ["S1;S2", "S1;S2", "S1;S2", None, None, "S1;S2"]
    assert told.reason.tolist() == [None, None, None, "ISLAND", None, None]
    assert told.common_corridor.tolist() == [False, None, None, None, None, False]
    assert codes(survey)["LINES_ON_ISLAND"] == 2  # L6, and L7, which crosses L2 and does not meet it
    assert codes(survey)["FEEDS_ISLAND"] == 1


def test_the_share_is_of_the_land_that_is_known(tmp_path: Path) -> None:
    survey = study(tmp_path)
    (share,) = [m.figures for m in measure.evaluate(survey) if m.id == "dual_feed_area_share"]
    assert share.value[0] == pytest.approx(2 / 5)  # P1 and P6 of five lots of 200 m²; P4 is not known
    assert share.n_missing[0] == 1
    assert share.known_share[0] == pytest.approx(5 / 6)


def test_weak_links_and_the_land_behind_each(tmp_path: Path) -> None:
    table = power.weak_links(study(tmp_path)).set_index("id")
    assert list(table.index) == ["L4", "L5"]
    assert table["parcels"].to_dict() == {"L4": 2, "L5": 1}
    assert table["area_ha"].to_dict() == pytest.approx({"L4": 0.04, "L5": 0.02})
    # Beyond the hook of P2 (y = -180) the loss of L5 cuts nobody off.
    assert table["cut_m"].to_dict() == pytest.approx({"L4": 100, "L5": 80})
    assert table["parcel_ids"].to_dict() == {"L4": "P2;P3", "L5": "P2"}


def test_one_source_is_one_feed_however_many_lines(tmp_path: Path) -> None:
    survey = study(tmp_path, sources={"S1": town.point(0, 0)},
                   lines={**LINES, "L8": town.line((300, 0), (300, 300), (0, 300), (0, 0))})  # fmt: skip
    got = fed(survey)
    assert [got[k] for k in ("P1", "P2", "P3", "P6")] == [1, 1, 1, 1]
    first = power.weak_links(survey).iloc[0]
    assert (first["kind"], first["id"], first["parcels"]) == ("source", "S1", 4)


def test_two_lines_within_reach_make_two_feeds(tmp_path: Path) -> None:
    lines = {"A": town.line((0, 0), (100, 0)), "B": town.line((300, 30), (90, 30))}
    sources = {"S1": town.point(0, 0), "S2": town.point(300, 30)}
    survey = study(tmp_path, lines=lines, sources=sources, lots={"P": town.lot(95, 5), "Q": town.lot(20, 5)})
    assert fed(survey) == {"P": 2, "Q": 1}
    # Neither line could carry both feeds, and no current passes through the parcel to Q.
    assert power.feeds(survey).sources.tolist() == ["S1;S2", "S1"]


def test_lines_side_by_side_are_one_corridor(tmp_path: Path) -> None:
    for k, (apart, is_one) in enumerate(((9.0, True), (11.0, False))):
        lines = {"A": town.line((0, 0), (300, 0)), "B": town.line((0, -apart), (300, -apart))}
        sources = {"S1": town.point(0, 0), "S2": town.point(0, -apart)}
        survey = study(tmp_path / str(k), lines=lines, sources=sources, lots={"P": town.box(295, -5, 315, -4)},
                       power={"source_snap_m": 1})  # fmt: skip
        assert fed(survey) == {"P": 2}
        assert power.feeds(survey).common_corridor.tolist() == [is_one]


def test_a_corridor_is_told_by_the_share_that_runs_together(tmp_path: Path) -> None:
    # A (400 m) runs 5 m from B (300 m) for 150 m, and is within 10 m for 5 m of its way up; B sees A's corner for
    # another √(10² − 5²) m: (155 + 158.66) of 700 m are 44.8 %.
    a = town.line((0, 0), (150, 0), (150, 100), (300, 100))
    b = town.line((0, -5), (300, -5))
    for k, (share, is_one) in enumerate(((0.44, True), (0.455, False))):
        sources = {"S1": town.point(0, 0), "S2": town.point(0, -5)}
        survey = study(tmp_path / str(k), lines={"A": a, "B": b}, sources=sources,
                       lots={"P": town.box(301, -5, 320, 100)},
                       power={"source_snap_m": 1, "corridor_share": share})  # fmt: skip
        assert power.feeds(survey).common_corridor.tolist() == [is_one]


def test_names_join_ends_wherever_they_are_drawn(tmp_path: Path) -> None:
    lines = {"A": town.line((0, 0), (100, 0)), "B": town.line((140, 0), (300, 0))}
    told = {"A": {"from_id": "S1", "to_id": "N"}, "B": {"from_id": "N", "to_id": "S2"}}
    lots = {"P1": LOTS["P1"], "P6": LOTS["P6"]}
    assert fed(study(tmp_path / "named", lines=lines, lots=lots, told=told)) == {"P1": 2, "P6": 2}
    assert fed(study(tmp_path / "unnamed", lines=lines, lots=lots)) == {"P1": 1, "P6": 1}
    # Two ends with names of their own do not meet, though they are drawn on one place.
    apart = {"A": {"from_id": "S1", "to_id": "N"}, "B": {"from_id": "M", "to_id": "S2"}}
    touching = {"A": lines["A"], "B": town.line((100, 0), (300, 0))}
    assert fed(study(tmp_path / "apart", lines=touching, lots=lots, told=apart)) == {"P1": 1, "P6": 1}


def test_a_source_named_by_a_line_that_does_not_touch_it(tmp_path: Path) -> None:
    told = {"L6": {"from_id": "S2"}, "L7": {"from_id": "S9"}}
    survey = study(tmp_path, told=told)
    assert fed(survey)["P4"] == 1
    assert power.feeds(survey).sources[3] == "S1;S2"  # S1 feeds it over the busbar of S2
    link = power.weak_links(survey).set_index(["kind", "id"])
    assert ("source", "S2") not in link.index
    assert link.loc[("declared", "S2"), "parcel_ids"] == "P4"
    assert codes(survey)["WAYS_DECLARED"] == 1
    assert codes(survey)["SOURCE_NAME_UNKNOWN"] == 1


def test_feeders_of_different_sources_are_joined_or_not(tmp_path: Path) -> None:
    told = {**{k: {"from_id": "S1", "circuit": "I"} for k in ("L1", "L2", "L4", "L5")},
            "L3": {"from_id": "S2", "circuit": "I"}}  # fmt: skip
    lots = {k: LOTS[k] for k in ("P1", "P3", "P6")}
    joined = study(tmp_path / "all", lots=lots, told=told)
    assert fed(joined) == {"P1": 2, "P3": 1, "P6": 2}
    parted = study(tmp_path / "feeder", lots=lots, told=told, power={"join": "feeder"})
    assert fed(parted) == {"P1": 1, "P3": 1, "P6": 1}
    assert power.feeds(parted).sources.tolist() == ["S1", "S1", "S2"]


def test_planned_and_unknown_are_not_there(tmp_path: Path) -> None:
    live = {k: {"status": "in service"} for k in (*LINES, *SOURCES)}
    survey = study(tmp_path / "planned", told={**live, "S2": {"status": "planned"}}, header={"as_of": "2025-12-31"})
    assert fed(survey)["P1"] == 1
    assert power.feeds(survey).planned[0] == 2
    survey = study(tmp_path / "odd", told={**live, "L2": {"status": "??"}}, header={"as_of": "2025-12-31"})
    assert np.isnan(fed(survey)["P1"])  # one feed for sure, two if L2 is there
    assert power.feeds(survey).reason[0] == "STATUS_UNKNOWN"
    assert fed(survey)["P5"] == 0
    none = study(tmp_path / "none", told={**live, "S1": {"status": "planned"}, "S2": {"status": "planned"}})
    assert np.isnan([v for k, v in fed(none).items() if k != "P5"]).all()
    assert codes(none)["SOURCES_NOT_LIVE"] == 2


def test_a_date_ahead_is_planned(tmp_path: Path) -> None:
    told = {"S1": {"in_service_date": "2020-01-01"}, "S2": {"in_service_date": "2026-05-01"}}
    survey = study(tmp_path, told=told | {k: {"in_service_date": "2020-01-01"} for k in LINES},
                   header={"as_of": "2025-12-31"})  # fmt: skip
    assert fed(survey)["P1"] == 1
    assert power.feeds(survey).planned[0] == 2


def test_a_study_without_sources_has_no_such_figure(tmp_path: Path) -> None:
    layers = {
        "parcels": [({"parcel_id": "P1"}, LOTS["P1"])],
        "services.power": [({"feature_id": "L1"}, LINES["L1"])],
    }
    survey = town.survey(tmp_path, layers)
    assert not power.has_feeds(survey)
    assert "dual_feed_area_share" not in {m.id for m in measure.evaluate(survey)}
    assert "power_feeds" not in tables.parcels(survey)


def test_power_as_points_is_told(tmp_path: Path) -> None:
    survey = study(tmp_path, lines={"T1": town.point(50, 0)})
    assert not power.has_feeds(survey)
    assert codes(survey)["POWER_NO_LINES"] == 1


EDGES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), min_size=1, max_size=18, unique=True)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EDGES, st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=3, unique=True))
def test_random_grids_agree_with_a_maximum_flow(
    tmp_path_factory: pytest.TempPathFactory, edges: list, stations: list
) -> None:
    """Every lot lies at the middle of a street of the grid; its feeds are networkx's flow to that middle."""
    graph = nx.Graph()
    lines, lots = {}, {}
    for k, (x, y, up) in enumerate(edges):
        a, b = (x, y), ((x, y + 1) if up else (x + 1, y))
        lines[f"L{k}"] = town.line(*((100 * u, 100 * v) for u, v in (a, b)))
        mx, my = 50 * (a[0] + b[0]), 50 * (a[1] + b[1])
        lots[f"P{k}"] = town.box(mx + 2, my + 1, mx + 3, my + 2) if up else town.box(mx - 0.5, my + 2, mx + 0.5, my + 3)
        graph.add_edge(a, f"P{k}", capacity=1)
        graph.add_edge(f"P{k}", b, capacity=1)
    for s in stations:
        graph.add_edge("root", s, capacity=1)
    sources = {f"S{k}": town.point(100 * x, 100 * y) for k, (x, y) in enumerate(stations)}
    survey = study(tmp_path_factory.mktemp("grid"), lines=lines, lots=lots, sources=sources)
    for name, got in fed(survey).items():
        flow = nx.maximum_flow_value(graph, "root", name)
        assert (np.isnan(got) and flow == 0) or got == min(flow, 2), name


DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data is not beside the checkout")
def test_three_lines_of_a_country_tell_no_feed(tmp_path: Path) -> None:
    """Liechtenstein draws three long lines and one substation that none of them reaches: nothing is known, not nil."""
    file = str(DATA / "liechtenstein" / "liechtenstein_osm_2013.gpkg")
    layers = {
        "zones": {"grid": 5000},
        "parcels": {"path": file, "layer": "landuse", "columns": {"parcel_id": "osm_id"}, "duplicates": "merge"},
        "services": {"power": {"path": file, "layer": "power_lines", "reach_m": 200}},
        "sources": {"power": {"path": file, "layer": "power_points", "where": "power = 'sub_station'"}},
    }
    plan = parse_plan({"plan": {"name": "li"}, "layers": layers}, folder=tmp_path)
    survey = measure.make_survey(plan, read_layers(plan))
    told = power.feeds(survey)
    assert told.grid.island.all()
    assert set(told.feeds[~np.isnan(told.feeds)]) == {0}
    assert set(told.reason[np.isnan(told.feeds)]) == {"ISLAND"}
    (alone,) = [i for i in found(survey) if i.code == "SOURCE_ON_NO_LINE"]
    assert alone.count == 1
