"""Ground of the sample park: roads, river, zones, blocks and parcels, all on one noded linework."""

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from sample_sheet import PARK_RING, ZONES, Array, Road, area, line, river_v, road_plan, to_world
from shapely import LineString, Point, Polygon
from shapely.affinity import rotate
from shapely.ops import split

CRS = "EPSG:4549"
SEED = 20251231
GRID_M = 0.01
CORNER_M = 14.0
RIVER_HALF_M, BELT_M = 21.0, 24.0
CANAL_HALF_M, CANAL_BELT_M = 7.0, 9.0

Rng = np.random.Generator
Draft = tuple[str, int, Polygon]  # kind, block number, outline


class Ground(NamedTuple):
    """What the rest of the sample is built on, in EPSG:4549."""

    boundary: Polygon
    zones: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    centrelines: gpd.GeoDataFrame
    surfaces: gpd.GeoDataFrame
    parcels: gpd.GeoDataFrame
    water: gpd.GeoDataFrame
    blocks: list[Polygon]


def build_ground(rng: Rng) -> Ground:
    """Lay out the whole ground; all polygons come from one noded linework, so neighbours share edges."""
    plan = road_plan()
    boundary = _snap(area(PARK_RING))
    axes = {road.road_id: line(road.path) for road in plan}
    river, canal = _river_line(), _canal_line()
    zones = _zones(boundary, axes["J3"])
    boundary = shapely.union_all(zones.geometry.values)  # the park is what its zones cover, to the vertex
    road_area = _road_area(plan, axes, boundary)
    water_area = _water_area(river, canal, boundary).difference(road_area)
    belt_area = _belt_area(river, canal, boundary).difference(road_area.union(water_area))
    rest = boundary.difference(shapely.union_all([road_area, water_area, belt_area]))
    blocks = _rounded(rest)
    # the corners cut off the blocks are road land; what is left beside the belts joins the belts
    corners = rest.difference(shapely.union_all(blocks))
    kerb = road_area.buffer(CORNER_M)
    road_area = road_area.union(corners.intersection(kerb))
    belt_area = belt_area.union(corners.difference(kerb)).buffer(-0.5).buffer(0.5)
    roads = _segments(plan, axes, zones, boundary)
    drafts = _draft_parcels(blocks, water_area, belt_area, zones, rng)
    drafts = _grown_over_the_boundary(drafts, boundary) + _parcels_outside()
    pieces = _cut_surfaces(road_area, roads)
    parcels, surfaces = _node(drafts, pieces)
    columns = {"road_id": [r.road_id for r in plan], "width_m": [r.width_m for r in plan]}
    centre = gpd.GeoDataFrame(columns, geometry=[axes[r.road_id] for r in plan], crs=CRS)
    named = {"name": ["永安河", "仓前港"], "width_m": [2 * RIVER_HALF_M, 2 * CANAL_HALF_M]}
    water = gpd.GeoDataFrame(named, geometry=[river, canal], crs=CRS)
    return Ground(boundary, zones, roads, centre, surfaces, parcels, water, blocks)


def _snap(geometry: shapely.Geometry) -> shapely.Geometry:
    return shapely.set_precision(geometry, GRID_M)


def _river_line() -> LineString:
    u = np.arange(-700.0, 3800.0, 30.0)
    return line(np.column_stack([u, river_v(u)]))


def _canal_line() -> LineString:
    v = np.arange(1000.0, 2760.0, 30.0)
    return line(np.column_stack([1960 + 0.47 * (v - 1000) + 45 * np.sin(v / 230), v]))


def _road_area(plan: list[Road], axes: dict[str, LineString], boundary: Polygon) -> shapely.Geometry:
    strips = [axes[r.road_id].buffer(r.width_m / 2, cap_style="flat", join_style="mitre") for r in plan]
    return shapely.union_all(strips).intersection(boundary.buffer(120))


def _water_area(river: LineString, canal: LineString, boundary: Polygon) -> shapely.Geometry:
    return river.buffer(RIVER_HALF_M).union(canal.buffer(CANAL_HALF_M)).intersection(boundary).simplify(0.3)


def _belt_area(river: LineString, canal: LineString, boundary: Polygon) -> shapely.Geometry:
    """Green belts along the water, and the shelter belt north of the expressway."""
    shelter = area([(-200, 2582), (1500, 2578), (3300, 2582), (3300, 2700), (-200, 2700)])
    belts = [river.buffer(RIVER_HALF_M + BELT_M), canal.buffer(CANAL_HALF_M + CANAL_BELT_M), shelter]
    return shapely.union_all(belts).intersection(boundary).simplify(0.3)


