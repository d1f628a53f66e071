"""Names of columns as people write them: with their unit, in brackets of any width, with blanks and line breaks."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence

from gisplan import vocabulary

_MEASURES = ("area", "length", "money", "count", "plain")

#: ``面积(亩)``, ``投资【单位:万元】``, ``面积/亩``: the name, and what may be its unit.
_BRACKET = re.compile(r"^(?P<name>.+?)\s*[(\[【〔](?:(?:单位|unit)\s*[::]?\s*)?(?P<unit>[^()\[\]【】〔〕]+)[)\]】〕]$")
_BEHIND = re.compile(r"^(?P<name>.+?)\s*/\s*(?P<unit>[^/]+)$")
#: ``LotArea_ft2``: only the unit's own name, for words are joined by _ for many reasons.
_SUFFIX = re.compile(r"^(?P<name>.+?)_(?P<unit>[A-Za-z]+[23]?|us_ft2?)$")


def plain(text: str) -> str:
    """Text with full-width and composed signs made plain, line breaks and runs of blanks as one blank."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def folded(text: str) -> str:
    """Text without what does not tell names apart: width, case and blanks."""
    # Most names and ids are plain already, and there may be very many.
    return text.lower() if text.isascii() and text.isalnum() else plain(text).replace(" ", "").lower()


def split_unit(header: str) -> tuple[str, str | None]:
    """Split a column's name into what it names and its unit.

    ``登记面积（亩）`` is ``登记面积`` in ``mu``; a bracket that holds no known unit belongs to the name.

    Returns
    -------
    tuple
        The name, and a unit of `vocabulary.units`, or None.
    """
    name, word = _parted(header)
    return (name, _unit_of(word)) if word is not None and _unit_of(word) else (plain(header), None)


def unit_for(word: str, measure: str) -> str | None:
    """Find the unit that a word means for a measure; None where it is no unit of it."""
    return vocabulary.unit_words(measure).get(folded(word).replace("_", ""))


def odd_unit(header: str) -> str | None:
    """Find what looks like a unit in a column's name but is none that is known, as ``万美元`` in ``投资(万美元)``."""
    name, word = _parted(header)
    if word is None or _unit_of(word) or name == plain(header):
        return None
    known = [w for m in _MEASURES for w in vocabulary.unit_words(m) if not w.isascii()]
    return word if any(folded(word).endswith(w) for w in known) else None


def unit_word(header: str) -> str | None:
    """Find the unit in a column's name as it is written there."""
    _, word = _parted(header)
    return word if word is not None and _unit_of(word) else None


def _parted(header: str) -> tuple[str, str | None]:
    text = plain(header)
    for pattern in (_BRACKET, _BEHIND, _SUFFIX):
        found = pattern.match(text)
        if found is None:
            continue
        word = found["unit"].strip()
        if pattern is _BRACKET or (_unit_of(word) and (pattern is _BEHIND or word.isascii())):
            return found["name"], word
    return text, None


def _unit_of(word: str) -> str | None:
    return next((u for m in _MEASURES if (u := unit_for(word, m))), None)


def units_of_all(lines: Sequence[str]) -> dict[str, str]:
    """Units that lines above the column names give for the whole table, by measure.

    ``单位：亩、万元`` says that areas are in mu and money in wan; two units of one measure say nothing.
    """
    begins = "|".join(re.escape(w) for w in vocabulary.words("units_of_all"))
    found: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        said = re.search(rf"(?:{begins})\s*:\s*(?P<units>[^\s)]+)", plain(line), re.IGNORECASE)
        for word in re.split(r"[、,;/]", said["units"]) if said else ():
            for measure in _MEASURES:
                unit = unit_for(word, measure)
                if unit and not (
                    measure == "count" and unit_for(word, "money")
                ):  # 万 counts money more often than heads
                    found[measure].add(unit)
    return {m: units.pop() for m, units in found.items() if len(units) == 1}


def short_names(headers: Sequence[str]) -> dict[str, str]:
    """Name of each column without its unit → its header; the whole header where two would be called alike."""
    split = [split_unit(h)[0] for h in headers]
    alike: dict[str, int] = defaultdict(int)
    for name in split:
        alike[folded(name)] += 1
    return {n if alike[folded(n)] == 1 else h: h for n, h in zip(split, headers, strict=True)}


def resolve(name: str, headers: Sequence[str]) -> list[str]:
    """Find the columns a name of the plan means: spelt so, else alike but for width and blanks, or but for the unit."""
    if name in headers:
        return [name]
    sought = folded(name)
    alike = [h for h in headers if folded(h) == sought]
    return alike or [h for h in headers if folded(split_unit(h)[0]) == sought]
