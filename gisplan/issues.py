"""What is wrong or was assumed, counted and named, for the person who can mend it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

Severity = Literal["error", "warning", "note"]

#: Columns of ``issues.csv``.
COLUMNS = ("code", "severity", "layer", "count", "features", "message", "remedy", "who")

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
        Ids of the features.
    """

    code: str
    severity: Severity
    layer: str
    count: int
    message: str
    remedy: str = ""
    who: Literal["planner", "supplier"] = "supplier"
    features: Sequence[str] = ()

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


def table(issues: Iterable[Issue]) -> pd.DataFrame:
    """All issues as one table, the gravest first."""
    ordered = sorted(issues, key=lambda i: (_ORDER[i.severity], i.layer, i.code, i.message))
    return pd.DataFrame([i.row() for i in ordered], columns=list(COLUMNS))
