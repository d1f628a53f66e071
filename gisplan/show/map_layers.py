"""The plan's layers as the map shows them: columns, classes, counts and sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gisplan.errors import LayerError, first_ids
from gisplan.show.map_parts import FeatureLayer
from gisplan.show.payload import encode

# Decimal places stored of a column with this unit: one step finer than what is shown of it.
_PLACES = {"m²": 2, "m": 2, "ha": 5, "km": 5, "km²": 6, "mu": 3, "share": 5, "万元": 4}

# Other decimals keep four places, as shown, or as many as give the largest of them five digits.
_PLAIN_PLACES, _PLAIN_DIGITS = 4, 5

# Colour of a layer that names none.
_PLAIN = "#5b7a8c"


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
        Categorical style. Without a column everything is of the first class. Rows without a value are drawn
        as "no data" and counted.
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


def feature_layer(layer: MapLayer, position: int) -> FeatureLayer:
    """Encode one of the plan's layers with its classes, counts and sums.

    Parameters
    ----------
    layer
        What is drawn.
    position
        Its place on the map, from 0; it becomes part of ids in the page.

    Raises
    ------
    LayerError
        The layer has no coordinate system, lacks a column, mixes kinds, or holds a class without a colour.
    """
    frame = layer.frame
    wanted = [c.name for c in layer.columns] + [c for c in (layer.class_column, layer.size_column) if c]
    if lacking := [name for name in dict.fromkeys(wanted) if name not in frame]:
        raise LayerError(f"layer {layer.id} lacks the column(s) {first_ids(lacking)}")
    geometry = degrees(frame, layer.id)
    codes = _class_codes(layer)
    sizes = frame[layer.size_column].to_numpy(dtype=float) if layer.size_column else np.zeros(len(frame))
    bins = max(1, len(layer.classes)) + 1
    counts = np.bincount(codes, minlength=bins)
    sums = np.bincount(codes, weights=np.nan_to_num(sizes), minlength=bins)
    classes = layer.classes or (MapClass("", layer.zh, layer.en, _PLAIN),)
    styles = [{"label": {"zh": c.zh, "en": c.en}, "color": c.color, "weight": c.weight} for c in classes]
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
    payload = encode(geometry, {"class": pd.Series(codes), **columns}, meta=meta)
    return FeatureLayer(
        payload,
        key=f"layer{position}",
        name=layer.zh or layer.en,
        bounds=bounds_of(geometry),
        show=layer.shown,
    )


def _class_codes(layer: MapLayer) -> NDArray[np.int64]:
    """Give every row the number of its class; without a value, the number after the last class."""
    if layer.class_column is None:
        return np.zeros(len(layer.frame), dtype=np.int64)
    numbers = {c.value: k for k, c in enumerate(layer.classes)}
    if len(numbers) < len(layer.classes):
        raise LayerError(f"layer {layer.id} names a class twice")
    column = layer.frame[layer.class_column]
    codes = column.astype(object).map(lambda v: numbers.get(v, numbers.get(str(v), -1)))
    codes = codes.where(column.notna(), max(1, len(layer.classes))).astype(np.int64)
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
    if not pd.api.types.is_float_dtype(column):
        return column
    places = _PLACES.get(unit)
    if places is None:
        values = np.abs(column.to_numpy(dtype=float, na_value=np.nan))
        top = values[np.isfinite(values)].max(initial=0.0)
        places = _PLAIN_PLACES if top >= 0.1 or top == 0 else int(_PLAIN_DIGITS - 1 - np.floor(np.log10(top)))
    return column.round(places)
