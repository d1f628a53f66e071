"""Slivers of nobody's land, too narrow to be meant, given to a neighbour."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.geometry.gaps import MEETS_M, Slits, slits
from gisplan.geometry.near import _tree

#: Enclosed land narrower than this (m) is an error of drawing or rounding.
SLIVER_M = 0.001


@dataclass(frozen=True)
class Filled:
    """Polygons with the slivers between them given away.

    Attributes
    ----------
    geometry
        Shape (n,).
    row
        Row numbers of the polygons that grew, sorted, shape (k,).
    sliver_area
        m² given to each, shape (k,).
    """

    geometry: NDArray[np.object_]
    row: NDArray[np.int64]
    sliver_area: NDArray[np.float64]


def fill_slivers(polygons: NDArray[np.object_], *, executor: Executor | None = None) -> Filled:
    """Give each sliver narrower than `SLIVER_M`, closed all round, to the polygon it has the longest border with.

    A polygon only takes what leaves it one valid shape that has grown by exactly the sliver; all else stays as it
    is. Slivers that are open at an end, towards a street, are left too.

    Parameters
    ----------
    polygons
        Valid (multi)polygons, shape (n,).
    """
    found = slits(polygons, width_m=SLIVER_M, executor=executor)
    if len(found.first) == 0:
        return Filled(polygons, found.first, np.zeros(0))
    out = polygons.copy()
    given: dict[int, float] = {}
    for sliver, neighbours in _enclosed(polygons, found):
        order = np.argsort(-_shared_length(sliver, polygons[neighbours]), kind="stable")
        for row in neighbours[order]:
            grown = shapely.union(out[row], sliver)
            gain = shapely.area(grown) - shapely.area(out[row])
            safe = (
                grown.geom_type == out[row].geom_type
                and shapely.is_valid(grown)
                and shapely.get_num_interior_rings(grown) == shapely.get_num_interior_rings(out[row])
                and abs(gain - shapely.area(sliver)) <= 1e-6
            )
            if safe:
                out[row] = grown
                given[int(row)] = given.get(int(row), 0.0) + shapely.area(sliver)
                break
    rows = np.array(sorted(given), dtype=np.int64)
    return Filled(out, rows, np.array([given[int(r)] for r in rows]))


def _enclosed(polygons: NDArray[np.object_], found: Slits) -> list[tuple[shapely.Polygon, NDArray[np.int64]]]:
    """Slivers that are closed all round, each with the polygons around it."""
    tree = _tree(polygons)
    # A sliver is closed by whatever touches the two polygons it was found between, near the place.
    seen: set[bytes] = set()
    out = []
    for first, second in zip(found.first, found.second, strict=True):
        pair = shapely.union(polygons[first], polygons[second])
        rows = np.sort(tree.query(pair, predicate="dwithin", distance=SLIVER_M))
        lines = shapely.union_all(shapely.boundary(polygons[rows]))
        faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
        # Narrow ones only, by a bound that no wider one can meet.
        faces = faces[2 * shapely.area(faces) < SLIVER_M * shapely.length(faces)]
        for face in faces:
            key = shapely.to_wkb(shapely.normalize(face))
            inside = shapely.point_on_surface(face)
            if key in seen or len(tree.query(inside, predicate="intersects")) or _width(face) >= SLIVER_M:
                continue
            seen.add(key)
            around = np.sort(tree.query(face, predicate="dwithin", distance=MEETS_M))
            out.append((face, around))
    return out


def _width(sliver: shapely.Polygon) -> float:
    return 2 * float(shapely.length(shapely.maximum_inscribed_circle(sliver, tolerance=SLIVER_M / 10)))


def _shared_length(sliver: shapely.Polygon, neighbours: NDArray[np.object_]) -> NDArray[np.float64]:
    """Length of the sliver's border that each neighbour has a part in."""
    xy = shapely.get_coordinates(sliver)
    edges = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1))
    middle = shapely.points((xy[:-1] + xy[1:]) / 2)
    touch = shapely.distance(neighbours[:, None], middle[None, :]) <= MEETS_M
    return np.asarray((touch * shapely.length(edges)[None, :]).sum(axis=1))
