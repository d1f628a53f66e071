"""What each parcel of the sample is for: land use, state of the project, phase and id."""

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sample_park import Ground, Rng
from sample_sheet import river_v, to_sheet

NAMES = {
    "0701": "城镇住宅用地",
    "0702": "城镇社区服务设施用地",
    "0801": "机关团体用地",
    "0802": "科研用地",
    "0804": "教育用地",
    "0806": "医疗卫生用地",
    "0901": "商业用地",
    "0902": "商务金融用地",
    "1001": "工业用地",
    "100101": "一类工业用地",
    "100102": "二类工业用地",
    "1101": "物流仓储用地",
    "110101": "一类物流仓储用地",
    "120802": "公共交通场站用地",
    "120803": "社会停车场用地",
    "1301": "供水用地",
    "1302": "排水用地",
    "1303": "供电用地",
    "1304": "供燃气用地",
    "1305": "供热用地",
    "1306": "通信用地",
    "1309": "环卫用地",
    "1310": "消防用地",
    "1401": "公园绿地",
    "1402": "防护绿地",
    "1403": "广场用地",
    "16": "留白用地",
    "1701": "河流水面",
    "0103": "旱地",
    "2301": "空闲地",
}

# use, and where it lies on the sheet: the smallest free lot near the place is taken
PLACED = [
    ("1303", (1180, 2470)),
    ("1303", (2640, 1700)),
    ("1303", (130, 720)),
    ("1303", (2840, 760)),
    ("1302", (3290, 800)),
    ("1304", (-200, 2200)),
    ("1305", (1000, 2240)),
    ("1310", (1790, 1990)),
    ("1309", (3180, 2350)),
    ("1306", (800, 1480)),
    ("1301", (-250, 1250)),
    ("120802", (620, 170)),
    ("120803", (2080, 2060)),
    ("120803", (880, 700)),
    ("1401", (600, 850)),
    ("1401", (1010, 430)),
    ("1401", (150, 930)),
    ("1401", (1750, 1850)),
    ("1401", (350, 250)),
    ("1403", (780, 480)),
    ("0801", (620, 480)),
    ("0804", (380, 420)),
    ("0804", (1080, 900)),
    ("0806", (370, 760)),
    ("0702", (870, 200)),
    ("0901", (820, 1700)),
    ("0902", (2100, 1650)),
    ("0802", (2290, 1850)),
    ("0802", (1930, 1650)),
    ("0802", (1920, 740)),
    ("0901", (1990, 540)),
]

