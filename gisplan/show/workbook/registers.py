"""Registers: idle land, infrastructure, findings, books, issues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.issues import table as issue_table
from gisplan.measure.reach import reach_of
from gisplan.measure.services import service_labels
from gisplan.show.workbook.content import Content, labels, told
from gisplan.show.workbook.figures import sum_of
from gisplan.show.workbook.parcels import unit_of
from gisplan.show.workbook.table import Column, Table

#: Columns that tell a price, be it by way of a fee.
_PRICES = ("fee_wan", "fee_exposure_wan", "fee_unknown")

#: Texts that need room.
_WIDE = {
    "message": 70, "remedy": 44, "features": 60, "source": 44, "finding": 20, "advice": 40, "note": 30, "name": 24,
    "clause": 20, "caution": 46, "indicator": 30, "column": 30, "label_zh": 26, "label_en": 34, "formula": 60,
    "explain": 44, "made": 12, "code": 28, "rule": 24, "severity": 11, "layer": 18, "who": 10, "limit": 14, "level": 10,
    "idle_class": 16, "idle_name": 36, "unit": 10, "verified": 10, "sheet": 24,
}  # fmt: skip

#: Texts that go over several lines.
_WRAPPED = ("message", "remedy", "features", "formula", "source", "explain", "label_en")


def plain_table(
    content: Content,
    key: str,
    frame: pd.DataFrame,
    *,
    headings: Mapping[str, Mapping[str, str]] | None = None,
    wrap: bool = False,
) -> Table:
    """Table of values as they are."""
    table = Table(key, content.sheet(key), len(frame))
    for name in frame.columns:
        table.add(given(str(name), frame[name], headings or {}, wrap=wrap))
    return table


def given(name: str, values: pd.Series, headings: Mapping[str, Mapping[str, str]], *, wrap: bool = False) -> Column:
    """Column of values as they are; its kind follows from what they are."""
    kind = _kind(values)
    unit, style = unit_of(name)
    heading = headings.get(name) or _heading(name)
    width = _WIDE.get(name, 18 if kind == "text" else 12)
    if name == "value":
        style = "ratio"
    if kind == "number" and style == "plain" and pd.api.types.is_integer_dtype(values.dtype):
        style = "count"
    return Column(
        name,
        heading,
        values,
        kind,
        unit=unit,
        style=style if kind == "number" else kind,
        width=width,
        told=told("given"),
        wrap=wrap and name in _WRAPPED,
    )


def _heading(name: str) -> Mapping[str, str]:
    words = vocabulary.workbook("columns")
    if name in words:
        return words[name]
    own = {c.stored: {"zh": c.zh, "en": c.en} for c in vocabulary.columns("parcels").values()}
    return own.get(name, {"zh": name, "en": name})


def _kind(values: pd.Series) -> str:
    if values.isna().all():
        return "number" if pd.api.types.is_float_dtype(values.dtype) else "text"
    found = pd.api.types.infer_dtype(values, skipna=True)
    if found == "boolean":
        return "flag"
    if found in ("floating", "integer", "mixed-integer-float", "decimal"):
        return "number"
    return "date" if found in ("date", "datetime", "datetime64") else "text"


def idle_table(content: Content) -> Table | None:
    """The idle-land register, as ``idle.csv``; None without one."""
    if content.idle_land is None:
        return None
    frame = content.idle_land.parcels
    frame = frame[frame["idle_class"].notna()]
    if content.public:
        frame = frame.drop(columns=[c for c in _PRICES if c in frame])
    words = vocabulary.idle_classes()
    shown = frame["idle_class"].map(lambda c: content.say({"zh": words[c].zh, "en": words[c].en}))
    frame = frame.copy()
    frame.insert(list(frame.columns).index("idle_class") + 1, "idle_name", shown)
    return plain_table(content, "idle", frame)


def idle_zones_table(content: Content, parcels: Table | None) -> Table | None:
    """Idle land by zone, as formulas over the zone sums and the parcels; None without a register."""
    if content.idle_land is None or parcels is None:
        return None
    frame = content.idle_land.zones
    if content.public:
        frame = frame.drop(columns=[c for c in _PRICES if c in frame])
    table = Table("idle_zones", content.sheet("idle_zones"), len(frame))
    zones = content.survey.zones
    inside = np.arange(len(frame)) < zones
    number = np.where(inside, np.arange(1, len(frame) + 1), np.nan)
    table.add(Column("zone_no", labels("zone_no"), number, style="count", width=7))
    words = vocabulary.idle_classes()
    sums = {
        "supplied_area_m2": "idle_supplied",
        "idle_area_m2": "idle_area",
        "idle_gov_area_m2": "idle_gov",
        "unknown_area_m2": "idle_unknown",
    }

    def of_zones(formula: str) -> Any:
        """Formula in the rows of zones, none in that of the land outside."""
        rows = zip(table.numbers(), inside, strict=True)
        return [formula.replace("{r}", str(r)) if yes else "" for r, yes in rows]

    for name in frame.columns:
        own = given(str(name), frame[name], {})
        if name in sums:
            formula = of_zones(sum_of(sums[name]))
        elif name == "idle_rate":
            a, b = table.cell("idle_area_m2"), table.cell("supplied_area_m2")
            formula = of_zones(f'IF({b}>0,{a}/{b},"")')
        elif name == "known_share":
            a, b = table.cell("supplied_area_m2"), table.cell("unknown_area_m2")
            formula = of_zones(f'IF({a}+{b}>0,{a}/({a}+{b}),"")')
        elif str(name).startswith("n_") or name == "reclaim_candidates":
            kind = "IDLE_2Y" if name == "reclaim_candidates" else str(name)[2:]
            parts = range(len(parcels.parts))
            formula = of_zones(
                "+".join(
                    f'COUNTIFS({parcels.named("idle_class", p)},"{kind}",{parcels.named("zone_no", p)},$A{{r}})'
                    for p in parts
                )
            )
            if name != "reclaim_candidates":
                own = Column(own.id, {"zh": words[kind].zh, "en": words[kind].en}, frame[name], style="count", width=11)
        else:
            table.add(own)
            continue
        table.add(
            Column(
                own.id,
                own.labels,
                frame[name],
                formula=formula,
                unit=own.unit,
                style=own.style,
                width=own.width,
                told=told("idle"),
            )
        )
    return table


def infrastructure_table(content: Content, parcels: Table | None) -> Table | None:
    """One row a service and zone: how much of it is reached, how much of the parcels is not; None without services."""
    services = list(content.plan.layers.services)
    if not services:
        return None
    zones, size = content.survey.layers.zones, content.survey.zones
    count = len(services) * size
    table = Table("infrastructure", content.sheet("infrastructure"), count)
    table.add(
        Column("zone_no", labels("zone_no"), np.tile(np.arange(1, size + 1), len(services)), style="count", width=7)
    )
    names = [content.say(service_labels(content.plan, s)) for s in services]
    table.add(Column("service", labels("service"), np.repeat(np.array(names, dtype=object), size), "text", width=20))
    for name, heading in (("zone_id", "zone_id"), ("name", "zone_name")):
        values = np.tile(zones[name].to_numpy(dtype=object), len(services))
        table.add(Column(name, labels(heading), values, "text", width=12 if name == "zone_id" else 26))
    far = np.repeat([reach_of(content.plan, s) for s in services], size)
    table.add(Column("reach_m", labels("reach_m"), far, unit="m", style="plain", width=9, told=told("measured")))
    found = {m.id: m.figures for m in content.measured}

    def each(make: Any) -> list[str]:
        rows = zip(table.numbers(), [s for s in services for _ in range(size)], strict=True)
        return [make(s).replace("{r}", str(r)) for r, s in rows]

    def figure(stem: str) -> Any:
        # The sheet of zones may have been sorted, so a zone is looked up by its number.
        return each(
            lambda s: (
                f'IF(INDEX(v_{stem}_{s},MATCH($A{{r}},v_zone_no,0))="","",INDEX(v_{stem}_{s},MATCH($A{{r}},v_zone_no,0)))'
            )
        )

    kinds = ("coverage", "reach") if parcels is not None else ("reach",)
    for stem in kinds:
        values = np.concatenate([found[f"{stem}_{s}"].value for s in services])
        table.add(Column(stem, labels(stem), values, formula=figure(stem), style="percent", width=13, told=told("sum")))
    if parcels is None:
        return table
    pieces, known = content.survey.pieces["parcels"], content.survey.parcels
    assert known is not None
    served = {s: pieces.total(np.where(content.survey.served[s], known.area, 0.0)) for s in services}
    land = pieces.land(known.area)
    owner = pieces.owner
    for name, formula, amounts in (
        ("served_ha", each(lambda s: f"{sum_of(f'served_{s}')}/10000"), [served[s] / 1e4 for s in services]),
        (
            "unserved_ha",
            each(lambda s: f"({sum_of('land')}-{sum_of(f'served_{s}')})/10000"),
            [(land - served[s]) / 1e4 for s in services],
        ),
    ):
        table.add(
            Column(
                name,
                labels(name),
                np.concatenate(amounts),
                formula=formula,
                unit="ha",
                style="ha2",
                width=14,
                told=told("sum"),
            )
        )
    parts = range(len(parcels.parts))
    formula = each(
        lambda s: "+".join(
            f"COUNTIFS({parcels.named(f'served_{s}', p)},FALSE,{parcels.named('zone_no', p)},$A{{r}})" for p in parts
        )
    )
    n = [np.bincount(owner[(owner >= 0) & ~content.survey.served[s]], minlength=size).astype(float) for s in services]
    table.add(
        Column(
            "unserved_n",
            labels("unserved_n"),
            np.concatenate(n),
            formula=formula,
            style="count",
            width=12,
            told=told("sum"),
        )
    )
    return table


def findings_tables(content: Content) -> tuple[Table, Table, int] | None:
    """Findings in short by rule, those of zones and all that fail, and how many are not listed; None without rules."""
    found = content.findings
    if found is None:
        return None
    keys = ["pack", "rule", "level", "indicator", "limit"]
    kinds = ("pass", "below", "above", "no_data", "not_applicable")
    counts = found.assign(**{f"n_{k}": (found["class"] == k).astype(int) for k in kinds})
    short = counts.groupby(keys, sort=False, dropna=False)[[f"n_{k}" for k in kinds]].sum().reset_index()
    shown = found[(found["level"] != "project") | found["class"].isin(("below", "above"))].reset_index(drop=True)
    heads = {"level": labels("subject_level")}
    return (
        plain_table(content, "rules", short, headings=heads),
        plain_table(content, "findings", shown, headings=heads),
        len(found) - len(shown),
    )


def books_table(content: Content) -> Table:
    """The books of every layer; the residual is a formula."""
    table = Table("balance", content.sheet("balance"), len(content.balance))
    for name in content.balance.columns[:-1]:
        column = given(str(name), content.balance[name], {})
        table.add(replace(column, style="money", width=20) if column.kind == "number" else column)
    i, o, n, out, r = (table.cell(c) for c in ("input", "overlap", "inside", "outside", "rejected"))
    values = content.balance["residual"].round(3) + 0.0
    formula = f"ROUND({i}+{o}-{n}-{out}-{r},3)"
    how = {"zh": "输入 + 重叠 − 区内 − 区外 − 剔除", "en": "input + overlap − inside − outside − rejected"}
    table.add(Column("residual", labels("residual"), values, formula=formula, style="plain", told=how))
    return table


def issues_table(content: Content) -> Table:
    """What was wrong or assumed; of a public workbook without the sentences, which may quote private columns."""
    frame = issue_table(content.issues)
    if content.public:
        frame = frame.drop(columns=["features", "message"])
    else:
        frame = frame[[*(c for c in frame.columns if c != "features"), "features"]]
    return plain_table(content, "issues", frame, wrap=True)
