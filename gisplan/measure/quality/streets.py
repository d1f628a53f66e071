"""Roads that are drawn as two carriageways and counted as two roads."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gisplan.errors import counted, first_ids
from gisplan.geometry import sum_by
from gisplan.issues import Issue
from gisplan.measure.carriageways import found_beside, is_merged
from gisplan.measure.survey import Survey

#: Length (m) side by side from which a road is told of: less is the mouth of a junction.
LEAST_M = 100.0


def not_merged(survey: Survey) -> list[Issue]:
    """Roads of one name that run side by side, where the plan does not merge them."""
    spec = survey.plan.layers.roads
    if spec is None or is_merged(survey) or "roads" not in survey.pieces:
        return []
    pair = found_beside(survey)
    if len(pair.line) == 0:
        return []
    frame = survey.pieces["roads"].frame
    saved = sum_by(pair.line, pair.saved, size=len(frame))
    by_name = pd.Series(saved).groupby(frame["name"].to_numpy(dtype=object)).sum()
    by_name = by_name[by_name >= LEAST_M]
    if len(by_name) == 0:
        return []
    listed = [f"{name} ({metres:,.0f} m)" for name, metres in by_name.sort_index().items()]
    rows = np.flatnonzero((saved > 0) & frame["name"].isin(by_name.index).to_numpy(dtype=bool))
    total = float(by_name.sum())
    return [
        Issue(
            "DUAL_NOT_MERGED",
            "note",
            "roads",
            len(by_name),
            f"{counted(len(by_name), 'road')} of which carriageways run side by side within {spec.dual_m:g} m: "
            f"density counts {total / 1000:,.1f} km of them more than once, and each of their junctions several times: "
            f"{first_ids(listed)}.",
            "Write merge_dual = true in [layers.roads] to count each as one road.",
            "planner",
            features=[str(i) for i in frame["road_id"].iloc[rows]],
        )
    ]
