"""One layer as read → clean records in the study's coordinate system, plus what was found on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gisplan import vocabulary
from gisplan.errors import LayerError, counted, first_ids
from gisplan.geometry import Repaired, ellipsoidal_area, ellipsoidal_length, repair
from gisplan.issues import Issue
from gisplan.read import crs as crs_
from gisplan.read import invalid
from gisplan.read.raw import Raw

_KINDS = {0: "points", 1: "lines", 2: "polygons"}
_NAMES = {0: "Point", 1: "LineString", 2: "Polygon"}


@dataclass(frozen=True)
class Clean:
    """A layer ready to be measured, and what was rejected.

    Attributes
    ----------
    frame
        Stored columns and valid geometry in the study's coordinate system, index 0…n−1.
    dimension
        0, 1 or 2.
    records
        Features that came in: those of the frame and the rejected ones.
    rejected
        Ids of the records that could not be used.
    rejected_size
        Their planar size (m² or m) as far as it can be told.
    """

    frame: gpd.GeoDataFrame
    dimension: int
    records: int
    rejected: tuple[str, ...] = ()
    rejected_size: float = 0.0


def dominant_dimension(frame: gpd.GeoDataFrame) -> int:
    """Dimension (0, 1, 2) of most geometries of a layer."""
    dimensions = shapely.get_dimensions(frame.geometry.array)
    counts = np.bincount(dimensions[dimensions >= 0], minlength=3)
    return int(np.argmax(counts))


def clean(
    raw: Raw, crs: CRS, *, layer: str, dimension: int | None, id_column: str | None, repair_limit: float = 1.0
) -> tuple[Clean, list[Issue]]:
    """Project a layer, mend its geometry, reject what cannot be mended and give every record an id.

    Parameters
    ----------
    raw
        The layer as read.
    crs
        The study's coordinate system.
    dimension
        What the layer must hold; None takes what most of it is.
    id_column
        Canonical id column, if the layer has one.
    repair_limit
        Largest share of the layer's size that mending may change.

    Raises
    ------
    LayerError
        Nothing usable is left, the layer holds the wrong kind of geometry altogether, or mending would change
        too much.
    """
    dim = dominant_dimension(raw.frame) if dimension is None else dimension
    ids, issues = ids_of(raw.frame, id_column, layer=layer)
    mended, fixed, found = _mended(raw, crs, dim, layer=layer)
    issues = [*raw.issues, *found, *issues]
    issues += _heights(raw.frame, layer=layer)
    rejected = shapely.is_missing(fixed.geometry)
    if rejected.all():
        raise LayerError(f"{raw.place}: {_nothing_usable(raw.frame, dim)} Give another layer.")
    invalid.require_small(fixed, ids, dimension=dim, limit=repair_limit, place=raw.place)
    drawn_wrong = np.flatnonzero(fixed.is_repaired)
    drawn_wrong = drawn_wrong[~shapely.is_valid(np.asarray(raw.frame.geometry.array[drawn_wrong]))]
    if len(drawn_wrong):
        issues += invalid.by_kind(raw.frame.iloc[drawn_wrong], crs, ids.iloc[drawn_wrong], layer=layer)
    issues += _repair_issues(fixed.is_repaired, rejected, fixed, ids, layer=layer, unit="m²" if dim == 2 else "m")
    if rejected.any():
        issues[-1] = replace(issues[-1], places=invalid.middles(raw.frame[rejected], crs))
    frame = mended.assign(**{id_column or "feature_id": ids}).loc[~rejected].reset_index(drop=True)
    lost = (*raw.lost, *(str(i) for i in ids[rejected]))
    return Clean(
        frame, dim, len(raw.frame) + len(raw.lost), lost, float(np.nansum(fixed.size_before[rejected]))
    ), issues


def sized(layer: Clean, crs: CRS, method: str) -> Clean:
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


def _heights(frame: gpd.GeoDataFrame, *, layer: str) -> list[Issue]:
    """Say that heights of the corners are there and no figure uses them."""
    n = int(shapely.has_z(np.asarray(frame.geometry.array)).sum())
    if n == 0:
        return []
    told = f"{counted(n, 'record')} with heights (Z), which no figure uses: areas and lengths are those of the map."
    return [Issue("HEIGHTS_UNUSED", "note", layer, n, told)]


def _nothing_usable(frame: gpd.GeoDataFrame, dimension: int) -> str:
    """Say what a layer holds of which no record can be used."""
    geometry = np.asarray(frame.geometry.array)
    full = geometry[~(shapely.is_missing(geometry) | shapely.is_empty(geometry))]
    n = counted(len(frame), "record")
    if len(full) == 0:
        return f"none of its {n} has a geometry."
    kinds = sorted({g.geom_type for g in full})
    if any(k.endswith(_NAMES[dimension]) for k in kinds):
        return f"none of its {n} has a usable geometry."
    return f"holds {first_ids(kinds)} where {_KINDS[dimension]} are needed ({n})."


def _mended(raw: Raw, crs: CRS, dimension: int, *, layer: str) -> tuple[gpd.GeoDataFrame, Repaired, list[Issue]]:
    """Mend a layer and bring it into the study's coordinate system; sizes are told in that system.

    Geometry is looked at where it was drawn and again where it is measured, for rounding can break (or hide)
    a fault on the way.
    """
    before = raw.frame
    drawn = repair(np.asarray(before.geometry.array), dimension=dimension)
    flat = before.set_geometry(gpd.GeoSeries(drawn.geometry, index=before.index, crs=before.crs))
    moved, issues = crs_.project(flat, crs, layer=layer)
    if moved is flat:
        return flat, drawn, issues
    fixed = repair(np.asarray(moved.geometry.array), dimension=dimension)
    was = np.flatnonzero(drawn.is_repaired)
    if len(was):
        fixed.is_repaired[was] = ~shapely.is_missing(fixed.geometry[was])
        original = gpd.GeoSeries(shapely.force_2d(np.asarray(before.geometry.array)[was]), crs=before.crs).to_crs(crs)
        # A part that lies beyond the reach of the projection has no size there.
        with np.errstate(invalid="ignore", over="ignore"):
            fixed.size_before[was] = np.nan_to_num(original.area if dimension == 2 else original.length)
    told = drawn.reason != ""
    fixed.reason[told] = drawn.reason[told]
    return moved.set_geometry(gpd.GeoSeries(fixed.geometry, index=moved.index, crs=crs)), fixed, issues


def ids_of(frame: gpd.GeoDataFrame, column: str | None, *, layer: str) -> tuple[pd.Series, list[Issue]]:
    """Id of each record: its own, or # and its number in the file."""
    if column in frame and frame[column].notna().all():
        return frame[column], []
    own = frame[column].to_numpy(dtype=object) if column in frame else None
    blank = np.ones(len(frame), dtype=bool) if own is None else pd.isna(own)
    mark = "#"
    while own is not None and set(own[~blank]) & {f"{mark}{i}" for i in frame.index[blank]}:
        mark += "#"
    numbers = np.array([f"{mark}{i}" for i in frame.index], dtype=object)
    places = "its place" if blank.sum() == 1 else "their places"
    called = f"called {first_ids(numbers[blank])} after {places} in the file"
    if own is None:
        if column not in vocabulary.REQUIRED_COLUMNS.get(layer, ()):
            return pd.Series(numbers, index=frame.index), []
        return pd.Series(numbers, index=frame.index), [
            Issue(
                "ID_MISSING",
                "warning",
                layer,
                len(frame),
                f"There is no {column}: records are {called}.",
                f'Map it: columns = {{ {column} = "…" }}.',
                "planner",
            )
        ]
    n = int(blank.sum())
    return pd.Series(np.where(blank, numbers, own), index=frame.index, dtype=object), [
        Issue(
            "ID_MISSING",
            "warning",
            layer,
            n,
            f"{counted(n, 'record')} without {column}, {called}.",
            "Give each an id.",
            features=list(numbers[blank]),
        )
    ]


