"""The file's columns → gisplan's: found by name or alias, turned into what the vocabulary says."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from gisplan import vocabulary
from gisplan.errors import LayerError, counted, first_ids
from gisplan.issues import Issue
from gisplan.plan import ColumnSource
from gisplan.read import names, questions
from gisplan.read.text import text_of
from gisplan.read.values import (
    Names,
    dates_where_possible,
    numbers_where_possible,
    to_dates,
    to_flags,
    to_keys,
    to_numbers,
    to_text,
)

_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True)
class Match:
    """Source column of each canonical one, those found by alias, and what was found without being mapped."""

    sources: Mapping[str, ColumnSource]
    issues: tuple[Issue, ...]
    by_alias: frozenset[str] = frozenset()


def match(
    layer: str,
    mapped: Mapping[str, ColumnSource],
    fields: Sequence[str],
    *,
    place: str,
    reserved: Sequence[str] = (),
    doubtful: Mapping[str, str] = _NOTHING,
) -> Match:
    """Find the source of each canonical column.

    A column named in the plan must exist. Others are found by their canonical name, with or without the unit
    as suffix, or by a known alias, but never among the ``reserved``; a find by alias is a note. A unit behind
    the name is used where the plan gives none. Names that mean different things in different offices, and
    aliases of the ``doubtful`` columns, are asked about and not used.

    Parameters
    ----------
    layer
        Whose vocabulary applies.
    mapped
        The plan's own columns.
    fields
        The file's columns.
    place
        Where the layer stands in the plan, for messages.
    reserved
        Fields that are taken already.
    doubtful
        Canonical columns that are not taken by alias → the line of the plan that is missing.

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
    found, by_header, issues = _with_header_units(layer, mapped)
    taken = {*reserved, *(s.column for s in mapped.values())}
    by_alias: dict[str, str] = {}
    for name, column in vocabulary.columns(layer).items():
        hit = next((h for h in names.hits(column, fields) if h.field not in taken), None) if name not in found else None
        if hit is None:
            continue
        own = hit.field.lower() in (name, column.stored)
        if name in doubtful and not own:
            issues.append(questions.doubtful(layer, name, hit.field, doubtful[name]))
            continue
        found[name] = ColumnSource(column=hit.field, unit=hit.unit)
        taken.add(hit.field)
        if not own:
            by_alias[name] = hit.field
            if hit.unit is not None:
                by_header[name] = (hit.field, hit.unit)
    issues += questions.ambiguous(layer, found, [f for f in fields if f not in taken], place=place)
    if by_header:
        told = ", ".join(f"{field} in {unit}" for field, unit in by_header.values())
        issues.append(
            Issue(
                "UNIT_FROM_HEADER",
                "note",
                layer,
                len(by_header),
                f"Read in the unit their name gives: {told}."
                if len(by_header) > 1
                else f"Read as its name says: {told}.",
                "Write a unit in the plan's columns if that is wrong.",
                "planner",
            )
        )
    if by_alias:
        issues.append(
            Issue(
                "COLUMN_BY_ALIAS",
                "note",
                layer,
                len(by_alias),
                f"Recognised by {'its' if len(by_alias) == 1 else 'their'} usual name: "
                f"{', '.join(f'{field} → {name}' for name, field in by_alias.items())}.",
                "Map them in the plan's columns if that is wrong.",
                "planner",
            )
        )
    return Match(found, tuple(issues), frozenset(by_alias))


def _with_header_units(
    layer: str, mapped: Mapping[str, ColumnSource]
) -> tuple[dict[str, ColumnSource], dict[str, tuple[str, str]], list[Issue]]:
    """Give mapped columns without a unit the one their header says, and doubt those that say another."""
    known = vocabulary.columns(layer)
    found, by_header = dict(mapped), {}
    issues: list[Issue] = []
    for name, source in mapped.items():
        if known[name].kind != "number":
            continue
        said = names.unit_of(source.column, known[name].measure)
        if said is None or source.unit == said:
            continue
        if source.unit is None:
            found[name] = source.model_copy(update={"unit": said})
            if source.column.lower() != known[name].stored:
                by_header[name] = (source.column, said)
        else:
            issues.append(questions.unit_contradicted(layer, name, source, said))
    return found, by_header, issues


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
    by_alias: Collection[str] = (),
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
    by_alias
        Columns nobody asked for by name: one that cannot be read is left out and told, and stops nothing.

    Returns
    -------
    tuple
        Table of stored columns with the same index, and what was found odd.

    Raises
    ------
    LayerError
        A text stands in a number or date column that was asked for.
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
        try:
            read = _read(column, values, place=where, named=named)
        except LayerError as error:
            if name not in by_alias:
                raise
            some = _dates(column, values)
            if some is None:
                issues.append(questions.unreadable(layer, name, source.column, str(error), n=len(table)))
                continue
            read, wrong = some
            told = [f"{i} {text_of(v)!r}" for i, v in zip(named(wrong), values[wrong], strict=True)]
            issues.append(questions.no_dates(layer, source.column, told, named(wrong)))
        if column.kind == "number":
            factor = vocabulary.units(column.measure)[source.unit or vocabulary.DEFAULT_UNIT[column.measure]]
            numbers = read * factor
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
            read = numbers.mask(negative)
        out[column.stored] = read
    return pd.DataFrame(out, index=table.index), issues


def _read(column: vocabulary.Column, values: pd.Series, *, place: str, named: Names) -> pd.Series:
    """Values as the kind of column they stand in."""
    if column.kind == "number":
        return to_numbers(values, place=place, named=named)
    if column.kind == "date":
        return to_dates(values, place=place, named=named)
    if column.kind == "flag":
        return to_flags(values, place=place, named=named)
    return to_keys(values, place=place) if column.kind == "key" else to_text(values)


def _dates(column: vocabulary.Column, values: pd.Series) -> tuple[pd.Series, pd.Series] | None:
    """Dates of a column that nobody named, and what in it is none; None unless most of it are dates."""
    if column.kind != "date":
        return None
    read, wrong = dates_where_possible(values)
    return (read, wrong) if wrong.sum() < read.notna().sum() else None


def _named(
    layer: str, table: pd.DataFrame, sources: Mapping[str, ColumnSource], keys: pd.Series | None, record: str
) -> list[str]:
    """Call records in a message by their id, else by their number."""
    own = next(iter(vocabulary.columns(layer)), "")
    if keys is None and own in sources:
        keys = to_text(table[sources[own].column])
    ids = [None] * len(table) if keys is None else keys.tolist()
    return [f"{record} {number}" if i is None else str(i) for i, number in zip(ids, table.index, strict=True)]
