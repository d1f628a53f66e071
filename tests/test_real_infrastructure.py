"""Infrastructure of four real places, by other ways: networkx, plain geometry, published areas, and a browser."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from gisplan.plan import parse_plan
from gisplan.study import Result, evaluate

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data is not beside the checkout")

POA = DATA / "porto_alegre_br" / "porto_alegre_osm.gpkg"
LAND = DATA / "liechtenstein" / "liechtenstein_osm_2013.gpkg"
CITY = DATA / "cambridge_ma" / "cambridge_ma.gpkg"
TOWN = DATA / "vologda_ru" / "vologda_ru.gpkg"

#: Columns that OpenStreetMap's extracts have.
OSM = {
    "road_id": "osm_id",
    "name": "name",
    "road_class": "highway",
    "level": "layer",
    "bridge": "bridge",
    "tunnel": "tunnel",
    "oneway": "oneway",
}


def study(
    layers: Mapping[str, Any], *, folder: Path = DATA, more: Mapping[str, Any] | None = None, **plan: Any
) -> Result:
    return evaluate(parse_plan({"plan": {"name": "real", **plan}, "layers": layers, **(more or {})}, folder=folder))


def book(result: Result, layer: str, measure: str, entry: str) -> float:
    return float(result.balance.set_index(["layer", "measure"]).loc[(layer, measure), entry])


def issue(result: Result, code: str, layer: str | None = None) -> Any:
    (found,) = [i for i in result.issues if i.code == code and layer in (None, i.layer)]
    return found


# ---------------------------------------------------------------- Porto Alegre: ways along 15,852 roads


def roads_of_porto_alegre() -> gpd.GeoDataFrame:
    """What the plan's roads are, read by geopandas; platforms are none, and what is not built is none yet."""
    roads = gpd.read_file(POA, layer="roads").to_crs(31982)
    return roads[~roads["highway"].isin(["platform", "proposed", "construction"])]


def levels_of(roads: gpd.GeoDataFrame) -> np.ndarray:
    """Its own level, else 1 for bridges and −1 for tunnels, else 0."""
    own = pd.to_numeric(roads["layer"]).fillna(0).to_numpy()
    is_bridge, is_tunnel = (roads[c].notna() & roads[c].ne("no") for c in ("bridge", "tunnel"))
    return np.where(own != 0, own, np.where(is_bridge, 1, np.where(is_tunnel, -1, 0)))


def graph_of(roads: gpd.GeoDataFrame) -> nx.DiGraph:
    """Ways meet where roads of one level share a corner, and of any level where one of them ends."""
    graph, ends = nx.DiGraph(), set()
    level_at: dict[tuple[float, float], set[float]] = {}
    for line, oneway, level in zip(roads.geometry, roads["oneway"], levels_of(roads), strict=True):
        corners = [(*np.round(c, 3), level) for c in line.coords]
        ends |= {corners[0][:2], corners[-1][:2]}
        for x, y, z in corners:
            level_at.setdefault((x, y), set()).add(z)
        for a, b in pairwise(corners):
            length = float(np.hypot(a[0] - b[0], a[1] - b[1]))
            graph.add_edge(a, b, length=length)
            if oneway != "yes":
                graph.add_edge(b, a, length=length)
    for at in ends:
        for one in level_at[at]:
            graph.add_edges_from(((*at, one), (*at, other), {"length": 0.0}) for other in level_at[at] if other != one)
    return graph


#: Lots, stops and the zone around them, made for the purpose: the place has no parcels.
Made = dict[str, gpd.GeoDataFrame]


@pytest.fixture(scope="module")
def porto_alegre(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Made]:
    """Lots of 0.2 m on 400 corners of roads on the ground, and stops on 12 others."""
    folder = tmp_path_factory.mktemp("poa")
    roads = roads_of_porto_alegre()
    ground = levels_of(roads) == 0
    corners = np.unique(shapely.get_coordinates(roads.geometry[ground]).round(3), axis=0)
    corners = corners[~pd.MultiIndex.from_arrays(corners.T).isin(high_corners(roads.geometry[~ground]))]
    picked = shapely.points(corners[np.random.default_rng(5).choice(len(corners), 412, replace=False)])
    made = {
        "lots": gpd.GeoDataFrame({"parcel_id": [f"C{i}" for i in range(400)]}, geometry=picked[:400], crs=31982),
        "stops": gpd.GeoDataFrame({"facility_id": [f"F{i}" for i in range(12)]}, geometry=picked[400:], crs=31982),
        "box": gpd.GeoDataFrame({"zone_id": ["Z"]}, geometry=[shapely.box(*roads.total_bounds)], crs=31982),
    }
    made["lots"].geometry = made["lots"].buffer(0.1, cap_style="square")
    for name, frame in made.items():
        frame.to_file(folder / "made.gpkg", layer=name)
    file = {"path": str(folder / "made.gpkg")}
    stop = {
        **file,
        "layer": "stops",
        "columns": {"facility_id": "facility_id"},
        "title": {"zh": "站", "en": "a stop"},
        **{"limit_m": 50_000, "front_m": 1, "snap_m": 1},  # else land between two roads would be a short cut
    }
    result = study(
        {
            "zones": {**file, "layer": "box", "columns": {"zone_id": "zone_id"}},
            "parcels": {**file, "layer": "lots", "columns": {"parcel_id": "parcel_id"}},
            "roads": {"path": str(POA), "layer": "roads", "where": "highway <> 'platform'", "columns": OSM},
            "facilities": {"stop": stop, "engine": {**stop, "mode": "drive"}},
        },
        area="planar",
        crs="EPSG:31982",
    )
    return result, made


