"""The land intensity evaluation of a pencil town: both partitions, every indicator, potentials, score, bad input."""

import datetime as dt
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import town

from gisplan import evaluate, vocabulary, write
from gisplan.cli import main
from gisplan.errors import GisplanError, PlanError
from gisplan.plan import parse_plan
from gisplan.show.publish import INTENSITY
from gisplan.study import score

#: Z1 is 400 × 300 m = 12 ha. One hectare a square, the lowest row of plots 0.8 ha each, the street 0.8 ha::
#:
#:   300  | P9 water | P10 farm | P11 coded | no parcel |
#:   220  | P5 green | P6 idle  | P7 ready  | P8 raw    |
#:   120  ===================== street ==================
#:   100  | P1 works | P2 store | P3 homes  | P4 shops  |
#:     0
#: Z2 (x 400-500) has no parcel, Z3 (x 500-600) is all water.
USES = {
    "P1": "1001", "P2": "1101", "P3": "0701", "P4": "0901", "P5": "1401", "P6": "1001", "P7": "1001", "P8": "1001",
    "P9": "1701", "P10": "0103", "P11": "9999", "P12": "1701",
}  # fmt: skip
REGISTER = """\
code,supply_date,type,expiry,completion,agreed,acquired,yard,investment,output,tax,hitech,build,supply
P1,2015-01-01,挂牌,2065-01-01,2018-01-01,2016-01-01,,1000,3000,6000,120,是,,
P2,1994-01-01,协议出让,2024-12-31,1996-01-01,1995-01-01,,500,1000,,30,否,,
P3,2021-06-01,拍卖,,2023-01-01,2022-01-01,,,,,,,,
P4,2022-06-01,挂牌,,2024-01-01,2023-01-01,,,,,60,,,
P6,2019-01-01,划拨,,,2020-01-01,,,,,,,,
P7,,,,,,是,,,,,,,
P8,,,,,,否,,,,,,,
P11,,,,,,,,,,,,A6,D1
"""
COLUMNS = {
    "supply_date": "supply_date", "supply_type": "type", "expiry_date": "expiry", "completion_date": "completion",
    "agreed_start": "agreed", "is_acquired": "acquired", "yard_area": {"column": "yard", "unit": "m2"},
    "investment": "investment", "output": "output", "tax": "tax", "is_hitech": "hitech", "build_code": "build",
    "supply_code": "supply",
}  # fmt: skip
IDEALS = {
    "land_development_rate": 0.9, "land_supply_rate": 1.0, "land_built_rate": 0.95, "industrial_land_rate": 0.6,
    "comprehensive_far": 1.0, "comprehensive_density": 0.4, "industrial_far": 1.0,
    "industrial_building_coefficient": 0.4, "industrial_fixed_asset_intensity": 4000,
    "industrial_tax_per_land": 60,
}  # fmt: skip
AS_OF = dt.date(2025, 12, 31)


def plots():
    rows = {f"P{i + 1}": town.box(100 * i, 0, 100 * i + 100, 100) for i in range(4)}
    rows |= {f"P{i + 5}": town.box(100 * i, 120, 100 * i + 100, 220) for i in range(4)}
    rows |= {f"P{i + 9}": town.box(100 * i, 220, 100 * i + 100, 300) for i in range(3)}
    rows["P12"] = town.box(500, 0, 600, 300)
    return town.table(["parcel_id", "land_use"], *((k, USES[k], v) for k, v in rows.items()))


