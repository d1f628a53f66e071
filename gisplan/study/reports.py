"""Reports of a result that are handed in, each by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gisplan.errors import GisplanError
from gisplan.rules import load_packs
from gisplan.study.flow import quiet
from gisplan.study.result import Result

if TYPE_CHECKING:
    from gisplan.show.figures import Figure
    from gisplan.show.report import Given, Report


@dataclass(frozen=True)
class Work:
    """Reports of one result: what several of them need is made once."""

    result: Result
    public: bool

    @cached_property
    def told(self) -> Report:
        """What the report says, whatever it is written in."""
        return told(self.result)

    def file(self, folder: Path, kind: str) -> Path:
        """Where the report of a kind goes."""
        return folder / _name(kind, self.public)


Writer = Callable[[Work, Path], None]

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


def told(result: Result) -> Report:
    """What the report of a result says, whatever it is written in."""
    from gisplan.show.report import content

    figures: list[Figure] = []
    of_zones: dict[int, Figure] = {}
    why = ""
    try:
        figures.extend(result.figures())
        of_zones |= dict(enumerate(result.zone_figures()))
    except GisplanError as error:
        why = str(error)
    return content(replace(given_of(result), figures=figures, zone_maps=of_zones, no_figures=why))


def given_of(result: Result) -> Given:
    """What reports of a result are made from, without figures."""
    from gisplan.show.report import Given
    from gisplan.study.files import further_tables, record

    plan, crs = result.plan, result.survey.layers.crs
    epsg = crs.to_epsg()
    return Given(
        plan=plan,
        measured=result.measured,
        zones=result.zones,
        parcels=result.parcels,
        idle=result.idle,
        findings=result.findings,
        balance=result.balance,
        issues=result.issues,
        packs=load_packs(plan.plan.rules, plan.folder),
        crs=f"{crs.name} (EPSG:{epsg})" if epsg else str(crs.name),
        record=record(result),
        figures=(),
        tables=further_tables(result),
    )


def _xlsx(work: Work, folder: Path) -> None:
    write_report(work.result, work.file(folder, "xlsx"), public=work.public)


def _docx(work: Work, folder: Path) -> None:
    from gisplan.show.report import report_word

    plan = work.result.plan
    template = None if plan.report.template is None else plan.path(plan.report.template)
    work.file(folder, "docx").write_bytes(report_word(work.told, template=template))


def _html(work: Work, folder: Path) -> None:
    from gisplan.show.report import report_html

    shown = without_private(work.result) if work.public else work.result
    text = report_html(work.told, frame=shown.map().iframe(height=620))
    work.file(folder, "html").write_text(text, encoding="utf-8", newline="\n")


def without_private(result: Result) -> Result:
    """Result whose maps hold no private column, not even those that the plan puts on its own."""
    plan = result.plan.model_copy(update={"map": result.plan.map.model_copy(update={"private": []})})
    return replace(result, plan=plan, survey=replace(result.survey, plan=plan))


def _figures(form: str) -> Writer:
    def write(work: Work, folder: Path) -> None:
        for figure in work.result.figures():
            figure.save(folder, form=form)

    return write


#: What writes a report into a folder, by kind: a file of that ending, or a figure of that format for every map.
REPORTS: Mapping[str, Writer] = {
    "xlsx": _xlsx, "docx": _docx, "html": _html, "png": _figures("png"), "svg": _figures("svg"), "pdf": _figures("pdf"),
}  # fmt: skip

#: Kinds that are written unless others are asked for.
USUAL = ("xlsx", "docx", "html")


def _name(kind: str, public: bool) -> str:
    return f"report-public.{kind}" if public else f"report.{kind}"


def report_names(only: Sequence[str] = (), *, public: bool = False) -> tuple[str, ...]:
    """Names of the files of reports, as far as they are known before anything is measured."""
    return tuple(_name(kind, public) for kind in only or USUAL if kind in USUAL)


def write_reports(
    result: Result,
    folder: str | Path,
    *,
    only: Sequence[str] = (),
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
        Kinds that are wanted, of `REPORTS`; those of `USUAL` by default.
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
    GisplanError
        The extra that writes one of them is not installed.
    """
    from gisplan.show.publish import published

    work = Work(result, public)
    with published(Path(folder), report_names(only, public=public)) as fresh:
        for kind in dict.fromkeys(only or USUAL):
            progress(f"write the report as {kind}")
            REPORTS[kind](work, fresh)
        names = sorted(p.name for p in fresh.iterdir())
    return [Path(folder) / name for name in names]
