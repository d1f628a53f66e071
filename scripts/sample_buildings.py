"""Buildings and green of the sample: rows of bars drawn to fit each lot, lawns, verges and parks."""

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sample_park import CRS, Ground, Rng
from shapely import LineString, Polygon, box
from shapely.affinity import rotate


class Layout(NamedTuple):
    """How a kind of building stands in its lot, in metres: `gap` between rows, `setback` from the edge."""

    depth: float
    longest: float
    gap: float
    setback: float


class Scheme(NamedTuple):
    """What the buildings of one project have in common."""

    use: str
    floors: int
    leased_share: float
    status: str


LAYOUT = {
    "厂房": Layout(46, 130, 13, 8),
    "多层厂房": Layout(30, 90, 13, 8),
    "标准厂房": Layout(24, 76, 15, 10),
    "仓库": Layout(62, 160, 22, 12),
    "住宅": Layout(13, 48, 25, 8),
    "商业": Layout(34, 62, 15, 7),
    "办公": Layout(20, 54, 24, 11),
    "学校": Layout(16, 58, 24, 12),
    "配套": Layout(16, 34, 20, 8),
}


UNTOUCHED = ("unsupplied", "not_due", "overdue", "idle_1y", "idle_2y", "idle_gov", "unknown")
PLANTS = ("厂房", "多层厂房", "标准厂房", "仓库")


def raise_buildings(parcels: gpd.GeoDataFrame, rng: Rng) -> gpd.GeoDataFrame:
    """Fill the parcels with rows of bars within the setback, parallel to the longer side of the lot."""
    rows: list[dict[str, object]] = []
    for lot in parcels.itertuples():
        use = _building_use(lot.land_use, lot.zone, rng)
        if use is None or lot.state in UNTOUCHED:
            continue
        bars = [b for b in rows_of_bars(lot.geometry, LAYOUT[use], rng) if b.area > 120]
        bars = _so_far(bars, lot.state, lot.land_use, rng)
        status = "built" if lot.state in ("done", "formed") else "under construction"
        let = round(float(rng.uniform(0.55, 1.0)), 3)
        rows += _project(bars, Scheme(use, _floors(use, lot.zone, rng), let, status), rng)
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)
    frame.insert(0, "building_id", [f"B{k:05d}" for k in range(1, len(frame) + 1)])
    for column in ("floors", "built_year"):
        frame[column] = frame[column].astype("Int64")
    return frame


def _project(bars: list[Polygon], scheme: Scheme, rng: Rng) -> list[dict[str, object]]:
    """Make buildings of the bars; the smallest of three or more in a plant becomes its office."""
    office = min(bars, key=lambda b: b.area) if len(bars) >= 3 and scheme.use in PLANTS else None
    made = []
    for k, bar in enumerate(bars):
        mine = scheme if k % 3 else scheme._replace(status="built")  # of an unfinished project a third stands
        if bar is office:
            slab = mine._replace(use="办公", floors=int(rng.integers(3, 6)))
            made.append(_building(_office_of(bar), slab, rng))
        else:
            made.append(_building(bar, mine, rng))
    return made


def _so_far(bars: list[Polygon], state: str, land_use: str, rng: Rng) -> list[Polygon]:
    """Keep the part of the scheme that stands: unfinished projects show some of their buildings."""
    if land_use.startswith(("13", "12")):
        return bars[:3]
    finished = 1.0 if rng.random() < 0.85 else 0.75  # some keep room to grow
    keep = {"done": finished, "building": 0.5, "slow": 0.2, "stopped": 0.25}.get(state, 1.0)
    return bars[: max(1, round(keep * len(bars)))] if bars else []


def _building_use(code: str, zone: str, rng: Rng) -> str | None:
    plants = {
        "Z1": (["厂房", "多层厂房"], [0.36, 0.64]),
        "Z2": (["标准厂房", "多层厂房", "厂房"], [0.5, 0.35, 0.15]),
        "Z3": (["厂房", "多层厂房", "标准厂房"], [0.5, 0.25, 0.25]),
        "Z4": (["多层厂房", "厂房"], [0.75, 0.25]),
        "": (["厂房"], [1.0]),
    }
    if code.startswith("10"):
        kinds, shares = plants[zone]
        return str(rng.choice(kinds, p=shares))
    fixed = {
        "11": "仓库",
        "0701": "住宅",
        "0702": "商业",
        "0804": "学校",
        "0801": "办公",
        "0802": "办公",
        "0806": "办公",
        "0901": "商业",
        "0902": "办公",
        "13": "配套",
        "120802": "配套",
    }
    return next((use for head, use in fixed.items() if code.startswith(head)), None)


