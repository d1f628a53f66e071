"""The front door: one command per verb, parse → one call → print."""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gisplan import __version__
from gisplan.errors import BooksError, GisplanError, PlanError, counted, on_one_line

if TYPE_CHECKING:
    import pandas as pd
    from pyproj import CRS

    from gisplan.issues import Issue
    from gisplan.plan import Plan
    from gisplan.read.inspect import LayerLook
    from gisplan.show.two_runs import Run

DONE, STRICT, MEND, OURS = 0, 1, 2, 3


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(
        prog="gisplan",
        description="Land-use intensity, plot ratio and coverage of every zone, from one plan file.",
    )
    top.add_argument("--version", action="version", version=f"gisplan {__version__}")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="COMMAND")

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

    check = verbs.add_parser("check", help="read and check only; issues on standard output")
    check.add_argument("plan", metavar="PLAN", help="a plan.toml")
    check.add_argument("--format", choices=("text", "json"), default="text")
    check.add_argument("--strict", action="store_true", help="exit with 1 if there is any error or warning")
    check.add_argument("--baseline", metavar="FILE", help="stay quiet about the issues in this file")
    check.add_argument("--write-baseline", metavar="FILE", help="write all issues found into this file")
    check.add_argument("--by", choices=("supplier",), help="write a list for everyone who supplied a layer")
    check.add_argument("--out", metavar="DIR", help="where the lists of --by go")
    check.set_defaults(call=_check)

    demo = verbs.add_parser("demo", help="run the sample study that comes with gisplan")
    demo.add_argument("--out", metavar="DIR", help="where the files go (default: maps/<plan name>)")
    demo.set_defaults(call=_demo, strict=False)

    init = verbs.add_parser("init", help="write a plan.toml from the files lying in a folder")
    init.add_argument("folder", metavar="FOLDER", help="where the layers and tables are")
    init.add_argument("--out", metavar="FILE", help="the plan to write (default: plan.toml in the folder)")
    init.add_argument("--force", action="store_true", help="replace a plan that is there already")
    init.set_defaults(call=_init)

    inspect = verbs.add_parser("inspect", help="what is in a file, and what gisplan would take it for")
    inspect.add_argument("file", metavar="FILE", help="a layer, a table or a raster")
    inspect.add_argument("--format", choices=("text", "json"), default="text")
    inspect.set_defaults(call=_inspect)

    indicators = verbs.add_parser("indicators", help="the indicators, or one with its formula and source")
    indicators.add_argument("show", nargs="?", choices=("show",), metavar="show", help="show NAME: one in full")
    indicators.add_argument("name", nargs="?", metavar="NAME")
    indicators.set_defaults(call=_indicators)

    idle = verbs.add_parser("idle", help="the idle-land register on a day: summary, and tables with a calendar")
    idle.add_argument("plan", metavar="PLAN", help="a plan.toml")
    idle.add_argument("--as-of", metavar="DATE", help="the day, as 2025-12-31 (default: the plan's as_of)")
    idle.add_argument("--out", metavar="DIR", help="write idle.csv, idle_zones.csv and the calendar there")
    idle.set_defaults(call=_idle)

    score = verbs.add_parser("score", help="the land intensity evaluation of the zones: scores, ranks and their ranges")
    score.add_argument("plan", metavar="PLAN", help="a plan.toml whose rules name cn-zone-intensity or a pack like it")
    score.set_defaults(call=_score)

    rules = verbs.add_parser("rules", help="the rule packs, one in full, or what two say differently")
    rules.add_argument("what", nargs="?", choices=("show", "diff"), metavar="show|diff", help="show NAME, or diff A B")
    rules.add_argument("names", nargs="*", metavar="NAME", help="a pack's name or path; a plan's path behind two")
    rules.set_defaults(call=_rules)
    return top


