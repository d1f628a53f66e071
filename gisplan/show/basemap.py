"""What lies under the map: where its tiles come from, what the page says of them, and which hosts it may ask."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from pyproj import CRS

from gisplan import vocabulary
from gisplan.errors import OutputError, counted
from gisplan.issues import Issue
from gisplan.plan import Basemap, Plan
from gisplan.plan.basemap import hosts_of
from gisplan.show.tiles import TileSet, read_folder, read_mbtiles, require_folder, require_mbtiles

#: Id of the block that holds tiles.
TILES = "basemap-tiles"

#: Environment variable with the key of a server that the plan names by its address.
OWN_KEY = "GISPLAN_BASEMAP_KEY"

_PLAIN = {"zh": "底图", "en": "Basemap"}


@dataclass(frozen=True)
class MapBasemap:
    """A basemap as the page needs it.

    Attributes
    ----------
    label, attribution
        Texts by language, "zh" and "en".
    sources
        What is drawn, from the bottom up, as the page's script understands it.
    hosts
        Origins that images may come from.
    notes
        What the reader must know.
    served
        Whether its server answers only pages that a server gave out, so that a file on a disk does not ask.
    tiles
        Tiles that go into the page.
    """

    label: Mapping[str, str]
    attribution: Mapping[str, str]
    sources: Sequence[Mapping[str, Any]]
    hosts: Sequence[str] = ()
    notes: Sequence[Mapping[str, str]] = ()
    served: bool = False
    tiles: TileSet | None = None

    def config(self, prefix: str = "") -> dict[str, Any]:
        """Describe it for the page's script.

        Parameters
        ----------
        prefix
            Put before the id of the block of tiles, so that several maps can stand in one page.
        """
        return {
            "label": dict(self.label),
            "attribution": dict(self.attribution),
            "sources": [{**s, "tiles": prefix + s["tiles"]} if "tiles" in s else dict(s) for s in self.sources],
            "hosts": [urlsplit(h).netloc for h in self.hosts],
            "served": self.served,
        }

    @property
    def data(self) -> str:
        """Base64 of all images, one after the other."""
        return base64.b64encode(b"".join(self.tiles.images if self.tiles else ())).decode("ascii")

    @property
    def issues(self) -> tuple[Issue, ...]:
        """What is wrong with the tiles."""
        damaged = self.tiles.damaged if self.tiles else []
        if not damaged:
            return ()
        message = f"{counted(len(damaged), 'tile')} of the basemap cannot be shown and lie bare on the map"
        remedy = "Have the tiles made again."
        names = [name.split(" ")[0] for name in damaged]
        return (
            Issue("BASEMAP_DAMAGED", "note", "basemap", len(damaged), message, remedy, features=damaged, ids=names),
        )


def require_basemap(plan: Plan) -> None:
    """Stop early when a plan's basemap cannot be had.

    Raises
    ------
    OutputError
        The key of a server is nowhere to be found, or a file or folder of tiles is not there or is none.
    """
    spec = plan.map.basemap
    if spec is None:
        return
    if spec.mbtiles is not None:
        require_mbtiles(plan.path(spec.mbtiles))
    elif spec.folder is not None:
        require_folder(str(spec.folder), plan.folder)
    else:
        _addresses(spec)


def basemap_of(plan: Plan, bounds: Sequence[float], crs: CRS) -> MapBasemap | None:
    """Make a plan's basemap.

    Parameters
    ----------
    plan
        Its ``[map]`` may name one.
    bounds
        West, south, east and north of the study in degrees.
    crs
        The study's coordinate system.

    Returns
    -------
    MapBasemap or None
        None when the plan names none.

    Raises
    ------
    OutputError
        A key is missing, or tiles cannot be read.
    """
    spec = plan.map.basemap
    if spec is None:
        return None
    made = _from_files(spec, plan, bounds) if spec.way in {"mbtiles", "folder"} else _from_server(spec)
    notes = [*made.notes, *_datum_notes(spec, crs)]
    return MapBasemap(made.label, made.attribution, made.sources, made.hosts, notes, made.served, made.tiles)


def _from_server(spec: Basemap) -> MapBasemap:
    """Describe tiles that the page asks a server for."""
    known = vocabulary.basemaps().get(spec.name or "")
    addresses, subdomains = _addresses(spec)
    hosts = tuple(dict.fromkeys(h for a in addresses for h in hosts_of(a, subdomains)))
    label = {"zh": known.zh, "en": known.en} if known else (spec.title.both("") if spec.title else _PLAIN)
    attribution = known.attribution if known else (spec.attribution.both("") if spec.attribution else {})
    least, most = (known.min_zoom, known.max_zoom) if known else (spec.min_zoom, spec.max_zoom)
    sources = [
        {"url": a, "subdomains": list(subdomains), "min": least, "max": 18 if most is None else most}
        | {"datum": spec.datum}
        for a in addresses
    ]
    asked = _asked(hosts)
    notes = [{
        "zh": f"本图向 {asked} 请求底图瓦片；没有网络时只是不显示底图。",
        "en": f"This map asks {asked} for tiles of the basemap; without a network only the basemap is missing.",
    }]  # fmt: skip
    served = known is not None and known.served
    if served:
        notes.append({
            "zh": f"{asked} 只答复由网站发布的网页；直接打开文件时不显示底图。",
            "en": f"{asked} answers only pages that come from a web server; opened as a file the map has no basemap.",
        })  # fmt: skip
    return MapBasemap(label, attribution, sources, hosts, notes, served)


def _asked(hosts: Sequence[str]) -> str:
    """Name the hosts in a few words."""
    names = [urlsplit(h).netloc for h in hosts]
    return names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}" if len(names) > 3 else ", ".join(names)


def _addresses(spec: Basemap) -> tuple[list[str], Sequence[str]]:
    """Addresses with the key in them, and what ``{s}`` stands for."""
    known = vocabulary.basemaps().get(spec.name or "")
    if known:
        addresses, subdomains, variable = list(known.urls), known.subdomains, known.key
    else:
        addresses = [spec.url if spec.url is not None else _wmts(spec)]
        subdomains, variable = spec.subdomains, OWN_KEY
    if any("{key}" in a for a in addresses):
        key = spec.key.get_secret_value() if spec.key is not None else os.environ.get(variable, "")
        if not key.strip():
            raise OutputError(
                f"the basemap needs a key: set the environment variable {variable}, or write key in [map.basemap]"
            )
        addresses = [a.replace("{key}", quote(key.strip(), safe="")) for a in addresses]
    return addresses, subdomains


def _wmts(spec: Basemap) -> str:
    """Address of a tile of a WMTS, by key-value pairs."""
    asked = {
        "SERVICE": "WMTS",
        "REQUEST": "GetTile",
        "VERSION": "1.0.0",
        "LAYER": spec.layer or "",
        "STYLE": spec.style,
        "FORMAT": spec.format,
        "TILEMATRIXSET": spec.matrix_set or "",
        "TILEMATRIX": spec.matrix,
        "TILEROW": "{y}",
        "TILECOL": "{x}",
    }
    query = "&".join(f"{k}={quote(v, safe='{}:/')}" for k, v in asked.items())
    address = str(spec.wmts)
    return address + ("" if address[-1] in "?&" else "&" if "?" in address else "?") + query


def _from_files(spec: Basemap, plan: Plan, bounds: Sequence[float]) -> MapBasemap:
    """Take the tiles of the study's extent into the page."""
    limits: dict[str, Any] = {"max_mb": spec.max_mb, "max_zoom": spec.max_zoom, "datum": spec.datum}
    if spec.mbtiles is not None:
        tiles = read_mbtiles(plan.path(spec.mbtiles), bounds, **limits)
    else:
        tiles = read_folder(str(spec.folder), plan.folder, bounds, **limits)
    named = tiles.title or (spec.mbtiles or "").rsplit("/", maxsplit=1)[-1]
    label = spec.title.both(named) if spec.title else _PLAIN
    said = tiles.attribution or named
    attribution = spec.attribution.both(said) if spec.attribution else {"zh": said, "en": said}
    zooms = sorted({z for z, *_ in tiles.index})
    source = {
        "tiles": TILES,
        "index": [v for tile in tiles.index for v in tile],
        "lengths": [len(image) for image in tiles.images],
        "min": zooms[0],
        "max": zooms[-1],
        "datum": spec.datum,
    }
    return MapBasemap(label, attribution, [source], notes=_tile_notes(tiles, zooms, spec.max_mb), tiles=tiles)


