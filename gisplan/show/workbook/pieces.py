"""Parts of parcels and buildings in zones: what every sum of a zone is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from gisplan.measure.economy import AMOUNTS
from gisplan.measure.pieces import Pieces
from gisplan.measure.survey import column
from gisplan.show.workbook.buildings import row_of
from gisplan.show.workbook.content import Content, labels, told
from gisplan.show.workbook.parcels import area_column
from gisplan.show.workbook.table import Column, Table

#: Words of what has no class; conditions of sums cannot ask for an empty cell.
NONE = "none"

_AREA: Mapping[str, Any] = {"unit": "m²", "style": "m2", "width": 14}


class Cut:
    """Parts of one layer in zones, sorted by zone.

    Attributes
    ----------
    table
        The parts.
    feature, share
        Record and share of each part.
    starts
        Where the parts of each zone begin, and the end of the last.
    """

    def __init__(self, pieces: Pieces, table: Table, of: Table, number: str) -> None:
        order = np.lexsort((pieces.feature, pieces.zone))
        self.table, self.of = table, of
        self.feature, self.share = pieces.feature[order], pieces.share[order]
        zone = pieces.zone[order]
        self.starts = np.searchsorted(zone, np.arange(pieces.zones + 1))
        table.add(Column(number, labels(number), self.feature + 1, style="count"))
        table.add(Column("zone_no", labels("zone_no"), zone + 1, style="count"))
        table.add(Column("share", labels("share"), self.share, style="share9"))
        row_of(table, of, self.feature, number)

    def rows(self, zone: int) -> range:
        """Rows of a zone's parts."""
        return range(int(self.starts[zone]), int(self.starts[zone + 1]))

    def part(self, name: str, source: str, amount: np.ndarray, heading: Mapping[str, str], **more: Any) -> None:
        """Add a part of an amount: share × the feature's."""
        at, share = self.table.cell("row"), self.table.cell("share")

        def make(p: int) -> str:
            given = self.of.named(source, p)
            return f'IF(INDEX({given},{at})="","",{share}*INDEX({given},{at}))'

        values = self.share * amount[self.feature]
        formula = self.of.fetching(make, self.feature)
        self.table.add(Column(name, heading, values, formula=formula, told=told("part"), **more))

    def word(self, name: str, source: str, values: Any) -> None:
        """Add a class of the feature, `NONE` where it has none."""
        at = self.table.cell("row")

        def make(p: int) -> str:
            given = self.of.named(source, p)
            return f'IF(INDEX({given},{at})="","{NONE}",INDEX({given},{at}))'

        own = pd.Series(values, dtype=object)
        own = own.where(own.notna() & (own != ""), NONE)
        formula = self.of.fetching(make, self.feature)
        shown = own.to_numpy(dtype=object)[self.feature]
        self.table.add(Column(name, labels(name), shown, "text", formula=formula, told=told("piece")))

    def flag(self, name: str, source: str, values: np.ndarray, heading: Mapping[str, str]) -> None:
        """Add whether something is so of the feature: 1 or 0."""
        at = self.table.cell("row")
        formula = self.of.fetching(lambda p: f"IF(INDEX({self.of.named(source, p)},{at}),1,0)", self.feature)
        shown = values.astype(float)[self.feature]
        self.table.add(Column(name, heading, shown, formula=formula, style="count", width=9, told=told("piece")))


def parcel_pieces(content: Content, parcels: Table) -> Cut:
    """Parts of the parcels in zones, with all of theirs that zones sum."""
    survey, given = content.survey, content.parcels
    known = survey.parcels
    assert known is not None
    assert given is not None
    cut = Cut(
        survey.pieces["parcels"],
        Table("parcel_zone", content.sheet("parcel_zone"), len(survey.pieces["parcels"].zone)),
        parcels,
        "parcel_no",
    )
    cut.part("land_part", area_column(content), known.area, labels("land_part"), **_AREA)
    cut.word("land_class", "land_class", known.land_class)
    cut.word("state", "state", known.state)
    if survey.buildings is None:
        cut.part("floor_part", "floor_area_m2", known.floor_area, labels("floor_part"), **_AREA)
        cut.part("foot_part", "footprint_m2", known.footprint, labels("foot_part"), **_AREA)
    else:
        _by_register(cut, parcels, np.where(known.by_register, known.floor_area, np.nan))
        if content.plan.assumptions.m2_per_job is not None:
            cut.part("own_floor_part", "floor_area_m2", known.floor_area, labels("floor_area_m2"), **_AREA)
    frame = survey.pieces["parcels"].frame
    for amount in AMOUNTS:
        if survey.has(f"parcels.{amount.column}"):
            heading = {"zh": amount.of_zh, "en": amount.of_en.capitalize()}
            style = "money" if amount.column.endswith("_wan") else "plain"
            unit = "万元" if amount.column.endswith("_wan") else ""
            cut.part(amount.column, amount.column, column(frame, amount.column), heading, style=style, unit=unit)
    for service, served in survey.served.items():
        cut.flag(f"served_{service}", f"served_{service}", served, {"zh": service, "en": service})
    if "idle_class" in given:
        cut.word("idle_class", "idle_class", given["idle_class"])
    return cut


