"""Services of the sample study, told once more by a plain script from its file."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from gisplan.plan import load_plan
from gisplan.study import evaluate

LAYERS = Path(__file__).resolve().parent.parent.parent / "layers"


@pytest.fixture(scope="module")
def result():
    return evaluate(load_plan(LAYERS / "plan.toml"))


def test_gaps_of_the_sample_are_those_of_a_plain_script(result):
    """Parcels without a main in service within 50 m, how far they are from one, and where one is planned."""
    file = LAYERS / "park.gpkg"
    lots = gpd.read_file(file, layer="parcels").set_index("parcel_id").geometry
    parcels = result.parcels.set_index("parcel_id")
    meant = parcels.index[parcels["zone_id"].notna() & ~parcels["state"].isin(["formed", "open"])]
    gaps = result.gaps.set_index(["service", "parcel_id"])
    for service in ("water", "rain", "sewage", "telecom", "gas", "heat"):
        mains = gpd.read_file(file, layer=service)
        later = pd.to_datetime(mains["in_service_date"]) > pd.Timestamp("2025-12-31")
        live = mains[(mains["status"] == "in_service") & ~later]
        coming = mains[mains["status"].isin(["planned", "under_construction"])]
        away = lots[meant].distance(live.geometry.union_all())
        ahead = lots[meant].distance(coming.geometry.union_all())
        lacking = away[away > 50.001].sort_index()
        ours = gaps.loc[service].sort_index()
        assert ours.index.tolist() == lacking.index.tolist(), service
        np.testing.assert_allclose(ours["distance_m"].astype(float), lacking, rtol=1e-9)
        assert ours["state"].tolist() == np.where(ahead[lacking.index] <= 50.001, "planned", "no").tolist(), service
    assert (gaps["state"] != "unknown").all()
    assert {"no", "planned"} == set(gaps["state"])


def test_every_developable_parcel_off_the_target_has_a_gap_and_no_other(result):
    parcels = result.parcels
    meant = parcels["zone_id"].notna() & ~parcels["state"].isin(["formed", "open"])
    off = parcels[meant & ((parcels["services_missing"] != "") | (parcels["services_unknown"] != ""))]
    assert set(result.gaps["parcel_id"]) == set(off["parcel_id"])
    of_gaps = result.gaps.groupby("parcel_id")["service"].agg(set)
    listed = off.set_index("parcel_id")["services_missing"].str.split(";").map(set)
    assert (of_gaps.sort_index() == listed.sort_index()).all()


def test_nearest_mains_of_the_parcels_table_lie_where_it_says(result):
    """Distance of each parcel to the very main that is named, and no live one lies closer."""
    lots = result.survey.pieces["parcels"].frame.geometry
    for service in ("water", "power", "gas"):
        frame = result.survey.pieces[f"services.{service}"].frame
        live = frame[frame["standing"] == "live"].set_index("feature_id").geometry
        told = live.loc[result.parcels[f"nearest_{service}"]]
        away = lots.distance(told.reset_index(drop=True), align=False)
        np.testing.assert_allclose(result.parcels[f"distance_{service}_m"], away, rtol=1e-12)
        np.testing.assert_allclose(away, lots.distance(live.union_all()), rtol=1e-9)
