"""A plan → layers that obey the vocabulary, in one coordinate system in metres, plus what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from gisplan import vocabulary
from gisplan.errors import LayerError, counted
from gisplan.geometry import Borders, Overlaps, Slits, ahead, borders, overlaps, slits
from gisplan.geometry.slivers import SLIVER_M
from gisplan.issues import Issue
from gisplan.plan import ColumnSource, Plan
from gisplan.plan.places import is_database
from gisplan.read import crs as crs_
from gisplan.read import (
    in_service,
    land_use,
    ledger,
    overlap,
    placing,
    roads,
    slivers,
    stages,
    units,
    works,
    zones,
)
from gisplan.read.layer import Clean, clean, sized
from gisplan.read.raster import Raster
from gisplan.read.raw import Raw, read_raw
from gisplan.read.terrain import Terrain, open_rasters
from gisplan.read.witness import Witness

_DIMENSION = {**dict.fromkeys(vocabulary.POLYGON_LAYERS, 2), "roads": 1}


@dataclass(frozen=True)
class Gaps:
    """Borders of the parcels that no neighbour shares, and the narrow strips between them."""

    borders: Borders
    slits: Slits


@dataclass(frozen=True)
class Layers:
    """Everything that is measured.

    Attributes
    ----------
    crs
        The study's coordinate system, projected, metres.
    zones
        ``zone_id, name, level, parent_id, area_m2, planar_area_m2, geometry``.
    zone_overlaps
        Pairs of zones that cover the same land, down to the last sliver.
    layers
        The other layers by name (``parcels``, ``buildings``, ``roads`` (those in service),
        ``roads_not_in_service``, ``road_surfaces``,
        ``services.<name>``, ``batches``, ``boundaries.<kind>``, ``phases``, ``levelled``, ``yards``,
        ``built_up.<start or end>``, ``constraints.<name>``, ``facilities.<name>``, ``barriers.<name>``,
        ``works.<kind of geometry>``, ``sources.<service>``), each with ``area_m2`` and ``planar_area_m2``, or
        ``length_m``.
    member
        Row number of each parcel's zone where zones are made from parcels, else None.
    issues
        What was found and assumed.
    files
        Every file that was read.
    gaps
        Where the parcels end or gape; None without parcels.
    queries
        What was read that is no file: database, query, number and hash of its rows.
    terrain
        Ground heights, None without a raster of them.
    canopy
        Raster that tells green from other land, None without one.
    """

    crs: CRS
    zones: gpd.GeoDataFrame
    zone_overlaps: Overlaps
    layers: Mapping[str, Clean]
    member: np.ndarray | None
    issues: tuple[Issue, ...]
    files: tuple[Path, ...] = field(default=())
    gaps: Gaps | None = None
    queries: tuple[Mapping[str, Any], ...] = ()
    terrain: Terrain | None = None
    canopy: Raster | None = None

    def frame(self, name: str) -> gpd.GeoDataFrame | None:
        """Table of a layer, None where the plan has none."""
        return self.layers[name].frame if name in self.layers else None


def read_layers(plan: Plan, *, progress: Callable[[str], None] = lambda _: None) -> Layers:
    """Read and clean every layer of a plan, one while the borders of the one before are looked at.

    Parameters
    ----------
    plan
        What is asked.
    progress
        Told the name of each layer before it is read, by the thread that reads it.

    Raises
    ------
    LayerError
        Whatever the user can mend.
    """
    issues: list[Issue] = []
    base_name, raws = _base(plan, progress)
    base = raws[base_name]
    crs, named = crs_.choose(base.frame, plan.plan.crs, place=base.place)
    issues.append(named)
    witness = placing.witness_of(base.frame, place=base.place)
    queries = []
    out: dict[str, Clean] = {}
    gaps: Gaps | None = None

    def one(name: str, table: Any) -> _Read:
        progress(name)
        raw = raws.pop(name, None) or _raw(plan, name, table)
        return _cleaned(plan, name, raw if name == base_name else _settled(raw, name, witness), crs)

    names = [name for name, _ in _tables(plan)]
    for name, read in zip(names, ahead([partial(one, *t) for t in _tables(plan)]), strict=True):
        issues += read.issues
        queries += [read.record] if read.record else []
        out.update(read.parts)
        if read.layer is None:
            continue
        layer = read.layer
        if name == "parcels":
            layer, gaps, found = _bordered(layer, plan.checks.sliver_m)
            issues += found
            drawn = len(layer.frame)
            layer, found = _parcels(plan, layer, read.sources, crs)
            issues += found
            if len(layer.frame) != drawn:  # records that share an id have become one
                gaps = _gaps(layer, plan.checks.sliver_m)
            twice = overlaps(np.asarray(layer.frame.geometry.array), least_m2=overlap.LEAST_M2, known=gaps.borders)
            issues += overlap.told(
                "parcels", layer.frame, "parcel_id", twice, severity="warning", sliver_m=plan.checks.sliver_m
            )
        if name == "roads":
            layer, other = roads.parted(layer)
            if other is not None:
                out[roads.NOT_IN_SERVICE] = other
        out[name] = layer
    land, member, found = _zones(plan, out, crs)
    issues += found
    out.pop("zones", None)
    # Every sliver counts here: the books must close to a billionth.
    shared = overlaps(np.asarray(land.geometry.array), least_m2=0.0)
    issues += overlap.told("zones", land, "zone_id", shared, severity="error", sliver_m=plan.checks.sliver_m)
    measured = [land, *(out[n].frame for n in ("parcels", "platforms") if n in out)]
    ground, canopy, found = open_rasters(plan, crs, measured)
    issues += found
    issues += _apart(land, out)
    if plan.plan.area_basis == "ledger" and "parcels" in out and "land_area_m2" not in out["parcels"].frame:
        issues.append(
            Issue(
                "LEDGER_AREA_ABSENT",
                "warning",
                "parcels",
                len(out["parcels"].frame),
                'area_basis = "ledger", but the parcels have no land_area: figures by area are missing.',
                'Map the column land_area, or write area_basis = "measured".',
                "planner",
            )
        )
    return Layers(crs, land, shared, out, member, tuple(issues), _files(plan), gaps, tuple(queries), ground, canopy)


@dataclass(frozen=True)
class _Read:
    """A layer that is read and clean, all but parcels measured, with what is told of its source.

    One that holds shapes of several kinds has become ``parts``, by name.
    """

    layer: Clean | None
    issues: list[Issue]
    sources: Mapping[str, ColumnSource]
    record: Mapping[str, Any]
    parts: Mapping[str, Clean] = field(default_factory=dict)


def _cleaned(plan: Plan, name: str, raw: Raw, crs: CRS) -> _Read:
    """Clean a layer; measure it, unless it is the parcels, which may still grow by slivers."""
    kind = name.split(".", maxsplit=1)[0]
    if plan.layers.works is not None and kind == "works":
        parts, issues = works.parted(raw, plan.layers.works, crs, plan)
        return _Read(None, issues, raw.sources, raw.record, parts)
    layer, issues = clean(
        raw,
        crs,
        layer=name,
        dimension=_DIMENSION.get(kind),
        id_column=vocabulary.id_column(name),
        repair_limit=plan.checks.repair_limit,
    )
    if name == "roads":
        layer, found = roads.read(layer, plan.layers.roads, raw.sources)
        issues += found
    elif name == "batches":
        layer, found = stages.classify(layer, plan.layers.batches)
        issues += found
    elif kind in ("services", "sources"):
        spec = getattr(plan.layers, kind)[name.removeprefix(f"{kind}.")]
        own = raw.sources.get("status")
        layer, found = in_service.classify(
            layer, spec, name, as_of=plan.plan.as_of, status_field=own.column if own else None
        )
        issues += found
    if name != "parcels":
        layer = sized(layer, crs, plan.plan.area)
    return _Read(layer, issues, raw.sources, raw.record)


def _tables(plan: Plan) -> list[tuple[str, Any]]:
    """Layers of a plan that are read from a file, in the order they are read."""
    spec = plan.layers
    tables: list[tuple[str, Any]] = [
        ("zones", spec.zones if spec.zones.path else None),
        ("parcels", spec.parcels),
        ("buildings", spec.buildings),
        ("roads", spec.roads),
        ("road_surfaces", spec.road_surfaces),
    ]
    tables += [(f"services.{name}", table) for name, table in spec.services.items()]
    tables += [("batches", spec.batches), ("phases", spec.phases), ("levelled", spec.levelled), ("yards", spec.yards)]
    tables += [("green", spec.green), ("platforms", spec.platforms)]
    families: dict[str, Mapping[str, Any]] = {
        "boundaries": spec.boundaries,
        "built_up": spec.built_up,
        "constraints": spec.constraints,
        "facilities": spec.facilities,
        "barriers": spec.barriers,
        "sources": spec.sources,
    }
    tables += [(f"{family}.{name}", table) for family, members in families.items() for name, table in members.items()]
    tables.append(("works", spec.works))
    return [(name, table) for name, table in tables if table is not None]


def _base(plan: Plan, progress: Callable[[str], None]) -> tuple[str, dict[str, Raw]]:
    """Read the layer whose coordinates decide where the study lies: the zones, or what they are made from.

    Where it declares no coordinate system and its coordinates leave a choice, others are read until one tells.

    Returns
    -------
    tuple
        Its name, and the layers that were read, by name.
    """
    tables = [t for t in _tables(plan) if t[0] != "works"]  # works may lie anywhere, or nowhere
    if not tables:
        raise LayerError("[layers]: a grid needs a layer to lie over. Add parcels, buildings or roads.")
    name, table = tables[0]
    progress(name)
    raws = {name: _raw(plan, name, table)}
    witness = None
    if not placing.is_sure(raws[name].frame):
        for other, its in tables[1:]:
            raws[other] = _raw(plan, other, its)
            if placing.is_sure(raws[other].frame):
                settled = _settled(raws[other], other, None)
                witness = placing.witness_of(settled.frame, place=settled.place)
                break
    raws[name] = _settled(raws[name], name, witness)
    return name, raws


def _settled(raw: Raw, name: str, witness: Witness | None) -> Raw:
    """Return a layer with its coordinate system found and looked at; works may be without any shape."""
    if name == "works" and raw.frame.geometry.isna().all():
        return raw
    frame, found = placing.settle(raw.frame, layer=name, place=raw.place, witness=witness, is_vouched=raw.is_vouched)
    return replace(raw, frame=frame, issues=[*raw.issues, *found])


def _raw(plan: Plan, name: str, table: Any) -> Raw:
    keep = (plan.layers.zones.by,) if name == "parcels" and plan.layers.zones.by else ()
    path = table.path if is_database(table.path) else plan.path(table.path)
    return read_raw(table, path, layer=name, place=f"[layers.{name}]", keep=keep)


def _parcels(plan: Plan, layer: Clean, sources: Mapping[str, ColumnSource], crs: CRS) -> tuple[Clean, list[Issue]]:
    """Parcels with one record an id, measured, their ledgers joined and their land-use class found."""
    spec = plan.layers.parcels
    assert spec is not None
    frame, issues = zones.merge_duplicates(
        layer.frame, "parcel_id", layer="parcels", rule=spec.duplicates, place="[layers.parcels]"
    )
    records = layer.records - (len(layer.frame) - len(frame))
    frame = sized(replace(layer, frame=frame), crs, plan.plan.area).frame
    if "land_area_m2" in frame:
        frame["land_area_m2"], found = units.settled(
            frame["land_area_m2"], sources["land_area"], frame["area_m2"], layer="parcels"
        )
        issues += found
    waiting = land_use.unread(spec)
    for i, table in enumerate(spec.ledger):
        place = "[layers.parcels.ledger]" + (f" no. {i + 1}" if len(spec.ledger) > 1 else "")
        frame, found = ledger.join(frame, table, plan.path(table.path), place=place, waiting=waiting)
        issues += found
    if "land_use" in frame:
        frame["land_class"], found = land_use.classify(frame["land_use"], spec, ids=frame["parcel_id"])
        issues += found
    return replace(layer, frame=frame, records=records), issues


def _gaps(layer: Clean, sliver_m: float) -> Gaps:
    shapes = np.asarray(layer.frame.geometry.array)
    known = borders(shapes)
    return Gaps(known, slits(shapes, width_m=max(sliver_m, SLIVER_M), known=known))


def _bordered(layer: Clean, sliver_m: float) -> tuple[Clean, Gaps, list[Issue]]:
    """Parcels with the slivers between them given away, and where they end or gape."""
    gaps = _gaps(layer, sliver_m)
    made, issues = slivers.filled(layer, gaps.slits, name="parcels", id_column="parcel_id")
    return made, gaps if made is layer else _gaps(made, sliver_m), issues


def _zones(plan: Plan, out: Mapping[str, Clean], crs: CRS) -> tuple[gpd.GeoDataFrame, np.ndarray | None, list[Issue]]:
    spec = plan.layers.zones
    member: np.ndarray | None = None
    issues: list[Issue] = []
    if spec.path is not None:
        frame, issues = zones.merge_duplicates(
            out["zones"].frame, "zone_id", layer="zones", rule=spec.duplicates, place="[layers.zones]"
        )
        land = zones.with_ids(frame)
    elif spec.by is not None:
        land, member, issues = zones.dissolved(out["parcels"].frame, spec.by)
    else:
        assert spec.grid is not None
        # Roads that are not in service stand before those that are, and squares are to lie over both.
        first = [roads.NOT_IN_SERVICE, "roads"] if next(iter(out)) == roads.NOT_IN_SERVICE else [next(iter(out))]
        land = zones.grid(pd.concat([out[name].frame[["geometry"]] for name in first]), spec.grid, crs)
    return sized(Clean(land, 2, len(land)), crs, plan.plan.area).frame, member, issues


def _apart(land: gpd.GeoDataFrame, out: Mapping[str, Clean]) -> list[Issue]:
    """Warn of a service or road surface that lies away from all zones: a wrong file or system, perhaps."""
    x0, y0, x1, y1 = land.total_bounds
    issues = []
    for name, layer in out.items():
        if name in (
            "parcels",
            "buildings",
            "roads",
            roads.NOT_IN_SERVICE,
        ):  # without any of these in a zone nothing is measured at all
            continue
        a0, b0, a1, b1 = layer.frame.total_bounds
        gap = float(np.hypot(max(x0 - a1, a0 - x1, 0.0), max(y0 - b1, b0 - y1, 0.0)))
        if gap > 0:
            issues.append(
                Issue(
                    "LAYER_APART",
                    "warning",
                    name,
                    len(layer.frame),
                    f"All of {counted(len(layer.frame), 'record')} lie outside the zones, {gap:,.0f} m away.",
                    "Check the coordinate system and the file.",
                )
            )
    return issues


def _files(plan: Plan) -> tuple[Path, ...]:
    names = [table.path for _, table in _tables(plan) if not is_database(table.path)]
    names += [t.path for t in (plan.layers.parcels.ledger if plan.layers.parcels else [])]
    for raster in (plan.layers.terrain, plan.layers.green_raster):
        names += raster.path if raster else []
    return tuple(dict.fromkeys(plan.path(n) for n in names))
