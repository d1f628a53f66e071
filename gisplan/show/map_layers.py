"""The plan's layers as the map shows them: columns, classes, counts and sums."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gisplan.errors import LayerError, first_ids
from gisplan.show.class_colors import class_color
from gisplan.show.classes import difference_classes, number_classes
from gisplan.show.map_parts import FeatureLayer
from gisplan.show.payload import Draft, lay_out

# Decimal places stored of a column with this unit: one step finer than what is shown of it.
_PLACES = {"m²": 2, "m": 2, "ha": 5, "km": 5, "km²": 6, "mu": 3, "share": 5, "万元": 4}

# Other decimals keep four places, as shown, or as many as give the largest of them five digits.
_PLAIN_PLACES, _PLAIN_DIGITS = 4, 5

# Colour of a layer that names none.
PLAIN = "#5b7a8c"


@dataclass(frozen=True)
class MapColumn:
    """A column of a layer that the map may show; ``unit`` "share" is shown as per cent.

    ``search`` columns are looked through when the reader searches, ``filter`` columns can narrow what is shown.
    ``role`` is what the card makes of it: "key" (a figure at its head), "service" (a flag: served, not served, not
    known), "date" (a day in the life of the parcel, on its life line), "due" (the day work had to begin), "next" (the
    day its class changes), "class" (a finding), "next_class" (the finding after that day) or "over" (days past the
    due day). ``words`` are the names of coded values: value → (zh, en).
    """

    name: str
    zh: str
    en: str
    unit: str = ""
    search: bool = False
    filter: bool = False
    role: str = ""
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class MapClass:
    """A value of a class column, with its name, colour ("#rrggbb") and line weight or point size.

    A class without a colour gets the one its place has (see `gisplan.show.class_colors.class_color`). ``dash`` is how
    its lines are drawn: "" without gaps, "dashed" (what is to come) or "dotted" (what nobody is sure of).
    """

    value: str
    zh: str
    en: str
    color: str = ""
    weight: float = 1.0
    dash: str = ""


#: What rows without a value are called, unless a colouring has a better word: zh, en.
NO_VALUE = ("无数据", "No data")


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
    signed
        Whether the numbers are differences, coloured away from zero to both sides.
    fact
        Whether the card tells the class of a feature even while the map wears another colouring.
    missing
        What rows without a value are called (zh, en).
    """

    id: str
    zh: str
    en: str
    column: str | None = None
    classes: tuple[MapClass, ...] = ()
    unit: str = ""
    limits: tuple[float, ...] = ()
    signed: bool = False
    fact: bool = False
    missing: tuple[str, str] = NO_VALUE


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
    beside
        The same layer of another run: numbers are classed over both, so that their colours compare.
    run
        0 for the page's own layers, 1 for those of the run it is compared with.
    """

    id: str
    zh: str
    en: str
    frame: gpd.GeoDataFrame
    columns: tuple[MapColumn, ...]
    colourings: tuple[MapColouring, ...] = ()
    shown: bool = True
    size_column: str | None = None
    beside: gpd.GeoDataFrame | None = None
    run: int = 0


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


def feature_layer(layer: MapLayer, position: int | None = None, draft: Draft | None = None) -> FeatureLayer:
    """Write a layer with its ways to be coloured, to be added to any `folium.Map`.

    Parameters
    ----------
    layer
        What is drawn.
    position
        Its place on a gisplan map, from 0; it becomes part of ids in the page. Without one they come from the content.
    draft
        Made of it by `drafted`, where that has been done.

    Raises
    ------
    LayerError
        As for `drafted`.

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
    draft = drafted(layer) if draft is None else draft
    payload = draft.write()
    return FeatureLayer(
        payload,
        key=f"layer{hashlib.sha256(payload).hexdigest()[:12] if position is None else position}",
        name=layer.zh or layer.en,
        bounds=draft.header["bounds"],
        show=layer.shown,
    )


def drafted(layer: MapLayer, *, digits: int = 6) -> Draft:
    """Lay out one of the plan's layers with its ways to be coloured.

    Parameters
    ----------
    layer
        What is drawn.
    digits
        Decimal places kept of a degree (see `gisplan.show.payload.digits_for`).

    Raises
    ------
    LayerError
        The layer has no coordinate system, lacks a column, mixes kinds, or holds a class without a colour.
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
    meta: dict[str, Any] = {
        "id": layer.id,
        "kind": kind,
        "label": {"zh": layer.zh, "en": layer.en},
        "columns": [
            {"key": keys[c.name], "label": {"zh": c.zh, "en": c.en}, "unit": c.unit}
            | {role: True for role in ("search", "filter") if getattr(c, role)}
            | ({"role": c.role, "name": c.name} if c.role else {})
            | ({"words": {value: {"zh": zh, "en": en} for value, (zh, en) in c.words.items()}} if c.words else {})
            for c in layer.columns
        ],
        "colourings": described,
        "size": keys[layer.size_column] if layer.size_column is not None and kind != "point" else None,
    }
    if layer.run:
        meta["run"] = layer.run
    try:
        return lay_out(geometry, columns, meta=meta, digits=digits)
    except LayerError as error:
        raise LayerError(f"layer {layer.id}: {error}") from None


def _plain(layer: MapLayer) -> MapClass:
    return MapClass("", layer.zh, layer.en, PLAIN)


def _colouring(
    layer: MapLayer, colouring: MapColouring, number: int, keys: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, pd.Series[Any]]]:
    """Describe a colouring and give the column it needs beside those of the card."""
    about: dict[str, Any] = {"id": colouring.id, "label": {"zh": colouring.zh, "en": colouring.en}}
    if colouring.fact:
        about["fact"] = True
    if colouring.column is not None and not colouring.classes:
        values = layer.frame[colouring.column].to_numpy(dtype=float, na_value=np.nan)
        key = keys.get(colouring.column, f"n{number}")
        both = values
        if layer.beside is not None and colouring.column in layer.beside:
            both = np.append(values, layer.beside[colouring.column].to_numpy(dtype=float, na_value=np.nan))
        classed = (
            difference_classes(values, colouring.unit)
            if colouring.signed
            else number_classes(both, colouring.unit, limits=colouring.limits)
        )
        about |= {"kind": "number", "column": key, **classed}
        if colouring.missing != NO_VALUE:
            about["missing"] = dict(zip(("zh", "en"), colouring.missing, strict=True))
        return about, {} if colouring.column in keys else {key: _stored(pd.Series(values), colouring.unit)}
    styles = [
        {"label": {"zh": c.zh, "en": c.en}, "color": c.color or class_color(k), "weight": c.weight}
        | ({"dash": c.dash} if c.dash else {})
        for k, c in enumerate(colouring.classes)
    ]
    if colouring.column is None:
        return about | {"kind": "class", "column": None, "classes": styles}, {}
    zh, en = colouring.missing
    missing = {"label": {"zh": zh, "en": en}, "color": "#bfbfbf", "weight": 1.0}
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
    if not pd.api.types.is_float_dtype(column):
        return column
    places = _PLACES.get(unit)
    if places is None:
        values = np.abs(column.to_numpy(dtype=float, na_value=np.nan))
        top = values[np.isfinite(values)].max(initial=0.0)
        places = _PLAIN_PLACES if top >= 0.1 or top == 0 else int(_PLAIN_DIGITS - 1 - np.floor(np.log10(top)))
    return column.round(places)
