"""Chapter of the zones, each with a page of its own: map, land balance, figures, findings."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gisplan import vocabulary
from gisplan.measure import GROUPS
from gisplan.show.report.assessed import findings_table
from gisplan.show.report.blocks import Block, Column, Heading, Paragraph, Picture, Table, Text
from gisplan.show.report.figures import AREA_UNITS, number, rounded
from gisplan.show.report.given import Given, label

#: Zones that get a page of their own.
MOST_ZONES = 100

#: Shares of land use, which the balance of a zone tells with their land.
_USE = "land_use_share_"


def zone_pages(given: Given) -> Iterator[Block]:
    """One page a zone."""
    yield Heading(Text("各分区", "The zones"))
    names = given.names
    for k, name in enumerate(names[:MOST_ZONES]):
        yield Heading(Text(name, name), level=2)
        if k in given.zone_maps:
            yield Picture(given.zone_maps[k])
        yield from _balance(given, k, name)
        yield _figures(given, k, name)
        own = given.findings
        if own is not None:
            own = own[(own["level"] == "zone") & (own["zone_id"] == str(given.zones["zone_id"].iloc[k]))]
            if len(own):
                yield findings_table(given, Text(f"{name}：对照规则", f"{name}: against the rules"), own)
    if len(names) > MOST_ZONES:
        more = len(names) - MOST_ZONES
        yield Paragraph(Text(f"其余 {more:,} 个分区见 zones.csv。", f"{more:,} more zones: see zones.csv."))


def _balance(given: Given, zone: int, name: str) -> Iterator[Table]:
    """Parcel land in a zone by class; nothing where the zone has none."""
    size, unit = AREA_UNITS[given.area]
    classes = vocabulary.land_classes()
    of = {i.removeprefix(_USE): m.figures for i, m in given.known.items() if i.startswith(_USE)}
    land = {c: float(f.numerator[zone]) for c, f in of.items() if c in classes and f.numerator[zone] > 0}
    whole = given.known.get("parcel_area_m2")
    if whole is None or not land:
        return
    unknown = float(whole.figures.value[zone]) - sum(land.values())
    if unknown > 1e-6 * whole.figures.value[zone]:
        land[""] = unknown
    text = {c: Text(classes[c].zh, classes[c].en) for c in land if c} | {"": Text("用途不明", "Use not known")}
    amounts = rounded(np.array(list(land.values())) / size, digits=2)
    shares = rounded(100 * np.array(list(land.values())) / sum(land.values()), digits=2)
    rows: list[list[str | Text]] = [
        [text[c], number(a, digits=2), number(s, digits=2)] for c, a, s in zip(land, amounts, shares, strict=True)
    ]
    rows.append([Text("合计", "Total"), number(amounts.sum(), digits=2), number(shares.sum(), digits=2)])
    yield Table(
        Text(f"{name}：用地平衡", f"{name}: land balance"),
        [
            Column(Text("用地分类", "Land use")),
            Column(Text(f"面积（{unit.zh}）", f"Area ({unit.en})"), number=True),
            Column(Text("占比（%）", "Share (%)"), number=True),
        ],
        rows,
    )


def _figures(given: Given, zone: int, name: str) -> Table:
    rows: list[list[str | Text]] = []
    last = ""
    for measured in given.known.values():
        if measured.id.startswith(_USE):
            continue
        # A group is named once, where it begins.
        group = GROUPS[measured.group] if measured.group != last else {"zh": "", "en": ""}
        last = measured.group
        figures = measured.figures
        part = figures.known_share[zone]
        told = "" if not int(figures.n_missing[zone]) or np.isnan(part) else f"{100 * part:.1f} %"
        written = given.write(figures.value[zone], measured.unit)
        rows.append([Text(group["zh"], group["en"]), label(measured), written, told])
    columns = [
        Column(Text("类别", "Group")),
        Column(Text("指标", "Figure")),
        Column(Text("数值", "Value"), number=True),
        Column(Text("数据已知", "Known for"), number=True),
    ]
    return Table(Text(f"{name}：指标", f"{name}: figures"), columns, rows, where="zones.csv")
