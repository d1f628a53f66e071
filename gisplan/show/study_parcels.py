"""The parcels of a study as the map shows them: what their card tells, and every way to colour them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.measure import Survey
from gisplan.measure.accessibility import distances_of, facility_labels
from gisplan.measure.services import service_labels
from gisplan.show.map_layers import MapClass, MapColouring, MapColumn, MapLayer
from gisplan.show.parcel_classes import (
    FEED_REASONS,
    FEEDS,
    REASONS,
    UNKNOWN,
    colourings,
    joined,
    needs_in_words,
    with_classes,
)

#: What the card of a parcel shows first.
_PARCEL_COLUMNS = (
    MapColumn("parcel_id", "地块编号", "Parcel", search=True),
    MapColumn("name", "项目名称", "Project", search=True),
    MapColumn("land_use", "用地代码", "Land-use code", filter=True),
    MapColumn("area_m2", "实测面积", "Measured area", "m²", role="key"),
    MapColumn("plot_ratio", "容积率", "Plot ratio", role="key"),
    MapColumn("building_density", "建筑密度", "Building density", "share", role="key"),
    MapColumn("floor_area_m2", "建筑面积", "Floor area", "m²"),
    MapColumn("zone", "所在分区", "Zone", filter=True),
)

# What an assessment of idle land adds to the table of parcels.
_IDLE_COLUMNS = (
    MapColumn("idle_class", "闲置筛查", "Idle-land screening", role="class"),
    MapColumn("days_over", "超期天数", "Days past the date", "d", role="over"),
    MapColumn("due_date", "应开工日期", "Due to start", role="due"),
    MapColumn("next_class", "下一等级", "Next class", role="next_class"),
    MapColumn("next_date", "下一等级日期", "Next class from", role="next"),
)

# Columns of the register that are looked through, and those that narrow what is shown.
_SEARCHED = ("holder", "permit_no", "contract_no")
_FILTERED = (
    *("industry", "status", "phase", "delay_cause", "approval_date", "supply_date", "handover_date"),
    *("agreed_start", "actual_start", "agreed_completion", "completion_date", "stop_date"),
)

#: States of building on a parcel.
STATES = (
    MapClass("built", "已建成", "Built", "#4c7fb0"),
    MapClass("vacant", "空闲", "Vacant", "#d55e00"),
    MapClass("formed", "已成形", "Formed (roads, green…)", "#a9c9a4"),
    MapClass("open", "非建设", "Open land", "#efe8c8"),
)

# What an assessment of projects tells of each parcel: column → names, and the table of its classes in projects.toml.
_PROJECT_CLASSES = {
    "project_far_class": ("容积率与控制指标", "Plot ratio against its limit", "classes"),
    "control_class": ("控制指标综合", "All control indicators", "control"),
    "promise_class": ("清闲促产", "Promises to clear idle land", "promises"),
    "inefficient_class": ("低效用地", "Inefficient land", "inefficient"),
}

#: Land without a colour of its own, under what the map is about.
_QUIET = MapColouring("quiet", "素色底图", "Quiet ground", classes=(MapClass("", "宗地", "Parcels", "#d9dee2"),))


def zone_names(zones: gpd.GeoDataFrame) -> pd.Series[Any]:
    """Name zones as the reader knows them, by zone_id; zones that share a name are told apart by their ids.

    Parameters
    ----------
    zones
        Columns zone_id and name.
    """
    ids = zones["zone_id"].astype(str)
    names = zones["name"].where(zones["name"].notna(), ids).astype(str)
    return names.where(~names.duplicated(keep=False), names + " (" + ids + ")").set_axis(zones["zone_id"].to_numpy())


def zones_of(survey: Survey, layer: str) -> NDArray[np.object_]:
    """Name the zone of each feature of a layer; None outside of all zones."""
    owner = survey.pieces[layer].owner
    known = zone_names(survey.layers.zones).to_numpy(dtype=object)
    named: NDArray[np.object_] = np.where(owner >= 0, known[np.maximum(owner, 0)], np.array(None))
    return named


def parcel_layer(survey: Survey, table: pd.DataFrame, beside: gpd.GeoDataFrame | None) -> MapLayer:
    """Parcels with all that is known of them.

    Parameters
    ----------
    survey, table, beside
        As for `gisplan.show.study_layers.study_layers`.
    """
    source = survey.pieces["parcels"].frame
    known = with_nearest(with_classes(table, survey), survey).assign(zone=zones_of(survey, "parcels"))
    frame = gpd.GeoDataFrame(known, geometry=source.geometry.array, crs=source.crs)
    seen = {name: {*frame[name], *(() if beside is None else beside[name])} for name in ("land_class", "state")}
    classes = [c for c in vocabulary.land_classes().values() if c.id in seen["land_class"]]
    columns = _card(frame, survey)
    by_use = MapColouring("land_use", "用地分类", "Land use", "land_class", tuple(
        MapClass(c.id, c.zh, c.en, c.color) for c in classes
    ), fact=True)  # fmt: skip
    states = tuple(c for c in STATES if c.value in seen["state"])
    by_state = MapColouring("state", "建设状态", "State", "state", states, fact=True)
    by_number = [
        MapColouring(c.name, c.zh, c.en, c.name, unit=c.unit, **_classing(c.name, survey))
        for c in columns
        if c.role not in {"over", "away"} and pd.api.types.is_float_dtype(frame[c.name]) and frame[c.name].notna().any()
    ]
    assessed = (*_idle(frame, beside), *_projects(frame, beside))
    # Where nothing tells the use, there are no classes to colour by.
    by_class = tuple(c for c in (by_use, by_state) if c.classes)
    ways = (*by_class, *assessed, *colourings(frame, beside, survey), *_reasons(frame, survey), *by_number, _QUIET)
    return MapLayer("parcels", "宗地", "Parcels", frame, columns, ways, size_column="area_m2", beside=beside)


def _classing(name: str, survey: Survey) -> dict[str, Any]:
    """How the numbers of a column are classed, where it is not by natural breaks."""
    if name == "slope_mean":
        ends = [float(c["to"]) for c in vocabulary.terrain("slopes").values()]
        return {"limits": tuple(round(end * 100, 6) for end in ends if np.isfinite(end))}
    if name.startswith("headroom_"):
        return {"signed": True}
    for facility in survey.access:
        if name == f"distance_{facility}_m":
            return {"limits": tuple(distances_of(survey.plan, facility)), "missing": ("不可达或不明", "No way known")}
    return {}


def _reasons(frame: pd.DataFrame, survey: Survey) -> Iterator[MapColouring]:
    """Colour parcels by why there is no distance to a facility, where some have none."""
    for facility in survey.access:
        column = f"why_{facility}"
        if column in frame and (frame[column] != "reached").any():
            labels = facility_labels(survey.plan, facility)
            seen = tuple(c for c in REASONS if (frame[column] == c.value).any())
            zh, en = f"到{labels['zh']}：是否可达", f"Whether {labels['en']} is reached"
            yield MapColouring(column, zh, en, column, seen, missing=UNKNOWN)


def with_nearest(table: pd.DataFrame, survey: Survey) -> pd.DataFrame:
    """Add the nearest main of each service to the parcels that it does not serve, as far as the table tells it.

    To those it serves the distance says little, and it would make up much of the file.
    """
    out: dict[str, Any] = {}
    for service in survey.reaches:
        served, away = f"served_{service}", f"distance_{service}_m"
        if served in table and away in table:
            without = table[served].map(lambda v: v is not True and v != 1).astype(bool)
            if f"nearest_{service}" in table:
                out[f"near_{service}"] = table[f"nearest_{service}"].astype(object).where(without, None)
            out[f"away_{service}"] = pd.to_numeric(table[away], errors="coerce").where(without).round()
    return joined(table, out)


def _idle(frame: gpd.GeoDataFrame, beside: gpd.GeoDataFrame | None) -> list[MapColouring]:
    """Colour parcels by what their dates say, where these were assessed."""
    if "idle_class" not in frame or not frame["idle_class"].notna().any():
        return []
    seen = {*frame["idle_class"], *(beside["idle_class"] if beside is not None and "idle_class" in beside else ())}
    met = tuple(MapClass(c.id, c.zh, c.en, c.color) for c in vocabulary.idle_classes().values() if c.id in seen)
    caution = vocabulary.idle_caution()["short"]
    label = f"闲置土地（{caution['zh']}）", f"Idle land ({caution['en'][0].lower()}{caution['en'][1:]})"
    found = [MapColouring("idle_class", *label, "idle_class", met, fact=True)]
    if frame["days_over"].notna().any():
        found.append(
            MapColouring("days_over", "超期天数", "Days past the date", "days_over", unit="d", limits=(365, 730))
        )
    return found


def _projects(frame: gpd.GeoDataFrame, beside: gpd.GeoDataFrame | None) -> list[MapColouring]:
    """Colour parcels by what rules say of the project on them, where these were assessed."""
    words = vocabulary.projects()
    found = []
    for name, (zh, en, table) in _PROJECT_CLASSES.items():
        if name not in frame or not frame[name].notna().any():
            continue
        seen = {*frame[name], *(beside[name] if beside is not None and name in beside else ())}
        met = tuple(MapClass(k, v["zh"], v["en"], v["color"]) for k, v in words[table].items() if k in seen)
        found.append(MapColouring(name, zh, en, name, met))
    return found


def _card(frame: gpd.GeoDataFrame, survey: Survey) -> tuple[MapColumn, ...]:
    """Columns a parcel's card shows: id and measured figures, then the register's that may travel, then services."""
    own = [c for c in _PARCEL_COLUMNS if c.name in frame and frame[c.name].notna().any()]
    seen = {c.name for c in own}
    for column in vocabulary.columns("parcels").values():
        name = f"register_{column.stored}" if column.stored in ("floor_area_m2", "footprint_m2") else column.stored
        secret = column.private and column.name not in survey.plan.map.private
        if secret or name in seen or name not in frame or not frame[name].notna().any():
            continue
        unit = {"area": "m²", "money": "万元"}.get(column.measure if column.kind == "number" else "", "")
        found, narrows = column.stored in _SEARCHED, column.stored in _FILTERED
        role = "date" if column.kind == "date" else ""
        own.append(MapColumn(name, column.zh, column.en, unit, search=found, filter=narrows, role=role))
    words = {c.id: (c.zh, c.en) for c in vocabulary.idle_classes().values()}
    idle = (replace(c, words=words) if c.role in {"class", "next_class"} else c for c in _IDLE_COLUMNS)
    judged = (
        MapColumn(name, zh, en, words={k: (v["zh"], v["en"]) for k, v in vocabulary.projects()[table].items()})
        for name, (zh, en, table) in _PROJECT_CLASSES.items()
    )
    own += [c for c in (*idle, *judged) if c.name in frame and frame[c.name].notna().any()]
    return (*own, *_infrastructure(frame, survey))


def _infrastructure(frame: gpd.GeoDataFrame, survey: Survey) -> Iterator[MapColumn]:
    """Columns that tell what reaches a parcel, and how far it is to what does not."""
    plan = survey.plan
    for service in survey.reaches:
        labels = service_labels(plan, service)
        if f"served_{service}" in frame:
            yield MapColumn(f"served_{service}", labels["zh"], labels["en"], role="service")
        if f"away_{service}" in frame:
            zh, en = f"{labels['zh']}：最近距离", f"How far: {labels['en']}"
            yield MapColumn(f"away_{service}", zh, en, "m", role="away")
        if f"near_{service}" in frame:
            yield MapColumn(f"near_{service}", f"{labels['zh']}：最近者", f"Nearest: {labels['en']}", role="near")
    if "levelled" in frame:
        ground = vocabulary.levelled()
        yield MapColumn("levelled", str(ground["zh"]), str(ground["en"]), role="service")
    yield from (c for c in _supply(frame, survey) if c.name in frame)


def _supply(frame: gpd.GeoDataFrame, survey: Survey) -> Iterator[MapColumn]:
    """Facts of a parcel's supply; empty text is nothing to tell, no value is not known."""
    plan = survey.plan
    if "service_level_zh" in frame and "service_level_en" in frame:
        pairs = frame[["service_level_zh", "service_level_en"]].drop_duplicates().dropna()
        words = {str(zh): (str(zh), str(en)) for zh, en in pairs.itertuples(index=False)}
        yield MapColumn("service_level_zh", "服务等级", "Level of supply", words=words, filter=True, role="supply")
        for name, zh, en, none in (
            ("services_missing", "缺少", "Missing", ("无", "nothing")),
            ("services_unknown", "不明", "Not known", ("", "")),
        ):
            if name in frame:
                yield MapColumn(name, zh, en, words=needs_in_words(frame[name], survey, none), role="supply")
    feeds = {c.value: (c.zh, c.en) for c in FEEDS}
    yield MapColumn("feeds_class", "供电回路", "Power feeds", words=feeds, role="supply")
    if "power_reason" in frame and frame["power_reason"].notna().any():
        yield MapColumn("power_reason", "回路不明原因", "Why feeds are not known", words=FEED_REASONS)
    for service, asked in plan.capacity.items():
        labels = service_labels(plan, service)
        zh, en = f"{labels['zh']}余量", f"Headroom: {labels['en']}"
        yield MapColumn(f"headroom_{service}", f"{zh}（{asked.unit}）", f"{en} ({asked.unit})", role="supply")
        if f"bottleneck_{service}" in frame and frame[f"bottleneck_{service}"].notna().any():
            yield MapColumn(f"bottleneck_{service}", f"{labels['zh']}瓶颈", f"Bottleneck: {labels['en']}")
    reasons = {c.value: (c.zh, c.en) for c in REASONS if c.value != "reached"} | {"reached": ("", "")}
    for facility in survey.access:
        labels = facility_labels(plan, facility)
        yield MapColumn(f"distance_{facility}_m", f"至{labels['zh']}", f"To {labels['en']}", "m", role="supply")
        if f"why_{facility}" in frame and (frame[f"why_{facility}"] != "reached").any():
            yield MapColumn(f"why_{facility}", f"{labels['zh']}不可达原因", f"Why no way to {labels['en']}",
                            words=reasons, role="supply")  # fmt: skip
    yield MapColumn("frontage_m", "临路长度", "Frontage", "m", role="supply")
    yield MapColumn("slope_mean", "平均坡度", "Mean slope", "share", role="supply")
    yield MapColumn("suitable_slope_share", "适宜坡度占比", "Share of suitable slope", "share")
    yield MapColumn("green_cover_rate", "绿化覆盖率", "Green cover rate", "share")
    if "yards_m2" in frame:
        yield MapColumn("yards_m2", "堆场面积", "Yards", "m²")
        yield MapColumn("yards_drawn", "堆场按图形", "Yards as drawn")
