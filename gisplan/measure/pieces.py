"""Every layer cut by zone, once: the pieces that all indicators are sums of."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan.errors import LayerError, counted
from gisplan.geometry import Cut, EdgeRule, cut, multiplicity_cells, owners, sum_by
from gisplan.read import Layers
from gisplan.read.layer import Clean
from gisplan.read.works import LISTED

#: A share below this is no part of a feature but the rounding of a border.
SLIVER = 1e-9

#: Parcel land below this (m²) in a zone is the sliver of a neighbour's parcel, and no land that a ratio could be of.
LEAST_LAND_M2 = 1.0

#: Layers that are of no use unless some of them lies in a zone.
MUST_MEET = ("parcels", "buildings", "roads")

#: Layers of roads, which the plan's edge rule is for.
ROADS = ("roads", "roads_not_in_service")


@dataclass(frozen=True)
class Pieces:
    """One layer cut by the zones.

    Attributes
    ----------
    frame
        The layer's features.
    dimension
        0, 1 or 2.
    zones
        Number of zones.
    zone, feature, share
        Row numbers of zone and feature, and the part of the feature, of each piece.
    outside, overlap
        Part of each feature in no zone, and part that is counted more than once because zones overlap.
    owner
        Zone in which the largest part of each feature lies; −1 outside.
    """

    frame: gpd.GeoDataFrame
    dimension: int
    zones: int
    zone: NDArray[np.int64]
    feature: NDArray[np.int64]
    share: NDArray[np.float64]
    outside: NDArray[np.float64]
    overlap: NDArray[np.float64]
    owner: NDArray[np.int64]

    @property
    def size(self) -> NDArray[np.float64]:
        """Own size of each feature: m², m, or 1 for points."""
        name = {2: "area_m2", 1: "length_m"}.get(self.dimension)
        return self.frame[name].to_numpy(dtype=float) if name else np.ones(len(self.frame))

    def total(self, amount: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum an amount of the features by zone, each zone taking the part of the feature that lies in it.

        Parameters
        ----------
        amount
            Amount of each feature, shape (n,); missing counts as nothing, so say elsewhere how many are.

        Returns
        -------
        numpy.ndarray
            Shape (zones,).
        """
        part = self.share * np.nan_to_num(amount)[self.feature]
        return sum_by(self.zone, part, size=self.zones)

    def land(self, area: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum land by zone like `total`, none where it is less than `LEAST_LAND_M2`."""
        land = self.total(area)
        return np.where(land < LEAST_LAND_M2, 0.0, land)

    def count(self, chosen: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
        """Number of chosen features (all by default) in each zone; slivers of rounding do not count."""
        real = self.share > SLIVER
        return sum_by(self.zone[real if chosen is None else real & chosen[self.feature]], size=self.zones)


def cut_layers(
    layers: Layers,
    *,
    edge_rule: EdgeRule = "share",
    executor: Executor | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, Pieces]:
    """Cut every layer by the zones.

    Parameters
    ----------
    layers
        What was read.
    edge_rule
        How much of a road on a border each zone there takes.
    executor
        Where to run; threads by default.

    Returns
    -------
    dict
        Pieces by layer name.

    Raises
    ------
    LayerError
        A layer lies wholly outside every zone: that is a wrong file or coordinate system, not a result.
    """
    land = np.asarray(layers.zones.geometry.array)
    cells = multiplicity_cells(land, layers.zone_overlaps)
    out = {}
    for name, layer in layers.layers.items():
        progress(name)
        if name == "parcels" and layers.member is not None:
            out[name] = _by_member(layer, layers.member, len(land))
        elif name == LISTED:
            out[name] = _by_member(layer, named_zones(layer.frame["zone"], layers.zones), len(land))
        else:
            rule: EdgeRule = edge_rule if name in ROADS else "share"
            out[name] = _by_land(layer, land, cells, rule, executor)
        if name in MUST_MEET and len(layer.frame) and len(out[name].zone) == 0:
            gap = _gap(layers.zones.total_bounds, layer.frame.total_bounds)
            raise LayerError(
                f"[layers.{name}]: none of its {counted(len(layer.frame), 'record')} lies in any "
                f"of the {counted(len(land), 'zone')}; "
                f"the two are {gap:,.0f} m apart. Check the coordinate systems and the files."
            )
    return out


def named_zones(said: pd.Series, zones: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Row numbers of zones that records name by id, else by a name that only one zone has; −1 where none has it."""
    ids = zones["zone_id"].astype(str).tolist()
    called = [str(n) for n in zones["name"]]
    row = {n: k for k, n in enumerate(called) if called.count(n) == 1} | {i: k for k, i in enumerate(ids)}
    return np.array([row.get(str(v).strip(), -1) if not pd.isna(v) else -1 for v in said], dtype=np.int64)


def _gap(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Distance between two bounding boxes."""
    return float(np.hypot(max(a[0] - b[2], b[0] - a[2], 0.0), max(a[1] - b[3], b[1] - a[3], 0.0)))


def _by_member(layer: Clean, member: NDArray[np.int64], zones: int) -> Pieces:
    """Parcels of which zones are made, and works without a shape, belong whole to their own zone."""
    inside = np.flatnonzero(member >= 0)
    none = np.zeros(len(member))
    whole, outside = np.ones(len(inside)), (member < 0).astype(float)
    return Pieces(layer.frame, layer.dimension, zones, member[inside], inside, whole, outside, none, member)


def _by_land(
    layer: Clean,
    land: NDArray[np.object_],
    cells: tuple[NDArray[np.object_], NDArray[np.int64]],
    edge_rule: EdgeRule,
    executor: Executor | None,
) -> Pieces:
    geometry = np.asarray(layer.frame.geometry.array)
    pieces: Cut = cut(
        land, geometry, dimension=layer.dimension, disjoint=not len(cells[0]), edge_rule=edge_rule, executor=executor
    )
    overlap = pieces.overlap
    if layer.dimension == 2 and len(cells[0]):
        again = cut(cells[0], geometry, dimension=2, executor=executor)
        times = (cells[1][again.zone] - 1) * again.share
        overlap = sum_by(again.feature, times, size=len(geometry))
    return Pieces(
        layer.frame,
        layer.dimension,
        len(land),
        pieces.zone,
        pieces.feature,
        pieces.share,
        pieces.outside,
        overlap,
        owners(pieces, len(geometry)),
    )