def study(
    folder, *, register=REGISTER, rules=("cn-idle-2012", "cn-zone-intensity"), zone=None, header=None, **intensity
):
    """The town; ``zone`` replaces columns of the zones, ``intensity`` is the plan's table."""
    folder.mkdir(exist_ok=True)
    zones = town.table(
        ["zone_id", "name", "population", "gone", "resolved"],
        ("Z1", "one", 660.0, 10_000.0, 30_000.0, town.box(0, 0, 400, 300)),
        ("Z2", "two", np.nan, np.nan, np.nan, town.box(400, 0, 500, 300)),
        ("Z3", "three", 10.0, np.nan, np.nan, town.box(500, 0, 600, 300)),
    )
    zones = zones.assign(**(zone or {}))
    layers = {
        "zones": zones,
        "parcels": plots(),
        "buildings": town.table(
            ["building_id", "floors"],
            ("B1", 2.5, town.box(10, 10, 60, 50)),
            ("B2", 2.0, town.box(110, 10, 160, 60)),
            ("B3", 6.0, town.box(210, 10, 235, 50)),
            ("B4", 2.0, town.box(310, 10, 360, 70)),
        ),
        "road_surfaces": town.table(
            # The two overlap, and the second reaches 20 m into P1: only what no parcel covers is street.
            ["surface_id"], ("S1", town.box(0, 100, 400, 120)), ("S2", town.box(0, 80, 50, 120)),
        ),
        "road": town.table(["feature_id"], ("R", town.box(0, 100, 400, 120))),
        "water": town.table(["feature_id"], ("W", town.line((0, 110), (400, 110)))),
        "power": town.table(["feature_id"], ("E", town.line((0, 110), (400, 110)))),
    }  # fmt: skip
    spec = {}
    for name, frame in layers.items():
        frame.to_file(folder / "t.gpkg", layer=name, driver="GPKG")
        spec[name] = {"path": "t.gpkg", "layer": name}
    (folder / "r.csv").write_text(register, encoding="utf-8")
    spec["zones"]["columns"] = {
        "expired_disposed_area": {"column": "gone", "unit": "m2"},
        "idle_disposed_area": {"column": "resolved", "unit": "m2"},
    }
    head = register.splitlines()[0].split(",")
    own = {k: v for k, v in COLUMNS.items() if (v["column"] if isinstance(v, dict) else v) in head}
    spec["parcels"] |= {"code_system": "ydyh2023", "ledger": {"path": "r.csv", "key": "code", "columns": own}}
    services = {n: {**spec.pop(n), "reach_m": 50} for n in ("road", "water", "power")}
    plan = {
        "plan": {"name": "t", "area": "planar", "as_of": AS_OF, "rules": list(rules), **(header or {})},
        "intensity": {"register_complete": True, **intensity},
        "layers": {**spec, "services": services},
    }
    return parse_plan({k: v for k, v in plan.items() if v}, folder=folder)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return evaluate(study(tmp_path_factory.mktemp("intensity"), ideals=IDEALS))


@pytest.fixture(scope="module")
def found(result):
    return result.intensity


def land(found, zone, by):
    rows = found.land[(found.land["zone_id"] == zone) & (found.land["partition"] == by)]
    return {c: round(a, 6) for c, a in rows.groupby("code")["area_ha"].sum().items()}


def of(found, zone):
    return found.indicators[found.indicators["zone_id"] == zone].set_index("indicator")


def test_every_square_metre_has_its_code_in_both_partitions(found):
    assert land(found, "Z1", "build") == {
        "A1": 1, "A2": 2, "A31": 0.8, "A4": 1, "A51": 1, "A6": 0.8, "B21": 2, "B22": 1.8, "C1": 0.8, "X": 0.8,
        "total": 12,
    }  # fmt: skip
    assert land(found, "Z1", "supply") == {"D1": 3.6, "D21": 3, "D22": 1, "E21": 1, "F": 2.6, "X": 0.8, "total": 12}
    assert land(found, "Z2", "build") == {"X": 3, "total": 3}
    assert land(found, "Z3", "supply") == {"F": 3, "total": 3}


def test_every_code_says_what_told_it(found):
    rows = found.land[(found.land["zone_id"] == "Z1") & (found.land["code"] != "total")]
    told = {(r.code, r.source): round(r.area_ha, 6) for r in rows.itertuples()}
    assert told[("A31", "street")] == told[("D1", "street")] == 0.8
    assert told[("A6", "register")] == told[("D1", "register")] == 0.8
    assert told[("X", "no_parcel")] == 0.8
    assert told[("D1", "in_use")] == 1  # P5
    assert told[("D22", "expired")] == 1
    assert told[("E21", "not_in_register")] == 1
    assert told[("F", "not_in_register")] == 1  # P8
    assert told[("B21", "condition")] == 2


