"""Cheapest links: where a network, extended along the roads, serves most idle land for its length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan.assess.idle import Array
from gisplan.assess.links_search import Search
from gisplan.errors import counted, first_ids
from gisplan.geometry import build_network
from gisplan.issues import Issue
from gisplan.measure import Survey
from gisplan.measure.reach import NO, reach_of, serving

#: Columns of ``links.csv``.
COLUMNS = ("link_id", "service", "rank", "begins_at", "length_m", "parcels", "area_ha", "idle_ha", "ha_per_km",
           "idle_ha_per_km", "cost_wan", "cost_wan_per_ha", "roads", "parcel_ids")  # fmt: skip


@dataclass(frozen=True)
class Links:
    """Extensions that serve parcels without a service.

    Attributes
    ----------
    table
        One row a link with its line, services in the plan's order, within each in the order in which they are best
        built; see `COLUMNS`. ``begins_at`` is the main it starts from, or the earlier link. ``length_m`` includes the
        straight way from the main to the road. ``area_ha`` is of all parcels it newly serves, ``idle_ha`` of those
        that stand idle; costs are missing where the plan gives no unit cost.
    suggested
        Link that serves each parcel: ``parcel_id, service, link_id``.
    left
        By service: parcels without it for which there is no link, as ``no_road``, ``no_way`` and ``beyond`` (the limit
        of links was reached), with their ids.
    mainless
        Services of which no main is in service.
    """

    table: gpd.GeoDataFrame
    suggested: pd.DataFrame
    left: dict[str, dict[str, list[str]]]
    mainless: list[str]


def assess_links(survey: Survey, idle: pd.DataFrame | None) -> Links | None:
    """Find the links of a study; None where the plan asks for none, or there are no roads or parcels.

    The link that serves most idle land per metre comes first, and of those nearly as good the one that serves most;
    what it adds to the network is there for the next, which therefore costs less. Once no idle land is left, all land
    counts. So the order is greedy: each link is the best next one, not part of a best whole.

    Parameters
    ----------
    survey
        The measured study.
    idle
        Its idle-land register, one row a parcel; without one, parcels that are vacant count as idle.
    """
    plan = survey.plan.links
    if plan is None or survey.parcels is None or "roads" not in survey.layers.layers:
        return None
    lots = survey.layers.layers["parcels"].frame
    roads = survey.layers.layers["roads"].frame
    network = build_network(np.asarray(roads.geometry.array), length=roads["length_m"].to_numpy(dtype=float))
    area = np.nan_to_num(survey.parcels.area) / 10_000
    stands_idle = _idle(survey, idle)
    rows: list[dict[str, object]] = []
    suggested: list[tuple[str, str, str]] = []
    left: dict[str, dict[str, list[str]]] = {}
    mainless = []
    ids = lots["parcel_id"].astype(str).to_numpy(dtype=object)
    for service in linkable(survey):
        frame = survey.layers.layers[f"services.{service}"].frame
        live = np.flatnonzero(serving(frame))
        if not len(live):
            mainless.append(service)
            continue
        lacking = np.flatnonzero(survey.reaches[service].state == NO)
        mains = np.asarray(frame.geometry.array)[live]
        search = Search(network, mains, np.asarray(lots.geometry.array)[lacking], reach_of(survey.plan, service))
        names = frame["feature_id"].astype(str).to_numpy(dtype=object)[live]
        hectares, idle_part = area[lacking], np.where(stands_idle[lacking], area[lacking], 0.0)
        for k, link in enumerate(search.run(hectares, idle_part, plan.limit, plan.least_yield), start=1):
            mine = lacking[link.parcels]
            suggested += [(i, service, f"{service}-{k}") for i in ids[mine]]
            rows.append(
                {
                    "link_id": f"{service}-{k}",
                    "service": service,
                    "rank": k,
                    "begins_at": f"{service}-{link.after + 1}" if link.after >= 0 else names[link.main],
                    "length_m": link.length,
                    **_sums(link.length, area[mine], stands_idle[mine], plan.unit_cost.get(service)),
                    "roads": _names(roads, link.lines),
                    "parcel_ids": ";".join(ids[mine]),
                    "geometry": link.shape,
                }
            )
        left[service] = {why: list(ids[lacking[some]]) for why, some in search.left().items() if len(some)}
    drawn = pd.DataFrame(rows, columns=[*COLUMNS, "geometry"])
    table = gpd.GeoDataFrame(drawn, geometry="geometry", crs=survey.layers.crs)
    return Links(table, pd.DataFrame(suggested, columns=["parcel_id", "service", "link_id"]), left, mainless)


def linkable(survey: Survey) -> list[str]:
    """Services that links are sought for: those the plan names, else all drawn as lines."""
    plan = survey.plan.links
    asked = list(plan.services) if plan is not None and plan.services else list(survey.plan.layers.services)
    return [s for s in asked if s != "road" and survey.layers.layers[f"services.{s}"].dimension == 1]


def with_links(gaps: pd.DataFrame | None, links: Links | None) -> pd.DataFrame | None:
    """List of gaps (``parcel_id``, ``service``, …) with the link that would close each, in ``suggested_link``."""
    if gaps is None or links is None:
        return gaps
    by = {(r.parcel_id, r.service): r.link_id for r in links.suggested.itertuples()}
    told = [by.get(key) for key in zip(gaps["parcel_id"].astype(str), gaps["service"], strict=True)]
    return gaps.assign(suggested_link=pd.array(told, dtype=object))


def _idle(survey: Survey, idle: pd.DataFrame | None) -> NDArray[np.bool_]:
    assert survey.parcels is not None
    if idle is None:
        return np.asarray(survey.parcels.state == "vacant", dtype=bool)
    return np.asarray(idle["idle_class"].fillna("").astype(str).str.startswith("IDLE"), dtype=bool)


def _sums(length: float, area: Array, stands_idle: NDArray[np.bool_], unit: float | None) -> dict[str, object]:
    whole, idle = float(area.sum()), float(area[stands_idle].sum())
    km = length / 1000
    cost = np.nan if unit is None else unit * km
    return {
        "parcels": len(area),
        "area_ha": whole,
        "idle_ha": idle,
        "ha_per_km": whole / km if km > 0 else np.nan,
        "idle_ha_per_km": idle / km if km > 0 else np.nan,
        "cost_wan": cost,
        "cost_wan_per_ha": cost / whole if whole > 0 else np.nan,
    }


def _names(roads: gpd.GeoDataFrame, lines: Sequence[int]) -> str:
    """Names of the roads a link goes along, ids where they have none."""
    ids = roads["road_id"]
    told = [
        str(roads["name"].iloc[i]) if "name" in roads and pd.notna(roads["name"].iloc[i]) else ids.iloc[i]
        for i in lines
    ]
    return ";".join(dict.fromkeys(told))


def link_issues(links: Links) -> list[Issue]:
    """Say which parcels no link serves, and why."""
    out = []
    why: dict[str, tuple[str, str, str, Literal["planner", "supplier"]]] = {
        "no_road": ("LINK_NO_ROAD", "have no road within reach", "Draw the road that is to serve them.", "supplier"),
        "no_way": ("LINK_NO_WAY", "lie on roads that lead to no main in service", "Check the roads.", "supplier"),
        "beyond": (
            "LINK_BEYOND_LIMIT",
            "are left when all links allowed are told",
            "Raise limit in [links].",
            "planner",
        ),
    }
    for service in links.mainless:
        told = "No main is in service, so no link can begin anywhere."
        out.append(
            Issue("LINK_NO_MAIN", "warning", f"services.{service}", 0, told, "Check status and dates.", "supplier")
        )
    for reason, (code, words, remedy, who) in why.items():
        lacking: dict[str, list[str]] = {}
        for service, by in links.left.items():
            for parcel in by.get(reason, ()):
                lacking.setdefault(parcel, []).append(service)
        if lacking:
            listed = [f"{parcel} ({', '.join(services)})" for parcel, services in lacking.items()]
            told = f"{counted(len(listed), 'parcel')} without a service {words}: {first_ids(listed)}."
            out.append(Issue(code, "note", "parcels", len(listed), told, remedy, who, listed, list(lacking)))
    return out