def _repair_issues(
    repaired: np.ndarray, rejected: np.ndarray, fixed: Any, ids: pd.Series, *, layer: str, unit: str
) -> list[Issue]:
    issues = []
    if repaired.any():
        before, after = fixed.size_before[repaired].sum(), fixed.size_after[repaired].sum()
        listed = [
            f"{i} ({r}: {b:,.2f} → {a:,.2f} {unit})"
            for i, r, b, a in zip(
                ids[repaired],
                fixed.reason[repaired],
                fixed.size_before[repaired],
                fixed.size_after[repaired],
                strict=True,
            )
        ]
        n = int(repaired.sum())
        issues.append(
            Issue(
                "GEOMETRY_REPAIRED",
                "warning",
                layer,
                n,
                f"{counted(n, 'record')} mended, {before:,.2f} {unit} before and {after:,.2f} {unit} after "
                f"({after - before:+,.2f}): {first_ids(ids[repaired].tolist())}.",
                "Look at the places and correct the drawing.",
                features=listed,
                ids=[str(i) for i in ids[repaired]],
            )
        )
    if rejected.any():
        n = int(rejected.sum())
        listed = [f"{i} ({r})" for i, r in zip(ids[rejected], fixed.reason[rejected], strict=True)]
        reasons = pd.Series(fixed.reason[rejected]).value_counts().sort_index()
        sums = "" if n <= 5 else " In all: " + ", ".join(f"{r} ({k:,})" for r, k in reasons.items()) + "."
        issues.append(
            Issue(
                "GEOMETRY_REJECTED",
                "error",
                layer,
                n,
                f"{counted(n, 'record')} cannot be used: {first_ids(listed)}.{sums}",
                "Put them into a layer of their own."
                if all(r.startswith("is a ") for r in reasons.index)
                else "Correct the drawing.",
                features=listed,
                ids=[str(i) for i in ids[rejected]],
            )
        )
    return issues
