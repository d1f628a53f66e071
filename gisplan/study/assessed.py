"""What a study's data and rules let be assessed, and what it brings to light."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from gisplan import assess
from gisplan.assess import IdleLand, Intensity, ProjectLand
from gisplan.errors import GisplanError, counted
from gisplan.issues import Issue
from gisplan.measure import Survey
from gisplan.plan import Target
from gisplan.rules import Pack


def idle_of(survey: Survey, packs: Sequence[Pack]) -> tuple[IdleLand | None, list[Issue]]:
    """Idle-land register of a study, as far as its data and its rules tell one, and what it brings to light."""
    as_of = survey.plan.plan.as_of
    if as_of is None:
        return None, _undated(survey)
    try:
        idle_land = assess.assess_idle(survey, packs, as_of=as_of)
    except GisplanError as error:
        remedy = "Mend as_of or rules in the plan, or ask for another day with gisplan idle."
        return None, [Issue("IDLE_NOT_TOLD", "warning", "parcels", 0, str(error), remedy, "planner")]
    return idle_land, [] if idle_land is None else assess.idle_issues(idle_land)


def _undated(survey: Survey) -> list[Issue]:
    """Say that idle land is not told without a day, where the register has the dates to tell it."""
    frame = survey.layers.frame("parcels")
    if frame is None or not assess.tells_lives(frame):
        return []
    n = int(assess.on_record(frame).sum())
    message = f"{counted(n, 'parcel')} with dates that tell idle land, and no day to tell it on: idle.csv is not made."
    remedy = "Give as_of in [plan], e.g. as_of = 2025-12-31, or ask with gisplan idle PLAN --as-of 2025-12-31."
    return [Issue("IDLE_NO_DAY", "note", "parcels", n, message, remedy, "planner")]


def intensity_of(
    survey: Survey, packs: Sequence[Pack], idle_land: IdleLand | None
) -> tuple[Intensity | None, list[Issue]]:
    """Land intensity evaluation of a study, as far as its data and its rules make one, and what it brings to light."""
    if assess.scoring_pack(packs) is None:
        return None, []
    try:
        found = scored(survey, packs, idle_land)
    except GisplanError as error:
        remedy = "Give what is missing in the plan: as_of, [layers.parcels], rules or [intensity]."
        return None, [Issue("INTENSITY_NOT_TOLD", "warning", "zones", 0, str(error), remedy, "planner")]
    return found, assess.intensity_issues(found)


def scored(survey: Survey, packs: Sequence[Pack], idle_land: IdleLand | None) -> Intensity:
    """Land intensity evaluation of a study.

    Raises
    ------
    GisplanError
        There is no day, or no pack with weights.
    """
    as_of = survey.plan.plan.as_of
    if as_of is None:
        raise GisplanError("The land intensity evaluation needs a day. Give as_of in [plan], e.g. as_of = 2025-12-31.")
    found = assess.assess_intensity(survey, packs, None if idle_land is None else idle_land.parcels, as_of=as_of)
    if found is None:
        raise GisplanError('No rule pack of the plan has weights for a score. Add "cn-zone-intensity" to rules.')
    return found


def with_assessments(
    parcels: pd.DataFrame | None, idle_land: IdleLand | None, intensity: Intensity | None
) -> pd.DataFrame | None:
    """Table of the parcels with their codes in the land intensity evaluation and what idle land says of them."""
    if parcels is not None and intensity is not None:
        parcels = pd.concat([parcels, intensity.parcels], axis=1)
    return _with_idle(parcels, idle_land)


def projects_of(survey: Survey, packs: Sequence[Pack], idle_land: IdleLand | None) -> ProjectLand | None:
    """Projects of a study, where there are rules to hold them against, or promises."""
    frame = survey.layers.frame("parcels")
    if frame is None or not (packs or assess.is_promised(frame)):
        return None
    return assess.assess_projects(survey, packs, idle_land, as_of=survey.plan.plan.as_of)


def targets_of(
    survey: Survey,
    asked: Sequence[Target],
    zones: pd.DataFrame,
    idle_land: IdleLand | None,
    intensity: pd.DataFrame | None,
) -> pd.DataFrame | None:
    """Targets of the plan, or of its table of them, against the zones' values; None where it has none."""
    if not asked:
        return None
    values = assess.zone_values(zones, None if idle_land is None else idle_land.zones, intensity)
    return assess.targets(asked, [str(z) for z in zones["zone_id"]], values, as_of=survey.plan.plan.as_of)


def _with_idle(parcels: pd.DataFrame | None, idle_land: IdleLand | None) -> pd.DataFrame | None:
    """Table of the parcels with their class of idle land, and the sentence that has to stand by it."""
    if parcels is None or idle_land is None:
        return parcels
    own = idle_land.parcels[["idle_class", "due_date", "days_over", "caution"]]
    return pd.concat([parcels, own.rename(columns={"caution": "idle_caution"})], axis=1)
