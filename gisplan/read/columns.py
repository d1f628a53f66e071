"""The file's columns → gisplan's: found by name or alias, turned into text, numbers in known units, dates and flags."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.errors import LayerError, first_ids
from gisplan.issues import Issue
from gisplan.plan import ColumnSource
from gisplan.read.formats import text_of

#: What planners write where there is nothing to write.
SENTINELS = frozenset({"", "/", "-", "—", "——", "无", "空", "null", "none", "nan", "n/a", "na"})

_TRUE = frozenset({"true", "1", "yes", "y", "t", "是", "有"})
_FALSE = frozenset({"false", "0", "no", "n", "f", "否"})
_DATE = re.compile(r"^(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?(?:[T ].*)?$")


@dataclass(frozen=True)
class Match:
    """Source column of each canonical one, and what was found without being mapped."""

    sources: Mapping[str, ColumnSource]
    issues: tuple[Issue, ...]


def match(
    layer: str, mapped: Mapping[str, ColumnSource], fields: Sequence[str], *, place: str, aliases: bool = True
) -> Match:
    """Find the source of each canonical column.

    A column named in the plan must exist. Others are found by their canonical name, with or without the unit as suffix, or by a
    known alias; a find by alias is a note.

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
            f"{place}: {len(missing)} column(s) of the plan are not in the file: {'; '.join(missing)}. "
            f"The file has: {first_ids(fields, limit=30)}."
        )
    found = dict(mapped)
    if not aliases:
        return Match(found, ())
    lower = {f.lower(): f for f in fields}
    taken = {s.column for s in mapped.values()}
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
        f"{len(notes)} column(s) were recognised by their usual name: {', '.join(notes)}.",
        "Map them in the plan's columns if that is wrong.", "planner",
    )
    return Match(found, (note,))


def _near(name: str, fields: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, fields, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def canonical(
    layer: str, table: pd.DataFrame, sources: Mapping[str, ColumnSource], *, place: str
) -> tuple[pd.DataFrame, list[Issue]]:
    """Turn source columns into canonical ones.

    Parameters
    ----------
    layer
        Whose vocabulary applies.
    table
        Source columns, shape (n, k).
    sources
        Where each canonical column comes from.
    place
        For messages.

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
    out: dict[str, pd.Series] = {}
    issues: list[Issue] = []
    for name, source in sources.items():
        column = known[name]
        values = table[source.column]
        where = f"{place}: column {source.column!r} ({name})"
        if column.kind == "number":
            factor = vocabulary.units(column.measure)[source.unit or vocabulary.DEFAULT_UNIT[column.measure]]
            numbers = to_numbers(values, place=where) * factor
            negative = (numbers < 0) if column.measure in ("area", "length", "count") else numbers.isna() & False
            if negative.any():
                issues.append(
                    Issue(
                        "NEGATIVE_VALUE", "warning", layer, int(negative.sum()),
                        f"{source.column} ({name}) is negative in {int(negative.sum())} row(s): "
                        f"{first_ids(values[negative].tolist())}; these are read as missing.",
                        "Correct the values.", features=[f"row {i + 1}" for i in np.flatnonzero(negative)],
                    )
                )
            out[column.stored] = numbers.mask(negative)
        elif column.kind == "date":
            out[column.stored] = to_dates(values, place=where)
        elif column.kind == "flag":
            out[column.stored] = to_flags(values, place=where)
        else:
            out[column.stored] = to_text(values)
    return pd.DataFrame(out, index=table.index), issues


def to_text(values: pd.Series) -> pd.Series:
    """Text with blanks and sentinels missing; whole numbers without a decimal point."""
    if pd.api.types.is_integer_dtype(values) and not values.hasnans:
        return values.astype(str).astype(object)
    if isinstance(values.dtype, pd.StringDtype):
        text = values.str.strip().astype(object)
    elif values.dtype == object:
        text = values.map(text_of).astype(object)
    else:
        text = values.map({v: text_of(v) for v in values.unique()}).astype(object)
    return text.where(text.notna() & ~text.isin(SENTINELS), None)


def to_numbers(values: pd.Series, *, place: str) -> pd.Series:
    """Float numbers, missing where there is none.

    Raises
    ------
    LayerError
        Something that is neither a number nor a sentinel.
    """
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        numbers = pd.to_numeric(values).astype(float)
        return numbers.mask(~np.isfinite(numbers))
    text = values.map(text_of).astype(object)
    blank = text.isna() | text.map(lambda t: t is not None and str(t).lower() in SENTINELS).astype(bool)
    plain = text.where(~blank, None).map(lambda t: None if t is None else str(t).replace(",", "").replace("，", ""))
    numbers = pd.to_numeric(plain, errors="coerce").astype(float)
    wrong = ~blank & ~np.isfinite(numbers)
    if wrong.any():
        raise LayerError(
            f"{place} holds text where numbers are needed in {int(wrong.sum())} row(s): "
            f"{first_ids([repr(v) for v in text[wrong].unique()])}. Correct them or map another column."
        )
    return numbers


def to_flags(values: pd.Series, *, place: str) -> pd.Series:
    """True, false or missing, as an object column.

    Raises
    ------
    LayerError
        A word that means neither.
    """
    text = to_text(values).map(lambda t: None if t is None else str(t).lower())
    wrong = text.notna() & ~text.isin(_TRUE | _FALSE)
    if wrong.any():
        raise LayerError(f"{place} should say yes or no but holds {first_ids([repr(v) for v in text[wrong].unique()])}.")
    return text.map(lambda t: None if t is None else t in _TRUE).astype(object)


def to_dates(values: pd.Series, *, place: str) -> pd.Series:
    """Calendar dates, missing where there is none, as an object column of `datetime.date`.

    Raises
    ------
    LayerError
        Something that is not a date.
    """
    text = to_text(values)
    dates = {t: _date(str(t)) for t in text.dropna().unique()}
    wrong = [repr(t) for t, d in dates.items() if d is None]
    if wrong:
        raise LayerError(f"{place} holds {len(wrong)} value(s) that are no dates: {first_ids(wrong)}. Write 2019-03-01.")
    return text.map(lambda t: None if t is None else dates[t]).astype(object)


def _date(text: str) -> dt.date | None:
    found = _DATE.match(text)
    if found is None:
        return None
    try:
        return dt.date(*(int(g) for g in found.groups()))
    except ValueError:
        return None
