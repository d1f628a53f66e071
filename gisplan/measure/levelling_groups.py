"""What is levelled to one surface: parcels, platforms or zones, with the levels that are given for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.geometry import sum_by, united
from gisplan.measure.catalogue import Array
from gisplan.measure.survey import Survey, column


@dataclass(frozen=True)
class Groups:
    """Pieces of land that are each levelled to one surface; all arrays have the shape (groups,).

    Attributes
    ----------
    ids, names
        Id and name of each, None without a name.
    shapes
        (Multi)polygons.
    area
        m² by the plan's method.
    level
        Design level given (m), NaN where none is.
    is_unequal
        Whether parcels of one group are given different levels.
    of_parcel
        Row number of each parcel's group, −1 for none; None where groups are not made of parcels.
    """

    ids: NDArray[np.object_]
    names: NDArray[np.object_]
    shapes: NDArray[np.object_]
    area: Array
    level: Array
    is_unequal: NDArray[np.bool_]
    of_parcel: NDArray[np.int64] | None = None


def groups_of(survey: Survey) -> Groups:
    """Land that the plan's table ``levelling`` means.

    Raises
    ------
    ValueError
        The plan has no such table.
    """
    plan = survey.plan.levelling
    if plan is None:
        raise ValueError("the plan has no [levelling]")
    if plan.by in ("zones", "platforms"):
        frame = survey.layers.zones if plan.by == "zones" else survey.layers.layers["platforms"].frame
        ids = frame[vocabulary.id_column(plan.by)].to_numpy(dtype=object)
        none = np.zeros(len(frame), dtype=bool)
        return Groups(
            ids, _names(frame), np.asarray(frame.geometry.array), column(frame, "area_m2"),
            column(frame, "design_level_m"), none,
        )  # fmt: skip
    return _of_parcels(survey, plan.by, plan.state)


def _names(frame: pd.DataFrame) -> NDArray[np.object_]:
    return frame["name"].to_numpy(dtype=object) if "name" in frame else np.full(len(frame), None, dtype=object)


def _of_parcels(survey: Survey, by: str, states: list[str]) -> Groups:
    frame = survey.layers.layers["parcels"].frame
    assert survey.parcels is not None
    among = np.isin(survey.parcels.state.astype(str), states) if states else np.ones(len(frame), dtype=bool)
    shapes, area, level = np.asarray(frame.geometry.array), column(frame, "area_m2"), column(frame, "design_level_m")
    if by in ("parcels", "parcel_id"):
        rows = np.flatnonzero(among)
        own = np.full(len(frame), -1, dtype=np.int64)
        own[rows] = np.arange(len(rows))
        ids = frame["parcel_id"].to_numpy(dtype=object)[rows]
        return Groups(
            ids, _names(frame)[rows], shapes[rows], area[rows], level[rows], np.zeros(len(rows), dtype=bool), own
        )
    stored = vocabulary.columns("parcels")[by].stored
    values = frame[stored] if stored in frame else pd.Series(np.full(len(frame), None, dtype=object))
    code, words = pd.factorize(values.where(among), sort=True)
    own = code.astype(np.int64)
    n = len(words)
    inside = own >= 0
    lowest, highest = np.full(n, np.inf), np.full(n, -np.inf)
    told = inside & ~np.isnan(level)
    np.minimum.at(lowest, own[told], level[told])
    np.maximum.at(highest, own[told], level[told])
    lacking = sum_by(own[inside & np.isnan(level)], size=n) > 0
    unequal = (highest - lowest > 1e-9) | (lacking & np.isfinite(lowest))
    one = np.where(np.isfinite(lowest) & ~unequal, lowest, np.nan)
    return Groups(
        np.array([str(w) for w in words], dtype=object),
        np.full(n, None, dtype=object),
        united(shapes, own, size=n),
        sum_by(own[inside], area[inside], size=n),
        one,
        unequal,
        own,
    )