def high_corners(lines: gpd.GeoSeries) -> pd.MultiIndex:
    """Corners of bridges, tunnels and what else is not on the ground, where no land fronts."""
    return pd.MultiIndex.from_arrays(shapely.get_coordinates(lines).round(3).T)


@pytest.mark.parametrize(("facility", "drives"), [("stop", False), ("engine", True)])
def test_ways_are_those_of_networkx(porto_alegre: tuple[Result, Made], facility: str, drives: bool) -> None:
    """To a metre, along one-way streets too, but for a few.

    The two graphs differ where lines cross on one level without a common corner (sooner there), and where roads of two
    levels share a corner that ends neither (later, round by the next end).
    """
    result, made = porto_alegre
    graph = graph_of(roads_of_porto_alegre())

    def spots(frame: gpd.GeoDataFrame) -> list[tuple[float, ...]]:
        return [(*c, 0) for c in shapely.get_coordinates(shapely.centroid(frame.geometry)).round(3)]

    far = nx.multi_source_dijkstra_path_length(
        graph if drives else graph.to_undirected(), set(spots(made["stops"])), weight="length"
    )
    theirs = np.array([far.get(s, np.nan) for s in spots(made["lots"])])
    rows = result.parcels.set_index("parcel_id").loc[made["lots"]["parcel_id"]]
    ours = rows[f"distance_{facility}_m"].to_numpy(float)
    assert not (np.isnan(ours) & ~np.isnan(theirs)).any()
    both = ~np.isnan(theirs)
    assert both.sum() > 380
    assert np.median(theirs[both]) > 1000
    assert np.mean(np.abs(ours - theirs)[both] <= 1) >= 0.97
    assert set(rows[f"reason_{facility}"][np.isnan(ours)]) <= {"ISLAND", "ONE_WAY"}


def test_driving_is_never_shorter_than_walking(porto_alegre: tuple[Result, Made]) -> None:
    lots = porto_alegre[0].parcels
    walk, drive = (lots[f"distance_{f}_m"].to_numpy(float) for f in ("stop", "engine"))
    assert not (np.isnan(walk) & ~np.isnan(drive)).any()
    driven = ~np.isnan(drive)
    assert (drive[driven] >= walk[driven] - 1e-6).all()
    assert np.mean(drive[driven] > walk[driven] + 1) > 0.2  # the one-way streets were read


def test_what_is_proposed_or_being_built_counts_as_no_road(porto_alegre: tuple[Result, Made]) -> None:
    result = porto_alegre[0]
    told = issue(result, "ROAD_STATE_FROM_CLASS")
    assert told.count == 37
    assert "construction (16), proposed (21)" in told.message
    drawn = roads_of_porto_alegre()
    assert book(result, "roads", "count", "input") == len(drawn) == 15_852 - 147 - 37
    assert result.zones["road_length_m"].sum() == pytest.approx(drawn.length.sum(), rel=1e-9)


# ---------------------------------------------------------------- Liechtenstein: roads of eleven municipalities

#: OpenStreetMap's classes by ours, written down once more.
CLASSES = {
    "arterial": ["primary", "primary_link"],
    "secondary": ["secondary", "secondary_link"],
    "local": ["tertiary", "residential", "unclassified", "living_street", "service"],
    "path": ["track", "path", "footway", "cycleway", "steps", "pedestrian", "bridleway"],
}


