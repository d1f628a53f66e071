"""One layer of the plan → its records as they stand in the file, under the vocabulary's names."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from gisplan.errors import LayerError, counted, first_ids
from gisplan.issues import Issue
from gisplan.plan import ColumnSource
from gisplan.read import columns as cols
from gisplan.read import formats, land_use, limits, placing
from gisplan.read import sources as sources_
from gisplan.read import values as values_
from gisplan.read.cells import without_missing
from gisplan.read.where import chosen, names_in


@dataclass(frozen=True)
class Raw:
    """A layer as it stands in its file: canonical attributes, geometry in the file's own coordinates.

    Attributes
    ----------
    frame
        Stored columns and geometry; the index is the record's number in the file, from 1.
    issues
        What was found.
    place
        Where the layer stands in the plan, for messages.
    lost
        Records that a damaged file does not give any more.
    record
        What run.json tells of a source that is no file; empty for files.
    is_vouched
        Whether the plan insists on the coordinate system against the file.
    sources
        Where each canonical column comes from.
    """

    frame: gpd.GeoDataFrame
    issues: list[Issue]
    place: str
    lost: tuple[str, ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict)
    is_vouched: bool = False
    sources: Mapping[str, ColumnSource] = field(default_factory=dict)


def read_raw(spec: Any, path: Path | str, *, layer: str, place: str, keep: tuple[str, ...] = ()) -> Raw:
    """Read a layer's canonical columns and geometry.

    Parameters
    ----------
    spec
        The layer's table of the plan.
    path
        Its file, or the address of a database.
    layer
        Whose vocabulary applies.
    place
        Where it stands in the plan, for messages.
    keep
        Source columns wanted beside the canonical ones, kept under ``source:<name>``; those zones are made
        by.

    Raises
    ------
    LayerError
        Whatever the user can mend: no such layer or column, no record, text in a number column, a
        coordinate system that contradicts the file's.
    """
    with formats.listening() as remarks, sources_.opened(spec, path, layer=layer, place=place) as source:
        fields = source.fields
        for k in keep:
            if k not in fields:
                near = difflib.get_close_matches(k, fields, n=1)
                hint = f"Did you mean {near[0]!r}?" if near else f"It has: {first_ids(fields, limit=30)}."
                raise LayerError(f"[layers.zones] by = {k!r} is not a column of {source.name}. {hint}")
        waiting = land_use.unread(spec) if layer == "parcels" else {}
        match = cols.match(layer, spec.columns, fields, place=place, doubtful=waiting)
        wanted = {s.column for s in match.sources.values()} | set(keep)
        if spec.where:
            wanted |= set(names_in(spec.where, fields))
        records = source.read([f for f in fields if f in wanted])
    frame = records.frame
    limits.require_corners(frame, place=place)
    if len(frame) == 0:
        raise LayerError(
            f"{place}: {source.name} has no records. Give a layer that has some, or leave it out of the plan."
        )
    issues = [
        *source.issues,
        *records.issues,
        *match.issues,
        *_read_issues(source, remarks, layer=layer),
    ]
    if spec.where:
        attributes = pd.DataFrame(frame.drop(columns=frame.geometry.name))
        if source.texts:
            attributes = cols.typed(layer, attributes, match.sources)
        # The condition may name any column, also one that is not read.
        hit = chosen(attributes.reindex(columns=fields), spec.where, place=place)
        if not hit.all():
            left = int((~hit).sum())
            issues.append(
                Issue(
                    "FILTERED",
                    "note",
                    layer,
                    left,
                    f"{left:,} of {counted(len(frame), 'record')} left out by where = {spec.where!r}.",
                    "",
                    "planner",
                )
            )
        frame = frame[hit]
    attributes, unsaid = without_missing(
        layer, pd.DataFrame(frame.drop(columns=frame.geometry.name)), match.sources, spec.missing
    )
    table, odd = cols.canonical(layer, attributes, match.sources, place=place, by_alias=match.by_alias)
    for column in keep:
        table[f"source:{column}"] = values_.to_keys(frame[column], place=f"{place}: column {column!r}")
    clean = gpd.GeoDataFrame(table, geometry=frame.geometry.array, crs=frame.crs)
    clean, said = placing.as_planned(clean, spec, layer=layer, place=place)
    found = [*issues, *unsaid, *odd, *said]
    return Raw(clean, found, place, tuple(records.lost), source.record, spec.crs_override, match.sources)


def _read_issues(source: sources_.Source, remarks: list[str], *, layer: str) -> list[Issue]:
    """Say what the driver had to remark when a file was read."""
    issues = []
    if remarks:
        issues.append(
            Issue(
                "READ_REMARK",
                "warning",
                layer,
                len(remarks),
                f"{source.name}: {first_ids(remarks, limit=3)}",
                "Check the file.",
            )
        )
    return issues
