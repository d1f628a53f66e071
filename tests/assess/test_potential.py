"""Vacant, partly vacant and redevelopable parcels, by pencil and in Cambridge, Massachusetts."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import town

from gisplan import evaluate
from gisplan.plan import parse_plan

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "cambridge_ma"
FT2 = 0.3048**2

#: P1 2,000 m² of building on 1 ha; values in any one currency.
REGISTER = """\
code,land,improvements
P1,100,300
P2,100,20
P3,100,100
P5,0,50
P8,100,50
P13,100,0
"""


@pytest.fixture
def result(tmp_path):
    raw = town.write(tmp_path, ledger=None, header={"rules": ["us-practice"]}).model_dump(
        by_alias=True, exclude={"folder", "file"}, exclude_unset=True
    )
    (tmp_path / "values.csv").write_text(REGISTER, encoding="utf-8")
    columns = {"land_value": "land", "improvement_value": "improvements"}
    raw["layers"]["parcels"]["ledger"] = {"path": "values.csv", "key": "code", "columns": columns}
    wet = town.table(
        ["n"], (1, town.box(0, 0, 50, 100)), (2, town.box(25, 0, 100, 100)), (3, town.box(250, 100, 400, 140))
    )
    wet.to_file(tmp_path / "wet.gpkg", layer="wet", driver="GPKG")
    raw["layers"]["constraints"] = {"flood": {"path": "wet.gpkg", "layer": "wet"}}
    return evaluate(parse_plan(raw, folder=tmp_path))


def test_classes_of_the_town(result):
    of = result.potential.set_index("parcel_id")
    assert of.loc[["P1", "P2", "P3", "P8", "P13"], "improvement_to_land_ratio"].tolist() == [3, 0.2, 1, 0.5, 0]
    assert np.isnan(of.loc["P5", "improvement_to_land_ratio"])  # land of no value: no ratio
    # 30 m² on 4,000 m²: less than 2,000 ft² and than 10 %.
    assert of.loc["P13", "class"] == "vacant"
    # Every other parcel of 1 ha has more than 21,780 ft² (2,023 m²) left beside its buildings.
    assert of.loc[["P1", "P2", "P3", "P8"], "class"].tolist() == ["partly_vacant"] * 4
    assert of.loc[["P2", "P3", "P8"], "band"].tolist() == [
        "redevelop-strong",
        "redevelop-moderate",
        "redevelop-moderate",
    ]
    assert of["rule"].eq("us-practice (unverified)").all()


def test_what_is_left_to_build_on(result):
    of = result.potential.set_index("parcel_id")
    # The two shapes overlap by 25 m and cover all of P1; half of P13 is wet, and 30 m² of it built on.
    assert of.loc["P1", ["constrained_m2", "buildable_m2"]].tolist() == pytest.approx([10_000, 0])
    assert of.loc["P13", ["constrained_m2", "buildable_m2"]].tolist() == pytest.approx([2_000, 1_970])
    assert of.loc["P2", ["constrained_m2", "buildable_m2"]].tolist() == pytest.approx([0, 7_500])
    assert "constraints.flood" in set(result.balance["layer"])


def test_only_where_a_pack_tells_how(town_result):
    assert town_result.potential is None


@pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data is not beside the checkout")
def test_cambridge_improvement_to_land(tmp_path):
    """The assessor's ratio of one neighbourhood, against a sum by plain pandas."""
    hoods = gpd.read_file(DATA / "cambridge_ma.gpkg", layer="neighborhoods")
    hoods[hoods["NAME"] == "East Cambridge"].to_file(tmp_path / "zone.gpkg", layer="zone", driver="GPKG")
    plan = {
        "plan": {"name": "east", "rules": ["us-practice"]},
        "layers": {
            "zones": {"path": "zone.gpkg", "columns": {"zone_id": "N_HOOD"}},
            "parcels": {
                "path": str(DATA / "cambridge_ma.gpkg"),
                "layer": "parcels_fy2014",
                "duplicates": "merge",
                "columns": {"parcel_id": "ML"},
                "classes": {"vacant": ["130", "131", "132", "1322", "390", "391", "392", "440", "441", "442"]},
                "ledger": {
                    "path": str(DATA / "TaxFY14.csv"),
                    "key": "ML",
                    "columns": {
                        "land_use": "UseCode",
                        "land_value": "TotalAppraisedLandValue",
                        "improvement_value": "TotalAppraisedImprovements",
                    },
                },
            },
        },
    }
    result = evaluate(parse_plan(plan, folder=tmp_path))
    table = result.potential.set_index("parcel_id")
    rows = pd.read_csv(DATA / "TaxFY14.csv", dtype={"ML": str, "UseCode": str})
    values = ["TotalAppraisedLandValue", "TotalAppraisedImprovements"]
    # 156 rows of condominium buildings take their land off again as a negative improvement; the assessor's sum has them.
    assert (rows[values] < 0).any(axis=1).sum() == 156
    sums = rows.groupby("ML")[values].sum(min_count=1)
    sums = sums.reindex(table.index)
    land, made = (sums[c].to_numpy(float) for c in sums)
    peer = np.where((land > 0) & (made >= 0), made / np.where(land > 0, land, 1), np.nan)
    np.testing.assert_allclose(table["improvement_to_land_ratio"], peer, rtol=1e-12)
    assert np.isfinite(peer).sum() > 10_000
    # No building is drawn: parcels without improvements, or of a vacant use, are vacant; the bands tell the others.
    used = table["class"].isin(["redevelopable", "developed"])
    assert (table["class"] == "redevelopable")[used].eq((peer <= 1)[used]).all()
    assert (table.loc[peer == 0, "class"] == "vacant").all()
    assert table.loc[table["class"] == "no_data", "buildable_m2"].isna().all()
