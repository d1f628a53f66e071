"""Figures that planners quote, each through a whole study: land of just that size, and what stands or lies on it."""

import datetime as dt
import math
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gisplan import evaluate
from gisplan.plan import parse_plan

MU, HA, KM2 = 2000 / 3, 1e4, 1e6
UNITS = {"floor_area": "m2", "admin_floor_area": "m2", "footprint": "m2", "developed_area": "m2", "land_area": "mu"}
X0, Y0, DAY = 500_000.0, 3_400_000.0, dt.date(2025, 12, 31)


def land(*areas, deep=1000.0):
    """Rectangles side by side, each of just an area in m²."""
    east = np.concatenate([[0.0], np.cumsum(np.asarray(areas) / deep)])
    return [shapely.box(X0 + a, Y0, X0 + b, Y0 + deep) for a, b in pairwise(east)]


def studied(folder, area, *, parcels=None, rules=(), layers=None, intensity=None, targets=(), **register):
    """One zone of an area; its parcels, one of the whole by default, have what ``register`` says of them."""

    def put(name, frame):
        frame = gpd.GeoDataFrame(frame, crs="EPSG:4549")
        frame.to_file(folder / f"{name}.gpkg")
        return {"path": f"{name}.gpkg"}

    shapes = land(*(parcels or [area]))
    spec = {"zones": put("zones", {"zone_id": ["Z"], "geometry": [shapely.union_all(land(area))]})}
    ids = [f"P{i}" for i in range(1, len(shapes) + 1)]
    columns = {k: v if isinstance(v, list) else [v] * len(ids) for k, v in register.items()}
    code = columns.pop("land_use", ["1001"] * len(ids))
    spec["parcels"] = {
        **put("parcels", {"parcel_id": ids, "land_use": code, **columns, "geometry": shapes}),
        "code_system": "ydyh2023",
        "columns": {k: {"column": k, "unit": UNITS[k]} if k in UNITS else k for k in columns},
    }
    spec |= {name: put(name, frame) | more for name, (frame, more) in (layers or {}).items() if "." not in name}
    for name, (frame, more) in (layers or {}).items():
        family, _, member = name.partition(".")
        if member:
            spec.setdefault(family, {})[member] = put(name, frame) | more
    header = {"name": "golden", "area": "planar", "as_of": DAY, "rules": list(rules)}
    raw = {"plan": header, "layers": spec, "intensity": intensity or {}, "targets": list(targets)}
    return evaluate(parse_plan(raw, folder=folder))


@pytest.mark.parametrize(
    ("floor", "mu", "expected"), [(918_000, 1506, 0.914343), (2_200_000, 1367, 2.414045)], ids=["918", "2200"]
)
def test_plot_ratio(floor, mu, expected, tmp_path):
    found = studied(tmp_path, mu * MU, floor_area=float(floor)).zones.iloc[0]
    assert found["plot_ratio"] == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize(
    ("money", "mu", "per_mu", "per_ha"),
    [
        (45_000, 300, 150, 2250),
        (768_600, 8000, 96.075, 1441.125),
        (530_000, 6000, 88.33333, 1325),
        (530_000, 4800, 110.41667, 1656.25),
    ],
)
def test_investment_per_land(money, mu, per_mu, per_ha, tmp_path):
    found = studied(tmp_path, mu * MU, investment=float(money)).zones.iloc[0]
    assert found["investment_intensity_mu"] == pytest.approx(per_mu, rel=1e-7)
    assert found["investment_intensity"] == pytest.approx(per_ha, rel=1e-7)


@pytest.mark.parametrize(
    ("mu", "ha", "km2"), [(15, 1, 0.01), (1500, 100, 1), (24_000, 1600, 16), (4300, None, 2.866667)]
)
def test_units_of_land(mu, ha, km2, tmp_path):
    """The register says mu, the drawing square metres; they are the same land."""
    found = studied(tmp_path, mu * MU, land_area=float(mu))
    assert found.parcels["land_area_m2"].iloc[0] / KM2 == pytest.approx(km2, abs=5e-7)
    assert not [i for i in found.issues if i.code == "LEDGER_AREA_DIFFERS"]
    found = found.zones.iloc[0]
    assert found["zone_area_m2"] / KM2 == pytest.approx(km2, abs=5e-7)
    if ha is not None:
        assert found["zone_area_m2"] / HA == pytest.approx(ha, rel=1e-9)


def road(length, width=40.0):
    line = shapely.LineString([(X0, Y0 + 500), (X0 + length, Y0 + 500)])
    columns = {"width": {"column": "w", "unit": "m"}}
    return {"roads": ({"road_id": ["R"], "w": [width], "geometry": [line]}, {"columns": columns})}


@pytest.mark.parametrize(("km2", "expected"), [(20, 1.85), (4.2, 8.8095)])
def test_road_density_depends_on_the_boundary(km2, expected, tmp_path):
    lines = [shapely.LineString([(X0, Y0 + y), (X0 + 3700, Y0 + y)]) for y in range(50, 1000, 100)]  # 37 km
    roads = {"roads": ({"road_id": [f"R{i}" for i in range(10)], "geometry": lines}, {})}
    found = studied(tmp_path, km2 * KM2, layers=roads).zones.iloc[0]
    assert found["road_density"] == pytest.approx(expected, abs=5e-5)


