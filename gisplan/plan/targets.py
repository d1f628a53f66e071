"""What a plan says of land supply and of what is to be reached by when."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from gisplan import vocabulary
from gisplan.plan.values import Date, Model, Number, Text, nearest


def _end_of_year(value: Any) -> Any:
    """Read a year as its last day, as plans mean it."""
    is_year = isinstance(value, int) and not isinstance(value, bool) and 1900 <= value <= 2200
    return f"{value}-12-31" if is_year else value


Due = Annotated[Date, BeforeValidator(_end_of_year)]


class Supply(Model):
    """How land supply is told.

    ``land_bank`` are words of the parcels' column ``status`` beside the usual ones; ``months`` is the time before the
    plan's day over which the mean monthly supply is taken.
    """

    land_bank: list[str] = Field(default_factory=list)
    months: int = Field(default=36, ge=1, le=600)


class TargetFile(Model):
    """A table of targets, one a row: ``targets = "targets.csv"``, or a table with ``path`` and ``sheet``."""

    path: str
    sheet: str | None = None
    encoding: str = "auto"


class Target(Model):
    """A value that an indicator of a zone is to reach.

    Without ``zone`` it is meant for every zone. ``base`` and ``base_date`` are where the straight line to the target
    starts. ``actual`` is the value of something that gisplan does not measure; ``title`` is then its name.
    """

    indicator: str
    value: Number
    due: Due
    zone: str | None = None
    direction: Literal["at_least", "at_most"] = "at_least"
    base: Number | None = None
    base_date: Due | None = None
    actual: Number | None = None
    unit: str = ""
    title: Annotated[Text, BeforeValidator(lambda v: {"zh": v, "en": v} if isinstance(v, str) else v)] = Text()
    source: str = ""

    @model_validator(mode="after")
    def _sound(self) -> Target:
        known = vocabulary.indicator(self.indicator)
        faults = []
        if self.actual is None and (known is None or known.level != "zone"):
            zones = [k for k, v in vocabulary.indicators().items() if v.level == "zone"]
            faults.append(
                f"unknown indicator {self.indicator!r} of zones; {nearest(self.indicator, zones)} "
                "(something of your own needs actual = its value)"
            )
        if known is not None and self.unit and self.unit != known.unit:
            faults.append(f"{self.indicator} is told in {known.unit!r}, not in {self.unit!r}")
        if (self.base is None) != (self.base_date is None):
            faults.append("base and base_date belong together")
        if self.base_date is not None and self.base_date >= self.due:
            faults.append(f"base_date ({self.base_date}) has to be before due ({self.due})")
        if faults:
            raise ValueError("\n".join(faults))
        return self
