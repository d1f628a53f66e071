"""Blocks: the land that roads enclose, and how large it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.geometry import Cut, cut, ellipsoidal_area, faces_between, mean_width, streets, sum_by
from gisplan.measure.carriageways import found_beside, is_merged
from gisplan.measure.catalogue import Array, Figures, amount, indicator, part, ratio
from gisplan.measure.junctions import road_net
from gisplan.measure.network import levels
from gisplan.measure.pieces import SLIVER
from gisplan.measure.survey import Survey

#: Share of a block that must lie in a zone for the block to be its largest: less is the strip between a road's
#: centreline and a border drawn along its edge.
LARGEST_FROM = 0.1

#: Share of a face's border along carriageways from which it is the strip between them.
_STRIP = 2 / 3


@dataclass(frozen=True)
class Blocks:
    """Blocks of a study.

    Attributes
    ----------
    polygons
        Faces between the centrelines, shape (n,).
    area
        m² by the plan's method.
    pieces
        The same cut by zones.
    islands
        Points in the faces that are too narrow for blocks: traffic islands, median strips, shape (k,).
    """

    polygons: NDArray[np.object_]
    area: Array
    pieces: Cut
    islands: NDArray[np.object_]

    @property
    def side(self) -> Array:
        """Side of the square of the same area, m."""
        return np.asarray(np.sqrt(self.area))


def blocks(survey: Survey) -> Blocks:
    """Blocks between the roads in service, as seen from above: a bridge bounds a block as a street does."""

    def make() -> Blocks:
        spec = survey.plan.layers.roads
        assert spec is not None
        frame = survey.pieces["roads"].frame
        lines = np.asarray(frame.geometry.array)
        is_flat = len(np.unique(levels(frame))) < 2
        net = road_net(survey) if is_flat else streets(lines)
        faces = faces_between(net.edges)
        narrow = mean_width(faces) < spec.island_m if len(faces) else np.zeros(0, dtype=bool)
        if is_merged(survey) and len(faces):
            narrow |= _between_carriageways(survey, faces, spec.dual_m)
        kept = faces[~narrow]
        layers = survey.layers
        area = ellipsoidal_area(kept, layers.crs) if survey.plan.plan.area == "ellipsoid" else shapely.area(kept)
        land = np.asarray(layers.zones.geometry.array)
        if len(kept):
            pieces = cut(land, kept, dimension=2, outside=False)
        else:
            none = np.zeros(0, dtype=np.int64)
            pieces = Cut(none, none, np.zeros(0), np.zeros(0), np.zeros(0))
        return Blocks(kept, np.asarray(area), pieces, np.asarray(shapely.point_on_surface(faces[narrow])))

    return survey.once("blocks", make)


def _between_carriageways(survey: Survey, faces: NDArray[np.object_], distance: float) -> NDArray[np.bool_]:
    """Faces no wider than carriageways are apart that lie mostly along them."""
    pair = found_beside(survey)
    out = np.zeros(len(faces), dtype=bool)
    rows = np.flatnonzero(mean_width(faces) <= distance)
    if len(rows) == 0 or len(pair.line) == 0:
        return out
    middle = shapely.points(pair.ends.mean(axis=1))
    face, piece = shapely.STRtree(middle).query(shapely.boundary(faces[rows]), predicate="dwithin", distance=0.01)
    along = sum_by(face, pair.length[piece], size=len(rows))
    out[rows] = along >= _STRIP * shapely.length(faces[rows])
    return out


def _counted(survey: Survey) -> tuple[Array, Array, Array, dict[str, Array]]:
    """Blocks by zone (parts as parts), how many are behind them, share of the land that they make up, flags."""
    found = blocks(survey)
    pieces, size = found.pieces, survey.zones
    land = np.asarray(survey.layers.zones.geometry.array)
    islands = shapely.STRtree(found.islands).query(land, predicate="intersects")[0]
    real = pieces.share > SLIVER
    return (
        sum_by(pieces.zone, pieces.share, size=size),
        sum_by(pieces.zone[real], size=size),
        part(sum_by(pieces.zone, pieces.share * found.area[pieces.feature], size=size), survey.zone_area),
        {"ISLANDS": sum_by(islands, size=size)},
    )


@indicator(
    "block_count",
    unit="n",
    group="roads",
    zh="街区数",
    en="Blocks",
    listed=["roads"],
    formula_zh="道路中心线围合的街区数，跨分区的按面积比例计",
    formula_en="Faces enclosed by road centrelines, those over a border by their share of area",
)
def block_count(survey: Survey) -> Figures:
    """Blocks that roads enclose.

    Formula
    -------
    Faces between the centrelines of roads in service. A block over a zone's border counts in each zone by the share of
    its area there, so zones add up. Faces narrower than island_m (twice the area ÷ perimeter; 15 m by default) are
    islands and strips, flagged and not counted; with merge_dual so is land between the carriageways of one road. Land
    that roads do not enclose, as between the last road and the edge of a zone, is no block: known_share is the share of
    the zone that blocks make up.

    Zero
    ----
    Roads enclose nothing in the zone.

    Missing
    -------
    No road layer.

    Source
    ------
    gisplan's own convention.
    """
    count, used, share, flags = _counted(survey)
    return amount(count, n_used=used, known_share=share, counts=flags)


@indicator(
    "mean_block_area_m2",
    unit="m²",
    group="roads",
    zh="街区平均面积",
    en="Mean block area",
    listed=["roads"],
    formula_zh="街区面积之和 ÷ 街区数（跨分区的按比例）",
    formula_en="Area of blocks ÷ number of blocks (both by their share in the zone)",
)
def mean_block_area_m2(survey: Survey) -> Figures:
    """Mean area of the blocks.

    Formula
    -------
    Σ area of blocks in the zone ÷ block_count: each block has its whole area, and the weight of its share in the zone.
    Areas are between centrelines, so half of each road is within.

    Zero
    ----
    Does not occur.

    Missing
    -------
    No block in the zone, or no road layer.

    Source
    ------
    gisplan's own convention.
    """
    found = blocks(survey)
    count, used, share, flags = _counted(survey)
    total = sum_by(found.pieces.zone, found.pieces.share * found.area[found.pieces.feature], size=survey.zones)
    return ratio(total, count, n_used=used, known_share=share, counts=flags)


def _sizes(survey: Survey, value: Array) -> Figures:
    _, used, share, flags = _counted(survey)
    nan = np.full(survey.zones, np.nan)
    return Figures(value, nan, nan, used, np.zeros(survey.zones), share, counts=flags)


@indicator(
    "block_size_m",
    unit="m",
    group="roads",
    zh="街区边长（中位数）",
    en="Block size, median",
    listed=["roads"],
    formula_zh="各街区面积平方根的中位数，跨分区的按面积比例加权",
    formula_en="Median of √area of the blocks, weighted by their share in the zone",
)
def block_size_m(survey: Survey) -> Figures:
    """Middle size of the blocks.

    Formula
    -------
    Median of the square roots of the blocks' areas, each weighted by the share of the block in the zone.

    Zero
    ----
    Does not occur.

    Missing
    -------
    No block in the zone, or no road layer.

    Source
    ------
    街区尺度; the side of a square of the same area. GB/T 51328-2018 limits the distance between roads (unverified).
    """
    found = blocks(survey)
    pieces = found.pieces
    return _sizes(survey, medians(pieces.zone, found.side[pieces.feature], pieces.share, size=survey.zones))


@indicator(
    "block_size_mean_m",
    unit="m",
    group="roads",
    zh="街区边长（平均）",
    en="Block size, mean",
    listed=["roads"],
    formula_zh="各街区面积平方根的平均值，跨分区的按面积比例加权",
    formula_en="Mean of √area of the blocks, weighted by their share in the zone",
)
def block_size_mean_m(survey: Survey) -> Figures:
    """Mean size of the blocks.

    Formula
    -------
    Mean of the square roots of the blocks' areas, each weighted by the share of the block in the zone.

    Zero
    ----
    Does not occur.

    Missing
    -------
    No block in the zone, or no road layer.

    Source
    ------
    As block_size_m.
    """
    found = blocks(survey)
    count, used, share, flags = _counted(survey)
    total = sum_by(found.pieces.zone, found.pieces.share * found.side[found.pieces.feature], size=survey.zones)
    return ratio(total, count, n_used=used, known_share=share, counts=flags)


@indicator(
    "block_size_max_m",
    unit="m",
    group="roads",
    zh="街区边长（最大）",
    en="Block size, largest",
    listed=["roads"],
    formula_zh="各街区面积平方根的最大值（至少一成在分区内）",
    formula_en="Greatest √area of the blocks with at least a tenth in the zone",
)
def block_size_max_m(survey: Survey) -> Figures:
    """Size of the largest block.

    Formula
    -------
    Greatest square root of a block's whole area, among blocks of which at least a tenth lies in the zone.

    Zero
    ----
    Does not occur.

    Missing
    -------
    No such block in the zone, or no road layer.

    Source
    ------
    As block_size_m.
    """
    found = blocks(survey)
    mine = found.pieces.share >= LARGEST_FROM
    most = np.full(survey.zones, -np.inf)
    np.maximum.at(most, found.pieces.zone[mine], found.side[found.pieces.feature[mine]])
    return _sizes(survey, np.where(np.isfinite(most), most, np.nan))


def medians(group: NDArray[np.int64], values: Array, weights: Array, *, size: int) -> Array:
    """Weighted median of values by group, NaN where a group has no weight; the middle of two that share the half.

    Parameters
    ----------
    group
        0 … size − 1, shape (n,).
    values, weights
        Shape (n,), no weight below 0.

    Returns
    -------
    numpy.ndarray
        Shape (size,).
    """
    out = np.full(size, np.nan)
    order = np.lexsort((values, group))
    g, v, w = group[order], values[order], weights[order]
    start = np.searchsorted(g, np.arange(size + 1))
    for i in np.unique(g):  # zone by zone
        mine = slice(start[i], start[i + 1])
        passed = np.cumsum(w[mine])
        half, near = passed[-1] / 2, 1e-9 * passed[-1]
        low = int(np.searchsorted(passed, half - near))
        high = int(np.searchsorted(passed, half + near, side="right"))
        out[i] = (v[mine][low] + v[mine][min(high, len(passed) - 1)]) / 2
    return out
