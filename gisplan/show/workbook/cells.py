"""Cells of long tables: text made safe for a sheet, and rows written as they are needed.

xlsxwriter looks at each cell by itself, which takes minutes for a hundred thousand parcels. `LongSheet` takes a table
as columns and makes its rows a few thousand at a time, so that time and memory stay small however long it is.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from xlsxwriter.worksheet import Worksheet

#: Characters a cell can hold.
CELL_MAX = 32_767

#: Rows made at a time.
_CHUNK = 4_096

#: Characters that XML has no place for: control characters, halves of surrogate pairs and the two non-characters.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

#: What Excel would take for a character code of its own.
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")

#: Day 0 of the sheet's calendar.
_EPOCH = dt.date(1899, 12, 30)


def clean(text: str) -> tuple[str, bool]:
    """Text as a cell can hold it, and whether something had to be taken away.

    Characters that XML has no place for become the replacement character; what is longer than a cell ends in a mark
    that says how many characters are not there.
    """
    kept = _NO_XML.sub("\ufffd", text)
    if len(kept) > CELL_MAX:
        mark = f" … [+{len(kept) - CELL_MAX + 40:,} 字 characters]"
        kept = kept[: CELL_MAX - 40] + mark
    return kept, kept != text


def number_of_day(day: dt.date) -> int:
    """Serial number by which sheets keep a day."""
    return (dt.date(day.year, day.month, day.day) - _EPOCH).days


def quoted(text: str) -> str:
    """Text as it stands in a cell's XML; what looks like a code of Excel's own (``_x0041_``) stays as it is."""
    return _ESCAPED.sub("_x005F_", escape(text))


class Values:
    """Values of a column as the cells hold them, kept as tightly as they were given.

    Parameters
    ----------
    values
        Numbers, texts, dates or truths; None, NaN and NaT are missing.
    kind
        ``number``, ``text``, ``date`` or ``flag``.

    Attributes
    ----------
    changed
        How many texts a cell could not hold as they are.
    """

    def __init__(self, values: Any, kind: str) -> None:
        self.kind = kind
        self.changed = 0
        if kind == "number":
            self._numbers = np.array(pd.to_numeric(pd.Series(values)), dtype=float)
            self._numbers[~np.isfinite(self._numbers)] = np.nan
            return
        self._series = values if isinstance(values, pd.Series) else pd.Series(values, dtype=object)
        if kind == "text":
            self.changed = sum(
                clean(str(v))[1]
                for r in range(0, len(self), _CHUNK)
                for v in self._there(range(r, min(r + _CHUNK, len(self))))
            )

    def __len__(self) -> int:
        return len(self._numbers) if self.kind == "number" else len(self._series)

    @property
    def array(self) -> NDArray[Any]:
        """All cells: numbers, NaN where there is none; else objects, None where there is none."""
        if self.kind == "number":
            return self._numbers
        out = np.empty(len(self), dtype=object)
        out[:] = self.cells(range(len(self)))
        return out

    def cells(self, rows: range) -> list[Any]:
        """Cells of some rows, None where there is nothing."""
        if self.kind == "number":
            part = self._numbers[rows.start : rows.stop].tolist()
            return [None if v != v else v for v in part]  # noqa: PLR0124  only NaN is not itself
        part, there = self._part(rows)
        return [self._one(v) if t else None for v, t in zip(part, there, strict=True)]

    def _part(self, rows: range) -> tuple[list[Any], list[bool]]:
        part = self._series.iloc[rows.start : rows.stop]
        return part.to_numpy(dtype=object).tolist(), part.notna().tolist()

    def _there(self, rows: range) -> Iterator[Any]:
        values, there = self._part(rows)
        return (v for v, t in zip(values, there, strict=True) if t)

    def _one(self, value: Any) -> Any:
        if self.kind == "flag":
            return bool(value)
        if self.kind == "date":
            return number_of_day(value)
        return clean(str(value))[0] or None


@dataclass(frozen=True)
class Picked:
    """A few formulas of which each row takes one: a table that goes over several sheets has other names on each.

    Attributes
    ----------
    formulas
        With ``{r}`` for the row's number.
    which
        Number of the formula of each row.
    """

    formulas: Sequence[str]
    which: Sequence[int]


class LongSheet(Worksheet):  # type: ignore[misc]  # xlsxwriter tells no types
    """A worksheet that ends in one long table; what stands above it is written as usual."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: Callable[[], Iterator[str]] | None = None
        self._above = 0
        self.dim_rowmax: Any

    def add_lines(self, first: int, count: int, columns: int, lines: Callable[[], Iterator[str]]) -> None:
        """Let rows follow.

        Parameters
        ----------
        first
            Row of the first of them, counted from 0; nothing else may stand there or below.
        count, columns
            How many rows and columns.
        lines
            Makes the rows as XML.
        """
        self._above = first - 1
        self._lines = lines
        self._check_dimensions(first + count - 1, columns - 1)

    def _write_rows(self) -> None:
        last: Any = self.dim_rowmax
        if self._lines is not None:
            self.dim_rowmax = self._above
        super()._write_rows()
        self.dim_rowmax = last
        if self._lines is not None:
            for block in self._lines():
                self.fh.write(block)


