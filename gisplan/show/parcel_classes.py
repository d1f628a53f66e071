"""What the map makes of the parcels' infrastructure: classes of columns that hold too much, or say "unknown" in two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from gisplan import vocabulary
from gisplan.measure import Survey
from gisplan.measure.levels import ladder
from gisplan.measure.services import service_labels
from gisplan.show.map_layers import MapClass, MapColouring

#: What is neither yes nor no.
UNKNOWN = ("不明", "Not known")

#: Whether a service reaches a parcel.
SERVED = (MapClass("True", "已通", "Served", "#1b7f79"), MapClass("False", "未通", "Not served", "#e6a15c"))
LEVEL_GROUND = (
    MapClass("True", "已平整", "Levelled", "#1b7f79"),
    MapClass("False", "未平整", "Not levelled", "#e6a15c"),
)

#: Ways of power to a parcel; two that run side by side are lost together.
FEEDS = (
    MapClass("0", "无电源回路", "No feed", "#a8434b"),
    MapClass("1", "单回路", "One feed", "#f6b26b"),
    MapClass("2c", "双回路，部分同走廊", "Two feeds, partly in one corridor", "#a9b8e8"),
    MapClass("2", "双回路", "Two feeds", "#cfe3ef"),
)

FRONTAGE = (
    MapClass("True", "临路", "Fronts on a road", "#7aa6c2"),
    MapClass("False", "不临路", "On no road", "#d9480f"),
)

#: Why a parcel has no distance along the roads.
REASONS = (
    MapClass("reached", "可达", "Reached", "#7aa6c2"),
    MapClass("BARRIER", "有阻隔", "A barrier lies before all roads", "#762a83"),
    MapClass("SNAP_TOO_FAR", "离路网过远", "Too far from any road", "#d9480f"),
    MapClass("ISLAND", "路网不连通", "On roads without a way there", "#b2182b"),
    MapClass("ONE_WAY", "单行不可达", "Only against one-way roads", "#e08214"),
    MapClass("OVER_LIMIT", "超出搜索范围", "Further than was looked", "#8c8c8c"),
    MapClass("NO_FACILITY", "无此设施", "No such facility", "#543005"),
)

#: Why feeds cannot be counted.
FEED_REASONS = {
    "ISLAND": ("所在电网无电源", "Its lines lead to no source"),
    "STATUS_UNKNOWN": ("线路状态不明", "Lines of unknown status may add feeds"),
}

# From what is served worst to what is served best; apart in every common form of colour blindness.
_LADDER = ("#8c2d04", "#d95f0e", "#fe9929", "#fee391", "#c7e9b4", "#7fcdbb", "#41a6c4", "#225ea8", "#0c2c6b")
_LACKING = ("#2b8a83", "#fff3b0", "#fed976", "#feb24c", "#fd8d3c", "#f0562d", "#d7301f", "#b30000", "#7f0000",
            "#4d0000")  # fmt: skip


def with_classes(table: pd.DataFrame, survey: Survey) -> pd.DataFrame:
    """Table of the parcels with what the map colours their infrastructure by.

    Parameters
    ----------
    table
        As `gisplan.measure.tables.parcels` makes it, or as an earlier run has left it.
    survey
        The measured study.

    Returns
    -------
    pandas.DataFrame
        With ``services_served``, ``level_class`` (level, with ``+`` where more may be there), ``missing_class`` (number
        of services missing to the target, with ``+`` where of others nobody knows), ``feeds_class``, ``has_frontage``
        and ``why_<facility>``, each where there is what tells it; missing is not known.
    """
    out: dict[str, Any] = {}
    served = [table[f"served_{s}"] for s in survey.reaches if f"served_{s}" in table]
    if served and len(served) == len(survey.reaches):
        out["services_served"] = sum(column.astype(float) for column in served)
    if {"service_level", "service_level_max"} <= {*table.columns}:
        sure, most = (_texts(table[name]) for name in ("service_level", "service_level_max"))
        level = sure.where(sure == most, sure + "+")
        # Below the lowest level for all that is known is no level: it may be any.
        out["level_class"] = level.where(level != "0+", None)
    if {"services_missing", "services_unknown"} <= {*table.columns} and "service_level" in table:
        told = _texts(table["service_level"]).notna()
        lacking, open_ = (_texts(table[name]).fillna("") for name in ("services_missing", "services_unknown"))
        count = lacking.map(lambda text: str(len([p for p in text.split(";") if p])))
        count = count.where(open_ == "", count + "+")
        out["missing_class"] = count.where(told & (count != "0+"), None)
    if "power_feeds" in table:
        feeds = pd.to_numeric(table["power_feeds"], errors="coerce")
        number = feeds.map(lambda v: None if pd.isna(v) else f"{v:.0f}").astype(object)
        shared = table["common_corridor"].map(lambda v: v is True or v == 1) if "common_corridor" in table else False
        out["feeds_class"] = number.mask((number == "2") & shared, "2c")
    if "frontage_m" in table:
        length = pd.to_numeric(table["frontage_m"], errors="coerce")
        out["has_frontage"] = (length > 0).astype(object).where(length.notna(), None)
    for facility in survey.access:
        if f"reason_{facility}" in table and f"distance_{facility}_m" in table:
            reached = table[f"distance_{facility}_m"].notna()
            why = _texts(table[f"reason_{facility}"]).replace("", None)
            out[f"why_{facility}"] = why.mask(reached, "reached")
    return joined(table, out)


def joined(table: pd.DataFrame, columns: Mapping[str, Any]) -> pd.DataFrame:
    """Table with further columns, added all at once: there may be more than a hundred of them."""
    further = pd.DataFrame(dict(columns), index=table.index)
    return pd.concat([table.drop(columns=[n for n in columns if n in table]), further], axis=1).copy()


def _texts(column: pd.Series[Any]) -> pd.Series[Any]:
    """Column of texts and None."""
    return column.astype(object).where(column.notna(), None)


def colourings(frame: pd.DataFrame, beside: pd.DataFrame | None, survey: Survey) -> list[MapColouring]:
    """Ways to colour parcels by what reaches them.

    Parameters
    ----------
    frame
        Parcels as `with_classes` gives them.
    beside
        Those of another run, whose classes get a colour too.
    survey
        The measured study.
    """
    found = []
    for name, zh, en, classes in (
        ("level_class", "服务等级", "Level of supply", _levels(frame, beside, survey)),
        ("missing_class", "缺少设施数", "Services missing", _lacking(frame, beside)),
    ):
        if classes:
            found.append(MapColouring(name, zh, en, name, classes, missing=UNKNOWN))
    if "services_served" in frame:
        found.append(
            MapColouring("services_served", "已通设施数", "Services that reach it", "services_served", unit="n")
        )
    for service in survey.reaches:
        if (column := f"served_{service}") in frame:
            labels = service_labels(survey.plan, service)
            found.append(MapColouring(column, labels["zh"], labels["en"], column, SERVED, missing=UNKNOWN))
    for name, zh, en, classes in (
        ("levelled", "土地平整", "Level ground", LEVEL_GROUND),
        ("feeds_class", "供电回路", "Power feeds", FEEDS),
        ("has_frontage", "临路", "Frontage", FRONTAGE),
    ):
        if name in frame:
            found.append(MapColouring(name, zh, en, name, classes, missing=UNKNOWN))
    return found


def _seen(name: str, frame: pd.DataFrame, beside: pd.DataFrame | None) -> set[str]:
    both = [frame[name]] if name in frame else []
    both += [beside[name]] if both and beside is not None and name in beside else []
    return {str(v) for column in both for v in column.dropna().unique()}


def _levels(frame: pd.DataFrame, beside: pd.DataFrame | None, survey: Survey) -> tuple[MapClass, ...]:
    """Levels that some parcel has, from the lowest; where it may be more, the name says "at least"."""
    own = ladder(survey)
    seen = _seen("level_class", frame, beside)
    if own is None or not seen:
        return ()
    rungs = [(rung.id, *rung.connections) for rung in own.rungs]
    lowest = rungs[0]
    steps = [("0", f"不足{lowest[1]}", f"Below {lowest[2].lower()}"), *rungs]
    # Another run may know levels that this plan's list has not.
    further = sorted(seen - {f"{step[0]}{plus}" for step in steps for plus in ("", "+")})
    out = [
        MapClass(f"{key}{plus}", f"≥ {zh}" if plus else zh, f"≥ {en}" if plus else en, _paler(color) if plus else color)
        for (key, zh, en), color in zip(steps, _spread(_LADDER, len(steps)), strict=True)
        for plus in ("", "+")
        if f"{key}{plus}" in seen
    ]
    return (*out, *(MapClass(key, key, key) for key in further))


def _lacking(frame: pd.DataFrame, beside: pd.DataFrame | None) -> tuple[MapClass, ...]:
    seen = _seen("missing_class", frame, beside)
    out = []
    for value in sorted(seen, key=lambda v: (int(v.rstrip("+")), v)):
        number, at_least = int(value.rstrip("+")), value.endswith("+")
        color = _LACKING[min(number, len(_LACKING) - 1)]
        zh = f"缺 {number} 项" if number else "不缺"
        en = f"{number} missing" if number else "None missing"
        out.append(
            MapClass(value, f"至少{zh}" if at_least else zh, f"At least {en}" if at_least else en,
                     _paler(color) if at_least else color)
        )  # fmt: skip
    return tuple(out)


def _spread(ramp: tuple[str, ...], count: int) -> list[str]:
    """Colours for so many steps, the first and the last those of the ramp; "" beyond what it can part."""
    if count > len(ramp):
        return [""] * count
    return [ramp[round(k * (len(ramp) - 1) / max(count - 1, 1))] for k in range(count)]


def _paler(color: str) -> str:
    """Colour of a class that is only a lower bound: its own, half way to grey."""
    if not color:
        return ""
    return "#" + "".join(f"{(int(color[k : k + 2], 16) + 0xC4) // 2:02x}" for k in (1, 3, 5))


def needs_in_words(column: pd.Series[Any], survey: Survey, none: tuple[str, str] = ("", "")) -> Mapping[str, Any]:
    """Words of a column that lists services, by value; ``none`` is what nothing is called."""
    levelled = vocabulary.levelled()
    known = {name: (v.zh, v.en) for name, v in vocabulary.services().items()}
    for name in survey.plan.layers.services:
        labels = service_labels(survey.plan, name)
        known[name] = labels["zh"], labels["en"]
    known["levelled"] = str(levelled["zh"]), str(levelled["en"])

    def named(need: str, k: int, joint: str) -> str:
        return joint.join(known[p][k] if p in known else p for p in need.split("|"))

    out = {}
    for value in sorted({str(v) for v in column.dropna().unique()}):
        needs = [p for p in value.split(";") if p]
        words = "、".join(named(n, 0, "或") for n in needs), ", ".join(named(n, 1, " or ") for n in needs)
        out[value] = words if needs else none
    return out
