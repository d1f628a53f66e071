"""Standards as data: packs of limits, ideal values, weights, levels and terms, each with its source and clause."""

from __future__ import annotations

from gisplan.rules.compare import Change, differences
from gisplan.rules.idle import IdleRule, idle_rule, idle_rules
from gisplan.rules.load import load_packs, shipped
from gisplan.rules.pack import Benchmark, Example, Ideal, Level, Limit, Pack, Reason, Term, Weights, Where

__all__ = [
    "Benchmark",
    "Change",
    "Example",
    "Ideal",
    "IdleRule",
    "Level",
    "Limit",
    "Pack",
    "Reason",
    "Term",
    "Weights",
    "Where",
    "differences",
    "idle_rule",
    "idle_rules",
    "load_packs",
    "shipped",
]
