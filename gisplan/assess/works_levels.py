"""Levels of supply (N通一平) now, with all unfinished works done, and with all that is planned."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gisplan.assess.idle import Array
from gisplan.assess.works_effect import ByWork, survey_after
from gisplan.measure import Survey, register
from gisplan.measure.catalogue import Figures
from gisplan.measure.levels import levels
from gisplan.measure.reach import YES


def levels_after(survey: Survey, found: ByWork) -> pd.DataFrame | None:
    """Share of the developable land at each level, as the indicators of levels tell it.

    Returns
    -------
    pandas.DataFrame or None
        ``scope`` (zone or study), ``id``, ``name``, ``indicator`` (``full_service_share`` or
        ``level_area_share_<level>``), ``title_zh``, ``title_en``; ``share_now``, ``share_works``, ``share_planned``.
        None where the plan does not ask for levels, or no work brings a service.
    """
    if survey.parcels is None or not found.unplaced or levels(survey) is None:
        return None
    size = len(survey.parcels.area)
    reached = {service: found.together(service, size) for service in found.unplaced}
    planned = {s: r.planned_state == YES for s, r in survey.reaches.items()}
    none = np.zeros(size, dtype=bool)
    every = {s: planned.get(s, none) | reached.get(s, none) for s in (*planned, *reached)}
    studies = {
        "share_now": survey,
        "share_works": survey_after(survey, reached),
        "share_planned": survey_after(survey, every),
    }
    zones = survey.layers.zones
    full, by_level = register()["full_service_share"], register()["level_area_share_{level}"]
    assert by_level.members is not None
    asked: list[tuple[str, str, str, str | None]] = [("full_service_share", full.labels["zh"], full.labels["en"], None)]
    for name, labels in by_level.members(survey).items():
        zh, en = (by_level.labels[k].replace(f"{{{k}}}", labels[k]) for k in ("zh", "en"))
        asked.append((f"level_area_share_{name}", zh, en, name))
    blocks = []
    for indicator, zh, en, member in asked:
        shares = {
            column: _whole(full.function(study) if member is None else by_level.function(study, member))
            for column, study in studies.items()
        }
        head = {"scope": ["zone"] * survey.zones + ["study"], "id": [*zones["zone_id"], None]}
        words = {"name": [*zones["name"], "全部 / all"], "indicator": indicator, "title_zh": zh, "title_en": en}
        blocks.append(pd.DataFrame({**head, **words, **shares}))
    return pd.concat(blocks, ignore_index=True)


def _whole(figures: Figures) -> Array:
    """Values of the zones, and that of the zones together."""
    top, land = np.nansum(figures.numerator), np.nansum(figures.denominator)
    known = bool((figures.n_used > 0).any()) and land > 0
    return np.append(figures.value, top / land if known else np.nan)
