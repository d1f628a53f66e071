"""A plan → layers that obey the vocabulary, in one projected coordinate system in metres, plus what was found on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from pyproj import CRS

from gisplan.errors import LayerError
from gisplan.geometry import ellipsoidal_area, ellipsoidal_length, within
from gisplan.issues import Issue
from gisplan.plan import Plan
from gisplan.read import land_use, ledger, roads, terrain, zones
from gisplan.read import crs as crs_
from gisplan.read.layer import Clean, Raw, clean, read_raw

_ID = {"zones": "zone_id", "parcels": "parcel_id", "buildings": "building_id", "roads": "road_id", "road_surfaces": "surface_id"}
_DIMENSION = {"zones": 2, "parcels": 2, "buildings": 2, "roads": 1, "road_surfaces": 2}


@dataclass(frozen=True)
class Layers:
    """Everything that is measured.

    Attributes
    ----------
    crs
        The study's coordinate system, projected, metres.
    zones
        ``zone_id, name, level, parent_id, area_m2, planar_area_m2, geometry``.
    layers
        The other layers by name (``parcels``, ``buildings``, ``roads``, ``road_surfaces``, ``services.<name>``), each with
        ``area_m2`` and ``planar_area_m2``, or ``length_m``.
    member
        Row number of each parcel's zone where zones are made from parcels, else None.
    issues
        What was found and assumed.
    files
        Every file that was read.
    """

    crs: CRS
    zones: gpd.GeoDataFrame
    layers: Mapping[str, Clean]
    member: np.ndarray | None
    issues: tuple[Issue, ...]
    files: tuple[Path, ...] = field(default=())

    def frame(self, name: str) -> gpd.GeoDataFrame | None:
        """Table of a layer, None where the plan has none."""
        return self.layers[name].frame if name in self.layers else None


def read_layers(plan: Plan, *, progress: Callable[[str], None] = lambda _: None) -> Layers:
    """Read and clean every layer of a plan.

    Parameters
    ----------
    plan
        What is asked.
    progress
        Told the name of each layer before it is read.

    Raises
    ------
    LayerError
        Whatever the user can mend.
    """
    spec = plan.layers
    issues: list[Issue] = []
    base_name, base = _base(plan, progress)
    crs, named = crs_.choose(base.frame, plan.plan.crs, place=base.place)
    issues.append(named)
    raws = {base_name: base}
    out: dict[str, Clean] = {}
    for name, table in _tables(plan):
        progress(name)
        raw = raws.pop(name, None) or _raw(plan, name, table)
        kind = name.split(".")[0]
        layer, found = clean(raw, crs, layer=name, dimension=_DIMENSION.get(kind), id_column=_ID.get(kind, "feature_id"))
        issues += found
        if name == "parcels":
            layer, found = _parcels(plan, layer)
            issues += found
        elif name == "roads":
            layer, found = roads.classify(layer, plan.layers.roads)
            issues += found
        out[name] = _sized(layer, crs, plan.plan.area)
    land, member, found = _zones(plan, out, crs)
    issues += found
    out.pop("zones", None)
    if spec.terrain is not None:
        issues += terrain.look(plan.path(spec.terrain.path), land)
    if plan.plan.rules:
        issues.append(
            Issue("RULES_NOT_APPLIED", "note", "study", len(plan.plan.rules),
                  f"This version measures but does not assess: {', '.join(plan.plan.rules)} are not applied.", "", "planner")
        )
    _must_meet(land, out)
    return Layers(crs, land, out, member, tuple(issues), _files(plan))


def _tables(plan: Plan) -> list[tuple[str, Any]]:
    """Layers of a plan that are read from a file, in the order they are read."""
    spec = plan.layers
    tables = [("zones", spec.zones if spec.zones.path else None), ("parcels", spec.parcels), ("buildings", spec.buildings),
              ("roads", spec.roads), ("road_surfaces", spec.road_surfaces)]
    tables += [(f"services.{name}", table) for name, table in spec.services.items()]
    return [(name, table) for name, table in tables if table is not None]


def _base(plan: Plan, progress: Callable[[str], None]) -> tuple[str, Raw]:
    """Read the layer whose coordinates decide where the study lies: the zones, or what they are made from."""
    tables = _tables(plan)
    if not tables:
        raise LayerError("[layers]: a grid needs a layer to lie over. Add parcels, buildings or roads.")
    name, table = tables[0]
    progress(name)
    return name, _raw(plan, name, table)


def _raw(plan: Plan, name: str, table: Any) -> Raw:
    keep = (plan.layers.zones.by,) if name == "parcels" and plan.layers.zones.by else ()
    return read_raw(table, plan.path(table.path), layer=name, place=f"[layers.{name}]", keep=keep)


def _parcels(plan: Plan, layer: Clean) -> tuple[Clean, list[Issue]]:
    """Parcels with one record an id, their ledgers joined and their land-use class found."""
    spec = plan.layers.parcels
    assert spec is not None
    frame, issues = zones.merge_duplicates(
        layer.frame, "parcel_id", layer="parcels", rule=spec.duplicates, place="[layers.parcels]"
    )
    records = layer.records - (len(layer.frame) - len(frame))
    for i, table in enumerate(spec.ledger):
        place = "[layers.parcels.ledger]" + (f" no. {i + 1}" if len(spec.ledger) > 1 else "")
        frame, found = ledger.join(frame, table, plan.path(table.path), place=place)
        issues += found
    if "land_use" in frame:
        frame["land_class"], found = land_use.classify(frame["land_use"], spec)
        issues += found
    return replace(layer, frame=frame, records=records), issues


def _sized(layer: Clean, crs: CRS, method: str) -> Clean:
    """Add each record's own size, on the ellipsoid unless the plan says planar."""
    geometry = np.asarray(layer.frame.geometry.array)
    if layer.dimension == 2:
        planar = layer.frame.geometry.area.to_numpy()
        area = ellipsoidal_area(geometry, crs) if method == "ellipsoid" else planar
        frame = layer.frame.assign(area_m2=area, planar_area_m2=planar)
    elif layer.dimension == 1:
        length = ellipsoidal_length(geometry, crs) if method == "ellipsoid" else layer.frame.geometry.length.to_numpy()
        frame = layer.frame.assign(length_m=length)
    else:
        return layer
    return replace(layer, frame=frame)


