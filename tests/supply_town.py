"""Small networks of supply that can be worked out with a pencil: layers as GeoJSON, and the plan of them.

Metres from the corner (500 000, 3 400 000) of EPSG:4549; areas are planar, so that a square of 20 m has 400 m².
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gisplan import measure
from gisplan.measure import Survey
from gisplan.plan import Plan, parse_plan
from gisplan.read import read_layers

EAST, NORTH = 500_000, 3_400_000

Records = Sequence[tuple[Mapping[str, Any], Any]]


def _moved(xy: Sequence[float]) -> list[float]:
    return [xy[0] + EAST, xy[1] + NORTH]


def line(*points: tuple[float, float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [_moved(p) for p in points]}


def point(x: float, y: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": _moved((x, y))}


def polygon(*points: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[_moved(p) for p in (*points, points[0])]]}


def box(x0: float, y0: float, x1: float, y1: float) -> dict[str, Any]:
    return polygon((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def lot(x: float, y: float) -> dict[str, Any]:
    """Lot of 200 m² whose lowest corner is at (x, y)."""
    return polygon((x, y), (x + 10, y + 10), (x, y + 20), (x - 10, y + 10))


def write(folder: Path, layers: Mapping[str, Records], *, spec: Mapping[str, Any] | None = None, **tables: Any) -> Plan:
    """Write layers (``parcels``, ``roads``, ``services.power``, ``sources.power`` …) and return the plan of them.

    ``spec`` adds keys to a layer's table of the plan, ``tables`` adds tables to the plan.
    """
    folder.mkdir(parents=True, exist_ok=True)
    every = {"zones": [({"zone_id": "Z"}, box(-1000, -1000, 2000, 2000))], **layers}
    plan: dict[str, Any] = {}
    for name, records in every.items():
        features = [{"type": "Feature", "properties": dict(p), "geometry": g} for p, g in records]
        crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}
        text = json.dumps({"type": "FeatureCollection", "crs": crs, "features": features})
        (folder / f"{name}.geojson").write_text(text, encoding="utf-8")
        at = plan
        *family, last = name.split(".")
        for part in family:
            at = at.setdefault(part, {})
        at[last] = {"path": f"{name}.geojson", "crs": "EPSG:4549", "crs_override": True, **(spec or {}).get(name, {})}
    header = {"name": "supply", "area": "planar", "crs": "EPSG:4549", **tables.pop("header", {})}
    return parse_plan({"plan": header, "layers": plan, **tables}, folder=folder)


def survey(
    folder: Path, layers: Mapping[str, Records], *, spec: Mapping[str, Any] | None = None, **tables: Any
) -> Survey:
    """Survey of a study of these layers."""
    plan = write(folder, layers, spec=spec, **tables)
    return measure.make_survey(plan, read_layers(plan))
