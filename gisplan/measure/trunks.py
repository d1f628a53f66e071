"""The trunk grid: how many trunk roads run lengthwise (纵) and crosswise (横) through each zone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gisplan.geometry import MEETS_M, Cut, cut, sum_by
from gisplan.geometry.cut import _edges
from gisplan.geometry.strokes import strokes
from gisplan.measure.catalogue import Array, Figures, amount, indicator
from gisplan.measure.roads import trunk_classes
from gisplan.measure.survey import Survey

#: Length (m) that a trunk road must have in a zone to count there: less is a corner of the zone that it clips.
LEAST_M = 200.0

_DIGITS = "零一二三四五六七八九"


@dataclass(frozen=True)
class Trunks:
    """Trunk roads of a study; lines of one name are one road, those without a name as far as they run on straight.

    Attributes
    ----------
    name
        Name of each road, None without one, shape (n,).
    roads
        Their lines.
    length
        m.
    is_lengthwise
        True for those that run with the axis of the grid that is nearest to north, over more than half of their length.
    axis
        Degrees from north to that axis, clockwise, −45 to 45; NaN without trunk roads.
    pieces
        The same cut by zones.
    """

    name: NDArray[np.object_]
    roads: NDArray[np.object_]
    length: Array
    is_lengthwise: NDArray[np.bool_]
    axis: float
    pieces: Cut

    @property
    def counted(self) -> NDArray[np.bool_]:
        """Pieces long enough for their road to count in the zone."""
        # A centimetre's grace: what is drawn 200 m long may be measured a little shorter on the ellipsoid.
        return np.asarray(self.pieces.share * self.length[self.pieces.feature] >= LEAST_M - MEETS_M)


def trunks(survey: Survey) -> Trunks:
    """Trunk roads in service and the way they run."""
    return survey.once("trunks", lambda: _trunks(survey))


def _trunks(survey: Survey) -> Trunks:
    frame = survey.pieces["roads"].frame
    spec = survey.plan.layers.roads
    assert spec is not None
    mine = frame["road_class"].isin(trunk_classes(survey)).to_numpy(dtype=bool)
    lines = np.asarray(frame.geometry.array)
    named = frame["name"] if "name" in frame else pd.Series(None, index=frame.index, dtype=object)
    called = mine & named.notna().to_numpy()
    names, number = np.unique(named[called].astype(str), return_inverse=True)
    parts, of = shapely.get_parts(lines[called], return_index=True)
    order = np.argsort(number[of], kind="stable")
    whole = shapely.multilinestrings(parts[order], indices=number[of][order]) if len(parts) else parts
    loose = strokes(lines[mine & ~called])
    roads = np.concatenate([whole, loose])
    name = np.concatenate([names.astype(object), np.full(len(loose), None, dtype=object)])
    planar = shapely.length(roads)
    drawn = float(shapely.length(lines[mine]).sum())
    scale = float(survey.pieces["roads"].size[mine].sum()) / drawn if drawn else 1.0
    axis, is_lengthwise = _ways(roads)
    land = np.asarray(survey.layers.zones.geometry.array)
    if len(roads):
        pieces = cut(land, roads, dimension=1, edge_rule=spec.edge_rule)
    else:
        none = np.zeros(0, dtype=np.int64)
        pieces = Cut(none, none, np.zeros(0), np.zeros(0), np.zeros(0))
    return Trunks(name, roads, planar * scale, is_lengthwise, axis, pieces)


def _ways(roads: NDArray[np.object_]) -> tuple[float, NDArray[np.bool_]]:
    """Axis of the grid that roads make, and which of them run with it."""
    if len(roads) == 0:
        return float("nan"), np.zeros(0, dtype=bool)
    edges, owner = _edges(roads)
    way = edges[:, 1] - edges[:, 0]
    length = np.hypot(way[:, 0], way[:, 1])
    bearing = np.arctan2(way[:, 0], way[:, 1])
    # A grid looks the same after a quarter turn, so bearings are averaged as four times themselves.
    axis = np.arctan2((length * np.sin(4 * bearing)).sum(), (length * np.cos(4 * bearing)).sum()) / 4
    along = np.abs(np.cos(bearing - axis)) >= np.sqrt(0.5)
    share = sum_by(owner, np.where(along, length, 0.0), size=len(roads)) / sum_by(owner, length, size=len(roads))
    return float(np.degrees(axis)), share > 0.5


def _lacks_classes(survey: Survey) -> bool:
    return bool((survey.pieces["roads"].frame["road_class"] == "unclassified").all())


def _counted(survey: Survey, *, is_lengthwise: bool) -> Figures:
    if _lacks_classes(survey):
        nan, none = np.full(survey.zones, np.nan), np.zeros(survey.zones)
        return Figures(nan, nan, nan, none, none, nan, note="INPUT_MISSING:road_class")
    found = trunks(survey)
    mine = found.counted & (found.is_lengthwise[found.pieces.feature] == is_lengthwise)
    count = sum_by(found.pieces.zone[mine], size=survey.zones)
    return amount(count, n_used=count)


@indicator(
    "trunk_lengthwise",
    unit="n",
    group="roads",
    zh="纵向干道数",
    en="Trunk roads lengthwise",
    listed=["roads"],
    formula_zh="干线等级、沿路网主轴（最接近南北向者）延伸、在分区内不少于200 m 的道路条数",
    formula_en="Trunk roads along the grid's axis nearest to north, with at least 200 m in the zone",
)
def trunk_lengthwise(survey: Survey) -> Figures:
    """Trunk roads that run lengthwise (纵).

    Formula
    -------
    Roads of the trunk classes (the plan's, expressway and arterial by default); lines of one name are one road, those
    without a name as far as they carry on straight. The axis of the grid is the mean of all bearings weighted by
    length, a quarter turn making no difference; lengthwise are the roads that for more than half of their length lie
    within 45° of that axis which is nearest to north. A road counts in every zone in which it has at least 200 m.

    Zero
    ----
    No such road in the zone.

    Missing
    -------
    No road of the layer has a known class, or there is no road layer.

    Source
    ------
    几纵几横 of the parks' work plans; the 200 m are gisplan's own.
    """
    return _counted(survey, is_lengthwise=True)


@indicator(
    "trunk_crosswise",
    unit="n",
    group="roads",
    zh="横向干道数",
    en="Trunk roads crosswise",
    listed=["roads"],
    formula_zh="干线等级、垂直于路网主轴延伸、在分区内不少于200 m 的道路条数",
    formula_en="Trunk roads across the grid's axis nearest to north, with at least 200 m in the zone",
)
def trunk_crosswise(survey: Survey) -> Figures:
    """Trunk roads that run crosswise (横).

    Formula
    -------
    As trunk_lengthwise, for the other trunk roads.

    Zero
    ----
    No such road in the zone.

    Missing
    -------
    As trunk_lengthwise.

    Source
    ------
    As trunk_lengthwise.
    """
    return _counted(survey, is_lengthwise=False)


def numeral(number: int) -> str:
    """Count below 100 in Chinese numerals, others in digits: 两, 五, 十二, 三十."""
    if number == 2:
        return "两"
    if not 0 <= number < 100:
        return str(number)
    tens, ones = divmod(number, 10)
    ten = "" if tens == 0 else "十" if tens == 1 else _DIGITS[tens] + "十"
    return ten + (_DIGITS[ones] if ones or not tens else "")


def label(lengthwise: int, crosswise: int) -> dict[str, str]:
    """Name of a grid in both languages: 三纵四横, 3 lengthwise, 4 crosswise; what there is none of is left out."""
    if not lengthwise and not crosswise:
        return {"zh": "无", "en": "none"}
    zh = [f"{numeral(n)}{word}" for n, word in ((lengthwise, "纵"), (crosswise, "横")) if n]
    en = [f"{n} {word}" for n, word in ((lengthwise, "lengthwise"), (crosswise, "crosswise")) if n]
    return {"zh": "".join(zh), "en": ", ".join(en)}


def grid_table(survey: Survey) -> pd.DataFrame | None:
    """Trunk grid of each zone and, in a last row without an id, of the study; None where there is none to tell of.

    Returns
    -------
    pandas.DataFrame
        ``zone_id, grid_zh, grid_en, lengthwise, crosswise, lengthwise_roads, crosswise_roads`` (names joined by a
        semicolon, unnamed ones as their number), ``trunk_length_m`` (as drawn; of the study inside all zones),
        ``axis_deg`` (clockwise from north).
    """
    if "roads" not in survey.pieces or _lacks_classes(survey):
        return None
    found = trunks(survey)
    if len(found.roads) == 0:
        return None
    pieces, counted = found.pieces, found.counted
    length = sum_by(pieces.zone, pieces.share * found.length[pieces.feature], size=survey.zones)
    inside = sum_by(pieces.feature, pieces.share, size=len(found.roads)) * found.length
    of_zone = [pieces.feature[counted & (pieces.zone == z)] for z in range(survey.zones)]
    rows = []
    for zone_id, roads, metres in zip(
        [*survey.layers.zones["zone_id"], None],
        [*of_zone, np.flatnonzero(inside >= LEAST_M - MEETS_M)],
        [*length, float(length.sum())],
        strict=True,
    ):
        along, across = roads[found.is_lengthwise[roads]], roads[~found.is_lengthwise[roads]]
        named = label(len(along), len(across))
        rows.append(
            {
                "zone_id": zone_id,
                "grid_zh": named["zh"],
                "grid_en": named["en"],
                "lengthwise": len(along),
                "crosswise": len(across),
                "lengthwise_roads": _listed(found.name[along]),
                "crosswise_roads": _listed(found.name[across]),
                "trunk_length_m": metres,
                "axis_deg": found.axis,
            }
        )
    return pd.DataFrame(rows)


def _listed(names: NDArray[np.object_]) -> str:
    told = sorted(str(n) for n in names if n is not None)
    nameless = sum(n is None for n in names)
    return ";".join([*told, *([f"({nameless})"] if nameless else [])])
