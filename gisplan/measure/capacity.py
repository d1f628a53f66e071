"""What lines and sources of a network carry, what they could, and the parcels behind what is too small."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from gisplan.geometry import sum_by
from gisplan.measure.catalogue import Figures, indicator, ratio
from gisplan.measure.grid import LINE, SOURCE, Grid, Rows, Rulebook, grid
from gisplan.measure.land import known_parcels
from gisplan.measure.services import service_labels
from gisplan.measure.survey import Survey, column

Array = NDArray[np.float64]

#: Load above capacity by less than this share is the rounding of a sum.
ROUNDING = 1e-9

#: Columns of ``capacity.csv``.
COLUMNS = ("service", "unit", "kind", "id", "name", "capacity", "load", "headroom", "utilisation", "parcels",
           "parcels_unknown", "area_ha", "method", "flags")  # fmt: skip


@dataclass(frozen=True)
class Loads:
    """A network under the demand of the parcels.

    Attributes
    ----------
    table
        One row a source, and a line that carries something or has a capacity; see `COLUMNS`. ``parcels`` and
        ``area_ha`` are those whose way to their source leads over it, ``parcels_unknown`` those of them whose demand
        is not known. ``method`` is ``tree`` where there is only one way, so that the load is exact, else
        ``nearest source``: then every parcel draws from the source that is nearest along the network.
    demand
        Of each parcel in the plan's unit, NaN where nothing tells it.
    headroom
        Least capacity left on each parcel's way to its source; NaN where no way or no capacity on it is known.
    bottleneck
        What is most overloaded on that way, as ``kind id``; None where nothing is.
    connected
        Whether a way leads from the parcel to a source.
    grid
        The live network.
    """

    table: pd.DataFrame
    demand: Array
    headroom: Array
    bottleneck: NDArray[np.object_]
    connected: NDArray[np.bool_]
    grid: Grid


def can_load(survey: Survey, service: str) -> bool:
    """Whether a study has what the loads of a service are made from: parcels, lines and sources."""
    lines = survey.layers.layers.get(f"services.{service}")
    has_sources = f"sources.{service}" in survey.layers.layers
    return survey.parcels is not None and has_sources and lines is not None and lines.dimension == 1


def loaded(survey: Survey) -> list[str]:
    """Services whose loads the plan asks for and the study has everything for."""
    return [s for s in survey.plan.capacity if can_load(survey, s)]


def table(survey: Survey) -> pd.DataFrame | None:
    """Loads of all services that the plan asks for (see `COLUMNS`); None where there are none."""
    tables = [loads(survey, s).table for s in loaded(survey)]
    return pd.concat(tables, ignore_index=True) if tables else None


def loads(survey: Survey, service: str) -> Loads:
    """Loads of a service's network in a study that `can_load` it."""
    return survey.once(f"loads of {service}", lambda: _loads(survey, service))


def demand_of(survey: Survey, service: str) -> Array:
    """Demand of each parcel: the register's, else area × the plan's figure for its class; NaN where neither tells."""
    assert survey.parcels is not None
    per_ha = survey.plan.capacity[service].per_ha
    own = column(survey.layers.layers["parcels"].frame, f"demand_{service}")
    rate = pd.Series(survey.parcels.land_class, dtype=object).map(per_ha).to_numpy(dtype=float)
    return np.where(own >= 0, own, rate * survey.parcels.area / 10_000)


def _loads(survey: Survey, service: str) -> Loads:
    spec, power = survey.plan.capacity[service], survey.plan.power
    is_power = service == "power"
    rules = Rulebook(
        power.join if is_power else "all",
        power.snap_m if is_power else spec.snap_m,
        power.source_snap_m if is_power else spec.source_snap_m,
    )
    assert survey.parcels is not None
    live = grid(survey, service, rules, "live")
    demand = demand_of(survey, service)
    tree = _tree(live)
    at = _places(live, tree.distance, len(demand))
    on = np.flatnonzero(at >= 0)
    area = np.nan_to_num(survey.parcels.area) / 10_000
    carried = np.zeros((4, live.size))
    for k, amount in enumerate((np.nan_to_num(demand), np.ones(len(demand)), np.isnan(demand).astype(float), area)):
        carried[k] = sum_by(at[on], amount[on], size=live.size)
    # From the far ends inwards: what a node carries is what hangs on it and behind it.
    below = np.flatnonzero(tree.above >= 0)
    below = below[np.argsort(-tree.distance[below], kind="stable")]
    for node, above in zip(below.tolist(), tree.above[below].tolist(), strict=True):
        carried[:, above] += carried[:, node]
    stations = survey.layers.layers[f"sources.{service}"].frame
    lines = survey.layers.layers[f"services.{service}"].frame
    limits = {"source": _capacity(stations), "line": _capacity(lines)}
    by_row = _by_row(live, tree, carried, len(lines), len(stations))
    unit = {"service": service, "unit": spec.unit}
    tables = [
        _table(frame, kind, limits[kind], by_row[kind], _method(live, kind, len(frame)))
        for kind, frame in (("source", stations), ("line", lines))
    ]
    told = pd.concat(tables, ignore_index=True).assign(**unit)[list(COLUMNS)]
    headroom, worst = _worst(live, tree, below[::-1], carried[0], limits)
    ids = {"source": stations["source_id"].astype(str).tolist(), "line": lines["feature_id"].astype(str).tolist()}
    names = np.array([None, *(f"{k} {i}" for k in ("source", "line") for i in ids[k])], dtype=object)
    bottleneck = np.full(len(demand), None, dtype=object)
    bottleneck[on] = names[worst[at[on]] + 1]
    left = np.full(len(demand), np.nan)
    left[on] = headroom[at[on]]
    return Loads(told, demand, left, bottleneck, at >= 0, live)


