"""A table without geometry of its own → records with a place: shapes as text, or two columns of coordinates."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from gisplan import vocabulary
from gisplan.errors import LayerError, counted, first_ids
from gisplan.issues import Issue
from gisplan.read.rows import read_rows, require_single
from gisplan.read.values import to_numbers

#: Kinds of files that are tables; which of them hold sheets is for `gisplan.read.rows` to know.
TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")

#: Characters a cell may hold: a shape of a quarter of a million corners. Python stops at 131,072.
_CELL = 10_000_000

#: Number of a coordinate system in front of a shape, as PostGIS writes it.
_SRID = re.compile(r"^\s*SRID\s*=\s*(\d+)\s*;", re.IGNORECASE)


def read_table(spec: Any, path: Path, *, layer: str, place: str) -> tuple[gpd.GeoDataFrame, list[Issue]]:
    """Read a table and find the place of each record.

    Parameters
    ----------
    spec
        The layer's table of the plan.
    path
        A text file or a workbook.
    layer
        Its name, for issues.
    place
        Where the layer stands in the plan, for messages.

    Returns
    -------
    tuple
        All columns as text, the index their lines in the file, with geometry; and what was assumed.

    Raises
    ------
    LayerError
        No column holds a place, or one that should holds something else.
    """
    _require_no_layer(spec, path, place=place)
    with _long_cells():
        read = read_rows(path, sheet=spec.sheet, encoding=spec.encoding, place=place, needs=None)
    rows = read.table
    names, found = _found(spec, rows, path, layer=layer, place=place)
    issues = [*read.issues, *found]
    require_single(names, rows, place=place)
    if not names:
        return gpd.GeoDataFrame(rows, geometry=gpd.GeoSeries([None] * len(rows), index=rows.index)), issues
    if len(names) == 1:
        geometry, crs, odd = _from_text(rows[names[0]], names[0], layer=layer)
        issues += odd
    else:
        x, y = (to_numbers(rows[n], place=f"{place}: column {n!r}").to_numpy(dtype=float) for n in names)
        geometry, crs = shapely.points(x, y), None
        geometry[np.isnan(x) | np.isnan(y)] = None
    try:
        system = CRS.from_user_input(crs) if crs is not None else None
    except CRSError:
        raise LayerError(
            f"{place}: {path.name} names {crs}, which is no coordinate system. Correct it in the table, or take it "
            'out and give the right one: crs = "EPSG:4490".'
        ) from None
    return gpd.GeoDataFrame(
        rows.drop(columns=names), geometry=gpd.GeoSeries(geometry, index=rows.index), crs=system
    ), issues


def _require_no_layer(spec: Any, path: Path, *, place: str) -> None:
    if spec.layer is not None:
        raise LayerError(f"{place} layer: {path.name} is a table and has no layers. Write sheet = … for a workbook.")


@contextmanager
def _long_cells() -> Iterator[None]:
    """Let cells of a text file be as long as shapes are."""
    before = csv.field_size_limit(_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _found(spec: Any, rows: pd.DataFrame, path: Path, *, layer: str, place: str) -> tuple[list[str], list[Issue]]:
    """Columns that hold the place, one of text or two of numbers: those of the plan, else those with a usual name.

    None where there are none and the layer can do without.
    """
    fields = [str(c) for c in rows.columns]
    if spec.geometry is not None:
        given = [spec.geometry.wkt] if spec.geometry.wkt is not None else [spec.geometry.x, spec.geometry.y]
        missing = [n for n in given if n not in fields]
        if missing:
            raise LayerError(
                f"{place} geometry: {path.name} has no column {first_ids([repr(n) for n in missing])}. "
                f"It has: {first_ids(fields, limit=30)}."
            )
        return given, []
    lower = {f.lower(): f for f in reversed(fields)}
    usual: list[list[str]] = [[n] for n in vocabulary.coordinates()["wkt"]] + [
        list(pair) for pair in vocabulary.coordinates()["pairs"]
    ]
    hits = [[lower[n] for n in names] for names in usual if all(n in lower for n in names)]
    if not hits and not getattr(spec, "is_placed", True):
        return [], []
    if not hits:
        raise LayerError(
            f"{place}: {path.name} has no column that says where its records lie. It has: "
            f'{first_ids(fields, limit=30)}. Give geometry = {{ wkt = "…" }} or geometry = {{ x = "…", y = "…" }}.'
        )
    names = hits[0]
    return names, [
        Issue(
            "PLACE_BY_NAME",
            "note",
            layer,
            len(rows),
            f"{path.name}: the place of each record is read from {' (east) and '.join(names)}"
            f"{' (north)' if len(names) > 1 else ''}, recognised by name.",
            'Write geometry = { wkt = "…" } or { x = "…", y = "…" } if that is wrong.',
            "planner",
        )
    ]


def _from_text(values: pd.Series, name: str, *, layer: str) -> tuple[np.ndarray, str | None, list[Issue]]:
    """Shapes of a text column, None where there is none; the one system they name, if they do; what is no shape."""
    text = values.to_numpy(dtype=object)
    numbers = [_SRID.match(t) if t is not None else None for t in text]
    bare = np.array([t[n.end() :] if n else t for t, n in zip(text, numbers, strict=True)], dtype=object)
    with np.errstate(invalid="ignore"):
        shapes = np.asarray(shapely.from_wkt(bare, on_invalid="ignore"))
    wrong = shapely.is_missing(shapes) & np.array([t is not None for t in text])
    # One system of all shapes is theirs; where some name none, or another, nothing is taken for granted.
    named = {n[1] if n else "0" for t, n in zip(text, numbers, strict=True) if t is not None}
    crs = f"EPSG:{named.pop()}" if len(named) == 1 and named != {"0"} else None
    if not wrong.any():
        return shapes, crs, []
    lines = _lines(values.index[wrong])
    return (
        shapes,
        crs,
        [
            Issue(
                "SHAPE_UNREADABLE",
                "error",
                layer,
                len(lines),
                f"{counted(len(lines), 'record')} with a text in {name} that is no shape: {first_ids(lines)}.",
                "Write shapes as well-known text, e.g. POLYGON ((…)).",
                features=lines,
            )
        ],
    )


def _lines(numbers: Sequence[object]) -> list[str]:
    return [f"line {n}" for n in numbers]
