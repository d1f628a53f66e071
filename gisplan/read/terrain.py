"""Ground heights: which raster, in which unit, and what its header and cells leave in doubt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import rasterio
import rasterio.errors
from numpy.typing import NDArray
from pyproj import CRS

from gisplan import vocabulary
from gisplan.errors import counted
from gisplan.geometry import Grid
from gisplan.issues import Issue, Severity
from gisplan.plan import Plan
from gisplan.plan import Terrain as TerrainSource
from gisplan.read.raster import Raster, damaged, open_raster

#: Length (m) of a degree of latitude, and of one of longitude on the equator.
DEGREE_M = 111_320.0


@dataclass(frozen=True)
class Terrain:
    """Ground heights in metres on the study's grid.

    Attributes
    ----------
    raster
        Where they are read from.
    band
        The band that holds them.
    unit_m
        Length of their unit in metres.
    """

    raster: Raster
    band: int
    unit_m: float

    @property
    def grid(self) -> Grid:
        """The cells."""
        return self.raster.grid

    def block(self, row: int, column: int, rows: int, columns: int) -> NDArray[np.float64]:
        """Heights in metres of some cells, NaN where not known; see `gisplan.read.raster.Raster.block`."""
        values = self.raster.block(row, column, rows, columns, band=self.band)
        return values if self.unit_m == 1 else values * self.unit_m


def open_rasters(
    plan: Plan, crs: CRS, frames: Sequence[gpd.GeoDataFrame]
) -> tuple[Terrain | None, Raster | None, list[Issue]]:
    """Open the rasters of a plan: ground heights, and green as seen from above.

    Parameters
    ----------
    plan
        What is asked.
    crs
        The study's coordinate system.
    frames
        What is to be measured; what of the rasters lies further away does not matter.

    Raises
    ------
    LayerError
        A file is no raster, or has no coordinate system.
    """
    boxes = np.array([f.total_bounds for f in frames])
    (west, south), (east, north) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    bounds = (float(west), float(south), float(east), float(north))
    ground, canopy = None, None
    issues: list[Issue] = []
    if (spec := plan.layers.terrain) is not None:
        ground, issues = open_terrain(spec, [plan.path(p) for p in spec.path], crs, bounds)
    if (green := plan.layers.green_raster) is not None:
        canopy = open_raster(
            [plan.path(p) for p in green.path],
            crs,
            bounds,
            place="[layers.green_raster]",
            bands=green.bands,
            crs=green.crs,
            nodata=green.nodata,
            is_classes=bool(green.classes),
        )
    return ground, canopy, issues


def open_terrain(
    source: TerrainSource, paths: list[Path], study: CRS, bounds: tuple[float, float, float, float]
) -> tuple[Terrain, list[Issue]]:
    """Open the ground heights of a plan and say what of them is in doubt.

    Parameters
    ----------
    source, paths
        What the plan says, and its files.
    study
        The study's coordinate system.
    bounds
        West, south, east and north of what is to be measured.

    Raises
    ------
    LayerError
        A file is no raster, or has no coordinate system.
    """
    raster = open_raster(
        paths, study, bounds, place="[layers.terrain]", bands=[source.band], crs=source.crs, nodata=source.nodata
    )
    unit, issues = _unit(source, raster)
    if raster.is_warped:
        issues.append(_warped(raster, study))
    with rasterio.open(paths[0]) as file:
        issues += _in_degrees(file, paths[0].name)
    for tile in raster.tiles:
        if tile.nodata is None:
            issues += _without_nodata(tile.path, source.band)
    return Terrain(raster, source.band, vocabulary.terrain("units")[unit]["metres"]), issues


def _unit(source: TerrainSource, raster: Raster) -> tuple[str, list[Issue]]:
    """Unit of the heights: the plan's, else the one the file names, else metres; and what speaks against it."""
    tile = raster.tiles[0]
    with rasterio.open(tile.path) as file:
        own = _named(file.units[source.band - 1])
        if own is None and file.crs is not None:
            own = _vertical(CRS.from_user_input(file.crs.to_wkt()))
    name = tile.path.name
    if source.unit is not None:
        if own is not None and own != source.unit:
            return source.unit, [
                _told(
                    "TERRAIN_UNIT_DIFFERS",
                    "warning",
                    f"{name} says its heights are in {own}, the plan in {source.unit}.",
                    "Check which is right; the plan's word is used.",
                    "planner",
                )
            ]
        return source.unit, []
    if own is not None:
        said = f"{name} says its heights are in {own}; they were brought into metres."
        return own, [] if own == "m" else [_told("TERRAIN_UNIT_FROM_FILE", "note", said, "", "planner")]
    lengths = {a.unit_conversion_factor for a in tile.crs.axis_info[:2]} if tile.crs.is_projected else {1.0}
    if not all(math.isclose(x, 1.0) for x in lengths):
        return "m", [
            _told(
                "TERRAIN_UNIT_SUSPECT",
                "warning",
                f"{name} names no unit of height, but its coordinates are in {tile.crs.axis_info[0].unit_name}: its "
                "heights, read as metres, may be in feet, and slopes and volumes then 3.3 times too large.",
                'Write unit = "m", "ft" or "us_ft" in [layers.terrain].',
                "planner",
            )
        ]
    return "m", []


