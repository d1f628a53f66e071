"""A map on an A4 sheet: the land on the left, what its colours mean on the right, scale, north and source below."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gisplan.show.figures.legend import NO_DATA, Entry, Key, counts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: A4, landscape, in inches.
A4 = (297 / 25.4, 210 / 25.4)

#: The map's frame on the sheet, in parts of it: left, bottom, width, height.
MAP = (0.035, 0.115, 0.665, 0.76)

#: Where the legend begins, and how wide it may be, in parts of the sheet.
LEGEND, LEGEND_WIDTH = 0.722, 0.25

#: A layer with more features than this is drawn as a picture in SVG and PDF, which would not open otherwise.
MANY = 20_000

INK, SOFT, EDGE = "#1c2733", "#5a6672", "#9aa5ae"


def names(zh: str, en: str, language: str) -> str:
    """Write a name in the language asked for; in both where they differ, without what cannot be printed."""
    told = (zh, en) if language == "both" else ((zh or en,) if language == "zh" else (en or zh,))
    return " ".join(dict.fromkeys(t for t in map(printable, told) if t))


def printable(text: object) -> str:
    """Text on one line without letters that cannot be printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())


def draw_sheet(
    spec: Mapping[str, Any],
    title: tuple[str, str],
    drawn: Sequence[tuple[gpd.GeoDataFrame, Key]],
    *,
    language: str,
    on: Any = None,
) -> Figure:
    """Draw a map.

    Parameters
    ----------
    spec
        What there is to be drawn (see `gisplan.show.study_map.study_spec`): title, subtitle, zones, notes, as_of.
    title
        Name of this map, zh and en.
    drawn
        Layers with their keys, from below; all in the coordinate system of the zones, metres.
    language
        "zh", "en" or "both".
    on
        A polygon that the map shows alone: what lies around it is pale, and the legend has no counts, for it tells
        of all that is seen. None shows all zones.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=A4, facecolor="white")
    axes = figure.add_axes(MAP)
    zones = spec["zones"]
    if on is not None:
        window = shapely.box(*_window(np.asarray(on.bounds)))
        drawn = [
            (frame, key.only(shapely.intersects(np.asarray(frame.geometry.array), window))) for frame, key in drawn
        ]
    for frame, key in drawn:
        draw_key(axes, np.asarray(frame.geometry.array), key)
    if on is not None:
        _fade(axes, shapely.difference(window, on))
    _zone_borders(axes, zones, on)
    scale = _fit(axes, zones.total_bounds if on is None else np.asarray(on.bounds))
    scale_bar(axes)
    north(axes)
    _heading(figure, spec, title, language)
    _legend(figure, [key for _, key in drawn if key.entries], language, counted=on is None)
    _footing(figure, spec, scale, language)
    return figure


def draw_key(axes: Axes, shapes: NDArray[np.object_], key: Key) -> None:
    """Draw the features of a layer, class by class, those without a value first."""
    many = len(shapes) > MANY
    for entry in sorted(key.entries, key=lambda e: not e.missing):
        if key.kind == "polygon":
            _polygons(axes, shapes[entry.rows], entry, rasterized=many)
        elif key.kind == "line":
            draw_lines(axes, shapes[entry.rows], entry, rasterized=many)
        else:
            xy = shapely.get_coordinates(shapely.centroid(shapes[entry.rows]))
            axes.scatter(
                xy[:, 0], xy[:, 1], s=9 * entry.weight, color=entry.color, edgecolors="white", linewidths=0.4, zorder=5
            )


def _polygons(axes: Axes, shapes: NDArray[np.object_], entry: Entry, *, rasterized: bool) -> None:
    from matplotlib.patches import PathPatch

    path = path_of(shapes)
    if path is None:
        return
    width = 0.1 if len(shapes) > 5000 else 0.25
    hatch = {"hatch": "//////", "hatch_linewidth": 0.3} if entry.missing else {}
    patch = PathPatch(
        path,
        facecolor=entry.color,
        edgecolor="#ffffff" if not entry.missing else EDGE,
        linewidth=width,
        zorder=1,
        **hatch,
    )
    patch.set_rasterized(rasterized)
    axes.add_patch(patch)


def path_of(shapes: NDArray[np.object_]) -> Any:
    """All rings of polygons as one path; holes run the other way round. None where there is nothing to draw."""
    from matplotlib.path import Path

    parts = shapely.get_parts(shapes)
    parts = parts[(shapely.get_dimensions(parts) == 2) & ~shapely.is_empty(parts)]
    if not len(parts):
        return None
    rings = shapely.get_rings(shapely.orient_polygons(parts))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    codes = np.full(len(xy), Path.LINETO, dtype=np.uint8)
    first = np.flatnonzero(np.diff(ring, prepend=-1))
    codes[first] = Path.MOVETO
    codes[np.append(first[1:], len(xy)) - 1] = Path.CLOSEPOLY
    return Path(xy, codes)


def draw_lines(axes: Axes, shapes: NDArray[np.object_], entry: Entry, *, rasterized: bool, order: int = 3) -> None:
    """Draw lines in the colour and weight of a class; ``order`` says what they lie over."""
    from matplotlib.collections import LineCollection

    parts = shapely.get_parts(shapes)
    xy, line = shapely.get_coordinates(parts, return_index=True)
    cuts = np.flatnonzero(np.diff(line)) + 1
    drawn = LineCollection(
        np.split(xy, cuts) if len(xy) else [],
        colors=entry.color,
        linewidths=0.35 + 0.45 * entry.weight,
        linestyles="dotted" if entry.missing else entry.dash or "solid",
        capstyle="butt" if entry.dash == "dashed" else "round",
        zorder=order,
    )
    drawn.set_rasterized(rasterized)
    axes.add_collection(drawn, autolim=False)


def _fade(axes: Axes, around: Any) -> None:
    """Make land pale."""
    from matplotlib.patches import PathPatch

    path = path_of(np.array([around], dtype=object))
    if path is not None:
        axes.add_patch(PathPatch(path, facecolor="white", alpha=0.62, linewidth=0, zorder=6))


def _zone_borders(axes: Axes, zones: gpd.GeoDataFrame, on: Any = None) -> None:
    """Borders of the zones over a white line, and their names where there is room for one; of one alone its own."""
    from matplotlib.patheffects import withStroke

    shapes = np.asarray(zones.geometry.array) if on is None else np.array([on], dtype=object)
    border = shapely.boundary(shapes)
    halo, ink = (Entry("", "", c, w, np.arange(len(shapes)), np.nan) for c, w in (("#ffffff", 3.4), (INK, 1.2)))
    for entry in (halo, ink):
        draw_lines(axes, border, entry, rasterized=False, order=3 if on is None else 7)
    if on is not None or len(shapes) > 60:
        return
    places = shapely.get_point(shapely.maximum_inscribed_circle(shapes), 0)
    for place, name, zone in zip(places, zones["name"], zones["zone_id"], strict=True):
        text = printable(zone if pd.isna(name) else name)
        axes.text(
            shapely.get_x(place), shapely.get_y(place), shortened(text, 24), ha="center", va="center", fontsize=8,
            color=INK, zorder=9, path_effects=[withStroke(linewidth=2.2, foreground="white")], clip_on=True,
        )  # fmt: skip


def shortened(text: str, most: int) -> str:
    """Cut a text to so many letters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _fit(axes: Axes, bounds: NDArray[np.float64]) -> float:
    """Show the bounds with some room around them; metres of land for each metre of paper."""
    x0, y0, x1, y1 = _window(bounds)
    axes.set_xlim(x0, x1)
    axes.set_ylim(y0, y1)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_color(EDGE)
        side.set_linewidth(0.8)
    return (x1 - x0) / (MAP[2] * A4[0] * 0.0254)


