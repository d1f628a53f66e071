"""A finished map in the forms in which it travels: a page, a frame for a report, a piece of another page."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from gisplan.errors import OutputError
from gisplan.show.basemap import TILES, MapBasemap
from gisplan.show.fragment import ascii_markup, assets_block, fragment, version
from gisplan.show.map_parts import FeatureLayer, Panel
from gisplan.show.page import Data, OfflineFigure, OfflineMap, json_text, plain_text
from gisplan.show.publish import published

__all__ = ["Form", "StudyMap", "assets_block"]

Form = Literal["page", "iframe", "fragment"]

#: A notebook keeps every output it shows; from this many bytes on a map is better saved to a file.
NOTEBOOK_BYTES = 3_000_000


class StudyMap:
    """A map, drawn once, to be written in several forms.

    Parameters
    ----------
    config
        What the panel shows, as JSON can hold it.
    zones
        The layer of zones.
    layers
        The other layers, in drawing order.
    title
        Text of the browser tab, and the name of a frame.
    lang
        BCP 47 tag of the page.
    summary
        What a reader without scripts is told.
    basemap
        What lies under it all, nothing by default.

    Notes
    -----
    Every form asks no network for anything, shows text as text only, and is the same bytes for the same content. The
    page and the frame bring a content security policy that stops everything else; a fragment cannot, as a policy is a
    page's own. Where the page around is not trusted, or not known, a frame is the better choice.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        *,
        zones: FeatureLayer,
        layers: Sequence[FeatureLayer],
        title: str,
        lang: str,
        summary: str,
        basemap: MapBasemap | None = None,
    ) -> None:
        self.config, self.zones, self.layers, self.basemap = config, zones, tuple(layers), basemap
        self.title, self.lang, self.summary = title, lang, summary

    @cached_property
    def key(self) -> str:
        """Id made of the content: equal maps of one version of gisplan have equal ids, others do not."""
        about = json_text([version(), self.config, self.title, self.lang, self.summary])
        digest = hashlib.sha256(about.encode("utf-8"))
        if self.basemap is not None:
            digest.update(json_text(self.basemap.config()).encode("utf-8") + self.basemap.data.encode("ascii"))
        for layer in (self.zones, *self.layers):
            digest.update(layer.digest())
        return f"gp{digest.hexdigest()[:16]}"

    def page(self) -> str:
        """Return the map as a page of its own: one HTML file.

        Raises
        ------
        OutputError
            Something on the map would run, or ask a network for something.
        """
        return self._figure().render()

    def iframe(self, *, height: int = 640) -> str:
        """Return an element with the whole map in it, to be pasted into any HTML page.

        It is ASCII only, so the encoding of the page around does not matter. The frame is sandboxed: it sees nothing of
        the page around, and the page nothing of it.

        Parameters
        ----------
        height
            In pixels; the width is that of the place it stands in.

        Raises
        ------
        OutputError
            Something on the map would run, or ask a network for something.
        """
        inner = html.escape(self._figure(framed=True).render(), quote=True)
        return (
            f'<iframe sandbox="allow-scripts" loading="lazy" title="{ascii_markup(plain_text(self.title))}" '
            f'style="display:block;width:100%;height:{int(height)}px;border:0" '
            f'srcdoc="{ascii_markup(inner)}"></iframe>\n'
        )

    def fragment(self, *, with_assets: bool = True, height: int = 640) -> str:
        """Return a ``<div>`` with the map in it, to be written into another page.

        Any number of them, of different maps or of the same, stand in one page; scripts and styles are used from the
        first that brings them. The rest of the page is left as it is. It is ASCII only. Scripts of the page around can
        read the map, a policy of that page may forbid its scripts, and scripts do not run in what is set by
        ``innerHTML``: use a frame there.

        Parameters
        ----------
        with_assets
            Whether it brings scripts and styles. Without them the page needs `assets_block`, once, anywhere.
        height
            In pixels; the width is that of the place it stands in.

        Raises
        ------
        OutputError
            Something on the map would run or ask a network for something, or needs a script that is not ours.
        """
        parts = self._figure(self.key, embedded=True, prefix=self.key).parts()
        return fragment(parts, key=self.key, summary=self.summary, height=height, with_assets=with_assets)

    def write(self, form: Form = "page") -> str:
        """Return the map in one of its forms.

        Parameters
        ----------
        form
            "page", "iframe" or "fragment".

        Raises
        ------
        OutputError
            There is no such form, or the map cannot be written in it.
        """
        if form not in get_args(Form):
            raise OutputError(f"a map is written as {', '.join(get_args(Form))}, not as {form!r}")
        return {"page": self.page, "iframe": self.iframe, "fragment": self.fragment}[form]()

    def save(self, path: str | Path, *, form: Form = "page") -> Path:
        """Write the map into a file; an earlier one is replaced once the new one is whole.

        Parameters
        ----------
        path
            Where; its folder is made if it is not there.
        form
            "page", "iframe" or "fragment".

        Raises
        ------
        OutputError
            The file cannot be written, or the map not in this form.
        """
        file = Path(path)
        text = self.write(form)
        with published(file.parent, (file.name,)) as fresh:
            (fresh / file.name).write_text(text, encoding="utf-8", newline="\n")
        return file

    def _repr_html_(self) -> str:
        """Show the map in a notebook, framed; a large one is told of instead."""
        size = sum(layer.size for layer in (self.zones, *self.layers))
        if size <= NOTEBOOK_BYTES:
            return self.iframe()
        return (
            f"<p>{ascii_markup(plain_text(self.title))}: this map is {size / 1e6:.1f} MB, too large to be kept in a "
            'notebook. Save it with <code>.save("map.html")</code> and open that file.</p>'
        )

    def _figure(self, prefix: str = "", /, **about: Any) -> OfflineFigure:
        """Put the map together anew, since a folium element belongs to one figure."""
        west, south, east, north = self.config["bounds"]
        hosts = self.basemap.hosts if self.basemap else ()
        figure = OfflineFigure(title=self.title, lang=self.lang, summary=self.summary, images=hosts)
        view = OfflineMap(
            figure,
            key=f"{prefix}main",
            location=[(south + north) / 2, (west + east) / 2],
            zoom_start=12,
            zoom_snap=0.25,
            fade_animation=False,
            attribution_control=False,
        )
        zones, *layers = (layer.under(prefix) for layer in (self.zones, *self.layers))
        for layer in (zones, *layers):
            layer.add_to(view)
        if self.basemap is not None:
            about["basemap"] = self.basemap.config(prefix)
            if self.basemap.tiles is not None:
                figure.html.add_child(Data(f"{prefix}{TILES}", self.basemap.data), name=f"{prefix}{TILES}")
        Panel({**self.config, **about}, zones=zones, layers=layers, prefix=prefix).add_to(view)
        return figure
