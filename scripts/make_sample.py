"""Make the sample study in layers/, or a fabric of parcels of any size for benchmarks.

``python scripts/make_sample.py`` rebuilds layers/;
``python scripts/make_sample.py fabric --parcels 100000 --out DIR`` writes zones, parcels, buildings and roads
as GeoParquet, with a plan.toml beside them.
"""

import argparse
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the sample_* modules lie beside this script

import sample_buildings
import sample_networks
import sample_uses
from sample_fabric import fabric, write_fabric
from sample_park import CRS, SEED, Ground, build_ground
from sample_projects import RULES, intensity_table
from sample_register import write_register
from sample_sheet import area
from sample_supply import write_supply
from sample_terrain import levelled_ground, write_dem
from sample_text import PLAN, source_text
from sample_works import write_works

__all__ = ["fabric", "main", "park_layers", "write_fabric"]

LAYERS = Path(__file__).resolve().parent.parent / "layers"
STAMP = "2025-12-31T00:00:00.000Z"


def main(out: Path = LAYERS) -> None:
    """Write the whole sample study to `out`; the same libraries on the same kind of processor give the same bytes."""
    out.mkdir(parents=True, exist_ok=True)
    layers, ground, lots, rng = park_layers()
    _write_geopackage(layers, out / "park.gpkg")
    write_register(lots, out / "register.xlsx", rng)
    write_supply(layers["phases"], out)
    write_works(layers["works"], layers["roads"], out)
    write_dem(ground, layers["levelled"], out / "dem.tif")
    (out / "plan.toml").write_text(PLAN, encoding="utf-8", newline="\n")
    (out / "park-rules.toml").write_text(RULES, encoding="utf-8", newline="\n")
    (out / "intensity.csv").write_text(intensity_table(), encoding="utf-8", newline="\n")
    (out / "SOURCE.md").write_text(source_text(layers, SEED), encoding="utf-8", newline="\n")


def park_layers() -> tuple[dict[str, gpd.GeoDataFrame], Ground, gpd.GeoDataFrame, np.random.Generator]:
    """Draw all layers; the lots come back once more with their project states, for the register."""
    rng = np.random.default_rng(SEED)
    ground = build_ground(rng)
    ground = ground._replace(roads=sample_networks.road_condition(ground.roads, rng))
    lots = sample_uses.settle(ground, rng)
    buildings = sample_buildings.raise_buildings(lots, rng)
    stations = sample_networks.substations(lots)
    layers = {
        "zones": ground.zones,
        "parcels": lots[["parcel_id", "land_use", "land_use_name", "phase", "geometry"]],
        "buildings": buildings,
        "roads": ground.roads.drop(columns=["zone", "u", "v"]),
        "road_surfaces": _surfaces(ground),
        **{service: sample_networks.pipes(ground, service, rng) for service in sample_networks.PIPES},
        "power_lines": sample_networks.power_lines(ground, stations),
        "substations": stations,
        "facilities": sample_networks.facilities(lots, ground.roads),
        "green": sample_buildings.green_of(ground, lots, buildings, rng),
        "boundary_approved": _approved(ground),
        "boundary_planned": _frame(["planned"], ["规划范围"], [ground.boundary]),
        "phases": _phases(ground),
        "works": sample_networks.works(ground.roads),
        "levelled": levelled_ground(ground.zones),
        "watercourses": ground.water,
    }
    return layers, ground, lots, rng


def _surfaces(ground: Ground) -> gpd.GeoDataFrame:
    status = ground.roads.set_index("road_id").status
    frame = ground.surfaces.copy()
    frame.insert(1, "status", frame.road_id.map(status))
    frame.insert(0, "surface_id", [f"RS{k:04d}" for k in range(1, len(frame) + 1)])
    return frame


def _frame(kinds: list[str], names: list[str], shapes: list[shapely.Geometry]) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame({"boundary_type": kinds, "name": names}, geometry=shapes, crs=CRS)
    frame["area_km2"] = (frame.area / 1e6).round(4)
    return frame


def _approved(ground: Ground) -> gpd.GeoDataFrame:
    """Draw the approved boundary along the roads: the old core, and a second block in the start-up area."""
    west = [(0, 580), (0, 1110), (-600, 1120), (-600, 2190)]
    core = area([*west, (2230, 2195), (2250, 1730), (1450, 1740), (1450, 520)])
    second = area([(1830, 520), (2360, 540), (2360, 870), (1840, 915)])
    faces = _faces(ground, ["W2", "W3", "W5", "W6", "J1", "J3", "J4", "L19"])
    inside = [[f for f in faces if f.intersection(s).area > 0.5 * f.area] for s in (core, second)]
    shapes = [shapely.union_all(part) for part in inside]
    return _frame(["approved", "approved"], ["核准范围区块一", "核准范围区块二"], shapes)


def _phases(ground: Ground) -> gpd.GeoDataFrame:
    """Draw the phases: the first west of the third road, second north-east, third south-east of the river."""
    west = area([(-900, -400), (1450, -400), (1450, 2900), (-900, 2900)])
    north = ground.zones.geometry[ground.zones.zone_id == "Z2"].iloc[0]
    parts: dict[str, list[shapely.Geometry]] = {"一期": [], "二期": [], "三期": []}
    for face in _faces(ground, ["J3"], ground.water.geometry.iloc[0]):
        at = face.representative_point()
        parts["一期" if west.contains(at) else "二期" if north.contains(at) else "三期"].append(face)
    years = {"phase_no": [1, 2, 3], "start_year": [2000, 2010, 2021], "target_year": [2010, 2020, 2030]}
    shapes = [shapely.union_all(part) for part in parts.values()]
    return gpd.GeoDataFrame({"phase": list(parts), **years}, geometry=shapes, crs=CRS)


def _faces(ground: Ground, roads: list[str], *others: shapely.Geometry) -> list[shapely.Geometry]:
    """Cut the park along the centrelines of some roads."""
    axes = ground.centrelines.geometry[ground.centrelines.road_id.isin(roads)]
    linework = shapely.union_all([ground.boundary.exterior, *axes, *others], grid_size=0.01)
    faces = shapely.get_parts(shapely.polygonize([linework]))
    return [f for f in faces if f.area > 100 and ground.boundary.buffer(0.1).contains(f)]


def _write_geopackage(layers: dict[str, gpd.GeoDataFrame], path: Path) -> None:
    """Write the layers under a fixed date, for GeoPackage stores the time of the last change."""
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": STAMP})
    try:
        for name, frame in layers.items():
            mixed = frame.geom_type.str.replace("Multi", "").nunique() > 1
            kind = {"geometry_type": "Unknown"} if mixed else {"promote_to_multi": _has_multi(frame)}
            pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG", **kind)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _has_multi(frame: gpd.GeoDataFrame) -> bool:
    return bool(frame.geom_type.str.startswith("Multi").any())


def _command_line() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    verbs = parser.add_subparsers(dest="verb")
    of_any_size = verbs.add_parser("fabric", help="a fabric of any size for benchmarks")
    of_any_size.add_argument("--parcels", type=int, required=True)
    of_any_size.add_argument("--zones", type=int, default=500)
    of_any_size.add_argument("--seed", type=int, default=7)
    of_any_size.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    start = time.perf_counter()
    if asked.verb == "fabric":
        write_fabric(asked.parcels, asked.out, zones=asked.zones, seed=asked.seed)
    else:
        main()
    print(f"{asked.out if asked.verb else LAYERS}: {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    _command_line()
