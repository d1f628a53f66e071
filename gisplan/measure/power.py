"""Power from two sides: how many feeds reach each parcel, from which sources, and which single line they hang on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan.geometry.corridor import Corridors
from gisplan.geometry.flow import Hanging, hang, hung, meeting
from gisplan.geometry.pairs import shortest_pairs
from gisplan.measure.catalogue import Figures, indicator, missing, ratio
from gisplan.measure.grid import Grid, Mask, Rows, Rulebook, grid, standing_rows
from gisplan.measure.land import known_parcels
from gisplan.measure.survey import Survey

Array = NDArray[np.float64]

#: Pieces of line that are looked at, way by way, to see whether two ways are one corridor; parcels beyond are told of.
MOST_STEPS = 10_000_000

#: Why the feeds of a parcel are not known.
REASONS = ("ISLAND", "STATUS_UNKNOWN")


@dataclass(frozen=True)
class Feeds:
    """Feeds of each parcel; all arrays have the shape (parcels,).

    Attributes
    ----------
    feeds
        0, 1, or 2 for two and more; NaN where it is not known.
    planned
        The same once planned lines and sources are there.
    sources
        Ids of the sources that a way leads to, joined by a semicolon; None where there is none.
    common_corridor
        Whether two feeds run side by side most of their way; None where there are not two, or nobody looked.
    reason
        One of `REASONS` where the feeds are not known, else None.
    grid, hanging
        The live network, and how it hangs from its sources.
    meets
        Lowest node of the network under which all feeds of each parcel hang, −1 without any.
    unlooked
        How many parcels with two feeds were not looked at for a common corridor.
    """

    feeds: Array
    planned: Array
    sources: NDArray[np.object_]
    common_corridor: NDArray[np.object_]
    reason: NDArray[np.object_]
    grid: Grid
    hanging: Hanging
    meets: Rows
    unlooked: int


def has_feeds(survey: Survey) -> bool:
    """Whether a study has parcels, and sources and lines of power."""
    lines = survey.layers.layers.get("services.power")
    has_lines = lines is not None and lines.dimension == 1
    return survey.parcels is not None and "sources.power" in survey.layers.layers and has_lines


def feeds(survey: Survey) -> Feeds:
    """Feeds of every parcel of a study that `has_feeds`.

    Two feeds are two ways to two sources that share no piece of line. Every source hangs of one root by an edge of its
    own, which two ways that share no edge cannot both take: so two such ways from the root use two sources. By Menger
    they exist where no single edge parts all places at which the parcel may hang from the root, so one walk of the
    graph tells it of all parcels.
    """
    return survey.once("feeds of power", lambda: _feeds(survey))


def _feeds(survey: Survey) -> Feeds:
    plan = survey.plan.power
    rules = Rulebook(plan.join, plan.snap_m, plan.source_snap_m)
    live = grid(survey, "power", rules, "live")
    number, meets, hanging = _counted(survey, live)
    island = _on_island(survey, live)
    reason = np.full(len(number), None, dtype=object)
    reason[island & (number == 0)] = "ISLAND"
    later = live
    if _any(survey, "unknown"):
        most, _, _ = _counted(survey, grid(survey, "power", rules, "live", "unknown"))
        reason[(most > number) & (reason == None)] = "STATUS_UNKNOWN"  # noqa: E711
    if _any(survey, "planned"):
        later = grid(survey, "power", rules, "live", "planned")
    open_ = np.array([r is not None for r in reason], dtype=bool)
    planned, _, _ = (number, meets, hanging) if later is live else _counted(survey, later)
    corridor, unlooked = _corridors(live, number, plan.corridor_m, plan.corridor_share)
    return Feeds(
        np.where(open_, np.nan, number),
        np.where((planned == 0) & _on_island(survey, later), np.nan, planned),
        _sources(survey, live),
        corridor,
        reason,
        live,
        hanging,
        meets,
        unlooked,
    )


def _any(survey: Survey, standing: str) -> bool:
    return any(standing_rows(survey, f"{family}.power", standing).any() for family in ("services", "sources"))


def _parcels(survey: Survey) -> int:
    return len(survey.layers.layers["parcels"].frame)


def _counted(survey: Survey, live: Grid) -> tuple[Array, Rows, Hanging]:
    """Feeds of each parcel as drawn, the node under which they hang, and the walk of the graph."""
    hanging = hang(live.tail, live.head, size=live.size, root=live.root)
    meets = meeting(hanging, live.parcel, live.hook, size=_parcels(survey))
    number = np.where(meets < 0, 0.0, np.where(hanging.cuts[meets] == 0, 2.0, 1.0))
    return number, meets, hanging


def _on_island(survey: Survey, live: Grid) -> Mask:
    """Parcels within reach of a line that leads to no source."""
    out = np.zeros(_parcels(survey), dtype=bool)
    out[live.parcel[live.island[live.hook_part]]] = True
    return out


def _sources(survey: Survey, live: Grid) -> NDArray[np.object_]:
    ids = survey.layers.layers["sources.power"].frame["source_id"].astype(str).to_numpy(dtype=object)[live.source]
    out = np.full(_parcels(survey), None, dtype=object)
    label = live.component()
    there: dict[int, list[str]] = {}
    for name, at in zip(ids, label[live.source_node].tolist(), strict=True):
        there.setdefault(at, []).append(name)
    pairs = np.unique(np.stack([live.parcel, label[live.hook]]), axis=1)
    told: dict[int, set[str]] = {}
    for parcel, at in pairs.T.tolist():
        told.setdefault(parcel, set()).update(there.get(at, ()))
    for parcel, names in told.items():
        out[parcel] = ";".join(sorted(names)) or None
    return out


def _corridors(live: Grid, number: Array, distance: float, share: float) -> tuple[NDArray[np.object_], int]:
    """Whether the shortest two ways to each parcel with two feeds are one corridor."""
    out = np.full(len(number), None, dtype=object)
    two = number[live.parcel] == 2
    if not two.any():
        return out, 0
    order = np.lexsort((live.hook[two], live.parcel[two]))
    parcel, hook = live.parcel[two][order], live.hook[two][order]
    first = np.flatnonzero(np.diff(parcel, prepend=-1))
    places: dict[tuple[int, ...], list[int]] = {}
    for row, ends in zip(parcel[first].tolist(), np.split(hook, first[1:]), strict=True):
        places.setdefault(tuple(dict.fromkeys(ends.tolist())), []).append(row)
    pairs = shortest_pairs(live.tail, live.head, live.length, size=live.size, root=live.root, groups=list(places))
    joints = live.joints
    corridors = Corridors(live.parts, joints.part, joints.start, joints.stop, distance=distance)
    # The pieces of line are the first of the edges.
    line = len(joints.part)
    unlooked, steps = 0, 0
    for ways, rows in zip(pairs, places.values(), strict=True):
        assert ways is not None
        one, other = ([e for e in way if e < line] for way in ways)
        steps += len(one) + len(other)
        if steps > MOST_STEPS:
            unlooked += len(rows)
            continue
        beside = corridors.share(one, other)
        out[rows] = None if np.isnan(beside) else beside > share
    return out, unlooked


def weak_links(survey: Survey) -> pd.DataFrame:
    """Lines and sources whose loss alone cuts parcels off.

    Returns
    -------
    pandas.DataFrame
        One row a line or source, the most land first: ``kind`` (line, declared or source; declared is the way out of a
        source that ``from_id`` tells and nothing draws), ``id``, ``name``, ``parcels`` (cut off by its loss),
        ``area_ha`` (of them), ``cut_m`` (m of the line whose loss cuts any parcel off), ``parcel_ids`` (the first
        hundred).
    """
    found = feeds(survey)
    live, hanging = found.grid, found.hanging
    assert survey.parcels is not None
    below = np.flatnonzero((hanging.parent_edge >= 0) & hanging.is_bridge[hanging.parent_edge])
    has = found.meets >= 0
    area = np.nan_to_num(survey.parcels.area)
    lots = np.flatnonzero(has)
    count = hung(hanging, found.meets[lots], np.ones(len(lots)))[below]
    edge = hanging.parent_edge[below]
    cutting = count > 0.5
    below, edge = below[cutting], edge[cutting]
    if not len(edge):
        return pd.DataFrame({c: pd.Series(dtype=t) for c, t in _WEAK})
    kind = np.array(["line", "declared", "source"], dtype=object)[live.kind[edge]]
    # The pieces of one line cut off what hangs behind the first of them.
    groups = pd.DataFrame({"kind": kind, "row": live.row[edge], "node": below, "m": live.length[edge]})
    rows = []
    number = hanging.order[found.meets[lots]]
    by_number = np.argsort(number, kind="stable")
    sorted_numbers = number[by_number]
    layers = survey.layers.layers
    frames = {"line": layers["services.power"].frame, "source": layers["sources.power"].frame}
    frames["declared"] = frames["source"]
    parcel_ids = layers["parcels"].frame["parcel_id"]
    for (what, row), group in groups.groupby(["kind", "row"], sort=True):
        behind: set[int] = set()
        for node in group["node"]:
            low, high = np.searchsorted(sorted_numbers, [hanging.order[node], hanging.last[node] + 1])
            behind.update(lots[by_number[low:high]].tolist())
        frame = frames[str(what)]
        mine = sorted(behind)
        names = frame.get("name")
        rows.append(
            {
                "kind": what,
                "id": str(frame[_ID[str(what)]].iloc[row]),
                "name": None if names is None or pd.isna(names.iloc[row]) else str(names.iloc[row]),
                "parcels": len(mine),
                "area_ha": float(area[mine].sum()) / 10_000,
                "cut_m": float(group["m"].sum()) if what == "line" else np.nan,
                "parcel_ids": ";".join(str(parcel_ids.iloc[i]) for i in mine[:100]),
            }
        )
    out = pd.DataFrame(rows)
    order = {"source": 0, "declared": 1, "line": 2}
    return (
        out.assign(_=out["kind"].map(order))
        .sort_values(["area_ha", "_", "id"], ascending=[False, True, True], kind="stable")
        .drop(columns="_")
        .reset_index(drop=True)
    )


_ID = {"line": "feature_id", "source": "source_id", "declared": "source_id"}
_WEAK = (("kind", "str"), ("id", "str"), ("name", "str"), ("parcels", "int64"), ("area_ha", "float64"),
         ("cut_m", "float64"), ("parcel_ids", "str"))  # fmt: skip


@indicator(
    "dual_feed_area_share",
    unit="share",
    group="services",
    zh="双回路供电面积占比",
    en="Land with power from two sides",
    listed=["parcels", "sources.power", "services.power"],
    formula_zh="有两路互不共线、来自两个电源的供电的宗地面积 ÷ 宗地面积",
    formula_en="Area of parcels with two ways to two sources that share no line ÷ parcel area",
)
def dual_feed_area_share(survey: Survey) -> Figures:
    """Share of the parcel land with power from two sides.

    Formula
    -------
    Σ area of parcels with two feeds ÷ Σ area of parcels whose feeds are known. Two feeds are two ways along live lines,
    from lines within reach of the parcel to two different sources, that have no piece of line in common: a maximum flow
    of at least 2 with every piece of line and every source of capacity 1.

    Zero
    ----
    There are sources, and no parcel has two feeds.

    Missing
    -------
    No parcels in the zone, no lines of power, or no parcel whose feeds are known: lines that lead to no source tell
    nothing.

    Source
    ------
    双回路供电 as in GB 50052-2009 for loads of the first and second class (unverified); the flow is gisplan's own form.
    """
    assert survey.parcels is not None
    if not has_feeds(survey):
        return missing(survey.zones, "INPUT_MISSING:lines of power")
    found = feeds(survey)
    area = np.where(found.feeds == 2, survey.parcels.area, 0.0)
    area = np.where(np.isnan(found.feeds) | np.isnan(survey.parcels.area), np.nan, area)
    top, land, used, lacking, share = known_parcels(survey, area)
    return ratio(top, land, n_used=used, n_missing=lacking, known_share=share)


def parcel_columns(survey: Survey) -> dict[str, NDArray[np.object_] | Array | pd.Series]:
    """Columns of the table of parcels: feeds now and as planned, sources, corridor, why they are not known."""
    if not has_feeds(survey):
        return {}
    found = feeds(survey)
    return {
        "power_feeds": pd.array(found.feeds, dtype="Int64").to_numpy(dtype=object, na_value=None),
        "power_feeds_planned": pd.array(found.planned, dtype="Int64").to_numpy(dtype=object, na_value=None),
        "power_sources": found.sources,
        "common_corridor": found.common_corridor,
        "power_reason": found.reason,
    }
