"""A fabric of parcels of any size, for benchmarks: blocks, lots with shared edges, buildings, roads, zones.

Everything is numpy and shapely arrays: a million parcels take well under a minute.
"""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rng = np.random.Generator

CRS = "EPSG:4549"
ORIGIN = np.array([420_000.0, 3_380_000.0])
LOT = np.array([72.0, 60.0])
BLOCK = (10, 6)  # lots of a block, across and up: two roads per 60 lots
ROAD_M = 30.0
NODE_JITTER_M, BEND_JITTER_M = 5.0, 3.0
BEND_SHARE = 0.7
OUTSIDE_SHARE = 0.005
LEAST_PER_ZONE = 800
CODES = np.array(["1001", "100101", "100102", "110101", "0701", "0901", "0804", "1401", "1207", "16"])
CODE_SHARES = [0.26, 0.22, 0.14, 0.10, 0.10, 0.06, 0.02, 0.04, 0.03, 0.03]
# buildings per parcel 0…4, on average 1.5; where each stands in its lot, and half its size, in shares of it
COUNT_SHARES = [0.15, 0.45, 0.25, 0.05, 0.10]
PLACES = {
    1: [(0.50, 0.50, 0.25, 0.24)],
    2: [(0.31, 0.5, 0.13, 0.24), (0.69, 0.5, 0.13, 0.24)],
    3: [(0.31, 0.31, 0.12, 0.11), (0.69, 0.31, 0.12, 0.11), (0.5, 0.69, 0.22, 0.11)],
    4: [(s, t, 0.12, 0.11) for s in (0.31, 0.69) for t in (0.31, 0.69)],
}

PLAN = """# A fabric for benchmarks, made by scripts/make_sample.py.
# {parcels} parcels, {zones} zones, seed {seed}.
[plan]
name = "fabric"
title = {{ zh = "测试地块", en = "Fabric" }}
as_of = 2025-12-31
language = "en"
crs = "EPSG:4549"
[layers.zones]
path = "zones.parquet"
columns = {{ zone_id = "zone_id", name = "name" }}
[layers.parcels]
path = "parcels.parquet"
code_system = "ydyh2023"
[layers.parcels.columns]
parcel_id = "parcel_id"
land_use = "land_use"
investment = {{ column = "investment_wan", unit = "wan" }}
tax = {{ column = "tax_wan", unit = "wan" }}
jobs = "jobs"
[layers.buildings]
path = "buildings.parquet"
columns = {{ building_id = "building_id", floors = "floors" }}
[layers.roads]
path = "roads.parquet"
columns = {{ road_id = "road_id", road_class = "road_class", width = {{ column = "width_m", unit = "m" }} }}
[layers.services.road]
path = "roads.parquet"
reach_m = 100
"""


