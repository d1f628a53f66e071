"""What differs between two packs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gisplan.rules.pack import Limit, Pack, Sourced


@dataclass(frozen=True)
class Change:
    """One thing that two packs say differently; what a pack does not say is empty.

    Attributes
    ----------
    kind
        ``limit``, ``ideal`` or ``term``.
    subject
        Indicator or term.
    where
        To what it applies, in the pack's words.
    before, after
        What each pack says.
    """

    kind: str
    subject: str
    where: str
    before: str
    after: str


def differences(a: Pack, b: Pack) -> list[Change]:
    """Everything two packs say differently, in a fixed order; sources and wording do not count."""
    one, other = dict(_said(a)), dict(_said(b))
    return [
        Change(*key, one.get(key, ""), other.get(key, ""))
        for key in sorted({*one, *other})
        if one.get(key) != other.get(key)
    ]


def _said(pack: Pack) -> Iterator[tuple[tuple[str, str, str], str]]:
    for limit in pack.limits:
        for single in _by_industry(limit):
            for side, text in _sides(single):
                where = f"{conditions(single)} {side}".strip()
                yield ("limit", limit.indicator, where), f"{text}{unit_behind(limit.unit)}{_mark(limit)}"
    for ideal in pack.ideals:
        key = ("ideal", ideal.indicator, conditions(ideal))
        yield key, f"{ideal.value:g}{unit_behind(ideal.unit)} ({ideal.better} is better){_mark(ideal)}"
    for name, term in pack.terms.items():
        yield ("term", name, ""), f"{term.value:g}{unit_behind(term.unit)}{_mark(term)}"


def _by_industry(limit: Limit) -> Iterator[Limit]:
    """A limit once for each of its industries, so that packs that group them otherwise can be compared."""
    for code in limit.where.industry or ("",):
        where = limit.where.model_copy(update={"industry": (code,)}) if code else limit.where
        yield limit.model_copy(update={"where": where})


def _sides(limit: Limit) -> Iterator[tuple[str, str]]:
    """Lower and upper limit as text, each with what distinguishes limits of one side from those of another severity."""
    for names, side in ((("at_least", "more_than"), "low"), (("at_most", "less_than"), "high")):
        for name in names:
            value = getattr(limit, name)
            if value is not None:
                mark = {"at_least": "≥", "more_than": ">", "at_most": "≤", "less_than": "<"}[name]
                yield f"{side} ({limit.severity})", f"{mark} {value:.12g}"


def conditions(item: object) -> str:
    """Conditions of a limit in a line: ``industry 13, 14 (gbt4754-2002); zone_age old``."""
    where = getattr(item, "where", None)
    if where is None:
        return ""
    parts = []
    for key, value in where.given().items():
        if isinstance(value, tuple):
            text = ", ".join(value)
        elif key == "supplied":
            text = str(value)
        else:
            text = f"{value.ends[0]:g} – {value.ends[1]:g}"
        system = f" ({where.industry_system})" if key == "industry" else ""
        parts.append(f"{key} {text}{system}")
    return "; ".join(parts)


def unit_behind(unit: str) -> str:
    """Unit as it is written behind a number; plain ratios have none."""
    return "" if unit in ("1", "share") else f" {unit}"


def _mark(item: Sourced) -> str:
    return "" if item.verified else " (unverified)"
