"""Layers → values by zone: every layer is cut once, every figure is a sum over the pieces."""

from __future__ import annotations

from gisplan.measure import (
    buildings,
    economy,
    green,
    growth,
    idle_buildings,
    land,
    levelling,
    roads,
    services,
    structure,
    supply,
    terrain,
)
from gisplan.measure.balance import balance, require_closed
from gisplan.measure.catalogue import GROUPS, Indicator, Measured, evaluate, register
from gisplan.measure.levelling_work import Earthwork, earthwork
from gisplan.measure.quality import found, placed
from gisplan.measure.survey import Survey, make_survey

#: Modules that enter indicators into the register when they are imported.
THEMES = (
    land, buildings, idle_buildings, economy, roads, services, supply, structure, growth, terrain, levelling, green,
)  # fmt: skip

__all__ = [
    "GROUPS",
    "THEMES",
    "Earthwork",
    "Indicator",
    "Measured",
    "Survey",
    "balance",
    "earthwork",
    "evaluate",
    "found",
    "make_survey",
    "placed",
    "register",
    "require_closed",
]
