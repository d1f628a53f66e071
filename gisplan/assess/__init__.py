"""Values and dates × rules → findings, the idle-land register, land supply and targets; pure functions, no files."""

from __future__ import annotations

from gisplan.assess.findings import Things, findings
from gisplan.assess.idle import add_years, classify
from gisplan.assess.industry import industry_tables
from gisplan.assess.potential import potential
from gisplan.assess.register import caution
from gisplan.assess.supply import Supply, assess_supply, supply_issues
from gisplan.assess.targets import target_findings, targets
from gisplan.assess.values import zone_values
from gisplan.assess.whole import IdleLand, assess_idle, idle_issues, judge

__all__ = [
    "IdleLand",
    "Supply",
    "Things",
    "add_years",
    "assess_idle",
    "assess_supply",
    "caution",
    "classify",
    "findings",
    "idle_issues",
    "industry_tables",
    "judge",
    "potential",
    "supply_issues",
    "target_findings",
    "targets",
    "zone_values",
]
