"""Tiles for tests: images made pixel by pixel, and files and servers full of them."""

import math
import sqlite3
import struct
import zlib

import numpy as np

SIZE = 256


def png(pixels):
    """Bytes of an image of shape (height, width, 3)."""
    rows = b"".join(b"\0" + row.tobytes() for row in np.asarray(pixels, dtype=np.uint8))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def plain(color):
    return png(np.full((SIZE, SIZE, 3), color))


def noise(seed):
    """An image that cannot be packed: about 196 kB."""
    return png(np.random.default_rng(seed).integers(0, 256, (SIZE, SIZE, 3)))


def color_of(z, x, y):
    """A colour that no neighbouring tile has."""
    return (40 + 50 * (x % 4), 40 + 50 * (y % 4), 40 + 20 * (z % 8))


def tile_of(lon, lat, zoom):
    """Column and row of the tile at a place, with fractions (the textbook formula)."""
    n = 2**zoom
    return (lon + 180) / 360 * n, (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n


def place_of(x, y, zoom):
    """Longitude and latitude of a corner of a tile."""
    n = 2**zoom
    return x / n * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / n))))


def cells(bounds, zoom, margin=0.0):
    """Columns and rows of the tiles that an extent touches."""
    west, south, east, north = bounds[0] - margin, bounds[1] - margin, bounds[2] + margin, bounds[3] + margin
    left, top = tile_of(west, north, zoom)
    right, bottom = tile_of(east, south, zoom)
    return [(x, y) for x in range(int(left), int(right) + 1) for y in range(int(top), int(bottom) + 1)]


def mbtiles(path, tiles, **metadata):
    """Write ``{(z, x, y): bytes}``, rows counted from the north, as an MBTiles file."""
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        base.execute("CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB)")
        base.executemany("INSERT INTO metadata VALUES (?, ?)", metadata.items())
        base.executemany(
            "INSERT INTO tiles VALUES (?, ?, ?, ?)", [(z, x, 2**z - 1 - y, data) for (z, x, y), data in tiles.items()]
        )
    base.close()
    return path


def dots(zoom, x, y, step, move):
    """A tile with soft dots at every ``step`` degrees, each where ``move(lon, lat)`` has it; exact to parts of a pixel."""
    west, north = place_of(x - 1, y - 1, zoom)
    east, south = place_of(x + 2, y + 2, zoom)
    if (east - west) / step > 60:
        return plain((255, 255, 255))  # seen from too far to tell dots apart
    a, b = move(west, north)
    west, east, south, north = west + west - a, east + west - a, south + north - b, north + north - b
    pad = 16  # of a dot no more than this is drawn
    ink = np.zeros((SIZE + 5 * pad, SIZE + 5 * pad))
    grid = np.arange(2 * pad + 1) - pad
    for i in range(math.floor(west / step), math.ceil(east / step) + 1):
        for j in range(math.floor(south / step), math.ceil(north / step) + 1):
            a, b = tile_of(*move(i * step, j * step), zoom)
            across, down = (a - x) * SIZE - 0.5, (b - y) * SIZE - 0.5
            if -pad < across < SIZE + pad and -pad < down < SIZE + pad:
                c, r = round(across), round(down)
                spot = np.exp(-(np.add.outer((grid + r - down) ** 2, (grid + c - across) ** 2)) / (2 * 2.5**2))
                ink[r + pad : r + 3 * pad + 1, c + pad : c + 3 * pad + 1] += spot
    ink = ink[2 * pad : 2 * pad + SIZE, 2 * pad : 2 * pad + SIZE]
    return png(np.repeat((255 - 255 * np.minimum(ink, 1))[:, :, None], 3, axis=2))
