"""Ground heights that do not reach, cannot be, or are too coarse; earthwork and green that are not known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.errors import counted, first_ids
from gisplan.geometry import overlaps
from gisplan.issues import Issue, Severity
from gisplan.measure.green import green_shares
from gisplan.measure.levelling_work import earthwork
from gisplan.measure.relief import ground, require_terrain
from gisplan.measure.survey import Survey

#: A zone of which less than this is known lacks heights; below, it is the rounding of a border.
WHOLE = 0.999

#: Cells in the middle of the raster that are looked at for whole numbers.
_SAMPLE = 512


#: Flags of ``levelling.csv``: how grave, what is said of the land, what to do, who can.
_FLAGS: tuple[tuple[str, Severity, str, str, Literal["planner", "supplier"]], ...] = (
    ("NO_HEIGHT", "warning", "without a height", "Give a raster that covers them.", "supplier"),
    (
        "NO_LEVEL",
        "warning",
        "without a design level, whose earthwork is missing",
        "Fill in design_level, or write another mode.",
        "supplier",
    ),
    (
        "LEVELS_DIFFER",
        "warning",
        "whose parcels have different design levels, or some none",
        'Give each group one level, or write by = "parcels".',
        "supplier",
    ),
    (
        "PARTIAL",
        "warning",
        "of which the height is known in part only: volumes are of that part",
        "Give a raster that covers them.",
        "supplier",
    ),
    ("COARSE", "warning", "smaller than a few cells", "Give a finer raster.", "supplier"),
    ("SLOPE_BOUND", "note", "whose best plane would be steeper than max_slope", "", "planner"),
    (
        "FILL_OVER",
        "warning",
        "filled higher than {most} m",
        "Better left to green, squares and sports grounds (CJJ 83-2016, 4.0.1).",
        "planner",
    ),
)


def _issue(
    code: str,
    severity: Severity,
    message: str,
    remedy: str = "",
    *,
    layer: str = "terrain",
    ids: Sequence[str] = (),
    listed: Sequence[str] = (),
    who: Literal["planner", "supplier"] = "supplier",
) -> Issue:
    return Issue(
        code,
        severity,
        layer,
        max(1, len(ids)),
        message,
        remedy,
        who,
        features=list(listed or ids),
        ids=list(ids),
    )


def heights(survey: Survey) -> list[Issue]:
    """Heights that are not there, cannot be, are all the same or in steps, and land smaller than a few cells."""
    if survey.layers.terrain is None:
        return []
    zones, parcels = ground(survey)
    name = ", ".join(t.path.name for t in require_terrain(survey.layers).raster.tiles[:3])
    ids = survey.layers.zones["zone_id"].to_numpy(dtype=object)
    low, high = zones.sums.extent
    if np.isnan(low).all():
        return [
            _issue(
                "TERRAIN_ABSENT",
                "error",
                f"{name} has no height in any of {counted(len(ids), 'zone')}: no slope or earthwork is measured.",
                "Check its place, its coordinate system and its nodata value.",
            )
        ]
    issues = []
    lacking = zones.known_share < WHOLE
    if lacking.any():
        share = float(zones.sums.known.sum() / zones.cells.sum())
        listed = [f"{i} ({s:.1%})" for i, s in zip(ids[lacking], zones.known_share[lacking], strict=True)]
        issues.append(
            _issue(
                "TERRAIN_PARTIAL",
                "warning",
                f"{name} tells the height of {share:.1%} of the zones; {counted(len(listed), 'zone')} "
                f"{'is' if len(listed) == 1 else 'are'} not covered wholly: {first_ids(listed)}.",
                "Give a raster that covers them all.",
                layer="zones",
                ids=[str(i) for i in ids[lacking]],
                listed=listed,
            )
        )
    issues += _doubtful(survey, name, float(np.nanmin(low)), float(np.nanmax(high)))
    if parcels is not None and parcels.is_coarse.any():
        own = survey.layers.layers["parcels"].frame["parcel_id"].to_numpy(dtype=object)
        few = [str(i) for i in own[parcels.is_coarse]]
        issues.append(
            _issue(
                "TERRAIN_COARSE",
                "warning",
                f"{counted(len(few), 'parcel')} {'is' if len(few) == 1 else 'are'} smaller than "
                f"{vocabulary.terrain('limits')['few_cells']} cells of {zones.grid.dx:.1f} m, from which a slope is "
                f"made, so that it is rather that of the land around: {first_ids(few)}.",
                "Give a finer raster if their slopes matter.",
                layer="parcels",
                ids=few,
            )
        )
    return issues


def _doubtful(survey: Survey, name: str, low: float, high: float) -> list[Issue]:
    limits = vocabulary.terrain("limits")
    if low == high:
        return [
            _issue(
                "TERRAIN_FLAT",
                "warning",
                f"All heights of {name} under the zones are {low:g} m: every slope is 0.",
                "Check whether it is a raster of heights.",
            )
        ]
    issues = []
    if high > limits["highest_m"] or low < limits["lowest_m"]:
        issues.append(
            _issue(
                "TERRAIN_HEIGHT_DOUBTFUL",
                "warning",
                f"Heights of {name} under the zones run from {low:,.1f} m to {high:,.1f} m, and no ground is "
                f"higher than {limits['highest_m']:,} m or lower than {limits['lowest_m']:,} m: another unit (feet?), "
                "or a value that stands for nothing known.",
                "Write unit or nodata in [layers.terrain].",
            )
        )
    terrain = require_terrain(survey.layers)
    grid = terrain.grid
    row, column = max(0, (grid.rows - _SAMPLE) // 2), max(0, (grid.columns - _SAMPLE) // 2)
    some = terrain.block(row, column, min(_SAMPLE, grid.rows), min(_SAMPLE, grid.columns)) / terrain.unit_m
    some = some[~np.isnan(some)]
    if not terrain.raster.is_warped and len(some) and (np.abs(some - np.round(some)) < 1e-6).all():
        step = terrain.unit_m / (8 * max(grid.dx, grid.dy))
        issues.append(
            _issue(
                "TERRAIN_STEPS",
                "note",
                f"Heights of {name} are whole numbers: the least slope other than 0 is {step:.2%}, and gentle slopes "
                "show as steps.",
                "Give heights with decimals if gentle slopes matter.",
            )
        )
    return issues


def levelling(survey: Survey) -> list[Issue]:
    """Land whose earthwork is not known, or only in part, and how far volumes can be trusted."""
    plan = survey.plan.levelling
    if plan is None:
        return []
    done = earthwork(survey)
    if len(done.table) == 0:
        what = f"no parcel is {' or '.join(plan.state)}" if plan.state else f"no parcel has a {plan.by}"
        return [
            _issue(
                "LEVELLING_NOTHING",
                "warning",
                f"[levelling]: {what}, so nothing is levelled.",
                "Check by and state in [levelling].",
                layer="levelling",
                who="planner",
            )
        ]
    layer = "parcels" if plan.by == "parcel_id" else plan.by
    layer = layer if layer in ("parcels", "zones", "platforms") else "levelling"
    flags = done.table["flags"].fillna("").str.split(";")
    ids = done.table["group_id"].astype(str).to_numpy(dtype=object)
    issues = []
    for flag, severity, words, remedy, who in _FLAGS:
        some = [str(i) for i in ids[flags.map(lambda f, flag=flag: flag in f).to_numpy(dtype=bool)]]
        if some:
            text = f"[levelling]: {counted(len(some), 'piece of land', 'pieces of land')} {words}: {first_ids(some)}."
            text = text.replace("{most}", f"{done.max_fill:g}")
            issues.append(_issue(f"LEVELLING_{flag}", severity, text, remedy, layer=layer, ids=some, who=who))
    issues += _trust(survey)
    if plan.by == "platforms":
        twice = overlaps(done.groups.shapes, least_m2=1.0)
        if len(twice.area):
            found = zip(twice.first, twice.second, twice.area, strict=True)
            pairs = [f"{ids[a]} + {ids[b]} ({m:,.0f} m²)" for a, b, m in found]
            issues.append(
                _issue(
                    "LEVELLING_OVERLAP",
                    "warning",
                    f"{counted(len(pairs), 'pair')} of platforms overlap, and the earth there counts twice: "
                    f"{first_ids(pairs)}.",
                    "Cut one off the other.",
                    layer="platforms",
                    ids=[str(ids[a]) for a in twice.first],
                    listed=pairs,
                )
            )
    return issues


def _trust(survey: Survey) -> list[Issue]:
    """How coarse the heights are, and which factors of swelling stand behind the volumes."""
    plan, grid = survey.plan.levelling, require_terrain(survey.layers).grid
    assert plan is not None
    limit = vocabulary.terrain("limits")["indicative_cell_m"]
    issues = []
    if max(grid.dx, grid.dy) > limit:
        issues.append(
            _issue(
                "LEVELLING_INDICATIVE",
                "note",
                f"[levelling]: cells of {max(grid.dx, grid.dy):.1f} m are coarser than {limit} m: volumes "
                "are indicative only.",
                "Use a survey of the ground for tender volumes.",
                layer="levelling",
            )
        )
    loose, compacted = plan.swell()
    if plan.soil is not None and (plan.loose is None or plan.compacted is None):
        text = (
            f"[levelling]: soil {plan.soil} is taken to give {loose:g} m³ loose and {compacted:g} m³ in the fill for "
            "1 m³ dug; these factors are from memory and unverified."
        )
        issues.append(
            _issue(
                "LEVELLING_SOIL_UNVERIFIED",
                "note",
                text,
                "Write loose and compacted from the soil report.",
                layer="levelling",
                who="planner",
            )
        )
    elif plan.soil is None and plan.loose is None and plan.compacted is None:
        text = "[levelling]: 1 m³ dug is taken to be 1 m³ in the fill, for the plan names no soil."
        issues.append(
            _issue(
                "LEVELLING_NO_SWELL",
                "note",
                text,
                "Write soil, or loose and compacted.",
                layer="levelling",
                who="planner",
            )
        )
    return issues


def green(survey: Survey) -> list[Issue]:
    """Zones of which a raster of green tells nothing or not all, and a raster in which nothing is green."""
    if survey.layers.canopy is None:
        return []
    share, known = (a[: survey.zones] for a in green_shares(survey))
    ids: NDArray[np.object_] = survey.layers.zones["zone_id"].to_numpy(dtype=object)
    issues = []
    lacking = known < WHOLE
    if lacking.any():
        listed = [f"{i} ({k:.1%})" for i, k in zip(ids[lacking], known[lacking], strict=True)]
        issues.append(
            _issue(
                "GREEN_PARTIAL",
                "warning",
                f"The raster of green tells of {counted(len(listed), 'zone')} in part only, or nothing: "
                f"{first_ids(listed)}.",
                "Give a raster that covers them all.",
                layer="zones",
                ids=[str(i) for i in ids[lacking]],
                listed=listed,
            )
        )
    if np.nansum(share) == 0 and (known > 0).any():
        issues.append(
            _issue(
                "GREEN_NONE",
                "warning",
                "No cell of the raster of green is green in any zone.",
                "Check classes, ndvi and bands in [layers.green_raster].",
                layer="green_raster",
                who="planner",
            )
        )
    return issues
