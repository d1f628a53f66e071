"""Choose rows by a condition: the same language for every file format."""

from __future__ import annotations

import datetime as dt
import difflib
import re
import sqlite3
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan.errors import LayerError, counted
from gisplan.read.text import text_of

#: Functions a condition may use: each gives the same answer on every day and machine.
_FUNCTIONS = frozenset(
    [
        "abs",
        "coalesce",
        "glob",
        "ifnull",
        "iif",
        "instr",
        "length",
        "like",
        "lower",
        "ltrim",
        "max",
        "min",
        "nullif",
        "replace",
        "round",
        "rtrim",
        "substr",
        "substring",
        "trim",
        "upper",
    ]
)

_TOKEN = re.compile(
    r"""
    (?P<text>'(?:[^']|'')*')
    | "(?P<quoted>(?:[^"]|"")*)" | \[(?P<bracketed>[^\]]*)\] | `(?P<ticked>(?:[^`]|``)*)`
    | (?P<comment>--|/\*) | (?P<end>;)
    | (?P<word>[^\W\d]\w*)
    """,
    re.VERBOSE,
)


class _RefusedError(Exception):
    """Why a condition is not carried out."""


def names_in(condition: str, fields: Sequence[str]) -> list[str]:
    """Fields that a condition mentions, quoted or not, in the order of the fields."""
    said = {name.lower() for name, _ in _names(condition)}
    return [f for f in fields if f.lower() in said]


def _names(condition: str) -> list[tuple[str, bool]]:
    """Words of a condition that may be columns, and whether each is quoted."""
    out = []
    for token in _TOKEN.finditer(condition):
        quoted, bracketed, ticked, word = (token[k] for k in ("quoted", "bracketed", "ticked", "word"))
        if quoted is not None:
            out.append((quoted.replace('""', '"'), True))
        elif bracketed is not None:
            out.append((bracketed, True))
        elif ticked is not None:
            out.append((ticked.replace("``", "`"), True))
        elif word is not None:
            out.append((word, False))
    return out


def chosen(table: pd.DataFrame, condition: str, *, place: str, record: str = "record") -> NDArray[np.bool_]:
    """Tell which rows meet a condition, as SQLite understands it (``status = 'built' AND floors >= 3``).

    The condition sees the columns of one table in memory and may only compare them: no queries, no commands,
    and no functions that read anything else or change from day to day. A column of numbers is compared as
    numbers, any other as text.

    Parameters
    ----------
    table
        Attribute columns, shape (n, k).
    condition
        What stands after WHERE.
    place
        Where the condition stands, for the message.
    record
        What a row is called there.

    Raises
    ------
    LayerError
        The condition cannot be understood, or no row meets it.
    """
    try:
        keep = _kept(table, condition)
    except (_RefusedError, sqlite3.Error, sqlite3.Warning) as error:
        raise LayerError(
            f"{place}: where = {condition!r} cannot be understood: {str(error).rstrip('.')}. "
            f"Write a condition on the columns {', '.join(str(c) for c in table.columns)}; text stands in "
            "single quotes."
        ) from None
    if len(table) and not keep.any():
        raise LayerError(
            f"{place}: where = {condition!r} leaves none of {counted(len(table), record)}. "
            f"{_held(table, condition)}Check the condition."
        )
    return keep


def _held(table: pd.DataFrame, condition: str) -> str:
    """Say what stands in the columns of a condition that nothing meets."""
    parts = []
    for name in names_in(condition, [str(c) for c in table.columns])[:3]:
        texts = [str(text_of(v)) for v in table[name].dropna().unique()[:3]]
        values = texts if _affinity(table[name]) == "NUMERIC" else [repr(t) for t in texts]
        parts.append(f"{name} holds {', '.join(values) or 'nothing'}" + (" …" if table[name].nunique() > 3 else ""))
    return f"{'; '.join(parts)}. " if parts else ""


