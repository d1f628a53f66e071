"""One place for each feature, where a pin can stand for it."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray


def spots(features: NDArray[np.object_]) -> NDArray[np.float64]:
    """Place on each feature: inside a polygon, half-way along a line, at a point.

    Parameters
    ----------
    features
        Geometries that are not empty, shape (n,).

    Returns
    -------
    numpy.ndarray
        x and y, shape (n, 2).
    """
    point = shapely.point_on_surface(features)
    lines = shapely.get_dimensions(features) == 1
    if lines.any():
        point[lines] = shapely.line_interpolate_point(features[lines], 0.5, normalized=True)
    return np.asarray(shapely.get_coordinates(point))
