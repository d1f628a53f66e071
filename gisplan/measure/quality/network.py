"""Roads that were meant to meet and do not."""

from __future__ import annotations

import numpy as np

from gisplan.errors import counted, first_ids
from gisplan.geometry import MEETS_M, dangles
from gisplan.issues import Issue
from gisplan.measure.survey import Survey


def missed(survey: Survey) -> list[Issue]:
    """Ends of roads that stop just short of another road, or just beyond it."""
    frame, snap = survey.layers.frame("roads"), survey.plan.checks.snap_m
    if frame is None or snap <= MEETS_M:
        return []
    found = dangles(np.asarray(frame.geometry.array), snap_m=snap, meets_m=MEETS_M)
    ids = frame["road_id"].to_numpy(dtype=object)
    issues = []
    for code, rows, words, remedy in (
        ("ROAD_UNDERSHOOT", ~found.is_over, "stop short of another road", "Draw them on to the other road."),
        ("ROAD_OVERSHOOT", found.is_over, "run just beyond another road", "Cut off what is beyond."),
    ):
        order = sorted(np.flatnonzero(rows), key=lambda r: (str(ids[found.line[r]]), *found.xy[r]))
        if not order:
            continue
        named = [str(ids[found.line[r]]) for r in order]
        listed = [f"{ids[found.line[r]]} ({found.gap[r]:.2f} m from {ids[found.other[r]]})" for r in order]
        ends = counted(len(order), "road end")
        issues.append(
            Issue(
                code,
                "warning" if code == "ROAD_UNDERSHOOT" else "note",
                "roads",
                len(order),
                f"{ends} {words if len(order) > 1 else words.replace('stop', 'stops').replace('run', 'runs')} by "
                f"less than {snap:g} m: {first_ids(listed)}.",
                remedy,
                features=listed,
                ids=named,
                places=[(float(found.xy[r, 0]), float(found.xy[r, 1])) for r in order],
            )
        )
    return issues
