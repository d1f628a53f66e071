"""Reports of a result that are handed in, each by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gisplan.rules import load_packs
from gisplan.study.flow import quiet
from gisplan.study.result import Result

#: Parcels and buildings of which a run makes a workbook by itself: with more the file is too large to be worked with.
MOST_FEATURES = 500_000


def features_in(result: Result) -> int:
    """Number of parcels and buildings, each of which has a row in the workbook."""
    return sum(len(p.frame) for name, p in result.survey.pieces.items() if name in ("parcels", "buildings"))


def fits(result: Result) -> bool:
    """Whether a run writes the workbook by itself."""
    return features_in(result) <= MOST_FEATURES


def write_report(
    result: Result, file: str | Path, *, public: bool = False, asked: Mapping[str, Any] | None = None
) -> Path:
    """Write the workbook of a result, whose figures are formulas over parcels, buildings and assumptions.

    Parameters
    ----------
    result
        What `evaluate` gave.
    file
        Where; its folder takes parts of the file while it is made.
    public
        Whether it may leave the office: columns that the vocabulary calls private are then nowhere in it.
    asked
        What `record` gave, where that is there already.

    Returns
    -------
    pathlib.Path
        The file.
    """
    from gisplan.show.workbook import Content, write_workbook
    from gisplan.study.files import record

    plan = result.plan
    content = Content(
        plan=plan,
        survey=result.survey,
        measured=result.measured,
        zones=result.zones,
        indicators=result.indicators,
        parcels=result.parcels,
        findings=result.findings,
        idle_land=result.idle_land,
        intensity=result.intensity,
        projects=result.projects,
        balance=result.balance,
        issues=result.issues,
        packs=load_packs(plan.plan.rules, plan.folder),
        asked=record(result) if asked is None else asked,
        public=public,
    )
    write_workbook(content, Path(file))
    return Path(file)


#: What writes a report, by the ending of its file.
REPORTS: Mapping[str, Callable[..., Path]] = {"xlsx": write_report}


def report_names(only: tuple[str, ...] = (), *, public: bool = False) -> dict[str, str]:
    """Names of the files of reports by their endings, of all kinds where none is asked for."""
    stem = "report-public" if public else "report"
    return {kind: f"{stem}.{kind}" for kind in REPORTS if not only or kind in only}


def write_reports(
    result: Result,
    folder: str | Path,
    *,
    only: tuple[str, ...] = (),
    public: bool = False,
    progress: Callable[[str], None] = quiet,
) -> list[Path]:
    """Write reports of a result and nothing else; earlier ones are replaced once all are there.

    Parameters
    ----------
    result
        What `evaluate` gave.
    folder
        Where.
    only
        Endings of the reports that are wanted; all by default.
    public
        Whether they may leave the office; they then have names of their own.
    progress
        Told what is being done.

    Returns
    -------
    list of pathlib.Path
        The files.

    Raises
    ------
    OutputError
        The folder cannot be written to.
    """
    from gisplan.show.publish import published

    names = report_names(only, public=public)
    with published(Path(folder), tuple(names.values())) as fresh:
        for kind, name in names.items():
            progress(f"write {name}")
            REPORTS[kind](result, fresh / name, public=public)
    return [Path(folder) / name for name in names.values()]
