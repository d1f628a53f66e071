"""What is being built, and what people reach, as the map shows it: roads, works, levelling, facilities, blocks."""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.assess import PublicWorks
from gisplan.measure import Earthwork, Survey
from gisplan.measure.accessibility import facility_labels
from gisplan.measure.blocks import blocks
from gisplan.show.class_colors import class_color
from gisplan.show.map_layers import MapClass, MapColouring, MapColumn, MapLayer
from gisplan.show.parcel_classes import UNKNOWN
from gisplan.show.study_networks import by_kind

_ROAD_COLUMNS = (
    MapColumn("name", "路名", "Road", search=True),
    MapColumn("road_id", "道路编号", "Road id", search=True),
    MapColumn("width_m", "红线宽度", "Width", "m"),
    MapColumn("length_m", "长度", "Length", "m"),
    MapColumn("roadbed_done_share", "路基完成", "Roadbed done", "share"),
    MapColumn("paving_done_share", "路面完成", "Paving done", "share"),
    MapColumn("lighting_done_share", "照明完成", "Lighting done", "share"),
    MapColumn("greening_done_share", "绿化完成", "Greening done", "share"),
)

# Roads that only show the way about, under what the map is about.
_QUIET = MapColouring("quiet", "素色道路", "Quiet roads", classes=(MapClass("", "道路", "Roads", "#a9b2b9", 2.0),))

# How roads that are not in service are drawn, by their state.
_COMING = {
    "building": ("#e08214", 3.0, "dashed"),
    "planned": ("#8d6cab", 2.4, "dashed"),
    "gone": ("#6b4b4b", 1.2, "dotted"),
}

_EARTHWORK = (
    MapClass("high", "填方超限", "Fill above the limit", "#b2182b"),
    MapClass("import", "需外运填土", "Fill to be brought", "#f4a259"),
    MapClass("spoil", "有余土外运", "Earth to be taken away", "#8c6bb1"),
    MapClass("balanced", "挖填平衡", "Cut makes the fill", "#74a892"),
)

# Less earth than this (m³) is rounding of the balance.
_NO_EARTH_M3 = 0.5


def road_layers(survey: Survey) -> Iterator[MapLayer]:
    """Roads in service by class, and the others by their state."""
    if "roads" in survey.pieces:
        frame = survey.pieces["roads"].frame
        classes = [c for c in vocabulary.road_classes().values() if (frame["road_class"] == c.id).any()]
        known = [MapClass(c.id, c.zh, c.en, c.color, c.weight) for c in classes]
        if not set(frame["road_class"]) <= {c.id for c in classes}:
            known.append(MapClass("unclassified", "未分类", "Unclassified", "#777777", 2.0))
        columns = tuple(c for c in _ROAD_COLUMNS if c.name in frame and frame[c.name].notna().any())
        way = MapColouring("road_class", "道路等级", "Road class", "road_class", tuple(known))
        yield MapLayer("roads", "道路", "Roads", frame, columns, (way, _QUIET), size_column="length_m")
    if "roads_not_in_service" in survey.pieces:
        frame = survey.pieces["roads_not_in_service"].frame
        states = vocabulary.road_states()
        coming = tuple(MapClass(k, states[k].zh, states[k].en, *drawn) for k, drawn in _COMING.items())
        way = MapColouring("state", "状态", "State", "state", coming, missing=UNKNOWN)
        yield from by_kind("roads_coming", "在建、规划道路", "Roads not in service", frame, _ROAD_COLUMNS, (way,))


def work_layers(works: PublicWorks | None, crs: object) -> Iterator[MapLayer]:
    """Public works, a layer a kind of shape, coloured by how they stand.

    Parameters
    ----------
    works
        The works of a study (see `gisplan.assess.works.assess_works`); those without a shape are not drawn.
    crs
        Coordinate system of their shapes.
    """
    drawn = None if works is None else work_frame(works, crs)
    if drawn is None:
        return
    states = vocabulary.works("states")
    classes = tuple(MapClass(k, v["zh"], v["en"], v["color"], 4.0) for k, v in states.items())
    kinds = {k: (v["zh"], v["en"]) for k, v in vocabulary.works("kinds").items()}
    statuses = {k: (v["zh"], v["en"]) for k, v in vocabulary.works("statuses").items()}
    columns = (
        MapColumn("name", "工程名称", "Work", search=True),
        MapColumn("work_id", "工程编号", "Work id", search=True),
        MapColumn("kind", "类别", "Kind", words=kinds, filter=True),
        MapColumn("status", "登记状态", "Status by the register", words=statuses),
        MapColumn("done_share", "完成进度", "Done", "share", role="key"),
        MapColumn("expected_share", "应有进度", "Expected", "share"),
        MapColumn("budget_wan", "概算投资", "Budget", "万元"),
        MapColumn("spent_wan", "完成投资", "Spent", "万元"),
        MapColumn("start_date", "开工", "Start", role="date"),
        MapColumn("due_date", "计划竣工", "Due", role="date"),
        MapColumn("done_date", "竣工", "Completed", role="date"),
        MapColumn("days_overdue", "逾期天数", "Days overdue", "d"),
        MapColumn("length_m", "长度", "Length", "m"),
        MapColumn("gained_parcels", "新增服务宗地", "Parcels it newly serves"),
    )
    way = MapColouring("state", "工程进展", "How works stand", "state", classes, fact=True)
    yield from by_kind("works", "在建工程", "Public works", drawn, columns, (way,))


