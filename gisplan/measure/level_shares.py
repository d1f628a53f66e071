"""How much of the land that is built on or to be built on has which level of supply (N通一平)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gisplan.measure.catalogue import Figures, indicator, ratio
from gisplan.measure.ladder import HAS, MAYBE, ParcelLevels
from gisplan.measure.land import known_parcels
from gisplan.measure.levels import ladder, levels
from gisplan.measure.survey import Survey


def developable(survey: Survey) -> NDArray[np.bool_]:
    """Parcels that are built on or to be built on: no streets, utilities and green in use, no water and farmland."""
    assert survey.parcels is not None
    return ~np.isin(survey.parcels.state.astype(str), ("formed", "open"))


def _rungs(survey: Survey) -> Mapping[str, Mapping[str, str]]:
    """Levels of the plan, their ground left aside; none where it does not ask for levels or has no parcels."""
    own = ladder(survey)
    if own is None or survey.parcels is None:
        return {}
    return {r.id: dict(zip(("zh", "en"), r.connections, strict=True)) for r in own.rungs}


def _share(survey: Survey, reached: NDArray[np.bool_], unknown: NDArray[np.bool_]) -> Figures:
    assert survey.parcels is not None
    area = np.where(unknown, np.nan, np.where(reached, survey.parcels.area, 0.0))
    top, land, used, lacking, share = known_parcels(survey, area, among=developable(survey))
    return ratio(top, land, n_used=used, n_missing=lacking, known_share=share)


def _levels(survey: Survey) -> ParcelLevels:
    found = levels(survey)
    assert found is not None
    return found


@indicator(
    "full_service_share",
    unit="share",
    group="services",
    zh="达到目标开发程度用地占比",
    en="Land at the target level of supply",
    listed=["levels", "parcels"],
    formula_zh="达到目标“N通一平”的宗地面积 ÷ 可建设宗地面积",
    formula_en="Area of parcels with all services of the target level ÷ area of developable parcels",
)
def full_service_share(survey: Survey) -> Figures:
    """Share of the developable land that has everything the target level asks for.

    Formula
    -------
    Σ area of the parcels with all services of the level ``[services] target_level``, and level ground unless
    ``levelled = false``, ÷ Σ area of the developable parcels of which that is known. Developable: neither streets,
    utilities or green in use nor water or farmland. A parcel that surely lacks one service is known to fall short,
    whatever is unknown of the others.

    Zero
    ----
    No developable parcel has everything.

    Missing
    -------
    The zone has no developable parcel, or of none is it known: a service of the level has no layer, and no parcel
    surely lacks another.

    Source
    ------
    N通一平, customary; levels are data of a rule pack, by default cn-service-levels.
    """
    state = _levels(survey).on_target
    return _share(survey, state == HAS, state == MAYBE)


@indicator(
    "level_area_share_{level}",
    unit="share",
    group="services",
    zh="{zh}及以上用地占比",
    en="Land with {en} or more",
    listed=["levels", "parcels"],
    members=_rungs,
    formula_zh="配套达到“{zh}”及以上的宗地面积 ÷ 可建设宗地面积",
    formula_en="Area of parcels that reach the level ({en}) or a higher one ÷ area of developable parcels",
)
def level_area_share(survey: Survey, name: str) -> Figures:
    """Share of the developable land that has reached a level of supply, or a higher one, whatever its ground.

    Formula
    -------
    Σ area of the parcels that have all services of this level or of a higher one ÷ Σ area of the developable parcels
    of which that is known.

    Zero
    ----
    No developable parcel of the zone has come so far.

    Missing
    -------
    The zone has no developable parcel, or of none is it known.

    Source
    ------
    As full_service_share.
    """
    own = _levels(survey)
    number = [r.id for r in own.ladder.rungs].index(name)
    return _share(survey, own.reached >= number, (own.reached < number) & (own.possible >= number))
