"""Make a map fit into a number of megabytes: what is given up, in which order, and how that is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.errors import first_ids
from gisplan.show.assets import SCRIPTS, STYLES, leaflet_css, leaflet_js, own
from gisplan.show.map_layers import MapLayer, drafted
from gisplan.show.payload import Draft, digits_for

# How far outlines are simplified, step by step (m): a corner goes when the triangle it makes with its neighbours is
# smaller than the square of this. The last is three screen pixels at the scale of a street.
_TOLERANCES_M = (0.5, 2.0)

# Metres of a degree along a meridian, near enough for a tolerance.
_DEGREE_M = 111_320.0


@dataclass(frozen=True)
class MapBudget:
    """What a map may take.

    Parameters
    ----------
    max_mb
        Megabytes (10⁶ bytes) of the file; None for as many as it needs.
    accuracy_m
        How far a corner may be moved by rounding (m); 0.01 is the finest.
    """

    max_mb: float | None = None
    accuracy_m: float = 0.1


#: As many bytes as it takes, a tenth of a metre.
NO_BUDGET = MapBudget()


def page_bytes() -> int:
    """Bytes of what every map carries: Leaflet, gisplan's scripts and style sheets, and the frame of the page."""
    texts = [leaflet_js(), leaflet_css(), *(own(name) for name in (*SCRIPTS, *STYLES))]
    return 4000 + sum(len(text.encode("utf-8")) for text in texts)


@dataclass(frozen=True)
class Fitted:
    """Layers that fit, as far as they can.

    Attributes
    ----------
    layers, drafts
        What will be drawn, and each laid out.
    size
        Estimated bytes of the file; None when nothing limits it.
    sentences
        What was done for it, in "zh" and "en"; empty when nothing had to be.
    """

    layers: tuple[MapLayer, ...]
    drafts: tuple[Draft, ...]
    size: int | None
    sentences: tuple[Mapping[str, str], ...]


def fit(
    layers: Sequence[MapLayer], budget: MapBudget, *, fixed: int = 0, kept: Mapping[str, frozenset[str]] | None = None
) -> Fitted:
    """Give up as little as possible: first detail of outlines, then columns from the last on, then accuracy.

    Parameters
    ----------
    layers
        As the map would show them.
    budget
        What the file may take.
    fixed
        Bytes of all else in the file.
    kept
        Columns by layer id that must stay, as something else of the map needs them.

    Raises
    ------
    LayerError
        A layer cannot be drawn.
    """
    digits = digits_for(budget.accuracy_m)
    drafts = tuple(drafted(layer, digits=digits) for layer in layers)
    if budget.max_mb is None:
        return Fitted(tuple(layers), drafts, None, ())
    work = _Work(tuple(layers), drafts, tuple(draft.sizes() for draft in drafts), fixed)
    room = int(budget.max_mb * 1e6)
    said: list[Mapping[str, str]] = []
    if work.size > room:
        work, told = _simplified(work, room, digits)
        said += told
    if work.size > room:
        work, told = _with_fewer_columns(work, room, digits, kept or {})
        said += told
    if work.size > room and digits > 5:
        work = work.anew(work.layers, 5)
        said.append({"zh": "坐标误差不超过 0.8 m。", "en": "Coordinates are kept to within 0.8 m."})
    mb, wanted = work.size / 1e6, f"{budget.max_mb:g}"
    if work.size > room:
        said.append(
            {
                "zh": f"文件仍约 {mb:.1f} MB，超过 {wanted} MB：请减少图层，或提高 max_mb。",
                "en": f"The file still takes about {mb:.1f} MB of {wanted} MB: leave out layers, or raise max_mb.",
            }
        )
    elif said:
        said.insert(
            0,
            {
                "zh": f"为使文件不超过 {wanted} MB，本图已作精简：",
                "en": f"To keep the file within {wanted} MB, this map holds less than the data:",
            },
        )
    return Fitted(work.layers, work.drafts, work.size, tuple(said))


@dataclass(frozen=True)
class _Work:
    """Layers, each laid out, the bytes of their parts, and those of all else in the file."""

    layers: tuple[MapLayer, ...]
    drafts: tuple[Draft, ...]
    sizes: tuple[dict[str, int], ...]
    fixed: int

    @property
    def size(self) -> int:
        return self.fixed + sum(sum(one.values()) for one in self.sizes)

    def anew(self, layers: Sequence[MapLayer], digits: int) -> _Work:
        """Lay out what has changed."""
        known = {id(layer): k for k, layer in enumerate(self.layers) if self.drafts[k].header["digits"] == digits}
        drafts, sizes = list[Draft](), list[dict[str, int]]()
        for layer in layers:
            old = known.get(id(layer))
            drafts.append(drafted(layer, digits=digits) if old is None else self.drafts[old])
            sizes.append(drafts[-1].sizes() if old is None else self.sizes[old])
        return _Work(tuple(layers), tuple(drafts), tuple(sizes), self.fixed)


