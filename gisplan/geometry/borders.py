"""Borders that no neighbour shares: where a layer of polygons ends, overlaps or gapes."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.geometry.near import _tree
from gisplan.geometry.parallel import chunk_rows, in_chunks

#: Polygons in a chunk, at least.
_LEAST = 5000

#: Length (m) taken off both ends of an edge before it is held against other polygons.
ENDS_M = 1e-4

#: Last bits of an edge's key by which open edges are sought first: a table of 16 MB.
_MARK_BITS = 24
_MARK = np.uint64((1 << _MARK_BITS) - 1)


@dataclass(frozen=True)
class Borders:
    """Edges of polygons that no neighbour runs along exactly once, the other way round.

    Attributes
    ----------
    of
        Row number of each edge's polygon, shape (n,).
    ends
        Its two ends, shape (n, 2, 2); the polygon lies on its left.
    met
        Pairs of polygons of which such an edge of the first runs through or along the second, or is touched by it
        away from its ends, shape (m, 2).
    """

    of: NDArray[np.int64]
    ends: NDArray[np.float64]
    met: NDArray[np.int64]


def borders(polygons: NDArray[np.object_], *, executor: Executor | None = None) -> Borders:
    """Find the open borders of a layer. In a clean cadastral fabric only the street fronts are left.

    Parameters
    ----------
    polygons
        Valid (multi)polygons, shape (n,).
    """
    if len(polygons) == 0:
        none = np.zeros(0, dtype=np.int64)
        return Borders(none, np.zeros((0, 2, 2)), np.zeros((0, 2), dtype=np.int64))
    of, ends = _open_edges(polygons, executor)
    return Borders(of, ends, _met(polygons, of, ends, executor))


@dataclass(frozen=True)
class _Rings:
    """Vertices of polygons, ring by ring.

    Attributes
    ----------
    xy
        Vertices, shape (v, 2).
    ring
        Ring of each vertex, shape (v,).
    polygon, is_hole
        Row number of each ring's polygon, and whether it is a hole.
    """

    xy: NDArray[np.float64]
    ring: NDArray[np.int64]
    polygon: NDArray[np.int64]
    is_hole: NDArray[np.bool_]

    @property
    def edges(self) -> NDArray[np.int64]:
        """First vertex of each edge; the next vertex is its other end."""
        return np.flatnonzero(self.ring[1:] == self.ring[:-1])


def _rings(polygons: NDArray[np.object_]) -> _Rings:
    """Take polygons apart. Making each ring a geometry costs more than all the rest, so plain polygons go without."""
    plain = (shapely.get_type_id(polygons) == 3) & (shapely.get_num_interior_rings(polygons) == 0)
    count = int(plain.sum())
    parts, whose = shapely.get_parts(polygons[~plain], return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    shells, shell_of = shapely.get_coordinates(polygons[plain], return_index=True)
    others, other_of = shapely.get_coordinates(rings, return_index=True)
    return _Rings(
        np.concatenate([shells, others]),
        np.concatenate([shell_of, other_of + count]),
        np.concatenate([np.flatnonzero(plain), np.flatnonzero(~plain)[whose[part]]]),
        np.concatenate([np.zeros(count, dtype=bool), np.diff(part, prepend=-1) == 0]),
    )


def hash_points(xy: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Hash of each point of shape (n, 2); equal only for equal coordinates, but for a chance of 1 in 10¹⁹ a pair."""
    bits = np.ascontiguousarray(xy + 0.0).view(np.uint64)  # + 0.0 turns −0 into 0
    with np.errstate(over="ignore"):
        point = (bits[:, 0] * np.uint64(0x9E3779B97F4A7C15)) ^ (bits[:, 1] * np.uint64(0xC2B2AE3D27D4EB4F))
        point ^= point >> np.uint64(29)
        point *= np.uint64(0xBF58476D1CE4E5B9)
        point ^= point >> np.uint64(32)
    return np.asarray(point)


def _hashes(polygons: NDArray[np.object_]) -> NDArray[np.uint64]:
    """Hash of the two ends of each edge; the last bit tells the way it runs, the polygon lying on its left."""
    rings = _rings(polygons)
    point = hash_points(rings.xy)
    a, b = point[:-1], point[1:]
    with np.errstate(over="ignore"):
        key = (np.minimum(a, b) * np.uint64(3)) ^ np.maximum(a, b)
    begin = np.flatnonzero(np.diff(rings.ring, prepend=-1))
    near = rings.xy - rings.xy[begin][rings.ring]
    cross = near[:-1, 0] * near[1:, 1] - near[1:, 0] * near[:-1, 1]
    cross[begin[1:] - 1] = 0.0
    # A ring's direction follows from its signed area; shells run one way, holes the other.
    turned = (np.add.reduceat(np.append(cross, 0.0), begin) < 0) != rings.is_hole
    edge = rings.edges
    ahead = (a < b)[edge] ^ turned[rings.ring[edge]]
    return np.asarray((key[edge] << np.uint64(1)) | ahead.astype(np.uint64))


