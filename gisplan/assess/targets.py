"""What a plan wants of its zones by when, against what is: completion, gap, and whether the pace is kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.assess.findings import COLUMNS as FINDING_COLUMNS
from gisplan.assess.idle import Array
from gisplan.errors import PlanError, ended, nearest
from gisplan.plan import Target

#: Columns of ``targets.csv``.
COLUMNS = (
    "target", "zone_id", "indicator", "title", "unit", "direction", "value", "actual", "completion", "gap", "due",
    "days_left", "base", "base_date", "expected", "progress", "class", "note", "source",
)  # fmt: skip

#: An actual value may miss a target by this part of it and still meet it: sums are not exact.
GRACE = 1e-9


def require_zones(asked: Sequence[Target], zone_ids: Sequence[str]) -> None:
    """Stop where a target names a zone that is not there; that is known as soon as the zones are read.

    Raises
    ------
    PlanError
        One line for each such target.
    """
    known = [str(z) for z in zone_ids]
    wrong = [
        ended(f"[targets] no. {i}: there is no zone {t.zone!r}; {nearest(t.zone, known)}")
        for i, t in enumerate(asked, start=1)
        if t.zone is not None and t.zone not in known
    ]
    if wrong:
        raise PlanError(wrong)


def targets(
    asked: Sequence[Target], zone_ids: Sequence[str], values: Mapping[str, Array], *, as_of: dt.date | None
) -> pd.DataFrame:
    """Hold targets against values.

    Parameters
    ----------
    asked
        Targets of the plan.
    zone_ids
        Zones of the study.
    values
        Values of the zones by indicator, NaN where missing; shape (zones,).
    as_of
        Day the values are of; without one only what is reached can be told.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, one row a target and zone. ``completion`` is actual ÷ target (target ÷ actual where less is wanted),
        missing where it would be divided by 0 or amounts differ in sign. ``gap`` is what is still lacking, 0 where the
        target is met. ``expected`` is where the straight line from the base to the target stands on the day, and
        ``progress`` the part of the way that is gone. ``class`` is ``done``, ``on_track`` or ``behind`` that line,
        ``open`` where no base tells the pace, ``missed`` once the due day is over, ``no_data``.

    Raises
    ------
    PlanError
        A target names a zone that is not there.
    """
    known = [str(z) for z in zone_ids]
    require_zones(asked, known)
    rows = []
    for number, target in enumerate(asked, start=1):
        # A value of one's own without a zone is of the whole, and said once.
        of: list[str | None] = [target.zone] if target.zone is not None or target.actual is not None else list(known)
        for zone in of:
            actual = target.actual
            if actual is None:
                column = values.get(target.indicator)
                actual = float("nan") if column is None else float(column[known.index(str(zone))])
            rows.append({"target": number, "zone_id": zone, **_row(target, actual, as_of)})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(target: Target, actual: float, as_of: dt.date | None) -> dict[str, object]:
    """One target held against one value."""
    nan = float("nan")
    more = target.direction == "at_least"
    lacking = target.value - actual if more else actual - target.value
    is_met = lacking <= GRACE * max(1.0, abs(target.value))
    top, bottom = (actual, target.value) if more else (target.value, actual)
    completion = top / bottom if bottom > 0 and top >= 0 else nan
    expected = progress = nan
    if target.base is not None and target.base_date is not None and as_of is not None:
        gone = (as_of - target.base_date).days / (target.due - target.base_date).days
        expected = target.base + min(max(gone, 0.0), 1.0) * (target.value - target.base)
        if target.value != target.base:
            progress = (actual - target.base) / (target.value - target.base)
    known = vocabulary.indicator(target.indicator)
    kind, note = _class(target, actual, is_met=is_met, expected=expected, as_of=as_of)
    return {
        "indicator": target.indicator,
        "title": _title(target),
        "unit": known.unit if known is not None else target.unit,
        "direction": target.direction,
        "value": target.value,
        "actual": actual,
        "completion": completion,
        "gap": nan if np.isnan(actual) else 0.0 if is_met else lacking,
        "due": target.due,
        "days_left": None if as_of is None else (target.due - as_of).days,
        "base": nan if target.base is None else target.base,
        "base_date": target.base_date,
        "expected": expected,
        "progress": progress,
        "class": kind,
        "note": note,
        "source": target.source,
    }


def _title(target: Target) -> str:
    """Name in both languages, as far as the plan or the vocabulary has one."""
    known = vocabulary.indicator(target.indicator)
    own = (target.title.zh, target.title.en)
    words = own if any(own) or known is None else (known.zh, known.en)
    return " / ".join(dict.fromkeys(w for w in words if w))


def _class(target: Target, actual: float, *, is_met: bool, expected: float, as_of: dt.date | None) -> tuple[str, str]:
    """Class of a target and what is to be said of it."""
    lacking = expected - actual if target.direction == "at_least" else actual - expected
    zero = "the target is 0: no completion" if target.value == 0 else ""
    if np.isnan(actual):
        found = "no_data", "no value"
    elif is_met:
        found = "done", zero
    elif as_of is None:
        found = "open", "the plan has no as_of"
    elif as_of > target.due:
        found = "missed", zero or f"due {target.due}"
    elif np.isnan(expected):
        found = "open", zero or "no base to tell the pace"
    elif target.base_date is not None and as_of < target.base_date:
        found = "open", f"begins {target.base_date}"
    else:
        found = ("on_track" if lacking <= GRACE * max(1.0, abs(expected)) else "behind"), zero
    return found


def target_findings(table: pd.DataFrame) -> pd.DataFrame:
    """Targets as findings: ``pass`` where done, else ``below`` or ``above``; ``should`` once missed."""
    told = {"done": "pass", "no_data": "no_data"}
    beyond = table["direction"].map({"at_least": "below", "at_most": "above"})
    sign = table["direction"].map({"at_least": "≥", "at_most": "≤"})
    words = vocabulary.supply_words("targets")
    told_of = list(zip(table["class"], table["note"], strict=True))
    return pd.DataFrame(
        {
            "level": "zone",
            "id": table["zone_id"],
            "zone_id": table["zone_id"],
            "indicator": table["indicator"],
            "value": table["actual"],
            "unit": table["unit"],
            "limit": [f"{s} {v:.12g}" for s, v in zip(sign, table["value"], strict=True)],
            "class": table["class"].map(told).fillna(beyond),
            "severity": table["class"].eq("missed").map({True: "should", False: "info"}),
            "pack": "targets",
            "rule": [f"target-{n}" for n in table["target"]],
            "clause": [f"due {d}" for d in table["due"]],
            "source": table["source"].where(table["source"] != "", "plan"),
            "verified": True,
            "note": ["; ".join(n for n in (words[c]["en"], said) if n) for c, said in told_of],
        },
        columns=list(FINDING_COLUMNS),
    )
