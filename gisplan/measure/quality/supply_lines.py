"""Networks of supply that do not hang together as drawn: islands, sources on no line, capacities of nothing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gisplan.errors import counted, first_ids
from gisplan.geometry import sum_by
from gisplan.issues import Issue
from gisplan.measure import capacity, power
from gisplan.measure.grid import HEAD, LINE, Grid
from gisplan.measure.survey import Survey, column


def feeds(survey: Survey) -> list[Issue]:
    """What of the power network keeps the feeds of parcels from being known, or was taken for granted."""
    if "sources.power" not in survey.layers.layers:
        return []
    lines = survey.layers.layers["services.power"]
    if lines.dimension != 1:
        told = "The layer holds no lines, so nothing tells how parcels are fed."
        return [
            Issue("POWER_NO_LINES", "warning", "services.power", len(lines.frame), told, "Give the feeders as lines.")
        ]
    if survey.parcels is None:
        return []
    found = power.feeds(survey)
    out = list(_network(survey, "power", found.grid))
    lots = survey.layers.layers["parcels"].frame["parcel_id"].astype(str)
    for reason, what in (
        ("ISLAND", "hang on lines alone that lead to no source"),
        ("STATUS_UNKNOWN", "have feeds that depend on lines or sources of unknown status"),
    ):
        mine = list(lots[found.reason == reason])
        if mine:
            told = f"{counted(len(mine), 'parcel')} {what}, so their feeds are not known: {first_ids(mine)}."
            out.append(
                Issue(f"FEEDS_{reason}", "warning", "parcels", len(mine), told, "Mend the network.", features=mine)
            )
    if found.unlooked:
        told = f"{counted(found.unlooked, 'parcel')} with two feeds were not looked at for a common corridor: too many."
        out.append(Issue("CORRIDOR_UNLOOKED", "note", "parcels", found.unlooked, told))
    return out


def loads(survey: Survey) -> list[Issue]:
    """What of the networks and of the parcels keeps loads from being whole."""
    out: list[Issue] = []
    for service in survey.plan.capacity:
        layer = f"services.{service}"
        if not capacity.can_load(survey, service):
            told = "Its loads cannot be told: they need parcels, and the service as lines."
            out.append(Issue("LOADS_NOT_TOLD", "warning", layer, 0, told, "Give these layers.", "planner"))
            continue
        found = capacity.loads(survey, service)
        if service != "power":
            out += _network(survey, service, found.grid)
        out += _capacities(survey, service, found)
        out += _demand(survey, service, found)
    return out


def _network(survey: Survey, service: str, live: Grid) -> Iterator[Issue]:
    """Islands, declared ways, and names and sources that lead nowhere."""
    layer, sources = f"services.{service}", f"sources.{service}"
    lines, stations = survey.layers.layers[layer].frame, survey.layers.layers[sources].frame
    if not len(live.source):
        n = len(stations)
        told = f"None of {counted(n, 'source')} is in service on the plan's day: no way leads to one."
        yield Issue("SOURCES_NOT_LIVE", "warning", sources, n, told, "Check status and dates.")
    heads = np.flatnonzero(live.kind == HEAD)
    if len(heads):
        counts = sum_by(live.row[heads], size=len(stations))
        far = float(live.length[heads].max())
        listed = [f"{stations['source_id'].iloc[i]} ({int(counts[i])})" for i in np.flatnonzero(counts)]
        yield Issue(
            "WAYS_DECLARED",
            "note",
            sources,
            len(heads),
            f"{counted(len(heads), 'stretch', 'stretches')} of line that no line joins to the source their "
            f"from_id names, taken as joined to it, up to {far:,.0f} m away: {first_ids(listed)}.",
            "Draw the ways out of the sources.",
            features=listed,
            ids=[str(stations["source_id"].iloc[i]) for i in np.flatnonzero(counts)],
        )
    if len(live.nameless):
        n = int(live.nameless.sum())
        told = first_ids([f"{name} ({k:,})" for name, k in live.nameless.items()])
        yield Issue(
            "SOURCE_NAME_UNKNOWN",
            "warning",
            layer,
            n,
            f"{counted(n, 'line')} from sources that [layers.{sources}] does not have: {told}.",
            "Add the sources, or correct from_id.",
        )
    if len(live.source) and live.island.any():
        rows = np.unique(live.whose[live.island])
        ids = [str(i) for i in lines["feature_id"].iloc[rows]]
        km = float(live.length[(live.kind == LINE)][live.island[live.joints.part]].sum()) / 1000
        yield Issue(
            "LINES_ON_ISLAND",
            "warning",
            layer,
            len(rows),
            f"{counted(len(rows), 'line')} ({km:,.1f} km) in service lead to no source as drawn: {first_ids(ids)}.",
            "Join them, name their source in from_id, or raise snap_m.",
            features=ids,
        )
    if len(live.lonely):
        ids = [str(i) for i in stations["source_id"].iloc[live.lonely]]
        yield Issue(
            "SOURCE_ON_NO_LINE",
            "warning",
            sources,
            len(ids),
            f"{counted(len(ids), 'source')} that no line in service touches or names: {first_ids(ids)}.",
            "Draw the way out, or raise source_snap_m.",
            features=ids,
        )


def _capacities(survey: Survey, service: str, found: capacity.Loads) -> Iterator[Issue]:
    for layer, id_ in ((f"sources.{service}", "source_id"), (f"services.{service}", "feature_id")):
        frame = survey.layers.layers[layer].frame
        none = column(frame, "capacity") <= 0
        if none.any():
            ids = [str(i) for i in frame[id_][none]]
            yield Issue(
                "CAPACITY_ZERO",
                "warning",
                layer,
                len(ids),
                f"{counted(len(ids), 'record')} with a capacity of 0 or less, taken as not known: {first_ids(ids)}.",
                "Fill in the capacity, or the status of what is out of service.",
                features=ids,
            )
    over = found.table[found.table["flags"].str.contains("OVER")]
    if len(over):
        listed = [f"{r.kind} {r.id} ({r.utilisation * 100:,.0f} %)" for r in over.itertuples()]
        behind = sum(b is not None for b in found.bottleneck)
        yield Issue(
            "OVERLOADED",
            "warning",
            f"services.{service}",
            len(over),
            f"{counted(len(over), 'line or source', 'lines or sources')} under more load than capacity, with "
            f"{counted(behind, 'parcel')} behind: {first_ids(listed)}.",
            "See capacity.csv.",
            features=listed,
            ids=[str(i) for i in over["id"]],
        )


def _demand(survey: Survey, service: str, found: capacity.Loads) -> Iterator[Issue]:
    ids = survey.layers.layers["parcels"].frame["parcel_id"].astype(str)
    assert survey.parcels is not None
    unknown = np.isnan(found.demand)
    if unknown.any():
        kinds = [str(k) for k in survey.parcels.land_class[unknown]]
        told = first_ids([f"{k} ({kinds.count(k):,})" for k in sorted(set(kinds))], limit=20)
        yield Issue(
            "DEMAND_UNKNOWN",
            "note",
            "parcels",
            int(unknown.sum()),
            f"{counted(int(unknown.sum()), 'parcel')} of which nothing tells the demand of {service}, in no load: "
            f"{told}.",
            f"Give demand_{service} in the register, or per_ha by class in [capacity.{service}].",
            "planner",
            features=list(ids[unknown]),
        )
    apart = ~found.connected & (found.demand > 0)
    if apart.any():
        whole = float(found.demand[apart].sum())
        yield Issue(
            "DEMAND_UNCONNECTED",
            "note",
            "parcels",
            int(apart.sum()),
            f"{counted(int(apart.sum()), 'parcel')} with a demand of {whole:,.4g} {survey.plan.capacity[service].unit} "
            f"and no way to a source of {service}, in no load: {first_ids(list(ids[apart]))}.",
            "",
            features=list(ids[apart]),
        )
