"""Earthwork of every piece of land: design surface, cut and fill, what is to be brought or taken away, its cost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import shapely

from gisplan import vocabulary
from gisplan.geometry import Grid, coverage, each
from gisplan.measure.catalogue import Array
from gisplan.measure.levelling_grid import Squares, frame_of, grid_surface, grid_volumes, squares
from gisplan.measure.levelling_groups import Groups, groups_of
from gisplan.measure.levelling_volumes import Surface, balanced_level, best_plane, raised, volumes
from gisplan.measure.relief import SLOPE_PACK, require_terrain
from gisplan.measure.survey import Survey
from gisplan.plan.levelling import Levelling
from gisplan.read.terrain import Terrain
from gisplan.rules import load_packs

#: Term of a rule pack: fill higher than this is better not built on.
FILL_TERM = "fill_height_without_buildings_m"

#: Yuan in the unit in which money is told.
YUAN_PER_WAN = 10_000.0

#: Part of a piece of land without heights from which on its volumes are partial.
PARTIAL = 1e-6


@dataclass(frozen=True)
class Earthwork:
    """Levelling of a study.

    Attributes
    ----------
    groups
        The pieces of land.
    table
        One row each: ``group_id, name, area_m2, known_share, cells``; the surface (``design_level_m`` as a mean over
        the land, ``level_x0_y0_m`` at ``x0, y0`` with ``rise_east, rise_north`` and their ``design_slope``); the
        ground (``ground_mean_m, ground_min_m, ground_max_m``); ``cut_m3, fill_m3, net_fill_m3`` (fill − cut),
        ``balance_ratio`` (the smaller of cut and fill ÷ the larger), ``max_cut_m, max_fill_m``, ``fill_over_m2`` (land
        filled higher than ``max_fill``), ``earthwork_m3_per_ha``, ``import_m3`` (fill − Ks′·cut: above 0 to be brought,
        below 0 to be taken away, both as compacted m³), ``spoil_loose_m3``, ``cost_wan``; volumes by both methods where
        there is a grid; ``flags``.
    grid
        The grid drawing, one row a square; None without a grid.
    max_fill
        Height of fill (m) from which on it is flagged.
    """

    groups: Groups
    table: pd.DataFrame
    grid: pd.DataFrame | None
    max_fill: float


def earthwork(survey: Survey) -> Earthwork:
    """Levelling of a study whose plan asks for it, worked out once."""
    return survey.once("earthwork", lambda: _earthwork(survey))


def max_fill(survey: Survey) -> float:
    """Height of fill (m) from which on it is flagged: the plan's, else its packs', else cn-slope's."""
    plan = survey.plan
    if plan.levelling is not None and plan.levelling.max_fill_m is not None:
        return plan.levelling.max_fill_m
    for packs in (load_packs(plan.plan.rules, plan.folder), load_packs([SLOPE_PACK])):
        for pack in packs:
            if FILL_TERM in pack.terms:
                return float(pack.terms[FILL_TERM].value)
    return np.inf


def _earthwork(survey: Survey) -> Earthwork:
    plan, terrain = survey.plan.levelling, require_terrain(survey.layers)
    assert plan is not None
    groups, most = groups_of(survey), max_fill(survey)
    jobs = [partial(_levelled, terrain, plan, groups, i, most) for i in range(len(groups.ids))]
    made = list(each(jobs))
    rows = [row for row, _ in made]
    drawn = [grid for _, grid in made if grid is not None]
    table = pd.DataFrame(rows, columns=_columns(plan))
    drawing = None
    if plan.grid_m is not None:
        drawing = pd.concat(drawn, ignore_index=True) if drawn else pd.DataFrame(columns=list(GRID_COLUMNS))
    return Earthwork(groups, table, drawing, most)


#: Columns of the grid drawing: nodes run north-west, north-east, south-east, south-west; x and y are the first's.
GRID_COLUMNS = (
    "group_id", "row", "column", "x", "y", "side_m", "share_inside",
    *(f"{what}_{node}" for what in ("ground", "design", "h") for node in ("nw", "ne", "se", "sw")),
    "cut_m3", "fill_m3",
)  # fmt: skip

