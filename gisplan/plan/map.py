"""What the map may hold, how exact it is, how large its file may be, and what lies under it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator

from gisplan import vocabulary
from gisplan.plan.basemap import Basemap, as_table
from gisplan.plan.values import Model, Number, Text, nearest

#: Layers of the vocabulary that have columns.
_LAYERS = ("zones", "parcels", "buildings", "roads", "road_surfaces", "services")


class MapOptions(Model):
    """The map of a study.

    Attributes
    ----------
    title
        Title of the page; the study's own when absent.
    max_mb
        Megabytes the file may take. What does not fit is left out in a stated order, and the page says so.
    accuracy_m
        How far a corner may be moved by rounding (m).
    private
        Private columns that the map shall hold all the same. Whoever has the file has every row of them.
    basemap
        What lies under the map; nothing by default.
    """

    title: Annotated[Text | None, BeforeValidator(lambda v: {"zh": v, "en": v} if isinstance(v, str) else v)] = None
    max_mb: Number | None = Field(default=None, ge=1, le=2000)
    accuracy_m: Number = Field(default=0.1, ge=0.01, le=10)
    private: list[str] = Field(default_factory=list)
    basemap: Annotated[Basemap, BeforeValidator(as_table)] | None = None

    @field_validator("private")
    @classmethod
    def _private_columns(cls, value: list[str]) -> list[str]:
        known = {c.name: c for layer in _LAYERS for c in vocabulary.columns(layer).values()}
        secret = {name for name, column in known.items() if column.private}
        faults = [
            f"column {name!r} is not private: it is on the map as it is"
            if name in known
            else f"unknown private column {name!r}; {nearest(name, secret)}"
            for name in value
            if name not in secret
        ]
        if faults:
            raise ValueError("\n".join(faults))
        return value
