"""A last look at markup before it is written: nothing in it may run, lead away, or ask a network for anything."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from gisplan.errors import OutputError

# What runs, embeds, or changes how the rest of the page is read. Scripts are written elsewhere, by hash.
_TAGS = {"script", "iframe", "frame", "object", "embed", "applet", "base", "link", "meta", "form", "portal"}

_ADDRESSES = {
    *("src", "srcset", "srcdoc", "href", "xlink:href", "action", "formaction", "data"),
    *("poster", "background", "ping", "manifest", "codebase"),
}

_CSS_ADDRESS = re.compile(r"url\(\s*(?!['\"]?data:)|@import|expression\(|-moz-binding", re.IGNORECASE)


def require_inert(markup: str) -> None:
    """Stop when markup holds a script, a handler, or an address that is not data inside the page.

    Parameters
    ----------
    markup
        HTML of a head or a body, without the scripts that are meant to run.

    Raises
    ------
    OutputError
        It does; what and where is named.
    """
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    # A browser may see an element where the reader above saw text.
    if reader.fault is None and "<script" in markup.lower():
        reader.fault = "a script hidden from sight"
    if reader.fault is not None:
        raise OutputError(
            f"a part of the map writes {reader.fault} into the page; nothing unknown may run or be asked for"
        )


class _Reader(HTMLParser):
    """Finds the first thing that must not be there."""

    def __init__(self) -> None:
        super().__init__()
        self.fault: str | None = None
        self.style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _TAGS:
            self.found(f"<{tag}>")
        self.style = tag == "style"
        for name, value in attrs:
            text = (value or "").strip()
            if name.startswith("on"):
                self.found(f"the handler {name}")
            elif name in _ADDRESSES and not text.lower().startswith(("data:image/", "#")):
                self.found(f"the address {name}={text[:80]!r}")
            elif name == "style" and _CSS_ADDRESS.search(text):
                self.found(f"a style with an address ({text[:80]!r})")

    def handle_endtag(self, tag: str) -> None:
        self.style = self.style and tag != "style"

    def handle_data(self, data: str) -> None:
        if self.style and (hit := _CSS_ADDRESS.search(data)):
            self.found(f"a style with an address ({data[hit.start() : hit.start() + 80]!r})")

    def found(self, what: str) -> None:
        self.fault = self.fault or what
