"""The plan's layers as the map shows them: columns, classes, counts and sums."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gisplan.errors import LayerError, first_ids
from gisplan.show.classes import number_classes
from gisplan.show.map_parts import FeatureLayer
from gisplan.show.payload import encode

# Decimal places stored of a column with this unit: one step finer than what is shown of it.
_PLACES = {"m²": 2, "m": 2, "ha": 5, "km": 5, "km²": 6, "mu": 3, "share": 6}

# Colour of a layer that names none.
_PLAIN = "#5b7a8c"


@dataclass(frozen=True)
class MapColumn:
    """A column of a layer that the map may show; ``unit`` "share" is shown as per cent.

    ``search`` columns are looked through when the reader searches, ``filter`` columns can narrow what is shown.
    """

    name: str
    zh: str
    en: str
    unit: str = ""
    search: bool = False
    filter: bool = False


@dataclass(frozen=True)
class MapClass:
    """A value of a class column, with its name, colour ("#rrggbb") and line weight or point size."""

    value: str
    zh: str
    en: str
    color: str
    weight: float = 1.0


@dataclass(frozen=True)
class MapColouring:
    """One way to colour a layer: all alike, by the classes of a column, or by its numbers.

    Parameters
    ----------
    id, zh, en
        Its key within the layer and its names.
    column
        Column of the layer; None colours everything as the one class.
    classes
        Values of the column; without any, the column holds numbers. Rows without a value are drawn as "no data".
    unit
        Unit of numbers; "share" means 0 to 1 shown as per cent.
    limits
        The standard's own class limits, in the unit in which the numbers are shown.
    """

    id: str
    zh: str
    en: str
    column: str | None = None
    classes: tuple[MapClass, ...] = ()
    unit: str = ""
    limits: tuple[float, ...] = ()


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
    colourings
        The ways to colour it; the map opens with the first. Without any, one quiet colour.
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
    colourings: tuple[MapColouring, ...] = ()
    shown: bool = True
    size_column: str | None = None


def degrees(frame: gpd.GeoDataFrame, name: str) -> NDArray[np.object_]:
    """Return the geometries of a frame in EPSG:4326.

    Parameters
    ----------
    frame
        Any declared coordinate system.
    name
        What an error calls the layer.

    Raises
    ------
    LayerError
        The frame declares no coordinate system.
    """
    if frame.crs is None:
        raise LayerError(f"layer {name} has no coordinate system: declare one in the plan")
    geometry: NDArray[np.object_] = frame.geometry.to_crs(4326).to_numpy()
    return geometry


def bounds_of(geometry: NDArray[np.object_]) -> list[float] | None:
    """Return west, south, east and north, or None when there is nothing to draw.

    Parameters
    ----------
    geometry
        Shapely geometries, empty ones and None.
    """
    found = shapely.total_bounds(geometry)
    return [float(v) for v in found] if np.isfinite(found).all() else None


def feature_layer(layer: MapLayer, position: int | None = None) -> FeatureLayer:
    """Encode a layer with its ways to be coloured, to be added to any `folium.Map`.

    Parameters
    ----------
    layer
        What is drawn.
    position
        Its place on a gisplan map, from 0; it becomes part of ids in the page. Without one they come from the content.

    Raises
    ------
    LayerError
        The layer has no coordinate system, lacks a column, mixes kinds, or holds a class without a colour.

    Examples
    --------
    >>> import folium, geopandas, shapely
    >>> from gisplan.show import MapClass, MapColouring, MapColumn, MapLayer, feature_layer
    >>> blocks = geopandas.GeoDataFrame(
    ...     {"id": ["A1", "A2"], "use": ["industrial", "green"]},
    ...     geometry=[shapely.box(120.0, 31.0, 120.01, 31.01), shapely.box(120.01, 31.0, 120.02, 31.01)],
    ...     crs=4490,
    ... )
    >>> classes = (MapClass("industrial", "工业", "Industry", "#bb9966"), MapClass("green", "绿地", "Green", "#7bb26d"))
    >>> layer = feature_layer(
    ...     MapLayer(
    ...         "blocks", "地块", "Blocks", blocks, (MapColumn("id", "编号", "Id"),),
    ...         (MapColouring("use", "用途", "Use", "use", classes),),
    ...     )
    ... )
    >>> view = folium.Map(location=[31.005, 120.01], zoom_start=15)
    >>> _ = layer.add_to(view)
    >>> view.save("blocks.html")
    """
    frame = layer.frame
    colourings = layer.colourings or (MapColouring("", layer.zh, layer.en, classes=(_plain(layer),)),)
    wanted = [c.name for c in layer.columns] + [c.column for c in colourings if c.column]
    if lacking := [name for name in dict.fromkeys([*wanted, layer.size_column or wanted[0]]) if name not in frame]:
        raise LayerError(f"layer {layer.id} lacks the column(s) {first_ids(lacking)}")
    geometry = degrees(frame, layer.id)
    kind = _kind(geometry, layer.id)
    keys = {c.name: f"a{k}" for k, c in enumerate(layer.columns)}
    columns = {keys[c.name]: _stored(frame[c.name], c.unit) for c in layer.columns}
    if layer.size_column is not None and layer.size_column not in keys:
        keys[layer.size_column] = "size"
        columns["size"] = _stored(frame[layer.size_column], "m²")
    described = []
    for number, colouring in enumerate(colourings):
        about, column = _colouring(layer, colouring, number, keys)
        described.append(about)
        columns.update(column)
    meta = {
        "id": layer.id,
        "kind": kind,
        "label": {"zh": layer.zh, "en": layer.en},
        "columns": [
            {"key": keys[c.name], "label": {"zh": c.zh, "en": c.en}, "unit": c.unit}
            | {role: True for role in ("search", "filter") if getattr(c, role)}
            for c in layer.columns
        ],
        "colourings": described,
        "size": keys[layer.size_column] if layer.size_column is not None and kind != "point" else None,
    }
    payload = encode(geometry, columns, meta=meta)
    return FeatureLayer(
        payload,
        key=f"layer{hashlib.sha256(payload).hexdigest()[:12] if position is None else position}",
        name=layer.zh or layer.en,
        bounds=bounds_of(geometry),
        show=layer.shown,
    )


def _plain(layer: MapLayer) -> MapClass:
    return MapClass("", layer.zh, layer.en, _PLAIN)


def _colouring(
    layer: MapLayer, colouring: MapColouring, number: int, keys: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, pd.Series[Any]]]:
    """Describe a colouring and give the column it needs beside those of the card."""
    about: dict[str, Any] = {"id": colouring.id, "label": {"zh": colouring.zh, "en": colouring.en}}
    if colouring.column is not None and not colouring.classes:
        values = layer.frame[colouring.column].to_numpy(dtype=float, na_value=np.nan)
        key = keys.get(colouring.column, f"n{number}")
        about |= {"kind": "number", "column": key, **number_classes(values, colouring.unit, limits=colouring.limits)}
        return about, {} if colouring.column in keys else {key: _stored(pd.Series(values), colouring.unit)}
    styles = [{"label": {"zh": c.zh, "en": c.en}, "color": c.color, "weight": c.weight} for c in colouring.classes]
    if colouring.column is None:
        return about | {"kind": "class", "column": None, "classes": styles}, {}
    missing = {"label": {"zh": "无数据", "en": "No data"}, "color": "#bfbfbf", "weight": 1.0}
    key = f"c{number}"
    about |= {"kind": "class", "column": key, "classes": [*styles, missing]}
    return about, {key: pd.Series(_class_codes(layer, colouring))}


def _class_codes(layer: MapLayer, colouring: MapColouring) -> NDArray[np.int64]:
    """Give every row the number of its class; without a value, the number after the last class."""
    numbers = {c.value: k for k, c in enumerate(colouring.classes)}
    if len(numbers) < len(colouring.classes):
        raise LayerError(f"layer {layer.id} names a class twice")
    column = layer.frame[colouring.column]
    found, distinct = pd.factorize(column.to_numpy(dtype=object))  # -1 where there is no value
    known = np.array([*(numbers.get(v, numbers.get(str(v), -1)) for v in distinct), len(colouring.classes)])
    codes = known[found]
    if (codes < 0).any():
        odd = column[codes < 0].astype(str).unique().tolist()
        raise LayerError(f"layer {layer.id} has no colour for the class(es) {first_ids(odd)}")
    return np.asarray(codes, dtype=np.int64)


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
