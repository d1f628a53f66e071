"""Maps and charts of a study as figures for paper: PNG, SVG or PDF, drawn without a browser."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import geopandas as gpd
import pandas as pd

from gisplan.errors import GisplanError
from gisplan.show.figures.legend import Key, key_of
from gisplan.show.map_layers import MapColouring, MapLayer
from gisplan.show.webmap import MapIndicator, MapPreset

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

FORMATS = ("png", "svg", "pdf")


@dataclass(frozen=True)
class Figure:
    """One figure: ``name`` is its file's, ``zh`` and ``en`` its title."""

    name: str
    zh: str
    en: str
    drawing: Drawing

    def save(self, folder: str | Path, *, form: str = "png", dpi: int = 200) -> Path:
        """Write it; the same figure gives the same bytes.

        Parameters
        ----------
        folder
            Where.
        form
            "png", "svg" or "pdf".
        dpi
            Dots an inch of PNG, and of layers that are pictures in SVG and PDF.
        """
        file = Path(folder) / f"{self.name}.{form}"
        with file.open("wb") as stream:
            self.write(stream, form=form, dpi=dpi)
        return file

    def write(self, stream: BinaryIO, *, form: str = "png", dpi: int = 200) -> None:
        """Write it into a stream, as `save` does into a file."""
        dateless: Mapping[str, Mapping[str, Any]] = {
            "png": {"Software": None},
            "svg": {"Date": None},
            "pdf": {"CreationDate": None, "ModDate": None},
        }
        with style():
            self.drawing.savefig(stream, format=form, dpi=dpi, metadata=dict(dateless[form]))


@contextmanager
def style() -> Iterator[None]:
    """Fonts with Chinese letters, text that stays text, and ids in SVG that do not change from run to run."""
    import matplotlib as mpl

    from gisplan.show.figures.fonts import families

    with (
        mpl.rc_context(
            {
                "font.family": list(families()),
                "svg.hashsalt": "gisplan",
                "svg.fonttype": "path",
                "pdf.fonttype": 42,
                "axes.unicode_minus": False,
                "text.parse_math": False,  # a name with a dollar sign is a name
            }
        ),
        warnings.catch_warnings(),
    ):
        # A rare letter that no font has is drawn as a box.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def draw_figures(spec: Mapping[str, Any], *, idle: pd.DataFrame | None = None) -> Iterator[Figure]:
    """Draw every kind of map that a study offers, then its charts.

    Parameters
    ----------
    spec
        What there is to be drawn (see `gisplan.show.study_map.study_spec`).
    idle
        The idle-land register, None without one.

    Raises
    ------
    GisplanError
        The extra that draws is not installed, or no installed font has Chinese letters.
    """
    _require_matplotlib()
    from gisplan.show.figures.charts import draw_charts
    from gisplan.show.figures.sheet import draw_sheet

    language = spec["language"]
    zones = spec["zones"]
    layers = {layer.id: layer for layer in spec["layers"]}
    indicators = {i.id: i for i in spec["indicators"]}
    shown = tuple(name for name, layer in layers.items() if layer.shown)
    for preset in spec.get("presets") or (MapPreset("map", "地图", "Map", shown=shown),):
        drawn = list(_layers(preset, layers, zones.crs))
        if preset.indicator is not None:
            # The zones' own colours lie below everything else.
            drawn = [
                _zones(zones, spec["values"], indicators[preset.indicator], preset.scheme),
                *(d for d in drawn if d[1].kind != "polygon"),
            ]
        with style():
            drawing = draw_sheet(spec, (preset.zh, preset.en), drawn, language=language)
        yield Figure(f"map_{preset.id}", preset.zh, preset.en, drawing)
    with style():
        charts = list(draw_charts(spec, idle))
    for name, zh, en, drawing in charts:
        yield Figure(name, zh, en, drawing)


def draw_places(
    spec: Mapping[str, Any],
    places: Iterable[tuple[str, str, str, Any]],
    *,
    wanted: Sequence[str] = (),
    small: bool = False,
) -> Iterator[Figure]:
    """Draw places of a study one by one, each alone on its map.

    Parameters
    ----------
    spec
        As for `draw_figures`.
    places
        Name of the file, title zh and en, and polygon of each, in the coordinate system of the zones.
    wanted
        Kinds of map by their ids; the first that the study has is drawn, else the layers that its map opens with.
    small
        Whether it is a small map for a page with text, with the buildings (see `gisplan.show.figures.inset`).

    Raises
    ------
    GisplanError
        As for `draw_figures`.
    """
    _require_matplotlib()
    from gisplan.show.figures.inset import draw_inset
    from gisplan.show.figures.sheet import draw_sheet

    layers = {layer.id: layer for layer in spec["layers"]}
    presets = {p.id: p for p in spec.get("presets") or () if p.indicator is None}
    shown = tuple(name for name, layer in layers.items() if layer.shown)
    chosen = next((presets[w] for w in wanted if w in presets), MapPreset("map", "地图", "Map", shown=shown))
    if small and "buildings" in layers:
        chosen = replace(chosen, shown=tuple(dict.fromkeys((*chosen.shown, "buildings"))))
    drawn = list(_layers(chosen, layers, spec["zones"].crs))
    for name, zh, en, polygon in places:
        with style():
            drawing = (
                draw_inset(drawn, polygon, language=spec["language"])
                if small
                else draw_sheet(spec, (zh, en), drawn, language=spec["language"], on=polygon)
            )
        yield Figure(name, zh, en, drawing)


def _require_matplotlib() -> None:
    try:
        import matplotlib.figure  # noqa: F401  the first of all to fail where it is not there
    except ImportError:
        raise GisplanError('figures: drawing needs matplotlib. Install it: pip install "gisplan[report]"') from None


def _layers(preset: MapPreset, layers: Mapping[str, MapLayer], crs: Any) -> Iterator[tuple[gpd.GeoDataFrame, Key]]:
    for name in _below_first(preset.shown, layers):
        layer = layers[name]
        colouring = _colouring(layer, preset.colourings.get(name))
        yield layer.frame.to_crs(crs), key_of(layer, colouring, scheme=preset.scheme)


def _below_first(shown: Sequence[str], layers: Mapping[str, MapLayer]) -> list[str]:
    """Order layers so that polygons lie below lines and lines below points; within a kind as the plan has them."""
    from shapely import get_dimensions

    def kind(name: str) -> int:
        return -int(get_dimensions(layers[name].frame.geometry.array).max(initial=0))

    return sorted((n for n in layers if n in shown), key=kind)


def _colouring(layer: MapLayer, wanted: str | None) -> MapColouring | None:
    known = {c.id: c for c in layer.colourings}
    return known.get(wanted or "", next(iter(known.values()), None))


def _zones(
    zones: gpd.GeoDataFrame, values: pd.DataFrame, indicator: MapIndicator, scheme: str
) -> tuple[gpd.GeoDataFrame, Key]:
    """Zones coloured by one indicator."""
    frame = zones[["zone_id", "area_m2", "geometry"]].assign(value=values[indicator.id].to_numpy())
    colouring = MapColouring("", indicator.zh, indicator.en, "value", unit=indicator.unit, limits=indicator.limits)
    layer = MapLayer("zones", indicator.zh, indicator.en, frame, (), (colouring,), size_column="area_m2")
    return frame, key_of(layer, colouring, scheme=scheme)
