"""Rasters in the study's coordinate system, read block by block: one may be larger than the memory."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import rasterio.errors
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio.enums import MaskFlags, Resampling
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from gisplan.errors import LayerError, on_one_line
from gisplan.geometry import Grid

Array = NDArray[np.float64]

#: Cells of one raster lie on those of another when they are off by less than this part of a cell.
ALIGNED = 1e-3


@dataclass(frozen=True)
class Tile:
    """One file of a raster.

    Attributes
    ----------
    path
        The file.
    crs
        Its coordinate system.
    bounds
        West, south, east and north in the study's coordinate system.
    across, down
        Width and height of its cells in the study's coordinate system (m).
    is_straight
        Whether its cells lie north up in the study's own system, so that they are taken as they are.
    nodata
        Value for nothing known, None where nothing tells.
    left, top
        Its corner, where it is straight.
    """

    path: Path
    crs: CRS
    bounds: tuple[float, float, float, float]
    across: float
    down: float
    is_straight: bool
    nodata: float | None
    left: float = math.nan
    top: float = math.nan


@dataclass(frozen=True)
class Raster:
    """Tiles on one grid of the study's coordinate system.

    Attributes
    ----------
    tiles
        The files; where they overlap the first counts.
    crs
        The study's.
    grid
        Cells that matter to the study.
    is_warped
        Whether cells had to be made anew.
    is_classes
        Whether values are classes, of which there is nothing in between.
    """

    tiles: tuple[Tile, ...]
    crs: CRS
    grid: Grid
    is_warped: bool
    is_classes: bool = False

    def block(self, row: int, column: int, rows: int, columns: int, *, band: int = 1) -> Array:
        """Read some cells of the grid, and such beyond it; NaN where nothing is known.

        Parameters
        ----------
        row, column
            The first.
        rows, columns
            How many.
        band
            Which band, the first being 1.

        Returns
        -------
        numpy.ndarray
            Shape (rows, columns).

        Raises
        ------
        LayerError
            A file is damaged.
        """
        part = self.grid.part(row, column, rows, columns)
        out = np.full((rows, columns), np.nan)
        for tile in self.tiles:
            x0, y0, x1, y1 = tile.bounds
            reach = part.reach(np.array([[x0, y0, x1, y1]]))[0]
            if reach[0] >= reach[2] or reach[1] >= reach[3]:
                continue
            try:
                values = self._warped(tile, part, band) if self.is_warped else _straight(tile, part, band)
            except (rasterio.errors.RasterioError, OSError) as error:
                raise damaged(tile.path, error) from None
            gaps = np.isnan(out)
            out[gaps] = values[gaps]
        return out

    def _warped(self, tile: Tile, part: Grid, band: int) -> Array:
        with rasterio.open(tile.path) as file:
            options = {
                "crs": self.crs.to_wkt(),
                "src_crs": tile.crs.to_wkt(),
                "transform": rasterio.Affine(part.dx, 0, part.left, 0, -part.dy, part.top),
                "width": part.columns,
                "height": part.rows,
                "resampling": Resampling.nearest if self.is_classes else Resampling.bilinear,
                "src_nodata": tile.nodata,
                "nodata": np.nan,
                "dtype": "float64",
                # Between four cells, and no more: what GDAL takes for a change of scale, of a turned raster too, would
                # smooth over further ones and lay waves on every plane.
                "XSCALE": 1,
                "YSCALE": 1,
                "tolerance": 0.001,  # of a cell: GDAL's own eighth shows as steps in the slopes
            }
            with WarpedVRT(file, **options) as warped:
                return _scaled(file, band, np.asarray(warped.read(band), dtype=float))


def damaged(path: Path, error: Exception) -> LayerError:
    """Say that a part of a raster cannot be read, in the driver's words for what lies at the bottom of it."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return LayerError(f"{path.name}: a part of it cannot be read ({on_one_line(cause)}). Get the file anew.")


def _straight(tile: Tile, part: Grid, band: int) -> Array:
    out = np.full((part.rows, part.columns), np.nan)
    with rasterio.open(tile.path) as file:
        column, row = round((part.left - tile.left) / part.dx), round((tile.top - part.top) / part.dy)
        c0, r0 = max(column, 0), max(row, 0)
        c1, r1 = min(column + part.columns, file.width), min(row + part.rows, file.height)
        if c0 >= c1 or r0 >= r1:
            return out
        window = Window(c0, r0, c1 - c0, r1 - r0)
        values = file.read(band, window=window)
        unknown = np.zeros(values.shape, dtype=bool) if tile.nodata is None else values == tile.nodata
        flags = file.mask_flag_enums[band - 1]
        if MaskFlags.per_dataset in flags or MaskFlags.alpha in flags:
            unknown |= file.read_masks(band, window=window) == 0
        values = _scaled(file, band, values.astype(float))
    values[unknown | ~np.isfinite(values)] = np.nan
    out[r0 - row : r1 - row, c0 - column : c1 - column] = values
    return out


def _scaled(file: rasterio.DatasetReader, band: int, values: Array) -> Array:
    scale, offset = file.scales[band - 1], file.offsets[band - 1]
    return values if (scale, offset) == (1.0, 0.0) else values * scale + offset


