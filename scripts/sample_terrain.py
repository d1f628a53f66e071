"""Terrain of the sample: a river plain that rises to a hill in the south-east, terraced where levelled."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import from_origin
from sample_park import CRS, Ground
from sample_sheet import area, river_v, to_sheet

CELL_M = 12.0
MARGIN_M = 240.0
NODATA = -9999.0
STEP_M = 1 / 32  # heights in 3 cm steps: the deflated file is a third of the size


def write_dem(ground: Ground, levelled: gpd.GeoDataFrame, path: Path) -> None:
    """Write the heights, nodata where the survey did not go."""
    x0, y0, x1, y1 = ground.boundary.buffer(MARGIN_M).bounds
    left, top = np.floor(x0 / CELL_M) * CELL_M, np.ceil(y1 / CELL_M) * CELL_M
    shape = int((top - y0) // CELL_M) + 1, int((x1 - left) // CELL_M) + 1
    transform = from_origin(left, top, CELL_M, CELL_M)
    column, row = np.meshgrid(np.arange(shape[1]) + 0.5, np.arange(shape[0]) + 0.5)
    xy = np.column_stack([left + column.ravel() * CELL_M, top - row.ravel() * CELL_M])
    height = _natural(*to_sheet(xy).T).reshape(shape)
    height = _terraced(height, ground, levelled, transform)
    surveyed = rasterize([ground.boundary.buffer(MARGIN_M)], out_shape=shape, transform=transform)
    height = np.where(surveyed == 1, np.round(height / STEP_M) * STEP_M, NODATA).astype("float32")
    profile = {
        "driver": "GTiff",
        "dtype": "float32",
        "count": 1,
        "width": shape[1],
        "height": shape[0],
        "crs": CRS,
        "transform": transform,
        "nodata": NODATA,
        "compress": "deflate",
        "predictor": 3,
        "zlevel": 9,
    }
    with rasterio.open(path, "w", **profile) as file:
        file.write(height, 1)


def _natural(u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
    away = v - river_v(u)
    plain = 8.5 + 0.0022 * np.abs(away) + 0.0006 * u
    hill = 27 * np.exp(-(((u - 3150) / 620) ** 2) - ((v + 60) / 520) ** 2)
    knoll = 11 * np.exp(-(((u - 1950) / 300) ** 2) - ((v - 150) / 260) ** 2)
    waves = 0.5 * np.sin(u / 160) * np.cos(v / 190)
    bed = 4.2 * np.exp(-((away / 30) ** 2))
    return np.clip(plain + hill + knoll + waves - bed, 5.0, 40.0)


def _terraced(
    height: NDArray[np.float64], ground: Ground, levelled: gpd.GeoDataFrame, transform: rasterio.Affine
) -> NDArray[np.float64]:
    """Lay every levelled block almost level at its mean height; a slight fall is left so that it drains."""
    done = shapely.union_all(levelled.geometry[levelled.status == "done"].values)
    plots = [b.intersection(done) for b in ground.blocks]
    numbered = [(p, k) for k, p in enumerate(plots, start=1) if not p.is_empty]
    block = rasterize(numbered, out_shape=height.shape, transform=transform, dtype="int32")
    total = np.bincount(block.ravel(), weights=height.ravel())
    mean = total / np.maximum(np.bincount(block.ravel()), 1)
    return np.where(block > 0, mean[block] + 0.12 * (height - mean[block]), height)


def levelled_ground(zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Outline the levelled ground: the three older zones as a whole, and a third of the start-up area."""
    start_up = area([(1400, 1200), (2370, 1200), (2360, 262), (1850, 262), (1840, 330), (1400, 330)])
    second = area([(2370, 690), (2880, 690), (2880, 560), (2370, 560)])
    old = [zones.geometry[zones.zone_id == z].iloc[0] for z in ("Z1", "Z2", "Z4")]
    third = zones.geometry[zones.zone_id == "Z3"].iloc[0]
    rows = [
        ("V01", "Z1", "done", 100, "2006-09-30", old[0]),
        ("V02", "Z2", "done", 100, "2017-11-20", old[1]),
        ("V03", "Z4", "done", 100, "2012-05-31", old[2]),
        ("V04", "Z3", "done", 100, "2023-12-15", third.intersection(start_up)),
        ("V05", "Z3", "under way", 45, None, third.intersection(second)),
    ]
    columns = ["levelled_id", "zone", "status", "percent", "done_date", "geometry"]
    frame = gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=CRS)
    frame["done_date"] = pd.to_datetime(frame.done_date).astype("datetime64[ms]")
    frame["geometry"] = shapely.set_precision(frame.geometry.values, 0.01)
    frame["area_mu"] = (frame.area * 3 / 2000).round(1)
    return frame
