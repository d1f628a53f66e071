"""Targets from a table: every row is a target, or is listed with the reason why it is none."""

import datetime as dt

import pandas as pd
import pytest
import town
from park_files import workbook

from gisplan import evaluate, write
from gisplan.errors import LayerError, PlanError
from gisplan.plan import load_plan, parse_plan

HEAD = "zone,indicator,value,direction,due,base,base_date\n"
GOOD = "Z1,plot_ratio,0.9,,2027,0.4,2020\n,built_land_share,35%,at_most,2026-06-30,,\n"
BAD = """\
Z9,plot_ratio,0.9,,2027,,
Z1,plot_ration,0.9,,2027,,
Z1,plot_ratio,high,,2027,,
Z1,plot_ratio,,,2027,,
Z1,plot_ratio,0.9,upwards,2027,,
Z1,plot_ratio,0.9,,soon,,
Z1,plot_ratio,0.9,,2027,0.4,
Z1,plot_ratio,0.9,,2020,0.4,2024
"""


def planned(folder, text, *, targets="targets.csv"):
    folder.mkdir(exist_ok=True)
    plan = town.write(folder, header={"as_of": dt.date(2025, 12, 31)})
    if text is not None:
        (folder / "targets.csv").write_text(text, encoding="utf-8")
    raw = plan.model_dump(by_alias=True, exclude={"folder", "file", "target_file", "targets"}, exclude_unset=True)
    return parse_plan({**raw, "targets": targets}, folder=folder)


def test_a_table_says_the_same_as_targets_in_the_plan(tmp_path):
    own = [
        {"zone": "Z1", "indicator": "plot_ratio", "value": 0.9, "due": 2027, "base": 0.4, "base_date": 2020},
        {"indicator": "built_land_share", "value": 0.35, "direction": "at_most", "due": dt.date(2026, 6, 30)},
    ]
    by_plan = evaluate(planned(tmp_path / "plan", None, targets=own)).targets
    by_file = evaluate(planned(tmp_path / "file", HEAD + GOOD)).targets
    pd.testing.assert_frame_equal(by_file, by_plan)
    assert by_file["due"].tolist()[:2] == [dt.date(2027, 12, 31), dt.date(2026, 6, 30)]


def test_rows_that_say_no_target_are_listed_and_the_others_count(tmp_path):
    found = evaluate(planned(tmp_path, HEAD + GOOD + BAD))
    row = next(i for i in found.issues if i.code == "TARGET_NOT_READ")
    assert (row.severity, row.count, row.layer) == ("warning", 8, "targets")
    assert [t.split(":")[0] for t in row.features] == [f"line {n}" for n in range(4, 12)]
    reasons = (
        "there is no zone 'Z9'", "did you mean 'plot_ratio'?", "value 'high' is no number", "value is empty",
        "direction 'upwards' is neither", "due 'soon' is neither", "base and base_date belong together",
        "has to be before due",
    )  # fmt: skip
    assert all(why in told for why, told in zip(reasons, row.features, strict=True))
    assert sorted(found.targets["target"].unique()) == [1, 2]


def test_a_workbook_in_chinese_as_offices_keep_it(tmp_path):
    rows = [["片区", "指标", "目标值", "方向", "目标年", "依据"], ["Z1", "plot_ratio", 0.9, "不低于", 2027, "规划"]]
    workbook(tmp_path / "目标.xlsx", rows)
    found = evaluate(planned(tmp_path, None, targets={"path": "目标.xlsx"})).targets
    row = found.iloc[0]
    assert (row["zone_id"], row["value"], row["direction"], row["due"]) == (
        "Z1",
        0.9,
        "at_least",
        dt.date(2027, 12, 31),
    )
    assert row["source"] == "规划"


def test_the_record_names_the_table(tmp_path):
    write(evaluate(planned(tmp_path, HEAD + GOOD)), tmp_path / "out")
    assert '"targets.csv"' in (tmp_path / "out/run.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD + "Z9,plot_ratio,1,,2027,,\n", r"no row says a target\. First, line 2: there is no zone 'Z9'"),
        ("zone,indicator,value\nZ1,plot_ratio,1\n", "column due is missing; it needs indicator, value, due"),
    ],
)
def test_a_table_without_targets_stops_the_run(text, told, tmp_path):
    with pytest.raises(LayerError, match=told):
        evaluate(planned(tmp_path, text))


def test_a_table_that_is_not_there_is_a_fault_of_the_plan(tmp_path):
    with pytest.raises(PlanError, match=r"\[targets\] path: there is no file 'targets.csv'"):
        planned(tmp_path, None)
    (tmp_path / "plan.toml").write_text('targets = "none.csv"\n[plan]\nname = "p"\n[layers]\n', encoding="utf-8")
    with pytest.raises(PlanError, match=r"\[targets\] path: there is no file 'none.csv'"):
        load_plan(tmp_path / "plan.toml")
