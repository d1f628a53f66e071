"""A town of 100 m squares whose every figure can be worked out with a pencil.

Metres east and north of the corner (500 000, 3 400 000) of EPSG:4549, one character 20 m wide, one line 50 m
high::

    500  +--------------+
         |      Z3      |
    400  |    .         |            R6 goes up from (100, 200) to (100, 400)
         |    .R6       |
    300  +----+----+----+----+----+----+----+
         | P5 | P6 | P7 |    R2 P12 |  .R8..|....      P12 x 450-550, R8 y = 250 leaves the town at x = 700
    200  +----+----+----+    |  +---+.      |
         |                   |       .R5    | +--+
    150  =======R1===+=======+=======+===    [P10]     P10 x 650-750: half of it lies outside
         |      R4   [P13]   |              | +--+
    100  +----+----+----+  +-+--+----+  +---+          P13 x 200-300, y 100-140
         | P1 | P2 | P3 |  | P4 | P8 |  | P9|      +----+
         |    |    |    |  | |  |    |  |   |      | P11|   P11 x 800-900 lies wholly outside
      0  R3==================================      +----+
         0   100  200  300  400     560 600 700    800

    Z1 x 0-400, y 0-300        Z2 x 400-700, y 0-300        Z3 x 0-300, y 300-500, without a parcel
    P4 x 360-460: 40 m of it in Z1, 60 m in Z2
    R1 crosses Z1 and Z2, R2 (x = 400, y 100-300) runs along their border, R3 along the outer border,
    R4 (x = 150, y 100-200) crosses R1, R5 (x = 550, y 150-250) ends in it: a T, R0 lies far outside

`write` makes the files and the plan. Its keywords replace, change or drop single things, so that hostile
towns can be made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gisplan.plan import Plan, parse_plan

EAST, NORTH = 500_000, 3_400_000
CRS = "EPSG:4549"

Change = gpd.GeoDataFrame | Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]


def box(x0: float, y0: float, x1: float, y1: float) -> BaseGeometry:
    """Rectangle in metres from the town's corner."""
    return shapely.box(EAST + x0, NORTH + y0, EAST + x1, NORTH + y1)


def line(*points: tuple[float, float]) -> BaseGeometry:
    """Line in metres from the town's corner."""
    return shapely.LineString([(EAST + x, NORTH + y) for x, y in points])


def point(x: float, y: float) -> BaseGeometry:
    """Point in metres from the town's corner."""
    return shapely.Point(EAST + x, NORTH + y)


def table(columns: Iterable[str], *rows: tuple[Any, ...], crs: Any = CRS) -> gpd.GeoDataFrame:
    """Layer of rows; the last value of each is its geometry."""
    names = [*columns, "geometry"]
    data = {n: [row[i] for row in rows] for i, n in enumerate(names)}
    return gpd.GeoDataFrame(data, geometry="geometry", crs=crs)


def zones() -> gpd.GeoDataFrame:
    """Three zones; Z1 and Z2 share a border, Z3 lies north of Z1."""
    return table(
        ["zone_id", "name", "level"],
        ("Z1", "West", "a", box(0, 0, 400, 300)),
        ("Z2", "East", "a", box(400, 0, 700, 300)),
        ("Z3", "North", "b", box(0, 300, 300, 500)),
    )


def parcels() -> gpd.GeoDataFrame:
    """Thirteen parcels: P4 straddles Z1 and Z2, P10 lies half outside, P11 outside, P7 has an unknown
    code."""
    return table(
        ["parcel_id", "land_use"],
        ("P1", "100101", box(0, 0, 100, 100)),
        ("P2", "1101", box(100, 0, 200, 100)),
        ("P3", "0701", box(200, 0, 300, 100)),
        ("P4", "1001", box(360, 0, 460, 100)),
        ("P5", "1001", box(0, 200, 100, 300)),
        ("P6", "1401", box(100, 200, 200, 300)),
        ("P7", "9999", box(200, 200, 300, 300)),
        ("P8", "0901", box(460, 0, 560, 100)),
        ("P9", "2301", box(600, 0, 700, 100)),
        ("P10", "1001", box(650, 100, 750, 200)),
        ("P11", "1001", box(800, 0, 900, 100)),
        ("P12", "1701", box(450, 200, 550, 300)),
        ("P13", "1001", box(200, 100, 300, 140)),
    )


