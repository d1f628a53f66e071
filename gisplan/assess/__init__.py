"""Values and dates × rules → findings and the idle-land register; pure functions, no files."""

from __future__ import annotations

from gisplan.assess.clearing import is_promised
from gisplan.assess.findings import Things, findings
from gisplan.assess.idle import add_years, classify
from gisplan.assess.intensity import Intensity, assess_intensity, scoring_pack
from gisplan.assess.intensity_issues import intensity_issues
from gisplan.assess.limits import common_limits
from gisplan.assess.projects import ProjectLand, assess_projects
from gisplan.assess.register import caution
from gisplan.assess.whole import IdleLand, assess_idle, idle_issues, judge

__all__ = [
    "IdleLand",
    "Intensity",
    "ProjectLand",
    "Things",
    "add_years",
    "assess_idle",
    "assess_intensity",
    "assess_projects",
    "caution",
    "classify",
    "common_limits",
    "findings",
    "idle_issues",
    "intensity_issues",
    "is_promised",
    "judge",
    "scoring_pack",
]
