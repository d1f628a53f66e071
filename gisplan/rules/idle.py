"""The terms of an idle-land rule, taken from the pack in force on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gisplan.errors import GisplanError
from gisplan.rules.load import load_packs, shipped
from gisplan.rules.pack import Pack
from gisplan.rules.terms import IDLE_TERMS


@dataclass(frozen=True)
class IdleRule:
    """Terms by which idle land is told; years are full years, reached on the anniversary itself.

    Attributes
    ----------
    first_years, second_years
        Years after the due date from which land is idle, and from which it may be reclaimed.
    stopped_years
        Years of standstill after which started land may be found idle.
    developed_below, invested_below
        Shares under which started land counts as little developed or invested; the share itself does not.
    fee_share
        Idle fee as a share of the price.
    after_handover_years, after_approval_years
        Years from hand-over or approval to the due date where no start was agreed.
    extension_years
        Longest extension.
    pack
        The pack they come from.
    """

    first_years: int
    second_years: int
    stopped_years: int
    developed_below: float
    invested_below: float
    fee_share: float
    after_handover_years: int
    after_approval_years: int
    extension_years: int
    pack: Pack


def idle_rules(packs: Sequence[Pack]) -> list[Pack]:
    """Packs that say how idle land is told."""
    return [p for p in packs if set(IDLE_TERMS) & set(p.terms)]


def idle_rule(packs: Sequence[Pack], day: dt.date) -> IdleRule:
    """Idle-land rule in force on a day: of the packs given, else of those that ship with gisplan.

    Raises
    ------
    GisplanError
        None is in force that day, or several are.
    """
    known = idle_rules(packs) or idle_rules(load_packs(shipped()))
    valid = [p for p in known if p.in_force.holds(day)]
    if not valid:
        raise GisplanError(
            f"No idle-land rule is in force on {day}: {'; '.join(_periods(known))}. Give another date, or name a rule "
            "pack for it in the plan's rules."
        )
    if len(valid) > 1:
        raise GisplanError(
            f"{len(valid)} idle-land rules are in force on {day}: {', '.join(p.name for p in valid)}. Name one of them "
            "in the plan's rules."
        )
    (pack,) = valid
    years = {n: int(pack.terms[n].value) for n, unit in IDLE_TERMS.items() if unit == "year"}
    shares = {n: pack.terms[n].value for n, unit in IDLE_TERMS.items() if unit == "share"}
    return IdleRule(**years, **shares, pack=pack)  # type: ignore[arg-type]  # the terms are the fields, by name


def _periods(packs: Sequence[Pack]) -> Iterator[str]:
    for pack in packs:
        yield f"{pack.name} holds {pack.in_force}"
