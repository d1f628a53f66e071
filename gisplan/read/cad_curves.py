"""Curves of a drawing → points along them, never further from the curve than is asked."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

#: Points a single curve may need; more only come from a radius that is a mistake.
_MOST = 100_000

#: Largest coordinate of an ellipse or spline, in units of the exactness that is asked.
_LARGEST = 1e11

Points = NDArray[np.float64]


def points_of(entity: Any, within: float) -> list[Points]:
    """Turn an entity into lines.

    Parameters
    ----------
    entity
        A LINE, LWPOLYLINE, POLYLINE, ARC, CIRCLE, ELLIPSE, SPLINE or HATCH.
    within
        How far (drawing units) a chord may lie from its curve.

    Returns
    -------
    list
        Points (n, 3) in the drawing's world system; a closed line ends where it begins.

    Raises
    ------
    ValueError
        It is too large a curve, or has no points.
    """
    kind = entity.dxftype()
    if kind == "LINE":
        return [_array([entity.dxf.start, entity.dxf.end])]
    if kind == "LWPOLYLINE":
        corners = entity.get_points("xyb")
        return [_bulged(corners, entity.closed, entity.dxf.elevation, entity.ocs(), within)]
    if kind == "POLYLINE":
        return [_polyline(entity, within)]
    if kind in ("ARC", "CIRCLE"):
        whole = kind == "CIRCLE"
        start, end = (0.0, 360.0) if whole else (entity.dxf.start_angle, entity.dxf.end_angle)
        centre, radius = entity.dxf.center, entity.dxf.radius
        flat = _arc(centre.x, centre.y, abs(radius), math.radians(start), math.radians(end), within, whole=whole)
        return [_world(flat, centre.z, entity.ocs())]
    if kind == "HATCH":
        ocs, height = entity.ocs(), entity.dxf.elevation.z
        return [_world(flat, height, ocs) for flat in (_path(p, within) for p in entity.paths) if len(flat) > 3]
    return [_array(_smooth(entity.construction_tool(), within, entity))]


def areas_of(rings: list[Points]) -> list[shapely.Polygon]:
    """Polygons of a hatch: land inside an odd number of its rings."""
    land = shapely.Polygon()
    for ring in rings:
        part = shapely.make_valid(shapely.Polygon(ring[:, :2]), method="structure", keep_collapsed=False)
        land = shapely.symmetric_difference(land, part)
    return [p for p in shapely.get_parts(land).tolist() if p.geom_type == "Polygon" and not p.is_empty]


def _smooth(curve: Any, within: float, source: Any) -> Any:
    """Points along an ellipse or spline, whose size is looked at first: they are found by halving again and again."""
    spline = hasattr(curve, "control_points")
    reach = list(curve.control_points) if spline else [curve.center, curve.major_axis]
    size = np.abs(np.array([tuple(p) for p in reach], dtype=float))
    if not np.isfinite(size).all() or (size.size and size.max() > _LARGEST * within):
        raise ValueError("is a curve of absurd size")
    return source.flattening(within)


def _array(points: Any) -> Points:
    out = np.array([(p.x, p.y, p.z) for p in points], dtype=float)
    if len(out) < 2:
        raise ValueError("has fewer than two points")
    return out


def _world(flat: Points, height: float, ocs: Any) -> Points:
    """Points of an entity's own plane in the world: mirrored drawings have planes of their own."""
    deep = np.column_stack([flat, np.full(len(flat), height)])
    return _array(ocs.points_to_wcs(deep.tolist())) if ocs.transform else deep


def _polyline(entity: Any, within: float) -> Points:
    if entity.is_poly_face_mesh or entity.is_polygon_mesh:
        raise ValueError("is a surface")
    closed = bool(entity.is_closed)
    if entity.is_2d_polyline:
        corners = [(v.dxf.location.x, v.dxf.location.y, v.dxf.bulge) for v in entity.vertices]
        return _bulged(corners, closed, entity.dxf.elevation.z, entity.ocs(), within)
    points = _array(v.dxf.location for v in entity.vertices)
    return np.concatenate([points, points[:1]]) if closed else points


