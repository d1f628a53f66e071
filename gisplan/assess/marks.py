"""Words of many rows: few of them differ, so each is made once and handed out by number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: Numbers of words.
Numbers = NDArray[np.int8]


def worded(words: Sequence[str | None], numbers: NDArray[np.integer]) -> NDArray[np.object_]:
    """Word of each row by its number, shape (rows,)."""
    out = np.empty(len(words), dtype=object)
    out[:] = words
    return np.asarray(out.take(numbers), dtype=object)


def mapped(values: Any, make: Callable[[Any], str | None], *, missing: str | None = None) -> NDArray[np.object_]:
    """Word made from each value, missing ones apart; each different value is asked once.

    Parameters
    ----------
    values
        A column or array, shape (rows,).
    make
        What makes a word of a value.
    missing
        What stands where there is no value.
    """
    numbers, different = pd.factorize(values)
    return worded([*map(make, different), missing], numbers)


def begins(codes: NDArray[np.object_], with_: str | tuple[str, ...]) -> NDArray[np.bool_]:
    """Codes that begin so."""
    numbers, words = pd.factorize(codes)
    return np.asarray(np.array([str(w).startswith(with_) for w in words], dtype=bool)[numbers], dtype=bool)


def joined(marks: Iterable[tuple[str, NDArray[np.bool_]]], size: int, *, by: str = ";") -> NDArray[np.object_]:
    """Texts of the marks that each row has, in the order of the marks.

    Parameters
    ----------
    marks
        Each text, and the rows that have it, shape (size,); a text may come twice.
    size
        Number of rows.
    by
        What stands between two texts.

    Returns
    -------
    numpy.ndarray
        Shape (size,); empty where a row has none.
    """
    texts, number = [""], np.zeros(size, dtype=np.int64)
    for text, where in marks:
        rows = np.flatnonzero(where)
        before = number[rows]
        met = np.flatnonzero(np.bincount(before, minlength=len(texts)))
        after = np.zeros(len(texts), dtype=np.int64)
        after[met] = len(texts) + np.arange(len(met))
        number[rows] = after[before]
        texts += [f"{texts[k]}{by}{text}" if texts[k] else text for k in met]
    return worded(texts, number)
