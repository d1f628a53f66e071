"""Chapter of infrastructure: what reaches the land, what is missing, what carries too much, what is being built."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.measure import Measured
from gisplan.measure.services import service_labels
from gisplan.show.report.blocks import Block, Column, Heading, Paragraph, Table, Text
from gisplan.show.report.figures import AREA_UNITS, MISSING, land, number
from gisplan.show.report.given import Given, known_text, label, long_table

#: Rows of a list of this chapter; the file named below it has all.
MOST = 20

#: Zones that stand side by side; of more, each is a row.
SIDE_BY_SIDE = 6

Cell = str | Text


def infrastructure(given: Given) -> Iterator[Block]:
    """What there is to say of infrastructure; no chapter where there is nothing."""
    parts = (_services, _gaps, _links, _power, _capacity, _access, _roads, _ground, _works)
    blocks = [block for part in parts for block in part(given)]
    if blocks:
        yield Heading(Text("基础设施", "Infrastructure"))
        yield from blocks


# ---------------------------------------------------------------- figures by zone


def _by_zone(
    given: Given, title: Text, rows: Sequence[tuple[Text, Measured, Measured | None]], *, section: Text | None = None
) -> Iterator[Block]:
    """Figures side by side; where a second one differs it stands behind an arrow. Nothing without figures."""
    if not rows:
        return
    if section is not None:
        yield Heading(section, level=2)
    names = given.names

    def cell(first: Measured, second: Measured | None, k: int) -> str:
        now = given.write(first.figures.value[k], first.unit)
        then = now if second is None else given.write(second.figures.value[k], second.unit)
        return now if then in (now, MISSING) else f"{now} → {then}"

    if len(names) <= SIDE_BY_SIDE:
        columns = [_head("figure"), *(Column(Text(n, n), number=True) for n in names)]
        cells: list[list[Cell]] = [[text, *(cell(a, b, k) for k in range(len(names)))] for text, a, b in rows]
        yield Table(title, columns, cells, where="zones.csv")
        return
    # Nine columns fit on a page; further figures go into a table of their own.
    for begin in range(0, len(rows), 8):
        part = rows[begin : begin + 8]
        columns = [_head("zone"), *(Column(text, number=True) for text, _, _ in part)]
        yield long_table(
            title, columns, [[n, *(cell(a, b, k) for _, a, b in part)] for k, n in enumerate(names)], "zones.csv"
        )


def _figures(given: Given, *wanted: str) -> list[tuple[Text, Measured, Measured | None]]:
    """Figures whose id is one of those wanted, or begins as one that ends in ``_`` does, in the order wanted."""
    found = {}
    for name in wanted:
        for i, m in given.known.items():
            if i == name or (name.endswith("_") and i.startswith(name)):
                found[i] = (label(m), m, None)
    return list(found.values())


def _services(given: Given) -> Iterator[Block]:
    known = given.known
    plan, section = given.plan, Text("设施覆盖与通平等级", "Coverage and level of supply")
    covered = [
        (_service(given, s), known[f"coverage_{s}"], known.get(f"coverage_planned_{s}"))
        for s in plan.layers.services
        if f"coverage_{s}" in known
    ]
    title = Text("各项设施覆盖率（现状 → 规划实施后）", "Coverage of services (now → with what is planned)")
    yield from _by_zone(given, title, covered, section=section)
    levels = _figures(given, "full_service_share", "level_area_share_")
    yield from _by_zone(
        given, Text("各通平等级用地占比", "Land by level of supply"), levels, section=None if covered else section
    )
    lacking = [m for _, m, _ in covered if m.figures.n_missing.any()]
    if lacking:
        yield Paragraph(
            Text(
                "部分宗地的设施状况不明，覆盖率按已知宗地计，未知部分见各分区“数据已知”。",
                "Of some parcels it is not known: coverage is over the others, and each zone's page says how many.",
            )
        )


def _access(given: Given) -> Iterator[Block]:
    title = Text("公共设施可达性", "Access to facilities")
    yield from _by_zone(given, title, _figures(given, "accessibility_"), section=title)


# ---------------------------------------------------------------- lists


def _head(name: str, *, unit: Text | None = None, number: bool = False) -> Column:
    told = vocabulary.report("heads")[name]
    at = Text("", "") if unit is None else unit
    return Column(Text(told["zh"].format(unit=at.zh), told["en"].format(unit=at.en)), number=number)


def _heads(given: Given, *names: str) -> list[Column]:
    """Columns by name; those that begin with ``#`` hold numbers."""
    _, unit = AREA_UNITS[given.area]
    return [_head(n.removeprefix("#"), unit=unit, number=n.startswith("#")) for n in names]


