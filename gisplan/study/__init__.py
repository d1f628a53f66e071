"""A study from plan to result, and from result to files."""

from __future__ import annotations

from gisplan.study.files import write
from gisplan.study.flow import evaluate
from gisplan.study.result import Result
from gisplan.study.single import Checked, check, idle, score

__all__ = ["Checked", "Result", "check", "evaluate", "idle", "score", "write"]
