"""Parcels: what the data give as values, what follows from it as formulas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.show.workbook.content import Content, labels, of_family, told
from gisplan.show.workbook.table import Column, Table

#: Columns of the table of parcels that are worked out here, or that other tables hold.
_OWN = (
    "parcel_id",
    "zone_id",
    "zone_share",
    "land_class",
    "state",
    "area_m2",
    "planar_area_m2",
    "footprint_m2",
    "floor_area_m2",
    "plot_ratio",
    "building_density",
    "building_count",
    "unknown_building_count",
    "idle_class",
)

#: Columns of the register that formulas need; each is there even where the register has none, so that one can be put
#: in.
_NEEDED = ("register_floor_area_m2", "register_footprint_m2")

_AREA: Mapping[str, Any] = {"unit": "m²", "style": "m2", "width": 13}


def parcels_table(content: Content, on: tuple[Table, np.ndarray] | None) -> Table | None:
    """One row a parcel; None without parcels.

    Parameters
    ----------
    content
        What the workbook is made from.
    on
        Parts of buildings on the parcels, and where each parcel's begin; None without buildings.
    """
    given, known = content.parcels, content.survey.parcels
    if given is None or known is None:
        return None
    table = Table("parcels", content.sheet("parcels"), len(given), prefix="p_")
    owner = content.survey.pieces["parcels"].owner
    table.add(Column("no", labels("no"), np.arange(1, len(given) + 1), style="count", width=7, name=True))
    table.add(Column("parcel_id", _register("parcel_id"), given["parcel_id"], "text", width=20))
    table.add(Column("zone_id", labels("zone_id"), given["zone_id"], "text", width=10))
    lies = np.where(owner >= 0, owner + 1.0, np.nan)
    table.add(Column("zone_no", labels("zone_no"), lies, style="count", width=8, name=True))
    table.add(Column("zone_share", labels("zone_share"), given["zone_share"], style="percent", width=10))
    table.add(Column("land_class", labels("land_class"), given["land_class"], "text", width=13, name=True))
    table.add(Column("area_m2", labels("area_m2"), given["area_m2"], name=not content.by_ledger, **_AREA))
    table.add(Column("planar_area_m2", labels("planar_area_m2"), given["planar_area_m2"], **_AREA))
    rest = [c for c in given.columns if c not in _OWN]
    for name in rest:
        column = _given(content, name, given[name])
        if not (content.public and column.private):
            table.add(column)
    needed = (*(_NEEDED if on is None else ()), *(("land_area_m2",) if content.by_ledger else ()))
    for name in needed:
        if name not in table:
            table.add(Column(name, _register(name), np.full(len(given), np.nan), **_AREA))
    if "idle_class" in given:
        table.add(Column("idle_class", labels("idle_class"), given["idle_class"], "text", width=14, name=True))
    _worked_out(content, table, on)
    return table


def _register(name: str) -> Mapping[str, str]:
    for column in vocabulary.columns("parcels").values():
        if column.stored == name:
            return {"zh": column.zh, "en": column.en}
    return labels(name)


def _given(content: Content, name: str, values: pd.Series) -> Column:
    """Column that the data give."""
    family = of_family(content.plan, name)
    if family is not None and values.dtype == bool:
        return Column(name, family, values, "flag", width=9, told=told("measured"), name=True)
    of = {c.stored: c for c in vocabulary.columns("parcels").values()}
    about = of.get(name) or of.get(name.removeprefix("register_"))
    heading = family or (labels(name) if name in vocabulary.workbook("columns") else _register(name))
    kinds = {"number": "number", "date": "date", "flag": "flag"}
    kind = kinds.get(about.kind, "text") if about else _kind(values)
    unit, style = unit_of(name)
    private = bool(about and about.private)
    used = name in _NEEDED or name.removesuffix("_m2") in ("land_area", "floor_area_promised") or kind == "number"
    wide = 20 if kind == "text" else 12
    return Column(
        name,
        heading,
        values,
        kind,
        unit=unit,
        style=style if kind == "number" else kind,
        width=wide,
        private=private,
        name=used and kind == "number",
        told=told("given"),
    )


def _kind(values: pd.Series) -> str:
    found = pd.api.types.infer_dtype(values, skipna=True)
    if found in ("boolean",):
        return "flag"
    if found in ("floating", "integer", "mixed-integer-float", "decimal"):
        return "number"
    return "date" if found in ("date", "datetime", "datetime64") else "text"


def unit_of(name: str) -> tuple[str, str]:
    """Unit and number format that the end of a column's name tells."""
    if name.endswith("_m2"):
        return "m²", "m2"
    if name.endswith("_wan"):
        return "万元", "money"
    if name.endswith(("_share", "_rate")):
        return "share", "percent"
    if name.endswith("_ha"):
        return "ha", "ha"
    return "", "plain"


