"""Figures of zones that rules limit."""

from __future__ import annotations

import pandas as pd

from gisplan import vocabulary
from gisplan.assess.idle import Array

#: Indicators of the idle-land register that stand beside the measured ones of a zone.
_OF_IDLE = ("idle_area_m2", "idle_rate", "fee_exposure_wan", "reclaim_candidates")


#: UN-Habitat's names of what is measured of roads.
_STREETS = {
    "street_land_share": "road_area_share",
    "street_density": "road_density",
    "street_intersections": "intersection_density",
}


def zone_values(
    zones: pd.DataFrame, idle: pd.DataFrame | None, intensity: pd.DataFrame | None = None
) -> dict[str, Array]:
    """Values of the zones by indicator, in its unit, NaN where missing; shape (zones,).

    Parameters
    ----------
    zones
        Measured indicators, as ``zones.csv``.
    idle
        Sums of the idle-land register by zone, None without one.
    intensity
        Indicators of the land intensity evaluation, as ``intensity.csv``, None without one.
    """
    out = {c: zones[c].to_numpy(dtype=float) for c in zones.columns if vocabulary.indicator(str(c)) is not None}
    out |= {name: out[own] for name, own in _STREETS.items() if own in out}
    if idle is not None:
        out |= {c: idle[c].to_numpy(dtype=float)[: len(zones)] for c in _OF_IDLE}
    if intensity is not None:
        out |= {str(n): rows["value"].to_numpy(dtype=float) for n, rows in intensity.groupby("indicator", sort=False)}
    return out
