"""Figures as a reader wants them: shares as per cent, land in the unit asked for, what is missing as a dash."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.show.report.blocks import Language, Text

#: Units in which land may be shown, with the square metres of each, and how they are written.
AREA_UNITS: Mapping[str, tuple[float, Text]] = {
    "ha": (1e4, Text("ha", "ha")),
    "mu": (2000 / 3, Text("亩", "mu")),
    "km2": (1e6, Text("km²", "km²")),
    "acre": (vocabulary.units("area")["acre"], Text("acre", "acre")),
    "m2": (1.0, Text("m²", "m²")),
}

MISSING = "–"

_SIGN = re.compile(r"([<>≤≥]) (?=[\d.-])")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e-?\d+)?")


def unit_text(unit: str) -> Text:
    """Write a unit of ``indicators.csv`` in both languages."""
    known = vocabulary.report("units")
    parts = [known.get(part, {"zh": part, "en": part}) for part in unit.split("/")]
    return Text("/".join(p["zh"] for p in parts), "/".join(p["en"] for p in parts))


def number(value: float, *, digits: int | None = None) -> str:
    """Write a number with separators and as many decimals as its size calls for."""
    if value is None or pd.isna(value):
        return MISSING
    if digits is None:
        size = abs(value)
        digits = (
            0
            if size >= 1000 or float(value).is_integer()
            else 1
            if size >= 100
            else 2
            if size >= 0.1 or not size
            else 4
        )
    text = f"{value:,.{digits}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text


def value(figure: float, unit: str, *, area: str = "ha", language: Language = "both") -> str:
    """Write a figure with its unit.

    Parameters
    ----------
    figure
        As it is kept: shares 0–1, land in m².
    unit
        As in ``indicators.csv``.
    area
        Key of `AREA_UNITS`.
    language
        In both languages a unit is written as in Chinese, but for the mu, which has two names.
    """
    if figure is None or pd.isna(figure):
        return MISSING
    if unit == "share":
        return f"{number(100 * figure, digits=1)} %"
    if unit == "m²":
        return f"{land(figure, area=area)} {AREA_UNITS[area][1].line(language)}"
    told = unit_text(unit).lines(language)
    return number(figure) if unit in ("", "1", "n") else f"{number(figure)} {told[0]}"


def limit_text(limit: str, unit: str) -> str:
    """Write a limit of ``findings.csv`` in the unit in which `value` writes the figure, a sign beside its number."""
    text = _SIGN.sub(r"\1", limit)
    if unit != "share":
        return text
    return _NUMBER.sub(lambda m: f"{round(100 * float(m.group()), 6):g}", text) + (" %" if _NUMBER.search(text) else "")


def land(square_metres: float, *, area: str = "ha") -> str:
    """Write land in the unit asked for, without the unit."""
    return number(square_metres / AREA_UNITS[area][0], digits=None if area in ("m2", "km2") else 2)


def rounded(values: np.ndarray, *, digits: int) -> np.ndarray:
    """Round amounts so that they still add up to their rounded sum (largest remainders).

    Parameters
    ----------
    values
        Amounts, none missing, shape (n,).
    digits
        Decimals kept.

    Returns
    -------
    numpy.ndarray
        Shape (n,); their sum is the rounded sum of the amounts.
    """
    scale = 10.0**digits
    scaled = np.asarray(values, dtype=float) * scale
    down = np.floor(scaled + 1e-9)
    short = round(float(scaled.sum()) - float(down.sum()))
    order = np.argsort(-(scaled - down), kind="stable")
    down[order[:short]] += 1
    return np.asarray(down / scale)
