"""Columns of the parcels' table that tell of services: what serves them, by what, and which level they have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gisplan.measure.ladder import HAS, LACKS, MAYBE, ParcelLevels
from gisplan.measure.levels import level_share, levels
from gisplan.measure.reach import EVIDENCE, NO, UNKNOWN, YES, Reach
from gisplan.measure.survey import Survey


def served(survey: Survey) -> Mapping[str, NDArray[Any]]:
    """``served_<service>``: True or False, and missing where it is not known."""
    return {f"served_{name}": _flags(r.state) for name, r in survey.reaches.items()}


def _flags(state: NDArray[np.signedinteger[Any]]) -> NDArray[Any]:
    """True and False; None where nobody knows."""
    out = np.asarray(state == YES)
    if (state == UNKNOWN).any():
        out = out.astype(object)
        out[state == UNKNOWN] = None
    return out


def further(survey: Survey) -> Mapping[str, NDArray[Any]]:
    """Evidence and nearest feature of each service where the plan asks for details, and levels where it asks for them.

    Returns
    -------
    Mapping
        ``evidence_<service>`` (one of `EVIDENCE`), ``distance_<service>_m`` and ``nearest_<service>``;
        ``service_level`` (id of the highest level surely reached, ``0`` below the lowest), ``service_level_max`` (the
        highest there may be for all that is known), ``levelled``, ``levelled_share``, ``service_level_zh``,
        ``service_level_en``, ``services_missing`` and ``services_unknown`` (of the target), ``services_missing_next``
        (of the next level), ``service_level_planned``; ``outside_level_zh`` and so on where anything tells the two
        sides of the red line apart.
    """
    out: dict[str, NDArray[Any]] = {}
    if survey.plan.services.details:
        for name, reach in survey.reaches.items():
            out |= _details(survey, name, reach)
    own = levels(survey)
    return out if own is None else {**out, **_levels(survey, own)}


def _details(survey: Survey, name: str, reach: Reach) -> Mapping[str, NDArray[Any]]:
    out: dict[str, NDArray[Any]] = {f"evidence_{name}": np.array(EVIDENCE, dtype=object)[reach.evidence]}
    layer = survey.layers.layers.get(f"services.{name}")
    if layer is not None:
        found = reach.find("live", np.arange(len(reach.state), dtype=np.int64))
        ids = layer.frame["feature_id"].astype(str).to_numpy(dtype=object)
        out[f"distance_{name}_m"] = found.distance
        out[f"nearest_{name}"] = np.append(ids, np.array([None], dtype=object))[found.feature]
    return out


def _levels(survey: Survey, own: ParcelLevels) -> Mapping[str, NDArray[Any]]:
    planned = levels(survey, "planned")
    assert planned is not None
    share = level_share(survey)
    out: dict[str, NDArray[Any]] = {
        "service_level": own.id_of(own.reached),
        "service_level_max": own.id_of(own.possible),
        "levelled": _flags(np.select([own.ground == HAS, own.ground == LACKS], [YES, NO], UNKNOWN)),
        **({} if share is None else {"levelled_share": share}),
        **{f"service_level_{language}": label for language, label in own.labels().items()},
        "services_missing": own.open_needs(LACKS),
        "services_unknown": own.open_needs(MAYBE),
        "services_missing_next": own.open_needs(LACKS, ahead=True),
        "service_level_planned": planned.id_of(planned.reached),
    }
    if any(r.has_sides for r in survey.reaches.values()):
        for side in ("outside", "inside"):
            there = levels(survey, "outside" if side == "outside" else "inside")
            assert there is not None
            labels = there.labels(ground=side == "inside")
            out |= {f"{side}_level": there.id_of(there.reached)}
            out |= {f"{side}_level_{language}": label for language, label in labels.items()}
    return out