#: Hectares of Z1 by hand.
A, A2, B, B21, D = 6.6, 2.0, 3.8, 2.0, 7.6
EXPECTED = {
    "land_development_rate": (A + B21) / (A + B),
    "land_supply_rate": D / (A + B21),
    "land_built_rate": A / D,
    "industrial_land_rate": A2 / A,
    "hitech_land_rate": 1 / A,
    "comprehensive_far": 2.2 / A,
    "comprehensive_density": 0.85 / A,
    "industrial_far": 1.0 / A2,
    "industrial_building_coefficient": (0.2 + 0.25 + 0.1 + 0.05) / A2,
    "industrial_fixed_asset_intensity": 4000 / A2,
    "industrial_output_intensity": 6000 / 1,  # P2 does not state its output, so its land does not count either
    "hitech_output_intensity": 6000 / 1,
    "industrial_tax_per_land": 150 / A2,
    "comprehensive_tax_per_land": 210 / A,
    "population_density": 100.0,
    "construction_land_per_capita": 100.0,
    "land_idle_rate": 1 / D,  # P6
    "expired_project_disposal_rate": 1 / 2,
    "idle_disposal_rate": 3 / 4,
    "paid_use_rate": 4 / 5,
    "tender_auction_rate": 3 / 5,
}


@pytest.mark.parametrize("name", EXPECTED)
def test_every_indicator_by_pencil(found, name):
    row = of(found, "Z1").loc[name]
    assert row["value"] == pytest.approx(EXPECTED[name], rel=1e-9)
    assert row["value"] == pytest.approx(row["numerator"] / row["denominator"])


def test_no_indicator_is_left_out(found):
    assert set(EXPECTED) == set(vocabulary.intensity("indicators")) == set(found.indicators["indicator"])
    assert all(vocabulary.indicator(name).zh and vocabulary.indicator(name).en for name in EXPECTED)


def test_every_parcel_carries_its_codes(result):
    rows = result.parcels.set_index("parcel_id")[["land_build", "land_supply"]].agg(" ".join, axis=1).to_dict()
    assert rows == {
        "P1": "A2 D21", "P2": "A2 D22", "P3": "A1 D21", "P4": "A4 D21", "P5": "A51 D1", "P6": "B21 D1", "P7": "B21 E21",
        "P8": "B22 F", "P9": "C1 F", "P10": "B22 F", "P11": "A6 D1", "P12": "C1 F",
    }  # fmt: skip


def test_partial_land_is_said(found):
    rows = of(found, "Z1")
    # 0.8 ha of 11.2 ha that may be built have no parcel.
    assert rows.loc["land_built_rate", "known_share"] == pytest.approx(10.4 / 11.2)
    assert rows.loc["industrial_output_intensity", "known_share"] == pytest.approx(0.5)
    assert rows.loc["industrial_output_intensity", "flags"] == "PARTIAL"
    assert rows.loc["industrial_tax_per_land", "flags"] == ""


def test_nothing_built_and_all_water_have_no_figures(found):
    for zone in ("Z2", "Z3"):
        rows = of(found, zone)
        assert rows["value"].drop(["idle_disposal_rate", "expired_project_disposal_rate"]).isna().all(), zone
        assert "DENOM_ZERO" in rows.loc["comprehensive_far", "flags"]
    assert found.scores.set_index("zone_id").loc[["Z2", "Z3"], "type"].tolist() == ["unknown", "unknown"]
    assert found.scores.set_index("zone_id").loc[["Z2", "Z3"], "total"].isna().all()
    assert found.scores["flags"].tolist()[1:] == ["UNVERIFIED;MISSING;TYPE_UNKNOWN"] * 2
    assert "land_built_rate (DENOM_ZERO)" in found.scores["missing"].iloc[1]


def test_chain_identity(found):
    rates = of(found, "Z1").loc[["land_development_rate", "land_supply_rate", "land_built_rate"], "value"]
    assert math.prod(rates) == pytest.approx(A / (A + B), rel=1e-12)
    assert found.scores["built_share"].iloc[0] == pytest.approx(A / (A + B), rel=1e-12)


