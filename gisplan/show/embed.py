"""A finished map in the forms in which it travels: a page, a frame for a report, a piece of another page."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from gisplan.errors import OutputError
from gisplan.show.assets import LEAFLET_LICENCE, SCRIPTS, STYLES, leaflet_css, leaflet_js, own
from gisplan.show.map_parts import FeatureLayer, Panel
from gisplan.show.page import OfflineFigure, OfflineMap, Parts, json_text
from gisplan.show.publish import published
from gisplan.show.scoped import ascii_css, scoped, widths

Form = Literal["page", "iframe", "fragment"]

#: A notebook keeps every output it shows; from this many bytes on a map is better saved to a file.
NOTEBOOK_BYTES = 3_000_000

# The id that nothing has makes our rules outweigh those of the page around, down to `#content h1`.
_SCOPE = ".gp-fragment:not(#_)"

# Colours and strokes of drawings are attributes, which `revert` would take for rules of the page around.
_DRAWINGS = "".join(f":not({tag})" for tag in "svg g path circle ellipse line rect polyline polygon text defs".split())

_GROUND = f"""
.gp-fragment{{all:initial;display:block;position:relative;isolation:isolate;overflow:hidden;box-sizing:border-box}}
{_SCOPE} *{_DRAWINGS},{_SCOPE} *{_DRAWINGS}::before,{_SCOPE} *{_DRAWINGS}::after{{all:revert}}
"""

_NO_ASSETS = "地图脚本缺失或版本不符：请在页面中加入 assets 块。 The map's scripts are missing or of another version: put the assets block into this page."


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
    ) -> None:
        self.config, self.zones, self.layers = config, zones, tuple(layers)
        self.title, self.lang, self.summary = title, lang, summary

    @cached_property
    def key(self) -> str:
        """Id made of the content: equal maps have equal ids, others do not."""
        digest = hashlib.sha256(json_text([self.config, self.title, self.lang, self.summary]).encode("utf-8"))
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
        inner = _ascii(html.escape(self._figure(framed=True).render(), quote=True))
        return (
            f'<iframe sandbox="allow-scripts" loading="lazy" title="{_ascii(html.escape(self.title, quote=True))}" '
            f'style="display:block;width:100%;height:{int(height)}px;border:0" srcdoc="{inner}"></iframe>\n'
        )

    def fragment(self, *, with_assets: bool = True, height: int = 640) -> str:
        """Return a ``<div>`` with the map in it, to be written into another page.

        Any number of them, of different maps or of the same, stand in one page; the scripts and styles, which are those
        of `assets_block`, are used from the first that brings them. The rest of the page is left as it is. It is ASCII
        only. Scripts of the page around can read the map, and a policy of that page may forbid its scripts.

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
        prefix = self.key
        parts = self._figure(prefix, embedded=True, prefix=prefix).parts()
        if parts.scripts != _scripts() or set(parts.head) != {f"<style>{text}</style>" for text in _styles()}:
            raise OutputError("a part of the map brings scripts or styles of its own: write it as a page or an iframe")
        return "".join(
            [
                f'<div class="gp-fragment" id="{prefix}" style="height:{int(height)}px">\n',
                f"<noscript>{_ascii(html.escape(self.summary))}</noscript>\n",
                assets_block() if with_assets else "",
                f"{_ascii(parts.body)}\n{_inert(parts)}\n",
                f"<script>{_starter(prefix, parts.last)}</script>\n</div>\n",
            ]
        )

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
        size = sum(len(layer._payload) for layer in (self.zones, *self.layers)) * 4 // 3
        if size <= NOTEBOOK_BYTES and len(frame := self.iframe()) <= NOTEBOOK_BYTES * 1.2:
            return frame
        return (
            f"<p>{_ascii(html.escape(self.title))}: this map is {size / 1e6:.1f} MB, too large to be kept in a notebook. "
            "Save it with <code>.save(\"map.html\")</code> and open that file.</p>"
        )

    def _figure(self, prefix: str = "", /, **about: Any) -> OfflineFigure:
        """Put the map together anew, since a folium element belongs to one figure."""
        west, south, east, north = self.config["bounds"]
        figure = OfflineFigure(title=self.title, lang=self.lang, summary=self.summary)
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
        Panel({**self.config, **about}, zones=zones, layers=layers, prefix=prefix).add_to(view)
        return figure


@cache
def assets_block() -> str:
    """Return the scripts and styles that all fragments of a page share, as one ``<script>`` element of ASCII.

    A page may hold it more than once, and fragments of other versions of gisplan beside it. Leaflet is kept to the maps:
    a page's own ``L``, module loader and styles are left alone.
    """
    # Leaflet would hand itself to a module loader that it finds, and our scripts would never see it.
    code = f"""/*!
{LEAFLET_LICENCE}
*/
(function () {{
var key = {json.dumps(_version())}, names = ["L", "leaflet", "gisplan"], host = names.map(function (n) {{ return [n in window, window[n]]; }});
if (host[2][1] && host[2][1].builds && host[2][1].builds[key]) return;
window.gisplan = {{}};
(function (define, exports, module) {{
{leaflet_js()}
}})();
(function (L) {{
{"".join(own(name) for name in SCRIPTS)}
}})(window.L);
var made = window.gisplan;
made.L = window.L;
names.forEach(function (n, k) {{ if (host[k][0]) window[n] = host[k][1]; else delete window[n]; }});
window.gisplan = window.gisplan || {{}};
window.gisplan.builds = window.gisplan.builds || {{}};
window.gisplan.builds[key] = made;
var style = document.createElement("style");
style.textContent = {json.dumps(_scoped_styles())};
document.head.appendChild(style);
}})();
"""
    return f"<script>{_ascii_script(code)}</script>\n"


def _scripts() -> tuple[str, ...]:
    return (leaflet_js(), *map(own, SCRIPTS))


def _styles() -> tuple[str, ...]:
    return (leaflet_css(), *map(own, STYLES))


@cache
def _version() -> str:
    """Id of the scripts and styles: fragments work only with those they were made for."""
    return hashlib.sha256("\0".join([*_scripts(), *_styles(), _GROUND]).encode("utf-8")).hexdigest()[:16]


def _scoped_styles() -> str:
    return ascii_css(_GROUND + "".join(scoped(text, _SCOPE) for text in _styles()))


def _starter(key: str, draw: str) -> str:
    """Script of a fragment: it draws as soon as the assets are there, or says that they are not."""
    changes = sorted({width for text in _styles() for width in widths(text)})
    return _ascii_script(
        f"""(function (root) {{
function draw(gisplan, L) {{
{draw}
}}
function start(last) {{
var all = window.gisplan && window.gisplan.builds, own = all && all[{json.dumps(_version())}];
if (own) own.fragment(root, function () {{ draw(own, own.L); }}, {changes});
else if (last) root.appendChild(document.createElement("p")).textContent = {json.dumps(_NO_ASSETS)};
else document.addEventListener("DOMContentLoaded", function () {{ start(true); }});
}}
start(document.readyState !== "loading");
}})(document.currentScript ? document.currentScript.parentNode : document.getElementById({json.dumps(key)}));"""
    )


def _ascii(markup: str) -> str:
    return markup.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _ascii_script(code: str) -> str:
    """Write every character of a script beyond ASCII as an escape, which means the same in strings and names."""
    return re.sub(r"[^\x00-\x7f]", lambda found: json.dumps(found[0])[1:-1], code)


def _inert(parts: Parts) -> str:
    r"""Data of a fragment: settings are JSON, where ``\u`` is an escape; all else is base64."""
    return _ascii_script(parts.data)