def _floors(use: str, zone: str, rng: Rng) -> int:
    low, high = {
        "厂房": (1, 1),
        "多层厂房": (2, 4),
        "标准厂房": (4, 6),
        "仓库": (1, 2),
        "住宅": (6, 17),
        "商业": (2, 6),
        "办公": (4, 10),
        "学校": (4, 5),
        "配套": (1, 2),
    }[use]
    return int(rng.integers(low, high + 1)) + (1 if zone == "Z1" and use == "多层厂房" else 0)


# how the floor area of a building can be had, and how often: "hall" gives floors and heights, "none" nothing
KNOWN = {"own": 0.30, "floors": 0.34, "heights": 0.13, "height": 0.05, "hall": 0.13, "none": 0.05}
STOREY_M = {"厂房": (7.2, 12.5), "仓库": (6.5, 11.0), "多层厂房": (4.6, 6.2), "标准厂房": (4.3, 5.2)}


def _building(shape: Polygon, scheme: Scheme, rng: Rng) -> dict[str, object]:
    """Describe one building by what a survey knows of it: a floor area, floors, heights, or nothing."""
    storey = round(float(rng.uniform(*STOREY_M.get(scheme.use, (3.0, 4.0)))), 1)
    height = round(storey * scheme.floors + 0.6, 1)
    known = rng.choice(list(KNOWN), p=list(KNOWN.values()))
    floor_area = round(shape.area * scheme.floors * float(rng.normal(1, 0.015)), 1)
    standard = scheme.use == "标准厂房"
    return {
        "use": "厂房" if scheme.use == "多层厂房" else scheme.use,
        "floors": scheme.floors if known in ("own", "floors", "hall") else pd.NA,
        "height_m": height if known in ("heights", "height", "hall") else np.nan,
        "storey_height_m": storey if known in ("heights", "hall") else np.nan,
        "floor_area_m2": floor_area if known == "own" else np.nan,
        "is_standard_factory": standard,
        "leased_share": scheme.leased_share if standard else np.nan,
        "built_year": int(rng.integers(1998, 2025)) if scheme.status == "built" else pd.NA,
        "status": scheme.status,
        "geometry": shape,
    }


def _office_of(bar: Polygon) -> Polygon:
    """Shrink a bar to an office slab on the same axis."""
    ring = shapely.get_coordinates(bar)
    sides = sorted([ring[1] - ring[0], ring[2] - ring[1]], key=lambda s: -np.hypot(*s))
    length, depth = np.hypot(*sides[0]), np.hypot(*sides[1])
    a, b = sides[0] / length * min(length, 46) / 2, sides[1] / depth * min(depth, 16) / 2
    c = ring[:4].mean(axis=0)
    return shapely.set_precision(Polygon([c - a - b, c + a - b, c + a + b, c - a + b]), 0.01)


def rows_of_bars(lot: Polygon, layout: Layout, rng: Rng) -> list[Polygon]:
    """Draw rectangles in parallel rows inside the lot, as long as the lot lets them be."""
    depth, _, gap, setback = layout
    ring = shapely.get_coordinates(shapely.minimum_rotated_rectangle(lot))
    side = max(ring[1] - ring[0], ring[2] - ring[1], key=lambda s: np.hypot(*s))
    angle = float(np.degrees(np.arctan2(side[1], side[0])))
    centre = lot.centroid
    within = shapely.get_parts(rotate(lot, -angle, origin=centre).buffer(-setback))
    inset = max(within, key=lambda g: g.area, default=None)
    if inset is None or inset.is_empty:
        return []
    y0, y1 = _usable_depth(inset)
    rows = max(1, round((y1 - y0 + gap) / (depth + gap)))
    if rows > 1 and (y1 - y0 + gap) / rows - gap < 0.8 * depth:
        rows -= 1
    pitch = (y1 - y0 + gap) / rows
    deep = pitch - gap
    if deep < 9:
        return []
    bars = []
    for k in range(rows):
        low = y0 + k * pitch
        bars += _bars_of_row(inset, (low, low + min(deep, 1.35 * depth)), layout, rng)
    return [shapely.set_precision(rotate(bar, angle, origin=centre), 0.01) for bar in bars]


