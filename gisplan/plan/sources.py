"""Where a layer or a table comes from: file, columns with units, filter, supplier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from gisplan import vocabulary
from gisplan.plan.drawing import Drawing, drawing_faults
from gisplan.plan.places import Located
from gisplan.plan.values import Model, folder_name, nearest

Rule = Literal["sum", "first", "last", "min", "max"]
Duplicates = Literal["refuse", "merge"]

#: Who a layer comes from; lists of what they can mend go into files of this name.
Supplier = Annotated[str, AfterValidator(folder_name)]


#: What stands in a file for nothing known, beside the usual marks; numbers may be written as such.
Missing = Annotated[
    list[str],
    BeforeValidator(
        lambda v: (
            [str(x) if isinstance(x, int | float) and not isinstance(x, bool) else x for x in v]
            if isinstance(v, list)
            else v
        )
    ),
]


class ColumnSource(Model):
    """Where a canonical column comes from, in which unit, and how several rows become one."""

    column: str
    unit: str | None = None
    rule: Rule | None = None
    where: str | None = None
    missing: Missing = Field(default_factory=list)


def _as_source(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


Columns = dict[str, Annotated[ColumnSource, BeforeValidator(_as_source)]]


def column_faults(layer: str, columns: Mapping[str, ColumnSource], *, ledger: bool) -> Iterator[str]:
    """Say what of a layer's column mapping names no known column, or a unit or rule that does not fit it."""
    known = vocabulary.columns(layer)
    for name, source in columns.items():
        if name not in known:
            yield f"unknown column {name!r}; {nearest(name, known)}"
            continue
        column = known[name]
        if source.unit is not None and column.kind != "number":
            yield f"{name}: a {column.kind} column takes no unit"
        elif source.unit is not None and source.unit not in vocabulary.units(column.measure):
            units = vocabulary.units(column.measure)
            yield f"{name}: unknown unit {source.unit!r}; {nearest(source.unit, units)}"
        if not ledger and (source.rule or source.where):
            yield f"{name}: 'rule' and 'where' belong to a column of a ledger"
        if source.rule == "sum" and column.kind != "number":
            yield f"{name}: a {column.kind} column cannot be summed; use first, last, min or max"


def fitting_drawing(value: Drawing | None, info: ValidationInfo, layer: str) -> Drawing | None:
    """Pass a drawing on that fits the layer's path, system and columns.

    Raises
    ------
    ValueError
        It does not.
    """
    if value is not None:
        given = info.data
        faults = drawing_faults(
            value, layer=layer, path=given.get("path"), crs=given.get("crs"), columns=given.get("columns", {})
        )
        if listed := list(faults):
            raise ValueError("\n".join(listed))
    return value


class Source(Model):
    """A file with records; ``columns`` maps canonical names to the file's own."""

    vocabulary_layer: ClassVar[str] = ""
    path: str
    layer: str | None = None
    encoding: str = "auto"
    columns: Columns = Field(default_factory=dict)
    missing: Missing = Field(default_factory=list)
    where: str | None = None
    supplier: Supplier | None = None

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, value: Columns) -> Columns:
        faults = list(column_faults(cls.vocabulary_layer, value, ledger=cls is Ledger))
        if faults:
            raise ValueError("\n".join(faults))
        return value


class Ledger(Source):
    """A table joined to the parcels by key: ``key`` is its column, ``on`` the parcels' canonical column."""

    vocabulary_layer: ClassVar[str] = "parcels"
    key: str
    on: Literal["parcel_id"] = "parcel_id"
    sheet: str | None = None


class FileLayer(Source, Located):
    """A file with records that have a place."""

    drawing: Drawing | None = None

    @field_validator("drawing")
    @classmethod
    def _own_drawing(cls, value: Drawing | None, info: ValidationInfo) -> Drawing | None:
        return fitting_drawing(value, info, cls.vocabulary_layer)
