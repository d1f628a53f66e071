"""Limits by industry and grade of land that a city keeps in a CSV file → limits of its pack."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from gisplan import vocabulary
from gisplan.errors import nearest
from gisplan.rules.pack import Limit, LimitTable, Pack, Span

#: Columns of the file; all but the source have to be filled in.
COLUMNS = ("industry_code", "std_edition", "land_grade", "at_least", "source")

_SPAN = re.compile(r"(\d{1,2})(?:\s*[-–—~至]\s*(\d{1,2}))?")

#: Greatest number of rows: fifty industries, fifteen grades, three editions would be 2,250.
_MOST_ROWS = 5000


def limits_of(table: LimitTable, pack: Pack, folder: Path) -> tuple[list[Limit], list[str]]:
    """Limits of a table, one a row, and what is wrong with it in a line each.

    Parameters
    ----------
    table
        What the pack says of the file.
    pack
        The pack.
    folder
        Where the file's path starts.

    Notes
    -----
    Columns are `COLUMNS`: the industry's code (all that begin with it are meant), the edition of the classification it
    is written in (GB/T 4754-2017 or gbt4754-2017), grades of land such as ``1-4`` (empty or ``*`` for all), the least
    value in the table's unit, and where the figure stands.
    """
    known = vocabulary.indicator(table.indicator)
    if known is None:
        hint = nearest(table.indicator, vocabulary.indicators())
        return [], [f"table of limits {table.id}: unknown indicator {table.indicator!r}; {hint}"]
    if table.unit != known.unit:
        return [], [f"table of limits {table.id}: {table.indicator} is in {known.unit}, not in {table.unit}"]
    where = f"{table.file} (table of limits {table.id})"
    text, fault = _text(folder / table.file)
    if fault:
        return [], [f"{where}: {fault}"]
    reader = csv.DictReader(text.splitlines(), skipinitialspace=True)
    lacking = [c for c in COLUMNS[:-1] if c not in (reader.fieldnames or [])]
    if lacking:
        return [], [f"{where}: column {', '.join(lacking)} is missing; it needs {', '.join(COLUMNS)}"]
    limits, faults = [], []
    for number, row in enumerate(reader, start=1):
        said = {k: (v or "").strip() for k, v in row.items() if k in COLUMNS}
        wrong = list(_faults(said))
        if wrong or number > _MOST_ROWS:
            faults.append(f"{where} row {number}: {'; '.join(wrong) or f'more than {_MOST_ROWS} rows'}")
            if number > _MOST_ROWS:
                break
            continue
        limits.append(_limit(table, pack, said, number))
    if not limits and not faults:
        faults.append(f"{where}: has no rows")
    return limits, faults


def _text(file: Path) -> tuple[str, str]:
    """Text of a file, or why it cannot be read."""
    try:
        return file.read_text(encoding="utf-8-sig"), ""
    except FileNotFoundError:
        return "", "is not there. Check the path; it is relative to the pack that names it"
    except UnicodeDecodeError as error:
        return "", f"is not UTF-8 (byte {error.start}). Save it as UTF-8"
    except OSError as error:
        return "", f"cannot be opened ({error.strerror}). Check your rights to it"


def _faults(said: Mapping[str, str]) -> Iterator[str]:
    """Say what is wrong with a row."""
    if not said["industry_code"]:
        yield "industry_code is missing"
    if _edition(said["std_edition"]) is None:
        editions = ", ".join(v["en"] for v in vocabulary.industry_systems().values())
        yield f"std_edition {said['std_edition']!r} is not one of {editions}"
    if _span(said["land_grade"]) is None:
        yield f"land_grade {said['land_grade']!r} is not like 3 or 1-4, from the better grade to the lesser"
    if not _number(said["at_least"]) > 0:
        yield f"at_least {said['at_least']!r} is no number above 0"


def _edition(text: str) -> str | None:
    plain = re.sub(r"[\s/\-_]", "", text).casefold()
    return vocabulary.edition_words().get(plain)


def _span(text: str) -> Span | None:
    if text in ("", "*"):
        return Span()
    match = _SPAN.fullmatch(text)
    if match is None or int(match[1]) > int(match[2] or match[1]):
        return None
    return Span.model_validate({"from": int(match[1]), "to": int(match[2] or match[1])})


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _limit(table: LimitTable, pack: Pack, said: Mapping[str, str], number: int) -> Limit:
    span = _span(said["land_grade"])
    where = table.where.model_copy(
        update={
            "industry": (said["industry_code"],),
            "industry_system": _edition(said["std_edition"]),
            "land_grade": None if span == Span() else span,
        }
    )
    return Limit(
        id=f"{table.id}-{number}",
        indicator=table.indicator,
        unit=table.unit,
        at_least=_number(said["at_least"]),
        severity=table.severity,
        where=where,
        clause=table.clause,
        source=said.get("source") or table.source or pack.source,
        verified=table.verified,
        title=table.title,
        note=table.note,
    )
