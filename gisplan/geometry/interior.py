"""Tell at a glance which features lie wholly within one zone or away from all: most of them, far from any border."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage

#: What is told of a feature that lies in no zone, and of one that has to be looked at closely.
NOWHERE, UNSURE = -1, -2

#: Cells of a raster at most: 36 MB.
MOST_CELLS = 1 << 22

#: A border is taken to be so wide (m) to either side.
BORDER_M = 0.02


@dataclass(frozen=True)
class Interior:
    """A raster over zones that knows which cells a border runs through, and in which zone the others lie.

    Attributes
    ----------
    low
        South-western corner.
    step
        Side of a cell (m).
    borders
        Number of border cells south and west of each corner of a cell, shape (rows + 1, columns + 1).
    zone
        Row number of the only zone round each cell that is no border, else `NOWHERE` or, where several zones lie
        over each other, `UNSURE`; shape (rows, columns).
    """

    low: NDArray[np.float64]
    step: float
    borders: NDArray[np.int32]
    zone: NDArray[np.int32]

    def zone_of(self, boxes: NDArray[np.float64]) -> NDArray[np.int64]:
        """Zone that a feature lies in as a whole, away from all borders, by its box; else `NOWHERE` or `UNSURE`.

        Parameters
        ----------
        boxes
            West, south, east and north of each feature, shape (n, 4).
        """
        (x0, y0), (x1, y1) = (self.cell(boxes[:, k : k + 2]).T for k in (0, 2))
        # No border cell among all those of a box, so they hang together, and one of them speaks for all.
        total = self.borders
        met = total[y1 + 1, x1 + 1] - total[y0, x1 + 1] - total[y1 + 1, x0] + total[y0, x0]
        return np.where(met == 0, self.zone[y0, x0], UNSURE).astype(np.int64)

    def cell(self, xy: NDArray[np.float64]) -> NDArray[np.int64]:
        """Column and row of points; those beyond the raster fall into its rim, which no border reaches."""
        most = np.array(self.zone.shape[::-1]) - 1
        return np.clip(np.floor((xy - self.low) / self.step), 0, most).astype(np.int64)


def interior(zones: NDArray[np.object_], *, cells: int) -> Interior:
    """Lay a raster over zones.

    Parameters
    ----------
    zones
        Valid (multi)polygons, shape (z,); they may overlap.
    cells
        How many cells it should have, about.
    """
    x0, y0, x1, y1 = shapely.total_bounds(zones)
    width, height = x1 - x0, y1 - y0
    step = max(np.sqrt(width * height / min(cells, MOST_CELLS)), max(width, height) / 1e5, 10 * BORDER_M)
    columns, rows = (int(np.ceil(side / step)) + 4 for side in (width, height))
    summed, zone_of = np.zeros((rows + 1, columns + 1), dtype=np.int32), np.zeros((rows, columns), dtype=np.int32)
    bare = Interior(np.array([x0, y0]) - 2 * step, step, summed, zone_of)
    is_border = _border_cells(zones, bare)
    np.cumsum(np.cumsum(is_border, axis=0, dtype=np.int32), axis=1, out=summed[1:, 1:])
    # Cells that hang together without a border between them lie in the same zones.
    patch, count = ndimage.label(~is_border)
    first = np.zeros(count + 1, dtype=np.int64)
    first[patch.ravel()[::-1]] = np.arange(patch.size)[::-1]
    row, column = np.divmod(first[1:], columns)
    middle = bare.low + (np.column_stack([column, row]) + 0.5) * step
    at, zone = shapely.STRtree(zones).query(shapely.points(middle), predicate="intersects")
    lies_in = np.full(count + 1, NOWHERE, dtype=np.int32)
    lies_in[at + 1] = zone
    lies_in[1 + np.flatnonzero(np.bincount(at, minlength=count) > 1)] = UNSURE
    zone_of[:] = lies_in[patch]
    return bare


def _border_cells(zones: NDArray[np.object_], raster: Interior) -> NDArray[np.bool_]:
    """Cells that a border runs through, shape (rows, columns)."""
    lines = shapely.get_parts(shapely.boundary(zones))
    xy, line = shapely.get_coordinates(shapely.segmentize(lines, raster.step), return_index=True)
    start = np.flatnonzero(line[1:] == line[:-1])
    low = raster.cell(np.minimum(xy[start], xy[start + 1]) - BORDER_M)
    high = raster.cell(np.maximum(xy[start], xy[start + 1]) + BORDER_M)
    is_border = np.zeros(raster.zone.shape, dtype=bool)
    # A piece no longer than a cell reaches over three at most, its width included.
    for across in range(3):
        for up in range(3):
            column, row = np.minimum(low + np.array([across, up]), high).T
            is_border[row, column] = True
    return is_border
