"""Land supply by zone: what was approved and not supplied, and what was developed outside the approved boundary."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.geometry import common
from gisplan.measure.catalogue import Array, Figures, amount, indicator, part, ratio
from gisplan.measure.dates import days
from gisplan.measure.developed import (
    Places,
    built,
    built_land,
    developed,
    developed_land,
    is_true,
    is_unknown,
    land_area,
    supplied,
    supplied_land,
    union_of,
)
from gisplan.measure.survey import Survey


def approved_batches(survey: Survey) -> NDArray[np.bool_]:
    """Batches whose stage says that conversion is approved, by the plan's day where they give one."""
    frame = survey.layers.layers["batches"].frame
    known = vocabulary.stages()
    out = np.array([s in known and known[s].approved for s in frame["stage"]], dtype=bool)
    as_of = survey.plan.plan.as_of
    if as_of is not None and "approval_date" in frame:
        out &= np.array([not isinstance(d, type(as_of)) or d <= as_of for d in frame["approval_date"]], dtype=bool)
    return out


def _zones(survey: Survey) -> NDArray[np.object_]:
    return np.asarray(survey.layers.zones.geometry.array)


def _in_zones(survey: Survey, name: str) -> NDArray[np.object_]:
    """Approved land (``batches`` or ``boundaries.approved``) of each zone, as one shape a zone."""

    def make() -> NDArray[np.object_]:
        whole = union_of(survey, name, approved_batches(survey) if name == "batches" else None)
        zones = _zones(survey)
        return common(zones, np.repeat(whole, len(zones)))

    return survey.once(f"zones in {name}", make)


def _zone_places(survey: Survey) -> Places:
    return Places.single("zones", _zones(survey))


def _places_in(survey: Survey, name: str) -> Places:
    """Approved land of each zone, as places to sum parcels by."""
    return Places.single(f"zones in {name}", _in_zones(survey, name))


def _known(survey: Survey, told: NDArray[np.object_]) -> tuple[Array, Array, Array]:
    """Parcels by zone of which something is known, of which it is not, and share of their land that is known."""
    pieces = survey.pieces["parcels"]
    unknown = is_unknown(told)
    return (
        pieces.count(~unknown),
        pieces.count(unknown),
        part(pieces.total(np.where(unknown, 0.0, pieces.size)), pieces.land(pieces.size)),
    )


@indicator(
    "approved_unsupplied_m2",
    unit="m²",
    group="supply",
    zh="批而未供土地面积",
    en="Approved, not supplied",
    needs=["batches", "parcels"],
    formula_zh="已批准批次的并集面积 − 其中已供宗地的并集面积",
    formula_en="Union of the approved batches less the union of the supplied parcels in it",
)
def approved_unsupplied_m2(survey: Survey) -> Figures:
    """Land approved for conversion and not supplied.

    Formula
    -------
    Area of the union of approved batches in the zone less that of the union of supplied parcels in it, so that a parcel
    over several batches, or land in several, counts once. A parcel is supplied when its date of supply has passed, or
    a later event or a date of its contract shows it.

    Zero
    ----
    No approved batch in the zone, or all of its land is supplied.

    Missing
    -------
    No layer of batches or of parcels. Partial where the register does not tell of a parcel whether it was supplied: its
    land counts as not supplied.

    Source
    ------
    批而未供, by overlay; disposal of the stock is asked for by 自然资规〔2018〕1号 (unverified).
    """
    land = _in_zones(survey, "batches")
    left = np.maximum(land_area(survey, land) - supplied_land(survey).within(_places_in(survey, "batches")), 0.0)
    used, lacking, share = _known(survey, supplied(survey))
    return amount(left, n_used=used, n_missing=lacking, known_share=share)


@indicator(
    "batch_supply_rate",
    unit="share",
    group="supply",
    zh="批次供地率",
    en="Batch supply rate",
    needs=["batches", "parcels"],
    formula_zh="已批准批次内已供面积 ÷ 已批准批次并集面积",
    formula_en="Supplied land in approved batches ÷ union of the approved batches",
)
def batch_supply_rate(survey: Survey) -> Figures:
    """Share of approved land that has been supplied.

    Formula
    -------
    (union of supplied parcels ∩ union of approved batches) ÷ union of approved batches, in the zone.

    Zero
    ----
    None of it is known to be supplied.

    Missing
    -------
    No approved batch in the zone, no layer of batches or parcels, or no parcel of which supply is known.

    Source
    ------
    批次供地率, by overlay; definition as in the working papers of land offices (unverified).
    """
    land = _in_zones(survey, "batches")
    used, lacking, share = _known(survey, supplied(survey))
    whole = land_area(survey, land)
    top = np.minimum(supplied_land(survey).within(_places_in(survey, "batches")), whole)
    return ratio(top, whole, n_used=used, n_missing=lacking, known_share=share)


