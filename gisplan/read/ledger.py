"""A table joined to the parcels by key: several rows of one parcel become one by declared rules, and nobody is lost."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.errors import LayerError, first_ids
from gisplan.issues import Issue
from gisplan.plan import ColumnSource, Ledger
from gisplan.read import columns as cols
from gisplan.read.formats import read_rows
from gisplan.read.where import chosen


def join(parcels: gpd.GeoDataFrame, spec: Ledger, path: Path, *, place: str) -> tuple[gpd.GeoDataFrame, list[Issue]]:
    """Join a ledger to the parcels.

    Where both have a value, the ledger's stands. Rows without a parcel and parcels without a row are listed.

    Parameters
    ----------
    parcels
        With the canonical column the ledger is joined on.
    spec
        The ledger's table of the plan.
    path
        Its file.
    place
        Where it stands in the plan, for messages.

    Raises
    ------
    LayerError
        No such column, no row, a text in a number column, or not a single row that matches.
    """
    rows = read_rows(path, sheet=spec.sheet, encoding=spec.encoding, place=place)
    fields = [str(c) for c in rows.columns]
    if spec.key not in fields:
        raise LayerError(f"{place}: key = {spec.key!r} is not a column of {path.name}. It has: {first_ids(fields, limit=30)}.")
    match = cols.match("parcels", spec.columns, [f for f in fields if f != spec.key], place=place)
    sources = {n: s for n, s in match.sources.items() if n != spec.on}
    issues = list(match.issues)
    if spec.where:
        hit = chosen(_typed(rows, sources), spec.where, place=place)
        issues.append(
            Issue("FILTERED", "note", "ledger", int((~hit).sum()),
                  f"{int((~hit).sum())} of {len(rows)} ledger row(s) are left out by where = {spec.where!r}.", "", "planner")
        )
        rows = rows[hit].reset_index(drop=True)
    if len(rows) == 0:
        raise LayerError(f"{place}: {path.name} has no rows.")
    keys = cols.to_text(rows[spec.key])
    values, odd = cols.canonical("parcels", rows, sources, place=place)
    issues += odd
    if keys.isna().any():
        lost = np.flatnonzero(keys.isna()) + 2
        issues.append(
            Issue("LEDGER_KEY_MISSING", "warning", "ledger", len(lost),
                  f"{len(lost)} ledger row(s) have no {spec.key!r}: lines {first_ids(lost.tolist())}.", "Fill in the key.",
                  features=[f"line {i}" for i in lost])
        )
    one, reduced = _one_row_each(keys, values, rows, sources, place=place)
    issues += reduced
    ids = parcels[spec.on]
    issues += _unmatched(one.index, ids, place=f"{path.name}", place_of=place)
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
            typed[source.column] = pd.to_numeric(rows[source.column], errors="coerce")
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
            hit = chosen(_typed(rows, sources), source.where, place=f"{place}: {name}")
            part, mine = part[hit], keys[hit]
        rule = source.rule or column.rule
        groups = part.groupby(mine, sort=True)
        if rule == "sum":
            out[column.stored] = groups.sum(min_count=1)
            known_rows, all_rows = groups.count(), groups.size()
            partial = all_rows.index[(known_rows > 0) & (known_rows < all_rows)]
            if len(partial):
                issues.append(
                    Issue("LEDGER_SUM_PARTIAL", "warning", "ledger", len(partial),
                          f"{name}: {len(partial)} parcel(s) have rows without a value; the sum is of the others: {first_ids(list(partial))}.",
                          "Fill in the values.", features=list(partial))
                )
        elif rule in ("min", "max"):
            out[column.stored] = groups.agg(lambda s, r=rule: getattr(s.dropna(), r)() if s.notna().any() else None)
        else:
            out[column.stored] = groups.agg(rule)
            differing = groups.nunique()
            differing = differing.index[differing > 1]
            if len(differing):
                issues.append(
                    Issue("LEDGER_DIFFERS", "note", "ledger", len(differing),
                          f"{name}: the rows of {len(differing)} parcel(s) differ; the {rule} one is taken: {first_ids(list(differing))}.",
                          "Declare another rule, or a where, if that is wrong.", "planner", features=list(differing))
                )
    if len(repeated):
        issues.append(
            Issue("LEDGER_ROWS_JOINED", "note", "ledger", len(repeated),
                  f"{int(keys.isin(repeated).sum())} rows of {len(repeated)} parcel(s) were brought together, amounts summed: "
                  f"{first_ids(sorted(repeated))}.", "", "planner", features=sorted(repeated))
        )
    return pd.DataFrame(out, index=pd.Index(sorted(keys.dropna().unique()), name="key")), issues


def _unmatched(keys: pd.Index, ids: pd.Series, *, place: str, place_of: str) -> list[Issue]:
    orphans = sorted(set(keys) - set(ids))
    bare = sorted(set(ids) - set(keys))
    if len(orphans) == len(keys):
        raise LayerError(
            f"{place_of}: none of the {len(keys)} keys is a parcel id (keys like {first_ids(list(keys), limit=2)}; "
            f"parcels like {first_ids(sorted(ids)[:2], limit=2)}). Check key and parcel_id."
        )
    issues = []
    if orphans:
        issues.append(
            Issue("LEDGER_ROW_WITHOUT_PARCEL", "warning", "ledger", len(orphans),
                  f"{len(orphans)} key(s) of {place} have no parcel: {first_ids(orphans)}.",
                  "Draw the parcels or correct the keys.", features=orphans)
        )
    if bare:
        issues.append(
            Issue("PARCEL_WITHOUT_LEDGER_ROW", "warning", "parcels", len(bare),
                  f"{len(bare)} parcel(s) have no row in {place}: {first_ids(bare)}.",
                  "Add the rows or correct the keys.", features=bare)
        )
    return issues