def test_potential_by_pencil(found):
    rows = found.potential[found.potential["zone_id"] == "Z1"].set_index("potential")
    expected = {
        "expansion_potential": 1.0,
        "expansion_potential_industry": 1.0,
        "structure_potential": A * 0.6 - A2,
        "intensity_potential_far": A2 * 0.5,
        "intensity_potential_coefficient": A2 * 0.25,
        "intensity_potential_investment": A2 * 0.5,
        "intensity_potential_tax": 0.0,  # 75 is more than the ideal of 60
        "management_potential": 2.0,  # P2, whose term is over, and P6, idle for two years
        "years_of_land_left": 1 / (2 / 5),  # P3 and P4 in five years
    }
    assert rows.loc[list(expected), "value"].to_dict() == pytest.approx(expected)
    assert np.isnan(rows.loc["years_of_industrial_land_left", "value"])
    assert rows.loc["years_of_industrial_land_left", "flags"] == "NO_RECENT_SUPPLY"


def spreadsheet():
    """The score of Z1 in plain numbers, as a clerk would work it out."""
    near = {}
    for name, ideal in IDEALS.items():
        near[name] = min(1.0, EXPECTED[name] / ideal)
    near["land_idle_rate"] = 1 - EXPECTED["land_idle_rate"]
    degree = 100 * (0.5 * near["land_supply_rate"] + 0.5 * near["land_built_rate"])
    structure = 100 * near["industrial_land_rate"]
    intensity = 100 * (
        0.25 * near["comprehensive_far"]
        + 0.22 * near["comprehensive_density"]
        + 0.25 * near["industrial_far"]
        + 0.28 * near["industrial_building_coefficient"]
    )
    use = 0.25 * degree + 0.25 * structure + 0.5 * intensity
    benefit = 100 * (0.5 * near["industrial_fixed_asset_intensity"] + 0.5 * near["industrial_tax_per_land"])
    management = 100 * near["land_idle_rate"]
    return {
        "degree": degree, "structure": structure, "intensity": intensity, "land_use": use, "benefit": benefit,
        "management": management, "total": 0.7 * use + 0.2 * benefit + 0.1 * management,
    }  # fmt: skip


def test_the_score_is_the_clerks(found):
    row = found.scores.iloc[0]
    assert {k: row[k] for k in spreadsheet()} == pytest.approx(spreadsheet())
    assert row["rank"] == 1
    assert row["rank_low"] == row["rank_high"] == 1
    assert row["total_low"] < row["total"] < row["total_high"]
    assert row["type"] == "industry_led"  # 30.3 % industry, 15.2 % homes
    assert row["flags"] == "UNVERIFIED;PARTIAL"
    contributions = of(found, "Z1")["contribution"]
    assert contributions.sum() == pytest.approx(row["total"])
    assert of(found, "Z1").loc["comprehensive_density", "weight"] == pytest.approx(0.7 * 0.5 * 0.22)


def test_missing_input_gives_no_score_but_a_list(tmp_path):
    register = "\n".join(
        line.replace(",1000,3000", ",,3000").replace(",500,1000", ",,1000") for line in REGISTER.split("\n")
    )
    found = score(study(tmp_path, register=register, ideals=IDEALS))
    row = found.scores.iloc[0]
    assert np.isnan(row["total"])
    assert pd.isna(row["rank"])
    assert row["missing"].startswith("industrial_building_coefficient (")
    assert row["flags"] == "UNVERIFIED;MISSING;PARTIAL"
    assert of(found, "Z1")["contribution"].isna().any()

    found = score(study(tmp_path / "again", register=register, ideals=IDEALS, renormalise=True))
    row, clerk = found.scores.iloc[0], spreadsheet()
    near = {
        n: min(1.0, EXPECTED[n] / IDEALS[n]) for n in ("comprehensive_far", "comprehensive_density", "industrial_far")
    }
    left = (
        100
        * (0.25 * near["comprehensive_far"] + 0.22 * near["comprehensive_density"] + 0.25 * near["industrial_far"])
        / 0.72
    )
    assert row["intensity"] == pytest.approx(left)
    use = 0.25 * clerk["degree"] + 0.25 * clerk["structure"] + 0.5 * left
    assert row["total"] == pytest.approx(0.7 * use + 0.2 * clerk["benefit"] + 0.1 * clerk["management"])
    assert "RENORMALISED" in row["flags"]
    assert of(found, "Z1")["contribution"].sum() == pytest.approx(row["total"])


