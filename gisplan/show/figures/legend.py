"""What a figure's colours mean: classes of a layer with their counts and sizes, as the map on screen has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.errors import LayerError, first_ids
from gisplan.show.class_colors import class_color
from gisplan.show.classes import number_classes
from gisplan.show.map_layers import NO_VALUE, PLAIN, MapColouring, MapLayer

#: What has no value: light, and hatched so that no class can look like it.
NO_DATA = "#e8e8e8"


@dataclass(frozen=True)
class Entry:
    """One class of a layer.

    Attributes
    ----------
    zh, en
        What it is called.
    color, weight
        "#rrggbb"; width of a line or size of a point, 1 is plain.
    rows
        Row numbers of the features, shape (n,).
    size
        Sum of their areas (m²) or lengths (m); NaN where the layer has none.
    missing
        Whether it is what has no value.
    dash
        "", "dashed" or "dotted" lines.
    """

    zh: str
    en: str
    color: str
    weight: float
    rows: NDArray[np.int64]
    size: float
    missing: bool = False
    dash: str = ""


@dataclass(frozen=True)
class Key:
    """A layer's heading and classes; ``kind`` is "polygon", "line" or "point"."""

    zh: str
    en: str
    kind: str
    entries: tuple[Entry, ...]

    def only(self, seen: NDArray[np.bool_]) -> Key:
        """Keep the features that are seen, and the classes that have any; sizes of classes are no longer known."""
        left = [replace(e, rows=e.rows[seen[e.rows]], size=float("nan")) for e in self.entries]
        return replace(self, entries=tuple(e for e in left if len(e.rows)))


def key_of(layer: MapLayer, colouring: MapColouring | None, *, scheme: str = "natural") -> Key:
    """Class the features of a layer.

    Parameters
    ----------
    layer
        What is drawn.
    colouring
        One of its ways to be coloured; None draws all alike.
    scheme
        How numbers are classed; the standard's own limits go first where there are any.

    Raises
    ------
    LayerError
        It holds a class without a colour.
    """
    frame = layer.frame
    shapes = np.asarray(frame.geometry.array)
    dimension = int(shapely.get_dimensions(shapes).max(initial=0))
    kind = ("point", "line", "polygon")[max(dimension, 0)]
    sizes = np.full(len(frame), np.nan)
    if layer.size_column is not None and kind != "point":
        sizes = frame[layer.size_column].to_numpy(dtype=float, na_value=np.nan)
    if colouring is None or colouring.column is None:
        one = colouring.classes[0] if colouring is not None and colouring.classes else None
        zh, en, color, weight, dash = (
            (layer.zh, layer.en, PLAIN, 1.0, "") if one is None else (one.zh, one.en, one.color, one.weight, one.dash)
        )
        entries = [Entry(zh, en, color or PLAIN, weight, np.arange(len(frame)), _sum(sizes), dash=dash)]
    elif colouring.classes:
        entries = list(_by_class(layer, colouring, sizes))
    else:
        values = frame[colouring.column].to_numpy(dtype=float, na_value=np.nan)
        entries = list(_by_number(values, colouring, sizes, scheme))
    heading = (colouring.zh or layer.zh, colouring.en or layer.en) if colouring else (layer.zh, layer.en)
    return Key(*heading, kind, tuple(e for e in entries if len(e.rows)))


def _sum(sizes: NDArray[np.float64]) -> float:
    return float(np.nansum(sizes)) if np.isfinite(sizes).any() else float("nan")


def _by_class(layer: MapLayer, colouring: MapColouring, sizes: NDArray[np.float64]) -> list[Entry]:
    column = layer.frame[str(colouring.column)]
    told = column.notna().to_numpy()
    text = column.astype(str).to_numpy(dtype=object)
    known = {c.value for c in colouring.classes}
    if odd := sorted({t for t in text[told] if t not in known}):
        raise LayerError(f"layer {layer.id} has no colour for the class(es) {first_ids(odd)}")
    out = []
    for k, c in enumerate(colouring.classes):
        rows = np.flatnonzero(told & (text == c.value))
        out.append(Entry(c.zh, c.en, c.color or class_color(k), c.weight, rows, _sum(sizes[rows]), dash=c.dash))
    return [*out, _no_data(np.flatnonzero(~told), sizes, colouring.missing)]


def _no_data(rows: NDArray[np.int64], sizes: NDArray[np.float64], called: tuple[str, str] = NO_VALUE) -> Entry:
    return Entry(*called, NO_DATA, 1.0, rows, _sum(sizes[rows]), missing=True)


def _by_number(
    values: NDArray[np.float64], colouring: MapColouring, sizes: NDArray[np.float64], scheme: str
) -> list[Entry]:
    about = number_classes(values, colouring.unit, limits=colouring.limits)
    limits = about["schemes"].get("standard") or about["schemes"].get(scheme) or about["schemes"]["natural"]
    shown = values * 100 if colouring.unit == "share" else values
    codes = np.searchsorted(limits, shown, side="left")
    known = np.isfinite(shown)
    colors = spread(about["ramp"], len(limits) + 1)
    out = []
    for k, label in enumerate(ranges(shown[known], limits, about["decimals"], colouring.unit)):
        rows = np.flatnonzero(known & (codes == k))
        out.append(Entry(label, label, colors[k], 1.0, rows, _sum(sizes[rows])))
    return [*out, _no_data(np.flatnonzero(~known), sizes, colouring.missing)]


def ranges(values: NDArray[np.float64], limits: Sequence[float], decimals: int, unit: str) -> list[str]:
    """Name classes by their ends, as they are used: a value equal to an end belongs below it."""
    places = max([decimals, *(_places(v) for v in limits)])
    sign = "%" if unit == "share" else ""
    ends = [float(values.min(initial=np.inf)), *limits, float(values.max(initial=-np.inf))]
    whole = places == 0 and bool((values == np.round(values)).all())
    out = []
    for k in range(len(limits) + 1):
        # Of counts the next class begins with the next number.
        low, high = ends[k] + (1 if whole and k else 0), ends[k + 1]
        texts = list(dict.fromkeys(f"{v:,.{places}f}" for v in (low, high)))
        out.append(f"{' – '.join(texts)}{sign}")
    return out


def _places(value: float) -> int:
    """Decimals that a limit needs to be written exactly, at most six."""
    return next((p for p in range(7) if round(value, p) == value), 6)


def spread(ramp: Sequence[str], count: int) -> list[str]:
    """Colours of a ramp for so many classes: its ends, and even steps between."""
    if count == 1:
        return [ramp[len(ramp) // 2]]
    return [ramp[round(k * (len(ramp) - 1) / (count - 1))] for k in range(count)]


def counts(entry: Entry, kind: str) -> str:
    """How many features a class has, and their hectares or kilometres."""
    many = f"{len(entry.rows):,}"
    if kind == "polygon" and np.isfinite(entry.size):
        return f"{many} · {entry.size / 1e4:,.1f} ha"
    if kind == "line" and np.isfinite(entry.size):
        return f"{many} · {entry.size / 1e3:,.1f} km"
    return many
