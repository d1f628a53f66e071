"""Slivers between parcels that nobody can have meant are given away before anything is measured, and listed."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely

from gisplan.errors import counted, first_ids
from gisplan.geometry import Slits, fill_slivers
from gisplan.issues import Issue
from gisplan.read.layer import Clean


def filled(layer: Clean, found: Slits, *, name: str, id_column: str) -> tuple[Clean, list[Issue]]:
    """Give slivers under a millimetre to the neighbour with the longest border; say who grew by how much.

    Parameters
    ----------
    layer
        Polygons.
    found
        The narrow strips between them.
    """
    before = np.asarray(layer.frame.geometry.array)
    made = fill_slivers(before, found=found)
    if len(made.row) == 0:
        return layer, []
    ids = [str(i) for i in layer.frame[id_column].iloc[made.row]]
    was, now = shapely.area(before[made.row]), shapely.area(made.geometry[made.row])
    frame = layer.frame.set_geometry(gpd.GeoSeries(made.geometry, index=layer.frame.index, crs=layer.frame.crs))
    return replace(layer, frame=frame), [
        Issue(
            "SLIVER_FILLED",
            "note",
            name,
            len(ids),
            f"{counted(len(ids), 'record')} took in gaps narrower than 1 mm on their longest border, "
            f"{was.sum():,.4f} m² before and {now.sum():,.4f} m² after ({now.sum() - was.sum():+,.4f}): "
            f"{first_ids(ids)}.",
            "Nothing, unless the gaps were meant.",
            features=[f"{i} ({b:,.4f} → {a:,.4f} m²)" for i, b, a in zip(ids, was, now, strict=True)],
            ids=ids,
        )
    ]
