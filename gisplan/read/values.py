"""Source values → text, ids, numbers, dates and flags, or a refusal that names the records."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from gisplan import vocabulary
from gisplan.errors import LayerError, counted, first_ids
from gisplan.read.dates import date_of, is_october, may_be_october
from gisplan.read.text import text_of

_TRUE = frozenset({"true", "1", "yes", "y", "t", "是", "有"})
_FALSE = frozenset({"false", "0", "no", "n", "f", "否"})

#: Says what the records of a mask are called.
Names = Callable[["pd.Series[bool]"], Sequence[str]]

#: Commas that group digits by three; any other comma may be a decimal one and is not guessed at.
_GROUPED = re.compile(r"^[-+]?\d{1,3}(,\d{3})+(\.\d*)?$")

#: What is left of a long id that was stored as a number.
_ROUNDED = re.compile(r"^\d(\.\d+)?[eE]\+\d{2}$")


def missing_words(*, is_id: bool = False) -> frozenset[str]:
    """What planners write where there is nothing to write, in every usual case and width; fewer words among ids."""
    words = {str(w) for w in vocabulary.words("missing")} | {"NaN", "N/a", "－", "／"}
    if not is_id:
        words |= {str(w) for w in vocabulary.words("missing_in_values")} | {"＊", "＼"}
    return frozenset({"", *(form for w in words for form in (w, w.upper(), w.capitalize()))} | words)


def to_text(values: pd.Series, *, is_id: bool = False) -> pd.Series:
    """Text with blanks and sentinels missing; whole numbers without a decimal point."""
    blanks = missing_words(is_id=is_id)
    if pd.api.types.is_integer_dtype(values) and not values.hasnans:
        return values.astype(str).astype(object)
    if isinstance(values.dtype, pd.StringDtype):
        text = values.str.strip()
        told = text.notna() & ~text.isin(blanks)
        # As Arrow holds it, at a fifth of the memory of Python's own strings.
        return text if told.all() else text.astype(object).where(told, None)
    if values.dtype == object:
        text = values.map(text_of).astype(object)
    else:
        known = {v: text_of(v) for v in values.unique()}
        text = pd.Series([known.get(v) for v in values], index=values.index, dtype=object)
    return text.where(text.notna() & ~text.isin(blanks), None)


def to_keys(values: pd.Series, *, place: str) -> pd.Series:
    """Ids as text.

    Raises
    ------
    LayerError
        Long ids were stored as numbers, so that their last digits are lost.
    """
    text = to_text(values, is_id=True)
    if pd.api.types.is_integer_dtype(values):
        return text
    # Arrow's own strings are searched many times faster than Python's.
    sought = values if isinstance(values.dtype, pd.StringDtype) else text.astype("str")
    # Hardly any id has an exponent, and among Chinese ids a pattern takes twenty times as long as a plain search.
    wrong = sought.str.contains("+", regex=False).fillna(False).astype(bool)
    if wrong.any():
        wrong &= sought.str.match(_ROUNDED).fillna(False).astype(bool)
    if wrong.any():
        raise LayerError(
            f"{place} holds long ids stored as numbers, whose last digits are lost, in {_counted_of(wrong)}: "
            f"{first_ids(list(text[wrong].unique()))}. Store them as text."
        )
    return text


def are_unique(ids: pd.Series) -> bool:
    """Tell whether no two records share an id.

    Parameters
    ----------
    ids
        Ids as text, none missing.
    """
    if isinstance(ids.dtype, pd.StringDtype):
        text = pa.chunked_array(pa.array(ids)).combine_chunks()
        # Registers mostly come in the order of their ids, and then no table of a million ids need be made.
        if pc.all(pc.less(text[:-1], text[1:]), skip_nulls=False).as_py():
            return True
    return bool(ids.is_unique)


def to_numbers(values: pd.Series, *, place: str, named: Names | None = None) -> pd.Series:
    """Float numbers, missing where there is none.

    Raises
    ------
    LayerError
        Something that is neither a number nor a sentinel.
    """
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        numbers = pd.to_numeric(values).astype(float)
        wrong = np.isinf(numbers)
        text = values
    else:
        text = to_text(values)
        numbers = _parsed(text)
        wrong = text.notna() & ~np.isfinite(numbers)
    if wrong.any():
        raise LayerError(
            f"{place} holds what is no number in {_counted_of(wrong)}: {_told(text, wrong, named)}. "
            "Correct the values or map another column."
        )
    return numbers


def _digits(text: str | None) -> str | None:
    """Text of a number with ordinary digits and without grouping commas."""
    if text is None:
        return None
    plain = unicodedata.normalize("NFKC", text)
    return plain.replace(",", "") if _GROUPED.match(plain) else plain


def numbers_where_possible(values: pd.Series) -> pd.Series:
    """Float numbers, missing where there is none or something else."""
    return _parsed(to_text(values))


def _parsed(text: pd.Series) -> pd.Series:
    """Float numbers of text; only what is no plain number is looked at more closely."""
    numbers = pd.to_numeric(text, errors="coerce").astype(float)
    odd = numbers.isna() & text.notna()
    if odd.any():
        numbers[odd] = pd.to_numeric(text[odd].map(_digits), errors="coerce").astype(float)
    return numbers


def _counted_of(wrong: pd.Series) -> str:
    return f"{int(wrong.sum()):,} of {counted(len(wrong), 'record')}"


def _told(text: pd.Series, wrong: pd.Series, named: Names | None) -> str:
    """First few wrong values, each with the record it stands in."""
    values = [repr(str(v)) for v in text[wrong]]
    if named is None:
        return first_ids(values)
    return first_ids([f"{i} {v}" for i, v in zip(named(wrong), values, strict=True)])


def to_flags(values: pd.Series, *, place: str, named: Names | None = None) -> pd.Series:
    """Yes, no or missing, as an object column.

    Raises
    ------
    LayerError
        A word that means neither.
    """
    text = to_text(values)
    # Among text, pandas makes NaN of None; what is missing must not turn into "no" on the way.
    lower = pd.Series([None if pd.isna(t) else str(t).lower() for t in text], index=text.index, dtype=object)
    wrong = lower.notna() & ~lower.isin(_TRUE | _FALSE)
    if wrong.any():
        raise LayerError(
            f"{place} says neither yes nor no in {_counted_of(wrong)}: {_told(text, wrong, named)}. Write "
            "yes or no, 是 or 否, 1 or 0."
        )
    flags = [None if t is None else t in _TRUE for t in lower]
    return pd.Series(flags, index=text.index, dtype=object)


def to_dates(values: pd.Series, *, place: str, named: Names | None = None) -> pd.Series:
    """Calendar dates, missing where there is none, as an object column of `datetime.date`.

    The forms are those of `gisplan.read.dates`. ``2019.1`` is only taken for January where another text shows
    that October is written ``2019.10``: the same number cell may have been either.

    Raises
    ------
    LayerError
        Something that is not a date.
    """
    dates, wrong = dates_where_possible(values)
    if wrong.any():
        raise LayerError(
            f"{place} holds what is no date in {_counted_of(wrong)}: {_told(to_text(values), wrong, named)}. "
            "Write dates as 2019-03-01 or map another column."
        )
    return dates


def dates_where_possible(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Dates as `to_dates` reads them, missing where something else stands, and where that is."""
    text = to_text(values)
    dates = {t: date_of(str(t)) for t in text.dropna().unique()}
    if not any(is_october(str(t)) for t in dates):
        dates |= {t: None for t in dates if may_be_october(str(t))}
    wrong = text.map(lambda t: t is not None and dates[t] is None).astype(bool)
    return pd.Series([None if t is None else dates[t] for t in text], index=text.index, dtype=object), wrong
