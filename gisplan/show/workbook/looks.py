"""What makes a sheet easier to read: colours that follow from the cells."""

from __future__ import annotations

from typing import Any

from gisplan.show.workbook.table import HEAD, Table
from gisplan.show.workbook.writer import Writer

#: Columns with a bar as long as the share, and columns shaded from low to high.
_BARS = ("coverage", "reach", "standardised")
_SHADES = ("plot_ratio", "building_density", "vacant_parcel_share", "total", "area_score", "idle_rate")

#: Words by which a row's cell is coloured: column, begins with, ground, ink.
_WORDS = (
    ("class", "pass", "#dff0d8", "#2d5a27"),
    ("class", "below", "#fbe3d6", "#8a3b12"),
    ("class", "above", "#f6d5d5", "#8a1212"),
    ("idle_class", "IDLE", "#f6d5d5", "#8a1212"),
    ("idle_class", "OVERDUE", "#fdf6cf", "#6b5900"),
    ("severity", "error", "#f6d5d5", "#8a1212"),
    ("severity", "warning", "#fbe3d6", "#8a3b12"),
)


def add(writer: Writer, table: Table, sheets: list[Any]) -> None:
    """Colour a table's cells by what is in them."""
    for sheet, part in zip(sheets, table.parts, strict=True):
        if not len(part.rows):
            continue
        last = HEAD + len(part.rows) - 1
        for i, column in enumerate(table.columns):
            if column.id in _BARS or column.id.startswith("coverage_"):
                bar = {
                    "type": "data_bar",
                    "bar_color": "#9cc5d6",
                    "bar_solid": True,
                    "min_type": "num",
                    "min_value": 0,
                    "max_type": "num",
                    "max_value": 1,
                    "data_bar_2010": True,
                }
                sheet.conditional_format(HEAD, i, last, i, bar)
            elif column.id in _SHADES:
                shade = {"type": "2_color_scale", "min_color": "#ffffff", "max_color": "#9cc5d6"}
                sheet.conditional_format(HEAD, i, last, i, shade)
            for name, word, ground, ink in _WORDS:
                if column.id == name:
                    form = writer.book.add_format({"bg_color": ground, "font_color": ink})
                    rule = {"type": "text", "criteria": "begins with", "value": word, "format": form}
                    sheet.conditional_format(HEAD, i, last, i, rule)
