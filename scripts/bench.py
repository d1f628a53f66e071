"""Time gisplan beside a plain geopandas script that does the same job, on fabrics of any size, in the same run.

    python scripts/bench.py                              10,000, 100,000 and 1,000,000 parcels
    python scripts/bench.py --sizes 10000 --json out.json
    python scripts/bench.py read                         reading 1,000,000 parcels in three formats
    python scripts/bench.py check                        the check of 100,000 parcels with a ledger
    python scripts/bench.py rules                        all rules on 100,000 parcels with a register
    python scripts/bench.py network                      ways of 100,000 parcels along 100,000 streets
    python scripts/bench.py services                     eight services with levels and gaps on 100,000 parcels
    python scripts/bench.py power                        feeds, loads and links of 100,000 parcels
    python scripts/bench.py terrain                      slopes of 100 megapixels for 100,000 parcels
    python scripts/bench.py workbook                     the workbook of 100,000 parcels with a register
    python scripts/bench.py report                       the Word and HTML report of 100 zones with 20,000 parcels
    python scripts/bench.py map                          maps of 100,000 to 1,000,000 parcels with twelve columns

Each side runs in a process of its own, so that peak memory is its own. The study's script reads the same files, cuts
parcels, buildings and
roads by zone with ``geopandas.overlay``, puts buildings on parcels, finds the parcels within 100 m of a road and
the share of each zone
within 100 m of one, the land that roads take, the junctions, and the parcels that overlap. Check sums of both
must agree.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bench_check
import bench_map
import bench_network
import bench_power
import bench_read
import bench_report
import bench_rules
import bench_services
import bench_terrain
import bench_workbook
from bench_sides import ROOT, Clock, child, fabric, peak_gb

REACH_M = 100.0

#: Phases of which "zone cuts" is the sum.
CUTS = ("parcels by zone", "buildings by zone", "roads by zone")


def peer(data: Path) -> dict[str, Any]:
    """Do the job with geopandas alone."""
    import geopandas as gpd
    import pandas as pd
    import shapely

    clock = Clock()
    began = time.perf_counter()
    zones, parcels, buildings, roads = clock(
        "read", lambda: [gpd.read_parquet(data / f"{n}.parquet") for n in ("zones", "parcels", "buildings", "roads")]
    )
    parcels["class"] = parcels["land_use"].str[:2]
    cut = clock("parcels by zone", lambda: gpd.overlay(parcels, zones[["zone_id", "geometry"]]))
    cut["m2"] = cut.area
    by_class = cut.groupby(["zone_id", "class"])["m2"].sum()
    buildings["m2"] = buildings.area
    on_zone = clock("buildings by zone", lambda: gpd.overlay(buildings, zones[["zone_id", "geometry"]]))
    on_zone["floor_m2"] = on_zone.area * on_zone["floors"]
    lines = clock("roads by zone", lambda: gpd.overlay(roads, zones[["zone_id", "geometry"]], keep_geom_type=True))
    on_parcel = clock("buildings on parcels", lambda: gpd.overlay(buildings, parcels[["parcel_id", "geometry"]]))
    on_parcel["floor_m2"] = on_parcel.area * on_parcel["floors"]
    floor_by_parcel = on_parcel.groupby("parcel_id")["floor_m2"].sum()
    served = clock(
        "parcels served",
        lambda: gpd.sjoin(parcels, roads[["geometry"]], predicate="dwithin", distance=REACH_M).index.unique(),
    )
    reached = clock("reach", lambda: zones.intersection(roads.buffer(REACH_M).union_all()).area)
    surfaces = roads.buffer(roads["width_m"] / 2, cap_style="flat")
    taken = clock("road land", lambda: zones.intersection(surfaces.union_all()).area)
    pairs = clock("overlaps", lambda: gpd.sjoin(parcels[["geometry"]], parcels[["geometry"]], predicate="overlaps"))

    def junctions() -> int:
        edges = shapely.get_parts(shapely.line_merge(roads.union_all()))
        ends = pd.concat([pd.DataFrame(shapely.get_coordinates(shapely.get_point(edges, i))) for i in (0, -1)])
        return int((ends.round(3).value_counts() >= 3).sum())

    crossings = clock("junctions", junctions)
    return {
        "seconds": clock.seconds,
        "total": time.perf_counter() - began,
        "peak_gb": peak_gb(),
        "sums": {
            "parcel m2": float(by_class.sum()),
            "floor m2": float(on_zone["floor_m2"].sum()),
            "road m": float(lines.length.sum()),
            "floor m2 on parcels": float(floor_by_parcel.sum()),
            "parcels served": len(served),
            "reach m2": float(reached.sum()),
            "road land m2": float(taken.sum()),
            "overlapping pairs": len(pairs) // 2,
            "junctions": crossings,
        },
    }


def ours(data: Path) -> dict[str, Any]:
    """Do the job with gisplan, with the kernel timed phase by phase."""
    import numpy as np

    from gisplan import read
    from gisplan.measure import junctions as junction_measures
    from gisplan.measure import pieces, reach, survey
    from gisplan.measure import roads as road_measures
    from gisplan.plan import load_plan
    from gisplan.study import evaluate

    clock = Clock()
    found: dict[str, int] = {}

    def timed(module: Any, name: str, phase: Callable[..., str]) -> None:
        work = getattr(module, name)
        setattr(module, name, lambda *a, **k: clock(phase(*a), lambda: work(*a, **k)))

    names = {"parcels": CUTS[0], "buildings": CUTS[1], "roads": CUTS[2], "services.road": "service lines by zone"}
    order = iter(names.values())
    timed(pieces, "_by_land", lambda *_: next(order))
    timed(survey, "_buildings", lambda *_: "buildings on parcels")
    timed(reach, "within", lambda *_: "parcels served")
    timed(reach, "reached_share", lambda *_: "reach")
    timed(road_measures, "reached_share", lambda *_: "road land")
    timed(read, "borders", lambda *_: "overlaps")
    timed(read, "overlaps", lambda *_: "overlaps")
    timed(read, "slits", lambda *_: "gaps")
    inner = junction_measures.streets

    def counted(*lines: Any) -> Any:
        net = clock("junctions", lambda: inner(*lines))
        found["junctions"] = int((net.legs >= 3).sum())
        return net

    junction_measures.streets = counted
    began = time.perf_counter()
    result = evaluate(load_plan(data / "plan.toml"))
    total = time.perf_counter() - began
    # Both are looked for while reading; the script looks for no gaps.
    clock.seconds["read"] = result.timings["read"] - clock.seconds["overlaps"] - clock.seconds["gaps"]
    made = result.survey
    cut = made.pieces
    planar = cut["parcels"].frame["planar_area_m2"].to_numpy()
    floors = cut["buildings"].frame["planar_area_m2"].to_numpy() * cut["buildings"].frame["floors"].to_numpy()
    lengths = cut["roads"].frame.geometry.length.to_numpy()
    zone_m2 = made.layers.zones["planar_area_m2"].to_numpy()
    assert made.parcels is not None
    scale = planar / cut["parcels"].size
    return {
        "seconds": clock.seconds,
        "total": total,
        "peak_gb": peak_gb(),
        "sums": {
            "parcel m2": float(cut["parcels"].total(planar).sum()),
            "floor m2": float(cut["buildings"].total(floors).sum()),
            "road m": float(cut["roads"].total(lengths).sum()),
            "floor m2 on parcels": float(np.nansum(made.parcels.floor_area * scale)),
            "parcels served": int(made.served["road"].sum()),
            "reach m2": float((made.reach["road"] * zone_m2).sum()),
            "road land m2": float((result.zones["road_area_share"].to_numpy() * zone_m2).sum()),
            "overlapping pairs": sum(i.count for i in result.issues if i.code == "OVERLAP" and i.layer == "parcels"),
            "junctions": found["junctions"],
        },
    }


def same_job(data: Path) -> dict[str, Any]:
    """Do with gisplan what the script does and no more: shapes are taken to be valid, and faults are not looked for.

    Measured by a run of its own, for steps that go on side by side cannot be taken off a total.
    """
    import numpy as np
    import shapely

    from gisplan import measure, read
    from gisplan.geometry import Repaired, Slits
    from gisplan.read import layer

    def as_drawn(shapes: Any, *, dimension: int) -> Repaired:
        n, size = len(shapes), (shapely.length, shapely.area)[dimension - 1](shapes)
        return Repaired(shapes, np.zeros(n, dtype=bool), np.full(n, "", dtype=object), size, size)

    none = np.zeros(0, dtype=np.int64)
    nothing = Slits(none, none, np.zeros(0), np.zeros(0), np.zeros(0), np.zeros((0, 2)))
    vars(layer)["repair"] = as_drawn
    vars(read)["slits"] = lambda *_, **__: nothing
    vars(measure)["found"] = lambda _: []
    return ours(data)


def whole_run(data: Path) -> dict[str, float]:
    """``gisplan run`` from the start of the process to finished files."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "gisplan", "run", str(data / "plan.toml"), "--out", out]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        size = sum(f.stat().st_size for f in Path(out).iterdir()) / 1e6
        page = (Path(out) / "map.html").stat().st_size / 1e6
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "cpu": cpu, "files_mb": size, "map_mb": page}


