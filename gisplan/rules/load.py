"""Rule packs by name or path → packs, with every fault in one go."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import ValidationError

from gisplan.errors import PlanError, ended, nearest, told
from gisplan.rules.check import faults_of, faults_with
from gisplan.rules.limit_table import limits_of
from gisplan.rules.pack import Pack, Table

#: How lists of a pack's tables are called in a message, by their key.
_ONE = {
    "limits": "limit",
    "limit_tables": "table of limits",
    "reasons": "reason",
    "ideals": "ideal",
    "levels": "level",
    "bands": "band",
    "examples": "example",
    "benchmarks": "benchmark",
}


@cache
def shipped() -> tuple[str, ...]:
    """Names of the packs that ship with gisplan."""
    names = (f.name for f in resources.files("gisplan.rules").iterdir())
    return tuple(sorted(n.removesuffix(".toml") for n in names if n.endswith(".toml")))


def load_packs(names: Sequence[str], folder: Path = Path()) -> list[Pack]:
    """Read packs, and check them by themselves and against those they refine.

    Parameters
    ----------
    names
        Names of shipped packs, or paths of TOML files.
    folder
        Where relative paths start.

    Raises
    ------
    PlanError
        All faults of all packs, one line each.
    """
    reader = _Reader()
    packs = [reader.read(name, folder, ()) for name in names]
    found = [p for p in packs if p is not None]
    for name in sorted({p.name for p in found if [q.name for q in found].count(p.name) > 1}):
        reader.faults.append(f"rule pack {name!r} is named more than once. Name it once.")
    if reader.faults:
        raise PlanError(list(dict.fromkeys(reader.faults)))
    return found


class _Reader:
    """Reads packs and those they refine, each once."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._read: dict[str, Pack | None] = {}

    def read(self, name: str, folder: Path, above: tuple[str, ...]) -> Pack | None:
        """Pack of a name or path; None, with its faults noted, where it cannot be used."""
        is_file = name.endswith(".toml")
        file = (folder / name).resolve() if is_file else None
        key = str(file) if file else name
        if key in above:
            circle = " → ".join(Path(k).name for k in [*above[above.index(key) :], key])
            self.faults.append(f"rule packs refine one another in a circle: {circle}.")
            return None
        if key not in self._read:
            self._read[key] = None
            self._read[key] = self._fresh(name, file, (*above, key))
        return self._read[key]

    def _fresh(self, name: str, file: Path | None, above: tuple[str, ...]) -> Pack | None:
        shown = file.name if file else name
        text = self._text(name, file)
        if text is None:
            return None
        try:
            raw = tomllib.loads(text)
            pack = Pack.model_validate({**_flat(raw), "file": file})
        except tomllib.TOMLDecodeError as error:
            self.faults.append(f"{shown}: is not TOML: {error}. Mend that place.")
            return None
        except ValidationError as error:
            self.faults += [ended(f"{shown}: {line}") for e in error.errors() for line in _lines(e, raw)]
            return None
        for table in pack.limit_tables:
            limits, faults = limits_of(table, pack, file.parent if file else Path())
            pack = pack.model_copy(update={"limits": (*pack.limits, *limits)})
            self.faults += [ended(f"{shown}: {fault}") for fault in faults]
        bases = [self.read(b, file.parent if file else Path(), above) for b in pack.refines]
        self.faults += [ended(f"{shown}: {fault}") for fault in faults_of(pack)]
        self.faults += [
            ended(f"{shown}: {fault}") for base in bases if base is not None for fault in faults_with(pack, base)
        ]
        return pack

    def _text(self, name: str, file: Path | None) -> str | None:
        if file is None:
            if name in shipped():
                return resources.files("gisplan.rules").joinpath(f"{name}.toml").read_text(encoding="utf-8")
            self.faults.append(f"there is no rule pack {name!r}; {nearest(name, shipped())} (your own ends in .toml)")
            return None
        try:
            return file.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            self.faults.append(
                f"there is no rule pack {name!r} in {file.parent}. Check the path; it is relative to the file that "
                "names it, and on the command line to the plan, or without one to the folder you are in."
            )
        except UnicodeDecodeError as error:
            self.faults.append(f"{file.name}: is not UTF-8 (byte {error.start}). Save it as UTF-8.")
        except OSError as error:
            self.faults.append(f"{file}: cannot be opened ({error.strerror}). Check your rights to it.")
        return None


def _flat(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Put what stands under ``[pack]`` beside the other tables."""
    head = raw.get("pack", {})
    out = {k: v for k, v in raw.items() if k not in ("pack", "file")}
    return {**out, **(head if isinstance(head, dict) else {"pack": head})}


def _lines(error: Mapping[str, Any], raw: Mapping[str, Any]) -> Iterator[str]:
    """Say in a line what is wrong and where."""
    *table, key = [p for p in error["loc"] if p != "function-after"]
    place = _place(table, raw)
    kind = error["type"]
    if kind == "extra_forbidden":
        yield f"{place}unknown key {key!r}; {nearest(str(key), _keys(table))}"
    elif kind == "missing":
        yield f"{place}{key} is missing; it has to be given"
    elif kind == "value_error":
        yield f"{place}{key}: {error['ctx']['error']}"
    elif kind == "literal_error":
        yield f"{place}{key}: expected {error['ctx']['expected']}, found {told(error['input'])}"
    elif kind == "bool_type":
        yield f"{place}{key}: expected true or false, found {told(error['input'])}"
    else:
        expected = {"string_type": "text in quotes", "tuple_type": "a list in [ ]", "dict_type": "a table"}
        wanted = expected.get(kind, "a table" if kind.startswith("model") else "something else")
        yield f"{_place([*table, key], raw)}expected {wanted}, found {told(error['input'])}"


def _place(location: Sequence[Any], raw: Mapping[str, Any]) -> str:
    """Words for a place of the pack: ``limit no. 3 (plot-ratio) where: ``."""
    words: list[str] = []
    here: Any = _flat(raw)
    for i, part in enumerate(location):
        here = here[part] if isinstance(here, (dict, list)) and _has(here, part) else None
        if isinstance(part, int):
            name = here.get("id") if isinstance(here, dict) else None
            kind = _ONE.get(str(location[i - 1]), location[i - 1])
            words[-1] = f"{kind} no. {part + 1}" + (f" ({name})" if name else "")
        else:
            words.append(str(part))
    return f"{' '.join(words)}: " if words else ""


def _has(here: dict[str, Any] | list[Any], part: Any) -> bool:
    if isinstance(here, dict):
        return part in here
    return isinstance(part, int) and part < len(here)


def _keys(location: Sequence[Any]) -> list[str]:
    """Keys that the table at a place may have."""
    model: Any = Pack
    for part in location:
        if isinstance(part, str) and isinstance(model, type) and issubclass(model, Table):
            model = _inner({f.alias or n: f.annotation for n, f in model.model_fields.items()}.get(part))
        elif isinstance(part, str):
            model = _inner(model)
    if not (isinstance(model, type) and issubclass(model, Table)):
        return []
    return [f.alias or n for n, f in model.model_fields.items() if n != "file"]


def _inner(annotation: Any) -> Any:
    """Type of the table that a field holds, one or many of."""
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return _inner(next(a for a in get_args(annotation) if a is not type(None)))
    if origin in (Annotated, tuple):
        return _inner(get_args(annotation)[0])
    if origin is dict:
        return _inner(get_args(annotation)[1])
    return annotation