def _worked_out(content: Content, table: Table, on: tuple[Table, np.ndarray] | None) -> None:
    """Add the columns that follow from others."""
    given, known = content.parcels, content.survey.parcels
    assert given is not None
    assert known is not None
    size = len(given)
    classes = list(vocabulary.land_classes())
    place = pd.Series(known.land_class, dtype=object).map({c: i + 1 for i, c in enumerate(classes)}).fillna(0)
    kind = table.cell("land_class")
    table.add(
        Column(
            "class_row",
            labels("class_row"),
            place,
            style="count",
            width=8,
            told=told("class_row"),
            formula=f'IF({kind}="",0,IFERROR(MATCH({kind},class_id,0),0))',
        )
    )
    row = table.cell("class_row")
    names = {c.id: content.say({"zh": c.zh, "en": c.en}) for c in vocabulary.land_classes().values()}
    shown = [names.get(c) for c in known.land_class]
    table.add(
        Column(
            "class_name",
            labels("class_name"),
            shown,
            "text",
            width=18,
            told=told("class_name"),
            formula=f'IF({row}=0,"",INDEX(class_name,{row}))',
        )
    )
    if content.by_ledger:
        ledger = table.cell("land_area_m2")
        table.add(
            Column(
                "basis_area_m2",
                labels("basis_area_m2"),
                known.area,
                told=told("basis_area_m2"),
                name=True,
                **_AREA,
                formula=f'IF(N({ledger})>0,{ledger},"")',
            )
        )
    table.add(Column("building_count", labels("building_count"), given["building_count"], style="count", width=8))
    _built(content, table, on, size)
    _state(content, table, drawn=on is not None)
    area, floor, foot = (table.cell(c) for c in (area_column(content), "floor_area_m2", "footprint_m2"))
    for name, top, style in (("plot_ratio", floor, "ratio"), ("building_density", foot, "percent")):
        formula = f'IF(N({area})>0,IF({top}="","",{top}/{area}),"")'
        table.add(Column(name, labels(name), given[name], formula=formula, style=style, told=told(name)))
    _project(content, table, area)


def area_column(content: Content) -> str:
    """Column of the parcels with the area that ratios are made with."""
    return "basis_area_m2" if content.by_ledger else "area_m2"


def _built(content: Content, table: Table, on: tuple[Table, np.ndarray] | None, size: int) -> None:
    """Footprint, floor area and counted floor area: sums of the buildings' parts, else the register's."""
    known = content.survey.parcels
    assert known is not None
    if on is None:
        _registered(content, table)
        return
    parts, starts = on
    register = table.cell("register_floor_area_m2") if "register_floor_area_m2" in table else ""
    table.add(
        Column(
            "unknown_building_count",
            labels("unknown_building_count"),
            known.unknown_count,
            style="count",
            width=8,
            formula=parts.slices("lacking", starts),
            told=told("unknown_building_count"),
        )
    )
    unknown = table.cell("unknown_building_count")
    table.add(
        Column(
            "by_register",
            labels("by_register"),
            known.by_register.astype(float),
            style="count",
            width=8,
            name=True,
            formula=f"IF(AND({unknown}>0,ISNUMBER({register})),1,0)" if register else None,
            told=told("by_register"),
        )
    )
    by_register = table.cell("by_register")
    table.add(
        Column(
            "footprint_m2",
            labels("footprint_m2"),
            known.footprint,
            formula=parts.slices("foot_part", starts),
            told=told("footprint_m2"),
            name=True,
            **_AREA,
        )
    )
    counted = np.add.reduceat(np.append(np.nan_to_num(parts.values["counted_part"].array), 0.0), starts[:-1])
    counted = np.where(starts[1:] > starts[:-1], counted, 0.0)
    counted = np.where(known.by_register, known.floor_area, np.where(known.unknown_count > 0, np.nan, counted))
    for name, source, values in (
        ("floor_area_m2", "floor_part", known.floor_area),
        ("counted_floor_area_m2", "counted_part", counted),
    ):
        own = f"IF({by_register}=1,{register}," if register else "("
        sums = parts.slices(source, starts)
        # The number of the row is put in here: each formula has its own sum.
        formulas = [
            f'{own}IF({unknown}>0,"",{s or 0}))'.replace("{r}", str(r))
            for r, s in zip(table.numbers(), sums, strict=True)
        ]
        used = name == "floor_area_m2"
        table.add(Column(name, labels(name), values, formula=formulas, told=told(name), name=used, **_AREA))
    assert len(known.floor_area) == size


