"""A file → its records as they stand: one reader for vector layers, one for tables."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pyogrio.errors
import shapely

from gisplan.errors import LayerError, first_ids

_PARQUET = (".parquet", ".geoparquet")


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() in _PARQUET


def layer_of(path: Path, layer: str | None, *, place: str) -> str | None:
    """Name of the layer to read.

    Raises
    ------
    LayerError
        The file is no vector file, has no such layer, or has several and none is named.
    """
    if _is_parquet(path):
        return None
    try:
        names = [str(n) for n in pyogrio.list_layers(path)[:, 0]]
    except pyogrio.errors.DataSourceError as error:
        raise LayerError(f"{place}: {path.name} cannot be read as a vector file ({error}). Check that it is complete.") from None
    if layer is None:
        if len(names) != 1:
            raise LayerError(
                f"{place}: {path.name} has {len(names)} layers ({first_ids(names, limit=20)}). Name one with layer = \"…\"."
            )
        return names[0]
    if layer not in names:
        near = difflib.get_close_matches(layer, names, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"It has: {first_ids(names, limit=20)}."
        raise LayerError(f"{place}: {path.name} has no layer {layer!r}. {hint}")
    return layer


def field_names(path: Path, layer: str | None) -> list[str]:
    """Attribute columns of a vector layer."""
    if _is_parquet(path):
        geometry = set(_parquet_geometry(path))
        return [n for n in pq.read_schema(path).names if n not in geometry]
    return [str(f) for f in pyogrio.read_info(path, layer=layer)["fields"]]


def _parquet_geometry(path: Path) -> list[str]:
    import json

    meta = (pq.read_schema(path).metadata or {}).get(b"geo")
    if meta is None:
        raise LayerError(f"{path.name}: is a Parquet table without geometry. Write it as GeoParquet.")
    return list(json.loads(meta)["columns"])


def read_vector(path: Path, *, layer: str | None, columns: Sequence[str], encoding: str, place: str) -> gpd.GeoDataFrame:
    """Read a layer's geometry and some of its columns.

    Parameters
    ----------
    path, layer
        The file and its layer (see `layer_of`).
    columns
        Attribute columns wanted; the others are not read.
    encoding
        ``auto`` or the name of a character encoding.
    place
        Where the layer stands in the plan, for messages.

    Raises
    ------
    LayerError
        The file is damaged.
    """
    if _is_parquet(path):
        geometry = _parquet_geometry(path)
        return gpd.read_parquet(path, columns=[*columns, geometry[0]])
    options = {} if encoding == "auto" else {"encoding": encoding}
    try:
        # Arrow hands over the coordinates as they are, so curves are read the slow way, which turns them into short lines.
        curved = str(pyogrio.read_info(path, layer=layer)["geometry_type"] or "").startswith(
            ("Curve", "Compound", "Circular", "MultiCurve", "MultiSurface", "Surface", "Unknown")
        )
        return pyogrio.read_dataframe(path, layer=layer, columns=list(columns), use_arrow=not curved, **options)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, shapely.errors.GEOSException, UnicodeDecodeError) as error:
        raise LayerError(f"{place}: {path.name} cannot be read: {error}. Check that the file is complete.") from None


def read_rows(path: Path, *, sheet: str | None, encoding: str, place: str) -> pd.DataFrame:
    """Read a table (CSV or Excel) with every cell as text, so that ``0111`` stays ``0111``.

    Raises
    ------
    LayerError
        The kind of file is not known, or it has no such sheet.
    """
    suffix = path.suffix.lower()
    if suffix in (".csv", ".txt", ".tsv"):
        return _read_csv(path, encoding=encoding, separator="\t" if suffix == ".tsv" else ",", place=place)
    if suffix not in (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"):
        raise LayerError(f"{place}: {path.name} is not a table gisplan reads. Give a .csv or .xlsx file.")
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError) as error:
        raise LayerError(f"{place}: {path.name} cannot be read as a workbook ({error}). Save it again as .xlsx.") from None
    if sheet is not None and sheet not in book.sheet_names:
        raise LayerError(f"{place}: {path.name} has no sheet {sheet!r}. It has: {first_ids(book.sheet_names, limit=20)}.")
    cells = book.get_sheet_by_name(sheet or book.sheet_names[0]).to_python()
    if not cells:
        raise LayerError(f"{place}: sheet {sheet or book.sheet_names[0]!r} of {path.name} is empty.")
    header = [text_of(c) or f"column {i + 1}" for i, c in enumerate(cells[0])]
    rows = [[text_of(c) for c in row] for row in cells[1:] if any(text_of(c) is not None for c in row)]
    return pd.DataFrame(rows, columns=header, dtype=object)


def _read_csv(path: Path, *, encoding: str, separator: str, place: str) -> pd.DataFrame:
    raw = path.read_bytes()
    tried = ["utf-8-sig", "gb18030"] if encoding == "auto" else [encoding]
    for name in tried:
        try:
            raw.decode(name)
        except UnicodeDecodeError:
            continue
        except LookupError:
            raise LayerError(f"{place}: there is no encoding {name!r}. Write e.g. encoding = \"gbk\".") from None
        break
    else:
        raise LayerError(f"{place}: {path.name} is not {' or '.join(tried)} text. Give its encoding = \"…\".")
    try:
        frame = pd.read_csv(path, sep=separator, dtype=str, encoding=name, keep_default_na=False, na_values=[""])
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise LayerError(f"{place}: {path.name} cannot be read as a table: {str(error).strip()}.") from None
    return frame.astype(object).where(frame.notna(), None)


def text_of(value: object) -> str | None:
    """Text of a cell or attribute as a person would write it: 110.0 is ``110``, blanks are missing."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value != value:
            return None
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return text.strip() or None
