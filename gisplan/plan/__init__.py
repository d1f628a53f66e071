"""plan.toml → Plan: typed, unknown keys refused with the nearest valid name, every fault reported at once."""

from __future__ import annotations

from gisplan.plan.basemap import Basemap
from gisplan.plan.checks import Checks
from gisplan.plan.file import load_plan, parse_plan
from gisplan.plan.layers import (
    Batches,
    Buildings,
    Layers,
    Parcels,
    Roads,
    RoadSurfaces,
    ServiceLayer,
    Terrain,
    Zones,
)
from gisplan.plan.map import MapOptions
from gisplan.plan.sources import ColumnSource, Ledger
from gisplan.plan.tables import Assumptions, Header, Plan
from gisplan.plan.targets import Supply, Target, TargetFile
from gisplan.plan.values import Text, nearest

__all__ = [
    "Assumptions",
    "Basemap",
    "Batches",
    "Buildings",
    "Checks",
    "ColumnSource",
    "Header",
    "Layers",
    "Ledger",
    "MapOptions",
    "Parcels",
    "Plan",
    "RoadSurfaces",
    "Roads",
    "ServiceLayer",
    "Supply",
    "Target",
    "TargetFile",
    "Terrain",
    "Text",
    "Zones",
    "load_plan",
    "nearest",
    "parse_plan",
]
