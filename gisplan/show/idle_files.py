"""The idle-land register as files."""

from __future__ import annotations

from pathlib import Path

from gisplan.assess import IdleLand
from gisplan.show.ical import calendar_text
from gisplan.show.tables import write_csv

#: What is written, and by what it is known as gisplan's own.
IDLE_FILES = ("idle.csv", "idle_zones.csv", "idle_calendar.csv", "idle_calendar.ics")


def write_idle(idle: IdleLand, folder: Path, *, name: str) -> None:
    """Write the register, its sums by zone, and what comes next as a table and as a calendar of a name."""
    write_csv(idle.parcels[idle.parcels["idle_class"].notna()], folder / "idle.csv")
    write_csv(idle.zones, folder / "idle_zones.csv")
    write_csv(idle.calendar, folder / "idle_calendar.csv")
    text = calendar_text(idle.calendar, name=name, as_of=idle.as_of)
    (folder / "idle_calendar.ics").write_text(text, encoding="utf-8", newline="")
