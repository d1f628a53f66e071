"""What the bytes of a shapefile say of its records, where its driver keeps silent."""

from __future__ import annotations

import struct
from pathlib import Path

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

#: Shapes that are none.
_NULL = 0

#: Bytes of the head of a .shp or .shx, and of the head of each shape.
_HEAD, _SHAPE_HEAD = 100, 8


def part(path: Path, ending: str) -> Path | None:
    """File of a shapefile by its ending, in lower or upper case; None where it is missing."""
    return next((p for p in (path.with_suffix(e) for e in (ending, ending.upper())) if p.is_file()), None)


def index(path: Path) -> NDArray[np.int64]:
    """Offset and length of each shape in bytes, shape (n, 2), as the .shx has them; empty without one."""
    file = part(path, ".shx")
    if file is None:
        return np.zeros((0, 2), dtype=np.int64)
    entries = file.read_bytes()[_HEAD:]
    words = np.frombuffer(entries[: len(entries) // 8 * 8], dtype=">i4")
    return np.asarray(words.reshape(-1, 2).astype(np.int64) * 2)


def is_index_whole(path: Path) -> bool:
    """Whether the .shx is there, as long as it says, and leads to shapes in order."""
    file = part(path, ".shx")
    if file is None or file.stat().st_size < _HEAD:
        return False
    with file.open("rb") as stream:
        declared = int.from_bytes(stream.read(_HEAD)[24:28], "big") * 2
    found = index(path)
    return declared == file.stat().st_size and bool((found[:, 0] >= _HEAD).all() and (found[:, 1] >= 4).all())


def deleted(path: Path) -> NDArray[np.int64]:
    """Numbers of the records that were deleted but are still in the .dbf: readers leave them out."""
    table = part(path, ".dbf")
    if table is None:
        return np.zeros(0, dtype=np.int64)
    with table.open("rb") as stream:
        head = stream.read(32)
    start, width = int.from_bytes(head[8:10], "little"), int.from_bytes(head[10:12], "little")
    rows = (table.stat().st_size - start) // width if width else 0
    rows = min(rows, int.from_bytes(head[4:8], "little"))
    if rows <= 0:
        return np.zeros(0, dtype=np.int64)
    marks = np.memmap(table, dtype=np.uint8, mode="r", offset=start, shape=(rows, width))[:, 0]
    return np.flatnonzero(marks == ord("*")) + 1


def index_anew(path: Path, target: Path) -> None:
    """Write the .shx that a .shp has lost, as far as its shapes follow upon each other.

    A shape that reaches beyond the end of the file is the last one of the index, so that it is told as cut off.
    """
    size = path.stat().st_size
    entries = bytearray()
    with path.open("rb") as shapes:
        head = bytearray(shapes.read(_HEAD))
        at = _HEAD
        while at + _SHAPE_HEAD <= size:
            shapes.seek(at)
            number, words = struct.unpack(">ii", shapes.read(_SHAPE_HEAD))
            if number != len(entries) // 8 + 1 or words < 2:
                break
            entries += struct.pack(">ii", at // 2, words)
            at += _SHAPE_HEAD + 2 * words
    head[24:28] = struct.pack(">i", (_HEAD + len(entries)) // 2)
    target.write_bytes(bytes(head) + entries)


def damaged(path: Path, frame: gpd.GeoDataFrame) -> dict[int, str]:
    """Records of a shapefile whose driver gives blanks where there is damage.

    Parameters
    ----------
    path
        The ``.shp``.
    frame
        What was read; the index is the record's number from 1.

    Returns
    -------
    dict
        Why each damaged record, also one that was not read, cannot be used, by its number.
    """
    found, size = index(path), path.stat().st_size
    declared, whole = _attributes(path)
    out = dict.fromkeys(range(len(found) + 1, whole + 1), "its shape is missing")
    out |= dict.fromkeys(range(whole + 1, min(declared, len(found)) + 1), "its attributes are cut off")
    with path.open("rb") as shapes:
        for number in frame.index[frame.geometry.isna()]:
            if number > len(found):
                continue
            offset, length = found[number - 1]
            shapes.seek(offset + _SHAPE_HEAD)
            kind = shapes.read(4)
            if offset + _SHAPE_HEAD + length > size or len(kind) < 4:
                out[int(number)] = "its shape is cut off"
            elif int.from_bytes(kind, "little") != _NULL:
                out[int(number)] = "its shape is damaged"
    return out


def _attributes(path: Path) -> tuple[int, int]:
    """How many records the .dbf says it has, and how many are whole; as many as there are shapes without one."""
    table, shapes = part(path, ".dbf"), len(index(path))
    if table is None:
        return shapes, shapes
    with table.open("rb") as stream:
        head = stream.read(32)
    if len(head) < 32:
        return shapes, shapes
    declared = int.from_bytes(head[4:8], "little")
    start, width = int.from_bytes(head[8:10], "little"), int.from_bytes(head[10:12], "little")
    whole = max(table.stat().st_size - start, 0) // width if width else declared
    return declared, min(whole, declared)
