"""Rasters for tests, drawn by a function of east and north."""

from pathlib import Path

import numpy as np
import rasterio
from affine import Affine


def write_raster(
    file: Path,
    function,
    *,
    west,
    north,
    cell,
    rows,
    columns,
    crs="EPSG:4549",
    dtype="float64",
    nodata=None,
    turn=0.0,
    **more,
):
    """Write a raster of square cells whose values are a function of the east and north of their middles.

    ``turn`` turns it by degrees about its north-western corner.
    """
    c, s = np.cos(np.radians(turn)) * cell, np.sin(np.radians(turn)) * cell
    move = Affine(c, s, west, s, -c, north)
    column, row = np.meshgrid(np.arange(columns) + 0.5, np.arange(rows) + 0.5)
    x, y = move.a * column + move.b * row + move.c, move.d * column + move.e * row + move.f
    values = np.asarray(function(x, y) + np.zeros((rows, columns)))
    bands = values if values.ndim == 3 else values[None]
    options = {"driver": "GTiff", "crs": crs, "transform": move, "nodata": nodata, **more}
    with rasterio.open(file, "w", width=columns, height=rows, count=len(bands), dtype=dtype, **options) as out:
        out.write(bands.astype(dtype))
    return file
