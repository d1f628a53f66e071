"""A fabric with a ledger and faults in it, for benchmarks of the check: how many of each is known beforehand."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sample_fabric import fabric

#: One parcel in so many has each fault, from these rows on; no two of them are neighbours.
EVERY = 1000
MOVED, TWICE, KNOTTED, OFF, UNLISTED, UNDRAWN = 100, 300, 500, 700, 800, 900

#: How far a moved parcel lies off (m): it overlaps its neighbours by slivers and leaves a gap behind it.
SHIFT_M = 0.3

PLAN = """# A fabric with faults for benchmarks, made by scripts/bench.py.
[plan]
name = "faults"
title = { zh = "测试地块", en = "Fabric with faults" }
as_of = 2025-12-31
language = "en"
crs = "EPSG:4549"
[layers.zones]
path = "zones.parquet"
columns = { zone_id = "zone_id", name = "name" }
[layers.parcels]
path = "parcels.parquet"
code_system = "ydyh2023"
duplicates = "merge"
[layers.parcels.columns]
parcel_id = "parcel_id"
land_use = "land_use"
investment = { column = "investment_wan", unit = "wan" }
tax = { column = "tax_wan", unit = "wan" }
jobs = "jobs"
[layers.parcels.ledger]
path = "ledger.csv"
key = "parcel_id"
columns = { land_area = { column = "land_area_m2", unit = "m2" } }
[layers.buildings]
path = "buildings.parquet"
columns = { building_id = "building_id", floors = "floors" }
[layers.roads]
path = "roads.parquet"
columns = { road_id = "road_id", road_class = "road_class", width = { column = "width_m", unit = "m" } }
"""


def planted(parcels: int) -> dict[str, int]:
    """How many of each fault a fabric has; how many neighbours a moved parcel overlaps depends on its place."""
    firsts = {
        "repeated ids": TWICE,
        "invalid shapes": KNOTTED,
        "ledger areas that differ": OFF,
        "parcels without a ledger row": UNLISTED,
        "ledger rows without a parcel": UNDRAWN,
    }
    return {fault: len(range(first, parcels, EVERY)) for fault, first in firsts.items()}


def write_faults(parcels: int, out: Path) -> None:
    """Write the fabric with faults to `out` as GeoParquet, with a ledger and a plan.toml that uses both."""
    out.mkdir(parents=True, exist_ok=True)
    made = fabric(parcels)
    land = made["parcels"]
    # Two records of one id are two parts of one parcel, which the ledger has once.
    ids = land["parcel_id"].to_numpy(dtype=object).copy()
    twice = np.arange(TWICE, parcels, EVERY)
    ids[twice] = ids[twice - 1]
    _ledger(ids, land.area.to_numpy()).to_csv(out / "ledger.csv", index=False, encoding="utf-8", lineterminator="\n")
    shapes = np.asarray(land.geometry.array).copy()
    moved, knotted = np.arange(MOVED, parcels, EVERY), np.arange(KNOTTED, parcels, EVERY)
    shapes[moved] = shapely.transform(shapes[moved], lambda xy: xy + np.array([SHIFT_M, 0.0]))
    shapes[knotted] = [_knotted(s) for s in shapes[knotted]]
    made["parcels"] = land.assign(parcel_id=ids).set_geometry(gpd.GeoSeries(shapes, crs=land.crs))
    for name, frame in made.items():
        frame.to_parquet(out / f"{name}.parquet", geometry_encoding="WKB")
    (out / "plan.toml").write_text(PLAN, encoding="utf-8", newline="\n")


def _ledger(ids: np.ndarray, area: np.ndarray) -> pd.DataFrame:
    """Land area of each parcel to the square decimetre: some 2 % off, some missing, some that nobody drew."""
    stated = area.copy()
    stated[OFF::EVERY] *= 1.02
    table = pd.DataFrame({"parcel_id": ids, "land_area_m2": stated})
    table = table.drop(index=np.arange(UNLISTED, len(table), EVERY))
    one = table.groupby("parcel_id", as_index=False)["land_area_m2"].sum().round(2)
    undrawn = pd.DataFrame(
        {"parcel_id": [f"Q{i:08d}" for i in range(UNDRAWN, len(ids), EVERY)], "land_area_m2": 4000.0}
    )
    return pd.concat([one, undrawn], ignore_index=True)


def _knotted(polygon: shapely.Polygon) -> shapely.Polygon:
    """Outline that runs round a small triangle at its first corner before it goes on, as a slip of the hand does."""
    xy = shapely.get_coordinates(polygon)
    knot = xy[0] + np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    return shapely.Polygon(np.concatenate([xy[:1], knot, xy[1:]]))
