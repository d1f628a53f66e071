"""Land supply of a study: batches by stage and year, what waits, the land bank, and how far boundaries are filled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from gisplan import vocabulary
from gisplan.assess.idle import Array, Mask
from gisplan.geometry import common, overlaps, united
from gisplan.measure import Survey
from gisplan.measure.developed import (
    Land,
    Places,
    Shapes,
    banked,
    built,
    built_land,
    is_true,
    is_unknown,
    land_area,
    parcels_where,
    supplied,
    supplied_land,
)
from gisplan.measure.supply import approved_batches, supplied_since

#: Classes of the idle-land register of land that was supplied and on which work has not begun.
_NOT_STARTED = {
    "not_due_m2": ("NOT_DUE",),
    "overdue_m2": ("OVERDUE",),
    "idle_1y_m2": ("IDLE_1Y", "IDLE_1Y_GOV"),
    "idle_2y_m2": ("IDLE_2Y", "IDLE_2Y_GOV"),
}


@dataclass(frozen=True)
class Supply:
    """Land supply on the plan's day.

    Attributes
    ----------
    zones
        One row a zone and one for the whole study: see `_zones` (``supply.csv``). None without parcels.
    batches
        One row a batch, a stage, an approval year and one for all approved batches: see `_batches`
        (``supply_batches.csv``). None without batches.
    boundaries
        One row a boundary and a phase: see `_boundaries` (``boundaries.csv``). None without any.
    """

    zones: pd.DataFrame | None
    batches: pd.DataFrame | None
    boundaries: pd.DataFrame | None


def assess_supply(survey: Survey, idle: pd.DataFrame | None) -> Supply | None:
    """Land supply of a study; None where its plan has neither batches nor boundaries nor phases.

    Parameters
    ----------
    survey
        The measured study.
    idle
        Its idle-land register, one row a parcel; None without one.
    """
    has_batches = "batches" in survey.layers.layers
    bounds = _bounds(survey)
    if not has_batches and not bounds:
        return None
    zones = _zones(survey, idle) if survey.parcels is not None else None
    return Supply(zones, _batches(survey) if has_batches else None, _boundaries(survey, bounds) if bounds else None)


def _as_of(survey: Survey) -> dt.date | None:
    return survey.plan.plan.as_of


def _shapes(survey: Survey, layer: str) -> Shapes:
    return np.asarray(survey.layers.layers[layer].frame.geometry.array)


def _unknown_land(survey: Survey) -> Land:
    return parcels_where(survey, "unknown supply", is_unknown(supplied(survey)))


def _within(places: Places, land: Land | None) -> Array:
    return np.full(places.size, np.nan) if land is None else land.within(places)


def _batch_places(survey: Survey, groups: Sequence[Mask]) -> Places:
    """Groups of batches, each as its batches and, where some of those overlap, the union of these instead.

    Parcels then are cut by every batch once, however many groups it is in.
    """
    shapes = _shapes(survey, "batches")
    shared = overlaps(shapes, least_m2=0.0)
    count = len(shapes)
    pairs = csr_matrix((np.ones(len(shared.first)), (shared.first, shared.second)), shape=(count, count))
    _, heap = connected_components(pairs, directed=False)
    alone = np.bincount(heap)[heap] == 1
    place, shape, more = [], [], []
    for number, group in enumerate(groups):
        own = np.flatnonzero(group & alone)
        place.append(np.full(len(own), number))
        shape.append(own)
        rest = np.flatnonzero(group & ~alone)
        for together in np.unique(heap[rest]):  # few batches overlap
            among = rest[heap[rest] == together]
            more.append(shapes[among[0]] if len(among) == 1 else united(shapes[among], 0 * among, size=1)[0])
            place.append(np.array([number]))
            shape.append(np.array([count + len(more) - 1]))
    extra = np.empty(len(more), dtype=object)
    extra[:] = more
    return Places("batches", np.concatenate([shapes, extra]), np.concatenate(place), np.concatenate(shape), len(groups))


def _batches(survey: Survey) -> pd.DataFrame:
    """Land of batches and how much of it is supplied.

    Returns
    -------
    pandas.DataFrame
        ``scope`` (batch, stage, year or approved), ``id``, ``name``, ``stage``, ``year``, ``n_batches``, ``area_m2``
        (land that the batches cover together), ``overlap_m2`` (what their own areas add up to beyond it),
        ``declared_m2`` (what the file says), ``n_undeclared``, ``supplied_m2`` (covered by supplied parcels),
        ``unknown_m2`` (covered by parcels of which the register does not tell), ``unsupplied_m2`` (approved land that
        is not known to be supplied) and ``supply_rate``; the last two are told of approved batches only.
    """
    frame = survey.layers.layers["batches"].frame
    n = len(frame)
    is_approved = approved_batches(survey)
    stage = np.array([s if isinstance(s, str) else None for s in frame["stage"]], dtype=object)
    year = np.full(n, np.nan)
    if "approval_date" in frame:
        days = frame["approval_date"]
        year = np.array([d.year if isinstance(d, dt.date) else np.nan for d in days], dtype=float)
    groups: list[tuple[str, object, object, float, Mask]] = [
        ("batch", b, s, y, np.arange(n) == i)
        for i, (b, s, y) in enumerate(zip(frame["batch_id"], stage, year, strict=True))
    ]
    groups += [("stage", s, s, np.nan, stage == s) for s in vocabulary.stages() if (stage == s).any()]
    if any(s is None for s in stage):
        groups.append(("stage", None, None, np.nan, np.array([s is None for s in stage])))
    years = sorted(set(year[is_approved & ~np.isnan(year)]))
    groups += [("year", str(int(y)), None, y, is_approved & (year == y)) for y in years]
    if (is_approved & np.isnan(year)).any():
        groups.append(("year", None, None, np.nan, is_approved & np.isnan(year)))
    groups.append(("approved", None, None, np.nan, is_approved))
    shapes = _shapes(survey, "batches")
    land = np.array([united(shapes[m], np.zeros(int(m.sum()), dtype=np.int64), size=1)[0] for *_, m in groups])
    area = land_area(survey, land)
    # Where the register tells of no parcel whether it was supplied, nothing is known, and not "none".
    has = survey.parcels is not None and not is_unknown(supplied(survey)).all()
    own = frame["area_m2"].to_numpy(dtype=float)
    # What the file says of its area stands beside the drawn one, under its own name.
    said = frame["declared_m2"].to_numpy(dtype=float) if "declared_m2" in frame else np.full(n, np.nan)
    places = _batch_places(survey, [m for *_, m in groups])
    told = np.minimum(_within(places, supplied_land(survey) if has else None), area)
    of_approved = np.array([bool((is_approved | ~m).all()) for *_, m in groups])
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(of_approved & (area > 0), told / area, np.nan)
    names = frame["name"].to_numpy(dtype=object) if "name" in frame else np.full(n, None, dtype=object)
    return pd.DataFrame(
        {
            "scope": [g[0] for g in groups],
            "id": pd.array([g[1] for g in groups], dtype=object),
            "name": pd.array([names[int(np.argmax(g[4]))] if g[0] == "batch" else None for g in groups], dtype=object),
            "stage": pd.array([g[2] for g in groups], dtype=object),
            "year": pd.array([None if np.isnan(g[3]) else int(g[3]) for g in groups], dtype="Int64"),
            "n_batches": [int(g[4].sum()) for g in groups],
            "area_m2": area,
            "overlap_m2": [_noiseless(own[g[4]].sum() - a, a) for g, a in zip(groups, area, strict=True)],
            "declared_m2": [said[g[4]][~np.isnan(said[g[4]])].sum() if (~np.isnan(said[g[4]])).any() else np.nan
                            for g in groups],
            "n_undeclared": [int(np.isnan(said[g[4]]).sum()) for g in groups],
            "supplied_m2": told,
            "unknown_m2": _within(places, _unknown_land(survey) if survey.parcels is not None else None),
            "unsupplied_m2": np.where(of_approved, area - told, np.nan),
            "supply_rate": rate,
        }
    )  # fmt: skip


def _noiseless(difference: float, whole: float) -> float:
    """Leave out a difference of areas that is only rounding."""
    return difference if difference > 1e-8 * max(whole, 1.0) else 0.0


def _zones(survey: Survey, idle: pd.DataFrame | None) -> pd.DataFrame:
    """Supply by zone, and of the study as a whole with what lies outside every zone.

    Returns
    -------
    pandas.DataFrame
        ``zone_id, name``; ``supplied_m2`` and ``supply_unknown_m2`` of all parcels; ``not_started_m2`` and its parts
        by the class of the idle-land register; ``land_bank_m2``; ``window_months``, ``window_supplied_m2``,
        ``undated_m2`` (supplied on a day that the register does not tell, so in no window), ``monthly_supply_m2`` and
        ``months_of_supply`` (missing where nothing was supplied in the window, or no status tells what the land bank
        holds).
    """
    cut = survey.pieces["parcels"]
    size = cut.size

    def land(chosen: Mask) -> Array:
        whole = np.append(cut.total(np.where(chosen, size, 0.0)), size[chosen].sum())
        return np.where(whole < 1e-6, 0.0, whole)

    told = supplied(survey)
    frame = survey.layers.layers["parcels"].frame
    dated = frame["supply_date"].notna().to_numpy() if "supply_date" in frame else np.zeros(len(frame), dtype=bool)
    nan = np.full(survey.zones + 1, np.nan)
    out: dict[str, object] = {
        "zone_id": [*survey.layers.zones["zone_id"], None],
        "name": [*survey.layers.zones["name"], "全部 / all"],
        "supplied_m2": nan if is_unknown(told).all() else land(is_true(told)),
        "supply_unknown_m2": land(is_unknown(told)),
    }
    kinds = None if idle is None else idle["idle_class"].fillna("").to_numpy(dtype=str)
    every = tuple(k for ks in _NOT_STARTED.values() for k in ks)
    out["not_started_m2"] = nan if kinds is None else land(np.isin(kinds, every))
    for name, classes in _NOT_STARTED.items():
        out[name] = nan if kinds is None else land(np.isin(kinds, classes))
    bank = banked(survey)
    out["land_bank_m2"] = nan if bank is None else land(bank)
    months = survey.plan.supply.months
    recent = nan if _as_of(survey) is None or not dated.any() else land(supplied_since(survey, months))
    with np.errstate(divide="ignore", invalid="ignore"):
        monthly = recent / months
        left = np.where(monthly > 0, out["land_bank_m2"] / monthly, np.nan)  # type: ignore[operator]
    out |= {
        "window_months": months,
        "window_supplied_m2": recent,
        "undated_m2": land(is_true(told) & ~dated),
        "monthly_supply_m2": monthly,
        "months_of_supply": left,
    }
    return pd.DataFrame(out)


def _bounds(survey: Survey) -> list[str]:
    names = [f"boundaries.{k}" for k in vocabulary.supply_words("boundaries")]
    return [n for n in (*names, "phases") if n in survey.layers.layers]


def _boundaries(survey: Survey, bounds: list[str]) -> pd.DataFrame:
    """How far boundaries and phases are built, supplied and levelled.

    Returns
    -------
    pandas.DataFrame
        ``kind`` (approved, planned, start_up or phase), ``id``, ``name``, ``start_year``, ``target_year``,
        ``area_m2``; ``parcels_m2`` (land of parcels, without the roads between them), ``built_m2`` and ``built_share``
        of the area (of a phase, its completion), ``supplied_m2``, ``supplied_share``, ``unknown_m2`` (of parcels of
        which it is not known whether they are built), ``levelled_m2``, ``levelled_share`` (missing without a layer of
        levelled land),
        ``is_due`` (the target year is over). A boundary is one row, whatever its blocks; phases are a row each.
    """
    rows: list[dict[str, object]] = []
    land: list[Shapes] = []
    for layer in bounds:
        frame, shapes = survey.layers.layers[layer].frame, _shapes(survey, layer)
        if layer != "phases":
            kind = layer.split(".")[1]
            words = vocabulary.supply_words("boundaries")[kind]
            rows.append({"kind": kind, "id": kind, "name": f"{words['zh']} / {words['en']}"})
            land.append(united(shapes, np.zeros(len(shapes), dtype=np.int64), size=1))
            continue
        ids = list(dict.fromkeys(frame["phase_id"]))
        group = np.array([ids.index(p) for p in frame["phase_id"]], dtype=np.int64)
        land.append(united(shapes, group, size=len(ids)))
        for i, phase in enumerate(ids):
            own = frame.iloc[int(np.argmax(group == i))]
            rows.append(
                {"kind": "phase", "id": phase, **{k: own.get(k) for k in ("name", "start_year", "target_year")}}
            )
    targets = np.concatenate(land)
    places = Places.single("boundaries", targets)
    area = land_area(survey, targets)
    has = survey.parcels is not None
    out = pd.DataFrame(rows).reindex(columns=["kind", "id", "name", "start_year", "target_year"])
    out["area_m2"] = area
    unknown = parcels_where(survey, "unknown state", is_unknown(built(survey))) if has else None
    everything = parcels_where(survey, "all", np.ones(len(built(survey)), dtype=bool)) if has else None
    for name, of in (
        ("parcels", everything),
        ("built", built_land(survey) if has else None),
        ("supplied", supplied_land(survey) if has else None),
        ("unknown", unknown),
        ("levelled", None),
    ):
        # Levelled land comes in large pieces, over which the scale of the map is not one: it is cut and measured.
        size = _levelled(survey, targets) if name == "levelled" else _within(places, of)
        out[f"{name}_m2"] = np.minimum(size, area)
        if name not in ("parcels", "unknown"):
            out[f"{name}_share"] = out[f"{name}_m2"] / np.where(area > 0, area, np.nan)
    as_of = _as_of(survey)
    years = out["target_year"].astype(float)
    out["is_due"] = [None if as_of is None or np.isnan(y) else bool(y < as_of.year) for y in years]
    return out


def _levelled(survey: Survey, targets: Shapes) -> Array:
    """Levelled land in m² in each of some shapes, NaN without a layer of it."""
    if "levelled" not in survey.layers.layers:
        return np.full(len(targets), np.nan)
    shapes = _shapes(survey, "levelled")
    whole = united(shapes, np.zeros(len(shapes), dtype=np.int64), size=1)
    return land_area(survey, common(targets, np.repeat(whole, len(targets))))
