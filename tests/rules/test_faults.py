"""What users get wrong about rules, each once: the line that tells it, and nothing done before it."""

import datetime as dt

import pandas as pd
import pytest
import town
from park_files import issues, parcels, run, study

from gisplan import evaluate
from gisplan.cli import main
from gisplan.errors import OutputError, PlanError, ended, nearest
from gisplan.plan import load_plan, parse_plan
from gisplan.rules import load_packs
from gisplan.study import check

DATES = "code,约定开工日期\nP1,2018-01-01\nP2,2024-06-30\n"


def dated(folder, **header):
    plan = town.write(folder, header=header)
    (folder / "dates.csv").write_text(DATES, encoding="utf-8")
    raw = plan.model_dump(by_alias=True, exclude={"folder", "file"}, exclude_unset=True)
    raw["layers"]["parcels"]["ledger"] = {
        "path": "dates.csv", "key": "code", "columns": {"agreed_start": "约定开工日期"},
    }  # fmt: skip
    return parse_plan(raw, folder=folder)


def test_dates_without_a_day_to_tell_them_on_are_told(tmp_path):
    found = evaluate(dated(tmp_path))
    told = [i for i in found.issues if i.code == "IDLE_NO_DAY"]
    assert found.idle_land is None
    assert [(i.severity, i.count) for i in told] == [("note", 2)]
    assert told[0].remedy.startswith("Give as_of in [plan]")
    assert [i.code for i in check(dated(tmp_path)).issues].count("IDLE_NO_DAY") == 1
    # Neither with a day nor without dates is there anything to say.
    for plan in (dated(tmp_path, as_of=dt.date(2025, 12, 31)), town.write(tmp_path)):
        assert "IDLE_NO_DAY" not in [i.code for i in evaluate(plan).issues]


@pytest.mark.parametrize(("said", "expected"), [(2.5, 0), (2.6, 0), (2.64, 1), (25.0, 1), (0.0, 1), (2.36, 1)])
def test_a_batch_whose_own_area_is_not_that_of_its_shape_is_told(said, expected, tmp_path):
    """The shape has 2.5 ha; 5 % off is 2.375 to 2.625."""
    plan = town.write(tmp_path, header={"as_of": dt.date(2025, 12, 31)})
    raw = plan.model_dump(by_alias=True, exclude={"folder", "file"}, exclude_unset=True)
    columns = ["batch_id", "stage", "declared_ha"]
    table = town.table(columns, ("A", "已批准", said, town.box(0, 0, 250, 100)))
    table.to_file(tmp_path / "batches.gpkg")
    raw["layers"]["batches"] = {
        "path": "batches.gpkg",
        "columns": {"batch_id": "batch_id", "stage": "stage", "declared": {"column": "declared_ha", "unit": "ha"}},
    }
    told = [i for i in evaluate(parse_plan(raw, folder=tmp_path)).issues if i.code == "BATCH_AREA_DIFFERS"]
    assert len(told) == expected
    if expected:
        assert f"A ({said * 1e4:,.0f} m² said, 25,000 m² drawn)" in told[0].message


def test_one_cell_that_is_no_date_does_not_cost_the_column(tmp_path):
    frame = parcels().assign(约定开工日期=["2019-02-30", "soon", *["2020-01-01"] * 58])
    plan = study(tmp_path, parcels=frame, plan={"plan.as_of": "2025-12-31"})
    assert run(plan) == 0
    found = issues(tmp_path / "out")
    row = found.loc["DATE_NOT_READ"]
    assert (row["count"], row.severity, row.layer) == (2, "warning", "parcels")
    assert row.message == "约定开工日期: 2 cells with what is no date, read as missing: 0101 '2019-02-30', 0102 'soon'."
    table = pd.read_csv(tmp_path / "out/parcels.csv", dtype=str).set_index("parcel_id")
    assert table.loc[["0101", "0102"], "agreed_start"].isna().all()
    assert (table["agreed_start"].drop(["0101", "0102"]) == "2020-01-01").all()
    assert "COLUMN_UNREADABLE" not in found.index


def test_a_column_that_is_mostly_no_dates_is_no_column_of_dates(tmp_path):
    frame = parcels().assign(约定开工日期=["soon"] * 30 + ["2020-01-01"] * 30)
    assert run(study(tmp_path, parcels=frame, plan={"plan.as_of": "2025-12-31"})) == 0
    assert "COLUMN_UNREADABLE" in issues(tmp_path / "out").index


