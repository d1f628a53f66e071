"""Projects of whole studies: pencil parcels, reasons for inefficient land, idle buildings, sums by zone, bad input."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
import town

from gisplan import evaluate
from gisplan.errors import GisplanError, PlanError
from gisplan.plan import parse_plan
from gisplan.rules import load_packs

DAY = dt.date(2025, 12, 31)
HEAD = '[pack]\nname = "own"\ntitle = { zh = "自有" }\nsource = "order 7"\n'
LIMIT = (
    '[[limits]]\nid = "{id}"\nindicator = "{indicator}"\n{side} = {value}\nunit = "{unit}"\nverified = true\n'
    'where = {{ land_use = ["industrial"] }}\n'
)
RULES = HEAD + "".join(
    LIMIT.format(id=f"l{i}", indicator=indicator, side=side, value=value, unit=unit)
    for i, (indicator, side, value, unit) in enumerate(
        [
            ("project_far", "at_least", 0.8, "1"),
            ("project_building_coefficient", "at_least", 0.4, "share"),
            ("project_admin_share", "at_most", 0.07, "share"),
            ("project_green_rate", "at_most", 0.2, "share"),
            ("project_tax_per_mu", "at_least", 20, "万元/mu"),
        ]
    )
)
TABLE = (
    "industry_code,std_edition,land_grade,at_least,source\n"
    "36,GB/T 4754-2017,1-4,2000,city table 3\n36,GB/T 4754-2017,5-15,1000,city table 3\n"
    "13,gbt4754-2017,*,900,city table 3\n"
)
WITH_TABLE = RULES + (
    '[[limit_tables]]\nid = "intensity"\nfile = "intensity.csv"\nindicator = "project_investment_intensity"\n'
    'unit = "万元/ha"\nverified = false\nwhere = { land_use = ["industrial"] }\n'
)
REASONS = (
    '[[reasons]]\nid = "TAX"\nindicator = "project_tax_per_mu"\nunit = "万元/mu"\nless_than = 20\nverified = true\n'
    '[[reasons]]\nid = "FAR"\nindicator = "project_far"\nof_limit = 0.5\nverified = true\n'
    '[[reasons]]\nid = "VACANT"\nindicator = "project_vacant_floor_share"\nunit = "share"\nmore_than = 0.3\n'
    "verified = true\n"
    '[[reasons]]\nid = "SLOW"\nidle_class = ["SLOW"]\nverified = true\n'
    '[[reasons]]\nid = "BANNED"\nbanned = true\nverified = true\n'
    'where = { industry_system = "gbt4754-2017", industry = ["26"] }\n'
)

#: Parcels of one hectare, 15 mu. P1 is built; P5 is planned; P10 lies half outside, P11 outside.
REGISTER = """\
code,竣工日期,约定开工日期,实际开工日期,行业代码,行业代码版本,土地等别,固定资产投资,约定投资,年税收,约定年税收,构筑物占地面积,堆场用地面积,行政办公及生活服务设施建筑面积,绿地面积,约定建筑面积,约定占地面积,承诺日期,承诺竣工日期,保证金已缴,有房产证
P1,2019-01-01,2018-01-01,2018-01-01,3660,,3,1500,6000,300,,500,1500,1200,1500,,,,,,是
P4,2019-01-01,2018-01-01,2018-01-01,13,2002,,1500,6000,,,,,,,,,,,,否
P5,,2025-03-01,,36,,5,,1000,,450,,,,,4000,3000,2025-06-01,2026-06-01,是,
P10,2019-01-01,2018-01-01,2018-01-01,26,,,1500,4999,100,,0,0,,,,,,,,否
P11,,2023-03-01,,13,,,,800,,,,,,,,,2024-06-01,2025-06-01,否,
"""


def stand(buildings):
    """Give the town's buildings what projects ask for: B1 is a hall of 40 × 50 m, B9 stands on P10."""
    out = buildings.copy()
    out["is_standard_factory"] = [True, None, False, False, False, False, False, False, True, False, True, False]
    out["leased_share"] = [0.6, *[np.nan] * 7, 0.9, np.nan, np.nan, np.nan]
    out.loc[0, ["floor_area_m2", "floors", "height_m"]] = [2000.0, 1, 9.0]
    out.loc[8, ["floor_area_m2", "floors"]] = [900.0, 1]
    return out