def help_seconds() -> float:
    """Best of five of ``gisplan --help``."""
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "gisplan", "--help"], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - began)
    return best


def agree(mine: dict[str, float], theirs: dict[str, float]) -> list[str]:
    """Check sums that differ; unions join arcs in another order, and floor area on parcels is scaled back."""
    loose = {"reach m2": 1e-9, "road land m2": 1e-9, "floor m2 on parcels": 1e-9}
    return [
        f"{k}: {mine[k]!r} and {theirs[k]!r}"
        for k in theirs
        if abs(mine[k] - theirs[k]) > loose.get(k, 1e-11) * max(1.0, abs(theirs[k]))
    ]


def report(
    size: int, mine: dict[str, Any], same: dict[str, Any], theirs: dict[str, Any], run: dict[str, float]
) -> dict[str, float]:
    """Print one size and return its ratios."""
    print(f"\n{size:,} parcels" + " " * 18 + "geopandas    gisplan    ratio")
    for phase in theirs["seconds"]:
        a, b = theirs["seconds"][phase], mine["seconds"].get(phase, float("nan"))
        print(f"  {phase:<28} {a:9.2f} s {b:8.2f} s {a / b:7.1f}×")
    cuts = [sum(side["seconds"][c] for c in CUTS) for side in (theirs, mine)]
    ratios = {"zone cuts": cuts[0] / cuts[1]}
    ratios |= {"total": theirs["total"] / mine["total"], "same job": theirs["total"] / same["total"]}
    print(f"  {'zone cuts together':<28} {cuts[0]:9.2f} s {cuts[1]:8.2f} s {ratios['zone cuts']:7.1f}×")
    print(f"  {'total':<28} {theirs['total']:9.2f} s {mine['total']:8.2f} s {ratios['total']:7.1f}×")
    print(f"  {'the same job alone':<28} {theirs['total']:9.2f} s {same['total']:8.2f} s {ratios['same job']:7.1f}×")
    print("    (a second run, without what the script does not do: validity and mending, slits, checks of all layers)")
    print(f"  {'peak memory':<28} {theirs['peak_gb']:8.2f} GB {mine['peak_gb']:7.2f} GB")
    print(
        f"  gisplan run, process start to finished files: {run['seconds']:.2f} s ({run['cpu']:.2f} s of processor), "
        f"{run['files_mb']:.1f} MB of which the map {run['map_mb']:.1f} MB"
    )
    wrong = agree(mine["sums"], theirs["sums"]) + agree(same["sums"], theirs["sums"])
    print("  check sums: " + ("equal" if not wrong else "DIFFER " + "; ".join(wrong)))
    if wrong:
        raise SystemExit(1)
    return ratios


