"""A zip archive → the one dataset in it, unpacked beside nothing else, and never more than it should be."""

from __future__ import annotations

import difflib
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath

from gisplan.errors import LayerError, first_ids

#: What is looked for in an archive.
DATASETS = (".shp", ".gpkg", ".geojson", ".fgb", ".parquet", ".geoparquet", ".kml", ".tab", ".mif", ".gml")

#: Bytes a dataset may have when it is unpacked.
UNPACKED = 8 << 30

#: Times a dataset may grow: geodata shrink to a fifth, blank tables to a fiftieth, only a trap to less.
GROWTH = 200

#: A trap is told by its growth only from this many bytes on.
_SMALL = 100 << 20

_BLOCK = 1 << 20


def is_archive(path: Path) -> bool:
    """Whether a file is a zip archive by its name."""
    return path.suffix.lower() == ".zip"


@contextmanager
def unpacked(
    path: Path, layer: str | None, *, place: str, limit: int = UNPACKED, small: int = _SMALL
) -> Iterator[tuple[Path, str | None]]:
    """Unpack the one dataset of an archive into a temporary folder, which is gone afterwards.

    Parameters
    ----------
    path
        The archive.
    layer
        Name of the dataset in it, where there are several; else a layer of the one there is.
    place
        Where the layer stands in the plan, for messages.
    limit, small
        Bytes a dataset may have, and up to which its growth is not looked at.

    Yields
    ------
    tuple
        The unpacked file, and the layer that is to be read from it.

    Raises
    ------
    LayerError
        The archive is damaged, locked or a trap, holds nothing gisplan reads, or several datasets of which
        none is named.
    """
    with tempfile.TemporaryDirectory(prefix="gisplan-") as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                file, inner = _unpack(archive, path, layer, Path(folder), place=place, limit=limit, small=small)
        except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
            raise _unreadable(path, str(error), place=place) from None
        yield file, inner


def _unpack(
    archive: zipfile.ZipFile, path: Path, layer: str | None, folder: Path, *, place: str, limit: int, small: int
) -> tuple[Path, str | None]:
    members = {_name(m): m for m in archive.infolist() if not m.is_dir()}
    _require_safe(path, members, place=place)
    chosen, inner = _chosen(path, members, layer, place=place)
    family = {n: m for n, m in members.items() if _stem(n) == _stem(chosen)}
    _require_bounded(path, list(family.values()), place=place, limit=limit, small=small)
    for name, member in family.items():
        # The name on disk is gisplan's own: nothing of the archive's folders gets outside.
        _copy(archive, member, folder / f"{_plain(chosen)}{PurePosixPath(name).suffix.lower()}")
    return folder / f"{_plain(chosen)}{PurePosixPath(chosen).suffix.lower()}", inner


def require_bounded(path: Path, *, place: str, limit: int = UNPACKED // 4, small: int = _SMALL) -> None:
    """Refuse a workbook, which is an archive as well, that would grow beyond measure; others are left to its reader.

    Raises
    ------
    LayerError
        It would.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _require_bounded(path, archive.infolist(), place=place, limit=limit, small=small)
    except (zipfile.BadZipFile, OSError, NotImplementedError):
        return


def _unreadable(path: Path, why: str, *, place: str) -> LayerError:
    return LayerError(
        f"{place}: {path.name} cannot be unpacked ({why.rstrip('.')}). Pack it again, or give the file itself."
    )


def _name(member: zipfile.ZipInfo) -> str:
    """Name of a member; one without the mark of UTF-8 was written in the code page of its writer, here GBK."""
    if member.flag_bits & 0x800:
        return member.filename
    raw = member.filename.encode("cp437", errors="replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename


def _plain(name: str) -> str:
    """Stem of a member as a file name on every system."""
    return "".join(c if c.isalnum() or c in "-_ " else "_" for c in PurePosixPath(name).stem)[:80] or "layer"


def _stem(name: str) -> str:
    """Path of a member without its last ending, whatever its case: what the files of one dataset share."""
    return str(PurePosixPath(name).with_suffix("")).lower()


def _require_safe(path: Path, members: dict[str, zipfile.ZipInfo], *, place: str) -> None:
    """Refuse an archive that would reach outside a folder: an honest one has no such names."""
    outside = [
        n
        for n, m in members.items()
        if n.startswith(("/", "\\"))
        or PureWindowsPath(n).drive
        or ".." in PureWindowsPath(n).parts
        or stat.S_ISLNK(m.external_attr >> 16)
    ]
    if outside:
        raise LayerError(
            f"{place}: {path.name} holds names or links that lead out of its folder ({first_ids(outside)}). "
            "Such an archive is not unpacked. Ask where it comes from."
        )
    if any(m.flag_bits & 0x1 for m in members.values()):
        raise LayerError(f"{place}: {path.name} is locked with a password. Unpack it and give the file in it.")


def _require_bounded(path: Path, family: list[zipfile.ZipInfo], *, place: str, limit: int, small: int) -> None:
    size, packed = sum(m.file_size for m in family), sum(m.compress_size for m in family)
    if size > limit or (size > small and size > GROWTH * max(packed, 1)):
        raise LayerError(
            f"{place}: {path.name} would grow from {packed / 1e6:,.1f} MB to {size / 1e6:,.0f} MB. "
            "Such an archive is not unpacked. Unpack it yourself if you trust it, and give the file in it."
        )


def _chosen(
    path: Path, members: dict[str, zipfile.ZipInfo], layer: str | None, *, place: str
) -> tuple[str, str | None]:
    """Member that is the dataset, and the layer left to be found in it."""
    found = sorted(n for n in members if PurePosixPath(n).suffix.lower() in DATASETS and "__MACOSX" not in n)
    if not found:
        raise LayerError(
            f"{place}: {path.name} holds no layer gisplan reads ({first_ids(sorted(members)) or 'it is empty'}). "
            "Put a shapefile or GeoPackage in it."
        )
    if len(found) == 1:
        named = layer is not None and layer in (found[0], PurePosixPath(found[0]).stem, PurePosixPath(found[0]).name)
        return found[0], None if named else layer
    by_name = {key: n for n in found for key in (n, PurePosixPath(n).name, PurePosixPath(n).stem)}
    if layer is None:
        raise LayerError(
            f"{place}: {path.name} holds {len(found)} datasets ({first_ids(found, limit=20)}). Name one "
            'with layer = "…".'
        )
    if layer not in by_name:
        near = difflib.get_close_matches(layer, by_name, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"It has: {first_ids(found, limit=20)}."
        raise LayerError(f"{place}: {path.name} holds no dataset {layer!r}. {hint}")
    return by_name[layer], None


def _copy(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    """Unpack one member, and not a byte more than it declares."""
    left = member.file_size
    with archive.open(member) as source, target.open("wb") as out:
        while block := source.read(min(_BLOCK, left + 1)):
            left -= len(block)
            if left < 0:
                raise zipfile.BadZipFile(f"{member.filename} is larger than it says")
            out.write(block)
