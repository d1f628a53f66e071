"""A table or query of a PostGIS database → its records; nothing is ever written to it, no password ever shown."""

from __future__ import annotations

import decimal
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from gisplan.errors import LayerError, first_ids
from gisplan.plan.places import without_password

#: Seconds after which a server that does not answer is given up.
_PATIENCE = 10

#: Types of PostgreSQL that hold places.
_SHAPES = ("geometry", "geography")


def read_database(
    address: str, *, sql: str | None, layer: str | None, geometry: str | None, place: str
) -> tuple[gpd.GeoDataFrame, Mapping[str, Any]]:
    """Read a table or query.

    Parameters
    ----------
    address
        ``postgresql://user@host:port/database``; a password is better kept in the password file of PostgreSQL.
    sql, layer
        A query, or a table as ``schema.table``; one of both.
    geometry
        Column of shapes, needed where there are several.
    place
        Where the layer stands in the plan, for messages.

    Returns
    -------
    tuple
        All columns with geometry, rows numbered from 1; and what run.json tells of it: the query, the number of
        rows and a hash of them.

    Raises
    ------
    LayerError
        The server cannot be reached, there is no such table, the query is wrong or gives no shapes.
    """
    try:
        import psycopg
    except ImportError:
        raise LayerError(
            f'{place}: a database needs a part that is not installed. Run: pip install "gisplan[postgis]".'
        ) from None
    shown = without_password(address)
    try:
        login = psycopg.conninfo.conninfo_to_dict(address.strip())
    except psycopg.ProgrammingError:
        # What libpq says of it may hold a part of the password.
        raise LayerError(
            f"{place}: the address of the database cannot be understood. Write postgresql://user@host:port/database, "
            "with %40 for an @ in a name."
        ) from None
    secret = str(login.get("password", ""))
    patience: dict[str, Any] = {} if "connect_timeout" in login else {"connect_timeout": _PATIENCE}
    try:
        with psycopg.connect(address.strip(), **patience) as connection:
            connection.read_only = True
            query = sql.strip().rstrip(";") if sql is not None else _table(connection, str(layer), shown, place=place)
            fields, column, kind = _columns(connection, query, geometry, place=place)
            rows, shapes, number = _rows(connection, query, fields, column, kind, place=place)
            system = _system(connection, number, place=place)
    except psycopg.OperationalError as error:
        if error.sqlstate is None:
            raise LayerError(
                f"{place}: {shown} cannot be reached ({_told(error, secret)}). "
                "Check the address, the network and your rights."
            ) from None
        raise _refused(shown, error, secret, place=place) from None
    except psycopg.Error as error:
        raise _refused(shown, error, secret, place=place) from None
    # A database gives rows in any order; the same rows must give the same study.
    order = range(len(rows)) if " order by " in f" {' '.join(query.lower().split())} " else _order(rows, shapes)
    rows, shapes = [rows[i] for i in order], [shapes[i] for i in order]
    table = pd.DataFrame(
        {name: _values([row[i] for row in rows]) for i, name in enumerate(fields)},
        index=pd.RangeIndex(1, len(rows) + 1),
    )
    frame = gpd.GeoDataFrame(
        table, geometry=gpd.GeoSeries(shapely.from_wkb(np.array(shapes, dtype=object)), index=table.index, crs=system)
    )
    digest = hashlib.sha256(repr(fields).encode())
    for row, shape in zip(rows, shapes, strict=True):
        digest.update(repr(row).encode())
        digest.update(shape or b"\0")
    return frame, {"database": shown, "query": query, "rows": len(rows), "sha256": digest.hexdigest()}


def _refused(shown: str, error: Exception, secret: str, *, place: str) -> LayerError:
    return LayerError(f"{place}: {shown} does not answer the query ({_told(error, secret)}). Correct it in the plan.")


def _told(error: Exception, secret: str) -> str:
    """First line of what the server says, without the password."""
    said = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return (said.replace(secret, "***") if secret else said).rstrip(".")


def _table(connection: Any, layer: str, shown: str, *, place: str) -> str:
    """Query for all of a table, by its primary key where it has one."""
    from psycopg import sql

    schema, _, name = layer.rpartition(".")
    rows = connection.execute(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') "
        "ORDER BY 1, 2",
    ).fetchall()
    hits = [(s, t) for s, t in rows if (t == name and s == schema) or (t == layer and not schema)]
    if not schema:
        # Without a schema: the one the server looks in first.
        path = [s for (s,) in connection.execute("SELECT unnest(current_schemas(false))").fetchall()]
        hits = sorted((h for h in hits if h[0] in path), key=lambda h: path.index(h[0]))
    if not hits:
        tables = [f"{s}.{t}" for s, t in rows if t not in ("spatial_ref_sys", "geometry_columns", "geography_columns")]
        raise LayerError(
            f"{place}: {shown} has no table {layer!r}. It has: {first_ids(tables, limit=20) or 'none you may read'}."
        )
    return str(sql.SQL("SELECT * FROM {}").format(sql.Identifier(*hits[0])).as_string(connection))


