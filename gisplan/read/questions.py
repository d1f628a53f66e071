"""What gisplan will not decide by itself about columns: each question with its choices and the line to write."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from gisplan import vocabulary
from gisplan.errors import counted, first_ids
from gisplan.issues import Issue
from gisplan.plan import ColumnSource
from gisplan.read.names import normal


def meanings(layer: str, fields: Sequence[str]) -> dict[str, vocabulary.Ambiguous]:
    """Fields whose names have several meanings in a layer."""
    words = {normal(w.name): w for w in vocabulary.ambiguous(layer)}
    return {f: words[normal(f)] for f in fields if normal(f) in words}


def ambiguous(layer: str, found: Collection[str], free: Sequence[str], *, place: str) -> list[Issue]:
    """Ask about abbreviations with several meanings, where a column they may hold is still open.

    Parameters
    ----------
    layer
        Whose vocabulary applies.
    found
        Canonical columns that have a source.
    free
        Fields nothing is read from.
    place
        Table of the plan in which the answer is written.
    """
    issues = []
    for field, word in meanings(layer, free).items():
        open_columns = [c for c in word.columns if c not in found]
        if not open_columns:
            continue
        lines = " or ".join(f"columns = {{ {c} = {json.dumps(field, ensure_ascii=False)} }}" for c in open_columns)
        issues.append(
            Issue(
                "COLUMN_AMBIGUOUS",
                "warning",
                layer,
                1,
                f"{field} may be {word.en}, so it is not used.",
                f"If it is {' or '.join(open_columns)}, write {lines} under {place}.",
                "planner",
            )
        )
    return issues


def doubtful(layer: str, column: str, field: str, line: str) -> Issue:
    """Ask for what a column found by its usual name cannot be read without."""
    return Issue(
        "COLUMN_AMBIGUOUS",
        "warning",
        layer,
        1,
        f"{field} is probably {column}, but nothing says how its codes are read, so it is not used.",
        f"Write {line}.",
        "planner",
    )


def unit_contradicted(layer: str, column: str, source: ColumnSource, said: str) -> Issue:
    """Doubt a unit of the plan that the header of the column contradicts."""
    return Issue(
        "UNIT_DOUBTFUL",
        "warning",
        layer,
        1,
        f"{column} is read in {source.unit} as the plan says, but {source.column!r} itself says {said}.",
        f'Write unit = "{said}" if the header is right.',
        "planner",
    )


def unreadable(layer: str, column: str, field: str, why: str, *, n: int) -> Issue:
    """Say that a column found by its usual name holds something else, so that it is left out."""
    return Issue(
        "COLUMN_UNREADABLE",
        "warning",
        layer,
        n,
        f"{field} is called like {column} but cannot be read as one, so it is not used. {why}",
    )


def no_dates(layer: str, field: str, told: Sequence[str], ids: Sequence[str]) -> Issue:
    """Say which cells of a column of dates, found by its usual name, are none, and so are taken for missing."""
    return Issue(
        "DATE_NOT_READ",
        "warning",
        layer,
        len(told),
        f"{field}: {counted(len(told), 'cell')} with what is no date, read as missing: {first_ids(told)}.",
        "Write dates as 2019-03-01.",
        features=list(told),
        ids=list(ids),
    )
