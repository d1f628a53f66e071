"""Cells of a ledger as planners write them → cells that read as one number or date, and what was read into them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from gisplan import vocabulary
from gisplan.errors import counted, first_ids
from gisplan.issues import Issue
from gisplan.plan import ColumnSource
from gisplan.read.dates import date_of, from_serial, is_month
from gisplan.read.headers import folded, unit_for
from gisplan.read.text import text_of
from gisplan.read.values import missing_words, numbers_where_possible, to_text

_ERRORS = ("#REF!", "#N/A", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#VALUE!", "#SPILL!", "#CALC!", "#GETTING_DATA")

#: A number with a unit behind it, and perhaps a mark that it is not sure.
_AMOUNT = re.compile(r"^(?P<number>[-+]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?)(?P<unit>[^\d.,\s]\S*)?$")

#: Calls each row of an index by its id or line.
Named = Callable[[pd.Index], Sequence[str]]


def by_key(rows: pd.DataFrame, key: str) -> Named:
    """Call rows by their key, or by their line where they have none."""
    ids = to_text(rows[key], is_id=True)

    def named(lines: pd.Index) -> list[str]:
        return [f"line {line}" if i is None else str(i) for line, i in zip(lines, ids.loc[lines], strict=True)]

    return named


def without_errors(rows: pd.DataFrame, key: str, columns: Sequence[str]) -> tuple[pd.DataFrame, list[Issue]]:
    """Take failed formulas (``#N/A``) in the key and in columns that are used for missing, and list them."""
    out = rows.copy()
    used = list(dict.fromkeys([key, *columns]))
    out[used] = rows[used].mask(rows[used].isin(_ERRORS), None)
    named = by_key(out, key)
    told = []
    for column in used:
        wrong = rows.index[rows[column].isin(_ERRORS)]
        told += [f"{i} {column} {t}" for i, t in zip(named(wrong), rows.loc[wrong, column], strict=True)]
    if not told:
        return rows, []
    return out, [
        Issue(
            "FORMULA_ERROR",
            "warning",
            "ledger",
            len(told),
            f"{counted(len(told), 'cell')} with a failed formula, read as missing: {first_ids(told)}.",
            "Mend the formulas or write the values.",
            features=told,
        )
    ]


def without_missing(
    layer: str,
    table: pd.DataFrame,
    sources: Mapping[str, ColumnSource],
    given: Sequence[str],
    *,
    is_ledger: bool = False,
) -> tuple[pd.DataFrame, list[Issue]]:
    """Take what the plan calls missing for missing, in numbers, dates, flags and texts, never in ids and codes.

    In a ledger the usual marks (``/``, ``无``, ``待定``) are counted too; they are read so in any layer.
    """
    known = vocabulary.columns(layer)
    usual = missing_words() if is_ledger else frozenset()
    out = table.copy(deep=False)
    found: list[str] = []
    total = 0
    for name, source in sources.items():
        kind = known[name].kind
        words = {folded(w) for w in (*given, *source.missing)} if kind != "key" else set()
        if not words and not (usual and kind in ("number", "date", "flag")):
            continue
        values = out[source.column]
        texts = {v: text_of(v) or "" for v in values.dropna().unique()}
        told = {v for v, t in texts.items() if folded(t) in words}
        numbers = set(numbers_where_possible(pd.Series(sorted(words), dtype=object)).dropna())
        if kind == "number" and numbers:
            read = numbers_where_possible(pd.Series(list(texts), dtype=object))
            told |= {v for v, number in zip(texts, read, strict=True) if number in numbers}
        if told:
            out[source.column] = values.mask(values.isin(told))
        counted_too = {v for v, t in texts.items() if t in usual} if kind != "text" else set()
        counts = Counter(texts[v] for v in values[values.isin(told | counted_too)])
        total += sum(counts.values())
        found += [f"{source.column} {word!r} ({n:,})" for word, n in sorted(counts.items())]
    if not found:
        return out, []
    return out, [
        Issue(
            "SENTINEL_READ_AS_MISSING",
            "note",
            "ledger" if is_ledger else layer,
            total,
            f"{counted(total, 'cell')} read as missing: {first_ids(found)}.",
            "",
            "planner",
            features=found,
        )
    ]


def tidied(
    layer: str, rows: pd.DataFrame, sources: Mapping[str, ColumnSource], *, named: Named, is_1904: bool
) -> tuple[pd.DataFrame, list[Issue]]:
    """Write the numbers and dates of a ledger plainly.

    A number with its unit in the cell (``50亩``) is turned into the column's unit; one that is not sure
    (``约50``) counts as it stands; a workbook's day number in a date column becomes a date. All are listed.

    Parameters
    ----------
    layer
        Whose vocabulary applies.
    rows
        Text cells, shape (n, k).
    sources
        Source of each canonical column, with its unit.
    named
        Calls a row by its id or line.
    is_1904
        Whether the workbook counts days from 1904.
    """
    known = vocabulary.columns(layer)
    out = rows.copy()
    issues: list[Issue] = []
    for name, source in sources.items():
        column = known[name]
        if column.kind == "number":
            out[source.column], found = _numbers(rows[source.column], column, source, named)
        elif column.kind == "date":
            out[source.column], found = _dates(rows[source.column], source, named, is_1904=is_1904)
        else:
            continue
        issues += found
    return out, issues


def _numbers(
    values: pd.Series, column: vocabulary.Column, source: ColumnSource, named: Named
) -> tuple[pd.Series, list[Issue]]:
    numbers = numbers_where_possible(values)
    written = values[numbers.isna() & values.notna() & ~values.isin(missing_words())]
    unit = source.unit or vocabulary.DEFAULT_UNIT[column.measure]
    out = values.copy()
    with_unit: dict[object, str] = {}
    unsure: dict[object, str] = {}
    for line, text in written.items():
        bare, is_unsure = _sure(folded(str(text)))
        found = _AMOUNT.match(bare)
        own = unit_for(found["unit"], column.measure) if found and found["unit"] else None
        if found is None or (found["unit"] and own is None):
            continue  # refused where numbers are read, with all others that are none
        number = float(found["number"].replace(",", ""))
        if own is not None and own != unit:
            number *= vocabulary.units(column.measure)[own] / vocabulary.units(column.measure)[unit]
        out[line], numbers[line] = repr(number), number
        if own is not None:
            with_unit[line] = str(text)
        if is_unsure:
            unsure[line] = str(text)
    issues = []
    if with_unit:
        told = _told(with_unit, named)
        issues.append(
            Issue(
                "UNIT_IN_CELL",
                "note",
                "ledger",
                len(told),
                f"{source.column}: {counted(len(told), 'cell')} with the unit behind the number, each read in its own "
                f"unit; the others are in {unit}: {first_ids(told)}.",
                "Write bare numbers in the unit of the column.",
                features=told,
            )
        )
    if unsure:
        told = _told(unsure, named)
        issues.append(
            Issue(
                "NUMBER_UNSURE",
                "warning",
                "ledger",
                len(told),
                f"{source.column}: {counted(len(told), 'number')} marked as not exact, used as written: "
                f"{first_ids(told)}.",
                "Write the exact values.",
                features=told,
            )
        )
    return out, [*issues, *_suspects(numbers, source, named)]


def _sure(text: str) -> tuple[str, bool]:
    """Text of a number without the marks that say it is not sure, and whether there were any."""
    for mark in sorted(map(folded, vocabulary.words("roughly")), key=len, reverse=True):
        if text.startswith(mark):
            return text.removeprefix(mark), True
    for mark in map(folded, vocabulary.words("or_so")):
        if text.endswith(mark):
            return text.removesuffix(mark), True
    return text, False


def _suspects(numbers: pd.Series, source: ColumnSource, named: Named) -> list[Issue]:
    """Ask about numbers that often stand for nothing known, where one stands more than once in a column."""
    issues = []
    for suspect in vocabulary.words("suspect"):
        hit = numbers == float(suspect)
        if int(hit.sum()) > 1:
            ids = list(named(numbers.index[hit]))
            issues.append(
                Issue(
                    "SUSPECT_SENTINEL",
                    "warning",
                    "ledger",
                    len(ids),
                    f"{source.column} is {suspect} in {counted(len(ids), 'row')}, used as it stands: {first_ids(ids)}.",
                    f'If it means that nothing is known, write missing = ["{suspect}"] for that column.',
                    "planner",
                    features=ids,
                )
            )
    return issues


def _dates(values: pd.Series, source: ColumnSource, named: Named, *, is_1904: bool) -> tuple[pd.Series, list[Issue]]:
    out = values.copy()
    serials: dict[object, str] = {}
    months: dict[object, str] = {}
    texts = values.dropna().unique()
    days = {t: day.isoformat() for t in texts if (day := from_serial(t, is_1904=is_1904)) is not None}
    short = [t for t in texts if is_month(t) and date_of(t) is not None]
    for line, text in values[values.isin(days)].items():
        out[line] = days[text]
        serials[line] = f"{text} → {days[text]}"
    for line, text in values[values.isin(short)].items():
        months[line] = text
    issues = []
    if serials:
        told = _told(serials, named)
        issues.append(
            Issue(
                "DATE_FROM_SERIAL",
                "note",
                "ledger",
                len(told),
                f"{source.column}: {counted(len(told), 'date')} given as the workbook's day number"
                f"{' since 1904' if is_1904 else ''}: {first_ids(told)}.",
                "Format the cells as dates.",
                features=told,
            )
        )
    if months:
        told = _told(months, named)
        issues.append(
            Issue(
                "DATE_WITHOUT_DAY",
                "note",
                "ledger",
                len(told),
                f"{source.column}: {counted(len(told), 'date')} without a day, taken for the first of the month (the "
                f"last where it says so): {first_ids(told)}.",
                "Write the day where it matters.",
                features=told,
            )
        )
    return out, issues


def _told(texts: Mapping[object, str], named: Named) -> list[str]:
    ids = named(pd.Index(list(texts)))
    return [f"{i} {text}" for i, text in zip(ids, texts.values(), strict=True)]
