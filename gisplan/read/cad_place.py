"""In which unit a drawing is, and whether it lies where its coordinate system is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from gisplan import vocabulary
from gisplan.errors import LayerError
from gisplan.plan.drawing import Drawing

#: Units a drawing may say it is in ($INSUNITS): name and metres.
_UNITS: Mapping[int, tuple[str, float]] = {
    1: ("inches", 0.0254),
    2: ("ft", 0.3048),
    4: ("mm", 0.001),
    5: ("cm", 0.01),
    6: ("m", 1.0),
    7: ("km", 1000.0),
    14: ("dm", 0.1),
    21: ("us_ft", 0.3048006096012192),
}

#: How far (degrees) beyond the area of a coordinate system a drawing may lie.
_BEYOND = 3.0


@dataclass(frozen=True)
class Space:
    """Where drawing units lie in metres: multiplied first, then moved."""

    scale: float
    offset: tuple[float, float]

    def placed(self, shapes: NDArray[np.object_]) -> NDArray[np.object_]:
        """Shapes of the drawing in metres."""
        if self.scale == 1 and self.offset == (0.0, 0.0):
            return shapes
        return np.asarray(shapely.transform(shapes, lambda xy: xy * self.scale + np.array(self.offset)))

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Point of the drawing in metres."""
        return x * self.scale + self.offset[0], y * self.scale + self.offset[1]

    def at(self, x: float, y: float) -> str:
        """Place as it is found in the drawing."""
        return f"({(x - self.offset[0]) / self.scale:.2f}, {(y - self.offset[1]) / self.scale:.2f})"


def unit_of(doc: Any, how: Drawing, *, path: Path, place: str) -> tuple[str, float, str]:
    """Name of the drawing's unit, its length in metres, and why it is taken."""
    if how.unit is not None:
        return how.unit, vocabulary.units("length")[how.unit], "by the plan"
    code = int(doc.header.get("$INSUNITS", 0))
    if code == 0:
        return "m", 1.0, "as it names no unit"
    if code not in _UNITS:
        raise LayerError(
            f"{place}: {path.name} says it is in a unit that maps are not drawn in ($INSUNITS = {code}). Write "
            'unit = "m" or what it is drawn in.'
        )
    return *_UNITS[code], "by its own word ($INSUNITS)"


def require_place(
    shapes: NDArray[np.object_], named: str, how: Drawing, unit: str, space: Space, *, path: Path, place: str
) -> None:
    """Refuse a drawing that does not lie where its coordinate system is used: a wrong unit or offset."""
    crs = CRS.from_user_input(named)
    if crs.area_of_use is None:
        return
    # The middle of what is drawn, so that one stray block far away does not decide.
    x, y = np.median(shapely.get_coordinates(shapely.centroid(shapes)), axis=0)
    if _fits(crs, x, y):
        return
    own = ((x - space.offset[0]) / space.scale, (y - space.offset[1]) / space.scale)
    where = f"middle at x {own[0]:,.2f}, y {own[1]:,.2f}"
    others = [
        name
        for name, factor in vocabulary.units("length").items()
        if name != "us_ft" and _fits(crs, own[0] * factor + space.offset[0], own[1] * factor + space.offset[1])
    ]
    if others:
        said = "" if how.unit else ", as it says of itself ($INSUNITS),"
        raise LayerError(
            f"{place}: {path.name} in {unit}{said} does not lie where "
            f'{crs.name} is used ({where}), but in {" or ".join(others)} it would. Write unit = "{others[0]}".'
        )
    if _fits(crs, y, x):
        raise LayerError(
            f"{place}: x and y of {path.name} are swapped for {crs.name} ({where}). Exchange them in the drawing."
        )
    raise LayerError(
        f"{place}: {path.name} in {unit} does not lie where {crs.name} is used ({where}). A local drawing needs "
        "offset = [east, north] in metres; otherwise give the crs it is drawn in."
    )


def _fits(crs: CRS, x: float, y: float) -> bool:
    lon, lat = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True).transform(x, y)
    area = crs.area_of_use
    assert area is not None
    # A place that only seems to lie there, many zones away, does not come back to where it was.
    back = Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True).transform(lon, lat)
    return bool(
        np.isfinite([lon, lat, *back]).all()
        and np.hypot(back[0] - x, back[1] - y) < 1
        and area.west - _BEYOND <= lon <= area.east + _BEYOND
        and area.south - _BEYOND <= lat <= area.north + _BEYOND
    )
