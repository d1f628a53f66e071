"""Style sheets kept to one part of a page, so that a map in a stranger's page changes nothing around it."""

from __future__ import annotations

import re
from collections.abc import Iterator

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)

# Rules that speak of the width of the window are made to speak of the map's own width.
_NARROW = re.compile(r"@media\s*\(\s*max-width:\s*(\d+)px\s*\)$")

_WHOLE_PAGE = re.compile(r"(html|body)\b")


def scoped(css: str, scope: str) -> str:
    """Return rules that hold within a scope only.

    Parameters
    ----------
    css
        A style sheet. ``:root``, ``html`` and ``body`` come to mean the scope. Rules for a page of one's own
        (``body.x`` and ``@page``) are left out. ``@media (max-width: 600px)`` becomes the class ``gp-upto-600`` of the
        scope, which `widths` lists and a script sets.
    scope
        A selector.

    Raises
    ------
    ValueError
        A rule asks for the width of the window in another way.
    """
    return "".join(_scoped(_COMMENT.sub("", css), scope))


def widths(css: str) -> list[int]:
    """Widths in pixels at which `scoped` rules change.

    Parameters
    ----------
    css
        A style sheet.
    """
    return sorted({int(found[1]) for head, _ in _rules(_COMMENT.sub("", css)) if (found := _NARROW.match(head))})


def ascii_css(css: str) -> str:
    """Write every character beyond ASCII as an escape: the encoding of the page around then does not matter."""
    return re.sub(r"[^\x00-\x7f]", lambda found: f"\\{ord(found[0]):x} ", css)


def _scoped(css: str, scope: str) -> Iterator[str]:
    for head, body in _rules(css):
        if head.startswith("@page"):
            continue
        if found := _NARROW.match(head):
            yield from _scoped(body, f"{scope}.gp-upto-{found[1]}")
        elif head.startswith(("@media", "@supports")):
            if "width" in head and head.startswith("@media"):
                raise ValueError(f"{head}: only @media (max-width: …px) can be kept to a part of a page")
            yield f"{head}{{{''.join(_scoped(body, scope))}}}\n"
        elif head.startswith("@"):
            yield f"{head}{{{body}}}\n"
        elif kept := [name for one in _selectors(head) if (name := _within(one, scope))]:
            yield f"{','.join(kept)}{{{body.strip()}}}\n"


def _within(selector: str, scope: str) -> str:
    """Selector within the scope; empty for one that only a page of its own has."""
    if selector in {":root", "html", "body"}:
        return scope
    return "" if _WHOLE_PAGE.match(selector) else f"{scope} {selector}"


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """Heads and bodies of the outermost rules."""
    depth, start, head = 0, 0, ""
    for found in re.finditer(r"\"(?:\\.|[^\"])*\"|'(?:\\.|[^'])*'|[{}]", css):
        if found[0] == "{":
            if depth == 0:
                head, start = css[start : found.start()].strip(), found.end()
            depth += 1
        elif found[0] == "}":
            depth -= 1
            if depth == 0:
                yield head, css[start : found.start()]
                start = found.end()


def _selectors(head: str) -> Iterator[str]:
    """Selectors of a list; commas inside brackets and quotes part nothing."""
    yield from (part.strip() for part in re.findall(r"(?:\"[^\"]*\"|'[^']*'|\([^()]*\)|\[[^\]]*\]|[^,\"'(\[])+", head))
