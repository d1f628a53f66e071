"""What a plan says of the land intensity evaluation: ideal values, which weights, and what may be taken as given."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, StrictBool, field_validator

from gisplan import vocabulary
from gisplan.plan.values import Model, Number, nearest


class IntensityPlan(Model):
    """Options of the land intensity evaluation.

    Attributes
    ----------
    weights
        Set of weights in the rule pack.
    ideals
        Ideal values by indicator, in its unit; they go before those of the packs.
    renormalise
        Whether the weight of what is missing goes to what is there; else a zone with something missing has no score.
    register_complete
        Whether every parcel that was supplied stands in the register, so that one without a record was not.
    land_acquired
        Whether land of which nothing tells it counts as acquired; not known by default.
    land_without_parcel
        Code of land that is neither parcel nor street.
    supply_years
        Years back from ``as_of`` over which the yearly supply is averaged.
    """

    weights: str = "1"
    ideals: dict[str, Number] = Field(default_factory=dict)
    renormalise: StrictBool = False
    register_complete: StrictBool = False
    land_acquired: StrictBool | None = None
    land_without_parcel: Literal["unknown", "B22", "C3"] = "unknown"
    supply_years: int = Field(default=5, ge=1, le=50)

    @field_validator("ideals")
    @classmethod
    def _usable_ideals(cls, value: dict[str, float]) -> dict[str, float]:
        known = vocabulary.intensity("indicators")
        faults = [f"unknown indicator {k!r}; {nearest(k, known)}" for k in value if k not in known]
        faults += [
            f"{k}: an ideal value of {v:g} cannot be scored against; give one above 0"
            for k, v in value.items()
            if v < 0 or (v == 0 and k != "land_idle_rate")
        ]
        if faults:
            raise ValueError("\n".join(faults))
        return value