def work_frame(works: PublicWorks, crs: object) -> gpd.GeoDataFrame | None:
    """The works that have a shape, as in ``works.csv``; None where none has."""
    shapes = works.works.geometry[works.table.index.to_numpy()]
    drawn = np.array([s is not None and not s.is_empty for s in shapes], dtype=bool)
    if not drawn.any():
        return None
    table = works.table[drawn].reset_index(drop=True)
    return gpd.GeoDataFrame(table, geometry=shapes[drawn], crs=crs)


def levelling_layers(levelling: Earthwork | None, crs: object) -> Iterator[MapLayer]:
    """Pieces of land to be levelled, by what has to be brought or taken away.

    Parameters
    ----------
    levelling
        Levelling of a study; None without.
    crs
        Coordinate system of its pieces.
    """
    if levelling is None or not len(levelling.table):
        return
    table = levelling.table
    brought = table["import_m3"].to_numpy(dtype=float)
    high = table["fill_over_m2"].to_numpy(dtype=float) > 0
    told = np.select(
        [high, np.isnan(brought), brought > _NO_EARTH_M3, brought < -_NO_EARTH_M3],
        ["high", "", "import", "spoil"],
        default="balanced",
    ).astype(object)
    told[told == ""] = None
    shapes = pd.Series(levelling.groups.shapes, index=levelling.groups.ids)[table["group_id"].to_numpy()]
    frame = gpd.GeoDataFrame(table.assign(earth_class=told), geometry=shapes.to_numpy(), crs=crs)
    columns = (
        MapColumn("name", "名称", "Name", search=True),
        MapColumn("group_id", "编号", "Id", search=True),
        MapColumn("area_m2", "面积", "Area", "m²", role="key"),
        MapColumn("design_level_m", "设计标高", "Design level", "m", role="key"),
        MapColumn("cut_m3", "挖方", "Cut", "m³"),
        MapColumn("fill_m3", "填方", "Fill", "m³"),
        MapColumn("import_m3", "需外运填土（负为余土）", "To be brought (below 0: taken away)", "m³"),
        MapColumn("max_fill_m", "最大填高", "Highest fill", "m"),
        MapColumn("fill_over_m2", f"填高超过 {levelling.max_fill:g} m 的面积",
                  f"Land filled over {levelling.max_fill:g} m", "m²"),
        MapColumn("known_share", "地形已知占比", "Ground known for", "share"),
        MapColumn("cost_wan", "土方造价", "Cost", "万元"),
    )  # fmt: skip
    ways = (
        MapColouring("earth", "土方平衡", "Balance of earth", "earth_class", _EARTHWORK, missing=UNKNOWN),
        *(
            MapColouring(name, zh, en, name, unit=unit)
            for name, zh, en, unit in (
                ("cut_m3", "挖方", "Cut", "m³"),
                ("max_fill_m", "最大填高", "Highest fill", "m"),
            )
            if frame[name].notna().any()
        ),
    )
    yield from by_kind("levelling", "场地平整", "Levelling", frame, columns, ways)


def place_layers(survey: Survey) -> Iterator[MapLayer]:
    """Facilities that people reach, and what bars their way."""
    frames, classes = [], []
    for k, name in enumerate(survey.plan.layers.facilities):
        labels = facility_labels(survey.plan, name)
        frames.append(survey.pieces[f"facilities.{name}"].frame.assign(facility=name))
        classes.append(MapClass(name, labels["zh"], labels["en"], class_color(k), 1.4))
    if frames:
        whole = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), geometry="geometry", crs=survey.layers.crs)
        columns = (
            MapColumn("name", "名称", "Name", search=True),
            MapColumn("facility_id", "编号", "Id", search=True),
        )
        way = MapColouring("facility", "服务设施", "Facilities", "facility", tuple(classes))
        yield from by_kind("facilities", "服务设施", "Facilities", whole, columns, (way,))
    bars = [survey.pieces[f"barriers.{name}"].frame.assign(barrier=name) for name in survey.plan.layers.barriers]
    if bars:
        whole = gpd.GeoDataFrame(pd.concat(bars, ignore_index=True), geometry="geometry", crs=survey.layers.crs)
        columns = (MapColumn("name", "名称", "Name", search=True), MapColumn("feature_id", "编号", "Id", search=True))
        one = MapColouring("", "阻隔", "Barriers", classes=(MapClass("", "阻隔", "Barrier", "#3f6f9e", 3.0),))
        yield from by_kind("barriers", "阻隔", "Barriers", whole, columns, (one,))


def block_layers(survey: Survey) -> Iterator[MapLayer]:
    """Blocks between the roads in service, by their size."""
    if "roads" not in survey.pieces or not len(survey.pieces["roads"].frame):
        return
    found = blocks(survey)
    if not len(found.polygons):
        return
    numbers = [str(k + 1) for k in range(len(found.polygons))]
    frame = gpd.GeoDataFrame(
        {"block": numbers, "area_m2": found.area, "side_m": found.side}, geometry=found.polygons, crs=survey.layers.crs
    )
    columns = (
        MapColumn("block", "街区", "Block"),
        MapColumn("area_m2", "面积", "Area", "m²", role="key"),
        MapColumn("side_m", "等面积方块边长", "Side of a square as large", "m", role="key"),
    )
    way = MapColouring("side", "街区尺度", "Size of blocks", "side_m", unit="m")
    yield from by_kind("blocks", "街区", "Blocks", frame, columns, (way,))
