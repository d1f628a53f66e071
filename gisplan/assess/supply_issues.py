"""What land supply brings to light: batches over each other or off their own area, dates, phases that are over."""

from __future__ import annotations

import datetime as dt

import numpy as np

from gisplan import vocabulary
from gisplan.assess.supply import Supply
from gisplan.errors import counted, first_ids
from gisplan.geometry import overlaps
from gisplan.issues import Issue
from gisplan.measure import Survey

#: Land (m²) that two batches share, or that a phase has left, below which it is the noise of drawing.
_LEAST_M2 = 1.0

#: What a batch says of its area may be this part off its shape: survey and map are never the same.
_DECLARED_OFF = 0.05


def supply_issues(survey: Survey, supply: Supply) -> list[Issue]:
    """Say where batches cover the same land, lie outside the approved dates, or phases are over and unfinished."""
    out: list[Issue] = []
    if supply.batches is not None:
        out += _overlap_told(survey)
        out += _dates_told(survey)
        out += _areas_told(survey)
    if supply.boundaries is not None:
        late = supply.boundaries
        left = late["parcels_m2"] - late["built_m2"]
        late = late.assign(left=left)[(late["kind"] == "phase") & (late["is_due"] == True) & (left > _LEAST_M2)]  # noqa: E712
        if len(late):
            listed = [
                f"{r.id} (due {int(r.target_year)}, {r.left:,.0f} of {r.parcels_m2:,.0f} m² of parcels)"
                for r in late.itertuples()
            ]
            out.append(
                Issue(
                    "PHASE_UNFINISHED",
                    "note",
                    "phases",
                    len(late),
                    f"{counted(len(late), 'phase')} past the target year with parcels not in use: {first_ids(listed)}.",
                    features=listed,
                    ids=[str(i) for i in late["id"]],
                )
            )
    return out


def _overlap_told(survey: Survey) -> list[Issue]:
    """Batches that cover the same land, largest pair first."""
    shared = overlaps(np.asarray(survey.layers.layers["batches"].frame.geometry.array), least_m2=_LEAST_M2)
    if not len(shared.first):
        return []
    ids = survey.layers.layers["batches"].frame["batch_id"].astype(str).to_numpy(dtype=object)
    order = np.lexsort((shared.second, shared.first, -shared.area))
    listed = [f"{ids[shared.first[k]]} + {ids[shared.second[k]]} ({shared.area[k]:,.2f} m²)" for k in order]
    message = (
        f"{counted(len(listed), 'pair')} of batches cover the same land; approved land counts it once, each batch by "
        f"itself counts it: {first_ids(listed)}."
    )
    remedy = "See whether land was approved twice, and correct the borders if not."
    first = [str(ids[shared.first[k]]) for k in order]
    return [Issue("BATCHES_OVERLAP", "warning", "batches", len(listed), message, remedy, features=listed, ids=first)]


def _areas_told(survey: Survey) -> list[Issue]:
    """Batches whose own area is not that of their shape, the most different first."""
    frame = survey.layers.layers["batches"].frame
    if "declared_m2" not in frame:
        return []
    drawn, said = (frame[c].to_numpy(dtype=float) for c in ("area_m2", "declared_m2"))
    with np.errstate(divide="ignore", invalid="ignore"):
        times = np.where(drawn > 0, said / drawn, np.nan)
    off = np.flatnonzero(np.abs(times - 1) > _DECLARED_OFF)
    if not len(off):
        return []
    off = off[np.argsort(-np.abs(np.log(np.maximum(times[off], 1e-12))), kind="stable")]
    ids = [str(i) for i in frame["batch_id"].to_numpy(dtype=object)[off]]
    listed = [f"{i} ({s:,.0f} m² said, {d:,.0f} m² drawn)" for i, s, d in zip(ids, said[off], drawn[off], strict=True)]
    message = (
        f"{counted(len(ids), 'batch', 'batches')} whose own area is more than {_DECLARED_OFF:.0%} off the shape, which "
        f"is what counts: {first_ids(listed)}."
    )
    remedy = "Check shape, area and unit (declared = { column = …, unit = … })."
    return [Issue("BATCH_AREA_DIFFERS", "warning", "batches", len(ids), message, remedy, features=listed, ids=ids)]


def _dates_told(survey: Survey) -> list[Issue]:
    """Approved batches without a date, and dates after the plan's day."""
    frame, as_of = survey.layers.layers["batches"].frame, survey.plan.plan.as_of
    approved = np.array([s in vocabulary.stages() and vocabulary.stages()[s].approved for s in frame["stage"]])
    days = list(frame["approval_date"]) if "approval_date" in frame else [None] * len(frame)
    dated = np.array([isinstance(d, dt.date) for d in days], dtype=bool)
    later = np.array([as_of is not None and isinstance(d, dt.date) and d > as_of for d in days], dtype=bool)
    cases = (
        ("BATCH_NOT_DATED", "note", approved & ~dated, "approved without a date: they count in no year",
         "Fill in the date of approval."),
        ("BATCH_LATER", "warning", approved & later, f"approved after the plan's day, {as_of}, so not approved on it",
         "Check the dates, or as_of in the plan."),
    )  # fmt: skip
    out = []
    for code, severity, mask, what, remedy in cases:
        if mask.any():
            ids = [str(b) for b in frame["batch_id"][mask]]
            message = f"{counted(len(ids), 'batch', 'batches')} {what}: {first_ids(ids)}."
            out.append(Issue(code, severity, "batches", len(ids), message, remedy, features=ids))  # type: ignore[arg-type]
    return out
