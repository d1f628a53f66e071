"""A plan: what is asked, as of when, from which layers, against which rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from gisplan.plan.checks import Checks
from gisplan.plan.intensity import IntensityPlan
from gisplan.plan.layers import Layers
from gisplan.plan.levelling import Levelling
from gisplan.plan.map import MapOptions
from gisplan.plan.network import Accessibility
from gisplan.plan.networks import Capacity, Links, Power
from gisplan.plan.report import ReportOptions
from gisplan.plan.services import ServicesPlan
from gisplan.plan.targets import Supply, Target, TargetFile
from gisplan.plan.values import Date, Model, Number, Text, folder_name, nearest, projected

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

    ``target_file`` is what ``targets`` names where it is a file and no list. ``folder`` is where relative paths start;
    ``file`` is the plan file itself, if there is one.
    """

    plan: Header
    assumptions: Assumptions = Assumptions()
    checks: Checks = Checks()
    map: MapOptions = MapOptions()
    report: ReportOptions = ReportOptions()
    intensity: IntensityPlan = IntensityPlan()
    layers: Layers
    supply: Supply = Supply()
    services: ServicesPlan = ServicesPlan()
    levelling: Levelling | None = None
    targets: list[Target] = Field(default_factory=list)
    target_file: TargetFile | None = None
    accessibility: Accessibility = Accessibility()
    power: Power = Power()
    capacity: dict[str, Capacity] = Field(default_factory=dict)
    links: Links | None = None
    folder: Path = Path()
    file: Path | None = None

    @model_validator(mode="after")
    def _networks_of_services(self) -> Plan:
        known = self.layers.services
        asked = [("capacity", k) for k in self.capacity]
        if self.links is not None:
            asked += [("links: services", k) for k in self.links.services]
            asked += [("links: unit_cost", k) for k in self.links.unit_cost]
        faults = [f"{where}: no [layers.services.{k}]; {nearest(k, known)}" for where, k in asked if k not in known]
        sources = self.layers.sources
        faults += [f"capacity: {k} needs its sources: add [layers.sources.{k}]" for k in self.capacity
                   if k in known and k not in sources]  # fmt: skip
        if faults:
            raise ValueError("\n".join(faults))
        return self

    @model_validator(mode="after")
    def _ground_to_level(self) -> Plan:
        if self.levelling is not None and (fault := self.levelling.lacks(self.layers)):
            raise ValueError(f"[levelling] {fault}")
        return self

    def path(self, relative: str) -> Path:
        """Resolve a path of the plan."""
        return (self.folder / relative).resolve()
