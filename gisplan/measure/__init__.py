"""Layers → values by zone: every layer is cut once, every figure is a sum over the pieces."""

from __future__ import annotations

from gisplan.measure import (
    accessibility,
    blocks,
    buildings,
    capacity,
    economy,
    frontage,
    green,
    growth,
    idle_buildings,
    junctions,
    land,
    level_shares,
    levelling,
    power,
    road_works,
    roads,
    services,
    structure,
    supply,
    terrain,
    trunks,
    works,
)
from gisplan.measure.balance import balance, require_closed
from gisplan.measure.catalogue import GROUPS, Indicator, Measured, evaluate, register, require_indicator
from gisplan.measure.explain import Explained, explain
from gisplan.measure.gaps import gap_list
from gisplan.measure.ladder import ladder_of
from gisplan.measure.levelling_work import Earthwork, earthwork
from gisplan.measure.quality import found, placed
from gisplan.measure.survey import Survey, make_survey

#: Modules that enter indicators into the register when they are imported.
THEMES = (
    land,
    buildings,
    idle_buildings,
    economy,
    roads,
    junctions,
    blocks,
    frontage,
    trunks,
    road_works,
    services,
    level_shares,
    power,
    capacity,
    accessibility,
    supply,
    structure,
    growth,
    works,
    terrain,
    levelling,
    green,
)

__all__ = [
    "GROUPS",
    "THEMES",
    "Earthwork",
    "Explained",
    "Indicator",
    "Measured",
    "Survey",
    "balance",
    "earthwork",
    "evaluate",
    "explain",
    "found",
    "gap_list",
    "ladder_of",
    "make_survey",
    "placed",
    "register",
    "require_closed",
    "require_indicator",
]
