"""The networks of a plan: their lines, the parcels that front on them, and ways from places along them."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, field
from threading import RLock

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.errors import LayerError, counted
from gisplan.geometry import (
    Attached,
    Network,
    Travel,
    attach,
    barrier_land,
    build_network,
    land_beside,
    nearest,
    nearest_along,
    part_shapes,
    reached_parts,
    spread,
)
from gisplan.plan import Plan
from gisplan.plan.network import Ways
from gisplan.read import Layers

Floats = NDArray[np.float64]

#: Why there is no way from a place to a parcel, the first that applies.
REASONS = ("NO_FACILITY", "BARRIER", "SNAP_TOO_FAR", "ISLAND", "ONE_WAY", "OVER_LIMIT")


@dataclass(frozen=True, eq=False)
class Along:
    """Way along a network to each parcel from the nearest of some places; all arrays have the shape (parcels,).

    Attributes
    ----------
    place
        Row of the place, −1 where no way leads.
    distance
        m, with the way off the network at both ends; NaN where no way leads.
    reason
        One of `REASONS` where no way leads, else empty.
    off
        Straight distance (m) of parcels that are attached to nothing, NaN of all others: nobody knows how one gets
        there, but it cannot be shorter.
    """

    place: NDArray[np.int64]
    distance: Floats
    reason: NDArray[np.object_]
    off: Floats

    def within(self, distance_m: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether each parcel is within a distance, and whether it may be for all that is known."""
        with np.errstate(invalid="ignore"):
            return self.distance <= distance_m, self.off <= distance_m


