"""Commands that tell what gisplan knows: its indicators and its rules."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gisplan.cli.told import DONE, progress
from gisplan.errors import GisplanError, on_one_line

if TYPE_CHECKING:
    import pandas as pd


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Enter these commands and their options."""
    indicators = verbs.add_parser("indicators", help="the indicators, or one with its formula and source")
    indicators.add_argument("show", nargs="?", choices=("show",), metavar="show", help="show NAME: one in full")
    indicators.add_argument("name", nargs="?", metavar="NAME")
    indicators.set_defaults(call=_indicators)

    rules = verbs.add_parser("rules", help="the rule packs, one in full, or what two say differently")
    rules.add_argument("what", nargs="?", choices=("show", "diff"), metavar="show|diff", help="show NAME, or diff A B")
    rules.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="a pack's name or path (relative to the plan, without one to here); a plan's path behind two",
    )
    rules.set_defaults(call=_rules)


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


def _rules(options: argparse.Namespace) -> int:
    from gisplan.rules import differences, load_packs, shipped
    from gisplan.show.rule_text import change_lines, moved_lines, pack_line, pack_lines

    names = options.names
    folder = Path(names[2]).parent if options.what == "diff" and len(names) == 3 else Path()
    if options.what is None:
        lines = [pack_line(p) for p in load_packs(shipped())]
    elif options.what == "show" and len(names) == 1:
        lines = list(pack_lines(load_packs(names)[0]))
    elif options.what == "diff" and len(names) in (2, 3):
        a, b = (load_packs([name], folder)[0] for name in names[:2])
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

    with progress() as told:
        result = evaluate(load_plan(plan), progress=told)
    folder = result.plan.folder
    own = None if result.intensity is None else result.intensity.indicators
    return [
        assess.judge(result.survey, result.zones, result.idle_land, load_packs([name], folder), intensity=own)
        for name in names
    ]


def _members(name: str) -> list[str]:
    """Names of the indicators a family stands for, as far as they are known without a plan."""
    from gisplan import vocabulary

    stem, _, placeholder = name.partition("{")
    classes = vocabulary.road_classes() if stem.startswith("road") else vocabulary.land_classes()
    return [stem + m for m in {"service}": vocabulary.services(), "class}": classes}.get(placeholder, ())]