def _window(bounds: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Ground that the map's frame shows: the bounds with some room around them, in the shape of the frame."""
    x0, y0, x1, y1 = bounds
    width, height = (MAP[2] * A4[0] * 0.0254, MAP[3] * A4[1] * 0.0254)
    scale = float(max((x1 - x0) / width, (y1 - y0) / height)) * 1.06
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    return x - scale * width / 2, y - scale * height / 2, x + scale * width / 2, y + scale * height / 2


def round_length(longest: float) -> float:
    """Largest of 1, 2 and 5 times a power of ten that is no longer than a length."""
    power = 10.0 ** math.floor(math.log10(longest))
    return max(step * power for step in (1, 2, 5) if step * power <= longest * (1 + 1e-12))


def scale_bar(axes: Axes, *, small: bool = False) -> None:
    """Bar of two halves, at most a fifth of the map's width; on a small map only its ends are written."""
    from matplotlib.patches import Rectangle

    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    length = round_length((x1 - x0) / 5)
    left, low, high = x0 + (x1 - x0) * 0.02, y0 + (y1 - y0) * 0.025, (y1 - y0) * 0.009
    axes.add_patch(
        Rectangle(
            (left - length * 0.08, low - high),
            length * 1.34,
            high * (9.0 if small else 5.2),
            facecolor="white",
            alpha=0.85,
            lw=0,
            zorder=10,
        )
    )
    for k, color in enumerate((INK, "white")):
        axes.add_patch(
            Rectangle((left + k * length / 2, low), length / 2, high, facecolor=color, edgecolor=INK, lw=0.6, zorder=11)
        )
    in_km = length >= 1000
    for part in (0.0, 1.0) if small else (0.0, 0.5, 1.0):
        value = length * part / (1000 if in_km else 1)
        unit = (" km" if in_km else " m") if part == 1.0 else ""
        axes.text(
            left + part * length, low + high * 1.5, f"{value:g}{unit}", ha="center", fontsize=7, zorder=11, color=INK
        )


def north(axes: Axes, *, high: float = 0.065) -> None:
    """Arrow to the north in the upper right corner, ``high`` of the map's height."""
    axes.annotate(
        "N", xy=(0.972, 0.97), xytext=(0.972, 0.97 - high), xycoords="axes fraction", ha="center", va="center",
        fontsize=9, color=INK, arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.2}, zorder=11,
    )  # fmt: skip