def buildings() -> gpd.GeoDataFrame:
    """Twelve buildings, their floor area known in each of the ways there are, and not at all.

    B1 own column (its floors must not be used) · B2 floors · B3 height and storey height · B4 straddles Z1
    and Z2 (10 m : 20 m) ·
    B5 straddles P4 and P8 (10 m : 30 m), storey height assumed · B6 unknown, beside B7 on P5, whose register
    tells · B8 straddles Z1
    and Z3 by half · B9 unknown on P10, which has no register · B10 outside · B11 floors · B12 a gatehouse of
    30 m² on P13. B1, B4 and B9 are standard factories, let to six, five and nine tenths; of B2 nobody says what it is.
    """
    nan = np.nan
    return table(
        [
            "building_id",
            "floor_area_m2",
            "floors",
            "height_m",
            "storey_height_m",
            "is_standard_factory",
            "leased_share",
        ],
        ("B1", 5000.0, 9.0, nan, nan, True, 0.6, box(10, 10, 60, 50)),
        ("B2", nan, 2.0, 99.0, 3.0, None, nan, box(110, 10, 160, 60)),
        ("B3", nan, nan, 13.9, 3.0, False, nan, box(210, 10, 240, 40)),
        ("B4", nan, 3.0, nan, nan, True, 0.5, box(390, 20, 420, 60)),
        ("B5", nan, nan, 8.0, nan, False, nan, box(450, 70, 490, 90)),
        ("B6", nan, nan, nan, nan, False, nan, box(10, 210, 40, 240)),
        ("B7", 600.0, nan, nan, nan, False, nan, box(50, 210, 80, 230)),
        ("B8", nan, 2.0, nan, nan, False, nan, box(220, 290, 260, 310)),
        ("B9", nan, nan, nan, nan, True, 0.9, box(660, 120, 690, 150)),
        ("B10", nan, 1.0, nan, nan, False, nan, box(810, 10, 835, 30)),
        ("B11", nan, 4.0, nan, nan, False, nan, box(500, 10, 540, 40)),
        ("B12", nan, 1.0, nan, nan, False, nan, box(290, 130, 296, 135)),
    )


def roads() -> gpd.GeoDataFrame:
    """Eight roads: crossing, along a shared and an outer border, a T, dead ends, one half outside, one
    outside."""
    return table(
        ["road_id", "road_class", "width_m"],
        ("R0", "支路", 10.0, line((0, -100), (100, -100))),
        ("R1", "主干路", 20.0, line((0, 150), (600, 150))),
        ("R2", "次干路", 10.0, line((400, 100), (400, 300))),
        ("R3", "支路", 10.0, line((0, 0), (700, 0))),
        ("R4", "支路", 10.0, line((150, 100), (150, 200))),
        ("R5", "支路", np.nan, line((550, 150), (550, 250))),
        ("R6", "track", 8.0, line((100, 200), (100, 400))),
        ("R8", "?", 10.0, line((650, 250), (750, 250))),
    )


def road_surfaces() -> gpd.GeoDataFrame:
    """Land of R1 and R2; the two overlap where they cross."""
    return table(["surface_id"], ("S1", box(0, 140, 600, 160)), ("S2", box(395, 100, 405, 300)))


def water() -> gpd.GeoDataFrame:
    """One main of 200 m in Z1."""
    return table(["feature_id"], ("W1", line((100, 150), (300, 150))))


def power() -> gpd.GeoDataFrame:
    """One cabinet on the border of Z1 and Z2, one in Z2, one outside."""
    return table(["feature_id"], ("E1", point(400, 250)), ("E2", point(600, 100)), ("E3", point(850, 150)))


