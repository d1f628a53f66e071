"""Coming thresholds of idle land as a calendar file (RFC 5545) that any calendar opens."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator

import pandas as pd

from gisplan import vocabulary

#: Octets a line may have before it is folded.
_LINE = 75


def calendar_text(calendar: pd.DataFrame, *, name: str, as_of: dt.date) -> str:
    """Calendar of all-day events, one for each threshold.

    Parameters
    ----------
    calendar
        See `gisplan.assess.register.idle_calendar`.
    name
        What the calendar is called.
    as_of
        Day the thresholds are reckoned from; it stands as the time of making, so that the same study gives the same
        bytes.
    """
    caution = vocabulary.idle_caution()["long"]
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//gisplan//idle land//ZH",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_escaped(name)}",
        f"X-WR-CALDESC:{_escaped(caution['zh'] + ' / ' + caution['en'])}",
        *(line for row in calendar.to_dict("records") for line in _event(row, as_of)),
        "END:VCALENDAR",
    ]
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _event(row: dict[str, object], as_of: dt.date) -> Iterator[str]:
    classes = vocabulary.idle_classes()
    after, before = classes[str(row["to_class"])], classes[str(row["from_class"])]
    day = row["date"]
    assert isinstance(day, dt.date)
    key = hashlib.sha256(f"{row['parcel_id']}|{day}|{after.id}".encode()).hexdigest()[:32]
    parcel = f"{row['parcel_id']} {row['name']}" if isinstance(row["name"], str) else str(row["parcel_id"])
    words = vocabulary.idle_caution()["long"]
    text = "\n".join(
        [
            f"{before.zh} → {after.zh}",
            f"{before.en} → {after.en}",
            f"规则 / rule: {row['rule']}; {as_of}",
            words["zh"],
            words["en"],
        ]
    )
    yield "BEGIN:VEVENT"
    yield f"UID:{key}@gisplan"
    yield f"DTSTAMP:{as_of:%Y%m%d}T000000Z"
    yield f"DTSTART;VALUE=DATE:{day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{day + dt.timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{_escaped(f'{parcel}：{after.zh} / {after.en}')}"
    yield f"DESCRIPTION:{_escaped(text)}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _escaped(text: str) -> str:
    plain = "".join(c for c in text if c == "\n" or c.isprintable())
    for mark in ("\\", ";", ","):
        plain = plain.replace(mark, f"\\{mark}")
    return plain.replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """Pieces of a line of at most 75 octets, cut between characters; all but the first begin with a blank."""
    piece = ""
    for character in line:
        if len((piece + character).encode()) > _LINE:
            yield piece
            piece = " "
        piece += character
    yield piece
