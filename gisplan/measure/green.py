"""Green cover: the land under trees, shrubs and lawn as seen from above, from shapes or from a raster."""

from __future__ import annotations

from functools import partial

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.geometry import coverage, covered, each, signed, sum_by
from gisplan.measure.catalogue import Array, Figures, indicator, part, ratio
from gisplan.measure.developed import land_area
from gisplan.measure.survey import Survey
from gisplan.measure.terrain_sums import Block, blocks
from gisplan.plan import GreenRaster
from gisplan.read.raster import Raster


def has_green(survey: Survey) -> bool:
    """Whether the plan names green land, as shapes or as a raster."""
    return "green" in survey.layers.layers or survey.layers.canopy is not None


def is_green(values: list[Array], source: GreenRaster) -> Array:
    """Tell green cells: 1 green, 0 not, NaN where nothing is known.

    Parameters
    ----------
    values
        The band, or red and near infrared; NaN where nothing is known.
    source
        What the plan takes for green: classes, or NDVI = (near infrared − red) ÷ (near infrared + red) of at least a
        threshold. Where both are 0 there is no index.
    """
    if source.classes:
        return np.where(np.isnan(values[0]), np.nan, np.isin(values[0], source.classes).astype(float))
    if len(values) == 2:
        red, near = values
        with np.errstate(invalid="ignore", divide="ignore"):
            index = np.where(near + red != 0, (near - red) / (near + red), np.nan)
    else:
        index = values[0]
    with np.errstate(invalid="ignore"):
        return np.where(np.isnan(index), np.nan, (index >= source.ndvi).astype(float))


def _block(
    raster: Raster, source: GreenRaster, shapes: NDArray[np.object_], block: Block
) -> tuple[NDArray[np.int64], Array, Array]:
    some, columns = block.some, block.columns
    bands = [raster.block(block.row, block.column, block.rows, columns, band=b) for b in source.bands]
    own = is_green(bands, source).ravel()
    known = ~np.isnan(own)
    sums = []
    for amount in (np.where(known, own, 0.0), known.astype(float)):
        up_to = np.concatenate([[0.0], np.cumsum(amount)])
        total = np.zeros(len(some))
        for cells in coverage(shapes[some], block.of(raster.grid)):
            first = cells.span_row * columns + cells.start
            last = cells.span_row * columns + cells.stop
            total += sum_by(cells.feature, cells.share * amount[cells.row * columns + cells.column], size=len(some))
            total += sum_by(cells.span_feature, cells.span_share * (up_to[last] - up_to[first]), size=len(some))
        sums.append(total)
    return some, sums[0], sums[1]


def green_cells(raster: Raster, source: GreenRaster, shapes: NDArray[np.object_]) -> tuple[Array, Array]:
    """Green area, and area of which anything is known, of (multi)polygons; in cells, shape (n,)."""
    green, known = np.zeros(len(shapes)), np.zeros(len(shapes))
    for some, own, told in each([partial(_block, raster, source, shapes, b) for b in blocks(raster.grid, shapes)]):
        green[some] += own
        known[some] += told
    return green, known


def _by_raster(survey: Survey) -> tuple[Array, Array]:
    """Green share and known share of the zones and, behind them, the parcels."""
    raster, source = survey.layers.canopy, survey.plan.layers.green_raster
    assert raster is not None and source is not None
    frames = [survey.layers.zones, *(f for f in (survey.layers.frame("parcels"),) if f is not None)]
    shapes = np.concatenate([np.asarray(f.geometry.array) for f in frames])
    green, known = green_cells(raster, source, shapes)
    return part(green, known), np.minimum(known * raster.grid.cell_m2 / shapely.area(shapes), 1.0)


def green_shares(survey: Survey) -> tuple[Array, Array]:
    """Green share, and share of which anything is known, of the zones and behind them the parcels, by a raster."""
    return survey.once("green by raster", lambda: _by_raster(survey))


def _shapes(survey: Survey) -> tuple[NDArray[np.object_], Array]:
    """Green shapes and, where they overlap, the cells to be taken off again, each with its m²."""
    shapes, weight = signed(np.asarray(survey.layers.layers["green"].frame.geometry.array))
    return shapes, weight * land_area(survey, shapes)


def _green_in(survey: Survey, targets: NDArray[np.object_]) -> Array:
    """m² of green in each of some (multi)polygons, each bit of land once."""
    return covered(targets, *survey.once("green land", lambda: _shapes(survey)))


@indicator(
    "green_cover_rate",
    unit="share",
    group="green",
    zh="绿化覆盖率",
    en="Green cover rate",
    formula_zh="绿化覆盖投影面积（重叠只计一次）÷ 分区面积",
    formula_en="Area under green, overlaps counted once ÷ zone area",
    listed=["green_cover"],
)
def green_cover_rate(survey: Survey) -> Figures:
    """Share of the zone that is green as seen from above (绿化覆盖率).

    Formula
    -------
    Area of the union of the green shapes in the zone ÷ zone area; with a raster, area of the green cells ÷ area of the
    cells of which anything is known, each by the part of it that lies in the zone. Not the green rate of a site
    (绿地率), which counts land set aside for green.

    Zero
    ----
    No green in the zone.

    Missing
    -------
    The raster tells nothing of the zone. Partial where it tells of a part only.

    Source
    ------
    绿化覆盖率 as park work plans use it (25 % in old, 35 % in new zones; unverified).
    """
    area = survey.zone_area
    if "green" in survey.layers.layers:
        return ratio(_green_in(survey, np.asarray(survey.layers.zones.geometry.array)), area,
                     n_used=survey.pieces["green"].count())  # fmt: skip
    share, known = (a[: survey.zones] for a in green_shares(survey))
    some = known > 0
    lacking = np.where(known > 1 - 1e-6, 0.0, 1.0)
    return Figures(share, share * known * area, known * area, some.astype(float), lacking, known)


def parcel_green(survey: Survey) -> dict[str, Array]:
    """Column of ``parcels.csv`` with the green cover of each parcel; none without green."""
    frame = survey.layers.frame("parcels")
    if frame is None or not has_green(survey):
        return {}
    if "green" in survey.layers.layers:
        area = frame["area_m2"].to_numpy(dtype=float)
        return {"green_cover_rate": part(_green_in(survey, np.asarray(frame.geometry.array)), area)}
    return {"green_cover_rate": green_shares(survey)[0][survey.zones :]}
