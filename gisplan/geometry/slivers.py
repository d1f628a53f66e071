"""Slivers of nobody's land, too narrow to be meant, given to a neighbour."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.geometry.gaps import MEETS_M, Slits, slits, uncovered_faces
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


def fill_slivers(
    polygons: NDArray[np.object_], *, found: Slits | None = None, executor: Executor | None = None
) -> Filled:
    """Give each sliver narrower than `SLIVER_M`, closed all round, to the polygon it has the longest border with.

    A polygon only takes what leaves it one valid shape that has grown by exactly the sliver; all else stays as it
    is. Slivers that are open at an end, towards a street, are left too.

    Parameters
    ----------
    polygons
        Valid (multi)polygons, shape (n,).
    found
        The strips between them, those of a millimetre among them, where they are known already.
    """
    found = found or slits(polygons, width_m=SLIVER_M, executor=executor)
    narrow = found.narrowest < SLIVER_M
    if not narrow.any():
        return Filled(polygons, np.zeros(0, dtype=np.int64), np.zeros(0))
    out = polygons.copy()
    given: dict[int, float] = {}
    # Only borders near a narrow strip are put together, for that costs most; what closes a strip touches its sides.
    tree = _tree(polygons)
    sides = np.unique(np.concatenate([found.first[narrow], found.second[narrow]]))
    _, near = tree.query(polygons[sides], predicate="dwithin", distance=SLIVER_M)
    faces = uncovered_faces(polygons[np.unique(near)], None, executor)
    faces = faces[_is_sliver(faces)]
    covered, _ = tree.query(shapely.point_on_surface(faces), predicate="intersects")
    faces = np.delete(faces, np.unique(covered))
    sliver, neighbour = tree.query(faces, predicate="dwithin", distance=MEETS_M)
    for k, face in enumerate(faces):
        rows = np.sort(neighbour[sliver == k])
        for row in rows[np.argsort(-_shared_length(face, polygons[rows]), kind="stable")]:
            grown = shapely.union(out[row], face)
            if _is_safe(out[row], grown, face):
                out[row] = grown
                given[int(row)] = given.get(int(row), 0.0) + shapely.area(face)
                break
    grew = np.array(sorted(given), dtype=np.int64)
    return Filled(out, grew, np.array([given[int(r)] for r in grew]))


def _is_sliver(faces: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell which faces are too narrow to be meant, but wider than rounding makes them."""
    # A circle of radius area ÷ perimeter always fits in, so a wider face need not be looked at closely.
    narrow = 2 * shapely.area(faces) / shapely.length(faces)
    sliver = (narrow > MEETS_M) & (narrow < SLIVER_M)
    unsure = np.flatnonzero(sliver)
    if len(unsure):
        circle = shapely.maximum_inscribed_circle(faces[unsure], tolerance=SLIVER_M / 10)
        sliver[unsure] = 2 * shapely.length(circle) < SLIVER_M
    return np.asarray(sliver)


def _is_safe(before: shapely.Geometry, grown: shapely.Geometry, sliver: shapely.Polygon) -> bool:
    """Tell whether a polygon has taken in a sliver and nothing else has happened to it."""
    gain = shapely.area(grown) - shapely.area(before)
    return bool(
        shapely.get_type_id(grown) == shapely.get_type_id(before)
        and shapely.get_num_geometries(grown) == shapely.get_num_geometries(before)
        and shapely.get_num_interior_rings(grown) == shapely.get_num_interior_rings(before)
        and shapely.is_valid(grown)
        and abs(gain - shapely.area(sliver)) <= 1e-6
    )


def _shared_length(sliver: shapely.Polygon, neighbours: NDArray[np.object_]) -> NDArray[np.float64]:
    """Length of the sliver's border that each neighbour has a part in."""
    xy = shapely.get_coordinates(sliver)
    edges = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1))
    middle = shapely.points((xy[:-1] + xy[1:]) / 2)
    touch = shapely.distance(neighbours[:, None], middle[None, :]) <= MEETS_M
    return np.asarray((touch * shapely.length(edges)[None, :]).sum(axis=1))
