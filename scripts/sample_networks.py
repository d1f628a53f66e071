"""Condition of the roads, pipes and cables along them, substations, facilities and works of the sample."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sample_park import CRS, GRID_M, Ground, Rng
from sample_sheet import line, to_sheet, to_world
from shapely import LineString, Point

# network: offset from the centreline as a share of the road's width, and diameters (mm) of trunk and branch
PIPES = {
    "water": (0.34, 500, 200),
    "rain": (0.12, 1200, 600),
    "sewage": (-0.17, 600, 300),
    "telecom": (-0.31, 110, 110),
    "gas": (-0.40, 250, 110),
    "heat": (0.25, 400, 200),
}
YEARS = {"Z1": (1999, 2012), "Z2": (2010, 2020), "Z3": (2021, 2025), "Z4": (2004, 2018)}
UNDER_CONSTRUCTION = {"货运路", "新园路"}
PLANNED = {"启航路"}
# quarters without a network: west, east, south and north end on the sheet
GAPS = {
    "rain": [(-500, 700, 1700, 2700), (2900, 3600, 1300, 2500), (900, 1440, -300, 400)],
    "sewage": [(-500, 20, -300, 700), (2500, 3600, 2050, 2500), (2350, 3600, 400, 620)],
    "water": [(2350, 3600, 400, 620), (-500, -60, 2200, 2500)],
    "telecom": [(2350, 3600, 0, 900)],
    "power": [(2380, 3600, -300, 500)],
    "gas": [(-500, 20, -300, 900), (2500, 3600, 2050, 2700)],
    "heat": [(2500, 3600, 1100, 2700), (-500, 340, 1400, 2000)],
}
UNHEATED = {"永固路", "同心路", "铸安路", "货运路", "光电路"}


def road_condition(roads: gpd.GeoDataFrame, rng: Rng) -> gpd.GeoDataFrame:
    """Say of every road piece whether it is built, lit and planted, and how far the works have come."""
    middle = roads.geometry.interpolate(0.5, normalized=True)
    sheet = to_sheet(np.column_stack([middle.x, middle.y]))
    where = roads.assign(u=sheet[:, 0], v=sheet[:, 1])
    rows = [_condition(road, rng) for _, road in where.iterrows()]
    columns = ["status", "lit", "greened", "pct_roadbed", "pct_paving", "pct_lighting", "pct_greening"]
    frame = pd.concat([where, pd.DataFrame(rows, columns=columns, index=roads.index)], axis=1)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=CRS)


def _condition(road: pd.Series, rng: Rng) -> tuple[object, ...]:
    name, road_class, zone = road["name"], road.road_class, road.zone
    far = zone == "Z3" and road.u > 2400 and road.v < 420
    if name in PLANNED or (far and road_class == "支路"):
        return "planned", False, False, 0.0, 0.0, 0.0, 0.0
    if name in UNDER_CONSTRUCTION or far:
        bed = float(rng.choice([60.0, 80.0, 100.0]))
        return "under construction", False, False, bed, max(0.0, bed - 45), 0.0, 0.0
    lit = bool(road_class != "支路" or rng.random() < (0.45 if zone == "Z3" else 0.8))
    green = bool(road_class != "支路" or rng.random() < 0.45)
    return "built", lit, green, 100.0, 100.0, 100.0 if lit else 30.0, 100.0 if green else 40.0


def pipes(ground: Ground, service: str, rng: Rng) -> gpd.GeoDataFrame:
    """Draw one network along the roads, to one side; pieces meet where offset lines of two roads cross."""
    offset, trunk_mm, branch_mm = PIPES[service]
    network = _offset_network(ground, offset)
    rows = []
    for road, piece in network:
        seg = ground.roads.iloc[road]
        status = _status(service, seg)
        if status is None:
            continue
        low, high = YEARS[seg.zone]
        opened = date(int(rng.integers(low, high + 1)), int(rng.integers(1, 13)), 28)
        size = trunk_mm if seg.road_class in ("主干路", "快速路") else (trunk_mm + branch_mm) // 2
        size = branch_mm if seg.road_class == "支路" else size
        since = opened if status == "in_service" else None
        rows.append((seg.road_id, seg["name"], size, status, since, piece))
    columns = ["road_id", "name", "diameter_mm", "status", "in_service_date", "geometry"]
    return _numbered(rows, columns, service[0].upper() + service[1].upper())


def _numbered(rows: list[tuple[object, ...]], columns: list[str], head: str) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=CRS)
    if "in_service_date" in frame:
        frame["in_service_date"] = pd.to_datetime(frame.in_service_date).astype("datetime64[ms]")
    frame.insert(0, "feature_id", [f"{head}{k:04d}" for k in range(1, len(frame) + 1)])
    return frame


def _offset_network(ground: Ground, share: float) -> list[tuple[int, shapely.Geometry]]:
    axes = ground.centrelines[~ground.centrelines.road_id.eq("K1")]
    reach = ground.boundary.buffer(30)
    inside = axes.geometry.intersection(reach)
    curves = [g.offset_curve(share * w) for g, w in zip(inside, axes.width_m, strict=True)]
    noded = shapely.get_parts(shapely.union_all(curves, grid_size=GRID_M))
    middle = shapely.line_interpolate_point(noded, 0.5, normalized=True)
    nearest = shapely.STRtree(ground.roads.geometry.values).nearest(middle)
    merged = []
    for road in np.unique(nearest):
        whole = shapely.line_merge(shapely.union_all(noded[nearest == road]))
        merged += [(int(road), p) for p in shapely.get_parts(whole)]
    return merged


def _status(service: str, seg: pd.Series) -> str | None:
    """Say where each network runs: the start-up area lacks gas and heat, old streets lack rain sewers."""
    if seg.status == "planned":
        return "planned"
    if seg.status == "under construction":
        return "planned" if service in ("gas", "heat") else "under_construction"
    if _in_gap(service, seg):
        return None
    missing = {
        "heat": seg.zone not in ("Z1", "Z2") or seg["name"] in UNHEATED,
        "gas": (seg.zone == "Z4" and seg["name"] in ("邻里路", "和平路", "康乐路")) or (seg.zone == "Z3"),
        "rain": seg["name"] in ("铸安路", "匠心路", "同心路"),
        "sewage": seg.zone == "Z1" and seg["name"] == "同心路",
        "water": False,
        "telecom": seg.zone == "Z3" and seg.road_class == "支路",
    }
    if missing[service]:
        return "planned" if seg.zone == "Z3" and seg.road_class == "主干路" else None
    return "in_service"


def _in_gap(service: str, seg: pd.Series) -> bool:
    return any(w < seg.u < e and s < seg.v < n for w, e, s, n in GAPS[service])


SUBSTATIONS = [
    ("S1", "永安变", 110, 126.0, "in_service", date(2003, 6, 18)),
    ("S2", "河东变", 110, 100.0, "in_service", date(2014, 10, 30)),
    ("S3", "安康变", 35, 40.0, "in_service", date(2001, 4, 26)),
    ("S4", "南山变", 110, 100.0, "planned", None),
]


def substations(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One substation on each parcel of power supply land, west to east in the order of the table."""
    lots = parcels[parcels.land_use == "1303"]
    spots = {"S1": (1180, 2470), "S2": (2640, 1700), "S3": (130, 720), "S4": (2840, 760)}
    rows = []
    for station, name, kv, mva, status, opened in SUBSTATIONS:
        u, v = spots[station]
        lot = lots.loc[np.hypot(lots.u - u, lots.v - v).idxmin()]
        rows.append((station, name, kv, mva, status, opened, lot.geometry.representative_point()))
    columns = ["substation_id", "name", "voltage_kv", "capacity_mva", "status", "in_service_date", "geometry"]
    frame = gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=CRS)
    frame["in_service_date"] = pd.to_datetime(frame.in_service_date).astype("datetime64[ms]")
    return frame


