"""Results as a GeoPackage that any GIS opens."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyogrio.errors
import shapely

from gisplan import issues as issues_
from gisplan.issues import Issue
from gisplan.show.qgis import Style, write_styles

#: Stands in the file where GDAL would write the time of day, so that the same results give the same bytes.
_STAMP = "2000-01-01T00:00:00.000Z"


@contextmanager
def _fixed_stamp() -> Iterator[None]:
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _STAMP})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def writable(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Frame with columns GDAL can store: text for dates and mixed ones, 1/0 for yes/no."""
    out = {}
    for name in frame.columns.drop(frame.geometry.name):
        values = frame[name]
        if values.dtype == object:
            kinds = {type(v) for v in values.dropna()}
            if kinds and kinds <= {bool, np.bool_}:
                values = values.map(lambda v: None if pd.isna(v) else int(v)).astype("Int8")
            elif not kinds or kinds <= {str}:
                values = values.astype("string")
            else:
                values = values.map(lambda v: None if pd.isna(v) else str(v)).astype("string")
        out[name] = values
    return gpd.GeoDataFrame(out, geometry=frame.geometry.array, crs=frame.crs)


def issue_points(issues: Iterable[Issue], crs: object) -> gpd.GeoDataFrame:
    """One point a feature concerned; a feature that is not drawn has a row without a point."""
    rows = issues_.places(issues)
    points = np.full(len(rows), None, dtype=object)
    drawn = rows["x"].notna().to_numpy()
    points[drawn] = shapely.points(rows["x"][drawn], rows["y"][drawn])
    return gpd.GeoDataFrame(rows.drop(columns=["x", "y"]), geometry=points, crs=crs)


def write_geopackage(
    layers: Mapping[str, gpd.GeoDataFrame],
    file: Path,
    *,
    about: str = "",
    styles: Mapping[str, Sequence[Style]] | None = None,
) -> None:
    """Write layers into one GeoPackage, in the order given.

    Parameters
    ----------
    layers
        Name → features, all in one coordinate system.
    file
        Where; must not exist.
    about
        What the layers are of, for whoever looks at their properties.
    styles
        How QGIS shows them, by layer.

    Raises
    ------
    OSError
        The disk does not take it.
    """
    with _fixed_stamp():
        for i, (name, frame) in enumerate(layers.items()):
            try:
                pyogrio.write_dataframe(
                    writable(frame),
                    file,
                    layer=name,
                    driver="GPKG",
                    append=i > 0,
                    use_arrow=False,
                    geometry_type="Point" if name == "issues" else None,
                    promote_to_multi=name != "issues",
                    layer_options={"DESCRIPTION": about} if about else None,
                )
            except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
                raise OSError(errno.EIO, f"{file.name}: {error}") from error
        if styles:
            try:
                write_styles(file, styles, stamp=_STAMP)
            except sqlite3.Error as error:
                raise OSError(errno.EIO, f"{file.name}: {error}") from error
