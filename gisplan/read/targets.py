"""A table of targets → targets of the plan; rows that say none are listed."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from pydantic import ValidationError

from gisplan import vocabulary
from gisplan.errors import LayerError, counted, ended, first_ids, nearest
from gisplan.issues import Issue
from gisplan.plan import Plan, Target
from gisplan.read.dates import date_of
from gisplan.read.headers import folded
from gisplan.read.rows import read_rows
from gisplan.read.values import missing_words

#: Columns without which a row is no target.
_NEEDED = ("indicator", "value", "due")

_NUMBERS = ("value", "base")
_DAYS = ("due", "base_date")


def read_targets(plan: Plan, zone_ids: Sequence[str]) -> tuple[list[Target], list[Issue]]:
    """Targets of a plan: its own, or those of the table it names.

    Parameters
    ----------
    plan
        The plan.
    zone_ids
        Zones of the study.

    Returns
    -------
    tuple
        Targets, and an issue that lists the rows which say none, each with the reason.

    Raises
    ------
    LayerError
        The table cannot be read, lacks a column, or has no row that says a target.
    """
    if plan.target_file is None:
        return plan.targets, []
    spec, place = plan.target_file, "[targets]"
    read = read_rows(plan.path(spec.path), sheet=spec.sheet, encoding=spec.encoding, place=place, needs=None)
    columns = _columns([str(c) for c in read.table.columns], file=spec.path)
    found: list[Target] = []
    lost: dict[str, str] = {}
    for line, row in read.table.iterrows():  # a plan has dozens of targets
        said = {name: _text(row[column]) for name, column in columns.items()}
        if not any(said.values()):
            continue
        try:
            found.append(_target({k: v for k, v in said.items() if v}, zone_ids))
        except ValueError as error:
            lost[f"line {line}"] = "; ".join(dict.fromkeys(_reasons(error)))
    told = [f"{line}: {why}" for line, why in lost.items()]
    if not found:
        why = f" First, {told[0]}" if told else ""
        raise LayerError(f"{place} {spec.path}: no row says a target.{ended(why) if why else ''} Mend the table.")
    issues = [i for i in read.issues if i.severity != "note"]
    if lost:
        message = f"{counted(len(lost), 'row')} of {spec.path} that say no target, left out: {first_ids(told)}."
        remedy = "Correct the rows."
        issues.append(
            Issue("TARGET_NOT_READ", "warning", "targets", len(lost), message, remedy, "planner", features=told,
                  ids=list(lost))
        )  # fmt: skip
    return found, issues


def _columns(names: Sequence[str], *, file: str) -> dict[str, str]:
    """Column of the table for each of a target's."""
    words = {
        name: {folded(w) for w in spec["words"]} for name, spec in vocabulary.supply_words("target_columns").items()
    }
    out = {name: next((n for n in names if folded(n) in own), None) for name, own in words.items()}
    lacking = [n for n in _NEEDED if out[n] is None]
    if lacking:
        raise LayerError(
            f"[targets] {file}: column {', '.join(lacking)} is missing; it needs {', '.join(_NEEDED)}, and may have "
            f"{', '.join(n for n in words if n not in _NEEDED)}. It has: {first_ids(list(names), limit=30)}."
        )
    return {name: column for name, column in out.items() if column is not None}


def _text(cell: object) -> str:
    """What a cell says, nothing where it stands for nothing known."""
    text = "" if cell is None or pd.isna(cell) else str(cell).strip()
    return "" if text in missing_words() else text


def _target(said: Mapping[str, str], zone_ids: Sequence[str]) -> Target:
    """Target that a row says.

    Raises
    ------
    ValueError
        It says none.
    """
    lacking = [n for n in _NEEDED if n not in said]
    if lacking:
        raise ValueError(f"{', '.join(lacking)} is empty")
    given: dict[str, Any] = dict(said)
    for name in _NUMBERS:
        if name in said:
            given[name] = _number(name, said[name])
    for name in _DAYS:
        if name in said:
            given[name] = _day(name, said[name])
    if "direction" in said:
        given["direction"] = _direction(said["direction"])
    if "zone" in said and said["zone"] not in zone_ids:
        raise ValueError(f"there is no zone {said['zone']!r}; {nearest(said['zone'], zone_ids)}")
    return Target.model_validate(given)


def _number(name: str, text: str) -> float:
    plain = unicodedata.normalize("NFKC", text).replace(",", "")
    is_share = plain.endswith("%")
    try:
        number = float(plain.removesuffix("%"))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{name} {text!r} is no number")
    return number / 100 if is_share else number


def _day(name: str, text: str) -> Any:
    """A year as a number, or a date."""
    plain = unicodedata.normalize("NFKC", text)
    if re.fullmatch(r"\d{4}年?(?:\.0)?", plain):
        return int(plain[:4])
    day = date_of(text)
    if day is None:
        raise ValueError(f"{name} {text!r} is neither a year nor a date")
    return day


def _direction(text: str) -> str:
    words = {
        folded(w): name for name, spec in vocabulary.supply_words("target_directions").items() for w in spec["words"]
    }
    if folded(text) not in words:
        raise ValueError(f"direction {text!r} is neither at_least nor at_most")
    return words[folded(text)]


def _reasons(error: ValueError) -> list[str]:
    """What is wrong, without the words of the library that found it."""
    if not isinstance(error, ValidationError):
        return [str(error)]
    out = []
    for one in error.errors():
        why = str(one.get("ctx", {}).get("error", one["msg"])).replace("\n", "; ")
        out.append(": ".join([*(str(p) for p in one["loc"] if p != "function-after"), why]))
    return out
