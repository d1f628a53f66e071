"""Rule packs, their differences and the idle-land summary as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from gisplan import vocabulary
from gisplan.assess import IdleLand, caution
from gisplan.rules import Change, Pack, Term
from gisplan.rules.compare import conditions, unit_behind
from gisplan.rules.pack import Sourced

UNVERIFIED = "未核实 / unverified"


def pack_line(pack: Pack) -> str:
    """One line that tells a pack: name, title, what it holds, and how much of it is verified."""
    items = _items(pack)
    verified = sum(i.verified for i in items)
    return f"{pack.name:<20} {pack.title}  [{verified} of {len(items)} verified]"


def _items(pack: Pack) -> list[Sourced]:
    return [
        *pack.limits,
        *pack.ideals,
        *pack.weights,
        *pack.levels,
        *pack.bands,
        *pack.terms.values(),
        *pack.benchmarks,
    ]


def pack_lines(pack: Pack) -> Iterator[str]:
    """Everything a pack says, every figure with clause and source, unverified ones marked."""
    yield f"{pack.name}  {pack.title}"
    head = (pack.edition, f"in force {pack.in_force}" if pack.in_force.first or pack.in_force.last else "")
    yield from (f"  {text}" for text in (*head, f"source: {pack.source}") if text)
    yield from (f"  {text}" for text in (pack.note.zh, pack.note.en) if text)
    if pack.refines:
        yield f"  refines {', '.join(pack.refines)}"
    for limit in pack.limits:
        where = conditions(limit)
        yield _line(
            "limit", limit.id, f"{limit.indicator} {limit}{unit_behind(limit.unit)}  {limit.severity}", limit, pack,
            where,
        )  # fmt: skip
    for ideal in pack.ideals:
        text = f"{ideal.indicator} {ideal.value:.12g}{unit_behind(ideal.unit)}, {ideal.better} is better"
        yield _line("ideal", ideal.id, text, ideal, pack, conditions(ideal))
    for table in pack.weights:
        text = ", ".join(f"{part} {weight:.12g}" for part, weight in table.parts.items())
        yield _line("weights", f"{table.set}/{table.id}", text, table, pack)
    for level in pack.levels:
        yield _line("level", f"{level.list}/{level.id}", ", ".join(level.needs), level, pack)
    for band in pack.bands:
        yield _line("band", band.id, f"{band.indicator} {band}{unit_behind(band.unit)}", band, pack)
    for name, term in pack.terms.items():
        yield _line("term", name, f"{term.value:.12g}{unit_behind(term.unit)}", term, pack)
    for row in pack.benchmarks:
        text = ", ".join(f"{name} {value:.12g}" for name, value in row.values.items())
        yield _line("of", f"{row.id} ({row.year})", text, row, pack)
    for example in pack.examples:
        parcel = ", ".join(f"{k} {v}" for k, v in (example.parcel or {}).items())
        case = parcel if example.limit is None else f"{example.limit} {example.value}"
        day = f" on {example.as_of}" if example.as_of else ""
        yield f"  example  {case}{day} → {example.expect}"


def _line(kind: str, name: str, text: str, item: Sourced, pack: Pack, where: str = "") -> str:
    parts = [text, f"where {where}" if where else "", item.clause, pack.source_of(item) if item.source else ""]
    parts += [str(item.title), str(item.note), "" if item.verified else UNVERIFIED]
    return f"  {kind:<8} {name}: {' · '.join(p for p in parts if p)}"


def change_lines(changes: Sequence[Change]) -> Iterator[str]:
    """What two packs say differently, one thing a line."""
    for c in changes:
        where = f" ({c.where})" if c.where else ""
        yield f"{c.kind:<6} {c.subject}{where}: {c.before or 'nothing'} → {c.after or 'nothing'}"


def moved_lines(before: pd.DataFrame, after: pd.DataFrame) -> Iterator[str]:
    """Figures of a study whose class is another by the second pack than by the first."""
    by = ["level", "id", "indicator"]
    ways = [
        f.fillna({"id": ""}).groupby(by, sort=False)["class"].agg(lambda c: ", ".join(sorted(c)))
        for f in (before, after)
    ]
    both = pd.concat(ways, axis=1, keys=["before", "after"]).fillna("no rule")
    for (level, name, indicator), row in both[both["before"] != both["after"]].iterrows():
        yield f"{level} {name or 'all'} {indicator}: {row['before']} → {row['after']}"


def idle_lines(idle: IdleLand) -> Iterator[str]:
    """Summary of the idle-land register: by class, by zone, what comes next, and what it is not."""
    kinds = idle.parcels["idle_class"]
    yield f"闲置土地台账 / idle-land register on {idle.as_of}, by {idle.rule.pack.name} ({idle.rule.pack.edition})"
    for c in vocabulary.idle_classes().values():
        rows = kinds == c.id
        if rows.any():
            area = idle.parcels.loc[rows, "area_m2"].sum() / 1e4
            yield f"  {c.id:<17} {int(rows.sum()):>5}  {area:>10,.2f} ha  {c.zh} / {c.en}"
    heads = ("supplied ha", "idle ha", "rate", "fee 万元", "reclaim", "unknown ha")
    widths = (12, 10, 8, 10, 8, 11)
    yield " ".join([f"{'zone':<12}", *(f"{head:>{width}}" for head, width in zip(heads, widths, strict=True))])
    for row in idle.zones.itertuples():
        rate = "–" if pd.isna(row.idle_rate) else f"{row.idle_rate:.2%}"
        name = "outside" if pd.isna(row.zone_id) else row.zone_id
        open_ = "+?" if row.fee_unknown else ""
        yield (
            f"{name:<12} {row.supplied_area_m2 / 1e4:>12,.2f} {row.idle_area_m2 / 1e4:>10,.2f} "
            f"{rate:>8} {f'{row.fee_exposure_wan:,.1f}{open_}':>10} {row.reclaim_candidates:>8} "
            f"{row.unknown_area_m2 / 1e4:>11,.2f}"
        )
    for days in vocabulary.idle_windows():
        yield f"  within {days} days: {int((idle.calendar['days_left'] <= days).sum())} thresholds"
    yield from (f"  {UNVERIFIED}: {name} = {t.value:g} {t.unit} ({t.clause})" for name, t in _unverified(idle))
    yield caution(long=True)


def _unverified(idle: IdleLand) -> list[tuple[str, Term]]:
    return [(name, t) for name, t in idle.rule.pack.terms.items() if not t.verified]
