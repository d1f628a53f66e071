"""Figures as tables: one row a zone, one row a zone and indicator, one row a parcel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.measure import capacity, power, service_columns
from gisplan.measure.accessibility import access_columns
from gisplan.measure.catalogue import Measured
from gisplan.measure.frontage import frontage
from gisplan.measure.green import parcel_green
from gisplan.measure.survey import Survey
from gisplan.measure.terrain import parcel_ground
from gisplan.measure.yards import yards_of

#: Columns of ``indicators.csv``.
LONG_COLUMNS = (
    "zone_id",
    "indicator",
    "value",
    "unit",
    "numerator",
    "denominator",
    "n_used",
    "n_missing",
    "known_share",
    "flags",
    "source",
)


def long(survey: Survey, measured: Sequence[Measured]) -> pd.DataFrame:
    """One row a zone and indicator, zones in their order, indicators in theirs."""
    ids = survey.layers.zones["zone_id"].to_numpy()
    blocks = [
        pd.DataFrame(
            {
                "zone_id": ids,
                "indicator": m.id,
                "value": m.figures.value,
                "unit": m.unit,
                "numerator": m.figures.numerator,
                "denominator": m.figures.denominator,
                "n_used": m.figures.n_used.astype(int),
                "n_missing": m.figures.n_missing.astype(int),
                "known_share": m.figures.known_share,
                "flags": m.figures.flags(),
                "source": m.source,
            }
        )
        for m in measured
    ]
    table = pd.concat(blocks, ignore_index=True)
    order = np.arange(len(table)).reshape(len(measured), len(ids)).T.ravel()
    return table.iloc[order].reset_index(drop=True)[list(LONG_COLUMNS)]


def wide(survey: Survey, measured: Sequence[Measured]) -> pd.DataFrame:
    """One row a zone, one column an indicator, after ``zone_id, name, level``."""
    zones = survey.layers.zones
    head = pd.DataFrame({c: zones[c].to_numpy() for c in ("zone_id", "name", "level")})
    return pd.concat([head, pd.DataFrame({m.id: m.figures.value for m in measured})], axis=1)


def parcels(survey: Survey) -> pd.DataFrame | None:
    """One row a parcel: where it lies, what it is, what stands on it, what serves it, and what the register says."""
    if survey.parcels is None:
        return None
    cut, known = survey.pieces["parcels"], survey.parcels
    frame = cut.frame
    zone_ids = survey.layers.zones["zone_id"].to_numpy(dtype=object)
    owner = cut.owner
    share = np.zeros(len(frame))
    mine = cut.zone == owner[cut.feature]
    share[cut.feature[mine]] = cut.share[mine]
    with np.errstate(divide="ignore", invalid="ignore"):
        plot_ratio = np.where(known.area > 0, known.floor_area / known.area, np.nan)
        density = np.where(known.area > 0, known.footprint / known.area, np.nan)
    out = {
        "parcel_id": frame["parcel_id"],
        "zone_id": np.where(owner >= 0, zone_ids[np.maximum(owner, 0)], None),
        "zone_share": share,
        "land_class": known.land_class,
        "state": known.state,
        "area_m2": frame["area_m2"],
        "planar_area_m2": frame["planar_area_m2"],
        "footprint_m2": known.footprint,
        "floor_area_m2": known.floor_area,
        "plot_ratio": plot_ratio,
        "building_density": density,
        "building_count": known.building_count.astype(int),
        "unknown_building_count": known.unknown_count.astype(int),
    }
    out |= service_columns.served(survey)
    out |= service_columns.further(survey)
    out |= access_columns(survey)
    if survey.has("frontage"):
        fronts = frontage(survey)
        out |= {"frontage_m": fronts.length, "frontage_roads": fronts.roads}
    out |= {**power.parcel_columns(survey), **capacity.parcel_columns(survey)}
    out |= parcel_ground(survey) | parcel_green(survey)
    yards = yards_of(survey) if "yards" in survey.layers.layers else None
    if yards is not None:
        out["yards_m2"], out["yards_drawn"] = yards.area, yards.by_drawing
    # The register's floor area and footprint stand beside the measured ones under their own names.
    for name, column in vocabulary.columns("parcels").items():
        if column.stored in frame and name != "parcel_id":
            out[column.stored if column.stored not in out else f"register_{column.stored}"] = frame[column.stored]
    # Columns of the frame stay as they are: text in Arrow's memory, not a million Python strings.
    return pd.DataFrame({k: v if isinstance(v, pd.Series) else np.asarray(v) for k, v in out.items()})
