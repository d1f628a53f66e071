"""Standardised indicators × weights → scores, what is missing, and how far ranks move; pure functions on arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gisplan.assess.idle import Array, Text
from gisplan.errors import GisplanError
from gisplan.rules.pack import Weights

#: Weights are moved up and down by this part of themselves.
MOVED = 0.2

#: Sets of weights drawn at random beside those in which one weight is moved; the seed makes them the same every time.
DRAWN, SEED = 200, 2026

#: Parts by table of weights.
Tree = Mapping[str, Mapping[str, float]]


def standardised(value: Array, ideal: Array, *, better: Text) -> Array:
    """How near values come to their ideal, 0–1, NaN where either is missing; all of shape (n,).

    Formula
    -------
    ``more`` is better: value ÷ ideal, no less than 0 and no more than 1. ``less`` is better: 1 − value where the ideal
    is 0 (a share), else ideal ÷ value, 1 up to the ideal.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        more = np.where(ideal > 0, value / ideal, np.nan)
        less = np.where(ideal > 0, np.where(value <= ideal, 1.0, ideal / value), 1 - value)
    out = np.where(better == "less", less, more)
    out[np.isnan(ideal) | np.isnan(value)] = np.nan
    return np.clip(out, 0.0, 1.0)


def tree_of(tables: Sequence[Weights], name: str) -> Tree:
    """Weights of a set by table.

    Raises
    ------
    GisplanError
        There is no such set, or it has no table ``zone`` from which to begin.
    """
    sets: dict[str, dict[str, Mapping[str, float]]] = {}
    for table in tables:
        sets.setdefault(table.set, {})[table.id] = table.parts
    if name not in sets:
        raise GisplanError(f"[intensity] weights: there is no set {name!r}; the pack has {', '.join(sorted(sets))}.")
    if "zone" not in sets[name]:
        raise GisplanError(f"[intensity] weights: set {name!r} has no table 'zone' from which a score begins. Add it.")
    return sets[name]


def leaves(tree: Tree, root: str) -> Iterator[tuple[str, str, float]]:
    """Table, name and whole weight (the product of the weights above it) of each part that is no table itself."""
    stack: list[tuple[str, float]] = [(root, 1.0)]
    while stack:
        table, above = stack.pop(0)
        for part, weight in tree[table].items():
            if part in tree:
                stack.append((part, above * weight))
            else:
                yield table, part, above * weight


@dataclass(frozen=True)
class Scores:
    """Scores of the zones.

    Attributes
    ----------
    tables
        Score 0–100 of each table of weights by zone, NaN where there is none.
    weights
        Whole weight of each indicator by zone, after what is missing gave its weight away; NaN where there is no score.
    """

    tables: Mapping[str, Array]
    weights: Mapping[str, Array]


def scored(tree: Tree, root: str, near: Mapping[str, Array], *, zones: int, renormalise: bool) -> Scores:
    """Weighted sums from the indicators up to the root.

    Parameters
    ----------
    tree, root
        Weights, and the table to begin from.
    near
        Standardised indicators by zone; one that is not there is missing everywhere.
    zones
        How many zones.
    renormalise
        Whether what is missing gives its weight to the rest of its table; else the table has no score.
    """
    tables: dict[str, Array] = {}
    own: dict[tuple[str, str], Array] = {}

    def value(name: str) -> Array:
        parts = tree[name]
        each = {p: value(p) / 100 if p in tree else near.get(p, np.full(zones, np.nan)) for p in parts}
        # A part that weighs nothing may be missing.
        weighs = {p: np.where(np.isnan(each[p]) & (renormalise or parts[p] == 0), 0.0, parts[p]) for p in parts}
        whole = np.sum(list(weighs.values()), axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            for p in parts:
                own[name, p] = np.where(whole > 0, weighs[p] / whole, np.nan)
        sums = [np.where(own[name, p] == 0, 0.0, own[name, p] * each[p]) for p in parts]
        tables[name] = 100 * np.sum(sums, axis=0)
        return tables[name]

    value(root)
    weights: dict[str, Array] = {}

    def spread(name: str, above: Array) -> None:
        for p in tree[name]:
            here = above * own[name, p]
            if p in tree:
                spread(p, np.where(np.isnan(here), 0.0, here) if renormalise else here)
            else:
                weights[p] = weights.get(p, np.zeros(zones)) + np.where(np.isnan(here), 0.0, here)

    spread(root, np.ones(zones))
    without = np.isnan(tables[root])
    return Scores(tables, {p: np.where(without, np.nan, w) for p, w in weights.items()})


def moved(tree: Tree) -> Iterator[Tree]:
    """Other weights to try: each up and down by `MOVED` in turn, then all at random within it; each adds up to 1."""
    for table, parts in tree.items():
        if len(parts) < 2:
            continue
        for part in parts:
            for factor in (1 - MOVED, 1 + MOVED):
                yield {**tree, table: _whole({p: w * (factor if p == part else 1.0) for p, w in parts.items()})}
    rng = np.random.default_rng(SEED)
    for _ in range(DRAWN):
        yield {t: _whole({p: w * rng.uniform(1 - MOVED, 1 + MOVED) for p, w in ps.items()}) for t, ps in tree.items()}


def _whole(parts: Mapping[str, float]) -> dict[str, float]:
    total = sum(parts.values())
    return {p: w / total for p, w in parts.items()}


def ranks(score: Array) -> Array:
    """Rank of each score, the highest first, equals sharing the better rank; NaN where there is none."""
    # To a millionth of a point, or rounding would part what is equal.
    score = np.round(score, 6)
    known = np.sort(score[~np.isnan(score)])
    higher = len(known) - np.searchsorted(known, score, side="right")
    return np.where(np.isnan(score), np.nan, 1.0 + higher)
