"""Land that polygons leave between them: slits along borders that all but meet, and holes that are closed all round."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gisplan.geometry.borders import Borders, borders, hash_points
from gisplan.geometry.near import _tree
from gisplan.geometry.parallel import in_chunks

#: Borders nearer than this (m) meet: it is the rounding of coordinates.
MEETS_M = 1e-6

#: Borders are looked at every so many metres, in the middle of equal steps, so once an edge at least.
STEP_M = 10.0

#: Borders that run apart by more than this (cosine of the angle to the shortest way across; about 15°) enclose a
#: corner, not a slit.
SKEW = 0.25

#: Holes below this (m²) are the noise of digitising.
LEAST_M2 = 0.01


@dataclass(frozen=True)
class Slits:
    """Pairs of polygons with a narrow strip of nobody's land between them.

    Attributes
    ----------
    first, second
        Row numbers, first < second, sorted.
    width, narrowest
        m, where it was found widest and narrowest.
    area
        m², from widths every `STEP_M` metres or less: exact where borders are straight and parallel.
    xy
        Place in the strip where it was found widest, shape (n, 2).
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    width: NDArray[np.float64]
    narrowest: NDArray[np.float64]
    area: NDArray[np.float64]
    xy: NDArray[np.float64]


def slits(
    polygons: NDArray[np.object_], *, width_m: float, known: Borders | None = None, executor: Executor | None = None
) -> Slits:
    """Find the strips narrower than a width that lie between two polygons.

    Only borders that no neighbour shares are looked at. From points along them the shortest way to the next
    polygon is taken; it counts where it leads across land that nobody covers and stands nearly upright on the border.

    Parameters
    ----------
    polygons
        Valid (multi)polygons, shape (n,).
    width_m
        Strips as wide as this or wider are streets.
    known
        The polygons' borders, where they have been looked at already.
    """
    none = np.zeros(0, dtype=np.int64)
    if len(polygons) < 2 or width_m <= MEETS_M:
        return Slits(none, none, np.zeros(0), np.zeros(0), np.zeros(0), np.zeros((0, 2)))
    known = known or borders(polygons, executor=executor)
    of, ends = known.of, known.ends.swapaxes(0, 1)
    reach = np.stack([np.minimum(*ends) - width_m, np.maximum(*ends) + width_m], axis=1)
    boxes = shapely.linestrings(reach)  # a line from corner to corner has the same box and is sooner made
    edges = _tree(boxes)

    def work(rows: NDArray[np.int64]) -> NDArray[np.float64]:
        edge, beyond = edges.query(boxes[rows])
        edge = rows[edge]
        foreign = of[beyond] != of[edge]
        return _crossings(edge[foreign], beyond[foreign], known, reach, width_m)

    ways = np.concatenate(in_chunks(work, len(of), executor=executor, least=500))
    if len(ways):
        covered, _ = _tree(polygons).query(shapely.points(ways[:, 4:]), predicate="intersects")
        ways = np.delete(ways, np.unique(covered), axis=0)
    return _by_pair(ways)


