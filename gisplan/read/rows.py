"""Tables without geometry: CSV and workbooks, every cell as text, so that ``0111`` stays ``0111``."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gisplan.errors import LayerError, counted, first_ids
from gisplan.issues import Issue
from gisplan.read.grid import Grid
from gisplan.read.headers import plain, resolve
from gisplan.read.heading import Heading, find_heading, no_records
from gisplan.read.sheets import read_sheet
from gisplan.read.text import decoded

_CSV = (".csv", ".txt", ".tsv")
_BOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")

#: Lines in which the mark between cells is looked for: a title has none.
_HEAD = 10


@dataclass(frozen=True)
class Rows:
    """Records of a table.

    Attributes
    ----------
    table
        Text cells, missing ones None; the index is each row's line in the file.
    key
        The column that was needed, as it is called there; empty where none was.
    above
        What stands in the lines above the column names.
    is_1904
        Whether the workbook counts days from 1904.
    issues
        What was found.
    """

    table: pd.DataFrame
    key: str
    above: Sequence[str]
    is_1904: bool
    issues: tuple[Issue, ...]


def read_rows(path: Path, *, sheet: str | None, encoding: str, place: str, needs: str | None) -> Rows:
    """Read a table.

    The line of column names is found by itself: titles may stand above it, headings over several columns, and
    totals and footnotes below. Whatever is left out is listed.

    Parameters
    ----------
    path
        The file.
    sheet
        Name of a workbook's sheet; the first one by default.
    encoding
        ``auto`` or the name of a character encoding, for CSV.
    place
        Where the table stands in the plan, for messages.
    needs
        Column it must have, its key; its unit, width and blanks do not matter. None where any table will do.

    Raises
    ------
    LayerError
        The kind of file is not known, it has no such sheet or column, or no rows.
    """
    suffix = path.suffix.lower()
    if suffix in _CSV:
        grid = _csv(path, encoding=encoding, place=place)
        if sheet is not None:
            raise LayerError(f"{place} sheet: {path.name} is a text file and has no sheets. Leave sheet out.")
    elif suffix in _BOOKS:
        grid = read_sheet(path, sheet, place=place)
    else:
        raise LayerError(f"{place}: {path.name} is not a table gisplan reads. Give a .csv or .xlsx file.")
    cells = grid.cells.dropna(how="all")
    if len(cells) == 0:
        raise LayerError(f"{place}: {grid.what} is empty. Give a table with column names in its first line.")
    heading = find_heading(grid, cells, needs or "")
    key = _key(needs, heading.names, grid, place=place) if needs is not None else ""
    rows = cells.iloc[heading.last + 1 :]
    rows.columns = pd.Index(heading.names)
    if suffix in _CSV:
        _require_width(rows, heading.names, what=grid.what, place=place)
    left = no_records(grid, rows, key) if key else {}
    rows = rows.drop(index=list(left))
    if len(rows) == 0:
        raise LayerError(f"{place}: {grid.what} has column names but no rows. Fill it in or leave it out of the plan.")
    rows, filled = _keys_filled(grid, rows, key) if key else (rows, [])
    issues = (*grid.issues, *_heading_issue(cells, heading, grid), *_left_issue(left, grid), *filled)
    return Rows(rows, key, heading.above, grid.is_1904, issues)


def is_table(path: Path) -> bool:
    """Whether a file is one of rows and columns, by its name."""
    return path.suffix.lower() in (*_CSV, *_BOOKS)


def sheet_names(path: Path, *, place: str) -> list[str | None]:
    """Sheets of a workbook; a text file is one table without a name.

    Raises
    ------
    LayerError
        It cannot be read as a workbook.
    """
    if path.suffix.lower() in _CSV:
        return [None]
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        return list(CalamineWorkbook.from_path(str(path)).sheet_names)
    except (CalamineError, OSError) as error:
        raise LayerError(
            f"{place}: {path.name} cannot be read as a workbook ({error}). Save it again as .xlsx."
        ) from None


def require_single(columns: Sequence[str], rows: pd.DataFrame, *, place: str) -> None:
    """Refuse columns that are used but stand in a table more than once.

    Raises
    ------
    LayerError
        Some do.
    """
    repeated = [c for c in columns if f"{c} (2)" in rows.columns]
    if repeated:
        raise LayerError(
            f"{place}: more than one column is called {first_ids([repr(c) for c in repeated])}. Rename or "
            "delete the others."
        )


def _key(needs: str, names: Sequence[str], grid: Grid, *, place: str) -> str:
    hits = resolve(needs, names)
    if not hits:
        raise LayerError(
            f"{place}: key = {needs!r} is not a column of {grid.what}. It has: {first_ids(names, limit=30)}."
        )
    if len(hits) > 1 and needs not in names:
        raise LayerError(
            f"{place}: key = {needs!r} may be any of {first_ids([repr(h) for h in hits])}. Write the whole name."
        )
    return hits[0]


def _keys_filled(grid: Grid, rows: pd.DataFrame, key: str) -> tuple[pd.DataFrame, list[Issue]]:
    """Carry a key down over the lines its merged cell covers: one parcel with several lines."""
    at = list(rows.columns).index(key)
    given: dict[int, str] = {}
    for r0, r1, c0, c1 in grid.merged:
        if c0 <= at <= c1 and r1 > r0 and r0 in rows.index and rows.at[r0, key] is not None:
            for line in range(r0 + 1, r1 + 1):
                if line in rows.index and rows.at[line, key] is None:
                    given[line] = rows.at[r0, key]
    if not given:
        return rows, []
    rows = rows.copy()
    rows.loc[list(given), key] = list(given.values())
    lines = [f"line {n}" for n in sorted(given)]
    return rows, [
        Issue(
            "LEDGER_KEY_MERGED",
            "note",
            "ledger",
            len(lines),
            f"{counted(len(lines), 'line')} below a merged {key!r} of {grid.what} belong to its parcel: "
            f"{first_ids(lines)}.",
            "",
            "planner",
            features=lines,
        )
    ]


def _heading_issue(cells: pd.DataFrame, heading: Heading, grid: Grid) -> list[Issue]:
    if heading.last == 0:
        return []
    first, last = cells.index[heading.first], cells.index[heading.last]
    where = f"line {first}" if first == last else f"lines {first} and {last}"
    above = f"; above stands {first_ids([repr(t) for t in heading.above], limit=3)}" if heading.above else ""
    return [
        Issue(
            "HEADER_FOUND",
            "note",
            "ledger",
            1,
            f"The column names of {grid.what} stand in {where}{above}.",
            "",
            "planner",
        )
    ]


def _left_issue(left: dict[int, str], grid: Grid) -> list[Issue]:
    if not left:
        return []
    told = [f"line {line} {plain(text)[:30]!r}" for line, text in left.items()]
    return [
        Issue(
            "LINES_NO_RECORDS",
            "note",
            "ledger",
            len(told),
            f"{counted(len(told), 'line')} of {grid.what} {'is no record' if len(told) == 1 else 'are no records'} "
            f"but totals or remarks, and left out: {first_ids(told)}.",
            "Give such a line a key of its own if it is a parcel.",
            "planner",
            features=told,
        )
    ]


def _require_width(rows: pd.DataFrame, names: list[str], *, what: str, place: str) -> None:
    """Refuse lines with more cells than there are column names: an unquoted comma has shifted them."""
    width = max(i + 1 for i, n in enumerate(names) if n != f"column {i + 1}")
    long = rows.index[rows.iloc[:, width:].notna().any(axis=1)]
    if len(long):
        raise LayerError(
            f"{place}: {what} has more cells than column names in {counted(len(long), 'line')}: "
            f"{first_ids(list(long))}. "
            "Put text that holds a comma in double quotes."
        )


def _csv(path: Path, *, encoding: str, place: str) -> Grid:
    try:
        text = decoded(path.read_bytes(), encoding=encoding, file=path.name, place=place)
    except OSError as error:
        raise LayerError(
            f"{place}: {path.name} cannot be opened ({error.strerror}). Close it elsewhere or check your rights."
        ) from None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    lines, rows = [], []
    try:
        for row in reader:
            lines.append(reader.line_num)
            rows.append([cell.strip() or None for cell in row])
    except csv.Error as error:
        raise LayerError(
            f"{place}: {path.name} cannot be read as a table: {error} (line {reader.line_num}). Save it "
            "again as CSV UTF-8."
        ) from None
    width = max((len(row) for row in rows), default=0)
    frame = pd.DataFrame([row + [None] * (width - len(row)) for row in rows], index=lines, dtype=object)
    return Grid(frame, path.name)


def _separator(text: str) -> str:
    """Separator of a table: a comma, unless the first line that has any mark has only tabs or semicolons."""
    head = [line for line in text[:100_000].splitlines() if line.strip()][:_HEAD]
    first = next((line for line in head if any(mark in line for mark in ",\t;")), "")
    return max(",\t;", key=lambda mark: first.count(mark) if mark != "," else first.count(mark) * 1000)
