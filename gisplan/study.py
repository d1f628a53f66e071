"""A study from plan to result, and from result to files: the whole flow on one screen."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from gisplan import assess, measure
from gisplan import issues as issues_
from gisplan.assess import IdleLand, Intensity, ProjectLand, Supply
from gisplan.errors import GisplanError, counted
from gisplan.issues import Issue
from gisplan.measure import Measured, Survey, tables
from gisplan.plan import Plan
from gisplan.read import read_layers
from gisplan.rules import Pack, load_packs

if TYPE_CHECKING:
    from gisplan.show.basemap import MapBasemap
    from gisplan.show.embed import StudyMap
    from gisplan.show.two_runs import Run


def _quiet(_: str) -> None:
    pass


@dataclass(frozen=True)
class Result:
    """Everything a study found.

    Attributes
    ----------
    plan
        What was asked.
    survey
        What was measured of each feature.
    measured
        Every indicator with its figures.
    zones
        One row a zone, one column an indicator (``zones.csv``).
    indicators
        One row a zone and indicator, with what it was made from (``indicators.csv``).
    parcels
        One row a parcel, None without parcels (``parcels.csv``).
    findings
        What the plan's rules say of zones and projects, None without rules (``findings.csv``).
    idle_land
        The idle-land register on the plan's ``as_of``, None where it cannot be told (``idle.csv`` and its fellows).
    intensity
        The land intensity evaluation, None where no rule pack of the plan has weights for it (``intensity.csv`` and
        its fellows).
    project_land
        Projects on parcels against the rules, promises and inefficient land; None without parcels, or where the plan
        names no rules and the register tells of no promise (``projects.csv`` and ``projects_zones.csv``).
    supply
        Land supply, None without batches, boundaries and phases (``supply.csv`` and its fellows).
    targets
        The plan's targets against what is, None without targets (``targets.csv``).
    industry
        Industries by zone, and how alike zones are; None where no parcel states an industry (``industry.csv``,
        ``industry_pairs.csv``).
    potential
        Parcels that can be built or rebuilt on; None unless a rule pack tells how (``redevelopment.csv``).
    balance
        The books (``balance.csv``).
    issues
        What was wrong or assumed (``issues.csv``).
    timings
        Seconds by step.
    """

    plan: Plan
    survey: Survey
    measured: Sequence[Measured]
    zones: pd.DataFrame
    indicators: pd.DataFrame
    parcels: pd.DataFrame | None
    findings: pd.DataFrame | None
    idle_land: IdleLand | None
    intensity: Intensity | None
    project_land: ProjectLand | None
    supply: Supply | None
    targets: pd.DataFrame | None
    industry: tuple[pd.DataFrame, pd.DataFrame] | None
    potential: pd.DataFrame | None
    balance: pd.DataFrame
    issues: tuple[Issue, ...]
    timings: Mapping[str, float]

    @property
    def idle(self) -> pd.DataFrame | None:
        """The idle-land register, one row a parcel, indexed like ``parcels``; None where it cannot be told."""
        return None if self.idle_land is None else self.idle_land.parcels

    @cached_property
    def basemap(self) -> MapBasemap | None:
        """What lies under the map; None unless the plan names something.

        Raises
        ------
        OutputError
            Its tiles cannot be read.
        """
        from gisplan.show.basemap import basemap_of

        layers = self.survey.layers
        return basemap_of(self.plan, layers.zones.to_crs(4326).total_bounds.tolist(), layers.crs)

    def map(self, *, against: Run | None = None, tell: Callable[[Mapping[str, str]], None] | None = None) -> StudyMap:
        """Draw the interactive map; a notebook shows it, ``.save("map.html")`` writes it.

        Parameters
        ----------
        against
            Another run that it compares this one with (see `gisplan.show.two_runs.read_run`).
        tell
            Told what the map had to leave out, in both languages.

        Raises
        ------
        OutputError
            There is nothing to draw.
        """
        from gisplan.show.study_map import study_map

        parcels, limits = self.parcels, None
        if parcels is not None and self.idle is not None:
            parcels = parcels.assign(**{name: self.idle[name] for name in ("next_class", "next_date")})
        if parcels is not None and self.projects is not None:
            told = [name for name in assess.SHOWN_OF_PROJECTS if name in self.projects]
            parcels = parcels.assign(**{name: self.projects[name] for name in told})
        if self.findings is not None:
            limits = assess.common_limits(load_packs(self.plan.plan.rules, self.plan.folder), self.findings)
        return study_map(
            self.survey,
            self.measured,
            parcels,
            texts=_texts(self),
            limits=limits,
            basemap=self.basemap,
            against=against,
            tell=tell,
        )

    @property
    def projects(self) -> pd.DataFrame | None:
        """The projects, one row a parcel, indexed like ``parcels``; None without any."""
        return None if self.project_land is None else self.project_land.parcels


def evaluate(plan: Plan, *, executor: Executor | None = None, progress: Callable[[str], None] = _quiet) -> Result:
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
    clock = [time.perf_counter()]
    layers = read_layers(plan, progress=lambda name: progress(f"read {name}"))
    assess.require_zones(plan.targets, layers.zones["zone_id"].astype(str).tolist())
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
    idle_land, told = _idle(survey, packs)
    projects = _projects(survey, packs, idle_land)
    things = None if projects is None else projects.things
    intensity, said = _intensity(survey, packs, idle_land)
    own = None if intensity is None else intensity.indicators
    findings = assess.judge(survey, zones, idle_land, packs, projects=things, intensity=own) if packs else None
    supply = assess.assess_supply(survey, None if idle_land is None else idle_land.parcels)
    told += [] if supply is None else assess.supply_issues(survey, supply)
    targets = _targets(survey, zones, idle_land, own)
    if targets is not None:
        judged = assess.target_findings(targets)
        findings = judged if findings is None else pd.concat([findings, judged], ignore_index=True)
    industry = assess.industry_tables(survey)
    clock.append(time.perf_counter())
    progress("check")
    told += (*(projects.issues if projects else ()), *said)
    found = measure.placed((*layers.issues, *measure.found(survey), *told), layers)
    clock.append(time.perf_counter())
    names = ("read", "cut", "measure", "assess", "check")
    steps = dict(zip(names, (b - a for a, b in pairwise(clock)), strict=True))
    return Result(
        plan,
        survey,
        measured,
        zones,
        tables.long(survey, measured),
        _assessed(tables.parcels(survey), idle_land, intensity),
        findings,
        idle_land,
        intensity,
        projects,
        supply,
        targets,
        industry,
        assess.potential(survey, packs),
        books,
        found,
        steps,
    )


def _idle(survey: Survey, packs: Sequence[Pack]) -> tuple[IdleLand | None, list[Issue]]:
    """Idle-land register of a study, as far as its data and its rules tell one, and what it brings to light."""
    as_of = survey.plan.plan.as_of
    if as_of is None:
        return None, []
    try:
        idle_land = assess.assess_idle(survey, packs, as_of=as_of)
    except GisplanError as error:
        remedy = "Mend as_of or rules in the plan, or ask for another day with gisplan idle."
        return None, [Issue("IDLE_NOT_TOLD", "warning", "parcels", 0, str(error), remedy, "planner")]
    return idle_land, [] if idle_land is None else assess.idle_issues(idle_land)


def _intensity(
    survey: Survey, packs: Sequence[Pack], idle_land: IdleLand | None
) -> tuple[Intensity | None, list[Issue]]:
    """Land intensity evaluation of a study, as far as its data and its rules make one, and what it brings to light."""
    if assess.scoring_pack(packs) is None:
        return None, []
    try:
        found = _scored(survey, packs, idle_land)
    except GisplanError as error:
        remedy = "Give what is missing in the plan: as_of, [layers.parcels], rules or [intensity]."
        return None, [Issue("INTENSITY_NOT_TOLD", "warning", "zones", 0, str(error), remedy, "planner")]
    return found, assess.intensity_issues(found)


def _scored(survey: Survey, packs: Sequence[Pack], idle_land: IdleLand | None) -> Intensity:
    as_of = survey.plan.plan.as_of
    if as_of is None:
        raise GisplanError("The land intensity evaluation needs a day. Give as_of in [plan], e.g. as_of = 2025-12-31.")
    found = assess.assess_intensity(survey, packs, None if idle_land is None else idle_land.parcels, as_of=as_of)
    if found is None:
        raise GisplanError('No rule pack of the plan has weights for a score. Add "cn-zone-intensity" to rules.')
    return found


def score(plan: Plan, *, progress: Callable[[str], None] = _quiet) -> Intensity:
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
    return _scored(survey, packs, _idle(survey, packs)[0])


def _assessed(
    parcels: pd.DataFrame | None, idle_land: IdleLand | None, intensity: Intensity | None
) -> pd.DataFrame | None:
    """Table of the parcels with their codes in the land intensity evaluation and what idle land says of them."""
    if parcels is not None and intensity is not None:
        parcels = pd.concat([parcels, intensity.parcels], axis=1)
    return _with_idle(parcels, idle_land)


def _projects(survey: Survey, packs: Sequence[Pack], idle_land: IdleLand | None) -> ProjectLand | None:
    """Projects of a study, where there are rules to hold them against, or promises."""
    frame = survey.layers.frame("parcels")
    if frame is None or not (packs or assess.is_promised(frame)):
        return None
    return assess.assess_projects(survey, packs, idle_land, as_of=survey.plan.plan.as_of)


def _targets(
    survey: Survey, zones: pd.DataFrame, idle_land: IdleLand | None, intensity: pd.DataFrame | None
) -> pd.DataFrame | None:
    """Targets of the plan against the zones' values; None where it has none."""
    plan = survey.plan
    if not plan.targets:
        return None
    values = assess.zone_values(zones, None if idle_land is None else idle_land.zones, intensity)
    return assess.targets(plan.targets, [str(z) for z in zones["zone_id"]], values, as_of=plan.plan.as_of)