def _rounded(rest: shapely.Geometry) -> list[Polygon]:
    """Blocks with corners rounded for the kerb radius; strips too thin to build on fall away."""
    opened = rest.buffer(-CORNER_M).buffer(CORNER_M, quad_segs=3).simplify(0.2)
    return [b for b in _polygons(opened.intersection(rest)) if b.area > 1_500]


def _polygons(geometry: shapely.Geometry) -> list[Polygon]:
    return [p for p in shapely.get_parts(geometry) if p.geom_type == "Polygon"]


def _zones(boundary: Polygon, third: LineString) -> gpd.GeoDataFrame:
    """Tile the park: one border on a road centreline, one in the river, two straight across the blocks."""
    u = np.arange(860.0, 3700.0, 30.0)
    along_river = np.column_stack([u, river_v(u)])
    north_south = line(np.vstack([[(-500, 1530)], along_river]))
    across = LineString(to_world(np.array([(1530, river_v(np.array([1530.0]))[0] + 60), (1655, -300)])))
    stem = third.intersection(area([(1300, 1000), (1600, 1000), (1600, 2800), (1300, 2800)]))
    stem = LineString([*stem.coords, *to_world(np.array([(1450, 2800)]))])
    linework = shapely.union_all([boundary.exterior, north_south, across, stem], grid_size=GRID_M)
    faces = [f for f in shapely.get_parts(shapely.polygonize([linework])) if f.area > 1_000]
    rows = []
    for zone_id, name, name_en, level, age, anchor in ZONES:
        at = Point(to_world(np.array([anchor]))[0])
        rows.append((zone_id, name, name_en, level, age, next(f for f in faces if f.contains(at))))
    columns = ["zone_id", "name", "name_en", "level", "age_class", "geometry"]
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=CRS)


def _segments(
    plan: list[Road], axes: dict[str, LineString], zones: gpd.GeoDataFrame, park: Polygon
) -> gpd.GeoDataFrame:
    """Centrelines cut at every crossing, each piece with the attributes of its road."""
    noded = shapely.get_parts(shapely.union_all(list(axes.values()), grid_size=GRID_M))
    reach = park.buffer(120)
    pieces = shapely.get_parts(shapely.line_merge(shapely.intersection(noded, reach)))
    pieces = [p for p in pieces if p.length > 30]
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    away = np.array([shapely.distance(axes[r.road_id], middle) for r in plan])
    owner = away.argmin(axis=0)
    count: dict[int, int] = {}
    rows = []
    order = sorted(range(len(pieces)), key=lambda i: (owner[i], round(middle[i].x), round(middle[i].y)))
    for i in order:
        road = plan[owner[i]]
        count[owner[i]] = count.get(owner[i], 0) + 1
        number = f"{road.road_id}-{count[owner[i]]:02d}"
        rows.append((number, road.name, road.road_class, road.width_m, _zone_at(middle[i], zones), pieces[i]))
    columns = ["road_id", "name", "road_class", "width_m", "zone", "geometry"]
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=CRS)


def _zone_at(point: Point, zones: gpd.GeoDataFrame) -> str:
    """Name the zone of a point, or the nearest one of a point outside."""
    return str(zones.zone_id.iloc[int(zones.distance(point).to_numpy().argmin())])


def _cut_surfaces(road_area: shapely.Geometry, roads: gpd.GeoDataFrame) -> list[tuple[str, Polygon]]:
    """Share the road land out to the road pieces, the wider road taking each crossing."""
    order = roads.sort_values(["width_m", "road_id"], ascending=[False, True])
    reach = shapely.buffer(
        order.geometry.values, order.width_m.values / 2 + CORNER_M, cap_style="flat", join_style="mitre"
    )
    tree = shapely.STRtree(reach)
    pieces = []
    for i, road_id in enumerate(order.road_id):
        near = shapely.clip_by_rect(road_area, *reach[i].bounds)
        taken = shapely.union_all([reach[j] for j in tree.query(reach[i]) if j < i])
        mine = near.intersection(reach[i]).difference(taken)
        pieces += [(road_id, p) for p in shapely.get_parts(mine) if p.geom_type == "Polygon" and p.area > 4]
    return pieces


BLOCK_TARGET_M2 = {"Z1": 20_000, "Z2": 36_000, "Z3": 29_000, "Z4": 15_000}


def _draft_parcels(
    blocks: list[Polygon], water: shapely.Geometry, belts: shapely.Geometry, zones: gpd.GeoDataFrame, rng: Rng
) -> list[Draft]:
    """Give kind, block number and outline of every parcel, before noding."""
    drafts: list[Draft] = []
    for number, block in enumerate(blocks):
        target = BLOCK_TARGET_M2[_zone_at(block.representative_point(), zones)]
        drafts += [("block", number, p) for p in split_block(block, target, rng)]
    drafts += [("water", -1, p) for p in shapely.get_parts(water) if p.area > 300]
    drafts += [("belt", -1, p) for p in shapely.get_parts(belts) if p.geom_type == "Polygon" and p.area > 300]
    return drafts