def _open_edges(
    polygons: NDArray[np.object_], executor: Executor | None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Edges that no neighbour runs along exactly once, the other way round, with their polygons.

    The number of polygons over a place changes only across such edges, so two polygons can only cover the same
    land if, somewhere, one
    of these edges runs through another polygon or along its border. In a clean cadastral fabric only the street
    fronts are left.
    Edges are told apart by a 63-bit hash of their ends.

    Returns
    -------
    tuple
        Row number of the polygon, shape (n,), and the two ends, shape (n, 2, 2).
    """
    hashes = in_chunks(lambda rows: _hashes(polygons[rows]), len(polygons), executor=executor, least=_LEAST)
    open_keys = _unmatched(np.concatenate(hashes), executor)
    # Most edges are told apart by their last bits alone, and only the others are looked up.
    marked = np.zeros(1 << _MARK_BITS, dtype=bool)
    marked[open_keys & _MARK] = True
    met = dict(zip((int(r[0]) for r in chunk_rows(len(polygons), least=_LEAST)), hashes, strict=True))

    def left_open(rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        key = met.pop(int(rows[0]))
        maybe = np.flatnonzero(marked[key & _MARK])
        at = np.minimum(np.searchsorted(open_keys, key[maybe]), len(open_keys) - 1)
        sure = maybe[open_keys[at] == key[maybe]] if len(open_keys) else maybe
        # Vertices are taken out again rather than kept, for they are as large as the layer.
        rings = _rings(polygons[rows])
        left = rings.edges[sure]
        first, last = rings.xy[left], rings.xy[left + 1]
        # The last bit of the key tells whether the edge runs on its polygon's left as it is drawn.
        ahead = (key[sure] & np.uint64(1)).astype(bool)
        turned = (ahead != (hash_points(first) < hash_points(last)))[:, None]
        ends = np.stack([np.where(turned, last, first), np.where(turned, first, last)], axis=1)
        return rows[rings.polygon[rings.ring[left]]], ends

    parts = in_chunks(left_open, len(polygons), executor=executor, least=_LEAST)
    polygon, ends = zip(*parts, strict=True)
    return np.concatenate(polygon), np.concatenate(ends)


def _unmatched(key: NDArray[np.uint64], executor: Executor | None) -> NDArray[np.uint64]:
    """Keys of the edges (see `_hashes`) that are not run along exactly once each way, sorted."""
    top = (key >> np.uint64(61)).astype(np.uint8)

    def work(tops: NDArray[np.int64]) -> NDArray[np.uint64]:
        mine = np.sort(key[top == tops[0]])
        if len(mine) == 0:
            return mine
        # The two ways along an edge differ in the last bit only, so they lie side by side.
        same = mine[1:] >> np.uint64(1) == mine[:-1] >> np.uint64(1)
        start, end = np.append(True, ~same), np.append(~same, True)
        pair = start[:-1] & end[1:] & same & (mine[1:] != mine[:-1])
        matched = np.append(False, pair) | np.append(pair, False)
        kept = mine[~matched]
        return np.asarray(kept[np.diff(kept, prepend=~kept[:1]) != 0])

    return np.concatenate(in_chunks(work, 8, executor=executor))


def _met(
    polygons: NDArray[np.object_], of: NDArray[np.int64], ends: NDArray[np.float64], executor: Executor | None
) -> NDArray[np.int64]:
    """Pairs of polygons of which one's open edge runs through or along the other; none means that nothing overlaps.

    Edges are shortened by a tenth of a millimetre at both ends, so that neighbours which only meet there are
    passed over.
    """
    tree = _tree(polygons)

    def work(rows: NDArray[np.int64]) -> NDArray[np.int64]:
        first, last = ends[rows, 0], ends[rows, 1]
        length = np.hypot(*(last - first).T)
        cut_off = (np.minimum(ENDS_M, length / 4) / length)[:, None] * (last - first)
        lines = shapely.linestrings(np.stack([first + cut_off, last - cut_off], axis=1))
        line, polygon = tree.query(lines)
        other = of[rows[line]] != polygon  # every edge lies along its own polygon
        line, polygon = line[other], polygon[other]
        hit = shapely.intersects(lines[line], polygons[polygon])
        return np.column_stack([of[rows[line[hit]]], polygon[hit]])

    return np.concatenate(in_chunks(work, len(of), executor=executor, least=500))
