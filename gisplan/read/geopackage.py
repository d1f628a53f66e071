"""A damaged GeoPackage, row by row: SQLite reads the pages that are whole."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import shapely

#: Bytes of the envelope in front of a shape, by the number its flags give.
_ENVELOPE = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}

#: Rows that fail one after another before the rest is given up.
_GIVE_UP = 100_000

Row = tuple[dict[str, Any], Any]


def rows_of(path: Path, layer: str | None) -> tuple[dict[int, Row], dict[int, str], str | None]:
    """Rows of a layer that are whole, by number, why each other is lost, and the coordinate system if it is told.

    Parameters
    ----------
    path
        A file that may be changed, as long as it says it is.
    layer
        Name of the layer; None for the only one.

    Raises
    ------
    sqlite3.DatabaseError
        Not even its list of layers can be read.
    LookupError
        It has no such layer, or several and none is named.
    """
    database = sqlite3.connect(path)
    database.text_factory = lambda raw: raw.decode("utf-8", errors="replace")
    try:
        # What is damaged in the list of tables (it ends with the triggers of the index) must not hide the rest.
        database.execute("PRAGMA writable_schema = ON")
        layers = {
            table: (column, srs)
            for table, column, srs in database.execute(
                "SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns"
            )
        }
        if layer is None and len(layers) == 1:
            layer = next(iter(layers))
        if layer is None or layer not in layers:
            raise LookupError(layer)
        column, srs = layers[layer]
        good, lost = _rows(database, layer, column)
        return good, lost, _system(database, srs)
    finally:
        database.close()


def _rows(database: sqlite3.Connection, layer: str, column: str) -> tuple[dict[int, Row], dict[int, str]]:
    table = '"' + layer.replace('"', '""') + '"'
    good: dict[int, Row] = {}
    lost: dict[int, str] = {}
    cursor = database.execute(f"SELECT rowid, * FROM {table} LIMIT 0")
    names = [d[0] for d in cursor.description][1:]
    try:
        for row in database.execute(f"SELECT rowid, * FROM {table}"):
            _take(row, names, column, good, lost)
    except sqlite3.DatabaseError:
        claimed = _claimed(database, layer)
        failed = 0
        for number in range(max(good, default=0) + 1, claimed + 1):
            try:
                if failed >= _GIVE_UP:
                    raise sqlite3.DatabaseError
                found = database.execute(f"SELECT rowid, * FROM {table} WHERE rowid = ?", (number,)).fetchone()
            except sqlite3.DatabaseError:
                lost[number] = "cannot be read"
                failed += 1
                continue
            failed = 0
            if found is not None:
                _take(found, names, column, good, lost)
    return good, lost


def _take(row: tuple[Any, ...], names: list[str], column: str, good: dict[int, Row], lost: dict[int, str]) -> None:
    number = int(row[0])
    values = dict(zip(names, row[1:], strict=True))
    try:
        good[number] = ({k: v for k, v in values.items() if k not in (column, names[0])}, _shape(values[column]))
    except (shapely.errors.ShapelyError, ValueError, IndexError, TypeError):
        lost[number] = "its shape is damaged"


def _shape(blob: bytes | None) -> Any:
    """Shape of GeoPackage's own binary: a head, perhaps an envelope, then well-known binary."""
    if blob is None:
        return None
    if blob[:2] != b"GP":
        raise ValueError
    return shapely.from_wkb(blob[8 + _ENVELOPE.get(blob[3] >> 1 & 7, 0) :])


def _claimed(database: sqlite3.Connection, layer: str) -> int:
    """Last number of a row, or how many there should be; 0 where neither can be read."""
    for sql in (
        "SELECT seq FROM sqlite_sequence WHERE name = ?",
        "SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = ?",
    ):
        try:
            found = database.execute(sql, (layer,)).fetchone()
        except sqlite3.DatabaseError:
            continue
        if found is not None and isinstance(found[0], int):
            return found[0]
    return 0


def _system(database: sqlite3.Connection, number: int) -> str | None:
    try:
        found = database.execute(
            "SELECT organization || ':' || organization_coordsys_id, definition FROM gpkg_spatial_ref_sys "
            "WHERE srs_id = ?",
            (number,),
        ).fetchone()
    except sqlite3.DatabaseError:
        return None
    if found is None or number in (0, -1):
        return None
    return str(found[0]) if str(found[0]).upper().startswith(("EPSG:", "ESRI:")) else str(found[1])
