"""The interactive map: zones, their indicators and the plan's layers in one file that needs no network."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import folium
import geopandas as gpd
import mapclassify
import numpy as np
import pandas as pd
import shapely
from branca.element import MacroElement
from folium.template import Template
from numpy.typing import NDArray

from gisplan.errors import LayerError, OutputError, first_ids
from gisplan.show.assets import SCRIPTS, STYLES, own
from gisplan.show.page import Data, OfflineFigure, OfflineMap, Script, Style, escape, json_text
from gisplan.show.payload import as_text, encode

# Light to dark, told apart in every common form of colour blindness and in a grey print.
RAMP = ("#e6f2b5", "#9fd8b0", "#48b3bd", "#2a7bb0", "#263a86")

# Decimal places stored of a column with this unit: one step finer than what is shown of it.
_PLACES = {"m²": 2, "m": 2, "ha": 5, "km": 5, "km²": 6, "mu": 3, "share": 6}

_BOTH = {"zh": "需要启用 JavaScript 才能显示此地图。", "en": "This map needs JavaScript."}


@dataclass(frozen=True)
class MapColumn:
    """A column of a layer that the map may show; ``unit`` "share" is shown as per cent."""

    name: str
    zh: str
    en: str
    unit: str = ""


@dataclass(frozen=True)
class MapClass:
    """A value of a layer's class column, with its name, colour ("#rrggbb") and line weight or point size."""

    value: str
    zh: str
    en: str
    color: str
    weight: float = 1.0


@dataclass(frozen=True)
class MapLayer:
    """One layer of the map.

    Parameters
    ----------
    id, zh, en
        Its key and its names.
    frame
        Polygons, lines or points in any declared coordinate system.
    columns
        What tooltip and card may show, in order; the first is the title.
    class_column, classes
        Categorical style. Without a column everything is of the first class. Rows without a value are drawn as
        "no data" and counted.
    shown
        Whether the map opens with it.
    size_column
        Area in m² of polygons or length in m of lines, summed per class in the legend.
    """

    id: str
    zh: str
    en: str
    frame: gpd.GeoDataFrame
    columns: tuple[MapColumn, ...]
    class_column: str | None
    classes: tuple[MapClass, ...]
    shown: bool = True
    size_column: str | None = None


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


class FeatureLayer(folium.map.Layer):
    """A folium layer drawn by gisplan; it can be added to any `folium.Map`.

    Parameters
    ----------
    payload
        Made by `gisplan.show.payload.encode`; the header's ``meta`` holds names, classes and columns.
    key
        Id in the page; letters and digits, unique on the map.
    name
        Name for folium's layer control.
    bounds
        West, south, east, north in degrees, or None when nothing is drawn.
    show
        Whether the map opens with it.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = gisplan.layer({{ this.data_key|tojson }}, {});"
        "{% endmacro %}"
    )

    def __init__(
        self, payload: bytes, *, key: str, name: str, bounds: Sequence[float] | None, show: bool = True
    ) -> None:
        super().__init__(name=escape(name), overlay=True, show=show)
        self._name, self._id, self.data_key = "FeatureLayer", key, f"data-{key}"
        self._payload, self._bounds = payload, bounds

    def _get_self_bounds(self) -> list[list[float | None]]:
        if self._bounds is None:
            return [[None, None], [None, None]]
        west, south, east, north = self._bounds
        return [[south, west], [north, east]]

    def render(self, **kwargs: Any) -> None:
        """Add the scripts once per page, the data once per layer, and the layer itself."""
        figure = self.get_root()
        for file in SCRIPTS:
            figure.header.add_child(Script(own(file)), name=f"gisplan_{file}")
        for file in STYLES:
            figure.header.add_child(Style(own(file)), name=f"gisplan_{file}")
        figure.html.add_child(Data(self.data_key, as_text(self._payload)), name=self.data_key)
        super().render(**kwargs)


class Panel(MacroElement):
    """The side panel: indicator picker, legend, layers, figures of a zone and notes.

    Parameters
    ----------
    config
        What the panel shows, as JSON can hold it.
    zones
        The layer of zones, added to the map before the panel.
    layers
        The other layers, in drawing order.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "gisplan.panel({{ this._parent.get_name() }}, 'config', {{ this.zones.get_name() }}, "
        "[{% for layer in this.layers %}{{ layer.get_name() }},{% endfor %}]);"
        "{% endmacro %}"
    )

    def __init__(self, config: Mapping[str, Any], *, zones: FeatureLayer, layers: Sequence[FeatureLayer]) -> None:
        super().__init__()
        self._name, self._id = "Panel", "panel"
        self.config, self.zones, self.layers = config, zones, layers

    def render(self, **kwargs: Any) -> None:
        """Add the panel and its inert settings."""
        settings = Data("config", json_text(self.config), kind="application/json")
        self.get_root().html.add_child(settings, name="config")
        super().render(**kwargs)


