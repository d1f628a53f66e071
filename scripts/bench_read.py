"""Time gisplan's reading of a layer beside plain geopandas: the same file, the same columns, the same shapes.

What gisplan does besides: it looks at the file's encoding, at its records for damage and at its shapes for
absurd ones, finds the canonical columns, turns ids into text and units into the vocabulary's.
"""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median
from typing import Any

from bench_sides import child, fabric, peak_gb

#: Ending of each format's file, and what people call it.
FORMATS = {"parquet": "GeoParquet", "gpkg": "GeoPackage", "shp": "Shapefile"}

#: Times that plain geopandas takes which reading may take.
LIMIT = 1.3

#: Columns that are read; short ones, for a shapefile cuts names after ten letters.
COLUMNS = ("parcel_id", "land_use", "invest_wan", "tax_wan", "jobs")

PLAN = {
    "plan": {"name": "reading"},
    "layers": {
        "zones": {"from": "parcels", "by": "land_use"},
        "parcels": {
            "code_system": "ydyh2023",
            "columns": {
                "parcel_id": "parcel_id",
                "land_use": "land_use",
                "investment": {"column": "invest_wan", "unit": "wan"},
                "tax": {"column": "tax_wan", "unit": "wan"},
                "jobs": "jobs",
            },
        },
    },
}


def write_formats(data: Path, folder: Path) -> dict[str, Path]:
    """Parcels of a fabric in every format, written unless they are there."""
    import geopandas as gpd
    import pyogrio

    files = {ending: folder / f"parcels.{ending}" for ending in FORMATS}
    missing = [f for f in files.values() if not f.exists()]
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        parcels = gpd.read_parquet(data / "parcels.parquet").rename(columns={"investment_wan": "invest_wan"})
        for file in missing:
            if file.suffix == ".parquet":
                parcels.to_parquet(file)
            else:
                pyogrio.write_dataframe(parcels, file, use_arrow=True)
    return files


def peer(file: Path) -> dict[str, Any]:
    """Read the parcels with geopandas alone."""
    import geopandas as gpd
    import pyarrow.parquet
    import pyogrio

    assert pyarrow.parquet and pyogrio  # imported before the clock starts, as they are for the other side
    began = time.perf_counter()
    if file.suffix == ".parquet":
        frame = gpd.read_parquet(file, columns=[*COLUMNS, "geometry"])
    else:
        frame = gpd.read_file(file, columns=list(COLUMNS), use_arrow=True)
    seconds = time.perf_counter() - began
    return _told(frame, seconds)


def ours(file: Path) -> dict[str, Any]:
    """Read the parcels as `gisplan run` does."""
    import copy

    from gisplan.plan import parse_plan
    from gisplan.read.raw import read_raw

    raw = copy.deepcopy(PLAN)
    raw["layers"]["parcels"]["path"] = file.name
    spec = parse_plan(raw, folder=file.parent).layers.parcels
    began = time.perf_counter()
    read = read_raw(spec, file, layer="parcels", place="[layers.parcels]")
    seconds = time.perf_counter() - began
    return _told(read.frame, seconds)


def _told(frame: Any, seconds: float) -> dict[str, Any]:
    """What both sides must agree on, and what it took."""
    return {
        "seconds": seconds,
        "peak_gb": peak_gb(),
        "records": len(frame),
        "bounds": [float(v) for v in frame.total_bounds],
        "ids": int(frame["parcel_id"].nunique()),
        "jobs": float(frame["jobs"].sum()),
    }


def run(size: int, folder: Path, runs: int) -> dict[str, Any]:
    """Read every format several times, the two sides in turn, and print the medians."""
    files = write_formats(fabric(size, folder), folder / "formats" / str(size))
    figures: dict[str, dict[str, list[dict[str, Any]]]] = {f: {"peer": [], "ours": []} for f in files}
    for number in range(runs):
        for ending, file in files.items():
            # Whoever is first may find the file cold, or the processor.
            for side in ("peer", "ours") if number % 2 == 0 else ("ours", "peer"):
                figures[ending][side].append(child(f"read {side}", file))
    print(f"\nreading {size:,} parcels, median of {runs}    geopandas    gisplan    ratio      peak memory")
    out: dict[str, Any] = {}
    wrong = []
    for ending, sides in figures.items():
        theirs, mine = (median(r["seconds"] for r in sides[s]) for s in ("peer", "ours"))
        peaks = [max(r["peak_gb"] for r in sides[s]) for s in ("peer", "ours")]
        above = "" if mine <= LIMIT * theirs else f"  above {LIMIT}"
        print(
            f"  {FORMATS[ending]:<34} {theirs:9.2f} s {mine:8.2f} s {mine / theirs:7.2f}× "
            f"{peaks[0]:6.2f} → {peaks[1]:.2f} GB{above}"
        )
        for key in ("records", "bounds", "ids", "jobs"):
            told = {str(r[key]) for s in sides.values() for r in s}
            wrong += [f"{FORMATS[ending]} {key}: {' and '.join(sorted(told))}"] if len(told) > 1 else []
        out[ending] = {**sides, "ratio": mine / theirs}
    print("  records, bounds, ids and sums: " + ("equal" if not wrong else "DIFFER " + "; ".join(wrong)))
    if wrong:
        raise SystemExit(1)
    return out
