"""Parts of a network that are reached, and the land beside them as far as no barrier lies before it."""

from __future__ import annotations

from concurrent.futures import Executor

import numpy as np
import shapely
from numpy.typing import NDArray

from gisplan.geometry.along import paths
from gisplan.geometry.attach import Attached, true_scale
from gisplan.geometry.near import QUARTER_SEGMENTS, _tree
from gisplan.geometry.network import Network
from gisplan.geometry.noding import MEETS_M
from gisplan.geometry.parallel import in_chunks
from gisplan.geometry.routes import Spread, Travel
from gisplan.geometry.strokes import strokes

#: Half the width (m) that a line takes as a barrier: enough to part the land on its two sides.
HALF_LINE_M = 0.05


def reached_parts(
    network: Network, sources: Attached, known: Spread, travel: Travel
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Find the parts of edges that lie within the limit of any source, each cut where it is spent.

    Returns
    -------
    tuple
        Edge, and m along it where the part begins and stops, sorted, no two of them touching; equal where just a
        place is reached.
    """
    whole: NDArray[np.float64] = network.length
    edge = np.arange(len(whole))
    ahead, back = (network.forward, network.backward) if travel.directed else (np.ones(len(whole), dtype=bool),) * 2
    if travel.towards:
        ahead, back = back, ahead
    left_start = np.where(ahead, travel.limit_m - known.distance[network.start], -1.0)
    left_end = np.where(back, travel.limit_m - known.distance[network.end], -1.0)
    left = travel.limit_m - sources.gap
    fore, hind = left * ahead[sources.edge], left * back[sources.edge]
    some, other, here = left_start >= 0, left_end >= 0, left >= 0
    row = np.concatenate([edge[some], edge[other], sources.edge[here]])
    begin = np.concatenate([np.zeros(int(some.sum())), (whole - left_end)[other], (sources.along - hind)[here]])
    stop = np.concatenate([left_start[some], whole[other], (sources.along + fore)[here]])
    begin, stop = np.maximum(begin, 0.0), np.minimum(stop, whole[row])
    order = np.lexsort((begin, row))
    row, begin, stop = row[order], begin[order], stop[order]
    if not len(row):
        return row, begin, stop
    # All edges are laid behind one another, a metre apart, so that one running maximum serves all of them.
    offset = np.cumsum(whole + 1.0) - (whole + 1.0)
    far = np.maximum.accumulate(stop + offset[row])
    opens = np.append(True, (begin + offset[row])[1:] > far[:-1] + MEETS_M)
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(row)) - 1
    return row[first], begin[first], np.minimum(far[last] - offset[row[last]], whole[row[last]])


def part_shapes(
    network: Network, edge: NDArray[np.int64], begin: NDArray[np.float64], stop: NDArray[np.float64]
) -> NDArray[np.object_]:
    """Parts of edges as lines, or points where they begin and stop in one place.

    Parameters
    ----------
    edge, begin, stop
        As `reached_parts` gives them, shape (k,).
    """
    path, scale = paths(network.shape), true_scale(network)[edge]
    out = np.empty(len(edge), dtype=object)
    long = stop - begin > MEETS_M
    out[long] = path.between(edge[long], begin[long] / scale[long], stop[long] / scale[long])
    out[~long] = shapely.points(path.at(edge[~long], begin[~long] / scale[~long]))
    return out


def barrier_land(barriers: NDArray[np.object_]) -> NDArray[np.object_]:
    """Barriers as polygons that do not overlap, lines as narrow strips.

    Parameters
    ----------
    barriers
        Lines and polygons, shape (n,).
    """
    out = barriers.copy()
    lines = shapely.get_dimensions(out) == 1
    out[lines] = shapely.buffer(out[lines], HALF_LINE_M, cap_style="flat", join_style="mitre")
    return np.asarray(shapely.get_parts(shapely.union_all(out)))


def land_beside(
    parts: NDArray[np.object_],
    *,
    width_m: float,
    barriers: NDArray[np.object_] | None = None,
    executor: Executor | None = None,
) -> NDArray[np.object_]:
    """Land within a distance of lines and points, each on its own side of the barriers.

    What lies behind a barrier counts only from where the network itself leads behind it. Barriers that are land
    (a river) are no land that is reached.

    Parameters
    ----------
    parts
        Lines and points, shape (n,).
    width_m
        m.
    barriers
        What `barrier_land` gave.
    executor
        Where to run; threads by default.

    Returns
    -------
    numpy.ndarray
        Polygons, which may overlap, shape (k,).
    """
    if len(parts) == 0:
        return np.zeros(0, dtype=object)
    if barriers is None or len(barriers) == 0:
        return _widened(_joined(parts), width_m)
    tree = _tree(barriers)
    # A hair more than the width, so that what touches a barrier is held against it too.
    near, wall = tree.query(parts, predicate="dwithin", distance=width_m * 1.01)
    free = np.ones(len(parts), dtype=bool)
    free[near] = False
    rows = np.flatnonzero(~free)
    begin = np.searchsorted(near, np.append(rows, len(parts)))

    def work(chunk: NDArray[np.int64]) -> NDArray[np.object_]:
        out = []
        # Part by part: only those near a barrier come here.
        for i in chunk:
            before = shapely.union_all(barriers[wall[begin[i] : begin[i + 1]]])
            out += _own_side(parts[rows[i]], before, width_m)
        return np.array([*out, None], dtype=object)[:-1]

    cut = in_chunks(work, len(rows), executor=executor, least=50)
    return np.concatenate([_widened(_joined(parts[free]), width_m), *cut])


def _own_side(part: shapely.Geometry, barrier: shapely.Geometry, width_m: float) -> list[shapely.Geometry]:
    """Land beside one part of a network, without what lies behind a barrier."""
    x0, y0, x1, y1 = part.bounds
    pad = 2 * width_m + 1.0
    barrier = shapely.intersection(barrier, shapely.box(x0 - pad, y0 - pad, x1 + pad, y1 + pad))
    out = []
    for piece in shapely.get_parts(shapely.difference(part, barrier)):
        land = shapely.get_parts(shapely.difference(_widened(piece, width_m), barrier))
        out += list(land[shapely.intersects(land, piece)])
    return out


def _joined(parts: NDArray[np.object_]) -> NDArray[np.object_]:
    lines = shapely.get_dimensions(parts) == 1
    return np.concatenate([strokes(parts[lines]), parts[~lines]])


def _widened(parts: NDArray[np.object_], width_m: float) -> NDArray[np.object_]:
    return np.asarray(shapely.buffer(parts, width_m, quad_segs=QUARTER_SEGMENTS))
