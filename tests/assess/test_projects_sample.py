"""The sample study shows every class that the projects of a park can have."""

import pytest

from gisplan import evaluate, load_plan, vocabulary
from gisplan.cli import sample


@pytest.fixture(scope="module")
def result():
    return evaluate(load_plan(sample() / "plan.toml"))


def test_every_class_occurs(result):
    table, words = result.projects, vocabulary.projects()
    of_figures = [c for c in table if c.startswith("project_") and c.endswith("_class")]
    assert set(table[of_figures].stack().dropna()) == set(words["classes"])
    assert set(table["control_class"].dropna()) == {"pass", "fail", "UNKNOWN", "NO_RULE"}
    assert set(table["promise_class"].dropna()) == set(words["promises"])
    assert set(table["inefficient_class"].dropna()) == set(words["inefficient"])
    reasons = {r for names in table["inefficient_reasons"].dropna() for r in names.split(";")} - {""}
    assert reasons == {"TAX_LOW", "COEFFICIENT_LOW", "FLOORS_VACANT", "SLOW", "INDUSTRY_TO_MOVE"}
    assert set(table["basis"].dropna()) == {"built", "plan"}


def test_allowed_and_excess_land_add_up_to_what_there_is(result):
    table = result.projects
    told = table["allowed_area_m2"].notna()
    assert told.sum() > 100
    whole = table["allowed_area_m2"] + table["excess_area_m2"]
    assert whole[told].to_numpy() == pytest.approx(table.loc[told, "area_m2"].to_numpy())
    assert (table.loc[told, "excess_area_m2"] >= 0).all()
    assert (table.loc[told, "excess_area_m2"] > 0).any()


def test_zones_hold_what_the_parcels_do(result):
    table, zones = result.projects, result.project_land.zones
    assert zones["excess_area_m2"].sum() == pytest.approx(table["excess_area_m2"].sum())
    inefficient = table["inefficient_class"] == "INEFFICIENT"
    assert zones["inefficient_area_m2"].sum() == pytest.approx(table.loc[inefficient, "area_m2"].sum())
    for name in vocabulary.projects()["promises"]:
        assert zones[f"promise_{name}"].sum() == (table["promise_class"] == name).sum()


def test_counted_floor_area_is_never_less_than_what_is_built(result):
    built = result.projects[result.projects["basis"] == "built"]
    both = built[built["project_far"].notna()]
    assert (both["project_far"] >= both["project_far_physical"] - 1e-12).all()
    assert (both["project_far"] > both["project_far_physical"] + 0.01).any()  # halls count twice


def test_what_private_columns_hold_reaches_no_map(result, tmp_path):
    from gisplan import write

    write(result, tmp_path / "out")
    page = (tmp_path / "out" / "map.html").read_text(encoding="utf-8")
    assert "deposit_wan" not in page
    assert (tmp_path / "out" / "projects.csv").stat().st_size > 10_000
