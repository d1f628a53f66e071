"""Map tiles from a file or folder: those of the study's extent, as many zooms as fit the map."""

from __future__ import annotations

import html
import math
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from gisplan.errors import OutputError, counted
from gisplan.plan.values import told
from gisplan.show.gcj02 import to_gcj02
from gisplan.show.tile_images import LARGEST, image_fault, is_vector

#: How far beyond the study's extent tiles go, as a share of its longer side: a screen is never shaped like it.
_MARGIN = 0.4
#: No zoom in which the extent is smaller than this is of use (pixels), nor one beyond the map's own.
_LEAST, _HIGHEST = 40, 21
#: Tiles of one zoom; a study of more is looked at from above.
_MOST = 20_000
#: Steps, in thousands, that reading a file may take: views in it are programs of strangers.
_PATIENCE = 2_000_000

#: West, south, east, north, in degrees.
Bounds = Sequence[float]
#: Columns and rows (from the north) from first to last of one zoom, inclusive.
Window = tuple[int, int, int, int]
#: Tiles of a zoom within a window: column, row, bytes.
Fetch = Callable[[int, Window], Iterator[tuple[int, int, bytes]]]


@dataclass
class TileSet:
    """Tiles that go into a map.

    Attributes
    ----------
    index
        Zoom, column, row (from the north) and number of the image of every tile.
    images
        Different images.
    damaged
        ``z/x/y`` of the tiles that are no images, with what is wrong.
    left_out
        Zooms that are there and did not fit.
    files
        What was read.
    title, attribution
        As the file says, in plain text.
    """

    index: list[tuple[int, int, int, int]] = field(default_factory=list)
    images: list[bytes] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    title: str = ""
    attribution: str = ""

    @property
    def size(self) -> int:
        """Bytes of all images."""
        return sum(map(len, self.images))


def window(bounds: Bounds, zoom: int) -> Window:
    """Tiles of a zoom that an extent touches.

    Parameters
    ----------
    bounds
        Degrees, within Web Mercator.
    zoom
        From 0.
    """
    west, north = _tile(bounds[0], bounds[3], zoom)
    east, south = _tile(bounds[2], bounds[1], zoom)
    last = 2**zoom - 1
    return tuple(min(last, max(0, math.floor(v))) for v in (west, north, east, south))


def _tile(lon: float, lat: float, zoom: int) -> tuple[float, float]:
    s = math.sin(math.radians(min(85.05, max(-85.05, lat))))
    return 2**zoom * (lon / 360 + 0.5), 2**zoom * (0.5 - math.log((1 + s) / (1 - s)) / (4 * math.pi))


def around(bounds: Bounds, *, datum: str) -> list[float]:
    """Extent that tiles are wanted for: the study's with a margin, where the tiles' datum has it."""
    corners = [bounds[0], bounds[1], bounds[2], bounds[3]]
    if datum == "gcj02":
        corners = [*to_gcj02(bounds[0], bounds[1]), *to_gcj02(bounds[2], bounds[3])]
    margin = max(_MARGIN * max(corners[2] - corners[0], corners[3] - corners[1]), 0.002)
    return [corners[0] - margin, corners[1] - margin, corners[2] + margin, corners[3] + margin]


