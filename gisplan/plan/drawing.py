"""How a layer is taken out of a CAD drawing: which of its layers, in which unit, where on the earth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from gisplan import vocabulary
from gisplan.plan.values import Model, Number, nearest, projected


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _some(value: list[str]) -> list[str]:
    if not value or not all(v.strip() for v in value):
        raise ValueError('name at least one CAD layer, e.g. ["DK", "宗地*"]')
    return value


def _pair(value: list[float]) -> list[float]:
    if len(value) != 2:
        raise ValueError(f"expected two numbers, east and north in metres, found {len(value)}")
    return value


CadLayers = Annotated[list[str], BeforeValidator(_listed), AfterValidator(_some)]


class Drawing(Model):
    """How a DXF drawing becomes a layer.

    ``layers`` hold its lines, ``text`` names per canonical column the CAD layers whose texts lie inside the
    polygons; ``offset`` (metres east and north) is added once coordinates are in metres.
    """

    layers: CadLayers
    text: dict[str, CadLayers] = Field(default_factory=dict)
    unit: str | None = None
    offset: Annotated[list[Number], AfterValidator(_pair)] = Field(default_factory=lambda: [0.0, 0.0])
    close_within: Number = Field(default=0.05, ge=0, le=10)
    islands: Literal["polygons", "holes"] = "polygons"

    @field_validator("unit")
    @classmethod
    def _known_unit(cls, value: str | None) -> str | None:
        if value is not None and value not in vocabulary.units("length"):
            raise ValueError(f"unknown unit {value!r}; {nearest(value, vocabulary.units('length'))}")
        return value


def drawing_faults(
    drawing: Drawing, *, layer: str, path: str | None, crs: str | None, columns: Mapping[str, object]
) -> Iterator[str]:
    """Say what of a drawing's table does not go with its layer."""
    if path is not None and Path(path).suffix.lower() not in (".dxf", ".dwg"):
        yield f"belongs to a .dxf drawing, and {Path(path).name} is none"
    if crs is not None:
        try:
            projected(crs)
        except ValueError:
            yield f"needs the projected system in metres that it is drawn in as crs, and {crs} is none"
    known = vocabulary.columns(layer)
    if drawing.text and layer not in vocabulary.POLYGON_LAYERS:
        yield "text: texts are looked for inside polygons, and this layer has none; leave it out"
        return
    for name in drawing.text:
        if name not in known:
            yield f"text: unknown column {name!r}; {nearest(name, known)}"
        elif name in columns:
            yield f"text: {name} is also given in columns; give it once"
