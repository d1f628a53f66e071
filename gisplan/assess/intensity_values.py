"""Indicators of the land intensity evaluation by zone, each with its exact numerator and denominator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.assess.idle import Array, Mask, one_of
from gisplan.assess.intensity_land import Land
from gisplan.assess.marks import begins
from gisplan.errors import BooksError
from gisplan.measure.dates import days
from gisplan.measure.floor_area import floor_area_by_zone
from gisplan.measure.survey import column
from gisplan.measure.yards import yards_of

#: How far the product of the three rates may be from the built share.
_CHAIN_OFF = 1e-9

#: Land (m²) that is no more than the rounding of sums.
_NOTHING = 1.0

#: Rates that the three steps from zone land to built land are told by.
CHAIN = ("land_development_rate", "land_supply_rate", "land_built_rate")


@dataclass(frozen=True)
class Value:
    """One indicator of all zones; all arrays have the shape (zones,).

    Attributes
    ----------
    value, numerator, denominator
        NaN where missing.
    known_share
        Share of the land concerned of which the data are known.
    why
        Why all of it is missing, e.g. ``INPUT_MISSING:yard_area``; empty where it is not.
    flags
        Marks by zone.
    """

    value: Array
    numerator: Array
    denominator: Array
    known_share: Array
    why: str = ""
    flags: Mapping[str, Mask] = field(default_factory=dict)

    def flag(self, i: int) -> str:
        """Flags of a zone, joined by a semicolon."""
        marks = [self.why] if self.why else []
        if not self.why and np.isnan(self.value[i]):
            marks.append("DENOM_ZERO" if self.denominator[i] == 0 else "NO_DATA")
        if not np.isnan(self.value[i]) and self.known_share[i] < 1 - 1e-9:
            marks.append("PARTIAL")
        return ";".join([*marks, *(name for name, where in self.flags.items() if where[i])])


def missing(zones: int, why: str) -> Value:
    """Make the values of an indicator whose input is not there."""
    nan = np.full(zones, np.nan)
    return Value(nan, nan, nan, nan, why)


def divided(
    top: Array, bottom: Array, known_share: Array | None = None, *, per: float = 1.0, share: bool = False
) -> Value:
    """Divide by land; over nothing the value is missing.

    Parameters
    ----------
    top, bottom
        Numerator and denominator by zone.
    known_share
        See `Value`; all known by default.
    per
        Size of the denominator's unit: 10 000 for hectares.
    share
        Whether more than 1 is to be flagged ``OVER_100``.
    """
    bottom = np.where(bottom < _NOTHING / 1e3, 0.0, bottom / per)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(bottom > 0, top / bottom, np.nan)
    known = np.ones(len(top)) if known_share is None else known_share
    # Where land is concerned and nothing at all of it is known, a quotient would be of nothing.
    value = np.where(known <= 0, np.nan, value)
    over = value > 1 + 1e-9
    return Value(value, top, bottom, known, flags={"OVER_100": over} if share and over.any() else {})


def values_of(land: Land, idle: pd.DataFrame | None) -> dict[str, Value]:
    """All indicators, in the order of the vocabulary.

    Parameters
    ----------
    land
        The partitions.
    idle
        Idle-land register, indexed like the parcels; None without one.

    Raises
    ------
    BooksError
        The product of the three rates is not the built share: a fault of gisplan.
    """
    made = {**_chain(land), **_structure(land), **_density(land), **_benefit(land), **_people(land)}
    made |= _management(land, idle)
    return {name: made[name] for name in vocabulary.intensity("indicators")}


def supply_told(land: Land) -> bool:
    """Whether the register says of any parcel that it was supplied, or may be taken for complete."""
    told = one_of(land.codes.supply_from, ("register", "supplied", "expired", "not_in_register"))
    return bool(told.any())


def _part(some: Array, whole: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, some / whole, 1.0)


def _chain(land: Land) -> dict[str, Value]:
    """Development, supply and built rate, over the land of which both codes are known, so that they multiply."""
    zones = land.survey.zones
    codes = land.codes
    build_known = ~np.char.endswith(codes.build.astype(str), "X")
    known = build_known & (codes.supply != "X") if supply_told(land) else build_known

    def of(*wanted: str) -> Array:
        chosen = known & begins(codes.build, wanted)
        return (
            land.parcels(chosen)
            + (land.street if "A31".startswith(wanted) else 0)
            + (land.remainder if land.rest[0] != "X" and land.rest[0].startswith(wanted) else 0)
        )

    ready, buildable, built = of("A", "B21"), of("A", "B11", "B12", "B21", "B22"), of("A")
    all_ = land.areas.zone - land.of("C")
    share = _part(np.minimum(buildable, all_), all_)
    out = {CHAIN[0]: divided(ready, buildable, share, share=True)}
    if not supply_told(land):
        return out | {name: missing(zones, "INPUT_MISSING:supply_date") for name in CHAIN[1:]}
    supplied = land.parcels(known & begins(codes.supply, "D")) + land.street
    out[CHAIN[1]] = divided(supplied, ready, share, share=True)
    out[CHAIN[2]] = divided(built, supplied, share, share=True)
    product = np.prod([out[name].value for name in CHAIN], axis=0)
    gap = np.nanmax(np.abs(product - _part(built, buildable)), initial=0.0)
    if gap > _CHAIN_OFF:
        raise BooksError(f"land intensity: development × supply × built rate is off the built share by {gap:.3g}.")
    return out


def _built_known(land: Land) -> Array:
    """Share of the land that is or may be built of which it is known whether it is."""
    built, open_ = land.of("A"), land.of("X")
    return _part(built, built + open_)


def _structure(land: Land) -> dict[str, Value]:
    built, known = land.of("A"), _built_known(land)
    out = {"industrial_land_rate": divided(land.of("A2"), built, known, share=True)}
    hitech, told = _hitech(land)
    if told is None:
        return out | {"hitech_land_rate": missing(land.survey.zones, "INPUT_MISSING:is_hitech")}
    industry = _coded(land, "A2")
    known_h = _part(land.parcels(industry & told), land.parcels(industry))
    return out | {"hitech_land_rate": divided(land.parcels(hitech), built, np.minimum(known, known_h), share=True)}


def _hitech(land: Land) -> tuple[Mask, Mask | None]:
    """High-tech land among what is built, and where the register says whether it is; None without the column."""
    frame = land.survey.pieces["parcels"].frame
    if "is_hitech" not in frame:
        return np.zeros(len(frame), dtype=bool), None
    said = frame["is_hitech"].to_numpy(dtype=object)
    return (said == True) & _coded(land, "A"), pd.notna(said)  # noqa: E712


def _coded(land: Land, code: str) -> Mask:
    return begins(land.codes.build, (code,))


def _density(land: Land) -> dict[str, Value]:
    survey, zones = land.survey, land.survey.zones
    built, industry = _coded(land, "A"), _coded(land, "A2")
    names = (("comprehensive_far", built, land.of("A")), ("industrial_far", industry, land.of("A2")))
    out: dict[str, Value] = {}
    known = _built_known(land)
    for name, among, on in names:
        if not survey.has("floor_area"):
            out[name] = missing(zones, "INPUT_MISSING:floor_area")
            continue
        floor = floor_area_by_zone(survey, among=among)
        share = np.minimum(known, np.nan_to_num(floor.known_share, nan=1.0))
        out[name] = divided(np.nan_to_num(floor.value), on, share)
    if not survey.has("footprint"):
        why = "INPUT_MISSING:footprint"
        return out | {n: missing(zones, why) for n in ("comprehensive_density", "industrial_building_coefficient")}
    foot, told = _footprint(land, built)
    lot = _part(land.parcels(built & told), land.parcels(built))
    out["comprehensive_density"] = divided(foot, land.of("A"), np.minimum(known, lot), share=True)
    frame, open_land = survey.pieces["parcels"].frame, yards_of(survey)
    if open_land is None:
        return out | {"industrial_building_coefficient": missing(zones, "INPUT_MISSING:yard_area")}
    yards = open_land.area
    if "structure_area_m2" in frame:
        yards = yards + column(frame, "structure_area_m2")
    stated = industry & ~np.isnan(yards)
    foot, told = _footprint(land, stated)
    stated &= told
    top = foot + survey.pieces["parcels"].total(np.where(stated, yards, 0.0))
    on = land.parcels(stated)
    out["industrial_building_coefficient"] = divided(top, on, _part(on, land.of("A2")), share=True)
    return out


def _footprint(land: Land, among: Mask) -> tuple[Array, Mask]:
    """m² of footprint by zone on the chosen parcels, and the parcels of which it is known."""
    survey, known = land.survey, land.survey.parcels
    assert known is not None
    if survey.buildings is None:
        told = ~np.isnan(known.footprint)
        return survey.pieces["parcels"].total(np.where(among & told, known.footprint, 0.0)), told
    pieces, on = survey.pieces["buildings"], survey.buildings.parcel
    chosen = (on >= 0) & among[np.maximum(on, 0)]
    return pieces.total(np.where(chosen, pieces.size, 0.0)) * land.areas.scale, np.ones(len(among), dtype=bool)


def _benefit(land: Land) -> dict[str, Value]:
    frame, zones = land.survey.pieces["parcels"].frame, land.survey.zones
    industry, (hitech, told) = _coded(land, "A2"), _hitech(land)
    cases = (
        ("industrial_fixed_asset_intensity", "investment", industry),
        ("industrial_output_intensity", "output", industry),
        ("hitech_output_intensity", "output", hitech),
        ("industrial_tax_per_land", "tax", industry),
    )
    out = {}
    for name, source, among in cases:
        if name.startswith("hitech") and told is None:
            out[name] = missing(zones, "INPUT_MISSING:is_hitech")
        else:
            out[name] = _per_land(land, source, among, among)
    # Homes, streets and parks pay none: land of enterprises alone can lack the amount.
    enterprises = industry | _coded(land, "A4")
    beside = land.of("A") - land.parcels(enterprises)
    out["comprehensive_tax_per_land"] = _per_land(land, "tax", _coded(land, "A"), enterprises, beside)
    if "tax_wan" not in frame:
        out["comprehensive_tax_per_land"] = missing(zones, "INPUT_MISSING:tax")
    return out


def _per_land(land: Land, source: str, among: Mask, asked: Mask, beside: Array | float = 0.0) -> Value:
    """Set an amount of the register against hectares, leaving out land that should state it and does not."""
    pieces = land.survey.pieces["parcels"]
    if f"{source}_wan" not in pieces.frame:
        return missing(land.survey.zones, f"INPUT_MISSING:{source}")
    amount = column(pieces.frame, f"{source}_wan")
    stated = ~np.isnan(amount)
    on = land.parcels(asked & stated)
    top = pieces.total(np.where(among & stated, amount, 0.0))
    return divided(top, on + beside, _part(on, land.parcels(asked)), per=1e4)


def _people(land: Land) -> dict[str, Value]:
    zones, built, known = land.survey.layers.zones, land.of("A"), _built_known(land)
    if "population" not in zones:
        why = "INPUT_MISSING:population"
        return {n: missing(len(zones), why) for n in ("population_density", "construction_land_per_capita")}
    people = column(zones, "population")
    return {
        "population_density": divided(people, built, known, per=1e4),
        # Less is better here, so a zone with nothing built must not come out best.
        "construction_land_per_capita": divided(np.where(built > 0, built, np.nan), people, known),
    }


def _management(land: Land, idle: pd.DataFrame | None) -> dict[str, Value]:
    zones, frame, codes = land.survey.layers.zones, land.survey.pieces["parcels"].frame, land.codes
    size = len(zones)
    out: dict[str, Value] = {}
    supplied = begins(codes.supply, "D")
    nothing = np.zeros(size)
    idle_land: Array | None = None
    if idle is None:
        out["land_idle_rate"] = missing(size, "INPUT_MISSING:idle")
    elif not supply_told(land):
        out["land_idle_rate"] = missing(size, "INPUT_MISSING:supply_date")
    else:
        kind = idle["idle_class"].fillna("").to_numpy(dtype=object)
        open_ = supplied & (kind == "UNKNOWN")
        idle_land = land.parcels(supplied & begins(kind, "IDLE"))
        whole = land.of("D", by="supply")
        told = np.maximum(0.0, whole - land.parcels(open_))
        out["land_idle_rate"] = divided(idle_land, told, _part(told, whole), share=True)
    gone = column(zones, "expired_disposed_area_m2")
    if np.isnan(gone).all():
        out["expired_project_disposal_rate"] = missing(size, "INPUT_MISSING:expired_disposed_area")
    elif "expiry_date" not in frame and not (codes.supply_from == "register").any():
        out["expired_project_disposal_rate"] = missing(size, "INPUT_MISSING:expiry_date")
    else:
        out["expired_project_disposal_rate"] = _disposed(gone, land.of("D22", by="supply"))
    gone = column(zones, "idle_disposed_area_m2")
    if np.isnan(gone).all() or idle_land is None:
        why = "idle" if idle_land is None else "idle_disposed_area"
        out["idle_disposal_rate"] = missing(size, f"INPUT_MISSING:{why}")
    else:
        out["idle_disposal_rate"] = _disposed(gone, idle_land)
    due = supplied & (codes.still != "E1") & ~_coded(land, "C")
    how = codes.supply_kind
    for name, asked, done in (
        ("paid_use_rate", how != "", one_of(how, ("auction", "agreement", "paid"))),
        ("tender_auction_rate", one_of(how, ("auction", "agreement", "allocated")), how == "auction"),
    ):
        if "supply_type" not in frame:
            out[name] = missing(size, "INPUT_MISSING:supply_type")
            continue
        on = land.parcels(due & asked)
        out[name] = divided(land.parcels(due & asked & done) + nothing, on, _part(on, land.parcels(due)), share=True)
    return out


def _disposed(gone: Array, left: Array) -> Value:
    """Disposed ÷ (disposed + left); where there was never any, all of it counts as dealt with."""
    made = divided(gone, gone + left)
    never = (gone == 0) & (left == 0)
    value = np.where(never, 1.0, made.value)
    return Value(value, gone, gone + left, made.known_share, flags={"NONE_EVER": never} if never.any() else {})


def yearly_supply(land: Land, *, since: np.datetime64, until: np.datetime64, years: int, industry: bool) -> Array:
    """m² supplied a year by zone between two days (the first excluded), of all land or of industry alone."""
    frame = land.survey.pieces["parcels"].frame
    when = days(frame, "supply_date")
    chosen = ~np.isnat(when) & (when > since) & (when <= until)
    if industry:
        chosen &= land.codes.still == "E21"
    return land.parcels(chosen) / years
