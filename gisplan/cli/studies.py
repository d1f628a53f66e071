"""Commands that carry out a study, or a part of it: run, map, demo, idle, score."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gisplan.cli.told import DONE, STRICT, books, grave, progress, summary
from gisplan.errors import GisplanError, counted, on_one_line

if TYPE_CHECKING:
    from gisplan.plan import Plan
    from gisplan.show.two_runs import Run


#: Kinds of report; the last three are one figure a map or chart.
KINDS = ("xlsx", "docx", "html", "png", "svg", "pdf")


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Enter these commands and their options."""
    run = verbs.add_parser("run", help="the whole study: read, measure, write tables and map")
    run.add_argument("plan", metavar="PLAN", help="a plan.toml")
    run.add_argument("--out", metavar="DIR", help="where the files go (default: maps/<plan name>)")
    run.add_argument("--against", metavar="DIR", help="an earlier run's folder: the map shows both and what changed")
    run.add_argument("--strict", action="store_true", help="exit with 1 if there is any error or warning")
    run.set_defaults(call=_run)

    map_ = verbs.add_parser("map", help="the map only, also as a piece to be put into another page")
    map_.add_argument("plan", metavar="PLAN", help="a plan.toml")
    map_.add_argument("--out", metavar="FILE", help="the file to write (default: maps/<plan name>.map.html)")
    map_.add_argument(
        "--embed",
        choices=("page", "iframe", "fragment"),
        default="page",
        help="a page of its own (the default), a frame to paste into any page, or a <div> with everything in it",
    )
    map_.add_argument("--against", metavar="DIR", help="the results of another run to compare with")
    map_.set_defaults(call=_map)

    report = verbs.add_parser("report", help="the reports only: workbook with formulas, Word, HTML, or figures")
    report.add_argument("plan", metavar="PLAN", help="a plan.toml")
    report.add_argument("--out", metavar="DIR", help="where they go (default: maps/<plan name>)")
    report.add_argument(
        "--only", action="append", choices=KINDS, metavar="KIND",
        help=f"this kind only ({', '.join(KINDS)}); may be given several times; xlsx, docx and html by default",
    )  # fmt: skip
    report.add_argument("--public", action="store_true", help="without holders, prices, contracts: report-public.*")
    report.add_argument(
        "--parcel", action="append", metavar="ID",
        help="instead of the report a sheet of one page on this parcel (docx and html); may be given several times",
    )  # fmt: skip
    report.add_argument(
        "--language", choices=("zh", "en", "both"), help="language of the reports (default: that of the plan)"
    )
    report.set_defaults(call=_report)

    demo = verbs.add_parser("demo", help="run the sample study that comes with gisplan")
    demo.add_argument("--out", metavar="DIR", help="where the files go (default: maps/<plan name>)")
    demo.set_defaults(call=_demo, strict=False)

    idle = verbs.add_parser("idle", help="the idle-land register on a day: summary, and tables with a calendar")
    idle.add_argument("plan", metavar="PLAN", help="a plan.toml")
    idle.add_argument("--as-of", metavar="DATE", help="the day, as 2025-12-31 (default: the plan's as_of)")
    idle.add_argument("--out", metavar="DIR", help="write idle.csv, idle_zones.csv and the calendar there")
    idle.set_defaults(call=_idle)

    score = verbs.add_parser("score", help="the land intensity evaluation of the zones: scores, ranks and their ranges")
    score.add_argument("plan", metavar="PLAN", help="a plan.toml whose rules name cn-zone-intensity or a pack like it")
    score.set_defaults(call=_score)


def _run(options: argparse.Namespace) -> int:
    from gisplan.plan import load_plan

    return _study(load_plan(options.plan), options.out, strict=options.strict, against=options.against)


def _demo(options: argparse.Namespace) -> int:
    from gisplan.plan import load_plan

    return _study(load_plan(sample() / "plan.toml"), options.out, strict=False)


