"""A raster of ground heights: whether it is there and covers the zones."""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import rasterio.errors
from rasterio.warp import transform_bounds
from shapely.geometry import box

from gisplan.errors import LayerError, counted
from gisplan.issues import Issue

#: Length (m) of a degree of latitude, and of one of longitude on the equator.
DEGREE_M = 111_320.0


def look(path: Path, zones: gpd.GeoDataFrame) -> list[Issue]:
    """Open a terrain raster and say how much of the zones it covers.

    Raises
    ------
    LayerError
        It is no raster, or has no coordinate system.
    """
    try:
        with rasterio.open(path) as raster:
            if raster.crs is None:
                raise LayerError(f"[layers.terrain]: {path.name} has no coordinate system. Declare it in the file.")
            bounds = transform_bounds(raster.crs, zones.crs, *raster.bounds, densify_pts=21)
            cells = f"{raster.width} × {raster.height} cells"
            issues = [*_in_degrees(raster, path.name), *_without_nodata(raster, path.name)]
    except rasterio.errors.RasterioIOError:
        raise LayerError(f"[layers.terrain]: {path.name} is not a raster gisplan reads. Give e.g. a GeoTIFF.") from None
    covered = float(zones.geometry.intersection(box(*bounds)).area.sum() / zones.geometry.area.sum())
    issues.append(
        Issue(
            "TERRAIN_NOT_MEASURED",
            "note",
            "terrain",
            1,
            f"{path.name} ({cells}) covers {covered:.1%} of the zones; this version checks it but measures no slope.",
            "",
            "planner",
        )
    )
    if covered < 0.999:
        issues.append(
            Issue(
                "TERRAIN_PARTIAL",
                "warning",
                "terrain",
                1,
                f"{path.name} covers only {covered:.1%} of the zones.",
                "Give a raster that covers them all.",
            )
        )
    return issues


def _in_degrees(raster: rasterio.DatasetReader, name: str) -> list[Issue]:
    """Say that cells are no squares in metres."""
    if not raster.crs.is_geographic:
        return []
    across, along = raster.res
    middle = (raster.bounds.bottom + raster.bounds.top) / 2
    metres = DEGREE_M * along, DEGREE_M * across * math.cos(math.radians(middle))
    return [
        Issue(
            "TERRAIN_IN_DEGREES",
            "note",
            "terrain",
            1,
            f"{name} is in degrees: a cell of {across:.6f}° × {along:.6f}° is {metres[1]:.1f} m × {metres[0]:.1f} m "
            f"here, so a slope taken straight from its cells would be wrong about {DEGREE_M:,.0f}-fold.",
            "Bring it into a system in metres before measuring slopes elsewhere.",
        )
    ]


def _without_nodata(raster: rasterio.DatasetReader, name: str) -> list[Issue]:
    """Count cells of 0, and of the greatest value the type holds, where the file names no value for missing."""
    if raster.nodata is not None:
        return []
    kind = np.dtype(raster.dtypes[0])
    most = np.iinfo(kind).max if kind.kind in "iu" else np.inf
    zero = full = 0
    # Block by block: a raster may be larger than the memory.
    for _, window in raster.block_windows(1):
        values = raster.read(1, window=window)
        zero += int((values == 0).sum())
        full += int((values == most).sum())
    if not zero and not full:
        return []
    cells = raster.width * raster.height
    return [
        Issue(
            "TERRAIN_SUSPECT_VALUES",
            "warning",
            "terrain",
            zero + full,
            f"{name} names no value for missing, and {zero:,} of {counted(cells, 'cell')} are 0"
            + (f" and {full:,} {'is' if full == 1 else 'are'} {most}, the greatest {kind} can hold" if full else "")
            + ": heights or nothing known, nobody can tell.",
            "Give the file a nodata value.",
        )
    ]
