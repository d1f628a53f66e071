"""A file → its records as they stand: geometry and the columns that are wanted."""

from __future__ import annotations

import codecs
import difflib
import json
import os
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyogrio.errors
import shapely
from pyproj.exceptions import CRSError

from gisplan.errors import LayerError, first_ids
from gisplan.read import encoding as encoding_
from gisplan.read.encoding import Encoding

_PARQUET = (".parquet", ".geoparquet")

#: Records read at a time.
_BATCH = 131_072

#: What readers raise when a file is damaged or not what its name says.
_UNREADABLE = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    shapely.errors.GEOSException,
    CRSError,
    UnicodeError,
    pa.ArrowException,
    OSError,
    ValueError,
    KeyError,
    # pyogrio itself stumbles over some damage: a coordinate system it cannot name, a remark it cannot decode.
    UnboundLocalError,
    SystemError,
)


class DamagedError(LayerError):
    """A file that its driver cannot read, or not to the end."""


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() in _PARQUET


@contextmanager
def listening() -> Iterator[list[str]]:
    """Gather what drivers remark on a file, to be told as an issue and not as a stray line on the console.

    Yields
    ------
    list of str
        Filled when the block ends.
    """
    told: list[str] = []
    hook = sys.unraisablehook
    # A driver that cannot even spell its own remark (bytes that are no text) leaves it out.
    sys.unraisablehook = lambda _: None
    remarks, reader = [], threading.get_ident()
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        warnings.simplefilter("always")
        show = warnings.showwarning

        def note(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            # What another thread has to remark is not about this file.
            if threading.get_ident() == reader:
                remarks.append((str(message), category))
            else:
                show(message, category, *where, **more)

        warnings.showwarning = note
        try:
            yield told
        finally:
            sys.unraisablehook = hook
    words = {told for told, category in remarks if issubclass(category, (UserWarning, RuntimeWarning))}
    # Measures along a line are not used, so nothing is lost with them.
    told += sorted(w for w in words if not w.startswith("Measured (M)"))


def layer_of(path: Path, layer: str | None, *, place: str) -> str | None:
    """Name of the layer to read.

    Raises
    ------
    LayerError
        The file is no vector file, has no such layer, or has several and none is named.
    """
    if _is_parquet(path):
        return None
    names = layer_names(path, place=place)
    if layer is None:
        if len(names) > 1:
            raise LayerError(
                f"{place}: {path.name} has {len(names)} layers ({first_ids(names, limit=20)}). Name one "
                'with layer = "…".'
            )
        return names[0]
    if layer not in names:
        near = difflib.get_close_matches(layer, names, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"It has: {first_ids(names, limit=20)}."
        raise LayerError(f"{place}: {path.name} has no layer {layer!r}. {hint}")
    return layer


def layer_names(path: Path, *, place: str) -> list[str]:
    """Names of a file's layers; a file that has no names for them has one, called as the file.

    Raises
    ------
    LayerError
        The file is no vector file, or has no layers.
    """
    if _is_parquet(path):
        return [path.stem]
    try:
        names = [str(n) for n in pyogrio.list_layers(path)[:, 0]]
    except _UNREADABLE as error:
        raise _damaged(path, error, place=place) from None
    if not names:
        raise LayerError(f"{place}: {path.name} has no layers. Check that it is complete.")
    return names


def _damaged(path: Path, error: Exception, *, place: str) -> DamagedError:
    """Say that a file cannot be read, with what its driver says of it."""
    # Where the file lies is the planner's own business, and the line is long enough.
    why = str(error).split("; It might help")[0].replace(f"{path.parent}{os.sep}", "").strip().rstrip(".;")
    hint = " with the .shx and .dbf beside it" if path.suffix.lower() == ".shp" else ""
    return DamagedError(
        f"{place}: {path.name} cannot be read as a vector file ({why}). Check that it is complete{hint}."
    )


def encoding_of(path: Path, encoding: str, *, place: str) -> Encoding:
    """Find the encoding a file has to be read with.

    Raises
    ------
    LayerError
        The plan names one that does not exist.
    """
    if encoding != "auto":
        encoding_.require(encoding, place=place)
    if path.suffix.lower() == ".shp":
        return encoding_.of_shapefile(path, encoding)
    return Encoding(None if encoding == "auto" else encoding)


def field_names(path: Path, layer: str | None, *, encoding: str | None, place: str) -> list[str]:
    """Attribute columns of a vector layer.

    Raises
    ------
    LayerError
        The file is damaged or has no geometry.
    """
    try:
        if _is_parquet(path):
            schema = pq.read_schema(path)
            geometry = set(_parquet_geometry(path, place=place)["columns"])
            return [n for n in schema.names if n not in geometry]
        return [str(f) for f in pyogrio.read_info(path, layer=layer, encoding=encoding)["fields"]]
    except _UNREADABLE as error:
        raise _damaged(path, error, place=place) from None


def declared_records(path: Path, layer: str | None, *, encoding: str | None) -> int:
    """How many records a vector file says it has; −1 where it does not say it."""
    if _is_parquet(path):
        return -1  # a file that is too short has no list of its columns either, so it is not read at all
    options = {"encoding": encoding} if encoding else {}
    return int(pyogrio.read_info(path, layer=layer, **options)["features"])


def _parquet_geometry(path: Path, *, place: str) -> Any:
    meta = (pq.read_schema(path).metadata or {}).get(b"geo")
    if meta is None:
        raise LayerError(f"{place}: {path.name} is a Parquet table without geometry. Write it as GeoParquet.")
    return json.loads(meta)


def read_vector(
    path: Path, *, layer: str | None, columns: Sequence[str], encoding: str | None, place: str
) -> gpd.GeoDataFrame:
    """Read a layer's geometry and some of its columns.

    Parameters
    ----------
    path, layer
        The file and its layer (see `layer_of`).
    columns
        Attribute columns wanted; the others are not read.
    encoding
        See `encoding_of`.
    place
        Where the layer stands in the plan, for messages.

    Raises
    ------
    LayerError
        The file is damaged or has no geometry.
    """
    try:
        frame = _read(path, layer, list(columns), encoding, place)
    except _UNREADABLE as error:
        raise _damaged(path, error, place=place) from None
    if not isinstance(frame, gpd.GeoDataFrame):
        raise LayerError(f"{place}: {path.name} has no geometry. Give a layer that has.")
    return frame


def _read_parquet(path: Path, columns: list[str], meta: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Read GeoParquet batch by batch, so that encoded and decoded shapes are never all in memory at once."""
    name = meta["primary_column"]
    described = meta["columns"][name]
    if described.get("encoding") != "WKB":
        frame = gpd.read_parquet(path, columns=[*columns, name])
        return frame if frame.geometry.name == name else frame.set_geometry(name)
    shapes, tables = [np.zeros(0, dtype=object)], []
    for batch in pq.ParquetFile(path).iter_batches(batch_size=_BATCH, columns=[*columns, name]):
        shapes.append(shapely.from_wkb(batch.column(name).to_numpy(zero_copy_only=False)))
        tables.append(batch.select(columns).to_pandas())
    geometry = np.concatenate(shapes)
    table = pd.concat(tables, ignore_index=True) if columns and tables else pd.DataFrame(index=range(len(geometry)))
    # What Arrow keeps for later would stay beside the shapes for the whole run.
    pa.default_memory_pool().release_unused()
    return gpd.GeoDataFrame(table, geometry=geometry, crs=described.get("crs", "OGC:CRS84"))


def _read(path: Path, layer: str | None, columns: list[str], encoding: str | None, place: str) -> Any:
    if _is_parquet(path):
        return _read_parquet(path, columns, _parquet_geometry(path, place=place))
    # Arrow hands over the coordinates as they are, so curves are read the slow way, which turns them into
    # short lines.
    curved = str(pyogrio.read_info(path, layer=layer, encoding=encoding)["geometry_type"] or "").startswith(
        ("Curve", "Compound", "Circular", "MultiCurve", "MultiSurface", "Surface", "Unknown")
    )
    plain = encoding is None or codecs.lookup(encoding).name == "utf-8"
    options: dict[str, Any] = {
        "layer": layer,
        "columns": columns,
        **({"encoding": encoding} if encoding else {}),
    }
    if plain and not curved:
        with suppress(NotImplementedError):  # curves in a layer that does not say it has any
            frame = pyogrio.read_dataframe(path, use_arrow=True, **options)
            _require_text(frame)
            return frame
    return pyogrio.read_dataframe(path, use_arrow=False, **options)


def _require_text(frame: pd.DataFrame) -> None:
    """Refuse text that is none: Arrow takes bytes from a driver as they are."""
    for _, values in frame.items():
        if isinstance(values.dtype, pd.StringDtype):
            pa.chunked_array(pa.array(values)).validate(full=True)
