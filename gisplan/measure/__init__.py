"""Layers → values by zone: every layer is cut once, every figure is a sum over the pieces."""

from __future__ import annotations

from gisplan.measure import (
    buildings,
    capacity,
    economy,
    growth,
    idle_buildings,
    land,
    level_shares,
    power,
    roads,
    services,
    structure,
    supply,
)
from gisplan.measure.balance import balance, require_closed
from gisplan.measure.catalogue import GROUPS, Indicator, Measured, evaluate, register
from gisplan.measure.gap_list import gap_list
from gisplan.measure.ladder import ladder_of
from gisplan.measure.quality import found, placed
from gisplan.measure.survey import Survey, make_survey

#: Modules that enter indicators into the register when they are imported.
THEMES = (
    land,
    buildings,
    idle_buildings,
    economy,
    roads,
    services,
    level_shares,
    power,
    capacity,
    supply,
    structure,
    growth,
)

__all__ = [
    "GROUPS",
    "THEMES",
    "Indicator",
    "Measured",
    "Survey",
    "balance",
    "evaluate",
    "found",
    "gap_list",
    "ladder_of",
    "make_survey",
    "placed",
    "register",
    "require_closed",
]
