"""Sheets of one look: titles, headings, number formats, filters, and how they print."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from gisplan.show.workbook.cells import LongSheet, clean, lines_of, text_lines
from gisplan.show.workbook.content import Content
from gisplan.show.workbook.table import HEAD, Column, Table, quoted_sheet

#: A font that Windows has, with Latin and Chinese letters.
FONT = "Microsoft YaHei"

#: Ink, ground and rule colours of headings.
INK, GROUND, LINE, QUIET = "#1a3a4a", "#e6eff2", "#9db4bd", "#6b7a80"

#: Number formats by name.
FORMATS: Mapping[str, str] = {
    "m2": "#,##0.00",
    "ha": "#,##0.0000",
    "ha2": "#,##0.00",
    "percent": "0.00%",
    "ratio": "0.000",
    "money": "#,##0.00",
    "count": "#,##0",
    "plain": "#,##0.##########",
    "date": "yyyy-mm-dd",
    "text": "@",
    "share9": "0.000000000",
    "score": "0.00",
    "flag": "General",
}

#: Characters that one page across can hold and still be read, and most lines of a row.
_ONE_PAGE, _MOST_LINES = 235, 10

#: The day that the file says it was made on: the same input gives the same bytes.
_MADE = dt.datetime(2000, 1, 1)


class Writer:
    """A workbook being written.

    Parameters
    ----------
    content
        What it is made from.
    file
        Where.
    """

    def __init__(self, content: Content, file: Path) -> None:
        self.content = content
        options = {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "tmpdir": str(file.parent),
            "default_format_properties": {"font_name": FONT, "font_size": 10},
        }
        self.book = xlsxwriter.Workbook(str(file), options)
        self.book.set_properties({"title": content.title, "comments": "gisplan", "created": _MADE})
        self.book.set_calc_mode("auto", 191029)
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def close(self) -> None:
        """Write the file.

        Raises
        ------
        OSError
            It cannot be written.
        """
        try:
            self.book.close()
        except xlsxwriter.exceptions.FileCreateError as error:
            for sheet in self.book.worksheets():
                # It leaves the file open that could not be written.
                if sheet.fh is not None:
                    with suppress(OSError):
                        sheet.fh.close()
            reason = error.args[0] if error.args else error
            raise reason if isinstance(reason, OSError) else OSError(str(reason)) from None

    def format(self, **properties: Any) -> Any:
        """Cell format; the same properties give the same one."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format(
                {"font_name": FONT, "font_size": 10, "valign": "top", **properties}
            )
        return self._formats[key]

    @cached_property
    def heading(self) -> Any:
        """Format of headings."""
        return self.format(
            bold=True, bg_color=GROUND, font_color=INK, text_wrap=True, valign="vcenter", border=1, border_color=LINE
        )

    def number(self, style: str, **more: Any) -> Any:
        """Format of cells with numbers of a style."""
        return self.format(num_format=FORMATS.get(style, "General"), **more)

    def add_sheet(self, name: str, *, color: str = INK) -> Any:
        """Add a sheet that prints on A4, across, as wide as one page."""
        sheet = self.book.add_worksheet(name, worksheet_class=LongSheet)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        sheet.hide_gridlines(1)
        day = self.content.plan.plan.as_of
        left = self.content.title.replace("&", "&&")[:90]
        sheet.set_footer(f"&L&8{left}&C&8&A{'  ' + str(day) if day else ''}&R&8&P / &N")
        sheet.set_tab_color(color)
        return sheet

    def title(self, sheet: Any, title: str, note: str = "") -> None:
        """Write what a sheet is headed with: its title, and a remark below."""
        sheet.write_string(0, 0, title, self.format(bold=True, font_size=14, font_color=INK, valign="vcenter"))
        sheet.set_row(0, 24)
        if note:
            sheet.write_string(1, 0, clean(note)[0], self.format(font_size=9, font_color=QUIET, valign="vcenter"))

    def put(self, sheet: Any, row: int, column: int, text: str, form: Any = None) -> None:
        """Write text, made safe, into one cell."""
        kept, changed = clean(text)
        self.content.changed[sheet.name] = self.content.changed.get(sheet.name, 0) + changed
        sheet.write_string(row, column, kept, form or self.format(text_wrap=True))

    def table(
        self,
        table: Table,
        title: str,
        note: str = "",
        *,
        frozen: int = 2,
        color: str = INK,
        filtered: bool = True,
    ) -> list[Any]:
        """Write a table on a sheet of its own, on several where it has more rows than one can hold.

        Parameters
        ----------
        table
            The table.
        title, note
            What stands above it.
        frozen
            Columns that stay in sight.
        color
            Of the sheet's tab.
        filtered
            Whether it can be filtered and sorted; not where formulas elsewhere count on its order.
        """
        sheets = []
        for part in table.parts:
            sheet = self.add_sheet(part.sheet, color=color)
            over = ""
            if len(table.parts) > 1:
                rows = f"{part.rows.start + 1:,}–{part.rows.stop:,}"
                over = self.content.note("part", rows=rows, n=f"{table.count:,}")
            self.title(sheet, title, " · ".join(n for n in (over, note) if n))
            columns = []
            for i, column in enumerate(table.columns):
                self._column(sheet, i, column)
                form = self._form(column)
                columns.append((str(xl_col_to_name(i)), form._get_xf_index(), table.values[column.id], column.formula))
            sheet.set_row(HEAD - 2, 12)
            sheet.set_row(HEAD - 1, 13.5 * max(text_lines(_heading(c), c.width) for c in table.columns) + 6)
            sheet.freeze_panes(HEAD, frozen)
            sheet.repeat_rows(HEAD - 1)
            if sum(c.width for c in table.columns) <= _ONE_PAGE:
                sheet.fit_to_pages(1, 0)
            else:
                sheet.repeat_columns(0, frozen - 1)
                sheet.set_print_scale(60)
            last = HEAD + max(len(part.rows), 1) - 1
            if filtered:
                sheet.autofilter(HEAD - 1, 0, last, len(table.columns) - 1)
            span = f"A{HEAD + 1}:{xl_col_to_name(len(table.columns) - 1)}{last + 1}"
            sheet.ignore_errors({"number_stored_as_text": span, "formula_differs": span, "formula_range": span})
            if len(part.rows):
                sheet.add_lines(
                    HEAD,
                    len(part.rows),
                    len(columns),
                    lambda c=columns, p=part: lines_of(c, p.rows, HEAD + 1, _heights(table)),
                )
            sheets.append(sheet)
        for name, span in table.names():
            self.book.define_name(name, "=" + span)
        changed = sum(v.changed for v in table.values.values())
        if changed:
            self.content.changed[table.parts[0].sheet] = changed
        return sheets

    def _form(self, column: Column) -> Any:
        style = column.style or ("plain" if column.kind == "number" else column.kind)
        if column.kind == "number" and style == "text":
            style = "plain"
        more: dict[str, Any] = {} if column.formula is None else {"font_color": "#0b4f6c"}
        if column.kind == "text":
            form = "@" if column.formula is None else "General"
            return self.format(num_format=form, indent=1, text_wrap=column.wrap, **more)
        return self.number(style, **more)

    def _column(self, sheet: Any, place: int, column: Column) -> None:
        sheet.set_column(place, place, column.width)
        sheet.write_string(HEAD - 2, place, column.id, self.format(font_size=7, font_color=QUIET))
        sheet.write_string(HEAD - 1, place, _heading(column), self.heading)

    def name(self, name: str, sheet: str, row: int, column: int) -> None:
        """Let formulas call a cell by a name."""
        self.book.define_name(name, f"={quoted_sheet(sheet)}!${xl_col_to_name(column)}${row + 1}")

    def range(self, name: str, sheet: str, first: int, last: int, column: int) -> None:
        """Let formulas call cells of a column by a name."""
        letter = xl_col_to_name(column)
        self.book.define_name(name, f"={quoted_sheet(sheet)}!${letter}${first + 1}:${letter}${last + 1}")

    def rows(self, sheet: Any, row: int, texts: Sequence[tuple[str, float]]) -> None:
        """Make a row as high as its texts need, each with the width of its column."""
        sheet.set_row(row, 13.5 * max(text_lines(t, w) for t, w in texts) + 1.5)


def _heading(column: Column) -> str:
    """Heading of a column: both languages and the unit, a line each."""
    lines = dict.fromkeys((column.labels["zh"], column.labels["en"]))
    unit = f"({column.unit})" if column.unit not in ("", "share", "1", "n") else ""
    return "\n".join([*lines, *filter(None, [unit])])


def _heights(table: Table) -> list[float] | None:
    """Heights of the rows of a table with texts over several lines; None where it has none."""
    wrapped = [(table.values[c.id].array, c.width) for c in table.columns if c.wrap]
    if not wrapped:
        return None
    lines = (max(text_lines(cells[i] or "", w) for cells, w in wrapped) for i in range(table.count))
    return [13.5 * min(n, _MOST_LINES) + 1.5 for n in lines]
