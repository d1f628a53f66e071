"""What the zones' industry is made of, and how alike zones are (产业结构趋同)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gisplan.measure.catalogue import Array, Figures, indicator
from gisplan.measure.survey import Survey, column

#: Digits of the industry code by which parcels are told apart: divisions of GB/T 4754, as of ISIC.
DIGITS = 2

#: What an industry is weighed by: the register's column, and its names.
BASES = {
    "land": ("", "按用地", "by land"),
    "output": ("output_wan", "按产值", "by output"),
    "jobs": ("jobs", "按从业人数", "by jobs"),
}

_CODE = re.compile(r"[A-Za-z]?\s*(\d{2,4})")


@dataclass(frozen=True)
class Structure:
    """Amounts by zone and industry.

    Attributes
    ----------
    industries
        Codes, sorted, shape (industries,).
    amounts
        Shape (zones, industries).
    n_used, n_missing
        Parcels with an industry and an amount, and those with only one of the two; by zone.
    known_share
        Share of the land of these parcels for which both are known.
    """

    industries: tuple[str, ...]
    amounts: Array
    n_used: Array
    n_missing: Array
    known_share: Array

    @property
    def shares(self) -> Array:
        """Share of each industry in its zone, NaN in zones without any amount."""
        return shares(self.amounts)


def shares(amounts: Array) -> Array:
    """Rows of amounts as shares of their sums; NaN where the sum is nothing."""
    whole = amounts.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, amounts / whole, np.nan)


def similarity(one: Array, other: Array) -> Array:
    """Cosine of two structures, ``Σ s₁s₂ ÷ √(Σ s₁² · Σ s₂²)``: 0 (nothing in common) to 1 (the same).

    Known as the UNIDO coefficient of structural similarity (相似系数); last axes are industries.
    """
    # √(a·b), not √a·√b: two equal structures then give 1 to the last digit.
    top = (one * other).sum(axis=-1)
    return np.asarray(np.minimum(top / np.sqrt((one * one).sum(axis=-1) * (other * other).sum(axis=-1)), 1.0))


def krugman(one: Array, other: Array) -> Array:
    """Krugman's index of two structures, ``Σ |s₁ − s₂|``: 0 (the same) to 2 (nothing in common)."""
    return np.asarray(np.minimum(np.abs(one - other).sum(axis=-1), 2.0))


def location_quotients(amounts: Array) -> Array:
    """Share of an industry in its zone over its share in all zones; NaN where either is of nothing."""
    whole = shares(amounts.sum(axis=0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, shares(amounts) / whole, np.nan)


def hhi(structure: Array) -> Array:
    """Herfindahl–Hirschman index ``Σ s²``, 1/n to 1; its inverse is the effective number of industries."""
    return np.asarray((structure * structure).sum(axis=-1))


def entropy(structure: Array) -> Array:
    """Shannon entropy ``−Σ s ln s``, 0 (one industry) to ln n."""
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(structure > 0, structure * np.log(structure), structure * 0.0)
    return np.asarray(np.abs(parts.sum(axis=-1)))


def rest(amounts: Array) -> Array:
    """Structure of all other zones taken together, for each zone."""
    return shares(amounts.sum(axis=0, keepdims=True) - amounts)


def division(codes: pd.Series) -> pd.Series:
    """First `DIGITS` digits of industry codes, without a section's letter; None where there is no such code."""
    found = [_CODE.fullmatch(c.strip()) if isinstance(c, str) else None for c in codes]
    return pd.Series([m[1][:DIGITS] if m else None for m in found], index=codes.index, dtype=object)


def structure(survey: Survey, basis: str) -> Structure:
    """Industries of the zones by land, output or jobs; a parcel that a border cuts is split by share of area."""
    return survey.once(f"industry by {basis}", lambda: _structure(survey, basis))


def _structure(survey: Survey, basis: str) -> Structure:
    pieces, parcels = survey.pieces["parcels"], survey.parcels
    assert parcels is not None
    code = division(pieces.frame["industry"])
    has = code.notna().to_numpy()
    size = parcels.area if basis == "land" else column(pieces.frame, BASES[basis][0])
    bad = ~(size >= 0)
    known = has & ~bad
    # Of land, whoever states an industry is meant; of money and people also those who state only the amount.
    meant = has if basis == "land" else has | (~bad & (size > 0))
    names = sorted(set(code[known]))
    amounts = [pieces.total(np.where((code == n).to_numpy() & known, size, 0.0)) for n in names]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = pieces.total(np.where(known, pieces.size, 0.0)) / pieces.total(np.where(meant, pieces.size, 0.0))
    table = np.array(amounts).T if names else np.zeros((survey.zones, 0))
    return Structure(tuple(names), table, pieces.count(known), pieces.count(meant & ~known), share)


_TEXT = """{title}.

Formula
-------
{formula} s are the shares of the industries (two digits of the code) in the zone {by}.

Zero
----
{zero}

Missing
-------
No parcel of the zone states an industry and the amount.

Source
------
{source}
"""


def _enter(
    name: str, names: tuple[str, str], formulas: tuple[str, str], zero: str, source: str, of: Callable[[Array], Array]
) -> None:
    """Enter an indicator with its names and formulas in Chinese and English."""
    (zh, en), (formula_zh, formula_en) = names, formulas

    def figures(survey: Survey, basis: str) -> Figures:
        made = structure(survey, basis)
        nan = np.full(survey.zones, np.nan)
        value = of(made.amounts) if made.industries else nan
        return Figures(value, nan, nan, made.n_used, made.n_missing, made.known_share)

    figures.__doc__ = _TEXT.format(title=en, formula=formula_en, by="by land, output or jobs", zero=zero, source=source)
    indicator(
        f"{name}_{{basis}}",
        unit="1",
        group="structure",
        zh=f"{zh}（{{zh}}）",
        en=f"{en} ({{en}})",
        needs=["parcels", "parcels.industry"],
        formula_zh=formula_zh,
        formula_en=formula_en,
        members=_bases,
    )(figures)


def _bases(survey: Survey) -> dict[str, dict[str, str]]:
    there = [b for b, (name, _, _) in BASES.items() if not name or survey.has(f"parcels.{name}")]
    return {b: {"zh": BASES[b][1], "en": BASES[b][2]} for b in there}


_enter(
    "hhi_industry", ("行业集中度（HHI）", "Concentration of industry (HHI)"), ("Σ s²", "Σ s²."),
    "Does not occur: the least is 1 ÷ number of industries.", "Herfindahl–Hirschman index.",
    lambda amounts: hhi(shares(amounts)),
)  # fmt: skip
_enter(
    "industry_entropy", ("行业多样性（熵）", "Diversity of industry (entropy)"), ("−Σ s ln s", "−Σ s ln s."),
    "A single industry.", "Shannon's entropy.",
    lambda amounts: entropy(shares(amounts)),
)  # fmt: skip
_enter(
    "krugman_index", ("产业结构差异（克鲁格曼指数）", "Difference from the other zones (Krugman)"),
    ("Σ |s − 其他分区合计的 s|", "Σ |s − s of all other zones together|."),
    "The same structure as the others.", "Krugman's specialisation index, against the other zones.",
    lambda amounts: krugman(shares(amounts), rest(amounts)),
)  # fmt: skip
