"""The command that says how a figure came about: explain."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gisplan.cli.told import DONE, progress
from gisplan.errors import on_one_line

if TYPE_CHECKING:
    from gisplan.show.run_changes import Moved
    from gisplan.study import Explanation

#: Tables that `explain --out` writes.
FILES = ("explain.csv", "explain_changes.csv")


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Enter this command and its options."""
    explain = verbs.add_parser(
        "explain", help="how a figure came about: its sums, the features behind them, rules, assumptions, input files"
    )
    explain.add_argument("plan", metavar="PLAN", help="a plan.toml")
    explain.add_argument("zone", metavar="ZONE", help="id or name of a zone")
    explain.add_argument("indicator", metavar="INDICATOR", help="id of an indicator, as in zones.csv")
    explain.add_argument("--against", metavar="DIR", help="an earlier run's folder: what moved the figure since")
    explain.add_argument("--out", metavar="DIR", help=f"write every feature behind it there ({' and '.join(FILES)})")
    explain.set_defaults(call=_explain)


def _explain(options: argparse.Namespace) -> int:
    from gisplan.measure import require_indicator
    from gisplan.plan import load_plan
    from gisplan.show.publish import published, require_writable
    from gisplan.show.run_changes import change_lines, moved
    from gisplan.show.tables import write_csv
    from gisplan.study import evaluate, explain, record

    plan = load_plan(options.plan)
    require_indicator(options.indicator)
    if options.out is not None:
        require_writable(Path(options.out), FILES)
    with progress() as told:
        result = evaluate(plan, progress=told)
    found = explain(result, options.zone, options.indicator)
    asked = record(result)
    change: Moved | None = None
    if options.against is not None:
        change = moved(
            options.against,
            asked,
            result.indicators,
            result.parcels,
            zone_id=found.zone_id,
            indicator=options.indicator,
        )
    for line in (*_lines(found, asked), *(change_lines(change) if change else ())):
        print(on_one_line(line))
    if options.out is not None:
        with published(Path(options.out), FILES) as fresh:
            write_csv(found.explained.parts, fresh / FILES[0])
            if change is not None:
                write_csv(change.parcels, fresh / FILES[1])
        print(f"\n{len(found.explained.parts):,} features → {(Path(options.out) / FILES[0]).resolve()}")
    return DONE


def _lines(found: Explanation, asked: Mapping[str, Any]) -> Iterator[str]:
    from gisplan.show.explain_text import assumption_lines, figure_lines, input_lines, part_lines, rule_lines

    name = f" {found.zone_name}" if found.zone_name else ""
    basis = f"{found.area_basis}, {found.area_method}"
    yield from figure_lines(found.explained, zone=f"{found.zone_id}{name}", basis=basis)
    yield from part_lines(found.explained)
    yield from rule_lines(found.findings)
    yield from assumption_lines(found.issues)
    yield from input_lines([i for i in asked["inputs"] if "file" in i])
