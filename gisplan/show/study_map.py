"""A study's result as an interactive map: zones with their indicators, parcels, roads, services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from gisplan.measure import GROUPS, Measured, Survey
from gisplan.show.basemap import MapBasemap
from gisplan.show.map_layers import MapLayer
from gisplan.show.study_layers import study_layers
from gisplan.show.webmap import MapIndicator, MapPreset, webmap


def study_map(
    survey: Survey,
    measured: Sequence[Measured],
    parcels: pd.DataFrame | None,
    *,
    texts: Mapping[str, Mapping[str, str]],
    basemap: MapBasemap | None = None,
) -> str:
    """Page of a study, as one HTML text.

    Parameters
    ----------
    survey, measured
        What was measured.
    parcels
        Table of the parcels (see `gisplan.measure.tables.parcels`).
    texts
        ``title``, ``subtitle`` and ``note`` in both languages.
    basemap
        What lies under the map (see `gisplan.show.basemap.basemap_of`).
    """
    plan = survey.plan
    zones = survey.layers.zones
    values = pd.DataFrame(
        {m.id: m.figures.value / _shown_unit(m)[1] for m in measured}, index=zones["zone_id"].to_numpy()
    )
    shown = [m for m in measured if not np.isnan(m.figures.value).all()]
    indicators = [
        MapIndicator(
            m.id,
            m.labels["zh"],
            m.labels["en"],
            _shown_unit(m)[0],
            GROUPS[m.group]["zh"],
            GROUPS[m.group]["en"],
            m.formula["zh"],
            m.formula["en"],
        )
        for m in _first(shown, ("plot_ratio", "plot_ratio_gross", "road_density"))
    ]
    layers = study_layers(survey, parcels)
    return webmap(
        title=texts["title"],
        subtitle=texts["subtitle"],
        language=plan.plan.language,
        zones=zones,
        values=values[[i.id for i in indicators]],
        indicators=indicators,
        layers=layers,
        notes=[texts["note"]],
        presets=_presets(layers, [i.id for i in indicators]),
        basemap=basemap,
    )


def _presets(layers: Sequence[MapLayer], indicators: Sequence[str]) -> list[MapPreset]:
    """Kinds of map that this study's layers and indicators allow, as planners call them."""
    known = {layer.id: {c.id for c in layer.colourings} for layer in layers}
    services = tuple(layer.id for layer in layers if layer.id not in {"parcels", "buildings", "roads"})
    base = tuple(name for name in ("parcels", "roads") if name in known)
    found = []
    for preset in (
        MapPreset("zoning", "用地规划图", "Land use", None, {"parcels": "land_use"}, base),
        MapPreset("state", "建设状态图", "State of building", None, {"parcels": "state"}, (*base, "buildings")),
        MapPreset("plot_ratio", "容积率图", "Plot ratio", None, {"parcels": "plot_ratio"}, base),
        MapPreset("intensity", "集约利用图", "Intensity of zones", _intensity(indicators), {}, base),
        MapPreset("services", "设施配套图", "Infrastructure", None, {"parcels": "services_served"}, (*base, *services)),
    ):  # fmt: skip
        shown = tuple(name for name in preset.shown if name in known)
        fits = all(c in known.get(layer, ()) for layer, c in preset.colourings.items())
        if fits and (preset.indicator is not None or preset.id != "intensity"):
            found.append(replace(preset, shown=shown))
    return found


def _intensity(indicators: Sequence[str]) -> str | None:
    """The indicator that the map of intensity opens with."""
    wanted = ("investment_intensity", "output_intensity", "plot_ratio_gross", "plot_ratio", "built_land_share")
    return next((name for name in wanted if name in indicators), None)


def _shown_unit(measured: Measured) -> tuple[str, float]:
    """Unit in which an indicator is read, and what to divide by: land in hectares, all else as it is kept."""
    return ("ha", 1e4) if measured.group == "land" and measured.unit == "m²" else (measured.unit, 1.0)


def _first(measured: Sequence[Measured], wanted: Sequence[str]) -> list[Measured]:
    """Indicators with the one that planners ask for first at the head."""
    head = next((m for w in wanted for m in measured if m.id == w), None)
    return list(measured) if head is None else [head, *(m for m in measured if m is not head)]
