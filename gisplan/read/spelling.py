"""How keys are spelt: what an office's programs add to them, and which two are nearly alike."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence

_FORMULA = re.compile(r'^="(.*)"$')
_QUOTES = "'\"`‘’“”′"

#: Every pair is compared up to this many; beyond it only the neighbours of a key in the order of the alphabet,
#: read from the front and from the back.
_PAIRS = 2_000_000
_NEIGHBOURS = 16


def plain_key(key: str) -> str:
    """Key without what an office's programs add to it: width, blanks, quotes, ``="…"`` and a trailing ``.0``."""
    if key.isascii() and key.isalnum():
        return key
    text = unicodedata.normalize("NFKC", key)
    text = "".join(c for c in text if not c.isspace() and unicodedata.category(c) != "Cf")
    text = _FORMULA.sub(r"\1", text).strip(_QUOTES)
    return re.sub(r"^(\d+)\.0+$", r"\1", text)


def near(keys: Sequence[str], ids: Sequence[str]) -> list[tuple[str, str, float]]:
    """Parcel id that each key was probably meant to be, where there is one.

    It is the only one with the fewest slips: at most two (a sign too many, too few, wrong, or two exchanged) and
    no more than one in four signs. The letters O, I and l count as the digits they look like while it is sought.

    Returns
    -------
    list
        Key, parcel id, and how alike they are as they are spelt, 0–1.
    """
    if not keys or not ids:
        return []
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    looks: dict[str, str] = {}
    for i in sorted(ids, reverse=True):
        looks[_looks(i)] = i
    shapes = sorted(looks)
    around = None if len(keys) * len(shapes) <= _PAIRS else _Neighbours(shapes)
    out = []
    # One call for each unmatched key, against few candidates: there is no bulk form of "the nearest one".
    for key in keys:
        shape = _looks(key)
        slips = min(2, max(len(shape), 1) // 4)
        if slips == 0:
            continue
        candidates = around.of(shape) if around else shapes
        hits = process.extract(shape, candidates, scorer=OSA.distance, score_cutoff=slips, limit=2, processor=None)
        if len(hits) == 1 or (hits and hits[0][1] < hits[1][1]):
            meant = looks[hits[0][0]]
            out.append((key, meant, float(OSA.normalized_similarity(key, meant))))
    return out


def _looks(key: str) -> str:
    """Key as it looks: letters that pass for digits are digits."""
    return plain_key(key).upper().replace("O", "0").replace("I", "1").replace("L", "1")


class _Neighbours:
    """Ids next to a key in the order of the alphabet, read from the front and from the back.

    A slip near one end of an id leaves it among its neighbours when it is read from the other.
    """

    def __init__(self, shapes: Sequence[str]) -> None:
        self._front = list(shapes)
        self._back = sorted(s[::-1] for s in shapes)

    def of(self, shape: str) -> list[str]:
        """Candidates for a key."""
        front = bisect_left(self._front, shape)
        back = bisect_left(self._back, shape[::-1])
        near_front = self._front[max(front - _NEIGHBOURS, 0) : front + _NEIGHBOURS]
        near_back = self._back[max(back - _NEIGHBOURS, 0) : back + _NEIGHBOURS]
        return sorted({*near_front, *(s[::-1] for s in near_back)})
