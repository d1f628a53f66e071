"""Projects × limits: the class of every figure, the land that the limits allow, and the score of planned projects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gisplan.assess.findings import CLASSES, Things, applying, held, in_force
from gisplan.assess.idle import Array, Mask, Text
from gisplan.assess.marks import Numbers, joined, worded
from gisplan.errors import GisplanError
from gisplan.rules import Limit, Pack
from gisplan.rules.pack import ABOVE, BELOW, Bounds, Ideal, Weights

#: Figures that are held against limits, in the order of ``projects.csv``.
CONTROL = (
    "project_far", "project_building_coefficient", "project_admin_share", "project_admin_floor_share",
    "project_green_rate", "project_investment_intensity", "project_output_intensity", "project_land_tax",
    "project_tax_per_mu", "project_total_investment",
)  # fmt: skip

#: Figures that grow as land shrinks: what is declared fits on less land until one of them is at its limit.
_ALLOW = ("project_far", "project_building_coefficient", "project_investment_intensity")

#: The table of weights that scores planned projects.
_SCORE = "admission"

#: What limits together say of a figure, the worse the later: of several limits the worst word stands.
KINDS = ("NO_RULE", "pass", "UNKNOWN", "above", "below")
UNKNOWN = KINDS.index("UNKNOWN")

#: Place in `KINDS` of what a single limit says, by its number in `CLASSES`.
_AMONG_KINDS = np.array([KINDS.index({"no_data": "UNKNOWN", "not_applicable": "NO_RULE"}.get(c, c)) for c in CLASSES])


@dataclass(frozen=True)
class Held:
    """What the limits of one indicator say of every project; arrays have the shape (parcels,).

    Attributes
    ----------
    number
        Place of its class in `KINDS`: ``pass``, ``below``, ``above``, ``NO_RULE`` where no limit applies, ``UNKNOWN``
        where it cannot be told.
    limits
        The limits as they are written, and where each applies.
    low
        The highest lower limit that applies, NaN where none does.
    unverified
        Whether one of them is unverified.
    findings
        Codes and advice of the limits that fail, by code.
    """

    number: Numbers
    limits: Sequence[tuple[str, Mask]]
    low: Array
    unverified: Mask
    findings: dict[str, tuple[Mask, str]]

    @property
    def kind(self) -> Text:
        """Class of each project as a word."""
        return worded(KINDS, self.number)

    @property
    def limit(self) -> Text:
        """The limits that apply to each project."""
        return joined(self.limits, len(self.low), by="; ")


def hold(indicator: str, packs: Sequence[Pack], things: Things, *, as_of: dt.date | None) -> Held:
    """Hold one figure of all projects against every limit in force; limits for information only do not count.

    Parameters
    ----------
    indicator
        Its id.
    packs
        The plan's rule packs.
    things
        The projects.
    as_of
        Day on which limits have to be in force.
    """
    size = len(things.ids)
    number = np.zeros(size, dtype=np.int8)
    limits: list[tuple[str, Mask]] = []
    low = np.full(size, np.nan)
    unverified = np.zeros(size, dtype=bool)
    found: dict[str, tuple[Mask, str]] = {}
    for pack, limit in _limits(indicator, packs):
        if not in_force(pack, limit, as_of):
            if as_of is None:  # nothing tells whether it is in force
                may = applying(limit.where, things)[0]
                number[may] = np.maximum(number[may], UNKNOWN)
            continue
        applies, open_, _ = applying(limit.where, things)
        kind, _ = held(limit, things)
        sure = applies & ~open_
        number = np.maximum(number, _AMONG_KINDS.astype(np.int8)[kind])
        limits.append((str(limit), sure))
        low[sure] = np.fmax(low[sure], limit.low[0]) if np.isfinite(limit.low[0]) else low[sure]
        unverified |= sure & (not limit.verified)
        fails = (kind == BELOW) | (kind == ABOVE)
        if limit.code and fails.any():
            before = found.get(limit.code, (np.zeros(size, dtype=bool), ""))[0]
            found[limit.code] = before | fails, str(limit.advice)
    return Held(number, limits, low, unverified, found)


def _limits(indicator: str, packs: Sequence[Pack]) -> Iterator[tuple[Pack, Limit]]:
    for pack in packs:
        for limit in pack.limits:
            if limit.indicator == indicator and limit.severity != "info":
                yield pack, limit


def overall(kinds: Sequence[Numbers]) -> Text:
    """Class of a project by those of its figures (numbers of `KINDS`): fails if one does, else open if one is."""
    worst = np.max(kinds, axis=0) if len(kinds) else np.zeros(0, dtype=np.int8)
    return worded([{"above": "fail", "below": "fail"}.get(k, k) for k in KINDS], worst)


def allowed_area(land: Array, figures: Sequence[tuple[Array, Array, Numbers]]) -> tuple[Array, Array, Mask]:
    """Land that the declared project is allowed, and what it has beyond that.

    Parameters
    ----------
    land
        m² of each project; shape (parcels,).
    figures
        Of each figure per land: its values, the lower limit that applies (NaN for none), and the number of its class.

    Returns
    -------
    tuple
        ``allowed`` and ``excess`` in m², and where ``allowed`` is only the most it can be. Allowed is the whole land
        where every figure passes, and value ÷ limit of it where the worst one fails. Where a figure cannot be told,
        ``allowed`` is missing unless another one fails. Where no limit applies it is missing too.

    Notes
    -----
    As min(floor area ÷ least plot ratio, occupied land ÷ least coefficient, investment ÷ least intensity), but never
    more than the land there is. gisplan's own convention.
    """
    size = len(land)
    part, bound = np.ones(size), np.zeros(size, dtype=bool)
    fails, unknown = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    for value, low, kind in figures:
        is_below = (kind == KINDS.index("below")) & (low > 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            part = np.where(is_below, np.fmin(part, value / low), part)
        fails |= is_below
        unknown |= kind == UNKNOWN
        bound |= (~np.isnan(low) & (kind == KINDS.index("pass"))) | is_below
    known = bound & (fails | ~unknown)
    allowed = np.where(known, part * land, np.nan)
    return allowed, land - allowed, known & unknown


def admission(
    packs: Sequence[Pack], things: Things, planned: Mask, *, as_of: dt.date | None
) -> tuple[Array, Text, str] | None:
    """Score (0–100) of the planned projects by the weights of the first pack that has a table ``admission``.

    A part counts min(1, value ÷ ideal), or min(1, ideal ÷ value) where less is better. A score needs all of its parts.

    Returns
    -------
    tuple
        Scores, NaN where there is none; what lacks for one, joined by a semicolon; the pack's name. None without such
        a pack.

    Raises
    ------
    GisplanError
        An indicator of the weights has no ideal value.
    """
    for pack in packs:
        weights = next((w for w in pack.weights if w.id == _SCORE), None)
        if weights is not None and (as_of is None or pack.in_force.holds(as_of)):
            return (*_score(pack, weights, things, planned), pack.name)
    return None


def _score(pack: Pack, weights: Weights, things: Things, planned: Mask) -> tuple[Array, Text]:
    size = len(things.ids)
    score = np.where(planned, 0.0, np.nan)
    lacks: list[tuple[str, Mask]] = []
    for name, weight in weights.parts.items():
        ideals = [i for i in pack.ideals if i.indicator == name]
        if not ideals:
            raise GisplanError(f"{pack.name}: weights {_SCORE}: {name} has no ideal value. Give one under [[ideals]].")
        value = things.values.get(name, np.full(size, np.nan))
        end = things.most.get(name, value)
        target, less = _ideal(ideals, things)
        with np.errstate(divide="ignore", invalid="ignore"):
            part = np.where(less, np.where(value > 0, target / value, 1.0), value / target)
        part = np.where(np.isnan(value) | np.isnan(target) | (end != value), np.nan, np.clip(part, 0.0, 1.0))
        lacks.append((name, planned & np.isnan(part)))
        score += weight * part
    return 100 * score, joined(lacks, size)


def _ideal(ideals: Sequence[Ideal], things: Things) -> tuple[Array, Mask]:
    """Ideal value of each project, NaN where none applies or that cannot be told, and where less is better."""
    target, less = np.full(len(things.ids), np.nan), np.zeros(len(things.ids), dtype=bool)
    for ideal in ideals:
        applies, open_, _ = applying(ideal.where, things)
        target[applies & ~open_], less[applies & ~open_] = ideal.value, ideal.better == "less"
    return target, less


def bands(packs: Sequence[Pack], things: Things, *, as_of: dt.date | None) -> Text:
    """Ids of the bands that each project's figures lie in, joined by a semicolon."""
    marks: list[tuple[str, Mask]] = []
    for pack in packs:
        if as_of is not None and not pack.in_force.holds(as_of):
            continue
        for band in pack.bands:
            values = things.values.get(band.indicator)
            if values is not None:
                marks.append((band.id, _within(band, values)))
    return joined(marks, len(things.ids))


def _within(band: Bounds, values: Array) -> Mask:
    (low, low_in), (high, high_in) = band.low, band.high
    above = values >= low if low_in else values > low
    below = values <= high if high_in else values < high
    return above & below


def table(held_: dict[str, Held], things: Things) -> pd.DataFrame:
    """Value, limits and class of every figure, three columns an indicator."""
    out: dict[str, object] = {}
    for name, of in held_.items():
        out[name] = things.values.get(name, np.full(len(things.ids), np.nan))
        # As objects: to guess the type of words that are blanked afterwards takes longer than to judge them.
        out[f"{name}_limit"] = pd.Series(of.limit, dtype=object)
        out[f"{name}_class"] = pd.Series(of.kind, dtype=object)
    return pd.DataFrame(out)


def allowing(held_: dict[str, Held], things: Things) -> list[tuple[Array, Array, Numbers]]:
    """The figures per land that decide how much of it is allowed, as `allowed_area` takes them."""
    nothing = np.full(len(things.ids), np.nan)
    return [(things.values.get(n, nothing), held_[n].low, held_[n].number) for n in _ALLOW]
