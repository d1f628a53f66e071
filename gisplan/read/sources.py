"""Whatever a layer's path leads to → the same thing: its fields, and a way to read some of them with geometry."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd

from gisplan.issues import Issue
from gisplan.read import archives, cad, database, formats, limits, places, salvage


@dataclass(frozen=True)
class Records:
    """Records as they were read.

    Attributes
    ----------
    frame
        The columns that were wanted, with geometry; the index numbers the records as their file does.
    lost
        Names of the records that could not be read.
    issues
        What was found while reading.
    """

    frame: gpd.GeoDataFrame
    lost: Sequence[str] = ()
    issues: Sequence[Issue] = ()


@dataclass(frozen=True)
class Source:
    """Records that can be read.

    Attributes
    ----------
    name
        What it is called in messages.
    fields
        Its attribute columns.
    read
        Reads the columns that are wanted.
    encoding
        How its text is written, where gisplan had to find out; else empty.
    texts
        Whether all columns are text, as those of a table.
    issues
        What was assumed to find the records.
    record
        What run.json tells of a source that is no file; empty for files.
    """

    name: str
    fields: Sequence[str]
    read: Callable[[Sequence[str]], Records]
    encoding: str = ""
    texts: bool = False
    issues: Sequence[Issue] = ()
    record: Mapping[str, Any] = field(default_factory=dict)


@contextmanager
def opened(spec: Any, path: Path | str, *, layer: str, place: str) -> Iterator[Source]:
    """Open what a layer's path leads to.

    Parameters
    ----------
    spec
        The layer's table of the plan.
    path
        A file, or the address of a database.
    layer
        The layer's name, for issues.
    place
        Where it stands in the plan, for messages.

    Raises
    ------
    LayerError
        Whatever the user can mend.
    """
    if isinstance(path, str):
        yield _database(spec, path, place=place)
    elif cad.is_drawing(path):
        yield _drawing(spec, path, layer=layer, place=place)
    elif path.suffix.lower() in places.TABLES:
        yield _table(spec, path, layer=layer, place=place)
    elif archives.is_archive(path):
        with archives.unpacked(path, spec.layer, place=place) as (file, inner):
            yield _vector(spec, file, inner, path.name, layer=layer, place=place)
    elif path.suffix.lower() == ".gml":
        # Its driver writes down beside it what it found out about it.
        with tempfile.TemporaryDirectory(prefix="gisplan-") as folder:
            for part in (path, path.with_suffix(".xsd"), path.with_suffix(".gfs")):
                if part.is_file():
                    shutil.copyfile(part, Path(folder) / part.name)
            yield _vector(spec, Path(folder) / path.name, spec.layer, path.name, layer=layer, place=place)
    else:
        yield _vector(spec, path, spec.layer, path.name, layer=layer, place=place)


def _database(spec: Any, address: str, *, place: str) -> Source:
    column = spec.geometry.wkt if spec.geometry is not None else None
    frame, record = database.read_database(address, sql=spec.sql, layer=spec.layer, geometry=column, place=place)
    fields = [str(c) for c in frame.columns if c != frame.geometry.name]

    def read(columns: Sequence[str]) -> Records:
        return Records(frame[[*columns, frame.geometry.name]])

    return Source(spec.layer or "the query", fields, read, record=record)


def _drawing(spec: Any, path: Path, *, layer: str, place: str) -> Source:
    drawn = cad.read_drawing(spec, path, layer=layer, place=place)
    drawn.frame.index = range(1, len(drawn.frame) + 1)

    def read(columns: Sequence[str]) -> Records:
        return Records(drawn.frame[[*columns, "geometry"]])

    return Source(path.name, drawn.fields, read, issues=drawn.issues)


def _table(spec: Any, path: Path, *, layer: str, place: str) -> Source:
    limits.require_room(path, place=place)
    frame, issues = places.read_table(spec, path, layer=layer, place=place)
    fields = [str(c) for c in frame.columns if c != frame.geometry.name]
    return Source(
        path.name, fields, lambda columns: Records(frame[[*columns, frame.geometry.name]]), texts=True, issues=issues
    )


def _vector(spec: Any, path: Path, inner: str | None, name: str, *, layer: str, place: str) -> Source:
    """Vector file; what bulk reading cannot make sense of is read record by record."""
    limits.require_records(path, place=place)
    limits.require_room(path, place=place)
    chosen, encoding = inner, formats.encoding_of(path, spec.encoding, place=place)
    # Inside an archive files go by names of our own.
    said = [replace(i, message=i.message.replace(path.name, name)) for i in encoding.issues(layer=layer)]

    def second_chance() -> salvage.Salvaged | None:
        return salvage.salvage(path, chosen, encoding=encoding.reader)

    try:
        chosen = formats.layer_of(path, inner, place=place)
        stored = formats.field_names(path, chosen, encoding=encoding.reader, place=place)
    except formats.DamagedError:
        saved = second_chance()
        if saved is None:
            raise
        stored = [str(c) for c in saved.frame.columns if c != saved.frame.geometry.name]
        fields = encoding.names(stored)
        whole = _saved(saved, encoding.decoded(saved.frame, stored, fields), name, layer=layer)
        return Source(name, fields, lambda columns: _only(whole, columns), encoding.guess, issues=said)
    fields = encoding.names(stored)

    def read(columns: Sequence[str]) -> Records:
        return _only(_whole([s for s, f in zip(stored, fields, strict=True) if f in columns]), columns)

    def _whole(wanted: Sequence[str]) -> Records:
        try:
            frame = formats.read_vector(path, layer=chosen, columns=wanted, encoding=encoding.reader, place=place)
            declared = formats.declared_records(path, chosen, encoding=encoding.reader)
        except formats.DamagedError:
            saved = second_chance()
            if saved is None:
                raise
            return _saved(saved, encoding.decoded(saved.frame, stored, fields), name, layer=layer)
        frame.index = salvage.numbers(path, len(frame), declared)
        saved = second_chance() if salvage.is_short(path, frame, declared) else None
        # A count that is merely out of date is no damage.
        if saved is None or (not saved.lost and len(saved.frame) == len(frame)):
            return Records(encoding.decoded(frame, stored, fields))
        return _saved(saved, encoding.decoded(saved.frame, stored, fields), name, layer=layer)

    return Source(name, fields, read, encoding.guess, issues=said)


def _only(records: Records, columns: Sequence[str]) -> Records:
    """Some columns of what was read."""
    return replace(records, frame=records.frame[[*columns, records.frame.geometry.name]])


def _saved(saved: salvage.Salvaged, frame: gpd.GeoDataFrame, name: str, *, layer: str) -> Records:
    """What was saved of a damaged file, as if it had been read whole."""
    lost = [f"#{i}" for i in sorted(saved.lost)]
    return Records(frame, lost, [salvage.issue(saved, name, layer=layer)])
