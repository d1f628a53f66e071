"""Where the features that issues name lie, so that every fault can be found on a map."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import geopandas as gpd
import numpy as np

from gisplan import vocabulary
from gisplan.geometry import spots
from gisplan.issues import Issue
from gisplan.read import Layers

#: Ledgers have no geometry; their rows lie where their parcels do.
_LIES_IN = {"ledger": "parcels"}


def placed(issues: Iterable[Issue], layers: Layers) -> tuple[Issue, ...]:
    """Give every issue that names features their places: on the surface or line of each, NaN for one that is not drawn.

    Issues that brought places of their own (a gap, a missed end, the crossing of an outline) keep them.
    """
    rows: dict[str, dict[str, int]] = {}
    out = []
    for issue in issues:
        layer = _LIES_IN.get(issue.layer, issue.layer)
        frame = layers.zones if layer == "zones" else layers.frame(layer)
        if issue.places or not issue.features or frame is None:
            out.append(issue)
            continue
        if layer not in rows:
            names = frame[vocabulary.id_column(layer)].to_numpy(dtype=object)
            # The first of several that share an id.
            rows[layer] = {str(i): k for k, i in reversed(list(enumerate(names)))}
        at = [rows[layer].get(i, -1) for i in issue.feature_ids]
        out.append(replace(issue, places=_spots(frame, np.array(at, dtype=np.int64))))
    return tuple(out)


def _spots(frame: gpd.GeoDataFrame, rows: np.ndarray) -> list[tuple[float, float]]:
    drawn = rows >= 0
    out = np.full((len(rows), 2), np.nan)
    out[drawn] = spots(np.asarray(frame.geometry.array)[rows[drawn]])
    return [(float(x), float(y)) for x, y in out]
