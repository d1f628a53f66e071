"""Where the records of a layer lie when its file does not say it by itself, and how a database is named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from pydantic import model_validator

from gisplan.plan.placing import Placed
from gisplan.plan.values import Model

#: How the address of a database begins.
_DATABASES = ("postgresql://", "postgres://")


def is_database(path: str) -> bool:
    """Whether a path of the plan is the address of a database and not a file."""
    return path.strip().lower().startswith(_DATABASES)


def without_password(address: str) -> str:
    """Address of a database as it may be shown: user, host and name, but no password."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return address.strip().split("://", maxsplit=1)[0] + "://…"
    login, at, host = parts.netloc.rpartition("@")
    query = urlencode([(k, v) for k, v in parse_qsl(parts.query) if "password" not in k.lower()], quote_via=quote)
    return urlunsplit((parts.scheme, login.split(":")[0] + at + host, parts.path, query, ""))


def shareable(table: Any) -> Any:
    """A plan's table without the passwords that stand in the addresses of its databases."""
    if isinstance(table, Mapping):
        return {key: shareable(value) for key, value in table.items()}
    if isinstance(table, list):
        return [shareable(value) for value in table]
    return without_password(table) if isinstance(table, str) and is_database(table) else table


class Coordinates(Model):
    """Columns of a table that hold shapes as text, or the east and north coordinate of points."""

    wkt: str | None = None
    x: str | None = None
    y: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Coordinates:
        if (self.x is None) != (self.y is None) or (self.wkt is None) == (self.x is None):
            raise ValueError('give { wkt = "column" } or { x = "column", y = "column" }')
        return self


class Located(Placed):
    """Keys of a layer that say what a table or a database does not say by itself."""

    geometry: Coordinates | None = None
    sheet: str | None = None
    sql: str | None = None

    @model_validator(mode="after")
    def _query_of_a_database(self) -> Located:
        path, layer = getattr(self, "path", None), getattr(self, "layer", None)
        if path is None:
            return self
        if is_database(path) and (self.sql is None) == (layer is None):
            raise ValueError('a database needs either sql = "SELECT …" or layer = "schema.table"')
        if not is_database(path) and self.sql is not None:
            raise ValueError('sql needs the address of a database as path, e.g. path = "postgresql://user@host/base"')
        return self
