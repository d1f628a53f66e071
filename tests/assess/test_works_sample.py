"""Works of the sample, recomputed with plain pandas and geopandas from the files that ship."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gisplan import evaluate
from gisplan.plan import load_plan

LAYERS = Path(__file__).resolve().parent.parent.parent / "layers"
AS_OF = pd.Timestamp("2025-12-31")

# rasterio 1.4 multiplies affine transforms in a way that affine 3.1 would rather not see
pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")


@pytest.fixture(scope="module")
def result():
    return evaluate(load_plan(LAYERS / "plan.toml"))


@pytest.fixture(scope="module")
def listed():
    table = pd.read_csv(LAYERS / "works.csv", parse_dates=["开工日期", "计划竣工日期", "竣工日期"])
    return gpd.GeoDataFrame(table, geometry=shapely.from_wkt(table.pop("wkt").to_numpy()), crs="EPSG:4549")


@pytest.fixture(scope="module")
def zones():
    return gpd.read_file(LAYERS / "park.gpkg", layer="zones")


def parts(listed, zone):
    """Part of each work in a zone: by length, or where the point is."""
    lines = listed.geom_type == "LineString"
    length = listed.geometry.intersection(zone).length / listed.length.where(lines)
    return np.where(lines, length, listed.geometry.within(zone)).astype(float)


def test_money_and_progress(result, listed, zones):
    got = result.zones.set_index("zone_id")
    budget, spent = listed["概算(万元)"], listed["已完成投资(万元)"]
    done = listed["形象进度(%)"] / 100
    late = (listed["计划竣工日期"] < AS_OF) & (listed["工程状态"] != "已竣工")
    for zone in zones.itertuples():
        part = parts(listed, zone.geometry)
        row = got.loc[zone.zone_id]
        want = {
            "works_budget_wan": (part * budget).sum(),
            "works_spent_wan": (part * spent).sum(),
            "works_spent_share": (part * spent).sum() / (part * budget).sum(),
            "works_progress_money": (part * budget * done).sum() / (part * budget).sum(),
            "works_overdue_share": (part * budget * late).sum() / (part * budget).sum(),
            "works_overdue_count": (late & (part > 0.5)).sum(),
        }
        assert row[list(want)].astype(float).tolist() == pytest.approx(list(want.values()), rel=1e-6)
        length = part * listed.length
        if length.sum():
            assert row["works_progress_length"] == pytest.approx((length * done).sum() / length.sum(), rel=1e-6)
        else:
            assert np.isnan(row["works_progress_length"])
    assert got["works_count"].sum() == 13


def test_states(result, listed):
    table = result.works.table.set_index("work_id")
    days = (listed["计划竣工日期"] - listed["开工日期"]).dt.days
    expected = ((AS_OF - listed["开工日期"]).dt.days / days).clip(0, 1)
    for i, work in listed.iterrows():
        row, done = table.loc[work["工程编号"]], work["形象进度(%)"] / 100
        if work["工程状态"] == "已竣工":
            state = "DONE"
        elif work["计划竣工日期"] < AS_OF:
            state = "OVERDUE"
            assert row["days_overdue"] == (AS_OF - work["计划竣工日期"]).days
        elif pd.isna(work["开工日期"]):
            state = "NOT_DUE"
        else:
            state = "LATE" if expected[i] - done > 0.05 else "ON_TIME"
            assert row["lag"] == pytest.approx(expected[i] - done)
        assert row["state"] == state, work["工程名称"]
    assert set(table["state"]) == {"DONE", "OVERDUE", "NOT_DUE", "LATE", "ON_TIME"}


@pytest.mark.parametrize("service", ["water", "sewage"])
def test_coverage_with_the_works(result, listed, zones, service):
    parcels = gpd.read_file(LAYERS / "park.gpkg", layer="parcels")
    mains = gpd.read_file(LAYERS / "park.gpkg", layer=service, where="status = 'in_service'")
    mains = mains[~(mains["in_service_date"] > AS_OF)]
    roads = listed[listed["工程类别"] == "道路"]
    near = parcels.geometry.distance(mains.union_all()) <= 50.001
    gains = {
        w["工程编号"]: (parcels.geometry.distance(w.geometry) <= 50.001 + w["红线宽度(m)"] / 2) & ~near
        for _, w in roads.iterrows()
    }
    after = near | np.logical_or.reduce(list(gains.values()))
    effect = result.works.effect[result.works.effect["service"] == service]
    by_zone = effect[effect["scope"] == "zone"].set_index("id")
    for zone in zones.itertuples():
        land = parcels.geometry.intersection(zone.geometry).area
        row = by_zone.loc[zone.zone_id]
        assert row["coverage_now"] == pytest.approx(land[near].sum() / land.sum(), rel=1e-6)
        assert row["coverage_works"] == pytest.approx(land[after].sum() / land.sum(), rel=1e-6)
        assert row["gained_m2"] == pytest.approx(land[after & ~near].sum(), rel=1e-3, abs=1)
    of_work = effect[effect["scope"] == "work"].set_index("id")["gained_parcels"]
    assert of_work.to_dict() == {w: int(g.sum()) for w, g in gains.items()}
    assert by_zone.loc["Z3", "coverage_works"] > by_zone.loc["Z3", "coverage_now"]


def test_levels_only_rise(result):
    table = result.works.levels
    assert (table["share_works"] >= table["share_now"] - 1e-12).all()
    assert (table["share_planned"] >= table["share_works"] - 1e-12).all()
    z3 = table[(table["id"] == "Z3") & (table["indicator"] == "level_area_share_3")].iloc[0]
    assert z3["share_works"] > z3["share_now"]
    zones = result.zones.set_index("zone_id")
    for row in table[table["scope"] == "zone"].itertuples():
        assert row.share_now == pytest.approx(zones.loc[row.id, row.indicator], nan_ok=True)
