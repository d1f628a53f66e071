"""Buildings, and their parts on parcels: floor area as formulas of floors, heights and the storey rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.assess.project_figures import counted_floor_area
from gisplan.measure.catalogue import Array
from gisplan.measure.survey import column
from gisplan.show.workbook.content import Content, labels, told
from gisplan.show.workbook.table import Column, Table

#: What of the buildings' own columns stands on the sheet, beside their ids.
_GIVEN = ("name", "use", "floors", "height_m", "storey_height_m")


def buildings_table(content: Content) -> Table | None:
    """One row a building; None without a layer of buildings."""
    known, frame = content.survey.buildings, content.survey.layers.frame("buildings")
    if known is None or frame is None:
        return None
    table = Table("buildings", content.sheet("buildings"), len(frame), prefix="b_")
    table.add(Column("no", labels("no"), np.arange(1, len(frame) + 1), style="count", width=8, name=True))
    words = {c.stored: c for c in vocabulary.columns("buildings").values()}
    table.add(Column("building_id", _words(words["building_id"]), frame["building_id"], "text", width=18))
    parcels = content.survey.layers.frame("parcels")
    if parcels is not None:
        ids = parcels["parcel_id"].to_numpy(dtype=object)
        owner = np.where(known.parcel >= 0, ids[np.maximum(known.parcel, 0)], None)
        table.add(Column("parcel_id", labels("owner_no"), owner, "text", width=20))
    for name in _GIVEN:
        # Formulas ask for floors and heights also where the layer has none: a number may be put in.
        if name in frame or name in _GIVEN[2:]:
            about = words[name]
            if about.kind == "number":
                unit = "m" if about.measure == "length" else ""
                values = column(frame, name)
                table.add(Column(name, _words(about), values, unit=unit, style="plain"))
            else:
                table.add(Column(name, _words(about), frame[name], "text", width=16))
    own, foot = column(frame, "floor_area_m2"), column(frame, "area_m2")
    area: dict[str, Any] = {"unit": "m²", "style": "m2", "width": 14}
    table.add(Column("own_floor_area_m2", labels("own_floor_area_m2"), own, **area))
    table.add(Column("footprint_m2", labels("footprint_m2"), foot, name=True, **area))
    _floor_area(content, table, frame)
    return table


def _words(about: vocabulary.Column) -> dict[str, str]:
    return {"zh": about.zh, "en": about.en}


def _floor_area(content: Content, table: Table, frame: pd.DataFrame) -> None:
    """Add the columns that are worked out: the storey height used, floor area, and counted floor area."""
    known = content.survey.buildings
    assert known is not None
    own, floors, height, storey = (
        table.cell(c) for c in ("own_floor_area_m2", "floors", "height_m", "storey_height_m")
    )
    foot = table.cell("footprint_m2")
    used = _storey(content, frame)
    table.add(
        Column(
            "storey_m",
            labels("storey_m"),
            used,
            unit="m",
            style="plain",
            told=told("storey_m"),
            formula=f"IF(N({storey})>0,{storey},IF(AND(NOT(ISNUMBER({own})),N({floors})<=0,N({height})>0,"
            f'N(storey_height_m)>0),storey_height_m,IF(AND(N({floors})>0,N({floors})<=1,N({height})>0),{height},"")))',
        )
    )
    one = table.cell("storey_m")
    area: dict[str, Any] = {"unit": "m²", "style": "m2", "width": 14}
    table.add(
        Column(
            "floor_area_m2",
            labels("floor_area_m2"),
            known.floor_area,
            told=told("building_floor"),
            name=True,
            **area,
            formula=f"IF(ISNUMBER({own}),{own},IF(N({floors})>0,{foot}*{floors},"
            f'IF(AND(N({height})>0,N({one})>0),{foot}*MAX(1,INT({height}/{one}+1E-9)),"")))',
        )
    )
    floor = table.cell("floor_area_m2")
    over = float(vocabulary.projects()["double_over_m"])
    counted = counted_floor_area(
        known.floor_area,
        floors=column(frame, "floors"),
        height=column(frame, "height_m"),
        storey_height=used,
        over=over,
    )[0]
    table.add(
        Column(
            "counted_floor_area_m2",
            labels("counted_floor_area_m2"),
            counted,
            told=told("counted_floor_area_m2"),
            formula=f'IF({floor}="","",IF(N({one})>double_over_m+1E-9,2,1)*{floor})',
            name=True,
            **area,
        )
    )


def _storey(content: Content, frame: pd.DataFrame) -> Array:
    """Storey height that is used of each building (m), NaN where none is."""
    known = content.survey.buildings
    assert known is not None
    floors, height, storey = (column(frame, c) for c in ("floors", "height_m", "storey_height_m"))
    assumed = content.plan.assumptions.storey_height_m
    by_height = np.isnan(column(frame, "floor_area_m2")) & ~(floors > 0) & (height > 0)
    used = np.where(storey > 0, storey, np.nan)
    if assumed is not None:
        used = np.where(np.isnan(used) & by_height, assumed, used)
    return np.where(np.isnan(used) & (floors > 0) & (floors <= 1) & (height > 0), height, used)


def on_parcels(content: Content, buildings: Table) -> tuple[Table, np.ndarray] | None:
    """Parts of buildings on parcels, sorted by parcel, and where each parcel's begin; None without parcels."""
    known, parcels = content.survey.buildings, content.survey.parcels
    if known is None or known.on is None or parcels is None:
        return None
    parcel, building, share = known.on
    order = np.lexsort((building, parcel))
    parcel, building, share = parcel[order], building[order], share[order]
    starts = np.searchsorted(parcel, np.arange(len(parcels.area) + 1))
    table = Table("building_parcel", content.sheet("building_parcel"), len(parcel))
    table.add(Column("building_no", labels("building_no"), building + 1, style="count"))
    table.add(Column("parcel_no", labels("parcel_no"), parcel + 1, style="count"))
    table.add(Column("share", labels("share"), share, style="share9"))
    mine = known.parcel[building] == parcel
    table.add(Column("is_owner", labels("is_owner"), mine.astype(float), style="count"))
    row_of(table, buildings, building, "building_no")
    at, part = table.cell("row"), table.cell("share")
    frame = content.survey.layers.layers["buildings"].frame
    floor, foot = known.floor_area, column(frame, "area_m2")
    counted = buildings.values["counted_floor_area_m2"].array
    area: dict[str, Any] = {"unit": "m²", "style": "m2", "width": 14, "told": told("part")}
    for name, source, amount in (
        ("floor_part", "floor_area_m2", floor),
        ("foot_part", "footprint_m2", foot),
        ("counted_part", "counted_floor_area_m2", counted),
    ):
        formula = buildings.fetching(_parts_of(buildings, source, at, part), building)
        table.add(Column(name, labels(name), share * amount[building], formula=formula, **area))
    unknown = mine & np.isnan(floor[building])
    owner = table.cell("is_owner")
    lacking = buildings.fetching(
        lambda p: f'IF(AND({owner}=1,INDEX({buildings.named("floor_area_m2", p)},{at})=""),1,0)', building
    )
    table.add(Column("lacking", labels("lacking"), unknown.astype(float), formula=lacking, style="count"))
    return table, starts


