"""The script and style texts a map needs, read from installed packages: nothing is fetched from a network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from importlib import resources

from gisplan.errors import OutputError

# SHA-256 of the bytes in django-js-lib-leaflet 1.9.4.1, which are those Leaflet published. What a map runs
# must be known, so a package with other bytes is refused instead of trusted.
PINNED = {
    "leaflet.js": "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a",
    "leaflet.css": "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6",
    "images/layers.png": "1dbbe9d028e292f36fcba8f8b3a28d5e8932754fc2215b9ac69e4cdecf5107c6",
    "images/layers-2x.png": "066daca850d8ffbef007af00b06eac0015728dee279c51f3cb6c716df7c42edf",
    "images/marker-icon.png": "574c3a5cca85f4114085b6841596d62f00d7c892c7b03f28cbfa301deb1dc437",
    "images/marker-icon-2x.png": "00179c4c1ee830d3a108412ae0d294f55776cfeb085c60129a39aa6fc4ae2528",
    "images/marker-shadow.png": "264f5c640339f042dd729062cfc04c17f8ea0f29882b538e3848ed8f10edb4da",
}

# The order matters: each file uses what those before it put into the one name "gisplan".
SCRIPTS = (
    *("inflate.js", "payload.js", "text.js", "colouring.js", "canvas.js", "hover.js", "labels.js", "gcj02.js"),
    *("search.js", "fields.js", "sieve.js", "csv.js", "list.js", "side.js", "view.js", "theme.js", "look.js"),
    *("legend.js", "zones.js", "find.js", "filter.js", "notes.js", "lifeline.js", "details.js", "card.js"),
    *("geodesic.js", "measure.js", "ask.js", "print.js", "compare.js", "time.js", "basemap.js", "share.js"),
    "fragment.js",
)
STYLES = ("page.css", "find.css", "compare.css", "time.css", "basemap.css", "tools.css", "print.css")

LEAFLET_LICENCE = """\
Leaflet 1.9.4
Copyright (c) 2010-2023, Volodymyr Agafonkin
Copyright (c) 2010-2011, CloudMade
All rights reserved.

Redistribution and use in source and binary forms, with or without modification, are permitted
provided that the following conditions are met:

1. Redistributions of source code must retain the above copyright notice, this list of conditions
   and the following disclaimer.
2. Redistributions in binary form must reproduce the above copyright notice, this list of conditions
   and the following disclaimer in the documentation and/or other materials provided with the
   distribution.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR
IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND
FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR
CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE,
DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER
IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF
THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE."""


def leaflet_file(name: str) -> bytes:
    """Read one file of Leaflet.

    Parameters
    ----------
    name
        A key of `PINNED`.

    Raises
    ------
    OutputError
        The file is not there, or its bytes are not those expected.
    """
    try:
        data = (resources.files("js_lib_leaflet") / "static" / "js_lib_leaflet" / name).read_bytes()
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise OutputError(
            f"the map needs Leaflet's {name}: install it with  pip install django-js-lib-leaflet==1.9.4.1"
        ) from error
    if hashlib.sha256(data).hexdigest() != PINNED[name]:
        raise OutputError(
            f"{name} of django-js-lib-leaflet has unexpected bytes: reinstall it with  "
            "pip install --force-reinstall django-js-lib-leaflet==1.9.4.1"
        )
    return data


def _as_data(name: str) -> str:
    return "data:image/png;base64," + base64.b64encode(leaflet_file(name)).decode("ascii")


@cache
def leaflet_css() -> str:
    """Leaflet's style sheet with its images inside."""
    text = leaflet_file("leaflet.css").decode("utf-8")
    # Without this rule of Internet Explorer no url() but data: is left in the page.
    text = re.sub(r"[^{}]*\{\s*behavior:[^}]*\}", "", text)
    return re.sub(r"url\((images/[\w.-]+\.png)\)", lambda found: f"url({_as_data(found[1])})", text)


@cache
def leaflet_js() -> str:
    """Leaflet's script, with the images of its default marker and without the link to its source map."""
    text = re.sub(r"\n//# sourceMappingURL=.*", "", leaflet_file("leaflet.js").decode("utf-8"))
    icons = {
        "iconUrl": _as_data("images/marker-icon.png"),
        "iconRetinaUrl": _as_data("images/marker-icon-2x.png"),
        "shadowUrl": _as_data("images/marker-shadow.png"),
    }
    # With an inlined style sheet Leaflet cannot find its images by itself.
    return f"{text}\nL.Icon.Default.imagePath='';L.Icon.Default.mergeOptions({json.dumps(icons)});\n"


@cache
def own(name: str) -> str:
    """Read one of gisplan's own script or style files."""
    return (resources.files("gisplan.show") / "web" / name).read_text(encoding="utf-8")


# The names under which folium links what it needs → the text to put there instead.
INLINE = {"leaflet": leaflet_js, "leaflet_css": leaflet_css}
