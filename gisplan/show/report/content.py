"""What a report of a study says, chapter by chapter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.issues import Issue
from gisplan.measure import GROUPS, Measured
from gisplan.plan import Plan
from gisplan.rules import Pack
from gisplan.show.figures import Figure
from gisplan.show.report.blocks import Block, Column, Heading, Language, Map, Paragraph, Picture, Report, Table, Text
from gisplan.show.report.figures import AREA_UNITS, MISSING, land, number, rounded, value

#: Rows of a long table; the file named below it has all.
MOST_ROWS = 200

#: Zones that get a page of their own.
MOST_ZONES = 100

#: What the summary tells of every zone; those that a study does not have are left out.
SUMMARY = (
    "zone_area_m2", "parcel_count", "parcel_area_m2", "industrial_land_share", "built_land_share",
    "vacant_parcel_share", "floor_area_m2", "plot_ratio", "industrial_plot_ratio", "building_density", "road_density",
    "investment_intensity", "output_intensity", "tax_intensity_mu", "full_service_share",
)  # fmt: skip

#: Zones that stand side by side in the summary; of more, each is a row.
SIDE_BY_SIDE = 5

_UNVERIFIED = Text("未核实", "unverified")


@dataclass(frozen=True)
class Given:
    """What a report is made from.

    Attributes
    ----------
    plan, measured, zones, parcels, balance, issues
        As in a result.
    idle, findings
        As in a result; None without.
    packs
        Rule packs of the plan.
    crs
        Name of the study's coordinate system.
    record
        What was read, with what (see `gisplan.study.record`).
    figures
        Maps and charts of the study; empty where they cannot be drawn.
    no_figures
        Why there are none.
    """

    plan: Plan
    measured: Sequence[Measured]
    zones: pd.DataFrame
    parcels: pd.DataFrame | None
    idle: pd.DataFrame | None
    findings: pd.DataFrame | None
    balance: pd.DataFrame
    issues: Sequence[Issue]
    packs: Sequence[Pack]
    crs: str
    record: Mapping[str, Any]
    figures: Sequence[Figure]
    no_figures: str = ""

    @property
    def area(self) -> str:
        """Unit in which land is shown, a key of `AREA_UNITS`."""
        return self.plan.report.area_unit


def content(given: Given) -> Report:
    """Make the report of a study."""
    asked = given.plan.plan
    title = asked.title.both(asked.name)
    language: Language = asked.language
    facts = [
        (Text("评价时点", "As of"), str(asked.as_of or MISSING)),
        (Text("坐标系", "Coordinate system"), given.crs),
        (Text("面积", "Area"), _basis(given.plan).line(language)),
        (Text("分区 / 宗地", "Zones / parcels"), f"{len(given.zones):,} / {_many(given.parcels)}"),
        (Text("软件", "Made with"), f"gisplan {given.record['versions']['gisplan']}"),
    ]
    chapters = (_summary, _maps, _land_balance, _zones, _idle, _findings, _quality, _method)
    blocks = [block for chapter in chapters for block in chapter(given)]
    return Report(
        Text(title["zh"], title["en"]),
        Text("土地利用与基础设施评价报告", "Land use and infrastructure report"),
        facts,
        blocks,
        language,
    )


def _many(table: pd.DataFrame | None) -> str:
    return MISSING if table is None else f"{len(table):,}"


def _basis(plan: Plan) -> Text:
    basis = {"measured": ("实测面积", "measured"), "ledger": ("登记面积", "as registered")}[plan.plan.area_basis]
    how = {"ellipsoid": ("椭球面", "on the ellipsoid"), "planar": ("投影平面", "in the plane")}[plan.plan.area]
    return Text(f"{how[0]}，{basis[0]}", f"{how[1]}, {basis[1]}")


def _names(zones: pd.DataFrame) -> list[str]:
    return [str(i) if pd.isna(n) else str(n) for n, i in zip(zones["name"], zones["zone_id"], strict=True)]


def _shown(given: Given) -> list[Measured]:
    return [m for m in given.measured if not np.isnan(m.figures.value).all()]


def _summary(given: Given) -> Iterator[Block]:
    yield Heading(Text("概要", "Summary"))
    grave = [i for i in given.issues if i.severity != "note"]
    yield Paragraph(_said(given, len(grave)))
    known = {m.id: m for m in _shown(given)}
    chosen = [known[i] for i in SUMMARY if i in known] + [m for i, m in known.items() if i.startswith("coverage_")]
    names = _names(given.zones)
    title = Text("各分区主要指标", "Main figures of the zones")
    if len(names) <= SIDE_BY_SIDE:
        columns = [Column(Text("指标", "Figure")), *(Column(Text(n, n), number=True) for n in names)]
        rows: list[list[str | Text]] = [
            [_label(m), *(value(v, m.unit, area=given.area) for v in m.figures.value)] for m in chosen
        ]
        yield Table(title, columns, rows)
        return
    few = chosen[:7]
    columns = [Column(Text("分区", "Zone")), *(Column(_label(m), number=True) for m in few)]
    yield _long(
        title,
        columns,
        [[name, *(value(m.figures.value[k], m.unit, area=given.area) for m in few)] for k, name in enumerate(names)],
        "zones.csv",
    )


def _said(given: Given, grave: int) -> Text:
    area = float(given.zones["zone_area_m2"].sum())
    _, unit = AREA_UNITS[given.area]
    zh = f"评价范围 {len(given.zones):,} 个分区，共 {land(area, area=given.area)} {unit}"
    en = f"{len(given.zones):,} zones of {land(area, area=given.area)} {unit} in all"
    if given.parcels is not None:
        zh += f"；宗地 {len(given.parcels):,} 宗"
        en += f"; {len(given.parcels):,} parcels"
    if given.findings is not None and len(given.findings):
        kinds = given.findings["class"].value_counts()
        missed = int(kinds.get("below", 0) + kinds.get("above", 0))
        met, unknown = int(kinds.get("pass", 0)), int(kinds.get("no_data", 0))
        zh += f"；对照规则 {met:,} 项达标、{missed:,} 项未达标、{unknown:,} 项缺数据"
        en += f"; against the rules {met:,} pass, {missed:,} do not, {unknown:,} lack data"
    return Text(
        f"{zh}。数据问题 {grave:,} 条，见“数据质量”。", f"{en}. {grave:,} data issues, see Quality of the data."
    )


def _label(measured: Measured) -> Text:
    return Text(measured.labels["zh"], measured.labels["en"])


def _maps(given: Given) -> Iterator[Block]:
    yield Heading(Text("图件", "Maps and charts"))
    yield Map(Text("交互地图", "Interactive map"))
    if not given.figures:
        yield Paragraph(Text(f"未绘制图件：{given.no_figures}", f"No figures: {given.no_figures}"))
    yield from (Picture(f) for f in given.figures)


def _land_balance(given: Given) -> Iterator[Block]:
    """Parcel land by class and zone, in figures that add up as they are printed."""
    parcels = given.parcels
    if parcels is None or not parcels["land_class"].notna().any():
        return
    yield Heading(Text("用地平衡表", "Land balance"))
    _, unit = AREA_UNITS[given.area]
    area = parcels["area_m2"].to_numpy(dtype=float) / AREA_UNITS[given.area][0]
    code = parcels["land_class"].fillna("").astype(str)
    sums = pd.Series(area).groupby(code.to_numpy()).sum()
    classes = [c for c in vocabulary.land_classes().values() if c.id in sums]
    keys = [c.id for c in classes] + ([""] if "" in sums else [])
    amounts = rounded(sums.loc[keys].to_numpy(), digits=2)
    shares = rounded(100 * sums.loc[keys].to_numpy() / sums.sum(), digits=2)
    count = code.value_counts()
    label = {c.id: Text(c.zh, c.en) for c in classes} | {"": Text("用途不明", "Use not known")}
    rows: list[list[str | Text]] = [
        [label[k], f"{count[k]:,}", number(a, digits=2), number(s, digits=2)]
        for k, a, s in zip(keys, amounts, shares, strict=True)
    ]
    rows.append(
        [Text("合计", "Total"), f"{len(parcels):,}", number(amounts.sum(), digits=2), number(shares.sum(), digits=2)]
    )
    columns = [
        Column(Text("用地分类", "Land use")),
        Column(Text("宗地数", "Parcels"), number=True),
        Column(Text(f"面积（{unit}）", f"Area ({unit})"), number=True),
        Column(Text("占比（%）", "Share (%)"), number=True),
    ]
    yield Paragraph(
        Text(
            "全部宗地按实测面积计，含分区以外部分；按最大余额法取整，各行之和等于合计。",
            "All parcels as measured, also outside of the zones; rounded by largest remainders: the rows add up.",
        )
    )
    yield Table(Text("用地平衡表", "Land balance"), columns, rows)


def _zones(given: Given) -> Iterator[Block]:
    yield Heading(Text("各分区", "The zones"))
    names = _names(given.zones)
    shown, known = _shown(given), {m.id: m for m in given.measured}
    for k, name in enumerate(names[:MOST_ZONES]):
        zone_id = str(given.zones["zone_id"].iloc[k])
        yield Heading(Text(name, name), level=2)
        rows: list[list[str | Text]] = []
        last = ""
        for measured in shown:
            # A group is named once, where it begins.
            group = GROUPS[measured.group] if measured.group != last else {"zh": "", "en": ""}
            last = measured.group
            figures = measured.figures
            lacking = int(figures.n_missing[k])
            part = figures.known_share[k]
            told = "" if not lacking or np.isnan(part) else f"{100 * part:.1f} %"
            rows.append(
                [
                    Text(group["zh"], group["en"]),
                    _label(measured),
                    value(figures.value[k], measured.unit, area=given.area),
                    told,
                ]
            )
        columns = [
            Column(Text("类别", "Group")),
            Column(Text("指标", "Figure")),
            Column(Text("数值", "Value"), number=True),
            Column(Text("数据已知", "Known for"), number=True),
        ]
        yield Table(Text(f"{name}：全部指标", f"{name}: all figures"), columns, rows)
        own = given.findings
        if own is not None:
            own = own[(own["level"] == "zone") & (own["zone_id"] == zone_id)]
            if len(own):
                yield _findings_table(Text(f"{name}：对照规则", f"{name}: against the rules"), own, known)
    if len(names) > MOST_ZONES:
        more = len(names) - MOST_ZONES
        yield Paragraph(Text(f"其余 {more:,} 个分区见 zones.csv。", f"{more:,} more zones: see zones.csv."))


def _idle(given: Given) -> Iterator[Block]:
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
        Column(Text(f"面积（{unit}）", f"Area ({unit})"), number=True),
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
        Column(Text(f"面积（{unit}）", f"Area ({unit})"), number=True),
        Column(Text("建议", "What to do")),
    ]
    if listed:
        yield _long(Text("需处理的宗地", "Parcels that call for action"), heads, listed, "idle.csv")


def _words(known: Mapping[str, Mapping[str, str]], code: str) -> Text:
    told = [known[c] for c in str(code).split(";") if c in known]
    return Text("；".join(t["zh"] for t in told), "; ".join(t["en"] for t in told))


_CLASSES = {
    "pass": Text("达标", "pass"),
    "below": Text("低于", "below"),
    "above": Text("高于", "above"),
    "no_data": Text("缺数据", "no data"),
    "not_applicable": Text("不适用", "not applicable"),
}


def _findings(given: Given) -> Iterator[Block]:
    table = given.findings
    if table is None:
        return
    yield Heading(Text("对照规则", "Against the rules"))
    known = {m.id: m for m in given.measured}
    counts = table.groupby(["pack", "class"], sort=False).size().unstack(fill_value=0)
    kinds = [k for k in _CLASSES if k in counts]
    rows: list[list[str | Text]] = [
        [str(pack), *(f"{int(counts.loc[pack, k]):,}" for k in kinds)] for pack in counts.index
    ]
    yield Table(
        Text("各规则包结果", "By rule pack"),
        [Column(Text("规则包", "Rule pack")), *(Column(_CLASSES[k], number=True) for k in kinds)],
        rows,
    )
    missed = table[table["class"].isin(["below", "above"]) & (table["level"] == "zone")]
    if len(missed):
        yield _findings_table(Text("分区未达标项", "Zones: what is missed"), missed, known, of=True)
    projects = table[table["class"].isin(["below", "above"]) & (table["level"] != "zone")]
    if len(projects):
        yield _findings_table(Text("项目未达标项", "Projects: what is missed"), projects, known, of=True)


def _findings_table(title: Text, table: pd.DataFrame, measured: Mapping[str, Measured], *, of: bool = False) -> Table:
    rows: list[list[str | Text]] = []
    marks = {}
    for k, row in enumerate(table.head(MOST_ROWS).to_dict("records")):
        clause = " ".join(t for t in (row["pack"], row["clause"]) if t)
        rows.append(
            [
                *([str(row["id"])] if of else []),
                _named(str(row["indicator"]), measured),
                value(row["value"], str(row["unit"])),
                str(row["limit"]),
                _CLASSES.get(str(row["class"]), Text(str(row["class"]), str(row["class"]))),
                clause,
                Text("", "") if row["verified"] else _UNVERIFIED,
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


def _named(name: str, measured: Mapping[str, Measured]) -> Text:
    """Name of an indicator that a rule limits, be it measured or of the register."""
    if name in measured:
        return _label(measured[name])
    known = vocabulary.indicator(name)
    return Text(known.zh, known.en) if known is not None and known.zh else Text(name, name)


def _quality(given: Given) -> Iterator[Block]:
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
        yield _long(
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


def _method(given: Given) -> Iterator[Block]:
    yield Heading(Text("方法与来源", "Method and sources"))
    yield Paragraph(
        Text(
            "零是测得的值，缺失不是；分区的比值是总和之比，不是宗地比值的平均；宗地被分区边界切开时，数量按面积比例分摊；建筑与线状要素按实际位置切分。",
            "Zero is a measurement, missing is not; a zone's ratio is sum over sum, never the mean of parcels; where a "
            "border cuts a parcel, amounts are split by area; buildings and lines are cut where they lie.",
        )
    )
    rows: list[list[str | Text]] = [
        [_label(m), Text(m.formula["zh"], m.formula["en"]), m.unit, m.source] for m in _shown(given)
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


def _long(title: Text, columns: Sequence[Column], rows: Sequence[Sequence[str | Text]], where: str) -> Table:
    return Table(title, columns, rows[:MOST_ROWS], more=max(len(rows) - MOST_ROWS, 0), where=where)
