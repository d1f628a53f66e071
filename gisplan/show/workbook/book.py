"""The whole workbook: tables in the order in which they need each other, sheets in the order in which they are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gisplan import vocabulary
from gisplan.show.workbook import looks
from gisplan.show.workbook.assumptions import write_assumptions
from gisplan.show.workbook.buildings import buildings_table, on_parcels
from gisplan.show.workbook.content import Content
from gisplan.show.workbook.figures import zones_table
from gisplan.show.workbook.land import write_land
from gisplan.show.workbook.notes import dictionary_table, write_sources
from gisplan.show.workbook.parcels import parcels_table
from gisplan.show.workbook.pieces import Cut, building_pieces, parcel_pieces
from gisplan.show.workbook.registers import (
    books_table,
    findings_tables,
    idle_table,
    idle_zones_table,
    infrastructure_table,
    issues_table,
)
from gisplan.show.workbook.score import Scores
from gisplan.show.workbook.summary import Summary
from gisplan.show.workbook.sums import Sums
from gisplan.show.workbook.table import Table
from gisplan.show.workbook.writer import Writer


@dataclass(frozen=True)
class Tables:
    """All tables, those that formulas run through first; None where a study does not have them."""

    zones: Table
    sums: Sums
    parcels: Table | None
    buildings: Table | None
    on_parcels: Table | None
    parcel_pieces: Cut | None
    building_pieces: Cut | None
    scores: Scores | None
    infrastructure: Table | None
    idle_zones: Table | None
    idle: Table | None
    findings: tuple[Table, Table, int] | None
    books: Table
    issues: Table

    def __iter__(self) -> Iterator[Table]:
        """All tables in the order of their sheets."""
        scores = (self.scores.table, self.scores.parts) if self.scores else ()
        cuts = (c.table for c in (self.parcel_pieces, self.building_pieces) if c)
        every = (
            self.zones,
            self.infrastructure,
            self.idle_zones,
            self.idle,
            *scores,
            *(self.findings or ())[:2],
            self.parcels,
            self.buildings,
            self.books,
            self.issues,
            self.sums.table,
            *cuts,
            self.on_parcels,
        )
        return (t for t in every if isinstance(t, Table))


def make_tables(content: Content) -> Tables:
    """Make the tables, each after those it looks into."""
    buildings = buildings_table(content)
    on = on_parcels(content, buildings) if buildings is not None else None
    parcels = parcels_table(content, on)
    lots = parcel_pieces(content, parcels) if parcels is not None else None
    houses = building_pieces(content, buildings, parcels) if buildings is not None else None
    sums = Sums(content, lots, houses)
    return Tables(
        zones=zones_table(content, sums, parcels),
        sums=sums,
        parcels=parcels,
        buildings=buildings,
        on_parcels=on[0] if on else None,
        parcel_pieces=lots,
        building_pieces=houses,
        scores=Scores(content) if content.intensity is not None else None,
        infrastructure=infrastructure_table(content, parcels),
        idle_zones=idle_zones_table(content, parcels),
        idle=idle_table(content),
        findings=findings_tables(content),
        books=books_table(content),
        issues=issues_table(content),
    )


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
    summary = Summary(writer)
    _figures(writer, tables)
    land = write_land(writer, tables.sums)
    _registers(writer, tables)
    write_assumptions(writer)
    _checks(writer, tables)
    sources = writer.add_sheet(content.sheet("sources"))
    _behind(writer, tables)
    write_sources(writer, sources, tables.findings[2] if tables.findings else 0)
    summary.fill(tables.sums, tables.zones, tables.parcels, land, [s.name for s in writer.book.worksheets()[1:]])
    writer.close()


def _sheet(writer: Writer, table: Table | None, key: str, note: str = "", **how: Any) -> None:
    """Write a table with a title, and what makes it easier to read."""
    if table is not None:
        name = writer.content.sheet(key)
        looks.add(writer, table, writer.table(table, f"{writer.content.title} — {name}", note, **how))


def _figures(writer: Writer, tables: Tables) -> None:
    _sheet(writer, tables.zones, "zones", writer.content.note("live"), frozen=3, color="#0b4f6c")
    _sheet(writer, tables.infrastructure, "infrastructure", frozen=4, color="#0b4f6c")


def _registers(writer: Writer, tables: Tables) -> None:
    content = writer.content
    caution = content.say(vocabulary.idle_caution()["long"])
    _sheet(writer, tables.idle_zones, "idle_zones", caution, filtered=False, frozen=3, color="#a70017")
    _sheet(writer, tables.idle, "idle", caution, frozen=1, color="#a70017")
    if tables.scores is not None:
        how: dict[str, Any] = {"filtered": False, "color": "#5b1a99"}
        _sheet(writer, tables.scores.table, "score", content.note("unverified"), frozen=3, **how)
        _sheet(writer, tables.scores.parts, "score_parts", content.note("unverified"), frozen=4, **how)
    if tables.findings is not None:
        short, full, left = tables.findings
        _sheet(writer, short, "rules", frozen=2, color="#5b1a99")
        _sheet(writer, full, "findings", content.note("listed", n=f"{left:,}"), frozen=2, color="#5b1a99")
    _sheet(writer, tables.parcels, "parcels", content.note("edit"), frozen=2, color="#5a7d3a")
    _sheet(writer, tables.buildings, "buildings", content.note("edit"), frozen=2, color="#5a7d3a")


def _checks(writer: Writer, tables: Tables) -> None:
    _sheet(writer, tables.books, "balance")
    _sheet(writer, tables.issues, "issues", frozen=1)
    _sheet(writer, dictionary_table(writer.content, tables), "dictionary", frozen=2)


def _behind(writer: Writer, tables: Tables) -> None:
    """Write the sheets that formulas run through: each feature split by zone, and the sums of the zones."""
    note = writer.content.note("order")
    how: dict[str, Any] = {"filtered": False, "color": "#9aa5aa"}
    _sheet(writer, tables.sums.table, "sums", note, frozen=2, **how)
    for cut, key in ((tables.parcel_pieces, "parcel_zone"), (tables.building_pieces, "building_zone")):
        _sheet(writer, cut.table if cut else None, key, note, **how)
    _sheet(writer, tables.on_parcels, "building_parcel", note, **how)
