"""Values under limits: every class there is, worked out with a pencil, and never a pass where something is not known."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
import town

from gisplan import evaluate
from gisplan.assess import Things, findings
from gisplan.rules import Pack

NAN = np.nan
DAY = dt.date(2025, 12, 31)


def pack(*limits, **more):
    rows = [{"id": f"r{i}", "unit": "1", "verified": True, **row} for i, row in enumerate(limits)]
    return Pack.model_validate({"name": "own", "title": {"zh": "自有"}, "source": "order 7", "limits": rows, **more})


def zones(values, **facts):
    ids = np.array([f"Z{i + 1}" for i in range(4)], dtype=object)
    return Things("zone", ids, ids, {"plot_ratio": np.array(values)}, pd.DataFrame(facts, index=range(4)))


def projects(values, *, system=None, **facts):
    ids = np.array([f"P{i + 1}" for i in range(len(values))], dtype=object)
    where = np.full(len(values), "Z1", dtype=object)
    return Things("project", ids, where, {"project_far_physical": np.array(values)}, pd.DataFrame(facts), system)


def classes(limit, things, *, as_of=DAY, **more):
    found = findings([pack(limit, **more)], [things], as_of=as_of)
    return dict(zip(found["id"], found["class"], strict=True))


def test_every_class_of_a_zone():
    rule = {"indicator": "plot_ratio", "at_least": 0.8, "at_most": 1.2, "where": {"zone_age": ["old"]}}
    found = findings([pack(rule)], [zones([0.7, 0.8, 1.3, NAN], age=["old", "老区", "old", "old"])], as_of=DAY)
    assert list(found["class"]) == ["below", "pass", "above", "no_data"]
    row = found.iloc[0].to_dict()
    assert (row["level"], row["id"], row["indicator"], row["value"], row["limit"]) == (
        "zone",
        "Z1",
        "plot_ratio",
        0.7,
        "≥ 0.8, ≤ 1.2",
    )
    assert (row["pack"], row["rule"], row["source"], row["severity"], row["verified"]) == (
        "own",
        "r0",
        "order 7",
        "must",
        True,
    )
    assert found["note"].tolist() == ["", "", "", "no value"]


def test_a_limit_that_does_not_apply_is_no_pass():
    rule = {"indicator": "plot_ratio", "at_least": 0.8, "where": {"zone_age": "old"}}
    assert classes(rule, zones([1.0, 1.0, 1.0, 0.1], age=["old", "new", None, "somewhere"])) == {
        "Z1": "pass", "Z2": "not_applicable", "Z3": "no_data", "Z4": "no_data",
    }  # fmt: skip
    # A zone of which nobody says how old it is: nothing tells whether the limit applies.
    found = findings([pack(rule)], [zones([1.0] * 4)], as_of=DAY)
    assert set(found["class"]) == {"no_data"}
    assert set(found["note"]) == {"age of the zone not known"}


def test_grades_are_ranges():
    rule = {"indicator": "plot_ratio", "at_least": 0.8, "where": {"land_grade": {"from": 5, "to": 6}}}
    assert list(classes(rule, zones([1.0] * 4, land_grade=[4, 5, 6, NAN])).values()) == [
        "not_applicable", "pass", "pass", "no_data",
    ]  # fmt: skip


def test_projects_have_rows_only_where_a_limit_may_apply():
    rule = {"indicator": "project_far_physical", "at_least": 0.8, "where": {"land_use": "industrial"}}
    things = projects([0.5, 0.9, 0.1, NAN, 0.1], land_class=["industrial", "industrial", "green", "industrial", None])
    assert classes(rule, things) == {"P1": "below", "P2": "pass", "P4": "no_data", "P5": "no_data"}


def test_industry_codes_need_their_edition():
    rule = {
        "indicator": "project_far_physical",
        "at_least": 0.8,
        "where": {"industry": ["36"], "industry_system": "gbt4754-2017"},
    }
    codes = ["36", "3610", "37", None]
    own = {"P1": "pass", "P2": "pass", "P4": "no_data"}
    assert classes(rule, projects([1.0] * 4, system="gbt4754-2017", industry=codes)) == own
    for system in (None, "gbt4754-2002"):
        found = findings([pack(rule)], [projects([1.0] * 4, system=system, industry=codes)], as_of=DAY)
        assert set(found["class"]) == {"no_data"}
        assert found["note"].str.contains("industry codes are of").all()


def test_one_condition_that_fails_settles_it():
    rule = {
        "indicator": "project_far_physical",
        "at_least": 0.8,
        "where": {"land_use": "industrial", "industry": ["36"], "industry_system": "gbt4754-2017"},
    }
    things = projects([1.0, 1.0], system="gbt4754-2017", industry=[None, None], land_class=["green", "industrial"])
    assert classes(rule, things) == {"P2": "no_data"}


def test_dates_of_supply_decide_by_period():
    rule = {
        "indicator": "project_far_physical",
        "at_least": 0.8,
        "where": {"supplied": {"from": dt.date(2008, 1, 31), "until": dt.date(2023, 4, 30)}},
    }
    days = [dt.date(2008, 1, 30), dt.date(2008, 1, 31), dt.date(2023, 4, 30), dt.date(2023, 5, 1), None]
    assert classes(rule, projects([1.0] * 5, supply_date=days)) == {"P2": "pass", "P3": "pass", "P5": "no_data"}


def test_land_codes_begin_or_are():
    rule = {"indicator": "project_far_physical", "at_least": 0.8, "where": {"land_code": ["10*", "1101"]}}
    things = projects([1.0] * 4, land_use=["1001", "1101", "110101", "07"])
    assert classes(rule, things) == {"P1": "pass", "P2": "pass"}


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (dt.date(2012, 6, 30), "not_applicable"),
        (dt.date(2012, 7, 1), "pass"),
        (dt.date(2020, 1, 1), "pass"),
        (dt.date(2020, 1, 2), "not_applicable"),
        (None, "no_data"),
    ],
)
def test_only_what_is_in_force_judges(as_of, expected):
    rule = {"indicator": "plot_ratio", "at_least": 0.8}
    period = {"from": dt.date(2012, 7, 1), "until": dt.date(2020, 1, 1)}
    assert set(classes(rule, zones([1.0] * 4), as_of=as_of, in_force=period).values()) == {expected}
    assert set(classes({**rule, "in_force": period}, zones([1.0] * 4), as_of=as_of).values()) == {expected}


def test_a_pack_without_dates_judges_any_day():
    assert set(classes({"indicator": "plot_ratio", "at_least": 0.8}, zones([1.0] * 4), as_of=None).values()) == {"pass"}


def test_what_is_not_measured_has_one_row_for_all_projects():
    found = findings([pack({"indicator": "project_far", "at_least": 0.8})], [projects([1.0] * 3)], as_of=DAY)
    assert found[["level", "class", "note"]].values.tolist() == [["project", "no_data", "not measured"]]
    assert found["id"].isna().all()
    none = findings([pack({"indicator": "project_far", "at_least": 0.8})], [projects([])], as_of=DAY)
    assert len(none) == 1
    zone = findings(
        [pack({"indicator": "green_cover_rate", "at_least": 0.3, "unit": "share"})], [zones([1.0] * 4)], as_of=DAY
    )
    assert zone[["id", "class", "note"]].values.tolist() == [[f"Z{i}", "no_data", "not measured"] for i in (1, 2, 3, 4)]


def test_unverified_figures_say_so():
    found = findings(
        [pack({"indicator": "plot_ratio", "at_least": 0.8, "verified": False})], [zones([1.0] * 4)], as_of=DAY
    )
    assert not found["verified"].any()


def test_no_rules_no_findings():
    assert findings([], [zones([1.0] * 4)], as_of=DAY).empty


def test_what_a_zone_says_of_itself_reaches_the_rules(tmp_path):
    """Age and kind come from the zones' own columns, and decide which limits apply."""
    frame = {"age": ["old", "new", "new"], "zone_kind": ["science park", "industrial estate", None]}
    plan = town.write(
        tmp_path, zones=lambda f: f.assign(**frame), header={"rules": ["hk-industry", "cn-park-practice"]}
    )
    found = evaluate(plan).findings
    of = found.set_index(["rule", "id"])["class"]
    assert of["plot-ratio-science-park", "Z1"] != "not_applicable"
    assert of["plot-ratio-science-park", "Z2"] == "not_applicable"
    assert of["plot-ratio-industrial-estate", "Z2"] != "not_applicable"
    assert of["plot-ratio-industrial-estate", "Z3"] == "no_data"
