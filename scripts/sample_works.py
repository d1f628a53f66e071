"""Public works of the sample as the office lists them: a table with shapes, kinds, services, dates and money."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import shapely

#: Columns of ``works.csv``.
HEADER = (
    "工程编号", "工程名称", "工程类别", "服务设施", "工程状态", "形象进度(%)", "概算(万元)", "已完成投资(万元)",
    "开工日期", "计划竣工日期", "竣工日期", "红线宽度(m)", "wkt",
)  # fmt: skip

#: What the office writes for a state.
STATES = {"planned": "未开工", "under construction": "在建", "done": "已竣工"}

#: Kind, start and completion of each work; every one but the planned has begun.
DETAILS: Mapping[str, tuple[str, str, str]] = {
    "启航路新建工程": ("道路", "2026-03-01", ""),
    "新园路新建工程": ("道路", "2025-03-01", ""),
    "纬一路新建工程": ("道路", "2024-10-08", ""),
    "经五路新建工程": ("道路", "2024-11-15", ""),
    "货运路新建工程": ("道路", "2024-06-01", ""),
    "污水处理厂二期扩建": ("场站", "2024-09-01", ""),
    "南山变110千伏输变电工程": ("场站", "", ""),
    "城西燃气门站改造": ("场站", "2024-03-20", "2025-09-12"),
    "起步区填方整平工程（一标）": ("场地平整", "2021-05-10", "2023-12-20"),
    "起步区填方整平工程（二标）": ("场地平整", "2023-11-01", ""),
    "邻里中心": ("房建", "2024-04-15", ""),
    "标准厂房三期": ("房建", "2025-02-10", ""),
    "河东消防救援站": ("房建", "2022-10-01", "2024-05-20"),
}

#: What is built with a new road.
WITH_ROADS = "道路；给水；雨水；污水"


def write_works(works: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, out: Path) -> None:
    """Write ``works.csv`` to `out`.

    Parameters
    ----------
    works
        Layer of the works.
    roads
        Layer of the roads, of which those of a work's name tell its width.
    """
    width = roads.groupby("name").width_m.max()
    rows = []
    for work in works.itertuples():
        kind, start, done = DETAILS[work.name]
        road = work.name.removesuffix("新建工程")
        rows.append(
            (
                work.feature_id,
                work.name,
                kind,
                WITH_ROADS if kind == "道路" else "",
                STATES[work.status],
                work.percent,
                work.budget_wan,
                work.spent_wan,
                start,
                f"{work.due_date:%Y-%m-%d}",
                done,
                f"{width[road]:g}" if road in width else "",
                shapely.to_wkt(work.geometry, rounding_precision=2),
            )
        )
    with (out / "works.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(rows)