def _zones(plan: Plan, out: Mapping[str, Clean], crs: CRS) -> tuple[gpd.GeoDataFrame, np.ndarray | None, list[Issue]]:
    spec = plan.layers.zones
    member, issues = None, []
    if spec.path is not None:
        frame, issues = zones.merge_duplicates(
            out["zones"].frame, "zone_id", layer="zones", rule=spec.duplicates, place="[layers.zones]"
        )
        land = zones.with_ids(frame)
    elif spec.by is not None:
        land, member, issues = zones.dissolved(out["parcels"].frame, spec.by)
    else:
        assert spec.grid is not None
        land = zones.grid(next(iter(out.values())).frame, spec.grid, crs)
    sized = _sized(Clean(land, 2, len(land)), crs, plan.plan.area).frame
    return sized, member, issues


def _must_meet(land: gpd.GeoDataFrame, out: Mapping[str, Clean]) -> None:
    """Refuse layers none of whose records touches a zone: that is a wrong file or coordinate system, not a result.

    Raises
    ------
    LayerError
        A layer lies wholly outside every zone.
    """
    geometry = np.asarray(land.geometry.array)
    for name, layer in out.items():
        near = within(geometry, np.asarray(layer.frame.geometry.array), distance=0.0)
        if not near.any() and name in ("parcels", "buildings", "roads"):
            gap = _gap(land.total_bounds, layer.frame.total_bounds)
            raise LayerError(
                f"[layers.{name}]: none of its {len(layer.frame)} record(s) lies in any of the {len(land)} zone(s); "
                f"the two are {gap:,.0f} m apart. Check the coordinate systems and the files."
            )


def _gap(a: Any, b: Any) -> float:
    dx = max(a[0] - b[2], b[0] - a[2], 0.0)
    dy = max(a[1] - b[3], b[1] - a[3], 0.0)
    return float(np.hypot(dx, dy))


def _files(plan: Plan) -> tuple[Path, ...]:
    names = [table.path for _, table in _tables(plan)]
    names += [t.path for t in (plan.layers.parcels.ledger if plan.layers.parcels else [])]
    names += [plan.layers.terrain.path] if plan.layers.terrain else []
    return tuple(dict.fromkeys(plan.path(n) for n in names))


