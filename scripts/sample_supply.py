"""Land supply of the sample: conversion batches as a table with shapes, and the parcels of the land bank."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import geopandas as gpd
import shapely

#: South-west corner of the park, from which batches are drawn.
CORNER = (488344.07, 3418634.23)

#: Batch, name, stage, date of approval, phase whose border cuts it, declared ÷ drawn area, and corners (m from
#: `CORNER`). 2022-03 and 2023-05 overlap, 2025-04 says no area.
BATCHES: Sequence[tuple[str, str, str, str, str, float | None, Sequence[tuple[int, int]]]] = (
    (
        "农转用2021-01", "三期西片", "已批准", "2021-04-20", "三期", 1,
        [(1600, 120), (2490, 60), (2400, 700), (1800, 765)],
    ),
    (
        "农转用2022-03", "三期南片", "已供地", "2022-09-08", "三期", 0.997,
        [(2490, -50), (3140, -50), (3110, 650), (2400, 700)],
    ),
    (
        "农转用2023-05", "三期东北片", "已批准", "2023-06-30", "三期", 1,
        [(2690, 560), (4000, 560), (4000, 1100), (2760, 1200)],
    ),
    ("农转用2024-02", "三期东片", "报省", "", "三期", 1, [(3125, 60), (3700, 60), (3760, 560), (3115, 560)]),
    ("农转用2025-04", "二期中片", "报市", "", "二期", None, [(2720, 2560), (2700, 2050), (3230, 1950), (3240, 2480)]),
    ("农转用2025-06", "二期北片", "组件中", "", "二期", 1, [(2000, 3000), (2010, 2640), (2450, 2560), (2460, 2900)]),
)  # fmt: skip

#: Parcels that the land bank holds; none of them is in the register.
BANK = (
    "071-0002", "072-0003", "074-0001", "077-0001", "078-0002", "086-0003", "088-0001", "089-0001",
)  # fmt: skip


def write_supply(phases: gpd.GeoDataFrame, out: Path) -> None:
    """Write ``batches.csv`` and ``land_bank.csv`` to `out`."""
    of_phase = phases.set_index("phase").geometry
    x0, y0 = CORNER
    rows = []
    for batch, name, stage, day, phase, ratio, corners in BATCHES:
        drawn = shapely.Polygon([(x0 + x, y0 + y) for x, y in corners])
        shape = shapely.set_precision(shapely.intersection(drawn, of_phase[phase]), 0.01)
        mu = "" if ratio is None else f"{shape.area * ratio * 3 / 2000:.2f}"
        rows.append((batch, name, stage, day, mu, shapely.to_wkt(shape, rounding_precision=2)))
    _write(out / "batches.csv", ("批次编号", "批次名称", "报批阶段", "批准日期", "批次面积(亩)", "wkt"), rows)
    _write(out / "land_bank.csv", ("宗地代码", "状态"), ((f"330500-{lot}", "储备") for lot in BANK))


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
