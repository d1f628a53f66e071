"""Maps as pieces of another page: the scripts and styles they share, and the script that starts one.

All of it is ASCII, so that the encoding of the page around does not matter.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache

from gisplan.errors import OutputError
from gisplan.show.assets import LEAFLET_LICENCE, SCRIPTS, STYLES, leaflet_css, leaflet_js, own
from gisplan.show.page import Parts, plain_text, require_whole
from gisplan.show.scoped import ascii_css, scoped, widths

# The id that nothing has makes our rules outweigh those of the page around, down to `#content h1`.
_SCOPE = ".gp-fragment:not(#_)"

# Colours and strokes of drawings are attributes, which `revert` would take for rules of the page around.
_DRAWN = ("svg", "g", "path", "circle", "ellipse", "line", "rect", "polyline", "polygon", "text", "tspan", "defs")
_ANY = f"{_SCOPE} *" + "".join(f":not({tag})" for tag in _DRAWN)

_GROUND = f"""
.gp-fragment{{all:initial;display:block;position:relative;isolation:isolate;overflow:hidden;box-sizing:border-box}}
{_ANY},{_ANY}::before,{_ANY}::after{{all:revert}}
"""

_NO_ASSETS = (
    "地图脚本缺失或版本不符：请在页面中加入 assets 块。 "
    "The map's scripts are missing or of another version: put the assets block into this page."
)

# Leaflet would hand itself to a module loader that it finds, and our scripts would never see it. What the page had
# under the three names it gets back; our copies stay reachable under the version only.
_ASSETS = """/*!
%(licence)s
*/
(function () {
var key = %(key)s, names = ["L", "leaflet", "gisplan"];
var had = names.map(function (name) { return [name in window, window[name]]; });
if (had[2][1] && had[2][1].builds && had[2][1].builds[key]) return;
window.gisplan = {};
(function (define, exports, module) {
%(leaflet)s
})();
(function (L) {
%(own)s
})(window.L);
var made = window.gisplan;
made.L = window.L;
names.forEach(function (name, k) { if (had[k][0]) window[name] = had[k][1]; else delete window[name]; });
window.gisplan = window.gisplan || {};
window.gisplan.builds = window.gisplan.builds || {};
window.gisplan.builds[key] = made;
var style = document.createElement("style");
style.textContent = %(styles)s;
document.head.appendChild(style);
})();
"""

_START = """(function (root) {
function draw(gisplan, L) {
%(draw)s
}
function start(last) {
var all = window.gisplan && window.gisplan.builds, own = all && all[%(key)s];
if (own) own.fragment(root, function () { draw(own, own.L); }, %(widths)s);
else if (last) root.appendChild(document.createElement("p")).textContent = %(missing)s;
else document.addEventListener("DOMContentLoaded", function () { start(true); });
}
start(document.readyState !== "loading");
})(document.currentScript ? document.currentScript.parentNode : document.getElementById(%(id)s));"""


@cache
def assets_block() -> str:
    """Return the scripts and styles that all fragments of a page share, as one ``<script>`` element of ASCII.

    A page may hold it more than once, and fragments of other versions of gisplan beside it. Leaflet is kept to the
    maps: a page's own ``L``, module loader and styles are left alone.
    """
    code = _ASSETS % {
        "licence": LEAFLET_LICENCE,
        "key": json.dumps(version()),
        "leaflet": leaflet_js(),
        "own": "\n".join(own(name) for name in SCRIPTS),
        "styles": json.dumps(ascii_css(_GROUND + "".join(scoped(text, _SCOPE) for text in _styles()))),
    }
    return f"<script>{_script(code)}</script>\n"


def fragment(parts: Parts, *, key: str, summary: str, height: int, with_assets: bool) -> str:
    """Return a ``<div>`` that draws a map.

    Parameters
    ----------
    parts
        Of a figure whose ids begin with `key`.
    key
        Id of the element.
    summary
        What a reader without scripts is told.
    height
        In pixels.
    with_assets
        Whether it brings `assets_block`.

    Raises
    ------
    OutputError
        The map needs a script or a style that is not in the block.
    """
    if parts.scripts != _scripts() or set(parts.head) != {f"<style>{text}</style>" for text in _styles()}:
        raise OutputError("a part of the map brings scripts or styles of its own: write it as a page or an iframe")
    start = _START % {
        "draw": parts.last,
        "key": json.dumps(version()),
        "widths": json.dumps(sorted({width for text in _styles() for width in widths(text)})),
        "missing": json.dumps(_NO_ASSETS),
        "id": json.dumps(key),
    }
    return "".join(
        [
            f'<div class="gp-fragment" id="{key}" style="height:{int(height)}px">\n',
            f"<noscript>{ascii_markup(plain_text(summary))}</noscript>\n",
            assets_block() if with_assets else "",
            # Settings are JSON, which knows the escapes of scripts; all other data are base64.
            f"{ascii_markup(parts.body)}\n{_ascii_script(parts.data)}\n",
            f"<script>{_script(start)}</script>\n</div>\n",
        ]
    )


def ascii_markup(text: str) -> str:
    """Write every character of markup beyond ASCII by its number."""
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _script(code: str) -> str:
    require_whole(code)
    return _ascii_script(code)


def _ascii_script(code: str) -> str:
    """Write every character of a script beyond ASCII as an escape, which means the same in strings and names."""
    return re.sub(r"[^\x00-\x7f]", lambda found: json.dumps(found[0])[1:-1], code)


@cache
def version() -> str:
    """Id of the scripts and styles: fragments work only with those they were made for."""
    return hashlib.sha256("\0".join([*_scripts(), *_styles(), _GROUND, _ASSETS]).encode("utf-8")).hexdigest()[:16]


def _scripts() -> tuple[str, ...]:
    return (leaflet_js(), *map(own, SCRIPTS))


def _styles() -> tuple[str, ...]:
    return (leaflet_css(), *map(own, STYLES))
