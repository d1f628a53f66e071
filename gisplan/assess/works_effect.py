"""With these works done: who would be served that is not served now, by zone and by work."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from threading import RLock

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.assess.idle import Array, Mask
from gisplan.geometry import covered, reached_by, signed
from gisplan.measure import Survey
from gisplan.measure.ladder import HAS, LEVELLED, MAYBE
from gisplan.measure.land import known_parcels
from gisplan.measure.levels import level_ground
from gisplan.measure.reach import GRACE_M, NO, UNKNOWN, YES, Declared, Reach, States
from gisplan.measure.works_table import Works
from gisplan.plan import Plan

Rows = NDArray[np.int64]

_APART = re.compile(r"[;；,，、/+]")

#: Services that works of a kind bring where their record names none.
_BY_KIND = {"road": "road", "levelling": LEVELLED}


@dataclass(frozen=True)
class ByWork:
    """What each unfinished work would bring.

    Attributes
    ----------
    reached
        Row numbers of the parcels that a work serves once it is done, by work and service (or ``levelled``).
    unplaced
        Works of each service that have no shape (or, of levelling, no area), so that nobody knows whom they serve.
    """

    reached: Mapping[tuple[int, str], Rows]
    unplaced: Mapping[str, int]

    def of(self, service: str) -> Mapping[int, Rows]:
        """Parcels that works serve with one service, by work."""
        return {work: rows for (work, s), rows in self.reached.items() if s == service}

    def together(self, service: str, size: int) -> Mask:
        """Whether each of the parcels is served by some work with one service."""
        out = np.zeros(size, dtype=bool)
        for rows in self.of(service).values():
            out[rows] = True
        return out


def services_of(works: Works, plan: Plan) -> list[list[str]]:
    """Services that each work brings, by id, as its record says; a road without a word brings the road.

    What is no service that gisplan or the plan knows stays as it is written.
    """
    words: dict[str, str] = {}
    for kind in vocabulary.layer_kinds():
        family, _, name = kind.id.partition(".")
        if family in ("services", "roads"):
            words |= {w.casefold(): name or "road" for w in kind.words}
    level = vocabulary.levelled()
    words |= {str(w).casefold(): LEVELLED for w in (LEVELLED, level["zh"], level["en"], *level["declared"])}
    for name, known in vocabulary.services().items():
        words |= {w.casefold(): name for w in (name, known.zh, known.en)}
    for name, layer in plan.layers.services.items():
        title = layer.title.both(name) if layer.title is not None else {}
        words |= {w.casefold(): name for w in (name, *title.values())}
    out = []
    for said, built in zip(works.table["service"], works.table["kind"], strict=True):
        own = [w.strip() for w in _APART.split(said) if w.strip()] if isinstance(said, str) else []
        found = [words.get(w.casefold(), w) for w in own] or ([_BY_KIND[built]] if built in _BY_KIND else [])
        out.append(list(dict.fromkeys(found)))
    return out


def states_of(survey: Survey) -> dict[str, States]:
    """Whether each parcel is served, by service, and whether its ground is level, today."""
    if survey.parcels is None:
        return {}
    ground = level_ground(survey)
    level = np.select([ground == HAS, ground == MAYBE], [YES, UNKNOWN], NO).astype(np.int8)
    return {**{s: r.state for s, r in survey.reaches.items()}, LEVELLED: level}


def by_work(survey: Survey, works: Works, services: Sequence[Sequence[str]], unfinished: Mask) -> ByWork:
    """Whom each unfinished work serves once it is done, whatever the others bring.

    A parcel is served that lies within the service's reach (straight distance) of the work's shape, of half its width
    beyond that of a line, or of what is planned in the service's layer and names the work (column ``work_id``).
    """
    reached: dict[tuple[int, str], Rows] = {}
    unplaced: dict[str, int] = {}
    if survey.parcels is None:
        return ByWork(reached, unplaced)
    parts = _parts(survey)
    for service in (*survey.reaches, LEVELLED):
        mine = [i for i, s in enumerate(services) if unfinished[i] and service in s]
        of_layer = parts.get(service, {})
        mine = sorted({*mine, *(i for i, w in enumerate(works.table["work_id"]) if unfinished[i] and w in of_layer)})
        if not mine:
            continue
        found = _levelled(survey, works, mine) if service == LEVELLED else _within(survey, works, mine, service, parts)
        reached |= {(row, service): lots for row, lots in found.items()}
        unplaced[service] = len(mine) - len(found)
    return ByWork(reached, unplaced)


def _parts(survey: Survey) -> dict[str, dict[str, NDArray[np.object_]]]:
    """Shapes that are planned in the layers of services, by service and the work that they name."""
    out: dict[str, dict[str, NDArray[np.object_]]] = {}
    for service in survey.plan.layers.services:
        frame = survey.layers.layers[f"services.{service}"].frame
        if "work_id" in frame and "standing" in frame:
            planned = frame[(frame["standing"] == "planned") & frame["work_id"].notna()]
            out[service] = {str(w): np.asarray(g.geometry.array) for w, g in planned.groupby("work_id", sort=True)}
    return out


def _within(
    survey: Survey,
    works: Works,
    rows: Sequence[int],
    service: str,
    parts: Mapping[str, Mapping[str, NDArray[np.object_]]],
) -> dict[int, Rows]:
    lots = np.asarray(survey.layers.layers["parcels"].frame.geometry.array)
    own = survey.reaches[service].reach_m
    reach = vocabulary.services()[service].reach_m if np.isnan(own) else own
    width, shape, names = works.number("width_m"), works.table["shape"], works.table["work_id"]
    sources: list[tuple[int, shapely.Geometry, float]] = []
    for row in rows:
        built = parts.get(service, {}).get(names.iloc[row], np.zeros(0, dtype=object))
        sources += [(row, g, reach) for g in built]
        # What its layer draws of a work is told there, and nowhere else.
        if shape.iloc[row] and len(built) == 0:
            half = 0.0 if shape.iloc[row] != "line" or np.isnan(width[row]) else width[row] / 2
            sources.append((row, works.geometry[row], reach + half))
    if not sources:
        return {}
    who, shapes, distance = zip(*sources, strict=True)
    source, parcel = reached_by(lots, np.array(shapes, dtype=object), distance=np.array(distance) + GRACE_M)
    # Sources come work by work, and so do the pairs.
    works_reached = np.array(who)[source]
    ends = np.searchsorted(works_reached, rows, side="right")
    starts = np.searchsorted(works_reached, rows, side="left")
    of_row = {r: np.unique(parcel[a:b]) for r, a, b in zip(rows, starts, ends, strict=True)}
    return {r: of_row[r] for r in dict.fromkeys(who)}


def _levelled(survey: Survey, works: Works, rows: Sequence[int]) -> dict[int, Rows]:
    """Parcels that are level once the ground under a work's area is, together with what is level now."""
    lots = np.asarray(survey.layers.layers["parcels"].frame.geometry.array)
    ground = survey.layers.frame("levelled")
    now = np.zeros(0, dtype=object) if ground is None else np.asarray(ground.geometry.array)
    least = float(vocabulary.levelled()["share"])
    out = {}
    for row in rows:
        if works.table["shape"].iloc[row] == "area":
            _, near = reached_by(lots, works.geometry[[row]], distance=np.zeros(1))
            shapes, weight = signed(np.append(now, works.geometry[row]))
            share = covered(lots[near], shapes, shapely.area(shapes) * weight) / shapely.area(lots[near])
            out[row] = near[share >= least - 1e-9]
    return out