def _columns(connection: Any, query: str, geometry: str | None, *, place: str) -> tuple[list[str], str, str]:
    """Attribute columns of a query, its column of shapes, and whether that is a geometry or a geography."""
    kinds = connection.execute("SELECT oid, typname FROM pg_type WHERE typname = ANY(%s)", [list(_SHAPES)])
    found = dict(kinds.fetchall())
    if not found:
        raise LayerError(f"{place}: the database has no PostGIS. Run in it: CREATE EXTENSION postgis.")
    # Prepared, so that the server takes one statement and no more.
    head = connection.execute(f"SELECT * FROM (\n{query}\n) AS records LIMIT 0", prepare=True).description
    shapes = {c.name: found[c.type_code] for c in head if c.type_code in found}
    if geometry is not None and geometry not in shapes:
        raise LayerError(
            f"{place} geometry: the query has no column {geometry!r} of shapes. It has: "
            f"{first_ids(list(shapes), limit=20) or 'none'}."
        )
    if not shapes:
        others = first_ids([c.name for c in head], limit=30)
        raise LayerError(f"{place}: the query gives no shapes (columns {others}). Select a column of type geometry.")
    if geometry is None and len(shapes) > 1:
        raise LayerError(
            f"{place}: the query gives {len(shapes)} columns of shapes ({first_ids(list(shapes))}). "
            'Name one: geometry = { wkt = "…" }.'
        )
    column = geometry or next(iter(shapes))
    names = [c.name for c in head]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise LayerError(f"{place}: the query gives more than one column {first_ids(twice)}. Rename them with AS.")
    return [n for n in names if n not in shapes], column, shapes[column]


def _rows(
    connection: Any, query: str, fields: Sequence[str], column: str, kind: str, *, place: str
) -> tuple[list[tuple[Any, ...]], list[bytes | None], int]:
    """Rows, their shapes as well-known binary with curves made of short lines, and the number of their system."""
    from psycopg import sql

    shape = sql.SQL("{}::geometry" if kind == "geography" else "{}").format(sql.Identifier(column))
    statement = sql.SQL("SELECT {} FROM (\n{}\n) AS records").format(
        sql.SQL(", ").join(
            [
                *(sql.Identifier(f) for f in fields),
                sql.SQL("ST_AsBinary(ST_CurveToLine({}))").format(shape),
                sql.SQL("ST_SRID({})").format(shape),
            ]
        ),
        sql.SQL(query),  # the planner's own, in a transaction that may only read
    )
    found = connection.execute(statement, prepare=True).fetchall()
    numbers = sorted({row[-1] for row in found if row[-1] is not None})
    if len(numbers) > 1:
        raise LayerError(
            f"{place}: its shapes are in {len(numbers)} coordinate systems (SRID {first_ids(numbers)}). "
            "Bring them into one with ST_Transform in sql."
        )
    shapes = [None if row[-2] is None else bytes(row[-2]) for row in found]
    return [row[:-2] for row in found], shapes, numbers[0] if numbers else 0


def _system(connection: Any, number: int, *, place: str) -> CRS | None:
    """Coordinate system of a number: by its authority where it has one, else as the database describes it."""
    if number == 0:
        return None
    found = connection.execute(
        "SELECT auth_name, auth_srid, srtext FROM spatial_ref_sys WHERE srid = %s", [number]
    ).fetchone()
    if found is None:
        raise LayerError(
            f"{place}: its shapes name SRID {number}, which the database does not describe. Add it to spatial_ref_sys."
        )
    for text in (f"{found[0]}:{found[1]}", found[2]):
        try:
            return CRS.from_user_input(text)
        except CRSError:
            continue
    raise LayerError(f"{place}: its shapes name SRID {number}, which is no coordinate system. Correct it there.")


def _order(rows: Sequence[tuple[Any, ...]], shapes: Sequence[bytes | None]) -> list[int]:
    return sorted(range(len(rows)), key=lambda i: (tuple(map(repr, rows[i])), shapes[i] or b""))


def _values(values: list[Any]) -> pd.Series | list[Any]:
    """Values of a column as pandas knows them: PostgreSQL's exact numbers become floats."""
    return [float(v) if isinstance(v, decimal.Decimal) else v for v in values]
