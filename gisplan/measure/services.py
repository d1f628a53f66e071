"""Where infrastructure reaches: share of parcels served and of land within reach, service by service."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gisplan import vocabulary
from gisplan.measure.catalogue import Figures, indicator, part, ratio
from gisplan.measure.land import known_parcels
from gisplan.measure.reach import UNKNOWN, YES, States, serving, standing_rows
from gisplan.measure.survey import Survey
from gisplan.plan import Plan


def service_labels(plan: Plan, name: str) -> Mapping[str, str]:
    """Labels of a service: the plan's title, else the vocabulary's."""
    own = plan.layers.services.get(name)
    if own is not None and own.title is not None:
        return own.title.both(name)
    known = vocabulary.services()[name]
    return {"zh": known.zh, "en": known.en}


def _services(survey: Survey) -> Mapping[str, Mapping[str, str]]:
    return {name: service_labels(survey.plan, name) for name in survey.plan.layers.services}


def _told(survey: Survey) -> Mapping[str, Mapping[str, str]]:
    """Services with a layer, and those that only the parcels' columns tell."""
    names = dict.fromkeys([*survey.plan.layers.services, *survey.reaches])
    return {name: service_labels(survey.plan, name) for name in names}


def _dated(survey: Survey) -> Mapping[str, Mapping[str, str]]:
    """Services whose layer tells what is in service and what is to come."""
    return {n: v for n, v in _services(survey).items() if "standing" in survey.pieces[f"services.{n}"].frame}


def _lines(survey: Survey) -> Mapping[str, Mapping[str, str]]:
    return {n: v for n, v in _services(survey).items() if survey.pieces[f"services.{n}"].dimension == 1}


def _coverage(survey: Survey, state: States) -> Figures:
    assert survey.parcels is not None
    area = np.where(state == YES, survey.parcels.area, 0.0)
    area = np.where(np.isnan(survey.parcels.area) | (state == UNKNOWN), np.nan, area)
    top, land, used, lacking, share = known_parcels(survey, area)
    return ratio(top, land, n_used=used, n_missing=lacking, known_share=share)


@indicator(
    "coverage_{service}",
    unit="share",
    group="services",
    zh="{zh}覆盖率",
    en="{en} coverage",
    needs=["parcels"],
    members=_told,
    formula_zh="{zh}服务到的宗地面积 ÷ 宗地面积",
    formula_en="Area of parcels served by {en} ÷ parcel area",
)
def coverage(survey: Survey, name: str) -> Figures:
    """Share of the parcel land that a service reaches.

    Formula
    -------
    Σ area of the parcels that are served ÷ Σ area of the parcels of which it is known whether they are. A parcel is
    served, as a whole, where its column ``has_<service>`` says so, else where it lies within ``reach_m`` (straight
    distance) of the service's lines, points or service areas that are in service on the plan's day. All parcels count,
    those for roads and green too.

    Zero
    ----
    The layer is there and reaches no parcel of the zone.

    Missing
    -------
    No parcels in the zone, or of none is it known: only features of unknown status come near. A service without a layer
    has no figure at all: unknown is not zero.

    Source
    ------
    七通一平 practice; no legal distance exists, so ``reach_m`` is the plan's, or an unverified default.
    """
    return _coverage(survey, survey.reaches[name].state)


@indicator(
    "coverage_planned_{service}",
    unit="share",
    group="services",
    zh="{zh}覆盖率（含规划）",
    en="{en} coverage with what is planned",
    listed=["services.standing", "parcels"],
    members=_dated,
    formula_zh="规划、在建设施投用后{zh}服务到的宗地面积 ÷ 宗地面积",
    formula_en="Area of parcels served by {en} once all that is planned is in service ÷ parcel area",
)
def coverage_planned(survey: Survey, name: str) -> Figures:
    """Share of the parcel land that a service reaches once everything planned is in service.

    Formula
    -------
    As the coverage, of lines, points or service areas that are in service, planned or under construction on the plan's
    day. It is told where the layer has a status or a date of going into service.

    Zero
    ----
    Nothing that is there or to come reaches a parcel of the zone.

    Missing
    -------
    No parcels in the zone, or of none is it known whether it will be served.

    Source
    ------
    As the coverage.
    """
    return _coverage(survey, survey.reaches[name].planned_state)


