"""Columns of a layer for the plan: which are found, in which unit, and what has to be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.draft.text import column_line, condition, line
from gisplan.errors import LayerError, counted, first_ids
from gisplan.plan import ColumnSource
from gisplan.read import columns as cols
from gisplan.read import names, questions, units
from gisplan.read.values import numbers_where_possible

#: A unit this near to the drawing is proposed, with a question.
_NEAR = 0.1


@dataclass(frozen=True)
class Columns:
    """Columns of a layer.

    Attributes
    ----------
    sources
        Where each canonical column comes from.
    why
        Reason behind a line, by canonical column.
    asides
        Lines that are left to the planner, as comments.
    asked
        What the planner has to look at.
    """

    sources: Mapping[str, ColumnSource]
    why: Mapping[str, str] = field(default_factory=dict)
    asides: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """Return the keys that map the columns."""
        return [column_line(name, source, self.why.get(name, "")) for name, source in self.sources.items()]


def found(
    layer: str, table: pd.DataFrame, mapped: Mapping[str, str], *, place: str, without: Sequence[str] = ()
) -> Columns:
    """Columns that can be found and read.

    Parameters
    ----------
    layer
        Whose vocabulary applies.
    table
        The layer's attributes.
    mapped
        Columns that are decided already.
    place
        Table of the plan, for questions.
    without
        Canonical columns and fields that are not wanted.
    """
    fields = [str(c) for c in table.columns]
    match = cols.match(layer, {n: ColumnSource(column=c) for n, c in mapped.items()}, fields, place=place)
    sources: dict[str, ColumnSource] = {}
    asides, asked = [], []
    for name, source in match.sources.items():
        if name in without or source.column in without:
            continue
        try:
            cols.canonical(layer, table, {name: source}, place=place)
        except LayerError as error:
            asides.append(f"{name} is not read: {error}")
            asked.append(f"{place} {name}: {source.column} cannot be read as it ({str(error).removeprefix(place)}).")
            continue
        sources[name] = source
    for name, word in questions.meanings(layer, [f for f in fields if f not in without]).items():
        left = [c for c in word.columns if c not in sources]
        if left:
            asides += [column_line(c, ColumnSource(column=name), f"?  {name}: {word.zh} / {word.en}") for c in left]
            asked.append(f"{place} {name} may be {word.en}: it stands there as a comment.")
    return Columns(sources, {}, tuple(asides), tuple(asked))


def with_units(columns: Columns, table: pd.DataFrame, drawn: pd.Series | None, *, place: str) -> Columns:
    """Columns of parcels or a ledger with units: land area by the drawing, other land beside it alike.

    Parameters
    ----------
    columns
        As found.
    table
        Their values; rows of one parcel are added.
    drawn
        Measured area in m² of each row's parcel, index as ``table``, and the parcel's id as its name level; None
        where nothing could be measured.
    place
        Table of the plan, for questions.
    """
    source = columns.sources.get("land_area")
    if source is None or source.unit is not None or drawn is None:
        return columns
    values = numbers_where_possible(table[source.column])
    sums = pd.DataFrame({"value": values.to_numpy(), "drawn": drawn.to_numpy()}, index=drawn.index)
    each = sums.groupby(level=0).agg(value=("value", "sum"), drawn=("drawn", "first"))
    best = units.fit(each["value"].to_numpy(float), each["drawn"].to_numpy(float))
    if best is None or not (best.is_sure or (best.off <= _NEAR and best.compared >= units.LEAST)):
        asked = f"{place} land_area: nothing shows the unit of {source.column}; it is taken as m²."
        return replace(columns, asked=(*columns.asked, asked))
    told = f"{best.agree:,} of {counted(best.compared, 'parcel')} within 2 % of the drawn area"
    why = {**columns.why, "land_area": told}
    sources = {**columns.sources, "land_area": source.model_copy(update={"unit": best.unit})}
    # Land beside land is registered alike; floor area in feet wherever land is, but in m² beside mu and hectares.
    alike = ["developed_area", *(["floor_area", "footprint"] if best.unit == "ft2" else [])]
    for name in alike:
        if name in sources and sources[name].unit is None:
            sources[name] = sources[name].model_copy(update={"unit": best.unit})
            why[name] = f"taken as {source.column} beside it"
    asked_ = columns.asked
    if not best.is_sure:
        why["land_area"] = f"? the nearest unit, {best.off:.1%} off in the middle; {told}"
        asked_ = (*asked_, f"{place} land_area: {best.unit} is the nearest unit, {best.off:.1%} off; look at it.")
    return replace(columns, sources=sources, why=why, asked=asked_)


@dataclass(frozen=True)
class There:
    """Condition for what is there today, empty where none is needed, and what stands open."""

    where: str = ""
    aside: str = ""
    asked: str = ""


def there(table: pd.DataFrame, *, place: str) -> There:
    """Condition that leaves out what is planned, under construction or gone, if a column tells."""
    known = vocabulary.status_words()
    wanted = {names.normal(c) for c in vocabulary.draft_words()["status_columns"]}
    for field_ in (str(c) for c in table.columns):
        values = sorted(table[field_].dropna().unique(), key=str) if names.normal(field_) in wanted else []
        if not 2 <= len(values) <= 30 or not all(isinstance(v, str) for v in values):
            continue
        stand = [v for v in values if known.get(vocabulary.plain_word(v)) == "in_service"]
        unknown = [v for v in values if vocabulary.plain_word(v) not in known]
        if not stand:
            continue
        where = condition(field_, stand)
        if not unknown:
            return There(where)
        counts = table[field_].value_counts()
        told = first_ids([f"{v} ({counts[v]:,})" for v in unknown])
        return There(
            aside=line("where", where, f"? what is there today; unknown: {told}"),
            asked=f"{place}: {field_} may tell what is there today, but {told} could be either; "
            "the condition stands there as a comment.",
        )
    return There()


def drawn_of(ids: pd.Series, areas: Mapping[str, float]) -> pd.Series:
    """Measured area of each row's parcel, with the ids as index."""
    area = [np.nan if i is None or pd.isna(i) else areas.get(i, np.nan) for i in ids]
    return pd.Series(area, index=pd.Index(ids.to_numpy(), name="id"), dtype=float)
