"""Land that records of one layer share, told for the person who can mend the borders."""

from __future__ import annotations

from typing import Literal

import geopandas as gpd
import numpy as np
import shapely

from gisplan.errors import counted, first_ids
from gisplan.geometry import Overlaps, spots, strip_width
from gisplan.issues import Issue

#: Shared land below this (m²) is the noise of digitising and is not told.
LEAST_M2 = 0.01


def told(
    layer: str,
    frame: gpd.GeoDataFrame,
    id_column: str,
    shared: Overlaps,
    *,
    severity: Literal["error", "warning"],
    sliver_m: float = 0.0,
    excess_m2: float | None = None,
) -> list[Issue]:
    """Issue that lists the pairs of records which cover the same land, largest first; none without any.

    Parameters
    ----------
    layer, frame, id_column
        The layer and how its records are called.
    shared
        The pairs.
    severity
        How grave it is in this layer.
    sliver_m
        Shared land narrower than this (m) is counted as slivers.
    excess_m2
        What all areas add up to beyond the land they cover, where that is known: less than the pairs share where
        three lie over each other.
    """
    seen = np.flatnonzero(shared.area >= LEAST_M2)
    if len(seen) == 0:
        return []
    ids, geometry = frame[id_column].to_numpy(dtype=object), np.asarray(frame.geometry.array)
    names = [tuple(sorted((str(ids[shared.first[i]]), str(ids[shared.second[i]])))) for i in seen]
    order = sorted(range(len(seen)), key=lambda k: (-round(float(shared.area[seen[k]]), 2), names[k]))
    seen, names = seen[order], [names[k] for k in order]
    land = shapely.intersection(geometry[shared.first[seen]], geometry[shared.second[seen]])
    narrow = int((strip_width(land) < sliver_m).sum())
    slivers = f", {narrow:,} of them narrower than {sliver_m:g} m" if narrow else ""
    often = "which counts more than once" if excess_m2 is None else f"so {excess_m2:,.2f} m² too much is counted"
    pairs = [f"{a} + {b} ({shared.area[i]:,.2f} m²)" for (a, b), i in zip(names, seen, strict=True)]
    return [
        Issue(
            "OVERLAP",
            severity,
            layer,
            len(pairs),
            f"{counted(len(pairs), 'pair')} of {layer} cover the same land, {shared.area[seen].sum():,.2f} "
            f"m² in all, {often}{slivers}: {first_ids(pairs, limit=3)}.",
            "Correct the borders.",
            features=pairs,
            ids=[f"{a} + {b}" for a, b in names],
            places=[(float(x), float(y)) for x, y in spots(land)],
        )
    ]
