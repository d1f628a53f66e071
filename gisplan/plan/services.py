"""What a plan says of services as a whole: the level parcels are to reach, and how much is told of each."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from gisplan.plan.values import Model


def _id(value: Any) -> Any:
    """Read the number of a level as its id."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class ServicesPlan(Model):
    """How services are told.

    ``target_level`` is the level (of the list ``connections`` of the plan's rule packs, else of ``cn-service-levels``)
    that parcels are to reach; the highest verified one by default. ``levelled = false`` asks for its services alone,
    whatever the ground. With ``details`` the table of parcels tells of each service by what it is known, and the
    nearest line or facility with its distance.
    """

    target_level: Annotated[str, BeforeValidator(_id)] | None = None
    levelled: bool = True
    details: bool = False