def projects(folder, *, rules=RULES, register=REGISTER, table=TABLE, more=(), change=stand, **header):
    (folder / "own.toml").write_text(rules, encoding="utf-8")
    if table is not None:
        (folder / "intensity.csv").write_text(table, encoding="utf-8")
    plan = town.write(
        folder,
        header={"as_of": DAY, "rules": ["own.toml", *more], **header},
        buildings=change,
        spec={"parcels": {"industry_system": "gbt4754-2017"}},
    )
    (folder / "projects.csv").write_text(register, encoding="utf-8")
    raw = plan.model_dump(by_alias=True, exclude={"folder", "file"}, exclude_unset=True)
    raw["layers"]["parcels"]["ledger"] = {"path": "projects.csv", "key": "code"}
    return parse_plan(raw, folder=folder)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("projects")
    return evaluate(projects(folder, rules=WITH_TABLE + REASONS, more=["cn-park-practice"]))


@pytest.fixture(scope="module")
def of(result):
    return result.projects.set_index("parcel_id")


def test_a_built_project_by_pencil(of):
    p = of.loc["P1"]
    assert p["basis"] == "built"
    assert p["project_far_physical"] == pytest.approx(0.2)
    assert p["project_far"] == pytest.approx(0.4)  # the hall of 9 m counts twice
    # Footprint 50 × 40, structures 500, yards 1,500.
    assert p["project_building_coefficient"] == pytest.approx(0.4)
    assert p["project_admin_share"] == pytest.approx(0.6)  # 1,200 of 2,000 m² of floor area
    assert p["project_green_rate"] == pytest.approx(0.15)
    assert p["project_investment_intensity"] == pytest.approx(1500)
    assert (p["project_tax_per_mu"], p["project_land_tax"]) == pytest.approx((20, 300))
    assert {c: p[f"project_{c}_class"] for c in ("far", "building_coefficient", "admin_share", "green_rate")} == {
        "far": "below",
        "building_coefficient": "pass",
        "admin_share": "above",
        "green_rate": "pass",
    }
    assert p["project_tax_per_mu_class"] == "pass"
    # Industry 36 on land of grade 3 takes 2,000 万元/ha.
    assert (p["project_investment_intensity_class"], p["project_investment_intensity_limit"]) == ("below", "≥ 2000")
    assert p["control_class"] == "fail"
    # 0.4 of 0.8 is half; 1,500 of 2,000 three quarters: the worse one decides.
    assert (p["allowed_area_m2"], p["excess_area_m2"]) == pytest.approx((5000, 5000))
    assert p["flags"] == "ADMIN_BY_FLOOR"
    assert p["unverified"]


def test_a_planned_project_is_held_against_its_plan(of):
    p = of.loc["P5"]
    assert p["basis"] == "plan"
    assert p["project_far"] == pytest.approx(0.4)
    assert p["project_building_coefficient"] == pytest.approx(0.3)
    assert p["project_tax_per_mu"] == pytest.approx(30)
    # Grade 5: 1,000 万元/ha, and 1,000 are promised.
    assert (p["project_investment_intensity_class"], p["project_far_class"]) == ("pass", "below")
    assert p["allowed_area_m2"] == pytest.approx(5000)
    assert (p["findings"], p["project_total_investment_class"]) == ("SMALL_PROJECT_OWN_PARCEL", "below")
    assert p["advice"].startswith("改入标准厂房")
    assert (of.loc["P10", "findings"], of.loc["P1", "findings"]) == ("SMALL_PROJECT_OWN_PARCEL", "")


def test_what_is_not_known_has_no_class(of):
    p = of.loc["P4"]
    # The industry code is of 2002 and the table of 2017; nobody counted yards; the tax is missing.
    for name in ("project_investment_intensity", "project_building_coefficient", "project_tax_per_mu"):
        assert p[f"{name}_class"] == "UNKNOWN"
    assert "COEFFICIENT_AT_LEAST" in p["flags"]
    # B4 has floors but no height: 1,200 + part of B5 on 10,000 m² cannot reach 0.8 even if all of it is high.
    assert p["project_far_class"] == "below"
    assert "STOREY_HEIGHT_ASSUMED" in p["flags"]
    assert p["allowed_area_m2"] == pytest.approx(5_000)
    assert "ALLOWED_AT_MOST" in p["flags"]
    # Industry 26 is in no row of the table.
    assert of.loc["P10", "project_investment_intensity_class"] == "NO_RULE"
    # What is no land for building holds no project.
    assert of.loc["P6"].drop(["zone_id", "name", "land_class", "area_m2"]).isna().all()


