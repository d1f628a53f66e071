"""A table of the workbook: its columns, where it stands, and how formulas elsewhere point to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from xlsxwriter.utility import xl_col_to_name

from gisplan.show.workbook.cells import Picked, Values

#: Rows of a sheet.
SHEET_ROWS = 1_048_576

#: Rows above the first record: title, remark, ids, headings.
HEAD = 4


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    id
        Name by which gisplan knows it.
    labels
        Headings by language.
    values
        Values of the cells; beside formulas, what they come to.
    kind
        ``number``, ``text``, ``date`` or ``flag``.
    formula
        None; one formula with ``{r}`` for the number of the row; one of a few a row; or a formula a row, where an empty
        one stands for none.
    unit
        Unit of the numbers, empty where there is none.
    style
        Name of the number format.
    width
        In characters.
    told
        How it comes about by language, for the dictionary.
    source
        Where its definition comes from.
    private
        Whether it must not leave the office.
    name
        Whether formulas elsewhere use it, by a name that the workbook knows.
    wrap
        Whether long texts go over several lines.
    """

    id: str
    labels: Mapping[str, str]
    values: Any
    kind: str = "number"
    formula: str | Picked | Sequence[str] | None = None
    unit: str = ""
    style: str = ""
    width: float = 12
    told: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    private: bool = False
    name: bool = False
    wrap: bool = False


@dataclass(frozen=True)
class Part:
    """The rows of a table that stand on one sheet."""

    sheet: str
    rows: range


class Table:
    """A table that may go over several sheets.

    Parameters
    ----------
    key
        Name by which gisplan knows it.
    sheet
        Name of its sheet; further sheets get a number.
    count
        How many records.
    prefix
        What the names of its columns begin with.
    """

    def __init__(self, key: str, sheet: str, count: int, *, prefix: str = "") -> None:
        self.key, self.count, self.prefix = key, count, prefix
        self.columns: list[Column] = []
        room = SHEET_ROWS - HEAD
        starts = range(0, max(count, 1), room)
        self.parts = [
            Part(sheet if i == 0 else f"{sheet[:26]} ({i + 1})", range(s, min(s + room, count)))
            for i, s in enumerate(starts)
        ]
        self._letters: dict[str, str] = {}
        self.values: dict[str, Values] = {}

    def add(self, column: Column) -> str:
        """Put a column behind the others and give its letter."""
        letter = str(xl_col_to_name(len(self.columns)))
        self._letters[column.id] = letter
        self.values[column.id] = Values(column.values, column.kind)
        self.columns.append(column)
        return letter

    def __contains__(self, column: str) -> bool:
        return column in self._letters

    def cell(self, column: str) -> str:
        """Cell of a column in the row of the formula."""
        return f"${self._letters[column]}{{r}}"

    def numbers(self) -> list[int]:
        """Number that each record's row has on its sheet, counted from 1."""
        return [i + HEAD + 1 for part in self.parts for i in range(len(part.rows))]

    def part_of(self, row: int) -> int:
        """Number of the part on which a record stands."""
        return row // (SHEET_ROWS - HEAD)

    def named(self, column: str, part: int = 0) -> str:
        """Name of a column's cells on one of the sheets."""
        return f"{self.prefix}{column}" + (f"_{part + 1}" if part else "")

    def place(self, column: str, row: int) -> str:
        """Absolute address of one cell."""
        part = self.parts[self.part_of(row)]
        return f"{quoted_sheet(part.sheet)}!${self._letters[column]}${row - part.rows.start + HEAD + 1}"

    def spans(self, column: str, rows: range) -> Iterator[str]:
        """Absolute ranges of a column, one a sheet that some of the rows stand on."""
        for part in self.parts:
            first, last = max(rows.start, part.rows.start), min(rows.stop, part.rows.stop)
            if first < last:
                letter, off = self._letters[column], HEAD + 1 - part.rows.start
                yield f"{quoted_sheet(part.sheet)}!${letter}${first + off}:${letter}${last - 1 + off}"

    def names(self) -> Iterator[tuple[str, str]]:
        """Names of the columns that formulas elsewhere use, with what they stand for."""
        for column in self.columns:
            if column.name:
                for i, part in enumerate(self.parts):
                    if len(part.rows):
                        yield self.named(column.id, i), next(self.spans(column.id, part.rows))

    def summed(self, column: str, rows: range, **where: str) -> str:
        """Sum of a column over some rows, of those for which columns (``land_class``) meet conditions (``"road"``)."""
        return self._over(("SUMIFS", "SUM"), column, rows, where)

    def counted(self, rows: range, **where: str) -> str:
        """Number of rows for which columns meet conditions."""
        return self._over(("COUNTIFS", ""), None, rows, where)

    def slices(self, column: str, starts: NDArray[np.int64]) -> list[str]:
        """Sum of a column for each group of rows; empty where a group has none.

        Parameters
        ----------
        column
            The column.
        starts
            First row of each group, and the end of the last, shape (groups + 1,).
        """
        if len(self.parts) > 1:
            return [
                self.summed(column, range(a, b)) if b > a else ""
                for a, b in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)
            ]
        head = f"SUM({quoted_sheet(self.parts[0].sheet)}!${self._letters[column]}$"
        to, off = f":${self._letters[column]}$", HEAD + 1
        ends = zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)
        return [f"{head}{a + off}{to}{b - 1 + off})" if b > a else "" for a, b in ends]

    def fetching(self, make: Callable[[int], str], rows: NDArray[np.int64]) -> str | Picked:
        """Formula that looks something up in this table.

        Parameters
        ----------
        make
            Formula for a record on one of the table's sheets, by its number.
        rows
            Record that each row of the formulas looks up; −1 where there is none.
        """
        if len(self.parts) == 1:
            return make(0)
        which = np.maximum(rows, 0) // (SHEET_ROWS - HEAD)
        return Picked([make(i) for i in range(len(self.parts))], which.tolist())

    def _over(self, functions: tuple[str, str], column: str | None, rows: range, where: Mapping[str, str]) -> str:
        lists = [[*self.spans(column, rows)]] if column else []
        lists += [[*self.spans(c, rows)] for c in where]
        if not rows:
            return "0"
        terms = []
        for spans in zip(*lists, strict=True):
            head, tests = (spans[:1], spans[1:]) if column else ((), spans)
            asked = [f"{span},{condition}" for span, condition in zip(tests, where.values(), strict=True)]
            terms.append(f"{functions[0 if where else 1]}({','.join([*head, *asked])})")
        return "+".join(terms)


def quoted_sheet(name: str) -> str:
    """Name of a sheet as formulas need it."""
    return "'" + name.replace("'", "''") + "'"
