"""Dates in the forms planners write: ``2019.3.1``, ``2019年3月``, ``二〇一九年三月``, ``43525``."""

from __future__ import annotations

import calendar
import datetime as dt
import re
import unicodedata

from gisplan import vocabulary

_DAY = re.compile(r"^(\d{4})[-./年,_\\。](\d{1,2})[-./月,_\\。](\d{1,2})[日号]?$")
_TIME = re.compile(r"[T\s]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[-+]\d{2}:?\d{2})?$")
_MONTH = re.compile(r"^(\d{4})[-./年,_\\。](\d{1,2})月?(.*)$")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_COMPACT_MONTH = re.compile(r"^(\d{4})(\d{2})$")
_SERIAL = re.compile(r"^(\d{5})(?:\.\d+)?$")
_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_CHINESE = re.compile(r"^([〇零○一二三四五六七八九]{4})年(.*)$")
_TENS = re.compile(r"([二三]?)十([一二三四五六七八九]?)")

#: Day numbers of a workbook that are taken for dates: those of 1954 to 2064.
_SERIALS = range(20_000, 60_001)

#: A year and a month in four and two digits begins in these years; others may be a short year, month and day.
_YEARS = range(1950, 2100)

_EPOCH = {False: dt.date(1899, 12, 30), True: dt.date(1904, 1, 1)}


def date_of(text: str) -> dt.date | None:
    """Date that a text gives, None where it gives none; a month stands for its first day, its end for the last.

    Two-digit years and texts that may be read in two ways (``190301``, ``3/1/2019``) give none.
    """
    plain = _plain(text)
    for pattern in (_DAY, _COMPACT):
        found = pattern.match(plain)
        if found:
            return _made(*(int(g) for g in found.groups()))
    month = _month(plain)
    return month if month is not None and month.year in _YEARS else None


def is_month(text: str) -> bool:
    """Whether a text gives a month but no day."""
    return _month(_plain(text)) is not None


def may_be_october(text: str) -> bool:
    """Whether a month is a lone 1 behind a point: a number cell of October looks like January (2019.10 = 2019.1)."""
    return re.match(r"^\d{4}\.1$", _plain(text)) is not None


def is_october(text: str) -> bool:
    """Whether a month is 10 behind a point, which shows that such texts kept their zeros."""
    return re.match(r"^\d{4}\.10$", _plain(text)) is not None


def from_serial(text: str, *, is_1904: bool) -> dt.date | None:
    """Date of a workbook's day number (``43525`` is 2019-03-01), None where a text is none."""
    found = _SERIAL.match(unicodedata.normalize("NFKC", text).strip())
    if found is None or int(found[1]) not in _SERIALS:
        return None
    return _EPOCH[is_1904] + dt.timedelta(days=int(found[1]))


def _plain(text: str) -> str:
    """Text with ordinary digits and dashes, without a time of day and without blanks beside a mark."""
    plain = _TIME.sub("", unicodedata.normalize("NFKC", text).strip())
    plain = re.sub(r"(?<=\D)\s+|\s+(?=\D)", "", re.sub("[–—−]", "-", plain))
    chinese = _CHINESE.match(plain)
    if chinese:
        plain = f"{chinese[1].translate(_DIGITS)}年{_TENS.sub(_ten, chinese[2]).translate(_DIGITS)}"
    return plain


def _ten(found: re.Match[str]) -> str:
    """十 as digits: 十 is 10, 十二 is 12, 三十 is 30."""
    return (found[1] or "一").translate(_DIGITS) + (found[2] or "〇").translate(_DIGITS)


def _month(plain: str) -> dt.date | None:
    found = _COMPACT_MONTH.match(plain)
    if found:
        # 201012 may be December 2010 or the twelfth of October 2020.
        is_short = _made(2000 + int(plain[:2]), int(plain[2:4]), int(plain[4:])) is not None
        return None if is_short else _made(int(found[1]), int(found[2]), 1)
    found = _MONTH.match(plain)
    if found is None:
        return None
    first = _made(int(found[1]), int(found[2]), 1)
    if first is None or found[3] in ("", *vocabulary.words("month_begins")):
        return first
    if found[3] in vocabulary.words("month_ends"):
        return first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return None


def _made(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