#: Each benchmark with its sizes, and what its sides do in their own processes.
SIZES = {
    "study": (10_000, 100_000, 1_000_000),
    "read": (1_000_000,),
    "check": (100_000,),
    "rules": (100_000,),
    "network": (100_000,),
    "services": (100_000,),
    "power": (100_000,),
    "workbook": (100_000,),
    "report": (20_000,),
    "map": (10_000, 100_000, 300_000, 1_000_000),
    "terrain": (100_000,),
}
SIDES = {
    "peer": peer,
    "ours": ours,
    "same job": same_job,
    "read peer": bench_read.peer,
    "read ours": bench_read.ours,
    "check peer": bench_check.peer,
    "check ours": bench_check.ours,
    "rules ours": bench_rules.ours,
    "network ours": bench_network.ours,
    "network peer": bench_network.peer,
    "services peer": bench_services.peer,
    "services ours": bench_services.ours,
    "services plain": bench_services.plain,
    "power ours": bench_power.ours,
    "power networkx": bench_power.peer,
    "workbook ours": bench_workbook.ours,
    "report ours": bench_report.ours,
    "map ours": bench_map.ours,
    "terrain ours": bench_terrain.ours,
    "terrain exact": bench_terrain.exact,
    "terrain peer": bench_terrain.peer,
    "map folium": bench_map.folium_geojson,
    "map explore": bench_map.explore,
}


