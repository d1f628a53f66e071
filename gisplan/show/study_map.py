"""A study's result as an interactive map: zones with their indicators, parcels, roads, services."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.measure import GROUPS, Measured, Survey
from gisplan.rules import Limit, Pack
from gisplan.show.basemap import MapBasemap
from gisplan.show.embed import StudyMap
from gisplan.show.kinds_of_map import presets
from gisplan.show.study_layers import Assessed, study_layers
from gisplan.show.two_runs import Run, shown_unit, side_by_side
from gisplan.show.webmap import SUMS, MapBudget, MapIndicator, MapLimit, draw_map


def study_map(
    survey: Survey,
    measured: Sequence[Measured],
    parcels: pd.DataFrame | None,
    *,
    texts: Mapping[str, Mapping[str, str]],
    limits: Mapping[str, tuple[Pack, Limit]] | None = None,
    assessed: Assessed | None = None,
    basemap: MapBasemap | None = None,
    against: Run | None = None,
    tell: Callable[[Mapping[str, str]], None] | None = None,
) -> StudyMap:
    """Interactive map of a study.

    Parameters
    ----------
    survey, measured, parcels, texts, limits, assessed, against
        As for `study_spec`.
    basemap
        What lies under the map (see `gisplan.show.basemap.basemap_of`).
    tell
        Told what had to be given up to keep within the plan's ``max_mb``, in both languages.
    """
    asked = survey.plan.map
    budget = MapBudget(max_mb=asked.max_mb, accuracy_m=asked.accuracy_m)
    spec = study_spec(survey, measured, parcels, texts=texts, limits=limits, assessed=assessed, against=against)
    return draw_map(**spec, basemap=basemap, budget=budget, tell=tell)


def study_spec(
    survey: Survey,
    measured: Sequence[Measured],
    parcels: pd.DataFrame | None,
    *,
    texts: Mapping[str, Mapping[str, str]],
    limits: Mapping[str, tuple[Pack, Limit]] | None = None,
    assessed: Assessed | None = None,
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
    assessed
        What else the study has found that has places of its own.
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
        layers = study_layers(survey, parcels, assessed=assessed)
    else:
        two = side_by_side(against, survey, measured, parcels, assessed)
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
        "presets": presets(survey, layers, [i.id for i in indicators], two=two is not None),
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


def _first(measured: Sequence[Measured], wanted: Sequence[str]) -> list[Measured]:
    """Indicators with the one that planners ask for first at the head."""
    head = next((m for w in wanted for m in measured if m.id == w), None)
    return list(measured) if head is None else [head, *(m for m in measured if m is not head)]