def _bulged(corners: Any, closed: bool, height: float, ocs: Any, within: float) -> Points:
    if len(corners) < 2:
        raise ValueError("has fewer than two points")
    return _world(_rounded([tuple(c) for c in corners], closed, within), height, ocs)


def _rounded(corners: list[tuple[float, float, float]], closed: bool, within: float) -> Points:
    """Corners with the arcs between them; a bulge is the tangent of a quarter of the arc's angle."""
    out = [np.array([corners[0][:2]])]
    for (x0, y0, bulge), (x1, y1, _) in zip(
        corners if closed else corners[:-1], corners[1:] + corners[:1] if closed else corners[1:], strict=True
    ):
        chord = math.hypot(x1 - x0, y1 - y0)
        if bulge and chord and math.isfinite(bulge):
            radius = chord * (1 + bulge * bulge) / (4 * bulge)
            along, across = (x1 - x0) / chord, (y1 - y0) / chord
            middle = radius * (1 - bulge * bulge) / (1 + bulge * bulge)
            cx, cy = (x0 + x1) / 2 - across * middle, (y0 + y1) / 2 + along * middle
            start = math.atan2(y0 - cy, x0 - cx)
            arc = _turned(cx, cy, abs(radius), start, 4 * math.atan(bulge), within)
            out.append(arc[1:-1])
        out.append(np.array([[x1, y1]]))
    return np.concatenate(out)


def _arc(cx: float, cy: float, radius: float, start: float, end: float, within: float, *, whole: bool) -> Points:
    sweep = math.tau if whole else (end - start) % math.tau or math.tau
    out = _turned(cx, cy, radius, start, sweep, within)
    if whole:
        out[-1] = out[0]
    return out


def _turned(cx: float, cy: float, radius: float, start: float, sweep: float, within: float) -> Points:
    """Points on a circle from an angle on, the rise of each chord no more than ``within``."""
    if not (math.isfinite(radius) and radius > 0):
        raise ValueError("has no radius")
    step = 2 * math.acos(max(1 - within / radius, 0.0)) or math.sqrt(8 * within / radius)
    n = max(math.ceil(abs(sweep) / step), 2)
    if n > _MOST:
        raise ValueError("is a curve of absurd size")
    angle = start + sweep * np.linspace(0.0, 1.0, n + 1)
    return np.column_stack([cx + radius * np.cos(angle), cy + radius * np.sin(angle)])


def _path(path: Any, within: float) -> Points:
    """Corners of one border of a hatch, the first one again at the end."""
    if hasattr(path, "vertices"):
        corners = [(v[0], v[1], v[2] if len(v) > 2 else 0.0) for v in path.vertices]
        return _rounded(corners, True, within) if len(corners) > 1 else np.zeros((0, 2))
    out = np.zeros((0, 2))
    for edge in path.edges:
        step = _edge(edge, within)
        # Arcs of a hatch are stored anticlockwise however the border runs.
        if len(out) and math.dist(out[-1], step[-1]) < math.dist(out[-1], step[0]):
            step = step[::-1]
        out = np.concatenate([out, step[1:] if len(out) and np.allclose(out[-1], step[0], atol=1e-9) else step])
    return np.concatenate([out, out[:1]]) if len(out) else out


def _edge(edge: Any, within: float) -> Points:
    kind = type(edge).__name__
    if kind == "LineEdge":
        return np.array([(edge.start.x, edge.start.y), (edge.end.x, edge.end.y)])
    if kind == "ArcEdge":
        start, end = math.radians(edge.start_angle), math.radians(edge.end_angle)
        whole = abs(abs(edge.end_angle - edge.start_angle) - 360) < 1e-9
        return _arc(edge.center.x, edge.center.y, edge.radius, start, end, within, whole=whole)
    tool = edge.construction_tool()
    return np.array([(p.x, p.y) for p in _smooth(tool, within, tool)])
