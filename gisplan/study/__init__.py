"""A study from plan to result, and from result to files."""

from __future__ import annotations

from gisplan.study.explanation import Explanation, explain
from gisplan.study.files import record, write
from gisplan.study.flow import evaluate
from gisplan.study.parcel_sheets import write_parcel_sheets
from gisplan.study.reports import write_reports
from gisplan.study.result import Result
from gisplan.study.single import Checked, check, idle, score

__all__ = [
    "Checked",
    "Explanation",
    "Result",
    "check",
    "evaluate",
    "explain",
    "idle",
    "record",
    "score",
    "write",
    "write_parcel_sheets",
    "write_reports",
]