def webmap(
    *,
    title: Mapping[str, str],
    subtitle: Mapping[str, str],
    language: str,
    zones: gpd.GeoDataFrame,
    values: pd.DataFrame,
    indicators: Sequence[MapIndicator],
    layers: Sequence[MapLayer],
    notes: Sequence[Mapping[str, str]],
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

    Returns
    -------
    str
        One HTML file that asks no network for anything; equal input gives equal bytes.

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
    names = " / ".join(dict.fromkeys(title[key] for key in ("zh", "en") if language in {key, "both"}))
    figure = OfflineFigure(
        title=names, lang="en" if language == "en" else "zh-CN", summary=f"{names}. {_BOTH['zh']} {_BOTH['en']}"
    )
    zone_layer = _zone_layer(zones, values, indicators)
    drawn = [_feature_layer(layer, position) for position, layer in enumerate(layers)]
    bounds = _union([layer._bounds for layer in (zone_layer, *drawn)])
    page = OfflineMap(
        figure,
        location=[(bounds[1] + bounds[3]) / 2, (bounds[0] + bounds[2]) / 2],
        zoom_start=12,
        zoom_snap=0.25,
        fade_animation=False,
        attribution_control=False,
        max_zoom=21,
    )
    for layer in (zone_layer, *drawn):
        layer.add_to(page)
    Panel(
        {
            "title": dict(title),
            "subtitle": dict(subtitle),
            "language": language,
            "notes": [dict(note) for note in notes],
            "bounds": bounds,
            "ramp": RAMP,
            "indicators": [_indicator(i, values[i.id].to_numpy(dtype=float)) for i in indicators],
        },
        zones=zone_layer,
        layers=drawn,
    ).add_to(page)
    return figure.render()


def class_breaks(values: NDArray[np.float64], *, most: int = 5) -> list[float]:
    """Find natural breaks and write them as roundly as they can be without moving a value to another class.

    Parameters
    ----------
    values
        Figures of the zones; those that are not finite are left out.
    most
        The largest number of classes.

    Returns
    -------
    list of float
        Upper ends of all classes but the last; a value equal to a break belongs below it.
    """
    known = np.sort(values[np.isfinite(values)])
    distinct = np.unique(known)
    if len(distinct) < 2:
        return []
    if len(distinct) <= most:
        ends = np.arange(len(distinct) - 1)
    else:
        classes = _classify((distinct - distinct[0]) / np.ptp(distinct), (known - known[0]) / np.ptp(known), most)
        ends = np.flatnonzero(np.diff(classes))
    return [_round_between(float(distinct[end]), float(distinct[end + 1])) for end in ends]


def _classify(distinct: NDArray[np.float64], known: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Give every distinct value, scaled to 0..1, its class.

    Natural breaks take time with the square of the zones, so that many zones are classed by quantiles.
    """
    if len(known) > 100:
        bins = mapclassify.Quantiles(known, k=most).bins
    else:
        with warnings.catch_warnings():
            # It recommends numba, which saves nothing at this size.
            warnings.simplefilter("ignore", UserWarning)
            bins = mapclassify.FisherJenks(known, k=most).bins
    return np.searchsorted(bins, distinct, side="left")


def _round_between(low: float, high: float) -> float:
    """Return the shortest decimal x with low <= x < high."""
    for places in range(-9, 15):
        candidate = round(float(np.ceil(low * 10.0**places)) / 10.0**places, max(places, 0))
        if low <= candidate < high:
            return candidate
    return low


def _indicator(indicator: MapIndicator, values: NDArray[np.float64]) -> dict[str, Any]:
    """Describe an indicator: names, classes as printed, zones in each."""
    shown = values * 100 if indicator.unit == "share" else values
    known = shown[np.isfinite(shown)]
    breaks = class_breaks(shown)
    counts = np.bincount(np.searchsorted(breaks, known, side="left"), minlength=len(breaks) + 1)
    return {
        "id": indicator.id,
        "label": {"zh": indicator.zh, "en": indicator.en},
        "unit": indicator.unit,
        "group": {"zh": indicator.group_zh, "en": indicator.group_en},
        "explain": {"zh": indicator.explain_zh, "en": indicator.explain_en},
        "decimals": 1 if indicator.unit == "share" else decimals(known),
        "breaks": breaks,
        "counts": [int(v) for v in counts] if len(known) else [],
        "missing": len(values) - len(known),
    }


def decimals(values: NDArray[np.float64]) -> int:
    """Choose how many decimals a column of figures is shown with: none for counts, two for most, four for tiny ones.

    Parameters
    ----------
    values
        Finite figures.
    """
    top = float(np.abs(values).max(initial=0.0))
    if (values == np.round(values)).all() or top >= 100_000:
        return 0
    return 2 if top >= 0.1 else 4


def _check(
    zones: gpd.GeoDataFrame, values: pd.DataFrame, indicators: Sequence[MapIndicator], layers: Sequence[MapLayer]
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


def _degrees(frame: gpd.GeoDataFrame, name: str) -> NDArray[np.object_]:
    if frame.crs is None:
        raise LayerError(f"layer {name} has no coordinate system: declare one in the plan")
    geometry: NDArray[np.object_] = frame.geometry.to_crs(4326).to_numpy()
    return geometry


def _bounds(geometry: NDArray[np.object_]) -> list[float] | None:
    found = shapely.total_bounds(geometry)
    return [float(v) for v in found] if np.isfinite(found).all() else None


def _union(boxes: Sequence[Sequence[float] | None]) -> list[float]:
    known = np.array([box for box in boxes if box is not None])
    if not len(known):
        raise OutputError("there is nothing to draw: no zone and no layer has a geometry")
    return [float(v) for v in (*known[:, :2].min(axis=0), *known[:, 2:].max(axis=0))]


def _zone_layer(
    zones: gpd.GeoDataFrame, values: pd.DataFrame, indicators: Sequence[MapIndicator]
) -> FeatureLayer:
    """Encode the zones, their figures and the places of their names."""
    geometry = _degrees(zones, "zones")
    figures = values.reindex(zones["zone_id"])
    # The centre of the largest circle inside is where a name fits best; a centroid may lie outside its zone.
    places = shapely.get_point(shapely.maximum_inscribed_circle(geometry, tolerance=1e-5), 0)
    columns = {
        "zone_id": zones["zone_id"].map(str),
        "name": zones["name"],
        "x": pd.Series(shapely.get_x(places)),
        "y": pd.Series(shapely.get_y(places)),
        **{f"i{k}": figures[i.id].astype(float) for k, i in enumerate(indicators)},
    }
    about = {"id": "zones", "kind": "zone", "label": {"zh": "分区", "en": "Zones"}}
    payload = encode(geometry, columns, meta=about)
    return FeatureLayer(payload, key="zones", name="分区 Zones", bounds=_bounds(geometry))


def _feature_layer(layer: MapLayer, position: int) -> FeatureLayer:
    """Encode one of the plan's layers with its classes, counts and sums."""
    frame = layer.frame
    wanted = [c.name for c in layer.columns] + [c for c in (layer.class_column, layer.size_column) if c]
    if lacking := [name for name in dict.fromkeys(wanted) if name not in frame]:
        raise LayerError(f"layer {layer.id} lacks the column(s) {first_ids(lacking)}")
    geometry = _degrees(frame, layer.id)
    codes = _class_codes(layer)
    sizes = frame[layer.size_column].to_numpy(dtype=float) if layer.size_column else np.zeros(len(frame))
    bins = len(layer.classes) + 1
    counts = np.bincount(codes, minlength=bins)
    sums = np.bincount(codes, weights=np.nan_to_num(sizes), minlength=bins)
    styles = [{"label": {"zh": c.zh, "en": c.en}, "color": c.color, "weight": c.weight} for c in layer.classes]
    meta = {
        "id": layer.id,
        "kind": _kind(geometry, layer.id),
        "label": {"zh": layer.zh, "en": layer.en},
        "columns": [{"label": {"zh": c.zh, "en": c.en}, "unit": c.unit} for c in layer.columns],
        "classes": [*styles, {"label": {"zh": "无数据", "en": "No data"}, "color": "#bfbfbf", "weight": 1.0}],
        "counts": [int(v) for v in counts],
        "sizes": [float(v) for v in sums] if layer.size_column else None,
        "classed": layer.class_column is not None,
    }
    columns = {f"a{k}": _stored(frame[c.name], c.unit) for k, c in enumerate(layer.columns)}
    payload = encode(geometry, {"class": pd.Series(codes), **columns}, meta=json.loads(json.dumps(meta)))
    return FeatureLayer(
        payload, key=f"layer{position}", name=layer.zh or layer.en, bounds=_bounds(geometry), show=layer.shown
    )


def _class_codes(layer: MapLayer) -> NDArray[np.int64]:
    """Number the class of every row; rows without a value get the number after the last class."""
    if layer.class_column is None:
        return np.zeros(len(layer.frame), dtype=np.int64)
    numbers = {c.value: k for k, c in enumerate(layer.classes)}
    if len(numbers) < len(layer.classes):
        raise LayerError(f"layer {layer.id} names a class twice")
    column = layer.frame[layer.class_column]
    codes = column.astype(object).map(lambda v: numbers.get(v, numbers.get(str(v), -1)))
    codes = codes.where(column.notna(), len(layer.classes)).astype(np.int64)
    if (codes < 0).any():
        odd = column[codes < 0].astype(str).unique().tolist()
        raise LayerError(f"layer {layer.id} has no colour for the class(es) {first_ids(odd)}")
    return codes.to_numpy()


def _kind(geometry: NDArray[np.object_], name: str) -> str:
    """Tell polygons, lines and points apart; a layer is of one kind."""
    dimensions = {int(d) for d in shapely.get_dimensions(geometry) if d >= 0}
    if len(dimensions) > 1:
        raise LayerError(f"layer {name} mixes points, lines and polygons: give each a layer of its own")
    return ("point", "line", "polygon")[dimensions.pop() if dimensions else 2]


def _stored(column: pd.Series[Any], unit: str) -> pd.Series[Any]:
    """Drop digits nobody sees, which would make up most of the file."""
    if unit in _PLACES and pd.api.types.is_float_dtype(column):
        return column.round(_PLACES[unit])
    return column