_HEAD = (
    "group_id", "name", "area_m2", "known_share", "cells", "design_level_m", "design_slope", "x0", "y0",
    "level_x0_y0_m", "rise_east", "rise_north", "ground_mean_m", "ground_min_m", "ground_max_m",
    "cut_m3", "fill_m3", "net_fill_m3", "balance_ratio",
    "max_cut_m", "max_fill_m", "fill_over_m2", "earthwork_m3_per_ha", "import_m3", "spoil_loose_m3",
)  # fmt: skip


def _columns(plan: Levelling) -> list[str]:
    both = ["raster_cut_m3", "raster_fill_m3", "grid_cut_m3", "grid_fill_m3", "grid_known_share"]
    return [*_HEAD, *(["cost_wan"] if plan.prices else []), *(both if plan.grid_m else []), "flags"]


def _levelled(
    terrain: Terrain, plan: Levelling, groups: Groups, i: int, most: float
) -> tuple[dict[str, object], pd.DataFrame | None]:
    """Row of the table, and part of the grid drawing, of one piece of land."""
    shape, area = groups.shapes[i], float(groups.area[i])
    row: dict[str, object] = {"group_id": groups.ids[i], "name": groups.names[i], "area_m2": area, "known_share": 0.0}
    planar = float(shape.area)
    row["cells"] = planar / terrain.grid.cell_m2
    heights, cells = _around(terrain, shape, plan.grid_m)
    x, y, ground, weight = _points(shape, heights, cells)
    known = ~np.isnan(ground)
    flags = ["COARSE"] if planar < vocabulary.terrain("limits")["few_cells"] * cells.cell_m2 else []
    if not known.any():
        return {**row, "flags": ";".join([*flags, "NO_HEIGHT"])}, None
    x, y, ground, weight = x[known], y[known], ground[known], weight[known]
    told = min(float(weight.sum()) * cells.cell_m2 / planar, 1.0)
    row["known_share"] = told
    if told < 1 - PARTIAL:
        flags.append("PARTIAL")
    clear = weight >= 0.01
    some = clear if clear.any() else np.ones(len(weight), dtype=bool)
    row |= {
        "ground_mean_m": float(np.average(ground, weights=weight)),
        "ground_min_m": float(ground[some].min()),
        "ground_max_m": float(ground[some].max()),
    }
    if plan.mode == "given" and np.isnan(groups.level[i]):
        return {**row, "flags": ";".join([*flags, "LEVELS_DIFFER" if groups.is_unequal[i] else "NO_LEVEL"])}, None
    laid = None if plan.grid_m is None else squares(shape, plan.grid_m, heights, cells)
    if plan.method == "grid" and (laid is None or not laid.is_known.any()):
        return {**row, "flags": ";".join([*flags, "NO_HEIGHT"])}, None
    _, compacted = plan.swell()
    triangles = plan.prisms == "triangle"
    if plan.mode == "given":
        surface = Surface(float(groups.level[i]), float(shape.centroid.x), float(shape.centroid.y))
    elif plan.method == "grid" and laid is not None:
        surface = grid_surface(laid, mode=plan.mode, compacted=compacted, max_slope=plan.max_slope, triangles=triangles)
    else:
        surface = raster_surface(x, y, ground, weight, plan)
    if plan.max_slope is not None and surface.slope >= plan.max_slope * (1 - 1e-9):
        flags.append("SLOPE_BOUND")
    # Areas of cells are planar; on the ellipsoid a piece of land is a little larger or smaller.
    scale = area / planar
    h = surface.at(x, y) - ground
    land = weight * cells.cell_m2 * scale
    by_raster = volumes(h, land)
    counted, drawing = by_raster, None
    if laid is not None:
        drawing, by_grid = _drawn(groups.ids[i], laid, surface, scale, triangles=triangles)
        whole = float(laid.share.sum())
        names = ("raster_cut_m3", "raster_fill_m3", "grid_cut_m3", "grid_fill_m3")
        row |= dict(zip(names, (*by_raster, *by_grid), strict=True))
        row["grid_known_share"] = float(laid.share[laid.is_known].sum()) / whole if whole > 0 else np.nan
        counted = by_grid if plan.method == "grid" else by_raster
    over = float(land[h > most].sum())
    if over > 0:
        flags.append("FILL_OVER")
    row |= {
        "design_level_m": float(np.average(surface.at(x, y), weights=weight)),
        "design_slope": surface.slope,
        "x0": surface.x,
        "y0": surface.y,
        "level_x0_y0_m": surface.level,
        "rise_east": surface.east,
        "rise_north": surface.north,
        "max_cut_m": max(0.0, float(-h[some].min())),
        "max_fill_m": max(0.0, float(h[some].max())),
        "fill_over_m2": over,
        **_balance(counted, float(land.sum()), plan),
        "flags": ";".join(flags),
    }
    return row, drawing