def sample() -> Path:
    """Folder of the sample study: inside the package where it is installed, beside it in a checkout.

    Raises
    ------
    GisplanError
        It is in neither place.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "sample", package.parent / "layers"):
        if (folder / "plan.toml").is_file():
            return folder
    raise GisplanError("The sample study is not installed. Install gisplan from its wheel, or run from a checkout.")


def _study(plan: Plan, out: str | None, *, strict: bool, against: str | None = None) -> int:
    from gisplan.show.publish import require_writable
    from gisplan.study import evaluate, write

    folder = Path(out) if out else Path("maps") / plan.plan.name
    require_writable(folder)
    other = _other_run(against)
    given_up: list[Mapping[str, str]] = []
    with progress() as told:
        result = evaluate(plan, progress=told)
        write(result, folder, against=other, progress=told, tell=given_up.append)
    print(books(result.balance))
    summary(result.issues)
    print(f"\n{counted(len(result.zones), 'zone')}, {counted(len(result.measured), 'indicator')} → {folder.resolve()}")
    _left_out(given_up)
    print(f"Open {(folder / 'map.html').resolve()}")
    return STRICT if strict and grave(result.issues) else DONE


def _other_run(folder: str | None) -> Run | None:
    """Read the run to compare with: before hours of work, and before it may be written over."""
    if folder is None:
        return None
    from gisplan.show.two_runs import read_run

    return read_run(folder)


def _left_out(sentences: Sequence[Mapping[str, str]]) -> None:
    for sentence in sentences:
        print(f"map: {sentence['en']}")


def _map(options: argparse.Namespace) -> int:
    from gisplan.plan import load_plan
    from gisplan.show.publish import require_writable
    from gisplan.study import evaluate

    plan = load_plan(options.plan)
    name = "map" if options.embed == "page" else options.embed
    file = Path(options.out) if options.out else Path("maps") / f"{plan.plan.name}.{name}.html"
    if file.is_dir():
        raise GisplanError(f"map: {file} is a folder; --out names the file to write.")
    require_writable(file.parent, (file.name,))
    other = _other_run(options.against)
    given_up: list[Mapping[str, str]] = []
    with progress() as told:
        result = evaluate(plan, progress=told)
        told("write the map")
        result.map(against=other, tell=given_up.append).save(file, form=options.embed)
    summary(result.issues)
    _left_out(given_up)
    print(f"\n{counted(len(result.zones), 'zone')} → {file.resolve()} ({file.stat().st_size / 1e6:.2f} MB)")
    return DONE


def _report(options: argparse.Namespace) -> int:
    from gisplan.plan import load_plan
    from gisplan.show.publish import require_writable
    from gisplan.study import evaluate, write_parcel_sheets, write_reports
    from gisplan.study.reports import report_names

    plan = load_plan(options.plan)
    if options.language:
        plan = plan.model_copy(update={"plan": plan.plan.model_copy(update={"language": options.language})})
    folder = Path(options.out) if options.out else Path("maps") / plan.plan.name
    only = tuple(options.only or ())
    if options.parcel:
        # A sheet tells of each service what is nearest.
        plan = plan.model_copy(update={"services": plan.services.model_copy(update={"details": True})})
    require_writable(folder, () if options.parcel else report_names(only, public=options.public))
    with progress() as told:
        result = evaluate(plan, progress=told)
        how = {"only": only, "public": options.public, "progress": told}
        if options.parcel:
            files = write_parcel_sheets(result, folder, options.parcel, **how)
        else:
            files = write_reports(result, folder, **how)
    summary(result.issues)
    print()
    for file in files:
        print(f"{file.resolve()} ({file.stat().st_size / 1e6:.2f} MB)")
    return DONE


def _idle(options: argparse.Namespace) -> int:
    import datetime as dt

    from gisplan.plan import load_plan
    from gisplan.show.idle_files import IDLE_FILES, write_idle
    from gisplan.show.publish import published, require_writable
    from gisplan.show.rule_text import idle_lines
    from gisplan.study import idle

    try:
        as_of = dt.date.fromisoformat(options.as_of) if options.as_of else None
    except ValueError:
        raise GisplanError(f"--as-of: expected a date such as 2025-12-31, found {options.as_of!r}.") from None
    plan = load_plan(options.plan)
    if options.out:
        require_writable(Path(options.out), IDLE_FILES)
    with progress() as told:
        found = idle(plan, as_of=as_of, progress=told)
    for line in idle_lines(found):
        print(on_one_line(line))
    if plan.plan.as_of and found.as_of > plan.plan.as_of:
        print(f"What happened after {plan.plan.as_of}, the plan's as_of, is not in the register.")
    if options.out:
        with published(Path(options.out), IDLE_FILES) as fresh:
            write_idle(found, fresh, name=plan.plan.title.both(plan.plan.name)["zh"])
        print(f"\n{', '.join(IDLE_FILES)} → {Path(options.out).resolve()}")
    return DONE


def _score(options: argparse.Namespace) -> int:
    from gisplan.plan import load_plan
    from gisplan.show.intensity_text import score_lines
    from gisplan.study import score

    with progress() as told:
        found = score(load_plan(options.plan), progress=told)
    for line in score_lines(found):
        print(on_one_line(line))
    return DONE