def _service(given: Given, service: object) -> Text:
    if service == "levelled":
        told: Mapping[str, Any] = vocabulary.levelled()
    else:
        told = service_labels(given.plan, str(service))
    return Text(str(told["zh"]), str(told["en"]))


def _plain(value: object) -> str:
    """Text of a cell; nothing is a dash."""
    return MISSING if value is None or pd.isna(value) or str(value) == "" else str(value)


def _day(value: object) -> str:
    return _plain(value)[:10]


def _share(value: float) -> str:
    return MISSING if pd.isna(value) else f"{100 * value:.1f} %"


def _land(given: Given, hectares: float) -> str:
    return land(1e4 * hectares, area=given.area) if pd.notna(hectares) else MISSING


def _joined(texts: Sequence[Text]) -> Text:
    return Text("；".join(t.zh for t in texts), "; ".join(t.en for t in texts))


def _listed(
    given: Given,
    file: str,
    title: Text,
    heads: Sequence[str],
    row: Callable[[dict[str, Any]], list[Cell]],
    *,
    table: pd.DataFrame | None = None,
) -> Iterator[Block]:
    """The first rows of a table of the result; nothing where it has none."""
    frame = given.tables.get(file) if table is None else table
    if frame is None or not len(frame):
        return
    rows = [row(r) for r in frame.head(MOST).to_dict("records")]
    yield Table(title, _heads(given, *heads), rows, more=max(len(frame) - MOST, 0), where=file)


def _gaps(given: Given) -> Iterator[Block]:
    gaps = given.tables.get("gap_list.csv")
    if gaps is None or not len(gaps):
        return
    yield Heading(Text("缺口清单", "What is missing"), level=2)
    rows: list[list[Cell]] = [
        [
            _service(given, service),
            f"{own['parcel_id'].nunique():,}",
            f"{int((own['state'] == 'planned').sum()):,}",
            f"{int(own['suggested_link'].notna().sum()):,}",
            number(own["distance_m"].median()),
        ]
        for service, own in gaps.groupby("service", sort=False)
    ]
    heads = _heads(given, "service", "#lacking", "#lacking_planned", "#lacking_link", "#distance")
    title = Text("可建设宗地未达目标等级所缺设施", "What developable parcels lack for the target level")
    yield Table(title, heads, rows, where="gap_list.csv")
    parcels = given.parcels
    if parcels is None:
        return
    area = parcels.set_index("parcel_id")["area_m2"]
    zones = dict(zip(given.zones["zone_id"], given.names, strict=True))
    by_parcel = [(str(i), own) for i, own in gaps.groupby("parcel_id", sort=False)]
    by_parcel.sort(key=lambda pair: (-float(area.get(pair[0], 0.0)), pair[0]))
    largest: list[list[Cell]] = []
    for parcel, own in by_parcel[:MOST]:
        lacks = [_lack(given, s, d) for s, d in zip(own["service"], own["distance_m"], strict=True)]
        first = own.iloc[0]
        links = ", ".join(own["suggested_link"].dropna().astype(str))
        size = land(float(area.get(parcel, np.nan)), area=given.area)
        in_zone = _plain(zones.get(first["zone_id"], first["zone_id"]))
        largest.append(
            [parcel, in_zone, size, _joined(lacks), _plain(first["level_now"]), _plain(first["level_planned"]), links]
        )
    heads = _heads(given, "parcel_id", "zone", "#area", "lacks", "#level_now", "#level_planned", "suggested_link")
    title = Text("面积最大的缺口宗地", "The largest of these parcels")
    yield (
        long_table(title, heads, largest, "gap_list.csv", most=MOST)
        if len(by_parcel) <= MOST
        else Table(title, heads, largest, more=len(by_parcel) - MOST, where="gap_list.csv")
    )