@dataclass(frozen=True, eq=False)
class Streets:
    """A network with the parcels that front on it.

    Attributes
    ----------
    network
        Nodes and edges.
    lots
        Parcels, shape (n,).
    parcels
        Where they meet it.
    barriers
        Lines and polygons that no way off the network crosses, shape (k,).
    """

    network: Network
    lots: NDArray[np.object_]
    parcels: Attached
    barriers: NDArray[np.object_]

    def along(self, places: NDArray[np.object_], ways: Ways) -> Along:
        """Find the nearest of some places for every parcel.

        Parameters
        ----------
        places
            Points or polygons, shape (m,).
        ways
            How one gets there.
        """
        n, travel = len(self.lots), travel_of(ways)
        on = self._attached(places, ways)
        found = nearest_along(self.network, on, self.parcels, self.lots, travel, barriers=self.barriers)
        reason = np.full(n, "", dtype=object)
        far = found.source < 0
        reason[far] = "OVER_LIMIT"
        if travel.directed and far.any():
            both = nearest_along(
                self.network, on, self.parcels, self.lots, Travel(limit_m=travel.limit_m), barriers=self.barriers
            )
            reason[far & (both.source >= 0)] = "ONE_WAY"
        reason[far & ~self._linked(on)] = "ISLAND"
        loose = ~self.parcels.is_on
        reason[loose] = np.where(self.parcels.is_blocked[loose], "BARRIER", "SNAP_TOO_FAR")
        if not len(on.of):
            reason[:] = "NO_FACILITY"
        off = np.full(n, np.nan)
        unknown = np.flatnonzero(reason == "SNAP_TOO_FAR")
        off[unknown] = nearest(self.lots[unknown], places)[1]
        place, distance = found.source.copy(), np.where(far, np.nan, found.distance)
        lot, own = self._own(places)
        place[lot], distance[lot], reason[lot], off[lot] = own, 0.0, "", np.nan
        return Along(place, distance, reason, off)

    def _own(self, places: NDArray[np.object_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Parcels with a place on themselves, and the first such place; what merely touches them is beside them."""
        lot, place = shapely.STRtree(places).query(self.lots, predicate="intersects")
        lies = (shapely.get_dimensions(places[place]) == 0) | ~shapely.touches(self.lots[lot], places[place])
        lot, place = lot[lies], place[lies]
        order = np.lexsort((place, lot))
        first, at = np.unique(lot[order], return_index=True)
        return first, place[order][at]

    def land(self, places: NDArray[np.object_], ways: Ways, *, reach_m: float) -> NDArray[np.object_]:
        """Land whose way from the nearest place is no longer than a reach, at most ``access_m`` of it off the network.

        Returns
        -------
        numpy.ndarray
            Polygons, which may overlap.
        """
        access = min(float(ways.access_m), reach_m)
        travel = travel_of(ways, limit_m=reach_m - access)
        on = self._attached(places, ways)
        edge, begin, stop = reached_parts(self.network, on, spread(self.network, on, travel), travel)
        ground = self.network.level[edge] == 0
        parts = part_shapes(self.network, edge[ground], begin[ground], stop[ground])
        walls = barrier_land(self.barriers) if len(self.barriers) else None
        return land_beside(parts, width_m=access, barriers=walls)

    def off_network(self, places: NDArray[np.object_], ways: Ways) -> NDArray[np.bool_]:
        """Tell which places meet no edge, shape (m,)."""
        return ~self._attached(places, ways).is_on

    def _attached(self, places: NDArray[np.object_], ways: Ways) -> Attached:
        return attach(self.network, places, snap_m=ways.snap_m, barriers=self.barriers)

    def _linked(self, on: Attached) -> NDArray[np.bool_]:
        """Whether each parcel hangs together with any of some places."""
        component = self.network.component
        there = np.zeros(len(self.network.component_length), dtype=bool)
        there[component[self.network.start[on.edge]]] = True
        out = np.zeros(len(self.lots), dtype=bool)
        out[self.parcels.of[there[component[self.network.start[self.parcels.edge]]]]] = True
        return out


@dataclass(frozen=True, eq=False)
class Networks:
    """The networks of a study, each made when it is first asked for."""

    plan: Plan
    layers: Layers
    executor: Executor | None = None
    _made: dict[object, object] = field(default_factory=dict, repr=False)
    _making: RLock = field(default_factory=RLock, repr=False)

    def network(self, name: str) -> Network:
        """Network of the roads, or of a service's lines that are in service."""
        with self._making:
            if name not in self._made:
                self._made[name] = self._network(name)
            made = self._made[name]
        assert isinstance(made, Network)
        return made

    def streets(self, ways: Ways) -> Streets:
        """Network with the parcels that front on it, as far apart as the plan says."""
        key = ("streets", ways.network, ways.front_m, None if ways.barriers is None else tuple(ways.barriers))
        network = self.network(ways.network)
        with self._making:
            if key not in self._made:
                self._made[key] = self._streets(network, ways)
            made = self._made[key]
        assert isinstance(made, Streets)
        return made

    def _network(self, name: str) -> Network:
        roads = name == "roads"
        layer = self.layers.layers[name if roads else f"services.{name}"]
        if layer.dimension != 1:
            raise LayerError(f"[layers.services.{name}]: a network is made of lines, and it has none. Give its lines.")
        frame = layer.frame
        lines = np.asarray(frame.geometry.array)
        if not roads and "standing" in frame:
            lines = np.where(frame["standing"].eq("live"), lines, shapely.LineString())
        return build_network(
            lines,
            length=frame["length_m"].to_numpy(dtype=float),
            level=levels(frame) if roads else None,
            direction=directions(frame) if roads else None,
            crossings=roads,
            snap_m=float(self.plan.checks.snap_m),
            executor=self.executor,
        )

    def _streets(self, network: Network, ways: Ways) -> Streets:
        parcels = self.layers.frame("parcels")
        lots = np.zeros(0, dtype=object) if parcels is None else np.asarray(parcels.geometry.array)
        barriers = self.barriers(ways)
        on = attach(
            network,
            lots,
            snap_m=ways.front_m,
            frontages=True,
            blocks=None if parcels is None else _blocks(parcels),
            barriers=barriers,
            executor=self.executor,
        )
        return Streets(network, lots, on, barriers)

    def barriers(self, ways: Ways) -> NDArray[np.object_]:
        """Lines and polygons that ways off a network do not cross."""
        names = self.plan.layers.barriers if ways.barriers is None else ways.barriers
        shapes = [np.asarray(self.layers.layers[f"barriers.{n}"].frame.geometry.array) for n in names]
        return np.concatenate([np.zeros(0, dtype=object), *shapes])

    def places(self, layer: str) -> NDArray[np.object_]:
        """Points or polygons of a layer from which ways along a network start.

        Raises
        ------
        LayerError
            It holds lines.
        """
        found = self.layers.layers[layer]
        if found.dimension == 1:
            raise LayerError(
                f"[layers.{layer}]: ways along a network start at points or areas, and these are "
                f'{counted(len(found.frame), "line")}. Give points, or write method = "straight".'
            )
        return np.asarray(found.frame.geometry.array)


def travel_of(ways: Ways, *, limit_m: float | None = None) -> Travel:
    """How a network is travelled."""
    drives = ways.mode == "drive"
    limit = float(ways.limit_m) if limit_m is None else limit_m
    return Travel(directed=drives, towards=drives and ways.direction == "to", limit_m=limit)


def _blocks(parcels: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Whether parcels stand in the way of others: all but land for roads, green and water."""
    if "land_class" not in parcels:
        return np.ones(len(parcels), dtype=bool)
    open_ = [c.id for c in vocabulary.land_classes().values() if not c.building]
    return ~np.asarray(parcels["land_class"].isin(open_), dtype=bool)


def levels(frame: gpd.GeoDataFrame) -> Floats:
    """Level of each road: its own, else 1 for bridges and −1 for tunnels, else 0."""
    own = pd.to_numeric(_words(frame, "level"), errors="coerce").to_numpy(dtype=float)
    level = np.where(np.isnan(own), 0.0, own)
    for column, high in (("bridge", 1.0), ("tunnel", -1.0)):
        said = _words(frame, column)
        is_one = (said.notna() & ~said.isin(vocabulary.words("no"))).to_numpy()
        level = np.where((level == 0) & is_one, high, level)
    return level


def directions(frame: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """1 where vehicles may only go as a road is drawn, −1 only against it, 0 both ways or not said."""
    said = _words(frame, "oneway")
    ahead, back = vocabulary.words("oneway"), vocabulary.words("oneway_back")
    # F is "from" only beside "both"; alone with T they are plain no and yes.
    letters = said.isin(vocabulary.words("oneway_both")).any()
    ahead = (*ahead, *vocabulary.words("oneway_from" if letters else "oneway_to"))
    back = (*back, *(vocabulary.words("oneway_to") if letters else ()))
    return np.where(said.isin(ahead), 1, np.where(said.isin(back), -1, 0)).astype(np.int64)


def _words(frame: gpd.GeoDataFrame, column: str) -> pd.Series:
    """Words of a column in small letters, none where the layer has no such column."""
    if column not in frame:
        return pd.Series(None, index=frame.index, dtype=object)
    own = frame[column].astype(object)
    return own.where(own.isna(), own.astype(str).str.strip().str.casefold())


def access(plan: Plan, layers: Layers, facility: str, networks: Networks) -> Along | None:
    """Way to every parcel from the nearest place of a facility; None without parcels.

    Along a network, or straight where the plan says so; then a distance over the limit is missing too.
    """
    parcels, ways = layers.frame("parcels"), plan.layers.facilities[facility]
    places = layers.layers[f"facilities.{facility}"].frame.geometry.array
    if parcels is None:
        return None
    if ways.method == "network":
        return networks.streets(ways).along(networks.places(f"facilities.{facility}"), ways)
    place, distance = nearest(np.asarray(parcels.geometry.array), np.asarray(places), executor=networks.executor)
    far = ~(distance <= ways.limit_m)
    reason = np.where(far, "OVER_LIMIT", "").astype(object)
    nowhere = np.full(len(distance), np.nan)
    return Along(np.where(far, -1, place), np.where(far, np.nan, distance), reason, nowhere)
