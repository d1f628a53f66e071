"""The layers of a study as the map shows them: which columns may be seen, and how each layer can be coloured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.measure import Measured, Survey
from gisplan.measure.reach import reach_of
from gisplan.measure.services import service_labels
from gisplan.show.map_layers import MapClass, MapColouring, MapColumn, MapLayer

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

_SERVED = (MapClass("True", "已通", "Served", "#1b7f79"), MapClass("False", "未通", "Not served", "#e6a15c"))


def study_layers(
    survey: Survey, parcels: pd.DataFrame | None, *, beside: gpd.GeoDataFrame | None = None
) -> list[MapLayer]:
    """Every layer of a study, polygons first.

    Parameters
    ----------
    survey
        What was measured of each feature.
    parcels
        Table of the parcels (see `gisplan.measure.tables.parcels`).
    beside
        The parcels of another run, whose classes get a colour too.
    """
    return [*_parcels(survey, parcels, beside), *_buildings(survey), *_roads(survey), *_services(survey)]


def zone_layer(zones: gpd.GeoDataFrame, measured: Sequence[Measured]) -> MapLayer:
    """Zones with their indicators as they are kept, each a way to colour them.

    Parameters
    ----------
    zones
        Columns zone_id, name and geometry.
    measured
        The indicators, in order; those that no zone has are left out.
    """
    known = [m for m in measured if not np.isnan(m.figures.value).all()]
    # One by one, pandas would warn of so many columns.
    figures = pd.DataFrame({m.id: m.figures.value for m in known}, index=zones.index)
    frame = zones[["zone_id", "name", "geometry"]].join(figures)
    ways = tuple(MapColouring(m.id, m.labels["zh"], m.labels["en"], m.id, unit=m.unit) for m in known)
    columns = (MapColumn("zone_id", "分区编号", "Zone id"), MapColumn("name", "分区名称", "Name"), *(
        MapColumn(m.id, m.labels["zh"], m.labels["en"], m.unit) for m in known
    ))  # fmt: skip
    return MapLayer("zones", "分区", "Zones", frame, columns, ways)


def _parcels(survey: Survey, table: pd.DataFrame | None, beside: gpd.GeoDataFrame | None) -> list[MapLayer]:
    if table is None:
        return []
    source = survey.pieces["parcels"].frame
    known = _with_services(table, survey).assign(zone=_zone_names(survey, "parcels"))
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
        MapColouring(c.name, c.zh, c.en, c.name, unit=c.unit)
        for c in columns
        if c.role != "over" and pd.api.types.is_float_dtype(frame[c.name]) and frame[c.name].notna().any()
    ]
    assessed = (*_idle(frame, beside), *_projects(frame, beside))
    # Where nothing tells the use, there are no classes to colour by.
    by_class = tuple(c for c in (by_use, by_state) if c.classes)
    colourings = (*by_class, *assessed, *by_number, *_served(survey))
    return [MapLayer("parcels", "宗地", "Parcels", frame, columns, colourings, size_column="area_m2", beside=beside)]


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


def _zone_names(survey: Survey, layer: str) -> NDArray[np.object_]:
    """Name the zone of each feature of a layer; None outside of all zones."""
    owner = survey.pieces[layer].owner
    known = zone_names(survey.layers.zones).to_numpy(dtype=object)
    named: NDArray[np.object_] = np.where(owner >= 0, known[np.maximum(owner, 0)], np.array(None))
    return named


def _with_services(table: pd.DataFrame, survey: Survey) -> pd.DataFrame:
    """Add how many of the plan's services reach each parcel."""
    reached = [table[f"served_{s}"] for s in survey.plan.layers.services]
    return table.assign(services_served=sum(r.astype(float) for r in reached)) if reached else table


def _served(survey: Survey) -> list[MapColouring]:
    """Ways to colour parcels by what reaches them: how many services, and each of them."""
    found = []
    for service in survey.plan.layers.services:
        labels = service_labels(survey.plan, service)
        found.append(MapColouring(f"served_{service}", labels["zh"], labels["en"], f"served_{service}", _SERVED))
    if found:
        how_many = ("services_served", "已通设施数", "Services that reach it", "services_served")
        found.insert(0, MapColouring(*how_many, unit="n"))
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
    for service in survey.plan.layers.services:
        labels = service_labels(survey.plan, service)
        own.append(MapColumn(f"served_{service}", labels["zh"], labels["en"], role="service"))
    return tuple(own)