def fabric(
    parcels: int, *, zones: int = 500, seed: int = 7, least_per_zone: int = LEAST_PER_ZONE
) -> dict[str, gpd.GeoDataFrame]:
    """Make zones, parcels, buildings and roads.

    Parameters
    ----------
    parcels
        How many; exactly as many come back, 0.5 % of them outside every zone.
    zones
        At most this many; fewer where less than `least_per_zone` parcels would fall to each (but four at least),
        for small zones would have nearly every parcel on a border.
    seed
        The same seed gives the same fabric.
    least_per_zone
        Least number of parcels to a zone.

    Returns
    -------
    dict[str, GeoDataFrame]
        ``zones``, ``parcels``, ``buildings``, ``roads`` in EPSG:4549.
    """
    rng = np.random.default_rng(seed)
    blocks_x, blocks_y = _blocks_for(parcels)
    rings, keep = _lots(blocks_x, blocks_y, rng)
    rings, keep = rings[:parcels], keep[:parcels]
    outside = round(parcels * OUTSIDE_SHARE)
    if outside:  # the last lots move off to the north, beyond every zone
        rings[-outside:, :, 1] += 3000.0
    return {
        "zones": _zones(blocks_x, blocks_y, min(zones, max(4, parcels // least_per_zone)), rng),
        "parcels": _parcel_frame(rings, keep, rng),
        "buildings": _buildings(rings[:, [0, 2, 4, 6]], rng),
        "roads": _roads(blocks_x, blocks_y, rng),
    }


def write_fabric(parcels: int, out: Path, *, zones: int = 500, seed: int = 7) -> None:
    """Write the fabric to `out` as GeoParquet, with a plan.toml that uses it."""
    out.mkdir(parents=True, exist_ok=True)
    made = fabric(parcels, zones=zones, seed=seed)
    for name, frame in made.items():
        frame.to_parquet(out / f"{name}.parquet", geometry_encoding="WKB")
    text = PLAN.format(parcels=parcels, zones=len(made["zones"]), seed=seed)
    (out / "plan.toml").write_text(text, encoding="utf-8", newline="\n")


def _blocks_for(parcels: int) -> tuple[int, int]:
    pitch = LOT * BLOCK + ROAD_M
    wanted = int(np.ceil(parcels / (BLOCK[0] * BLOCK[1])))
    blocks_x = max(1, round(float(np.sqrt(wanted * pitch[1] / pitch[0]))))
    return blocks_x, int(np.ceil(wanted / blocks_x))


def _warp(xy: Array) -> Array:
    """Skew and sway the straight sheet, so that nothing runs along the axes; in place, to spare memory."""
    xy[..., 0] += 0.08 * xy[..., 1]
    xy[..., 1] += 40 * np.sin(xy[..., 0] / 2500)
    xy += ORIGIN
    return xy


def _lots(blocks_x: int, blocks_y: int, rng: Rng) -> tuple[Array, NDArray[np.bool_]]:
    """Draw the rings of all lots, (n, 9, 2), and say which points they keep: not every edge has its bend."""
    wide, high = BLOCK
    at_x = np.arange(blocks_x)[:, None] * (wide * LOT[0] + ROAD_M) + np.arange(wide + 1) * LOT[0]
    at_y = np.arange(blocks_y)[:, None] * (high * LOT[1] + ROAD_M) + np.arange(high + 1) * LOT[1]
    nodes = np.empty((blocks_y, blocks_x, high + 1, wide + 1, 2))
    nodes[..., 0] = at_x[None, :, None, :]
    nodes[..., 1] = at_y[:, None, :, None]
    free = np.full((high + 1, wide + 1, 1), NODE_JITTER_M)
    free[[0, -1]] = free[:, [0, -1]] = NODE_JITTER_M * 0.4  # the kerb is straighter than the fences behind it
    nodes += rng.uniform(-1, 1, nodes.shape) * free
    nodes = _warp(nodes)
    across = _bends(nodes[..., :-1, :], nodes[..., 1:, :], 1, BEND_JITTER_M, rng)
    up = _bends(nodes[..., :-1, :, :], nodes[..., 1:, :, :], 1, BEND_JITTER_M, rng)
    bent_across = rng.random(across.shape[:-1]) < BEND_SHARE
    bent_up = rng.random(up.shape[:-1]) < BEND_SHARE
    solid = np.ones(nodes.shape[:-1], dtype=bool)
    keep = _cells(solid[..., None], bent_across[..., None], bent_up[..., None])[..., 0]
    rings = _cells(nodes, across, up)
    return rings.reshape(-1, 9, 2), keep.reshape(-1, 9)


def _bends(start: Array, end: Array, count: int, jitter_m: float, rng: Rng) -> Array:
    """`count` points on every edge from start to end, each moved at random: (…, count, 2)."""
    share = (np.arange(1, count + 1) / (count + 1))[:, None]
    points = start[..., None, :] * (1 - share) + end[..., None, :] * share
    return points + rng.uniform(-jitter_m, jitter_m, points.shape)


def _cells(nodes: NDArray, across: NDArray, up: NDArray) -> NDArray:
    """Close the rings of all cells of a lattice; neighbours use the same points, so they share edges."""
    return np.concatenate(
        [
            nodes[..., :-1, :-1, None, :],
            across[..., :-1, :, :, :],
            nodes[..., :-1, 1:, None, :],
            up[..., :, 1:, :, :],
            nodes[..., 1:, 1:, None, :],
            across[..., 1:, :, ::-1, :],
            nodes[..., 1:, :-1, None, :],
            up[..., :, :-1, ::-1, :],
            nodes[..., :-1, :-1, None, :],
        ],
        axis=-2,
    )


def _parcel_frame(rings: Array, keep: NDArray[np.bool_], rng: Rng) -> gpd.GeoDataFrame:
    n = len(rings)
    owner = np.repeat(np.arange(n), keep.sum(axis=1))
    outlines = shapely.polygons(shapely.linearrings(rings[keep], indices=owner))
    invest = rng.lognormal(7.5, 0.7, n).round(1)
    columns = {
        "parcel_id": _ids("P", n),
        "land_use": rng.choice(CODES, n, p=CODE_SHARES),
        "investment_wan": invest,
        "tax_wan": (invest * rng.uniform(0.01, 0.12, n)).round(2),
        "jobs": rng.poisson(30, n),
    }
    return gpd.GeoDataFrame(columns, geometry=outlines, crs=CRS)


def _ids(head: str, n: int) -> pd.Series:
    return head + pd.Series(np.arange(1, n + 1)).astype(str).str.zfill(8)


def _buildings(corners: Array, rng: Rng) -> gpd.GeoDataFrame:
    """Rectangles inside the lots, parallel to their longer axis."""
    count = rng.choice(5, len(corners), p=COUNT_SHARES)
    lots, places = [], []
    for number, spots in PLACES.items():  # four layouts, not features
        mine = np.flatnonzero(count == number)
        lots.append(np.repeat(mine, number))
        places.append(np.tile(np.array(spots), (len(mine), 1)))
    lot, place = np.concatenate(lots), np.concatenate(places)
    order = np.argsort(lot, kind="stable")
    lot, place = lot[order], place[order]
    c = corners[lot]
    s, t = place[:, 0, None], place[:, 1, None]
    centre = (1 - s) * (1 - t) * c[:, 0] + s * (1 - t) * c[:, 1] + s * t * c[:, 2] + (1 - s) * t * c[:, 3]
    along = c[:, 1] - c[:, 0] + c[:, 2] - c[:, 3]
    along /= np.hypot(along[:, 0], along[:, 1])[:, None]
    up = np.column_stack([-along[:, 1], along[:, 0]])
    half = place[:, 2:] * LOT * rng.uniform(0.75, 1.0, (len(lot), 2))
    a, b = along * half[:, :1], up * half[:, 1:]
    corner = [centre - a - b, centre + a - b, centre + a + b, centre - a + b]
    outlines = shapely.polygons(np.stack([*corner, corner[0]], axis=1))
    columns = {"building_id": _ids("B", len(lot)), "floors": rng.integers(1, 7, len(lot))}
    return gpd.GeoDataFrame(columns, geometry=outlines, crs=CRS)


def _roads(blocks_x: int, blocks_y: int, rng: Rng) -> gpd.GeoDataFrame:
    """One line per side of a block: every sixteenth road an arterial, every fourth a secondary road."""
    pitch = LOT * BLOCK + ROAD_M
    i, j = np.meshgrid(np.arange(blocks_x + 1), np.arange(blocks_y + 1))
    nodes = np.stack([i * pitch[0], j * pitch[1]], axis=-1) - ROAD_M / 2
    up_start, up_end = nodes[:-1], nodes[1:]
    across_start, across_end = nodes[:, :-1], nodes[:, 1:]
    start = np.concatenate([up_start.reshape(-1, 2), across_start.reshape(-1, 2)])
    end = np.concatenate([up_end.reshape(-1, 2), across_end.reshape(-1, 2)])
    rank = np.concatenate([i[:-1].ravel(), j[:, :-1].ravel()])
    bends = _bends(start, end, 2, 2.0, rng)
    lines = shapely.linestrings(_warp(np.concatenate([start[:, None], bends, end[:, None]], axis=1)))
    kind = np.where(rank % 16 == 0, 0, np.where(rank % 4 == 0, 1, 2))
    columns = {
        "road_id": _ids("R", len(lines)),
        "road_class": np.array(["主干路", "次干路", "支路"])[kind],
        "width_m": np.array([28.0, 24.0, 16.0])[kind],
    }
    return gpd.GeoDataFrame(columns, geometry=lines, crs=CRS)


def _zones(blocks_x: int, blocks_y: int, zones: int, rng: Rng) -> gpd.GeoDataFrame:
    """Compact zones with jagged borders that tile the ground: a lattice whose nodes and edges are shaken."""
    pitch = LOT * BLOCK + ROAD_M
    size = np.array([blocks_x, blocks_y]) * pitch
    across, up = _lattice_for(zones)
    i, j = np.meshgrid(np.linspace(-50, size[0] + 20, across + 1), np.linspace(-50, size[1] + 20, up + 1))
    nodes = np.stack([i, j], axis=-1)
    cell = np.array([size[0] / across, size[1] / up])
    nodes[1:-1, 1:-1] += rng.uniform(-0.15, 0.15, nodes[1:-1, 1:-1].shape) * cell
    nodes[[0, -1], 1:-1, 0] += rng.uniform(-0.1, 0.1, (2, across - 1)) * cell[0]
    nodes[1:-1, [0, -1], 1] += rng.uniform(-0.1, 0.1, (up - 1, 2)) * cell[1]
    bends_across = _bends(nodes[:, :-1], nodes[:, 1:], 7, 0.02 * cell.min(), rng)
    bends_up = _bends(nodes[:-1], nodes[1:], 7, 0.02 * cell.min(), rng)
    bends_across[[0, -1], :, :, 1] = nodes[[0, -1], 0, 1][:, None, None]  # the rim stays straight
    bends_up[:, [0, -1], :, 0] = nodes[0, [0, -1], 0][:, None, None]
    rings = _warp(_cells(nodes, bends_across, bends_up))
    outlines = shapely.polygons(rings.reshape(across * up, -1, 2))
    ids = _ids("Z", len(outlines))
    return gpd.GeoDataFrame({"zone_id": ids, "name": "zone " + ids.str[1:]}, geometry=outlines, crs=CRS)


def _lattice_for(zones: int) -> tuple[int, int]:
    """Find columns and rows of the fullest lattice of at most `zones` cells that is fairly square."""
    shapes = [(a, zones // a) for a in range(1, zones + 1) if max(a, zones // a) <= 1.6 * min(a, zones // a)]
    return max(shapes or [(1, zones)], key=lambda s: (s[0] * s[1], -abs(s[0] - s[1])))
