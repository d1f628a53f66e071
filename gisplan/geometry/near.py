"""Who is within reach of a line, a point or a service area."""

from __future__ import annotations

from concurrent.futures import Executor

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from gisplan.geometry.parallel import chunk_rows, in_chunks
from gisplan.geometry.strokes import strokes

#: Segments in a quarter circle of a reach: an isolated point's reach is drawn 0.16 % too small.
QUARTER_SEGMENTS = 16

#: Fewer features than this are looked at one by one straight away.
FEW = 2000

#: Vertices from which a source is taken apart, or cut to a zone's surroundings, before anything is asked of it.
LARGE_VERTICES = 256

#: Edges of a stretch of border.
STRETCH = 32


def _tree(features: NDArray[np.object_]) -> shapely.STRtree:
    """Index that threads may share: GEOS builds it on the first query, so ask it once before."""
    tree = shapely.STRtree(features)
    if len(features):
        tree.query(features[0])
    return tree


def within(
    features: NDArray[np.object_], sources: NDArray[np.object_], *, distance: float, executor: Executor | None = None
) -> NDArray[np.bool_]:
    """Tell which features lie within a straight distance of any source.

    Parameters
    ----------
    features
        Shape (n,).
    sources
        Lines, points or polygons, shape (m,).
    distance
        m; 0 means touching.

    Returns
    -------
    numpy.ndarray
        bool, shape (n,).
    """
    near = np.zeros(len(features), dtype=bool)
    if len(features) == 0 or len(sources) == 0:
        return near
    near = _surely_near(features, sources, distance)
    open_rows = np.flatnonzero(~near)
    large = (shapely.get_dimensions(sources) == 2) & (shapely.get_num_coordinates(sources) > LARGE_VERTICES)
    if large.any():
        # A street polygon of a whole town is asked about no parcel but those along its border, stretch by stretch.
        near[open_rows] = _covered(features[open_rows], sources[large])
        open_rows = np.flatnonzero(~near)
        sources = np.concatenate([sources[~large], _stretches(sources[large])])
    tree = _tree(sources)

    def work(chunk: NDArray[np.int64]) -> NDArray[np.int64]:
        rows = open_rows[chunk]
        mine, _ = tree.query(features[rows], predicate="dwithin", distance=distance)
        return np.asarray(rows[np.unique(mine)])

    if len(open_rows):
        near[np.concatenate(in_chunks(work, len(open_rows), executor=executor, least=500))] = True
    return near


def reached_by(
    features: NDArray[np.object_], sources: NDArray[np.object_], *, distance: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of a source and a feature within its straight distance.

    Parameters
    ----------
    features
        Shape (n,).
    sources
        Lines, points or polygons, shape (m,); None reaches nothing.
    distance
        m, shape (m,); 0 means touching.

    Returns
    -------
    tuple
        Row numbers of sources and of features, sorted by source then feature.
    """
    none = np.zeros(0, dtype=np.int64)
    if len(features) == 0 or len(sources) == 0:
        return none, none
    source, feature = _tree(features).query(sources, predicate="dwithin", distance=distance)
    order = np.lexsort((feature, source))
    return source[order], feature[order]


def _stretches(polygons: NDArray[np.object_]) -> NDArray[np.object_]:
    """Borders of polygons in lines of at most `STRETCH` edges."""
    xy, ring = shapely.get_coordinates(shapely.get_parts(shapely.boundary(polygons)), return_index=True)
    start = np.flatnonzero(ring[1:] == ring[:-1])
    stretch = np.cumsum((np.diff(ring[start], prepend=-1) != 0) | (np.arange(len(start)) % STRETCH == 0)) - 1
    # Each stretch is its edges' first vertices and the last one's end.
    last = np.flatnonzero(np.diff(stretch, append=-1))
    vertex = np.concatenate([start, start[last] + 1])
    owner = np.concatenate([stretch, stretch[last]])
    order = np.lexsort((vertex, owner))
    return np.asarray(shapely.linestrings(xy[vertex[order]], indices=owner[order]))


def _covered(features: NDArray[np.object_], polygons: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Features whose first vertex lies in one of a few large polygons."""
    xy, owner = shapely.get_coordinates(features, return_index=True)
    first = xy[np.flatnonzero(np.diff(owner, prepend=-1))]
    inside = np.zeros(len(features), dtype=bool)
    own = shapely.from_wkb(shapely.to_wkb(polygons))  # preparing changes what others may be using
    shapely.prepare(own)
    for polygon in own:
        inside |= shapely.intersects_xy(polygon, first[:, 0], first[:, 1])
    return inside


def _surely_near(features: NDArray[np.object_], sources: NDArray[np.object_], distance: float) -> NDArray[np.bool_]:
    """Features whose first vertex lies near enough to some point of a source: no polygon need be looked at."""
    sure = np.zeros(len(features), dtype=bool)
    if distance <= 0 or len(features) < FEW:
        return sure
    known = cKDTree(shapely.get_coordinates(shapely.segmentize(sources, distance / 2)))
    # In chunks, for the vertices of all features at once would take as much memory as the features.
    for rows in chunk_rows(len(features), least=FEW):
        xy, owner = shapely.get_coordinates(features[rows], return_index=True)
        first = np.flatnonzero(np.diff(owner, prepend=-1))
        gap, _ = known.query(xy[first], distance_upper_bound=distance, workers=-1)
        sure[rows[owner[first]]] = gap < distance
    return sure


def reached_share(
    zones: NDArray[np.object_], sources: NDArray[np.object_], *, distance: float, executor: Executor | None = None
) -> NDArray[np.float64]:
    """Share of each zone's area that lies within a straight distance of any source.

    Only the sources near a zone are widened and joined, and only inside that zone's surroundings. Lines that carry
    on straight are widened as one.

    Parameters
    ----------
    zones
        (Multi)polygons, shape (n,).
    sources
        Lines, points or polygons, shape (m,).
    distance
        m; 0 is allowed for polygons (service areas).

    Returns
    -------
    numpy.ndarray
        0–1, shape (n,).
    """
    reached = np.zeros(len(zones))
    if len(sources) == 0:
        return reached
    if distance > 0:
        lines = shapely.get_dimensions(sources) == 1
        sources = np.concatenate([strokes(sources[lines]), sources[~lines]])
    tree = _tree(sources)

    def work(rows: NDArray[np.int64]) -> NDArray[np.float64]:
        zone_of, near = tree.query(zones[rows], predicate="dwithin", distance=distance)
        out = np.zeros(len(rows))
        # Zone by zone: a union takes all the sources of one zone together.
        for k in np.unique(zone_of):
            zone = zones[rows[k]]
            x0, y0, x1, y1 = shapely.bounds(zone)
            pad = distance * 1.01 + 1.0
            close = sources[np.sort(near[zone_of == k])]
            lines = shapely.get_dimensions(close) == 1
            close[lines] = shapely.clip_by_rect(close[lines], x0 - pad, y0 - pad, x1 + pad, y1 + pad)
            large = shapely.get_num_coordinates(close) > LARGE_VERTICES
            close[large] = shapely.intersection(close[large], shapely.box(x0 - pad, y0 - pad, x1 + pad, y1 + pad))
            grown = shapely.buffer(close, distance, quad_segs=QUARTER_SEGMENTS) if distance > 0 else close
            covered = shapely.area(shapely.intersection(shapely.union_all(grown), zone)) / shapely.area(zone)
            out[k] = min(covered, 1.0)  # a zone within reach as a whole may come out a rounding above
        return out

    return np.concatenate(in_chunks(work, len(zones), executor=executor))
