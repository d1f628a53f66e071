"""Runs of bytes packed by deflate: the parts a payload is made of."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Bytes whose packing is tried before the rest of a plane is packed.
_TRIED = 1 << 15

# Pieces of a plane whose packing tells the size of the whole.
_PIECES = 6

# First bytes of a zlib stream: a window of 32 KB, default effort.
_ZLIB = b"\x78\x9c"


@dataclass(frozen=True)
class Section:
    """One named run of bytes; ``planes`` is the number of bytes per value (0: not byte planes)."""

    name: str
    data: bytes
    count: int
    planes: int = 0


def planes(name: str, values: NDArray[np.uint64]) -> Section:
    """Store non-negative whole numbers as byte planes, as few as the largest needs."""
    top = int(values.max()) if len(values) else 0
    width = max(1, (top.bit_length() + 7) // 8)
    table = np.ascontiguousarray(values, dtype="<u8").view(np.uint8).reshape(-1, 8)
    return Section(name, table[:, :width].T.tobytes(), len(values), width)


def bits(name: str, flags: NDArray[np.bool_]) -> Section:
    """Store eight flags in a byte, the first in its lowest bit."""
    return Section(name, np.packbits(flags, bitorder="little").tobytes(), len(flags))


def folded(values: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Fold signed numbers into non-negative ones: 0, -1, 1, -2 … become 0, 1, 2, 3 and so on."""
    return ((values << 1) ^ (values >> 63)).astype(np.uint64)


def pack(section: Section, level: int) -> bytes:
    """Return a section as one zlib stream, each of its planes packed in the way that suits it.

    Parameters
    ----------
    section
        What is packed.
    level
        Deflate level.
    """
    data = memoryview(section.data)
    size = section.count if section.planes > 1 else len(data)
    runs = [data[at : at + size] for at in range(0, len(data), size)] if size else [data]
    # Streams of one plane each: every stream but the last ends at a byte without saying that it is the last, and
    # none looks back beyond its own start, so that they are one stream when put one after another.
    packed = [_deflate(run, level, last=run is runs[-1]) for run in runs]
    return b"".join([_ZLIB, *packed, struct.pack(">I", zlib.adler32(data))])


def packed_size(section: Section, level: int = 6) -> int:
    """Estimate the bytes of a packed section from a few pieces of each of its planes."""
    data = memoryview(section.data)
    size = section.count if section.planes > 1 else len(data)
    found = 6.0
    for at in range(0, len(data), max(1, size)):
        run = data[at : at + size]
        if len(run) <= _PIECES * _TRIED:
            found += len(_deflate(run, level, last=True))
            continue
        starts = np.linspace(0, len(run) - _TRIED, _PIECES).astype(int)
        tried = sum(len(_deflate(run[start : start + _TRIED], level, last=True)) for start in starts)
        found += tried * len(run) / (_PIECES * _TRIED)
    return int(found)


def _deflate(run: memoryview, level: int, *, last: bool) -> bytes:
    """Pack a run as bare deflate; noise takes a tenth of the time when nobody looks for repetitions in it."""
    strategy = zlib.Z_DEFAULT_STRATEGY
    if len(run) > 2 * _TRIED:
        middle = run[len(run) // 2 :][:_TRIED]
        plain, noise = (len(_packed(middle, level, s)) for s in (strategy, zlib.Z_HUFFMAN_ONLY))
        strategy = zlib.Z_HUFFMAN_ONLY if noise <= plain else strategy
    return _packed(run, level, strategy, end=zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)


def _packed(run: memoryview, level: int, strategy: int, *, end: int = zlib.Z_FINISH) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, 9, strategy)
    return packer.compress(run) + packer.flush(end)
