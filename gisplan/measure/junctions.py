"""How the roads of each zone hang together: junctions and dead ends."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from gisplan.geometry import MEETS_M, Streets, cut, dangles, merged_nodes, streets, sum_by
from gisplan.measure.carriageways import found_beside, is_merged, road_groups
from gisplan.measure.catalogue import Array, Figures, indicator, ratio
from gisplan.measure.network import levels
from gisplan.measure.survey import Survey

_KM2 = 1e6

#: An end within this of the study's edge (m) is taken to be cut off there rather than to end.
EDGE_M = 1.0

#: Share of a disc around an end that the zones must cover for the end not to lie on the study's edge; a circle of 32
#: corners, cut along a border, comes out a rounding smaller.
_COVERED = 1 - 1e-6


def road_net(survey: Survey) -> Streets:
    """Roads in service, split where they meet; those of different levels do not meet but at their ends."""

    def make() -> Streets:
        frame = survey.pieces["roads"].frame
        return streets(np.asarray(frame.geometry.array), levels(frame))

    return survey.once("road net", make)


def junctions(survey: Survey) -> NDArray[np.object_]:
    """Points where three or more legs of roads meet, shape (k,)."""
    xy, legs = _nodes(survey)
    return np.asarray(shapely.points(xy[legs >= 3]))


def dead_ends(survey: Survey) -> NDArray[np.object_]:
    """Points where a road ends and no other one meets it, shape (k,).

    Ends at the study's edge are left out, and those that miss another road by less than the plan's ``snap_m``.
    """

    def make() -> NDArray[np.object_]:
        xy, legs = _nodes(survey)
        ends = xy[legs == 1]
        ends = np.asarray(shapely.points(ends[~_is_slip(survey, ends)]))
        return ends[~_on_edge(ends, np.asarray(survey.layers.zones.geometry.array))]

    return survey.once("dead ends", make)


def _nodes(survey: Survey) -> tuple[Array, NDArray[np.int64]]:
    def make() -> tuple[Array, NDArray[np.int64]]:
        net = road_net(survey)
        if not is_merged(survey):
            return net.xy, net.legs
        spec = survey.plan.layers.roads
        assert spec is not None
        return merged_nodes(net, found_beside(survey), road_groups(survey), distance=spec.dual_m)

    return survey.once("road nodes", make)


def _is_slip(survey: Survey, ends: Array) -> NDArray[np.bool_]:
    """Ends that stop just short of another road, or just beyond it: faults of the drawing, which the check tells of."""
    snap = survey.plan.checks.snap_m
    if len(ends) == 0 or snap <= MEETS_M:
        return np.zeros(len(ends), dtype=bool)
    lines = np.asarray(survey.pieces["roads"].frame.geometry.array)
    found = dangles(lines, snap_m=snap, meets_m=MEETS_M)
    if len(found.xy) == 0:
        return np.zeros(len(ends), dtype=bool)
    return np.asarray(cKDTree(found.xy).query(ends)[0] < MEETS_M)


def _on_edge(ends: NDArray[np.object_], land: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Where the land of all zones together ends within `EDGE_M` of a point."""
    out = np.zeros(len(ends), dtype=bool)
    if len(ends) == 0:
        return out
    borders = shapely.boundary(land)
    end, _ = shapely.STRtree(borders).query(ends, predicate="dwithin", distance=EDGE_M)
    rows = np.unique(end)
    discs = shapely.buffer(ends[rows], EDGE_M)
    disc, zone = shapely.STRtree(land).query(discs, predicate="intersects")
    parts = shapely.intersection(discs[disc], land[zone])
    # End by end: only the few that lie on a border come here; zones may overlap, so their parts are joined.
    for i, row in enumerate(rows):
        out[row] = shapely.area(shapely.union_all(parts[disc == i])) < _COVERED * shapely.area(discs[i])
    return out


def _by_zone(survey: Survey, points: NDArray[np.object_]) -> tuple[Array, Array]:
    """Points by zone, those on a border shared out by the plan's rule, and how many are behind them."""
    spec = survey.plan.layers.roads
    if len(points) == 0 or spec is None:
        return np.zeros(survey.zones), np.zeros(survey.zones)
    land = np.asarray(survey.layers.zones.geometry.array)
    pieces = cut(land, points, dimension=0, tolerance=MEETS_M, edge_rule=spec.edge_rule)
    return sum_by(pieces.zone, pieces.share, size=survey.zones), sum_by(pieces.zone, size=survey.zones)


@indicator(
    "intersection_density",
    unit="1/km²",
    group="roads",
    zh="交叉口密度",
    en="Intersection density",
    needs=["roads"],
    formula_zh="三岔及以上路口数 ÷ 分区面积（km²）",
    formula_en="Junctions of three or more legs ÷ zone area (km²)",
)
def intersection_density(survey: Survey) -> Figures:
    """Junctions for each km².

    Formula
    -------
    Number of places where three or more legs meet ÷ zone area. Lines that cross are taken to meet, unless a column
    (level, bridge, tunnel) tells them apart; a junction on a border counts by the plan's edge_rule, 1/n in each of n
    zones by default. With merge_dual, the junctions that a road makes with two carriageways are one, and the
    carriageways one leg.

    Zero
    ----
    No junction in the zone.

    Missing
    -------
    No road layer.

    Source
    ------
    UN-Habitat's intersection density (≥ 3 legs). Bridges that no column tells of count as junctions.
    """
    count, used = _by_zone(survey, junctions(survey))
    return ratio(count, survey.zone_area / _KM2, n_used=used)


@indicator(
    "dead_end_share",
    unit="share",
    group="roads",
    zh="断头路比例",
    en="Dead ends",
    listed=["roads"],
    formula_zh="断头路端点数 ÷（断头路端点数 + 路口数）",
    formula_en="Dead ends ÷ (dead ends + junctions)",
)
def dead_end_share(survey: Survey) -> Figures:
    """Share of dead ends among the nodes of the road net.

    Formula
    -------
    Ends of roads that meet no other road ÷ (those ends + junctions of three or more legs). An end within 1 m of the
    edge of the study's land is where the drawing was cut off, and one that misses another road by less than the plan's
    snap_m (1 m by default) is a slip of it: they count in neither. On a border between zones both count by the plan's
    edge_rule.

    Zero
    ----
    Every road runs on from junction to junction.

    Missing
    -------
    Neither a junction nor a dead end in the zone, or no road layer.

    Source
    ------
    gisplan's own convention.
    """
    ends, end_count = _by_zone(survey, dead_ends(survey))
    meets, meet_count = _by_zone(survey, junctions(survey))
    return ratio(ends, ends + meets, n_used=end_count + meet_count)