@pytest.fixture(scope="module")
def country() -> Result:
    zones = {"layer": "admin_boundaries", "where": "admin_level = '8' AND name IS NOT NULL"}
    school = {"where": "amenity = 'school'", "columns": {"facility_id": "osm_id"}, "within": [500, 1000]}
    return study(
        {
            "zones": {"path": str(LAND), **zones, "columns": {"zone_id": "name"}},
            "parcels": {"path": str(LAND), "layer": "amenity_areas", "columns": {"parcel_id": "osm_id"}},
            "buildings": {"path": str(LAND), "layer": "buildings"},
            "roads": {"path": str(LAND), "layer": "roads", "columns": OSM},
            "services": {"power": {"path": str(LAND), "layer": "power_lines", "reach_m": 200}},
            "facilities": {"school": {"path": str(LAND), "layer": "amenity_areas", **school}},
        },
        area="planar",
        crs="EPSG:32632",
    )


def test_road_density_of_municipalities_on_their_published_area(country: Result) -> None:
    told = pd.read_csv(LAND.parent / "municipalities_published.csv").set_index("name")["area_km2"]
    zones = gpd.read_file(LAND, layer="admin_boundaries").to_crs(32632)
    zones = zones[(zones["admin_level"] == "8") & zones["name"].notna()][["name", "geometry"]]
    roads = gpd.read_file(LAND, layer="roads").to_crs(32632)
    roads = roads[roads["highway"] != "construction"]
    inside = gpd.overlay(roads[["highway", "geometry"]], zones, keep_geom_type=True)
    km = inside.length.groupby(inside["name"]).sum() / 1000
    ours = country.zones.set_index("zone_id")
    # Up to 16 m run along a border, where each side takes half and an overlay gives all of it to either or both.
    assert (ours["road_length_m"] / 1000).to_dict() == pytest.approx(km.to_dict(), abs=0.02)
    # The published areas are rounded to 0.1 km², and differ from the drawn ones by 0.16 at most.
    off = (ours["road_density"] * told / km - 1).abs().reindex(told.index)
    assert (off <= 0.16 / told + 0.001).all()
    for name, words in CLASSES.items():
        of_class = inside[inside["highway"].isin(words)]
        length = of_class.length.groupby(of_class["name"]).sum().reindex(ours.index, fill_value=0)
        shares = ours[f"road_class_share_{name}"] * ours["road_length_m"]
        assert shares.to_numpy(float) == pytest.approx(length.to_numpy(), abs=20)


def test_schools_are_reached_along_roads(country: Result) -> None:
    places = gpd.read_file(LAND, layer="amenity_areas").to_crs(32632).set_index("osm_id")
    schools = places[places["amenity"] == "school"]
    rows = country.parcels.assign(osm_id=country.parcels["parcel_id"].astype(int)).set_index("osm_id")
    away = rows["distance_school_m"].astype(float)
    straight = places.geometry.apply(lambda g: schools.distance(g).min()).reindex(away.index)
    there = away.notna()
    assert there.sum() > 70
    assert (away[there] >= straight[there] - 1e-6).all()
    assert 0 < (away <= 1000).mean() < 1
    for zone, share in country.zones.set_index("zone_id")["accessibility_school_1000"].items():
        here = rows[(rows["zone_id"] == zone) & rows["reason_school"].ne("SNAP_TOO_FAR")]
        reached = here["area_m2"][here["distance_school_m"].astype(float) <= 1000].sum() / here["area_m2"].sum()
        assert share == pytest.approx(reached, abs=1e-9)


# ---------------------------------------------------------------- Cambridge: hydrants along streets, lights, levels


@pytest.fixture(scope="module")
def cambridge() -> Result:
    hydrants = {"path": str(CITY), "layer": "hydrants", "where": "LIFECYCLESTATUS = 'ACT'", "reach_m": 120}
    return study(
        {
            "zones": {"path": str(CITY), "layer": "neighborhoods", "columns": {"zone_id": "N_HOOD", "name": "NAME"}},
            "parcels": {
                **{"path": str(CITY), "layer": "parcels_fy2014", "duplicates": "merge"},
                "columns": {"parcel_id": "ML"},
            },
            "roads": {"path": str(CITY), "layer": "street_centerlines", "columns": {"road_id": "ID", "name": "Street"}},
            "services": {
                "hydrant": {**hydrants, "method": "network", "front_m": 30, "access_m": 30},
                "by_air": {**hydrants, "title": {"zh": "消火栓（直线）", "en": "Hydrants by air"}},
                "lighting": {"path": str(CITY), "layer": "street_lights"},
            },
        },
        more={"services": {"details": True}},
        rules=["cn-service-levels"],
        as_of="2026-08-17",
    )


