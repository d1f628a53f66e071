"""A plan: what is asked, as of when, from which layers, against which rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from gisplan.plan.checks import Checks
from gisplan.plan.intensity import IntensityPlan
from gisplan.plan.layers import Layers
from gisplan.plan.map import MapOptions
from gisplan.plan.report import ReportOptions
from gisplan.plan.targets import Supply, Target
from gisplan.plan.values import Date, Model, Number, Text, folder_name, projected

Language = Literal["zh", "en", "both"]


class Header(Model):
    """What is studied, as of when, in which language and coordinate system."""

    name: Annotated[str, AfterValidator(folder_name)]
    title: Annotated[Text, BeforeValidator(lambda v: {"zh": v, "en": v} if isinstance(v, str) else v)] = Text()
    as_of: Date | None = None
    language: Language = "en"
    crs: str | None = None
    area: Literal["ellipsoid", "planar"] = "ellipsoid"
    area_basis: Literal["measured", "ledger"] = "measured"
    rules: list[str] = Field(default_factory=list)

    @field_validator("crs")
    @classmethod
    def _known_crs(cls, value: str | None) -> str | None:
        if value is not None:
            projected(value)
        return value


class Assumptions(Model):
    """Values that fill a gap in the data; nothing is filled unless it stands here."""

    storey_height_m: Number | None = Field(default=None, gt=0, le=100)
    m2_per_job: Number | None = Field(default=None, gt=0, le=100_000)


class Plan(Model):
    """A study as it is asked for.

    ``folder`` is where relative paths start; ``file`` is the plan file itself, if there is one.
    """

    plan: Header
    assumptions: Assumptions = Assumptions()
    checks: Checks = Checks()
    map: MapOptions = MapOptions()
    report: ReportOptions = ReportOptions()
    intensity: IntensityPlan = IntensityPlan()
    layers: Layers
    supply: Supply = Supply()
    targets: list[Target] = Field(default_factory=list)
    folder: Path = Path()
    file: Path | None = None

    def path(self, relative: str) -> Path:
        """Resolve a path of the plan."""
        return (self.folder / relative).resolve()
