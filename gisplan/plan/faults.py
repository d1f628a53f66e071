"""What is wrong with a plan, in words a planner can act on: where, what stands there, what was expected."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from gisplan.plan.places import is_database
from gisplan.plan.tables import Plan
from gisplan.plan.values import nearest, told

#: What was expected, by pydantic's name of the fault.
_EXPECTED = {
    "string_type": "expected text in quotes",
    "list_type": "expected a list in [ ]",
    "dict_type": "expected a table",
    "bool_type": "expected true or false",
    "model_type": "expected a table",
    "model_attributes_type": "expected a table",
}

#: Marks the second and later of several tables of one name.
_NUMBER = re.compile(r" no\. \d+")

#: Keys that hold the path of a file.
_PATHS = ("path", "mbtiles")

_LIMITS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
}


def missing_files(table: Any, folder: Path, where: str = "") -> Iterator[str]:
    """Name every ``path`` (and ``mbtiles``) of a plan at which there is no file, wherever it stands."""
    if isinstance(table, list):
        for i, item in enumerate(table):
            yield from missing_files(item, folder, f"{where} no. {i + 1}" if len(table) > 1 else where)
    if not isinstance(table, Mapping):
        return
    for key, value in table.items():
        for one in value if isinstance(value, list) else [value]:
            if key in _PATHS and isinstance(one, str):
                fault = _no_table(where) if is_database(one) else _no_file(one, folder)
                if fault:
                    yield f"{_bracket(where)} {key}: {fault}"
        yield from missing_files(value, folder, f"{where}.{key}" if where else str(key))


def _bracket(where: str) -> str:
    number = _NUMBER.search(where)
    return f"[{_NUMBER.sub('', where)}]{number[0] if number else ''}"


def _no_table(where: str) -> str | None:
    """Say where a database cannot be read from; None where it can."""
    if _NUMBER.sub("", where).endswith((".ledger", ".terrain", ".green_raster")):
        return "a database can be the path of a layer, not of a ledger or raster. Join the ledger in the layer's sql."
    return None


def _no_file(value: str, folder: Path) -> str | None:
    """Say what is wrong with a path; None when a file is there."""
    file = folder / value
    try:
        if value.strip() and (file.is_file() or (file.is_dir() and file.suffix.lower() == ".gdb")):
            return None
        if file.is_dir():
            return f"{value!r} is a folder. Give the file in it." if value.strip() else "is empty. Give a file."
        if any(ord(c) < 32 for c in value):
            return (
                f"there is no file {value!r}. In double quotes \\ has a meaning of its own: "
                "write / instead, or put the path in single quotes."
            )
        near = difflib.get_close_matches(Path(value).name, _names(file.parent), n=1)
    except OSError as error:
        return f"{value!r} cannot be opened ({error.strerror}). Check the path and your rights to it."
    hint = f"Did you mean {near[0]!r}?" if near else "Check the path; it is relative to the plan file."
    return f"there is no file {value!r}. {hint}"


def _names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []


def lines(error: Mapping[str, Any]) -> Iterator[str]:
    """Lines that tell one fault pydantic found."""
    location = _named(error["loc"])
    kind = error["type"]
    if kind == "extra_forbidden":
        table = location[:-1]
        yield f"{_place(table, None)}unknown key {location[-1]!r}; {nearest(location[-1], _fields(table))}"
    elif kind == "missing":
        yield f"{_place(location[:-1], None)}{location[-1]} is missing; it has to be given"
    elif kind == "value_error":
        place = _place(location, None) if _is_table(location) else _place(location[:-1], location[-1])
        for line in str(error["ctx"]["error"]).split("\n"):
            yield f"{place}{line}"
    else:
        wrong = _wrong("model_type" if _is_table(location) else kind, error)
        yield f"{_place(location[:-1], location[-1])}{wrong}"


def _wrong(kind: str, error: Mapping[str, Any]) -> str:
    found = told(error["input"])
    if kind in _EXPECTED:
        return f"{_EXPECTED[kind]}, found {found}"
    if kind == "literal_error":
        return f"expected {error['ctx']['expected']}, found {found}"
    if kind in _LIMITS:
        limit, words = _LIMITS[kind]
        return f"must be {words} {error['ctx'][limit]:g}, found {found}"
    return f"{error['msg'][0].lower()}{error['msg'][1:]}, found {found}"


def _named(loc: Sequence[int | str]) -> list[str]:
    """Place of a fault by names; the second and later of several tables are numbered."""
    out: list[str] = []
    for part in loc:
        if isinstance(part, str):
            out.append(part)
        elif part > 0 and out and _is_table(out):
            out[-1] = f"{out[-1]} no. {part + 1}"
    return out


def _place(table: Sequence[str], key: str | None) -> str:
    """``[table] key: ``, as far as there is one."""
    shown = f"{_bracket('.'.join(table))} " if table else ""
    return f"{shown}{key}: " if key is not None else shown


def _is_table(location: Sequence[str]) -> bool:
    """Whether a table of the plan, rather than a value, is at this place."""
    return _at(location) is not None


def _fields(location: Sequence[str]) -> list[str]:
    """List the valid keys of the table at a place of the plan."""
    model = _at(location)
    if not hasattr(model, "model_fields"):
        return []
    return [f.alias or n for n, f in model.model_fields.items() if n not in ("folder", "file")]


def _at(location: Sequence[str]) -> Any:
    """Model at a place of the plan, `dict` for a table of free names, None for a value."""
    here: Any = Plan
    for part in location:
        if hasattr(here, "model_fields"):
            names = {f.alias or n: f for n, f in here.model_fields.items()}
            field = names.get(part.split(" no. ")[0])
            here = field.annotation if field is not None else None
        elif get_origin(here) is dict:
            here = get_args(here)[1]
        else:
            return None
        here = _inner(here)
    return here if hasattr(here, "model_fields") or get_origin(here) is dict else None


def _inner(annotation: Any) -> Any:
    """Strip Optional, list and Annotated from a field's type."""
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return _inner(next(a for a in get_args(annotation) if a is not type(None)))
    if origin in (Annotated, list):
        return _inner(get_args(annotation)[0])
    return annotation