def survey_after(survey: Survey, reached: Mapping[str, Mask]) -> Survey:
    """The study with some parcels served: what is reached counts as declared, whatever was known before."""
    reaches = {s: _after(r, reached[s]) if s in reached else r for s, r in survey.reaches.items()}
    layers = survey.layers
    if LEVELLED in reached:
        clean = layers.layers["parcels"]
        column = f"has_{LEVELLED}"
        said = clean.frame[column].to_numpy(dtype=object) if column in clean.frame else np.full(len(clean.frame), None)
        said = np.where(reached[LEVELLED], True, said)
        changed = replace(clean, frame=clean.frame.assign(**{column: said}))
        layers = replace(layers, layers={**layers.layers, "parcels": changed})
    return replace(survey, reaches=reaches, layers=layers, _made={}, _making=RLock())


def _after(reach: Reach, reached: Mask) -> Reach:
    said = np.full(reach.size, UNKNOWN, dtype=np.int8) if reach.declared is None else reach.declared.anywhere
    told = Declared(np.where(reached, np.int8(YES), said))
    return replace(reach, declared=told)


def idle_of(idle: pd.DataFrame | None) -> Mask | None:
    """Parcels that are idle land; None where no register tells."""
    if idle is None:
        return None
    return np.asarray(np.char.startswith(idle["idle_class"].fillna("").to_numpy(dtype=str), "IDLE"), dtype=bool)


