"""Styles that QGIS finds in a GeoPackage: the map's classes and colours, and names of the fields in both languages."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import shapely

from gisplan.show.class_colors import class_color
from gisplan.show.classes import RAMP, number_classes
from gisplan.show.figures.legend import NO_DATA, ranges, spread
from gisplan.show.figures.sheet import printable
from gisplan.show.map_layers import MapClass, MapColouring, MapLayer

_KINDS = {"polygon": "fill", "line": "line", "point": "marker"}

_TABLE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
    f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME)
"""


@dataclass(frozen=True)
class Style:
    """One way to see a layer.

    Attributes
    ----------
    name
        What QGIS lists it as.
    qml
        QGIS's own description of it.
    """

    name: str
    qml: str


def styles(
    layer: MapLayer, columns: Iterable[str], aliases: Mapping[str, str], *, kind: str = "polygon", label: str = ""
) -> list[Style]:
    """Styles of a layer, one for each of its colourings whose column was written; the first is the one it opens in.

    Parameters
    ----------
    layer
        What the map shows.
    columns
        Columns of the layer as written.
    aliases
        What fields are called, by column.
    kind
        "polygon", "line" or "point".
    label
        Column whose text is written on the features; none by default.
    """
    there = set(columns)
    out: list[Style] = []
    for colouring in layer.colourings:
        if colouring.column in there:
            # Names of fields stay when another style is chosen, so that only the first tells them.
            root = (
                ET.Element("qgis", version="3.22.0", styleCategories="Symbology") if out else _document(aliases, label)
            )
            root.insert(0, _renderer(layer, colouring, kind))
            out.append(Style(printable(f"{colouring.zh} {colouring.en}"), _text(root)))
    return out


def kind_of(layer: MapLayer) -> str:
    """Tell whether a layer holds polygons, lines or points."""
    dimension = int(shapely.get_dimensions(np.asarray(layer.frame.geometry.array)).max(initial=-1))
    return ("point", "line", "polygon")[dimension if dimension >= 0 else 2]


def write_styles(file: Path, found: Mapping[str, Sequence[Style]], *, stamp: str) -> None:
    """Put styles into a GeoPackage, where QGIS looks for them.

    Parameters
    ----------
    file
        A GeoPackage with the layers.
    found
        Styles by layer, the one to open with first.
    stamp
        Time to write as that of the last change.
    """
    rows = [
        ("", "", layer, "geom", style.name[:60], style.qml, "", number == 0, style.name, "", None, stamp)
        for layer, some in found.items()
        for number, style in enumerate(some)
    ]
    with sqlite3.connect(file) as base:
        base.execute(_TABLE)
        base.executemany(f"INSERT INTO layer_styles VALUES (NULL{', ?' * 12})", rows)
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) VALUES (?, ?, ?, ?)",
            ("layer_styles", "attributes", "layer_styles", stamp),
        )
    base.close()


def _document(aliases: Mapping[str, str], label: str) -> ET.Element:
    root = ET.Element(
        "qgis", version="3.22.0", styleCategories="Symbology|Labeling|Fields", labelsEnabled=str(int(bool(label)))
    )
    if label:
        labelling = ET.SubElement(ET.SubElement(root, "labeling", type="simple"), "settings", calloutType="simple")
        text = ET.SubElement(
            labelling, "text-style", fieldName=label, fontSize="9", fontSizeUnit="Point", textColor="28,39,51,255"
        )
        ET.SubElement(text, "text-buffer", bufferDraw="1", bufferSize="0.8", bufferColor="255,255,255,255")
        ET.SubElement(labelling, "placement", placement="1", centroidInside="1", centroidWhole="1")
    names = ET.SubElement(root, "aliases")
    for field, name in aliases.items():
        ET.SubElement(names, "alias", field=field, index="", name=printable(name))
    return root


def _text(root: ET.Element) -> str:
    body: str = ET.tostring(root, encoding="unicode")
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + body


def _renderer(layer: MapLayer, colouring: MapColouring, kind: str) -> ET.Element:
    """Describe classes by value, or rules that part numbers; either with a class for what has no value."""
    # A flag is written as 1 and 0, whether or not some of it is unknown.
    flag = bool(colouring.classes) and {c.value for c in colouring.classes} <= {"True", "False"}
    if colouring.classes and not flag:
        return _by_class(colouring, kind)
    is_open = bool(layer.frame[str(colouring.column)].isna().any())
    parts = list(_flags(colouring, is_open=is_open) if flag else _numbers(layer, colouring))
    root = ET.Element("renderer-v2", type="RuleRenderer", symbollevels="0", forceraster="0", enableorderby="0")
    rules = ET.SubElement(root, "rules", key=_key(0))
    symbols = ET.SubElement(root, "symbols")
    for number, (condition, label, color) in enumerate(parts):
        ET.SubElement(rules, "rule", key=_key(number + 1), symbol=str(number), filter=condition, label=label)
        symbols.append(_symbol(number, kind, color, 1.0, missing=color == NO_DATA))
    return root