def _with_idle(parcels: pd.DataFrame | None, idle_land: IdleLand | None) -> pd.DataFrame | None:
    """Table of the parcels with their class of idle land, and the sentence that has to stand by it."""
    if parcels is None or idle_land is None:
        return parcels
    own = idle_land.parcels[["idle_class", "due_date", "days_over", "caution"]]
    return pd.concat([parcels, own.rename(columns={"caution": "idle_caution"})], axis=1)


def idle(plan: Plan, *, as_of: dt.date | None = None, progress: Callable[[str], None] = _quiet) -> IdleLand:
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


def check(plan: Plan, *, progress: Callable[[str], None] = _quiet) -> Checked:
    """Read a plan's layers and say what is wrong or assumed, without measuring indicators."""
    layers = read_layers(plan, progress=lambda name: progress(f"read {name}"))
    assess.require_zones(plan.targets, layers.zones["zone_id"].astype(str).tolist())
    survey = measure.make_survey(plan, layers, progress=progress)
    progress("check")
    packs = load_packs(plan.plan.rules, plan.folder)
    idle_land, told = _idle(survey, packs)
    projects, said = _projects(survey, packs, idle_land), _intensity(survey, packs, idle_land)[1]
    supply = assess.assess_supply(survey, None)
    told += [] if supply is None else assess.supply_issues(survey, supply)
    found = (*layers.issues, *measure.found(survey), *told, *(projects.issues if projects else ()), *said)
    return Checked(measure.placed(found, layers), layers.crs)


