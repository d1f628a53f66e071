"""Parts of a study that are asked for alone: idle land, the score, the data check."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from pyproj import CRS

from gisplan import assess, measure
from gisplan.assess import IdleLand, Intensity
from gisplan.errors import GisplanError
from gisplan.issues import Issue
from gisplan.plan import Plan
from gisplan.read import read_layers
from gisplan.read.targets import read_targets
from gisplan.rules import load_packs
from gisplan.study.assessed import idle_of, intensity_of, projects_of, scored
from gisplan.study.flow import quiet


def score(plan: Plan, *, progress: Callable[[str], None] = quiet) -> Intensity:
    """Land intensity evaluation of a plan's zones.

    Parameters
    ----------
    plan
        What is asked.
    progress
        Told what is being done.

    Raises
    ------
    GisplanError
        There is no day, no pack with weights or no parcels; and whatever else the user can mend.
    """
    packs = load_packs(plan.plan.rules, plan.folder)
    if assess.scoring_pack(packs) is None:
        raise GisplanError('score: no rule pack of the plan has weights for it. Add "cn-zone-intensity" to rules.')
    layers = read_layers(plan, progress=lambda name: progress(f"read {name}"))
    survey = measure.make_survey(plan, layers, progress=progress)
    progress("assess")
    return scored(survey, packs, idle_of(survey, packs)[0])


def idle(plan: Plan, *, as_of: dt.date | None = None, progress: Callable[[str], None] = quiet) -> IdleLand:
    """Idle-land register of a plan on a day.

    Parameters
    ----------
    plan
        What is asked.
    as_of
        The day; the plan's by default.
    progress
        Told what is being done.

    Raises
    ------
    GisplanError
        There is no day, no rule in force on it, or no register that tells a parcel's life; and whatever else the user
        can mend.
    """
    day = as_of or plan.plan.as_of
    if day is None:
        raise GisplanError("idle: the plan has no as_of. Give the day with --as-of, e.g. --as-of 2025-12-31.")
    packs = load_packs(plan.plan.rules, plan.folder)
    layers = read_layers(plan, progress=lambda name: progress(f"read {name}"))
    survey = measure.make_survey(plan, layers, progress=progress)
    progress("assess")
    found = assess.assess_idle(survey, packs, as_of=day)
    if found is None:
        raise GisplanError(
            "idle: no parcels with an agreed start, hand-over, approval, actual start or completion. Map these columns "
            'in [layers.parcels] or its ledger, e.g. agreed_start = "约定开工日期".'
        )
    return found


@dataclass(frozen=True)
class Checked:
    """What a check found.

    Attributes
    ----------
    issues
        What is wrong or assumed, every feature with its place.
    crs
        The study's coordinate system, in which places are.
    """

    issues: tuple[Issue, ...]
    crs: CRS


def check(plan: Plan, *, progress: Callable[[str], None] = quiet) -> Checked:
    """Read a plan's layers and say what is wrong or assumed, without measuring indicators."""
    layers = read_layers(plan, progress=lambda name: progress(f"read {name}"))
    ids = layers.zones["zone_id"].astype(str).tolist()
    asked, unread = read_targets(plan, ids)
    assess.require_zones(asked, ids)
    survey = measure.make_survey(plan, layers, progress=progress)
    progress("check")
    packs = load_packs(plan.plan.rules, plan.folder)
    idle_land, told = idle_of(survey, packs)
    projects, said = projects_of(survey, packs, idle_land), intensity_of(survey, packs, idle_land)[1]
    supply = assess.assess_supply(survey, None)
    told += [] if supply is None else assess.supply_issues(survey, supply)
    found = (*layers.issues, *unread, *measure.found(survey), *told, *(projects.issues if projects else ()), *said)
    return Checked(measure.placed(found, layers), layers.crs)
