"""Feeds, loads and links of the sample study, held against its files in ways of their own."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from gisplan.measure import capacity, power
from gisplan.plan import load_plan
from gisplan.study import evaluate

SAMPLE = Path(__file__).resolve().parents[2] / "layers"


@pytest.fixture(scope="module")
def result():
    return evaluate(load_plan(SAMPLE / "plan.toml"))


def drawn(layer: str) -> gpd.GeoDataFrame:
    return gpd.read_file(SAMPLE / "park.gpkg", layer=layer)


def test_feeds_are_the_sources_whose_feeders_are_near(result) -> None:
    """With every feeder hanging together, a parcel has as many feeds as there are stations naming a line nearby."""
    lines, lots = drawn("power_lines"), drawn("parcels")
    live = lines[(lines["voltage_kv"] == 10) & (lines["status"] == "in_service")]
    near = gpd.sjoin(
        lots[["parcel_id", "geometry"]], live[["from_id", "geometry"]], predicate="dwithin", distance=50.001
    )
    names = near.groupby("parcel_id")["from_id"].unique()
    got = result.parcels.set_index("parcel_id")
    for parcel, row in got.iterrows():
        stations = sorted(names.get(parcel, []))
        assert row["power_feeds"] == min(len(stations), 2), parcel
        assert (row["power_sources"] or None if isinstance(row["power_sources"], str) else None) == (
            ";".join(stations) or None
        ), parcel
    assert (got["power_feeds_planned"] >= got["power_feeds"]).all()


def test_zone_share_is_that_of_the_parcels(result) -> None:
    lots = drawn("parcels").merge(result.parcels[["parcel_id", "power_feeds"]], on="parcel_id")
    cut = gpd.overlay(lots[["power_feeds", "geometry"]], drawn("zones")[["zone_id", "geometry"]])
    for row in result.zones.itertuples():
        own = cut[cut["zone_id"] == row.zone_id]
        share = own.area[own["power_feeds"] == 2].sum() / own.area.sum()
        assert row.dual_feed_area_share == pytest.approx(share, rel=1e-4)


def test_all_demand_that_is_known_and_connected_draws_from_a_source(result) -> None:
    for service in ("power", "water", "sewage"):
        found = capacity.loads(result.survey, service)
        table = result.capacity[(result.capacity["service"] == service) & (result.capacity["kind"] == "source")]
        assert table["load"].sum() == pytest.approx(np.nansum(found.demand[found.connected]))
        assert np.isfinite(result.capacity["load"]).all()
    over = result.capacity[result.capacity["flags"].str.contains("OVER")]
    assert over["id"].tolist() == ["S3"]
    behind = result.parcels["bottleneck_power"].eq("source S3")
    assert behind.sum() == over["parcels"].iloc[0]


def test_links_go_along_roads_from_mains_and_serve_what_they_say(result) -> None:
    table = result.links.table
    roads, lots = drawn("roads").geometry.union_all(), drawn("parcels").set_index("parcel_id").geometry
    served = result.survey.served
    ids = result.parcels["parcel_id"].tolist()
    for row in table.itertuples():
        assert row.geometry.length == pytest.approx(row.length_m, rel=5e-3)
        # But for the few metres from the main to the road it lies on roads.
        assert row.geometry.difference(roads.buffer(0.5)).length <= 30.5
        for parcel in row.parcel_ids.split(";"):
            assert not served[row.service][ids.index(parcel)]
            assert row.geometry.distance(lots[parcel]) <= 50.01
        begin = table[table["link_id"] == row.begins_at]
        if len(begin):
            assert row.geometry.distance(begin.geometry.iloc[0]) < 1e-6
        else:
            mains = (
                drawn(row.service).set_index("feature_id")
                if row.service != "power"
                else drawn("power_lines").set_index("feature_id")
            )
            assert row.geometry.distance(mains.geometry[row.begins_at]) < 1e-6
    twice = result.links.suggested.duplicated(["parcel_id", "service"])
    assert not twice.any()
    gaps = result.gaps[result.gaps["suggested_link"].notna()]
    assert len(gaps) and set(gaps["suggested_link"]) <= set(table["link_id"])
    known = {(r.parcel_id, r.service): r.link_id for r in result.links.suggested.itertuples()}
    assert all(known[r.parcel_id, r.service] == r.suggested_link for r in gaps.itertuples())


def test_the_same_twice(result) -> None:
    again = evaluate(load_plan(SAMPLE / "plan.toml"))
    pd.testing.assert_frame_equal(pd.DataFrame(result.links.table), pd.DataFrame(again.links.table))
    pd.testing.assert_frame_equal(result.capacity, again.capacity)
    pd.testing.assert_frame_equal(power.weak_links(result.survey), power.weak_links(again.survey))
