"""Land that polygons cover together, each bit of it counted once however many of them lie over it."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.geometry.cut import cut
from gisplan.geometry.overlap import multiplicity_cells, overlaps
from gisplan.geometry.parallel import sum_by


def united(polygons: NDArray[np.object_], groups: NDArray[np.int64], *, size: int) -> NDArray[np.object_]:
    """Dissolve polygons by group.

    Parameters
    ----------
    polygons
        Valid (multi)polygons, shape (n,).
    groups
        Group of each, 0 … size − 1; negative ones are left out.

    Returns
    -------
    numpy.ndarray
        One (multi)polygon a group, empty where it has none, shape (size,).
    """
    out = np.empty(size, dtype=object)
    for g in range(size):  # a union works on one group at a time
        out[g] = shapely.union_all(polygons[groups == g])
    return _land(out)


def common(some: NDArray[np.object_], others: NDArray[np.object_]) -> NDArray[np.object_]:
    """Land that pairs of (multi)polygons share, without the lines and points where they only touch."""
    return _land(np.asarray(shapely.intersection(some, others), dtype=object))


def _land(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Reduce shapes to their polygons."""
    mixed = np.flatnonzero(~np.isin(shapely.get_type_id(shapes), (3, 6)))
    out = shapes.copy()
    for i in mixed:  # only where borders touch
        parts = shapely.get_parts(shapes[i])
        out[i] = shapely.multipolygons(parts[shapely.get_dimensions(parts) == 2])
    return out


def signed(polygons: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Write the union of polygons as a sum: themselves, less the cells that several of them cover.

    An amount of land that is additive (area in a zone, say) summed over the shapes with their signs is that of the
    union. Where nothing overlaps, which is the rule, this costs no more than looking.

    Parameters
    ----------
    polygons
        Valid (multi)polygons, shape (n,).

    Returns
    -------
    tuple
        Shapes, the polygons first, and the weight of each: 1, or −(m − 1) for a cell under m of them.
    """
    cells, over = multiplicity_cells(polygons, overlaps(polygons))
    return np.concatenate([polygons, cells]), np.concatenate([np.ones(len(polygons)), 1.0 - over])


def covered(
    targets: NDArray[np.object_], shapes: NDArray[np.object_], amounts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sum amounts of shapes by target, each target taking the part of a shape's amount that lies in it.

    Parameters
    ----------
    targets
        (Multi)polygons, shape (t,); they may overlap, and be empty.
    shapes, amounts
        As `signed` gives them, the amount being area × weight; shape (n,).

    Returns
    -------
    numpy.ndarray
        Shape (t,).
    """
    if len(shapes) == 0 or len(targets) == 0:
        return np.zeros(len(targets))
    pieces = cut(targets, shapes, dimension=2, outside=False)
    return sum_by(pieces.zone, pieces.share * amounts[pieces.feature], size=len(targets))
