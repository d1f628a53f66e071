"""Time distances from 500 facilities to 100,000 parcels along 100,000 streets beside a plain networkx script.

The peer nodes the streets with ``union_all``, puts every parcel and facility in the place of its nearest street, cuts
the streets there, and asks networkx for the ways from each facility. gisplan does the same job, and the mean of the
50 million distances must agree; then it does what a study asks for: every front of a parcel, measured to its nearest
place, which can only be nearer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench_sides import Clock, child, peak_gb

#: Seconds that 100,000 parcels may take, and how many times faster than the peer this has to be.
LIMIT_S, LEAST_RATIO = 20.0, 20.0

FACILITIES = 500

SNAP_M = 50.0


def write(size: int, folder: Path) -> Path:
    """Write a town of about so many streets and parcels: crooked blocks of 100 m with two parcels each."""
    import geopandas as gpd
    import numpy as np
    import shapely

    rng = np.random.default_rng(1)
    k = int((size / 2) ** 0.5) + 2
    corner = np.stack(np.meshgrid(np.arange(k), np.arange(k), indexing="ij"), axis=-1) * 100.0
    corner += rng.uniform(-12, 12, corner.shape) + np.array([500_000, 3_400_000])

    def bent(a: Any, b: Any) -> Any:
        return np.stack([a, (a + b) / 2 + rng.uniform(-3, 3, a.shape), b], axis=-2).reshape(-1, 3, 2)

    streets = np.concatenate([bent(corner[:-1], corner[1:]), bent(corner[:, :-1], corner[:, 1:])])
    middle = (corner[:-1, :-1] + corner[1:, :-1] + corner[:-1, 1:] + corner[1:, 1:]).reshape(-1, 2) / 4
    x, y = middle.T
    lots = np.concatenate([shapely.box(x - 28, y - 28, x, y + 28), shapely.box(x, y - 28, x + 28, y + 28)])
    places = shapely.points(rng.uniform(corner.min(axis=(0, 1)), corner.max(axis=(0, 1)), (FACILITIES, 2)))
    for name, shapes in (("streets", shapely.linestrings(streets)), ("lots", lots), ("places", places)):
        gpd.GeoDataFrame(geometry=shapes, crs="EPSG:4549").to_parquet(folder / f"{name}.parquet")
    return folder


def _shapes(data: Path) -> list[Any]:
    import geopandas as gpd

    return [gpd.read_parquet(data / f"{n}.parquet").geometry.to_numpy() for n in ("streets", "lots", "places")]


def ours(data: Path) -> dict[str, Any]:
    """Find all distances with gisplan."""
    import numpy as np

    from gisplan.geometry import attach, build_network, each_along, nearest_along

    streets, lots, places = _shapes(data)
    clock = Clock()

    def mean(on: Any, off: Any) -> float:
        total = sum(float(way.sum()) for _, way in each_along(network, on, off, lots))
        return total / (len(lots) * len(places))

    network = clock("network", lambda: build_network(streets))
    on, off = clock("attach", lambda: [attach(network, x, snap_m=SNAP_M) for x in (places, lots)])
    same = clock("every distance", lambda: mean(on, off))
    seconds = sum(clock.seconds.values())
    fronts = clock("fronts", lambda: attach(network, lots, snap_m=SNAP_M, frontages=True))
    nearer = clock("every distance to fronts", lambda: mean(on, fronts))
    nearest = clock("nearest front", lambda: nearest_along(network, on, fronts, lots)).distance
    return {
        **clock.seconds,
        "all": seconds,
        "peak_gb": peak_gb(),
        "edges": len(network.start),
        "parcels": len(lots),
        "mean_m": same,
        "mean_to_fronts_m": nearer,
        "mean_to_nearest_m": float(np.mean(nearest)),
    }


def peer(data: Path) -> dict[str, Any]:
    """Find all distances with networkx, the same places nearest to everything."""
    import networkx as nx
    import numpy as np
    import shapely

    streets, lots, places = _shapes(data)
    clock = Clock()
    edges = clock("network", lambda: shapely.get_parts(shapely.union_all(streets)))

    def put() -> tuple[Any, Any, Any]:
        shapes = np.concatenate([places, lots])
        shape, edge = shapely.STRtree(edges).query_nearest(shapes, all_matches=False, max_distance=SNAP_M)
        ways = shapely.shortest_line(shapes[shape], edges[edge])
        along = shapely.line_locate_point(edges[edge], shapely.get_point(ways, -1))
        return edge, along, shapely.length(ways)

    edge, along, gap = clock("attach", put)
    graph = nx.Graph()

    def join() -> None:
        mine: dict[int, list[tuple[float, int]]] = {}
        for i, (e, a) in enumerate(zip(edge.tolist(), along.tolist(), strict=True)):
            mine.setdefault(e, []).append((a, i))
        for e, (line, whole) in enumerate(zip(edges, shapely.length(edges).tolist(), strict=True)):
            at, reached = line.coords[0], 0.0
            for a, i in sorted(mine.get(e, [])):
                graph.add_edge(at, i, weight=a - reached)
                at, reached = i, a
            graph.add_edge(at, line.coords[-1], weight=whole - reached)

    clock("graph", join)

    def every() -> float:
        total, off = 0.0, gap[len(places) :]
        for i in range(len(places)):
            found = nx.single_source_dijkstra_path_length(graph, i, weight="weight")
            way = np.array([found[len(places) + j] for j in range(len(lots))])
            total += float((way + off + gap[i]).sum())
        return total / (len(lots) * len(places))

    mean = clock("every distance", every)
    return {**clock.seconds, "all": sum(clock.seconds.values()), "peak_gb": peak_gb(), "mean_m": mean}


def run(size: int, folder: Path) -> dict[str, Any]:
    """Compare both on a town of a size and print how long they take.

    Raises
    ------
    SystemExit
        They disagree, or gisplan is too slow.
    """
    data = folder / f"network-{size}"
    data.mkdir(parents=True, exist_ok=True)
    write(size, data)
    mine, theirs = child("network ours", data), child("network peer", data)
    print(f"{size:,} parcels, {mine['edges']:,} edges, {FACILITIES} facilities")
    print(f"  {'':<26}{'gisplan':>10}{'networkx':>10}")
    for phase in ("network", "attach", "graph", "every distance", "all"):
        told = [f"{side[phase]:.2f} s" if phase in side else "" for side in (mine, theirs)]
        print(f"  {phase:<26}{told[0]:>10}{told[1]:>10}")
    for phase in ("fronts", "every distance to fronts", "nearest front"):
        print(f"  {phase:<26}{mine[phase]:>8.2f} s")
    ratio = theirs["all"] / mine["all"]
    print(f"  {ratio:.1f} times as fast; peak {mine['peak_gb']:.2f} and {theirs['peak_gb']:.2f} GB")
    if abs(mine["mean_m"] - theirs["mean_m"]) > 1e-6 * theirs["mean_m"] or mine["mean_to_fronts_m"] > mine["mean_m"]:
        raise SystemExit(f"Mean distances differ: {mine['mean_m']} and {theirs['mean_m']} m")
    if size >= 100_000 and (mine["all"] > LIMIT_S or ratio < LEAST_RATIO):
        raise SystemExit(f"{mine['all']:.1f} s, {ratio:.1f} times: more than {LIMIT_S} s or below {LEAST_RATIO:g}")
    return {"ours": mine, "peer": theirs, "ratio": ratio}
