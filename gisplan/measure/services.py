"""Where infrastructure reaches: share of parcels served and of land within reach, service by service."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gisplan import vocabulary
from gisplan.measure.catalogue import Figures, indicator, ratio
from gisplan.measure.land import known_parcels
from gisplan.measure.survey import Survey
from gisplan.plan import Plan


def service_labels(plan: Plan, name: str) -> Mapping[str, str]:
    """Labels of a service: the plan's title, else the vocabulary's."""
    title = plan.layers.services[name].title
    if title is not None:
        return title.both(name)
    known = vocabulary.services()[name]
    return {"zh": known.zh, "en": known.en}


def _services(survey: Survey) -> Mapping[str, Mapping[str, str]]:
    return {name: service_labels(survey.plan, name) for name in survey.plan.layers.services}


@indicator(
    "coverage_{service}",
    unit="share",
    group="services",
    zh="{zh}覆盖率",
    en="{en} coverage",
    needs=["parcels"],
    members=_services,
    formula_zh="{zh}服务到的宗地面积 ÷ 宗地面积",
    formula_en="Area of parcels served by {en} ÷ parcel area",
)
def coverage(survey: Survey, name: str) -> Figures:
    """Share of the parcel land that a service reaches.

    Formula
    -------
    Σ area of the parcels that lie within ``reach_m`` (straight distance) of the service's lines, points or
    service areas ÷ Σ parcel area. A parcel is served as a whole.

    Zero
    ----
    The layer is there and reaches no parcel of the zone.

    Missing
    -------
    No parcels in the zone. A service without a layer has no figure at all: unknown is not zero.

    Source
    ------
    七通一平 practice; no legal distance exists, so ``reach_m`` is the plan's, or an unverified default.
    """
    assert survey.parcels is not None
    area = np.where(survey.served[name], survey.parcels.area, 0.0)
    area = np.where(np.isnan(survey.parcels.area), np.nan, area)
    top, land, used, lacking, share = known_parcels(survey, area)
    return ratio(top, land, n_used=used, n_missing=lacking, known_share=share)


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
    used = pieces.count()
    return ratio(survey.reach[name] * survey.zone_area, survey.zone_area, n_used=used)
