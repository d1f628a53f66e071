"""Cells and bytes → text, as a person would write a value."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from gisplan.errors import LayerError
from gisplan.read import encoding as encoding_


def text_of(value: object) -> str | None:
    """Text of a cell or attribute as a person would write it: 110.0 is ``110``, blanks are missing."""
    if isinstance(value, str):
        return value.strip() or None
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)):
        number = float(value)
        if math.isnan(number):
            return None
        return str(int(number)) if number.is_integer() and abs(number) < 1e16 else str(value)
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return text.strip() or None


def decoded(raw: bytes, *, encoding: str, file: str, place: str) -> str:
    """Text of a file's bytes.

    Raises
    ------
    LayerError
        It is not text in that encoding, or in any that is tried.
    """
    if encoding != "auto":
        encoding_.require(encoding, place=place)
    guess = encoding_.of_text(raw) if encoding == "auto" else encoding_.Encoding(encoding)
    try:
        # A table is small enough to ask: only an encoding beyond doubt is used without being named.
        if guess.name is not None and not guess.is_doubtful:
            return raw.decode(guess.name)
    except UnicodeDecodeError:
        pass
    tried = "UTF-8 or GBK" if encoding == "auto" else encoding
    maybe = f"; it may be {encoding_.title(guess.name)}" if guess.is_doubtful and guess.name else ""
    example = guess.name if maybe else "…"
    raise LayerError(
        f'{place}: {file} is not text in {tried}{maybe}. Give its encoding = "{example}", or save it as CSV UTF-8.'
    )