def split_block(block: Polygon, target_m2: float, rng: Rng) -> list[Polygon]:
    """Halve a block across its long side until the lots have about the wanted size; a few become L shapes."""
    if block.area < target_m2 * rng.uniform(1.15, 2.1):
        return [block]
    ring = shapely.get_coordinates(shapely.minimum_rotated_rectangle(block))
    sides = [ring[1] - ring[0], ring[2] - ring[1]]
    long, short = sorted(sides, key=lambda s: -np.hypot(*s))
    if rng.random() < 0.10 and block.area > 2.2 * target_m2:
        parts = _corner_lot(block, ring[0], sides, rng)
    else:
        middle = ring[0] + sides[0] / 2 + sides[1] / 2 + long * rng.uniform(-0.13, 0.13)
        tilt = rotate(LineString([middle - short, middle + short]), rng.normal(0, 1.6))
        parts = shapely.get_parts(split(block, tilt)).tolist()
    if len(parts) < 2 or min(p.area for p in parts) < 2_800:
        return [block]
    return [lot for part in parts for lot in split_block(part, target_m2, rng)]


def _corner_lot(block: Polygon, corner: Array, sides: list[Array], rng: Rng) -> list[Polygon]:
    a, b = sides[0] * rng.uniform(0.4, 0.6), sides[1] * rng.uniform(0.4, 0.6)
    slack = (sides[0] + sides[1]) * 0.2
    lot = Polygon([corner - slack, corner + a - sides[1] * 0.2, corner + a + b, corner + b - sides[0] * 0.2])
    parts = [block.intersection(lot), block.difference(lot)]
    if any(p.geom_type != "Polygon" or p.is_empty for p in parts):
        return [block]
    return parts


def _parcels_outside() -> list[Draft]:
    """Works that grew outside the park before its boundary was drawn."""
    rings = [
        [(-520, 1800), (-400, 1795), (-400, 1940), (-515, 1955)],
        [(-400, 1795), (-290, 1800), (-292, 1930), (-400, 1940)],
    ]
    return [("outside", -1, area(ring)) for ring in rings]


def _grown_over_the_boundary(drafts: list[Draft], park: Polygon) -> list[Draft]:
    """Let two works on the eastern edge reach a little over the planned boundary, as surveys often find."""
    north = [(3250, 2010), (3420, 2000), (3415, 2110), (3250, 2120)]
    south = [(3300, 900), (3450, 890), (3440, 1010), (3300, 1000)]
    for ring in (north, south):
        bulge = area(ring)
        k = max(range(len(drafts)), key=lambda i: drafts[i][2].intersection(bulge).area)
        kind, block, lot = drafts[k]
        grown = shapely.union_all([lot, bulge.difference(park).buffer(0.02)])
        drafts[k] = (kind, block, _largest(grown))
    return drafts


def _node(drafts: list[Draft], pieces: list[tuple[str, Polygon]]) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Rebuild parcels and road surfaces from their common linework: no gaps, no overlaps, shared vertices."""
    shapes = [d[2] for d in drafts] + [p[1] for p in pieces]
    linework = shapely.union_all([shapely.boundary(s) for s in shapes], grid_size=GRID_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(linework)))
    faces = faces[shapely.area(faces) > 0.5]
    face, shape = shapely.STRtree(shapes).query(shapely.point_on_surface(faces), predicate="within")
    # where outlines overlap by a hair, the first one owns the face
    _, first = np.unique(face, return_index=True)
    face, shape = face[first], shape[first]
    merged = {s: shapely.union_all(faces[face[shape == s]], grid_size=GRID_M) for s in np.unique(shape)}
    whole = {s: _largest(g) for s, g in merged.items()}
    n = len(drafts)
    lots = [(*drafts[s][:2], g) for s, g in whole.items() if s < n and g.area > 250]
    roads = [(pieces[s - n][0], g) for s, g in whole.items() if s >= n and g.area > 4]
    return (
        gpd.GeoDataFrame(lots, columns=["kind", "block", "geometry"], geometry="geometry", crs=CRS),
        gpd.GeoDataFrame(roads, columns=["road_id", "geometry"], geometry="geometry", crs=CRS),
    )


def _largest(geometry: shapely.Geometry) -> Polygon:
    return max(_polygons(geometry), key=lambda g: g.area)
