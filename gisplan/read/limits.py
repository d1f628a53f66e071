"""What gisplan does not take from a file: more than memory holds, shapes without end, a way to other places."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from gisplan.errors import LayerError, counted, first_ids
from gisplan.read import shapefile

#: Corners one shape may have. The coast of a province has a hundred thousand; mending a shape of many millions
#: takes hours.
CORNERS = 10_000_000

#: Bytes of a corner: two numbers of eight.
_CORNER = 16

#: Times its size that a file takes in memory while it is read: encoded, decoded, and the table.
_GROWTH = 2

#: Containers of many layers, whose own size says nothing of the layer that is read.
_CONTAINERS = (".gdb", ".gpkg", ".sqlite")

#: Marks of files that hold no records but lead to others, on this computer or elsewhere.
_ELSEWHERE = (
    b"<OGRVRTDataSource",
    b"<OGRWFSDataSource",
    b"<OGROAPIFDataSource",
    b"<OGRCSWDataSource",
    b"gdal_streamed_alg",
)

_HEAD = 1 << 16


def require_records(path: Path, *, place: str) -> None:
    """Refuse a file that only leads to other files or servers, whatever its name says.

    Raises
    ------
    LayerError
        It does.
    """
    if path.is_dir():
        return
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        raise LayerError(
            f"{place}: {path.name} cannot be opened ({error.strerror}). Close it elsewhere or check your rights to it."
        ) from None
    if any(mark in head for mark in _ELSEWHERE):
        raise LayerError(
            f"{place}: {path.name} holds no records but leads to another file or server. Give the file it leads to."
        )


def require_room(path: Path, *, place: str, memory: int | None = None, corners: int = CORNERS) -> None:
    """Refuse a file that memory cannot hold, before it is read.

    Parameters
    ----------
    path
        The file.
    place
        Where the layer stands in the plan, for messages.
    memory
        Bytes of memory; those of this computer by default.
    corners
        How many corners one shape may have: a shapefile says it before it is read.

    Raises
    ------
    LayerError
        It is too large, or one of its shapes is.
    """
    suffix = path.suffix.lower()
    if suffix not in _CONTAINERS and path.is_file():
        room, size = _memory() if memory is None else memory, path.stat().st_size
        if size * _GROWTH > room:
            raise LayerError(
                f"{place}: {path.name} is too large to be read here ({size / 1e9:,.1f} GB; the computer has "
                f"{room / 1e9:,.1f} GB of memory). Cut it to the study area, or give it as a GeoPackage with one."
            )
    if suffix == ".shp":
        lengths = shapefile.index(path)[:, 1]
        long = np.flatnonzero(lengths > corners * _CORNER)
        # An index that promises more than there is, is damaged and not large.
        if len(long) and int(lengths[long].max()) <= path.stat().st_size:
            raise _too_many([f"#{i + 1}" for i in long], int(lengths[long].max()) // _CORNER, corners, place=place)


def require_corners(frame: gpd.GeoDataFrame, *, place: str, corners: int = CORNERS) -> None:
    """Refuse shapes of more corners than any honest one has.

    Raises
    ------
    LayerError
        There are some.
    """
    count = shapely.get_num_coordinates(np.asarray(frame.geometry.array))
    long = count > corners
    if long.any():
        raise _too_many([f"#{i}" for i in frame.index[long]], int(count.max()), corners, place=place)


def _too_many(names: list[str], most: int, corners: int, *, place: str) -> LayerError:
    return LayerError(
        f"{place}: {counted(len(names), 'record')} with a shape of up to {most:,} corners, where {corners:,} are the "
        f"most: {first_ids(names)}. Simplify or divide it."
    )


def _memory() -> int:
    """Bytes of memory this computer has."""
    if sys.platform == "win32":
        return _windows_memory()
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _windows_memory() -> int:
    class Status(ctypes.Structure):
        """MEMORYSTATUSEX of the Windows API."""

        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "a", "b", "c", "d", "e")),
        )

    status = Status(length=ctypes.sizeof(Status))
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # type: ignore[attr-defined,unused-ignore]
    return int(status.total)