LIVE_BESIDE = {"built": "in_service", "under construction": "under_construction", "planned": "planned"}


def power_lines(ground: Ground, stations: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Draw 10 kV feeders along the roads, two circuits on the wider ones, and the 110 kV lines."""
    rows: list[tuple[object, ...]] = []
    live = stations[stations.status == "in_service"]
    for share, circuit in ((0.45, "I"), (-0.46, "II")):
        for road, piece in _offset_network(ground, share):
            seg = ground.roads.iloc[road]
            if (circuit == "II" and seg.road_class == "支路") or _in_gap("power", seg):
                continue
            away = live.distance(piece.interpolate(0.5, normalized=True)).sort_values()
            feeder = live.substation_id[away.index[0 if circuit == "I" else 1]]
            status = LIVE_BESIDE[seg.status]
            rows.append((f"10kV {seg['name']}{circuit}线", 10, circuit, feeder, None, status, piece))
    rows += _connections(stations, ground) + _transmission(stations)
    columns = ["name", "voltage_kv", "circuit", "from_id", "to_id", "status", "geometry"]
    return _numbered(rows, columns, "PW")


def _connections(stations: gpd.GeoDataFrame, ground: Ground) -> list[tuple[object, ...]]:
    """Cable from each substation to the road before it."""
    rows = []
    roads = ground.roads.geometry.union_all()
    for row in stations.itertuples():
        cable = shapely.shortest_line(row.geometry, roads)
        rows.append((f"10kV {row.name}出线", 10, "I", row.substation_id, None, row.status, cable))
    return rows


def _transmission(stations: gpd.GeoDataFrame) -> list[tuple[object, ...]]:
    at = stations.set_index("substation_id").geometry
    north = line(np.array([(-450, 2625), (1180, 2620)]))
    first = LineString([*north.coords, at["S1"].coords[0]])
    belt = line(np.array([(1180, 2620), (2650, 2625), (3360, 2500), (3380, 1700)]))
    second = LineString([*belt.coords, at["S2"].coords[0]])
    south = line(np.array([(3240, 1300), (3200, 900)]))
    third = LineString([at["S2"].coords[0], *south.coords, at["S4"].coords[0]])
    return [
        ("110kV 北永线", 110, "I", None, "S1", "in_service", first),
        ("110kV 北河线", 110, "I", None, "S2", "in_service", second),
        ("110kV 河南线", 110, "I", "S2", "S4", "planned", third),
    ]


FACILITIES = {
    "1302": ("sewage_works", "永安污水处理厂", 30_000.0),
    "1304": ("gas_station", "城西燃气门站", 8_000.0),
    "1305": ("heat_plant", "机电路供热站", 116.0),
    "1310": ("fire_station", "河东消防救援站", None),
    "1309": ("waste_transfer", "东郊垃圾转运站", 120.0),
    "1306": ("telecom_exchange", "永安通信机房", None),
    "1301": ("water_works", "永安河给水加压站", 40_000.0),
}


def facilities(parcels: gpd.GeoDataFrame, roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Works on utility land, and bus stops along the trunk roads."""
    rows: list[tuple[object, ...]] = []
    for code, (kind, name, capacity) in FACILITIES.items():
        lot = parcels[parcels.land_use == code].geometry.iloc[0]
        rows.append((kind, name, capacity, "in_service", lot.representative_point()))
    wide = roads.road_class.isin(["主干路", "次干路"])
    busy = roads[wide & (roads.status == "built") & (roads.length > 260)]
    for k, row in enumerate(busy[::2].rename(columns={"name": "name_"}).itertuples(), start=1):
        stop = row.geometry.offset_curve(row.width_m / 2 - 3).interpolate(0.4, normalized=True)
        rows.append(("bus_stop", f"{row.name_[:3]}{k}站", None, "in_service", stop))
    columns = ["kind", "name", "capacity", "status", "geometry"]
    return _numbered(rows, columns, "FA")


WAN_PER_KM_AND_METRE = 79  # cost of a road by its length and width, 万元
WORKS_POINTS = [
    ("污水处理厂二期扩建", "under construction", 55, 6_800, 3_650, "2026-06-30", (3290, 800)),
    ("南山变110千伏输变电工程", "planned", 0, 9_200, 120, "2027-03-31", (2840, 760)),
    ("城西燃气门站改造", "done", 100, 1_450, 1_512, "2025-08-31", (-200, 2200)),
    ("起步区填方整平工程（一标）", "done", 100, 5_200, 5_034, "2023-12-31", (2000, 700)),
    ("起步区填方整平工程（二标）", "under construction", 45, 4_300, 1_840, "2025-10-31", (2600, 620)),
    ("邻里中心", "under construction", 70, 3_900, 2_760, "2026-01-31", (870, 200)),
    ("标准厂房三期", "under construction", 30, 21_000, 5_900, "2026-12-31", (1930, 2050)),
    ("河东消防救援站", "done", 100, 2_600, 2_588, "2024-05-31", (1790, 1990)),
]


def works(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Public works: the roads not yet finished, as lines, and single projects, as points."""
    rows: list[tuple[object, ...]] = []
    unfinished = roads[roads.status != "built"]
    for name, part in unfinished.groupby("name", sort=True):
        halfway = (part.pct_roadbed + part.pct_paving) / 2
        percent = round(float(np.average(halfway, weights=part.length)))
        budget = round(part.length.sum() / 1000 * part.width_m.iloc[0] * WAN_PER_KM_AND_METRE)
        due = "2026-09-30" if percent > 30 else "2027-12-31"
        state = "under construction" if percent else "planned"
        geometry = shapely.line_merge(part.geometry.union_all())
        spent = round(budget * percent * 0.0092)  # bills come in a little after the work
        rows.append((f"{name}新建工程", state, percent, budget, spent, due, geometry))
    for name, state, percent, budget, spent, due, spot in WORKS_POINTS:
        rows.append((name, state, percent, budget, spent, due, Point(to_world(np.array([spot]))[0])))
    columns = ["name", "status", "percent", "budget_wan", "spent_wan", "due_date", "geometry"]
    frame = _numbered(rows, columns, "WK")
    frame["due_date"] = pd.to_datetime(frame.due_date).astype("datetime64[ms]")
    return frame
