"""Networks of a study as the map shows them: mains and what is in service, loads, weak links, sources, new links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisplan import vocabulary
from gisplan.measure import Survey
from gisplan.measure.reach import reach_of
from gisplan.measure.services import service_labels
from gisplan.show.map_layers import MapClass, MapColouring, MapColumn, MapLayer

#: What a main is, beside being in service: what only is to come must not look like what is there.
STANDINGS = (
    MapClass("planned", "规划、在建", "Planned or under construction", "#8d8d9c", 1.6, "dashed"),
    MapClass("unknown", "状态不明", "Of unknown status", "#d9a400", 1.6, "dotted"),
    MapClass("gone", "废弃、拆除", "No longer there", "#6b4b4b", 1.0, "dotted"),
)

#: How far a line or source is used: share of its capacity.
_USE = (
    MapClass("free", "负载率 ≤ 80%", "Used up to 80 %", "#3b8ea5", 2.0),
    MapClass("near", "负载率 80–100%", "Used 80–100 %", "#f4a259", 3.0),
    MapClass("over", "超负荷", "Overloaded", "#b2182b", 4.0),
    MapClass("untold", "容量未知", "Of unknown capacity", "#9aa4ab", 1.6),
    MapClass("none", "无负荷数据", "No load told of it", "#c3c9cd", 1.0),
)
_BUSY = 0.8

#: Whether parcels hang on it alone.
_WEAK = (
    MapClass("weak", "中断即停电", "Its loss cuts parcels off", "#b2182b", 4.0),
    MapClass("no", "无宗地单靠此线", "No parcel hangs on it alone", "#4a7593", 1.6),
    MapClass("other", "规划、在建或状态不明", "To come, or of unknown status", "#8d8d9c", 1.2, "dashed"),
)


def service_layers(
    survey: Survey, capacity: pd.DataFrame | None = None, weak: pd.DataFrame | None = None
) -> Iterator[MapLayer]:
    """Mains and facilities of each service, with loads and weak links where they are known.

    Parameters
    ----------
    survey
        The measured study.
    capacity, weak
        Loads against capacities, and lines and sources whose loss cuts parcels off (``capacity.csv`` and
        ``power_weak_links.csv``); None without.
    """
    roads = survey.plan.layers.roads
    for name, spec in survey.plan.layers.services.items():
        if roads is not None and (spec.path, spec.layer) == (roads.path, roads.layer):
            continue
        pieces = survey.pieces[f"services.{name}"]
        size = {1: "length_m", 2: "area_m2"}.get(pieces.dimension)
        frame, labels = pieces.frame, service_labels(survey.plan, name)
        titled = "name" in frame and frame["name"].notna().any()
        columns = [MapColumn("name", "名称", "Name", search=True)] if titled else []
        columns.append(MapColumn("feature_id", "编号", "Id", search=True))
        columns += [MapColumn("length_m", "长度", "Length", "m")] if size == "length_m" else []
        ways = [_standing(survey, name, frame)]
        if size == "length_m":
            loaded = _loads(frame, "feature_id", capacity, name, "line")
            if loaded is not None:
                frame, ways = loaded, [*ways, *_by_load(loaded)]
                columns += _load_columns(survey, name)
            if name == "power" and weak is not None:
                frame = _with_weak(frame, "feature_id", weak, {"line": "weak"})
                ways.append(_by_weakness(frame))
        yield MapLayer(
            name, labels["zh"], labels["en"], frame, tuple(columns), tuple(ways), shown=False, size_column=size
        )


def _standing(survey: Survey, name: str, frame: gpd.GeoDataFrame) -> MapColouring:
    """Colour a service by what is in service, where its layer tells."""
    labels, known = service_labels(survey.plan, name), vocabulary.services()
    reach = f"{reach_of(survey.plan, name):g} m"
    color = known[name].color if name in known else "#444444"
    live = MapClass("", f"{labels['zh']}（服务距离 {reach}）", f"{labels['en']} (reach {reach})", color, 2.0)
    if "standing" not in frame:
        return MapColouring("", labels["zh"], labels["en"], classes=(live,))
    there = [c for c in STANDINGS if (frame["standing"] == c.value).any()]
    return MapColouring("standing", labels["zh"], labels["en"], "standing", (replace(live, value="live"), *there))


def _loads(
    frame: gpd.GeoDataFrame, key: str, capacity: pd.DataFrame | None, service: str, kind: str
) -> gpd.GeoDataFrame | None:
    """Frame with load, utilisation and class of use of each line or source; None where no load is told."""
    if capacity is None:
        return None
    mine = capacity[(capacity["service"] == service) & (capacity["kind"] == kind)].set_index("id")
    if not len(mine):
        return None
    ids = frame[key].astype(str)
    use = ids.map(mine["utilisation"]).astype(float)
    # What lies beyond a capacity by rounding is not beyond it: the table's own flag tells.
    over = ids.map(mine["flags"].astype(str)).fillna("").str.split(";").map(lambda flags: "OVER" in flags)
    cases = [~ids.isin(mine.index), use.isna(), over, use <= _BUSY]
    classes = np.select(cases, ["none", "untold", "over", "free"], default="near").astype(object)
    return frame.assign(load=ids.map(mine["load"]).astype(float), utilisation=use, use_class=classes)


def _by_load(frame: gpd.GeoDataFrame) -> list[MapColouring]:
    seen = tuple(c for c in _USE if (frame["use_class"] == c.value).any())
    return [
        MapColouring("use", "负载率", "Use of capacity", "use_class", seen),
        MapColouring("load", "负荷", "Load", "load"),
    ]


def _load_columns(survey: Survey, name: str) -> list[MapColumn]:
    unit = survey.plan.capacity[name].unit
    return [
        MapColumn("load", f"负荷（{unit}）", f"Load ({unit})"),
        MapColumn("utilisation", "负载率", "Use of capacity", "share"),
    ]


def _with_weak(frame: gpd.GeoDataFrame, key: str, weak: pd.DataFrame, kinds: Mapping[str, str]) -> gpd.GeoDataFrame:
    """Frame with whether parcels hang on each line or source alone, and how many."""
    ids = frame[key].astype(str)
    classes, cut = np.full(len(frame), "no", dtype=object), np.full(len(frame), np.nan)
    for kind, value in kinds.items():
        mine = weak[weak["kind"] == kind].set_index("id")
        hit = ids.isin(mine.index).to_numpy()
        classes[hit] = value
        cut[hit] = ids.map(mine["parcels"]).to_numpy(dtype=float)[hit]
    if "standing" in frame:
        classes[(frame["standing"] != "live").to_numpy()] = "other"
    return frame.assign(weak_class=classes, cut_parcels=cut)


def _by_weakness(frame: gpd.GeoDataFrame) -> MapColouring:
    seen = tuple(c for c in _WEAK if (frame["weak_class"] == c.value).any())
    return MapColouring("weak", "薄弱环节", "Weak links", "weak_class", seen)


def source_layers(
    survey: Survey, capacity: pd.DataFrame | None = None, weak: pd.DataFrame | None = None
) -> Iterator[MapLayer]:
    """Substations, works and the like that feed the networks, by what they feed and how far they are used.

    Parameters
    ----------
    survey, capacity, weak
        As for `service_layers`.
    """
    for name in survey.plan.layers.sources:
        frame, labels = survey.pieces[f"sources.{name}"].frame, service_labels(survey.plan, name)
        loaded = _loads(frame, "source_id", capacity, name, "source")
        frame = frame if loaded is None else loaded
        if name == "power" and weak is not None:
            frame = _with_weak(frame, "source_id", weak, {"declared": "weak", "source": "weak"})
        known = vocabulary.services()
        color = known[name].color if name in known else "#444444"
        if "standing" in frame:
            classes = MapClass("live", "在用", "In service", color, 3.0), *(replace(c, weight=2.4) for c in STANDINGS)
            ways = [MapColouring("standing", "状态", "Status", "standing", classes)]
        else:
            one = MapClass("", f"{labels['zh']}：电源厂站", f"Sources: {labels['en']}", color, 3.0)
            ways = [MapColouring("", one.zh, one.en, classes=(one,))]
        unit = f"（{survey.plan.capacity[name].unit}）" if name in survey.plan.capacity else ""
        columns = (
            MapColumn("name", "名称", "Name", search=True),
            MapColumn("source_id", "编号", "Id", search=True),
            MapColumn("capacity", f"容量{unit}", f"Capacity{_plain(unit)}", role="key"),
            MapColumn("load", f"负荷{unit}", f"Load{_plain(unit)}", role="key"),
            MapColumn("utilisation", "负载率", "Use of capacity", "share", role="key"),
            MapColumn("cut_parcels", "其停运即停电的宗地", "Parcels its loss cuts off"),
        )
        if loaded is not None:
            ways += _by_load(frame)[:1]
        zh, en = f"{labels['zh']}：电源厂站", f"Sources: {labels['en']}"
        yield from by_kind(f"sources_{name}", zh, en, frame, columns, tuple(ways))


def _plain(unit: str) -> str:
    return unit.replace("（", " (").replace("）", ")")


def link_layers(links: gpd.GeoDataFrame | None, survey: Survey) -> Iterator[MapLayer]:
    """Suggested extensions of networks, each in the colour of its service.

    Parameters
    ----------
    links
        As in ``links.csv``, with lines; None without.
    survey
        The measured study.
    """
    if links is None or not len(links):
        return
    classes, known = [], vocabulary.services()
    for name in dict.fromkeys(links["service"]):
        labels = service_labels(survey.plan, name)
        color = known[name].color if name in known else "#444444"
        classes.append(MapClass(name, labels["zh"], labels["en"], color, 3.0, "dashed"))
    columns = (
        MapColumn("link_id", "连线编号", "Link", search=True),
        MapColumn("rank", "建设次序", "Order"),
        MapColumn("length_m", "长度", "Length", "m"),
        MapColumn("parcels", "新增服务宗地", "Parcels it newly serves"),
        MapColumn("area_ha", "新增服务面积", "Land it newly serves", "ha"),
        MapColumn("idle_ha", "其中闲置", "Idle land of it", "ha"),
        MapColumn("cost_wan", "造价", "Cost", "万元"),
        MapColumn("begins_at", "起点", "Begins at"),
        MapColumn("roads", "沿线道路", "Along"),
    )
    way = MapColouring("service", "建议连线", "Suggested links", "service", tuple(classes))
    yield from by_kind("links", "建议连线", "Suggested links", links, columns, (way,))


# Dimension, what is added to a layer's id, and what to its names.
_KINDS = (
    (2, "_areas", "（面）", " (areas)"),
    (1, "_lines", "（线）", " (lines)"),
    (0, "_points", "（点）", " (points)"),
)


def by_kind(
    name: str,
    zh: str,
    en: str,
    frame: gpd.GeoDataFrame,
    columns: tuple[MapColumn, ...],
    ways: tuple[MapColouring, ...],
) -> Iterator[MapLayer]:
    """A layer for each kind of shape in a frame, off until somebody asks for it; polygons first.

    The only one has the plain name; beside others, points, lines and areas say what they are.
    """
    dimension = shapely.get_dimensions(np.asarray(frame.geometry.array))
    there = [kind for kind in _KINDS if (dimension == kind[0]).any()]
    for number, suffix, kind_zh, kind_en in there:
        part = frame[dimension == number]
        kept = tuple(c for c in columns if c.name in part and part[c.name].notna().any()) or columns[:1]
        used = tuple(
            replace(way, classes=tuple(c for c in way.classes if (part[way.column] == c.value).any()))
            if way.column and way.classes
            else way
            for way in ways
        )
        size = {1: "length_m", 2: "area_m2"}.get(number)
        yield MapLayer(
            name + (suffix if len(there) > 1 else ""),
            zh + (kind_zh if len(there) > 1 else ""),
            en + (kind_en if len(there) > 1 else ""),
            part,
            kept,
            tuple(way for way in used if way.classes or not ways[0].classes),
            shown=False,
            size_column=size if size in part else None,
        )
