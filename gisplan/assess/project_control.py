"""Projects × limits: the class of every figure, the land that the limits allow, and the score of planned projects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gisplan.assess.findings import Things, applying, held, in_force
from gisplan.assess.idle import Array, Mask, Text, one_of
from gisplan.errors import GisplanError
from gisplan.rules import Limit, Pack
from gisplan.rules.pack import Bounds, Ideal, Weights

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

#: Of several limits of one figure the worst word stands.
_WORST = ("below", "above", "UNKNOWN", "pass")


@dataclass(frozen=True)
class Held:
    """What the limits of one indicator say of every project; arrays have the shape (parcels,).

    Attributes
    ----------
    kind
        ``pass``, ``below``, ``above``, ``NO_RULE`` where no limit applies, ``UNKNOWN`` where it cannot be told.
    limit
        The limits that apply, as they are written.
    low
        The highest lower limit that applies, NaN where none does.
    unverified
        Whether one of them is unverified.
    findings
        Codes and advice of the limits that fail, by code.
    """

    kind: Text
    limit: Text
    low: Array
    unverified: Mask
    findings: dict[str, tuple[Mask, str]]


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
    words = {w: np.zeros(size, dtype=bool) for w in _WORST}
    limit_text = np.full(size, "", dtype=object)
    low = np.full(size, np.nan)
    unverified = np.zeros(size, dtype=bool)
    found: dict[str, tuple[Mask, str]] = {}
    for pack, limit in _limits(indicator, packs):
        if not in_force(pack, limit, as_of):
            if as_of is None:  # nothing tells whether it is in force
                words["UNKNOWN"] |= applying(limit.where, things)[0]
            continue
        applied = applying(limit.where, things)
        kind, _ = held(limit, things, applied)
        sure = applied[0] & ~applied[1]
        for word in ("below", "above", "pass"):
            words[word] |= kind == word
        words["UNKNOWN"] |= kind == "no_data"
        limit_text[sure] += np.where(limit_text[sure] == "", str(limit), f"; {limit}")
        low[sure] = np.fmax(low[sure], limit.low[0]) if np.isfinite(limit.low[0]) else low[sure]
        unverified |= sure & (not limit.verified)
        fails = one_of(kind, ("below", "above"))
        if limit.code and fails.any():
            before = found.get(limit.code, (np.zeros(size, dtype=bool), ""))[0]
            found[limit.code] = before | fails, str(limit.advice)
    out = np.full(size, "NO_RULE", dtype=object)
    for word in reversed(_WORST):
        out[words[word]] = word
    return Held(out, limit_text, low, unverified, found)


def _limits(indicator: str, packs: Sequence[Pack]) -> Iterator[tuple[Pack, Limit]]:
    for pack in packs:
        for limit in pack.limits:
            if limit.indicator == indicator and limit.severity != "info":
                yield pack, limit


def overall(kinds: Sequence[Text]) -> Text:
    """Class of a project by those of its figures: fails if one does, else not known if one is not."""
    size = len(kinds[0]) if kinds else 0
    out = np.full(size, "NO_RULE", dtype=object)
    for word, said in (("pass", ("pass",)), ("UNKNOWN", ("UNKNOWN",)), ("fail", ("below", "above"))):
        for kind in kinds:
            out[one_of(kind, said)] = word
    return out


def allowed_area(land: Array, figures: Sequence[tuple[Array, Array, Text]]) -> tuple[Array, Array, Mask]:
    """Land that the declared project is allowed, and what it has beyond that.

    Parameters
    ----------
    land
        m² of each project; shape (parcels,).
    figures
        Of each figure per land: its values, the lower limit that applies (NaN for none), and its class.

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
        is_below = (kind == "below") & (low > 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            part = np.where(is_below, np.fmin(part, value / low), part)
        fails |= is_below
        unknown |= kind == "UNKNOWN"
        bound |= (~np.isnan(low) & (kind == "pass")) | is_below
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
    lacks = np.full(size, "", dtype=object)
    for name, weight in weights.parts.items():
        ideals = [i for i in pack.ideals if i.indicator == name]
        if not ideals:
            raise GisplanError(f"{pack.name}: weights {_SCORE}: {name} has no ideal value. Give one under [[ideals]].")
        value = things.values.get(name, np.full(size, np.nan))
        end = things.most.get(name, value)
        target, better = _ideal(ideals, things)
        with np.errstate(divide="ignore", invalid="ignore"):
            part = np.where(better == "less", np.where(value > 0, target / value, 1.0), value / target)
        part = np.where(np.isnan(value) | np.isnan(target) | (end != value), np.nan, np.clip(part, 0.0, 1.0))
        missing = planned & np.isnan(part)
        lacks[missing] += np.where(lacks[missing] == "", name, f";{name}")
        score += weight * part
    return 100 * score, lacks


def _ideal(ideals: Sequence[Ideal], things: Things) -> tuple[Array, Text]:
    """Ideal value of each project, NaN where none applies or that cannot be told, and which way is better."""
    target, better = np.full(len(things.ids), np.nan), np.full(len(things.ids), "more", dtype=object)
    for ideal in ideals:
        applies, open_, _ = applying(ideal.where, things)
        target[applies & ~open_], better[applies & ~open_] = ideal.value, ideal.better
    return target, better


def bands(packs: Sequence[Pack], things: Things, *, as_of: dt.date | None) -> Text:
    """Ids of the bands that each project's figures lie in, joined by a semicolon."""
    out = np.full(len(things.ids), "", dtype=object)
    for pack in packs:
        if as_of is not None and not pack.in_force.holds(as_of):
            continue
        for band in pack.bands:
            values = things.values.get(band.indicator)
            if values is not None:
                within = _within(band, values)
                out[within] += np.where(out[within] == "", band.id, f";{band.id}")
    return out


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


def allowing(held_: dict[str, Held], things: Things) -> list[tuple[Array, Array, Text]]:
    """The figures per land that decide how much of it is allowed, as `allowed_area` takes them."""
    nothing = np.full(len(things.ids), np.nan)
    return [(things.values.get(n, nothing), held_[n].low, held_[n].kind) for n in _ALLOW]