def test_promises(of):
    assert (of.loc["P5", "promise_class"], of.loc["P5", "promise_overdue_days"]) == ("DEPOSIT_PAID", 0)
    assert (of.loc["P11", "promise_class"], of.loc["P11", "promise_overdue_days"]) == ("BREACHED", 213)
    assert of.loc["P1", "promise_class"] is None or pd.isna(of.loc["P1", "promise_class"])


def test_reasons_for_inefficient_land(of):
    found = of["inefficient_reasons"]
    # P1: 0.4 is half of 0.8 and not under it, 20 万元/mu is not under 20, 40 % of its floor area is vacant.
    assert found["P1"] == "VACANT"
    # P10: 6.7 万元/mu; 900 m² on a hectare; banned. A tenth of the factory is vacant.
    assert found["P10"] == "TAX;FAR;BANNED"
    assert of.loc["P4", ["inefficient_class", "inefficient_unknown"]].tolist() == ["UNKNOWN", "TAX;BANNED"]
    # P4: 3 floors of B4 and a quarter of B5's 1,600 m² are just half of 0.8.
    assert found["P4"] == ""
    # Figures are asked of nothing that is not built yet; P11 is of industry 13.
    assert of.loc["P5", ["inefficient_class", "inefficient_unknown"]].tolist() == ["NO", ""]


def test_sums_by_zone(result):
    zones = result.project_land.zones.set_index("zone_id")
    # Z1: P1 and P5 have 5,000 too much each, P4 as much, of which 40 % lie in Z1.
    assert zones.loc["Z1", "excess_area_m2"] == pytest.approx(12_000)
    outside = zones.iloc[-1]
    # Half of P10 lies outside, and all of P11.
    assert outside["inefficient_BANNED_m2"] == pytest.approx(5_000)
    assert zones["inefficient_BANNED_m2"].sum() == pytest.approx(10_000)
    assert (outside["promise_BREACHED"], zones["promise_BREACHED"].sum()) == (1, 1)
    assert zones.loc["Z1", "promise_DEPOSIT_PAID"] == 1
    # P1 has its certificate, P4 and P10 (mostly in Z2) have not; of the others nothing is known.
    assert zones.loc[["Z1", "Z2"], "no_building_cert_share"].tolist() == [0, 1]
    kinds = [f"n_{k}" for k in ("pass", "fail", "UNKNOWN", "NO_RULE")]
    assert zones[kinds].sum().sum() == zones["projects"].sum() == result.projects["basis"].notna().sum()


def test_idle_buildings_by_zone(result):
    of = result.zones.set_index("zone_id")
    # Z1: B1, 2,000 m², is 60 % let. Z2: B9, 900 m², 90 % let; of B11 (1,200 × 4 = 4,800 m²) nobody knows.
    assert of.loc["Z1", "vacant_floor_area_m2"] == pytest.approx(800)
    assert of.loc["Z1", "standard_factory_occupancy"] == pytest.approx(0.6)
    inside = 900 * 0.9 * (40 / 40)
    assert of.loc["Z2", "standard_factory_occupancy"] == pytest.approx(inside / 900)
    row = result.indicators.query("zone_id == 'Z2' and indicator == 'standard_factory_occupancy'").iloc[0]
    assert (row["n_missing"], "PARTIAL" in row["flags"]) == (1, True)
    assert np.isnan(of.loc["Z3", "standard_factory_occupancy"])


def test_findings_carry_what_to_do(result):
    found = result.findings
    small = found[found["finding"] == "SMALL_PROJECT_OWN_PARCEL"]
    assert set(small["id"]) == {"P5", "P10", "P11"}
    assert small["advice"].str.contains("standard factory").all()
    assert (small["class"] == "below").all()


def test_without_rules_or_promises_there_are_no_projects(tmp_path):
    register = "code,年税收\nP1,300\n"
    assert evaluate(projects(tmp_path, register=register, rules=RULES, as_of=None)).projects is not None
    plan = projects(tmp_path, register=register)
    bare = plan.model_copy(update={"plan": plan.plan.model_copy(update={"rules": []})})
    assert evaluate(bare).project_land is None


