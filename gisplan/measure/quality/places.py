"""Where the features that issues name lie, so that every fault can be found on a map."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.geometry import spots
from gisplan.issues import Issue
from gisplan.read import Layers
from gisplan.read.works import PARTS

#: Ledgers have no geometry; their rows lie where their parcels do.
_LIES_IN = {"ledger": "parcels"}


def placed(issues: Iterable[Issue], layers: Layers) -> tuple[Issue, ...]:
    """Give every issue that names features their places: on the surface or line of each, NaN for one that is not drawn.

    Issues that brought places of their own (a gap, a missed end, the crossing of an outline) keep them.
    """
    out = list(issues)
    unplaced: dict[str, list[int]] = {}
    for k, issue in enumerate(out):
        layer = _LIES_IN.get(issue.layer, issue.layer)
        if _frame(layers, layer) is not None and issue.features and not issue.places:
            unplaced.setdefault(layer, []).append(k)
    for layer, wanting in unplaced.items():
        frame = _frame(layers, layer)
        assert frame is not None
        row_of = _rows(frame[vocabulary.id_column(layer)], {i for k in wanting for i in out[k].feature_ids})
        for k in wanting:
            at = np.array([row_of.get(i, -1) for i in out[k].feature_ids], dtype=np.int64)
            out[k] = replace(out[k], places=_spots(frame, at))
    return tuple(out)


def _frame(layers: Layers, layer: str) -> gpd.GeoDataFrame | None:
    """Table of a layer, None where there is none; of works, those of every kind of geometry together."""
    if layer == "zones":
        return layers.zones
    if layer == "works":
        parts = [layers.layers[n].frame[["work_id", "geometry"]] for n in PARTS.values() if n in layers.layers]
        return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True)) if parts else None
    return layers.frame(layer)


def _rows(names: pd.Series, wanted: set[str]) -> dict[str, int]:
    """Row number of each name that is wanted: the first of several that share it."""
    # Few of a million records are ever named, so the others are not looked at in Python.
    hit = np.flatnonzero(names.astype("str").isin(wanted))
    found = names.iloc[hit].astype(object).tolist()
    return {str(i): int(k) for i, k in zip(reversed(found), reversed(hit.tolist()), strict=True)}


def _spots(frame: gpd.GeoDataFrame, rows: np.ndarray) -> list[tuple[float, float]]:
    drawn = (rows >= 0) & np.append(frame.geometry.notna().to_numpy(), False)[rows]
    out = np.full((len(rows), 2), np.nan)
    out[drawn] = spots(np.asarray(frame.geometry.array)[rows[drawn]])
    return [(float(x), float(y)) for x, y in out]
