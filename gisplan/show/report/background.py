"""Chapters of what stands behind the figures: quality of the data, method and sources."""

from __future__ import annotations

from collections.abc import Iterator

from gisplan.rules import Pack
from gisplan.show.report.blocks import Block, Column, Heading, Paragraph, Table, Text
from gisplan.show.report.figures import number, unit_text
from gisplan.show.report.given import Given, label, long_table


def quality(given: Given) -> Iterator[Block]:
    """The books, and what was wrong with the data."""
    yield Heading(Text("数据质量", "Quality of the data"))
    scale = {"area_m2": (1e4, "ha"), "length_m": (1e3, "km"), "count": (1.0, "n")}
    rows: list[list[str | Text]] = []
    for row in given.balance.to_dict("records"):
        by, unit = scale[row["measure"]]
        cells = [
            number(row[c] / by, digits=0 if unit == "n" else 3)
            for c in ("input", "inside", "outside", "rejected", "overlap")
        ]
        rows.append([str(row["layer"]), unit, *cells])
    heads = (("输入", "Input"), ("分区内", "Inside"), ("分区外", "Outside"), ("剔除", "Rejected"), ("重复", "Overlap"))
    columns = [
        Column(Text("图层", "Layer")),
        Column(Text("单位", "Unit")),
        *(Column(Text(*h), number=True) for h in heads),
    ]
    yield Paragraph(
        Text(
            "每一图层：输入 + 重复 = 分区内 + 分区外 + 剔除，误差小于十亿分之一。",
            "Of every layer: input + overlap = inside + outside + rejected, to one part in a billion.",
        )
    )
    yield Table(Text("收支平衡", "The books"), columns, rows)
    grave = {"error": Text("错误", "error"), "warning": Text("警告", "warning"), "note": Text("说明", "note")}
    told: list[list[str | Text]] = [
        [grave[i.severity], i.layer, f"{i.count:,}", i.message, i.remedy] for i in given.issues if i.severity != "note"
    ]
    if told:
        yield long_table(
            Text("数据问题", "Data issues"),
            [
                Column(Text("级别", "Grade")),
                Column(Text("图层", "Layer")),
                Column(Text("数量", "Count"), number=True),
                Column(Text("问题", "What")),
                Column(Text("处理", "What to do")),
            ],
            told,
            "issues.csv",
        )


def method(given: Given) -> Iterator[Block]:
    """How figures are defined, by which rules, from which files."""
    yield Heading(Text("方法与来源", "Method and sources"))
    yield Paragraph(
        Text(
            "零是测得的值，缺失不是；分区的比值是总和之比，不是宗地比值的平均；宗地被分区边界切开时，数量按面积比例分摊；建筑与线状要素按实际位置切分。",
            "Zero is a measurement, missing is not; a zone's ratio is sum over sum, never the mean of parcels; where a "
            "border cuts a parcel, amounts are split by area; buildings and lines are cut where they lie.",
        )
    )
    rows: list[list[str | Text]] = [
        [label(m), Text(m.formula["zh"], m.formula["en"]), unit_text(m.unit), m.source] for m in given.known.values()
    ]
    yield Table(
        Text("指标定义", "How figures are defined"),
        [
            Column(Text("指标", "Figure")),
            Column(Text("公式", "Formula")),
            Column(Text("单位", "Unit")),
            Column(Text("出处", "Source")),
        ],
        rows,
    )
    if given.packs:
        packs: list[list[str | Text]] = [
            [p.name, Text(p.title.zh, p.title.en), p.edition, p.source, _verified(p)] for p in given.packs
        ]
        yield Table(
            Text("规则", "Rules"),
            [
                Column(Text("规则包", "Rule pack")),
                Column(Text("名称", "Title")),
                Column(Text("版本", "Edition")),
                Column(Text("来源", "Source")),
                Column(Text("已核实", "Verified")),
            ],
            packs,
        )
    files: list[list[str | Text]] = [
        [str(i["file"]), f"{i['bytes']:,}", str(i["sha256"])] for i in given.record["inputs"] if "file" in i
    ]
    yield Table(
        Text("输入文件", "Input files"),
        [Column(Text("文件", "File")), Column(Text("字节", "Bytes"), number=True), Column(Text("SHA-256", "SHA-256"))],
        files,
    )


def _verified(pack: Pack) -> str:
    items = [
        *pack.limits,
        *pack.ideals,
        *pack.weights,
        *pack.levels,
        *pack.bands,
        *pack.terms.values(),
        *pack.benchmarks,
    ]
    return f"{sum(i.verified for i in items)} / {len(items)}"
