"""Whether the bytes of a map tile are an image that a page may show, told from the bytes alone."""

from __future__ import annotations

import zlib

#: Most bytes and most pixels a side of a tile; what is larger is no tile.
LARGEST, WIDEST = 2_000_000, 2048

_PNG = b"\x89PNG\r\n\x1a\n"
#: Markers of JPEG that begin a frame and so carry its size.
_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3})


def image_fault(data: bytes) -> str | None:
    """Say why bytes are not an image to show; None when they are one.

    Parameters
    ----------
    data
        A tile, from a file that nobody vouches for.
    """
    if len(data) > LARGEST:
        return "too large"
    if data[:8] == _PNG:
        size = _png_size(data)
    elif data[:2] == b"\xff\xd8":
        size = _jpeg_size(data)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        size = _webp_size(data)
    else:
        return "not PNG, JPEG or WebP"
    if size is None:
        return "damaged"
    return None if min(size) >= 1 and max(size) <= WIDEST else "too many pixels"


def is_vector(data: bytes) -> bool:
    """Whether bytes look like a vector tile: packed, or protocol buffers that begin with a layer."""
    return data[:2] in (b"\x1f\x8b", b"\x78\x9c") or data[:1] == b"\x1a"


def _png_size(data: bytes) -> tuple[int, int] | None:
    """Width and height, when every chunk to the last is whole."""
    at, size = 8, None
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        chunk = data[at + 4 : at + 8 + length]
        if len(chunk) < 4 + length or zlib.crc32(chunk) != int.from_bytes(
            data[at + 8 + length : at + 12 + length], "big"
        ):
            return None
        if chunk[:4] == b"IHDR" and length == 13:
            size = int.from_bytes(chunk[4:8], "big"), int.from_bytes(chunk[8:12], "big")
        if chunk[:4] == b"IEND":
            return size
        at += 12 + length
    return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of the frame, when the image has an end."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] == 0xFF:  # padding
            at += 1
            continue
        if data[at + 1] in _FRAMES:
            if data.rfind(b"\xff\xd9") < at:
                return None
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def _webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of the first chunk, when the file is as long as it says."""
    if int.from_bytes(data[4:8], "little") + 8 not in (len(data), len(data) - 1) or len(data) < 30:
        return None
    kind = data[12:16]
    if kind == b"VP8 ":
        return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    return None