def gains_by_work(survey: Survey, works: Works, found: ByWork, idle: pd.DataFrame | None) -> pd.DataFrame:
    """What each unfinished work would bring by itself to parcels that lack it now.

    Returns
    -------
    pandas.DataFrame
        One row a work: ``gained_parcels`` and ``gained_m2`` (parcels that lack a service now and gain it, whole),
        ``maybe_m2`` (parcels that it serves, of which nobody knows whether they are served now, and that gain nothing
        for sure), ``gained_idle_m2`` (idle land among those gained), ``idle_m2_per_wan`` of its budget and ``rank`` (1
        serves most idle land for its money). Missing for works that bring no service of the plan, have no shape or are
        done.
    """
    n = len(works.table)
    parcels, land, maybe, idle_land = (np.full(n, np.nan) for _ in range(4))
    states, is_idle = states_of(survey), idle_of(idle)
    area = np.zeros(0) if survey.parcels is None else survey.parcels.area
    for row in sorted({row for row, _ in found.reached}):
        mine = {s: lots for (r, s), lots in found.reached.items() if r == row}
        gained = np.unique(np.concatenate([lots[states[s][lots] == NO] for s, lots in mine.items()]))
        unsure = np.unique(np.concatenate([lots[states[s][lots] == UNKNOWN] for s, lots in mine.items()]))
        parcels[row], land[row] = len(gained), area[gained].sum()
        maybe[row] = area[np.setdiff1d(unsure, gained)].sum()
        idle_land[row] = np.nan if is_idle is None else area[gained[is_idle[gained]]].sum()
    budget = works.number("budget_wan")
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = np.where(budget > 0, idle_land / budget, np.nan)
    rank = pd.Series(worth).rank(ascending=False, method="min")
    return pd.DataFrame(
        {
            "gained_parcels": _whole(parcels),
            "gained_m2": land,
            "maybe_m2": maybe,
            "gained_idle_m2": idle_land,
            "idle_m2_per_wan": worth,
            "rank": _whole(rank.to_numpy()),
        }
    )


def _whole(values: Array) -> pd.array:
    return pd.array([None if np.isnan(v) else int(v) for v in values], dtype="Int64")


