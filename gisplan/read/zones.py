"""The zones: from a layer, from parcels brought together, or a grid of squares."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gisplan import vocabulary
from gisplan.errors import LayerError, counted, first_ids
from gisplan.issues import Issue


def merge_duplicates(
    frame: gpd.GeoDataFrame, column: str, *, layer: str, rule: str, place: str
) -> tuple[gpd.GeoDataFrame, list[Issue]]:
    """Refuse records that share an id, or make one of them: all their land, the first one's attributes.

    Raises
    ------
    LayerError
        There are some and the plan does not say they are parts of one.
    """
    ids = frame[column]
    repeated = sorted(ids[ids.duplicated()].unique())
    if not repeated:
        return frame, []
    rows = int(ids.isin(repeated).sum())
    if rule == "refuse":
        raise LayerError(
            f"{place}: {counted(len(repeated), column)} given to more than one record ({rows:,} records): "
            f"{first_ids(repeated)}. "
            'Correct the ids, or write duplicates = "merge" if the records are parts of one.'
        )
    twice = ids.isin(repeated)
    groups = frame[twice].groupby(column, sort=False)
    first = groups.head(1)
    joined = {name: shapely.union_all(part.geometry.array) for name, part in groups}
    first = first.set_geometry(gpd.GeoSeries([joined[i] for i in first[column]], index=first.index, crs=frame.crs))
    merged = pd.concat([frame[~twice], first]).sort_index().reset_index(drop=True)
    return gpd.GeoDataFrame(merged, geometry="geometry", crs=frame.crs), [
        Issue(
            "ID_MERGED",
            "warning",
            layer,
            len(repeated),
            f"{rows:,} records share {counted(len(repeated), column)} and were merged, each with the "
            "attributes of its first record: "
            f"{first_ids(repeated)}.",
            "Check that they are parts of one.",
            features=[str(r) for r in repeated],
        )
    ]


def with_ids(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Zones with their canonical columns, the usual ones always: a zone without a name is called by its id."""
    named = frame.assign(zone_id=frame["zone_id"].astype(str))
    for column in ("name", "level", "parent_id"):
        if column not in named:
            named[column] = None
    named["name"] = named["name"].where(named["name"].notna(), named["zone_id"])
    first = ["zone_id", "name", "level", "parent_id"]
    others = [c.stored for c in vocabulary.columns("zones").values() if c.stored not in first and c.stored in named]
    return named[[*first, *others, "geometry"]]


def dissolved(parcels: gpd.GeoDataFrame, by: str) -> tuple[gpd.GeoDataFrame, np.ndarray, list[Issue]]:
    """Zones made of parcels that share a value.

    Returns
    -------
    tuple
        Zones sorted by id; for each parcel the row number of its zone, −1 without one; what was found.
    """
    values = parcels[f"source:{by}"]
    if values.isna().all():
        raise LayerError(
            f"[layers.zones] by = {by!r}: none of {counted(len(values), 'parcel')} has a value there. Give "
            "another column."
        )
    names = sorted(values.dropna().unique())
    number = {v: i for i, v in enumerate(names)}
    member = values.map(lambda v: -1 if v is None or pd.isna(v) else number[v]).to_numpy(dtype=np.int64)
    geometry = np.asarray(parcels.geometry.array)
    # Value by value: a union takes all the parcels of one zone together.
    land = [shapely.union_all(geometry[member == i]) for i in range(len(names))]
    frame = gpd.GeoDataFrame({"zone_id": names}, geometry=land, crs=parcels.crs)
    issues = []
    blank = member < 0
    if blank.any():
        ids = parcels["parcel_id"][blank].tolist()
        issues.append(
            Issue(
                "ZONE_VALUE_MISSING",
                "warning",
                "parcels",
                len(ids),
                f"{counted(len(ids), 'parcel')} without {by!r} in no zone: {first_ids(ids)}.",
                "Fill in the values.",
                features=ids,
            )
        )
    return with_ids(frame), member, issues


def grid(features: gpd.GeoDataFrame, size: float, crs: CRS) -> gpd.GeoDataFrame:
    """Squares of ``size`` metres that hold some of the features, on multiples of the size.

    They are named by row, from the south, and column.

    A square that a feature only touches is left out, unless the feature lies in no other: a road on the line
    between two.

    Raises
    ------
    LayerError
        The grid would have more than 250,000 squares.
    """
    x0, y0, x1, y1 = features.total_bounds
    c0, r0 = int(np.floor(x0 / size)), int(np.floor(y0 / size))
    columns, rows = int(np.floor(x1 / size)) - c0 + 1, int(np.floor(y1 / size)) - r0 + 1
    if columns * rows > 250_000:
        raise LayerError(
            f"[layers.zones] grid = {size:g} m makes {columns * rows:,} squares over the data. Choose a larger size."
        )
    c, r = (a.ravel() for a in np.meshgrid(np.arange(columns), np.arange(rows)))
    squares = shapely.box((c0 + c) * size, (r0 + r) * size, (c0 + c + 1) * size, (r0 + r + 1) * size)
    geometry = np.asarray(features.geometry.array)
    feature, square = shapely.STRtree(squares).query(geometry, predicate="intersects")
    inside = ~shapely.touches(geometry[feature], squares[square])
    lone = np.bincount(feature[inside], minlength=len(geometry)) == 0
    hit = np.unique(square[inside | lone[feature]])
    ids = [f"r{r[i] + 1:03d}c{c[i] + 1:03d}" for i in hit]
    return with_ids(gpd.GeoDataFrame({"zone_id": ids}, geometry=squares[hit], crs=crs))
