"""A damaged file, record by record: the good ones go on, the others are told by number."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import shapely.geometry
from pyproj import CRS
from pyproj.exceptions import CRSError

from gisplan.errors import counted, first_ids
from gisplan.issues import Issue
from gisplan.read import shapefile
from gisplan.read.geojson import features_of
from gisplan.read.geopackage import rows_of

#: Records that fail one after another before the rest is given up.
_GIVE_UP = 1000

#: Bytes the shortest record takes: a header that claims more records than would fit is damaged itself.
_LEAST = 16

_GEOJSON = (".geojson", ".json")


@dataclass(frozen=True)
class Salvaged:
    """What a damaged file still holds.

    Attributes
    ----------
    frame
        The good records, all columns; the index is their number in the file, from 1.
    lost
        Why each other record cannot be read, by its number.
    rebuilt
        What had to be made anew, for the message; empty where nothing had.
    """

    frame: gpd.GeoDataFrame
    lost: Mapping[int, str] = field(default_factory=dict)
    rebuilt: str = ""


def salvage(path: Path, layer: str | None, *, encoding: str | None) -> Salvaged | None:
    """Read what can be read of a damaged file, record by record.

    Nothing is written beside the file: where its index or its size has to be mended, a copy is.

    Parameters
    ----------
    path, layer
        The file and its layer, None for the only one.
    encoding
        Encoding of its text; None where the file says it.

    Returns
    -------
    Salvaged or None
        None where not one record can be read.
    """
    if path.suffix.lower() in _GEOJSON:
        found = _from_geojson(path)
    else:
        with _mended(path) as (file, rebuilt):
            if path.suffix.lower() == ".gpkg":
                found = _from_geopackage(file, layer, rebuilt)
            else:
                found = _from_records(file, layer, encoding, rebuilt)
            if path.suffix.lower() == ".shp" and found is not None:
                worse = shapefile.damaged(file, found.frame)
                good = found.frame[~found.frame.index.isin(list(worse))]
                found = Salvaged(good, {**found.lost, **worse}, rebuilt)
    return None if found is None or len(found.frame) == 0 else found


def numbers(path: Path, read: int, declared: int) -> pd.Index:
    """Numbers, from 1, of the records that were read: deleted ones of a shapefile keep theirs but are not read."""
    if path.suffix.lower() == ".shp" and read < declared:
        left = np.setdiff1d(np.arange(1, declared + 1), shapefile.deleted(path))
        if len(left) == read:
            return pd.Index(left)
    return pd.RangeIndex(1, read + 1)


def is_short(path: Path, frame: gpd.GeoDataFrame, declared: int) -> bool:
    """Whether a driver has kept silent about damage: fewer records than the file declares, or blanks for shapes.

    Parameters
    ----------
    path
        The file.
    frame
        What was read; the index is the record's number (see `numbers`).
    declared
        How many records there should be; −1 where the file does not say it.
    """
    if path.suffix.lower() == ".shp":
        return bool(shapefile.damaged(path, frame))
    return len(frame) < declared


def issue(found: Salvaged, name: str, *, layer: str) -> Issue:
    """Say what was read of a damaged file and what was not."""
    good, n = len(found.frame), len(found.lost)
    if not n:
        return Issue(
            "FILE_DAMAGED",
            "warning",
            layer,
            good,
            f"{name} cannot be read in the usual way: {found.rebuilt or 'it was read record by record'}; "
            f"all of {counted(good, 'record')} could be read.",
            "Ask for the file again.",
        )
    listed = [f"#{i} ({why})" for i, why in sorted(found.lost.items())]
    return Issue(
        "FILE_DAMAGED",
        "error",
        layer,
        n,
        f"{name} is damaged: {found.rebuilt + '; ' if found.rebuilt else ''}{good:,} of {counted(good + n, 'record')} "
        f"could be read, {n:,} could not: {first_ids(listed)}.",
        "Ask for the file again: what is lost is counted as rejected.",
        features=listed,
    )


@contextmanager
def _mended(path: Path) -> Iterator[tuple[Path, str]]:
    """Copy of a file in which what can be made anew has been, and what that was; the file itself where nothing can."""
    suffix = path.suffix.lower()
    with tempfile.TemporaryDirectory(prefix="gisplan-") as folder:
        if suffix == ".shp" and not shapefile.is_index_whole(path):
            for ending in (".shp", ".dbf", ".prj", ".cpg"):
                if (part := shapefile.part(path, ending)) is not None:
                    shutil.copyfile(part, Path(folder) / f"layer{ending}")
            shapefile.index_anew(path, Path(folder) / "layer.shx")
            yield Path(folder) / "layer.shp", "its index (.shx) is missing or damaged and was made anew"
        elif suffix == ".gpkg":
            copy = Path(shutil.copyfile(path, Path(folder) / "layer.gpkg"))
            size = _declared_size(path)
            if size <= path.stat().st_size:
                yield copy, ""
                return
            # SQLite opens no file that is shorter than it says; the pages that are there can be read all the same.
            with copy.open("r+b") as stream:
                stream.truncate(size)
            yield copy, "it is cut off"
        else:
            yield path, ""


def _declared_size(path: Path) -> int:
    """Bytes a SQLite database says it has, at most four times those it has; 0 where it says nothing."""
    with path.open("rb") as stream:
        head = stream.read(100)
    if len(head) < 100 or not head.startswith(b"SQLite format 3\0"):
        return 0
    page = int.from_bytes(head[16:18], "big")
    size = (65536 if page == 1 else page) * int.from_bytes(head[28:32], "big")
    return size if size <= 4 * path.stat().st_size else 0


def _from_records(path: Path, layer: str | None, encoding: str | None, rebuilt: str) -> Salvaged | None:
    import fiona
    from fiona._err import CPLE_BaseError
    from fiona.errors import FionaError

    faults: tuple[type[Exception], ...] = (FionaError, CPLE_BaseError, OSError, ValueError, LookupError, RuntimeError)
    # fiona stumbles over some damage itself, before it can say what is wrong.
    faults = (*faults, TypeError, AttributeError, UnboundLocalError, SystemError)
    options = {"layer": layer, **({"encoding": encoding} if encoding else {})}
    try:
        with fiona.open(path, **options) as records:
            good, claimed, first = _sequence(records, faults, path.stat().st_size)
            lost: dict[int, str] = {}
            failed = 0
            gone = set(shapefile.deleted(path).tolist()) if path.suffix.lower() == ".shp" else set()
            for number in range(1, claimed + 1):
                if number in good or number in gone:
                    continue
                row = None if failed >= _GIVE_UP else _row(lambda n=number: records[n - 1 + first], faults)
                failed = failed + 1 if row is None else 0
                if row is None:
                    lost[number] = "cannot be read"
                else:
                    good[number] = row
            crs = records.crs_wkt or None
    except faults:
        return None
    return Salvaged(_frame(good, crs), lost, rebuilt)


def _sequence(records: Any, faults: tuple[type[BaseException], ...], size: int) -> tuple[dict[int, Any], int, int]:
    """Records up to the first that stops the reader, by number; how many there should be; the id of the first."""
    good: dict[int, Any] = {}
    first = 0
    walk = iter(records)
    while True:
        try:
            record = next(walk, None)
        except faults:
            break
        if record is None:
            break
        if not good:
            first = 1 if int(record.id) >= 1 else 0
        row = _row(lambda r=record: r, faults)
        if row is not None:
            good[int(record.id) + 1 - first] = row
    try:
        claimed = len(records)
    except faults:
        claimed = 0
    return good, claimed if claimed <= size // _LEAST else max(good, default=0), first


def _row(get: Any, faults: tuple[type[BaseException], ...]) -> tuple[dict[str, Any], Any] | None:
    """Attributes and shape of a record; None where it cannot be read."""
    try:
        record = get()
        if record is None:
            return None
        shape = None if record.geometry is None else shapely.geometry.shape(record.geometry)
    except (*faults, shapely.errors.ShapelyError):
        return None
    return dict(record.properties), shape


def _from_geopackage(path: Path, layer: str | None, rebuilt: str) -> Salvaged | None:
    try:
        rows, lost, crs = rows_of(path, layer)
    except (sqlite3.DatabaseError, LookupError, OverflowError):
        return None
    return Salvaged(_frame(rows, crs), lost, rebuilt)


def _from_geojson(path: Path) -> Salvaged | None:
    try:
        features, lost, crs = features_of(path.read_bytes())
    except OSError:
        return None
    return Salvaged(_frame(features, crs), lost)


def _frame(rows: Mapping[int, tuple[Mapping[str, Any], Any]], crs: str | None) -> gpd.GeoDataFrame:
    numbers: Sequence[int] = sorted(rows)
    names = dict.fromkeys(n for i in numbers for n in rows[i][0])
    table = pd.DataFrame({n: [rows[i][0].get(n) for i in numbers] for n in names}, index=numbers)
    shapes = np.array([rows[i][1] for i in numbers], dtype=object)
    try:
        system = CRS.from_user_input(crs) if crs else None
    except (CRSError, UnicodeError):
        system = None
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, index=numbers), crs=system)
