"""Parcels that can be built or rebuilt on, as planners in the United States tell them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.assess.idle import Array
from gisplan.geometry import cut, sum_by, united
from gisplan.measure import Survey
from gisplan.measure.survey import column
from gisplan.rules import Pack

#: Terms of a pack that say which parcels are vacant, and from which undeveloped area one is partly so.
TERMS = ("vacant_developed_ft2", "vacant_developed_share", "partly_vacant_from_ft2")


def potential(survey: Survey, packs: Sequence[Pack]) -> pd.DataFrame | None:
    """Parcels that can be built or rebuilt on; None unless a pack of the plan has the terms.

    Returns
    -------
    pandas.DataFrame
        One row a parcel: ``parcel_id, zone_id, area_m2`` (as drawn), ``developed_m2`` (covered by buildings),
        ``improvement_to_land_ratio``, ``class``, ``band`` (what the pack calls the ratio), ``constrained_m2`` (under
        layers of constraints, each bit of land once; missing without any), ``buildable_m2`` and ``rule``. Classes:
        ``vacant`` (hardly anything stands on it), ``partly_vacant`` (enough is left of it), ``redevelopable`` (its
        ratio lies in a band of the pack), ``developed``, ``no_data``. What is left to build on is the undeveloped part
        of vacant and partly vacant parcels and all of redevelopable ones, less what is constrained; where buildings
        stand on constrained land both are taken off, so it is rather too small than too large.
    """
    pack = next((p for p in packs if set(TERMS) <= set(p.terms)), None)
    frame, known = survey.layers.frame("parcels"), survey.parcels
    if pack is None or frame is None or known is None:
        return None
    foot2 = vocabulary.units("area")["ft2"]
    least, share, left_from = (pack.terms[t].value for t in TERMS)
    area = frame["area_m2"].to_numpy(dtype=float)
    developed = np.minimum(known.footprint, area)
    land, improvements = column(frame, "land_value_wan"), column(frame, "improvement_value_wan")
    # What is worth less than nothing is a fault of the register, and no ratio.
    ratio = np.where(improvements < 0, np.nan, improvements) / np.where(land > 0, land, np.nan)
    band = _band(ratio, pack)
    # Where no building is drawn anywhere, improvements of no value say that nothing stands there.
    hardly = np.isnan(developed) & (ratio == 0)
    hardly |= (developed <= 0) | ((developed < least * foot2) & (developed < share * area)) | (known.state == "vacant")
    kind = np.select(
        [hardly, area - developed >= left_from * foot2, band != "", np.isnan(developed) & np.isnan(ratio)],
        ["vacant", "partly_vacant", "redevelopable", "no_data"],
        "developed",
    ).astype(object)
    constrained = _constrained(survey, area)
    standing = np.where(kind == "redevelopable", 0.0, np.nan_to_num(developed))
    usable = np.isin(kind.astype(str), ("vacant", "partly_vacant", "redevelopable"))
    buildable = np.where(usable, np.maximum(area - standing - np.nan_to_num(constrained), 0.0), 0.0)
    owner = survey.pieces["parcels"].owner
    zones = survey.layers.zones["zone_id"].to_numpy(dtype=object)
    return pd.DataFrame(
        {
            "parcel_id": frame["parcel_id"].to_numpy(dtype=object),
            "zone_id": np.where(owner >= 0, zones[np.maximum(owner, 0)], None),
            "area_m2": area,
            "developed_m2": developed,
            "improvement_to_land_ratio": ratio,
            "class": kind,
            "band": band,
            "constrained_m2": constrained,
            "buildable_m2": np.where(kind == "no_data", np.nan, buildable),
            "rule": f"{pack.name}{'' if all(pack.terms[t].verified for t in TERMS) else ' (unverified)'}",
        }
    )


def _band(ratio: Array, pack: Pack) -> np.ndarray:
    """Id of the pack's band that each ratio lies in, empty in none."""
    out = np.full(len(ratio), "", dtype=object)
    for band in pack.bands:
        if band.indicator == "improvement_to_land_ratio":
            (low, low_in), (high, high_in) = band.low, band.high
            above = ratio >= low if low_in else ratio > low
            out[above & (ratio <= high if high_in else ratio < high)] = band.id
    return out


def _constrained(survey: Survey, area: Array) -> Array:
    """Land of each parcel under any constraint in m², NaN without layers of constraints."""
    names = [n for n in survey.layers.layers if n.startswith("constraints.")]
    if not names:
        return np.full(len(area), np.nan)
    shapes = np.concatenate([np.asarray(survey.layers.layers[n].frame.geometry.array) for n in names])
    land = united(shapes, np.zeros(len(shapes), dtype=np.int64), size=1)
    parcels = np.asarray(survey.layers.layers["parcels"].frame.geometry.array)
    pieces = cut(land, parcels, dimension=2, outside=False)
    return area * sum_by(pieces.feature, pieces.share, size=len(area))
