"""The register against the drawing and against itself: areas that disagree, zeros that may mean nothing was known."""

from __future__ import annotations

import numpy as np

from gisplan import vocabulary
from gisplan.errors import counted, first_ids
from gisplan.issues import Issue
from gisplan.measure.survey import Survey, column

#: Fewer zeros than this are taken at their word.
_FEW = 2


def areas(survey: Survey) -> list[Issue]:
    """Ledger areas of nothing, and those that differ from what is drawn."""
    limits = survey.plan.checks
    frame = survey.layers.frame("parcels")
    if frame is None or "land_area_m2" not in frame:
        return []
    ledger, measured = column(frame, "land_area_m2"), column(frame, "area_m2")
    ids = frame["parcel_id"].to_numpy()
    issues = []
    zero = ledger == 0
    if zero.any():
        issues.append(
            Issue(
                "LEDGER_AREA_ZERO",
                "warning",
                "parcels",
                int(zero.sum()),
                f"{counted(int(zero.sum()), 'parcel')} with a ledger area of 0, which is read as unknown: "
                f"{first_ids(list(ids[zero]))}.",
                "Fill in the areas.",
                features=[str(i) for i in ids[zero]],
            )
        )
    both = ledger > 0
    off = both & (np.abs(measured - ledger) > np.maximum(limits.ledger_area_m2, limits.ledger_area_share * ledger))
    if off.any():
        total_ledger, total_measured = ledger[both].sum(), measured[both].sum()
        ratio = ""
        floor = survey.parcels.floor_area if survey.parcels is not None else np.full(len(frame), np.nan)
        if not np.isnan(floor[both]).all():
            # What the plan's two settings give, each over all the parcels it knows the area of.
            told = {"ledger": both & ~np.isnan(floor), "measured": ~np.isnan(floor)}
            ratios = [
                f'{floor[rows].sum() / area[rows].sum():.3f} with area_basis = "{basis}" ({int(rows.sum())} parcels)'
                for (basis, rows), area in zip(told.items(), (ledger, measured), strict=True)
            ]
            ratio = f" Plot ratio of all parcels: {', '.join(ratios)}."
        worst = np.flatnonzero(off)[np.argsort(-np.abs(measured - ledger)[off], kind="stable")]
        issues.append(
            Issue(
                "LEDGER_AREA_DIFFERS",
                "warning",
                "parcels",
                int(off.sum()),
                f"{int(off.sum())} of {counted(int(both.sum()), 'parcel')} differ by more than "
                f"{limits.ledger_area_m2:g} m² and {limits.ledger_area_share * 100:g} %: "
                f"{total_measured:,.0f} m² measured, "
                f"{total_ledger:,.0f} m² in the ledger ({total_measured / total_ledger - 1:+.2%}).{ratio}",
                "Check the drawing and the ledger; area_basis decides which one figures are made with.",
                features=[f"{ids[i]} ({measured[i]:,.1f} measured, {ledger[i]:,.1f} ledger)" for i in worst],
                ids=[str(ids[i]) for i in worst],
            )
        )
    return issues


def zeros(survey: Survey) -> list[Issue]:
    """Columns in which so many built parcels have 0 that it may stand for a value nobody knew."""
    frame, known = survey.layers.frame("parcels"), survey.parcels
    if frame is None or known is None:
        return []
    built = known.state == "built"
    ids = frame["parcel_id"].to_numpy(dtype=object)
    issues = []
    for name, spec in vocabulary.columns("parcels").items():
        if spec.kind != "number" or spec.measure not in ("money", "count"):
            continue
        values = column(frame, spec.stored)
        told, zero = built & ~np.isnan(values), built & (values == 0)
        if zero.sum() < _FEW or zero.sum() < survey.plan.checks.zero_share * told.sum():
            continue
        named = [str(i) for i in ids[zero]]
        issues.append(
            Issue(
                f"SUSPECT_ZERO_{name.upper()}",
                "note",
                "parcels",
                len(named),
                f"{name} is 0 in {len(named):,} of {counted(int(told.sum()), 'built parcel')}, which is measured as "
                f"nothing, not as unknown: {first_ids(named)}.",
                "Leave the cells empty where the value is not known.",
                features=named,
            )
        )
    return issues


def nothing_built(survey: Survey) -> list[Issue]:
    """Parcels to be built on that the register gives a floor area of 0: nothing built, or nobody looked."""
    frame, known = survey.layers.frame("parcels"), survey.parcels
    if frame is None or known is None:
        return []
    classes = vocabulary.land_classes()
    bare = [name for name, c in classes.items() if name == "vacant" or not c.building]
    zero = (column(frame, "floor_area_m2") == 0) & ~np.isin(known.land_class.astype(str), bare)
    if "is_vacant" in frame:
        zero &= frame["is_vacant"].to_numpy(dtype=object) != True  # noqa: E712  it holds True, False and None
    if not zero.any():
        return []
    ids = [str(i) for i in frame["parcel_id"][zero]]
    return [
        Issue(
            "SUSPECT_ZERO_FLOOR_AREA",
            "note",
            "parcels",
            len(ids),
            f"{counted(len(ids), 'parcel')} with floor area of 0 in the register, which is measured as nothing built, "
            f"not as unknown: {first_ids(ids)}.",
            "Leave the cells empty where the value is not known.",
            features=ids,
        )
    ]