def test_without_supply_dates_supply_is_not_known(tmp_path):
    found = score(study(tmp_path, register="code,investment\nP1,3000\n", register_complete=False, ideals=IDEALS))
    rows = of(found, "Z1")
    assert rows.loc[["land_supply_rate", "land_built_rate"], "value"].isna().all()
    assert rows.loc["land_supply_rate", "flags"] == "INPUT_MISSING:supply_date"
    assert land(found, "Z1", "supply")["X"] > 5
    # P6, P7 and P8 are open, and nobody says whether they are acquired; P11 has no power within reach.
    assert land(found, "Z1", "build")["B2X"] == pytest.approx(3.0)


def test_built_land_never_supplied_is_over_100_and_capped(tmp_path):
    register = REGISTER.replace("P1,2015-01-01", "P1,").replace("P6,2019-01-01", "P6,").replace("P4,2022-06-01", "P4,")
    result = evaluate(study(tmp_path, register=register, ideals=IDEALS))
    row = of(result.intensity, "Z1").loc["land_built_rate"]
    assert row["value"] == pytest.approx(6.6 / 4.6)
    assert "OVER_100" in row["flags"].split(";")
    assert row["standardised"] == 1
    assert any(i.code == "INTENSITY_OVER_100" for i in result.issues)


def test_zone_types_and_manual_word(tmp_path):
    found = score(study(tmp_path, zone={"zone_type": ["产城融合型", "nonsense", None]}, ideals=IDEALS))
    assert found.scores["type"].tolist() == ["industry_city", "unknown", "unknown"]
    assert found.scores["type_from"].tolist() == ["zone", "rule", "rule"]
    assert found.unread["zone_type"].tolist() == ["", "nonsense", ""]
    found = score(study(tmp_path / "b", zone={"zone_kind": ["综合保税区", None, None]}, ideals=IDEALS))
    assert found.scores["type"].iloc[0] == "industry_led"
    assert found.scores["type_from"].iloc[0] == "kind"


def test_main_and_development_area(tmp_path):
    own = {"area_role": ["主区", "发展方向区", "main"], "parent_id": ["park", "park", "other"]}
    found = score(study(tmp_path, zone=own, ideals=IDEALS))
    assert found.scores["main_area"].tolist() == ["Z1", "Z1", "Z3"]
    # The development-direction area has no score, so the two together have none.
    assert np.isnan(found.scores["total"].iloc[0])
    assert found.scores["area_score"].iloc[0] == pytest.approx(spreadsheet()["total"])
    # Where what is missing gives its weight away, both areas have a score, and they weigh 0.8 and 0.2.
    halves = gpd.GeoSeries(
        [town.box(0, 0, 200, 300), town.box(200, 0, 400, 300), town.box(500, 0, 600, 300)], crs=town.CRS
    )
    both = score(study(tmp_path / "c", zone={**own, "geometry": halves}, ideals=IDEALS, renormalise=True)).scores
    assert both["area_score"].iloc[:2].notna().all()
    assert both["area_score"].iloc[0] != pytest.approx(both["area_score"].iloc[1])
    assert both["total"].iloc[0] == pytest.approx(0.8 * both["area_score"].iloc[0] + 0.2 * both["area_score"].iloc[1])
    assert np.isnan(both["total"].iloc[1])
    assert both["rank"].tolist()[:1] == [1]
    lone = score(
        study(
            tmp_path / "b",
            zone={"area_role": ["main", "development", "x"], "parent_id": ["a", "b", "c"]},
            ideals=IDEALS,
        )
    )
    assert "NO_MAIN_AREA" in lone.scores["flags"].iloc[1]
    assert lone.unread["area_role"].tolist() == ["", "", "x"]


def test_rules_can_limit_the_evaluations_indicators(tmp_path):
    own = (
        '[pack]\nname = "own"\ntitle = { zh = "自有" }\nsource = "order 7"\n[[limits]]\nid = "built"\n'
        'indicator = "land_built_rate"\nat_least = 0.9\nunit = "share"\nverified = true\n'
    )
    (tmp_path / "own.toml").write_text(own, encoding="utf-8")
    found = evaluate(study(tmp_path, rules=["cn-zone-intensity", "own.toml"])).findings
    assert dict(zip(found["id"], found["class"], strict=True)) == {"Z1": "below", "Z2": "no_data", "Z3": "no_data"}


