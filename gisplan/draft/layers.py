"""The plan's tables for each layer that was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.draft import columns as cols
from gisplan.draft import keys
from gisplan.draft.files import Source
from gisplan.draft.roles import Cast, Role, level_of
from gisplan.draft.text import Block, condition, line, one_line
from gisplan.errors import LayerError, counted, first_ids
from gisplan.geometry import ellipsoidal_area, repair
from gisplan.read import crs as crs_
from gisplan.read import formats, land_use, names, placing
from gisplan.read.values import to_text

#: Side of the squares where nothing else makes zones, in metres.
GRID = 500

#: Titles of the tables.
_TITLES = {
    "zones": "Zones: what figures are made for (分区).",
    "parcels": "Parcels (宗地、地块).",
    "buildings": "Buildings (建筑).",
    "roads": "Road centrelines (道路中心线).",
    "road_surfaces": "Land that roads take (道路用地、路面).",
}


def paths(source: Source, base: Path) -> list[str]:
    """Keys that say where a source lies, relative to the plan."""
    import os

    try:
        shown_path = Path(os.path.relpath(source.path.resolve(), base.resolve())).as_posix()
    except ValueError:  # another drive of Windows
        shown_path = source.path.resolve().as_posix()
    key = "sheet" if source.seen.look.geometry == "table" else "layer"
    return [line("path", shown_path), *([line(key, source.layer)] if source.layer else [])]


def reason(role: Role) -> str:
    """Why a source was taken."""
    return f"{role.source.told}: {', '.join(role.guess.reasons)}."


def _choices(name: str, role: Role, base: Path) -> tuple[list[str], list[str]]:
    """What else a layer could be, as comments and as a question."""
    asides = [one_line(f"or: {', '.join(paths(s, base))}  ({s.told}: {', '.join(g.reasons)})") for s, g in role.others]
    rivals = first_ids([s.told for s in role.rivals])
    asked = [f"[layers.{name}]: taken from {role.source.told}; as much speaks for {rivals}."] if role.rivals else []
    return asides, asked


def zones(found: Cast, base: Path) -> Block:
    """Zones: a layer, the parcels grouped by a column, or a grid."""
    role = found.roles.get("zones")
    title = _TITLES["zones"]
    if role is None:
        return _made_zones(found, title)
    table = role.source.table
    lines = paths(role.source, base)
    level = level_of(table)
    if level is not None:
        column, value = level
        where = condition(column, [value]) + (" AND name IS NOT NULL" if "name" in table else "")
        lines.append(line("where", where, "borders of several levels lie over each other; this is the commonest"))
        table = table[(table[column] == value) & (table["name"].notna() if "name" in table else True)]
    best = keys.zone_id(table)
    mapped = {"zone_id": best.column} if best.column is not None else {}
    columns = cols.found("zones", table, mapped, place="[layers.zones]")
    if best.repeats:
        lines.append(line("duplicates", "merge", f"{best.column} repeats: its records are taken as parts of one zone"))
    others, asked = _choices("zones", role, base)
    asked += [f"[layers.zones]: nothing names the zones of {role.source.told}."] if best.column is None else []
    why = [title, reason(role)]
    return Block("layers.zones", why, [*lines, *columns.lines()], [*others, *columns.asides], asked)


def _made_zones(found: Cast, title: str) -> Block:
    parcels = found.roles.get("parcels")
    by = _grouping(parcels.source.table) if parcels is not None else None
    if by is not None and parcels is not None:
        n = parcels.source.table[by].nunique()
        why = [title, f"There is no layer of zones; the parcels' {by} has {n} different values."]
        return Block("layers.zones", why, [line("from", "parcels"), line("by", by)], [f"or: grid = {GRID}"])
    why = [title, f"There is no layer of zones, so squares of {GRID} m are taken (没有分区图层，按格网)."]
    return Block("layers.zones", why, [line("grid", GRID)])


def _grouping(table: pd.DataFrame) -> str | None:
    """Column of the parcels that groups them into zones: two or more groups, of ten parcels or more."""
    fields = {names.normal(str(c)): str(c) for c in table.columns}
    for word in vocabulary.draft_words()["zones_by"]:
        field = fields.get(names.normal(word))
        if field is not None and 2 <= table[field].nunique() <= max(2, len(table) / 10):
            return field
    return None


def parcels(found: Cast, base: Path) -> list[Block]:
    """Parcels with the tables that are joined to them."""
    role = found.roles["parcels"]
    table, place = role.source.table, "[layers.parcels]"
    held = [keys.values_of(s.table) for s in found.tables]
    best = keys.parcel_id(table, held)
    lines = paths(role.source, base)
    asides, asked = _choices("parcels", role, base)
    areas: Mapping[str, float] = {}
    if best.column is None:
        asked.append(f"{place}: nothing names the parcels of {role.source.told}; map parcel_id.")
        columns = cols.found("parcels", table, {}, place=place, without=("parcel_id",))
    else:
        areas = _areas(role.source, table[best.column])
        columns = cols.found("parcels", table, {"parcel_id": best.column}, place=place)
        columns = cols.with_units(
            columns, table, cols.drawn_of(to_text(table[best.column]), areas) if areas else None, place=place
        )
    if best.repeats:
        lines.append(line("duplicates", "merge", f"{best.column} repeats: its records are taken as parts of one"))
    ledgers = []
    for source, values in zip(found.tables, held, strict=True):
        key = keys.key_of(values, table[best.column]) if best.column is not None else None
        if key is not None:
            ledgers.append((source, key, _ledger_columns(source, key, areas)))
    codes, systems, open_codes, question = _codes(table, columns, ledgers)
    lines += systems
    columns = columns if codes else _without_land_use(columns)
    asked += [*columns.asked, *question]
    why = [_TITLES["parcels"], reason(role)]
    blocks = [Block("layers.parcels", why, [*lines, *columns.lines()], [*asides, *columns.asides, *open_codes], asked)]
    return blocks + [_ledger(s, k, c if codes else _without_land_use(c), base) for s, k, c in ledgers]


def _ledger_columns(source: Source, key: keys.Key, areas: Mapping[str, float]) -> cols.Columns:
    place = "[layers.parcels.ledger]"
    columns = cols.found("parcels", source.table, {}, place=place, without=("parcel_id", key.column))
    drawn = cols.drawn_of(to_text(source.table[key.column]), areas) if areas else None
    return cols.with_units(columns, source.table, drawn, place=place)


def _ledger(source: Source, key: keys.Key, columns: cols.Columns, base: Path) -> Block:
    why = [
        "A table joined to the parcels (台账).",
        f"{source.told}: {key.shared:.0%} of the values of {one_line(key.column)} are parcel ids.",
    ]
    money = [n for n, s in columns.sources.items() if _is_money(n) and s.unit is None]
    asides = [f"{', '.join(money)}: no unit is given, so 万元 (wan) is taken."] if money else []
    asked = [f"[layers.parcels.ledger]: {a}" for a in asides]
    lines = [*paths(source, base), line("key", key.column)]
    return Block(
        "[layers.parcels.ledger]", why, [*lines, *columns.lines()], [*asides, *columns.asides], [*columns.asked, *asked]
    )


def _is_money(name: str) -> bool:
    return vocabulary.columns("parcels")[name].measure == "money"


def _without_land_use(columns: cols.Columns) -> cols.Columns:
    sources = {n: s for n, s in columns.sources.items() if n != "land_use"}
    return cols.Columns(sources, columns.why, columns.asides, columns.asked)


def _codes(
    table: pd.DataFrame, columns: cols.Columns, ledgers: Sequence[tuple[Source, keys.Key, cols.Columns]]
) -> tuple[bool, list[str], list[str], list[str]]:
    """How land-use codes are read: whether they can be, the key for it, or the choices and the question."""
    held = [(table, columns), *((s.table, c) for s, _, c in ledgers)]
    values = [to_text(t[c.sources["land_use"].column]).dropna() for t, c in held if "land_use" in c.sources]
    if not values:
        return True, [], [], []
    counts = pd.concat(values).value_counts()
    codes = [str(c) for c in counts.index]
    for system, known in vocabulary.code_systems().items():
        starts = {f"{code}*": name for code, name in known.items()}
        # Two digits fit nearly any system, so most of the codes must say more.
        if all(land_use.class_of(c, starts) for c in codes) and np.median([len(c) for c in codes]) >= 4:
            return True, [line("code_system", system, f"{counted(len(codes), 'code')} found, all in it")], [], []
    fields = list(dict.fromkeys(c.sources["land_use"].column for _, c in held if "land_use" in c.sources))
    listed = first_ids([f"{c} ({n:,})" for c, n in zip(codes, counts, strict=True)], limit=40)
    choices = [
        f"? {', '.join(fields)} holds land-use codes of an unknown system, so land use is not read. Say which class",
        f"  each is: {one_line(listed)}",
        "  and write here, without the #, in place of the dots:",
        "[layers.parcels.classes]",
        'residential = ["…"]',
        'industrial = ["…"]',
        f"  Classes: {' '.join(vocabulary.land_classes())}",
    ]
    asked = [f"[layers.parcels]: {', '.join(fields)} holds land-use codes of an unknown system; fill in the classes."]
    return False, [], choices, asked


def other(name: str, role: Role, base: Path) -> Block:
    """Buildings, roads or road surfaces."""
    place = f"[layers.{name}]"
    columns = cols.found(name, role.source.table, {}, place=place)
    exists = cols.there(role.source.table, place=place)
    asides, asked = _choices(name, role, base)
    lines = [*paths(role.source, base), *([line("where", exists.where, "what is there today")] if exists.where else [])]
    return Block(
        f"layers.{name}",
        [_TITLES[name], reason(role)],
        [*lines, *columns.lines()],
        [*asides, *([exists.aside] if exists.aside else []), *columns.asides],
        [*asked, *([exists.asked] if exists.asked else []), *columns.asked],
    )


def service(name: str, role: Role, base: Path) -> Block:
    """A service, with the reach gisplan starts from."""
    known = vocabulary.services()[name]
    place = f"[layers.services.{name}]"
    exists = cols.there(role.source.table, place=place)
    asides, asked = _choices(f"services.{name}", role, base)
    lines = [*paths(role.source, base), *([line("where", exists.where, "what is there today")] if exists.where else [])]
    lines.append(f"reach_m = {known.reach_m:g}  # gisplan's own start, from no standard: change it (初始值，请修改)")
    return Block(
        f"layers.services.{name}",
        [f"{known.en} ({known.zh}).", reason(role)],
        lines,
        [*asides, *([exists.aside] if exists.aside else [])],
        [*asked, *([exists.asked] if exists.asked else [])],
    )


def _areas(source: Source, ids: pd.Series) -> Mapping[str, float]:
    """Measured area of each parcel in m²; empty where it cannot be measured."""
    try:
        name = formats.layer_of(source.path, source.layer, place=source.shown)
        with formats.listening():
            frame = formats.read_vector(source.path, layer=name, columns=[], encoding=None, place=source.shown)
        frame, _ = placing.settle(frame, layer="parcels", place=source.shown, witness=None, is_vouched=False)
        crs, _ = crs_.choose(frame, None, place=source.shown)
        flat, _ = crs_.project(frame, crs, layer="parcels")
    except LayerError:
        return {}
    shapes = repair(np.asarray(flat.geometry.array), dimension=2).geometry
    area = pd.Series(ellipsoidal_area(shapes, crs), index=to_text(ids).to_numpy())
    return {str(k): float(v) for k, v in area[area.index.notna()].groupby(level=0).sum().items()}