def _heading(figure: Figure, spec: Mapping[str, Any], title: tuple[str, str], language: str) -> None:
    study = names(spec["title"]["zh"], spec["title"]["en"], language)
    figure.text(MAP[0], 0.945, fitted(names(*title, language), 17, 0.93), fontsize=17, color=INK, va="center")
    figure.text(MAP[0], 0.9, fitted(study, 10.5, 0.93), fontsize=10.5, color=SOFT, va="center")


def lines(zh: str, en: str, language: str) -> list[str]:
    """Name on a line of its own in each language asked for."""
    return (
        list(dict.fromkeys(t for t in map(printable, (zh, en)) if t))
        if language == "both"
        else [names(zh, en, language)]
    )


def _legend(figure: Figure, keys: Sequence[Key], language: str, *, counted: bool = True) -> None:
    """Swatches, names, counts and sizes; smaller where there are many."""
    blocks = [(key, _heads(key, language), [lines(e.zh, e.en, language) for e in key.entries]) for key in keys]
    rows = sum(_high(head) + 0.45 + sum(_high(name) for name in entries) for _, head, entries in blocks)
    step = min(0.031, (MAP[3] - 0.005) / max(rows, 1))
    size = max(4.5, 8.5 * step / 0.031)
    y = MAP[1] + MAP[3] - 0.005
    for key, head, entries in blocks:
        _words(figure, (LEGEND, y), head, size * 1.08, step=step, room=LEGEND_WIDTH)
        y -= _high(head) * step
        for entry, name in zip(key.entries, entries, strict=True):
            told = counts(entry, key.kind) if counted else ""
            _swatch(figure, entry, key.kind, y - step * 0.5, step)
            room = LEGEND_WIDTH - 0.025 - width_of(told, size * 0.92) - 0.008
            _words(figure, (LEGEND + 0.025, y), name, size, step=step, room=room)
            figure.text(
                LEGEND + LEGEND_WIDTH, y - step * 0.5, told, fontsize=size * 0.92, color=SOFT, va="center", ha="right"
            )
            y -= _high(name) * step
        y -= step * 0.45