def test_amounts_that_cannot_be_are_not_used_and_told(tmp_path):
    register = REGISTER.replace(
        "P1,2019-01-01,2018-01-01,2018-01-01,3660,,3,1500,6000,300,,500,1500",
        "P1,2019-01-01,2018-01-01,2018-01-01,3660,GB 4754,3,1500,6000,-300,,500,-1500",
    ).replace("1200,1500", "9200,15000")
    result = evaluate(projects(tmp_path, register=register))
    p = result.projects.set_index("parcel_id").loc["P1"]
    for name in ("building_coefficient", "admin_share", "green_rate", "tax_per_mu"):
        assert p[f"project_{name}_class"] == "UNKNOWN", name
    assert {"NEGATIVE_AMOUNT", "OVER_100", "EDITION_NOT_READ"} <= set(p["flags"].split(";"))
    told = {i.code: i for i in result.issues if i.code.startswith("PROJECT_")}
    assert set(told) == {"PROJECT_NEGATIVE_AMOUNT", "PROJECT_OVER_100", "PROJECT_EDITION_NOT_READ"}
    assert told["PROJECT_NEGATIVE_AMOUNT"].features == ["P1"]


def test_floors_of_nothing_make_no_plot_ratio(tmp_path):
    def flat(buildings):
        out = stand(buildings)
        out.loc[0, ["floor_area_m2", "floors", "height_m"]] = [np.nan, 0, np.nan]
        return out

    p = evaluate(projects(tmp_path, change=flat)).projects.set_index("parcel_id").loc["P1"]
    assert np.isnan(p["project_far"])
    assert p["project_far_class"] == "UNKNOWN"


def test_a_height_in_words_is_refused_in_one_line(tmp_path):
    def tall(buildings):
        out = stand(buildings)
        out["height_m"] = ["about nine", *["9"] * 11]
        return out

    with pytest.raises(GisplanError, match="height") as error:
        evaluate(projects(tmp_path, change=tall))
    assert "about nine" in str(error.value)
    assert "\n" not in str(error.value)


TABLES = {
    "no file": (None, "intensity.csv (table of limits intensity): is not there. Check the path"),
    "no column": ("industry_code,land_grade\n36,1\n", "column std_edition, at_least is missing"),
    "no rows": ("industry_code,std_edition,land_grade,at_least,source\n", "has no rows"),
    "edition": (TABLE.replace("GB/T 4754-2017,1-4", "1994,1-4"), "row 1: std_edition '1994' is not one of GB/T 4754"),
    "grade": (TABLE.replace("1-4", "4-1"), "row 1: land_grade '4-1' is not like 3 or 1-4"),
    "number": (TABLE.replace("2000", "much"), "row 1: at_least 'much' is no number above 0"),
    "negative": (TABLE.replace(",900", ",-900"), "row 3: at_least '-900' is no number above 0"),
    "overlap": (TABLE.replace("5-15", "4-15"), "limits intensity-1 and intensity-2: both apply"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_cannot_be_used_is_told_in_one_line(name, tmp_path):
    text, expected = TABLES[name]
    (tmp_path / "own.toml").write_text(WITH_TABLE, encoding="utf-8")
    if text is not None:
        (tmp_path / "intensity.csv").write_text(text, encoding="utf-8")
    with pytest.raises(PlanError) as error:
        load_packs(["own.toml"], tmp_path)
    assert len(error.value.faults) == 1
    assert expected in error.value.faults[0]


BAD = {
    "two tests": ('idle_class = ["SLOW"]\nbanned = true\n', "give one of indicator, idle_class or banned = true"),
    "no test": ("", "give one of indicator, idle_class or banned = true"),
    "all banned": ("banned = true\n", "banned needs a where"),
    "class": ('idle_class = ["LAZY"]\n', "unknown idle_class 'LAZY'"),
    "state": ('idle_class = ["SLOW"]\nstate = ["ruin"]\n', "unknown state 'ruin'"),
    "zone figure": ('indicator = "plot_ratio"\nless_than = 1\nunit = "1"\n', "plot_ratio is of zones"),
    "unit": ('indicator = "project_far"\nless_than = 1\nunit = "share"\n', "project_far is in 1, not in share"),
    "no unit": ('indicator = "project_far"\nless_than = 1\n', "a number needs its unit (1)"),
    "no number": ('indicator = "project_far"\nunit = "1"\n', "give one of less_than, more_than or of_limit"),
    "part": ('indicator = "project_far"\nof_limit = 0\n', "of_limit = 0 is no part of a limit"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_reason_that_cannot_be_used_is_told(name, tmp_path):
    text, expected = BAD[name]
    (tmp_path / "own.toml").write_text(HEAD + '[[reasons]]\nid = "X"\nverified = true\n' + text, encoding="utf-8")
    with pytest.raises(PlanError) as error:
        load_packs(["own.toml"], tmp_path)
    assert any(f"reason X: {expected}" in f for f in error.value.faults)
