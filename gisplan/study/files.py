"""A result → the files of a run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from gisplan import issues as issues_
from gisplan.issues import Issue
from gisplan.measure import Measured
from gisplan.plan import Plan
from gisplan.rules import load_packs
from gisplan.study.flow import quiet
from gisplan.study.reports import MOST_FEATURES, features_in, fits, write_report
from gisplan.study.result import Result

if TYPE_CHECKING:
    from gisplan.show.basemap import MapBasemap
    from gisplan.show.qgis import Style
    from gisplan.show.two_runs import Run


def write(
    result: Result,
    folder: str | Path,
    *,
    against: Run | None = None,
    progress: Callable[[str], None] = quiet,
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
        for name, table in further_tables(result).items():
            write_csv(table, fresh / name)
        write_csv(result.balance, fresh / "balance.csv")
        progress("write results.gpkg")
        gis = _gis_layers(result)
        write_geopackage(gis, fresh / "results.gpkg", about=_about(result), styles=_styles(result, gis))
        told = record(result, _tile_files(basemap))
        if fits(result):
            progress("write report.xlsx")
            write_report(result, fresh / "report.xlsx", asked=told)
        else:
            issues = (*issues, _left_out(result))
        write_csv(issues_.table(issues), fresh / "issues.csv")
        progress("write map.html")
        page = result.map(against=against, tell=tell).page()
        (fresh / "map.html").write_text(page, encoding="utf-8", newline="\n")
        write_record(fresh / "run.json", told | _how_it_went(result, issues, time.perf_counter() - began))
    return out


def further_tables(result: Result) -> dict[str, pd.DataFrame]:
    """Tables of services, roads, ground, land supply, targets, industry and works that there are, by file."""
    supply, (industry, pairs) = result.supply, result.industry or (None, None)
    tables = {
        "supply.csv": supply.zones if supply else None,
        "supply_batches.csv": supply.batches if supply else None,
        "boundaries.csv": supply.boundaries if supply else None,
        "targets.csv": result.targets,
        "industry.csv": industry,
        "industry_pairs.csv": pairs,
        "redevelopment.csv": result.potential,
        "roads.csv": result.roads,
        "road_grid.csv": result.road_grid,
        "power_weak_links.csv": result.weak_links,
        "capacity.csv": result.capacity,
        "links.csv": None if result.links is None else pd.DataFrame(result.links.table.drop(columns="geometry")),
        "gap_list.csv": result.gaps,
        "works.csv": result.works.table if result.works else None,
        "works_effect.csv": result.works.effect if result.works else None,
        "works_levels.csv": result.works.levels if result.works else None,
        "levelling.csv": result.levelling.table if result.levelling else None,
        "levelling_grid.csv": result.levelling.grid if result.levelling else None,
    }
    return {name: table for name, table in tables.items() if table is not None}


def _left_out(result: Result) -> Issue:
    """Say that the workbook was left out, and how to get it."""
    message = (
        f"report.xlsx was not written: {features_in(result):,} parcels and buildings are more than the "
        f"{MOST_FEATURES:,} that a run puts into a workbook by itself."
    )
    return Issue("REPORT_LEFT_OUT", "note", "parcels", 0, message, "gisplan report PLAN writes it.", "planner")


def _gis_layers(result: Result) -> dict[str, gpd.GeoDataFrame]:
    zones = result.survey.layers.zones
    out = {"zones": gpd.GeoDataFrame(result.zones, geometry=zones.geometry.array, crs=zones.crs)}
    if result.parcels is not None:
        parcels = result.survey.pieces["parcels"].frame
        from gisplan.show.parcel_classes import with_classes

        told = with_classes(result.parcels, result.survey)
        out["parcels"] = gpd.GeoDataFrame(told, geometry=parcels.geometry.array, crs=parcels.crs)
    if result.links is not None and len(result.links.table):
        out["links"] = result.links.table
    if result.works is not None:
        from gisplan.show.study_works import work_layers

        out |= {layer.id: layer.frame for layer in work_layers(result.works, zones.crs)}
    if any(i.features for i in result.issues):
        from gisplan.show.geopackage import issue_points

        out["issues"] = issue_points(result.issues, zones.crs)
    return out


def _about(result: Result) -> str:
    """What the layers of a GeoPackage are said to be of."""
    asked = result.plan.plan
    title = asked.title.both(asked.name)
    return " / ".join(dict.fromkeys((title["zh"], title["en"]))) + (f", {asked.as_of}" if asked.as_of else "")


def _styles(result: Result, gis: Mapping[str, gpd.GeoDataFrame]) -> dict[str, list[Style]]:
    """Styles of the layers of a GeoPackage, as the map colours them."""
    from gisplan.show.qgis import kind_of, styles
    from gisplan.show.study_layers import zone_layer

    out = {}
    for layer in (zone_layer(result.survey.layers.zones, _first(result.measured)), *result.layers()):
        if layer.id in gis:
            columns = [str(c) for c in gis[layer.id].columns]
            names = {c.name: f"{c.zh} {c.en}{_unit(c.unit)}" for c in layer.columns if c.name in columns}
            label = "name" if layer.id == "zones" else ""
            out[layer.id] = styles(layer, columns, names, kind=kind_of(layer), label=label)
    return out


def _unit(unit: str) -> str:
    """Write a unit behind the name of a field, where there is one."""
    return {"": "", "1": "", "n": "", "share": " (0–1)"}.get(unit, f" ({unit})")


def _first(measured: Sequence[Measured]) -> list[Measured]:
    """Indicators with the plot ratio at their head."""
    return sorted(measured, key=lambda m: m.id != "plot_ratio")


def _tile_files(basemap: MapBasemap | None) -> list[Path]:
    return basemap.tiles.files if basemap is not None and basemap.tiles is not None else []


def _target_files(plan: Plan) -> list[Path]:
    return [] if plan.target_file is None else [plan.path(plan.target_file.path)]


def record(result: Result, tiles: Sequence[Path] = ()) -> dict[str, Any]:
    """What was asked, by which rules, with what, and every file that was read, with its hash."""
    from gisplan.plan.places import shareable
    from gisplan.show.record import inputs, versions

    plan = result.plan
    packs = load_packs(plan.plan.rules, plan.folder)
    rules = [f for p in packs if p.file for f in (p.file, *(p.file.parent / t.file for t in p.limit_tables))]
    files = [*([plan.file] if plan.file else []), *rules, *_target_files(plan), *result.survey.layers.files, *tiles]
    return {
        "plan": shareable(plan.model_dump(mode="json", by_alias=True, exclude={"folder", "file"}, exclude_unset=True)),
        "crs": result.survey.layers.crs.to_string(),
        "rules": [p.name for p in packs],
        "idle_rule": result.idle_land.rule.pack.name if result.idle_land else None,
        "intensity_weights": f"{result.intensity.pack.name}/{plan.intensity.weights}" if result.intensity else None,
        "versions": versions(),
        "inputs": [*inputs(files, plan.folder.resolve()), *result.survey.layers.queries],
    }


def _how_it_went(result: Result, issues: Sequence[Issue], seconds: float) -> dict[str, Any]:
    return {
        "issues": {s: sum(i.severity == s for i in issues) for s in ("error", "warning", "note")},
        "timings": {**{k: round(v, 3) for k, v in result.timings.items()}, "write": round(seconds, 3)},
    }
