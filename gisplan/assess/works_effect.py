"""With these works done: who would be served that is not served now, by zone and by work."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.assess.idle import Array, Mask
from gisplan.geometry import reached_by
from gisplan.measure import Survey
from gisplan.measure.land import known_parcels
from gisplan.measure.survey import GRACE_M, reach_of
from gisplan.measure.works import Works
from gisplan.plan import Plan

_APART = re.compile(r"[;；,，、/+]")


@dataclass(frozen=True)
class ByWork:
    """What each unfinished work would bring.

    Attributes
    ----------
    table
        One row a work: ``gained_parcels``, ``gained_m2`` (parcels that gain at least one service, whole),
        ``gained_idle_m2`` (those of them that are idle land), ``idle_m2_per_wan`` of its budget and ``rank`` (1 is
        the work that serves most idle land for its money). Missing for works that bring no service of the plan, have
        no shape or are done.
    gains
        Parcels that a work would serve with a service and that lack it now, by work and service.
    unplaced
        Works of each service that have no shape, so that nobody knows whom they serve.
    """

    table: pd.DataFrame
    gains: Mapping[tuple[int, str], Mask]
    unplaced: Mapping[str, int]


def services_of(works: Works, plan: Plan) -> list[list[str]]:
    """Services that each work brings, by id, as its record says; a road without a word brings the road.

    What is no service that gisplan or the plan knows stays as it is written.
    """
    words: dict[str, str] = {}
    for name, known in vocabulary.services().items():
        words |= {w.casefold(): name for w in (name, known.zh, known.en)}
    for name, layer in plan.layers.services.items():
        title = layer.title.both(name) if layer.title is not None else {}
        words |= {w.casefold(): name for w in (name, *title.values())}
    out = []
    for said, kind in zip(works.table["service"], works.table["kind"], strict=True):
        own = [w.strip() for w in _APART.split(said) if w.strip()] if isinstance(said, str) else []
        found = [words.get(w.casefold(), w) for w in own] or (["road"] if kind == "road" else [])
        out.append(list(dict.fromkeys(found)))
    return out


def idle_of(idle: pd.DataFrame | None, size: int) -> Mask | None:
    """Parcels that are idle land; None where no register tells."""
    if idle is None:
        return None
    kind = idle["idle_class"].fillna("").astype(str).to_numpy(dtype=str)
    assert len(kind) == size
    return np.asarray(np.char.startswith(kind, "IDLE"), dtype=bool)


def effect_by_work(
    survey: Survey, works: Works, services: Sequence[Sequence[str]], unfinished: Mask, idle: pd.DataFrame | None
) -> ByWork:
    """What each unfinished work would bring by itself, whatever the others bring.

    A parcel within the service's reach of the work's shape, and of half its width beyond that of a line, is served.
    """
    n = len(works.table)
    gains: dict[tuple[int, str], Mask] = {}
    unplaced: dict[str, int] = {}
    frame = survey.layers.frame("parcels")
    for service, now in survey.served.items() if frame is not None else ():
        rows = np.array([i for i in range(n) if unfinished[i] and service in services[i]], dtype=np.int64)
        drawn = rows[works.table["shape"].to_numpy(dtype=object)[rows] != ""]
        unplaced |= {service: len(rows) - len(drawn)} if len(rows) else {}
        if len(drawn) == 0:
            continue
        half = np.nan_to_num(works.number("width_m")[drawn]) / 2
        half[works.table["shape"].to_numpy(dtype=object)[drawn] != "line"] = 0.0
        distance = reach_of(survey.plan, service) + half + GRACE_M
        assert frame is not None
        source, parcel = reached_by(np.asarray(frame.geometry.array), works.geometry[drawn], distance=distance)
        for k, row in enumerate(drawn):
            reached = np.zeros(len(frame), dtype=bool)
            reached[parcel[source == k]] = True
            gains[int(row), service] = reached & ~now
    return ByWork(_table(survey, works, gains, idle), gains, unplaced)


def _table(
    survey: Survey, works: Works, gains: Mapping[tuple[int, str], Mask], idle: pd.DataFrame | None
) -> pd.DataFrame:
    n = len(works.table)
    parcels, land, idle_land = (np.full(n, np.nan) for _ in range(3))
    if survey.parcels is not None:
        is_idle = idle_of(idle, len(survey.parcels.area))
        by_row: dict[int, Mask] = {}
        for (row, _), gained in gains.items():
            by_row[row] = by_row.get(row, np.zeros(len(gained), dtype=bool)) | gained
        for row, gained in by_row.items():
            parcels[row], land[row] = gained.sum(), _land(survey.parcels.area, gained)
            idle_land[row] = np.nan if is_idle is None else _land(survey.parcels.area, gained & is_idle)
    budget = works.number("budget_wan")
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = np.where(budget > 0, idle_land / budget, np.nan)
    rank = pd.Series(worth).rank(ascending=False, method="min")
    return pd.DataFrame(
        {
            "gained_parcels": pd.array([None if np.isnan(v) else int(v) for v in parcels], dtype="Int64"),
            "gained_m2": land,
            "gained_idle_m2": idle_land,
            "idle_m2_per_wan": worth,
            "rank": pd.array([None if np.isnan(v) else int(v) for v in rank], dtype="Int64"),
        }
    )


def _land(area: Array, chosen: Mask) -> float:
    """Land of some parcels; missing where that of one of them is not known."""
    return float(area[chosen].sum())


def effect_by_zone(survey: Survey, works: Works, by_work: ByWork, idle: pd.DataFrame | None) -> pd.DataFrame | None:
    """Services now and with all unfinished works done.

    Returns
    -------
    pandas.DataFrame
        ``scope`` (zone, study or work), ``id``, ``name``, ``service``; ``n_works`` that would serve parcels of the
        zone that lack the service, ``n_unplaced`` (in the whole study, works of the service without a shape, so that
        the gain is a lower bound); ``coverage_now`` (as the indicator), ``coverage_after``, ``coverage_gain``;
        ``gained_parcels`` (by their largest part), ``gained_m2``, ``gained_idle_m2`` (land in the zone).
    """
    if not by_work.gains and not by_work.unplaced:
        return None
    assert survey.parcels is not None
    pieces, area = survey.pieces["parcels"], survey.parcels.area
    is_idle = idle_of(idle, len(area))
    zone_ids, names = list(survey.layers.zones["zone_id"]), list(survey.layers.zones["name"])
    blocks = []
    for service, unplaced in by_work.unplaced.items():
        now = survey.served[service]
        mine = {row: g for (row, s), g in by_work.gains.items() if s == service}
        gained = np.logical_or.reduce([*mine.values(), np.zeros(len(now), dtype=bool)])
        before, after = (_coverage(survey, m) for m in (now, now | gained))
        helping = [np.isin(np.arange(survey.zones), pieces.zone[g[pieces.feature]]) for g in mine.values()]
        counted = np.sum(helping, axis=0) if helping else np.zeros(survey.zones)
        own = np.bincount(pieces.owner[gained & (pieces.owner >= 0)], minlength=survey.zones)
        blocks.append(
            pd.DataFrame(
                {
                    "scope": ["zone"] * survey.zones + ["study"],
                    "id": [*zone_ids, None],
                    "name": [*names, "全部 / all"],
                    "service": service,
                    "n_works": [int(v) for v in (*counted, sum(g.any() for g in mine.values()))],
                    "n_unplaced": unplaced,
                    "coverage_now": before,
                    "coverage_after": after,
                    "coverage_gain": after - before,
                    "gained_parcels": [int(v) for v in (*own, gained.sum())],
                    "gained_m2": _gain(survey, gained),
                    "gained_idle_m2": np.full(survey.zones + 1, np.nan)
                    if is_idle is None
                    else _gain(survey, gained & is_idle),
                }
            )
        )
    table = works.table
    rows = [
        {
            "scope": "work",
            "id": table["work_id"].iloc[row],
            "name": table["name"].iloc[row],
            "service": service,
            "n_works": 1,
            "n_unplaced": 0,
            "gained_parcels": int(gained.sum()),
            "gained_m2": _land(area, gained),
            "gained_idle_m2": np.nan if is_idle is None else _land(area, gained & is_idle),
        }
        for (row, service), gained in sorted(by_work.gains.items(), key=lambda kv: kv[0][0])
    ]
    every = pd.concat(blocks, ignore_index=True)
    return pd.concat([every, pd.DataFrame(rows).reindex(columns=every.columns)], ignore_index=True) if rows else every


def _coverage(survey: Survey, served: Mask) -> Array:
    """Coverage of each zone, and of the zones together, as the indicator has it."""
    assert survey.parcels is not None
    area = np.where(served, survey.parcels.area, 0.0)
    area = np.where(np.isnan(survey.parcels.area), np.nan, area)
    top, land, *_ = known_parcels(survey, area)
    top, land = np.append(top, top.sum()), np.append(land, land.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(land > 0, top / land, np.nan)


def _gain(survey: Survey, chosen: Mask) -> Array:
    """Land of some parcels in each zone, and in all zones together."""
    assert survey.parcels is not None
    land = survey.pieces["parcels"].total(np.where(chosen, survey.parcels.area, 0.0))
    return np.append(land, land.sum())
