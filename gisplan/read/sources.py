"""Whatever a layer's path leads to → the same thing: its fields, and a way to read some of them with geometry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from gisplan.issues import Issue
from gisplan.read import archives, formats, places


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
        Records with the columns that are wanted; the index numbers them as their file does.
    encoding
        The encoding that was taken, None where the file says it.
    texts
        Whether all columns are text, as those of a table.
    issues
        What was assumed to find the records.
    """

    name: str
    fields: Sequence[str]
    read: Callable[[Sequence[str]], gpd.GeoDataFrame]
    encoding: str | None = None
    texts: bool = False
    issues: Sequence[Issue] = ()


@contextmanager
def opened(spec: Any, path: Path, *, layer: str, place: str) -> Iterator[Source]:
    """Open what a layer's path leads to.

    Parameters
    ----------
    spec
        The layer's table of the plan.
    path
        Its file.
    layer
        The layer's name, for issues.
    place
        Where it stands in the plan, for messages.

    Raises
    ------
    LayerError
        Whatever the user can mend.
    """
    if path.suffix.lower() in places.TABLES:
        yield _table(spec, path, layer=layer, place=place)
    elif archives.is_archive(path):
        with archives.unpacked(path, spec.layer, place=place) as (file, inner):
            yield _vector(spec, file, inner, name=path.name, place=place)
    else:
        yield _vector(spec, path, spec.layer, name=path.name, place=place)


def _table(spec: Any, path: Path, *, layer: str, place: str) -> Source:
    frame, issues = places.read_table(spec, path, layer=layer, place=place)
    fields = [str(c) for c in frame.columns if c != frame.geometry.name]
    return Source(path.name, fields, lambda columns: frame[[*columns, frame.geometry.name]], texts=True, issues=issues)


def _vector(spec: Any, path: Path, inner: str | None, *, name: str, place: str) -> Source:
    chosen = formats.layer_of(path, inner, place=place)
    encoding = formats.encoding_of(path, spec.encoding, place=place)
    fields = formats.field_names(path, chosen, encoding=encoding, place=place)

    def read(columns: Sequence[str]) -> gpd.GeoDataFrame:
        frame = formats.read_vector(path, layer=chosen, columns=columns, encoding=encoding, place=place)
        frame.index = pd.RangeIndex(1, len(frame) + 1)
        return frame

    return Source(name, fields, read, encoding)
