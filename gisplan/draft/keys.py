"""Which column names a record: ids of zones and parcels, and the keys by which tables are joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from gisplan import vocabulary
from gisplan.read import names
from gisplan.read.values import to_text

#: Share of the fewer of two columns' values that both must have, for one to be the key of the other.
SHARED = 0.5


@dataclass(frozen=True)
class Id:
    """A column that names records.

    ``rank`` is how well it does: 3 by its own name, 2 by its values, 1 with repeats, 0 where there is none.
    """

    column: str | None
    rank: int
    repeats: bool = False


def zone_id(table: pd.DataFrame) -> Id:
    """Column that names zones best."""
    known = [h.field for h in names.hits(vocabulary.columns("zones")["zone_id"], list(table.columns))]
    for field in known:
        if _is_complete(table[field]):
            return Id(field, 3, repeats=_repeats(table[field]))
    whole = [f for f in table.columns if _is_complete(table[f]) and not _is_surrogate(f)]
    single = [f for f in whole if not _repeats(table[f])]
    if single:
        # Codes are shorter than names, and names shorter than links and descriptions.
        return Id(min(single, key=lambda f: (_length(table[f]), list(table.columns).index(f))), 2)
    named = [h.field for h in names.hits(vocabulary.columns("zones")["name"], list(table.columns))]
    named = [f for f in named if f in whole]
    return Id(named[0], 1, repeats=True) if named else Id(None, 0)


def parcel_id(table: pd.DataFrame, tables: Sequence[Mapping[str, set[str]]]) -> Id:
    """Column that names parcels best: by its usual name, unless only another one is known to the tables.

    Parameters
    ----------
    table
        Attributes of the parcels.
    tables
        Values of each table that may be joined to them, see `values_of`.
    """
    fields = list(table.columns)
    known = [h.field for h in names.hits(vocabulary.columns("parcels")["parcel_id"], fields)]
    named = [f for f in dict.fromkeys(known) if _share_known(table[f]) >= SHARED]
    telling = [f for f in fields if f in named or (_is_telling(table[f]) and not _is_surrogate(f))]
    reach = {f: max((k.shared for h in tables if (k := key_of(h, table[f])) is not None), default=0.0) for f in telling}
    joined = [f for f in telling if reach[f] >= SHARED]
    if named and (reach[named[0]] >= SHARED or not joined):
        return Id(named[0], 3, repeats=_repeats(table[named[0]]))
    if joined:
        field = max(joined, key=lambda f: reach[f])
        return Id(field, 2, repeats=_repeats(table[field]))
    return Id(None, 0)


@dataclass(frozen=True)
class Key:
    """Column of a table whose values are ids, and the share of the fewer of both that agree."""

    column: str
    shared: float


def values_of(table: pd.DataFrame) -> dict[str, set[str]]:
    """Return the different values of every column of a table, as text."""
    return {str(f): set(to_text(table[f]).dropna()) for f in table.columns}


def key_of(columns: Mapping[str, set[str]], ids: pd.Series) -> Key | None:
    """Column of a table that holds the given ids, None where none does.

    Parameters
    ----------
    columns
        Values of each column, see `values_of`.
    ids
        Ids that are looked for.
    """
    wanted = set(to_text(ids).dropna())
    found = []
    for field, held in columns.items():
        fewer = min(len(held), len(wanted))
        both = len(held & wanted)
        if fewer and both >= 2:
            found.append(Key(field, both / fewer))
    best = max(found, key=lambda k: k.shared, default=None)
    return best if best is not None and best.shared >= SHARED else None


def _is_complete(values: pd.Series) -> bool:
    return len(values) > 0 and bool(to_text(values).notna().all())


def _share_known(values: pd.Series) -> float:
    return float(to_text(values).notna().mean()) if len(values) else 0.0


def _repeats(values: pd.Series) -> bool:
    return bool(to_text(values).dropna().duplicated().any())


def _is_telling(values: pd.Series) -> bool:
    """Whether nearly every record has a value of its own."""
    text = to_text(values).dropna()
    return len(text) >= 0.9 * len(values) and text.nunique() >= 0.9 * len(values) > 0


def _is_surrogate(field: str) -> bool:
    return names.normal(field) in {names.normal(s) for s in vocabulary.draft_words()["surrogates"]}


def _length(values: pd.Series) -> float:
    return float(to_text(values).dropna().map(len).mean())
