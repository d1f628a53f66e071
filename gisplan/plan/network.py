"""What a plan says of ways along a network: how services and facilities are reached, and what stands in the way."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from gisplan.plan.sources import FileLayer
from gisplan.plan.values import Model, Number, Text, nearest

#: Amounts of parcels that accessibility is told of.
Weight = Literal["parcels", "jobs", "people"]


class Ways(Model):
    """How something is reached along a network; every default is gisplan's own and unverified.

    Attributes
    ----------
    method
        ``straight`` or ``network``.
    network
        Lines of the network: ``roads``, or the name of a service whose lines it is (pipes, cables).
    snap_m
        How far from an edge a parcel or facility may lie and still be attached to it (m).
    access_m
        How far from an edge land counts as reached (m).
    limit_m
        Ways longer than this are not looked for (m).
    mode
        One-way streets count where one drives.
    direction
        Whether one drives from the facility (a fire engine) or to it.
    barriers
        Names of the layers of barriers that no way off the network crosses; all of the plan's by default.
    """

    method: Literal["straight", "network"] = "straight"
    network: str = "roads"
    snap_m: Number = Field(default=50, gt=0, le=1000)
    access_m: Number = Field(default=50, ge=0, le=1000)
    limit_m: Number = Field(default=5000, gt=0, le=100_000)
    mode: Literal["walk", "drive"] = "walk"
    direction: Literal["from", "to"] = "from"
    barriers: list[str] | None = None

    @model_validator(mode="after")
    def _only_along_networks(self) -> Ways:
        given = [k for k in Ways.model_fields if k != "method" and k in self.model_fields_set]
        if self.method == "straight" and given:
            raise ValueError(f'{", ".join(given)}: only with method = "network"')
        if self.mode == "walk" and "direction" in self.model_fields_set:
            raise ValueError('direction: only with mode = "drive"; those who walk go both ways')
        return self


class Facility(FileLayer, Ways):
    """Places that people go to, or that help comes from: bus stops, fire stations.

    ``within`` are the distances of this facility alone.
    """

    vocabulary_layer: ClassVar[str] = "facilities"
    title: Text | None = None
    method: Literal["straight", "network"] = "network"
    within: list[Annotated[Number, Field(gt=0, le=100_000)]] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _looked_for(self) -> Facility:
        if self.within and max(self.within) > self.limit_m:
            raise ValueError(f"within goes to {max(self.within):g} m, but limit_m is {self.limit_m:g}")
        return self


class Barrier(FileLayer):
    """Lines or polygons that nobody crosses but along the network: rivers, railways, walls."""

    vocabulary_layer: ClassVar[str] = "barriers"


class Accessibility(Model):
    """Whom facilities are near enough to: distances in metres, and of what shares are told."""

    within: list[Annotated[Number, Field(gt=0, le=100_000)]] = Field(default=[300, 500, 1000], min_length=1)
    weights: list[Weight] = Field(default=["parcels"], min_length=1)


def network_faults(
    services: Mapping[str, Ways], facilities: Mapping[str, Ways], *, barriers: Collection[str], has_roads: bool
) -> Iterator[str]:
    """Say what of services and facilities leads nowhere: unknown networks and barriers, names that are taken."""
    for name in facilities:
        if name in services:
            yield f"{name!r} is a service already; call the facility something else"
    ways = {f"services.{k}": v for k, v in services.items()} | {f"facilities.{k}": v for k, v in facilities.items()}
    for name, way in ways.items():
        for barrier in way.barriers or ():
            if barrier not in barriers:
                yield f"{name}: unknown barrier {barrier!r}; {nearest(barrier, barriers)}"
        if way.method == "straight":
            continue
        if way.network == "roads" and not has_roads:
            yield f'{name}: there is no [layers.roads] to go along; add it, or write method = "straight"'
        elif way.network != "roads" and way.network not in services:
            yield f"{name}: unknown network {way.network!r}; {nearest(way.network, ['roads', *services])}"
