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
from gisplan.read import crs as crs_
from gisplan.read import formats, land_use
from gisplan.read import values as values_
from gisplan.read.where import chosen, names_in


@dataclass(frozen=True)
class Raw:
    """A layer as it stands in its file: canonical attributes, geometry in the file's own coordinate system.

    Attributes
    ----------
    frame
        Stored columns and geometry; the index is the record's number in the file, from 1.
    issues
        What was found.
    place
        Where the layer stands in the plan, for messages.
    sources
        Where each canonical column comes from.
    """

    frame: gpd.GeoDataFrame
    issues: list[Issue]
    place: str
    sources: Mapping[str, ColumnSource] = field(default_factory=dict)


def read_raw(spec: Any, path: Path, *, layer: str, place: str, keep: tuple[str, ...] = ()) -> Raw:
    """Read a layer's canonical columns and geometry.

    Parameters
    ----------
    spec
        The layer's table of the plan.
    path
        Its file.
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
        Whatever the user can mend: no such layer or column, no record, no coordinate system, text in a
        number column.
    """
    with formats.listening() as remarks:
        name = formats.layer_of(path, spec.layer, place=place)
        encoding = formats.encoding_of(path, spec.encoding, place=place)
        fields = formats.field_names(path, name, encoding=encoding, place=place)
        for k in keep:
            if k not in fields:
                near = difflib.get_close_matches(k, fields, n=1)
                hint = f"Did you mean {near[0]!r}?" if near else f"It has: {first_ids(fields, limit=30)}."
                raise LayerError(f"[layers.zones] by = {k!r} is not a column of {path.name}. {hint}")
        waiting = land_use.unread(spec) if layer == "parcels" else {}
        match = cols.match(layer, spec.columns, fields, place=place, doubtful=waiting)
        wanted = {s.column for s in match.sources.values()} | set(keep)
        if spec.where:
            wanted |= set(names_in(spec.where, fields))
        frame = formats.read_vector(
            path, layer=name, columns=[f for f in fields if f in wanted], encoding=encoding, place=place
        )
    if len(frame) == 0:
        raise LayerError(
            f"{place}: {path.name} has no records. Give a layer that has some, or leave it out of the plan."
        )
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    issues = [*match.issues, *_read_issues(path, spec.encoding, encoding, remarks, layer=layer)]
    if spec.where:
        attributes = pd.DataFrame(frame.drop(columns=frame.geometry.name))
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
    table, odd = cols.canonical(
        layer,
        pd.DataFrame(frame.drop(columns=frame.geometry.name)),
        match.sources,
        place=place,
        by_alias=match.by_alias,
    )
    for source in keep:
        table[f"source:{source}"] = values_.to_keys(frame[source], place=f"{place}: column {source!r}")
    clean = gpd.GeoDataFrame(table, geometry=frame.geometry.array, crs=frame.crs)
    crs_.require(clean, place=place)
    return Raw(clean, issues + odd, place, match.sources)


def _read_issues(path: Path, asked: str, encoding: str | None, remarks: list[str], *, layer: str) -> list[Issue]:
    """Say what was assumed and what the driver had to remark when a file was read."""
    issues = []
    if asked == "auto" and encoding is not None:
        name = {"gb18030": "GBK", "utf-8": "UTF-8"}[encoding]
        issues.append(
            Issue(
                "ENCODING_GUESSED",
                "note",
                layer,
                1,
                f"{path.name} does not say its encoding; its text is {name}.",
                'Write encoding = "…" if that is wrong.',
                "planner",
            )
        )
    if remarks:
        issues.append(
            Issue(
                "READ_REMARK",
                "warning",
                layer,
                len(remarks),
                f"{path.name}: {first_ids(remarks, limit=3)}",
                "Check the file.",
            )
        )
    return issues
