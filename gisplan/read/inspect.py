"""A file as it stands, and what gisplan would take it for: layers, coordinate systems, columns with samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisplan.errors import LayerError, counted
from gisplan.plan import ServiceLayer
from gisplan.read import archives, cad, formats, kinds, questions, rows, sources, witness
from gisplan.read import columns as cols
from gisplan.read import crs as crs_
from gisplan.read.layer import dominant_dimension
from gisplan.read.text import text_of

_RASTERS = (".tif", ".tiff")
_VECTORS = (
    ".gpkg",
    ".shp",
    ".geojson",
    ".fgb",
    ".parquet",
    ".geoparquet",
    ".gdb",
    ".kml",
    ".tab",
    ".mif",
    ".dxf",
    ".dwg",
    ".zip",
)
_GEOMETRIES = {0: "points", 1: "lines", 2: "polygons"}

#: Values of a column that are shown.
_SAMPLES = 3


@dataclass(frozen=True)
class FieldLook:
    """A column: what it holds and what it would be read as.

    Attributes
    ----------
    name, type
        As in the file; ``text``, ``integer``, ``number``, ``date`` or ``yes/no``.
    missing
        Records without a value.
    samples
        The first few different values.
    means
        Canonical column it is found as; empty where it is not used.
    unit
        Unit its name gives, else empty.
    question
        What it may be, where gisplan asks rather than decides.
    """

    name: str
    type: str
    missing: int
    samples: tuple[str, ...]
    means: str = ""
    unit: str = ""
    question: str = ""


@dataclass(frozen=True)
class LayerLook:
    """A layer, a table or a raster of a file.

    Attributes
    ----------
    name
        Its own name in the file; a sheet's name in a workbook.
    geometry
        ``polygons``, ``lines``, ``points``, ``none`` (no record has one), ``table`` or ``raster``.
    count
        Records, or cells of a raster.
    crs
        Coordinate system, empty where the file names none.
    extent
        Smallest and greatest x and y as (x0, y0, x1, y1); None without coordinates.
    encoding
        How its text is written, where gisplan had to find out.
    fields
        Its columns.
    kind
        Layer of a plan it would be taken for, ``ledger`` or ``terrain``; empty where nothing fits.
    reasons
        Why.
    remarks
        What its driver or gisplan has to remark.
    """

    name: str
    geometry: str
    count: int
    crs: str = ""
    extent: tuple[float, float, float, float] | None = None
    encoding: str = ""
    fields: tuple[FieldLook, ...] = ()
    kind: str = ""
    reasons: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seen:
    """A look at a layer, all kinds it may be, and its attribute table (without geometry)."""

    look: LayerLook
    guesses: tuple[kinds.Guess, ...]
    table: pd.DataFrame


def is_known(path: Path) -> bool:
    """Whether a file may be read, by the end of its name."""
    return path.suffix.lower() in (*_RASTERS, *_VECTORS) or rows.is_table(path)


def inspect(path: str | Path) -> tuple[LayerLook, ...]:
    """Look at every layer of a file.

    Raises
    ------
    LayerError
        There is no such file, or it is nothing gisplan reads.
    """
    return tuple(seen.look for seen in see(Path(path), place="inspect"))


def see(path: Path, *, place: str) -> Iterator[Seen]:
    """Look at the layers of a file one by one, with their tables.

    Raises
    ------
    LayerError
        There is no such file, or it is nothing gisplan reads.
    """
    if not path.exists():
        raise LayerError(f"{place}: there is no file {str(path)!r}. Check the path.")
    if path.is_dir() and path.suffix.lower() != ".gdb":
        raise LayerError(f"{place}: {str(path)!r} is a folder. Give a file in it, or use gisplan init.")
    if path.suffix.lower() in _RASTERS:
        yield Seen(_raster(path, place=place), (), pd.DataFrame())
    elif rows.is_table(path):
        for sheet in rows.sheet_names(path, place=place):
            yield _table(path, sheet, place=place)
    elif cad.is_drawing(path):
        yield Seen(_drawing(path, place=place), (), pd.DataFrame())
    elif archives.is_archive(path):
        yield _vector(path, None, alone=True, place=place)
    else:
        layers = formats.layer_names(path, place=place)
        for name in layers:
            yield _vector(path, name, alone=len(layers) == 1, place=place)


def _drawing(path: Path, *, place: str) -> LayerLook:
    """CAD layers of a drawing: which of them is what only the planner knows."""
    held, remarks = cad.held(path, place=place)
    fields = tuple(FieldLook(name, "CAD layer", 0, (f"{count:,} entities",)) for name, count in held.items())
    return LayerLook(path.stem, "none", sum(held.values()), fields=fields, remarks=tuple(remarks))


def _vector(path: Path, name: str | None, *, alone: bool, place: str) -> Seen:
    spec = ServiceLayer(path=str(path), layer=name)
    with formats.listening() as remarks, sources.opened(spec, path, layer=place, place=place) as source:
        fields = list(source.fields)
        records = source.read(fields)
    frame = records.frame
    geometry = "none" if frame.geometry.isna().all() else _GEOMETRIES[dominant_dimension(frame)]
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    shown = name or path.stem
    called = [shown, path.stem] if alone and shown != path.stem else [shown]
    guesses = tuple(kinds.guesses(called, geometry, fields)) if geometry != "none" else ()
    best = guesses[0] if guesses else kinds.Guess()
    extent = None if geometry == "none" else crs_.bounds(frame)
    told = [*_kinds_held(frame), *(i.message for i in records.issues)]
    if frame.crs is None and extent is not None:
        told.append(witness.told(witness.guesses(extent)))
    look = LayerLook(
        shown,
        geometry,
        len(frame),
        _crs_name(frame),
        extent,
        source.encoding,
        _fields(table, best.kind),
        best.kind,
        best.reasons,
        (*remarks, *told),
    )
    return Seen(look, guesses, table)


def _kinds_held(frame: gpd.GeoDataFrame) -> list[str]:
    """Remark on a layer that holds geometry of several kinds, of which a layer of a plan takes one."""
    dimension = shapely.get_dimensions(np.asarray(frame.geometry.array))
    held = [counted(n, _GEOMETRIES[d][:-1]) for d in reversed(_GEOMETRIES) if (n := int((dimension == d).sum()))]
    return [f"holds {', '.join(held)}: a layer of a plan takes one kind"] if len(held) > 1 else []


def _crs_name(frame: gpd.GeoDataFrame) -> str:
    if frame.crs is None:
        return ""
    epsg = frame.crs.to_epsg()
    return f"{frame.crs.name} (EPSG:{epsg})" if epsg else str(frame.crs.name)


def _table(path: Path, sheet: str | None, *, place: str) -> Seen:
    name = sheet if sheet is not None else path.stem
    try:
        table = rows.read_rows(path, sheet=sheet, encoding="auto", place=place, needs=None).table
    except LayerError as error:
        if sheet is None:
            raise
        # A title page among the sheets says nothing against the others.
        return Seen(LayerLook(name, "table", 0, remarks=(str(error),)), (), pd.DataFrame())
    table.columns = [str(c) for c in table.columns]
    fields = _fields(table, "parcels")
    known = [f.name for f in fields if f.means]
    look = LayerLook(name, "table", len(table), fields=fields)
    if known:
        look = replace(look, kind="ledger", reasons=(f"it has {', '.join(known[:5])}",))
    return Seen(look, (), table)


def _raster(path: Path, *, place: str) -> LayerLook:
    import rasterio
    import rasterio.errors

    try:
        with rasterio.open(path) as raster:
            crs = raster.crs
            epsg = crs.to_epsg() if crs is not None else None
            x, y = raster.res
            return LayerLook(
                path.stem,
                "raster",
                raster.width * raster.height,
                "" if crs is None else f"EPSG:{epsg}" if epsg else crs.to_string(),
                (raster.bounds.left, raster.bounds.bottom, raster.bounds.right, raster.bounds.top),
                kind="terrain" if raster.count == 1 else "",
                reasons=("it is a raster of one band",) if raster.count == 1 else (),
                remarks=(
                    f"{raster.width} × {raster.height} cells of {x:g} × {y:g}, {raster.count} band"
                    f"{'s' if raster.count > 1 else ''} of {raster.dtypes[0]}, "
                    + ("no value for missing" if raster.nodata is None else f"{raster.nodata:g} is missing"),
                ),
            )
    except rasterio.errors.RasterioIOError:
        raise LayerError(f"{place}: {path.name} is not a raster gisplan reads. Give e.g. a GeoTIFF.") from None


def _fields(table: pd.DataFrame, kind: str) -> tuple[FieldLook, ...]:
    """Columns of a table and what each would be read as in a layer of that kind."""
    names = list(table.columns)
    match = cols.match(kind, {}, names, place=kind) if kind else cols.Match({}, ())
    means = {source.column: (name, source.unit or "") for name, source in match.sources.items()}
    asked = {f: f"{' or '.join(w.columns)}? {w.en}" for f, w in questions.meanings(kind, names).items()}
    return tuple(
        FieldLook(name, _type(table[name]), *_values(table[name]), *means.get(name, ("", "")), asked.get(name, ""))
        for name in names
    )


def _values(values: pd.Series) -> tuple[int, tuple[str, ...]]:
    """Count what is missing and show the first different values."""
    known = values.dropna()
    texts = known.map(text_of).dropna()
    return len(values) - len(texts), tuple(texts.drop_duplicates().head(_SAMPLES))


def _type(values: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(values):
        return "yes/no"
    if pd.api.types.is_integer_dtype(values):
        return "integer"
    if pd.api.types.is_numeric_dtype(values):
        return "number"
    return "date" if pd.api.types.is_datetime64_any_dtype(values) else "text"
