"""Roads drawn as two carriageways: how much of their length a merged count saves, and where their junctions are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gisplan.geometry import MEETS_M, Beside, beside, cut, sum_by
from gisplan.measure.catalogue import Array
from gisplan.measure.network import directions
from gisplan.measure.survey import Survey


def road_groups(survey: Survey) -> NDArray[np.int64]:
    """Number of the road that each line is part of, by name; −1 without one, or where traffic runs both ways.

    Where the layer tells one-way roads, only those can be carriageways.
    """

    def make() -> NDArray[np.int64]:
        frame = survey.pieces["roads"].frame
        if "name" not in frame:
            return np.full(len(frame), -1, dtype=np.int64)
        codes: NDArray[np.int64] = pd.factorize(frame["name"], sort=True)[0].astype(np.int64)
        way = directions(frame)
        if way.any():
            codes[way == 0] = -1
        return codes

    groups: NDArray[np.int64] = survey.once("road groups", make)
    return groups


def found_beside(survey: Survey) -> Beside:
    """Where roads in service run beside others of their name, within the plan's distance."""

    def make() -> Beside:
        spec = survey.plan.layers.roads
        assert spec is not None
        lines = np.asarray(survey.pieces["roads"].frame.geometry.array)
        return beside(lines, road_groups(survey), distance=spec.dual_m)

    return survey.once("carriageways", make)


def is_merged(survey: Survey) -> bool:
    """Whether the plan asks to count carriageways side by side as one road."""
    spec = survey.plan.layers.roads
    return spec is not None and spec.merge_dual


def saved_length(survey: Survey, chosen: NDArray[np.bool_]) -> Array:
    """Length (m) by zone that counting carriageways as one road takes off the chosen roads, shape (zones,).

    A piece of at most 10 m lies where its middle does.
    """
    if not is_merged(survey):
        return np.zeros(survey.zones)
    pair = found_beside(survey)
    zone, piece, share = _placed(survey)
    pieces = survey.pieces["roads"]
    with np.errstate(divide="ignore", invalid="ignore"):
        stretch = np.nan_to_num(pieces.size / pieces.frame.geometry.length.to_numpy())
    saved = pair.saved * stretch[pair.line] * chosen[pair.line]
    return sum_by(zone, share * saved[piece], size=survey.zones)


def _placed(survey: Survey) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """Zone, piece and share of the pieces of carriageways."""

    def make() -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
        spec, pair = survey.plan.layers.roads, found_beside(survey)
        assert spec is not None
        if len(pair.line) == 0:
            none = np.zeros(0, dtype=np.int64)
            return none, none, np.zeros(0)
        middle = np.asarray(shapely.points(pair.ends.mean(axis=1)))
        land = np.asarray(survey.layers.zones.geometry.array)
        found = cut(land, middle, dimension=0, tolerance=MEETS_M, edge_rule=spec.edge_rule)
        return found.zone, found.feature, found.share

    return survey.once("carriageways by zone", make)
