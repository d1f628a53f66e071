"""The pieces of a plan file: tables with their keys, and above or below them the reasons and the choices."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gisplan.plan import ColumnSource

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Block:
    """One table of the plan.

    Attributes
    ----------
    name
        Its name: ``layers.parcels``; in double brackets where there may be several.
    why
        Comments above it: what it is and why it was chosen.
    lines
        Its keys, as TOML.
    asides
        Comments below it: what stands open, and what else could be written.
    questions
        What the planner has to look at, one line each.
    """

    name: str
    why: Sequence[str] = ()
    lines: Sequence[str] = ()
    asides: Sequence[str] = field(default=())
    questions: Sequence[str] = field(default=())

    def toml(self) -> str:
        """Return the table as it stands in the plan file."""
        above, below = ([f"# {_commented(text)}" for text in texts] for texts in (self.why, self.asides))
        return "\n".join([*above, f"[{self.name}]", *self.lines, *below, ""])


def _commented(text: str) -> str:
    """Bring a comment onto one line; what is set in stays set in."""
    return " " * (len(text) - len(text.lstrip(" "))) + one_line(text)


def line(key: str, value: Any, why: str = "") -> str:
    """One key with its value and, behind it, the reason."""
    return f"{key} = {shown(value)}" + (f"  # {one_line(why)}" if why else "")


def column_line(name: str, source: ColumnSource, why: str = "") -> str:
    """One column of a layer, with its unit if it has one, as a key of the layer's table."""
    value = {"column": source.column, "unit": source.unit} if source.unit else source.column
    return line(f"columns.{name}", value, why)


def shown(value: Any) -> str:
    """Return a value as TOML."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key(k)} = {shown(v)}" for k, v in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(shown(v) for v in value) + "]"
    # JSON leaves DEL as it is, which TOML refuses.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def key(name: str) -> str:
    """Return a name as a key of TOML."""
    return name if _BARE.fullmatch(name) else shown(name)


def one_line(text: str) -> str:
    """Bring a comment onto one line, without characters a plan file may not hold."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def condition(column: str, values: Sequence[object]) -> str:
    """Condition that a column has one of some values."""
    name = column if _WORD.fullmatch(column) else '"' + column.replace('"', '""') + '"'
    told = [str(v) if isinstance(v, (int, float)) else "'" + str(v).replace("'", "''") + "'" for v in values]
    return f"{name} = {told[0]}" if len(told) == 1 else f"{name} IN ({', '.join(told)})"
