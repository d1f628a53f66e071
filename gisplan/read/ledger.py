"""A table joined to the parcels by key: several rows of one become one by declared rules, nobody is lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd

from gisplan import vocabulary
from gisplan.errors import LayerError, counted, first_ids
from gisplan.issues import Issue
from gisplan.plan import ColumnSource, Ledger
from gisplan.read import columns as cols
from gisplan.read import units
from gisplan.read import values as values_
from gisplan.read.rows import read_rows, require_single
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
    rows = read_rows(path, sheet=spec.sheet, encoding=spec.encoding, place=place, needs=spec.key)
    fields = [str(c) for c in rows.columns]
    match = cols.match("parcels", spec.columns, fields, place=place, reserved=(spec.key,), doubtful=waiting or {})
    sources = {n: s for n, s in match.sources.items() if n != spec.on}
    require_single([spec.key, *(s.column for s in sources.values())], rows, place=place)
    issues = list(match.issues)
    if spec.where:
        hit = chosen(_typed(rows, sources), spec.where, place=place, record="row")
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
    keys = values_.to_keys(rows[spec.key], place=f"{place}: key {spec.key!r}")
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
    one, reduced = _one_row_each(keys, values, rows, sources, place=place)
    issues += reduced
    ids = parcels[spec.on]
    if "land_area_m2" in one:
        drawn = pd.Series(parcels["area_m2"].to_numpy(), index=ids).reindex(one.index)
        one["land_area_m2"], found = units.settled(one["land_area_m2"], sources["land_area"], drawn, layer="ledger")
        issues += found
    issues += _unmatched(one.index, ids, file=path.name, place=place)
    joined = parcels.copy()
    for name in one.columns:
        values_of = ids.map(one[name])
        joined[name] = values_of.where(values_of.notna(), joined[name]) if name in joined else values_of
    return joined, issues


def _typed(rows: pd.DataFrame, sources: dict[str, ColumnSource]) -> pd.DataFrame:
    """Rows as a condition sees them: columns mapped to numbers are numbers, all others are text."""
    known = vocabulary.columns("parcels")
    typed = rows.copy()
    for name, source in sources.items():
        if known[name].kind == "number":
            typed[source.column] = values_.numbers_where_possible(rows[source.column])
    return typed


def _one_row_each(
    keys: pd.Series, values: pd.DataFrame, rows: pd.DataFrame, sources: dict[str, ColumnSource], *, place: str
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
            hit = chosen(_typed(rows, sources), source.where, place=f"{place} {name}", record="row")
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


def _unmatched(keys: pd.Index, ids: pd.Series, *, file: str, place: str) -> list[Issue]:
    orphans = sorted(set(keys) - set(ids))
    bare = sorted(set(ids) - set(keys))
    if len(orphans) == len(keys):
        raise LayerError(
            f"{place}: none of its {counted(len(keys), 'key')} is a parcel id (keys {_some(keys)}; parcel "
            f"ids {_some(ids)}). "
            + (
                "The zeros in front are lost: keep the keys as text in the workbook."
                if {k.lstrip("0") for k in keys} & {i.lstrip("0") for i in ids}
                else "Check key and parcel_id."
            )
        )
    issues = []
    if orphans:
        issues.append(
            Issue(
                "LEDGER_ROW_WITHOUT_PARCEL",
                "warning",
                "ledger",
                len(orphans),
                f"{counted(len(orphans), 'key')} of {file} without a parcel: {first_ids(orphans)}.",
                "Draw the parcels or correct the keys.",
                features=orphans,
            )
        )
    if bare:
        issues.append(
            Issue(
                "PARCEL_WITHOUT_LEDGER_ROW",
                "warning",
                "parcels",
                len(bare),
                f"{counted(len(bare), 'parcel')} without a row in {file}: {first_ids(bare)}.",
                "Add the rows or correct the keys.",
                features=bare,
            )
        )
    return issues


def _some(ids: Iterable[object]) -> str:
    """Show two ids of many as they are spelt."""
    two = [repr(i) for i in sorted(set(ids), key=str)[:2]]
    return f"like {', '.join(two)}" if two else "there are none"
