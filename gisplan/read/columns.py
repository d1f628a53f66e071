"""The file's columns → gisplan's: found by name or alias, turned into text, numbers in known units, dates and flags."""

from __future__ import annotations

import datetime as dt
import difflib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.errors import LayerError, counted, first_ids
from gisplan.issues import Issue
from gisplan.plan import ColumnSource
from gisplan.read.text import text_of

#: What planners write where there is nothing to write.
SENTINELS = frozenset({"", "/", "-", "—", "——", "无", "空", "null", "none", "nan", "n/a", "na"})
_BLANKS = SENTINELS | {s.upper() for s in SENTINELS} | {s.capitalize() for s in SENTINELS} | {"NaN"}

_TRUE = frozenset({"true", "1", "yes", "y", "t", "是", "有"})
_FALSE = frozenset({"false", "0", "no", "n", "f", "否"})
_DATE = re.compile(r"^(\d{4})(?:[-./年](\d{1,2})[-./月](\d{1,2})日?(?:[T ].*)?|(\d{2})(\d{2}))$")

#: Says what the records of a mask are called.
Names = Callable[["pd.Series[bool]"], Sequence[str]]

#: Commas that group digits by three; any other comma may be a decimal one and is not guessed at.
_GROUPED = re.compile(r"^[-+]?\d{1,3}(,\d{3})+(\.\d*)?$")

#: What is left of a long id that was stored as a number.
_ROUNDED = re.compile(r"^\d(\.\d+)?[eE]\+\d{2}$")


@dataclass(frozen=True)
class Match:
    """Source column of each canonical one, and what was found without being mapped."""

    sources: Mapping[str, ColumnSource]
    issues: tuple[Issue, ...]


