"""Units of registered land area: what the plan and the header leave open is told by the drawn area."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.errors import counted
from gisplan.issues import Issue
from gisplan.plan import ColumnSource

#: How near the middle ratio of registered to drawn area must be to a unit's factor for that unit to be taken.
WITHIN = 0.02

#: How far it may be from 1 before a unit is doubted: surveys and drawings of one town differ by a few percent.
DOUBTED = 0.05

#: Units that areas are registered in; the survey foot cannot be told from the foot.
_TOLD = ("m2", "ha", "km2", "mu", "ft2", "acre")

#: Parcels needed: one or two may agree with some unit by chance.
LEAST = 3


@dataclass(frozen=True)
class Fit:
    """The unit in which registered areas come nearest to the drawn ones.

    ``off`` is how far the middle ratio is from 1 in that unit; ``agree`` of ``compared`` parcels are within 2 %.
    """

    unit: str
    off: float
    agree: int
    compared: int

    @property
    def is_sure(self) -> bool:
        """Whether the unit can be taken without asking."""
        return self.compared >= LEAST and self.off <= WITHIN


def fit(values: NDArray[np.float64], drawn: NDArray[np.float64]) -> Fit | None:
    """Find the unit of areas by what is drawn.

    Parameters
    ----------
    values
        Areas as they are registered, in a unit that is looked for, shape (n,).
    drawn
        The same parcels' areas in m², shape (n,).

    Returns
    -------
    Fit or None
        None where no parcel has both areas.
    """
    both = (values > 0) & (drawn > 0)
    if not both.any():
        return None
    ratio = values[both] / drawn[both]
    middle = float(np.median(ratio))
    off = {unit: abs(middle * vocabulary.units("area")[unit] - 1) for unit in _TOLD}
    unit = min(off, key=lambda u: off[u])
    agree = int((np.abs(ratio * vocabulary.units("area")[unit] - 1) <= WITHIN).sum())
    return Fit(unit, off[unit], agree, int(both.sum()))


def settled(values: pd.Series, source: ColumnSource, drawn: pd.Series, *, layer: str) -> tuple[pd.Series, list[Issue]]:
    """Land areas in m², read again in the unit the drawing shows where none was given.

    Parameters
    ----------
    values
        Registered areas as read: in the unit given, else as m².
    source
        Where they come from; its unit is that of the plan or the column's header.
    drawn
        Measured areas of the same parcels in m², index as ``values``.
    layer
        For the issues: ``parcels`` or ``ledger``.

    Returns
    -------
    tuple
        The areas and what was assumed or is doubted.
    """
    factor = vocabulary.units("area")[source.unit or "m2"]
    raw, measured = values.to_numpy(float) / factor, drawn.to_numpy(float)
    best = fit(raw, measured)
    if best is None:
        return values, []
    both = (raw > 0) & (measured > 0)
    ratio = float(np.median(raw[both] * factor / measured[both]))
    if source.unit is not None:
        return values, _doubts(source, best, ratio, layer=layer)
    if best.is_sure:
        said = best.unit != "m2" or not _is_own(source.column)
        return values * vocabulary.units("area")[best.unit], [_guessed(source.column, best, layer=layer)] * said
    return values, _unknown(source.column, best, ratio, layer=layer)


def _doubts(source: ColumnSource, best: Fit, ratio: float, *, layer: str) -> list[Issue]:
    """Doubt a unit that was given where the drawing clearly shows another."""
    if abs(ratio - 1) <= DOUBTED or not best.is_sure:
        return []
    message = (
        f"{source.column} is read in {source.unit}, but its middle ratio to the drawn area is then {ratio:.3g}; in "
        f"{best.unit} {_agree(best)}."
    )
    return [
        Issue("UNIT_DOUBTFUL", "warning", layer, best.compared, message, _line(source.column, best.unit), "planner")
    ]


def _unknown(column: str, best: Fit, ratio: float, *, layer: str) -> list[Issue]:
    """Ask for a unit that nothing tells, where m² is far off."""
    if abs(ratio - 1) <= DOUBTED:
        return []
    message = (
        f"{column} has no unit and is taken as m²; its middle ratio to the drawn area is {ratio:.3g}, which fits no "
        f"unit. The nearest is {best.unit}, {best.off:.1%} off."
    )
    return [Issue("UNIT_UNKNOWN", "warning", layer, best.compared, message, _line(column, "…"), "planner")]


def _guessed(column: str, best: Fit, *, layer: str) -> Issue:
    message = f"{column} has no unit and is read in {best.unit}: {_agree(best)}."
    return Issue("UNIT_GUESSED", "note", layer, best.compared, message, _line(column, best.unit), "planner")


def _agree(best: Fit) -> str:
    return f"{best.agree:,} of {counted(best.compared, 'parcel')} are within 2 % of the drawn area"


def _line(column: str, unit: str) -> str:
    """Line of the plan that settles a unit."""
    return f'Write land_area = {{ column = {json.dumps(column, ensure_ascii=False)}, unit = "{unit}" }}.'


def _is_own(column: str) -> bool:
    known = vocabulary.columns("parcels")["land_area"]
    return column.lower() in (known.name, known.stored)
