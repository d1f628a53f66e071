"""Time ``gisplan check`` beside a plain geopandas script that looks for the same faults.

The script finds repeated ids, invalid shapes, overlapping pairs and ledger areas that differ; gisplan finds those
and whatever else ``check`` looks for: gaps, zone borders, buildings across parcels, missing values, loose roads.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from bench_sides import Clock, child, peak_gb

#: Seconds that the check of 100,000 parcels may take.
LIMIT_S = 15.0


def peer(data: Path) -> dict[str, Any]:
    """Look for the faults with geopandas alone."""
    import geopandas as gpd
    import numpy as np
    import pandas as pd

    clock = Clock()
    began = time.perf_counter()
    parcels, _, _, _ = clock(
        "read", lambda: [gpd.read_parquet(data / f"{n}.parquet") for n in ("parcels", "zones", "buildings", "roads")]
    )
    ledger = clock("read", lambda: pd.read_csv(data / "ledger.csv", dtype={"parcel_id": str}))
    twice = clock("ids", lambda: parcels["parcel_id"][parcels["parcel_id"].duplicated()].unique())
    invalid = clock("invalid shapes", lambda: ~parcels.is_valid)

    def mended() -> Any:
        parcels.loc[invalid, "geometry"] = parcels.geometry[invalid].make_valid()
        several = parcels["parcel_id"].isin(twice)
        one = parcels[several].dissolve("parcel_id", as_index=False)
        return pd.concat([parcels[~several], one], ignore_index=True)

    parcels = clock("invalid shapes", mended)

    def overlapping() -> int:
        pairs = gpd.sjoin(parcels[["geometry"]], parcels[["geometry"]], predicate="overlaps")
        pairs = pairs[pairs.index < pairs["index_right"]]
        first, second = (
            parcels.geometry.iloc[rows].reset_index(drop=True) for rows in (pairs.index, pairs.index_right)
        )
        return int((first.intersection(second).area >= 0.01).sum())

    def mismatches() -> tuple[int, int, int]:
        both = parcels[["parcel_id"]].assign(m2=parcels.area).merge(ledger, on="parcel_id", how="outer", indicator=True)
        off = (both["m2"] - both["land_area_m2"]).abs() > np.maximum(1.0, 0.005 * both["land_area_m2"])
        return int(off.sum()), int((both["_merge"] == "left_only").sum()), int((both["_merge"] == "right_only").sum())

    pairs = clock("overlaps", overlapping)
    off, unlisted, undrawn = clock("ledger", mismatches)
    return {
        "seconds": clock.seconds,
        "total": time.perf_counter() - began,
        "peak_gb": peak_gb(),
        "found": {
            "repeated ids": len(twice),
            "invalid shapes": int(invalid.sum()),
            "overlapping pairs": pairs,
            "ledger areas that differ": off,
            "parcels without a ledger row": unlisted,
            "ledger rows without a parcel": undrawn,
        },
    }


def ours(data: Path) -> dict[str, Any]:
    """Check with gisplan, with its steps timed as it tells them and the heavier parts within them."""
    from gisplan import read
    from gisplan.measure import quality
    from gisplan.plan import load_plan
    from gisplan.study import check

    clock, inner = Clock(), Clock()
    told = [("plan", time.perf_counter())]

    def step(name: str) -> None:
        now = time.perf_counter()
        last, since = told[-1]
        clock.seconds[last] = clock.seconds.get(last, 0.0) + now - since
        told.append((name, now))

    def timed(work: Any, phase: str) -> Any:
        return lambda *a, **k: inner(phase, lambda: work(*a, **k))

    read.overlaps = timed(read.overlaps, "overlaps")
    read.ledger.join = timed(read.ledger.join, "ledger")
    quality.CHECKS = tuple(timed(c, f"{c.__module__.rpartition('.')[2]}.{c.__name__}") for c in quality.CHECKS)
    checked = check(load_plan(data / "plan.toml"), progress=step)
    step("")

    def count(code: str, layer: str) -> int:
        return sum(i.count for i in checked.issues if i.code.startswith(code) and i.layer == layer)

    return {
        "seconds": clock.seconds,
        "within": inner.seconds,
        "total": sum(clock.seconds.values()),
        "peak_gb": peak_gb(),
        "issues": {f"{i.severity} {i.layer} {i.code}": i.count for i in checked.issues},
        "found": {
            "repeated ids": count("ID_MERGED", "parcels"),
            "invalid shapes": count("INVALID_", "parcels"),
            "overlapping pairs": count("OVERLAP", "parcels"),
            "ledger areas that differ": count("LEDGER_AREA_DIFFERS", "parcels"),
            "parcels without a ledger row": count("PARCEL_WITHOUT_LEDGER_ROW", "parcels"),
            "ledger rows without a parcel": count("LEDGER_ROW_WITHOUT_PARCEL", "ledger"),
        },
    }


def run(size: int, folder: Path) -> dict[str, Any]:
    """Check a fabric with faults on both sides and print what each step took."""
    from sample_faults import planted, write_faults

    data = folder / f"faults-{size}"
    if not (data / "plan.toml").exists():
        write_faults(size, data)
    theirs, mine = child("check peer", data), child("check ours", data)
    print(f"\nchecking {size:,} parcels, their buildings, roads and ledger")
    print("  geopandas, ids, shapes, overlaps and ledger")
    for phase, seconds in theirs["seconds"].items():
        print(f"    {phase:<32} {seconds:7.2f} s")
    print(f"    {'in all':<32} {theirs['total']:7.2f} s {theirs['peak_gb']:6.2f} GB")
    print("  gisplan, all checks")
    for phase, seconds in mine["seconds"].items():
        print(f"    {phase:<32} {seconds:7.2f} s")
    above = "" if mine["total"] <= LIMIT_S * size / 100_000 else f"  above {LIMIT_S * size / 100_000:g} s"
    print(f"    {'in all':<32} {mine['total']:7.2f} s {mine['peak_gb']:6.2f} GB{above}")
    heavy = {k: v for k, v in mine["within"].items() if v >= 0.05}
    print("    of that " + ", ".join(f"{k} {v:.2f} s" for k, v in sorted(heavy.items(), key=lambda kv: -kv[1])))
    wrong = [f"{k}: {mine['found'][k]} and {n}" for k, n in theirs["found"].items() if mine["found"][k] != n]
    wrong += [
        f"{k}: {n} planted, {theirs['found'][k]} found" for k, n in planted(size).items() if theirs["found"][k] != n
    ]
    told = ", ".join(f"{n} {k}" for k, n in theirs["found"].items())
    print(f"  found by both: {told}" if not wrong else "  DIFFER " + "; ".join(wrong))
    if wrong:
        raise SystemExit(1)
    return {"peer": theirs, "ours": mine}
