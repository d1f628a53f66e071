"""A drawing → what stands on some of its layers: lines, closed lines, points and texts, in drawing units."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.read.cad_curves import areas_of, points_of
from gisplan.read.cad_walk import Drawn, damage, fault, layer_of, readable, walk

#: Entities that become lines.
_LINES = frozenset({"LINE", "LWPOLYLINE", "POLYLINE", "ARC", "CIRCLE", "ELLIPSE", "SPLINE"})
_CURVES = frozenset({"ARC", "CIRCLE", "ELLIPSE", "SPLINE"})
_TEXTS = frozenset({"TEXT", "MTEXT", "ATTRIB"})

#: Coordinates (m) beyond which nothing on a map of the earth lies.
FURTHEST = 1e8


@dataclass(frozen=True)
class Item:
    """Something drawn: its shape in drawing units, and what the drawing says of it."""

    shape: Any
    layer: str
    handle: str
    color: int
    elevation: float
    text: str | None = None


@dataclass(frozen=True)
class Label:
    """A text of the drawing, its middle as far as it can be told, and the point it hangs on."""

    text: str
    layer: str
    handle: str
    middle: tuple[float, float]
    anchor: tuple[float, float]


@dataclass
class Content:
    """What was found on the layers of a plan.

    Attributes
    ----------
    items, labels
        What can be used.
    curves
        How many items are curved.
    hidden
        Entities on layers that are off or frozen, by layer.
    paper
        How many stand on sheets of paper space.
    other
        Entities of kinds that are not read, by kind.
    faulty
        Entities that are damaged, each with the reason.
    """

    items: list[Item] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    curves: int = 0
    hidden: Counter[str] = field(default_factory=Counter)
    paper: int = 0
    other: Counter[str] = field(default_factory=Counter)
    faulty: list[str] = field(default_factory=list)


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Tell whether a CAD layer is meant: case does not matter and * stands for anything."""
    rule = re.compile("|".join(".*".join(map(re.escape, p.strip().lower().split("*"))) for p in patterns), re.DOTALL)
    return lambda layer: rule.fullmatch(layer.lower()) is not None


def gather(
    doc: Any,
    *,
    lines: Callable[[str], bool],
    texts: Callable[[str], bool],
    dimension: int | None,
    scale: float,
    within: float,
    place: str,
) -> Content:
    """Find what stands in model space on the layers that are wanted.

    Parameters
    ----------
    doc
        The drawing.
    lines, texts
        Whether a CAD layer holds what is wanted.
    dimension
        2 for polygons, 1 for lines; None takes blocks as symbols, for services.
    scale
        Metres a drawing unit.
    within
        How far (m) a chord may lie from its curve.

    Raises
    ------
    LayerError
        It holds more than can be read.
    """
    out = Content()
    faults = damage()
    symbols = lines if dimension is None else None
    for drawn in walk(doc, symbols, out.faulty, place=place):
        wanted, lettered = lines(drawn.layer), texts(drawn.layer)
        kind = drawn.entity.dxftype()
        if not (wanted or (lettered and kind in _TEXTS)):
            continue
        if drawn.hidden:
            out.hidden[drawn.layer] += 1
            continue
        try:
            _take(out, drawn, kind, dimension, scale, within)
        except faults as error:
            out.faulty.append(fault(kind, drawn.handle, error))
    for sheet in doc.layouts:
        if sheet.name != "Model":
            out.paper += sum(lines(n) or texts(n) for n in map(layer_of, sheet))
    return out


def _take(out: Content, drawn: Drawn, kind: str, dimension: int | None, scale: float, within: float) -> None:
    entity = drawn.entity
    if kind in _TEXTS:
        out.labels.append(_label(drawn, kind, scale))
    elif kind in _LINES or (kind == "HATCH" and dimension == 2):
        parts = points_of(entity, within / scale)
        for points in parts:
            _require_sane(points, scale)
        height = float(parts[0][0, 2]) * scale if parts else 0.0
        shapes: list[Any] = areas_of(parts) if kind == "HATCH" else [_line(p[:, :2]) for p in parts]
        out.items += [Item(s, drawn.layer, drawn.handle, drawn.color, height) for s in shapes]
        out.curves += kind in _CURVES or (kind != "LINE" and bool(getattr(entity, "has_arc", False)))
    elif dimension is None and kind in ("POINT", "INSERT"):
        spot = entity.dxf.location if kind == "POINT" else entity.dxf.insert
        spot = entity.ocs().to_wcs(spot) if kind == "INSERT" else spot
        at = np.array([[spot.x, spot.y, spot.z]])
        _require_sane(at, scale)
        words = " ".join(readable(a.dxf.text).strip() for a in entity.attribs) if kind == "INSERT" else ""
        out.items.append(
            Item(shapely.Point(at[0, :2]), drawn.layer, drawn.handle, drawn.color, spot.z * scale, words or None)
        )
    else:
        out.other[kind] += 1


def _require_sane(points: NDArray[np.float64], scale: float) -> None:
    if not np.isfinite(points).all():
        raise ValueError("coordinates that are not numbers")
    if (np.abs(points[:, :2]) * scale > FURTHEST).any():
        raise ValueError("coordinates beyond the earth")


def _line(points: NDArray[np.float64]) -> Any:
    """Polygon of a closed line, line of an open one, without repeated points."""
    out = points[np.r_[True, (np.diff(points, axis=0) != 0).any(axis=1)]]
    if len(out) < 2:
        raise ValueError("has no length")
    if np.ptp(out[[0, -1]], axis=0).max() > 1e-9:
        return shapely.linestrings(out)
    # There and back again is a line, whatever its closed mark says.
    return shapely.polygons(out) if len(out) > 3 else shapely.linestrings(out[:2])


def _label(drawn: Drawn, kind: str, scale: float) -> Label:
    from ezdxf.tools.text import plain_mtext, plain_text

    entity = drawn.entity
    lettered = readable(entity.text if kind == "MTEXT" else entity.dxf.text)
    text = " ".join(str(plain_mtext(lettered) if kind == "MTEXT" else plain_text(lettered)).split())
    if kind == "MTEXT":
        spot, turn, height = entity.dxf.insert, float(entity.get_rotation()), float(entity.dxf.char_height)
        row, column = divmod(int(entity.dxf.attachment_point) - 1, 3)
        right, above = {0: 1, 1: 0, 2: -1}[column], {0: -1, 1: 0, 2: 1}[row]
    else:
        turn, height = float(entity.dxf.rotation), float(entity.dxf.height)
        aligned = bool(entity.dxf.halign or entity.dxf.valign) and entity.dxf.hasattr("align_point")
        spot = entity.ocs().to_wcs(entity.dxf.align_point if aligned else entity.dxf.insert)
        across, up = (int(entity.dxf.halign), int(entity.dxf.valign)) if aligned else (0, 0)
        # Of the ways to hang a text up: 1 and 4 are its middle, 2 its right end; 2 and 3 half its height and its top.
        right, above = {1: 0, 2: -1, 4: 0}.get(across, 1), 0 if across == 4 else {2: 0, 3: -1}.get(up, 1)
    _require_sane(np.array([[spot.x, spot.y, height]]), scale)
    # Letters are about as wide as they are high in Chinese, and six tenths of that in Latin.
    wide = height * sum(1.0 if ord(c) > 0x2E80 else 0.6 for c in text)
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    x, y = right * wide / 2, above * height / 2
    middle = (float(spot.x + x * cos - y * sin), float(spot.y + x * sin + y * cos))
    return Label(text, drawn.layer, drawn.handle, middle, (float(spot.x), float(spot.y)))
