"""What a plan says of levelling: which land, to which surface, by which method, at what price."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator, model_validator

from gisplan import vocabulary
from gisplan.plan.values import Model, Number, nearest

if TYPE_CHECKING:
    from gisplan.plan.layers import Layers

#: States of parcels that may be picked.
STATES = ("built", "vacant", "formed", "open")


class Prices(Model):
    """Unit prices of earthwork, yuan per m³.

    ``cut`` is paid for m³ dug as they lie, ``fill`` for m³ filled and compacted, ``borrow`` for compacted m³ that have
    to be brought, ``spoil`` for loose m³ that have to be taken away.
    """

    cut: Number = Field(default=0.0, ge=0)
    fill: Number = Field(default=0.0, ge=0)
    borrow: Number = Field(default=0.0, ge=0)
    spoil: Number = Field(default=0.0, ge=0)


class Levelling(Model):
    """How the ground is to be levelled.

    Attributes
    ----------
    by
        What is levelled to one surface: each of the ``parcels``, ``zones`` or ``platforms``, or the parcels that share
        a value of one of their columns, e.g. ``phase``.
    state
        Only parcels in these states; all by default.
    mode
        ``balanced``: the level at which cut makes up for fill; ``given``: the column ``design_level``; ``plane``: the
        best plane, raised or lowered until it balances.
    max_slope
        Greatest slope (fraction) of a plane.
    method
        Which volumes count: ``raster`` (cell by cell) or ``grid`` (方格网法).
    grid_m
        Side of the square grid; without it there is no grid drawing.
    prisms
        How the square grid takes volumes: ``square`` by the handbook's formulas (四方棱柱体法), ``triangle`` in
        triangles (三角棱柱体法), exact for every plane.
    soil
        Class of soil in ``terrain.toml``, for how it swells.
    loose, compacted
        Own factors: loose m³, and m³ in the fill, of one m³ dug; they go before those of the soil, else 1.
    max_fill_m
        Height of fill from which on it is flagged; the rule pack cn-slope's by default.
    prices
        Unit prices; without them there is no cost.
    """

    by: str = "parcels"
    state: list[str] = Field(default_factory=list)
    mode: Literal["balanced", "given", "plane"] = "balanced"
    max_slope: Number | None = Field(default=None, gt=0, le=1)
    method: Literal["raster", "grid"] = "raster"
    grid_m: Number | None = Field(default=None, ge=1, le=1000)
    prisms: Literal["square", "triangle"] = "square"
    soil: str | None = None
    loose: Number | None = Field(default=None, ge=1, le=2)
    compacted: Number | None = Field(default=None, ge=0.5, le=2)
    max_fill_m: Number | None = Field(default=None, gt=0)
    prices: Prices | None = None

    @field_validator("soil")
    @classmethod
    def _known_soil(cls, value: str | None) -> str | None:
        known = vocabulary.terrain("soils")
        if value is not None and value not in known:
            raise ValueError(f"unknown soil {value!r}; {nearest(value, known)}")
        return value

    @field_validator("state")
    @classmethod
    def _known_states(cls, value: list[str]) -> list[str]:
        if faults := [f"unknown state {s!r}; {nearest(s, STATES)}" for s in value if s not in STATES]:
            raise ValueError("\n".join(faults))
        return value

    @field_validator("by")
    @classmethod
    def _known_groups(cls, value: str) -> str:
        known = ("parcels", "zones", "platforms", *vocabulary.columns("parcels"))
        if value not in known:
            raise ValueError(f"unknown grouping {value!r}; {nearest(value, known)}")
        return value

    @model_validator(mode="after")
    def _fitting(self) -> Levelling:
        faults = []
        if self.method == "grid" and self.grid_m is None:
            faults.append('method = "grid" needs grid_m = the side of the squares, e.g. 20')
        if self.max_slope is not None and self.mode != "plane":
            faults.append('max_slope belongs to mode = "plane"')
        if self.state and self.by in ("zones", "platforms"):
            faults.append(f'state picks parcels, so it does not go with by = "{self.by}"')
        if self.mode == "given" and self.by == "zones":
            faults.append("zones have no design_level; levels are given of parcels or platforms")
        if faults:
            raise ValueError("\n".join(faults))
        return self

    def swell(self) -> tuple[float, float]:
        """Loose m³, and m³ in the fill, of one m³ dug."""
        known = vocabulary.terrain("soils")[self.soil] if self.soil else {"loose": 1.0, "compacted": 1.0}
        return (
            known["loose"] if self.loose is None else self.loose,
            known["compacted"] if self.compacted is None else self.compacted,
        )

    def lacks(self, layers: Layers) -> str:
        """Say which layer levelling needs and the plan has not; empty where all are there."""
        if layers.terrain is None:
            return "needs ground heights, but there is no [layers.terrain]"
        if self.by == "platforms" and layers.platforms is None:
            return 'by = "platforms", but there is no [layers.platforms]'
        if self.by not in ("zones", "platforms") and layers.parcels is None:
            return f'by = "{self.by}" needs parcels, but there is no [layers.parcels]'
        return ""
