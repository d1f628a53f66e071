"""A study's result as an interactive map: zones with their indicators, parcels, roads, services."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.measure import GROUPS, Measured, Survey
from gisplan.rules import Limit, Pack
from gisplan.show.basemap import MapBasemap
from gisplan.show.embed import StudyMap
from gisplan.show.map_layers import MapLayer
from gisplan.show.study_layers import study_layers
from gisplan.show.two_runs import Run, shown_unit, side_by_side
from gisplan.show.webmap import SUMS, MapBudget, MapIndicator, MapLimit, MapPreset, draw_map


def study_map(
    survey: Survey,
    measured: Sequence[Measured],
    parcels: pd.DataFrame | None,
    *,
    texts: Mapping[str, Mapping[str, str]],
    limits: Mapping[str, tuple[Pack, Limit]] | None = None,
    basemap: MapBasemap | None = None,
    against: Run | None = None,
    tell: Callable[[Mapping[str, str]], None] | None = None,
) -> StudyMap:
    """Interactive map of a study.

    Parameters
    ----------
    survey, measured, parcels, texts, limits, against
        As for `study_spec`.
    basemap
        What lies under the map (see `gisplan.show.basemap.basemap_of`).
    tell
        Told what had to be given up to keep within the plan's ``max_mb``, in both languages.
    """
    asked = survey.plan.map
    budget = MapBudget(max_mb=asked.max_mb, accuracy_m=asked.accuracy_m)
    spec = study_spec(survey, measured, parcels, texts=texts, limits=limits, against=against)
    return draw_map(**spec, basemap=basemap, budget=budget, tell=tell)


def study_spec(
    survey: Survey,
    measured: Sequence[Measured],
    parcels: pd.DataFrame | None,
    *,
    texts: Mapping[str, Mapping[str, str]],
    limits: Mapping[str, tuple[Pack, Limit]] | None = None,
    against: Run | None = None,
) -> dict[str, Any]:
    """What there is to be drawn of a study, as arguments of `gisplan.show.webmap.draw_map`.

    Parameters
    ----------
    survey, measured
        What was measured.
    parcels
        Table of the parcels (see `gisplan.measure.tables.parcels`).
    texts
        ``title``, ``subtitle`` and ``note`` in both languages.
    limits
        Indicator → pack and limit that all zones are held against.
    against
        Another run to compare with (see `gisplan.show.two_runs.read_run`).
    """
    plan = survey.plan
    zones = survey.layers.zones
    values = pd.DataFrame(
        {m.id: m.figures.value / shown_unit(m)[1] for m in measured}, index=zones["zone_id"].to_numpy()
    )
    shown = [m for m in measured if not np.isnan(m.figures.value).all()]
    indicators = [
        MapIndicator(
            m.id,
            m.labels["zh"],
            m.labels["en"],
            shown_unit(m)[0],
            GROUPS[m.group]["zh"],
            GROUPS[m.group]["en"],
            m.formula["zh"],
            m.formula["en"],
            limit=_limit(*limits[m.id], by=shown_unit(m)[1]) if limits and m.id in limits else None,
            source=m.source,
        )
        for m in _first(shown, ("plot_ratio", "plot_ratio_gross", "road_density"))
    ]
    two = None
    if against is None:
        layers = study_layers(survey, parcels)
    else:
        two = side_by_side(against, survey, measured, parcels)
        layers = list(two.layers)
    return {
        "title": plan.map.title.both(plan.plan.name) if plan.map.title else texts["title"],
        "subtitle": texts["subtitle"],
        "language": plan.plan.language,
        "zones": zones,
        "values": values[[i.id for i in indicators]],
        "indicators": indicators,
        "layers": layers,
        "notes": [texts["note"], *_cautions(parcels), *(two.notes if two else ())],
        "presets": _presets(layers, [i.id for i in indicators], two=two is not None),
        "as_of": plan.plan.as_of,
        "other": two.other if two else None,
        "sums": {key: _sums(shown, key, zones["zone_id"].to_numpy()) for key in SUMS},
        "plan_file": plan.file.name if plan.file else "",
    }


def _sums(measured: Sequence[Measured], key: str, zone_ids: np.ndarray) -> pd.DataFrame:
    """What the figures were made from, one column an indicator; a sum that is the figure itself says nothing more."""
    ratios = [m for m in measured if key != "numerator" or not np.isnan(m.figures.denominator).all()]
    return pd.DataFrame({m.id: getattr(m.figures, key) for m in ratios}, index=zone_ids)


def _limit(pack: Pack, limit: Limit, *, by: float) -> MapLimit:
    """What a rule asks, in the unit in which the indicator is shown."""
    low, high = (v / by if math.isfinite(v) else None for v in (limit.low[0], limit.high[0]))
    named = limit.title if limit.title.zh or limit.title.en else pack.title
    source = " ".join(text for text in (pack.name, limit.clause) if text)
    return MapLimit(named.zh, named.en, low, high, source=source, verified=limit.verified)


def _cautions(parcels: pd.DataFrame | None) -> list[Mapping[str, str]]:
    """What must be said of idle land wherever it is shown."""
    shown = parcels is not None and "idle_class" in parcels and parcels["idle_class"].notna().any()
    return [vocabulary.idle_caution()["long"]] if shown else []


def _presets(layers: Sequence[MapLayer], indicators: Sequence[str], *, two: bool) -> list[MapPreset]:
    """Kinds of map that this study's layers and indicators allow, as planners call them."""
    known = {layer.id: {c.id for c in layer.colourings} for layer in layers}
    services = tuple(layer.id for layer in layers if layer.id not in {"parcels", "buildings", "roads"})
    base = tuple(name for name in ("parcels", "roads") if name in known)
    first = indicators[0] if two and indicators else None
    found = []
    for preset in (
        MapPreset("zoning", "用地规划图", "Land use", None, {"parcels": "land_use"}, base),
        MapPreset("state", "建设状态图", "State of building", None, {"parcels": "state"}, (*base, "buildings")),
        MapPreset("idle", "闲置土地图", "Idle land", None, {"parcels": "idle_class"}, base),
        MapPreset("plot_ratio", "容积率图", "Plot ratio", None, {"parcels": "plot_ratio"}, base),
        MapPreset("limit", "容积率达标图", "Plot ratio and limit", None, {"parcels": "project_far_class"}, base),
        MapPreset("intensity", "集约利用图", "Intensity of zones", _intensity(indicators), {}, base),
        MapPreset("services", "设施配套图", "Infrastructure", None, {"parcels": "services_served"}, (*base, *services)),
        MapPreset("change", "分区变化图", "Change of zones", first, {}, base, difference=True, own=True),
        MapPreset("parcels", "宗地变化图", "Change of parcels", None, {"parcels": "change"}, (*base, "gone"), own=True),
    ):  # fmt: skip
        shown = tuple(name for name in preset.shown if name in known)
        fits = all(c in known.get(layer, ()) for layer, c in preset.colourings.items())
        if fits and (preset.indicator is not None or preset.id not in {"intensity", "change"}):
            found.append(replace(preset, shown=shown))
    return found


def _intensity(indicators: Sequence[str]) -> str | None:
    """The indicator that the map of intensity opens with."""
    wanted = ("investment_intensity", "output_intensity", "plot_ratio_gross", "plot_ratio", "built_land_share")
    return next((name for name in wanted if name in indicators), None)


def _first(measured: Sequence[Measured], wanted: Sequence[str]) -> list[Measured]:
    """Indicators with the one that planners ask for first at the head."""
    head = next((m for w in wanted for m in measured if m.id == w), None)
    return list(measured) if head is None else [head, *(m for m in measured if m is not head)]
