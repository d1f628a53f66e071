"""Inefficient land (低效用地): reasons that rule packs name, each asked of each parcel.

A reason is there, or not, or cannot be told. One reason is enough; where none is found and one cannot be told, the
parcel's class is UNKNOWN, never "no".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from gisplan.assess.findings import Things, applying
from gisplan.assess.idle import Array, Mask, Text, one_of
from gisplan.assess.marks import joined, worded
from gisplan.assess.project_control import UNKNOWN, hold
from gisplan.rules import Pack, Reason
from gisplan.rules.pack import TOLERANCE


def inefficient(
    packs: Sequence[Pack],
    things: Things,
    *,
    state: Text,
    idle_class: Text | None,
    built: Mask,
    asked: Mapping[str, Mask],
    among: Mask,
    as_of: dt.date | None,
) -> pd.DataFrame | None:
    """Reasons for which each parcel counts as inefficient; None where no pack in force names any.

    Parameters
    ----------
    packs
        The plan's rule packs.
    things
        The projects.
    state
        State of each parcel, as in ``parcels.csv``.
    idle_class
        Classes of the idle-land register, None without one.
    built
        Projects that are measured as built; reasons that are figures are asked of no others.
    asked
        Parcels of which a figure is asked at all, by indicator; all where it is not named.
    among
        Parcels that are projects.
    as_of
        Day on which a pack has to be in force.

    Returns
    -------
    pandas.DataFrame
        ``inefficient_class`` (INEFFICIENT, NO, UNKNOWN; None beside the projects), ``inefficient_reasons`` and
        ``inefficient_unknown``, ids of reasons joined by a semicolon.
    """
    reasons = [(p, r) for p in packs if as_of is None or p.in_force.holds(as_of) for r in p.reasons]
    if not reasons:
        return None
    size = len(things.ids)
    found: list[tuple[str, Mask]] = []
    open_: list[tuple[str, Mask]] = []
    for _, reason in reasons:
        yes, unknown = _asked(reason, packs, things, idle_class, as_of)
        meant = among.copy()
        if reason.indicator is not None:
            meant &= built & asked.get(reason.indicator, np.ones(size, dtype=bool))
        if reason.state:
            untold = pd.isna(state)
            yes, unknown = yes & ~untold, unknown | (yes & untold)
            meant &= untold | one_of(state, reason.state)
        found.append((reason.id, yes & meant))
        open_.append((reason.id, unknown & meant))
    some, others = (np.any([m for _, m in marks], axis=0) for marks in (found, open_))
    kind = worded(("INEFFICIENT", "UNKNOWN", "NO", None), np.select([~among, some, others], [3, 0, 1], 2))
    return pd.DataFrame(
        {
            "inefficient_class": kind,
            "inefficient_reasons": joined(found, size),
            "inefficient_unknown": joined(open_, size),
        }
    )


def _asked(
    reason: Reason, packs: Sequence[Pack], things: Things, idle_class: Text | None, as_of: dt.date | None
) -> tuple[Mask, Mask]:
    """Where a reason is there, and where that cannot be told."""
    size = len(things.ids)
    applies, unsure, _ = applying(reason.where, things)
    if reason.banned:
        yes, unknown = np.ones(size, dtype=bool), np.zeros(size, dtype=bool)
    elif reason.idle_class:
        if idle_class is None:
            yes, unknown = np.zeros(size, dtype=bool), np.ones(size, dtype=bool)
        else:
            yes = one_of(idle_class, reason.idle_class)
            unknown = idle_class == "UNKNOWN"
    else:
        yes, unknown = _figure(reason, packs, things, as_of)
    return yes & applies & ~unsure, applies & (unknown | (unsure & yes))


def _figure(reason: Reason, packs: Sequence[Pack], things: Things, as_of: dt.date | None) -> tuple[Mask, Mask]:
    """Where a project's figure lies beyond a number, or below a part of the limit that applies to it."""
    name = str(reason.indicator)
    least: Array = things.values.get(name, np.full(len(things.ids), np.nan))
    most = things.most.get(name, least)
    if reason.more_than is not None:
        grace = TOLERANCE * max(1.0, abs(reason.more_than))
        yes, may = least > reason.more_than + grace, most > reason.more_than + grace
        return yes, np.isnan(least) | (may & ~yes)
    if reason.less_than is not None:
        end: Array = np.full(len(least), float(reason.less_than))
        nothing = np.zeros(len(least), dtype=bool)
    else:
        assert reason.of_limit is not None
        by = hold(name, packs, things, as_of=as_of)
        end = by.low * float(reason.of_limit)
        # Where no limit applies there is nothing to be below of; where that cannot be told, neither can the reason.
        nothing = np.isnan(end) & (by.number != UNKNOWN)
        unknown_limit = np.isnan(end) & (by.number == UNKNOWN)
        end = np.where(unknown_limit, np.inf, end)
        least, most = np.where(unknown_limit, np.nan, least), np.where(unknown_limit, np.nan, most)
    with np.errstate(invalid="ignore"):
        bar = end - TOLERANCE * np.maximum(1.0, np.abs(end))
        yes, may = most < bar, least < bar
    return yes & ~nothing, ~nothing & (np.isnan(least) | (may & ~yes))