def read_mbtiles(
    path: Path, bounds: Bounds, *, max_mb: float, max_zoom: int | None = None, datum: str = "wgs84"
) -> TileSet:
    """Read the tiles of an extent from an MBTiles file of images.

    Parameters
    ----------
    path
        The file; it is only read.
    bounds
        The study's extent in degrees.
    max_mb
        10⁶ bytes of images that may go into the map; the highest zooms are left out first.
    max_zoom
        Highest zoom wanted.
    datum
        ``wgs84`` or ``gcj02``.

    Raises
    ------
    OutputError
        It is no MBTiles file of images, has no tile here, or not even one zoom fits.
    """
    with closing(_opened(path)) as base:
        try:
            about = _about(path, base)

            def fetch(zoom: int, area: Window) -> Iterator[tuple[int, int, bytes]]:
                top = 2**zoom - 1  # rows are counted from the south
                query = (
                    "SELECT tile_column, tile_row, substr(tile_data, 1, ?) FROM tiles WHERE zoom_level = ? "
                    "AND tile_column BETWEEN ? AND ? AND tile_row BETWEEN ? AND ? ORDER BY tile_column, tile_row DESC"
                )
                given = (LARGEST + 1, zoom, area[0], area[2], top - area[3], top - area[1])
                for column, row, data in base.execute(query, given):
                    yield int(column), top - int(row), bytes(data) if isinstance(data, bytes) else b""

            tiles = _gather(fetch, bounds, max_mb=max_mb, max_zoom=max_zoom, datum=datum)
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise _unreadable(path, error) from None
    if not tiles.index:
        there = f" It says it covers {about['bounds']}." if "bounds" in about else ""
        raise OutputError(f"{path.name}: {_nothing(tiles, bounds)}.{there} Give another, or leave the basemap out")
    tiles.files = [path]
    tiles.title, tiles.attribution = _plain(about.get("name", "")), _plain(about.get("attribution", ""))
    return tiles


def require_mbtiles(path: Path) -> None:
    """Stop at a file that is no MBTiles file of images, which is known before anything is measured.

    Raises
    ------
    OutputError
        It is none.
    """
    with closing(_opened(path)) as base:
        try:
            _about(path, base)
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise _unreadable(path, error) from None


def require_folder(template: str, folder: Path) -> None:
    """Stop where the folder of a template of tiles is not there, or holds nothing; see `read_folder`.

    Raises
    ------
    OutputError
        It is not there, or empty.
    """
    root = folder / template[: template.index("{")].rpartition("/")[0]
    try:
        if any(root.iterdir()):
            return
        why = "is empty"
    except OSError:
        why = "is not there"
    raise OutputError(f"{template}: the folder {root} {why}. Check the path; it is relative to the plan file")


def read_folder(
    template: str, folder: Path, bounds: Bounds, *, max_mb: float, max_zoom: int | None = None, datum: str = "wgs84"
) -> TileSet:
    """Read the tiles of an extent from a folder; see `read_mbtiles`.

    Parameters
    ----------
    template
        Path relative to ``folder`` with ``{z}``, ``{x}`` and ``{y}``, or ``{-y}`` for rows counted from the south.
    folder
        Where the plan is.
    bounds, max_mb, max_zoom, datum
        As for `read_mbtiles`.

    Raises
    ------
    OutputError
        There is no tile of the extent, or not even one zoom fits.
    """

    def file_of(zoom: int, x: int, y: int) -> Path:
        names = {"{z}": zoom, "{x}": x, "{y}": y, "{-y}": 2**zoom - 1 - y}
        return folder / re.sub(r"\{[^{}]*\}", lambda hole: str(names[hole[0]]), template)

    def fetch(zoom: int, area: Window) -> Iterator[tuple[int, int, bytes]]:
        for x in range(area[0], area[2] + 1):
            if not file_of(zoom, x, area[1]).parent.is_dir():
                continue  # asking for each file of a zoom that is not there would take seconds
            for y in range(area[1], area[3] + 1):
                try:
                    with file_of(zoom, x, y).open("rb") as stream:
                        data = stream.read(LARGEST + 1)
                except OSError:
                    continue
                yield x, y, data

    tiles = _gather(fetch, bounds, max_mb=max_mb, max_zoom=max_zoom, datum=datum)
    if not tiles.index:
        raise OutputError(f"{template}: {_nothing(tiles, bounds)}. Check the path; it is relative to the plan file")
    tiles.files = [file_of(z, x, y) for z, x, y, _ in tiles.index]
    return tiles