def test_bad_codes_are_told_and_derived_instead(tmp_path):
    register = REGISTER.replace(",是,,\n", ",是,Z9,D7\n", 1)
    result = evaluate(study(tmp_path, register=register, ideals=IDEALS))
    told = [i for i in result.issues if i.code == "INTENSITY_CODE_UNKNOWN"]
    assert sorted(i.message.split(":")[0] for i in told) == ["build_code", "supply_code"]
    assert all(i.feature_ids == ["P1"] for i in told)
    assert of(result.intensity, "Z1").loc["land_built_rate", "value"] == pytest.approx(A / D)


def test_overlapping_parcels_leave_a_difference_that_is_told(tmp_path, monkeypatch):
    frame = plots()
    twice = pd.concat([frame, town.table(["parcel_id", "land_use"], ("P13", "1001", town.box(200, 0, 300, 100)))])
    monkeypatch.setattr("test_intensity.plots", lambda: gpd.GeoDataFrame(twice, crs=town.CRS), raising=True)
    result = evaluate(study(tmp_path, ideals=IDEALS))
    table = result.intensity.land
    for by in ("build", "supply"):
        rows = table[(table["zone_id"] == "Z1") & (table["partition"] == by)].set_index("code")["area_m2"]
        assert rows.drop("total").sum() == pytest.approx(rows["total"])
        # One hectare counts twice; 0.8 ha of it hides the land without a parcel.
        assert rows["difference"] == pytest.approx(-2_000)
    assert any(i.code == "INTENSITY_AREA_DIFFERS" for i in result.issues)


def test_planar_and_ledger_area_stand_beside(tmp_path):
    register = REGISTER.replace("code,", "code,mu,", 1).replace("P1,", "P1,30,", 1)
    register = "\n".join(
        line if line.startswith(("code", "P1,")) or not line else line.replace(",", ",,", 1)
        for line in register.split("\n")
    )
    plan = study(tmp_path, register=register, ideals=IDEALS)
    raw = plan.model_dump(by_alias=True, exclude={"folder", "file"}, exclude_unset=True)
    raw["layers"]["parcels"]["ledger"][0]["columns"]["land_area"] = {"column": "mu", "unit": "mu"}
    found = score(parse_plan(raw, folder=tmp_path))
    row = found.scores.iloc[0]
    # P1 has 2 ha on paper: its investment is spread over one more hectare, and the plan still measures what is drawn.
    assert row["total_planar"] == pytest.approx(row["total"])
    assert row["total_ledger"] < row["total"]
    assert row["total_low"] <= row["total_ledger"]
    assert "total_ellipsoid" not in found.scores  # the plan measures in the plane


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"weights": "9"}, "there is no set '9'; the pack has 1, 2"),
        ({"ideals": {"industrial_far": 0}}, "industrial_far: an ideal value of 0 cannot be scored against"),
        ({"ideals": {"industrial_far": -1}}, "an ideal value of -1 cannot"),
        ({"ideals": {"industrial_fra": 1}}, "did you mean 'industrial_far'?"),
        ({"supply_years": 0}, "supply_years"),
        ({"header": {"as_of": None}}, "needs a day"),
        ({"rules": ["cn-idle-2012"]}, "no rule pack of the plan has weights"),
    ],
)
def test_bad_options_are_one_line(tmp_path, options, said):
    header = options.pop("header", None)
    with pytest.raises((GisplanError, PlanError)) as error:
        plan = study(tmp_path, **options) if header is None else study(tmp_path, header={}, **options)
        if header is not None:
            plan = plan.model_copy(update={"plan": plan.plan.model_copy(update=header)})
        score(plan)
    assert said in str(error.value)


def test_set_two_has_open_parts_and_no_score(tmp_path):
    row = score(study(tmp_path, weights="2", ideals=IDEALS, renormalise=True)).scores.iloc[0]
    assert np.isnan(row["total"])
    assert "benefit (OPEN)" in row["missing"]


