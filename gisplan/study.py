"""A study from plan to result, and from result to files: the whole flow on one screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from gisplan import issues as issues_
from gisplan import measure
from gisplan.errors import counted
from gisplan.issues import Issue
from gisplan.measure import Measured, Survey, tables
from gisplan.plan import Plan
from gisplan.read import read_layers

if TYPE_CHECKING:
    from gisplan.show.basemap import MapBasemap


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
    balance: pd.DataFrame
    issues: tuple[Issue, ...]
    timings: Mapping[str, float]


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

    require_basemap(plan)  # before the long work
    clock = [time.perf_counter()]
    layers = read_layers(plan, progress=lambda name: progress(f"read {name}"))
    clock.append(time.perf_counter())
    survey = measure.make_survey(plan, layers, executor=executor, progress=progress)
    books = measure.balance(layers, survey.pieces)
    measure.require_closed(books)
    clock.append(time.perf_counter())
    progress("measure")
    measured = measure.evaluate(survey)
    clock.append(time.perf_counter())
    progress("check")
    found = measure.placed((*layers.issues, *measure.found(survey)), layers)
    clock.append(time.perf_counter())
    steps = dict(zip(("read", "cut", "measure", "check"), (b - a for a, b in pairwise(clock)), strict=True))
    return Result(
        plan,
        survey,
        measured,
        tables.wide(survey, measured),
        tables.long(survey, measured),
        tables.parcels(survey),
        books,
        found,
        steps,
    )


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
    survey = measure.make_survey(plan, layers, progress=progress)
    progress("check")
    return Checked(measure.placed((*layers.issues, *measure.found(survey)), layers), layers.crs)


def write(result: Result, folder: str | Path, *, progress: Callable[[str], None] = _quiet) -> Path:
    """Write all files of a result; earlier ones are replaced once all are there.

    Parameters
    ----------
    result
        What `evaluate` gave.
    folder
        Where.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    OutputError
        It cannot be written to.
    """
    from gisplan.show.basemap import basemap_of
    from gisplan.show.geopackage import write_geopackage
    from gisplan.show.publish import published
    from gisplan.show.record import write_record
    from gisplan.show.study_map import study_map
    from gisplan.show.tables import write_csv

    out = Path(folder)
    with published(out) as fresh:
        began = time.perf_counter()
        zones = result.survey.layers.zones
        basemap = basemap_of(result.plan, zones.to_crs(4326).total_bounds.tolist(), result.survey.layers.crs)
        issues = (*result.issues, *(basemap.issues if basemap else ()))
        progress("write tables")
        write_csv(result.zones, fresh / "zones.csv")
        write_csv(result.indicators, fresh / "indicators.csv")
        if result.parcels is not None:
            write_csv(result.parcels, fresh / "parcels.csv")
        write_csv(result.balance, fresh / "balance.csv")
        write_csv(issues_.table(issues), fresh / "issues.csv")
        progress("write results.gpkg")
        write_geopackage(_gis_layers(result), fresh / "results.gpkg")
        progress("write map.html")
        page = study_map(result.survey, result.measured, result.parcels, texts=_texts(result), basemap=basemap)
        (fresh / "map.html").write_text(page, encoding="utf-8", newline="\n")
        write_record(fresh / "run.json", _record(result, issues, _tile_files(basemap), time.perf_counter() - began))
    return out


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
    files = [*([plan.file] if plan.file else []), *result.survey.layers.files, *tiles]
    return {
        "plan": shareable(plan.model_dump(mode="json", by_alias=True, exclude={"folder", "file"}, exclude_unset=True)),
        "crs": result.survey.layers.crs.to_string(),
        "versions": versions(),
        "inputs": [*inputs(files, plan.folder.resolve()), *result.survey.layers.queries],
        "issues": {s: sum(i.severity == s for i in issues) for s in ("error", "warning", "note")},
        "timings": {**{k: round(v, 3) for k, v in result.timings.items()}, "write": round(seconds, 3)},
    }