def open_raster(
    paths: Sequence[Path],
    study: CRS,
    bounds: tuple[float, float, float, float],
    *,
    place: str,
    bands: Sequence[int],
    crs: str | None = None,
    nodata: float | None = None,
    is_classes: bool = False,
) -> Raster:
    """Open the tiles of a raster and lay the study's grid over what of it matters.

    Cells that lie north up in the study's own system are taken as they are. Others are made anew, square and never
    smaller than the largest side of the file's own, by bilinear interpolation (classes: the nearest).

    Parameters
    ----------
    paths
        The files.
    study
        The study's coordinate system, in metres.
    bounds
        West, south, east and north of what is to be measured (m).
    place
        How the plan calls the raster, for messages.
    bands
        Bands that will be read.
    crs, nodata
        What the plan says of the files.
    is_classes
        Whether values are classes.

    Raises
    ------
    LayerError
        A file is no raster, has no coordinate system or not these bands.
    """
    tiles = tuple(_tile(p, study, place=place, bands=bands, crs=crs, nodata=nodata) for p in paths)
    first = tiles[0]
    is_warped = not all(
        t.is_straight
        and math.isclose(t.across, first.across, rel_tol=1e-6)
        and math.isclose(t.down, first.down, rel_tol=1e-6)
        and _is_whole((t.left - first.left) / first.across)
        and _is_whole((t.top - first.top) / first.down)
        for t in tiles
    )
    west = max(bounds[0], min(t.bounds[0] for t in tiles))
    south = max(bounds[1], min(t.bounds[1] for t in tiles))
    east = min(bounds[2], max(t.bounds[2] for t in tiles))
    north = min(bounds[3], max(t.bounds[3] for t in tiles))
    if is_warped:
        dx = dy = max(max(t.across, t.down) for t in tiles)
        left, top = 0.0, 0.0
    else:
        dx, dy, left, top = first.across, first.down, first.left, first.top
    if west >= east or south >= north:
        return Raster(tiles, study, Grid(left, top, dx, dy, 0, 0), is_warped, is_classes)
    c0, c1 = math.floor((west - left) / dx), math.ceil((east - left) / dx)
    r0, r1 = math.floor((top - north) / dy), math.ceil((top - south) / dy)
    grid = Grid(left, top, dx, dy, 0, 0).part(r0, c0, r1 - r0, c1 - c0)
    return Raster(tiles, study, grid, is_warped, is_classes)


def _is_whole(number: float) -> bool:
    return abs(number - round(number)) < ALIGNED


def _opened(path: Path) -> rasterio.DatasetReader:
    """Open a raster; one that does not say where it lies is told by an error of its own, and not by a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        return rasterio.open(path)


def _tile(path: Path, study: CRS, *, place: str, bands: Sequence[int], crs: str | None, nodata: float | None) -> Tile:
    try:
        with _opened(path) as file:
            if file.crs is None and crs is None:
                raise LayerError(f"{place}: {path.name} has no coordinate system. Declare it in the file, or as crs.")
            if lacking := [b for b in bands if b > file.count]:
                raise LayerError(f"{place}: {path.name} has {file.count} band(s), none numbered {lacking[0]}.")
            own = CRS.from_user_input(file.crs.to_wkt() if file.crs is not None else crs)
            flat = own.sub_crs_list[0] if own.is_compound else own
            move = file.transform
            if not (move.determinant and file.width and file.height) or move == rasterio.Affine.identity():
                raise LayerError(f"{place}: {path.name} does not say where it lies. Give a georeferenced raster.")
            straight = flat.equals(study, ignore_axis_order=True) and move.b == move.d == 0 and move.a > 0 > move.e
            value = file.nodata if nodata is None else nodata
            if straight:
                bounds = tuple(file.bounds)
                return Tile(path, own, bounds, move.a, -move.e, True, value, move.c, move.f)
            ends = ((0, 0), (file.width, 0), (0, file.height), (file.width, file.height))
            corners = [_at(move, *end) for end in ends]
            xs, ys = zip(*corners, strict=True)
            box = (min(xs), min(ys), max(xs), max(ys))
            wkt = flat.to_wkt()
            bounds = transform_bounds(wkt, study.to_wkt(), *box, densify_pts=21)
            across, down = _cell_m(file, flat, study)
            return Tile(path, flat, bounds, across, down, False, value)
    except rasterio.errors.RasterioIOError:
        raise LayerError(f"{place}: {path.name} is not a raster gisplan reads. Give e.g. a GeoTIFF.") from None


def _at(move: rasterio.Affine, column: float, row: float) -> tuple[float, float]:
    """Place of a corner of cells."""
    return move.a * column + move.b * row + move.c, move.d * column + move.e * row + move.f


def _cell_m(file: rasterio.DatasetReader, own: CRS, study: CRS) -> tuple[float, float]:
    """Width and height in metres of the cell in a raster's middle."""
    column, row = file.width / 2, file.height / 2
    corners = [_at(file.transform, *c) for c in ((column, row), (column + 1, row), (column, row + 1))]
    xs, ys = Transformer.from_crs(own, study, always_xy=True).transform(
        [c[0] for c in corners], [c[1] for c in corners]
    )
    return math.hypot(xs[1] - xs[0], ys[1] - ys[0]), math.hypot(xs[2] - xs[0], ys[2] - ys[0])
