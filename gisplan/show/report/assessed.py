"""Chapters of what is judged: idle land, and what rules say of zones and projects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.measure import Measured
from gisplan.show.report.blocks import Block, Column, Heading, Paragraph, Table, Text
from gisplan.show.report.figures import AREA_UNITS, MISSING, land, limit_text, number
from gisplan.show.report.given import MOST_ROWS, Given, label, long_table

#: What stands beside a limit that nobody has checked.
UNVERIFIED = Text("未核实", "unverified")


def idle_land(given: Given) -> Iterator[Block]:
    """Idle land by class, and the parcels that call for action."""
    table = given.idle
    if table is None:
        return
    yield Heading(Text("闲置土地筛查", "Idle-land screening"))
    caution = vocabulary.idle_caution()["long"]
    yield Paragraph(Text(caution["zh"], caution["en"]), caution=True)
    classes = vocabulary.idle_classes()
    _, unit = AREA_UNITS[given.area]
    area = table["area_m2"].to_numpy(dtype=float)
    kinds = table["idle_class"].to_numpy(dtype=object)
    rows: list[list[str | Text]] = [
        [
            Text(c.zh, c.en),
            f"{int((kinds == c.id).sum()):,}",
            land(float(np.nansum(area[kinds == c.id])), area=given.area),
        ]
        for c in classes.values()
        if (kinds == c.id).any()
    ]
    columns = [
        Column(Text("等级", "Class")),
        Column(Text("宗地数", "Parcels"), number=True),
        Column(Text(f"面积（{unit.zh}）", f"Area ({unit.en})"), number=True),
    ]
    yield Table(Text("按等级汇总", "By class"), columns, rows)
    actions = vocabulary.idle_words("actions")
    chosen = table[table["action"].fillna("") != ""].sort_values(["days_over", "parcel_id"], ascending=[False, True])
    listed: list[list[str | Text]] = [
        [
            str(row.parcel_id),
            "" if pd.isna(row.name_) else str(row.name_),
            Text(classes[row.idle_class].zh, classes[row.idle_class].en),
            MISSING if pd.isna(row.due_date) else str(row.due_date)[:10],
            number(row.days_over),
            land(row.area_m2, area=given.area),
            _words(actions, row.action),
        ]
        for row in chosen.rename(columns={"name": "name_"}).itertuples()
    ]
    heads = [
        Column(Text("地块编号", "Parcel")),
        Column(Text("项目", "Project")),
        Column(Text("等级", "Class")),
        Column(Text("应开工", "Due")),
        Column(Text("超期天数", "Days over"), number=True),
        Column(Text(f"面积（{unit.zh}）", f"Area ({unit.en})"), number=True),
        Column(Text("建议", "What to do")),
    ]
    if listed:
        yield long_table(Text("需处理的宗地", "Parcels that call for action"), heads, listed, "idle.csv")


def _words(known: Mapping[str, Mapping[str, str]], code: str) -> Text:
    told = [known[c] for c in str(code).split(";") if c in known]
    return Text("；".join(t["zh"] for t in told), "; ".join(t["en"] for t in told))


#: Classes of findings.
CLASSES = {
    "pass": Text("达标", "pass"),
    "below": Text("低于", "below"),
    "above": Text("高于", "above"),
    "no_data": Text("缺数据", "no data"),
    "not_applicable": Text("不适用", "not applicable"),
}


def findings(given: Given) -> Iterator[Block]:
    """What rules say: by pack, and what zones and projects miss."""
    table = given.findings
    if table is None:
        return
    yield Heading(Text("对照规则", "Against the rules"))
    counts = table.groupby(["pack", "class"], sort=False).size().unstack(fill_value=0)
    kinds = [k for k in CLASSES if k in counts]
    rows: list[list[str | Text]] = [
        [str(pack), *(f"{int(counts.loc[pack, k]):,}" for k in kinds)] for pack in counts.index
    ]
    yield Table(
        Text("各规则包结果", "By rule pack"),
        [Column(Text("规则包", "Rule pack")), *(Column(CLASSES[k], number=True) for k in kinds)],
        rows,
    )
    missed = table[table["class"].isin(["below", "above"]) & (table["level"] == "zone")]
    if len(missed):
        yield findings_table(given, Text("分区未达标项", "Zones: what is missed"), missed, of=True)
    projects = table[table["class"].isin(["below", "above"]) & (table["level"] != "zone")]
    if len(projects):
        yield findings_table(given, Text("项目未达标项", "Projects: what is missed"), projects, of=True)


def findings_table(given: Given, title: Text, table: pd.DataFrame, *, of: bool = False) -> Table:
    """Table of findings; with ``of`` a column says of what each is."""
    measured = {m.id: m for m in given.measured}
    rows: list[list[str | Text]] = []
    marks = {}
    for k, row in enumerate(table.head(MOST_ROWS).to_dict("records")):
        clause = " ".join(t for t in (row["pack"], row["clause"]) if t)
        rows.append(
            [
                *([str(row["id"])] if of else []),
                indicator_text(str(row["indicator"]), measured),
                given.write(row["value"], str(row["unit"])),
                limit_text(str(row["limit"]), str(row["unit"])),
                CLASSES.get(str(row["class"]), Text(str(row["class"]), str(row["class"]))),
                clause,
                Text("", "") if row["verified"] else UNVERIFIED,
            ]
        )
        marks[k] = str(row["class"])
    columns = [
        *([Column(Text("对象", "Of"))] if of else []),
        Column(Text("指标", "Figure")),
        Column(Text("数值", "Value"), number=True),
        Column(Text("限值", "Limit"), number=True),
        Column(Text("结论", "Finding")),
        Column(Text("依据", "Rule")),
        Column(Text("核实", "Verified")),
    ]
    return Table(title, columns, rows, more=max(len(table) - MOST_ROWS, 0), where="findings.csv", marks=marks)


def indicator_text(name: str, measured: Mapping[str, Measured]) -> Text:
    """Name of an indicator that a rule limits, be it measured or of the register."""
    if name in measured:
        return label(measured[name])
    known = vocabulary.indicator(name)
    return Text(known.zh, known.en) if known is not None and known.zh else Text(name, name)
