"""A small map of one place for a page with text, at the size it is printed: the land left, its colours right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from gisplan.show.figures.legend import Entry, Key
from gisplan.show.figures.sheet import EDGE, INK, draw_key, draw_lines, names, north, scale_bar, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Size on paper, mm, and the map's part of it.
SIZE_MM, MAP_WIDTH = (170.0, 66.0), 0.70

#: The place takes this part of the map, and the map is at least so many metres wide.
PART, LEAST_M = 0.4, 160.0

#: Colour of the place's own border.
MARK = "#c8102e"

#: Classes that the legend has room for.
MOST_CLASSES = 13


def draw_inset(drawn: Sequence[tuple[gpd.GeoDataFrame, Key]], on: Any, *, language: str) -> Figure:
    """Draw a place with what lies around it.

    Parameters
    ----------
    drawn
        Layers with their keys, from below; all in one coordinate system, metres.
    on
        The place, a polygon in that system.
    language
        "zh", "en" or "both".
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(SIZE_MM[0] / 25.4, SIZE_MM[1] / 25.4), facecolor="white")
    axes = figure.add_axes((0.003, 0.006, MAP_WIDTH, 0.988))
    x0, y0, x1, y1 = on.bounds
    high_over_wide = SIZE_MM[1] * 0.988 / (SIZE_MM[0] * MAP_WIDTH)
    wide = max((x1 - x0) / PART, (y1 - y0) / PART / high_over_wide, LEAST_M)
    high = wide * high_over_wide
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    frame = shapely.box(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
    seen = [(f, key.only(shapely.intersects(np.asarray(f.geometry.array), frame))) for f, key in drawn]
    for layer, key in seen:
        draw_key(axes, np.asarray(layer.geometry.array), key)
    border = shapely.boundary(np.array([on], dtype=object))
    for color, width in (("#ffffff", 6.0), (MARK, 3.2)):
        draw_lines(axes, border, Entry("", "", color, width, np.arange(1), np.nan), rasterized=False, order=7)
    axes.set(xlim=(x - wide / 2, x + wide / 2), ylim=(y - high / 2, y + high / 2), xticks=[], yticks=[])
    for side in axes.spines.values():
        side.set(color=EDGE, linewidth=0.8)
    scale_bar(axes, small=True)
    north(axes, high=0.16)
    _legend(figure, [key for _, key in seen], language)
    return figure


def _legend(figure: Figure, keys: Sequence[Key], language: str) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    own = Patch(facecolor="none", edgecolor=MARK, linewidth=1.6, label=names("本宗地", "This parcel", language))
    handles: list[Any] = [own]
    for key in keys:
        for entry in key.entries:
            text = shortened(names(entry.zh, entry.en, language), 34)
            if key.kind == "polygon":
                hatch = "//////" if entry.missing else None
                handles.append(Patch(facecolor=entry.color, edgecolor=EDGE, linewidth=0.4, hatch=hatch, label=text))
            else:
                line = Line2D([], [], color=entry.color, linewidth=0.35 + 0.45 * entry.weight, label=text)
                if key.kind == "point":
                    line.set(marker="o", markersize=3, linestyle="none")
                handles.append(line)
    left = len(handles) - MOST_CLASSES
    if left > 0:
        more = names(f"另有 {left + 1} 类", f"{left + 1} more classes", language)
        handles = [*handles[: MOST_CLASSES - 1], Patch(facecolor="none", edgecolor="none", label=more)]
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(MAP_WIDTH + 0.012, 1.0),
        frameon=False,
        fontsize=6.5,
        labelcolor=INK,
        handlelength=1.5,
        borderaxespad=0.2,
        labelspacing=0.45,
    )
