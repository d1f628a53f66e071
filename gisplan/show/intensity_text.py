"""The land intensity evaluation as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from gisplan.assess import Intensity
from gisplan.assess.intensity_score import DRAWN, MOVED
from gisplan.show.rule_text import UNVERIFIED


def score_lines(found: Intensity) -> Iterator[str]:
    """Scores with their ranges, the steps from land to built land beside other zones, and what is missing."""
    table, pack = found.scores, found.pack
    yield f"土地集约利用评价 / land intensity on {found.as_of}, by {pack.name} ({pack.edition})"
    goals = list(table.columns[table.columns.get_loc("type_from") + 1 : table.columns.get_loc("area_score")])
    yield " ".join([f"{'zone':<12} {'type':<14}", *(f"{g[:12]:>12}" for g in goals), f"{'score':>7}  rank  range"])
    for row in table.itertuples():
        parts = [f"{_value(getattr(row, g), digits=1):>12}" for g in goals]
        rank = "–" if pd.isna(row.rank) else str(row.rank)
        span = "" if pd.isna(row.rank) else f"{row.rank_low}–{row.rank_high}, {row.total_low:.1f}–{row.total_high:.1f}"
        score = row.total if row.area_role == "main" else row.area_score
        yield f"{row.zone_id:<12} {row.type:<14} {' '.join(parts)} {_value(score, digits=1):>7}  {rank:>4}  {span}"
    yield f"  range: each weight ± {MOVED:.0%} in turn, {DRAWN} seeded draws of all, and every way of measuring land"
    for row in table.itertuples():
        if row.missing:
            yield f"  {row.zone_id}: {'no score, missing' if pd.isna(row.area_score) else 'without'} {row.missing}"
    yield from _figures(found)
    if any(not w.verified for w in pack.weights):
        yield f"  {UNVERIFIED}: {pack.note.zh} {pack.note.en}".rstrip()


def _figures(found: Intensity) -> Iterator[str]:
    """Indicators of all zones, with the figure of other zones beside; those that no zone has are left out."""
    zones = list(found.scores["zone_id"].astype(str))
    others: dict[str, str] = {}
    yield " ".join([f"{'indicator':<34}", *(f"{z[:10]:>10}" for z in zones), f"{'other zones':>12}"])
    for name, rows in found.indicators.groupby("indicator", sort=False):
        if rows["value"].isna().all():
            continue
        is_share = rows["unit"].iloc[0] == "share"
        values = [f"{_value(v, is_share=is_share):>10}" for v in rows["value"]]
        other, mark = rows["benchmark"].iloc[0], ""
        if not pd.isna(other):
            mark = others.setdefault(str(rows["benchmark_of"].iloc[0]), f"[{len(others) + 1}]")
        yield f"{name:<34} {' '.join(values)} {_value(other, is_share=is_share):>12} {mark}".rstrip()
    yield from (f"  {mark} {title}" for title, mark in others.items())


def _value(value: float, *, is_share: bool = False, digits: int = 2) -> str:
    if pd.isna(value):
        return "–"
    return f"{value:.1%}" if is_share else f"{value:,.{digits}f}"
