"""Texts inside polygons → columns: parcel numbers, floors, names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.errors import counted, first_ids
from gisplan.issues import Issue
from gisplan.read.cad_entities import Label

#: Says where a point of the study lies in the drawing.
Place = Callable[[float, float], str]


@dataclass(frozen=True)
class Inside:
    """Which texts lie in which polygon.

    Attributes
    ----------
    texts
        Distinct texts of each polygon, in the order of the drawing.
    outside
        Texts in none.
    """

    texts: list[list[str]]
    outside: list[Label]


def inside(polygons: NDArray[np.object_], labels: Sequence[Label]) -> Inside:
    """Put each text into the smallest polygon its middle lies in, or the point it hangs on."""
    texts: list[list[str]] = [[] for _ in polygons]
    outside = []
    rows = _smallest(polygons, [label.middle for label in labels])
    anchored = _smallest(polygons, [label.anchor for label in labels])
    for label, row in zip(labels, np.where(rows < 0, anchored, rows).tolist(), strict=True):
        if row < 0:
            outside.append(label)
        elif label.text not in texts[row]:
            texts[row].append(label.text)
    return Inside(texts, outside)


def _smallest(polygons: NDArray[np.object_], points: list[tuple[float, float]]) -> NDArray[np.int64]:
    out = np.full(len(points), -1, dtype=np.int64)
    if len(points) and len(polygons):
        point, row = shapely.STRtree(polygons).query(shapely.points(points), predicate="intersects")
        # From the largest to the smallest, so that the smallest is written last.
        order = np.lexsort((-row, -shapely.area(polygons)[row]))
        out[point[order]] = row[order]
    return out


def column(
    name: str, polygons: NDArray[np.object_], labels: Sequence[Label], *, layer: str, file: str, at: Place
) -> tuple[pd.Series, list[Issue]]:
    """Fill a column from the texts inside polygons.

    A polygon with several different texts has no value, for which of them is meant is not known. Numbers of
    floors are read out of what surveyors letter, ``5F`` or ``砖3``.

    Parameters
    ----------
    name
        Canonical column.
    polygons
        Shape (n,).
    labels
        Texts of the column, in the polygons' coordinates.
    layer, file
        Whose layer and which drawing, for messages.
    at
        Says where a point lies in the drawing.

    Returns
    -------
    tuple
        Text or number of each polygon, missing ones None; what was found.
    """
    found = inside(polygons, [label for label in labels if label.text])
    several = [i for i, t in enumerate(found.texts) if len(t) > 1]
    without = [i for i, t in enumerate(found.texts) if not t]
    values: list[object] = [t[0] if len(t) == 1 else None for t in found.texts]
    spots = [at(p.x, p.y) for p in shapely.point_on_surface(polygons)]
    issues = []
    if vocabulary.columns(layer)[name].kind == "number":
        read = [None if v is None else number(str(v), floors=name == "floors") for v in values]
        odd = [f"{values[i]!r} at {spots[i]}" for i in range(len(values)) if values[i] is not None and read[i] is None]
        values = list(read)
        if odd:
            issues.append(
                _told(
                    "DRAWING_TEXT_ODD",
                    layer,
                    odd,
                    f"no number for {name} can be read in {counted(len(odd), 'text')}, taken as missing",
                    "Letter the number alone or in a usual form (5F, 3层, 砖3).",
                    file,
                )
            )
    if several:
        listed = [f"{spots[i]} ({', '.join(found.texts[i])})" for i in several]
        n = counted(len(several), "polygon")
        issues.append(
            _told(
                "DRAWING_TEXT_SEVERAL",
                layer,
                listed,
                f"{n} with several texts for {name}, taken as missing",
                "Leave one text in each, or close the line between two polygons.",
                file,
            )
        )
    if without:
        issues.append(
            _told(
                "DRAWING_TEXT_MISSING",
                layer,
                [spots[i] for i in without],
                f"{counted(len(without), 'polygon')} without a text for {name}",
                f'Letter them, or leave them out with where = "{name} IS NOT NULL".',
                file,
            )
        )
    if found.outside:
        listed = [f"{label.text} at {at(*label.anchor)}" for label in found.outside]
        issues.append(
            _told(
                "DRAWING_TEXT_OUTSIDE",
                layer,
                listed,
                f"{counted(len(listed), 'text')} for {name} in no polygon",
                "Close the lines round them, or move the texts inside.",
                file,
            )
        )
    return pd.Series(values, dtype=float if vocabulary.columns(layer)[name].kind == "number" else object), issues


def _told(code: str, layer: str, listed: list[str], what: str, remedy: str, file: str) -> Issue:
    return Issue(code, "warning", layer, len(listed), f"{file}: {what}: {first_ids(listed)}.", remedy, features=listed)


def number(text: str, *, floors: bool) -> float | None:
    """Read the number of a text; None where it is none.

    Examples
    --------
    >>> number("砖3", floors=True), number("5F", floors=True), number("简", floors=True)
    (3.0, 5.0, None)
    """
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    words = vocabulary.floor_words()
    before, after = (
        "|".join(re.escape(w.lower()) for w in sorted(words[k], key=len, reverse=True)) for k in ("before", "after")
    )
    rule = rf"(?:{before})?\s*(\d+(?:\.\d+)?)\s*(?:{after})?" if floors else r"(\d+(?:\.\d+)?)"
    hit = re.fullmatch(rule, plain)
    return float(hit[1]) if hit else None
