"""plan.toml → Plan: typed, unknown keys refused with the nearest valid name, every fault reported at once."""

from __future__ import annotations

from gisplan.plan.basemap import Basemap
from gisplan.plan.checks import Checks
from gisplan.plan.file import load_plan, parse_plan
from gisplan.plan.layers import (
    Batches,
    Buildings,
    InService,
    Layers,
    NetworkSource,
    Parcels,
    Roads,
    RoadSurfaces,
    ServiceLayer,
    Works,
    Zones,
)
from gisplan.plan.levelling import Levelling
from gisplan.plan.map import MapOptions
from gisplan.plan.networks import Capacity, Links, Power
from gisplan.plan.sources import ColumnSource, Ledger
from gisplan.plan.tables import Assumptions, Header, Plan
from gisplan.plan.targets import Supply, Target, TargetFile
from gisplan.plan.terrain import GreenRaster, Terrain
from gisplan.plan.values import Text, nearest

__all__ = [
    "Assumptions",
    "Basemap",
    "Batches",
    "Buildings",
    "Capacity",
    "Checks",
    "ColumnSource",
    "GreenRaster",
    "Header",
    "InService",
    "Layers",
    "Ledger",
    "Levelling",
    "Links",
    "MapOptions",
    "NetworkSource",
    "Parcels",
    "Plan",
    "Power",
    "RoadSurfaces",
    "Roads",
    "ServiceLayer",
    "Supply",
    "Target",
    "TargetFile",
    "Terrain",
    "Text",
    "Works",
    "Zones",
    "load_plan",
    "nearest",
    "parse_plan",
]
