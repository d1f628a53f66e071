"""Attribute columns of a payload, each in the tightest form that loses nothing."""

from __future__ import annotations

import json
from itertools import takewhile
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan.show.payload_pack import Section, bits, folded, planes

# The browser knows whole numbers up to 2**53 only; larger ones travel as text.
_EXACT = 2**53

# Text of few different characters takes one byte for each of the most frequent ones and two for the others.
_SHORT = 224
_LETTERS = _SHORT + (256 - _SHORT) * 256

_Parts = tuple[dict[str, Any], list[Section]]


def column_sections(position: int, column: pd.Series[Any]) -> _Parts:
    """Describe a column and write it; rows without a value are marked in a mask.

    Parameters
    ----------
    position
        Its place in the layer, from 0; it becomes part of the names of its sections.
    column
        Any column; objects that are no number, flag, date or text are written as text.

    Returns
    -------
    about, sections
        ``type`` is bool, int, float, date, cat (numbers of values in a list), id (a head and a number) or str.
    """
    null = column.isna().to_numpy(dtype=bool)
    values = column[~null] if null.any() else column
    if isinstance(column.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    # A column of numbers stays one where every number is missing: the map may colour by it.
    none = "floating" if pd.api.types.is_float_dtype(column.dtype) else "empty"
    found = pd.api.types.infer_dtype(values, skipna=True) if len(values) else none
    data = f"col{position}"
    about: dict[str, Any]
    if found == "boolean":
        about, parts = {"type": "bool"}, [bits(data, _spread(values.astype(bool).to_numpy(), null, bool))]
    elif found == "integer" and abs(int(values.max())) < _EXACT and abs(int(values.min())) < _EXACT:
        about, parts = _whole(data, values.astype(np.int64).to_numpy(), null, kind="int")
    elif found in {"floating", "mixed-integer-float", "decimal"}:
        about, parts = _decimal(data, values.astype(float).to_numpy(), null)
    elif found in {"date", "datetime", "datetime64"} and (days := _days(values, found)) is not None:
        about, parts = _whole(data, days, null, kind="date")
    else:
        texts = values.to_numpy(dtype=object) if found == "string" else np.array([str(v) for v in values], object)
        about, parts = _text(position, texts, null)
    if null.any():
        parts.append(bits(f"null{position}", null))
    return {**about, "data": data, "null": f"null{position}" if null.any() else None}, parts


def _spread(values: NDArray[Any], null: NDArray[np.bool_], dtype: Any) -> NDArray[Any]:
    """Put the values that exist back into their rows; the others hold zero and are masked."""
    if not null.any():
        return values.astype(dtype, copy=False)
    full = np.zeros(len(null), dtype=dtype)
    full[~null] = values
    return full


def _whole(name: str, values: NDArray[np.int64], null: NDArray[np.bool_], *, kind: str, scale: int = 0) -> _Parts:
    """Store whole numbers above their least one, or as steps where they run on from row to row."""
    base = int(values.min()) if len(values) else 0
    above = _spread(values - base, null, np.int64)
    # Rows without a value stand at the least one, so that only columns without gaps can run on.
    steps = np.diff(above, prepend=0)
    if len(above) > 1 and not null.any() and np.abs(steps[1:]).mean() * 16 < above.mean():
        return {"type": kind, "base": base, "scale": scale, "steps": True}, [planes(name, folded(steps))]
    return {"type": kind, "base": base, "scale": scale}, [planes(name, above.astype(np.uint64))]


def _decimal(name: str, values: NDArray[np.float64], null: NDArray[np.bool_]) -> _Parts:
    """Store decimals as whole numbers of 10**-scale where that loses no bit, else as they are."""
    if np.isfinite(values).all():
        top = np.abs(values).max(initial=0.0)
        for scale in range(7):
            if top >= _EXACT / 2 / 10**scale:
                break
            # Most columns fail within the first few values.
            if not _fits(values[:200], scale) or not _fits(values, scale):
                continue
            return _whole(name, np.round(values * 10**scale).astype(np.int64), null, kind="float", scale=scale)
    raw = np.ascontiguousarray(_spread(values, null, np.float64), dtype="<f8").view(np.uint8).reshape(-1, 8)
    return {"type": "float", "scale": None}, [Section(name, raw.T.tobytes(), len(null), 8)]


def _fits(values: NDArray[np.float64], scale: int) -> bool:
    return bool((np.round(values * 10**scale) / 10**scale == values).all())


def _days(values: pd.Series[Any], found: str) -> NDArray[np.int64] | None:
    """Return days since 1970-01-01, or None when a time of day would be lost."""
    if found == "date":
        days: NDArray[np.int64] = values.to_numpy(dtype="datetime64[D]").astype(np.int64)
        return days
    stamps = values.map(lambda v: v.replace(tzinfo=None) if getattr(v, "tzinfo", None) else v).to_numpy()
    exact, whole = stamps.astype("datetime64[us]"), stamps.astype("datetime64[D]")
    return whole.astype(np.int64) if (exact == whole).all() else None


def _text(position: int, values: NDArray[np.object_], null: NDArray[np.bool_]) -> _Parts:
    """Store text as a running number, as codes into a list when it repeats, else letter by letter."""
    name = f"col{position}"
    if len(null) > 256 and (numbered := _numbered(values)) is not None:
        head, width, numbers = numbered
        about, parts = _whole(name, numbers, null, kind="id")
        return {**about, "head": head, "width": width}, parts
    codes, unique = pd.factorize(values)
    if len(unique) <= max(256, len(null) // 8):
        listed = json.dumps([str(v) for v in unique], ensure_ascii=False).encode("utf-8", "replace")
        return {"type": "cat", "list": f"list{position}"}, [
            planes(name, _spread(codes, null, np.uint64)),
            Section(f"list{position}", listed, len(unique)),
        ]
    return _spelled(position, values, null)


def _numbered(values: NDArray[np.object_]) -> tuple[str, int, NDArray[np.int64]] | None:
    """Split ids such as P0001 into their common head, the digits each has (0: no leading zeros) and a number."""
    low, high = (min(values), max(values)) if len(values) else ("", "")
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(low, high, strict=False)))
    head = low[:same].rstrip("0123456789")  # what the first and the last in order share, all share
    tails = [v[len(head) :] for v in values]
    lengths = {len(t) for t in tails}
    text = "".join(tails)
    if not lengths or not text.isascii() or not text.isdigit() or min(lengths) == 0 or max(lengths) > 15:
        return None
    padded = any(t[0] == "0" and len(t) > 1 for t in tails)
    if padded and len(lengths) > 1:
        return None
    return head, lengths.pop() if padded else 0, np.array(tails, dtype=np.int64)