def _simplified(work: _Work, room: int, digits: int) -> tuple[_Work, list[Mapping[str, str]]]:
    """Simplify outlines and lines, no further than needed; what nothing is gained by stays as it was."""
    found, told, whole = work, list[Mapping[str, str]](), work.layers
    for tolerance in _TOLERANCES_M:
        tried = [_simpler(layer, tolerance) for layer in whole]
        next_ = found.anew(tried, digits)
        before, after = ([one["shapes"] for one in w.sizes] for w in (work, next_))
        gained = [b - a > b // 50 for a, b in zip(after, before, strict=True)]
        found = next_.anew([t if g else w for t, g, w in zip(tried, gained, whole, strict=True)], digits)
        names = [layer for layer, gain in zip(whole, gained, strict=True) if gain]
        zh, en = "、".join(layer.zh for layer in names), ", ".join(layer.en for layer in names)
        told = [
            {
                "zh": f"边界和线已简化（容差 {tolerance:g} m，公共边仍然重合）：{zh}。",
                "en": f"Outlines are simplified (tolerance {tolerance:g} m, shared edges together): {en}.",
            }
        ] * bool(names)
        if found.size <= room:
            break
    return found, told


def _simpler(layer: MapLayer, tolerance_m: float) -> MapLayer:
    """A layer with fewer corners; neighbours that share edges are simplified together, so that none come apart."""
    frame = layer.frame
    geometry: NDArray[np.object_] = frame.geometry.to_numpy()
    dimensions = shapely.get_dimensions(geometry)
    if (dimensions < 1).all() or frame.crs is None:
        return layer
    unit_m = _DEGREE_M if frame.crs.is_geographic else frame.crs.axis_info[0].unit_conversion_factor
    tolerance = tolerance_m / unit_m
    drawn = (dimensions >= 1) & ~shapely.is_empty(geometry)
    out = geometry.copy()
    if (dimensions[drawn] == 2).all() and shapely.coverage_is_valid(geometry[drawn]):
        out[drawn] = shapely.coverage_simplify(geometry[drawn], tolerance)
    else:
        out[drawn] = shapely.simplify(geometry[drawn], tolerance)
    return replace(layer, frame=frame.set_geometry(out, crs=frame.crs))


def _with_fewer_columns(
    work: _Work, room: int, digits: int, kept: Mapping[str, frozenset[str]]
) -> tuple[_Work, list[Mapping[str, str]]]:
    """Leave columns out, from the last of the heaviest layer on, until the rest fits; titles and colours stay."""
    layers, sizes = list(work.layers), [dict(one) for one in work.sizes]
    left, dropped = work.size, [list[str]() for _ in layers]
    while left > room:
        weight = [
            sum(one.values()) if _droppable(layer, kept) else -1 for layer, one in zip(layers, sizes, strict=True)
        ]
        heavy = int(np.argmax(weight))
        if weight[heavy] < 0:
            break
        layer = layers[heavy]
        place = _droppable(layer, kept)[-1]
        name = layer.columns[place].name
        key = _keys(work.layers[heavy])[name]
        left -= sizes[heavy].pop(key, 0)
        dropped[heavy].append(name)
        layers[heavy] = replace(
            layer,
            columns=tuple(c for c in layer.columns if c.name != name),
            colourings=tuple(c for c in layer.colourings if c.column != name),
        )
    told: list[Mapping[str, str]] = []
    for layer, names in zip(work.layers, dropped, strict=True):
        if names:
            of = {c.name: c for c in layer.columns}
            told.append(
                {
                    "zh": f"{layer.zh}未收入的列：{'、'.join(of[n].zh for n in names)}。",
                    "en": f"Left out of {layer.en}: {first_ids([of[n].en for n in names], limit=12)}.",
                }
            )
    return work.anew(layers, digits), told


def _keys(layer: MapLayer) -> dict[str, str]:
    """Key under which each of a layer's columns is stored."""
    return {c.name: f"a{k}" for k, c in enumerate(layer.columns)}


def _droppable(layer: MapLayer, kept: Mapping[str, frozenset[str]]) -> list[int]:
    """Places of the columns a layer can do without: not its title, its size, its first colours, or what must stay."""
    needed = {layer.size_column, *(c.column for c in layer.colourings[:1]), *kept.get(layer.id, ())}
    return [k for k, c in enumerate(layer.columns) if k and c.name not in needed]
