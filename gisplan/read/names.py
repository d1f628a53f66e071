"""Names of columns and layers, as offices write them → forms that can be compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gisplan.read import headers
from gisplan.vocabulary import Column

_SEPARATORS = re.compile(r"[\s_\-.:·]+")


def normal(name: str) -> str:
    """Name without what does not matter: case, full or half width, spaces, underscores, dashes, colons."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", name).casefold())


def unit_of(name: str, measure: str) -> str | None:
    """Unit of a measure that stands behind a column's name, None where there is none."""
    word = headers.unit_word(name)
    return headers.unit_for(word, measure) if word is not None else None


@dataclass(frozen=True)
class Hit:
    """A field that may hold a canonical column, and the unit its name gives."""

    field: str
    unit: str | None = None


def hits(column: Column, fields: Sequence[str]) -> Iterator[Hit]:
    """Fields known by a column's name, its stored name or one of its aliases, the likeliest first.

    A unit behind the name is taken off only where it is a unit of what the column measures: ``高度(亩)`` is no
    height.
    """
    plain = [(f, normal(f)) for f in fields]
    with_unit: list[tuple[str, str, str]] = []
    if column.kind == "number":
        with_unit = [
            (f, normal(headers.split_unit(f)[0]), u) for f in fields if (u := unit_of(f, column.measure)) is not None
        ]
    for name in (column.name, column.stored, *column.aliases):
        wanted = normal(name)
        for field, text in plain:
            if text == wanted:
                yield Hit(field, unit_of(field, column.measure) if column.kind == "number" else None)
        for field, stem, unit in with_unit:
            if stem == wanted:
                yield Hit(field, unit)
