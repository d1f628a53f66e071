"""run.json: what was asked, what was read, with what, and how it went."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

_PACKAGES = ("gisplan", "geopandas", "shapely", "pyogrio", "pyproj", "folium", "numpy", "pandas")

#: Files that go with one named by the plan and decide how it is read.
_SIDE = {
    ".shp": (".dbf", ".shx", ".prj", ".cpg"),
    ".tab": (".dat", ".map", ".id", ".ind"),
    ".mif": (".mid",),
}


def sha256(file: Path) -> str:
    """Hash of a file's content."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def inputs(files: Iterable[Path], folder: Path) -> list[dict[str, Any]]:
    """Name, size and hash of every input file, named as the plan does where it can be."""
    out = []
    for file in files:
        if file.is_dir():  # a file geodatabase
            family = sorted(p for p in file.rglob("*") if p.is_file() and p.suffix != ".lock")
        else:
            family = [file, *(file.with_suffix(s) for s in _SIDE.get(file.suffix.lower(), ()))]
        for part in family:
            if part.is_file():
                name = part.relative_to(folder).as_posix() if part.is_relative_to(folder) else part.name
                out.append({"file": name, "bytes": part.stat().st_size, "sha256": sha256(part)})
    return out


def versions() -> dict[str, str]:
    """Versions that results may depend on."""
    import pyogrio
    import shapely

    out = {
        "python": platform.python_version(),
        "geos": shapely.geos_version_string,
        "gdal": pyogrio.__gdal_version_string__,
    }
    for name in _PACKAGES:
        try:
            out[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            from gisplan import __version__

            out[name] = __version__
    return out


def write_record(file: Path, content: Mapping[str, Any]) -> None:
    """Write the record, readable and in a fixed order."""
    file.write_text(
        json.dumps(content, ensure_ascii=False, indent=2, default=str) + "\n", encoding="utf-8", newline="\n"
    )
