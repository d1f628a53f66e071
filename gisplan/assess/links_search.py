"""Search for the links of one service, one after the other, each the best next one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.assess.idle import Array
from gisplan.geometry import within
from gisplan.geometry.extension import Extender, Extension, cut_streets, gaps, onsets
from gisplan.geometry.joints import hooks
from gisplan.geometry.network import Network
from gisplan.measure.reach import GRACE_M

Rows = NDArray[np.int64]
Shapes = NDArray[np.object_]

#: Metres from a road within which a main counts as lying beside it, so that an extension may go over to the road.
BESIDE_M = 30.0


@dataclass(frozen=True)
class Link:
    """A link: row of the main or number of the earlier link it begins at (−1), its parcels, roads and line."""

    main: int
    after: int
    length: float
    parcels: Rows
    lines: list[int]
    shape: shapely.Geometry


class Search:
    """Search for the links of one service: its mains, and the shapes of the parcels without it."""

    def __init__(self, network: Network, mains: Shapes, lots: Shapes, reach_m: float) -> None:
        self._lots, self._mains, self._reach = lots, mains, reach_m
        self._lot, edge, along, self._off = hooks(lots, network.shape, distance=reach_m + GRACE_M)
        begin = onsets(network, mains, beside_m=BESIDE_M)
        self._streets = cut_streets(network, np.concatenate([edge, begin[0]]), np.concatenate([along, begin[1]]))
        self._hook = self._streets.place[: len(edge)]
        node, gap, main = gaps(self._streets.xy, mains, beside_m=BESIDE_M)
        self._extender = Extender(self._streets, node, gap)
        self._main = np.full(len(self._streets.xy), -1, dtype=np.int64)
        self._main[node] = main
        self._after = np.full(len(self._streets.xy), -1, dtype=np.int64)
        self._open = np.ones(len(lots), dtype=bool)

    def run(self, area: Array, idle: Array, limit: int, least_yield: float) -> list[Link]:
        """Find links one after the other until nothing is left that one could serve, or the limit is reached."""
        out: list[Link] = []
        while len(out) < limit:
            goal = self._best(area, idle, least_yield)
            if goal is None:
                break
            way = self._extender.way(goal)
            link = self._link(way)
            out.append(link)
            self._open[link.parcels] = False
            self._extender.add(way)
            self._after[[n for n in way.nodes if self._after[n] < 0]] = len(out) - 1
        return out

    def left(self) -> dict[str, Rows]:
        """Parcels that no link serves, by why."""
        there = np.zeros(len(self._lots), dtype=bool)
        there[self._lot] = True
        able = np.zeros(len(self._lots), dtype=bool)
        able[self._lot[np.isfinite(self._extender.distance[self._hook])]] = True
        return {
            "no_road": np.flatnonzero(self._open & ~there),
            "no_way": np.flatnonzero(self._open & there & ~able),
            "beyond": np.flatnonzero(self._open & able),
        }

    def _best(self, area: Array, idle: Array, least_yield: float) -> int | None:
        """Node to which the next link is best built; None where there is none."""
        far = self._extender.distance
        can = self._open[self._lot] & np.isfinite(far[self._hook])
        lot, hook, off = self._lot[can], self._hook[can], self._off[can]
        if not len(lot):
            return None
        # Each parcel counts where the network can be brought to it soonest.
        order = np.lexsort((hook, off, far[hook], lot))
        first = order[np.flatnonzero(np.diff(lot[order], prepend=-1))]
        lot, hook = lot[first], hook[first]
        weight = idle if idle[lot].any() else area
        value = np.bincount(hook, weights=weight[lot], minlength=len(far)).astype(np.float64)
        served = self._extender.along_ways(value)
        ends = np.unique(hook[weight[lot] > 0])
        if not len(ends):
            return None
        rate = served[ends] / np.maximum(far[ends], 1e-3)
        good = ends[rate >= least_yield * rate.max() * (1 - 1e-12)]
        return int(good[np.lexsort((good, far[good], -served[good]))[0]])

    def _link(self, way: Extension) -> Link:
        """Take a way for a link: the parcels within reach of it, and its line from the main on."""
        first = way.nodes[0]
        after, main = int(self._after[first]), int(self._main[first])
        spot = shapely.points(self._streets.xy[first])
        pieces = list(self._extender.shape(way))
        if after < 0 and way.gap > 0:
            pieces.insert(0, shapely.shortest_line(self._mains[main], spot))
        whole = shapely.line_merge(shapely.multilinestrings(pieces)) if pieces else spot
        open_ = np.flatnonzero(self._open)
        near = within(
            self._lots[open_], np.array([whole if pieces else spot], dtype=object), distance=self._reach + GRACE_M
        )
        hung = np.unique(self._lot[np.isin(self._hook, way.nodes)])
        parcels = np.union1d(open_[near], hung[self._open[hung]])
        lines = [int(self._streets.line[e]) for e in way.edges]
        return Link(main, after, way.length + (way.gap if after < 0 else 0.0), parcels, lines, whole)