def _spelled(position: int, values: NDArray[np.object_], null: NDArray[np.bool_]) -> _Parts:
    """Store every text by itself: its letters' ranks by frequency, or UTF-8 where there are too many letters."""
    name, lengths_name = f"col{position}", f"len{position}"
    points = np.frombuffer("".join(values).encode("utf-32-le", "replace"), dtype="<u4")
    counts = np.bincount(points, minlength=1)
    letters = np.flatnonzero(counts)
    letters = letters[np.argsort(-counts[letters], kind="stable")]
    if len(letters) > _LETTERS:
        texts = [value.encode("utf-8", "replace") for value in values]
        lengths = _spread(np.array([len(t) for t in texts]), null, np.uint64)
        return {"type": "str", "lengths": lengths_name, "letters": None}, [
            Section(name, b"".join(texts), len(null)),
            planes(lengths_name, lengths),
        ]
    rank = np.zeros(len(counts), dtype=np.int64)
    rank[letters] = np.arange(len(letters))
    ranks = rank[points]
    long = ranks >= _SHORT
    places = np.cumsum(1 + long) - (1 + long)
    out = np.empty(len(ranks) + int(long.sum()), dtype=np.uint8)
    over = ranks[long] - _SHORT
    out[places] = np.where(long, _SHORT + (ranks - _SHORT) // 256, ranks)
    out[places[long] + 1] = over % 256
    ends = np.cumsum([len(v) for v in values])
    bytes_before = np.concatenate([[0], np.cumsum(1 + long)])
    lengths = np.diff(bytes_before[ends], prepend=0)
    return {"type": "str", "lengths": lengths_name, "letters": f"set{position}"}, [
        Section(name, out.tobytes(), len(null)),
        planes(lengths_name, _spread(lengths, null, np.uint64)),
        planes(f"set{position}", letters.astype(np.uint64)),
    ]