def main(arguments: Sequence[str] | None = None) -> int:  # noqa: PLR0911  one way out for each kind of end
    """Run a command and return its exit code.

    0 done, 1 a finding under ``--strict``, 2 the user can mend it, 3 gisplan's own fault, 130 stopped.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that lacks a character must not stop the run
    options = parser().parse_args(arguments)
    try:
        return int(options.call(options))
    except PlanError as error:
        for fault in error.faults:
            print(f"gisplan: {on_one_line(fault)}", file=sys.stderr)
        return MEND
    except GisplanError as error:
        print(f"gisplan: {on_one_line(error)}", file=sys.stderr)
        return MEND
    except BooksError as error:
        print(f"gisplan: {error}", file=sys.stderr)
        return OURS
    except KeyboardInterrupt:
        print("gisplan: stopped; earlier results are untouched.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read the output (head, a pager) has seen enough; nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception:  # noqa: BLE001  1 and 2 are taken, and a fault of gisplan must not look like them
        traceback.print_exc()
        print(
            "gisplan: this is a fault of gisplan: please report it with the lines above and the plan.",
            file=sys.stderr,
        )
        return OURS


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
    package = Path(__file__).resolve().parent
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
    with _progress() as told:
        result = evaluate(plan, progress=told)
        write(result, folder, against=other, progress=told, tell=given_up.append)
    print(_books(result.balance))
    _summary(result.issues)
    print(f"\n{counted(len(result.zones), 'zone')}, {counted(len(result.measured), 'indicator')} → {folder.resolve()}")
    _left_out(given_up)
    print(f"Open {(folder / 'map.html').resolve()}")
    return STRICT if strict and _grave(result.issues) else DONE


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
    with _progress() as told:
        result = evaluate(plan, progress=told)
        told("write the map")
        result.map(against=other, tell=given_up.append).save(file, form=options.embed)
    _summary(result.issues)
    _left_out(given_up)
    print(f"\n{counted(len(result.zones), 'zone')} → {file.resolve()} ({file.stat().st_size / 1e6:.2f} MB)")
    return DONE


def _check(options: argparse.Namespace) -> int:
    from gisplan import issues as issues_
    from gisplan.plan import load_plan
    from gisplan.show import baseline
    from gisplan.show.publish import require_writable
    from gisplan.study import check

    plan = load_plan(options.plan)
    known = baseline.read_baseline(Path(options.baseline)) if options.baseline else baseline.Baseline()
    if (options.by is None) != (options.out is None):
        raise GisplanError("check: --by supplier needs --out DIR, and --out needs --by supplier.")
    if options.out:
        require_writable(Path(options.out), ())
    with _progress() as told:
        checked = check(plan, progress=told)
    news = baseline.news(checked.issues, known)
    if options.format == "json":
        print(json.dumps(issues_.records(news.issues), ensure_ascii=False, indent=2))
    else:
        _print_issues(news.issues)
        if options.baseline:
            print(news.line)
    if options.write_baseline:
        baseline.write_baseline(checked.issues, Path(options.write_baseline))
    if options.out:
        _print_lists(news.issues, plan, checked.crs, Path(options.out), quiet=options.format == "json")
    return STRICT if options.strict and _grave(news.issues) else DONE


def _print_issues(found: Sequence[Issue]) -> None:
    from gisplan import issues as issues_

    for row in issues_.table(found).itertuples():
        remedy = f" {row.remedy}" if row.remedy else ""
        print(on_one_line(f"{row.severity:<8}{row.layer}: {row.message}{remedy} [{row.code}]"))
    _summary(found)


def _print_lists(found: Sequence[Issue], plan: Plan, crs: CRS, folder: Path, *, quiet: bool) -> None:
    from gisplan.show.suppliers import write_lists

    index = write_lists(found, plan, crs, folder)
    if not quiet:
        for row in index.itertuples():
            print(f"{row.file}: {counted(row.issues, 'issue')}, {counted(row.features, 'feature')}")
        print(f"{counted(len(index), 'list')} → {folder.resolve()}")


def _init(options: argparse.Namespace) -> int:
    from gisplan.draft import draft, save

    file = Path(options.out) if options.out else Path(options.folder) / "plan.toml"
    drafted = draft(options.folder, base=file.parent)
    save(drafted, file, force=options.force)
    for line in drafted.told:
        print(line)
    if drafted.questions:
        print(f"\nTo decide ({counted(len(drafted.questions), 'question')}, marked in the plan):")
        for question in drafted.questions:
            print(f"  {question}")
    print(f"\n{file} is written. Look it through, then: gisplan check {file}")
    return DONE


def _inspect(options: argparse.Namespace) -> int:
    from dataclasses import asdict

    from gisplan.read.inspect import inspect

    looks = inspect(options.file)
    if options.format == "json":
        print(json.dumps([asdict(look) for look in looks], ensure_ascii=False, indent=2))
        return DONE
    for number, look in enumerate(looks):
        print("\n" * (number > 0) + "\n".join(_looked(look)))
    return DONE


def _looked(look: LayerLook) -> Iterator[str]:
    """Lines that tell a layer as a person would read it."""
    yield f"{look.name}: {counted(look.count, 'cell' if look.geometry == 'raster' else 'record')}, {look.geometry}"
    if look.geometry not in ("table", "none"):
        yield f"  coordinates  {look.crs or 'no coordinate system'}"
    if look.extent is not None:
        x0, y0, x1, y1 = look.extent
        yield f"  extent       x {x0:.9g}…{x1:.9g}, y {y0:.9g}…{y1:.9g}"
    if look.encoding:
        yield f"  encoding     {look.encoding} (found out: the file does not say)"
    taken = f"{look.kind} ({'; '.join(look.reasons)})" if look.kind else "nothing gisplan knows"
    if any(f.type == "CAD layer" for f in look.fields):
        taken = "a drawing: say in a table [layers.….drawing] which of its CAD layers hold what"
    yield f"  taken for    {taken}"
    yield from (f"  remark       {on_one_line(remark)}" for remark in look.remarks)
    width = max((len(f.name) for f in look.fields), default=0)
    for f in look.fields:
        samples = ", ".join(s if len(s) <= 30 else f"{s[:29]}…" for s in map(on_one_line, f.samples))
        gaps = f"{f.missing:,} missing" if f.missing else ""
        means = f" → {f.means}{f' in {f.unit}' if f.unit else ''}" if f.means else f" → {f.question}" * bool(f.question)
        yield f"    {f.name:<{width}}  {f.type:<8} {gaps:>14}  {samples}{means}"


def _indicators(options: argparse.Namespace) -> int:
    from gisplan import measure
    from gisplan.plan import nearest

    known = measure.register()
    if options.name is None:
        if options.show:
            raise GisplanError(
                "indicators show: give the name of an indicator, e.g. gisplan indicators show plot_ratio."
            )
        for name, item in known.items():
            print(f"{name:<26} {item.unit:<8} {item.labels['zh']} / {item.labels['en']}: {item.formula['en']}")
        return DONE
    members = {member: item for name, item in known.items() for member in _members(name)}
    found = known.get(options.name) or members.get(options.name)
    if found is None:
        raise GisplanError(f"There is no indicator {options.name!r}; {nearest(options.name, {**known, **members})}")
    print(f"{found.id}  [{found.unit}]  {found.labels['zh']} / {found.labels['en']}")
    print(f"{found.formula['zh']}\n{found.formula['en']}\n\n{found.text}")
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
    with _progress() as told:
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

    with _progress() as told:
        found = score(load_plan(options.plan), progress=told)
    for line in score_lines(found):
        print(on_one_line(line))
    return DONE


def _rules(options: argparse.Namespace) -> int:
    from gisplan.rules import differences, load_packs, shipped
    from gisplan.show.rule_text import change_lines, moved_lines, pack_line, pack_lines

    names = options.names
    if options.what is None:
        lines = [pack_line(p) for p in load_packs(shipped())]
    elif options.what == "show" and len(names) == 1:
        lines = list(pack_lines(load_packs(names)[0]))
    elif options.what == "diff" and len(names) in (2, 3):
        a, b = (load_packs([name])[0] for name in names[:2])
        lines = list(change_lines(differences(a, b))) or [f"{a.name} and {b.name} say the same."]
        if len(names) == 3:
            moved = list(moved_lines(*_judged(names[2], names[:2])))
            lines += ["", *(moved or ["No figure of the plan changes class."])]
    else:
        raise GisplanError("rules: write gisplan rules, gisplan rules show NAME, or gisplan rules diff A B [PLAN].")
    for line in lines:
        print(on_one_line(line))
    return DONE


def _judged(plan: str, names: Sequence[str]) -> list[pd.DataFrame]:
    """Findings of a plan's study under each of some packs."""
    from gisplan import assess
    from gisplan.plan import load_plan
    from gisplan.rules import load_packs
    from gisplan.study import evaluate

    with _progress() as told:
        result = evaluate(load_plan(plan), progress=told)
    own = None if result.intensity is None else result.intensity.indicators
    return [
        assess.judge(result.survey, result.zones, result.idle_land, load_packs([name]), intensity=own) for name in names
    ]


