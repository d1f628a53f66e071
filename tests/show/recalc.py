"""An engine that is not ours: LibreOffice works out the formulas of workbooks anew, and other libraries read them."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from gisplan.show.workbook.table import HEAD

#: LibreOffice trusts the values in a file of Excel's unless it is told to work out everything.
_ALWAYS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>"""


def recalculate(files: Iterable[Path], out: Path) -> None:
    """Work out all formulas of some workbooks anew, and keep them under the same names in a folder."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        reason = "no LibreOffice on this machine"
        if os.environ.get("GISPLAN_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    profile = out / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user/registrymodifications.xcu").write_text(_ALWAYS, encoding="utf-8")
    command = [office, f"-env:UserInstallation={profile.resolve().as_uri()}", "--headless", "--convert-to", "xlsx"]
    subprocess.run([*command, "--outdir", str(out), *map(str, files)], check=True, capture_output=True, timeout=900)


def loaded(file: Path) -> openpyxl.Workbook:
    """Workbook with its formulas; openpyxl keeps none of the values they come to when it is saved."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it knows no bars in cells
        return openpyxl.load_workbook(file)


def formulas(file: Path) -> dict[tuple[str, int, int], str]:
    """Every formula by sheet, row and column, counted from 0."""
    return {
        (sheet.title, cell.row - 1, cell.column - 1): cell.value
        for sheet in loaded(file)
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


class Cells:
    """Values of all sheets, as they stand in the file."""

    def __init__(self, file: Path) -> None:
        book = CalamineWorkbook.from_path(str(file))
        self.names = book.sheet_names
        self._rows = {n: book.get_sheet_by_name(n).to_python(skip_empty_area=False) for n in self.names}

    def at(self, sheet: str, row: int, column: int) -> Any:
        """Value of one cell, empty text where there is none."""
        rows = self._rows[sheet]
        return rows[row][column] if row < len(rows) and column < len(rows[row]) else ""

    def sheet(self, word: str) -> str:
        """Name of the sheet whose name ends in a word."""
        return next(n for n in self.names if n.endswith(word))

    def column(self, word: str, column: str) -> list[Any]:
        """Cells of a column of a table, by the name that gisplan knows it by."""
        rows = self._rows[self.sheet(word)]
        place = rows[HEAD - 2].index(column)
        return [row[place] for row in rows[HEAD:]]

    def row(self, word: str, column: str, value: Any) -> int:
        """Number of the sheet's row (as Excel counts them) in which a column has a value."""
        return self.column(word, column).index(value) + HEAD + 1


def same(one: Any, other: Any) -> bool:
    """Whether two cells are alike, numbers to a billionth."""
    if isinstance(one, int | float) and isinstance(other, int | float) and not isinstance(one, bool):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return bool(one == other)


def differing(file: Path, again: Path) -> tuple[int, list[str]]:
    """How many formulas a workbook has, and those that come to something else in another copy of it."""
    asked, own, new = formulas(file), Cells(file), Cells(again)
    off = [
        f"{place}: {own.at(*place)!r} is {new.at(*place)!r} by {formula[:200]}"
        for place, formula in asked.items()
        if not same(own.at(*place), new.at(*place))
    ]
    return len(asked), off


def put(book: openpyxl.Workbook, cells: Cells, word: str, column: str, key: tuple[str, Any], value: Any) -> None:
    """Change one cell of a table: that of a column in the row in which another has a value."""
    sheet = book[cells.sheet(word)]
    names = [c.value for c in sheet[HEAD - 1]]
    sheet.cell(cells.row(word, *key), names.index(column) + 1).value = value


def assume(book: openpyxl.Workbook, name: str, value: float | None) -> None:
    """Change an assumption by the name of its cell."""
    (sheet, place), *_ = book.defined_names[name].destinations
    assert book[sheet][place].value is not None or name == "storey_height_m", name
    book[sheet][place].value = value
