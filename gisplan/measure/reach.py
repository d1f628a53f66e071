"""Whom each service reaches: yes, no or unknown for every parcel, by what evidence, and by which feature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.geometry import nearest, reached_share, within
from gisplan.measure.network import Networks
from gisplan.measure.sides import Bools, both_sides, is_inside, touched
from gisplan.plan import Plan
from gisplan.read import Layers

States = NDArray[np.int8]

#: What can be said of a parcel and a service. Unknown is never "no".
YES, NO, UNKNOWN = 1, 0, -1

#: What tells that a parcel is served or not, by its number in `Reach.evidence`.
EVIDENCE = ("unknown", "declared", "within_reach", "service_area")

#: Grace (m) given to a reach: a parcel that abuts on a road, or lies 50 m from a main, may be off by the rounding
#: of a projection.
GRACE_M = 0.001


@dataclass(frozen=True, eq=False)
class Near:
    """What of a service lies within reach of each parcel; all arrays have the shape (parcels,).

    Attributes
    ----------
    live, planned, doubtful
        Whether a feature that is in service is within reach; and where none is, whether one that is to come, or of
        which nobody knows, is.
    inside, outside
        Whether one in service lies on either side of the parcel's red line: `YES`, `NO` or `UNKNOWN`; None where the
        layer does not tell sides.
    """

    live: Bools
    planned: Bools
    doubtful: Bools
    inside: States | None = None
    outside: States | None = None


@dataclass(frozen=True, eq=False)
class Nearest:
    """Nearest feature of a service; all arrays have the shape (parcels asked,).

    Attributes
    ----------
    feature
        Row of the feature in the service's layer; −1 where there is none.
    distance
        m; NaN where there is none.
    reason
        Why there is none (``ISLAND``, ``OVER_LIMIT`` …), empty where there is; None where no way of measuring can
        fail.
    """

    feature: NDArray[np.int64]
    distance: NDArray[np.float64]
    reason: NDArray[np.object_] | None = None

    def of(self, rows: NDArray[np.int64]) -> Nearest:
        """The same of some of the parcels."""
        return Nearest(self.feature[rows], self.distance[rows], None if self.reason is None else self.reason[rows])


@dataclass(frozen=True, eq=False)
class Declared:
    """What the parcels' own columns say of a service: `YES`, `NO` or `UNKNOWN`, shape (parcels,).

    ``inside`` and ``outside`` of the red line are None where no column tells the two apart.
    """

    anywhere: States
    inside: States | None = None
    outside: States | None = None


@dataclass(frozen=True, eq=False)
class Reach:
    """Whom one service reaches.

    Attributes
    ----------
    service
        Its name in the plan.
    reach_m
        m; NaN without a layer.
    near
        By its layer; None without one.
    declared
        By the parcels' columns; None without any.
    is_area
        The layer holds service areas, which serve what they touch.
    find
        Nearest feature ``live`` or ``planned`` of the parcels in the given rows.
    """

    service: str
    reach_m: float
    near: Near | None
    declared: Declared | None
    is_area: bool
    find: Callable[[Literal["live", "planned"], NDArray[np.int64]], Nearest]

    @property
    def state(self) -> States:
        """`YES`, `NO` or `UNKNOWN` for each parcel, today."""
        return self._told(self.declared.anywhere if self.declared else None, _drawn(self.near))

    @property
    def planned_state(self) -> States:
        """The same once everything planned is in service."""
        today = self.state
        return today if self.near is None else np.where(self.near.planned, np.int8(YES), today)

    @property
    def outside_state(self) -> States:
        """The same for what lies outside the parcel's red line, where all does of which nothing tells sides."""
        told = self.near.outside if self.near is not None else None
        return self._told(self.declared.outside if self.declared else None, _drawn(self.near) if told is None else told)

    @property
    def inside_state(self) -> States:
        """The same for what lies inside the parcel's red line; unknown where nothing tells sides."""
        near = self.near.inside if self.near is not None else None
        return self._told(self.declared.inside if self.declared else None, near)

    def _told(self, said: States | None, drawn: States | None) -> States:
        """Take the register's word, and what is drawn where it says nothing."""
        if said is None and drawn is None:
            return np.full(self.size, UNKNOWN, dtype=np.int8)
        if said is None or drawn is None:
            return said if drawn is None else drawn  # type: ignore[return-value]  # one of them is there
        return np.where(said != UNKNOWN, said, drawn)

    @property
    def size(self) -> int:
        """Number of parcels."""
        return len(self.near.live if self.near is not None else self.declared.anywhere if self.declared else ())

    @property
    def has_sides(self) -> bool:
        """Whether anything tells inside and outside of the red line apart."""
        near, said = self.near, self.declared
        by_register = said is not None and (said.inside is not None or said.outside is not None)
        return by_register or (near is not None and near.inside is not None)

    @property
    def evidence(self) -> NDArray[np.int8]:
        """Number in `EVIDENCE` of what tells each parcel's state."""
        how = np.int8(EVIDENCE.index("service_area" if self.is_area else "within_reach"))
        out = np.where(self.state == UNKNOWN, np.int8(0), how)
        if self.declared is not None:
            out[self.declared.anywhere != UNKNOWN] = EVIDENCE.index("declared")
        return out


