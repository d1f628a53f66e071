"""Lines of a drawing → the shapes of a layer, and what had to be done to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.errors import counted, first_ids
from gisplan.geometry.faces import Faces, faces, join_ends
from gisplan.issues import Issue
from gisplan.read.cad_entities import Item
from gisplan.read.cad_texts import Place

#: Lines whose points agree to this (m) are one line drawn twice.
_SAME = 1e-3


@dataclass(frozen=True)
class Shapes:
    """Shapes of a layer, each with the row of the item that tells its attributes."""

    geometry: NDArray[np.object_]
    source: NDArray[np.int64]
    issues: list[Issue]


def single(
    items: Sequence[Item], shapes: NDArray[np.object_], *, layer: str, file: str
) -> tuple[NDArray[np.int64], list[Issue]]:
    """Rows of shapes without those drawn before, in either direction."""
    rounded = shapely.normalize(shapely.set_precision(shapes, _SAME, mode="pointwise"))
    seen: dict[bytes, int] = {}
    keep: list[int] = []
    again: list[int] = []
    for i, key in enumerate(shapely.to_wkb(rounded)):
        (again if key in seen else keep).append(i)
        seen.setdefault(key, i)
    if not again:
        return np.array(keep, dtype=np.int64), []
    listed = [f"{items[i].handle} ({items[i].layer})" for i in again]
    return np.array(keep, dtype=np.int64), [
        Issue(
            "DRAWING_DUPLICATES",
            "note",
            layer,
            len(again),
            f"{file}: {counted(len(again), 'line')} drawn over another one left out, by handle: {first_ids(listed)}.",
            "Delete them with OVERKILL.",
            features=listed,
        )
    ]


def polygons(
    items: Sequence[Item], shapes: NDArray[np.object_], *, close: float, holes: bool, layer: str, file: str, at: Place
) -> Shapes:
    """Close lines to polygons.

    Parameters
    ----------
    items
        What was drawn, n.
    shapes
        Their shapes in metres, shape (n,).
    close
        Ends within this distance (m) are joined.
    holes
        Whether a polygon inside another is only a hole.
    layer, file
        For messages.
    at
        Says where a point lies in the drawing.
    """
    rows, issues = single(items, shapes, layer=layer, file=file)
    shapes = shapes[rows]
    lines = np.flatnonzero(shapely.get_type_id(shapes) == 1)
    rings = shapely.boundary(np.delete(shapes, lines))
    joined = join_ends(shapes[lines], rings, tolerance=close)
    shapes = shapes.copy()
    shapes[lines] = joined.lines
    full = ~shapely.is_missing(shapes)
    shapes[full] = [_closed(s) for s in shapes[full]]
    made = faces(shapes[full], tolerance=close, holes=holes)
    issues += _told(made, joined.moved, joined.furthest, int((~full).sum()), close, holes, layer=layer, file=file)
    issues += _unclosed(items, shapes, rows, made.loose, layer=layer, file=file, at=at)
    return Shapes(made.polygons, rows[full][made.source], issues)


def as_drawn(items: Sequence[Item], shapes: NDArray[np.object_], *, layer: str, file: str, services: bool) -> Shapes:
    """Lines as they are, or points where there are no lines."""
    rings = shapely.get_type_id(shapes) == 3
    shapes = shapes.copy()
    shapes[rings] = shapely.linestrings([shapely.get_coordinates(s) for s in shapes[rings]]) if rings.any() else []
    rows, issues = single(items, shapes, layer=layer, file=file)
    points = shapely.get_type_id(shapes[rows]) == 0
    if services and points.any() and not points.all():
        n = int(points.sum())
        listed = [items[i].handle for i in rows[points]]
        issues.append(
            Issue(
                "DRAWING_POINTS_LEFT",
                "warning",
                layer,
                n,
                f"{file}: {counted(n, 'point or block', 'points and blocks')} beside lines left out: "
                f"{first_ids(listed)}.",
                "Read them as a service of their own, from a CAD layer of their own.",
                features=listed,
            )
        )
        rows = rows[~points]
    return Shapes(shapes[rows], rows, issues)


def _closed(shape: Any) -> Any:
    points = shapely.get_coordinates(shape)
    ends_meet = shape.geom_type == "LineString" and len(points) > 3 and (points[0] == points[-1]).all()
    return shapely.polygons(points) if ends_meet else shape


def _told(
    made: Faces, moved: int, furthest: float, short: int, close: float, holes: bool, *, layer: str, file: str
) -> list[Issue]:
    """Say what was joined, left out and taken for what."""
    told = []
    if moved:
        told.append(
            (
                "DRAWING_JOINED",
                moved,
                f"{counted(moved, 'end')} of lines joined to what lay within {close:g} m, the furthest over "
                f"{furthest:.3f} m",
                "",
            )
        )
    slips = made.overshoots + short + made.slivers + made.copies
    if slips:
        parts = {
            "end sticking out": made.overshoots,
            "short line": short,
            "narrow face": made.slivers,
            "polygon drawn nearly over another one": made.copies,
        }
        words = {
            "end sticking out": "ends sticking out",
            "polygon drawn nearly over another one": "polygons drawn nearly over others",
        }
        listed = ", ".join(counted(n, one, words.get(one, "")) for one, n in parts.items() if n)
        told.append(
            (
                "DRAWING_SLIPS",
                slips,
                f"left out as slips of the drawing, no longer or wider than {close:g} m: {listed}",
                "",
            )
        )
    if made.outlines:
        told.append(
            (
                "DRAWING_OUTLINES",
                made.outlines,
                f"{counted(made.outlines, 'closed line')} round others that fill all of it left out",
                "",
            )
        )
    if made.islands:
        what = "only a hole in it" if holes else "taken out of it and kept as a polygon of its own"
        remedy = "" if holes else 'Write islands = "holes" in the drawing table if they are courtyards.'
        n = counted(made.islands, "polygon")
        told.append(("DRAWING_ISLANDS", made.islands, f"{n} inside another one, each {what}", remedy))
    return [Issue(code, "note", layer, n, f"{file}: {text}.", remedy, "planner") for code, n, text, remedy in told]


def _unclosed(
    items: Sequence[Item],
    shapes: NDArray[np.object_],
    rows: NDArray[np.int64],
    loose: NDArray[np.object_],
    *,
    layer: str,
    file: str,
    at: Place,
) -> list[Issue]:
    """List lines that close nothing, each with the place of its free end."""
    if len(loose) == 0:
        return []
    full = np.flatnonzero(~shapely.is_missing(shapes))
    every = shapes[full].copy()
    areas = shapely.get_type_id(every) != 1
    every[areas] = shapely.boundary(every[areas])
    tree = shapely.STRtree(every)
    listed = []
    for line in loose:
        ends = [shapely.get_point(line, 0), shapely.get_point(line, -1)]
        meet = [len(tree.query(p, predicate="dwithin", distance=_SAME)) for p in ends]
        # The free end is the one that fewest lines meet.
        free = ends[int(np.argmin(meet))]
        item = items[rows[full[tree.nearest(shapely.line_interpolate_point(line, 0.5, normalized=True))]]]
        gap = ends[0].distance(ends[1])
        apart = f", ends {gap:.2f} m apart" if max(meet) == 1 and len(shapely.get_coordinates(line)) > 2 else ""
        listed.append(f"{at(free.x, free.y)} ({item.layer}, {item.handle}, {line.length:.2f} m long{apart})")
    length = float(shapely.length(loose).sum())
    return [
        Issue(
            "DRAWING_UNCLOSED",
            "error",
            layer,
            len(loose),
            f"{file}: {counted(len(loose), 'line')} of {length:,.2f} m in all close no polygon, by a free end, layer "
            f"and handle: {first_ids(listed)}.",
            "Close them in the drawing, or write a larger close_within if the gaps are slips.",
            features=listed,
        )
    ]