def test_land_of_a_road(tmp_path):
    """2,734 m × 40 m are 109,360 m², which is 164.04 mu."""
    found = studied(tmp_path, 3 * KM2, layers=road(2734.0))
    taken = found.zones["road_area_share"].iloc[0] * 3 * KM2
    assert taken == pytest.approx(109_360, abs=0.01)
    assert taken / MU == pytest.approx(164.04, abs=1e-6)


def test_levelled_share(tmp_path):
    """1,500 of 4,300 mu are levelled: 34.88 %."""
    whole, some = land(4300 * MU), land(1500 * MU)
    layers = {
        "boundaries.approved": ({"name": ["a"], "geometry": whole}, {}),
        "levelled": ({"name": ["l"], "geometry": some}, {}),
    }
    row = studied(tmp_path, 4300 * MU, layers=layers).supply.boundaries.iloc[0]
    assert row["levelled_share"] == pytest.approx(0.3488, abs=5e-5)
    assert row["area_m2"] / KM2 == pytest.approx(2.866667, abs=5e-7)


@pytest.mark.parametrize(("tax", "kind"), [(20.0, "pass"), (19.99, "below")])
def test_the_tax_floor_of_parks(tax, kind, tmp_path):
    """20 万元/亩 are 300 万元/ha."""
    found = studied(
        tmp_path, MU, rules=["cn-park-practice"], tax=tax, completion_date="2020-01-01", investment_promised=9000.0
    )
    row = found.project_land.parcels.iloc[0]
    assert row["project_tax_per_mu"] == pytest.approx(tax)
    assert row["project_land_tax"] == pytest.approx(15 * tax)
    assert row["project_tax_per_mu_class"] == kind


def test_offices_apportioned_by_floor_area_fail_seven_per_cent(tmp_path):
    """1,200 of 12,000 m² on 20,000 m² of land: 10 %."""
    found = studied(
        tmp_path, 20_000.0, rules=["cn-industry-2023", "cn-industry-2008"][1:], floor_area=12_000.0,
        admin_floor_area=1200.0, completion_date="2020-01-01", footprint=6000.0, supply_date="2015-01-01",
    )  # fmt: skip
    row = found.project_land.parcels.iloc[0]
    assert row["project_admin_share"] == pytest.approx(0.10)
    assert row["project_admin_share_class"] == "above"
    assert "ADMIN_BY_FLOOR" in row["flags"].split(";")


def test_the_chain_of_the_bulletin(tmp_path):
    """Development 89.46 %, supply 92.68 %, built 92.77 %: 76.92 % of the buildable land is built."""
    ready = 8946.0
    supplied = ready * 0.9268
    built = supplied * 0.9277
    found = studied(
        tmp_path, 1e4 * 100, parcels=[100 * built, 100 * (supplied - built), 100 * (ready - supplied), 100 * (1e4 - ready)],
        rules=["cn-zone-intensity"], build_code=["A2", "B21", "B21", "B22"], supply_code=["D21", "D21", "E21", "F"],
    )  # fmt: skip
    rates = found.intensity.indicators.set_index("indicator")["value"]
    names = ("land_development_rate", "land_supply_rate", "land_built_rate")
    assert [rates[n] for n in names] == pytest.approx([0.8946, 0.9268, 0.9277], rel=1e-9)
    assert found.intensity.scores["built_share"].iloc[0] == pytest.approx(0.7692, abs=5e-5)
    assert found.intensity.scores["built_share"].iloc[0] == pytest.approx(math.prod(rates[n] for n in names), rel=1e-12)


@pytest.mark.parametrize(
    ("actual", "value", "percent"),
    [(15.9, 15, 106.0), (10.7, 9.6, 111.46), (20, 42, 47.62), (228, 563, 40.50), (125.66, 288.67, 43.53),
     (274.98, 730.36, 37.65)],
)  # fmt: skip
def test_completion_of_targets(actual, value, percent, tmp_path):
    """Construction rates are projects begun of projects in all; a city's total is the zone's over its share."""
    target = {"indicator": "own", "actual": actual, "value": value, "due": 2026, "title": "own"}
    row = studied(tmp_path, HA, targets=[target]).targets.iloc[0]
    assert 100 * row["completion"] == pytest.approx(percent, abs=0.005)


@pytest.mark.parametrize(
    ("developed", "invested", "kind"),
    [(0.33, 0.60, "IDLE_STOPPED"), (1 / 3, 0.25, "BUILDING")],
    ids=["a third", "not low"],
)
def test_work_that_has_stopped_for_a_year(developed, invested, kind, tmp_path):
    """Stopped on 10 May 2020; a year later little is less than a third of the land or a quarter of the money."""
    found = studied(
        tmp_path, 3 * HA, agreed_start="2018-01-01", actual_start="2018-06-01", stop_date="2020-05-10",
        developed_area=developed * 3 * HA, investment=invested * 100, investment_promised=100.0,
    )  # fmt: skip
    from gisplan.study import idle

    assert idle(found.plan, as_of=dt.date(2021, 5, 10)).parcels["idle_class"].iloc[0] == kind
    assert isinstance(found.parcels, pd.DataFrame)


def test_the_fee_is_a_fifth_of_the_price(tmp_path):
    found = studied(tmp_path, HA, agreed_start="2024-06-01", price=1200.0, delay_cause="企业原因")
    row = found.idle_land.parcels.iloc[0]
    assert (row["idle_class"], row["fee_wan"]) == ("IDLE_1Y", pytest.approx(240.0))
