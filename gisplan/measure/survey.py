"""What is known of every building, parcel and service before indicators are summed by zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from threading import RLock
from typing import Any, TypeVar, cast

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.geometry import cut, owners, side_by_side, sum_by
from gisplan.measure.catalogue import Array
from gisplan.measure.ladder import asks_levels
from gisplan.measure.network import Along, Networks, access
from gisplan.measure.pieces import Pieces, cut_layers
from gisplan.measure.reach import YES, Nearest, Reach, declared_alone, reach, reach_of, share_along, share_by_air
from gisplan.plan import Plan
from gisplan.read import Layers

T = TypeVar("T")

#: A parcel of which buildings cover less than this share counts as vacant: a gatehouse does not make it built.
VACANT_BELOW = 0.01

#: Ways a building's floor area is found, best first.
FLOOR_SOURCES = ("own", "floors", "height")


@dataclass(frozen=True)
class Buildings:
    """What is known of each building; all arrays have the shape (buildings,).

    Attributes
    ----------
    floor_area
        m²; NaN where nothing tells it.
    source
        Index into `FLOOR_SOURCES` of what told it; −1 where nothing does.
    parcel
        Row number of the parcel that most of it stands on; −1 on none.
    own_share, parcel_share
        Part of its footprint on that parcel, and on all parcels.
    on
        Pieces of the buildings on parcels: row of the parcel, row of the building, share of its footprint; None
        without parcels.
    """

    floor_area: Array
    source: NDArray[np.int64]
    parcel: NDArray[np.int64]
    own_share: Array
    parcel_share: Array
    on: tuple[NDArray[np.int64], NDArray[np.int64], Array] | None = None


@dataclass(frozen=True)
class Parcels:
    """What is known of each parcel; all arrays have the shape (parcels,).

    Attributes
    ----------
    area
        m² by the plan's area basis; NaN where the ledger has none.
    land_class
        Class id or None.
    footprint, floor_area
        m² of the buildings on it; NaN where not known.
    building_count, unknown_count
        Buildings that mostly stand on it, and those of them whose floor area nothing tells.
    by_register
        True where the register's floor area stands for the buildings.
    state
        ``built``, ``vacant``, ``formed`` (roads, green and the like in use), ``open`` (water, farmland, reserve)
        or None.
    """

    area: Array
    land_class: NDArray[np.object_]
    footprint: Array
    floor_area: Array
    building_count: Array
    unknown_count: Array
    by_register: NDArray[np.bool_]
    state: NDArray[np.object_]


#: What may come from any of several layers or columns.
EITHER = {
    "floor_area": ("buildings", "parcels.floor_area_m2"),
    "footprint": ("buildings", "parcels.footprint_m2"),
    "buildings_let": ("buildings.is_standard_factory", "buildings.leased_area_m2", "buildings.leased_share"),
    "roads_or_surfaces": ("road_surfaces", "roads.width_m"),
    "road_states": ("roads.status", "roads_not_in_service"),
    "works": ("works.areas", "works.lines", "works.points", "works.listed"),
}


#: What only the plan can ask for.
_ASKED: dict[str, Callable[[Plan], bool]] = {
    "levels": asks_levels,
    "capacity": lambda plan: bool(plan.capacity),
    "terrain": lambda plan: plan.layers.terrain is not None,
    "green_cover": lambda plan: plan.layers.green is not None or plan.layers.green_raster is not None,
    "levelling": lambda plan: plan.levelling is not None,
    "earthwork_prices": lambda plan: plan.levelling is not None and plan.levelling.prices is not None,
    "frontage": lambda plan: plan.layers.roads is not None and plan.layers.roads.frontage_m is not None,
}


@dataclass(frozen=True, eq=False)
class Survey:
    """Everything indicators are made from.

    ``reaches`` tells for each service which parcels it serves (none without parcels), ``reach`` for each with a layer
    the share of every zone within its reach, ``access`` for each facility the way to every parcel (none without
    parcels).
    """

    plan: Plan
    layers: Layers
    pieces: Mapping[str, Pieces]
    parcels: Parcels | None
    buildings: Buildings | None
    reaches: Mapping[str, Reach]
    reach: Mapping[str, Array]
    networks: Networks
    access: Mapping[str, Along]
    _made: dict[str, Any] = field(default_factory=dict, repr=False)
    _making: RLock = field(default_factory=RLock, repr=False)

    @property
    def zones(self) -> int:
        """Number of zones."""
        return len(self.layers.zones)

    @property
    def zone_area(self) -> Array:
        """m² of each zone."""
        return np.asarray(self.layers.zones["area_m2"], dtype=float)

    @property
    def served(self) -> Mapping[str, NDArray[np.bool_]]:
        """Parcels that each service is known to reach."""
        return {name: r.state == YES for name, r in self.reaches.items()}

    def nearest(self, service: str, rows: NDArray[np.int64] | None = None) -> Nearest:
        """Nearest feature in service of the parcels in some rows, all by default.

        Where the plan asks for the details of services it is worked out for all parcels, once.
        """
        find, size = self.reaches[service].find, self.reaches[service].size
        if rows is not None and not self.plan.services.details:
            return find("live", rows)
        every = self.once(f"nearest {service}", lambda: find("live", np.arange(size, dtype=np.int64)))
        return every if rows is None else every.of(rows)

    def once(self, name: str, make: Callable[[], T]) -> T:
        """Work out an intermediate sum the first time it is asked for; several indicators share it."""
        with self._making:
            if name not in self._made:
                self._made[name] = make()
        return cast(T, self._made[name])

    def has(self, need: str) -> bool:
        """Tell whether a layer (``parcels``), a column (``parcels.tax_wan``) or another source is there."""
        if need in _ASKED:
            return _ASKED[need](self.plan)
        if need == "services.standing":
            return any("standing" in p.frame for name, p in self.pieces.items() if name.startswith("services."))
        if need in EITHER:
            return any(self.has(one) for one in EITHER[need])
        layer, _, column = need.partition(".")
        if layer == "assumptions":
            return getattr(self.plan.assumptions, column) is not None
        if need in self.pieces:  # a member of a family of layers has a point in its name
            layer, column = need, ""
        if layer not in self.pieces:
            return False
        return not column or (
            column in self.pieces[layer].frame and bool(self.pieces[layer].frame[column].notna().any())
        )


def make_survey(
    plan: Plan, layers: Layers, *, executor: Executor | None = None, progress: Callable[[str], None] = lambda _: None
) -> Survey:
    """Cut all layers and work out what is known of each building, parcel and service."""
    progress("cut layers")
    services, facilities = list(plan.layers.services), list(plan.layers.facilities)
    networks = Networks(plan, layers, executor)
    tasks: list[Callable[[], Any]] = [
        partial(
            cut_layers,
            layers,
            edge_rule=plan.layers.roads.edge_rule if plan.layers.roads else "share",
            executor=executor,
        ),
        partial(_buildings, plan, layers, executor),
        *(partial(reach, plan, layers, s, networks, executor=executor) for s in services),
        *(
            partial(share_along, plan, layers, s, networks)
            if plan.layers.services[s].method == "network"
            else partial(share_by_air, layers, s, reach_m=reach_of(plan, s), executor=executor)
            for s in services
        ),
        *(partial(access, plan, layers, f, networks) for f in facilities),
    ]
    pieces, (buildings, on_parcels), *reaching = side_by_side(tasks)
    k = len(services)
    found, shares, accesses = reaching[:k], reaching[k : 2 * k], reaching[2 * k :]
    parcels = _parcels(plan, layers, buildings, on_parcels)
    known = {s: r for s, r in zip(services, found, strict=True) if r is not None}
    reaches = {**known, **declared_alone(plan, layers)}
    reached = dict(zip(services, shares, strict=True))
    accessible = {f: a for f, a in zip(facilities, accesses, strict=True) if a is not None}
    return Survey(plan, layers, pieces, parcels, buildings, reaches, reached, networks, accessible)


def column(frame: gpd.GeoDataFrame, name: str) -> Array:
    """Numbers of a column, all missing where the layer has no such column."""
    return frame[name].to_numpy(dtype=float) if name in frame else np.full(len(frame), np.nan)


def floor_area_of(frame: gpd.GeoDataFrame, storey_height_m: float | None) -> tuple[Array, NDArray[np.int64]]:
    """Floor area of each building: its own column, else footprint × floors, else footprint × whole storeys.

    Parameters
    ----------
    frame
        Buildings with ``area_m2`` and, where known, ``floor_area_m2, floors, height_m, storey_height_m``.
    storey_height_m
        Assumed where a building gives a height but no storey height; None assumes nothing.

    Returns
    -------
    tuple
        m² (NaN where nothing tells it) and the index into `FLOOR_SOURCES` (−1).
    """
    footprint = column(frame, "area_m2")
    storey = column(frame, "storey_height_m")
    storey = np.where(storey > 0, storey, np.nan if storey_height_m is None else storey_height_m)
    floors = column(frame, "floors")
    height = column(frame, "height_m")
    ways = (
        column(frame, "floor_area_m2"),
        footprint * np.where(floors > 0, floors, np.nan),
        footprint * np.maximum(1, np.floor(np.where(height > 0, height, np.nan) / storey + 1e-9)),
    )
    area = np.full(len(frame), np.nan)
    source = np.full(len(frame), -1, dtype=np.int64)
    for i, way in enumerate(ways):
        take = np.isnan(area) & ~np.isnan(way)
        area[take], source[take] = way[take], i
    return area, source


def _buildings(
    plan: Plan, layers: Layers, executor: Executor | None
) -> tuple[Buildings | None, tuple[NDArray[np.int64], NDArray[np.int64], Array] | None]:
    """Buildings, and their pieces on parcels (parcel, building, share)."""
    frame, parcels = layers.frame("buildings"), layers.frame("parcels")
    if frame is None:
        return None, None
    area, source = floor_area_of(frame, plan.assumptions.storey_height_m)
    if parcels is None:
        nowhere = np.zeros(len(frame))
        return Buildings(area, source, np.full(len(frame), -1, dtype=np.int64), nowhere, nowhere), None
    on = cut(
        np.asarray(parcels.geometry.array),
        np.asarray(frame.geometry.array),
        dimension=2,
        outside=False,
        executor=executor,
    )
    own = np.zeros(len(frame))
    np.maximum.at(own, on.feature, on.share)
    on_any = sum_by(on.feature, on.share, size=len(frame))
    parts = (on.zone, on.feature, on.share)
    return Buildings(area, source, owners(on, len(frame)), own, on_any, parts), parts


def _parcels(
    plan: Plan,
    layers: Layers,
    buildings: Buildings | None,
    on_parcels: tuple[NDArray[np.int64], NDArray[np.int64], Array] | None,
) -> Parcels | None:
    frame = layers.frame("parcels")
    if frame is None:
        return None
    n = len(frame)
    land_class = np.full(n, None, dtype=object)
    if "land_class" in frame:
        told = frame["land_class"].notna().to_numpy()
        land_class[told] = frame["land_class"].to_numpy(dtype=object)[told]
    register_floor, register_foot = column(frame, "floor_area_m2"), column(frame, "footprint_m2")
    if buildings is None or on_parcels is None:
        footprint, floor = register_foot, register_floor
        count = unknown = np.zeros(n)
        by_register = ~np.isnan(register_floor)
    else:
        parcel, building, share = on_parcels
        drawn = column(layers.layers["buildings"].frame, "area_m2")
        footprint = sum_by(parcel, share * drawn[building], size=n)
        known = np.nan_to_num(buildings.floor_area)
        floor = sum_by(parcel, share * known[building], size=n)
        on = buildings.parcel >= 0
        count = sum_by(buildings.parcel[on], size=n)
        unknown = sum_by(buildings.parcel[on & np.isnan(buildings.floor_area)], size=n)
        by_register = (unknown > 0) & ~np.isnan(register_floor)
        floor = np.where(by_register, register_floor, np.where(unknown > 0, np.nan, floor))
    return Parcels(
        area_by_basis(frame, plan.plan.area_basis),
        land_class,
        footprint,
        floor,
        count,
        unknown,
        by_register,
        _state(frame, land_class, footprint if buildings is not None else None, register_floor),
    )


def area_by_basis(frame: gpd.GeoDataFrame, basis: str) -> Array:
    """Area of each parcel by the plan's basis; a ledger area of nothing is not known."""
    if basis == "measured":
        return column(frame, "area_m2")
    area = column(frame, "land_area_m2")
    return np.where(area > 0, area, np.nan)


def _state(
    frame: gpd.GeoDataFrame, land_class: NDArray[np.object_], footprint: Array | None, register_floor: Array
) -> NDArray[np.object_]:
    """State of each parcel: the register's word, else its class, else buildings, else registered floor area."""
    classes = vocabulary.land_classes()
    kind = pd.Series(land_class, dtype=object)
    formed = kind.isin([c.id for c in classes.values() if c.formed]).to_numpy()
    building = kind.isin([c.id for c in classes.values() if c.building]).to_numpy() | kind.isna().to_numpy()
    if footprint is not None:
        built = footprint >= VACANT_BELOW * column(frame, "area_m2")
        seen = np.where(built, "built", "vacant").astype(object)
    else:
        seen = np.select([register_floor > 0, register_floor == 0], ["built", "vacant"], "").astype(object)
        seen[seen == ""] = None
    state = np.where(building, seen, np.where(formed, "formed", "open")).astype(object)
    state[kind.eq("vacant").to_numpy()] = "vacant"
    if "is_vacant" in frame:
        said = frame["is_vacant"].to_numpy(dtype=object)
        state[said == True] = "vacant"  # noqa: E712  the column holds True, False and None
        state[(said == False) & building] = "built"  # noqa: E712
    return state