def gas() -> gpd.GeoDataFrame:
    """Three service areas: G1 and G3 overlap, G2 touches the border of Z1 and Z2 and the side of P12."""
    return table(
        ["feature_id"],
        ("G1", box(0, 0, 250, 120)),
        ("G2", box(400, 250, 450, 300)),
        ("G3", box(200, 100, 300, 120)),
    )


#: The register. P2 has two rows, P3, P6, P7, P9, P12 and P13 have none; P5's area is not known, P4's differs
#: from the drawing.
LEDGER = """\
code,mu,floor area,investment,output,tax,jobs
P1,15,,3000,6000,120,200
P2,7.5,,500,1000,10,30
P2,7.5,,700,,20,20
P4,14.4,,2000,/,0,100
P5,,4000,1000,,,
P8,15,,,900,45,0
P10,15,,800,,,40
P11,15,,9999,9999,9999,9999
"""

_LEDGER_COLUMNS = {
    "land_area": {"column": "mu", "unit": "mu"},
    "floor_area": "floor area",
    "investment": "investment",
    "output": "output",
    "tax": "tax",
    "jobs": "jobs",
}

_LAYERS: Mapping[str, Callable[[], gpd.GeoDataFrame]] = {
    "zones": zones,
    "parcels": parcels,
    "buildings": buildings,
    "roads": roads,
    "water": water,
    "power": power,
    "gas": gas,
}
_SERVICES = {"water": {"reach_m": 50}, "power": {}, "gas": {"reach_m": 0}}


def write(
    folder: Path,
    *,
    header: Mapping[str, Any] | None = None,
    drop: Iterable[str] = (),
    surfaces: bool = False,
    storey_height_m: float | None = 4.0,
    ledger: str | None = LEDGER,
    crs: Any = None,
    spec: Mapping[str, Any] | None = None,
    **changes: Change,
) -> Plan:
    """Write the town's files and return its plan.

    Parameters
    ----------
    folder
        Where.
    header
        Keys of ``[plan]`` to add or replace, e.g. ``{"area_basis": "ledger"}``.
    drop
        Layers to leave out: ``buildings``, ``water`` …
    surfaces
        Add the layer of road surfaces.
    storey_height_m
        Assumed storey height; None assumes nothing.
    ledger
        Text of the register, None for a town without one.
    crs
        Coordinate system the layers are drawn in; the town's own by default.
    spec
        Keys to add to a layer's table of the plan, by layer.
    changes
        By layer, a layer that stands for the town's, or a function that changes it.
    """
    layers: dict[str, Any] = {}
    services: dict[str, Any] = {}
    made = {**_LAYERS, **({"road_surfaces": road_surfaces} if surfaces else {})}
    for name, make in made.items():
        if name in drop:
            continue
        change = changes.pop(name, None)
        frame = change if isinstance(change, gpd.GeoDataFrame) else make()
        if callable(change):
            frame = change(frame)
        if crs is not None:
            frame = frame.to_crs(crs)
        frame.to_file(folder / "town.gpkg", layer=name, driver="GPKG")
        (services if name in _SERVICES else layers)[name] = {
            "path": "town.gpkg",
            "layer": name,
            **_SERVICES.get(name, {}),
            **(spec or {}).get(name, {}),
        }
    assert not changes, f"no such layer: {', '.join(changes)}"
    if "parcels" in layers:
        layers["parcels"].setdefault("code_system", "ydyh2023")
        if ledger is not None:
            (folder / "register.csv").write_text(ledger, encoding="utf-8")
            layers["parcels"]["ledger"] = {"path": "register.csv", "key": "code", "columns": _LEDGER_COLUMNS}
    assumed = {} if storey_height_m is None else {"storey_height_m": storey_height_m}
    plan = {
        "plan": {"name": "town", "area": "planar", **(header or {})},
        "assumptions": assumed,
        "layers": {**layers, "services": services},
    }
    return parse_plan(plan, folder=folder)
