"""Mend what can be mended, keep account of what changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.geometry.parallel import map_chunks

#: Shapely's type numbers of the dimension a layer holds.
_DIMENSION_TYPES = {0: (0, 4), 1: (1, 2, 5), 2: (3, 6)}
_COLLECTION = 7

#: Coordinates beyond this lie on no earth in any unit: their squares would swallow all that is added to them.
FARTHEST = 1e9


@dataclass(frozen=True)
class Repaired:
    """Geometries of one dimension and what was done to them.

    Attributes
    ----------
    geometry
        Mended geometries, shape (n,); None where there is nothing usable.
    is_repaired
        True where the geometry was invalid and could be mended, or held parts of another dimension that were left out.
    reason
        Why it was invalid, or why it is not usable; empty where all is well.
    size_before, size_after
        Planar area (m²) or length (m) before and after.
    """

    geometry: NDArray[np.object_]
    is_repaired: NDArray[np.bool_]
    reason: NDArray[np.object_]
    size_before: NDArray[np.float64]
    size_after: NDArray[np.float64]


def _size(geometry: NDArray[np.object_], dimension: int) -> NDArray[np.float64]:
    # Of a shape that runs to infinity neither can be told; it is not used, and its size counts as none.
    with np.errstate(invalid="ignore", over="ignore"):
        if dimension == 2:
            return np.asarray(np.nan_to_num(shapely.area(geometry)))
        if dimension == 1:
            return np.asarray(np.nan_to_num(shapely.length(geometry)))
    return np.zeros(len(geometry))


def _only(geometry: shapely.Geometry, dimension: int) -> shapely.Geometry | None:
    """Parts of one dimension of a collection, as one geometry; None when there are none."""
    parts = shapely.get_parts(geometry)
    while np.isin(shapely.get_type_id(parts), (4, 5, 6, _COLLECTION)).any():
        parts = shapely.get_parts(parts)
    parts = parts[np.isin(shapely.get_type_id(parts), _DIMENSION_TYPES[dimension])]
    if len(parts) == 0:
        return None
    if dimension == 2:
        return shapely.union_all(
            parts
        )  # polygons of a collection may overlap or share an edge, which those of a multipolygon may not
    make = {0: shapely.multipoints, 1: shapely.multilinestrings}[dimension]
    return parts[0] if len(parts) == 1 else make(parts)


def _kinds(geometry: NDArray[np.object_]) -> NDArray[np.int64]:
    """Whether each geometry has heights or measures, whether nothing is there, and its type, shape (n, 3)."""
    deep = shapely.has_z(geometry) | shapely.has_m(geometry)
    missing = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    return np.column_stack([deep, missing, shapely.get_type_id(geometry)])


def _far(geometry: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Whether a geometry reaches beyond every place on earth; looked at one by one only where some does."""
    whole = shapely.total_bounds(geometry)
    if not (np.abs(whole) > FARTHEST).any():
        return np.zeros(len(geometry), dtype=bool)
    return np.asarray((np.abs(shapely.bounds(geometry)) > FARTHEST).any(axis=1))


def repair(geometry: NDArray[np.object_], *, dimension: int) -> Repaired:
    """Make geometries flat, valid and of one dimension.

    Heights are dropped. An invalid geometry is mended with ``make_valid(method="structure")``, which keeps every
    part of a bow-tie; never with a zero buffer, which loses some.

    Parameters
    ----------
    geometry
        Geometries of any kind, shape (n,), None allowed.
    dimension
        0 for points, 1 for lines, 2 for polygons.
    """
    deep, missing, types = map_chunks(_kinds, geometry).T
    flat = geometry
    if deep.any():
        flat = geometry.copy()
        flat[deep > 0] = shapely.force_2d(geometry[deep > 0])
    missing = missing > 0
    n = len(flat)
    reason = np.full(n, "", dtype=object)
    reason[missing] = "empty geometry"
    valid = missing.copy()
    valid[~missing] = map_chunks(shapely.is_valid, flat[~missing])
    # Coordinates that are no numbers are invalid as well, so only the invalid need be looked through.
    infinite = np.zeros(n, dtype=bool)
    faulty = np.flatnonzero(~valid)
    xy, owner = shapely.get_coordinates(flat[faulty], return_index=True)
    infinite[faulty[owner[~np.isfinite(xy).all(axis=1)]]] = True
    reason[infinite] = "coordinates that are not numbers"
    far = _far(flat)
    # A hole may lie where its shell does not, but only of an invalid shape.
    far[faulty[owner[(np.abs(xy) > FARTHEST).any(axis=1)]]] = True
    far &= ~infinite
    reason[far] = "coordinates that lie on no earth"
    infinite |= far
    other = ~missing & ~infinite & ~np.isin(types, (*_DIMENSION_TYPES[dimension], _COLLECTION))
    reason[other] = [f"is a {g.geom_type}" for g in flat[other]]

    usable = ~(missing | infinite | other)
    out = flat
    if not usable.all():
        out = flat.copy()
        out[~usable] = None
    before = _size(flat, dimension)
    before[infinite] = 0.0
    repaired = np.zeros(n, dtype=bool)
    mend = np.flatnonzero(usable & (~valid | (types == _COLLECTION)))
    if len(mend):
        out = out.copy()
        reason[mend] = [
            "a collection of several kinds"
            if types[i] == _COLLECTION
            else str(shapely.is_valid_reason(flat[i])).split("[")[0]
            for i in mend
        ]
        fixed = shapely.make_valid(flat[mend], method="structure", keep_collapsed=False)
        # Few: only the faulty ones come here.
        for i, g in zip(mend, fixed, strict=True):
            out[i] = _only(g, dimension)
        repaired[mend] = ~shapely.is_missing(out[mend])

    after = _size(out, dimension)
    collapsed = ~shapely.is_missing(out) & (after <= 0) if dimension else np.zeros(n, dtype=bool)
    gone = collapsed | (usable & shapely.is_missing(out))
    reason[gone] = np.where(reason[gone] == "", "has no " + ("length" if dimension == 1 else "area"), reason[gone])
    if gone.any():
        out = out.copy()
        out[gone] = None
        after[gone] = 0.0
        repaired[gone] = False
    return Repaired(out, repaired, reason, before, after)