def _kept(table: pd.DataFrame, condition: str) -> NDArray[np.bool_]:
    _require_plain(condition, [str(c) for c in table.columns])
    fields = _distinct(names_in(condition, [str(c) for c in table.columns]), condition)
    database = sqlite3.connect(":memory:")
    try:
        defined = ", ".join(f"{_quoted(f)} {_affinity(table[f])}" for f in fields) or _quoted("no column")
        database.execute(f"CREATE TABLE layer ({defined})")
        columns = [table[f].map(_plain).tolist() for f in fields] or [[None] * len(table)]
        database.executemany(f"INSERT INTO layer VALUES ({', '.join('?' * len(columns))})", zip(*columns, strict=True))
        why: list[str] = []
        database.set_authorizer(_watch(why, {f.lower() for f in fields}))
        try:
            # The bracket ends on a line of its own, where no remark can swallow it. A scan of one table
            # keeps its order.
            found = database.execute(f"SELECT CASE WHEN (\n{condition}\n) THEN 1 ELSE 0 END FROM layer").fetchall()
        except sqlite3.Error:
            if why:
                raise _RefusedError(why[0]) from None
            raise
    finally:
        database.close()
    if len(found) != len(table):
        raise _RefusedError("it does not answer for each row by itself")
    return np.array([row[0] for row in found], dtype=bool)


def _require_plain(condition: str, fields: Sequence[str]) -> None:
    """Refuse more than a condition, and quoted names that are no columns: SQLite would take them for text."""
    depth = 0
    bare = _TOKEN.sub(lambda t: " " if t["comment"] is None and t["end"] is None else t[0], condition)
    for mark in bare:
        depth += {"(": 1, ")": -1}.get(mark, 0)
        if depth < 0:
            raise _RefusedError("a bracket is closed that was never opened")
    if depth:
        raise _RefusedError("a bracket is not closed")
    if any(t["comment"] or t["end"] for t in _TOKEN.finditer(condition)):
        raise _RefusedError("one condition may stand there, without ; or remarks")
    lower = {f.lower() for f in fields}
    for name, quoted in _names(condition):
        if quoted and name.lower() not in lower:
            near = difflib.get_close_matches(name, fields, n=1)
            raise _RefusedError(
                f"no column is called {name}"
                + (f"; did you mean {near[0]}?" if near else f"; text is written '{name}'")
            )


def _watch(why: list[str], fields: set[str]) -> Callable[[int, str | None, str | None, str | None, str | None], int]:
    """Let a condition compare columns and nothing else; ``why`` tells what it tried."""
    selects = 0

    def allow(action: int, _: str | None, second: str | None, *__: str | None) -> int:
        nonlocal selects
        if action == sqlite3.SQLITE_SELECT:
            selects += 1
            if selects == 1:
                return sqlite3.SQLITE_OK
            why.append("a query cannot stand in a condition")
        elif action == sqlite3.SQLITE_READ:
            if not second or second.lower() in fields:
                return sqlite3.SQLITE_OK
            why.append(f"no column is called {second.lower()}")
        elif action == sqlite3.SQLITE_FUNCTION:
            if (second or "").lower() in _FUNCTIONS:
                return sqlite3.SQLITE_OK
            why.append(f"{second}() cannot be used; there are {', '.join(sorted(_FUNCTIONS))}")
        else:
            why.append("it does more than compare columns")
        return sqlite3.SQLITE_DENY

    return allow


def _distinct(fields: list[str], condition: str) -> list[str]:
    """Fields without those that differ from another only in case; the one spelt as in the condition stays."""
    spelt = {name for name, _ in _names(condition)}
    out: dict[str, str] = {}
    for f in fields:
        if f.lower() not in out or f in spelt:
            out[f.lower()] = f
    return list(out.values())


def _quoted(field: str) -> str:
    return '"' + field.replace('"', '""') + '"'


def _affinity(values: pd.Series) -> str:
    """How SQLite should compare a column: as numbers even with a quoted one, as text even with a bare one."""
    return "NUMERIC" if pd.api.types.is_numeric_dtype(values) else "TEXT"


def _plain(value: object) -> object:
    """Turn a value into one SQLite knows."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (dt.date, pd.Timestamp)):
        return value.isoformat()[:10]
    return value if isinstance(value, (str, int, float)) else str(value)