def _parts_of(of: Table, column: str, at: str, share: str) -> Callable[[int], str]:
    """Formula of a feature's amount times a share; missing stays missing, since an empty cell would count as 0."""

    def make(part: int) -> str:
        name = of.named(column, part)
        return f'IF(INDEX({name},{at})="","",{share}*INDEX({name},{at}))'

    return make


def row_of(table: Table, of: Table, rows: np.ndarray, number: str, *, at: str = "row") -> None:
    """Add the row in which another table holds a record now; rows may have been sorted since.

    Parameters
    ----------
    table
        Table that looks up.
    of
        Table that has a named column ``no``.
    rows
        Record by row of `table`; −1 where there is none.
    number
        Column that holds the record's number, empty where there is none.
    at
        Name of the new column.
    """
    cell = table.cell(number)
    found = of.fetching(lambda p: f'IF({cell}="","",MATCH({cell},{of.named("no", p)},0))', rows)
    place = np.where(rows >= 0, rows - np.asarray([of.parts[p].rows.start for p in _parts(of, rows)]) + 1.0, np.nan)
    table.add(Column(at, labels(at), place, formula=found, style="count", told=told("row")))


def _parts(of: Table, rows: np.ndarray) -> np.ndarray:
    return np.asarray([of.part_of(r) for r in np.maximum(rows, 0).tolist()], dtype=np.int64)
