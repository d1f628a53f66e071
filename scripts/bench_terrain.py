"""Time slope and zonal statistics of a raster of a hundred megapixels for 100,000 parcels and 100 zones.

gisplan reads the raster block by block and measures heights, slopes by class, aspects and extremes of every parcel and
zone, each cell by the part that lies inside. Beside it, in the same run: a plain script that holds the whole raster in
memory, takes Horn's slope with numpy and the mean slope of parcels with ``rasterstats`` (some of them, told how many,
for all of them would take minutes), and one that takes the mean slope of all parcels with ``exactextract``. Means must
be those of exactextract, which cuts cells exactly too, and near those of rasterstats, which counts cells by their
middle.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from bench_sides import Clock, child, peak_gb

#: What gisplan may take for 100,000 parcels on 10,000 × 10,000 cells.
LIMIT_S, LIMIT_GB = 60.0, 2.0

#: Cells along the side of the raster.
SIDE = 10_000

#: Parcels that rasterstats is given.
SOME = 2_000

CORNER = (500_000.0, 3_410_000.0)


def parcels(size: int) -> Any:
    """Parcels in rows, a little askew to the cells."""
    import shapely

    across = int(np.ceil(np.sqrt(size)))
    pitch = SIDE / across
    k = np.arange(size)
    x, y = CORNER[0] + k % across * pitch, CORNER[1] - SIDE + k // across * pitch
    lean = 0.03 * pitch
    corners = [(1, 1), (pitch - 2, 1 + lean), (pitch - 2 - lean, pitch - 1), (1 - lean / 2, pitch - 2)]
    rings = np.stack([np.column_stack([x + dx, y + dy]) for dx, dy in [*corners, corners[0]]], axis=1)
    return shapely.polygons(rings)


def make(file: Path) -> None:
    """Write the raster: hills, waves and a little roughness."""
    import rasterio
    from rasterio.transform import from_origin

    shape = {"width": SIDE, "height": SIDE, "count": 1, "dtype": "float32", "nodata": -9999}
    tiles = {"tiled": True, "blockxsize": 256, "blockysize": 256}
    random = np.random.default_rng(1)
    x = np.arange(SIDE)
    with rasterio.open(
        file, "w", driver="GTiff", crs="EPSG:4549", transform=from_origin(*CORNER, 1, 1), **shape, **tiles
    ) as out:
        for row in range(0, SIDE, 256):
            y = np.arange(row, min(SIDE, row + 256))[:, None]
            z = 40 + 25 * np.sin(x / 900) * np.cos(y / 700) + 3 * np.sin(x / 61 + y / 83)
            z += random.normal(0, 0.01, z.shape)
            out.write(z.astype("float32"), 1, window=rasterio.windows.Window(0, row, SIDE, len(y)))


def ours(data: Path) -> dict[str, Any]:
    """Measure with gisplan."""
    import shapely
    from pyproj import CRS

    from gisplan.measure.terrain_sums import sum_terrain
    from gisplan.plan import Terrain
    from gisplan.read.terrain import open_terrain

    land = np.load(data / "parcels.npy", allow_pickle=False)
    shapes = shapely.from_wkb(land)
    step = SIDE / 10
    corner = [(CORNER[0] + i * step, CORNER[1] - SIDE + j * step) for j in range(10) for i in range(10)]
    zones = np.array([shapely.box(a, b, a + step, b + step) for a, b in corner])
    clock = Clock()
    file = data / "dem.tif"
    bounds = (CORNER[0], CORNER[1] - SIDE, CORNER[0] + SIDE, CORNER[1])
    terrain, _ = clock("open", lambda: open_terrain(Terrain(path=[str(file)]), [file], CRS(4549), bounds))
    both = np.concatenate([zones, shapes])
    sums = clock("all figures", lambda: sum_terrain(terrain, both, limits=np.full(len(both), 0.15)))
    return {
        "seconds": clock.seconds,
        "total": sum(clock.seconds.values()),
        "peak_gb": peak_gb(),
        "means": sums.mean_slope[len(zones) :].tolist(),
    }


def _slopes(data: Path) -> Any:
    """Whole raster and its slopes by Horn, with numpy alone."""
    import rasterio

    with rasterio.open(data / "dem.tif") as file:
        z = file.read(1)
        move = file.transform
    out = np.full(z.shape, np.nan, dtype="float32")
    for row in range(0, SIDE - 2, 1000):
        part = z[row : min(SIDE, row + 1002)].astype(float)
        a, b = part[:-2] + 2 * part[1:-1] + part[2:], part[:, :-2] + 2 * part[:, 1:-1] + part[:, 2:]
        out[row + 1 : row + len(part) - 1, 1:-1] = np.hypot(a[:, 2:] - a[:, :-2], b[:-2] - b[2:]) / 8
    return out, move


def peer(data: Path) -> dict[str, Any]:
    """Mean slope of some parcels with rasterstats."""
    import shapely
    from rasterstats import zonal_stats

    shapes = shapely.from_wkb(np.load(data / "parcels.npy", allow_pickle=False))
    clock = Clock()
    slopes, move = clock("read and slope", lambda: _slopes(data))
    some = np.linspace(0, len(shapes) - 1, min(SOME, len(shapes))).astype(int)
    geometry = [shapely.geometry.mapping(s) for s in shapes[some]]
    found = clock("means", lambda: zonal_stats(geometry, slopes, affine=move, stats=["mean"], nodata=np.nan))
    each = clock.seconds["means"] / len(some)
    return {
        "seconds": clock.seconds,
        "total": clock.seconds["read and slope"] + each * len(shapes),
        "peak_gb": peak_gb(),
        "some": some.tolist(),
        "means": [f["mean"] for f in found],
    }


def exact(data: Path) -> dict[str, Any]:
    """Mean slope of all parcels with exactextract."""
    import shapely
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    shapes = shapely.from_wkb(np.load(data / "parcels.npy", allow_pickle=False))
    clock = Clock()
    slopes, _ = clock("read and slope", lambda: _slopes(data))
    raster = NumPyRasterSource(slopes, CORNER[0], CORNER[1] - SIDE, CORNER[0] + SIDE, CORNER[1], nodata=np.nan)
    geometry = [{"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(s)} for s in shapes]
    table = clock("means", lambda: exact_extract(raster, geometry, ["mean"], output="pandas"))
    return {
        "seconds": clock.seconds,
        "total": sum(clock.seconds.values()),
        "peak_gb": peak_gb(),
        "means": table["mean"].tolist(),
    }


def run(size: int, folder: Path) -> dict[str, Any]:
    """Time all sides and compare their means."""
    import shapely

    data = folder / f"terrain-{size}"
    data.mkdir(parents=True, exist_ok=True)
    if not (data / "parcels.npy").exists():
        began = time.perf_counter()
        make(data / "dem.tif")
        np.save(data / "parcels.npy", np.array(shapely.to_wkb(parcels(size)).tolist()))
        print(f"raster and parcels made in {time.perf_counter() - began:.0f} s")
    sides = {name: child(f"terrain {name}", data) for name in ("ours", "exact", "peer")}
    mine, theirs, plain = sides["ours"], sides["exact"], sides["peer"]
    print(f"\nslope and zonal statistics of {SIDE:,} × {SIDE:,} cells for {size:,} parcels")
    print(f"  gisplan, every figure of parcels and 100 zones  {mine['total']:7.1f} s {mine['peak_gb']:6.2f} GB")
    print(f"  numpy and exactextract, mean slope of parcels   {theirs['total']:7.1f} s {theirs['peak_gb']:6.2f} GB")
    print(
        f"  numpy and rasterstats, mean slope, by the time   {plain['total']:6.1f} s {plain['peak_gb']:6.2f} GB\n"
        f"    of {len(plain['some']):,} parcels ({plain['seconds']['means']:.1f} s)"
    )
    off = float(np.nanmax(np.abs(np.array(mine["means"]) / np.array(theirs["means"], dtype=float) - 1)))
    near = np.array(plain["means"], dtype=float) / np.array(mine["means"])[plain["some"]] - 1
    print(f"  means: within {off:.1e} of exactextract, {np.nanmax(np.abs(near)):.1%} of rasterstats at most")
    wrong = off > 1e-4 or float(np.nanmean(np.abs(near))) > 0.02
    over = mine["total"] > LIMIT_S or mine["peak_gb"] > LIMIT_GB
    if wrong or over:
        raise SystemExit(f"  {'means DIFFER' if wrong else f'above {LIMIT_S:g} s or {LIMIT_GB:g} GB'}")
    return {k: {n: v for n, v in side.items() if n not in ("means", "some")} for k, side in sides.items()}
