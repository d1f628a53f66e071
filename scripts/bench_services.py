"""Time what services cost a study: eight of them with planned lines, the level of every parcel and the list of gaps.

The fabric's roads stand for the mains of every service, some of them missing, planned or dated ahead. A plain geopandas
script finds the nearest live main of every parcel with ``sjoin_nearest``; its distances and served parcels must be the
same.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from bench_sides import child, fabric, peak_gb

SERVICES = ("road", "water", "rain", "sewage", "power", "telecom", "gas", "heat")

REACH_M = 50.0

RUNS = 3


def write(size: int, folder: Path) -> Path:
    """Make the mains and two plans: ``plan.toml`` asks for levels and details, ``plain.toml`` for coverage alone."""
    import geopandas as gpd
    import numpy as np

    data = fabric(size, folder)
    if (data / "services" / "plan.toml").exists():
        return data / "services"
    out = data / "services"
    out.mkdir()
    rng = np.random.default_rng(7)
    roads = gpd.read_parquet(data / "roads.parquet")
    blocks = []
    for name in SERVICES:
        lines = roads.loc[rng.random(len(roads)) < 0.85, ["geometry"]].reset_index(drop=True)
        status = rng.choice(["in_service", "planned", "under construction"], len(lines), p=[0.9, 0.07, 0.03])
        lines.assign(feature_id=[f"{name}{i}" for i in range(len(lines))], status=status).to_parquet(
            out / f"{name}.parquet"
        )
        blocks.append(f'[layers.services.{name}]\npath = "{name}.parquet"\nreach_m = {REACH_M}\n')
    text = (data / "plan.toml").read_text(encoding="utf-8")
    head = text[: text.index("[layers.services")].replace('path = "', 'path = "../')
    (out / "plan.toml").write_text(head + "".join(blocks) + "[services]\ntarget_level = 7\ndetails = true\n", "utf-8")
    live = [b + "where = \"status = 'in_service'\"\n" for b in blocks]
    (out / "plain.toml").write_text(head + "".join(live), "utf-8")
    return out


def plain(data: Path) -> dict[str, Any]:
    """Study with coverage alone."""
    from gisplan.plan import load_plan
    from gisplan.study import evaluate

    began = time.perf_counter()
    result = evaluate(load_plan(data / "plain.toml"))
    return {"total": time.perf_counter() - began, "served": {s: int(v.sum()) for s, v in result.survey.served.items()}}


def ours(data: Path) -> dict[str, Any]:
    """Study with levels, gaps and the nearest main of every parcel, and each of these done alone."""
    from gisplan.measure import gaps, levels, service_columns
    from gisplan.plan import load_plan
    from gisplan.study import evaluate

    began = time.perf_counter()
    result = evaluate(load_plan(data / "plan.toml"))
    total = time.perf_counter() - began
    survey, seconds = result.survey, {}
    works = {
        "levels": lambda: levels.levels(survey),
        "gap list": lambda: gaps.gap_list(survey),
        "nearest mains of all": lambda: service_columns.further(survey),
    }
    for name, work in works.items():
        took = []
        for _ in range(RUNS):
            survey._made.clear()
            since = time.perf_counter()
            work()
            took.append(time.perf_counter() - since)
        seconds[name] = min(took)
    assert result.gaps is not None
    assert result.parcels is not None
    return {
        "total": total,
        "peak_gb": peak_gb(),
        "seconds": seconds,
        "gaps": len(result.gaps),
        "served": {s: int(v.sum()) for s, v in survey.served.items()},
        "distance_m": {s: float(result.parcels[f"distance_{s}_m"].sum()) for s in SERVICES},
    }


def peer(data: Path) -> dict[str, Any]:
    """Nearest live main of every parcel and service with geopandas alone."""
    import geopandas as gpd

    parcels = gpd.read_parquet(data.parent / "parcels.parquet", columns=["parcel_id", "geometry"])
    mains = {s: gpd.read_parquet(data / f"{s}.parquet") for s in SERVICES}
    served, distance = {}, {}
    began = time.perf_counter()
    for name, lines in mains.items():
        live = lines.loc[lines["status"] == "in_service", ["geometry"]]
        near = parcels.sjoin_nearest(live, distance_col="m").groupby("parcel_id")["m"].min()
        served[name], distance[name] = int((near <= REACH_M).sum()), float(near.sum())
    return {"total": time.perf_counter() - began, "served": served, "distance_m": distance}


def run(size: int, folder: Path) -> dict[str, Any]:
    """Print what each side took."""
    data = write(size, folder)
    theirs, mine, without = child("services peer", data), child("services ours", data), child("services plain", data)
    print(f"\n{len(SERVICES)} services on {size:,} parcels, {mine['gaps']:,} gaps")
    print(f"  study with coverage alone               {without['total']:8.2f} s")
    print(f"  with levels, gaps and nearest mains     {mine['total']:8.2f} s {mine['peak_gb']:6.2f} GB")
    for name, took in mine["seconds"].items():
        print(f"    {name:<37} {took:8.2f} s (best of {RUNS})")
    print(f"  geopandas, nearest mains alone          {theirs['total']:8.2f} s")
    wrong = [
        s for s in SERVICES if mine["served"][s] != theirs["served"][s] or without["served"][s] != mine["served"][s]
    ]
    wrong += [f"{s} m" for s in SERVICES if abs(mine["distance_m"][s] / theirs["distance_m"][s] - 1) > 1e-9]
    print("  check sums: " + ("equal" if not wrong else "DIFFER " + ", ".join(wrong)))
    if wrong:
        raise SystemExit(1)
    return {"ours": mine, "plain": without, "peer": theirs}