def _crossings(
    edge: NDArray[np.int64],
    beyond: NDArray[np.int64],
    known: Borders,
    reach: NDArray[np.float64],
    width_m: float,
) -> NDArray[np.float64]:
    """Ways across strips, shape (n, 6): polygon, polygon beyond, width, border it stands for, x, y of its middle.

    Edges are paired with those of other polygons whose box comes near; all pairs of an edge come together.
    """
    # Of the steps along the edge only those in the other one's box are looked at: hardly any between neighbours on a
    # street, whose fronts meet at a corner.
    begin = known.ends[edge, 0]
    ahead = known.ends[edge, 1] - begin
    steps = np.maximum(1, np.ceil(np.hypot(*ahead.T) / STEP_M)).astype(np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        slab = (reach[beyond] - begin[:, None]) / ahead[:, None]
    # An edge along an axis gives 0 ÷ 0 where it runs on the border of the box, which is within.
    nearer, farther = np.fmin(slab[:, 0], slab[:, 1]), np.fmax(slab[:, 0], slab[:, 1])
    enter, leave = np.fmax(*nearer.T), np.fmin(*farther.T)
    first = np.clip(np.ceil(enter * steps - 0.5 - 1e-6), 0, steps)
    last = np.clip(np.floor(leave * steps - 0.5 + 1e-6), -1, steps - 1)
    inside = np.maximum(last - first + 1, 0).astype(np.int64)
    step = np.arange(inside.sum()) - np.repeat(np.cumsum(inside) - inside - first.astype(np.int64), inside)
    edge, beyond, steps, begin, ahead = (np.repeat(a, inside, axis=0) for a in (edge, beyond, steps, begin, ahead))
    at = begin + ((step + 0.5) / steps)[:, None] * ahead
    # The foot of the shortest way to each edge, by hand: a polygon with many vertices would be gone through each time.
    start = known.ends[beyond, 0]
    way = known.ends[beyond, 1] - start
    along = ((at - start) * way).sum(axis=1) / (way**2).sum(axis=1)
    across = start + np.clip(along, 0, 1)[:, None] * way - at
    width = np.hypot(*across.T)
    of, other = known.of[edge], known.of[beyond]
    order = np.lexsort((width, other, step, edge))
    order = order[width[order] <= width_m]
    edge, step, width, of, other = (a[order] for a in (edge, step, width, of, other))
    fresh = (np.diff(edge, prepend=-1) != 0) | (np.diff(step, prepend=-1) != 0)
    # A point that touches another polygon lies on a shared border, and what is beyond that is not its concern.
    point = np.cumsum(fresh) - 1
    shared = np.bincount(point[width <= MEETS_M], minlength=len(point)) > 0
    length = np.hypot(*ahead[order].T)
    with np.errstate(invalid="ignore", divide="ignore"):
        skew = np.abs((across[order] * ahead[order]).sum(axis=1)) / (width * length)
    nearest = fresh | (np.diff(other, prepend=-1) != 0)
    kept = nearest & (width > MEETS_M) & (width < width_m) & ~shared[point] & (skew < SKEW)
    middle = at[order] + across[order] / 2
    return np.asarray(np.column_stack([of, other, width, length / steps[order], middle])[kept])


def _by_pair(ways: NDArray[np.float64]) -> Slits:
    """Bring the ways across together by pair of polygons; both sides see a strip, so each tells half of it."""
    pair = np.sort(ways[:, :2].astype(np.int64), axis=1)
    unique, of = np.unique(pair, axis=0, return_inverse=True)
    of = of.ravel()
    n = len(unique)
    from_first = ways[:, 0].astype(np.int64) == pair[:, 0]
    strip = ways[:, 2] * ways[:, 3]
    sides = [np.bincount(of[s], weights=strip[s], minlength=n) for s in (from_first, ~from_first)]
    seen = (sides[0] > 0).astype(float) + (sides[1] > 0)
    # The widest way first, and of equal ones the most south-westerly, so that the order of records does not matter.
    order = np.lexsort((ways[:, 5], ways[:, 4], -np.round(ways[:, 2], 6), of))
    first = order[np.flatnonzero(np.diff(of[order], prepend=-1))]
    narrowest = np.full(n, np.inf)
    np.minimum.at(narrowest, of, ways[:, 2])
    return Slits(
        unique[:, 0],
        unique[:, 1],
        ways[first, 2],
        narrowest,
        (sides[0] + sides[1]) / np.maximum(seen, 1),
        ways[first, 4:6],
    )


def holes(
    polygons: NDArray[np.object_], *, width_m: float, known: Borders | None = None, executor: Executor | None = None
) -> NDArray[np.object_]:
    """Find the land that polygons enclose, that none of them covers and that is at least so wide somewhere.

    Parameters
    ----------
    polygons
        Valid (multi)polygons, shape (n,).
    width_m
        Diameter of the circle that fits in (m); narrower land is a slit.
    known
        The polygons' borders, where they have been looked at already.

    Returns
    -------
    numpy.ndarray
        Polygons, shape (k,), from the south-west to the north-east.
    """
    faces = uncovered_faces(polygons, known, executor)
    faces = faces[shapely.area(faces) >= LEAST_M2]
    # A circle of radius area ÷ perimeter always fits in; only where that is too small need the largest be sought.
    wide = 2 * shapely.area(faces) >= width_m * shapely.length(faces)
    unsure = np.flatnonzero(~wide)
    if len(unsure):
        radius = shapely.length(shapely.maximum_inscribed_circle(faces[unsure], tolerance=width_m / 20))
        wide[unsure] = 2 * radius >= width_m
    faces = faces[wide]
    x, y = shapely.bounds(faces)[:, :2].T
    return np.asarray(faces[np.lexsort((y, x))])


def uncovered_faces(
    polygons: NDArray[np.object_], known: Borders | None, executor: Executor | None
) -> NDArray[np.object_]:
    """Land of any shape and size that polygons enclose and none of them covers, one polygon each."""
    known = known or borders(polygons, executor=executor)
    ends = known.ends[_enclosing(known)]
    if len(ends) == 0:
        return np.zeros(0, dtype=object)
    lines = shapely.union_all(shapely.linestrings(ends))
    faces = np.asarray(shapely.get_parts(shapely.polygonize(shapely.get_parts(lines))))
    covered, _ = _tree(polygons).query(shapely.point_on_surface(faces), predicate="intersects")
    return np.delete(faces, np.unique(covered))


def _enclosing(known: Borders) -> NDArray[np.int64]:
    """Edges that may have a part in enclosing land nobody covers.

    Open edges hang together in outlines. One that is a plain ring, with its polygons inside and touched by nothing
    else, is where a block ends at the street: it encloses nothing. Left are rings with their polygons outside, what
    lies within their bounds, and outlines that touch or cross others.
    """
    n = len(known.of)
    if n == 0:
        return np.zeros(0, dtype=np.int64)
    _, vertex = np.unique(hash_points(known.ends.reshape(-1, 2)), return_inverse=True)
    vertex = vertex.reshape(-1, 2)
    count = int(vertex.max()) + 1
    graph = coo_array((np.ones(n, dtype=np.int8), (vertex[:, 0], vertex[:, 1])), shape=(count, count))
    outlines, of_vertex = connected_components(graph, directed=False)
    outline = of_vertex[vertex[:, 0]]
    mixed = np.zeros(outlines, dtype=bool)
    mixed[of_vertex[np.bincount(vertex.ravel(), minlength=count) != 2]] = True
    mixed[outline[np.isin(known.of, known.met)]] = True
    first = np.zeros(outlines, dtype=np.int64)
    first[outline[::-1]] = np.arange(n)[::-1]
    # Seen from a corner of its own, for precision. Polygons lie on the left, so a ring round them has a positive area.
    a, b = (known.ends[:, k] - known.ends[first[outline], 0] for k in (0, 1))
    area = np.bincount(outline, weights=a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0], minlength=outlines)
    order = np.argsort(outline, kind="stable")
    start = np.searchsorted(outline[order], np.arange(outlines))
    low = np.minimum.reduceat(known.ends.min(axis=1)[order], start)
    high = np.maximum.reduceat(known.ends.max(axis=1)[order], start)
    boxes = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    around = np.flatnonzero(mixed | (area <= 0))
    inside, _ = _tree(boxes[around]).query(boxes)
    chosen = np.zeros(outlines, dtype=bool)
    chosen[inside] = True
    return np.flatnonzero(chosen[outline])


def strip_width(land: NDArray[np.object_]) -> NDArray[np.float64]:
    """Width (m) of the rectangle that has the area and the length of border of each piece of land.

    Parameters
    ----------
    land
        Geometries, shape (n,); what is rounder than any rectangle is as wide as a square of its area.
    """
    area, half = shapely.area(land), shapely.length(land) / 2
    return np.asarray((half - np.sqrt(np.maximum(half**2 - 4 * area, 0.0))) / 2)
