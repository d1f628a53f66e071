"""Figures that rules limit, of zones and of the projects on parcels, and what their conditions are held against."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.assess.idle import Array
from gisplan.measure import Survey
from gisplan.measure.survey import column

#: Indicators of the idle-land register that stand beside the measured ones of a zone.
_OF_IDLE = ("idle_area_m2", "idle_rate", "fee_exposure_wan", "reclaim_candidates")


#: UN-Habitat's names of what is measured of roads.
_STREETS = {
    "street_land_share": "road_area_share",
    "street_density": "road_density",
    "street_intersections": "intersection_density",
}


def zone_values(zones: pd.DataFrame, idle: pd.DataFrame | None) -> dict[str, Array]:
    """Values of the zones by indicator, in its unit, NaN where missing; shape (zones,).

    Parameters
    ----------
    zones
        Measured indicators, as ``zones.csv``.
    idle
        Sums of the idle-land register by zone, None without one.
    """
    out = {c: zones[c].to_numpy(dtype=float) for c in zones.columns if vocabulary.indicator(str(c)) is not None}
    out |= {name: out[own] for name, own in _STREETS.items() if own in out}
    if idle is not None:
        out |= {c: idle[c].to_numpy(dtype=float)[: len(zones)] for c in _OF_IDLE}
    return out


def project_values(survey: Survey) -> dict[str, Array]:
    """Values of the projects on parcels by indicator, NaN where missing; shape (parcels,). Empty without parcels.

    Formulas
    --------
    ``project_total_investment`` is the promised investment (万元); intensities divide investment, yearly output and
    yearly tax by the parcel's area in hectares (tax also in mu), area by the plan's basis; ``project_far_physical`` is
    floor area ÷ area without counting high halls twice, ``project_building_density`` footprint ÷ area,
    ``worker_area_m2`` floor area ÷ jobs, ``improvement_to_land_ratio`` the value of improvements ÷ that of the land;
    where nobody works, or land has no value, there is none. The register gives one year's output and tax, where the
    definition of 2004 means the mean of three.
    """
    frame, known = survey.layers.frame("parcels"), survey.parcels
    if frame is None or known is None:
        return {}
    units = vocabulary.units("area")
    amounts = {name: column(frame, name) for name in ("investment_wan", "output_wan", "tax_wan")}
    jobs, land = column(frame, "jobs"), column(frame, "land_value")
    with np.errstate(divide="ignore", invalid="ignore"):
        area = np.where(known.area > 0, known.area, np.nan)
        made = {
            "project_total_investment": column(frame, "investment_promised_wan"),
            "project_investment_intensity": amounts["investment_wan"] / (area / units["ha"]),
            "project_output_intensity": amounts["output_wan"] / (area / units["ha"]),
            "project_land_tax": amounts["tax_wan"] / (area / units["ha"]),
            "project_tax_per_mu": amounts["tax_wan"] / (area / units["mu"]),
            "project_far_physical": known.floor_area / area,
            "project_building_density": known.footprint / area,
            "worker_area_m2": np.where(jobs > 0, known.floor_area / jobs, np.nan),
            "improvement_to_land_ratio": np.where(land > 0, column(frame, "improvement_value") / land, np.nan),
        }
    return {name: values for name, values in made.items() if not np.isnan(values).all()}
