"""``report.xlsx``: the run as a workbook whose figures are formulas over parcels, buildings and assumptions."""

from __future__ import annotations

from gisplan.show.workbook.book import write_workbook
from gisplan.show.workbook.content import Content

__all__ = ["Content", "write_workbook"]
