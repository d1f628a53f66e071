"""Time the feeds of every parcel, the loads and the links, beside networkx's maximum flow for a few parcels.

A town of squares with a street around each: a parcel on either side of every street, a power line along three streets
of four, a water main along half of them, and a few substations and water works. networkx asks for one parcel at a time
and gets the graph as it was generated, so reading lines and joining them is on gisplan's account alone.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from bench_sides import child, peak_gb

#: Parcels that networkx is asked for, and metres between streets.
ASKED, STEP = 40, 100.0

#: Where the corner of the town lies (m).
EAST, NORTH = 500_000.0, 3_400_000.0


def write(size: int, data: Path) -> None:
    """Write the town and its plan."""
    import geopandas as gpd
    import numpy as np
    import shapely

    rng = np.random.default_rng(5)
    n = max(2, round((size / 4) ** 0.5))
    x, y = (a.ravel() for a in np.meshgrid(np.arange(n), np.arange(n)))
    across = np.stack([x, y, x + 1, y], axis=1)[x < n - 1]
    along = np.stack([x, y, x, y + 1], axis=1)[y < n - 1]
    corner = np.array([EAST, NORTH])
    streets = np.concatenate([across, along]) * STEP + np.tile(corner, 2)
    lines = shapely.linestrings(streets.reshape(-1, 2, 2))
    middle = (streets[:, :2] + streets[:, 2:]) / 2
    level = streets[:, 1] == streets[:, 3]
    beside = np.where(level[:, None], [0.0, 12.0], [12.0, 0.0])
    centres = np.concatenate([middle + beside, middle - beside])
    lots = shapely.box(*(centres - 7).T, *(centres + 7).T)
    data.mkdir(parents=True, exist_ok=True)

    def put(name: str, shapes: Any, **columns: Any) -> None:
        gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4549").to_parquet(data / f"{name}.parquet")

    put("zones", [shapely.box(*(corner - STEP), *(corner + n * STEP))], zone_id=["Z"])
    put("parcels", lots, parcel_id=[f"P{i}" for i in range(len(lots))], demand_water=np.ones(len(lots)))
    put("roads", lines, road_id=[f"R{i}" for i in range(len(lines))])
    for name, share, count in (("power", 0.75, 12), ("water", 0.5, 6)):
        kept = np.flatnonzero(rng.random(len(lines)) < share)
        put(name, lines[kept], feature_id=[f"L{i}" for i in kept])
        spots = rng.integers(0, n, (count, 2)) * STEP + corner
        put(f"{name}_sources", shapely.points(spots), source_id=[f"S{i}" for i in range(count)], capacity=[1e4] * count)
    plan = '[plan]\nname = "town"\narea = "planar"\n[links]\nlimit = 20\nservices = ["water"]\n'
    plan += '[capacity.water]\nunit = "m³/d"\n'
    plan += "".join(f'[layers.{k}]\npath = "{k}.parquet"\n' for k in ("zones", "parcels", "roads"))
    for name in ("power", "water"):
        plan += f'[layers.services.{name}]\npath = "{name}.parquet"\nreach_m = 10\n'
        plan += f'[layers.sources.{name}]\npath = "{name}_sources.parquet"\n'
    (data / "plan.toml").write_text(plan, encoding="utf-8")


def ours(data: Path) -> dict[str, Any]:
    """Feeds of all parcels, loads and links with gisplan."""
    from gisplan import assess, measure
    from gisplan.measure import capacity, power
    from gisplan.plan import load_plan
    from gisplan.read import read_layers

    plan = load_plan(data / "plan.toml")
    survey = measure.make_survey(plan, read_layers(plan))
    seconds = {}
    for name, work in (
        ("feeds", lambda: power.feeds(survey)),
        ("weak links", lambda: power.weak_links(survey)),
        ("loads", lambda: capacity.loads(survey, "water")),
        ("links", lambda: assess.assess_links(survey, None)),
    ):
        began = time.perf_counter()
        work()
        seconds[name] = time.perf_counter() - began
    found = power.feeds(survey)
    island = found.reason == "ISLAND"
    number = [0 if i else int(f) for f, i in zip(found.feeds, island, strict=True)]
    return {"seconds": seconds, "feeds": number, "unlooked": found.unlooked, "peak_gb": peak_gb()}


def peer(data: Path) -> dict[str, Any]:
    """Feeds of a few parcels with networkx."""
    import geopandas as gpd
    import networkx as nx
    import numpy as np
    import shapely

    lines = gpd.read_parquet(data / "power.parquet").geometry
    ends = shapely.get_coordinates(lines.to_numpy()).reshape(-1, 4)
    graph = nx.Graph()
    for k, (x0, y0, x1, y1) in enumerate(ends.tolist()):
        graph.add_edge((x0, y0), k, capacity=1)
        graph.add_edge(k, (x1, y1), capacity=1)
    for spot in np.unique(shapely.get_coordinates(gpd.read_parquet(data / "power_sources.parquet").geometry), axis=0):
        graph.add_edge("root", tuple(spot.tolist()), capacity=1)
    middle = {tuple(m): k for k, m in enumerate(((ends[:, :2] + ends[:, 2:]) / 2).tolist())}
    lots = shapely.centroid(gpd.read_parquet(data / "parcels.parquet").geometry.to_numpy())
    asked = np.random.default_rng(1).integers(0, len(lots), ASKED)
    out = {}
    began = time.perf_counter()
    for lot in asked.tolist():
        x, y = lots[lot].x, lots[lot].y
        near = [middle[m] for m in ((x, y - 12), (x, y + 12), (x - 12, y), (x + 12, y)) if m in middle]
        has = bool(near) and nx.has_path(graph, "root", near[0])
        out[lot] = min(2, nx.maximum_flow_value(graph, "root", near[0])) if has else 0
    return {"seconds": time.perf_counter() - began, "feeds": out, "peak_gb": peak_gb()}


def run(size: int, folder: Path) -> dict[str, Any]:
    """Time both sides and hold the feeds of the parcels that both know against each other."""
    data = folder / f"power-{size}"
    if not (data / "plan.toml").exists():
        write(size, data)
    mine, theirs = child("power ours", data), child("power networkx", data)
    wrong = [lot for lot, feeds in theirs["feeds"].items() if mine["feeds"][int(lot)] != feeds]
    each = theirs["seconds"] / ASKED
    print(
        f"\npower, loads and links of {len(mine['feeds']):,} parcels, {mine['unlooked']:,} not looked at for a corridor"
    )
    for name, took in mine["seconds"].items():
        print(f"  {name:<28} {took:7.2f} s")
    print(f"  {'peak memory':<28} {mine['peak_gb']:7.2f} GB")
    print(f"  networkx: {each:.3f} s a parcel, {each * len(mine['feeds']):,.0f} s for all of them")
    print("  the same feeds" if not wrong else f"  DIFFER: {wrong}")
    if wrong:
        raise SystemExit(1)
    return {"ours": {k: v for k, v in mine.items() if k != "feeds"}, "networkx s a parcel": each}
