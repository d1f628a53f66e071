"""Services by word and by drawing: where the two differ, and what nobody tells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gisplan.errors import counted, first_ids
from gisplan.issues import Issue
from gisplan.measure.ladder import LEVELLED, MAYBE
from gisplan.measure.levels import level_ground, level_share, levels
from gisplan.measure.reach import NO, YES, declared, standing_rows
from gisplan.measure.survey import Survey


def contradicted(survey: Survey) -> list[Issue]:
    """Parcels whose register says of a service what the drawing does not, and the reverse."""
    issues = []
    for name, reach in survey.reaches.items():
        if reach.near is None or reach.declared is None:
            continue
        near = reach.near.live
        said = reach.declared.anywhere
        far = (said == YES) & ~near & ~reach.near.doubtful
        issues += _told(
            survey,
            "SERVICE_DECLARED_NOT_DRAWN",
            far,
            f"{{n}} served with {name} by the register, and nothing in service within {reach.reach_m:g} m",
        )
        issues += _told(
            survey,
            "SERVICE_DRAWN_NOT_DECLARED",
            (said == NO) & near,
            f"{{n}} without {name} by the register, though something in service lies within {reach.reach_m:g} m",
        )
    return issues


def _told(survey: Survey, code: str, rows: NDArray[np.bool_], told: str) -> list[Issue]:
    ids = _ids(survey, rows)
    if not ids:
        return []
    message = f"{told.format(n=counted(len(ids), 'parcel'))}: {first_ids(ids)}. The register counts."
    remedy = "Correct the register or draw the connection." if "NOT_DRAWN" in code else "Ask which is right."
    return [Issue(code, "warning", "parcels", len(ids), message, remedy, features=ids)]


def _ids(survey: Survey, rows: NDArray[np.bool_]) -> Sequence[str]:
    ids = survey.layers.layers["parcels"].frame["parcel_id"].astype(str)
    return list(ids[rows])


def ground(survey: Survey) -> list[Issue]:
    """Parcels that are level by the register and not by the layer of levelled land, and the reverse."""
    if survey.parcels is None or levels(survey) is None:
        return []
    share, said = level_share(survey), declared(survey.layers, LEVELLED)
    if share is None or said is None:
        return []
    wrong = ((said.anywhere == YES) & (share <= 0)) | ((said.anywhere == NO) & (share >= 1 - 1e-9))
    ids = _ids(survey, wrong)
    if not ids:
        return []
    told = f"{counted(len(ids), 'parcel')} level by the register and not by the drawing, or the reverse"
    message = f"{told}: {first_ids(ids)}. The register counts."
    return [
        Issue("LEVELLED_CONTRADICTED", "warning", "parcels", len(ids), message, "Ask which is right.", features=ids)
    ]


def nothing_live(survey: Survey) -> list[Issue]:
    """Layers of services with nothing in service on the plan's day."""
    issues = []
    for name in survey.plan.layers.services:
        frame = survey.pieces[f"services.{name}"].frame
        if len(frame) and not standing_rows(frame, "live").any():
            n = counted(len(frame), "record")
            told = f"None of {n} is in service on the plan's day, so that it serves no parcel."
            remedy = "Check status and in_service_date, and as_of in the plan."
            issues.append(
                Issue("SERVICE_NONE_LIVE", "warning", f"services.{name}", len(frame), told, remedy, "planner")
            )
    return issues


def untold(survey: Survey) -> list[Issue]:
    """Services that the target level asks for and nothing tells of any parcel."""
    own = levels(survey)
    if own is None:
        return []
    rung = own.ladder.rungs[own.ladder.target]
    blank = [
        "|".join(need)
        for need in rung.needs
        if all(own.has(own.cases, s).max(initial=0) == MAYBE == own.has(own.cases, s).min(initial=2) for s in need)
    ]
    if own.asks_ground and (level_ground(survey) == MAYBE).all():
        blank.append(LEVELLED)
    if not blank:
        return []
    names = ", ".join(blank)
    told = f"Level {rung.id} needs {names}, of which nothing is known: levels are the least there can be."
    remedy = "Give the layer in [layers.services] or a column has_… of the parcels; [layers.levelled] for the ground."
    return [Issue("SERVICE_UNTOLD", "note", "parcels", len(blank), told, remedy, "planner")]