def _usable_depth(inset: Polygon) -> tuple[float, float]:
    """Find the levels between which the inset is at least half as long as anywhere: the tips stay open."""
    x0, y0, x1, y1 = inset.bounds
    levels = np.linspace(y0, y1, 41)
    chords = shapely.linestrings([[(x0 - 1, y), (x1 + 1, y)] for y in levels])
    long = shapely.length(shapely.intersection(inset, chords))
    roomy = levels[long >= 0.5 * long.max()]
    return float(roomy[0]), float(roomy[-1])


def _bars_of_row(inset: Polygon, row: tuple[float, float], layout: Layout, rng: Rng) -> list[Polygon]:
    (low, high), longest, gap = row, layout.longest, 0.7 * layout.gap
    start, end = inset.bounds[0], inset.bounds[2]
    for y in (low + 0.1, (low + high) / 2, high - 0.1):
        chord = shapely.intersection(inset, LineString([(start - 1, y), (end + 1, y)]))
        span = max(shapely.get_parts(chord), key=lambda g: g.length, default=None)
        if span is None or span.length < 14:
            return []
        start, end = max(start, span.bounds[0]), min(end, span.bounds[2])
    count = max(1, int(np.ceil((end - start + gap) / (longest + gap))))
    pitch = (end - start + gap) / count
    bars = []
    for k in range(count):
        trim = float(rng.uniform(0, 0.12)) * (pitch - gap)
        bar = box(start + k * pitch, low, start + (k + 1) * pitch - gap - trim, high)
        if pitch - gap > 12 and inset.buffer(0.5).contains(bar):
            bars.append(bar)
    return bars


LAWN_M = {"Z1": (1.0, 4.0), "Z4": (5.0, 10.0)}  # width of the planted edge of a plant


def green_of(ground: Ground, parcels: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, rng: Rng) -> gpd.GeoDataFrame:
    """Collect the green cover: parks and belts, planted strips of greened roads, lawns inside the plots."""
    open_land = parcels[parcels.land_use.str.startswith("14")]
    kinds = {"1401": "公园绿地", "1402": "防护绿地", "1403": "广场绿地"}
    rows = [(kinds[c], g) for c, g in zip(open_land.land_use, open_land.geometry, strict=True)]
    rows += [("道路绿化", s) for s in _verges(ground)]
    tree = shapely.STRtree(buildings.geometry.values)
    for lot in parcels[parcels.state == "done"].itertuples():
        plant = float(rng.uniform(*LAWN_M.get(lot.zone, (1.5, 5.0))))
        wide = {"07": 24.0, "08": 20.0, "09": 8.0}.get(lot.land_use[:2], plant)
        built = shapely.union_all(buildings.geometry.values[tree.query(lot.geometry)]).buffer(1.0)
        lawn = lot.geometry.difference(lot.geometry.buffer(-wide, join_style="mitre")).difference(built)
        rows += [("附属绿地", p) for p in _polygons(lawn) if p.area > 150]
    frame = gpd.GeoDataFrame(rows, columns=["kind", "geometry"], geometry="geometry", crs=CRS)
    frame["geometry"] = shapely.set_precision(frame.geometry.values, 0.01)
    frame = frame.explode(ignore_index=True)
    frame = frame[frame.area > 100].reset_index(drop=True)
    frame.insert(0, "green_id", [f"G{k:04d}" for k in range(1, len(frame) + 1)])
    return frame


def _verges(ground: Ground) -> list[Polygon]:
    """Draw the strips between carriageway and pavement of the greened roads."""
    strips = []
    for row in ground.roads[ground.roads.greened].itertuples():
        half = row.width_m / 2
        outer = row.geometry.buffer(half - 2, cap_style="flat")
        inner = row.geometry.buffer(half - (7 if row.width_m >= 40 else 4.5), cap_style="flat")
        surface = ground.surfaces.geometry[ground.surfaces.road_id == row.road_id].union_all()
        strip = outer.difference(inner).intersection(surface).simplify(0.3)
        strips += [p for p in _polygons(strip) if p.area > 100]
    return strips


def _polygons(geometry: shapely.Geometry) -> list[Polygon]:
    return [p for p in shapely.get_parts(geometry) if p.geom_type == "Polygon"]
