"""Values and dates × rules → findings, the idle-land register, land supply and targets; pure functions, no files."""

from __future__ import annotations

from gisplan.assess.clearing import is_promised
from gisplan.assess.findings import Things, findings
from gisplan.assess.idle import add_years, classify
from gisplan.assess.industry import industry_tables
from gisplan.assess.intensity import Intensity, assess_intensity, scoring_pack
from gisplan.assess.intensity_issues import intensity_issues
from gisplan.assess.limits import common_limits
from gisplan.assess.links import Links, assess_links, link_issues, with_links
from gisplan.assess.potential import potential
from gisplan.assess.projects import SHOWN_OF_PROJECTS, ProjectLand, assess_projects
from gisplan.assess.register import caution, on_record, tells_lives
from gisplan.assess.supply import Supply, assess_supply
from gisplan.assess.supply_issues import supply_issues
from gisplan.assess.targets import require_zones, target_findings, targets
from gisplan.assess.values import zone_values
from gisplan.assess.whole import IdleLand, assess_idle, idle_issues, judge
from gisplan.assess.works import PublicWorks, assess_works

__all__ = [
    "SHOWN_OF_PROJECTS",
    "IdleLand",
    "Intensity",
    "Links",
    "ProjectLand",
    "PublicWorks",
    "Supply",
    "Things",
    "add_years",
    "assess_idle",
    "assess_intensity",
    "assess_links",
    "assess_projects",
    "assess_supply",
    "assess_works",
    "caution",
    "classify",
    "common_limits",
    "findings",
    "idle_issues",
    "industry_tables",
    "intensity_issues",
    "is_promised",
    "judge",
    "link_issues",
    "on_record",
    "potential",
    "require_zones",
    "scoring_pack",
    "supply_issues",
    "target_findings",
    "targets",
    "tells_lives",
    "with_links",
    "zone_values",
]
