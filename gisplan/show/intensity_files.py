"""The land intensity evaluation as files."""

from __future__ import annotations

from pathlib import Path

from gisplan.assess import Intensity
from gisplan.show.publish import INTENSITY
from gisplan.show.tables import write_csv


def write_intensity(found: Intensity, folder: Path) -> None:
    """Write indicators, scores, partitions and potentials into a folder."""
    for name, table in zip(INTENSITY, (found.indicators, found.scores, found.land, found.potential), strict=True):
        write_csv(table, folder / name)