def _drawn(near: Near | None) -> States | None:
    return None if near is None else _state(near.live, near.doubtful)


def _state(live: Bools, doubtful: Bools) -> States:
    return np.where(live, YES, np.where(doubtful, UNKNOWN, NO)).astype(np.int8)


def reach_of(plan: Plan, service: str) -> float:
    """Reach of a service in metres: the plan's, else the vocabulary's editable default."""
    own = plan.layers.services[service].reach_m
    return own if own is not None else vocabulary.services()[service].reach_m


def standing_rows(frame: gpd.GeoDataFrame, *standings: str) -> Bools:
    """Features of a service that are of any of these standings; all are live where the layer tells nothing."""
    if "standing" not in frame:
        return np.full(len(frame), "live" in standings)
    return np.asarray(frame["standing"].isin(standings), dtype=bool)


def serving(frame: gpd.GeoDataFrame) -> Bools:
    """Features of a service that are in service and lie outside of parcels' red lines, or nobody says where."""
    live = standing_rows(frame, "live")
    return live & ~is_inside(frame)


def near_by_air(layers: Layers, service: str, *, reach_m: float, executor: Executor | None = None) -> Near | None:
    """Find what of a service lies within a straight distance of each parcel; None without parcels.

    What lies inside a red line serves the parcel that it touches and none further off.
    """
    parcels = layers.frame("parcels")
    if parcels is None:
        return None
    frame = layers.layers[f"services.{service}"].frame
    lots, sources = np.asarray(parcels.geometry.array), np.asarray(frame.geometry.array)
    own = is_inside(frame)

    def reached(standing: str, among: NDArray[np.int64] | None = None) -> Bools:
        rows = np.arange(len(lots)) if among is None else among
        chosen = standing_rows(frame, standing)
        found = np.zeros(len(lots), dtype=bool)
        for sources_, distance in ((sources[chosen & ~own], reach_m), (sources[chosen & own], 0.0)):
            found[rows] |= within(lots[rows], sources_, distance=distance + GRACE_M, executor=executor)
        return found

    live = reached("live")
    rest = np.flatnonzero(~live)  # what else comes near matters to these alone, who are few
    return _with_sides(Near(live, reached("planned", rest), reached("unknown", rest)), lots, frame, reach_m)


def _with_sides(near: Near, lots: NDArray[np.object_], frame: gpd.GeoDataFrame, reach_m: float) -> Near:
    """Tell what lies on which side of each red line, if the layer says of anything that it lies inside."""
    if not is_inside(frame).any():
        return near
    live, unknown = standing_rows(frame, "live"), standing_rows(frame, "unknown")
    sides = both_sides(lots, frame, live, unknown, reach_m=reach_m, grace_m=GRACE_M)
    inside, outside = (_state(side.live, side.doubtful) for side in sides)
    return replace(near, inside=inside, outside=outside)


def nearest_by_air(layers: Layers, service: str, which: Literal["live", "planned"], rows: NDArray[np.int64]) -> Nearest:
    """Find the feature of a service nearest to each of some parcels in a straight line."""
    parcels = layers.layers["parcels"].frame
    frame = layers.layers[f"services.{service}"].frame
    chosen = np.flatnonzero(serving(frame) if which == "live" else standing_rows(frame, which))
    # Of several that are as near the first by id is named, however the file is ordered.
    chosen = chosen[np.argsort(frame["feature_id"].astype(str).to_numpy(dtype=object)[chosen], kind="stable")]
    lots = np.asarray(parcels.geometry.array)[rows]
    row, gap = nearest(lots, np.asarray(frame.geometry.array)[chosen])
    return Nearest(np.append(chosen, -1)[row], gap)


def share_by_air(
    layers: Layers, service: str, *, reach_m: float, executor: Executor | None = None
) -> NDArray[np.float64]:
    """Share of each zone within a straight distance of what is in service."""
    frame = layers.layers[f"services.{service}"].frame
    lines = np.asarray(frame.geometry.array)[serving(frame)]
    return reached_share(np.asarray(layers.zones.geometry.array), lines, distance=reach_m, executor=executor)


def reach(
    plan: Plan, layers: Layers, service: str, networks: Networks, *, executor: Executor | None = None
) -> Reach | None:
    """Whom a service of the plan reaches; None without parcels."""
    distance = reach_of(plan, service)
    if plan.layers.services[service].method == "network":
        return _reach_along(plan, layers, service, networks)
    near = near_by_air(layers, service, reach_m=distance, executor=executor)
    if near is None:
        return None
    layer = layers.layers[f"services.{service}"]
    find = partial(nearest_by_air, layers, service)
    return Reach(service, distance, near, declared(layers, service), layer.dimension == 2 and distance == 0, find)


