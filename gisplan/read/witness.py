"""What coordinates themselves tell of the system they are in: pure functions on bounds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from pyproj import CRS, Transformer

from gisplan.geometry.repair import FARTHEST

#: (x0, y0, x1, y1)
Box = tuple[float, float, float, float]

#: Degrees within which China lies, with its neighbours' borders.
_CHINA: Box = (73.0, 3.0, 136.0, 54.0)

#: Northings (m) of the same.
_NORTHINGS = (0.33e6, 6.0e6)

#: Eastings (m) of Web Mercator from the west of China to the east of Japan, and its northings.
_MERCATOR: Box = (8.126e6, 0.334e6, 16.253e6, 7.17e6)

#: How far (m) eastings of a prefixed zone may lie from its central meridian: the zone and a good way into the next.
_HALF_3, _HALF_6 = 300e3, 350e3

#: Degrees are read off a layer of at most this width: a drawing with an origin of its own can be as small.
_WIDEST = 10.0

#: Layers nearer than this (km) may well be meant to lie apart.
APART_KM = 20.0

#: Degrees outside the area a system is made for: noticed, and not believed.
NOTICED, BEYOND = 1.0, 5.0


@dataclass(frozen=True)
class Guess:
    """A system coordinates may be in.

    Attributes
    ----------
    crs
        The system.
    evidence
        What speaks for it, a sentence without its end.
    is_swapped
        Whether x and y are exchanged.
    is_sure
        Whether the coordinates are enough to go by.
    scale
        Factor by which the coordinates have to be multiplied, for the wrong unit.
    """

    crs: CRS
    evidence: str
    is_swapped: bool = False
    is_sure: bool = False
    scale: float = 1.0

    @property
    def name(self) -> str:
        """Code and name of the system."""
        return named(self.crs)


@dataclass(frozen=True)
class Witness:
    """A layer whose place is known: ``box`` is in degrees."""

    place: str
    crs: CRS
    box: Box


def named(crs: CRS) -> str:
    """Tell a system by its code and name: ``EPSG:4549 (CGCS2000 / 3-degree Gauss-Kruger CM 120E)``."""
    epsg = crs.to_epsg()
    return f"EPSG:{epsg} ({crs.name})" if epsg else crs.name


def guesses(box: Box) -> tuple[Guess, ...]:
    """Systems that bounds may be in, by their size alone, axes as they stand first.

    Gauss–Krüger coordinates without a zone number give one guess for every central meridian (see `families`).
    """
    straight = _guesses(box)
    swapped = [g for g in _guesses(swap(box)) if _speaks_when_swapped(g, box)]
    return (*straight, *(replace(g, is_swapped=True) for g in swapped))


def sure(box: Box) -> Guess | None:
    """Return the only system that bounds can be in, if it is beyond doubt; else None."""
    found = guesses(box)
    return found[0] if len(found) == 1 and found[0].is_sure else None


def swap(box: Box) -> Box:
    """Bounds with x and y exchanged."""
    return box[1], box[0], box[3], box[2]


def is_degrees(box: Box) -> bool:
    """Whether bounds can be degrees, in whatever order."""
    return max(map(abs, box)) <= 360 and min(max(abs(box[0]), abs(box[2])), max(abs(box[1]), abs(box[3]))) <= 90


def _speaks_when_swapped(guess: Guess, box: Box) -> bool:
    """Exchanged axes are believed in China, and elsewhere where latitudes over 90° leave no choice."""
    if guess.crs.to_epsg() == 4326:
        return max(abs(box[1]), abs(box[3])) > 90
    return guess.crs.to_epsg() != 3857


def _guesses(box: Box) -> list[Guess]:
    x0, y0, x1, y1 = box
    if not np.isfinite(box).all():
        return []
    if max(abs(x0), abs(x1)) <= 180 and max(abs(y0), abs(y1)) <= 90:
        return _degrees(box)
    if not (_NORTHINGS[0] <= y0 and y1 <= _NORTHINGS[1]):
        return [_mercator()] if _within(box, _MERCATOR) else []
    out = _prefixed(x0, x1)
    if x0 >= 1.5e5 and x1 <= 8.5e5:
        out += [Guess(CRS.from_epsg(4509 + m // 3), f"the central meridian is {m}°E") for m in range(75, 136, 3)]
        out += [Guess(CRS.from_epsg(32600 + z), f"the UTM zone is {z}") for z in range(43, 54)]
    if _within(box, _MERCATOR):
        out.append(_mercator())
    return out


def _degrees(box: Box) -> list[Guess]:
    x0, y0, x1, y1 = box
    if max(x1 - x0, y1 - y0) > _WIDEST:
        return []
    if _within(box, _CHINA):
        return [Guess(CRS.from_epsg(4490), "its coordinates are degrees within China", is_sure=True)]
    # A drawing with an origin of its own begins near 0, 0, where there is nothing but sea.
    if min(abs(x0), abs(x1)) <= 1 and min(abs(y0), abs(y1)) <= 1:
        return []
    return [Guess(CRS.from_epsg(4326), "its coordinates are degrees", is_sure=True)]


def _prefixed(x0: float, x1: float) -> list[Guess]:
    """Zone that stands in front of eastings: 13–23 are 6° zones of China, 25–45 its 3° zones."""
    n = int(x0 // 1e6)
    width, half, first = (3, _HALF_3, 4488) if 25 <= n <= 45 else (6, _HALF_6, 4478)
    if not (13 <= n <= 23 or 25 <= n <= 45) or max(abs(x0 - n * 1e6 - 5e5), abs(x1 - n * 1e6 - 5e5)) > half:
        return []
    meridian = 3 * n if width == 3 else 6 * n - 3
    return [
        Guess(CRS.from_epsg(first + n), f"its eastings begin with {n}, the {width}° zone of {meridian}°E", is_sure=True)
    ]


def _mercator() -> Guess:
    return Guess(CRS.from_epsg(3857), "its coordinates have the size of web map coordinates")


def _within(box: Box, outer: Box) -> bool:
    return outer[0] <= box[0] and outer[1] <= box[1] and box[2] <= outer[2] and box[3] <= outer[3]


def told(found: tuple[Guess, ...]) -> str:
    """Tell guesses in one sentence; many central meridians as one guess."""
    many = [g for g in found if not g.is_sure and g.crs.to_epsg() != 3857]
    single = [g for g in found if g not in many]
    parts = [f"{g.name}{', with x and y exchanged' if g.is_swapped else ''}, for {g.evidence}" for g in single]
    if many:
        order = ", with x and y exchanged" if many[0].is_swapped else ""
        parts.append(
            f"Gauss–Krüger or UTM without a zone number{order}: EPSG:4534…4554 for central meridians "
            "75°E…135°E (EPSG:4549 for 120°E), EPSG:32643…32653 for UTM"
        )
    return f"It may be in {'; or '.join(parts)}." if parts else "Its coordinates have the size of no system known."


def degrees(guess: Guess, box: Box) -> Box:
    """Place of bounds in degrees, by a guess; NaN where it gives none."""
    x0, y0, x1, y1 = (c * guess.scale for c in (swap(box) if guess.is_swapped else box))
    if max(abs(x0), abs(y0), abs(x1), abs(y1)) > FARTHEST:
        return (np.nan,) * 4
    gx, gy = (a.ravel() for a in np.meshgrid(np.linspace(x0, x1, 3), np.linspace(y0, y1, 3)))
    if guess.crs.is_geographic and (max(abs(y0), abs(y1)) > 90 or max(abs(x0), abs(x1)) > 360):
        return (np.nan,) * 4
    # On the system's own datum: to look for a way to another takes PROJ a tenth of a second each time.
    to_degrees = Transformer.from_crs(guess.crs, guess.crs.geodetic_crs, always_xy=True)
    lon, lat = to_degrees.transform(gx, gy)
    if not np.isfinite([lon, lat]).all():
        return (np.nan,) * 4
    back = to_degrees.transform(lon, lat, direction="INVERSE")
    if not np.allclose(back, [gx, gy], rtol=1e-6, atol=1.0):
        return (np.nan,) * 4
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def gap_km(a: Box, b: Box) -> float:
    """Distance (km) between two places in degrees; infinite where one is no place."""
    if not np.isfinite([*a, *b]).all():
        return float("inf")
    across = max(a[0] - b[2], b[0] - a[2], 0.0) * np.cos(np.radians((a[1] + a[3] + b[1] + b[3]) / 4))
    return float(111.32 * np.hypot(across, max(a[1] - b[3], b[1] - a[3], 0.0)))


def outside(crs: CRS, place: Box) -> float:
    """How far (degrees) a place lies outside the area a system is made for; 0 where that is not known."""
    if not np.isfinite(place).all():
        return float("inf")
    if crs.area_of_use is None:
        return 0.0
    west, south, east, north = crs.area_of_use.bounds
    east += 360.0 if east < west else 0.0
    across = min(max(west - place[2] - turn, place[0] + turn - east, 0.0) for turn in (-360.0, 0.0, 360.0))
    return float(max(across, south - place[3], place[1] - north, 0.0))


def others(crs: CRS, box: Box, witness: Witness | None) -> tuple[Guess, ...]:
    """Systems that would explain bounds better than the one declared, the likeliest first.

    Parameters
    ----------
    crs
        What the layer declares.
    box
        Its bounds.
    witness
        A layer it should lie on; without one, what the coordinates alone tell beyond doubt.
    """
    seen = guesses(box)
    tried = [Guess(crs, "it fits with x and y exchanged", is_swapped=True), *(g for g in seen if g.is_sure)]
    tried += _twins(crs)
    if witness is not None:
        tried.append(Guess(witness.crs, f"it is the system of {witness.place}"))
        tried += [g for g in seen if not g.is_sure]
    tried += _units(crs)
    found: dict[str, Guess] = {}
    for guess in tried:
        place = degrees(guess, box)
        near = witness is None or gap_km(place, witness.box) == 0.0
        if near and outside(guess.crs, place) <= NOTICED:
            found.setdefault(f"{guess.name} {guess.is_swapped} {guess.scale}", guess)
    return tuple(found.values())


def _twins(crs: CRS) -> list[Guess]:
    """Return the system with and without the zone number in its eastings, where a Gauss–Krüger one is declared."""
    values = {p.name: p.value for p in crs.coordinate_operation.params} if crs.coordinate_operation else {}
    meridian = float(values.get("Longitude of natural origin", 0.0))
    if "Transverse Mercator" not in _method(crs) or meridian % 3 or not 75 <= meridian <= 135:
        return []
    codes = {4509 + int(meridian) // 3: "no", 4488 + int(meridian) // 3: "a"}
    return [
        Guess(CRS.from_epsg(code), f"its eastings have {word} zone number in front") for code, word in codes.items()
    ]


def _method(crs: CRS) -> str:
    return crs.coordinate_operation.method_name if crs.coordinate_operation is not None else ""


def _units(crs: CRS) -> list[Guess]:
    """Return the declared system with coordinates in the other unit, feet or metres."""
    if not crs.is_projected:
        return []
    axis = crs.axis_info[0]
    factor = axis.unit_conversion_factor
    if factor == 1.0:
        return [
            Guess(crs, "its coordinates are in feet, not metres", scale=0.3048),
        ]
    return [Guess(crs, f"its coordinates are in metres, not {axis.unit_name}", scale=1 / factor)]
