"""Lines of a drawing → polygons: ends joined, closed lines kept as drawn, the others noded and closed to faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from gisplan.geometry.nested import nested

#: Lines are noded on a grid of a tenth of a millimetre: an end put onto another line must meet it in the
#: arithmetic of computers as well.
GRID = 1e-4

#: How often ends are put onto lines that may have moved in between.
_ROUNDS = 4

#: Places nearer than this (m) are one place.
_SAME = 1e-6


@dataclass(frozen=True)
class Joined:
    """Lines whose ends meet.

    Attributes
    ----------
    lines
        The lines, shape (n,); None where a line had no length left.
    moved
        How many ends were moved.
    furthest
        The furthest of them, metres.
    """

    lines: NDArray[np.object_]
    moved: int
    furthest: float


@dataclass(frozen=True)
class Faces:
    """Polygons made of lines.

    Attributes
    ----------
    polygons
        Shape (m,).
    source
        Row of the line each is made from; of several, the one with the longest part of its border.
    loose
        Lines that close nothing, shape (k,), longer than the tolerance.
    overshoots
        How many ends ran over another line by no more than the tolerance.
    copies
        How many polygons repeated another one and were left out.
    outlines
        How many closed lines went round others that fill them, and were left out.
    islands
        How many polygons lay inside another one and were taken out of it.
    slivers
        How many faces were narrower than the tolerance and were left out.
    """

    polygons: NDArray[np.object_]
    source: NDArray[np.int64]
    loose: NDArray[np.object_]
    overshoots: int
    copies: int
    outlines: int
    islands: int
    slivers: int


def join_ends(lines: NDArray[np.object_], others: NDArray[np.object_], *, tolerance: float) -> Joined:
    """Move ends of lines onto each other, or onto a line they nearly reach.

    Ends within the tolerance go to the place where most of them already meet, and the first drawn among
    equals; an end that is still alone goes to the nearest corner within the tolerance, else to the nearest
    point of a line.

    Parameters
    ----------
    lines
        Open lines, shape (n,).
    others
        Borders of closed ones, which do not move.
    tolerance
        Metres.
    """
    if len(lines) == 0:
        return Joined(lines, 0, 0.0)
    # Start and end of each line in turn, so that the first place is that of the first line.
    ends = shapely.get_coordinates(shapely.get_point(np.repeat(lines, 2), np.tile([0, -1], len(lines))))
    met, alone = _met(ends, tolerance)
    out = _with_ends(lines, met)
    # An end put onto a line leaves it again when that line's own end is moved, so this is done again.
    for _ in range(_ROUNDS):
        reached = _reached(met, np.flatnonzero(alone), out, others, tolerance)
        if (reached == met).all():
            break
        met, out = reached, _with_ends(out, reached)
    away = np.hypot(*(met - ends).T)
    return Joined(out, int((away > _SAME).sum()), float(away.max()))


def _with_ends(lines: NDArray[np.object_], ends: NDArray[np.float64]) -> NDArray[np.object_]:
    """Lines between other ends; None where nothing is left between them."""
    out = lines.copy()
    for i in np.flatnonzero(~shapely.is_missing(lines)):
        points = shapely.get_coordinates(lines[i])
        if (points[0] == ends[2 * i]).all() and (points[-1] == ends[2 * i + 1]).all():
            continue
        points[0], points[-1] = ends[2 * i], ends[2 * i + 1]
        distinct = np.r_[True, (np.diff(points, axis=0) != 0).any(axis=1)]
        out[i] = shapely.linestrings(points[distinct]) if distinct.sum() > 1 else None
    return out


def _met(ends: NDArray[np.float64], tolerance: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Place each end moves to, and whether it is alone there."""
    _, first, place, count = np.unique(
        np.round(ends / _SAME), axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    place = place.ravel()
    spots = ends[first]
    tree = cKDTree(spots)
    target = np.arange(len(spots))
    near: dict[int, list[int]] = {}
    for a, b in tree.query_pairs(tolerance, output_type="ndarray").tolist():
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    taken = np.zeros(len(spots), dtype=bool)
    for spot in sorted(near, key=lambda s: (-count[s], first[s])):
        if taken[spot]:
            continue
        taken[spot] = True
        for other in near[spot]:
            if not taken[other]:
                taken[other] = True
                target[other] = spot
    goal = target[place]
    return spots[goal], np.bincount(goal, minlength=len(spots))[goal] == 1


def _reached(
    ends: NDArray[np.float64],
    alone: NDArray[np.int64],
    lines: NDArray[np.object_],
    others: NDArray[np.object_],
    tolerance: float,
) -> NDArray[np.float64]:
    """Bring lone ends onto the line they nearly reach."""
    if len(alone) == 0 or tolerance == 0:
        return ends
    out = ends.copy()
    everything = np.concatenate([lines, others])
    points = shapely.points(ends[alone])
    which, line = shapely.STRtree(everything).query(points, predicate="dwithin", distance=tolerance)
    # An end lies on its own line in any case.
    foreign = line != alone[which] // 2
    which, line = which[foreign], line[foreign]
    gap = shapely.distance(points[which], everything[line])
    order = np.lexsort((line, gap, which))
    _, nearest = np.unique(which[order], return_index=True)
    for k in order[nearest]:
        if gap[k] <= _SAME:
            continue
        end, goal = out[alone[which[k]]], everything[line[k]]
        corners = shapely.get_coordinates(goal)
        off = np.hypot(*(corners - end).T)
        out[alone[which[k]]] = (
            corners[off.argmin()]
            if off.min() <= tolerance
            else shapely.get_coordinates(
                shapely.line_interpolate_point(goal, shapely.line_locate_point(goal, points[which[k]]))
            )[0]
        )
    return out


def faces(shapes: NDArray[np.object_], *, tolerance: float, holes: bool) -> Faces:
    """Make polygons of closed and open lines.

    A closed line is a polygon as it is drawn, also where two of them overlap, unless open lines divide it. The
    open lines, with the closed ones as their neighbours, are noded and every face they enclose is a polygon.
    A polygon wholly inside another is taken out of it.

    Parameters
    ----------
    shapes
        Polygons (closed lines) and lines whose ends have been joined, shape (n,).
    tolerance
        Width (m) up to which faces and ends that stick out are slips of the drawing.
    holes
        Whether a polygon inside another is only a hole in it, rather than a polygon as well.
    """
    closed = np.flatnonzero(shapely.get_type_id(shapes) != 1)
    open_ = np.flatnonzero(shapely.get_type_id(shapes) == 1)
    solid = shapely.make_valid(shapes[closed], method="structure", keep_collapsed=False)
    flat = closed[shapely.is_empty(solid)]
    divided = _divided(solid, shapes[open_], tolerance)
    kept, parts = closed[~divided], solid[~divided]
    found, loose = _closed(np.delete(shapes, flat)) if len(open_) else (np.zeros(0, dtype=object),) * 2
    found = found[~_within(found, parts)]
    borders = np.concatenate([open_, closed[divided]])
    source, is_open = _longest_border(found, shapes, borders)
    # Land between closed lines alone lies between polygons and is none.
    drawn = is_open | _within(found, solid[divided])
    found, source = found[drawn], source[drawn]
    narrow = _width(found) <= tolerance
    found, source = found[~narrow], source[~narrow]
    inside = nested(
        np.concatenate([parts, found]), np.concatenate([shapes[kept], found]), tolerance=tolerance, holes=holes
    )
    rows = np.concatenate([kept, source])[inside.rows]
    corner = shapely.bounds(inside.polygons)
    order = np.lexsort((corner[:, 1], corner[:, 0], rows)) if len(rows) else np.zeros(0, dtype=np.int64)
    length = shapely.length(loose)
    return Faces(
        inside.polygons[order],
        rows[order].astype(np.int64),
        loose[length > tolerance],
        int((length <= tolerance).sum()),
        inside.copies,
        inside.outlines,
        inside.islands,
        int(narrow.sum()),
    )


def _width(polygons: NDArray[np.object_]) -> NDArray[np.float64]:
    return np.asarray(2 * shapely.area(polygons) / np.maximum(shapely.length(polygons), _SAME))


def _borders(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    out = shapes.copy()
    areas = shapely.get_type_id(shapes) != 1
    out[areas] = shapely.boundary(shapes[areas])
    return out


def _noded(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.asarray(shapely.get_parts(shapely.union_all(_borders(shapes), grid_size=GRID)))


def _divided(solid: NDArray[np.object_], open_: NDArray[np.object_], tolerance: float) -> NDArray[np.bool_]:
    """Whether open lines cut each closed one into parts, rather than only touch it or end inside."""
    out = np.zeros(len(solid), dtype=bool)
    if len(solid) == 0 or len(open_) == 0:
        return out
    # Lines that only run along the border, or end on it, divide nothing.
    area, line = shapely.STRtree(open_).query(solid, predicate="intersects")
    through = shapely.relate_pattern(solid[area], open_[line], "T********")
    for i in np.unique(area[through]):
        lines = open_[line[through & (area == i)]]
        pieces = np.asarray(shapely.get_parts(shapely.polygonize(_noded(np.r_[solid[i : i + 1], lines]))))
        own = _within(pieces, solid[i : i + 1]) & (_width(pieces) > tolerance)
        out[i] = own.sum() > 1
    return out


def _closed(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Faces of all lines, and the lines that border none, joined as far as they run on."""
    polygons, cuts, dangles, _ = shapely.polygonize_full(_noded(shapes))
    rest = np.concatenate([shapely.get_parts(dangles), shapely.get_parts(cuts)])
    if len(rest) == 0:
        return np.asarray(shapely.get_parts(polygons)), rest
    merged = np.asarray(shapely.get_parts(shapely.line_merge(shapely.multilinestrings(rest))))
    place = shapely.bounds(merged)
    return np.asarray(shapely.get_parts(polygons)), merged[np.lexsort((place[:, 1], place[:, 0]))]


def _within(pieces: NDArray[np.object_], areas: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Whether each piece lies in one of the areas."""
    out = np.zeros(len(pieces), dtype=bool)
    if len(pieces) and len(areas):
        out[shapely.STRtree(areas).query(shapely.point_on_surface(pieces), predicate="intersects")[0]] = True
    return out


def _longest_border(
    found: NDArray[np.object_], shapes: NDArray[np.object_], borders: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Line with the longest part of each face's border, −1 for none, and whether an open one is part of it."""
    owner, is_open = np.full(len(found), -1, dtype=np.int64), np.zeros(len(found), dtype=bool)
    if len(found) == 0:
        return owner, is_open
    rings, face_of = shapely.get_rings(found, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    step = np.flatnonzero(ring[1:] == ring[:-1])
    face = face_of[ring[step]]
    middle = shapely.points((points[step] + points[step + 1]) / 2)
    length = np.hypot(*(points[step + 1] - points[step]).T)
    segment, line = shapely.STRtree(_borders(shapes[borders])).query(middle, predicate="dwithin", distance=10 * GRID)
    is_open[face[segment[shapely.get_type_id(shapes[borders[line]]) == 1]]] = True
    keys, which = np.unique(np.stack([face[segment], line]), axis=1, return_inverse=True)
    share = np.bincount(which.ravel(), weights=length[segment], minlength=keys.shape[1])
    # The longest part is written last, of equal ones that of the first line.
    for k in np.lexsort((-keys[1], share)):
        owner[keys[0, k]] = borders[keys[1, k]]
    return owner, is_open
