"""Shapes that are drawn wrong, told by kind and place; mends that would change too much are refused."""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gisplan.errors import LayerError, counted, first_ids
from gisplan.geometry import Repaired
from gisplan.issues import Issue

#: Place that GEOS names behind the kind of fault: ``Self-intersection[500050 3400050]``.
_SPOT = re.compile(r"\[(\S+) (\S+)\]$")

#: What a fault looks like to the person who drew it, by GEOS's name of it.
_WORDS = {
    "Self-intersection": "with an outline that crosses itself",
    "Ring Self-intersection": "with an outline that touches itself",
    "Hole lies outside shell": "with a hole outside the outline",
    "Holes are nested": "with a hole inside a hole",
    "Nested shells": "with a part inside another part",
    "Interior is disconnected": "cut in two by its own holes",
    "Duplicate Rings": "with the same ring twice",
    "Too few points in geometry component": "with too few vertices",
    "Invalid Coordinate": "with coordinates that are not numbers",
    "Ring is not closed": "with an outline that is not closed",
}


def by_kind(frame: gpd.GeoDataFrame, crs: CRS, ids: pd.Series, *, layer: str) -> list[Issue]:
    """Tell the shapes that break a rule as they were drawn: one issue a kind, each with the places of the faults.

    Parameters
    ----------
    frame
        The layer's invalid records, in the file's own coordinate system.
    crs
        The study's coordinate system, in which places are told.
    ids
        Id of each record.
    """
    geometry = np.asarray(frame.geometry.array)
    told = [str(r) for r in shapely.is_valid_reason(geometry)]
    spots = [_SPOT.search(t) for t in told]
    points = gpd.GeoSeries(
        [None if s is None else shapely.Point(float(s[1]), float(s[2])) for s in spots], crs=frame.crs
    ).to_crs(crs)
    kinds = np.array([t.split("[")[0] for t in told], dtype=object)
    issues = []
    for kind in sorted(set(kinds)):
        rows = np.flatnonzero(kinds == kind)
        named = [str(i) for i in ids.iloc[rows]]
        issues.append(
            Issue(
                f"INVALID_{re.sub(r'[^A-Z]+', '_', kind.upper())}",
                "warning",
                layer,
                len(rows),
                f"{counted(len(rows), 'record')} {_WORDS.get(kind, f'drawn wrong ({kind})')}: {first_ids(named)}.",
                "Correct the drawing at the places.",
                features=named,
                places=[(float(points.x.iloc[r]), float(points.y.iloc[r])) for r in rows],
            )
        )
    return issues


def middles(frame: gpd.GeoDataFrame, crs: CRS) -> list[tuple[float, float]]:
    """Middle of each record's box in the study's coordinate system, NaN where it has no place.

    Parameters
    ----------
    frame
        Records of any geometry, in the file's own coordinate system.
    crs
        The study's coordinate system.
    """
    box = shapely.bounds(np.asarray(frame.geometry.array))
    with np.errstate(invalid="ignore"):
        x, y = (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2
    drawn = np.isfinite(x) & np.isfinite(y)
    out = np.full((len(frame), 2), np.nan)
    if drawn.any():
        points = gpd.GeoSeries(shapely.points(x[drawn], y[drawn]), crs=frame.crs).to_crs(crs)
        out[drawn] = np.column_stack([points.x, points.y])
    return [(float(a), float(b)) for a, b in out]


def require_small(fixed: Repaired, ids: pd.Series, *, dimension: int, limit: float, place: str) -> None:
    """Refuse mends that change a layer more than the plan allows.

    Parameters
    ----------
    fixed
        What was mended, with sizes before and after.
    ids
        Id of each record.
    limit
        Largest share of the layer's size that mending may change.

    Raises
    ------
    LayerError
        They change more.
    """
    change = np.where(fixed.is_repaired, np.abs(fixed.size_after - fixed.size_before), 0.0)
    total = float(fixed.size_after.sum())
    if not dimension or change.sum() <= limit * total:
        return
    unit = "m²" if dimension == 2 else "m"
    worst = [int(r) for r in np.argsort(-change, kind="stable") if change[r] > 0]
    listed = [
        f"{ids.iloc[r]} ({fixed.reason[r]}: {fixed.size_before[r]:,.2f} → {fixed.size_after[r]:,.2f} {unit})"
        for r in worst
    ]
    raise LayerError(
        f"{place}: mending {counted(len(worst), 'shape')} would change {change.sum():,.2f} of {total:,.2f} {unit} "
        f"({change.sum() / total:.2%}): {first_ids(listed)}. At most {limit:.2%} is mended unasked. "
        f"Correct the drawing, or write repair_limit = {_enough(change.sum() / total)} under [checks] to allow it."
    )


def _enough(share: float) -> str:
    """Smallest limit of two digits that allows a share."""
    return f"{min(1.0, np.ceil(share * 100) / 100):g}"
