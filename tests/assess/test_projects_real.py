"""Projects of real places: lots above the ratio their zoning allows, vacant land, improvement-to-land ratios."""

import datetime as dt
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from gisplan import evaluate
from gisplan.plan import parse_plan

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data is not beside the checkout")

VACANT = ["130", "131", "132", "1322", "390", "391", "392", "440", "441", "442"]


def study(folder, layers, **header):
    plan = {"name": "real", "as_of": dt.date(2025, 12, 31), "rules": ["us-practice"], **header}
    return evaluate(parse_plan({"plan": plan, "layers": layers}, folder=folder))


def test_manhattan_237_lots_stand_above_what_zoning_allows(tmp_path):
    lots = gpd.read_file(DATA / "nyc_lower_manhattan" / "mappluto_15v1_lower_manhattan.gpkg")
    allowed = lots[["ResidFAR", "CommFAR", "FacilFAR"]].max(axis=1)
    lots.assign(allowed=allowed).to_file(tmp_path / "lots.gpkg", layer="lots")
    result = study(
        tmp_path,
        {
            "zones": {"from": "parcels", "by": "ZipCode"},
            "parcels": {
                "path": "lots.gpkg",
                "columns": {
                    "parcel_id": "BBL",
                    "land_use": "LandUse",
                    "land_area": {"column": "LotArea", "unit": "ft2"},
                    "floor_area": {"column": "BldgArea", "unit": "ft2"},
                    "far_limit": "allowed",
                },
                "classes": {"vacant": ["11"], "mixed": ["01", "02", "03", "04", "05", "06", "07", "08", "10"]},
            },
        },
        area_basis="ledger",
    )
    parcels = result.projects
    over = parcels["flags"].fillna("").str.contains("OVER_OWN_FAR_LIMIT")
    ids = lots["BBL"].astype("int64").astype(str)
    published = set(ids[lots["BuiltFAR"] > allowed])
    assert len(published) == 237
    # The published ratio has two places: 6.5045 is printed as 6.5 where 6.5 is allowed, and 0.0012 as 0 where nothing is.
    assert set(parcels.loc[over, "parcel_id"]) - published == set(ids[lots["BldgArea"].isin([37960, 3000]) & over])
    assert published <= set(parcels.loc[over, "parcel_id"])
    assert over.sum() == 237 + 2
    vacant = result.parcels["land_class"] == "vacant"
    assert vacant.sum() == 21
    assert result.parcels.loc[vacant, "land_area_m2"].sum() / 0.09290304 == pytest.approx(1_465_272)
    assert not (over & vacant).any()


def test_cambridge_improvement_to_land_ratios_are_those_of_the_assessors_table(tmp_path):
    folder = DATA / "cambridge_ma"
    table = pd.read_csv(folder / "TaxFY14.csv", dtype={"ML": str, "UseCode": str})
    assert table["UseCode"].isin(VACANT).sum() == 201
    columns = {
        "land_use": "UseCode",
        "land_value": "TotalAppraisedLandValue",
        "improvement_value": "TotalAppraisedImprovements",
    }
    result = study(
        folder,
        {
            "zones": {
                "path": "cambridge_ma.gpkg",
                "layer": "neighborhoods",
                "columns": {"zone_id": "N_HOOD", "name": "NAME"},
            },
            "parcels": {
                "path": "cambridge_ma.gpkg",
                "layer": "parcels_fy2014",
                "duplicates": "merge",
                "columns": {"parcel_id": "ML"},
                "classes": {"vacant": VACANT},
                "ledger": {"path": "TaxFY14.csv", "key": "ML", "columns": columns},
            },
        },
    )
    ours = result.projects.set_index("parcel_id")
    sums = table.groupby("ML")[["TotalAppraisedLandValue", "TotalAppraisedImprovements"]].sum(min_count=1)
    land, built = sums["TotalAppraisedLandValue"], sums["TotalAppraisedImprovements"]
    expected = (built / land.where(land > 0)).reindex(ours.index)
    assert expected.notna().sum() > 10_000
    told = ours["improvement_to_land_ratio"].notna()
    assert ours.loc[told, "improvement_to_land_ratio"].to_numpy() == pytest.approx(expected[told].to_numpy())
    # Without a ratio are only those of which the table knows none, and what is no land for building.
    kept = ours["basis"].notna()
    # One parcel's improvements add up to less than nothing: it is told, and has no ratio.
    negative = set(ours.index[kept & (expected < 0)])
    assert negative == {"183-74"}
    assert "NEGATIVE_AMOUNT" in ours.loc["183-74", "flags"]
    assert set(ours.index[kept & ~told]) == set(ours.index[kept & expected.isna()]) | negative
    strong = ours.loc[kept, "bands"] == "redevelop-strong"
    assert strong.sum() == ((expected[kept] >= 0) & (expected[kept] < 0.5)).sum() > 0
    first = table.drop_duplicates("ML").set_index("ML")["UseCode"]
    vacant = result.parcels.set_index("parcel_id")["land_class"] == "vacant"
    assert set(vacant.index[vacant]) == set(first.index[first.isin(VACANT)]) & set(vacant.index)
    assert np.isfinite(ours.loc[vacant, "improvement_to_land_ratio"]).any()