def test_weights_that_do_not_add_up_are_refused(tmp_path):
    (tmp_path / "own.toml").write_text(
        '[pack]\nname = "own"\ntitle = { en = "own" }\nsource = "own"\n'
        '[[weights]]\nid = "zone"\nparts = { comprehensive_far = 0.5, land_idle_rate = 0.4 }\nverified = true\n',
        encoding="utf-8",
    )
    with pytest.raises(PlanError, match=r"add up to 0\.9, not to 1"):
        study(tmp_path, rules=["cn-idle-2012", "cn-zone-intensity", "own.toml"], ideals=IDEALS)


def test_files_and_command(result, tmp_path, capsys):
    write(result, tmp_path / "out")
    assert set(INTENSITY) <= {f.name for f in (tmp_path / "out").iterdir()}
    again = pd.read_csv(tmp_path / "out" / "intensity_scores.csv", encoding="utf-8-sig")
    assert again["total"].iloc[0] == pytest.approx(spreadsheet()["total"])
    assert again["rank"].iloc[0] == 1
    first = {n: (tmp_path / "out" / n).read_bytes() for n in INTENSITY}
    write(evaluate(result.plan), tmp_path / "out")
    assert {n: (tmp_path / "out" / n).read_bytes() for n in INTENSITY} == first
    town_plan = tmp_path / "plan.toml"
    town_plan.write_text("[plan]\nname = 'x'\n", encoding="utf-8")
    assert main(["score", str(town_plan)]) == 2
    capsys.readouterr()


@pytest.mark.parametrize(
    "without", [("buildings",), ("road_surfaces",), ("services",), ("buildings", "road_surfaces"), ("ledger",)]
)
def test_what_is_not_there_is_missing_and_named(tmp_path, without):
    plan = study(tmp_path, ideals=IDEALS)
    raw = plan.model_dump(by_alias=True, exclude={"folder", "file"}, exclude_unset=True)
    for name in without:
        (raw["layers"]["parcels"] if name == "ledger" else raw["layers"]).pop(name)
    found = score(parse_plan(raw, folder=tmp_path))
    rows = of(found, "Z1")
    assert np.isnan(found.scores["total"].iloc[0]) == bool({"buildings", "ledger"} & set(without))
    if "buildings" in without:
        assert rows.loc["comprehensive_far", "flags"] == "INPUT_MISSING:floor_area"
        assert rows.loc["comprehensive_density", "flags"] == "INPUT_MISSING:footprint"
    if "road_surfaces" in without:
        # The street becomes land without a parcel; without buildings nobody knows whether P6, P7 and P8 are built.
        assert land(found, "Z1", "build")["X"] == pytest.approx(4.6 if "buildings" in without else 1.6)
    if "services" in without:
        # P7 is acquired, but nobody says what serves it; P6 was supplied.
        assert land(found, "Z1", "build")["B2X"] == pytest.approx(1.0)
    if without == ("ledger",):
        assert rows.loc["industrial_tax_per_land", "flags"] == "INPUT_MISSING:tax"
        assert rows.loc["land_idle_rate", "flags"] == "INPUT_MISSING:idle"


def test_zones_made_of_parcels(tmp_path):
    """Every parcel belongs whole to its zone, so no land is left over and no street lies in any."""
    plan = study(tmp_path, ideals=IDEALS)
    raw = plan.model_dump(by_alias=True, exclude={"folder", "file"}, exclude_unset=True)
    raw["layers"]["zones"] = {"from": "parcels", "by": "land_use"}
    found = score(parse_plan(raw, folder=tmp_path))
    sums = found.land[found.land["code"] == "total"].groupby("partition")["area_ha"].sum()
    assert sums.to_dict() == pytest.approx({"build": 13.4, "supply": 13.4})
    assert not {"no_parcel", "street"} & set(found.land["source"])


def test_a_register_that_tells_no_supply_is_not_complete(tmp_path):
    """Taken at its word, it would make everything built many times what was supplied."""
    from gisplan.cli import sample
    from gisplan.plan import load_plan
    from gisplan.study import score

    plan = load_plan(sample() / "plan.toml")
    parcels = plan.layers.parcels.model_copy(update={"ledger": []})
    bare = plan.model_copy(update={"layers": plan.layers.model_copy(update={"parcels": parcels})})
    assert bare.intensity.register_complete
    rows = score(bare).indicators.set_index("indicator")
    assert rows.loc[["land_supply_rate", "land_built_rate"], "value"].isna().all()
