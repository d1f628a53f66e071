"""What a report is made from, and what all its chapters need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from gisplan.issues import Issue
from gisplan.measure import Measured
from gisplan.plan import Plan
from gisplan.rules import Pack
from gisplan.show.figures import Figure
from gisplan.show.report.blocks import Column, Language, Table, Text
from gisplan.show.report.figures import value

#: Rows of a long table; the file named below it has all.
MOST_ROWS = 200


@dataclass(frozen=True)
class Given:
    """What a report is made from.

    Attributes
    ----------
    plan, measured, zones, parcels, balance, issues
        As in a result.
    idle, findings
        As in a result; None without.
    packs
        Rule packs of the plan.
    crs
        Name of the study's coordinate system.
    record
        What was read, with what (see `gisplan.study.record`).
    tables
        Further tables of the result by the file that has all of each, as ``gap_list.csv`` (see `gisplan.study.files`).
    figures
        Maps and charts of the study; empty where they cannot be drawn.
    zone_maps
        Map of a zone by its row number; empty where none are drawn.
    no_figures
        Why there are none.
    """

    plan: Plan
    measured: Sequence[Measured]
    zones: pd.DataFrame
    parcels: pd.DataFrame | None
    idle: pd.DataFrame | None
    findings: pd.DataFrame | None
    balance: pd.DataFrame
    issues: Sequence[Issue]
    packs: Sequence[Pack]
    crs: str
    record: Mapping[str, Any]
    figures: Sequence[Figure]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    zone_maps: Mapping[int, Figure] = field(default_factory=dict)
    no_figures: str = ""

    @property
    def area(self) -> str:
        """Unit in which land is shown, a key of `AREA_UNITS`."""
        return self.plan.report.area_unit

    @property
    def language(self) -> Language:
        """Language of the report."""
        return self.plan.plan.language

    @property
    def names(self) -> list[str]:
        """Names of the zones; the id of one that has none."""
        zones = zip(self.zones["name"], self.zones["zone_id"], strict=True)
        return [str(i) if pd.isna(n) else str(n) for n, i in zones]

    @cached_property
    def known(self) -> Mapping[str, Measured]:
        """Indicators of which any zone has a figure, by id."""
        return {m.id: m for m in self.measured if not np.isnan(m.figures.value).all()}

    def write(self, figure: float, unit: str) -> str:
        """Write a figure with its unit (see `gisplan.show.report.figures.value`)."""
        return value(figure, unit, area=self.area, language=self.language)


def label(measured: Measured) -> Text:
    """Name of an indicator."""
    return Text(measured.labels["zh"], measured.labels["en"])


def long_table(
    title: Text, columns: Sequence[Column], rows: Sequence[Sequence[str | Text]], where: str, *, most: int = MOST_ROWS
) -> Table:
    """Table of at most so many rows; below it stands the file that has all."""
    return Table(title, columns, rows[:most], more=max(len(rows) - most, 0), where=where)


def known_text(known: Mapping[str, Mapping[str, str]], code: object) -> Text:
    """What a code means in both languages; one without words stands for itself."""
    if code is None or pd.isna(code) or str(code) == "":
        return Text("", "")
    told = known.get(str(code))
    return Text(str(code), str(code)) if told is None else Text(told["zh"], told["en"])
