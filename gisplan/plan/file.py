"""A plan file, or a table of the same shape → Plan, with every fault in one go."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gisplan.errors import PlanError
from gisplan.plan import faults as faults_
from gisplan.plan.tables import Plan
from gisplan.plan.values import nearest
from gisplan.rules import load_packs

_PLAN_KEYS = tuple(k for k in Plan.model_fields if k not in {"folder", "file", "target_file"})


def load_plan(path: str | Path) -> Plan:
    """Read a plan file.

    Raises
    ------
    PlanError
        The file is missing or is not TOML, or the plan has faults: all of them are in the message, one a
        line.
    """
    file = Path(path)
    if file.is_dir():
        raise PlanError([f"{file}: is a folder. Give the path of the plan.toml in it."])
    if not file.is_file():
        raise PlanError([f"{file}: there is no such plan file. Give the path of a plan.toml."])
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise PlanError([f"{file.name}: is not UTF-8 (byte {error.start}). Save it as UTF-8."]) from None
    except OSError as error:
        raise PlanError([f"{file}: cannot be opened ({error.strerror}). Check your rights to it."]) from None
    except tomllib.TOMLDecodeError as error:
        raise PlanError([f"{file.name}: is not TOML: {error}. {_toml_hint(str(error))}"]) from None
    return parse_plan(raw, folder=file.resolve().parent, file=file.resolve())


def _toml_hint(message: str) -> str:
    if "\\" in message or "hex value" in message:
        return "In double quotes \\ has a meaning of its own: write paths with /, or put them in single quotes."
    return "Mend that place."


def parse_plan(raw: Mapping[str, Any], *, folder: Path, file: Path | None = None) -> Plan:
    """Turn a plan's table into a Plan; see `load_plan`."""
    name = file.name if file else "plan"
    if isinstance(raw.get("targets"), str):
        raw = {**raw, "targets": {"path": raw["targets"]}}
    faults = [f"{name}: {fault}" for fault in faults_.missing_files(raw, folder)]
    faults += [f"{name}: [plan] rules: {fault}" for fault in _rule_faults(raw, folder)]
    # `folder` and `file` are set by the reader, so a plan that names them holds an unknown key like any
    # other.
    faults += [f"{name}: unknown key {k!r}; {nearest(k, _PLAN_KEYS)}" for k in ("folder", "file") if k in raw]
    if isinstance(raw.get("targets"), Mapping):
        raw = {**{k: v for k, v in raw.items() if k != "targets"}, "target_file": raw["targets"]}
    try:
        plan = Plan.model_validate({**raw, "folder": folder, "file": file})
    except ValidationError as error:
        faults += [f"{name}: {line}" for e in error.errors() for line in faults_.lines(e)]
        raise PlanError([_sentence(f) for f in faults]) from None
    if faults:
        raise PlanError([_sentence(f) for f in faults])
    return plan


def _rule_faults(raw: Mapping[str, Any], folder: Path) -> tuple[str, ...]:
    """Faults of the rule packs a plan names, as far as it names any that can be looked for."""
    header = raw.get("plan")
    names = header.get("rules") if isinstance(header, Mapping) else None
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        return ()
    try:
        load_packs(names, folder)
    except PlanError as error:
        return error.faults
    return ()


def _sentence(text: str) -> str:
    return text if text[-1] in ".?!)" else f"{text}."