@dataclass(frozen=True)
class _Tree:
    """Shortest ways from the sources: m of each node, the node and edge before it (−1), and number of its source."""

    distance: Array
    above: Rows
    edge: Rows
    source: Rows


def _tree(live: Grid) -> _Tree:
    way = live.kind != SOURCE
    edge = np.flatnonzero(way & (live.tail != live.head))
    a, b = np.minimum(live.tail[edge], live.head[edge]), np.maximum(live.tail[edge], live.head[edge])
    # Of parallel lines the shortest carries all: a sparse matrix would add their lengths up.
    order = np.lexsort((edge, live.length[edge], b, a))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(a[order]) != 0) | (np.diff(b[order]) != 0)
    edge, a, b = edge[order][first], a[order][first], b[order][first]
    weight = np.maximum(live.length[edge], 1e-9)
    none = np.full(live.size, -1, dtype=np.int64)
    if not len(live.source_node):
        return _Tree(np.full(live.size, np.inf), none, none, none)
    graph = csr_array((weight, (a, b)), shape=(live.size, live.size))
    far, above, nearest = dijkstra(
        graph, directed=False, indices=np.unique(live.source_node), min_only=True, return_predecessors=True
    )
    above = np.where(above < 0, -1, above).astype(np.int64)
    child = np.flatnonzero(above >= 0)
    key = np.minimum(child, above[child]) * live.size + np.maximum(child, above[child])
    by = none.copy()
    by[child] = edge[np.searchsorted(a * live.size + b, key)]
    number = none.copy()
    number[live.source_node[::-1]] = np.arange(len(live.source_node))[::-1]
    return _Tree(far, above, by, np.where(nearest >= 0, number[np.maximum(nearest, 0)], -1))


def _places(live: Grid, distance: Array, parcels: int) -> Rows:
    """Node at which each parcel draws: the nearest to it of those that a source feeds, −1 without any."""
    fed = np.isfinite(distance[live.hook])
    order = np.flatnonzero(fed)
    order = order[np.lexsort((live.hook[order], distance[live.hook[order]], live.gap[order], live.parcel[order]))]
    first = np.flatnonzero(np.diff(live.parcel[order], prepend=-1))
    out = np.full(parcels, -1, dtype=np.int64)
    out[live.parcel[order[first]]] = live.hook[order[first]]
    return out


def _capacity(frame: pd.DataFrame) -> Array:
    return frame["capacity"].to_numpy(dtype=float) if "capacity" in frame else np.full(len(frame), np.nan)


def _by_row(live: Grid, tree: _Tree, carried: Array, lines: int, stations: int) -> dict[str, Array]:
    """Load, parcels, parcels of unknown demand and area of each line (where it carries most) and source."""
    out = {"line": np.zeros((4, lines)), "source": np.zeros((4, stations))}
    child = np.flatnonzero(tree.edge >= 0)
    child = child[live.kind[tree.edge[child]] == LINE]
    for k in range(4):
        np.maximum.at(out["line"][k], live.row[tree.edge[child]], carried[k][child])
    roots = np.flatnonzero((tree.above < 0) & (tree.source >= 0))
    out["source"][:, live.source[tree.source[roots]]] = carried[:, roots]
    return out


def _method(live: Grid, kind: str, count: int) -> NDArray[np.object_]:
    """How the load of each line or source was found: exact where its part of the network has one source and no ring."""
    label = live.component()
    drawn = live.kind != SOURCE
    size = int(label.max(initial=-1)) + 1
    nodes = sum_by(label, size=size)
    edges = sum_by(label[live.tail[drawn]], size=size)
    sources = sum_by(label[live.source_node], size=size)
    is_tree = (edges == nodes - 1) & (sources == 1)
    out = np.full(count, None, dtype=object)
    if kind == "line":
        out[live.whose] = np.where(is_tree[label[_first_node(live)]], "tree", "nearest source")
    else:
        out[live.source] = np.where(is_tree[label[live.source_node]], "tree", "nearest source")
    return out


def _first_node(live: Grid) -> Rows:
    """Some node of each part."""
    out = np.zeros(len(live.parts), dtype=np.int64)
    own = live.kind == LINE
    out[live.part[own]] = live.tail[own]
    return out