@indicator(
    "reach_{service}",
    unit="share",
    group="services",
    zh="{zh}可达面积占比",
    en="{en} reach",
    members=_services,
    formula_zh="距{zh}服务距离以内的面积 ÷ 分区面积",
    formula_en="Land within reach of {en} ÷ zone area",
)
def reach(survey: Survey, name: str) -> Figures:
    """Share of the zone's land within reach of a service.

    Formula
    -------
    Area of the zone within ``reach_m`` (straight distance) of the service's lines, points or service areas ÷ zone area.
    Only what is in service on the plan's day counts, and nothing that lies inside a parcel's red line.

    Zero
    ----
    The layer is there and comes near no land of the zone.

    Missing
    -------
    Does not occur where the layer is there.

    Source
    ------
    As the coverage. Arcs are drawn with 16 segments a quarter, at most 0.16 % too small.
    """
    pieces = survey.pieces[f"services.{name}"]
    used = pieces.count(serving(pieces.frame))
    return ratio(survey.reach[name] * survey.zone_area, survey.zone_area, n_used=used)


@indicator(
    "network_density_{service}",
    unit="km/km²",
    group="services",
    zh="{zh}管线密度",
    en="{en} network density",
    members=_lines,
    formula_zh="分区内在役{zh}管线长度 ÷ 分区面积",
    formula_en="Length of {en} lines in service in the zone ÷ zone area",
)
def network_density(survey: Survey, name: str) -> Figures:
    """Length of a service's lines by land.

    Formula
    -------
    Σ length of the lines in service on the plan's day, cut at the zone's edge, ÷ zone area. A line on the border of
    two zones belongs half to each. Lines side by side (two circuits) count each.

    Zero
    ----
    The layer is there and no line in service lies in the zone.

    Missing
    -------
    A service without lines has no figure. Lines of unknown status are left out and lower ``known_share``.

    Source
    ------
    管线密度, customary.
    """
    pieces = survey.pieces[f"services.{name}"]
    live, doubtful = (standing_rows(pieces.frame, s) for s in ("live", "unknown"))
    length = pieces.total(np.where(live, pieces.size, 0.0))
    unsure = pieces.total(np.where(doubtful, pieces.size, 0.0))
    known = part(length, length + unsure)
    return ratio(
        length / 1e3,
        survey.zone_area / 1e6,
        n_used=pieces.count(live),
        n_missing=pieces.count(doubtful),
        known_share=np.where(np.isnan(known), 1.0, known),
    )


@indicator(
    "separate_sewer_share",
    unit="share",
    group="services",
    zh="雨污分流率",
    en="Separate sewers",
    needs=["parcels"],
    listed=["services.rain", "services.sewage"],
    formula_zh="雨水、污水管均服务到的宗地面积 ÷ 任一排水管服务到的宗地面积",
    formula_en="Area of parcels served by rain and foul sewers ÷ area served by any sewer",
)
def separate_sewer_share(survey: Survey) -> Figures:
    """Share of the drained land whose rain and sewage are kept apart.

    Formula
    -------
    Σ area of the parcels served by both rain and foul sewers ÷ Σ area of those served by a rain sewer, a foul sewer or
    (where the plan has ``drainage``) a combined one. A parcel counts where all of these are known.

    Zero
    ----
    No drained parcel has both.

    Missing
    -------
    No parcel of the zone is drained, or of none is it known.

    Source
    ------
    雨污分流, as park work plans ask for it; gisplan's own form of it.
    """
    assert survey.parcels is not None
    rain, sewage = survey.reaches["rain"].state, survey.reaches["sewage"].state
    mixed = survey.reaches["drainage"].state if "drainage" in survey.reaches else np.zeros_like(rain)
    unknown = (rain == UNKNOWN) | (sewage == UNKNOWN) | (mixed == UNKNOWN)
    drained = (rain == YES) | (sewage == YES) | (mixed == YES)
    apart = np.where((rain == YES) & (sewage == YES), survey.parcels.area, 0.0)
    top, land, used, lacking, share = known_parcels(survey, np.where(unknown, np.nan, apart), among=drained | unknown)
    return ratio(top, land, n_used=used, n_missing=lacking, known_share=share)
