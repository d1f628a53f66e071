"""What a layer probably is: told by its name, its geometry and its columns, with the reasons."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from gisplan import vocabulary
from gisplan.read import names

_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_APART = re.compile(r"[^A-Za-z]+")

#: How much a strong and a weak word of the name, and a telling column, speak for a kind.
STRONG, WEAK, FIELD = 4, 2, 1


@dataclass(frozen=True)
class Guess:
    """What a layer may be, how much speaks for it, and what that is.

    ``kind`` is a layer of the plan (``parcels``, ``services.water``), or empty where nothing fits.
    """

    kind: str = ""
    score: int = 0
    reasons: tuple[str, ...] = ()


def guesses(called: Sequence[str], geometry: str, fields: Sequence[str]) -> list[Guess]:
    """Kinds a layer may be, the likeliest first.

    Parameters
    ----------
    called
        Names of the layer, the most telling one first: its own, its file's.
    geometry
        ``polygons``, ``lines``, ``points``, or empty where it is not known.
    fields
        Its columns.
    """
    found = [g for kind in vocabulary.layer_kinds() if (g := _weigh(kind, called, geometry, fields)) is not None]
    return sorted(found, key=lambda g: -g.score)


def _weigh(kind: vocabulary.LayerKind, called: Sequence[str], geometry: str, fields: Sequence[str]) -> Guess | None:
    """Add up what speaks for a kind; None where the geometry forbids it or nothing does."""
    if geometry and geometry not in kind.geometry:
        return None
    score, reasons = 0, []
    for name in called:
        strong, weak = (_word_in(name, words) for words in (kind.words, kind.weak))
        if strong or weak:
            score += STRONG if strong else WEAK
            reasons.append(f"{'its name says' if strong else 'its name may say'} {strong or weak}")
            break
    known = vocabulary.columns(kind.id)
    telling = {c: hit.field for c in kind.fields if (hit := next(names.hits(known[c], fields), None)) is not None}
    if not reasons and not telling.keys() & set(kind.sure):
        return None
    if telling:
        score += FIELD * len(telling)
        reasons.append(f"it has {', '.join(telling.values())}")
    return Guess(kind.id, score, (*reasons, *([f"it holds {geometry}"] if geometry else [])))


def _word_in(name: str, words: Sequence[str]) -> str:
    """First of the words that stands in a name; empty where none does."""
    text = unicodedata.normalize("NFKC", name)
    apart = {t.casefold() for t in _APART.split(text)}
    # Initials must stand apart: the LM of PlutoClipLM is no 路面.
    tokens = apart | {t.casefold() for t in _TOKEN.findall(text) if len(t) > 3}
    tokens |= {t[:-1] for t in tokens if t.endswith("s") and len(t) > 3}
    return next((w for w in words if (w in tokens if w.isascii() else w in text)), "")