def _outside(survey: Survey) -> tuple[Array, Array]:
    """m² of developed land by zone, and of that outside the approved boundary."""

    def make() -> tuple[Array, Array]:
        land = developed_land(survey)
        whole = land.within(_zone_places(survey))
        out = whole - land.within(_places_in(survey, "boundaries.approved"))
        # A billionth of the whole is the noise of cutting along a border that both share.
        return whole, np.where(out > 1e-9 * whole, out, 0.0)

    return survey.once("outside the approved boundary", make)


@indicator(
    "outside_dev_area_m2",
    unit="m²",
    group="supply",
    zh="核准范围外开发面积",
    en="Developed outside the approved boundary",
    needs=["boundaries.approved", "parcels"],
    formula_zh="已建成或已供宗地的并集面积 − 其在核准范围内的面积",
    formula_en="Union of built or supplied parcels less the part inside the approved boundary",
)
def outside_dev_area_m2(survey: Survey) -> Figures:
    """Land developed outside the approved boundary.

    Formula
    -------
    Area of (built ∪ supplied) less area of (built ∪ supplied) ∩ approved boundary, in the zone. Built are parcels with
    buildings and those formed into roads and green.

    Zero
    ----
    All developed land lies inside.

    Missing
    -------
    No approved boundary or no parcels. Partial where a parcel is not known to be either.

    Source
    ------
    核准范围外开发 (区外开发), gisplan's own form of it.
    """
    used, lacking, share = _known(survey, developed(survey))
    return amount(_outside(survey)[1], n_used=used, n_missing=lacking, known_share=share)


@indicator(
    "outside_dev_share",
    unit="share",
    group="supply",
    zh="核准范围外开发占比",
    en="Share developed outside the approved boundary",
    needs=["boundaries.approved", "parcels"],
    formula_zh="核准范围外开发面积 ÷ 已建成或已供面积",
    formula_en="Developed outside the approved boundary ÷ built or supplied land",
)
def outside_dev_share(survey: Survey) -> Figures:
    """Share of the developed land that lies outside the approved boundary.

    Formula
    -------
    outside_dev_area_m2 ÷ area of (built ∪ supplied) in the zone.

    Zero
    ----
    All developed land lies inside.

    Missing
    -------
    Nothing is developed, or there is no approved boundary or no parcels.

    Source
    ------
    核准范围外开发 (区外开发), gisplan's own form of it.
    """
    whole, out = _outside(survey)
    used, lacking, share = _known(survey, developed(survey))
    return ratio(out, whole, n_used=used, n_missing=lacking, known_share=share)


@indicator(
    "expansion_pressure",
    unit="1",
    group="supply",
    zh="扩区压力",
    en="Expansion pressure",
    needs=["boundaries.approved", "parcels"],
    formula_zh="分区内已建成面积 ÷ 分区内核准面积",
    formula_en="Built land in the zone ÷ approved land in the zone",
)
def expansion_pressure(survey: Survey) -> Figures:
    """How far the built land fills, or exceeds, what was approved.

    Formula
    -------
    Area of built parcels in the zone, wherever they lie, ÷ area of the approved boundary in the zone. More than 1 means
    more built than approved.

    Zero
    ----
    Nothing is built.

    Missing
    -------
    Nothing in the zone is approved, or there is no approved boundary or no parcels.

    Source
    ------
    gisplan's own convention.
    """
    used, lacking, share = _known(survey, built(survey))
    top = built_land(survey).within(_zone_places(survey))
    whole = land_area(survey, _in_zones(survey, "boundaries.approved"))
    return ratio(top, whole, n_used=used, n_missing=lacking, known_share=share)


def supplied_since(survey: Survey, months: int) -> NDArray[np.bool_]:
    """Parcels with a date of supply in the months before the plan's day, that day included.

    Raises
    ------
    ValueError
        The plan has no day.
    """
    as_of = survey.plan.plan.as_of
    if as_of is None:
        raise ValueError("the plan has no as_of")
    first = np.datetime64(as_of, "M") - months
    # The same day of that earlier month, or its last where it is shorter.
    last_of = (first + 1).astype("datetime64[D]") - 1
    start = min(first.astype("datetime64[D]") + (as_of.day - 1), last_of)
    frame = survey.layers.layers["parcels"].frame
    mine = is_true(supplied(survey))
    day = days(frame, "supply_date")
    return np.asarray(mine & ~np.isnat(day) & (day > start), dtype=bool)
