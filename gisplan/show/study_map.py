"""A study's result as an interactive map: zones with their indicators, parcels, roads, services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.measure import GROUPS, Measured, Survey
from gisplan.measure.services import service_labels
from gisplan.measure.survey import reach_of
from gisplan.show.webmap import MapClass, MapColumn, MapIndicator, MapLayer, webmap

#: What the card of a parcel shows first.
_PARCEL_COLUMNS = (
    MapColumn("parcel_id", "地块编号", "Parcel"),
    MapColumn("name", "项目名称", "Project"),
    MapColumn("land_use", "用地代码", "Land-use code"),
    MapColumn("area_m2", "实测面积", "Measured area", "m²"),
    MapColumn("plot_ratio", "容积率", "Plot ratio"),
    MapColumn("building_density", "建筑密度", "Building density", "share"),
    MapColumn("floor_area_m2", "建筑面积", "Floor area", "m²"),
    MapColumn("zone_id", "所在分区", "Zone"),
)

_STATES = {
    "built": ("已建成", "Built"),
    "vacant": ("空闲", "Vacant"),
    "formed": ("已成形", "Formed (roads, green…)"),
    "open": ("非建设", "Open land"),
}


def study_map(
    survey: Survey,
    measured: Sequence[Measured],
    parcels: pd.DataFrame | None,
    *,
    texts: Mapping[str, Mapping[str, str]],
) -> str:
    """Page of a study, as one HTML text.

    Parameters
    ----------
    survey, measured
        What was measured.
    parcels
        Table of the parcels (see `gisplan.measure.tables.parcels`).
    texts
        ``title``, ``subtitle`` and ``note`` in both languages.
    """
    plan = survey.plan
    zones = survey.layers.zones
    values = pd.DataFrame(
        {m.id: m.figures.value / _shown_unit(m)[1] for m in measured}, index=zones["zone_id"].to_numpy()
    )
    shown = [m for m in measured if not np.isnan(m.figures.value).all()]
    indicators = [
        MapIndicator(
            m.id,
            m.labels["zh"],
            m.labels["en"],
            _shown_unit(m)[0],
            GROUPS[m.group]["zh"],
            GROUPS[m.group]["en"],
            m.formula["zh"],
            m.formula["en"],
        )
        for m in _first(shown, ("plot_ratio", "plot_ratio_gross", "road_density"))
    ]
    layers = [
        *_parcel_layers(survey, parcels),
        *_building_layer(survey),
        *_road_layer(survey),
        *_service_layers(survey),
    ]
    return webmap(
        title=texts["title"],
        subtitle=texts["subtitle"],
        language=plan.plan.language,
        zones=zones,
        values=values[[i.id for i in indicators]],
        indicators=indicators,
        layers=layers,
        notes=[texts["note"]],
    )


def _shown_unit(measured: Measured) -> tuple[str, float]:
    """Unit in which an indicator is read, and what to divide by: land in hectares, all else as it is kept."""
    return ("ha", 1e4) if measured.group == "land" and measured.unit == "m²" else (measured.unit, 1.0)


def _first(measured: Sequence[Measured], wanted: Sequence[str]) -> list[Measured]:
    """Indicators with the one that planners ask for first at the head."""
    head = next((m for w in wanted for m in measured if m.id == w), None)
    return list(measured) if head is None else [head, *(m for m in measured if m is not head)]


def _parcel_layers(survey: Survey, table: pd.DataFrame | None) -> list[MapLayer]:
    if table is None:
        return []
    source = survey.pieces["parcels"].frame
    frame = gpd.GeoDataFrame(table, geometry=source.geometry.array, crs=source.crs)
    classes = [c for c in vocabulary.land_classes().values() if (frame["land_class"] == c.id).any()]
    columns = _card(frame, survey)
    by_use = MapLayer(
        "parcels",
        "宗地（按用途）",
        "Parcels by land use",
        frame,
        columns,
        "land_class",
        tuple(MapClass(c.id, c.zh, c.en, c.color) for c in classes),
        shown=True,
        size_column="area_m2",
    )
    vacant = frame[frame["state"] == "vacant"]
    layers = [by_use]
    if len(vacant):
        layers.append(
            MapLayer(
                "vacant",
                "空闲宗地",
                "Vacant parcels",
                vacant,
                columns,
                "state",
                (MapClass("vacant", *_STATES["vacant"], "#d55e00", 2.0),),
                shown=False,
                size_column="area_m2",
            )
        )
    return layers


def _card(frame: gpd.GeoDataFrame, survey: Survey) -> tuple[MapColumn, ...]:
    """Columns a parcel's card shows: id and measured figures, then the register's that may travel, then services."""
    own = [c for c in _PARCEL_COLUMNS if c.name in frame and frame[c.name].notna().any()]
    seen = {c.name for c in own}
    for column in vocabulary.columns("parcels").values():
        name = f"register_{column.stored}" if column.stored in ("floor_area_m2", "footprint_m2") else column.stored
        if column.private or name in seen or name not in frame or not frame[name].notna().any():
            continue
        unit = {"area": "m²", "money": "万元"}.get(column.measure if column.kind == "number" else "", "")
        own.append(MapColumn(name, column.zh, column.en, unit))
    for service in survey.plan.layers.services:
        labels = service_labels(survey.plan, service)
        own.append(MapColumn(f"served_{service}", labels["zh"], labels["en"]))
    return tuple(own)


def _building_layer(survey: Survey) -> list[MapLayer]:
    if survey.buildings is None:
        return []
    frame = survey.pieces["buildings"].frame
    known = frame.assign(floor_area_m2=survey.buildings.floor_area)
    columns = [
        MapColumn("building_id", "建筑编号", "Building"),
        MapColumn("use", "用途", "Use"),
        MapColumn("floors", "层数", "Floors"),
        MapColumn("height_m", "高度", "Height", "m"),
        MapColumn("area_m2", "基底面积", "Footprint", "m²"),
        MapColumn("floor_area_m2", "建筑面积", "Floor area", "m²"),
    ]
    return [
        MapLayer(
            "buildings",
            "建筑",
            "Buildings",
            known,
            tuple(c for c in columns if c.name in known and known[c.name].notna().any()),
            None,
            (MapClass("", "建筑基底", "Building footprint", "#5b5b66"),),
            shown=False,
            size_column="area_m2",
        )
    ]


def _road_layer(survey: Survey) -> list[MapLayer]:
    if "roads" not in survey.pieces:
        return []
    frame = survey.pieces["roads"].frame
    classes = [c for c in vocabulary.road_classes().values() if (frame["road_class"] == c.id).any()]
    known = [MapClass(c.id, c.zh, c.en, c.color, c.weight) for c in classes]
    if not set(frame["road_class"]) <= {c.id for c in classes}:
        known.append(MapClass("unclassified", "未分类", "Unclassified", "#777777", 2.0))
    columns = [
        MapColumn("name", "路名", "Road"),
        MapColumn("road_id", "道路编号", "Road id"),
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
            "road_class",
            tuple(known),
            shown=True,
            size_column="length_m",
        )
    ]


def _service_layers(survey: Survey) -> list[MapLayer]:
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
        title = (
            MapColumn("name", "名称", "Name")
            if "name" in frame and frame["name"].notna().any()
            else MapColumn("feature_id", "编号", "Id")
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
                None,
                (MapClass("", f"{labels['zh']}（服务距离 {reach}）", f"{labels['en']} (reach {reach})", color, 2.0),),
                shown=False,
                size_column=size,
            )
        )
    return layers
