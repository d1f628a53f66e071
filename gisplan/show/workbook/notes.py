"""Where figures come from: the sheet of sources, and the dictionary of every column."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from gisplan import vocabulary
from gisplan.show.workbook.content import Content
from gisplan.show.workbook.registers import plain_table
from gisplan.show.workbook.table import HEAD, Table
from gisplan.show.workbook.writer import Writer


def dictionary_table(content: Content, tables: Iterable[Table]) -> Table:
    """One row a column of the workbook: names, unit, whether it is a formula, how it comes about, source."""
    live = content.say({"zh": "公式", "en": "formula"})
    value = content.say({"zh": "数值", "en": "value"})
    plan = content.plan.file.name if content.plan.file else "plan.toml"
    measured = {m.id: m for m in content.measured}
    rows = []
    for table in tables:
        for c in table.columns:
            unverified = "unverified" in c.source or (
                c.id in measured and table.key == "zones" and "unverified" in measured[c.id].indicator.text
            )
            rows.append(
                {
                    "sheet": table.parts[0].sheet,
                    "column": c.id,
                    "label_zh": c.labels["zh"],
                    "label_en": c.labels["en"],
                    "unit": c.unit,
                    "made": value if c.formula is None else live,
                    "formula": content.say(c.told, " / ") if c.told else "",
                    "source": c.source,
                    "verified": content.say({"zh": "未核实", "en": "no"}) if unverified else "",
                    "explain": f"gisplan explain {plan} ZONE {c.id}"
                    if table.key == "zones" and c.id in measured
                    else "",
                }
            )
    codes = content.say({"zh": "（代码）", "en": "(codes)"})
    for kind, words in (
        ("land_class", {c.id: (c.zh, c.en) for c in vocabulary.land_classes().values()}),
        ("idle_class", {c.id: (c.zh, c.en) for c in vocabulary.idle_classes().values()}),
        ("class", {k: (v["zh"], v["en"]) for k, v in vocabulary.projects()["classes"].items()}),
    ):
        for code, (zh, en) in words.items():
            rows.append({"sheet": codes, "column": f"{kind} = {code}", "label_zh": zh, "label_en": en})
    frame = pd.DataFrame(rows).fillna("")
    return plain_table(content, "dictionary", frame, wrap=True)


def write_sources(writer: Writer, sheet: Any, left_out: int) -> None:
    """Write what was asked, which rules and versions did it, and every file that was read with its hash.

    Parameters
    ----------
    writer
        The workbook.
    sheet
        Sheet to fill; the last, since it tells what others had to leave out.
    left_out
        Findings that are counted only.
    """
    content = writer.content
    name = content.sheet("sources")
    writer.title(sheet, f"{content.title} — {name}")
    for i, width in enumerate((30, 60, 14, 70)):
        sheet.set_column(i, i, width)
    row = HEAD - 2
    plan, asked = content.plan, content.asked
    facts = [
        ({"zh": "计划文件", "en": "Plan"}, plan.file.name if plan.file else ""),
        ({"zh": "评价时点", "en": "As of"}, str(plan.plan.as_of or "")),
        ({"zh": "坐标系", "en": "Coordinate system"}, str(asked.get("crs", ""))),
        ({"zh": "面积", "en": "Area"}, f"{plan.plan.area}, {plan.plan.area_basis}"),
        ({"zh": "规则包", "en": "Rule packs"}, ", ".join(asked.get("rules", ()))),
        ({"zh": "版本", "en": "Versions"}, ", ".join(f"{k} {v}" for k, v in asked.get("versions", {}).items())),
    ]
    for words, text in facts:
        writer.put(sheet, row, 0, " ".join(words.values()), writer.heading)
        writer.put(sheet, row, 1, text)
        writer.rows(sheet, row, [(text, 60)])
        row += 1
    row += 1
    for i, head in enumerate(("文件\nFile", "路径\nPath", "字节\nBytes", "SHA-256")):
        sheet.write_string(row, i, head, writer.heading)
    for item in asked.get("inputs", ()):
        row += 1
        path = str(item.get("file", item.get("source", "")))
        writer.put(sheet, row, 0, path.rsplit("/", maxsplit=1)[-1])
        writer.put(sheet, row, 1, path)
        if isinstance(item.get("bytes"), int):
            sheet.write_number(row, 2, item["bytes"], writer.number("count"))
        writer.put(sheet, row, 3, str(item.get("sha256", "")))
    row += 2
    for line in _remarks(content, left_out):
        writer.put(sheet, row, 0, line, writer.format())
        row += 1
    sheet.fit_to_pages(1, 0)


def _remarks(content: Content, left_out: int) -> Iterable[str]:
    """What a reader has to know of this file."""
    cut = {k: n for k, n in content.changed.items() if n}
    if cut:
        sheets = ", ".join(f"{k}: {n:,}" for k, n in cut.items())
        yield content.note("cut", n=f"{sum(cut.values()):,}", sheets=sheets)
    if left_out:
        yield content.note("listed", n=f"{left_out:,}")
    if content.public:
        yield content.note("public")
