"""Choose rows by a condition: the same language for every file format."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan.errors import LayerError

_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION}


def names_in(condition: str, fields: list[str]) -> list[str]:
    """Fields that a condition mentions."""
    return [f for f in fields if re.search(rf"(?<!\w){re.escape(f)}(?!\w)", condition, re.IGNORECASE)]


def chosen(table: pd.DataFrame, condition: str, *, place: str) -> NDArray[np.bool_]:
    """Tell which rows meet a condition, as SQLite understands it (``status = 'built' AND floors >= 3``).

    The condition sees one table in memory and may only read it.

    Parameters
    ----------
    table
        Attribute columns, shape (n, k).
    condition
        What stands after WHERE.
    place
        Where the condition stands, for the message.

    Raises
    ------
    LayerError
        The condition cannot be understood.
    """
    fields = names_in(condition, [str(c) for c in table.columns])
    database = sqlite3.connect(":memory:")
    try:
        quoted = ", ".join('"' + f.replace('"', '""') + '"' for f in fields)
        database.execute(f"CREATE TABLE rows (row_ INTEGER PRIMARY KEY{', ' + quoted if quoted else ''})")
        marks = ", ".join("?" * (len(fields) + 1))
        columns = [table[f].map(_plain).tolist() for f in fields]
        database.executemany(f"INSERT INTO rows VALUES ({marks})", zip(range(len(table)), *columns, strict=True))
        database.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY)
        found = database.execute(f"SELECT row_ FROM rows WHERE {condition}").fetchall()
    except sqlite3.Error as error:
        listed = ", ".join(str(c) for c in table.columns)
        raise LayerError(
            f"{place}: where = {condition!r} cannot be understood: {error}. "
            f"Write a condition on the columns: {listed}."
        ) from None
    finally:
        database.close()
    keep = np.zeros(len(table), dtype=bool)
    keep[[row for (row,) in found]] = True
    return keep


def _plain(value: object) -> object:
    """Turn a value into one SQLite knows."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (dt.date, pd.Timestamp)):
        return value.isoformat()[:10]
    return value if isinstance(value, (str, int, float)) else str(value)
