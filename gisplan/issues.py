"""What is wrong or was assumed, counted and named, for the person who can mend it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

Severity = Literal["error", "warning", "note"]

#: Columns of ``issues.csv``.
COLUMNS = ("code", "severity", "layer", "count", "features", "message", "remedy", "who")

#: Columns of the table with one row a feature concerned; ``detail`` is what is said of that feature alone.
PLACE_COLUMNS = ("code", "severity", "layer", "feature_id", "x", "y", "detail", "message", "remedy", "who")

_ORDER = {"error": 0, "warning": 1, "note": 2}

#: Ids written for one issue; rejected, lost and repaired features are always written in full.
_IDS = 1000


@dataclass(frozen=True)
class Issue:
    """One kind of fault or assumption in one layer.

    Attributes
    ----------
    code
        Stable name in capitals.
    severity
        ``error``: a figure is wrong or missing because of it; ``warning``: a figure may be; ``note``: good to know.
    layer
        Layer concerned.
    count
        How many features.
    message
        What is wrong, with figures.
    remedy
        What to do.
    who
        Who can mend it: ``planner`` (the plan file) or ``supplier`` (the data).
    features
        Ids of the features, with what is to be said of each.
    ids
        Bare ids of the same features, where ``features`` says more than that.
    places
        Place (x, y) of each of the features in the study's coordinate system, NaN where it has none; empty as long
        as nobody has looked.
    """

    code: str
    severity: Severity
    layer: str
    count: int
    message: str
    remedy: str = ""
    who: Literal["planner", "supplier"] = "supplier"
    features: Sequence[str] = ()
    ids: Sequence[str] = ()
    places: Sequence[tuple[float, float]] = ()

    @property
    def feature_ids(self) -> list[str]:
        """Bare id of each feature, as long as ``features``."""
        return [str(i) for i in (self.ids or self.features)]

    def row(self) -> dict[str, object]:
        """Row of ``issues.csv``."""
        ids = [str(f) for f in self.features]
        if len(ids) > _IDS and not self.code.endswith(("_REJECTED", "_REPAIRED", "_DAMAGED")):
            ids = [*ids[:_IDS], f"… and {len(ids) - _IDS} more"]
        return {
            "code": self.code,
            "severity": self.severity,
            "layer": self.layer,
            "count": self.count,
            "features": "; ".join(ids),
            "message": self.message,
            "remedy": self.remedy,
            "who": self.who,
        }


def ordered(issues: Iterable[Issue]) -> list[Issue]:
    """Sort issues, the gravest first."""
    return sorted(issues, key=lambda i: (_ORDER[i.severity], i.layer, i.code, i.message))


def table(issues: Iterable[Issue]) -> pd.DataFrame:
    """All issues as one table, the gravest first."""
    return pd.DataFrame([i.row() for i in ordered(issues)], columns=list(COLUMNS))


def places(issues: Iterable[Issue]) -> pd.DataFrame:
    """Every feature concerned, one row each (see `PLACE_COLUMNS`), the gravest first.

    Returns
    -------
    pandas.DataFrame
        ``x`` and ``y`` are rounded to a millimetre and NaN where a feature has no place; an issue that names no
        feature has no row.
    """
    rows = [
        (i.code, i.severity, i.layer, name, *_rounded(place), _detail(told, name), i.message, i.remedy, i.who)
        for i in ordered(issues)
        for name, told, place in zip(i.feature_ids, i.features, _places(i), strict=True)
    ]
    frame = pd.DataFrame(rows, columns=list(PLACE_COLUMNS))
    return frame.astype({"x": float, "y": float})


def records(issues: Iterable[Issue]) -> list[dict[str, object]]:
    """Rows of `table` as records, each with its ``places``: id, x and y (None where a feature has none)."""
    return [
        {
            **i.row(),
            "places": [
                {"feature_id": name, "x": _or_none(x), "y": _or_none(y)}
                for name, (x, y) in zip(i.feature_ids, map(_rounded, _places(i)), strict=True)
            ],
        }
        for i in ordered(issues)
    ]


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


def _places(issue: Issue) -> Sequence[tuple[float, float]]:
    return issue.places or [(math.nan, math.nan)] * len(issue.features)


def _detail(told: object, name: str) -> str:
    return "" if str(told) == name else str(told)


def _rounded(place: tuple[float, float]) -> tuple[float, float]:
    return round(float(place[0]), 3), round(float(place[1]), 3)