def study(size: int, folder: Path) -> dict[str, Any]:
    """Whole study on both sides."""
    data = fabric(size, folder)
    theirs, mine, same, run = child("peer", data), child("ours", data), child("same job", data), whole_run(data)
    ratios = report(size, mine, same, theirs, run)
    return {"peer": theirs, "ours": mine, "same job": same, "run": run, "ratios": ratios}


#: What each part of the benchmark runs: size, folder of its data, how often.
PARTS: dict[str, Callable[[int, Path, int], dict[str, Any]]] = {
    "study": lambda size, folder, _: study(size, folder),
    "read": bench_read.run,
    "map": bench_map.run,
    "check": lambda size, folder, _: bench_check.run(size, folder),
    "rules": lambda size, folder, _: bench_rules.run(size, folder),
    "network": lambda size, folder, _: bench_network.run(size, folder),
    "services": lambda size, folder, _: bench_services.run(size, folder),
    "power": lambda size, folder, _: bench_power.run(size, folder),
    "terrain": lambda size, folder, _: bench_terrain.run(size, folder),
    "workbook": lambda size, folder, _: bench_workbook.run(size, folder),
    "report": lambda size, folder, _: bench_report.run(size, folder),
}


def main() -> None:
    """Run the benchmark and the sizes asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", choices=tuple(SIZES), default="study", help="default: study")
    parser.add_argument("--sizes", help="numbers of parcels, separated by commas")
    parser.add_argument("--runs", type=int, default=5, help="how often each is done (read and map only)")
    parser.add_argument("--data", type=Path, help="where fabrics are kept (default: a temporary folder)")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--child", choices=tuple(SIDES), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(SIDES[options.child](options.data)))
        return
    sizes = [int(s) for s in options.sizes.split(",")] if options.sizes else SIZES[options.what]
    figures: dict[str, Any] = {}
    if options.what == "study":
        figures["help_seconds"] = help_seconds()
        print(f"gisplan --help: {figures['help_seconds']:.2f} s")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.data or Path(temporary)
        for size in sizes:
            figures[str(size)] = PARTS[options.what](size, folder, options.runs)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
