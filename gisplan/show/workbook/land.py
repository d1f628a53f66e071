"""The land balance (用地平衡表): hectares and per cent by class, rounded so that they add up to the last digit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from xlsxwriter.utility import xl_col_to_name

from gisplan import vocabulary
from gisplan.show.workbook.content import Content
from gisplan.show.workbook.sums import Sums
from gisplan.show.workbook.table import HEAD
from gisplan.show.workbook.writer import QUIET, Writer

#: Zones that have columns of their own; of more, the sheet of zones has the shares.
MOST_ZONES = 40

#: Square metres of the last digit told in hectares, and the part of a whole of the last digit told in per cent.
HA_STEP, SHARE_STEP = 100.0, 1e-4


def largest_remainder(amounts: np.ndarray, step: float, whole: float) -> np.ndarray:
    """Round amounts to steps so that they add up to their rounded sum (largest remainder method).

    Parameters
    ----------
    amounts
        Shape (n,).
    step
        What they are rounded to.
    whole
        What they are to add up to, a multiple of `step`.

    Returns
    -------
    numpy.ndarray
        Multiples of `step`; each less than one step from its amount. Of equal remainders the first is rounded up.
    """
    units = amounts / step
    floors = np.floor(units)
    left = round(whole / step - floors.sum())
    order = np.argsort(-(units - floors), kind="stable")
    floors[order[:left]] += 1
    return np.asarray(floors * step)


@dataclass(frozen=True)
class Row:
    """One row of the balance: names, and the sum of the zone sums that it tells of."""

    id: str
    zh: str
    en: str
    formula: str
    amounts: np.ndarray


def rows_of(content: Content, sums: Sums) -> list[Row]:
    """Rows of the balance: classes that occur, what has no class, and what lies beside the parcels."""

    def of(name: str) -> np.ndarray:
        return np.asarray(np.nan_to_num(sums.table.values[name].array))

    out = []
    for c in vocabulary.land_classes().values():
        if of(f"class_{c.id}").any():
            out.append(Row(c.id, c.zh, c.en, f"z_class_{c.id}", of(f"class_{c.id}")))
    if of("class_none").any():
        out.append(Row("none", "用途不明", "Class not known", "z_class_none", of("class_none")))
    beside = of("zone_area") - of("parcel_land")
    words = ("宗地以外（图形与登记之差计入）", "Beside the parcels")
    if content.by_ledger:
        words = ("宗地以外及图形与登记之差", "Beside the parcels, and drawing less ledger")
    out.append(Row("beside", *words, "z_zone_area-z_parcel_land", beside))
    return out


def write_land(writer: Writer, sums: Sums) -> tuple[str, int, int] | None:
    """Write the sheet.

    Returns
    -------
    tuple or None
        Name of the sheet, first and last row of the classes; None without parcels.
    """
    content = writer.content
    if "parcel_land" not in sums.table:
        return None
    rows = rows_of(content, sums)
    name = content.sheet("land")
    sheet = writer.add_sheet(name, color="#5a7d3a")
    zones = content.survey.layers.zones
    shown = len(zones) if len(zones) <= MOST_ZONES else 0
    note = content.note("rounded") + ("" if shown else content.note("shares"))
    writer.title(sheet, f"{content.title} — {name}", note)
    first, last = HEAD + 1, HEAD + len(rows)
    scopes: list[tuple[str, list[str], np.ndarray]] = [
        (
            content.say({"zh": "全部分区", "en": "All zones"}),
            [_all(r) for r in rows],
            np.array([r.amounts.sum() for r in rows]),
        ),
        *(
            (
                f"{zones['zone_id'].iloc[z]} {zones['name'].iloc[z] or ''}".strip(),
                [_one(r, z) for r in rows],
                np.array([r.amounts[z] for r in rows]),
            )
            for z in range(shown)
        ),
    ]
    sheet.set_column(0, 0, 50)
    sheet.write_string(HEAD - 1, 0, "用地分类\nLand-use class", writer.heading)
    sheet.write_string(HEAD, 0, "", writer.heading)
    for r, row in enumerate(rows):
        writer.put(sheet, first + r, 0, content.say({"zh": row.zh, "en": row.en}), writer.format())
    bold = {"bold": True, "top": 1}
    writer.put(sheet, last + 1, 0, content.say({"zh": "合计", "en": "Total"}), writer.format(**bold))
    for i, (title, formulas, amounts) in enumerate(scopes):
        _scope(writer, sheet, title, formulas, amounts, first=first, at=1 + 2 * i, helper=2 + 2 * len(scopes) + i)
    sheet.set_row(HEAD - 1, 40)
    sheet.set_column(1, 2 * len(scopes), 11)
    sheet.set_column(
        2 + 2 * len(scopes), 1 + 3 * len(scopes), 16, None, {"level": 1, "hidden": True, "collapsed": True}
    )
    sheet.freeze_panes(HEAD + 1, 1)
    sheet.repeat_rows(HEAD - 1, HEAD)
    sheet.repeat_columns(0)
    sheet.print_area(0, 0, last + 1, 2 * len(scopes))
    sheet.fit_to_pages(1 if shown <= 6 else 0, 0)
    return name, first, last


def _all(row: Row) -> str:
    return "+".join(f"SUM({n})" for n in row.formula.split("-")[:1]) + "".join(
        f"-SUM({n})" for n in row.formula.split("-")[1:]
    )


def _one(row: Row, zone: int) -> str:
    return "-".join(f"INDEX({n},{zone + 1})" for n in row.formula.split("-"))


def _scope(
    writer: Writer,
    sheet: Any,
    title: str,
    formulas: list[str],
    amounts: np.ndarray,
    *,
    first: int,
    at: int,
    helper: int,
) -> None:
    """Write the two columns of a zone, or of all, and the square metres they are rounded from."""
    last = first + len(amounts) - 1
    sheet.merge_range(HEAD - 1, at, HEAD - 1, at + 1, title, writer.heading)
    sheet.write_string(HEAD, at, "ha", writer.heading)
    sheet.write_string(HEAD, at + 1, "%", writer.heading)
    quiet = writer.number("m2", font_color=QUIET)
    sheet.write_string(HEAD - 1, helper, f"{title}\nm²", writer.heading)
    letter = xl_col_to_name(helper)
    span = f"${letter}${first + 1}:${letter}${last + 1}"
    whole = float(amounts.sum())
    hectares = largest_remainder(amounts, HA_STEP, round(whole / HA_STEP) * HA_STEP) / 1e4
    shares = largest_remainder(amounts / whole, SHARE_STEP, 1.0) if whole > 0 else np.full(len(amounts), np.nan)
    live = {"font_color": "#0b4f6c"}
    for r, (formula, amount) in enumerate(zip(formulas, amounts, strict=True)):
        row = first + r
        sheet.write_formula(row, helper, f"={formula}", quiet, float(amount))
        top = f"${letter}${first + 1}:${letter}${row + 1}"
        cell = f"${letter}${row + 1}"
        total = f"SUM({span})"
        rounded = _rounded(cell, span, top, "{0}/100", f"ROUND({total}/100,0)")
        sheet.write_formula(row, at, f"=({rounded})/100", writer.number("ha2", **live), float(hectares[r]))
        rounded = _rounded(cell, span, top, f"({{0}}/{total}*10000)", "10000")
        value = "" if np.isnan(shares[r]) else float(shares[r])
        sheet.write_formula(
            row, at + 1, f'=IF({total}>0,({rounded})/10000,"")', writer.number("percent", **live), value
        )
    for column, style, values in ((at, "ha2", hectares), (at + 1, "percent", shares)):
        own = xl_col_to_name(column)
        form = writer.number(style, bold=True, top=1, **live)
        added = float(np.nansum(values))
        sheet.write_formula(last + 1, column, f"=SUM({own}{first + 1}:{own}{last + 1})", form, added)
    sheet.write_formula(last + 1, helper, f"=SUM({span})", quiet, whole)


def _rounded(cell: str, span: str, top: str, unit: str, whole: str) -> str:
    """Formula of a row's whole steps: its floor, and one more where its remainder is among the largest."""
    of, every, above = (unit.format(a) for a in (cell, span, top))
    rest, rests, before = (f"({u}-INT({u}))" for u in (of, every, above))
    row = f"ROW({cell})"
    rank = f"SUMPRODUCT(--({rests}>{rest}))+SUMPRODUCT(({before}={rest})*(ROW({top})<{row}))"
    return f"INT({of})+IF({rank}<{whole}-SUMPRODUCT(INT({every})),1,0)"