def _registered(content: Content, table: Table) -> None:
    """Footprint and floor area of the register, there being no buildings."""
    known = content.survey.parcels
    assert known is not None
    for name, values in (("footprint_m2", known.footprint), ("floor_area_m2", known.floor_area)):
        cell = table.cell(f"register_{name}")
        formula = f'IF(ISNUMBER({cell}),{cell},"")'
        table.add(Column(name, labels(name), values, formula=formula, told=told("given"), name=True, **_AREA))
    floor, name = table.cell("floor_area_m2"), "counted_floor_area_m2"
    formula = f'IF({floor}="","",{floor})'
    table.add(Column(name, labels(name), known.floor_area, formula=formula, told=told(name), **_AREA))


def _state(content: Content, table: Table, *, drawn: bool) -> None:
    """State of a parcel: the register's word, else its class, else what stands on it."""
    known = content.survey.parcels
    assert known is not None
    row, kind = table.cell("class_row"), table.cell("land_class")
    building = f'IF({row}=0,{kind}="",INDEX(class_building,{row})=1)'
    formed = f"IF({row}=0,FALSE,INDEX(class_formed,{row})=1)"
    if drawn:
        foot, area = table.cell("footprint_m2"), table.cell("area_m2")
        seen = f'IF({foot}>=vacant_below*{area},"built","vacant")'
    else:
        floor = table.cell("register_floor_area_m2")
        seen = f'IF(ISNUMBER({floor}),IF({floor}>0,"built",IF({floor}=0,"vacant","")),"")'
    formula = f'IF({kind}="vacant","vacant",IF({building},{seen},IF({formed},"formed","open")))'
    if "is_vacant" in table:
        # An empty cell would count as FALSE.
        said = table.cell("is_vacant")
        formula = f'IF(AND(ISLOGICAL({said}),{said}),"vacant",IF(AND(ISLOGICAL({said}),{building}),"built",{formula}))'
    table.add(
        Column("state", labels("state"), known.state, "text", formula=formula, told=told("state"), name=True, width=9)
    )


def _project(content: Content, table: Table, area: str) -> None:
    """Plot ratio of the project on a parcel, as limits count floor area."""
    projects = content.projects
    if projects is None or "project_far" not in projects:
        return
    table.add(
        Column("project_basis", labels("project_basis"), projects["basis"], "text", width=9, told=told("measured"))
    )
    basis, counted = table.cell("project_basis"), table.cell("counted_floor_area_m2")
    planned = '""'
    if "floor_area_promised_m2" in table:
        promised = table.cell("floor_area_promised_m2")
        planned = f'IF(ISNUMBER({promised}),IF({promised}<0,"",{promised}/{area}),"")'
    table.add(
        Column(
            "far_control",
            labels("far_control"),
            projects["project_far"],
            style="ratio",
            told=told("far_control"),
            formula=f'IF(OR({basis}="",N({area})<=0),"",IF({basis}="plan",{planned},IF({counted}="","",{counted}/{area})))',
        )
    )