def write(
    result: Result,
    folder: str | Path,
    *,
    against: Run | None = None,
    progress: Callable[[str], None] = _quiet,
    tell: Callable[[Mapping[str, str]], None] | None = None,
) -> Path:
    """Write all files of a result; earlier ones are replaced once all are there.

    Parameters
    ----------
    result
        What `evaluate` gave.
    folder
        Where.
    against
        Another run that the map compares this one with (see `gisplan.show.two_runs.read_run`).
    progress
        Told what is being done.
    tell
        Told what the map had to leave out, in both languages.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    OutputError
        It cannot be written to.
    """
    from gisplan.show.geopackage import write_geopackage
    from gisplan.show.idle_files import write_idle
    from gisplan.show.intensity_files import write_intensity
    from gisplan.show.publish import published
    from gisplan.show.record import write_record
    from gisplan.show.tables import write_csv

    out = Path(folder)
    with published(out) as fresh:
        began = time.perf_counter()
        basemap = result.basemap
        issues = (*result.issues, *(basemap.issues if basemap else ()))
        progress("write tables")
        write_csv(result.zones, fresh / "zones.csv")
        write_csv(result.indicators, fresh / "indicators.csv")
        if result.parcels is not None:
            write_csv(result.parcels, fresh / "parcels.csv")
        if result.findings is not None:
            write_csv(result.findings, fresh / "findings.csv")
        if result.idle_land is not None:
            write_idle(result.idle_land, fresh, name=result.plan.plan.title.both(result.plan.plan.name)["zh"])
        if result.intensity is not None:
            write_intensity(result.intensity, fresh)
        if result.project_land is not None:
            parcels = result.project_land.parcels
            write_csv(parcels[parcels["basis"].notna()], fresh / "projects.csv")
            write_csv(result.project_land.zones, fresh / "projects_zones.csv")
        for name, table in _further(result).items():
            write_csv(table, fresh / name)
        write_csv(result.balance, fresh / "balance.csv")
        write_csv(issues_.table(issues), fresh / "issues.csv")
        progress("write results.gpkg")
        write_geopackage(_gis_layers(result), fresh / "results.gpkg")
        progress("write map.html")
        page = result.map(against=against, tell=tell).page()
        (fresh / "map.html").write_text(page, encoding="utf-8", newline="\n")
        write_record(fresh / "run.json", _record(result, issues, _tile_files(basemap), time.perf_counter() - began))
    return out