def _told(code: str, severity: Severity, message: str, remedy: str, who: Literal["planner", "supplier"]) -> Issue:
    return Issue(code, severity, "terrain", 1, message, remedy, who)


def _named(word: str | None) -> str | None:
    """Unit that a file's word means; None where it has none or an unknown one."""
    said = (word or "").strip().casefold()
    return next((name for name, unit in vocabulary.terrain("units").items() if said in unit["words"]), None)


def _vertical(crs: CRS) -> str | None:
    """Unit of the vertical axis of a coordinate system that has one."""
    axes = [a for a in crs.axis_info if a.direction in ("up", "down")]
    return _named(axes[0].unit_name) if axes else None


def _warped(raster: Raster, study: CRS) -> Issue:
    side = raster.grid.dx
    return _told(
        "TERRAIN_WARPED",
        "note",
        f"{', '.join(t.path.name for t in raster.tiles[:3])}: heights were brought into {study.name} on cells of "
        f"{side:.1f} m, the largest side of the raster's own, by bilinear interpolation.",
        "",
        "planner",
    )


def _in_degrees(raster: rasterio.DatasetReader, name: str) -> list[Issue]:
    """Say that cells are no squares in metres."""
    if raster.crs is None or not raster.crs.is_geographic:
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
            f"here, so a slope taken straight from its cells would be wrong about {DEGREE_M:,.0f}-fold. Slopes are "
            "measured after it was brought into metres.",
            "Bring it into a system in metres before measuring slopes elsewhere.",
        )
    ]


def _without_nodata(path: Path, band: int) -> list[Issue]:
    """Count cells of 0, and of the greatest value the type holds, where the file names no value for missing."""
    zero = full = 0
    with rasterio.open(path) as raster:
        kind = np.dtype(raster.dtypes[band - 1])
        most = np.iinfo(kind).max if kind.kind in "iu" else np.inf
        cells = raster.width * raster.height
        # Block by block: a raster may be larger than the memory.
        for _, window in raster.block_windows(band):
            try:
                values = raster.read(band, window=window)
            except rasterio.errors.RasterioError as error:
                raise damaged(path, error) from None
            zero += int((values == 0).sum())
            full += int((values == most).sum())
    if not zero and not full:
        return []
    return [
        Issue(
            "TERRAIN_SUSPECT_VALUES",
            "warning",
            "terrain",
            zero + full,
            f"{path.name} names no value for missing, and {zero:,} of {counted(cells, 'cell')} are 0"
            + (f" and {full:,} {'is' if full == 1 else 'are'} {most}, the greatest {kind} can hold" if full else "")
            + ": heights or nothing known, nobody can tell.",
            "Give the file a nodata value, or write nodata = … in [layers.terrain].",
        )
    ]