def _lack(given: Given, service: str, distance: float) -> Text:
    told = _service(given, service)
    off = "" if pd.isna(distance) else f" {number(distance, digits=0)} m"
    return Text(f"{told.zh}{off}", f"{told.en}{off}")


def _links(given: Given) -> Iterator[Block]:
    links = given.tables.get("links.csv")
    if links is None or not len(links):
        return
    yield Heading(Text("建议连接线", "Suggested links"), level=2)
    yield from _listed(
        given,
        "links.csv",
        Text("每公里惠及用地最多的连接线", "Links that serve the most land for their length"),
        ("link_id", "service", "begins_at", "#length_m", "#parcels", "#area", "#idle", "#ha_per_km", "#cost", "roads"),
        lambda r: [
            str(r["link_id"]),
            _service(given, r["service"]),
            _plain(r["begins_at"]),
            number(r["length_m"], digits=0),
            f"{r['parcels']:,}",
            _land(given, r["area_ha"]),
            _land(given, r["idle_ha"]),
            number(r["ha_per_km"]),
            number(r["cost_wan"]),
            _plain(r["roads"]),
        ],
        table=links.sort_values("ha_per_km", ascending=False, kind="stable"),
    )


def _power(given: Given) -> Iterator[Block]:
    section = Text("供电可靠性", "Reliability of power")
    figures = _figures(given, "dual_feed_area_share", "dual_feed_")
    weak = given.tables.get("power_weak_links.csv")
    yield from _by_zone(given, Text("双电源用地占比", "Land with power from two sides"), figures, section=section)
    if weak is None or not len(weak):
        return
    if not figures:
        yield Heading(section, level=2)
    words = vocabulary.report("weak")
    yield from _listed(
        given,
        "power_weak_links.csv",
        Text("失去后即断电的电源与线路", "Sources and lines whose loss alone cuts parcels off"),
        ("kind", "id", "name", "#parcels", "#area"),
        lambda r: [
            known_text(words, r["kind"]),
            str(r["id"]),
            _plain(r["name"]),
            f"{r['parcels']:,}",
            _land(given, r["area_ha"]),
        ],
    )


def _capacity(given: Given) -> Iterator[Block]:
    section = Text("容量与瓶颈", "Capacity and bottlenecks")
    figures = _figures(given, "headroom_share_")
    yield from _by_zone(given, Text("尚有余量的用地占比", "Land with capacity to spare"), figures, section=section)
    loads = given.tables.get("capacity.csv")
    if loads is None:
        return
    rated = loads[loads["utilisation"].notna()].sort_values("utilisation", ascending=False, kind="stable")
    if not len(rated):
        return
    if not figures:
        yield Heading(section, level=2)
    kinds, flags = vocabulary.report("loaded"), vocabulary.report("load_flags")
    yield from _listed(
        given,
        "capacity.csv",
        Text("利用率最高的厂站与管线", "What is used most"),
        ("service", "kind", "id", "name", "#capacity", "#load", "#headroom", "#utilisation", "#parcels", "flags"),
        lambda r: [
            _service(given, r["service"]),
            known_text(kinds, r["kind"]),
            str(r["id"]),
            _plain(r["name"]),
            given.write(r["capacity"], str(r["unit"])),
            given.write(r["load"], str(r["unit"])),
            given.write(r["headroom"], str(r["unit"])),
            _share(r["utilisation"]),
            f"{r['parcels']:,}",
            _joined([known_text(flags, f) for f in str(r["flags"]).split(";") if f]),
        ],
        table=rated,
    )
    if len(rated) < len(loads):
        n = len(loads) - len(rated)
        yield Paragraph(
            Text(
                f"另有 {n:,} 处厂站与管线容量不明，无法计算利用率，见 capacity.csv。",
                f"Of {n:,} more sources and lines the capacity is not known: see capacity.csv.",
            )
        )