def _further(result: Result) -> dict[str, pd.DataFrame]:
    """Tables of land supply, targets and industry, as far as there are any, by file."""
    supply, (industry, pairs) = result.supply, result.industry or (None, None)
    tables = {
        "supply.csv": supply.zones if supply else None,
        "supply_batches.csv": supply.batches if supply else None,
        "boundaries.csv": supply.boundaries if supply else None,
        "targets.csv": result.targets,
        "industry.csv": industry,
        "industry_pairs.csv": pairs,
        "redevelopment.csv": result.potential,
    }
    return {name: table for name, table in tables.items() if table is not None}


def _gis_layers(result: Result) -> dict[str, gpd.GeoDataFrame]:
    zones = result.survey.layers.zones
    out = {"zones": gpd.GeoDataFrame(result.zones, geometry=zones.geometry.array, crs=zones.crs)}
    if result.parcels is not None:
        parcels = result.survey.pieces["parcels"].frame
        out["parcels"] = gpd.GeoDataFrame(result.parcels, geometry=parcels.geometry.array, crs=parcels.crs)
    if any(i.features for i in result.issues):
        from gisplan.show.geopackage import issue_points

        out["issues"] = issue_points(result.issues, zones.crs)
    return out


def _texts(result: Result) -> dict[str, dict[str, str]]:
    plan, crs = result.plan.plan, result.survey.layers.crs
    epsg = crs.to_epsg()
    system = f"{crs.name} (EPSG:{epsg})" if epsg else crs.name
    when = {
        "zh": f"评价时点 {plan.as_of} · " if plan.as_of else "",
        "en": f"as of {plan.as_of} · " if plan.as_of else "",
    }
    basis = {"measured": ("实测", "measured"), "ledger": ("登记", "ledger")}[plan.area_basis]
    method = {"ellipsoid": ("椭球面积", "on the ellipsoid"), "planar": ("平面面积", "planar")}[plan.area]
    grave = sum(i.severity != "note" for i in result.issues)
    return {
        "title": plan.title.both(plan.name),
        "subtitle": {
            "zh": f"{when['zh']}{len(result.zones)} 个分区 · {system}",
            "en": f"{when['en']}{len(result.zones)} zones · {system}",
        },
        "note": {
            "zh": f"面积：{method[0]}，以{basis[0]}面积为分母。数据问题 {grave} 条，见 issues.csv。",
            "en": f"Areas {method[1]}; ratios use {basis[1]} area. {counted(grave, 'data issue')}, see issues.csv.",
        },
    }


def _tile_files(basemap: MapBasemap | None) -> list[Path]:
    return basemap.tiles.files if basemap is not None and basemap.tiles is not None else []


def _record(result: Result, issues: Sequence[Issue], tiles: Sequence[Path], seconds: float) -> dict[str, Any]:
    from gisplan.plan.places import shareable
    from gisplan.show.record import inputs, versions

    plan = result.plan
    packs = load_packs(plan.plan.rules, plan.folder)
    rules = [f for p in packs if p.file for f in (p.file, *(p.file.parent / t.file for t in p.limit_tables))]
    files = [*([plan.file] if plan.file else []), *rules, *result.survey.layers.files, *tiles]
    return {
        "plan": shareable(plan.model_dump(mode="json", by_alias=True, exclude={"folder", "file"}, exclude_unset=True)),
        "crs": result.survey.layers.crs.to_string(),
        "rules": [p.name for p in packs],
        "idle_rule": result.idle_land.rule.pack.name if result.idle_land else None,
        "intensity_weights": f"{result.intensity.pack.name}/{plan.intensity.weights}" if result.intensity else None,
        "versions": versions(),
        "inputs": [*inputs(files, plan.folder.resolve()), *result.survey.layers.queries],
        "issues": {s: sum(i.severity == s for i in issues) for s in ("error", "warning", "note")},
        "timings": {**{k: round(v, 3) for k, v in result.timings.items()}, "write": round(seconds, 3)},
    }