def _members(name: str) -> list[str]:
    """Names of the indicators a family stands for, as far as they are known without a plan."""
    from gisplan import vocabulary

    stem, _, placeholder = name.partition("{")
    classes = vocabulary.road_classes() if stem.startswith("road") else vocabulary.land_classes()
    return [stem + m for m in {"service}": vocabulary.services(), "class}": classes}.get(placeholder, ())]


def _grave(found: Sequence[Issue]) -> bool:
    return any(i.severity != "note" for i in found)


def _summary(found: Sequence[Issue]) -> None:
    counts = {s: sum(i.severity == s for i in found) for s in ("error", "warning", "note")}
    print("\nissues: " + ", ".join(counted(n, severity) for severity, n in counts.items()))
    for issue in found:
        if issue.severity == "error":
            print(on_one_line(f"  error  {issue.layer}: {issue.message} {issue.remedy}"))


def _books(balance: pd.DataFrame) -> str:
    """Lay the books out as a short table: hectares, kilometres and features."""
    scale = {"area_m2": (1e4, "ha"), "length_m": (1e3, "km"), "count": (1.0, "n")}
    lines = [f"{'layer':<20} {'unit':<4} {'input':>13} {'inside':>13} {'outside':>12} {'rejected':>9} {'overlap':>9}"]
    for row in balance.itertuples():
        by, unit = scale[row.measure]
        digits = 0 if row.measure == "count" else 3
        figures = [f"{v / by:,.{digits}f}" for v in (row.input, row.inside, row.outside, row.rejected, row.overlap)]
        lines.append(
            f"{row.layer:<20} {unit:<4} {figures[0]:>13} {figures[1]:>13} {figures[2]:>12} {figures[3]:>9} "
            f"{figures[4]:>9}"
        )
    return "\n".join([*lines, "The books balance: input + overlap = inside + outside + rejected."])


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show what is being done on a terminal; stay quiet in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("reading") as status:
        yield status.update


if __name__ == "__main__":
    sys.exit(main())