# ---------------------------------------------------------------- roads, ground, works


def _roads(given: Given) -> Iterator[Block]:
    section = Text("道路", "Roads")
    figures = _figures(
        given, "road_length_m", "road_density", "road_class_share_", "road_coming_m_", "road_progress_",
        "lit_road_share", "green_road_share", "frontage_parcel_share",
    )  # fmt: skip
    yield from _by_zone(
        given, Text("道路规模、等级与建设进度", "Roads: length, class, progress"), figures, section=section
    )
    names = dict(zip(given.zones["zone_id"], given.names, strict=True))
    yield from _listed(
        given,
        "road_grid.csv",
        Text("干路网格（几纵几横）", "Trunk grid"),
        ("zone", "grid", "lengthwise", "crosswise", "#trunk"),
        lambda r: [
            Text("全部分区", "All zones") if pd.isna(r["zone_id"]) else _plain(names.get(r["zone_id"], r["zone_id"])),
            Text(_plain(r["grid_zh"]), _plain(r["grid_en"])),
            _plain(r["lengthwise_roads"]).replace(";", "; "),
            _plain(r["crosswise_roads"]).replace(";", "; "),
            number(r["trunk_length_m"] / 1e3),
        ],
    )


def _ground(given: Given) -> Iterator[Block]:
    section = Text("地形与场地平整", "Terrain and levelling")
    figures = _figures(given, "slope_mean", "suitable_slope_share", "height_mean_m", "height_range_m", "earthwork_")
    yield from _by_zone(given, Text("地形与土方", "Terrain and earthwork"), figures, section=section)
    table = given.tables.get("levelling.csv")
    if table is None or not len(table):
        return
    work = table["cut_m3"].fillna(0) + table["fill_m3"].fillna(0)
    yield from _listed(
        given,
        "levelling.csv",
        Text("土方量最大的地块", "Land with the most earthwork"),
        ("group", "name", "#area", "#level_m", "#cut", "#fill", "#import", "#cost"),
        lambda r: [
            str(r["group_id"]),
            _plain(r["name"]),
            land(r["area_m2"], area=given.area),
            number(r["design_level_m"], digits=2),
            number(r["cut_m3"], digits=0),
            number(r["fill_m3"], digits=0),
            number(r["import_m3"], digits=0),
            number(r["cost_wan"]),
        ],
        table=table.assign(_work=work).sort_values("_work", ascending=False, kind="stable"),
    )


def _works(given: Given) -> Iterator[Block]:
    section = Text("公共工程", "Public works")
    figures = _figures(given, "works_")
    yield from _by_zone(given, Text("工程投资与进度", "Works: money and progress"), figures, section=section)
    states = vocabulary.works("states")
    yield from _listed(
        given,
        "works.csv",
        Text("工程一览（最紧要者在前）", "Works, the gravest first"),
        ("id", "work", "state", "#done", "#expected", "due", "#overdue", "#budget", "#spent", "#gained"),
        lambda r: [
            str(r["work_id"]),
            _plain(r["name"]),
            known_text(states, r["state"]),
            _share(r["done_share"]),
            _share(r["expected_share"]),
            _day(r["due_date"]),
            number(r["days_overdue"]),
            number(r["budget_wan"]),
            _share(r["spent_share"]),
            number(r["gained_parcels"]),
        ],
    )
    effect = given.tables.get("works_effect.csv")
    if effect is None or not len(effect):
        return
    helped = effect[(effect["scope"] == "zone") & (effect["gained_parcels"].fillna(0) > 0)]
    yield from _listed(
        given,
        "works_effect.csv",
        Text("在建工程对覆盖率的作用", "What the works add to coverage"),
        ("zone", "service", "#now", "#with_works", "#gained", "#gained_area"),
        lambda r: [
            _plain(r["name"]),
            _service(given, r["service"]),
            _share(r["coverage_now"]),
            _share(r["coverage_works"]),
            number(r["gained_parcels"]),
            land(r["gained_m2"], area=given.area),
        ],
        table=helped,
    )