def _table(
    frame: pd.DataFrame,
    kind: str,
    capacity: Array,
    by_row: Array,
    method: NDArray[np.object_],
) -> pd.DataFrame:
    known = capacity > 0
    load, parcels, unknown, area = by_row
    names = frame["name"].to_numpy(dtype=object) if "name" in frame else np.full(len(frame), None, dtype=object)
    left = np.where(known, capacity - load, np.nan)
    flags = np.select(
        [np.isnan(capacity), ~known, left < -ROUNDING * capacity], ["CAPACITY_MISSING", "CAPACITY_ZERO", "OVER"], ""
    ).astype(object)
    flags = np.where(unknown > 0, np.where(flags == "", "PARTIAL", flags + ";PARTIAL"), flags)
    out = pd.DataFrame(
        {
            "kind": kind,
            "id": frame["source_id" if kind == "source" else "feature_id"].astype(str).to_numpy(dtype=object),
            "name": names,
            "capacity": capacity,
            "load": load,
            "headroom": left,
            "utilisation": np.where(known, load / np.where(known, capacity, 1.0), np.nan),
            "parcels": parcels.astype(int),
            "parcels_unknown": unknown.astype(int),
            "area_ha": area,
            "method": method,
            "flags": flags,
        }
    )
    in_use = np.array([m is not None for m in method], dtype=bool)
    out = out[in_use & ((kind == "source") | (parcels > 0) | ~np.isnan(capacity))]
    return out.sort_values(["utilisation", "load", "id"], ascending=[False, False, True], na_position="last")


def _worst(live: Grid, tree: _Tree, outwards: Rows, load: Array, limits: Mapping[str, Array]) -> tuple[Array, Rows]:
    """Least headroom between each node and its source, and what is most overloaded there.

    Returns
    -------
    tuple
        NaN where no capacity on the way is known; number of the source, or of the line after all sources, −1 where
        nothing is overloaded.
    """
    stations = len(limits["source"])
    headroom, worst, most = np.full(live.size, np.nan), np.full(live.size, -1, dtype=np.int64), np.zeros(live.size)

    def see(node: int, element: int, limit: float) -> None:
        if not limit > 0:
            return
        headroom[node] = np.fmin(headroom[node], limit - load[node])
        if load[node] > limit * (1 + ROUNDING) and load[node] / limit > most[node]:
            most[node], worst[node] = load[node] / limit, element

    for node in np.flatnonzero((tree.above < 0) & (tree.source >= 0)).tolist():
        row = int(live.source[tree.source[node]])
        see(node, row, float(limits["source"][row]))
    # From the sources outwards: what is short near the source is short for all behind it.
    for node in outwards.tolist():
        above, edge = tree.above[node], tree.edge[node]
        headroom[node], worst[node], most[node] = headroom[above], worst[above], most[above]
        if live.kind[edge] == LINE:
            row = int(live.row[edge])
            see(node, stations + row, float(limits["line"][row]))
    return headroom, worst


def _members(survey: Survey) -> Mapping[str, Mapping[str, str]]:
    return {s: service_labels(survey.plan, s) for s in loaded(survey)}


@indicator(
    "headroom_share_{service}",
    unit="share",
    group="services",
    zh="{zh}能力有余的用地占比",
    en="Land with capacity to spare: {en}",
    listed=["capacity"],
    members=_members,
    formula_zh="至{zh}源点的沿线均未超载的宗地面积 ÷ 沿线容量已知的宗地面积",
    formula_en="Area of parcels with no overload on the way to their source ÷ of those with a known capacity on it",
)
def headroom_share(survey: Survey, name: str) -> Figures:
    """Share of the parcel land that no overloaded line or source stands before.

    Formula
    -------
    Σ area of parcels on whose way to their source the load exceeds no capacity ÷ Σ area of parcels on whose way any
    capacity is known. The load is the demand of all parcels that draw over a line or from a source; every parcel draws
    from the source that is nearest along the network, where there is more than one way.

    Zero
    ----
    Every parcel with a way to a source is behind something overloaded.

    Missing
    -------
    No parcel of the zone has a way to a source, or no capacity is known on any.

    Source
    ------
    gisplan's own convention; demand figures are the plan's.
    """
    assert survey.parcels is not None
    found = loads(survey, name)
    short = np.array([b is not None for b in found.bottleneck], dtype=bool)
    area = np.where(short, 0.0, survey.parcels.area)
    area = np.where(np.isnan(found.headroom) | np.isnan(survey.parcels.area), np.nan, area)
    top, land, used, lacking, share = known_parcels(survey, area)
    return ratio(top, land, n_used=used, n_missing=lacking, known_share=share)


def parcel_columns(survey: Survey) -> dict[str, Array | NDArray[np.object_]]:
    """Columns of the table of parcels: demand, least headroom and bottleneck of each service that is loaded."""
    out: dict[str, Array | NDArray[np.object_]] = {}
    for service in loaded(survey):
        found = loads(survey, service)
        out[f"demand_{service}"] = found.demand
        out[f"headroom_{service}"] = found.headroom
        out[f"bottleneck_{service}"] = found.bottleneck
    return out
