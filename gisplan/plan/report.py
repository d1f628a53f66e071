"""What a plan says of its reports: units, and the template they are written in."""

from __future__ import annotations

from typing import Literal

from gisplan.plan.values import Model


class ReportOptions(Model):
    """How reports are written.

    ``area_unit`` is the unit in which land is shown; ``template`` is a Word document of the planner's own, with
    ``{{ body }}`` where the report goes.
    """

    area_unit: Literal["ha", "mu", "km2", "acre", "m2"] = "ha"
    template: str | None = None