def _gather(fetch: Fetch, bounds: Bounds, *, max_mb: float, max_zoom: int | None, datum: str) -> TileSet:
    """Take zoom after zoom as long as they fit; a zoom goes in whole or not at all."""
    area, tiles = around(bounds, datum=datum), TileSet()
    room, known = max_mb * 1e6, dict[bytes, int]()
    for zoom in range(_HIGHEST + 1 if max_zoom is None else min(max_zoom, _HIGHEST) + 1):
        cells = window(area, zoom)
        many = (cells[2] - cells[0] + 1) * (cells[3] - cells[1] + 1) > _MOST
        if 256 * 2**zoom * max(bounds[2] - bounds[0], bounds[3] - bounds[1]) / 360 < _LEAST and zoom < 16:
            continue
        if many or tiles.left_out:
            if next(fetch(zoom, cells), None) is not None:
                tiles.left_out.append(zoom)
            continue
        index, images, damaged, used, seen = [], dict[bytes, int](), [], 0, set[tuple[int, int]]()
        for x, y, data in fetch(zoom, cells):
            if (x, y) in seen:
                continue
            seen.add((x, y))
            if fault := image_fault(data):
                damaged.append(f"{zoom}/{x}/{y} ({fault})")
                continue
            if data not in known and data not in images:
                used += len(data)
                if used > room:
                    break
                images[data] = len(known) + len(images)
            index.append((zoom, x, y, known[data] if data in known else images[data]))
        if used > room:
            if not tiles.index:
                raise OutputError(
                    f"the basemap's tiles of zoom {zoom} alone are more than max_mb = {max_mb:g}. Give it more room, "
                    "or tiles of lower zooms too"
                )
            tiles.left_out.append(zoom)
            continue
        room -= used
        known |= images
        tiles.index += index
        tiles.damaged += damaged
    tiles.images = list(known)
    return tiles


def _nothing(tiles: TileSet, bounds: Bounds) -> str:
    place = ", ".join(f"{v:.4f}" for v in bounds)
    broken = f" ({counted(len(tiles.damaged), 'tile')} damaged, first {tiles.damaged[0]})" if tiles.damaged else ""
    return f"holds no tile that can be shown of the study's extent ({place}){broken}"


def _opened(path: Path) -> sqlite3.Connection:
    """Open a file that nobody vouches for: read only, with limits, and without the functions views may call."""
    try:
        base = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 50_000_000)
        base.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        base.execute("PRAGMA trusted_schema = OFF")
        base.execute("PRAGMA query_only = ON")
    except sqlite3.Error as error:
        raise OutputError(f"{path.name}: cannot be opened as MBTiles ({error}). Give an MBTiles file") from None
    steps = iter(range(_PATIENCE))
    base.text_factory = lambda raw: raw.decode("utf-8", "replace")
    base.set_progress_handler(lambda: next(steps, None) is None, 1000)
    return base


def _about(path: Path, base: sqlite3.Connection) -> dict[str, str]:
    """What an MBTiles file of images says of itself."""
    found = dict(base.execute("SELECT name, value FROM metadata WHERE length(value) < 10000"))
    about = {str(k): str(v) for k, v in found.items()}
    _require_images(path, about, base.execute("SELECT tile_data FROM tiles LIMIT 1").fetchone())
    return about


def _unreadable(path: Path, error: Exception) -> OutputError:
    return OutputError(f"{path.name}: cannot be read as MBTiles ({error}). Expected the tables metadata and tiles")


def _require_images(path: Path, about: dict[str, str], first: tuple[object] | None) -> None:
    """Stop at vector tiles, which a map of images cannot show."""
    data = first[0] if first and isinstance(first[0], bytes) else b""
    if about.get("format", "").lower() in {"pbf", "mvt", "application/vnd.mapbox-vector-tile"} or (
        is_vector(data) and image_fault(data) is not None
    ):
        raise OutputError(
            f"{path.name}: holds vector tiles (format {told(about.get('format', ''))}), and the basemap is drawn from "
            "images. Give tiles in PNG, JPEG or WebP"
        )


def _plain(text: str) -> str:
    """Text of a piece of HTML, in one line of at most 300 characters."""
    return " ".join(html.unescape(re.sub(r"<[^<>]*>", " ", text)).split())[:300]
