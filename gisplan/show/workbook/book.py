"""The whole workbook: tables in the order in which they need each other, sheets in the order in which they are read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gisplan.show.workbook.assumptions import write_assumptions
from gisplan.show.workbook.buildings import buildings_table, on_parcels
from gisplan.show.workbook.content import Content
from gisplan.show.workbook.figures import zones_table
from gisplan.show.workbook.parcels import parcels_table
from gisplan.show.workbook.pieces import Cut, building_pieces, parcel_pieces
from gisplan.show.workbook.score import Scores
from gisplan.show.workbook.sums import Sums
from gisplan.show.workbook.table import Table
from gisplan.show.workbook.writer import Writer


@dataclass(frozen=True)
class Tables:
    """The tables that formulas run through."""

    zones: Table
    sums: Sums
    parcels: Table | None
    buildings: Table | None
    on_parcels: Table | None
    parcel_pieces: Cut | None
    building_pieces: Cut | None
    scores: Scores | None


def make_tables(content: Content) -> Tables:
    """Make the tables that formulas run through, each after those it looks into."""
    buildings = buildings_table(content)
    on = on_parcels(content, buildings) if buildings is not None else None
    parcels = parcels_table(content, on)
    lots = parcel_pieces(content, parcels) if parcels is not None else None
    houses = building_pieces(content, buildings, parcels) if buildings is not None else None
    sums = Sums(content, lots, houses)
    zones = zones_table(content, sums, parcels)
    scores = Scores(content) if content.intensity is not None else None
    return Tables(zones, sums, parcels, buildings, on[0] if on else None, lots, houses, scores)


def write_workbook(content: Content, file: Path) -> None:
    """Write ``report.xlsx``.

    Parameters
    ----------
    content
        What it is made from.
    file
        Where; its folder takes the parts of the file while it is made.
    """
    tables = make_tables(content)
    writer = Writer(content, file)
    writer.table(tables.zones, content.title, frozen=3, wide=0)
    if tables.scores is not None:
        writer.table(tables.scores.table, content.title, filtered=False, wide=0, frozen=3)
        writer.table(tables.scores.parts, content.title, filtered=False)
    if tables.parcels is not None:
        writer.table(tables.parcels, content.title, wide=0, frozen=2)
    if tables.buildings is not None:
        writer.table(tables.buildings, content.title, frozen=2)
    write_assumptions(writer)
    writer.table(tables.sums.table, content.title, filtered=False, wide=0, frozen=2)
    for cut in (tables.parcel_pieces, tables.building_pieces):
        if cut is not None:
            writer.table(cut.table, content.title, filtered=False)
    if tables.on_parcels is not None:
        writer.table(tables.on_parcels, content.title, filtered=False)
    writer.close()
