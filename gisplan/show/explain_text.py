"""How a figure came about, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from gisplan.errors import counted, first_ids
from gisplan.issues import Issue
from gisplan.measure import Explained
from gisplan.measure.catalogue import Measured
from gisplan.show.rule_text import UNVERIFIED

#: Features told on a terminal; the file has them all.
SHOWN = 12


def figure_lines(found: Explained, *, zone: str, basis: str) -> Iterator[str]:
    """The figure: its value, its sums, its formula, how it counts zero and missing, and where that comes from."""
    measured, row = found.measured, found.zone
    figures = measured.figures
    yield f"{measured.labels['zh']} / {measured.labels['en']}  {measured.id}"
    yield f"{zone}: {_value(figures.value[row], measured.unit)}"
    top, below = figures.numerator[row], figures.denominator[row]
    if not np.isnan(below):
        yield f"  = {_number(top)} ÷ {_number(below)}"
    if flags := figures.flags()[row]:
        yield f"  flags: {flags}"
    used, lacking = int(figures.n_used[row]), int(figures.n_missing[row])
    known = figures.known_share[row]
    share = "" if np.isnan(known) else f", known for {known:.2%} of what it is about"
    yield f"  made from {counted(used, 'feature')}; {counted(lacking, 'feature')} lack data{share}"
    yield f"  {measured.formula['zh']}"
    yield f"  {measured.formula['en']}"
    for heading, text in sections(measured).items():
        yield f"  {heading}: {text}"
    yield f"  area: {basis}"


def sections(measured: Measured) -> Mapping[str, str]:
    """Sections of an indicator's text (Formula, Zero, Missing, Source), each on one line."""
    lines = measured.indicator.text.splitlines()
    heads = [i for i in range(len(lines) - 1) if lines[i + 1] and not lines[i + 1].strip("-")]
    return {
        lines[i]: " ".join(" ".join(lines[i + 2 : j]).split())
        for i, j in zip(heads, [*heads[1:], len(lines)], strict=True)
    }


def part_lines(found: Explained) -> Iterator[str]:
    """Features behind a figure, the largest part first, and those that should count but lack data."""
    parts = found.parts
    lacking = parts[parts["state"] == "no_data"]
    behind = parts[parts["state"] != "no_data"]
    kinds = ", ".join(f"{n:,} {layer}" for layer, n in behind[behind["layer"] != ""]["layer"].value_counts().items())
    if not found.adds_up:
        if kinds:
            yield f"behind it: {kinds}. Their land is joined before it is measured, so none has a part of its own."
        return
    yield f"behind it: {kinds or 'the zone itself'}"
    both = (behind["numerator"] != 0) & (behind["denominator"].fillna(0) != 0)
    if both.any():
        yield from _table(behind, ("numerator", "denominator"))
    else:
        for column in ("numerator", "denominator"):
            some = behind[behind[column].fillna(0) != 0]
            if len(some):
                yield from _table(some.sort_values(column, ascending=False, key=abs, kind="stable"), (column,))
    if len(lacking):
        ids = [f"{layer} {i}" for layer, i in zip(lacking["layer"], lacking["feature_id"], strict=True)]
        yield f"left out for lack of data: {len(lacking):,} ({first_ids(ids)})"


def _table(parts: pd.DataFrame, columns: Sequence[str]) -> Iterator[str]:
    """Lay out the first features with their parts of one or both sums, and the rest in one line."""
    yield f"  {'layer':<16} {'id':<24} {'in zone':>8}" + "".join(f" {c:>16} {'of it':>7}" for c in columns)
    sums = {c: parts[c].sum() for c in columns}
    for row in parts.head(SHOWN).to_dict("records"):
        yield f"  {row['layer'] or 'zone':<16} {row['feature_id']:<24} {row['share']:>8.1%}" + "".join(
            f" {_number(row[c]):>16} {row[c] / sums[c] if sums[c] else 0:>7.1%}" for c in columns
        )
    rest = parts.iloc[SHOWN:]
    if len(rest):
        yield f"  {f'and {len(rest):,} more':<16} {'':<24} {'':>8}" + "".join(
            f" {_number(rest[c].sum()):>16} {rest[c].sum() / sums[c] if sums[c] else 0:>7.1%}" for c in columns
        )


def rule_lines(findings: pd.DataFrame | None) -> Iterator[str]:
    """What the plan's rules say of the figure, with clause and source."""
    for row in () if findings is None else findings.itertuples():
        mark = "" if row.verified else f" · {UNVERIFIED}"
        clause = f" · {row.clause}" if row.clause else ""
        yield f"rule: {row.limit} → {row._8} ({row.pack}/{row.rule}{clause} · {row.source}{mark})"


def assumption_lines(issues: Sequence[Issue]) -> Iterator[str]:
    """What was wrong or assumed in the layers behind the figure."""
    for issue in issues:
        yield f"{issue.severity}: {issue.code} {issue.layer}: {issue.message}"


def input_lines(inputs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Files that were read, each with its hash."""
    for item in inputs:
        yield f"input: {item['file']}  sha256 {item['sha256']}"


def _number(value: float) -> str:
    if np.isnan(value):
        return "–"
    return (
        f"{value:,.0f}"
        if value == round(value) and abs(value) < 1e15
        else f"{value:,.6g}"
        if abs(value) < 1
        else (f"{value:,.2f}")
    )


def _value(value: float, unit: str) -> str:
    if np.isnan(value):
        return "missing"
    if unit == "share":
        return f"{value:.4%}"
    return f"{_number(value)}{'' if unit == '1' else f' {unit}'}"
