"""Rasters of a plan: ground heights, and green as seen from above."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator, model_validator

from gisplan import vocabulary
from gisplan.plan.values import Model, Number, earthly, nearest

#: One file, or tiles that together make the raster; where they overlap the first one counts.
Files = Annotated[list[str], BeforeValidator(lambda v: [v] if isinstance(v, str) else v), Field(min_length=1)]


class RasterSource(Model):
    """Where a raster comes from.

    Attributes
    ----------
    path
        File or list of tiles.
    crs
        Its coordinate system, where the file names none.
    nodata
        Value that stands for nothing known; goes before the file's own.
    """

    path: Files
    crs: str | None = None
    nodata: Number | None = None

    @field_validator("crs")
    @classmethod
    def _known_crs(cls, value: str | None) -> str | None:
        if value is not None:
            earthly(value)
        return value


class Terrain(RasterSource):
    """A raster of ground heights.

    Attributes
    ----------
    unit
        Unit of the heights; the file's own where it names one, else metres.
    band
        Its band with the heights, the first being 1.
    """

    unit: str | None = None
    band: int = Field(default=1, ge=1)

    @field_validator("unit")
    @classmethod
    def _known_unit(cls, value: str | None) -> str | None:
        known = vocabulary.terrain("units")
        if value is not None and value not in known:
            raise ValueError(f"unknown unit {value!r}; {nearest(value, known)}")
        return value


class GreenRaster(RasterSource):
    """A raster that tells green from other land: by classes, or by the vegetation index NDVI.

    Attributes
    ----------
    classes
        Values of ``band`` that are green.
    ndvi
        Index from which on a cell is green; from ``band``, or from the bands ``red`` and ``near_infrared``.
    """

    band: int = Field(default=1, ge=1)
    classes: list[int] = Field(default_factory=list)
    ndvi: Number | None = Field(default=None, ge=-1, le=1)
    red: int | None = Field(default=None, ge=1)
    near_infrared: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one_way(self) -> GreenRaster:
        if bool(self.classes) == (self.ndvi is not None):
            raise ValueError("give either classes = [...] or ndvi = a threshold, e.g. 0.3")
        if (self.red is None) != (self.near_infrared is None):
            raise ValueError("red and near_infrared belong together")
        if self.red is not None and self.ndvi is None:
            raise ValueError("red and near_infrared need ndvi = a threshold, e.g. 0.3")
        return self

    @property
    def bands(self) -> list[int]:
        """Bands that are read: one, or red and near infrared."""
        if self.red is None or self.near_infrared is None:
            return [self.band]
        return [self.red, self.near_infrared]
