"""What measuring brings to light: land counted twice, land outside, areas that disagree, floor area nobody knows."""

from __future__ import annotations

import numpy as np

from gisplan.errors import counted, first_ids
from gisplan.issues import Issue
from gisplan.measure.survey import Survey, column

#: A ledger area agrees with the measured one within 1 m² or half a percent, whichever is more.
AREA_TOLERANCE = (1.0, 0.005)


def found(survey: Survey) -> list[Issue]:
    """Issues that only show once everything is measured."""
    return [*_outside(survey), *_ledger_area(survey), *_floor_area(survey)]


def _outside(survey: Survey) -> list[Issue]:
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


def _ledger_area(survey: Survey) -> list[Issue]:
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
    off = both & (np.abs(measured - ledger) > np.maximum(AREA_TOLERANCE[0], AREA_TOLERANCE[1] * ledger))
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
                f"{int(off.sum())} of {counted(int(both.sum()), 'parcel')} differ by more than 1 m² and 0.5 %: "
                f"{total_measured:,.0f} m² measured, "
                f"{total_ledger:,.0f} m² in the ledger ({total_measured / total_ledger - 1:+.2%}).{ratio}",
                "Check the drawing and the ledger; area_basis decides which one figures are made with.",
                features=[f"{ids[i]} ({measured[i]:,.1f} measured, {ledger[i]:,.1f} ledger)" for i in worst],
            )
        )
    return issues


def _floor_area(survey: Survey) -> list[Issue]:
    issues = []
    buildings = survey.layers.frame("buildings")
    if survey.buildings is not None and buildings is not None:
        ids = buildings["building_id"].to_numpy()
        unknown = np.isnan(survey.buildings.floor_area)
        if survey.parcels is not None:
            on = survey.buildings.parcel
            unknown &= ~((on >= 0) & survey.parcels.by_register[np.maximum(on, 0)])
        if unknown.any():
            issues.append(
                Issue(
                    "FLOOR_AREA_UNKNOWN",
                    "warning",
                    "buildings",
                    int(unknown.sum()),
                    f"{int(unknown.sum())} of {counted(len(ids), 'building')} without floor area, floors or height; "
                    "their floor area is unknown: "
                    f"{first_ids(list(ids[unknown]))}.",
                    "Survey their floors.",
                    features=[str(i) for i in ids[unknown]],
                )
            )
    if survey.buildings is not None and survey.parcels is not None and buildings is not None:
        inside = survey.pieces["buildings"].owner >= 0
        loose = (survey.buildings.parcel < 0) & inside
        if loose.any():
            ids = buildings["building_id"].to_numpy(dtype=object)[loose]
            issues.append(
                Issue(
                    "BUILDING_OFF_PARCEL",
                    "note",
                    "buildings",
                    len(ids),
                    f"{counted(len(ids), 'building')} in the zones mostly on no parcel "
                    f"({np.nansum(survey.buildings.floor_area[loose]):,.0f} m² of floor area); plot ratio and density "
                    f"count them all the same: {first_ids(list(ids))}.",
                    "Draw the parcels they stand on, or leave the buildings out with where.",
                    features=[str(i) for i in ids],
                )
            )
    frame = survey.layers.frame("parcels")
    if survey.buildings is not None and survey.parcels is not None and frame is not None:
        said = column(frame, "floor_area_m2")
        undrawn = (said > 0) & (np.nan_to_num(survey.parcels.footprint) < 1.0)
        if undrawn.any():
            ids = frame["parcel_id"].to_numpy()
            issues.append(
                Issue(
                    "BUILT_NOT_DRAWN",
                    "warning",
                    "parcels",
                    int(undrawn.sum()),
                    f"{counted(int(undrawn.sum()), 'parcel')} with floor area in the register "
                    f"({np.nansum(said[undrawn]):,.0f} m²) but no building is drawn: "
                    f"{first_ids(list(ids[undrawn]))}. Drawn buildings decide.",
                    "Draw the buildings or correct the register.",
                    features=[str(i) for i in ids[undrawn]],
                )
            )
    return issues
