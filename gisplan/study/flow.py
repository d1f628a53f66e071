"""A study from plan to result: the whole flow on one screen."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor
from itertools import pairwise

import pandas as pd

from gisplan import assess, measure
from gisplan.measure import capacity, power, tables
from gisplan.plan import Plan
from gisplan.read import read_layers
from gisplan.read.targets import read_targets
from gisplan.rules import load_packs
from gisplan.study.assessed import idle_of, intensity_of, projects_of, targets_of, with_assessments
from gisplan.study.result import Result


def quiet(_: str) -> None:
    """Take no notice of how far the work is."""


def evaluate(plan: Plan, *, executor: Executor | None = None, progress: Callable[[str], None] = quiet) -> Result:
    """Read a plan's layers and measure every zone.

    Parameters
    ----------
    plan
        What is asked.
    executor
        Where the heavy steps run; threads by default.
    progress
        Told what is being done.

    Raises
    ------
    GisplanError
        Whatever the user can mend.
    BooksError
        The books do not balance, which is gisplan's own fault.
    """
    from gisplan.show.basemap import require_basemap

    packs = load_packs(plan.plan.rules, plan.folder)
    require_basemap(plan)  # before the long work
    measure.ladder_of(plan, packs)
    clock = [time.perf_counter()]
    layers = read_layers(plan, progress=lambda name: progress(f"read {name}"))
    asked, unread = read_targets(plan, layers.zones["zone_id"].astype(str).tolist())
    assess.require_zones(asked, layers.zones["zone_id"].astype(str).tolist())
    clock.append(time.perf_counter())
    survey = measure.make_survey(plan, layers, executor=executor, progress=progress)
    books = measure.balance(layers, survey.pieces)
    measure.require_closed(books)
    clock.append(time.perf_counter())
    progress("measure")
    measured = measure.evaluate(survey)
    clock.append(time.perf_counter())
    progress("assess")
    zones = tables.wide(survey, measured)
    idle_land, told = idle_of(survey, packs)
    projects = projects_of(survey, packs, idle_land)
    things = None if projects is None else projects.things
    intensity, said = intensity_of(survey, packs, idle_land)
    own = None if intensity is None else intensity.indicators
    findings = assess.judge(survey, zones, idle_land, packs, projects=things, intensity=own) if packs else None
    supply = assess.assess_supply(survey, None if idle_land is None else idle_land.parcels)
    told += [] if supply is None else assess.supply_issues(survey, supply)
    works = assess.assess_works(survey, None if idle_land is None else idle_land.parcels)
    told += [] if works is None else works.issues
    links = assess.assess_links(survey, None if idle_land is None else idle_land.parcels)
    told += [] if links is None else assess.link_issues(links)
    targets = targets_of(survey, asked, zones, idle_land, own)
    if targets is not None:
        judged = assess.target_findings(targets)
        findings = judged if findings is None else pd.concat([findings, judged], ignore_index=True)
    industry = assess.industry_tables(survey)
    clock.append(time.perf_counter())
    progress("check")
    told += (*(projects.issues if projects else ()), *said)
    found = measure.placed((*layers.issues, *unread, *measure.found(survey), *told), layers)
    clock.append(time.perf_counter())
    names = ("read", "cut", "measure", "assess", "check")
    steps = dict(zip(names, (b - a for a, b in pairwise(clock)), strict=True))
    return Result(
        plan=plan,
        survey=survey,
        measured=measured,
        zones=zones,
        indicators=tables.long(survey, measured),
        parcels=with_assessments(tables.parcels(survey), idle_land, intensity),
        findings=findings,
        idle_land=idle_land,
        intensity=intensity,
        project_land=projects,
        supply=supply,
        targets=targets,
        industry=industry,
        works=works,
        links=links,
        weak_links=power.weak_links(survey) if power.has_feeds(survey) else None,
        capacity=capacity.table(survey),
        potential=assess.potential(survey, packs),
        gaps=assess.with_links(measure.gap_list(survey), links),
        levelling=measure.earthwork(survey) if plan.levelling else None,
        balance=books,
        issues=found,
        timings=steps,
    )
