"""The sheet on which the sample park is drawn, and how it is carried to the ground.

The sheet is straight, in metres (u to the east, v to the north). `to_world` skews, bends and turns it: the
roads curve together, as they do where a plan follows a river, and the tables read as off squared paper.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon

ORIGIN = (488_600.0, 3_419_250.0)
TURN = np.radians(9.0)

Array = NDArray[np.float64]


class Road(NamedTuple):
    """One road of the plan; `path` is its centreline on the sheet."""

    road_id: str
    name: str
    road_class: str
    width_m: float
    path: Array
    trunk: bool


def to_world(uv: Array) -> Array:
    """Carry points of the sheet (n, 2) to EPSG:4549: skewed, turned, and bent most in the south."""
    u, v = np.asarray(uv, dtype=float).T
    x, y = u + 0.15 * v + 35 * np.sin(v / 700), v - _bend(u, v)
    return np.column_stack(
        [
            ORIGIN[0] + x * np.cos(TURN) + y * np.sin(TURN),
            ORIGIN[1] - x * np.sin(TURN) + y * np.cos(TURN),
        ]
    )


def to_sheet(xy: Array) -> Array:
    """Undo `to_world` by fixed-point iteration, good to a millimetre inside the park."""
    x0, y0 = (np.asarray(xy, dtype=float) - ORIGIN).T
    x, y = x0 * np.cos(TURN) - y0 * np.sin(TURN), x0 * np.sin(TURN) + y0 * np.cos(TURN)
    u, v = x.copy(), y.copy()
    for _ in range(40):
        u, v = x - 0.15 * v - 35 * np.sin(v / 700), y + _bend(u, v)
    return np.column_stack([u, v])


def _bend(u: Array, v: Array) -> Array:
    return 130 * np.sin(np.pi * (u - 100) / 3600) * (1 - v / 3400)


def line(uv: Array, step: float = 15.0) -> LineString:
    """Line on the ground of a polyline of the sheet, with only the vertices its bends need."""
    dense = shapely.segmentize(LineString(uv), step)
    return LineString(to_world(shapely.get_coordinates(dense))).simplify(0.25)


def area(uv: Iterable[tuple[float, float]]) -> Polygon:
    """Polygon on the ground of a ring of the sheet."""
    ring = shapely.segmentize(Polygon(list(uv)).exterior, 15.0)
    return Polygon(to_world(shapely.get_coordinates(ring))).simplify(0.25)


def river_v(u: Array) -> Array:
    """Follow the river on the sheet: it meanders more than the roads beside it, which leaves odd remnants."""
    return 1240 - 0.10 * u + 62 * np.sin(u / 430) + 20 * np.sin(u / 170 + 1)


def _along(u: Array, v: Array | float) -> Array:
    return np.column_stack([u, np.broadcast_to(v, u.shape)])


def _upright(u: float, low: float, high: float, sway: Callable[[Array], Array] | None = None) -> Array:
    v = np.arange(low, high + 1, 30.0)
    return np.column_stack([u + (sway(v) if sway else np.zeros_like(v)), v])


def road_plan() -> list[Road]:
    """Five roads north-south (纵), six east-west (横), the expressway, and the local streets between them."""
    u = np.arange(-460.0, 3521.0, 30.0)
    v0, v1 = -260.0, 2760.0
    shift = lambda v: 170 / (1 + np.exp((v - 900) / 130))  # noqa: E731  the fourth road steps aside for the hill
    lean = lambda v: -60 * np.sin(np.pi * v / 2700)  # noqa: E731
    trunk = [
        ("K1", "永安快速路", "快速路", 50.0, _along(u, 2570 + 12 * np.sin(u / 600))),
        ("J1", "经一路", "次干路", 24.0, _upright(0, v0, 2570)),
        ("J2", "经二路（永安大道）", "主干路", 40.0, _upright(720, v0, v1, lean)),
        ("J3", "经三路", "次干路", 30.0, _upright(1450, v0, 2570)),
        ("J4", "经四路（创新大道）", "主干路", 40.0, _upright(2200, v0, v1, shift)),
        ("J5", "经五路", "次干路", 24.0, _upright(2950, v0, 2570, lean)),
        ("W1", "纬一路", "次干路", 24.0, _along(u, 70.0)),
        ("W2", "纬二路（安康大道）", "主干路", 40.0, _along(u, 600 - 110 * np.sin(np.pi * (u + 200) / 3400))),
        ("W3", "纬三路（滨河南路）", "次干路", 24.0, _along(u, 1105 - 0.10 * u + 45 * np.sin(u / 520))),
        ("W4", "纬四路（滨河北路）", "次干路", 24.0, _along(u, 1395 - 0.09 * u + 40 * np.sin(u / 600))),
        ("W5", "纬五路（兴业大道）", "主干路", 40.0, _along(u, 1790 - 0.03 * u)),
        ("W6", "纬六路", "次干路", 30.0, _along(u, 2190 + 20 * np.sin(u / 500))),
    ]
    local = [
        ("工匠路", 16, (345, 1386), (345, 2570)),
        ("机电路", 16, (1075, 1336), (1075, 2570)),
        ("铸安路", 14, (-330, 1985), (1450, 1975)),
        ("永固路", 14, (0, 2385), (1450, 2395)),
        ("匠心路", 12, (662, 1560), (1450, 1530)),
        ("同心路", 12, (-330, 1590), (662, 1580)),
        ("芯片路", 18, (1830, 1234), (1830, 2570)),
        ("仓前路", 18, (2590, 1125), (2590, 2570)),
        ("物流路", 18, (1450, 1470), (2890, 1425)),
        ("智造路", 16, (2200, 1960), (3400, 1940)),
        ("光电路", 14, (1450, 2385), (2200, 2375)),
        ("货运路", 16, (2590, 2370), (3400, 2360)),
        ("邻里路", 14, (235, -120), (255, 1100)),
        ("文昌路", 14, (475, -120), (480, 1092)),
        ("学府路", 14, (955, 70), (960, 1050)),
        ("康乐路", 12, (1205, 70), (1200, 1018)),
        ("和平路", 14, (-330, 330), (1450, 300)),
        ("富民路", 14, (-330, 830), (1450, 790)),
        ("起步路", 18, (1820, 70), (1850, 902)),
        ("启航路", 18, (2740, -120), (2680, 797)),
        ("拓展路", 18, (1450, 270), (2370, 262)),
        ("新园路", 18, (2330, 700), (2892, 690)),
    ]
    roads = [Road(i, n, c, w, p, True) for i, n, c, w, p in trunk]
    streets = [
        Road(f"L{k:02d}", n, "支路", float(w), np.array([a, b], dtype=float), False)
        for k, (n, w, a, b) in enumerate(local, start=1)
    ]
    return roads + streets


PARK_RING = [
    (-300, 95),
    (-315, 800),
    (-350, 1180),
    (-330, 1620),
    (-260, 1700),
    (-270, 2300),
    (-120, 2410),
    (-130, 2640),
    (900, 2655),
    (1700, 2650),
    (2700, 2665),
    (3080, 2640),
    (3110, 2450),
    (3330, 2430),
    (3350, 1900),
    (3260, 1780),
    (3270, 1420),
    (3390, 1330),
    (3400, 700),
    (3300, 560),
    (3290, 150),
    (3120, 30),
    (2780, -90),
    (2330, -115),
    (2300, -60),
    (1600, -70),
    (1580, -125),
    (700, -130),
    (200, -105),
    (180, 60),
]
ZONES = [
    ("Z1", "永安机械产业集聚区", "Yong'an machinery cluster", "省级", "old", (700, 2000)),
    ("Z2", "河东电子物流园", "Hedong electronics and logistics park", "省级", "old", (2400, 1900)),
    ("Z3", "南山起步区", "Nanshan start-up area", "市级", "new", (2600, 400)),
    ("Z4", "安康产城融合区", "Ankang mixed quarter", "市级", "old", (700, 500)),
]
