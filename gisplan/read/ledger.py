"""A table joined to the parcels by key: several rows of one become one by declared rules, nobody is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from gisplan import vocabulary
from gisplan.errors import LayerError, counted, first_ids
from gisplan.issues import Issue
from gisplan.plan import ColumnSource, Ledger
from gisplan.read import cells, units
from gisplan.read import columns as cols
from gisplan.read import keys as keys_
from gisplan.read import values as values_
from gisplan.read.headers import odd_unit, resolve, short_names, unit_for, unit_word, units_of_all
from gisplan.read.rows import Rows, read_rows, require_single
from gisplan.read.where import chosen


def join(
    parcels: gpd.GeoDataFrame, spec: Ledger, path: Path, *, place: str, waiting: Mapping[str, str] | None = None
) -> tuple[gpd.GeoDataFrame, list[Issue]]:
    """Join a ledger to the parcels.

    Where both have a value, the ledger's stands. Rows without a parcel and parcels without a row are listed.

    Parameters
    ----------
    parcels
        With the canonical column the ledger is joined on, and measured.
    spec
        The ledger's table of the plan.
    path
        Its file.
    place
        Where it stands in the plan, for messages.
    waiting
        Columns not to be taken by their usual name alone (see `gisplan.read.land_use.unread`).

    Raises
    ------
    LayerError
        No such column, no row, a text in a number column, or not a single row that matches.
    """
    read = read_rows(path, sheet=spec.sheet, encoding=spec.encoding, place=place, needs=spec.key)
    rows, key = read.table, read.key
    match, headers = _match(spec, read, place=place, waiting=waiting or {})
    sources, said = _units(match.sources, read.above, file=path.name)
    require_single([key, *(s.column for s in sources.values())], rows, place=place)
    issues = [*read.issues, *match.issues, *said]
    used = [s.column for s in sources.values()]
    rows, failed = cells.without_errors(rows, key, used)
    rows, unsaid = cells.without_missing("parcels", rows, sources, spec.missing, is_ledger=True)
    rows, tidied = cells.tidied("parcels", rows, sources, named=cells.by_key(rows, key), is_1904=read.is_1904)
    issues += [*failed, *unsaid, *tidied]
    if spec.where:
        hit = chosen(_typed(rows, sources, headers), spec.where, place=place, record="row")
        issues.append(
            Issue(
                "FILTERED",
                "note",
                "ledger",
                int((~hit).sum()),
                f"{int((~hit).sum()):,} of {counted(len(rows), 'row')} left out by where = {spec.where!r}.",
                "",
                "planner",
            )
        )
        rows = rows[hit]
    keys = values_.to_text(rows[key], is_id=True)
    values, odd = cols.canonical(
        "parcels", rows, sources, place=place, keys=keys, record="line", by_alias=match.by_alias
    )
    sources = {n: s for n, s in sources.items() if vocabulary.columns("parcels")[n].stored in values}
    issues += odd
    if keys.isna().any():
        lost = [f"line {i}" for i in rows.index[keys.isna()]]
        issues.append(
            Issue(
                "LEDGER_KEY_MISSING",
                "warning",
                "ledger",
                len(lost),
                f"{counted(len(lost), 'ledger row')} without {spec.key!r}, so without a parcel: {first_ids(lost)}.",
                "Fill in the key.",
                features=lost,
            )
        )
    ids = parcels[spec.on]
    matched = keys_.match(keys, ids, file=path.name, place=place)
    issues += matched.issues
    one, reduced = _one_row_each(matched.keys, values, rows, sources, headers, place=place)
    issues += reduced
    if "land_area_m2" in one:
        drawn = pd.Series(parcels["area_m2"].to_numpy(), index=ids).reindex(one.index)
        one["land_area_m2"], found = units.settled(one["land_area_m2"], sources["land_area"], drawn, layer="ledger")
        issues += found
    joined = parcels.copy()
    for name in one.columns:
        values_of = ids.map(one[name])
        joined[name] = values_of.where(values_of.notna(), joined[name]) if name in joined else values_of
    return joined, issues


def _match(spec: Ledger, read: Rows, *, place: str, waiting: Mapping[str, str]) -> tuple[cols.Match, dict[str, str]]:
    """Find the source of each canonical column, and the columns by their names without the unit.

    The plan may name a column with or without the unit that stands in its header.
    """
    names = [str(c) for c in read.table.columns]
    headers = short_names(names)
    short = {header: name for name, header in headers.items()}
    mapped = {}
    for name, source in spec.columns.items():
        hits = resolve(source.column, names)
        if len(hits) > 1:
            raise LayerError(
                f"{place} columns: {name} = {source.column!r} may be any of {first_ids([repr(h) for h in hits])}. "
                "Write the whole name."
            )
        mapped[name] = source.model_copy(update={"column": short[hits[0]]}) if hits else source
    match = cols.match("parcels", mapped, list(headers), place=place, reserved=(short[read.key],), doubtful=waiting)
    sources = {
        name: source.model_copy(update={"column": headers[source.column]})
        for name, source in match.sources.items()
        if name != spec.on
    }
    return replace(match, sources=sources), headers


def _units(
    sources: Mapping[str, ColumnSource], above: Sequence[str], *, file: str
) -> tuple[dict[str, ColumnSource], list[Issue]]:
    """Give columns the unit of their header, or of a line above it, where the plan gives none."""
    known = vocabulary.columns("parcels")
    of_all = units_of_all(above)
    out, said, differing = dict(sources), [], []
    for name, source in sources.items():
        column = known[name]
        if column.kind != "number":
            continue
        word = unit_word(source.column)
        unit = unit_for(word, column.measure) if word else None
        unknown = odd_unit(source.column) if word is None else word
        if unit is None and unknown is None:
            unit = of_all.get(column.measure)
        used = source.unit or unit or vocabulary.DEFAULT_UNIT[column.measure]
        if source.unit is None and unit is not None:
            out[name] = source.model_copy(update={"unit": unit})
            said.append(f"{source.column} in {unit}")
        elif source.unit is not None and unit is not None and source.unit != unit:
            differing.append(f"{source.column} in {source.unit}")
        elif unit is None and unknown is not None and column.measure != "plain":
            differing.append(f"{source.column} in {used} ({unknown!r} is no unit of it that is known)")
    issues = []
    if said:
        issues.append(
            Issue(
                "UNIT_FROM_HEADER",
                "note",
                "ledger",
                len(said),
                f"Units read from the column names of {file}: {first_ids(said, limit=20)}.",
                "Write unit = … in the plan's columns if that is wrong.",
                "planner",
            )
        )
    if differing:
        issues.append(
            Issue(
                "UNIT_DIFFERS",
                "warning",
                "ledger",
                len(differing),
                f"The column names of {file} say another unit than is used: {first_ids(differing, limit=20)}.",
                "Correct the unit in the plan or the column name.",
                "planner",
            )
        )
    return out, issues


def _typed(rows: pd.DataFrame, sources: Mapping[str, ColumnSource], headers: Mapping[str, str]) -> pd.DataFrame:
    """Rows as a condition sees them: columns mapped to numbers are numbers, all others text.

    Columns stand under their whole name and under that without the unit.
    """
    typed = cols.typed("parcels", rows, sources)
    taken = {str(c).lower() for c in rows.columns}
    return typed.assign(**{n: typed[h] for n, h in headers.items() if n.lower() not in taken})


def _one_row_each(
    keys: pd.Series,
    values: pd.DataFrame,
    rows: pd.DataFrame,
    sources: Mapping[str, ColumnSource],
    headers: Mapping[str, str],
    *,
    place: str,
) -> tuple[pd.DataFrame, list[Issue]]:
    """Bring the rows of each key down to one, column by column, by the declared rule."""
    known = vocabulary.columns("parcels")
    out: dict[str, pd.Series] = {}
    issues: list[Issue] = []
    repeated = keys.dropna()[keys.dropna().duplicated(keep=False)].unique()
    for name, source in sources.items():
        column = known[name]
        part = values[column.stored]
        mine = keys
        if source.where:
            hit = chosen(_typed(rows, sources, headers), source.where, place=f"{place} {name}", record="row")
            part, mine = part[hit], keys[hit]
        rule = source.rule or column.rule
        groups = part.groupby(mine, sort=True)
        if rule == "sum":
            out[column.stored] = groups.sum(min_count=1)
            known_rows, all_rows = groups.count(), groups.size()
            partial = all_rows.index[(known_rows > 0) & (known_rows < all_rows)]
            if len(partial):
                issues.append(
                    Issue(
                        "LEDGER_SUM_PARTIAL",
                        "warning",
                        "ledger",
                        len(partial),
                        f"{name}: {counted(len(partial), 'parcel')} with rows that lack a value; the sum is "
                        f"of the others: {first_ids(list(partial))}.",
                        "Fill in the values.",
                        features=list(partial),
                    )
                )
        elif rule in ("min", "max"):
            out[column.stored] = groups.agg(lambda s, r=rule: getattr(s.dropna(), r)() if s.notna().any() else None)
        else:
            out[column.stored] = groups.agg(rule)
            differing = groups.nunique()
            differing = differing.index[differing > 1]
            if len(differing):
                issues.append(
                    Issue(
                        "LEDGER_DIFFERS",
                        "note",
                        "ledger",
                        len(differing),
                        f"{name}: the rows of {counted(len(differing), 'parcel')} differ; the {rule} one is "
                        f"taken: {first_ids(list(differing))}.",
                        "Declare another rule, or a where, if that is wrong.",
                        "planner",
                        features=list(differing),
                    )
                )
    if len(repeated):
        issues.append(
            Issue(
                "LEDGER_ROWS_JOINED",
                "note",
                "ledger",
                len(repeated),
                f"{int(keys.isin(repeated).sum()):,} rows of {counted(len(repeated), 'parcel')} brought "
                "together, each column by its rule: "
                f"{first_ids(sorted(repeated))}.",
                "",
                "planner",
                features=sorted(repeated),
            )
        )
    return pd.DataFrame(out, index=pd.Index(sorted(keys.dropna().unique()), name="key")), issues