def test_hydrants_reach_less_along_streets_than_by_air(cambridge: Result) -> None:
    lots, zones = cambridge.parcels, cambridge.zones
    along, straight = (lots[f"distance_{s}_m"].to_numpy(float) for s in ("hydrant", "by_air"))
    both = ~np.isnan(along) & ~np.isnan(straight)
    assert both.sum() > 12_000
    assert (along[both] >= straight[both] - 1e-6).all()
    served = {s: lots[f"served_{s}"] == True for s in ("hydrant", "by_air")}  # noqa: E712  None is neither
    assert not (served["hydrant"] & ~served["by_air"]).any()
    assert served["hydrant"].sum() < served["by_air"].sum()
    assert (zones["reach_hydrant"] <= zones["reach_by_air"] + 1e-9).all()
    assert (zones["coverage_hydrant"] <= zones["coverage_by_air"] + 1e-9).all()
    # A parcel that fronts on no street is not known to be unserved unless it is far off by air as well.
    off = lots["reason_hydrant"] == "SNAP_TOO_FAR"
    assert off.any()
    assert lots.loc[off, "served_hydrant"].isna().any()


def test_the_nearest_light_is_the_nearest_of_all(cambridge: Result) -> None:
    lots = cambridge.survey.pieces["parcels"].frame.geometry.to_numpy()
    lights = gpd.read_file(CITY, layer="street_lights").to_crs(32619)
    away = shapely.distance(lots, shapely.union_all(lights.geometry.to_numpy()))
    ours = cambridge.parcels["distance_lighting_m"].to_numpy(float)
    assert ours == pytest.approx(away, rel=1e-3, abs=1e-3)  # the ellipsoid is up to 0.04 % from the plane here


def test_services_of_which_nothing_is_known_are_neither_there_nor_missing(cambridge: Result) -> None:
    lots = cambridge.parcels
    for name in ("water", "gas", "heat", "telecom"):
        assert lots["services_unknown"].str.split(";").map(lambda u, n=name: n in u).all()
        assert not lots["services_missing"].fillna("").str.split(";").map(lambda u, n=name: n in u).any()
    assert issue(cambridge, "SERVICE_UNTOLD").severity == "note"


# ---------------------------------------------------------------- Vologda: blocks, junctions and density


def test_vologda_blocks_junctions_and_density_by_plain_geometry() -> None:
    result = study(
        {
            "zones": {"path": str(TOWN), "layer": "boundary"},
            "buildings": {"path": str(TOWN), "layer": "buildings", "columns": {"floors": "number_of_floors"}},
            "roads": {"path": str(TOWN), "layer": "roads", "island_m": 0},
        },
        area="planar",
        crs="EPSG:32637",
    )
    town = gpd.read_file(TOWN, layer="boundary").to_crs(32637).geometry[0]
    lines = shapely.union_all(gpd.read_file(TOWN, layer="roads").to_crs(32637).geometry.to_numpy())
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    share = shapely.area(shapely.intersection(faces, town)) / shapely.area(faces)
    (zone,) = result.zones.itertuples()
    assert zone.block_count == pytest.approx(share.sum(), rel=0.005)
    km = shapely.length(shapely.intersection(lines, town)) / 1000
    # Six roads are drawn twice, which the union drops.
    assert zone.road_density == pytest.approx(km / (town.area / 1e6), rel=0.01)
    assert zone.road_density > km / (town.area / 1e6)
    edges = shapely.get_parts(shapely.line_merge(lines))
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(edges, k)) for k in (0, -1)]).round(2)
    spots, legs = np.unique(ends, axis=0, return_counts=True)
    crossings = spots[legs >= 3]
    inside = shapely.contains_xy(town, crossings).sum()
    assert zone.intersection_density * town.area / 1e6 == pytest.approx(inside, rel=0.01)


# ---------------------------------------------------------------- what comes of it


@pytest.mark.browser
@pytest.mark.parametrize("place", ["country", "cambridge"])
def test_the_map_opens_and_asks_nobody(place: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    sync_api = pytest.importorskip("playwright.sync_api")
    if path is None:
        pytest.skip("no Chromium on this machine")
    result: Result = request.getfixturevalue(place)
    file = tmp_path / "map.html"
    file.write_text(result.map().page(), encoding="utf-8")
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        tab = browser.new_context(offline=True).new_page()
        asked: list[str] = []
        said: list[str] = []
        tab.on("request", lambda r: asked.append(r.url))
        tab.on("console", lambda m: said.append(m.text))
        tab.on("pageerror", lambda e: said.append(str(e)))
        tab.goto(file.as_uri())
        tab.wait_for_selector("html[data-gisplan=ready]", timeout=30_000)
        # Labels that would lie on others are left out.
        shown = [name for name in result.zones["name"] if tab.get_by_text(str(name), exact=True).count()]
        browser.close()
    assert len(shown) >= 5
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [file.as_uri()]
    assert said == []
