"""The command that reads and checks only."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gisplan.cli.told import DONE, STRICT, grave, progress, summary
from gisplan.errors import GisplanError, counted, on_one_line

if TYPE_CHECKING:
    from pyproj import CRS

    from gisplan.issues import Issue
    from gisplan.plan import Plan


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Enter these commands and their options."""
    check = verbs.add_parser("check", help="read and check only; issues on standard output")
    check.add_argument("plan", metavar="PLAN", help="a plan.toml")
    check.add_argument("--format", choices=("text", "json"), default="text")
    check.add_argument("--strict", action="store_true", help="exit with 1 if there is any error or warning")
    check.add_argument("--baseline", metavar="FILE", help="stay quiet about the issues in this file")
    check.add_argument("--write-baseline", metavar="FILE", help="write all issues found into this file")
    check.add_argument("--by", choices=("supplier",), help="write a list for everyone who supplied a layer")
    check.add_argument("--out", metavar="DIR", help="where the lists of --by go")
    check.set_defaults(call=_check)


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
    with progress() as told:
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
    return STRICT if options.strict and grave(news.issues) else DONE


def _print_issues(found: Sequence[Issue]) -> None:
    from gisplan import issues as issues_

    for row in issues_.table(found).itertuples():
        remedy = f" {row.remedy}" if row.remedy else ""
        print(on_one_line(f"{row.severity:<8}{row.layer}: {row.message}{remedy} [{row.code}]"))
    summary(found)


def _print_lists(found: Sequence[Issue], plan: Plan, crs: CRS, folder: Path, *, quiet: bool) -> None:
    from gisplan.show.suppliers import write_lists

    index = write_lists(found, plan, crs, folder)
    if not quiet:
        for row in index.itertuples():
            print(f"{row.file}: {counted(row.issues, 'issue')}, {counted(row.features, 'feature')}")
        print(f"{counted(len(index), 'list')} → {folder.resolve()}")
