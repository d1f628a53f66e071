"""The layers of a study as the map shows them: which columns may be seen, and how each layer can be coloured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from gisplan.assess import PublicWorks
from gisplan.measure import Earthwork, Measured, Survey
from gisplan.show.map_layers import MapClass, MapColouring, MapColumn, MapLayer
from gisplan.show.study_networks import link_layers, service_layers, source_layers
from gisplan.show.study_parcels import STATES, parcel_layer, zone_names, zones_of
from gisplan.show.study_works import block_layers, levelling_layers, place_layers, road_layers, work_layers

__all__ = ["STATES", "Assessed", "study_layers", "zone_layer", "zone_names"]


@dataclass(frozen=True)
class Assessed:
    """What a study has found beyond its survey that has places of its own; None where it has not.

    Attributes
    ----------
    links
        Suggested extensions of networks, with lines (``links.csv``).
    works
        Public works.
    capacity, weak_links
        Loads against capacities, and what cuts parcels off (``capacity.csv`` and ``power_weak_links.csv``).
    levelling
        Pieces of land to be levelled.
    """

    links: gpd.GeoDataFrame | None = None
    works: PublicWorks | None = None
    capacity: pd.DataFrame | None = None
    weak_links: pd.DataFrame | None = None
    levelling: Earthwork | None = None


def study_layers(
    survey: Survey,
    parcels: pd.DataFrame | None,
    *,
    beside: gpd.GeoDataFrame | None = None,
    assessed: Assessed | None = None,
) -> list[MapLayer]:
    """Every layer of a study, polygons first.

    Parameters
    ----------
    survey
        What was measured of each feature.
    parcels
        Table of the parcels (see `gisplan.measure.tables.parcels`).
    beside
        The parcels of another run, whose classes get a colour too.
    assessed
        What else has places of its own.
    """
    found, crs = assessed or Assessed(), survey.layers.crs
    return [
        *([] if parcels is None else [parcel_layer(survey, parcels, beside)]),
        *_buildings(survey),
        *levelling_layers(found.levelling, crs),
        *block_layers(survey),
        *road_layers(survey),
        *service_layers(survey, found.capacity, found.weak_links),
        *link_layers(found.links, survey),
        *work_layers(found.works, crs),
        *place_layers(survey),
        *source_layers(survey, found.capacity, found.weak_links),
    ]


def zone_layer(zones: gpd.GeoDataFrame, measured: Sequence[Measured]) -> MapLayer:
    """Zones with their indicators as they are kept, each a way to colour them.

    Parameters
    ----------
    zones
        Columns zone_id, name and geometry.
    measured
        The indicators, in order; those that no zone has are left out.
    """
    known = [m for m in measured if not np.isnan(m.figures.value).all()]
    # One by one, pandas would warn of so many columns.
    figures = pd.DataFrame({m.id: m.figures.value for m in known}, index=zones.index)
    frame = zones[["zone_id", "name", "geometry"]].join(figures)
    ways = tuple(MapColouring(m.id, m.labels["zh"], m.labels["en"], m.id, unit=m.unit) for m in known)
    columns = (MapColumn("zone_id", "分区编号", "Zone id"), MapColumn("name", "分区名称", "Name"), *(
        MapColumn(m.id, m.labels["zh"], m.labels["en"], m.unit) for m in known
    ))  # fmt: skip
    return MapLayer("zones", "分区", "Zones", frame, columns, ways)


def _buildings(survey: Survey) -> list[MapLayer]:
    if survey.buildings is None:
        return []
    frame = survey.pieces["buildings"].frame
    known = frame.assign(floor_area_m2=survey.buildings.floor_area, zone=zones_of(survey, "buildings"))
    columns = [
        MapColumn("building_id", "建筑编号", "Building", search=True),
        MapColumn("name", "建筑名称", "Name", search=True),
        MapColumn("use", "用途", "Use", filter=True),
        MapColumn("floors", "层数", "Floors"),
        MapColumn("height_m", "高度", "Height", "m"),
        MapColumn("area_m2", "基底面积", "Footprint", "m²"),
        MapColumn("floor_area_m2", "建筑面积", "Floor area", "m²"),
        MapColumn("zone", "所在分区", "Zone", filter=True),
    ]
    return [
        MapLayer(
            "buildings",
            "建筑",
            "Buildings",
            known,
            tuple(c for c in columns if c.name in known and known[c.name].notna().any()),
            (
                MapColouring(
                    "", "建筑", "Buildings", classes=(MapClass("", "建筑基底", "Building footprint", "#5b5b66"),)
                ),
            ),
            shown=False,
            size_column="area_m2",
        )
    ]
