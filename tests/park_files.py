"""A tiny park on disk for tests: sixty parcels of one hectare, with everything that goes with them.

y ↑   0501 … 0506 | 0507 … 0512      100 m squares; zone A holds columns 1–6, zone B columns 7–12.
  │   ⋮            |                  Every parcel carries one building of 50 m × 50 m and two floors;
  └── 0101 … 0106 | 0107 … 0112 → x  a road and a water main run west–east between rows 2 and 3.
"""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
import xlsxwriter

from gisplan.cli import main

CRS = "EPSG:4549"
X0, Y0 = 500_000.0, 3_400_000.0
IDS = [f"{row:02d}{column:02d}" for row in range(1, 6) for column in range(1, 13)]


def box(x: float, y: float, width: float = 100.0, height: float = 100.0) -> shapely.Polygon:
    """Rectangle by its south-west corner, metres from the park's own."""
    return shapely.box(X0 + x, Y0 + y, X0 + x + width, Y0 + y + height)


def line(*points: tuple[float, float]) -> shapely.LineString:
    """Line through points, metres from the park's corner."""
    return shapely.LineString([(X0 + x, Y0 + y) for x, y in points])


def zones() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"zone_id": ["A", "B"], "name": ["东区", "西区"], "level": ["省级", "市级"]},
        geometry=[box(0, 0, 600, 500), box(600, 0, 600, 500)],
        crs=CRS,
    )


def parcels() -> gpd.GeoDataFrame:
    row, column = (a.ravel() for a in np.meshgrid(range(5), range(12), indexing="ij"))
    return gpd.GeoDataFrame(
        {
            "parcel_id": IDS,
            "land_use": "1001",
            "land_area": 10_000.0,
            "status": "built",
            "half": np.where(column < 6, "W", "E"),
        },
        geometry=[box(100 * c, 100 * r) for r, c in zip(row, column, strict=True)],
        crs=CRS,
    )


def buildings() -> gpd.GeoDataFrame:
    row, column = (a.ravel() for a in np.meshgrid(range(5), range(12), indexing="ij"))
    return gpd.GeoDataFrame(
        {"building_id": [f"B{i}" for i in IDS], "floors": 2},
        geometry=[box(100 * c + 25, 100 * r + 25, 50, 50) for r, c in zip(row, column, strict=True)],
        crs=CRS,
    )


def roads() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"road_id": ["R1"], "road_class": ["支路"], "width": [12.0]}, geometry=[line((0, 200), (1200, 200))], crs=CRS
    )


def water() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"feature_id": ["W1"]}, geometry=[line((0, 200), (1200, 200))], crs=CRS)


LAYERS = {"zones": zones, "parcels": parcels, "buildings": buildings, "roads": roads, "water": water}


def base_plan() -> dict[str, Any]:
    """Plan of the park: nested tables, as TOML would give them."""
    return {
        "plan": {"name": "park", "as_of": "2025-12-31"},
        "layers": {
            "zones": {"path": "park.gpkg", "layer": "zones"},
            "parcels": {"path": "park.gpkg", "layer": "parcels", "code_system": "ydyh2023"},
            "buildings": {"path": "park.gpkg", "layer": "buildings"},
            "roads": {"path": "park.gpkg", "layer": "roads"},
            "services": {"water": {"path": "park.gpkg", "layer": "water", "reach_m": 50}},
        },
    }


def changed(plan: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Set values of a plan by dotted key; ``...`` takes one away."""
    for key, value in changes.items():
        *tables, last = key.split(".")
        table = plan
        for name in tables:
            table = table.setdefault(name, {})
        if value is ...:
            table.pop(last, None)
        else:
            table[last] = value
    return plan


def toml(table: Mapping[str, Any], at: str = "") -> str:
    """Tables as TOML of dotted keys."""
    lines = []
    for key, value in table.items():
        name = f"{at}.{json.dumps(key, ensure_ascii=False)}" if at else json.dumps(key, ensure_ascii=False)
        if isinstance(value, Mapping) and value:
            lines.append(toml(value, name))
        elif key == "as_of" and isinstance(value, str) and value[:1].isdigit():
            lines.append(f"{name} = {value}")
        else:
            lines.append(f"{name} = {inline(value)}")
    return "\n".join(lines)


def inline(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(k, ensure_ascii=False)} = {inline(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(inline(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)


@cache
def _park() -> bytes:
    """The park as one GeoPackage, made once."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "park.gpkg"
        for name, make in LAYERS.items():
            pyogrio.write_dataframe(make(), file, layer=name)
        return file.read_bytes()


def study(folder: Path, *, plan: Mapping[str, Any] | None = None, **frames: gpd.GeoDataFrame) -> Path:
    """Write the park with some layers replaced and some keys of its plan changed; return the plan file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "park.gpkg").write_bytes(_park())
    tables = base_plan()
    for name, frame in frames.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # layers without a coordinate system are meant here
            pyogrio.write_dataframe(frame, folder / f"{name}.gpkg", layer=name)
        place = f"layers.services.{name}" if name == "water" else f"layers.{name}"
        changed(tables, {f"{place}.path": f"{name}.gpkg", f"{place}.layer": name})
    changed(tables, plan or {})
    file = folder / "plan.toml"
    file.write_text(toml(tables), encoding="utf-8")
    return file


def workbook(file: Path, rows: list[list[Any]], *, sheet: str = "Sheet1") -> Path:
    """Excel file of one sheet, cells typed as Python has them."""
    with xlsxwriter.Workbook(os.fspath(file)) as book:
        page = book.add_worksheet(sheet)
        for r, row in enumerate(rows):
            page.write_row(r, 0, row)
    return file


def run(plan: Path, out: Path | None = None, *options: str) -> int:
    return main(["run", str(plan), "--out", str(out or plan.parent / "out"), *options])


def zone_figures(out: Path) -> pd.DataFrame:
    """zones.csv with ids as text."""
    return pd.read_csv(out / "zones.csv", dtype={"zone_id": str, "name": str, "level": str}).set_index("zone_id")


def issues(out: Path) -> pd.DataFrame:
    """issues.csv by code."""
    return pd.read_csv(out / "issues.csv", keep_default_na=False).set_index("code")


def tables_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs write tables but neither map nor GeoPackage, which take most of the time."""
    monkeypatch.setattr("gisplan.study.Result.map", lambda _, **given: SimpleNamespace(page=lambda: ""))
    monkeypatch.setattr("gisplan.show.geopackage.write_geopackage", lambda *_, **__: None)


def listed(folder: Path) -> list[str]:
    """Names of what lies in a folder, hidden ones too."""
    return sorted(p.name for p in folder.iterdir())


#: Changes of a plan that leave zones and parcels.
ONLY_PARCELS = {"layers.buildings": ..., "layers.roads": ..., "layers.services": ...}
