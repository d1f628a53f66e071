"""What parcels lack of the target level of supply: how far the nearest main is, what is planned, what it brings."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.measure.ladder import LACKS, LEVELLED, ParcelLevels
from gisplan.measure.level_shares import developable
from gisplan.measure.levels import levels
from gisplan.measure.reach import YES, Reach
from gisplan.measure.survey import Survey

#: Columns of ``gap_list.csv``.
COLUMNS = (
    "parcel_id",
    "zone_id",
    "service",
    "state",
    "distance_m",
    "nearest_id",
    "nearest_name",
    "reason",
    "planned_id",
    "planned_name",
    "planned_date",
    "level_now",
    "level_after",
    "level_planned",
)


def gap_list(survey: Survey) -> pd.DataFrame | None:
    """One row a developable parcel of a zone and service that it lacks for the target level.

    Returns
    -------
    pandas.DataFrame or None
        ``state`` is ``no``, ``planned`` (something planned is within reach) or ``unknown`` (only features of unknown
        status are within reach, or the register is silent); ``distance_m`` (m, by the way the service is measured),
        ``nearest_id`` and ``nearest_name`` are those of the nearest feature in service, ``reason`` why there is none;
        ``level_now`` the level's id today, ``level_after`` with this service too, ``level_planned`` once everything
        planned is in service; ``0`` is below the lowest. A service of which nothing at all is known has no rows. None
        where the plan does not ask for levels.
    """
    own, later = levels(survey), levels(survey, "planned")
    if own is None or later is None:
        return None
    owner = survey.pieces["parcels"].owner
    meant = developable(survey) & (owner >= 0)
    now, planned = own.id_of(own.reached), later.id_of(later.reached)
    blocks = []
    display = [*vocabulary.services(), LEVELLED]
    for order, key in sorted((display.index(key), key) for key in own.keys):
        rows = np.flatnonzero(meant & own.lacking(key))
        told = _told(survey, own, key, rows) if len(rows) else None
        if told is None:
            continue
        after = own.id_of(own.reached_with(key))
        levels_ = {"level_now": now[rows], "level_after": after[rows], "level_planned": planned[rows]}
        blocks.append(pd.DataFrame({"row": rows, "order": order, "service": key, **told, **levels_}))
    if not blocks:
        return pd.DataFrame({c: pd.Series(dtype=object) for c in COLUMNS})
    table = pd.concat(blocks, ignore_index=True)
    rows = table["row"].to_numpy()
    ids = survey.layers.layers["parcels"].frame["parcel_id"].astype(str).to_numpy(dtype=object)
    zones = survey.layers.zones["zone_id"].to_numpy(dtype=object)
    table = table.assign(parcel_id=ids[rows], zone_id=zones[owner[rows]])
    return table.sort_values(["parcel_id", "order"], kind="stable", ignore_index=True)[list(COLUMNS)]


def _told(
    survey: Survey, own: ParcelLevels, key: str, rows: NDArray[np.int64]
) -> Mapping[str, NDArray[np.object_] | NDArray[np.float64]] | None:
    """State of some parcels and what lies nearest to them; None where nothing is known of the service at all."""
    known = own.cases[own.case[rows], own.keys.index(key)]
    state = np.where(known == LACKS, "no", "unknown").astype(object)
    reach = survey.reaches.get(key)
    blank = np.full(len(rows), None, dtype=object)
    out = dict.fromkeys(("nearest_id", "nearest_name", "reason", "planned_id", "planned_name"), blank)
    out |= {"state": state, "distance_m": np.full(len(rows), np.nan), "planned_date": blank}
    if reach is None:
        # Level ground is not far from anything.
        return out if key == LEVELLED and (own.cases[:, own.keys.index(LEVELLED)] == LACKS).any() else None
    coming = reach.planned_state[rows] == YES
    state[coming] = "planned"
    near = reach.find("live", rows)
    out["distance_m"] = near.distance
    if near.reason is not None:
        out["reason"] = near.reason
    out["nearest_id"], out["nearest_name"] = (_of(survey, reach, c, near.feature) for c in ("feature_id", "name"))
    if coming.any():
        ahead = np.full(len(rows), -1, dtype=np.int64)
        ahead[coming] = reach.find("planned", rows[coming]).feature
        for name, column in (
            ("planned_id", "feature_id"),
            ("planned_name", "name"),
            ("planned_date", "in_service_date"),
        ):
            out[name] = _of(survey, reach, column, ahead)
    return out


def _of(survey: Survey, reach: Reach, column: str, feature: NDArray[np.int64]) -> NDArray[np.object_]:
    """What a column of the service's layer says of features, None where there is no feature or it says nothing."""
    layer = survey.layers.layers.get(f"services.{reach.service}")
    if layer is None or column not in layer.frame:
        return np.full(len(feature), None, dtype=object)
    values = layer.frame[column].to_numpy(dtype=object)
    values = np.where(pd.isna(values), None, values)
    return np.asarray(np.append(values, np.array([None], dtype=object))[feature], dtype=object)
