"""Where a layer's coordinates lie, as a plan says it: its coordinate system and the order of its axes."""

from __future__ import annotations

from typing import Literal

from pydantic import StrictBool, field_validator, model_validator

from gisplan.plan.values import Model, earthly


class Placed(Model):
    """A layer with coordinates.

    ``crs`` is the coordinate system of a file that declares none. Where the file declares another one,
    ``crs_override`` has to say that the plan is right. ``axes = "yx"`` swaps the two coordinates of every point.
    """

    crs: str | None = None
    crs_override: StrictBool = False
    axes: Literal["xy", "yx"] = "xy"

    @field_validator("crs")
    @classmethod
    def _known_crs(cls, value: str | None) -> str | None:
        if value is not None:
            earthly(value)
        return value

    @model_validator(mode="after")
    def _override_of_something(self) -> Placed:
        if self.crs_override and self.crs is None:
            raise ValueError('crs_override says that crs = "…" is right against the file. Give crs too')
        return self