def effect(survey: Survey, works: Works, found: ByWork, idle: pd.DataFrame | None) -> pd.DataFrame | None:
    """Services now, with all unfinished works done, and with all that is planned as well.

    Returns
    -------
    pandas.DataFrame or None
        ``scope`` (zone, study or work), ``id``, ``name``, ``service`` (or ``levelled``); ``n_works`` that would serve
        parcels of the zone that lack the service; ``n_unplaced`` (works of the service without a shape, in the whole
        study: the gain is then a lower bound); ``coverage_now`` (as the indicator has it), ``coverage_works`` (with
        the works) and ``coverage_planned`` (with what the service's layer plans as well), each of the land of which it
        is known; ``gained_parcels`` (by their largest part), ``gained_m2``, ``gained_idle_m2`` and ``maybe_m2`` (of
        which it is not known now) by the works. None where no work brings a service.
    """
    if not found.unplaced:
        return None
    assert survey.parcels is not None
    owner, area, states = survey.pieces["parcels"].owner, survey.parcels.area, states_of(survey)
    is_idle = idle_of(idle)
    zone_ids, names = list(survey.layers.zones["zone_id"]), list(survey.layers.zones["name"])
    blocks, rows = [], []
    for service, unplaced in found.unplaced.items():
        now, mine = states[service], found.of(service)
        served = found.together(service, len(now))
        then = np.where(served, np.int8(YES), now)
        reach = survey.reaches.get(service)
        planned = then if reach is None else np.where(reach.planned_state == YES, np.int8(YES), then)
        gained, doubtful = served & (now == NO), served & (now == UNKNOWN)
        helping = [_zones_of(survey, lots[now[lots] == NO]) for lots in mine.values()]
        own = np.bincount(owner[gained & (owner >= 0)], minlength=survey.zones)
        told = {
            "scope": ["zone"] * survey.zones + ["study"],
            "id": [*zone_ids, None],
            "name": [*names, "全部 / all"],
            "service": service,
            "n_works": [int(v) for v in (*np.sum(helping, axis=0), sum(h.any() for h in helping))]
            if helping
            else [0] * (survey.zones + 1),
            "n_unplaced": unplaced,
            "coverage_now": _coverage(survey, now),
            "coverage_works": _coverage(survey, then),
            "coverage_planned": _coverage(survey, planned),
            "gained_parcels": [int(v) for v in (*own, own.sum())],
            "gained_m2": _land(survey, gained),
            "gained_idle_m2": np.nan if is_idle is None else _land(survey, gained & is_idle),
            "maybe_m2": _land(survey, doubtful),
        }
        blocks.append(pd.DataFrame(told))
        for row, lots in mine.items():
            gain, unsure = lots[now[lots] == NO], lots[now[lots] == UNKNOWN]
            rows.append(
                {
                    "scope": "work",
                    "id": works.table["work_id"].iloc[row],
                    "name": works.table["name"].iloc[row],
                    "service": service,
                    "gained_parcels": len(gain),
                    "gained_m2": area[gain].sum(),
                    "gained_idle_m2": np.nan if is_idle is None else area[gain[is_idle[gain]]].sum(),
                    "maybe_m2": area[unsure].sum(),
                }
            )
    out = pd.concat(blocks, ignore_index=True)
    if rows:
        out = pd.concat([out, pd.DataFrame(rows).reindex(columns=out.columns)], ignore_index=True)
    return out.astype({"n_works": "Int64", "n_unplaced": "Int64", "gained_parcels": "Int64"})


def _zones_of(survey: Survey, parcels: Rows) -> Mask:
    """Zones that some part of some parcels lies in."""
    pieces = survey.pieces["parcels"]
    # Pieces come parcel by parcel.
    first, last = (np.searchsorted(pieces.feature, parcels, side=side) for side in ("left", "right"))
    out = np.zeros(survey.zones, dtype=bool)
    for step in range(int((last - first).max(initial=0))):
        out[pieces.zone[first[first + step < last] + step]] = True
    return out


def _coverage(survey: Survey, state: States) -> Array:
    """Coverage of each zone as the indicator has it, and of the zones together."""
    assert survey.parcels is not None
    area = np.where(state == UNKNOWN, np.nan, np.where(state == YES, survey.parcels.area, 0.0))
    top, land, *_ = known_parcels(survey, area)
    top, land = np.append(top, top.sum()), np.append(land, land.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(land > 0, top / land, np.nan)


def _land(survey: Survey, chosen: Mask) -> Array:
    """Land of some parcels in each zone, and in the zones together."""
    assert survey.parcels is not None
    land = survey.pieces["parcels"].total(np.where(chosen, survey.parcels.area, 0.0))
    return np.append(land, land.sum())
