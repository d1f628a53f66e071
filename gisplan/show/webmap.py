"""The interactive map: zones, their indicators and the plan's layers in one file that needs no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gisplan.errors import OutputError, first_ids
from gisplan.show.basemap import TILES, MapBasemap
from gisplan.show.classes import number_classes
from gisplan.show.map_layers import MapClass, MapColouring, MapColumn, MapLayer, bounds_of, degrees, feature_layer
from gisplan.show.map_parts import FeatureLayer, Panel
from gisplan.show.page import Data, OfflineFigure, OfflineMap
from gisplan.show.payload import encode

__all__ = ["MapClass", "MapColouring", "MapColumn", "MapIndicator", "MapLayer", "MapPreset", "webmap"]

_NO_SCRIPT = {"zh": "需要启用 JavaScript 才能显示此地图。", "en": "This map needs JavaScript."}


@dataclass(frozen=True)
class MapIndicator:
    """An indicator of the picker; ``unit`` "share" means values of 0 to 1 that are shown as per cent."""

    id: str
    zh: str
    en: str
    unit: str
    group_zh: str
    group_en: str
    explain_zh: str
    explain_en: str
    limits: tuple[float, ...] = ()


@dataclass(frozen=True)
class MapPreset:
    """A kind of map that the page offers: what colours it and which layers it shows.

    Parameters
    ----------
    id, zh, en
        Its key and its names.
    indicator
        The indicator that colours the zones; None colours the layers.
    colourings
        Layer id → id of the colouring it wears; other layers keep theirs.
    shown
        Ids of the layers that are on.
    scheme
        How numbers are classed: "natural", "quantile", "equal" or "standard".
    """

    id: str
    zh: str
    en: str
    indicator: str | None = None
    colourings: Mapping[str, str] = field(default_factory=dict)
    shown: tuple[str, ...] = ()
    scheme: str = "natural"


def webmap(  # noqa: PLR0913 - everything that a map is made of, each by its name
    *,
    title: Mapping[str, str],
    subtitle: Mapping[str, str],
    language: str,
    zones: gpd.GeoDataFrame,
    values: pd.DataFrame,
    indicators: Sequence[MapIndicator],
    layers: Sequence[MapLayer],
    notes: Sequence[Mapping[str, str]],
    presets: Sequence[MapPreset] = (),
    basemap: MapBasemap | None = None,
) -> str:
    """Write the map.

    Parameters
    ----------
    title, subtitle, notes
        Texts by language, "zh" and "en".
    language
        "zh", "en" or "both": what the page opens in; "both" opens in Chinese with both titles.
    zones
        Columns zone_id, name and geometry, in any declared coordinate system.
    values
        One row per zone, indexed by zone_id, and one column of floats per indicator id; NaN is "no data".
    indicators
        What the picker offers, in order.
    layers
        The plan's layers, polygons first.
    presets
        The kinds of map the reader can choose from; the map opens with the first.
    basemap
        What lies under it all, nothing by default.

    Returns
    -------
    str
        One HTML file that asks no network for anything but the basemap's images; equal input gives equal bytes.

    Raises
    ------
    OutputError
        Language, zones, values and layers do not fit together.
    LayerError
        A layer has no coordinate system, lacks a column, or holds a class without a colour.
    """
    if language not in {"zh", "en", "both"}:
        raise OutputError(f'the language of a map is "zh", "en" or "both", not {language!r}')
    _check(zones, values, indicators, layers)
    _check_presets(presets, indicators, layers)
    names = " / ".join(dict.fromkeys(title[key] for key in ("zh", "en") if language in {key, "both"}))
    figure = OfflineFigure(
        title=names,
        lang="en" if language == "en" else "zh-CN",
        summary=f"{names}. {_NO_SCRIPT['zh']} {_NO_SCRIPT['en']}",
        images=basemap.hosts if basemap else (),
    )
    zone_layer = _zone_layer(zones, values, indicators)
    drawn = [feature_layer(layer, position) for position, layer in enumerate(layers)]
    bounds = _union([layer._bounds for layer in (zone_layer, *drawn)])
    page = OfflineMap(
        figure,
        location=[(bounds[1] + bounds[3]) / 2, (bounds[0] + bounds[2]) / 2],
        zoom_start=12,
        zoom_snap=0.25,
        fade_animation=False,
        attribution_control=False,
    )
    for layer in (zone_layer, *drawn):
        layer.add_to(page)
    if basemap is not None and basemap.tiles is not None:
        figure.html.add_child(Data(TILES, basemap.data), name=TILES)
    Panel(
        {
            "title": dict(title),
            "subtitle": dict(subtitle),
            "language": language,
            "notes": [dict(note) for note in (*notes, *(basemap.notes if basemap else ()))],
            "bounds": bounds,
            "indicators": [_indicator(i, values[i.id].to_numpy(dtype=float)) for i in indicators],
            "presets": [_preset(p, [i.id for i in indicators]) for p in presets],
        }
        | ({"basemap": basemap.config} if basemap else {}),
        zones=zone_layer,
        layers=drawn,
    ).add_to(page)
    return figure.render()


def _indicator(indicator: MapIndicator, values: NDArray[np.float64]) -> dict[str, Any]:
    """Describe an indicator: its names and its class limits as printed."""
    return {
        "id": indicator.id,
        "label": {"zh": indicator.zh, "en": indicator.en},
        "group": {"zh": indicator.group_zh, "en": indicator.group_en},
        "explain": {"zh": indicator.explain_zh, "en": indicator.explain_en},
        **number_classes(values, indicator.unit, limits=indicator.limits),
    }


def _preset(preset: MapPreset, indicators: Sequence[str]) -> dict[str, Any]:
    about = {
        "id": preset.id,
        "label": {"zh": preset.zh, "en": preset.en},
        "mode": "classes" if preset.indicator is None else "indicator",
        "colourings": dict(preset.colourings),
        "shown": list(preset.shown),
        "scheme": preset.scheme,
    }
    return about if preset.indicator is None else about | {"indicator": indicators.index(preset.indicator)}


def _check_presets(
    presets: Sequence[MapPreset], indicators: Sequence[MapIndicator], layers: Sequence[MapLayer]
) -> None:
    """Stop at a kind of map that names what is not there."""
    known = {layer.id: {c.id for c in layer.colourings} for layer in layers}
    for preset in presets:
        odd = [] if preset.indicator in {None, *(i.id for i in indicators)} else [str(preset.indicator)]
        odd += [name for name in preset.shown if name not in known]
        odd += [f"{layer}/{c}" for layer, c in preset.colourings.items() if c not in known.get(layer, ())]
        if odd:
            raise OutputError(f"the map {preset.id} names what is not on it: {first_ids(odd)}")


def _check(
    zones: gpd.GeoDataFrame,
    values: pd.DataFrame,
    indicators: Sequence[MapIndicator],
    layers: Sequence[MapLayer],
) -> None:
    """Stop before anything is drawn that would be drawn wrongly."""
    if lacking := [name for name in ("zone_id", "name") if name not in zones]:
        raise OutputError(f"the zones of a map lack the column(s) {', '.join(lacking)}")
    if zones["zone_id"].duplicated().any():
        raise OutputError(f"zone_id is not unique: {first_ids(zones.zone_id[zones.zone_id.duplicated()].tolist())}")
    if set(values.index) != set(zones["zone_id"]) or not values.index.is_unique:
        odd = sorted(map(str, set(values.index) ^ set(zones["zone_id"])))
        raise OutputError(f"zones and their values must hold the same ids once each; they differ in {first_ids(odd)}")
    if absent := [i.id for i in indicators if i.id not in values]:
        raise OutputError(f"no values for the indicator(s) {first_ids(absent)}")
    ids = [layer.id for layer in layers]
    if len(set(ids)) < len(ids):
        raise OutputError("the layers of a map need ids of their own")


def _union(boxes: Sequence[Sequence[float] | None]) -> list[float]:
    known = np.array([box for box in boxes if box is not None])
    if not len(known):
        raise OutputError("there is nothing to draw: no zone and no layer has a geometry")
    return [float(v) for v in (*known[:, :2].min(axis=0), *known[:, 2:].max(axis=0))]


def _zone_layer(zones: gpd.GeoDataFrame, values: pd.DataFrame, indicators: Sequence[MapIndicator]) -> FeatureLayer:
    """Encode the zones, their figures and the places of their names."""
    geometry = degrees(zones, "zones")
    figures = values.reindex(zones["zone_id"])
    places = _name_places(geometry)
    columns = {
        "zone_id": zones["zone_id"].map(str),
        "name": zones["name"].where(zones["name"].notna(), zones["zone_id"]).map(str),
        "x": pd.Series(shapely.get_x(places)),
        "y": pd.Series(shapely.get_y(places)),
        **{f"i{k}": figures[i.id].astype(float) for k, i in enumerate(indicators)},
    }
    about = {"id": "zones", "kind": "zone", "label": {"zh": "分区", "en": "Zones"}}
    payload = encode(geometry, columns, meta=about)
    return FeatureLayer(payload, key="zones", name="分区 Zones", bounds=bounds_of(geometry))


def _name_places(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the centre of the largest circle in each zone, where a name fits; a centroid may lie outside."""
    places = np.full(len(geometry), None, dtype=object)
    drawn = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    if drawn.any():
        box = shapely.bounds(geometry[drawn])
        reach = np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])
        circles = shapely.maximum_inscribed_circle(geometry[drawn], tolerance=np.maximum(reach / 100, 1e-9))
        places[drawn] = shapely.get_point(circles, 0)
    return places
