"""Folium maps that are one file: every link becomes text, and the page names the scripts that may run."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink
from folium.template import Template

from gisplan.errors import OutputError
from gisplan.show.assets import INLINE, LEAFLET_LICENCE
from gisplan.show.guard import require_inert

# A web page may not hold these inside a script element: the first ends it, the second hides its end.
_BREAKS_SCRIPT = re.compile(r"</script|<!--", re.IGNORECASE)

# Browsers read U+0080 to U+009F as other characters where they are written by number, and half characters not at all.
_NOT_IN_JSON = re.compile("[<>&\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NOT_IN_HTML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

# What may stand in the page's security policy as a source of images: nothing that could end or widen it.
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]+)?")


def escape(text: object) -> str:
    """Escape text for folium, which puts names into HTML, into script strings and through jinja in turn.

    Parameters
    ----------
    text
        Anything; its ``str`` is taken.
    """
    return re.sub(r"[`$\\{}]", lambda found: f"&#{ord(found[0])};", html.escape(str(text), quote=True))


def json_text(value: Any) -> str:
    """Write JSON for an inert script element, without ``<``, ``>``, ``&``, control or half characters."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _NOT_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def plain_text(text: str) -> str:
    """Escape text for HTML; what HTML cannot hold, such as NUL and half characters, becomes U+FFFD."""
    return html.escape(_NOT_IN_HTML.sub("\ufffd", text), quote=True)


def require_whole(script: str) -> None:
    """Stop when the text of a script would end its own element.

    Raises
    ------
    OutputError
        It would.
    """
    if _BREAKS_SCRIPT.search(script):
        raise OutputError("a text on the map would end its script element; pass names through escape()")


class Verbatim(Element):
    """An element whose text is used as it stands; branca would read ``{{`` in it as a template.

    Parameters
    ----------
    text
        What is written.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **kwargs: Any) -> str:  # noqa: ARG002 - branca's signature
        """Return the text."""
        return self.text


class Script(Verbatim):
    """A script that is meant to run: its hash goes into the page's security policy."""

    def render(self, **kwargs: Any) -> str:  # noqa: ARG002
        """Return the script in its element, for figures that are not ours."""
        return f"<script>{self.text}</script>"


class Style(Verbatim):
    """A style sheet."""

    def render(self, **kwargs: Any) -> str:  # noqa: ARG002
        """Return the style sheet in its element."""
        return f"<style>{self.text}</style>"


class Data(Verbatim):
    """An inert block: the browser keeps it and never runs it.

    Parameters
    ----------
    key
        The element's id.
    text
        Base64, or JSON made by `json_text`.
    kind
        Media type; must not be one that browsers run.
    """

    def __init__(self, key: str, text: str, *, kind: str = "application/octet-stream") -> None:
        super().__init__(text)
        self.key, self.kind = key, kind

    def render(self, **kwargs: Any) -> str:  # noqa: ARG002
        """Return the block in its element."""
        return f'<script type="{self.kind}" id="{self.key}">{self.text}</script>'


@dataclass(frozen=True)
class Parts:
    """What a rendered map is made of, checked and ready to be put into a page.

    Attributes
    ----------
    scripts
        Texts of the scripts that come first, Leaflet's before ours.
    head
        Style elements and what else belongs to the head.
    body
        What is seen before any script has run.
    data
        Inert blocks.
    last
        The script that draws.
    """

    scripts: tuple[str, ...]
    head: tuple[str, ...]
    body: str
    data: str
    last: str


