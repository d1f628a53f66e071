"""The sheet of assumptions: every number that figures depend on, in a cell with a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gisplan import vocabulary
from gisplan.measure.pieces import LEAST_LAND_M2
from gisplan.measure.reach import reach_of
from gisplan.measure.services import service_labels
from gisplan.measure.survey import VACANT_BELOW
from gisplan.show.workbook.content import Content, labels
from gisplan.show.workbook.score import ideals, weights
from gisplan.show.workbook.table import HEAD
from gisplan.show.workbook.writer import Writer

_HEADS = ("key", "value", "unit", "meaning", "source", "verified")
_WIDTHS = (40, 14, 12, 96, 52, 14)


def write_assumptions(writer: Writer) -> None:
    """Write the sheet: thresholds, areas that services reach, ideal values, weights, and the classes of land."""
    content = writer.content
    name = content.sheet("assumptions")
    sheet = writer.add_sheet(name, color="#b35c00")
    writer.title(sheet, f"{content.title} — {name}", content.note("yellow"))
    for i, (head, width) in enumerate(zip(_HEADS, _WIDTHS, strict=True)):
        sheet.set_column(i, i, width)
        sheet.write_string(HEAD - 1, i, "\n".join(labels(head).values()), writer.heading)
    sheet.set_row(HEAD - 1, 32)
    row = HEAD
    for key, value, unit, meaning, source, verified, live in _rows(content):
        form = {"bg_color": "#fff6cc", "border": 1, "border_color": "#d9c36a"} if live else {"bg_color": "#eeeeee"}
        writer.put(sheet, row, 0, key)
        if isinstance(value, str):
            writer.put(sheet, row, 1, value, writer.format(**form))
        elif value is None:
            sheet.write_blank(row, 1, None, writer.format(**form))
        else:
            sheet.write_number(row, 1, value, writer.number("plain", **form))
        for i, text in enumerate((unit, meaning, source, verified), start=2):
            writer.put(sheet, row, i, text, writer.format(indent=1))
        if live:
            writer.name(key, name, row, 1)
        row += 1
    _classes(writer, sheet, name, row + 1)
    sheet.freeze_panes(HEAD, 1)
    sheet.repeat_rows(HEAD - 1)
    sheet.fit_to_pages(1, 0)


Row = tuple[str, Any, str, str, str, str, bool]


def _rows(content: Content) -> Iterator[Row]:
    """Name, value, unit, meaning, source, whether verified, and whether formulas use it."""
    plan = content.plan
    own = {"zh": "gisplan 默认", "en": "gisplan's own default"}
    unit = content.say({"zh": "计划文件", "en": "the plan"})
    no = content.say({"zh": "未核实", "en": "no"})
    values = {
        "double_over_m": float(vocabulary.projects()["double_over_m"]),
        "storey_height_m": plan.assumptions.storey_height_m,
        "m2_per_job": plan.assumptions.m2_per_job,
        "vacant_below": VACANT_BELOW,
        "least_land_m2": LEAST_LAND_M2,
        "mu_m2": vocabulary.units("area")["mu"],
    }
    for key, value in values.items():
        words = vocabulary.workbook("assumed")[key]
        source = unit if key in ("storey_height_m", "m2_per_job") else content.say(own)
        exact = content.say({"zh": "是", "en": "yes"})
        yield key, value, words["unit"], content.say(words), source, exact if key == "mu_m2" else no, True
    for service in plan.layers.services:
        words = service_labels(plan, service)
        meaning = {"zh": f"{words['zh']}：服务距离", "en": f"{words['en']}: reach"}
        given = plan.layers.services[service].reach_m is not None
        yield (
            f"reach_{service}",
            reach_of(plan, service),
            "m",
            content.say(meaning),
            unit if given else content.say(own),
            "" if given else no,
            False,
        )
    for key, shown in (("area", plan.plan.area), ("area_basis", plan.plan.area_basis), ("crs", _crs(content))):
        yield key, shown, "", key, unit, "", False
    yield from ideals(content)
    yield from weights(content)


def _crs(content: Content) -> str:
    crs = content.survey.layers.crs
    return f"EPSG:{crs.to_epsg()}" if crs.to_epsg() else str(crs.name)


def _classes(writer: Writer, sheet: Any, name: str, top: int) -> None:
    """Write the classes of land with what they are taken for; formulas look them up here."""
    content = writer.content
    heads = (
        ("class_id", {"zh": "用地分类", "en": "Class"}),
        ("class_name", {"zh": "名称", "en": "Name"}),
        ("class_building", {"zh": "建设类", "en": "For building"}),
        ("class_formed", {"zh": "已成形类", "en": "Formed when in use"}),
    )
    for i, (_, words) in enumerate(heads):
        sheet.write_string(top, i, "\n".join(words.values()), writer.heading)
    sheet.set_row(top, 32)
    classes = list(vocabulary.land_classes().values())
    yellow = {"bg_color": "#fff6cc", "border": 1, "border_color": "#d9c36a"}
    for r, c in enumerate(classes, start=top + 1):
        writer.put(sheet, r, 0, c.id)
        writer.put(sheet, r, 1, content.say({"zh": c.zh, "en": c.en}))
        sheet.write_number(r, 2, int(c.building), writer.number("count", **yellow))
        sheet.write_number(r, 3, int(c.formed), writer.number("count", **yellow))
    for i, (key, _) in enumerate(heads):
        writer.range(key, name, top + 1, top + len(classes), i)
