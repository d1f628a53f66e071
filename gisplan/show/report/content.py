"""What a report of a study says, chapter by chapter."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from gisplan import vocabulary
from gisplan.plan import Plan
from gisplan.show.report.assessed import findings, idle_land
from gisplan.show.report.background import method, quality
from gisplan.show.report.blocks import Block, Column, Heading, Language, Map, Paragraph, Picture, Report, Table, Text
from gisplan.show.report.figures import AREA_UNITS, MISSING, land, number, rounded
from gisplan.show.report.given import Given, label, long_table
from gisplan.show.report.infrastructure import infrastructure
from gisplan.show.report.zones import zone_pages

#: What the summary tells of every zone; those that a study does not have are left out.
SUMMARY = (
    "zone_area_m2", "parcel_count", "parcel_area_m2", "industrial_land_share", "built_land_share",
    "vacant_parcel_share", "floor_area_m2", "plot_ratio", "industrial_plot_ratio", "building_density", "road_density",
    "investment_intensity", "output_intensity", "tax_intensity_mu", "full_service_share",
)  # fmt: skip

#: Zones that stand side by side in the summary; of more, each is a row.
SIDE_BY_SIDE = 5


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
    chapters = (_summary, _maps, _land_balance, infrastructure, zone_pages, idle_land, findings, quality, method)
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


def _summary(given: Given) -> Iterator[Block]:
    yield Heading(Text("概要", "Summary"))
    grave = [i for i in given.issues if i.severity != "note"]
    yield Paragraph(_said(given, len(grave)))
    known = given.known
    chosen = [known[i] for i in SUMMARY if i in known] + [m for i, m in known.items() if i.startswith("coverage_")]
    names = given.names
    title = Text("各分区主要指标", "Main figures of the zones")
    if len(names) <= SIDE_BY_SIDE:
        columns = [Column(Text("指标", "Figure")), *(Column(Text(n, n), number=True) for n in names)]
        rows: list[list[str | Text]] = [[label(m), *(given.write(v, m.unit) for v in m.figures.value)] for m in chosen]
        yield Table(title, columns, rows)
        return
    few = chosen[:7]
    columns = [Column(Text("分区", "Zone")), *(Column(label(m), number=True) for m in few)]
    yield long_table(
        title,
        columns,
        [[name, *(given.write(m.figures.value[k], m.unit) for m in few)] for k, name in enumerate(names)],
        "zones.csv",
    )


def _said(given: Given, grave: int) -> Text:
    area = float(given.zones["zone_area_m2"].sum())
    _, unit = AREA_UNITS[given.area]
    zh = f"评价范围 {len(given.zones):,} 个分区，共 {land(area, area=given.area)} {unit.zh}"
    en = f"{len(given.zones):,} zones of {land(area, area=given.area)} {unit.en} in all"
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
        Column(Text(f"面积（{unit.zh}）", f"Area ({unit.en})"), number=True),
        Column(Text("占比（%）", "Share (%)"), number=True),
    ]
    yield Paragraph(
        Text(
            "全部宗地按实测面积计，含分区以外部分；按最大余额法取整，各行之和等于合计。",
            "All parcels as measured, also outside of the zones; rounded by largest remainders: the rows add up.",
        )
    )
    yield Table(Text("用地平衡表", "Land balance"), columns, rows)
