"""Reports that are handed in: what they say, and the forms in which they are written."""

from __future__ import annotations

from gisplan.show.report.blocks import Report
from gisplan.show.report.content import content
from gisplan.show.report.given import Given
from gisplan.show.report.html import report_html
from gisplan.show.report.parcel import parcel_sheet
from gisplan.show.report.word import report_word
from gisplan.show.report.word_sheet import sheet_word

__all__ = ["Given", "Report", "content", "parcel_sheet", "report_html", "report_word", "sheet_word"]
