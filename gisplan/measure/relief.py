"""Ground of the zones and parcels of a study: one pass over its heights, and which slopes suit which use."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.geometry import Grid
from gisplan.measure.catalogue import Array
from gisplan.measure.survey import Survey
from gisplan.measure.terrain_sums import Sums, sum_terrain
from gisplan.plan import Plan
from gisplan.read import Layers
from gisplan.read.terrain import Terrain
from gisplan.rules import load_packs

#: Indicator whose limits tell which slope suits a use.
NATURAL = "project_natural_slope"

#: Pack whose limits count where the plan's own packs have none.
SLOPE_PACK = "cn-slope"

#: Use that a zone as a whole is meant for.
ZONE_USE = "industrial"


@dataclass(frozen=True)
class Ground:
    """Ground of some polygons.

    Attributes
    ----------
    sums
        What its heights and slopes add up to.
    grid
        The cells.
    cells
        Planar area of each polygon in cells, whether the raster reaches there or not.
    limits
        Slope (fraction) that suits the use of each, NaN where no rule tells.
    """

    sums: Sums
    grid: Grid
    cells: Array
    limits: Array

    def part(self, rows: slice) -> Ground:
        """Ground of some of the polygons."""
        sums = Sums(*(getattr(self.sums, f.name)[rows] for f in fields(Sums)))
        return Ground(sums, self.grid, self.cells[rows], self.limits[rows])

    @property
    def known_share(self) -> Array:
        """Share of each polygon of which the height is known."""
        return np.minimum(self.sums.known / self.cells, 1.0)

    @property
    def sloped_share(self) -> Array:
        """Share of each polygon of which the slope is known."""
        return np.minimum(self.sums.sloped / self.cells, 1.0)

    @property
    def is_coarse(self) -> NDArray[np.bool_]:
        """Whether a polygon is smaller than the few cells a slope is made from."""
        return np.asarray(self.cells < vocabulary.terrain("limits")["few_cells"])


def slope_limits(plan: Plan) -> dict[str, float]:
    """Slope (fraction) below which land suits its use, by land-use class; the plan's own packs go before cn-slope."""
    for packs in (load_packs(plan.plan.rules, plan.folder), load_packs([SLOPE_PACK])):
        found: dict[str, float] = {}
        for limit in (x for pack in packs for x in pack.limits if x.indicator == NATURAL):
            high, _ = limit.high
            if set(limit.where.given()) == {"land_use"} and np.isfinite(high):
                for use in limit.where.land_use:
                    found[use] = min(high, found.get(use, np.inf))
        if found:
            return found
    return {}


def ground(survey: Survey) -> tuple[Ground, Ground | None]:
    """Ground of the zones and of the parcels (None without any), measured in one pass over the raster.

    Raises
    ------
    ValueError
        The study has no terrain.
    """
    return survey.once("ground", lambda: _ground(survey))


def _ground(survey: Survey) -> tuple[Ground, Ground | None]:
    terrain = require_terrain(survey.layers)
    limits = slope_limits(survey.plan)
    zones, frame = survey.layers.zones, survey.layers.frame("parcels")
    n = len(zones)
    shapes = np.asarray(zones.geometry.array)
    area = zones["planar_area_m2"].to_numpy(dtype=float)
    most = np.full(n, limits.get(ZONE_USE, np.nan))
    if frame is not None and survey.parcels is not None:
        shapes = np.concatenate([shapes, np.asarray(frame.geometry.array)])
        area = np.concatenate([area, frame["planar_area_m2"].to_numpy(dtype=float)])
        own = [limits.get(str(c), np.nan) for c in survey.parcels.land_class]
        most = np.concatenate([most, np.array(own, dtype=float)])
    sums = sum_terrain(terrain, shapes, limits=most)
    cells = area / terrain.grid.cell_m2
    whole = Ground(sums, terrain.grid, cells, most)
    return whole.part(slice(0, n)), None if frame is None else whole.part(slice(n, None))


def require_terrain(layers: Layers) -> Terrain:
    """Ground heights of a study.

    Raises
    ------
    ValueError
        It has none.
    """
    if layers.terrain is None:
        raise ValueError("the study has no terrain")
    return layers.terrain
