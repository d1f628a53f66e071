"""Cells and bytes → text: how a person would write a value, and in which encoding a file was written."""

from __future__ import annotations

import codecs
import math
from pathlib import Path

import numpy as np
import pandas as pd

from gisplan.errors import LayerError

#: Encodings tried on a file that does not say how it was written: nothing but UTF-8 passes for it, and GB
#: 18030 contains GBK.
_TRIED = ("utf-8", "gb18030")

#: Language marks in a dBase header that say nothing: none, and the one every writer sets.
_SILENT_MARKS = (0x00, 0x57)

#: Records of a dBase file that are looked at.
_SAMPLE = 5000


def text_of(value: object) -> str | None:
    """Text of a cell or attribute as a person would write it: 110.0 is ``110``, blanks are missing."""
    if isinstance(value, str):
        return value.strip() or None
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)):
        number = float(value)
        if math.isnan(number):
            return None
        return str(int(number)) if number.is_integer() and abs(number) < 1e16 else str(value)
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return text.strip() or None


def require_encoding(name: str, *, place: str) -> None:
    """Refuse an encoding nobody knows.

    Raises
    ------
    LayerError
        There is none of this name.
    """
    try:
        codecs.lookup(name)
    except LookupError:
        raise LayerError(f'{place} encoding: there is no encoding {name!r}. Write e.g. encoding = "gbk".') from None


def decoded(raw: bytes, *, encoding: str, file: str, place: str) -> str:
    """Text of a file's bytes.

    Raises
    ------
    LayerError
        It is not text in that encoding, or in any that is tried.
    """
    if encoding != "auto":
        require_encoding(encoding, place=place)
        tried: tuple[str, ...] = (encoding,)
    elif raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        tried = ("utf-16",)
    else:
        tried = ("utf-8-sig", "gb18030")
    for name in tried:
        try:
            return raw.decode(name)
        except UnicodeDecodeError:
            continue
    names = " or ".join({"utf-8-sig": "UTF-8", "gb18030": "GBK"}.get(n, n) for n in tried)
    raise LayerError(f'{place}: {file} is not text in {names}. Give its encoding = "…", or save it as CSV UTF-8.')


def shapefile_encoding(path: Path) -> str | None:
    """Guess the encoding of a shapefile that does not say it; None where it does, or where it is plain ASCII.

    Planning offices pass on shapefiles in GBK without the ``.cpg`` that would say so.
    """
    table = next((p for p in (path.with_suffix(s) for s in (".dbf", ".DBF")) if p.is_file()), None)
    if table is None or any(path.with_suffix(s).is_file() for s in (".cpg", ".CPG")):
        return None
    with table.open("rb") as stream:
        head = stream.read(32)
        if len(head) < 32 or head[29] not in _SILENT_MARKS:
            return None
        size, width = int.from_bytes(head[8:10], "little"), int.from_bytes(head[10:12], "little")
        fields = stream.read(max(size - 32, 0))
        records = stream.read(width * _SAMPLE)
    values = _cells(fields, records, width)
    if all(v.isascii() for v in values):
        return None
    return next((name for name in _TRIED if all(_begins(v, name) for v in values)), None)


def _cells(fields: bytes, records: bytes, width: int) -> set[bytes]:
    """Field names and distinct text values of a dBase table."""
    out: set[bytes] = set()
    at = 1
    for i in range(0, len(fields) - 31, 32):
        spec = fields[i : i + 32]
        if spec[0] == 0x0D:
            break
        out.add(spec[:11].split(b"\0")[0])
        length = spec[16]
        if spec[11:12] == b"C" and width:
            # Record by record: a sample of a table of fixed width.
            out |= {records[r + at : r + at + length].rstrip(b" \0") for r in range(0, len(records), width)}
        at += length
    return out


def _begins(value: bytes, encoding: str) -> bool:
    """Whether bytes are text in an encoding, perhaps cut off within the last character."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(value, final=False)
    except UnicodeDecodeError:
        return False
    return True