def _reach_along(plan: Plan, layers: Layers, service: str, networks: Networks) -> Reach | None:
    """Whom a service reaches along a network.

    A parcel that fronts on no edge is of unknown reach where a feature lies near enough in a straight line. What lies
    inside a red line serves the parcel that it touches, and no way leads from it.
    """
    ways, distance = plan.layers.services[service], reach_of(plan, service)
    places, frame = networks.places(f"services.{service}"), layers.layers[f"services.{service}"].frame
    parcels = layers.frame("parcels")
    if parcels is None:
        return None
    streets, own = networks.streets(ways), is_inside(frame)
    rows = {name: standing_rows(frame, name) & ~own for name in ("live", "planned", "unknown")}
    found = {name: streets.along(places[chosen], ways) for name, chosen in rows.items()}
    within_, maybe = {}, {}
    for name, along in found.items():
        within_[name], maybe[name] = along.within(distance + GRACE_M)
    near = Near(within_["live"], within_["planned"], within_["unknown"] | maybe["live"])
    if own.any():
        near = _own_added(near, np.asarray(parcels.geometry.array), frame)

    def find(which: Literal["live", "planned"], asked: NDArray[np.int64]) -> Nearest:
        along = found[which]
        row = np.append(np.flatnonzero(rows[which]), -1)[along.place[asked]]
        return Nearest(row, along.distance[asked], along.reason[asked])

    return Reach(service, distance, near, declared(layers, service), is_area=False, find=find)


def _own_added(near: Near, lots: NDArray[np.object_], frame: gpd.GeoDataFrame) -> Near:
    """Add what lies inside red lines to what comes along a network."""
    sided = _with_sides(near, lots, frame, 0.0)
    at = {s: touched(lots, frame, standing_rows(frame, s) & is_inside(frame), grace_m=GRACE_M) for s in
          ("live", "planned", "unknown")}  # fmt: skip
    untold = np.asarray(frame["side"].isna(), dtype=bool) & standing_rows(frame, "live", "unknown")
    # A place on a parcel's own ground may be what the way leads to, and on either side of its red line.
    may_be_own = touched(lots, frame, untold, grace_m=GRACE_M)
    outside = _state(near.live & ~may_be_own, near.doubtful | may_be_own)
    return Near(
        near.live | at["live"],
        near.planned | at["planned"],
        near.doubtful | at["unknown"],
        sided.inside,
        np.where(sided.outside == YES, YES, outside).astype(np.int8),
    )


def share_along(plan: Plan, layers: Layers, service: str, networks: Networks) -> NDArray[np.float64]:
    """Share of each zone that is reached along a network from what is in service."""
    ways, frame = plan.layers.services[service], layers.layers[f"services.{service}"].frame
    places = networks.places(f"services.{service}")[serving(frame)]
    land = networks.streets(ways).land(places, ways, reach_m=reach_of(plan, service))
    return reached_share(np.asarray(layers.zones.geometry.array), land, distance=0.0)


def declared(layers: Layers, service: str) -> Declared | None:
    """What the parcels' columns ``has_<service>`` say; None where they say nothing at all.

    Where only the sides of the red line are told, a service on either is there, and one on neither is not.
    """
    frame = layers.frame("parcels")
    if frame is None:
        return None
    anywhere, inside, outside = (_flags(frame, f"has_{service}{side}") for side in ("", "_inside", "_outside"))
    sides = [s for s in (inside, outside) if s is not None]
    if anywhere is None and not sides:
        return None
    if anywhere is None:
        anywhere = np.full(len(frame), UNKNOWN, dtype=np.int8)
    for side in sides:
        anywhere = np.where((anywhere == UNKNOWN) & (side == YES), side, anywhere)
    if inside is not None and outside is not None:
        anywhere = np.where((anywhere == UNKNOWN) & (inside == NO) & (outside == NO), np.int8(NO), anywhere)
    return Declared(anywhere, inside, outside)


def _flags(frame: gpd.GeoDataFrame, column: str) -> States | None:
    """Flags of a column as `YES`, `NO` or `UNKNOWN`; None where it is not there or empty."""
    if column not in frame or not frame[column].notna().any():
        return None
    told = frame[column].to_numpy(dtype=object)
    return np.where(told == True, YES, np.where(told == False, NO, UNKNOWN)).astype(np.int8)  # noqa: E712  with None


def declared_alone(plan: Plan, layers: Layers) -> Mapping[str, Reach]:
    """Services of which the plan has no layer, but the parcels' columns tell, in display order."""
    out = {}
    for name in vocabulary.services():
        said = None if name in plan.layers.services else declared(layers, name)
        if said is not None:
            out[name] = Reach(name, np.nan, None, said, is_area=False, find=_nothing)
    return out


def _nothing(_: Literal["live", "planned"], rows: NDArray[np.int64]) -> Nearest:
    return Nearest(np.full(len(rows), -1, dtype=np.int64), np.full(len(rows), np.nan))
