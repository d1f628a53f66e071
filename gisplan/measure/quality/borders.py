"""Borders within a layer: slits, enclosed land, shapes and ids that stand there twice."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gisplan import vocabulary
from gisplan.errors import counted, first_ids
from gisplan.geometry import Slits, duplicates, holes, slits, spots
from gisplan.issues import Issue
from gisplan.measure.survey import Survey
from gisplan.read.values import are_unique

#: Parcels nearer than this (m) border on a hole.
MEETS_M = 1e-6

#: Slits below this (m²) are the noise of digitising, as overlaps are.
LEAST_M2 = 0.01


def parcel_slits(survey: Survey) -> list[Issue]:
    """Strips of nobody's land between parcels, too narrow for a street."""
    frame = survey.layers.frame("parcels")
    gaps = survey.layers.gaps
    if frame is None or gaps is None:
        return []
    return _slits(gaps.slits, survey.plan.checks.sliver_m, frame, "parcels", "parcel_id")


def zone_slits(survey: Survey) -> list[Issue]:
    """Strips between zones; those of a grid or made from parcels have none of their own."""
    if survey.plan.layers.zones.path is None:
        return []
    limit, zones = survey.plan.checks.sliver_m, survey.layers.zones
    return _slits(slits(np.asarray(zones.geometry.array), width_m=limit), limit, zones, "zones", "zone_id")


def _slits(found: Slits, limit: float, frame: gpd.GeoDataFrame, layer: str, id_column: str) -> list[Issue]:
    ids = frame[id_column].to_numpy(dtype=object)
    rows = np.flatnonzero((found.area >= LEAST_M2) & (found.width < limit))
    if len(rows) == 0:
        return []
    names = [" + ".join(sorted((str(ids[found.first[r]]), str(ids[found.second[r]])))) for r in rows]
    order = sorted(range(len(rows)), key=lambda k: (-round(float(found.area[rows[k]]), 2), names[k]))
    listed = [f"{names[k]} ({found.width[rows[k]]:.3f} m wide, {found.area[rows[k]]:,.2f} m²)" for k in order]
    return [
        Issue(
            "GAP_SLIVER",
            "warning",
            layer,
            len(rows),
            f"{counted(len(rows), 'gap')} between {layer} narrower than {limit:g} m, {found.area[rows].sum():,.2f} m² "
            f"in all, which nobody counts: {first_ids(listed, limit=3)}.",
            "Draw the borders together.",
            features=listed,
            ids=[names[k] for k in order],
            places=[(float(found.xy[rows[k], 0]), float(found.xy[rows[k], 1])) for k in order],
        )
    ]


def enclosed(survey: Survey) -> list[Issue]:
    """Land that parcels enclose, no parcel covers and no road runs through."""
    frame = survey.layers.frame("parcels")
    if frame is None:
        return []
    geometry = np.asarray(frame.geometry.array)
    known = survey.layers.gaps.borders if survey.layers.gaps is not None else None
    found = holes(geometry, width_m=survey.plan.checks.sliver_m, known=known)
    for name in ("roads", "road_surfaces"):
        streets = survey.layers.frame(name)
        if streets is not None and len(found):
            passed, _ = shapely.STRtree(np.asarray(streets.geometry.array)).query(found, predicate="intersects")
            found = np.delete(found, np.unique(passed))
    if len(found) == 0:
        return []
    ids = frame["parcel_id"].to_numpy(dtype=object)
    hole, parcel = shapely.STRtree(geometry).query(found, predicate="dwithin", distance=MEETS_M)
    names = [" + ".join(sorted(str(i) for i in ids[parcel[hole == k]])[:3]) for k in range(len(found))]
    area = shapely.area(found)
    order = sorted(range(len(found)), key=lambda k: (-round(float(area[k]), 2), names[k]))
    spot = spots(found)
    listed = [f"{names[k]} ({area[k]:,.2f} m²)" for k in order]
    return [
        Issue(
            "GAP_HOLE",
            "note",
            "parcels",
            len(found),
            f"{counted(len(found), 'place')} enclosed by parcels that no parcel covers, {area.sum():,.2f} m² in all, "
            f"by the parcels around {'it' if len(found) == 1 else 'them'}: {first_ids(listed, limit=3)}.",
            "Draw the parcels that are missing, if land is missing there.",
            features=listed,
            ids=[names[k] for k in order],
            places=[(float(spot[k, 0]), float(spot[k, 1])) for k in order],
        )
    ]


def drawn_twice(survey: Survey) -> list[Issue]:
    """Records of one layer with one and the same shape, which then counts more than once."""
    issues = []
    for layer, clean in survey.layers.layers.items():
        if layer.startswith("works."):  # a road and the pipes in it are works of one shape
            continue
        frame = clean.frame
        group = duplicates(np.asarray(frame.geometry.array))
        rows = np.flatnonzero(group >= 0)
        if len(rows) == 0:
            continue
        ids = frame[vocabulary.id_column(layer)].to_numpy(dtype=object)
        known = pd.DataFrame({"group": group[rows], "id": [str(i) for i in ids[rows]], "row": rows})
        known = known.sort_values(["id", "row"], kind="stable")
        first = known.groupby("group")["id"].transform("first")
        again = known[known.duplicated("group")].assign(first=first)
        spot = _middle(frame, again["row"].to_numpy())
        listed = [f"{i} (drawn like {f})" for i, f in zip(again["id"], again["first"], strict=True)]
        issues.append(
            Issue(
                "SHAPE_DUPLICATE",
                "warning",
                layer,
                len(again),
                f"{counted(len(again), 'record')} with the same shape as another one: {first_ids(listed)}.",
                "Delete the ones that are too many.",
                features=listed,
                ids=list(again["id"]),
                places=spot,
            )
        )
    return issues


def named_twice(survey: Survey) -> list[Issue]:
    """Records that share an id, in layers where that does not stop the run."""
    issues = []
    for layer, clean in survey.layers.layers.items():
        # Records of one phase are its parts.
        if layer in ("parcels", "phases") or layer.startswith("works."):  # of works all parts are looked at together
            continue
        names = clean.frame[vocabulary.id_column(layer)]
        if are_unique(names):
            continue
        rows = np.flatnonzero(names.duplicated(keep=False))
        order = rows[np.argsort(names.iloc[rows].astype(object).astype(str).to_numpy(dtype=object), kind="stable")]
        listed = [str(i) for i in names.iloc[order]]
        issues.append(
            Issue(
                "ID_DUPLICATE",
                "note",
                layer,
                len(rows),
                f"{counted(len(rows), 'record')} that share an id with another one: "
                f"{first_ids(list(dict.fromkeys(listed)))}. Each is measured on its own.",
                "Give each an id of its own, if they are not one thing.",
                features=listed,
                places=_middle(clean.frame, order),
            )
        )
    return issues


def _middle(frame: gpd.GeoDataFrame, rows: np.ndarray) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in spots(np.asarray(frame.geometry.array)[rows])]