def match(
    layer: str, mapped: Mapping[str, ColumnSource], fields: Sequence[str], *, place: str, reserved: Sequence[str] = ()
) -> Match:
    """Find the source of each canonical column.

    A column named in the plan must exist. Others are found by their canonical name, with or without the unit as suffix, or by a
    known alias, but never among the ``reserved``; a find by alias is a note.

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
            f"{place} columns: {'; '.join(missing)}: the file has no such column{'s' if len(missing) > 1 else ''}. "
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
        "COLUMN_BY_ALIAS", "note", layer, len(notes),
        f"Recognised by {'its' if len(notes) == 1 else 'their'} usual name: {', '.join(notes)}.",
        "Map them in the plan's columns if that is wrong.", "planner",
    )
    return Match(found, (note,))


def _near(name: str, fields: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, fields, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def canonical(
    layer: str, table: pd.DataFrame, sources: Mapping[str, ColumnSource], *, place: str,
    keys: pd.Series | None = None, record: str = "record",
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
                        "NEGATIVE_VALUE", "warning", layer, n,
                        f"{source.column} is negative in {counted(n, record)}, read as missing: {first_ids(told)}.",
                        "Correct the values.", features=ids,
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
    """What records are called in a message: by their id, else by their number."""
    own = next(iter(vocabulary.columns(layer)), "")
    if keys is None and own in sources:
        keys = to_text(table[sources[own].column])
    ids = [None] * len(table) if keys is None else keys.tolist()
    return [f"{record} {number}" if i is None else str(i) for i, number in zip(ids, table.index, strict=True)]


def to_text(values: pd.Series) -> pd.Series:
    """Text with blanks and sentinels missing; whole numbers without a decimal point."""
    if pd.api.types.is_integer_dtype(values) and not values.hasnans:
        return values.astype(str).astype(object)
    if isinstance(values.dtype, pd.StringDtype):
        text = values.str.strip()
        if text.notna().all() and not text.isin(_BLANKS).any():
            return text  # as Arrow holds it, at a fifth of the memory of Python's own strings
        text = text.astype(object)
    elif values.dtype == object:
        text = values.map(text_of).astype(object)
    else:
        known = {v: text_of(v) for v in values.unique()}
        text = pd.Series([known.get(v) for v in values], index=values.index, dtype=object)
    return text.where(text.notna() & ~text.isin(_BLANKS), None)


def to_keys(values: pd.Series, *, place: str) -> pd.Series:
    """Ids as text.

    Raises
    ------
    LayerError
        Long ids were stored as numbers, so that their last digits are lost.
    """
    text = to_text(values)
    if pd.api.types.is_integer_dtype(values):
        return text
    # Arrow's own strings are searched many times faster than Python's.
    sought = values if isinstance(values.dtype, pd.StringDtype) else text.astype("str")
    wrong = sought.str.match(_ROUNDED).fillna(False).astype(bool)
    if wrong.any():
        raise LayerError(
            f"{place} holds long ids stored as numbers, whose last digits are lost, in {_counted_of(wrong)}: "
            f"{first_ids(list(text[wrong].unique()))}. Store them as text."
        )
    return text


def to_numbers(values: pd.Series, *, place: str, named: Names | None = None) -> pd.Series:
    """Float numbers, missing where there is none.

    Raises
    ------
    LayerError
        Something that is neither a number nor a sentinel.
    """
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        numbers = pd.to_numeric(values).astype(float)
        wrong = np.isinf(numbers)
        text = values
    else:
        text = to_text(values)
        numbers = pd.to_numeric(text.map(_digits), errors="coerce").astype(float)
        wrong = text.notna() & ~np.isfinite(numbers)
    if wrong.any():
        raise LayerError(
            f"{place} holds what is no number in {_counted_of(wrong)}: {_told(text, wrong, named)}. "
            "Correct the values or map another column."
        )
    return numbers


def _digits(text: str | None) -> str | None:
    """Text of a number with ordinary digits and without grouping commas."""
    if text is None:
        return None
    plain = unicodedata.normalize("NFKC", text)
    return plain.replace(",", "") if _GROUPED.match(plain) else plain


def numbers_where_possible(values: pd.Series) -> pd.Series:
    """Float numbers, missing where there is none or something else."""
    return pd.to_numeric(to_text(values).map(_digits), errors="coerce").astype(float)


def _counted_of(wrong: pd.Series) -> str:
    return f"{int(wrong.sum()):,} of {counted(len(wrong), 'record')}"


def _told(text: pd.Series, wrong: pd.Series, named: Names | None) -> str:
    """First few wrong values, each with the record it stands in."""
    values = [repr(str(v)) for v in text[wrong]]
    if named is None:
        return first_ids(values)
    return first_ids([f"{i} {v}" for i, v in zip(named(wrong), values, strict=True)])


def to_flags(values: pd.Series, *, place: str, named: Names | None = None) -> pd.Series:
    """True, false or missing, as an object column.

    Raises
    ------
    LayerError
        A word that means neither.
    """
    text = to_text(values)
    lower = text.map(lambda t: None if t is None else str(t).lower())
    wrong = lower.notna() & ~lower.isin(_TRUE | _FALSE)
    if wrong.any():
        raise LayerError(
            f"{place} says neither yes nor no in {_counted_of(wrong)}: {_told(text, wrong, named)}. Write yes or no, 是 or 否, 1 or 0."
        )
    return lower.map(lambda t: None if t is None else t in _TRUE).astype(object)


def to_dates(values: pd.Series, *, place: str, named: Names | None = None) -> pd.Series:
    """Calendar dates, missing where there is none, as an object column of `datetime.date`.

    Raises
    ------
    LayerError
        Something that is not a date.
    """
    text = to_text(values)
    dates = {t: _date(str(t)) for t in text.dropna().unique()}
    wrong = text.map(lambda t: t is not None and dates[t] is None).astype(bool)
    if wrong.any():
        raise LayerError(
            f"{place} holds what is no date in {_counted_of(wrong)}: {_told(text, wrong, named)}. "
            "Write dates as 2019-03-01 or map another column."
        )
    return pd.Series([None if t is None else dates[t] for t in text], index=text.index, dtype=object)


def _date(text: str) -> dt.date | None:
    found = _DATE.match(text)
    if found is None:
        return None
    try:
        return dt.date(*(int(g) for g in found.groups() if g is not None))
    except ValueError:
        return None
