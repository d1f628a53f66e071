"""A damaged GeoJSON text, feature by feature."""

from __future__ import annotations

import json
import re
from typing import Any

import shapely
import shapely.geometry

#: Where a feature begins.
_FEATURE = re.compile(r'\{(?:\s*"id"\s*:\s*[^{},]{1,80},)?\s*"type"\s*:\s*"Feature"')
_CRS = re.compile(r'"crs"\s*:\s*\{.{0,80}?"name"\s*:\s*"([^"]{1,80})"', re.DOTALL)

Row = tuple[dict[str, Any], Any]


def features_of(content: bytes) -> tuple[dict[int, Row], dict[int, str], str]:
    """Features that are whole, and the numbers of those that are not.

    Where a feature is damaged, the next beginning of one is looked for; all between counts as one lost feature,
    for nothing tells how many there were. A text that broke off has lost at least one.

    Returns
    -------
    tuple
        Attributes and shape of each whole feature by its number, why each other is lost, the coordinate system.
    """
    # Bytes that are not UTF-8 stay recognisable, so that a feature that holds them is not taken for whole.
    text = content.decode("utf-8-sig", errors="surrogateescape")
    good: dict[int, Row] = {}
    lost: dict[int, str] = {}
    decoder = json.JSONDecoder()
    number, at = 0, _FEATURE.search(text)
    while at is not None:
        number += 1
        try:
            feature, end = decoder.raw_decode(text, at.start())
            text[at.start() : end].encode("utf-8")
            good[number] = _row(feature)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError, shapely.errors.ShapelyError):
            lost[number] = "is damaged"
            end = at.end()
        at = _FEATURE.search(text, end)
    if number and not text.rstrip("\0 \r\n").endswith("}"):
        # A text that broke off tells no number of features: the one it broke off in stands for all that followed.
        lost[number if number in lost else number + 1] = "is cut off, and how many followed is not known"
    named = _CRS.search(text[:10_000])
    return good, lost, named[1] if named else "OGC:CRS84"


def _row(feature: dict[str, Any]) -> Row:
    shape = feature.get("geometry")
    attributes = {
        str(k): json.dumps(v, ensure_ascii=False) if isinstance(v, (dict, list)) else v
        for k, v in (feature.get("properties") or {}).items()
    }
    return attributes, None if shape is None else shapely.geometry.shape(shape)
