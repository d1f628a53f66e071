"""The basemap of a plan: a known one, tiles of a server, or tiles that lie in a file or folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, StrictBool, model_validator

from gisplan import vocabulary
from gisplan.plan.values import Model, Number, Text, nearest, told

Zoom = Annotated[int, Field(strict=True, ge=0, le=22)]
Bilingual = Annotated[Text, BeforeValidator(lambda v: {"zh": v, "en": v} if isinstance(v, str) else v)]

#: Ways to name a basemap → the keys that belong to each; ``title`` and ``max_zoom`` go with all but the first.
_SERVER = frozenset({"attribution", "title", "datum", "subdomains", "min_zoom", "max_zoom", "key", "allow_key_in_file"})
_FILES = frozenset({"attribution", "title", "datum", "max_zoom", "max_mb"})
_WAYS = {
    "name": frozenset({"key", "allow_key_in_file"}),
    "url": _SERVER,
    "wmts": _SERVER | {"layer", "style", "matrix_set", "matrix", "format"},
    "mbtiles": _FILES,
    "folder": _FILES,
}

#: Placeholders of an address, and what a host may look like: it becomes part of the page's security policy.
_HOLES = ("s", "z", "x", "y", "-y", "key")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_KEY_IN_QUERY = re.compile(r"[?&](\w*(?:key|token|secret|password)|tk|ak|sk)=[^&{]", re.IGNORECASE)
_NOT_MERCATOR = re.compile(r"(?:4326|4490|crs84)|^c$", re.IGNORECASE)


class Basemap(Model):
    """What lies under the map. One of ``name``, ``url``, ``wmts``, ``mbtiles`` and ``folder`` says what it is.

    Attributes
    ----------
    name
        A known basemap (see ``basemaps.toml``).
    url
        Address of the tiles, with ``{z}``, ``{x}`` and ``{y}`` (``{-y}`` counts rows from the south), ``{s}`` for
        ``subdomains`` and ``{key}``.
    wmts, layer, style, matrix_set, matrix, format
        A WMTS asked by key-value pairs; ``matrix`` is what it calls a zoom, such as ``"EPSG:3857:{z}"``.
    mbtiles, folder
        Tiles in a file, or in a folder by a path with ``{z}``, ``{x}`` and ``{y}``: those of the study's extent go
        into the map, up to ``max_mb`` (10⁶ bytes).
    attribution
        Whose the tiles are; always shown.
    datum
        ``gcj02`` for tiles that are displaced the Chinese way: they are moved back, the data never.
    key, allow_key_in_file
        A server's key. Whoever has the map can read it, so the plan has to say that this is meant.
    """

    name: str | None = None
    url: str | None = None
    wmts: str | None = None
    mbtiles: str | None = None
    folder: str | None = None
    title: Bilingual | None = None
    attribution: Bilingual | None = None
    layer: str | None = None
    style: str = "default"
    matrix_set: str | None = None
    matrix: str = "{z}"
    format: str = "image/png"
    datum: Literal["wgs84", "gcj02"] = "wgs84"
    subdomains: list[str] = Field(default_factory=list)
    min_zoom: Zoom = 0
    max_zoom: Zoom | None = None
    max_mb: Number = Field(default=8.0, gt=0, le=200)
    key: SecretStr | None = None
    allow_key_in_file: StrictBool = False

    @model_validator(mode="after")
    def _whole(self) -> Basemap:
        if faults := list(self._faults()):
            raise ValueError("\n".join(faults))
        return self

    @property
    def way(self) -> str:
        """Which of the ways to name a basemap was taken."""
        return next(way for way in _WAYS if getattr(self, way) is not None)

    def _faults(self) -> Iterator[str]:
        given = [way for way in _WAYS if getattr(self, way) is not None]
        if len(given) != 1:
            yield f"give one of {', '.join(list(_WAYS)[:-1])} or folder (found: {', '.join(given) or 'none'})"
            return
        way = given[0]
        for odd in sorted(self.model_fields_set - {way} - _WAYS[way]):
            yield f"{odd}: does not go with {way}; beside it you can give {', '.join(sorted(_WAYS[way]))}"
        if way != "name" and self.max_zoom is not None and self.max_zoom < self.min_zoom:
            yield f"max_zoom: {self.max_zoom} is less than min_zoom, {self.min_zoom}"
        yield from {"name": self._known, "url": self._address, "wmts": self._service}.get(way, self._tiles)()

    def _known(self) -> Iterator[str]:
        name, known = str(self.name), vocabulary.basemaps()
        if name not in known:
            yield f"unknown basemap {told(name)}; {nearest(name, known)}"
        elif known[name].key and not self.allow_key_in_file:
            yield (
                f"{name}: its key would be readable by everyone who has the map. If that may be, write "
                f'basemap = {{ name = "{name}", allow_key_in_file = true }}; the key itself is best kept in the '
                f"environment variable {known[name].key}"
            )
        elif self.key is not None and not known[name].key:
            yield f"key: {name} takes none"

    def _address(self) -> Iterator[str]:
        yield from self._server(str(self.url), "url", {"z", "x"})
        if "{y}" not in str(self.url) and "{-y}" not in str(self.url):
            yield "url: {y} is missing (or {-y} where rows are counted from the south)"

    def _service(self) -> Iterator[str]:
        yield from self._server(str(self.wmts), "wmts", set())
        for key in ("layer", "matrix_set"):
            if not getattr(self, key):
                yield f"{key} is missing; a WMTS has to be told"
        if _NOT_MERCATOR.search(self.matrix_set or ""):
            yield f"matrix_set: {told(self.matrix_set)} is in degrees; the map needs tiles in Web Mercator (EPSG:3857)"
        if "{z}" not in self.matrix:
            yield 'matrix: {z} is missing. Write e.g. "EPSG:3857:{z}"'

    def _server(self, address: str, where: str, needed: set[str]) -> Iterator[str]:
        """Faults of an address, its placeholders and its key."""
        if self.attribution is None:
            yield "attribution is missing; say whose the tiles are"
        holes = set(re.findall(r"\{([^{}]*)\}", address))
        for odd in sorted(holes - set(_HOLES)):
            yield f"{where}: unknown placeholder {{{odd}}}; {nearest(odd, _HOLES)}"
        for lacking in sorted(needed - holes):
            yield f"{where}: {{{lacking}}} is missing"
        if ("s" in holes) != bool(self.subdomains):
            yield f'{where}: {{s}} and subdomains = ["a", "b", …] go together'
        elif odd_names := [s for s in self.subdomains if not _LABEL.fullmatch(s)]:
            yield f"subdomains: {told(odd_names[0])} cannot be part of a host's name"
        elif fault := _address_fault(address, self.subdomains):
            yield f"{where}: {fault}"
        if found := _KEY_IN_QUERY.search(address):
            yield f'{where}: holds a key. Write {found[1]}={{key}} there, and apart key = "…", allow_key_in_file = true'
        if self.key is not None and "key" not in holes:
            yield f"key: {where} has no place for it. Write {{key}} there"
        if "key" in holes and not self.allow_key_in_file:
            yield "the key would be readable by everyone who has the map. If that may be, add allow_key_in_file = true"

    def _tiles(self) -> Iterator[str]:
        if self.folder is None:
            return
        holes = set(re.findall(r"\{([^{}]*)\}", self.folder))
        if self.attribution is None:
            yield "attribution is missing; say whose the tiles are"
        if not {"z", "x"} <= holes or not holes <= {"z", "x", "y", "-y"} or len(holes) != 3:
            yield f'folder: expected a path such as "tiles/{{z}}/{{x}}/{{y}}.png", found {told(self.folder)}'


def _address_fault(address: str, subdomains: list[str]) -> str | None:
    """Say why an address cannot be asked for tiles; None when it can."""
    if not address.isascii() or not address.isprintable() or set(address) & set(" \"'<>\\^`|"):
        return "may hold no spaces, quotes or other characters than those of an address; write them as %xx"
    if "{" in re.sub(r"\{[^{}]*\}", "", address) or "}" in re.sub(r"\{[^{}]*\}", "", address):
        return "{ and } do not match"
    try:
        hosts_of(address, subdomains)
    except ValueError:
        return f"expected an address such as https://tile.example.com/{{z}}/{{x}}/{{y}}.png, found {told(address)}"
    return None


def hosts_of(address: str, subdomains: Sequence[str]) -> tuple[str, ...]:
    """Hosts that an address asks, as a page's security policy names them.

    Parameters
    ----------
    address
        With placeholders.
    subdomains
        What ``{s}`` stands for.

    Returns
    -------
    tuple of str
        Such as ``https://a.tile.example.com:8080``.

    Raises
    ------
    ValueError
        It is no plain http or https address.
    """
    out = []
    for name in subdomains or ("",):
        parts = urlsplit(address.replace("{s}", name))
        host, port = parts.hostname or "", parts.port
        if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(host) or "@" in parts.netloc:
            raise ValueError(address)
        out.append(f"{parts.scheme}://{host}" + (f":{port}" if port else ""))
    return tuple(dict.fromkeys(out))


def as_table(value: Any) -> Any:
    """Turn the name of a basemap into its table."""
    return {"name": value} if isinstance(value, str) else value
