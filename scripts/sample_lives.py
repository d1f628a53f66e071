"""A fabric whose parcels have a register, for benchmarks of the rules: the class of every life is known beforehand."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sample_fabric import CRS, Array, Rng, fabric

DAY = np.datetime64("2025-12-31", "D")
SAMPLE = Path(__file__).resolve().parent.parent / "layers"

#: Codes of the fabric on which nothing is built (roads, parks, reserve): the register has no rows for them.
UNBUILT = ("1401", "1207", "16")

#: Share and idle class of each life. The last three cannot be told: start before supply, no amounts, no record.
LIVES: dict[str, tuple[float, str]] = {
    "done": (0.54, "DONE"),
    "building": (0.08, "BUILDING"),
    "not due": (0.06, "NOT_DUE"),
    "overdue": (0.04, "OVERDUE"),
    "one year": (0.04, "IDLE_1Y"),
    "two years": (0.04, "IDLE_2Y"),
    "stopped": (0.04, "IDLE_STOPPED"),
    "slow": (0.04, "SLOW"),
    "contradiction": (0.02, "UNKNOWN"),
    "no amounts": (0.02, "UNKNOWN"),
    "no record": (0.08, "UNKNOWN"),
}

#: Lives that ask for a promise, and how many of them have which.
CASES = ("overdue", "one year", "two years", "stopped", "slow")
PROMISES = {"NO_PROMISE": 0.5, "PROMISED": 0.15, "DEPOSIT_PAID": 0.15, "BREACHED": 0.15, "UNKNOWN": 0.05}
PROMISED_WHEN_DONE = 0.02

#: Days before the day of the study on which work had to start, from and to.
AGREED = {
    "done": (1200, 7000), "building": (60, 900), "not due": (-500, -1), "overdue": (0, 360), "one year": (370, 725),
    "two years": (735, 2500), "stopped": (1500, 3000), "slow": (800, 3000), "contradiction": (30, 2000),
    "no amounts": (1500, 3000), "no record": (0, 1),
}  # fmt: skip
UNSTARTED = ("not due", "overdue", "one year", "two years", "contradiction")
INDUSTRIES = np.array(["14", "18", "21", "29", "30", "33", "34", "35", "36", "38", "39", "41", "59", "70"])

PLAN_HEAD = """# A fabric with a register for benchmarks of the rules, made by scripts/bench.py.
[plan]
name = "lives"
title = { zh = "测试台账", en = "Fabric with a register" }
as_of = 2025-12-31
language = "en"
crs = "EPSG:4549"
rules = [
    "cn-idle-2012", "cn-industry-2023", "cn-park-practice", "cn-inefficient", "cn-admission", "cn-roads",
    "cn-zone-intensity", "un-habitat", "park-rules.toml",
]
[intensity]
register_complete = true
land_acquired = true
[intensity.ideals]
land_built_rate = 1.0
industrial_land_rate = 0.60
industrial_far = 1.0
industrial_building_coefficient = 0.45
industrial_fixed_asset_intensity = 6000
industrial_tax_per_land = 500
[layers.zones]
path = "zones.parquet"
columns = { zone_id = "zone_id", name = "name", level = "level", age = "age", zone_kind = "zone_kind", \
land_grade = "land_grade", population = "population" }
[layers.buildings]
path = "buildings.parquet"
[layers.buildings.columns]
building_id = "building_id"
use = "use"
floors = "floors"
storey_height = { column = "storey_height", unit = "m" }
is_standard_factory = "is_standard_factory"
leased_share = "leased_share"
[layers.roads]
path = "roads.parquet"
columns = { road_id = "road_id", road_class = "road_class", width = { column = "width_m", unit = "m" } }
[layers.services.road]
path = "roads.parquet"
reach_m = 100
[layers.batches]
path = "batches.parquet"
[layers.batches.columns]
batch_id = "batch_id"
stage = "stage"
approval_date = "approval_date"
[layers.boundaries.approved]
path = "approved.parquet"
[[targets]]
indicator = "plot_ratio"
value = 0.9
due = 2027
base = 0.4
base_date = 2020
[layers.parcels]
path = "parcels.parquet"
code_system = "ydyh2023"
industry_system = "gbt4754-2017"
columns = { parcel_id = "parcel_id", land_use = "land_use" }
[layers.parcels.ledger]
path = "register.csv"
key = "parcel_id"
[layers.parcels.ledger.columns]
"""


def write_lives(parcels: int, out: Path, *, zones: int = 500, seed: int = 7) -> None:
    """Write fabric, register, plan and what was planted (`planted.csv`: kind, class, count) to `out`."""
    out.mkdir(parents=True, exist_ok=True)
    made = fabric(parcels, zones=zones, seed=seed, least_per_zone=1)
    rng = np.random.default_rng(seed + 1)
    land = made["parcels"] = made["parcels"][["parcel_id", "land_use", "geometry"]]
    lives, names = rng.choice(len(LIVES), parcels, p=[s for s, _ in LIVES.values()]), np.array(list(LIVES))
    life = np.where(land["land_use"].isin(UNBUILT), "", names[lives])
    table, counts = _register(life, land, rng)
    made["zones"] = _zone_facts(made["zones"], rng)
    made["buildings"] = _buildings(made["buildings"], land, life, rng)
    made |= _supply(made["zones"], rng)
    for name, frame in made.items():
        frame.to_parquet(out / f"{name}.parquet", geometry_encoding="WKB")
    table.to_csv(out / "register.csv", index=False, encoding="utf-8", lineterminator="\n")
    rows = [(kind, name, n) for kind, of in counts.items() for name, n in sorted(of.items())]
    pd.DataFrame(rows, columns=["kind", "class", "count"]).to_csv(out / "planted.csv", index=False)
    for name in ("park-rules.toml", "intensity.csv"):
        shutil.copy(SAMPLE / name, out / name)
    lines = [_mapped(str(c)) for c in table.columns if c != "parcel_id"]
    (out / "plan.toml").write_text(PLAN_HEAD + "\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _mapped(column: str) -> str:
    """Line of the plan for a column of the register, whose name ends in its unit."""
    for tail, unit in (("_m2", "m2"), ("_wan", "wan")):
        if column.endswith(tail):
            return f'{column.removesuffix(tail)} = {{ column = "{column}", unit = "{unit}" }}'
    return f'{column} = "{column}"'


def _register(life: NDArray[np.str_], land: gpd.GeoDataFrame, rng: Rng) -> tuple[pd.DataFrame, dict[str, Counter[str]]]:
    """Rows of what is on record, and how many parcels have which idle and promise class."""
    n, m2 = len(life), land.area.to_numpy().round(1)
    dates = _dates(life, rng)
    columns: dict[str, Any] = {"parcel_id": land["parcel_id"].to_numpy(), "land_area_m2": m2}
    columns |= _amounts(life, m2, rng)
    cause = np.where(np.isin(life, ("one year", "two years", "stopped")), rng.choice(4, n, p=[0.5, 0.1, 0.1, 0.3]), 3)
    columns["delay_cause"] = np.array(["企业原因", "政府原因", "不可抗力", None], dtype=object)[cause]
    promised, promise_kind = _promises(life, dates, rng)
    columns |= {k: pd.Series(v).dt.strftime("%Y-%m-%d") for k, v in (dates | promised).items()}
    columns["deposit_wan"] = np.where(promise_kind == "", np.nan, rng.uniform(10, 200, n).round(1))
    paid = np.where(promise_kind == "DEPOSIT_PAID", "是", rng.choice(["否", ""], n))
    columns["deposit_paid"] = np.where(np.isin(promise_kind, ("", "NO_PROMISE")), None, paid)
    written = (life != "") & (life != "no record")
    idle = np.array(["" if not k else LIVES[k][1] for k in life], dtype=object)
    idle[np.isin(cause, (1, 2))] += "_GOV"
    counts = {"idle": Counter(idle[idle != ""]), "promise": Counter(promise_kind[promise_kind != ""])}
    return pd.DataFrame(columns)[written], counts


def _dates(life: NDArray[np.str_], rng: Rng) -> dict[str, NDArray[np.datetime64]]:
    n, none = len(life), np.datetime64("NaT", "D")

    def span(low: int, high: int) -> Any:
        return rng.integers(low, high + 1, n).astype("timedelta64[D]")

    agreed = np.full(n, none)
    for kind, (low, high) in AGREED.items():
        agreed = np.where(life == kind, DAY - span(low, high), agreed)
    supply = np.where(life == "not due", DAY - span(40, 200), agreed - span(100, 400))
    supply = np.where(life == "contradiction", np.minimum(agreed + span(1, 29), DAY), supply)
    handover = supply + span(0, 30)
    handover = np.where(rng.random(n) < 0.1, none, handover)
    start = np.where(np.isin(life, (*UNSTARTED, "", "no record")), none, agreed + span(-60, 55))
    stopped, slow = np.isin(life, ("stopped", "no amounts")), (life == "slow") & (rng.random(n) < 0.4)
    stop = np.where(stopped, DAY - span(380, 1400), np.where(slow, DAY - span(1, 350), none))
    return {
        "supply_date": supply,
        "handover_date": handover,
        "agreed_start": agreed,
        "agreed_completion": agreed + span(500, 800),
        "actual_start": start,
        "stop_date": stop,
        "completion_date": np.where(life == "done", start + span(200, 1000), none),
    }


def _amounts(life: NDArray[np.str_], m2: Array, rng: Rng) -> dict[str, Any]:
    """Money, areas and words of every parcel; a part of those that no class needs is missing."""
    n, ha = len(life), m2 / 1e4
    low = np.isin(life, ("stopped", "slow"))
    unbegun = np.isin(life, UNSTARTED)
    done = np.where(life == "done", 1.0, np.where(low, rng.uniform(0.02, 0.3, n), rng.uniform(0.4, 0.95, n)))
    promised = (rng.lognormal(np.log(4000), 0.6, n) * ha).round(1)
    spent = np.where(life == "done", rng.uniform(0.7, 1.4, n), np.where(low, rng.uniform(0.05, 0.6, n), done))
    works = life == "done"

    def some(values: Array, share: float) -> Array:
        return np.where(rng.random(n) < share, values, np.nan)

    lacks = (life == "no amounts") | unbegun
    tax = rng.lognormal(np.log(15), 0.8, n) * m2 / (2000 / 3)
    output = rng.lognormal(np.log(6000), 0.7, n) * ha
    words = {
        "industry": rng.choice(INDUSTRIES, n),
        "industry_edition": rng.choice(["GB/T 4754-2017", "", "旧版"], n, p=[0.7, 0.295, 0.005]),
        "supply_type": rng.choice(
            ["挂牌", "协议出让", "拍卖", "划拨", "租赁", ""], n, p=[0.5, 0.2, 0.1, 0.1, 0.05, 0.05]
        ),
        "land_grade": rng.integers(1, 16, n),
        "permit_no": np.where(unbegun, "", "SG" + pd.Series(np.arange(n)).astype(str).str.zfill(8)),
        "contract_no": "HT" + pd.Series(np.arange(n)).astype(str).str.zfill(8),
        "has_land_cert": rng.choice(["是", "否", ""], n, p=[0.8, 0.1, 0.1]),
        "has_building_cert": np.where(works, rng.choice(["是", "否"], n, p=[0.8, 0.2]), ""),
    }
    areas = {
        "developed_area": np.where(lacks, np.nan, m2 * done),
        "structure_area": some(m2 * rng.uniform(0, 0.1, n), 0.6),
        "yard_area": some(m2 * rng.uniform(0, 0.2, n), 0.6),
        "admin_land": some(m2 * rng.uniform(0.01, 0.12, n), 0.8),
        "green_land": some(m2 * rng.uniform(0.05, 0.3, n), 0.8),
        "vacant_floor_area": some(np.where(works, m2 * rng.exponential(0.1, n), np.nan), 0.5),
        "floor_area_promised": some(m2 * rng.uniform(0.6, 2.0, n), 0.8),
        "occupied_promised": some(m2 * rng.uniform(0.3, 0.7, n), 0.8),
    }
    money = {
        "investment_promised": promised,
        "investment": np.where(lacks, np.nan, promised * spent),
        "output": np.where(works, output, np.nan),
        "tax": np.where(works, tax, np.nan),
        "price": some(ha * rng.uniform(300, 900, n), 0.9),
        "output_promised": some(output * rng.uniform(0.8, 1.3, n), 0.9),
        "tax_promised": some(tax * rng.uniform(0.8, 1.3, n), 0.9),
    }
    numbers = {f"{k}_m2": v.round(1) for k, v in areas.items()} | {f"{k}_wan": v.round(2) for k, v in money.items()}
    jobs = np.where(works, rng.poisson(60, n).astype(float), np.nan)
    return words | numbers | {"jobs": pd.Series(jobs).astype("Int64"), "far_limit": some(np.full(n, 2.5), 0.8)}


def _promises(
    life: NDArray[np.str_], dates: dict[str, NDArray[np.datetime64]], rng: Rng
) -> tuple[dict[str, NDArray[np.datetime64]], NDArray[np.object_]]:
    """Dates of promises, and the class of each; empty where there is no case."""
    n, none = len(life), np.datetime64("NaT", "D")
    kind = rng.choice(list(PROMISES), n, p=list(PROMISES.values())).astype(object)
    kind[~np.isin(life, CASES)] = ""
    kind[(life == "done") & (rng.random(n) < PROMISED_WHEN_DONE)] = "COMPLETED"
    end = dates["completion_date"]
    ahead = rng.integers(5, 200, n).astype("timedelta64[D]")
    given = np.where(kind == "BREACHED", DAY - ahead - np.timedelta64(300, "D"), DAY - ahead)
    given = np.where(kind == "COMPLETED", end - ahead, given)
    given = np.where(np.isin(kind, ("", "NO_PROMISE")), none, given)
    term = np.where(kind == "BREACHED", 250, rng.integers(200, 400, n)).astype("timedelta64[D]")
    day = np.where(kind == "UNKNOWN", none, given + term)
    return {"promise_date": given, "promised_completion": day}, kind


def _zone_facts(zones: gpd.GeoDataFrame, rng: Rng) -> gpd.GeoDataFrame:
    n = len(zones)
    return zones.assign(
        level=rng.choice(["国家级", "省级", "市级"], n),
        age=rng.choice(["old", "new"], n),
        zone_kind=rng.choice(["高新区", "经开区", "保税区", "一般工业区"], n),
        land_grade=rng.integers(1, 16, n),
        population=rng.integers(200, 20_000, n),
    )


def _buildings(frame: gpd.GeoDataFrame, land: gpd.GeoDataFrame, life: NDArray[np.str_], rng: Rng) -> gpd.GeoDataFrame:
    """Buildings with uses and storeys; on land where nothing was begun only one in twenty stays."""
    tree = shapely.STRtree(np.asarray(land.geometry.array))
    building, lot = tree.query(shapely.centroid(np.asarray(frame.geometry.array)), predicate="within")
    bare = np.zeros(len(frame), dtype=bool)
    bare[building] = np.isin(life[lot], (*UNSTARTED, ""))
    frame = frame[~bare | (rng.random(len(frame)) < 0.05)].reset_index(drop=True)
    n = len(frame)
    return frame.assign(
        use=rng.choice(["厂房", "仓库", "办公", "宿舍", "标准厂房"], n, p=[0.55, 0.15, 0.12, 0.08, 0.1]),
        storey_height=np.where(rng.random(n) < 0.8, rng.uniform(3.2, 12.0, n).round(1), np.nan),
        is_standard_factory=rng.random(n) < 0.1,
        leased_share=np.where(rng.random(n) < 0.5, rng.random(n).round(2), np.nan),
    )


def _supply(zones: gpd.GeoDataFrame, rng: Rng) -> dict[str, gpd.GeoDataFrame]:
    """One batch of approval to a zone, somewhat smaller than it, and one approved boundary round them all."""
    shapes = shapely.buffer(np.asarray(zones.geometry.array), -15.0)
    year = rng.integers(2008, 2026, len(zones))
    columns = {
        "batch_id": "P" + zones["zone_id"].astype(str),
        "stage": rng.choice(["已批准", "已供地", "报省", "报市"], len(zones), p=[0.5, 0.3, 0.1, 0.1]),
        "approval_date": pd.Series(year).astype(str) + "-06-30",
    }
    whole = shapely.box(*zones.total_bounds)
    return {
        "batches": gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS),
        "approved": gpd.GeoDataFrame({"boundary_id": ["A"]}, geometry=[whole], crs=CRS),
    }
