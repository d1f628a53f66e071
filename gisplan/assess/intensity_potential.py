"""Land that a zone could still gain: by supply, structure, denser use and management, and for how long it lasts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.assess.idle import Array, Text, add_years
from gisplan.assess.intensity_land import Land
from gisplan.assess.intensity_values import Value, supply_told, yearly_supply

#: Potential by denser use, with the indicator it is told from; they are of the same land and must not be added.
_DENSER = {
    "intensity_potential_far": "industrial_far",
    "intensity_potential_coefficient": "industrial_building_coefficient",
    "intensity_potential_investment": "industrial_fixed_asset_intensity",
    "intensity_potential_tax": "industrial_tax_per_land",
}


def potentials(
    land: Land,
    values: Mapping[str, Value],
    ideals: Mapping[str, tuple[Array, Text, Text]],
    idle: pd.DataFrame | None,
    *,
    as_of: dt.date,
    years: int,
) -> pd.DataFrame:
    """Potentials of all zones, one row each.

    Parameters
    ----------
    land, values, ideals
        The partitions, the indicators and their ideal values.
    idle
        Idle-land register, None without one.
    as_of
        The day.
    years
        Years over which the yearly supply is averaged.

    Returns
    -------
    pandas.DataFrame
        ``zone_id, name, potential, label_zh, label_en, value, unit, flags``.

    Formulas
    --------
    Expansion: E, of it E21. Structure: max(0, A × (ideal − A2 ÷ A)). Denser use: max(0, A2 × (ideal − value) ÷ ideal),
    each for itself. Management: expired land (D22) and land idle for two years, once where it is both. Years left: E
    (E21) ÷ mean yearly supply (of land that is for industry) in the years up to ``as_of``.
    """
    zones = land.survey.layers.zones
    blocks = []
    for name, (value, flags) in dict(_made(land, values, ideals, idle, as_of, years)).items():
        words = vocabulary.intensity("potentials")[name]
        blocks.append(
            pd.DataFrame(
                {
                    "zone": np.arange(len(zones)),
                    "zone_id": zones["zone_id"].to_numpy(),
                    "name": zones["name"].to_numpy(),
                    "potential": name,
                    "label_zh": words["zh"],
                    "label_en": words["en"],
                    "value": value,
                    "unit": words["unit"],
                    "flags": flags,
                }
            )
        )
    table = pd.concat(blocks, ignore_index=True)
    return table.sort_values("zone", kind="stable", ignore_index=True).drop(columns="zone")


def _made(
    land: Land,
    values: Mapping[str, Value],
    ideals: Mapping[str, tuple[Array, Text, Text]],
    idle: pd.DataFrame | None,
    as_of: dt.date,
    years: int,
) -> Iterator[tuple[str, tuple[Array, list[str]]]]:
    size = land.survey.zones
    told = supply_told(land)
    open_ = land.of("X", by="supply") > 1.0
    left = {"": land.of("E", by="supply"), "industry": land.of("E21", by="supply")}
    partial = ["PARTIAL" if o else "" for o in open_]
    nan, unsupplied = np.full(size, np.nan), ["INPUT_MISSING:supply_date"] * size
    for kind, name in (("", "expansion_potential"), ("industry", "expansion_potential_industry")):
        # Where some land is not known to be supplied or not, none found suppliable is no finding.
        bare = open_ & (left[kind] == 0)
        amount = np.where(bare, np.nan, left[kind] / 1e4)
        yield name, (amount, partial) if told else (nan, unsupplied)
    built, industry = land.of("A"), land.of("A2")
    ideal, rate = ideals["industrial_land_rate"][0], values["industrial_land_rate"]
    gain = np.maximum(0.0, built * (ideal - rate.value)) / 1e4
    yield "structure_potential", (gain, _flags(rate, ideal))
    for name, indicator in _DENSER.items():
        ideal, now = ideals[indicator][0], values[indicator]
        with np.errstate(divide="ignore", invalid="ignore"):
            gain = np.maximum(0.0, industry * (ideal - now.value) / ideal) / 1e4
        yield name, (gain, _flags(now, ideal))
    codes = land.codes
    if idle is None:
        yield "management_potential", (nan, ["INPUT_MISSING:idle"] * size)
    else:
        reclaim = (idle["idle_class"].fillna("") == "IDLE_2Y").to_numpy(dtype=bool)
        yield "management_potential", (land.parcels((codes.supply == "D22") | reclaim) / 1e4, partial)
    until = np.datetime64(as_of, "D")
    since = add_years(np.array([until]), -years)[0]
    for kind, name in (("", "years_of_land_left"), ("industry", "years_of_industrial_land_left")):
        if "supply_date" not in land.survey.pieces["parcels"].frame or not told:
            yield name, (nan, unsupplied)
            continue
        yearly = yearly_supply(land, since=since, until=until, years=years, industry=bool(kind))
        with np.errstate(divide="ignore", invalid="ignore"):
            lasts = np.where((yearly > 0) & ~(open_ & (left[kind] == 0)), left[kind] / yearly, np.nan)
        flags = [p if y > 0 else "NO_RECENT_SUPPLY" for p, y in zip(partial, yearly, strict=True)]
        yield name, (lasts, flags)


def _flags(value: Value, ideal: Array) -> list[str]:
    return [value.flag(i) or ("NO_IDEAL" if np.isnan(ideal[i]) else "") for i in range(len(ideal))]
