"""The level of supply of each parcel (N通一平): which connections are there, which lack, which nobody knows."""

from __future__ import annotations

from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.geometry import covered, signed
from gisplan.measure.ladder import HAS, LACKS, LEVELLED, MAYBE, Ladder, ParcelLevels, ladder_of
from gisplan.measure.reach import NO, UNKNOWN, YES, States, declared
from gisplan.measure.survey import Survey
from gisplan.rules import load_packs

Which = Literal["today", "planned", "outside", "inside"]


def levels(survey: Survey, which: Which = "today") -> ParcelLevels | None:
    """Level of each parcel; None where the plan does not ask for it, or has no parcels.

    Parameters
    ----------
    survey
        The measured study.
    which
        ``today``, ``planned`` (once everything planned is in service), or ``outside`` and ``inside`` of the red line.
    """
    return survey.once(f"levels {which}", lambda: _levels(survey, which))


def ladder(survey: Survey) -> Ladder | None:
    """Levels of a study's plan; see `ladder_of`."""
    plan = survey.plan
    return survey.once("ladder", lambda: ladder_of(plan, load_packs(plan.plan.rules, plan.folder)))


def _levels(survey: Survey, which: Which) -> ParcelLevels | None:
    own = ladder(survey)
    frame = survey.layers.frame("parcels")
    if own is None or frame is None:
        return None
    parts = {"drainage": ("rain", "sewage")} if {"rain", "sewage"} & set(survey.reaches) else {}
    keys = [s for s in own.services if s in survey.reaches or s not in parts]
    keys += [p for listed in parts.values() for p in listed if p not in keys and "drainage" in own.services]
    columns = [_known(survey, key, which, len(frame)) for key in keys]
    columns.append(level_ground(survey))
    whole = np.zeros(len(frame), dtype=np.int64)
    for column in columns:
        whole = whole * 3 + column
    _, first, case = np.unique(whole, return_index=True, return_inverse=True)
    cases = np.column_stack([column[first] for column in columns])
    return ParcelLevels(own, (*keys, LEVELLED), cases, case, parts, survey.plan.services.levelled)


def _known(survey: Survey, service: str, which: Which, size: int) -> NDArray[np.int8]:
    """What is known of a service: `LACKS`, `MAYBE` or `HAS` for each parcel."""
    reach = survey.reaches.get(service)
    if reach is None:
        return np.full(size, MAYBE, dtype=np.int8)
    if which == "today":
        return _ranked(reach.state)
    if which == "planned":
        return _ranked(reach.planned_state)
    return _ranked(reach.outside_state if which == "outside" else reach.inside_state)


def _ranked(state: States) -> NDArray[np.int8]:
    return np.select([state == YES, state == NO], [HAS, LACKS], MAYBE).astype(np.int8)


def level_share(survey: Survey) -> NDArray[np.float64] | None:
    """Share of each parcel that the layer of levelled land covers; None without such a layer."""

    def make() -> NDArray[np.float64] | None:
        parcels, ground = survey.layers.frame("parcels"), survey.layers.frame("levelled")
        if parcels is None or ground is None:
            return None
        lots = np.asarray(parcels.geometry.array)
        shapes, weight = signed(np.asarray(ground.geometry.array))
        # A share in the plane is that on the ellipsoid: a parcel is too small to be stretched unevenly.
        share = covered(lots, shapes, shapely.area(shapes) * weight) / shapely.area(lots)
        return np.asarray(np.clip(share, 0.0, 1.0), dtype=float)

    return survey.once("level share", make)


def level_ground(survey: Survey) -> NDArray[np.int8]:
    """Whether each parcel is level: by the register's word, else by the layer of levelled land."""
    parcels = survey.layers.layers["parcels"].frame
    share = level_share(survey)
    out = np.full(len(parcels), MAYBE, dtype=np.int8)
    if share is not None:
        least = float(vocabulary.levelled()["share"])
        out = np.where(share >= least - 1e-9, HAS, LACKS).astype(np.int8)
    said = declared(survey.layers, LEVELLED)
    return out if said is None else np.where(said.anywhere != UNKNOWN, _ranked(said.anywhere), out)
