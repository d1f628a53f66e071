"""Workbooks → cells as text: xlsx, xlsm, xlsb, xls and ods, and what the workbook alone knows about them."""

from __future__ import annotations

import math
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

import pandas as pd

from gisplan.errors import LayerError, counted, first_ids
from gisplan.issues import Issue
from gisplan.read import archives
from gisplan.read.grid import Grid
from gisplan.read.text import text_of

#: Excel keeps fifteen digits of a number; what is longer was rounded.
_EXACT = 1e15

_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*>")
_ERROR = re.compile(rb'<(?:\w+:)?c\b([^>/]*\bt="e"[^>/]*)>.*?<(?:\w+:)?v>([^<]*)<', re.DOTALL)
_LINE = re.compile(rb'\br="(\d+)"')
_CELL = re.compile(rb'\br="([A-Z]+)(\d+)"')
_CHUNK = 1 << 20


@dataclass
class _Marks:
    """What a sheet's own XML says beside its values: failed formulas by line and column, and hidden lines."""

    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden: list[int] = field(default_factory=list)
    is_1904: bool = False


def read_sheet(path: Path, sheet: str | None, *, place: str) -> Grid:
    """Read one sheet of a workbook, the first visible one by default.

    Raises
    ------
    LayerError
        The file cannot be opened, is no workbook, is locked by a password, or has no such sheet.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

    _require_workbook(path, place=place)
    archives.require_bounded(path, place=place)
    try:
        book = CalamineWorkbook.from_path(str(path))
        names = list(book.sheet_names)
        if not names:
            raise LayerError(f"{place}: {path.name} is a workbook without sheets. Save it again as .xlsx.")
        shown = [m.name for m in book.sheets_metadata if m.visible == SheetVisibleEnum.Visible]
        if sheet is not None and sheet not in names:
            raise LayerError(
                f"{place} sheet: {path.name} has no sheet {sheet!r}. It has: {first_ids(names, limit=20)}."
            )
        wanted = sheet if sheet is not None else (shown or names)[0]
        page = book.get_sheet_by_name(wanted)
        values = page.to_python(skip_empty_area=False)
        merged = page.merged_cell_ranges
    except PasswordError:
        raise LayerError(
            f"{place}: {path.name} is locked by a password. Open it in Excel, take the password off and save it again."
        ) from None
    except (CalamineError, OSError) as error:
        raise LayerError(
            f"{place}: {path.name} cannot be read as a workbook ({error}). Save it again as .xlsx."
        ) from None
    marks = _marks(path, wanted)
    frame = pd.DataFrame([[_cell(c) for c in row] for row in values], dtype=object)
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    for (line, column), text in marks.errors.items():
        if line <= len(frame) and column < frame.shape[1]:
            frame.iat[line - 1, column] = text
    issues = [*_opened(path), *_chosen(path, wanted, sheet, shown), *_hidden(path, marks.hidden, frame)]
    return Grid(
        frame,
        f"sheet {wanted!r} of {path.name}",
        [(r0 + 1, r1 + 1, c0, c1) for (r0, c0), (r1, c1) in merged or ()],
        merged is not None,
        marks.is_1904,
        tuple(issues),
    )


def _cell(value: object) -> str | None:
    """Text of a cell; a number too long for Excel keeps its exponent, the mark of a rounded id."""
    if isinstance(value, float) and math.isfinite(value) and abs(value) >= _EXACT:
        return f"{value:.14e}"
    return text_of(value)


def _require_workbook(path: Path, *, place: str) -> None:
    """Refuse what only looks like a workbook by its name."""
    if path.name.startswith("~$"):
        raise LayerError(
            f"{place}: {path.name} is only Excel's mark that a workbook is open. Give {path.name[2:]!r} instead."
        )
    try:
        with path.open("rb") as stream:
            head = stream.read(512).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    except OSError as error:
        raise LayerError(
            f"{place}: {path.name} cannot be opened ({error.strerror}). Close it in Excel or check your rights."
        ) from None
    if head.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head")):
        raise LayerError(
            f"{place}: {path.name} is a web page with the name of a workbook. Open it in Excel and save it as .xlsx."
        )


def _opened(path: Path) -> Iterator[Issue]:
    if (path.parent / f"~${path.name}").exists():
        yield Issue(
            "WORKBOOK_OPEN",
            "warning",
            "ledger",
            1,
            f"{path.name} seems to be open in Excel; what is not saved yet is not read.",
            "Save and close it, then run again.",
            "planner",
        )


def _chosen(path: Path, wanted: str, sheet: str | None, shown: list[str]) -> Iterator[Issue]:
    """Say which of several sheets was read unasked, and that a hidden one was asked for."""
    others = [name for name in shown if name != wanted]
    if sheet is None and others:
        yield Issue(
            "SHEET_CHOSEN",
            "note",
            "ledger",
            1,
            f"Of {path.name} the first sheet {wanted!r} is read; the others are not: {first_ids(others)}.",
            'Write sheet = "…" if that is wrong.',
            "planner",
        )
    if wanted not in shown:
        yield Issue(
            "SHEET_HIDDEN",
            "note",
            "ledger",
            1,
            f"Sheet {wanted!r} of {path.name} is hidden in the workbook; it is read.",
            "Check that it is the one that is kept up to date.",
            "planner",
        )


def _hidden(path: Path, lines: list[int], frame: pd.DataFrame) -> Iterator[Issue]:
    full = set(frame.index[frame.notna().any(axis=1)])
    read = [n for n in lines if n in full]
    if read:
        yield Issue(
            "LINES_HIDDEN",
            "note",
            "ledger",
            len(read),
            f"{counted(len(read), 'line')} of {path.name} {'is' if len(read) == 1 else 'are'} hidden in the workbook "
            f"and read like the others: {first_ids(read)}.",
            "Delete them if they do not count.",
            features=[f"line {n}" for n in read],
        )


def _marks(path: Path, sheet: str) -> _Marks:
    """Look for what only the XML of an xlsx tells; other kinds of workbook tell nothing."""
    marks = _Marks()
    if not zipfile.is_zipfile(path):
        return marks
    try:
        with zipfile.ZipFile(path) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                return marks
            part, marks.is_1904 = _part(archive, sheet)
            if part in archive.namelist():
                with archive.open(part) as stream:
                    _scan(stream, marks)
    except (zipfile.BadZipFile, ElementTree.ParseError, EOFError):
        return marks  # the values were read; what is missing here is only what would be said about them
    return marks


def _part(archive: zipfile.ZipFile, sheet: str) -> tuple[str, bool]:
    """Name of the file that holds a sheet, and whether days count from 1904."""
    targets = {}
    if "xl/_rels/workbook.xml.rels" in archive.namelist():
        for relation in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels")):
            targets[relation.get("Id")] = relation.get("Target", "")
    part, is_1904 = "", False
    for element in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter():
        tag = element.tag.rsplit("}", 1)[-1]
        if tag == "workbookPr":
            is_1904 = element.get("date1904") in ("1", "true")
        elif tag == "sheet" and element.get("name") == sheet:
            key = next((v for k, v in element.attrib.items() if k.endswith("}id")), None)
            part = posixpath.normpath(posixpath.join("/xl", targets.get(key, ""))).lstrip("/")
    return part, is_1904


def _scan(stream: IO[bytes], marks: _Marks) -> None:
    """Search a sheet's XML piece by piece, so that a large one takes no memory."""
    rest = b""
    while chunk := stream.read(_CHUNK):
        text = rest + chunk
        # A piece ends where a row ends; what follows waits for the next piece.
        cut = text.rfind(b"</row>") + 6 if b"</row>" in text else 0
        if cut == 0 and len(text) > 64 * _CHUNK:
            return
        _look(text[:cut], marks)
        rest = text[cut:]
    _look(rest, marks)


def _look(text: bytes, marks: _Marks) -> None:
    for row in _ROW.finditer(text):
        if b'hidden="1"' in row[0] or b'hidden="true"' in row[0]:
            line = _LINE.search(row[0])
            if line:
                marks.hidden.append(int(line[1]))
    if b't="e"' not in text:
        return
    for cell in _ERROR.finditer(text):
        at = _CELL.search(cell[1])
        if at:
            column = 0
            for letter in at[1]:
                column = column * 26 + letter - 64
            marks.errors[int(at[2]), column - 1] = cell[2].decode("ascii", "replace")