class OfflineFigure(Figure):
    """A branca figure that makes one file of everything, or refuses.

    Parameters
    ----------
    title
        Text of the browser tab.
    lang
        BCP 47 tag of the page, such as ``zh-CN``.
    summary
        What a reader without scripts is told.
    images
        Origins that the page may ask for images, such as ``https://tile.example.com``; none by default.

    Raises
    ------
    OutputError
        One of ``images`` is no plain origin.
    """

    def __init__(self, *, title: str, lang: str, summary: str = "", images: Sequence[str] = ()) -> None:
        super().__init__()
        if odd := [origin for origin in images if not _ORIGIN.fullmatch(origin)]:
            raise OutputError(f"images may come from hosts such as https://tile.example.com, not from {odd[0]!r}")
        self.title, self.lang, self.summary, self.images = title, lang, summary, tuple(images)
        self._id = "page"

    def parts(self, **kwargs: Any) -> Parts:
        """Return what the page is made of.

        Raises
        ------
        OutputError
            Something on the map wants a file from the network, or brings a script of its own.
        """
        for child in list(self._children.values()):
            child.render(**kwargs)  # folium adds its links only now
        scripts, head = self._head(kwargs)
        body: list[str] = []
        data: list[str] = []
        for element in self.html._children.values():
            (data if isinstance(element, Data) else body).append(element.render(**kwargs))
        require_inert("\n".join([*head, *body]))
        last = self.script.render(**kwargs)
        for text in [*scripts, last]:
            require_whole(text)
        return Parts(tuple(scripts), tuple(head), "\n".join(body), "\n".join(data), last)

    def render(self, **kwargs: Any) -> str:
        """Return the page.

        Raises
        ------
        OutputError
            Something on the map wants a file from the network, or brings a script of its own.
        """
        parts = self.parts(**kwargs)
        policy = _policy([*parts.scripts, parts.last], self.images)
        return "\n".join(
            [
                f'<!DOCTYPE html>\n<html lang="{html.escape(self.lang)}">\n<head>\n<meta charset="utf-8">',
                # Before anything else that could be written wrongly: what stands above a policy escapes it.
                f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
                '<meta name="viewport" content="width=device-width, initial-scale=1">',
                f"<title>{plain_text(self.title or '')}</title>\n<!--\n{LEAFLET_LICENCE}\n-->",
                "<style>html,body{height:100%;margin:0}</style>",
                *parts.head,
                *(f"<script>{text}</script>" for text in parts.scripts),
                "</head>\n<body>",
                f"<noscript>{plain_text(self.summary)}</noscript>",
                parts.body,
                parts.data,
                f"<script>{parts.last}</script>\n</body>\n</html>\n",
            ]
        )

    def _head(self, kwargs: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        """Return the scripts and the other parts of the head, with text instead of links."""
        scripts, head = [], []
        for name, element in self.header._children.items():
            if name == "meta_http":  # ours stands in front of the policy
                continue
            if isinstance(element, JavascriptLink | CssLink):
                if name not in INLINE:
                    raise OutputError(
                        f"the map must work without a network, and there is no copy of {name} ({element.url})"
                    )
                text = INLINE[name]()
                if isinstance(element, CssLink):
                    head.append(f"<style>{text}</style>")
                else:
                    scripts.append(text)
            elif isinstance(element, Script):
                scripts.append(element.text)
            else:
                head.append(element.render(**kwargs))
        return scripts, head


def _policy(scripts: Sequence[str], images: Sequence[str]) -> str:
    """Allow the given scripts, inline styles, images inside the page and from the given hosts; nothing else."""
    hashes = (base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") for text in scripts)
    allowed = " ".join(f"'sha256-{value}'" for value in hashes)
    sources = " ".join(("data:", "blob:", *images))
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src {sources}; "
        "base-uri 'none'; form-action 'none'"
    )


class OfflineMap(folium.Map):
    """A folium map without a basemap that needs Leaflet only and stands in an `OfflineFigure`.

    Parameters
    ----------
    figure
        The page it becomes part of.
    key
        Its id in the page; folium's own is random, and equal input must give equal files.
    **options
        As for `folium.Map`.
    """

    default_js = [link for link in folium.Map.default_js if link[0] == "leaflet"]  # noqa: RUF012 - folium's way
    default_css = [link for link in folium.Map.default_css if link[0] == "leaflet_css"]  # noqa: RUF012

    # folium's own header forbids zooming the page and runs a script of its own; its last script is kept.
    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <div class="folium-map" id="{{ this.get_name() }}" style="width:100%;height:100%"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}{{ this.folium_script(kwargs) }}{% endmacro %}
        """
    )

    def __init__(self, figure: OfflineFigure, *, key: str = "main", **options: Any) -> None:
        super().__init__(tiles=None, **options)
        self._id = key
        figure.add_child(self)

    def folium_script(self, kwargs: Mapping[str, Any]) -> str:
        """Return the script folium writes for a map."""
        return str(folium.Map._template.module.script(self, kwargs))
