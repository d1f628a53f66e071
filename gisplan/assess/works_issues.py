"""What is odd about the public works: contradictions, money, zones and services that nobody knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.assess.idle import Mask
from gisplan.errors import counted, first_ids
from gisplan.issues import Issue
from gisplan.measure import Survey
from gisplan.measure.ladder import LEVELLED
from gisplan.measure.pieces import named_zones
from gisplan.measure.works_table import Works


def works_issues(
    survey: Survey, works: Works, table: pd.DataFrame, services: Sequence[Sequence[str]], doubts: Mapping[str, Mask]
) -> list[Issue]:
    """Say what of the works contradicts itself, cannot be placed or lacks what a figure needs.

    Parameters
    ----------
    table
        ``works.csv`` in the order of the works.
    services
        Services of each work.
    doubts
        Contradictions, by code.
    """
    words = vocabulary.works("doubts")
    of_work = [", ".join(str(words[c]["en"]) for c, v in doubts.items() if v[i]) for i in range(len(table))]
    is_odd = np.array([bool(t) for t in of_work], dtype=bool)
    cases: list[tuple[str, str, Mask, str, str, Sequence[str] | None]] = [
        ("WORK_DOUBTFUL", "warning", is_odd, "that contradict themselves or the plan's day",
         "Check dates, status and progress against the site.", of_work),
        ("WORK_OVERSPENT", "note", np.array([v is True for v in table["is_overspent"]]),
         "on which more was spent than budgeted", "Check the amounts and their units.",
         [f"{s:g} of {b:g} 万元" for s, b in zip(table["spent_wan"], table["budget_wan"], strict=True)]),
        ("WORK_WITHOUT_BUDGET", "note", table["budget_wan"].isna().to_numpy(),
         "without a budget, which no figure of money holds", "Fill in the budget.", None),
        ("WORK_NOT_DATED", "note",
         (table["due_date"].isna() & (table["state"] != "DONE")).to_numpy(),
         "not known to be done and without a due date, of which it cannot be told whether they are overdue",
         "Fill in the due date.", None),
        ("WORK_ID_DUPLICATE", "note", table["work_id"].duplicated(keep=False).to_numpy(),
         "that share an id with another one; each counts by itself", "Give each an id of its own.", None),
        *_zones(survey, works),
        *_services(survey, works, services),
    ]  # fmt: skip
    out = []
    for code, severity, rows, what, remedy, told in cases:
        at = np.flatnonzero(rows).tolist()
        if at:
            ids = [str(i) for i in table["work_id"].iloc[at]]
            listed = ids if told is None else [f"{w} ({told[i]})" for w, i in zip(ids, at, strict=True)]
            message = f"{counted(len(at), 'work')} {what}: {first_ids(listed)}."
            out.append(Issue(code, severity, "works", len(at), message, remedy, features=listed, ids=ids))  # type: ignore[arg-type]
    if survey.plan.plan.as_of is None:
        told_of = f"Of {counted(len(table), 'work')} it cannot be told whether they are overdue: the plan has no day."
        out.append(Issue("WORK_NO_DAY", "warning", "works", len(table), told_of, "Give as_of in [plan].", "planner"))
    return out


def _zones(survey: Survey, works: Works) -> list[tuple[str, str, Mask, str, str, Sequence[str] | None]]:
    """Works that name a zone that is not there, or one in which no part of them lies."""
    said = works.table["zone"]
    named = said.notna().to_numpy()
    row = named_zones(said, survey.layers.zones)
    lies = np.zeros(len(said), dtype=bool)
    here = works.zone == row[works.work]
    lies[works.work[here]] = True
    drawn = (works.table["shape"] != "").to_numpy()
    told = [str(z) for z in said]
    return [
        ("WORK_ZONE_UNKNOWN", "warning", named & (row < 0),
         "that name a zone that is not there; without a shape they count outside", "Correct the zone.", told),
        ("WORK_ZONE_DIFFERS", "warning", named & (row >= 0) & drawn & ~lies,
         "of which no part lies in the zone they name; the shape counts", "Correct the shape or the zone.", told),
    ]  # fmt: skip


def _services(
    survey: Survey, works: Works, services: Sequence[Sequence[str]]
) -> list[tuple[str, str, Mask, str, str, Sequence[str] | None]]:
    """Works of services that nobody knows or that have no layer, and roads of which the width is not known."""
    own = {*survey.plan.layers.services, *survey.reaches, LEVELLED}
    strange = [[s for s in mine if s not in vocabulary.services() and s not in own] for mine in services]
    absent = [[s for s in mine if s in vocabulary.services() and s not in own] for mine in services]
    narrow = np.array(
        [
            "road" in mine and "road" in own and shape == "line" and np.isnan(width)
            for mine, shape, width in zip(services, works.table["shape"], works.number("width_m"), strict=True)
        ],
        dtype=bool,
    )
    return [
        ("WORK_SERVICE_UNKNOWN", "warning", np.array([bool(s) for s in strange]), "of a service that is not known",
         "Name a service of gisplan or of the plan.", ["; ".join(s) for s in strange]),
        ("WORK_SERVICE_ABSENT", "note", np.array([bool(s) for s in absent]),
         "of a service that the plan has no layer of, so that nobody knows what they add",
         "Add the layer under [layers.services].", ["; ".join(s) for s in absent]),
        ("WORK_WIDTH_UNKNOWN", "note", narrow, "that are roads of unknown width, measured from their middle line",
         "Fill in the width.", None),
    ]  # fmt: skip
