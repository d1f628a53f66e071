"""Buildings: floor area nobody knows, floors of nothing, and buildings that do not stand where parcels are."""

from __future__ import annotations

import numpy as np
import shapely

from gisplan.errors import counted, first_ids
from gisplan.geometry import multiplicity_cells, overlaps
from gisplan.issues import Issue
from gisplan.measure.survey import Survey, column
from gisplan.read import overlap


def unknown_floor_area(survey: Survey) -> list[Issue]:
    """Buildings of which neither they nor the register tell the floor area."""
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
    return issues


def missing_floors(survey: Survey) -> list[Issue]:
    """Buildings without floors where others have them, though something else tells their floor area."""
    frame = survey.layers.frame("buildings")
    if frame is None or survey.buildings is None or "floors" not in frame:
        return []
    floors = column(frame, "floors")
    bare = np.isnan(floors) & ~np.isnan(survey.buildings.floor_area)
    if not bare.any() or bare.all():
        return []
    ids = [str(i) for i in frame["building_id"][bare]]
    return [
        Issue(
            "FLOORS_MISSING",
            "note",
            "buildings",
            len(ids),
            f"{len(ids):,} of {counted(len(frame), 'building')} without floors; their floor area is taken from "
            f"its own column or from their height: {first_ids(ids)}.",
            "Survey their floors.",
            features=ids,
        )
    ]


def zeros(survey: Survey) -> list[Issue]:
    """Buildings with 0 floors, height or floor area: there is no such building."""
    frame = survey.layers.frame("buildings")
    if frame is None:
        return []
    issues = []
    for name, stored in (("floors", "floors"), ("floor_area", "floor_area_m2"), ("height", "height_m")):
        zero = column(frame, stored) <= 0
        if not zero.any():
            continue
        ids = [str(i) for i in frame["building_id"][zero]]
        issues.append(
            Issue(
                f"SUSPECT_ZERO_{name.upper()}",
                "warning",
                "buildings",
                len(ids),
                f"{counted(len(ids), 'building')} with {name} of 0 or less: {first_ids(ids)}.",
                "Correct the value, or leave it empty where it is not known.",
                features=ids,
            )
        )
    return issues


def off_parcel(survey: Survey) -> list[Issue]:
    """Buildings in the zones that stand mostly on no parcel."""
    issues = []
    buildings = survey.layers.frame("buildings")
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
    return issues


def across(survey: Survey) -> list[Issue]:
    """Buildings that stand on several parcels, or reach over the edge of theirs to where there is none."""
    frame, known, limits = survey.layers.frame("buildings"), survey.buildings, survey.plan.checks
    if frame is None or known is None or survey.parcels is None:
        return []
    ids, area = frame["building_id"].to_numpy(dtype=object), column(frame, "area_m2")
    issues = []
    for code, severity, part, words, remedy in (
        (
            "BUILDING_ACROSS_PARCELS",
            "warning",
            known.parcel_share - known.own_share,
            "also on another parcel than the one they count on",
            "Divide the buildings, or correct the borders.",
        ),
        (
            "BUILDING_OVER_EDGE",
            "note",
            1 - known.parcel_share,
            "partly on no parcel",
            "Correct the footprints or the borders.",
        ),
    ):
        far = (known.parcel >= 0) & (part > limits.crossing_share) & (part * area > limits.crossing_m2)
        if not far.any():
            continue
        named, beyond = [str(i) for i in ids[far]], (part * area)[far]
        issues.append(
            Issue(
                code,
                severity,  # type: ignore[arg-type]
                "buildings",
                len(named),
                f"{counted(len(named), 'building')} {words} by more than {limits.crossing_m2:g} m² and "
                f"{limits.crossing_share * 100:g} % of the footprint ({beyond.sum():,.0f} m²): {first_ids(named)}.",
                remedy,
                features=[f"{i} ({b:,.1f} m²)" for i, b in zip(named, beyond, strict=True)],
                ids=named,
            )
        )
    return issues


def undrawn(survey: Survey) -> list[Issue]:
    """Parcels that the register calls built but on which nothing is drawn."""
    issues = []
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


def shared_land(survey: Survey) -> list[Issue]:
    """Buildings drawn over each other: their footprints and floor areas all count."""
    frame = survey.layers.frame("buildings")
    if frame is None:
        return []
    geometry = np.asarray(frame.geometry.array)
    shared = overlaps(geometry, least_m2=overlap.LEAST_M2)
    cells, over = multiplicity_cells(geometry, shared)
    return overlap.told(
        "buildings",
        frame,
        "building_id",
        shared,
        severity="warning",
        sliver_m=survey.plan.checks.sliver_m,
        excess_m2=float(((over - 1) * shapely.area(cells)).sum()),
    )
