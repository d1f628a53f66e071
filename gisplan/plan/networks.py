"""What a plan says of its supply networks: power from two sides, what they can carry, where they could be extended."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from gisplan import vocabulary
from gisplan.plan.values import Model, Number, nearest


class Power(Model):
    """How lines of supply are joined, and when two ways are one corridor; every limit is gisplan's own, unverified.

    Attributes
    ----------
    join
        Which lines are joined where an end of one meets another: ``all``, those of one ``circuit``, or those of one
        ``feeder``, that is of one circuit from one source; with ``feeder`` a switch between two feeders counts as open.
    snap_m
        How far an end may lie from the line that it meets (m).
    source_snap_m
        How far a line may lie from the source that it comes from (m).
    corridor_m, corridor_share
        Two ways are one corridor where more than this share of them runs nearer to each other than this (m).
    """

    join: Literal["all", "circuit", "feeder"] = "all"
    snap_m: Number = Field(default=1.0, ge=0, le=20)
    source_snap_m: Number = Field(default=10.0, ge=0, le=1000)
    corridor_m: Number = Field(default=10.0, gt=0, le=1000)
    corridor_share: Number = Field(default=0.8, gt=0, lt=1)


class Capacity(Model):
    """What the parcels draw from a service, in the unit of its capacities.

    Attributes
    ----------
    unit
        Unit of the capacities of lines and sources and of the demand, e.g. ``MVA`` or ``m³/d``.
    per_ha
        Demand of a hectare of parcel by land-use class, for parcels of which the register tells none.
    snap_m
        How far an end may lie from the line that it meets (m).
    source_snap_m
        How far a line may lie from the source that it comes from (m).
    """

    unit: str
    per_ha: dict[str, Number] = Field(default_factory=dict)
    snap_m: Number = Field(default=1.0, ge=0, le=20)
    source_snap_m: Number = Field(default=10.0, ge=0, le=1000)

    @field_validator("per_ha")
    @classmethod
    def _known_classes(cls, value: dict[str, float]) -> dict[str, float]:
        known = vocabulary.land_classes()
        faults = [f"unknown land-use class {k!r}; {nearest(k, known)}" for k in value if k not in known]
        faults += [f"demand of {k} is negative ({v:g})" for k, v in value.items() if v < 0]
        if faults:
            raise ValueError("\n".join(faults))
        return value


class Links(Model):
    """Where networks are to be extended along the roads to parcels without a service.

    Attributes
    ----------
    services
        Services that are looked at; all with lines but roads by default.
    unit_cost
        Cost of a kilometre of new main by service (万元/km).
    limit
        Most extensions that are told for a service.
    least_yield
        An extension goes on as long as it serves, per metre, at least this share of what the best one does.
    """

    services: list[str] = Field(default_factory=list)
    unit_cost: dict[str, Number] = Field(default_factory=dict)
    limit: int = Field(default=50, ge=1, le=1000)
    least_yield: Number = Field(default=0.5, gt=0, le=1)

    @field_validator("unit_cost")
    @classmethod
    def _costs(cls, value: dict[str, float]) -> dict[str, float]:
        if faults := [f"unit_cost of {k} is negative ({v:g})" for k, v in value.items() if v < 0]:
            raise ValueError("\n".join(faults))
        return value
