"""Parcels and zones that do not fit: outside every zone, or over the border of one."""

from __future__ import annotations

import numpy as np

from gisplan import vocabulary
from gisplan.errors import counted, first_ids
from gisplan.geometry import sum_by
from gisplan.issues import Issue
from gisplan.measure.survey import Survey

#: Layers that are of use outside the zones too.
_ALSO_WHOLE = (
    "services.", "batches", "boundaries.", "phases", "levelled", "constraints.", "facilities.", "barriers.", "sources.",
    "green", "platforms", "yards",
)  # fmt: skip


def outside(survey: Survey) -> list[Issue]:
    """Parcels that lie outside every zone, wholly or in part."""
    pieces = survey.pieces.get("parcels")
    if pieces is None:
        return []
    wholly = pieces.outside > 1 - 1e-9
    partly = (pieces.outside > 1e-6) & ~wholly
    ids = pieces.frame["parcel_id"].to_numpy()
    issues = []
    for code, rows, words in (
        ("PARCEL_OUTSIDE", wholly, "in no zone"),
        ("PARCEL_PARTLY_OUTSIDE", partly, "partly outside every zone"),
    ):
        if rows.any():
            area = float((pieces.size * pieces.outside)[rows].sum())
            issues.append(
                Issue(
                    code,
                    "note",
                    "parcels",
                    int(rows.sum()),
                    f"{counted(int(rows.sum()), 'parcel')} {words} ({area:,.0f} m² outside): "
                    f"{first_ids(list(ids[rows]))}.",
                    "Check the zones if that is not meant.",
                    features=[str(i) for i in ids[rows]],
                )
            )
    return issues


def crossing(survey: Survey) -> list[Issue]:
    """Parcels of which more than the plan's limit lies in another zone than their own; a grid is meant to cut them."""
    pieces, limits = survey.pieces.get("parcels"), survey.plan.checks
    if pieces is None or survey.plan.layers.zones.path is None:
        return []
    own = np.zeros(len(pieces.frame))
    np.maximum.at(own, pieces.feature, pieces.share)
    beyond = sum_by(pieces.feature, pieces.share, size=len(own)) - own - pieces.overlap
    rows = np.flatnonzero((beyond > limits.crossing_share) & (beyond * pieces.size > limits.crossing_m2))
    if len(rows) == 0:
        return []
    ids = [str(i) for i in pieces.frame["parcel_id"].iloc[rows]]
    area = (beyond * pieces.size)[rows]
    return [
        Issue(
            "PARCEL_CROSSES_ZONES",
            "warning",
            "parcels",
            len(rows),
            f"{counted(len(rows), 'parcel')} over the border of a zone by more than {limits.crossing_m2:g} m² and "
            f"{limits.crossing_share * 100:g} % of the parcel ({area.sum():,.0f} m² in another zone), so what the "
            f"register says of them is split by area: {first_ids(ids)}.",
            "Draw zones along the borders of parcels, or divide the parcels.",
            features=[f"{i} ({a:,.1f} m² in another zone)" for i, a in zip(ids, area, strict=True)],
            ids=ids,
        )
    ]


def beyond(survey: Survey) -> list[Issue]:
    """Features of the other layers that lie mostly in no zone, and how much of their layer is counted nowhere."""
    issues = []
    for layer, pieces in survey.pieces.items():
        away = pieces.owner < 0
        # A layer of which nothing lies in a zone is told of once, and more gravely.
        if layer == "parcels" or not away.any() or len(pieces.zone) == 0:
            continue
        out, whole = float((pieces.size * pieces.outside).sum()), float(pieces.size.sum())
        part = {
            0: "",
            1: f"; {out / 1000:,.1f} of {whole / 1000:,.1f} km lie outside",
            2: f"; {out:,.0f} of {whole:,.0f} m² lie outside",
        }[pieces.dimension]
        # A hydrant outside may still serve a parcel inside; batches, boundaries and phases are also told as a whole.
        use = "" if layer.startswith(_ALSO_WHOLE) else " and count in no figure"
        ids = [str(i) for i in pieces.frame[vocabulary.id_column(layer)][away]]
        issues.append(
            Issue(
                "OUTSIDE_ZONES",
                "note",
                layer,
                len(ids),
                f"{len(ids):,} of {counted(len(away), 'record')} {'mostly ' if part else ''}in no zone{part}{use}: "
                f"{first_ids(ids)}.",
                "Check the zones if that is not meant.",
                features=ids,
            )
        )
    return issues