def test_a_basemap_that_is_not_there_is_told_before_anything_is_read(tmp_path, monkeypatch):
    def read(*_args, **_more):
        raise AssertionError("layers were read")

    monkeypatch.setattr("gisplan.study.flow.read_layers", read)
    plan = study(tmp_path)
    text = plan.read_text(encoding="utf-8")
    (tmp_path / "no.mbtiles").write_bytes(b"no database at all")
    (tmp_path / "empty").mkdir()
    for basemap, told in (
        ('{ mbtiles = "no.mbtiles", attribution = "x" }', "cannot be read as MBTiles"),
        ('{ folder = "tiles/{z}/{x}/{y}.png", attribution = "x" }', "is not there"),
        ('{ folder = "empty/{z}/{x}/{y}.png", attribution = "x" }', "is empty"),
    ):
        plan.write_text(f"{text}\n[map]\nbasemap = {basemap}\n", encoding="utf-8")
        with pytest.raises(OutputError, match=told):
            evaluate(load_plan(plan))


OWN = """
[pack]
name = "own"
title = { zh = "自有", en = "Own" }
source = "order 7"
[[limits]]
id = "far"
indicator = "plot_ratio"
unit = "1"
at_least = 0.7
verified = true
"""


def test_diff_finds_own_packs_beside_the_plan_or_else_here(tmp_path, monkeypatch, capsys):
    plan = study(tmp_path / "park")
    (plan.parent / "own.toml").write_text(OWN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["rules", "diff", "own.toml", "cn-slope", str(plan)]) == 0
    assert "plot_ratio" in capsys.readouterr().out
    assert main(["rules", "diff", "own.toml", "cn-slope"]) == 2
    assert f"there is no rule pack 'own.toml' in {tmp_path}." in capsys.readouterr().err
    assert main(["rules", "diff", "park/own.toml", "cn-slope"]) == 0


def test_a_name_that_is_like_none_is_answered_with_all_of_them(capsys):
    assert main(["rules", "show", "nope"]) == 2
    assert "valid names: cn-admission, " in capsys.readouterr().err
    assert nearest("plot_ration", ["plot_ratio", "zone"]) == "did you mean 'plot_ratio'?"
    assert nearest("Zones", ["zone"]) == "did you mean 'zone'?"
    assert nearest("xone", ["zone"]) == "did you mean 'zone'?"
    assert nearest("nope", ["slope"]) == "valid names: slope"


def test_a_fault_of_an_own_pack_ends_once(tmp_path):
    assert [ended(s) for s in ("a", "a.", "a?")] == ["a.", "a.", "a?"]
    (tmp_path / "own.toml").write_text(OWN.replace("plot_ratio", "plot_ration"), encoding="utf-8")
    with pytest.raises(PlanError) as caught:
        load_packs(["own.toml"], tmp_path)
    assert list(caught.value.faults) == [
        "own.toml: limit far: unknown indicator 'plot_ration'; did you mean 'plot_ratio'?"
    ]


def test_what_is_wrong_with_a_table_of_limits_is_said_once(tmp_path):
    rows = "\n".join(f"{code},GB/T 4754-2017,1-4,{code}00" for code in range(13, 43))
    (tmp_path / "far.csv").write_text(f"industry_code,std_edition,land_grade,at_least\n{rows}\n", encoding="utf-8")
    head = OWN.split("[[limits]]", maxsplit=1)[0]
    (tmp_path / "own.toml").write_text(
        f"""{head}[[limit_tables]]
id = "money"
file = "far.csv"
indicator = "project_investment_intensity"
unit = "万元/ha"
verified = false
where = {{ land_use = ["industry"] }}
""",
        encoding="utf-8",
    )
    with pytest.raises(PlanError) as caught:
        load_packs(["own.toml"], tmp_path)
    assert list(caught.value.faults) == [
        "own.toml: limit money-1 and 29 more: unknown land_use 'industry'; did you mean 'industrial'?"
    ]


@pytest.mark.parametrize("key", ["renormalise", "register_complete", "land_acquired"])
def test_yes_in_quotes_is_neither_true_nor_false(key, tmp_path):
    raw = {"plan": {"name": "p"}, "layers": {"zones": {"path": "z.gpkg"}}, "intensity": {key: "yes"}}
    with pytest.raises(PlanError) as caught:
        parse_plan(raw, folder=tmp_path)
    assert any(f"{key}: expected true or false, found 'yes'" in f for f in caught.value.faults)


@pytest.mark.parametrize("verb", [["run", "--out", ""], ["idle", "--as-of", " "], ["map", "--against", ""]])
def test_an_option_with_nothing_in_it_is_not_left_out(verb, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = study(tmp_path / "park")
    assert main([verb[0], str(plan), *verb[1:]]) == 2
    assert capsys.readouterr().err == f"gisplan: {verb[1]} is empty. Say what it is, or leave {verb[1]} out.\n"
    assert not (tmp_path / "maps").exists()
