"""Tables without geometry: CSV and workbooks, every cell as text, so that ``0111`` stays ``0111``."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from gisplan.errors import LayerError, counted, first_ids
from gisplan.read.text import decoded, text_of

_CSV = (".csv", ".txt", ".tsv")
_BOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")

#: Rows in which the column names are looked for, to tell where they stand.
_HEAD = 10


def read_rows(path: Path, *, sheet: str | None, encoding: str, place: str, needs: str | None) -> pd.DataFrame:
    """Read a table.

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
        Column it must have: its key; None takes whatever columns there are.

    Returns
    -------
    pandas.DataFrame
        Text cells, missing ones None; the index is each row's line in the file. Rows without anything in
        them are left out.

    Raises
    ------
    LayerError
        The kind of file is not known, it has no such sheet or column, or no rows.
    """
    suffix = path.suffix.lower()
    if suffix in _CSV:
        what, cells = path.name, _csv(path, encoding=encoding, place=place)
        if sheet is not None:
            raise LayerError(f"{place} sheet: {path.name} is a text file and has no sheets. Leave sheet out.")
    elif suffix in _BOOKS:
        what, cells = _sheet(path, sheet, place=place)
    else:
        raise LayerError(f"{place}: {path.name} is not a table gisplan reads. Give a .csv or .xlsx file.")
    cells = cells.dropna(how="all")
    if len(cells) == 0:
        raise LayerError(f"{place}: {what} is empty. Give a table with column names in its first line.")
    names = [n or f"column {i + 1}" for i, n in enumerate(cells.iloc[0])]
    if needs is not None:
        _require_column(needs, names, cells, what=what, place=place)
    if len(cells) == 1:
        raise LayerError(f"{place}: {what} has column names but no rows. Fill it in or leave it out of the plan.")
    rows = cells.iloc[1:]
    rows.columns = _distinct(names)
    if suffix in _CSV:
        _require_width(rows, names, what=what, place=place)
    return rows


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


def _distinct(names: list[str]) -> list[str]:
    """Names with a number behind each one that has stood before."""
    seen: Counter[str] = Counter()
    out = []
    for name in names:
        seen[name] += 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return out


def _require_column(name: str, names: list[str], cells: pd.DataFrame, *, what: str, place: str) -> None:
    if name in names:
        return
    lines = [line for line, row in cells.iloc[1:_HEAD].iterrows() if name in row.tolist()]
    hint = f" It stands in line {lines[0]}: delete what is above it." if lines else ""
    raise LayerError(f"{place}: key = {name!r} is not a column of {what}. It has: {first_ids(names, limit=30)}.{hint}")


def _sheet(path: Path, sheet: str | None, *, place: str) -> tuple[str, pd.DataFrame]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
        names = list(book.sheet_names)
        if sheet is not None and sheet not in names:
            raise LayerError(
                f"{place} sheet: {path.name} has no sheet {sheet!r}. It has: {first_ids(names, limit=20)}."
            )
        wanted = sheet if sheet is not None else names[0]
        page = book.get_sheet_by_name(wanted)
        cells = page.to_python(skip_empty_area=False)
    except (CalamineError, OSError) as error:
        raise LayerError(
            f"{place}: {path.name} cannot be read as a workbook ({error}). Save it again as .xlsx."
        ) from None
    frame = pd.DataFrame([[text_of(c) for c in row] for row in cells], dtype=object)
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    return f"sheet {wanted!r} of {path.name}", frame


def _csv(path: Path, *, encoding: str, place: str) -> pd.DataFrame:
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
    return pd.DataFrame([row + [None] * (width - len(row)) for row in rows], index=lines, dtype=object)


def _separator(text: str) -> str:
    """Separator of a table: a comma, unless the first line has none but tabs or semicolons."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(",\t;", key=lambda mark: first.count(mark) if mark != "," else first.count(mark) * 1000)
