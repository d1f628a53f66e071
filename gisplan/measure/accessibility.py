"""Whom facilities are near enough to: shares of land, jobs and people within a distance along the network."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.measure.catalogue import Figures, indicator, part, ratio
from gisplan.measure.network import REASONS
from gisplan.measure.reach import GRACE_M, Nearest
from gisplan.measure.survey import Survey, column
from gisplan.plan import Plan


def distances_of(plan: Plan, facility: str) -> list[float]:
    """Distances (m) within which a facility is looked for, the nearest first."""
    own = plan.layers.facilities[facility].within
    return sorted({float(d) for d in (own or plan.accessibility.within)})


def facility_labels(plan: Plan, facility: str) -> Mapping[str, str]:
    """Labels of a facility: the plan's title, else its name."""
    title = plan.layers.facilities[facility].title
    return {"zh": facility, "en": facility} if title is None else title.both(facility)


def _members(survey: Survey, weight: str) -> Mapping[str, Mapping[str, str]]:
    """Facilities with each of their distances, where the plan asks for shares of this weight."""
    plan = survey.plan
    if weight not in plan.accessibility.weights:
        return {}
    return {
        f"{facility}_{distance:g}": {k: f"{v} {distance:g} m" for k, v in facility_labels(plan, facility).items()}
        for facility in plan.layers.facilities
        for distance in distances_of(plan, facility)
    }


def _share(survey: Survey, name: str, weight: str) -> Figures:
    """Share of an amount of the parcels within a distance; ``name`` ends in it."""
    assert survey.parcels is not None
    facility, distance = name.rsplit("_", maxsplit=1)
    along, pieces = survey.access[facility], survey.pieces["parcels"]
    is_within, may_be = along.within(float(distance) + GRACE_M)
    amount = survey.parcels.area if weight == "parcels" else column(pieces.frame, weight)
    known = ~np.isnan(amount) & ~may_be
    size = pieces.size
    top = pieces.total(np.where(known & is_within, amount, 0.0))
    whole = np.where(known, amount, 0.0)
    bottom = pieces.land(whole) if weight == "parcels" else pieces.total(whole)
    share = part(pieces.total(np.where(known, size, 0.0)), pieces.land(size))
    counts = {reason: pieces.count(along.reason == reason) for reason in REASONS}
    if survey.plan.layers.facilities[facility].method == "straight":
        counts["STRAIGHT"] = pieces.count()
    return ratio(
        top, bottom, n_used=pieces.count(known), n_missing=pieces.count(~known), known_share=share, counts=counts
    )


@indicator(
    "accessibility_{facility}",
    unit="share",
    group="services",
    zh="{zh}可达宗地占比",
    en="Land within reach of {en}",
    needs=["parcels"],
    members=partial(_members, weight="parcels"),
    formula_zh="沿路网到{zh}以内的宗地面积 ÷ 宗地面积",
    formula_en="Area of parcels from which it is no further along the network than {en} ÷ parcel area",
)
def accessibility(survey: Survey, name: str) -> Figures:
    """Share of the parcel land that a facility is near enough to.

    Formula
    -------
    Σ area of the parcels whose way to the nearest facility is no longer than the distance in the indicator's name
    ÷ Σ area of the parcels of which it is known. The way is that along the network, with the straight way off it at
    both ends, from the nearest place of the parcel's fronts.

    Zero
    ----
    The facility's layer is there, and no parcel of the zone is near enough.

    Missing
    -------
    No parcels in the zone, or of none is it known: they front on no edge, though a facility is near enough in a
    straight line. The flags tell how many parcels no way leads to and why: ISLAND (their part of the network has no
    facility), BARRIER (one lies before all edges), ONE_WAY, OVER_LIMIT (further than anyone looked), SNAP_TOO_FAR (no
    edge is near enough), NO_FACILITY. STRAIGHT: the plan asks for straight distances.

    Source
    ------
    As SDG 11.2.1: 500 m to stops of low capacity (bus), 1,000 m to those of high capacity (rail, metro, ferry), walked
    along the street network, straight distances only as a fallback.
    """
    return _share(survey, name, "parcels")


@indicator(
    "accessibility_jobs_{facility}",
    unit="share",
    group="services",
    zh="{zh}可达从业人员占比",
    en="Jobs within reach of {en}",
    needs=["parcels", "parcels.jobs"],
    members=partial(_members, weight="jobs"),
    formula_zh="沿路网到{zh}以内宗地的从业人数 ÷ 从业人数",
    formula_en="Jobs on parcels from which it is no further along the network than {en} ÷ jobs",
)
def accessibility_jobs(survey: Survey, name: str) -> Figures:
    """Share of the jobs that a facility is near enough to.

    Formula
    -------
    Σ jobs on the parcels that are near enough (as for the land) ÷ Σ jobs on the parcels of which it is known.

    Zero
    ----
    The facility's layer is there, and no parcel with jobs is near enough.

    Missing
    -------
    No parcel of the zone states any jobs, or of none of these is it known.

    Source
    ------
    As the land's.
    """
    return _share(survey, name, "jobs")


@indicator(
    "accessibility_people_{facility}",
    unit="share",
    group="services",
    zh="{zh}可达人口占比",
    en="Residents within reach of {en}",
    needs=["parcels", "parcels.people"],
    members=partial(_members, weight="people"),
    formula_zh="沿路网到{zh}以内宗地的居住人数 ÷ 居住人数",
    formula_en="Residents of parcels from which it is no further along the network than {en} ÷ residents",
)
def accessibility_people(survey: Survey, name: str) -> Figures:
    """Share of the residents that a facility is near enough to.

    Formula
    -------
    Σ residents of the parcels that are near enough (as for the land) ÷ Σ residents of the parcels of which it is known.

    Zero
    ----
    The facility's layer is there, and no parcel with residents is near enough.

    Missing
    -------
    No parcel of the zone states its residents, or of none of these is it known.

    Source
    ------
    As the land's; SDG 11.2.1 asks for people.
    """
    return _share(survey, name, "people")


def access_columns(survey: Survey) -> Mapping[str, pd.Series]:
    """Columns of the parcels' table: distance to each facility and network service, by which, and why there is none.

    Returns
    -------
    Mapping
        ``distance_<name>_m``, ``nearest_<name>`` and ``reason_<name>``.
    """
    out: dict[str, pd.Series] = {}
    for facility, along in survey.access.items():
        layer = f"facilities.{facility}"
        out |= _columns(survey, facility, layer, Nearest(along.place, along.distance, along.reason))
    for service, spec in survey.plan.layers.services.items():
        if spec.method == "network" and service in survey.reaches:
            found = survey.reaches[service].find("live", np.arange(survey.reaches[service].size, dtype=np.int64))
            out |= _columns(survey, service, f"services.{service}", found)
    return out


def _columns(survey: Survey, name: str, layer: str, found: Nearest) -> dict[str, pd.Series]:
    ids = survey.layers.layers[layer].frame[vocabulary.id_column(layer)].astype(str).to_numpy(dtype=object)
    return {
        f"distance_{name}_m": pd.Series(found.distance),
        f"nearest_{name}": pd.Series(np.append(ids, np.array([None], dtype=object))[found.feature]),
        f"reason_{name}": pd.Series(found.reason).replace("", None),
    }