def _heads(key: Key, language: str) -> list[str]:
    """Heading of a layer; one whose only class says the same needs none."""
    return [] if len(key.entries) == 1 and not key.entries[0].missing else lines(key.zh, key.en, language)


def _high(text: Sequence[str]) -> float:
    """Height of a name in rows: a second line is a smaller one."""
    return 0.0 if not text else 1.0 + 0.72 * (len(text) - 1)


def _words(
    figure: Figure, at: tuple[float, float], text: Sequence[str], size: float, *, step: float, room: float
) -> None:
    for k, line in enumerate(text):
        own = size if k == 0 else size * 0.82
        place = at[1] - step * (0.5 + 0.72 * k)
        figure.text(at[0], place, fitted(line, own, room), fontsize=own, color=SOFT if k else INK, va="center")


def _swatch(figure: Figure, entry: Entry, kind: str, y: float, step: float) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

    if kind == "polygon":
        hatch = "//////" if entry.missing else None
        corner = (LEGEND, y - step * 0.3)
        box = Rectangle(corner, 0.018, step * 0.6, facecolor=entry.color, edgecolor=EDGE, lw=0.5, hatch=hatch)
        box.set_transform(figure.transFigure)
        figure.add_artist(box)
        return
    line = Line2D([LEGEND, LEGEND + 0.018], [y, y], color=entry.color, lw=0.35 + 0.45 * entry.weight)
    if kind == "point":
        line.set(marker="o", markersize=4, linestyle="none")
    elif entry.missing or entry.dash:
        line.set(linestyle=entry.dash or "dotted")
    line.set_transform(figure.transFigure)
    figure.add_artist(line)


def width_of(text: str, size: float) -> float:
    """About how wide a text is, in parts of the sheet; a Chinese letter is as wide as it is high."""
    return sum(1.0 if ord(letter) > 0x2E7F else 0.6 for letter in text) * size / 72 / A4[0]


def fitted(text: str, size: float, room: float) -> str:
    """Shorten a text to the room it has."""
    if width_of(text, size) <= room:
        return text
    return next((f"{text[:k]}…" for k in range(len(text) - 1, 0, -1) if width_of(text[:k], size) <= room), "…")


def _footing(figure: Figure, spec: Mapping[str, Any], scale: float, language: str) -> None:
    about = names(spec["subtitle"]["zh"], spec["subtitle"]["en"], language if language != "both" else "zh")
    fraction = f"1:{round_scale(scale):,}"
    figure.text(MAP[0], 0.085, f"{about} · {fraction} (A4)", fontsize=7.5, color=SOFT, va="center")
    notes = [names(n["zh"], n["en"], language) for n in spec["notes"]]
    for k, note in enumerate(notes[:3]):
        figure.text(MAP[0], 0.062 - 0.02 * k, fitted(note, 6.5, 0.94), fontsize=6.5, color=SOFT, va="center")
    figure.text(LEGEND + LEGEND_WIDTH, 0.085, "gisplan", fontsize=7.5, color=SOFT, va="center", ha="right")


def round_scale(scale: float) -> int:
    """Write a scale with three digits that count."""
    digits = max(0, math.floor(math.log10(scale)) - 2)
    return int(round(scale / 10**digits) * 10**digits)


__all__ = ["A4", "NO_DATA", "draw_key", "draw_sheet", "names", "path_of", "round_length", "round_scale"]
