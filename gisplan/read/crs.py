"""One projected coordinate system in metres for the whole study, and how each layer gets there."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from pyproj import CRS, Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.exceptions import CRSError

from gisplan.errors import LayerError
from gisplan.geometry.size import areal_scale
from gisplan.issues import Issue

#: A projection that stretches areas by more than this is not kept when gisplan may choose; 3° and 6° zones stay below it.
KEPT_STRETCH = 0.004

#: A projection in the plan that stretches areas by more than this is refused: distances would be off by half of it.
REFUSED_STRETCH = 0.01


def require(frame: gpd.GeoDataFrame, *, place: str) -> CRS:
    """Coordinate system a layer declares.

    Raises
    ------
    LayerError
        It declares none.
    """
    if frame.crs is None:
        x0, y0, x1, y1 = frame.total_bounds
        raise LayerError(
            f"{place}: has no coordinate system (x {x0:.6g}…{x1:.6g}, y {y0:.6g}…{y1:.6g}). "
            "Declare it in the file (e.g. a .prj beside a shapefile) before measuring."
        )
    return CRS(frame.crs)


def stretch(crs: CRS, bounds: tuple[float, float, float, float]) -> float:
    """How much larger areas are drawn than they are on the ellipsoid, at the middle of some bounds (0.01 is 1 %)."""
    x, y = (np.array([(bounds[0] + bounds[2]) / 2]), np.array([(bounds[1] + bounds[3]) / 2]))
    return float(areal_scale(crs, x, y)[0] - 1)


def from_plan(text: str) -> CRS:
    """Coordinate system a plan names.

    Raises
    ------
    LayerError
        It is unknown, or not projected in metres.
    """
    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        raise LayerError(f"[plan] crs: {text!r} is no coordinate system. Write e.g. crs = \"EPSG:4549\".") from None
    if not crs.is_projected or any(a.unit_name != "metre" for a in crs.axis_info[:2]):
        raise LayerError(
            f"[plan] crs: {text} ({crs.name}) is not a projected system in metres. "
            "Give one, or leave crs out and gisplan chooses from the data."
        )
    return crs


def choose(frame: gpd.GeoDataFrame, wanted: str | None, *, place: str) -> tuple[CRS, Issue]:
    """Choose the study's coordinate system.

    The plan's if it names one; else the layer's own if that is in metres and true to area; else, where the datum is CGCS2000, the 3°
    Gauss–Krüger zone of the data, and the UTM zone elsewhere.

    Parameters
    ----------
    frame
        The layer that decides: the zones, or the parcels they are made from.
    wanted
        What the plan says.

    Returns
    -------
    tuple
        The system and a note that names it.
    """
    own = require(frame, place=place)
    if wanted is not None:
        crs, why = from_plan(wanted), "named in the plan"
    elif _in_metres(own) and abs(stretch(own, tuple(frame.total_bounds))) <= KEPT_STRETCH:
        crs, why = own, f"that of {place}"
    else:
        lon, lat = _middle(frame, own)
        geodetic = own.geodetic_crs
        if geodetic is not None and geodetic.to_epsg() == 4490 and 73.5 <= lon <= 136.5:
            crs, why = CRS.from_epsg(4509 + round(lon / 3)), f"the 3° Gauss–Krüger zone of {lon:.2f}°E"
        else:
            crs, why = CRS(frame.estimate_utm_crs()), f"the UTM zone of {lon:.2f}°, {lat:.2f}°"
        unit = "degrees" if not own.is_projected else own.axis_info[0].unit_name
        why += f"; {own.name} is in {unit}" + (
            f" and stretches areas by {stretch(own, tuple(frame.total_bounds)):+.1%}" if _in_metres(own) else ""
        )
    bounds = tuple(frame.geometry.to_crs(crs).total_bounds)
    off = stretch(crs, bounds)
    if not np.isfinite(off) or abs(off) > REFUSED_STRETCH:
        raise LayerError(
            f"[plan] crs: {wanted} ({crs.name}) stretches areas by {off:+.1%} where the data lie, so distances would be wrong. "
            "Give the zone of the data, or leave crs out and gisplan chooses."
        )
    epsg = crs.to_epsg()
    name = f"{crs.name} (EPSG:{epsg})" if epsg else crs.name
    return crs, Issue("STUDY_CRS", "note", "study", 1, f"Measured in {name}: {why}.", "", "planner")


def _in_metres(crs: CRS) -> bool:
    return crs.is_projected and all(a.unit_name == "metre" for a in crs.axis_info[:2])


def _middle(frame: gpd.GeoDataFrame, crs: CRS) -> tuple[float, float]:
    x0, y0, x1, y1 = frame.total_bounds
    lon, lat = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True).transform((x0 + x1) / 2, (y0 + y1) / 2)
    return float(lon), float(lat)


def project(frame: gpd.GeoDataFrame, crs: CRS, *, layer: str, place: str) -> tuple[gpd.GeoDataFrame, list[Issue]]:
    """Bring a layer into the study's coordinate system.

    Returns
    -------
    tuple
        The layer, and a warning where no accurate way between the two datums is known.
    """
    own = require(frame, place=place)
    if own == crs:
        return frame, []
    issues = []
    lon0, lat0, lon1, lat1 = _degree_bounds(frame, own)
    pipeline = Transformer.from_crs(own, crs, always_xy=True, area_of_interest=AreaOfInterest(lon0, lat0, lon1, lat1))
    if "ballpark" in (pipeline.description or "").lower():
        issues.append(
            Issue(
                "CRS_BALLPARK", "warning", layer, len(frame),
                f"No accurate way from {own.name} to {crs.name} is known: positions may be off by tens of metres.",
                "Convert the layer with your survey office's parameters.",
            )
        )
    return frame.to_crs(crs), issues


def _degree_bounds(frame: gpd.GeoDataFrame, crs: CRS) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = frame.total_bounds
    lon, lat = Transformer.from_crs(crs, 4326, always_xy=True).transform([x0, x1, x0, x1], [y0, y0, y1, y1])
    if not np.isfinite([*lon, *lat]).all():
        return -180.0, -90.0, 180.0, 90.0
    return max(min(lon), -180.0), max(min(lat), -90.0), min(max(lon), 180.0), min(max(lat), 90.0)
