"""A raster of ground heights: whether it is there and covers the zones."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import rasterio
import rasterio.errors
from rasterio.warp import transform_bounds
from shapely.geometry import box

from gisplan.errors import LayerError
from gisplan.issues import Issue


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
    except rasterio.errors.RasterioIOError:
        raise LayerError(f"[layers.terrain]: {path.name} is not a raster gisplan reads. Give e.g. a GeoTIFF.") from None
    covered = float(zones.geometry.intersection(box(*bounds)).area.sum() / zones.geometry.area.sum())
    issues = [
        Issue(
            "TERRAIN_NOT_MEASURED",
            "note",
            "terrain",
            1,
            f"{path.name} ({cells}) covers {covered:.1%} of the zones; this version checks it but measures no slope.",
            "",
            "planner",
        )
    ]
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