def _tile_notes(tiles: TileSet, zooms: Sequence[int], max_mb: float) -> list[dict[str, str]]:
    size = f"{tiles.size / 1e6:.1f} MB" if tiles.size >= 1e5 else f"{tiles.size / 1e3:.1f} kB"
    many = len(tiles.index)
    zh = f"底图瓦片在本文件内：{many:,} 张，{size}，{zooms[0]}–{zooms[-1]} 级，无需网络"
    en = f"The basemap's tiles are in this file: {many:,}, {size}, zooms {zooms[0]}–{zooms[-1]}; no network is needed"
    if tiles.left_out:
        named = ", ".join(map(str, tiles.left_out))
        zh += f"；为不超过 {max_mb:g} MB，未收入 {named} 级"
        en += f"; zooms {named} were left out to stay within {max_mb:g} MB"
    if tiles.damaged:
        zh += f"；{len(tiles.damaged):,} 张瓦片损坏，未显示"
        en += f"; {counted(len(tiles.damaged), 'damaged tile')} left out"
    return [{"zh": f"{zh}。", "en": f"{en}."}]


def _datum_notes(spec: Basemap, crs: CRS) -> list[dict[str, str]]:
    """Say how basemap and data are brought together."""
    notes = []
    if spec.datum == "gcj02":
        notes.append({
            "zh": "底图采用 GCJ-02 坐标；逐张瓦片移回 WGS 84 的位置（公开近似公式，误差约 1 像素），数据坐标不变。",
            "en": "The basemap is in GCJ-02; each tile is moved back to its place in WGS 84 (public approximation, "
            "about 1 pixel), and the data stay where they are.",
        })  # fmt: skip
    geodetic = crs.geodetic_crs
    if (
        geodetic is not None
        and geodetic.datum is not None
        and "2000" in geodetic.datum.name
        and ("China" in geodetic.datum.name)
    ):
        notes.append({
            "zh": "数据为 CGCS2000，底图上按 WGS 84 绘制，两者相差不到 1 米。",
            "en": "Data in CGCS2000 are drawn as WGS 84, which differs from it by less than a metre.",
        })  # fmt: skip
    return notes