def text_lines(text: str, width: float) -> int:
    """Lines that a text takes in a column so many characters wide; Chinese letters are twice as wide as Latin ones."""
    room = max(width - 1.5, 1.0)
    wide = (sum(2 if ord(c) > 0x2E7F else 1 for c in line) for line in text.split("\n"))
    return sum(max(1, ceil(w * 1.08 / room)) for w in wide)


def lines_of(
    columns: Sequence[tuple[str, int, Values, Any]], rows: range, first: int, heights: Sequence[float] | None = None
) -> Iterator[str]:
    """Rows as XML.

    Parameters
    ----------
    columns
        Letter, number of the format, values, and formulas (None, one with ``{r}`` for the row's number, or one a row,
        where an empty one stands for none) of each column.
    rows
        Rows of the values that are wanted.
    first
        Number that the first of them has on the sheet, counted from 1.
    heights
        Height of each row of the values, where they are not all alike.
    """
    for start in range(rows.start, rows.stop, _CHUNK):
        part = range(start, min(start + _CHUNK, rows.stop))
        numbers = [str(first + i - rows.start) for i in part]
        made = [_cells(letter, style, values, formula, part, numbers) for letter, style, values, formula in columns]
        tall = [""] * len(part) if heights is None else [f' ht="{heights[i]:g}" customHeight="1"' for i in part]
        yield "".join(
            f'<row r="{n}"{high}>{"".join(cells)}</row>'
            for n, high, cells in zip(numbers, tall, zip(*made, strict=True), strict=True)
        )


def _cells(letter: str, style: int, values: Values, formula: Any, part: range, numbers: list[str]) -> list[str]:
    own = values.cells(part)
    if formula is None:
        return [_plain(f'<c r="{letter}{n}" s="{style}"', v, values.kind) for n, v in zip(numbers, own, strict=True)]
    if isinstance(formula, str):
        pieces = escape(formula).split("{r}")
        formulas = [n.join(pieces) for n in numbers]
    elif isinstance(formula, Picked):
        split = [escape(f).split("{r}") for f in formula.formulas]
        which = formula.which[part.start : part.stop]
        formulas = [n.join(split[w]) for n, w in zip(numbers, which, strict=True)]
    else:
        formulas = [escape(f) for f in formula[part.start : part.stop]]
    return [
        _live(f'<c r="{letter}{n}" s="{style}"', f, v, values.kind)
        if f
        else _plain(f'<c r="{letter}{n}" s="{style}"', v, values.kind)
        for n, f, v in zip(numbers, formulas, own, strict=True)
    ]


def _plain(head: str, value: Any, kind: str) -> str:
    if value is None:
        return ""
    if kind == "text":
        return f'{head} t="inlineStr"><is><t xml:space="preserve">{quoted(value)}</t></is></c>'
    if kind == "flag":
        return f'{head} t="b"><v>{value:d}</v></c>'
    return f"{head}><v>{value!r}</v></c>"


def _live(head: str, formula: str, value: Any, kind: str) -> str:
    if value is None:
        return f'{head} t="str"><f>{formula}</f><v></v></c>'
    if kind == "text":
        return f'{head} t="str"><f>{formula}</f><v>{quoted(value)}</v></c>'
    return f"{head}><f>{formula}</f><v>{value!r}</v></c>"