# project states and how often they occur in each zone (%)
STATES = [
    "done",
    "building",
    "slow",
    "stopped",
    "idle_1y",
    "idle_2y",
    "overdue",
    "not_due",
    "idle_gov",
    "unknown",
    "unsupplied",
]
STATE_PERCENT = {
    "Z1": [85, 3, 2, 3, 1, 2, 1, 1, 0, 2, 0],
    "Z2": [69, 8, 4, 2, 3, 1, 4, 4, 2, 1, 2],
    "Z3": [30, 10, 4, 5, 10, 8, 7, 7, 7, 2, 10],
    "Z4": [81, 6, 1, 2, 1, 1, 2, 3, 1, 1, 1],
    "": [100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
}
PLANT_CODES = ("07", "08", "09", "10", "11")


def settle(ground: Ground, rng: Rng) -> gpd.GeoDataFrame:
    """Give every parcel its use, state, phase and id."""
    parcels = ground.parcels.copy()
    at = parcels.representative_point()
    sheet = to_sheet(np.column_stack([at.x, at.y]))
    parcels["u"], parcels["v"] = sheet[:, 0].round(1), sheet[:, 1].round(1)
    parcels["zone"] = _zone_of(at, ground.zones)
    parcels["land_use"] = _uses(parcels, rng)
    parcels["land_use_name"] = parcels.land_use.map(NAMES)
    parcels["state"] = _states(parcels, rng)
    south = parcels.v < river_v(parcels.u.to_numpy())
    parcels["phase"] = np.where(parcels.u < 1450, "一期", np.where(south, "三期", "二期"))
    parcels = parcels.sort_values(["zone", "block", "v", "u"], ignore_index=True)
    parcels["parcel_id"] = _parcel_ids(parcels)
    return parcels


def _zone_of(points: gpd.GeoSeries, zones: gpd.GeoDataFrame) -> NDArray[np.str_]:
    point, zone = zones.sindex.query(points.values, predicate="intersects")
    found = np.full(len(points), "", dtype=object)
    found[point] = zones.zone_id.to_numpy()[zone]
    return found


def _parcel_ids(parcels: pd.DataFrame) -> list[str]:
    """Give each lot its number within its block (街坊), as the cadastre does: 330500-003-0012."""
    blocks = parcels.groupby(["zone", "block"], sort=True).ngroup() + 1
    serial = parcels.groupby(blocks).cumcount() + 1
    return [f"330500-{b:03d}-{s:04d}" for b, s in zip(blocks, serial, strict=True)]


def _uses(parcels: gpd.GeoDataFrame, rng: Rng) -> list[str]:
    dominant: dict[int, str] = {}
    codes = []
    for row in parcels.itertuples():
        if row.kind == "water":
            code = "1701"
        elif row.kind == "belt":
            code = "1402" if row.v > 2500 or row.u > 1900 else "1401"
        elif row.kind == "outside":
            code = "1001"
        elif row.block in dominant and rng.random() < 0.84:
            code = dominant[row.block]
        else:
            code = USE_OF_ZONE[row.zone](row.u, row.v, rng)
            dominant.setdefault(row.block, code)
        codes.append(code)
    return _with_placed(parcels, codes)


def _with_placed(parcels: gpd.GeoDataFrame, codes: list[str]) -> list[str]:
    size, free = parcels.area.to_numpy(), (parcels.kind == "block").to_numpy().copy()
    small = {"13", "12"}
    for code, (u, v) in PLACED:
        away = np.hypot(parcels.u - u, parcels.v - v).to_numpy()
        cost = away + size / (40 if code[:2] in small else 250) + np.where(free, 0, 1e9)
        k = int(cost.argmin())
        codes[k], free[k] = code, False
    for k in np.flatnonzero(free & (size < 4_200)):  # remnants nobody can build on are planted
        codes[k] = "1402" if parcels.zone[k] in ("Z1", "Z2") else "1401"
    return codes


def _machinery(u: float, v: float, rng: Rng) -> str:
    if v < 1560 and u < 600:
        return str(rng.choice(["0701", "0901", "100101"], p=[0.4, 0.2, 0.4]))
    return str(rng.choice(["1001", "100102", "100101", "1101"], p=[0.28, 0.5, 0.14, 0.08]))


def _electronics(u: float, _v: float, rng: Rng) -> str:
    if u > 2590:
        return str(rng.choice(["110101", "1101", "100101", "1001"], p=[0.34, 0.28, 0.2, 0.18]))
    return str(rng.choice(["100101", "1001", "0802", "1101", "0902"], p=[0.71, 0.14, 0.05, 0.08, 0.02]))


def _start_up(u: float, v: float, rng: Rng) -> str:
    if u > 2950 and v < 420:
        return str(rng.choice(["16", "0103"], p=[0.6, 0.4]))
    if v < 60:
        return str(rng.choice(["16", "2301", "1001"], p=[0.4, 0.2, 0.4]))
    return str(rng.choice(["100101", "1001", "100102", "1101", "0701"], p=[0.44, 0.26, 0.16, 0.1, 0.04]))


def _mixed(u: float, v: float, rng: Rng) -> str:
    centre = np.hypot(u - 700, v - 520)
    if centre < 260:
        return str(rng.choice(["0901", "0902", "0701", "0702"], p=[0.45, 0.25, 0.2, 0.1]))
    if 100 < u < 1230 and v < 1050:
        return str(rng.choice(["0701", "0901", "100101", "1401"], p=[0.66, 0.14, 0.14, 0.06]))
    return str(rng.choice(["100101", "1001", "1101", "0701"], p=[0.6, 0.15, 0.1, 0.15]))


USE_OF_ZONE = {"Z1": _machinery, "Z2": _electronics, "Z3": _start_up, "Z4": _mixed, "": _machinery}


def _states(parcels: gpd.GeoDataFrame, rng: Rng) -> list[str]:
    states = []
    for row in parcels.itertuples():
        if not row.land_use.startswith(PLANT_CODES):
            laid_out = row.land_use[:2] in ("12", "13", "14", "17")
            states.append("formed" if laid_out else "unsupplied")
            continue
        percent = np.array(STATE_PERCENT[row.zone], dtype=float)
        if row.zone == "Z3" and (row.u > 2600 or row.v < 60):
            percent[0], percent[-1] = 6, 30  # the far end has hardly begun
        states.append(str(rng.choice(STATES, p=percent / percent.sum())))
    return states
