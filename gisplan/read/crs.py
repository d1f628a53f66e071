"""One projected coordinate system in metres for the whole study, and how each layer gets there."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.aoi import AreaOfInterest

from gisplan.errors import LayerError, counted
from gisplan.geometry.size import areal_scale
from gisplan.issues import Issue
from gisplan.plan.values import projected

#: A projection that stretches areas by more than this is not kept when gisplan may choose; 3° and 6° zones
#: stay below it.
KEPT_STRETCH = 0.004

#: Datums that follow the earth's centre of mass and lie within about two metres of each other: WGS 84,
#: CGCS2000, ETRS89, NAD83.
_GEOCENTRIC = {4326, 4490, 4258, 4269, 6318}

#: A projection in the plan that stretches areas by more than this is refused: distances would be off by half
#: of it.
REFUSED_STRETCH = 0.01


def bounds(frame: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    """Bounds of a layer without the records whose coordinates are not numbers; NaN when none is left."""
    whole = shapely.total_bounds(np.asarray(frame.geometry.array))
    if np.isfinite(whole).all():
        a0, b0, a1, b1 = whole.tolist()
        return a0, b0, a1, b1
    each = shapely.bounds(np.asarray(frame.geometry.array))
    each = each[np.isfinite(each).all(axis=1)]
    if len(each) == 0:
        return (np.nan, np.nan, np.nan, np.nan)
    x0, y0 = each[:, :2].min(axis=0)
    x1, y1 = each[:, 2:].max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)


def stretch(crs: CRS, box: tuple[float, float, float, float]) -> float:
    """How much larger areas are drawn than on the ellipsoid, at the middle of a box (0.01 is 1 %)."""
    x, y = (np.array([(box[0] + box[2]) / 2]), np.array([(box[1] + box[3]) / 2]))
    return float(areal_scale(crs, x, y)[0] - 1)


def from_plan(text: str) -> CRS:
    """Coordinate system a plan names.

    Raises
    ------
    LayerError
        It is unknown, or not projected in metres.
    """
    try:
        return projected(text)
    except ValueError as error:
        raise LayerError(f"[plan] crs: {error}.") from None


def choose(frame: gpd.GeoDataFrame, wanted: str | None, *, place: str) -> tuple[CRS, Issue]:
    """Choose the study's coordinate system.

    The plan's if it names one; else the layer's own if that is in metres and true to area; else, where the
    datum is CGCS2000, the 3° Gauss–Krüger zone of the data, and the UTM zone elsewhere.

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
    own, box = CRS(frame.crs), bounds(frame)
    if np.isnan(box[0]):
        raise LayerError(f"{place}: none of {counted(len(frame), 'record')} has a usable geometry. Give another layer.")
    if wanted is not None:
        crs, why = from_plan(wanted), "named in the plan"
    elif _in_metres(own) and abs(stretch(own, box)) <= KEPT_STRETCH:
        crs, why = own, f"that of {place}"
    else:
        lon, lat = _middle(own, box)
        crs, why = _own_zone(own, lon, lat, place=place)
        unit = "degrees" if not own.is_projected else own.axis_info[0].unit_name
        why += f"; {own.name} is in {unit}" + (
            f" and stretches areas by {stretch(own, box):+.1%}" if _in_metres(own) else ""
        )
    middle = Transformer.from_crs(own, crs, always_xy=True).transform((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    off = stretch(crs, (*middle, *middle)) if np.isfinite(middle).all() else np.nan
    if not np.isfinite(off) or abs(off) > REFUSED_STRETCH:
        how = f"stretches areas by {off:+.1%}" if np.isfinite(off) else "does not reach"
        raise LayerError(
            f"[plan] crs: {wanted or 'chosen from the data'} ({crs.name}) {how} where the data lie, so "
            "distances would be wrong. "
            "Give the zone of the data, or leave crs out and gisplan chooses."
        )
    epsg = crs.to_epsg()
    name = f"{crs.name} (EPSG:{epsg})" if epsg else crs.name
    return crs, Issue("STUDY_CRS", "note", "study", 1, f"Measured in {name}: {why}.", "", "planner")


def _own_zone(own: CRS, lon: float, lat: float, *, place: str) -> tuple[CRS, str]:
    """Zone of a place: 3° Gauss–Krüger on CGCS2000, UTM elsewhere."""
    geodetic = own.geodetic_crs
    if geodetic is not None and geodetic.to_epsg() == 4490 and 73.5 <= lon <= 136.5:
        return CRS.from_epsg(4509 + round(lon / 3)), f"the 3° Gauss–Krüger zone of {lon:.2f}°E"
    point = gpd.GeoSeries([shapely.Point(lon, lat)], crs=geodetic)
    why = f"the UTM zone of {lon:.2f}°, {lat:.2f}°"
    try:
        # On the layer's own datum where it has UTM zones, so that nothing is shifted.
        return CRS(point.estimate_utm_crs(datum_name=geodetic.name if geodetic is not None else "WGS 84")), why
    except RuntimeError:
        pass
    try:
        return CRS(point.estimate_utm_crs()), why
    except RuntimeError:
        raise LayerError(
            f"{place}: lies at {lon:.6g}°, {lat:.6g}°, where there is no UTM zone. "
            'Check its coordinate system, or give crs = "EPSG:…" in [plan].'
        ) from None


def _in_metres(crs: CRS) -> bool:
    return crs.is_projected and all(a.unit_name == "metre" for a in crs.axis_info[:2])


def _middle(crs: CRS, box: tuple[float, float, float, float]) -> tuple[float, float]:
    lon, lat = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True).transform(
        (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    )
    return float(lon), float(lat)


def project(frame: gpd.GeoDataFrame, crs: CRS, *, layer: str) -> tuple[gpd.GeoDataFrame, list[Issue]]:
    """Bring a layer into the study's coordinate system.

    Returns
    -------
    tuple
        The layer, a warning where no accurate way between the two datums is known, and a note where its own
        system stretches areas: they are not measured in that.
    """
    own = CRS(frame.crs)
    if own == crs:
        return frame, []
    issues = []
    lon0, lat0, lon1, lat1 = _degree_bounds(frame, own)
    area: Any = AreaOfInterest(lon0, lat0, lon1, lat1)
    pipeline = Transformer.from_crs(own, crs, always_xy=True, area_of_interest=area)
    if "ballpark" in (pipeline.description or "").lower():
        issues.append(_ballpark(own, crs, layer=layer, records=len(frame)))
    box = bounds(frame)
    if _in_metres(own) and not np.isnan(box[0]) and abs(stretch(own, box)) > REFUSED_STRETCH:
        issues.append(
            Issue(
                "CRS_STRETCHES",
                "note",
                layer,
                len(frame),
                f"{own.name} stretches areas by {stretch(own, box):+.1%} here; measured in {crs.name} instead.",
            )
        )
    return frame.to_crs(crs), issues


def _geodetic(crs: CRS) -> int | None:
    """Number of the system's own system in degrees; GeoJSON and GeoParquet call WGS 84 by a name without one."""
    base = crs.geodetic_crs
    if base is None:
        return None
    return 4326 if base.to_authority() == ("OGC", "CRS84") else base.to_epsg()


def _ballpark(own: CRS, crs: CRS, *, layer: str, records: int) -> Issue:
    """Say how far positions may be off where no accurate way between two datums is known."""
    if {_geodetic(own), _geodetic(crs)} <= _GEOCENTRIC:
        return Issue(
            "CRS_BALLPARK",
            "note",
            layer,
            records,
            f"{own.name} and {crs.name} are taken as the same datum: positions may be off by a metre or two.",
        )
    return Issue(
        "CRS_BALLPARK",
        "warning",
        layer,
        records,
        f"No accurate way from {own.name} to {crs.name} is known: positions may be off by tens of metres.",
        "Convert the layer with your survey office's parameters.",
    )


def _degree_bounds(frame: gpd.GeoDataFrame, crs: CRS) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = bounds(frame)
    lon, lat = Transformer.from_crs(crs, 4326, always_xy=True).transform([x0, x1, x0, x1], [y0, y0, y1, y1])
    if not np.isfinite([*lon, *lat]).all():
        return -180.0, -90.0, 180.0, 90.0
    return max(min(lon), -180.0), max(min(lat), -90.0), min(max(lon), 180.0), min(max(lat), 90.0)