def _buildings(survey: Survey) -> list[MapLayer]:
    if survey.buildings is None:
        return []
    frame = survey.pieces["buildings"].frame
    known = frame.assign(floor_area_m2=survey.buildings.floor_area, zone=_zone_names(survey, "buildings"))
    columns = [
        MapColumn("building_id", "建筑编号", "Building", search=True),
        MapColumn("name", "建筑名称", "Name", search=True),
        MapColumn("use", "用途", "Use", filter=True),
        MapColumn("floors", "层数", "Floors"),
        MapColumn("height_m", "高度", "Height", "m"),
        MapColumn("area_m2", "基底面积", "Footprint", "m²"),
        MapColumn("floor_area_m2", "建筑面积", "Floor area", "m²"),
        MapColumn("zone", "所在分区", "Zone", filter=True),
    ]
    return [
        MapLayer(
            "buildings",
            "建筑",
            "Buildings",
            known,
            tuple(c for c in columns if c.name in known and known[c.name].notna().any()),
            (
                MapColouring(
                    "", "建筑", "Buildings", classes=(MapClass("", "建筑基底", "Building footprint", "#5b5b66"),)
                ),
            ),
            shown=False,
            size_column="area_m2",
        )
    ]


def _roads(survey: Survey) -> list[MapLayer]:
    if "roads" not in survey.pieces:
        return []
    frame = survey.pieces["roads"].frame
    classes = [c for c in vocabulary.road_classes().values() if (frame["road_class"] == c.id).any()]
    known = [MapClass(c.id, c.zh, c.en, c.color, c.weight) for c in classes]
    if not set(frame["road_class"]) <= {c.id for c in classes}:
        known.append(MapClass("unclassified", "未分类", "Unclassified", "#777777", 2.0))
    columns = [
        MapColumn("name", "路名", "Road", search=True),
        MapColumn("road_id", "道路编号", "Road id", search=True),
        MapColumn("width_m", "红线宽度", "Width", "m"),
        MapColumn("length_m", "长度", "Length", "m"),
    ]
    return [
        MapLayer(
            "roads",
            "道路",
            "Roads",
            frame,
            tuple(c for c in columns if c.name in frame and frame[c.name].notna().any()),
            (MapColouring("road_class", "道路等级", "Road class", "road_class", tuple(known)),),
            shown=True,
            size_column="length_m",
        )
    ]


def _services(survey: Survey) -> list[MapLayer]:
    layers = []
    known = vocabulary.services()
    for name in survey.plan.layers.services:
        spec = survey.plan.layers.services[name]
        roads = survey.plan.layers.roads
        if roads is not None and (spec.path, spec.layer) == (roads.path, roads.layer):
            continue
        frame = survey.pieces[f"services.{name}"].frame
        labels = service_labels(survey.plan, name)
        reach = f"{reach_of(survey.plan, name):g} m"
        color = known[name].color if name in known else "#444444"
        reached = MapClass("", f"{labels['zh']}（服务距离 {reach}）", f"{labels['en']} (reach {reach})", color, 2.0)
        title = (
            MapColumn("name", "名称", "Name", search=True)
            if "name" in frame and frame["name"].notna().any()
            else MapColumn("feature_id", "编号", "Id", search=True)
        )
        size = {1: "length_m", 2: "area_m2"}.get(survey.pieces[f"services.{name}"].dimension)
        columns = (title, MapColumn("length_m", "长度", "Length", "m")) if size == "length_m" else (title,)
        layers.append(
            MapLayer(
                name,
                labels["zh"],
                labels["en"],
                frame,
                columns,
                (_standings(frame, labels, reached),),
                shown=False,
                size_column=size,
            )
        )
    return layers


def _standings(frame: gpd.GeoDataFrame, labels: Mapping[str, str], reached: MapClass) -> MapColouring:
    """Colour a service by what is in service, where its layer tells: what only is to come must not look like it."""
    if "standing" not in frame:
        return MapColouring("", labels["zh"], labels["en"], classes=(reached,))
    further = (
        MapClass("planned", "规划、在建", "Planned or under construction", "#a8a8b3", 1.2),
        MapClass("unknown", "状态不明", "Of unknown status", "#d9a400", 1.2),
        MapClass("gone", "废弃、拆除", "No longer there", "#6b4b4b", 1.0),
    )
    there = [c for c in further if (frame["standing"] == c.value).any()]
    return MapColouring("standing", labels["zh"], labels["en"], "standing", (replace(reached, value="live"), *there))
