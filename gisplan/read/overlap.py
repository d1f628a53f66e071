"""Land that records of one layer share, told for the person who can mend the borders."""

from __future__ import annotations

from typing import Literal

import geopandas as gpd
import numpy as np

from gisplan.errors import counted, first_ids
from gisplan.geometry import Overlaps
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
) -> list[Issue]:
    """Issue that lists the pairs of records which cover the same land, largest first; none without any."""
    seen = np.flatnonzero(shared.area >= LEAST_M2)
    if len(seen) == 0:
        return []
    order = seen[np.argsort(-shared.area[seen], kind="stable")]
    ids = frame[id_column].to_numpy(dtype=object)
    pairs = [f"{ids[shared.first[i]]} + {ids[shared.second[i]]} ({shared.area[i]:,.2f} m²)" for i in order]
    return [
        Issue(
            "OVERLAP",
            severity,
            layer,
            len(pairs),
            f"{counted(len(pairs), 'pair')} of {layer} cover the same land, {shared.area[order].sum():,.2f} "
            "m² in all, "
            f"which counts more than once: {first_ids(pairs, limit=3)}.",
            "Correct the borders.",
            features=pairs,
        )
    ]