def _balance(counted: tuple[float, float], land: float, plan: Levelling) -> dict[str, float]:
    """What follows from cut and fill (m³) on so much land (m²)."""
    cut, fill = counted
    loose, compacted = plan.swell()
    short = fill - compacted * cut
    # Noise of summing is no earth to be moved.
    short = 0.0 if abs(short) <= 1e-9 * max(cut, fill) else short
    spoil = max(0.0, -short) / compacted * loose
    out = {
        "cut_m3": cut,
        "fill_m3": fill,
        "net_fill_m3": fill - cut,
        "balance_ratio": min(cut, fill) / max(cut, fill) if max(cut, fill) > 0 else np.nan,
        "earthwork_m3_per_ha": (cut + fill) / (land / vocabulary.units("area")["ha"]),
        "import_m3": short,
        "spoil_loose_m3": spoil,
    }
    if plan.prices is not None:
        p = plan.prices
        yuan = p.cut * cut + p.fill * fill + p.borrow * max(0.0, short) + p.spoil * spoil
        out["cost_wan"] = yuan / YUAN_PER_WAN
    return out


def raster_surface(x: Array, y: Array, ground: Array, weight: Array, plan: Levelling) -> Surface:
    """Design surface by cells: level or the best plane, at the height where cut makes the fill."""
    _, compacted = plan.swell()
    if plan.mode == "plane":
        surface = best_plane(x, y, ground, weight, max_slope=plan.max_slope)
    else:
        surface = Surface(0.0, float(np.average(x, weights=weight)), float(np.average(y, weights=weight)))
    return raised(surface, balanced_level(ground - surface.at(x, y), weight, compacted=compacted))


def _around(terrain: Terrain, shape: shapely.Geometry, side: float | None) -> tuple[Array, Grid]:
    """Heights around a piece of land, as far as its grid reaches and one cell more."""
    grid = terrain.grid
    x0, y0, x1, y1 = shape.bounds
    if side is not None:
        frame = frame_of((x0, y0, x1, y1), side)
        x0, y1 = min(x0, frame.left), max(y1, frame.top)
        x1 = max(x1, frame.left + frame.columns * side)
        y0 = min(y0, frame.top - frame.rows * side)
    c0, c1 = int(np.floor((x0 - grid.left) / grid.dx)) - 1, int(np.ceil((x1 - grid.left) / grid.dx)) + 1
    r0, r1 = int(np.floor((grid.top - y1) / grid.dy)) - 1, int(np.ceil((grid.top - y0) / grid.dy)) + 1
    return terrain.block(r0, c0, r1 - r0, c1 - c0), grid.part(r0, c0, r1 - r0, c1 - c0)


def _points(shape: shapely.Geometry, heights: Array, cells: Grid) -> tuple[Array, Array, Array, Array]:
    """Middles, heights and shares of the cells under a piece of land."""
    parts = [c.cells() for c in coverage(np.array([shape], dtype=object), cells)]
    if not parts:
        return (np.zeros(0),) * 4
    row, column = (np.concatenate([p[i] for p in parts]) for i in (1, 2))
    share = np.concatenate([p[3] for p in parts])
    x = cells.left + (column + 0.5) * cells.dx
    y = cells.top - (row + 0.5) * cells.dy
    return x, y, np.asarray(heights[row, column]), share


def _drawn(
    group: object, laid: Squares, surface: Surface, scale: float, *, triangles: bool
) -> tuple[pd.DataFrame, tuple[float, float]]:
    """Part of the grid drawing, and cut and fill over it (m³)."""
    h, cut, fill = grid_volumes(laid, surface, triangles=triangles)
    cut, fill = cut * scale, fill * scale
    design = surface.at(laid.x, laid.y)
    values = np.column_stack(
        [laid.x[:, 0], laid.y[:, 0], np.full(len(cut), laid.side), laid.share, laid.ground, design, h, cut, fill]
    )
    table = pd.DataFrame(values, columns=list(GRID_COLUMNS[3:]))
    table.insert(0, "column", laid.column + 1)
    table.insert(0, "row", laid.row + 1)
    table.insert(0, "group_id", group)
    return table, (float(np.nansum(cut)), float(np.nansum(fill)))
