"""The idle-land register of a study: every parcel's class, what is drawn on it, sums by zone, and what comes next."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.assess.idle import Array, Mask, Text, classify, is_life, one_of
from gisplan.assess.marks import begins
from gisplan.geometry import sum_by
from gisplan.measure import Survey
from gisplan.measure.dates import days
from gisplan.measure.pieces import LEAST_LAND_M2
from gisplan.measure.survey import VACANT_BELOW, column
from gisplan.rules import IdleRule

#: Without one of these no parcel's life can be told.
_NEEDED = ("agreed_start", "extended_start", "handover_date", "approval_date", "actual_start", "completion_date")

#: Columns of ``idle.csv`` after those that name the parcel.
COLUMNS = (
    "idle_class", "due_date", "due_from", "days_over", "next_class", "next_date", "fee_wan", "action", "missing",
    "doubt", "cause", "developed_share", "invested_share", "built_share", "witness",
)  # fmt: skip


def caution(*, long: bool = False) -> str:
    """Sentence that has to stand on everything said of idle land, in both languages."""
    words = vocabulary.idle_caution()["long" if long else "short"]
    return f"{words['zh']} / {words['en']}"


def idle_register(survey: Survey, *, as_of: dt.date, rule: IdleRule) -> pd.DataFrame | None:
    """Idle-land register on a day; None where the parcels have no dates that tell a life.

    Parameters
    ----------
    survey
        The measured study.
    as_of
        The day.
    rule
        The rule in force on it.

    Returns
    -------
    pandas.DataFrame
        Indexed like the parcels: ``parcel_id, zone_id, name, land_class, area_m2`` (by the plan's area basis),
        `COLUMNS`, ``rule`` and ``caution``. Parcels that the register says nothing of and that are not for building
        have no class. ``built_share`` is drawn footprint ÷ area, NaN without a layer of buildings.
    """
    frame, known = survey.layers.frame("parcels"), survey.parcels
    if frame is None or known is None or not set(_NEEDED) & set(frame.columns):
        return None
    told = pd.DataFrame({c: frame[c] for c in frame.columns if c != "geometry"})
    # Where neither says how much is to be developed, it is the whole parcel as drawn.
    told["land_area_m2"] = np.where(column(frame, "land_area_m2") > 0, column(frame, "land_area_m2"), frame["area_m2"])
    out = classify(told, as_of=as_of, rule=rule)
    out["built_share"], out["witness"] = _witness(survey, out)
    owner = survey.pieces["parcels"].owner
    zone_ids = survey.layers.zones["zone_id"].to_numpy(dtype=object)
    out.insert(0, "parcel_id", frame["parcel_id"].to_numpy(dtype=object))
    out.insert(1, "zone_id", np.where(owner >= 0, zone_ids[np.maximum(owner, 0)], None))
    out.insert(2, "name", frame["name"].to_numpy(dtype=object) if "name" in frame else None)
    out.insert(3, "land_class", known.land_class)
    out.insert(4, "area_m2", known.area)
    out["rule"] = rule.pack.name
    out["caution"] = caution()
    building = [c.id for c in vocabulary.land_classes().values() if c.building]
    beside = ~(on_record(told) | one_of(known.land_class, building))
    for name in (*COLUMNS, "rule", "caution"):
        out.loc[beside, name] = np.nan if out[name].dtype == float else None
    return out


def tells_lives(register: pd.DataFrame) -> bool:
    """Whether a register has a column that tells a parcel's life, and something in it."""
    return any(name in register and register[name].notna().any() for name in _NEEDED)


def on_record(told: pd.DataFrame) -> Mask:
    """Parcels whose register tells something of their life."""
    out: Mask = told[[c for c in told.columns if is_life(c)]].notna().any(axis=1).to_numpy()
    return out


def _witness(survey: Survey, found: pd.DataFrame) -> tuple[Array, Text]:
    """Share of each parcel that drawn buildings cover, and where that speaks against the register."""
    nothing = np.full(len(found), "", dtype=object)
    known, frame = survey.parcels, survey.layers.frame("parcels")
    if survey.buildings is None or known is None or frame is None:
        return np.full(len(found), np.nan), nothing
    share = known.footprint / column(frame, "area_m2")
    kind = found["idle_class"]
    unstarted = kind.isin(("NOT_DUE", "OVERDUE", "IDLE_1Y", "IDLE_2Y", "IDLE_1Y_GOV", "IDLE_2Y_GOV"))
    nothing[((kind == "DONE") & (share < VACANT_BELOW)).to_numpy()] = "BUILT_NOT_DRAWN"
    nothing[(unstarted & (share >= VACANT_BELOW)).to_numpy()] = "DRAWN_NOT_STARTED"
    return share, nothing


def idle_zones(survey: Survey, idle: pd.DataFrame) -> pd.DataFrame:
    """Sums of the register by zone, amounts split by share of area where a border cuts a parcel.

    Returns
    -------
    pandas.DataFrame
        One row a zone, and one without an id for what lies outside all of them, where something does.
        ``supplied_area_m2`` is the land of parcels with a class other than UNKNOWN, ``idle_area_m2`` that of all IDLE
        classes (the whole parcel), ``idle_gov_area_m2`` the part caused by government or nature, ``idle_rate`` idle ÷
        supplied (NaN where nothing is), ``unknown_area_m2`` the land that cannot be told and ``known_share`` the share
        that can. ``fee_exposure_wan`` sums the fees of parcels whose price is known, ``fee_unknown`` counts the others.
        ``n_<CLASS>`` count each parcel once, where most of it lies.
    """
    cut = survey.pieces["parcels"]
    zones = survey.layers.zones
    kind = idle["idle_class"].fillna("").to_numpy(dtype=object)
    area = np.nan_to_num(idle["area_m2"].to_numpy(dtype=float))

    def total(amount: Array) -> Array:
        return np.append(cut.total(amount), np.sum(cut.outside * np.nan_to_num(amount)))

    def land(where: Mask) -> Array:
        whole = total(area * where)
        return np.where(whole < LEAST_LAND_M2, 0.0, whole)

    def count(where: Mask) -> Array:
        return sum_by(np.where(cut.owner >= 0, cut.owner, cut.zones)[where], size=cut.zones + 1)

    is_idle = begins(kind, "IDLE")
    fee, due = idle["fee_wan"].to_numpy(dtype=float), kind == "IDLE_1Y"
    supplied, unknown = land((kind != "") & (kind != "UNKNOWN")), land(kind == "UNKNOWN")
    idle_area = land(is_idle)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(supplied > 0, idle_area / supplied, np.nan)
        known_share = np.where(supplied + unknown > 0, supplied / (supplied + unknown), np.nan)
    out = pd.DataFrame(
        {
            "zone_id": [*zones["zone_id"], None],
            "name": [*zones["name"], "区外 / outside every zone"],
            "supplied_area_m2": supplied,
            "idle_area_m2": idle_area,
            "idle_gov_area_m2": land(one_of(kind, [c for c in vocabulary.idle_classes() if c.endswith("_GOV")])),
            "idle_rate": rate,
            "unknown_area_m2": unknown,
            "known_share": known_share,
            "fee_exposure_wan": total(fee),
            "fee_unknown": count(due & np.isnan(fee)).astype(int),
            "reclaim_candidates": count(kind == "IDLE_2Y").astype(int),
            **{f"n_{c}": count(kind == c).astype(int) for c in vocabulary.idle_classes()},
            "caution": caution(),
        }
    )
    is_outside = out["supplied_area_m2"].iloc[-1] + out["unknown_area_m2"].iloc[-1] > 0
    return out if is_outside else out.iloc[:-1]


def idle_calendar(idle: pd.DataFrame, *, as_of: dt.date, rule: IdleRule, prices: Array) -> pd.DataFrame:
    """Thresholds that parcels come to if nothing is done, within the longest of the vocabulary's windows.

    Parameters
    ----------
    idle
        What `idle_register` gave.
    as_of
        The day it is of.
    rule
        The rule it follows.
    prices
        Price of each parcel in 万元, NaN where not known; shape (parcels,).

    Returns
    -------
    pandas.DataFrame
        One row a threshold, the nearest first: ``date, days_left, window`` (30, 60 or 90 days), ``parcel_id, zone_id,
        name, from_class, to_class, fee_wan`` (the fee that may then be due), ``rule`` and ``caution``.
    """
    windows = vocabulary.idle_windows()
    ahead = days(idle, "next_date") - np.datetime64(as_of, "D")
    left = np.where(np.isnat(ahead), np.nan, ahead.astype(float))
    rows = np.flatnonzero(left <= windows[-1])
    rows = rows[np.lexsort((idle["parcel_id"].to_numpy(dtype=str)[rows], left[rows]))]
    near = idle.iloc[rows]
    fee = np.where(near["next_class"] == "IDLE_1Y", rule.fee_share * prices[rows], np.nan)
    return pd.DataFrame(
        {
            "date": near["next_date"].to_numpy(),
            "days_left": left[rows].astype(int),
            "window": np.array(windows)[np.searchsorted(windows, left[rows])],
            "parcel_id": near["parcel_id"].to_numpy(dtype=object),
            "zone_id": near["zone_id"].to_numpy(dtype=object),
            "name": near["name"].to_numpy(dtype=object),
            "from_class": near["idle_class"].to_numpy(dtype=object),
            "to_class": near["next_class"].to_numpy(dtype=object),
            "fee_wan": fee,
            "rule": near["rule"].to_numpy(dtype=object),
            "caution": near["caution"].to_numpy(dtype=object),
        }
    )
