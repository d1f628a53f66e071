"""The file's columns → gisplan's: found by name or alias, turned into what the vocabulary says."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from gisplan import vocabulary
from gisplan.errors import LayerError, counted, first_ids
from gisplan.issues import Issue
from gisplan.plan import ColumnSource
from gisplan.read.text import text_of
from gisplan.read.values import numbers_where_possible, to_dates, to_flags, to_keys, to_numbers, to_text


@dataclass(frozen=True)
class Match:
    """Source column of each canonical one, and what was found without being mapped."""

    sources: Mapping[str, ColumnSource]
    issues: tuple[Issue, ...]


def match(
    layer: str,
    mapped: Mapping[str, ColumnSource],
    fields: Sequence[str],
    *,
    place: str,
    reserved: Sequence[str] = (),
) -> Match:
    """Find the source of each canonical column.

    A column named in the plan must exist. Others are found by their canonical name, with or without the unit
    as suffix, or by a known alias, but never among the ``reserved``; a find by alias is a note.

    Raises
    ------
    LayerError
        Columns named in the plan that the file does not have, all of them.
    """
    missing = [
        f"{name} = {s.column!r}{_near(s.column, fields)}" for name, s in mapped.items() if s.column not in fields
    ]
    if missing:
        raise LayerError(
            f"{place} columns: {'; '.join(missing)}: the file has no such "
            f"column{'s' if len(missing) > 1 else ''}. "
            f"It has: {first_ids(fields, limit=30) or 'none at all'}."
        )
    found = dict(mapped)
    lower = {f.lower(): f for f in fields}
    taken = {*reserved, *(s.column for s in mapped.values())}
    notes = []
    for name, column in vocabulary.columns(layer).items():
        if name in found:
            continue
        hits = [lower[n.lower()] for n in (name, column.stored, *column.aliases) if n.lower() in lower]
        free = [h for h in hits if h not in taken]
        if not free:
            continue
        found[name] = ColumnSource(column=free[0])
        taken.add(free[0])
        if free[0].lower() not in (name, column.stored):
            notes.append(f"{free[0]} → {name}")
    if not notes:
        return Match(found, ())
    note = Issue(
        "COLUMN_BY_ALIAS",
        "note",
        layer,
        len(notes),
        f"Recognised by {'its' if len(notes) == 1 else 'their'} usual name: {', '.join(notes)}.",
        "Map them in the plan's columns if that is wrong.",
        "planner",
    )
    return Match(found, (note,))


def _near(name: str, fields: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, fields, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def typed(layer: str, table: pd.DataFrame, sources: Mapping[str, ColumnSource]) -> pd.DataFrame:
    """Cells of text as a condition sees them: columns mapped to numbers are numbers, all others are text."""
    known = vocabulary.columns(layer)
    out = table.copy()
    for name, source in sources.items():
        if known[name].kind == "number" and source.column in table:
            out[source.column] = numbers_where_possible(table[source.column])
    return out


def canonical(
    layer: str,
    table: pd.DataFrame,
    sources: Mapping[str, ColumnSource],
    *,
    place: str,
    keys: pd.Series | None = None,
    record: str = "record",
) -> tuple[pd.DataFrame, list[Issue]]:
    """Turn source columns into canonical ones.

    Parameters
    ----------
    layer
        Whose vocabulary applies.
    table
        Source columns, shape (n, k); the index numbers the records as their file does.
    sources
        Where each canonical column comes from.
    place
        For messages.
    keys
        Id of each record for messages; the layer's own ids by default.
    record
        What a record is called that has no id.

    Returns
    -------
    tuple
        Table of stored columns with the same index, and what was found odd.

    Raises
    ------
    LayerError
        A text stands in a number or date column.
    """
    known = vocabulary.columns(layer)

    def named(wrong: pd.Series) -> list[str]:
        return _named(layer, table[wrong], sources, keys[wrong] if keys is not None else None, record)

    out: dict[str, pd.Series] = {}
    issues: list[Issue] = []
    for name, source in sources.items():
        column = known[name]
        values = table[source.column]
        where = f"{place}: column {source.column!r}" + (f" ({name})" if name != source.column else "")
        if column.kind == "number":
            factor = vocabulary.units(column.measure)[source.unit or vocabulary.DEFAULT_UNIT[column.measure]]
            numbers = to_numbers(values, place=where, named=named) * factor
            # Money may well be negative (a tax refunded); sizes, counts and floors cannot.
            negative = (numbers < 0) if column.measure != "money" else numbers.isna() & False
            if negative.any():
                n = int(negative.sum())
                ids = named(negative)
                told = [f"{i} ({text_of(v)})" for i, v in zip(ids, values[negative], strict=True)]
                issues.append(
                    Issue(
                        "NEGATIVE_VALUE",
                        "warning",
                        layer,
                        n,
                        f"{source.column} is negative in {counted(n, record)}, read as missing: {first_ids(told)}.",
                        "Correct the values.",
                        features=ids,
                    )
                )
            out[column.stored] = numbers.mask(negative)
        elif column.kind == "date":
            out[column.stored] = to_dates(values, place=where, named=named)
        elif column.kind == "flag":
            out[column.stored] = to_flags(values, place=where, named=named)
        elif column.kind == "key":
            out[column.stored] = to_keys(values, place=where)
        else:
            out[column.stored] = to_text(values)
    return pd.DataFrame(out, index=table.index), issues


def _named(
    layer: str, table: pd.DataFrame, sources: Mapping[str, ColumnSource], keys: pd.Series | None, record: str
) -> list[str]:
    """Call records in a message by their id, else by their number."""
    own = next(iter(vocabulary.columns(layer)), "")
    if keys is None and own in sources:
        keys = to_text(table[sources[own].column])
    ids = [None] * len(table) if keys is None else keys.tolist()
    return [f"{record} {number}" if i is None else str(i) for i, number in zip(ids, table.index, strict=True)]