def _key(number: int) -> str:
    return f"{{00000000-0000-4000-8000-{number:012d}}}"


def _by_class(colouring: MapColouring, kind: str) -> ET.Element:
    root = ET.Element(
        "renderer-v2", type="categorizedSymbol", attr=str(colouring.column), symbollevels="0", forceraster="0",
        enableorderby="0",
    )  # fmt: skip
    entries = ET.SubElement(root, "categories")
    symbols = ET.SubElement(root, "symbols")
    # QGIS takes the empty value for what is missing and for anything else.
    classes = [*colouring.classes, MapClass("", *colouring.missing, NO_DATA)]
    for number, c in enumerate(classes):
        ET.SubElement(
            entries, "category", type="string", symbol=str(number), value=c.value, label=printable(f"{c.zh} {c.en}"),
            render="true",
        )  # fmt: skip
        color = c.color or class_color(number)
        missing = number == len(classes) - 1
        symbols.append(_symbol(number, kind, color, c.weight, missing=missing, dash=c.dash))
    return root


def _flags(colouring: MapColouring, *, is_open: bool) -> Iterator[tuple[str, str, str]]:
    for number, c in enumerate(colouring.classes):
        color = c.color or class_color(number)
        yield f'"{colouring.column}" = {1 if c.value == "True" else 0}', printable(f"{c.zh} {c.en}"), color
    if is_open:
        yield "ELSE", printable(" ".join(colouring.missing)), NO_DATA


def _numbers(layer: MapLayer, colouring: MapColouring) -> Iterator[tuple[str, str, str]]:
    """Conditions that part numbers as the map does: a value equal to an end belongs below it."""
    column, by = str(colouring.column), 100 if colouring.unit == "share" else 1
    values = layer.frame[column].to_numpy(dtype=float, na_value=np.nan)
    about = number_classes(values, colouring.unit, limits=colouring.limits)
    ends = about["schemes"].get("standard") or about["schemes"]["natural"]
    shown = values[np.isfinite(values)] * by
    labels = ranges(shown, ends, about["decimals"], colouring.unit)
    colors = spread(about.get("ramp", RAMP), len(ends) + 1)
    for number, (label, color) in enumerate(zip(labels, colors, strict=True)):
        low = [f'"{column}" > {_number(ends[number - 1] / by)}'] if number else []
        high = [f'"{column}" <= {_number(ends[number] / by)}'] if number < len(ends) else []
        yield " AND ".join([*low, *high]) or f'"{column}" IS NOT NULL', label, color
    yield "ELSE", "无数据 No data", NO_DATA


def _number(value: float) -> str:
    return repr(round(value, 12))


def _symbol(number: int, kind: str, color: str, weight: float, *, missing: bool, dash: str = "") -> ET.Element:
    told = ",".join(str(int(color[k : k + 2], 16)) for k in (1, 3, 5)) + ",255"
    symbol = ET.Element("symbol", type=_KINDS[kind], name=str(number), alpha="1", clip_to_extent="1", force_rhr="0")
    if kind == "polygon":
        edge = {"outline_color": "154,165,174,255", "outline_width": "0.1", "outline_width_unit": "MM"}
        _layer(symbol, "SimpleFill", {"color": told, "style": "solid", "outline_style": "solid", **edge})
        if missing:
            _layer(symbol, "SimpleFill", {"color": "154,165,174,255", "style": "b_diagonal", "outline_style": "no"})
    elif kind == "line":
        width = f"{0.15 + 0.2 * weight:g}"
        style = "dot" if missing else {"dashed": "dash", "dotted": "dot"}.get(dash, "solid")
        _layer(
            symbol,
            "SimpleLine",
            {"line_color": told, "line_width": width, "line_width_unit": "MM", "line_style": style},
        )
    else:
        size = f"{1.4 + 0.3 * weight:g}"
        _layer(
            symbol, "SimpleMarker", {"name": "circle", "color": told, "size": size, "outline_color": "255,255,255,255"}
        )
    return symbol


def _layer(symbol: ET.Element, kind: str, options: Mapping[str, str]) -> None:
    """One layer of a symbol."""
    layer = ET.SubElement(symbol, "layer", {"class": kind, "pass": "0", "locked": "0", "enabled": "1"})
    told = ET.SubElement(layer, "Option", type="Map")
    for name, value in options.items():
        ET.SubElement(told, "Option", type="QString", name=name, value=value)
