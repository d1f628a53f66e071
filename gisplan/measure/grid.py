"""The network of a service as a graph: its lines, what feeds them, and which parcels hang where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gisplan.geometry.joints import Joints, hooks, join, merged, parts_of
from gisplan.measure import reach
from gisplan.measure.survey import Survey

Rows = NDArray[np.int64]
Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: What an edge of the graph is: a piece of a line, a way out of a source that is declared and not drawn, or a source.
LINE, HEAD, SOURCE = 0, 1, 2


@dataclass(frozen=True)
class Rulebook:
    """How lines are joined; see `gisplan.plan.Power`."""

    join: str
    snap_m: float
    source_snap_m: float


@dataclass(frozen=True)
class Grid:
    """A network as a graph; its last node is where all sources come from.

    Attributes
    ----------
    parts, whose
        Single lines, and the row of the service's layer that each comes from.
    joints
        The lines, cut where they meet and where parcels hang.
    size
        Number of nodes: of the lines, then what sources could not be drawn to, then the root.
    tail, head
        Nodes of each edge.
    kind
        `LINE`, `HEAD` or `SOURCE` of each edge.
    row
        Row of the line, or of the source, that each edge belongs to.
    part
        Part that each edge lies on, −1 where it lies on none.
    length
        m; of a head that is not drawn the straight distance, of a source 0.
    source, source_node
        Rows of the sources in use, and their nodes.
    parcel, hook, gap
        Row of the parcel, node on the network, and metres between the two, for every line within reach of a parcel.
    hook_part
        Part on which the hook lies.
    island
        Whether each line's part leads to no source, shape (parts,).
    nameless
        Names in ``from_id`` that stand for a source which is not there, with how many lines have them.
    lonely
        Rows of sources that no line touches and none names.
    """

    parts: NDArray[np.object_]
    whose: Rows
    joints: Joints
    size: int
    tail: Rows
    head: Rows
    kind: Rows
    row: Rows
    part: Rows
    length: Array
    source: Rows
    source_node: Rows
    parcel: Rows
    hook: Rows
    gap: Array
    hook_part: Rows
    island: Mask
    nameless: pd.Series
    lonely: Rows

    @property
    def root(self) -> int:
        """Node of which every source hangs."""
        return self.size - 1

    def component(self) -> Rows:
        """Number of the connected part that each node is in, the ways through the root left out."""
        drawn = self.kind != SOURCE
        return _components(self.size, self.tail[drawn], self.head[drawn])


def standing_rows(survey: Survey, layer: str, *standings: str) -> Mask:
    """Features of a layer that are of any of some standings; all are live where it tells neither status nor date."""
    return reach.standing_rows(survey.layers.layers[layer].frame, *standings)


def grid(survey: Survey, service: str, rules: Rulebook, *standings: str) -> Grid:
    """Build the graph of a service's network.

    Parameters
    ----------
    survey
        The study; its service has lines.
    service
        Which one.
    rules
        How lines are joined.
    standings
        Which lines and sources are taken: ``live``, ``unknown``, ``planned``.
    """
    frame = survey.layers.layers[f"services.{service}"].frame
    rows = np.flatnonzero(standing_rows(survey, f"services.{service}", *standings))
    parts, of = parts_of(np.asarray(frame.geometry.array)[rows])
    whose = rows[of]
    name = f"sources.{service}"
    stations = survey.layers.frame(name)
    source = np.flatnonzero(standing_rows(survey, name, *standings)) if stations is not None else np.empty(0, np.int64)
    ids = [] if stations is None else [str(s) for s in stations["source_id"].iloc[source]]
    spots = np.empty(0, dtype=object) if stations is None else np.asarray(stations.geometry.array)[source]
    begin, end, feeder = _names(frame, whose, ids, _all_ids(survey, name))
    near = hooks(spots, parts, distance=rules.source_snap_m)
    # A line that says where it comes from comes from nowhere else.
    meant = (feeder[near[1]] == -1) | (feeder[near[1]] == near[0])
    near = (near[0][meant], near[1][meant], near[2][meant], near[3][meant])
    lots = survey.layers.frame("parcels")
    shapes = np.empty(0, dtype=object) if lots is None else np.asarray(lots.geometry.array)
    hung = hooks(shapes, parts, distance=reach.reach_of(survey.plan, service) + reach.GRACE_M)
    if "side" in frame:  # what lies inside a red line serves the parcel that it touches and none further off
        outside = ~frame["side"].eq("inside").to_numpy(dtype=bool)[whose[hung[1]]] | (hung[3] <= reach.GRACE_M)
        hung = (hung[0][outside], hung[1][outside], hung[2][outside], hung[3][outside])
    joints = join(
        parts,
        group=_groups(frame, whose, rules.join),
        snap_m=rules.snap_m,
        named=(begin, end),
        places=(np.concatenate([near[1], hung[1]]), np.concatenate([near[2], hung[2]])),
    )
    touch, hook = joints.place[: len(near[0])], joints.place[len(near[0]) :]
    # Every source is a node; the places where lines touch it, and those that bear its name, are that node.
    n, s = len(joints.xy), len(source)
    named = [(joints.first, begin), (joints.last, end)]
    bears = [np.stack([nodes[w < s], n + w[w < s]]) for nodes, own in named for w in [np.where(own < 0, s, own)]]
    node = merged(n + s, [np.stack([touch, n + near[0]]), *bears])
    tail, head = node[joints.tail], node[joints.head]
    at = node[n:]
    nodes = int(node.max(initial=-1)) + 1
    ends = (node[joints.first], node[joints.last])
    ways, away, from_source = _heads(feeder, ends, (joints.xy[joints.first], joints.xy[joints.last]), at, spots,
                                     _components(nodes, tail, head))  # fmt: skip
    root = nodes
    edges = [
        (tail, head, LINE, whose[joints.part], joints.part, joints.length),
        (ways, at[from_source], HEAD, source[from_source], np.full(len(ways), -1), away),
        (np.full(s, root), at, SOURCE, source, np.full(s, -1), np.zeros(s)),
    ]
    label = _components(root + 1, np.concatenate([e[0] for e in edges]), np.concatenate([e[1] for e in edges]))
    alone = np.setdiff1d(np.arange(s), np.concatenate([near[0], from_source, *(b[1] - n for b in bears)]))
    return Grid(
        parts,
        whose,
        joints,
        root + 1,
        np.concatenate([e[0] for e in edges]),
        np.concatenate([e[1] for e in edges]),
        np.concatenate([np.full(len(e[0]), e[2], dtype=np.int64) for e in edges]),
        np.concatenate([e[3] for e in edges]),
        np.concatenate([e[4] for e in edges]),
        np.concatenate([e[5] for e in edges]),
        source,
        at,
        hung[0],
        node[hook],
        hung[3],
        hung[1],
        label[node[joints.first]] != label[root] if len(parts) else np.empty(0, dtype=bool),
        _strangers(frame, rows, _all_ids(survey, name)),
        source[alone],
    )


def _components(size: int, tail: Rows, head: Rows) -> Rows:
    graph = coo_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _all_ids(survey: Survey, layer: str) -> set[str]:
    stations = survey.layers.frame(layer)
    return set() if stations is None else {str(s) for s in stations["source_id"]}


def _column(frame: pd.DataFrame, name: str) -> NDArray[np.object_]:
    """Texts of a column, None where there is none."""
    if name not in frame:
        return np.full(len(frame), None, dtype=object)
    return np.array([None if pd.isna(v) else str(v) for v in frame[name]], dtype=object)


def _names(frame: pd.DataFrame, whose: Rows, ids: list[str], known: set[str]) -> tuple[Rows, Rows, Rows]:
    """Number of the named place at which each part begins and ends, and of the source that feeds it; −1 for none.

    The first numbers are those of the sources. A line that only says where it begins names the source that feeds
    it, unless no source is called so.
    """
    begin, end = _column(frame, "from_id")[whose], _column(frame, "to_id")[whose]
    number = {name: i for i, name in enumerate(ids)}
    both = np.array([e is not None for e in end], dtype=bool)
    for names in (begin[both], end):
        for name in names:
            if name is not None and name not in number:
                number[name] = len(number)

    def told(names: NDArray[np.object_], among: Mask) -> Rows:
        return np.array([number.get(v, -1) if a and v is not None else -1 for v, a in zip(names, among, strict=True)],
                        dtype=np.int64)  # fmt: skip

    own = {name: i for i, name in enumerate(ids)}
    # A source that is there but not in use feeds nothing, and no other one does.
    feeder = [-1 if both[i] or v is None or v not in known else own.get(v, -2) for i, v in enumerate(begin)]
    return told(begin, both), told(end, both), np.array(feeder, dtype=np.int64)


def _strangers(frame: pd.DataFrame, rows: Rows, known: set[str]) -> pd.Series:
    begin, end = _column(frame, "from_id")[rows], _column(frame, "to_id")[rows]
    lost = [b for b, e in zip(begin, end, strict=True) if b is not None and e is None and b not in known]
    return pd.Series(lost, dtype=object).value_counts().sort_index()


def _groups(frame: pd.DataFrame, whose: Rows, rule: str) -> Rows:
    if rule == "all":
        return np.zeros(len(whose), dtype=np.int64)
    keys = [_column(frame, "circuit")[whose]]
    if rule == "feeder":
        keys.append(_column(frame, "from_id")[whose])
    told = pd.DataFrame({i: pd.Series(k, dtype=object) for i, k in enumerate(keys)})
    return np.asarray(told.groupby(list(told.columns), dropna=False, sort=False).ngroup(), dtype=np.int64)


def _heads(
    feeder: Rows,
    tips: tuple[Rows, Rows],
    places: tuple[Array, Array],
    at: Rows,
    spots: NDArray[np.object_],
    label: Rows,
) -> tuple[Rows, Array, Rows]:
    """Ways out of sources that lines name and no line draws: one from each source to each stretch of line of its own.

    Parameters
    ----------
    feeder
        Number of the source that each part names, negative for none.
    tips, places
        Nodes at the two ends of each part, and their places.
    at, spots
        Node and shape of each source.
    label
        Number of the connected part that each node is in.

    Returns
    -------
    tuple
        Node of the stretch that lies nearest to the source, m between the two, and number of the source.
    """
    fed = np.flatnonzero(feeder >= 0)
    none = np.empty(0, dtype=np.int64)
    if not len(fed):
        return none, np.empty(0), none
    ends, xy = np.concatenate([t[fed] for t in tips]), np.concatenate([p[fed] for p in places])
    source = np.tile(feeder[fed], 2)
    apart = label[ends] != label[at[source]]
    ends, source, xy = ends[apart], source[apart], xy[apart]
    away = xy - shapely.get_coordinates(shapely.centroid(spots))[source]
    far = np.hypot(away[:, 0], away[:, 1])
    order = np.lexsort((ends, far, source, label[ends]))
    key = np.stack([label[ends], source])[:, order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(key, axis=1) != 0).any(axis=0)
    chosen = order[first]
    return ends[chosen], far[chosen], source[chosen]