def _by_register(cut: Cut, parcels: Table, amount: np.ndarray) -> None:
    """Add the floor area that the register tells where that of a building is not known."""
    at, share = cut.table.cell("row"), cut.table.cell("share")

    def make(p: int) -> str:
        which, floor = parcels.named("by_register", p), parcels.named("floor_area_m2", p)
        return f'IF(INDEX({which},{at})=1,{share}*INDEX({floor},{at}),"")'

    formula = parcels.fetching(make, cut.feature)
    values = cut.share * amount[cut.feature]
    told_ = told("by_register")
    cut.table.add(Column("floor_part", labels("replaced"), values, formula=formula, told=told_, **_AREA))


def building_pieces(content: Content, buildings: Table, parcels: Table | None) -> Cut:
    """Parts of the buildings in zones."""
    survey = content.survey
    known = survey.buildings
    assert known is not None
    pieces = survey.pieces["buildings"]
    cut = Cut(
        pieces, Table("building_zone", content.sheet("building_zone"), len(pieces.zone)), buildings, "building_no"
    )
    table, at, share = cut.table, cut.table.cell("row"), cut.table.cell("share")
    floor = known.floor_area[cut.feature]
    replaced = np.zeros(len(floor), dtype=bool)
    if parcels is not None and survey.parcels is not None:
        replaced = _owners(content, cut, parcels)
    taken = f"{table.cell('replaced')}=1" if "replaced" in table else "FALSE"

    def part(p: int) -> str:
        name = buildings.named("floor_area_m2", p)
        return f'IF({taken},"",IF(INDEX({name},{at})="","",{share}*INDEX({name},{at})))'

    def lacking(p: int) -> str:
        return f'IF(AND(NOT({taken}),INDEX({buildings.named("floor_area_m2", p)},{at})=""),1,0)'

    values = np.where(replaced, np.nan, cut.share * floor)
    formula = buildings.fetching(part, cut.feature)
    table.add(Column("floor_part", labels("floor_part"), values, formula=formula, told=told("part"), **_AREA))
    missing = (~replaced & np.isnan(floor)).astype(float)
    formula = buildings.fetching(lacking, cut.feature)
    table.add(Column("lacking", labels("lacking"), missing, formula=formula, style="count", width=9))
    cut.part("foot_part", "footprint_m2", pieces.size, labels("foot_part"), **_AREA)
    return cut


def _owners(content: Content, cut: Cut, parcels: Table) -> np.ndarray:
    """Add the parcel that each building mostly stands on, and tell where the register stands in for it."""
    known, land = content.survey.buildings, content.survey.parcels
    assert known is not None
    assert land is not None
    table, owner = cut.table, known.parcel[cut.feature]
    on = owner >= 0
    safe = np.maximum(owner, 0)
    table.add(Column("owner_no", labels("owner_no"), np.where(on, owner + 1.0, np.nan), style="count"))
    row_of(table, parcels, owner, "owner_no", at="owner_row")
    at = table.cell("owner_row")

    def word(p: int) -> str:
        name = parcels.named("land_class", p)
        return f'IF({at}="","{NONE}",IF(INDEX({name},{at})="","{NONE}",INDEX({name},{at})))'

    kind = pd.Series(land.land_class, dtype=object)
    kind = kind.where(kind.notna(), NONE).to_numpy(dtype=object)
    shown = np.where(on, kind[safe], NONE)
    formula = parcels.fetching(word, owner)
    table.add(Column("owner_class", labels("owner_class"), shown, "text", formula=formula, told=told("piece")))
    replaced = on & land.by_register[safe]
    formula = parcels.fetching(lambda p: f'IF({at}="",0,INDEX({parcels.named("by_register", p)},{at}))', owner)
    table.add(Column("replaced", labels("replaced"), replaced.astype(float), formula=formula, style="count", width=9))
    if content.by_ledger:
        landless = on & np.isnan(land.area[safe])
        formula = parcels.fetching(
            lambda p: f'IF({at}="",0,IF(INDEX({parcels.named(area_column(content), p)},{at})="",1,0))', owner
        )
        table.add(Column("landless", labels("landless"), landless.astype(float), formula=formula, style="count"))
    return np.asarray(replaced)
