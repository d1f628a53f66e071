"""Targets by pencil: completion, gap and pace, on every side of every edge."""

import datetime as dt

import numpy as np
import pytest
import town
from hypothesis import given
from hypothesis import strategies as st

from gisplan import evaluate
from gisplan.assess import target_findings, targets
from gisplan.errors import PlanError
from gisplan.plan import Target, parse_plan

DAY = dt.date(2025, 12, 31)


def held(actual, *, as_of=DAY, **target):
    asked = Target.model_validate({"indicator": "plot_ratio", "due": 2027, **target})
    return targets([asked], ["Z1"], {"plot_ratio": np.array([float(actual)])}, as_of=as_of).iloc[0]


@pytest.mark.parametrize(("actual", "value", "percent"), [(15.9, 15, 106.0), (10.7, 9.6, 111.46)])
def test_golden_completion(actual, value, percent):
    # Billions of output, which gisplan does not measure: the plan gives the value.
    asked = Target(indicator="industrial_output", value=value, due=2025, actual=actual, unit="亿元", title="工业产值")
    row = targets([asked], ["Z1"], {}, as_of=DAY).iloc[0]
    assert round(100 * row["completion"], 2) == percent
    assert (row["class"], row["gap"], row["unit"], row["zone_id"]) == ("done", 0, "亿元", None)


@pytest.mark.parametrize(
    ("actual", "target", "kind"),
    [
        (1.0, {"value": 1.0}, "done"),
        (0.999999, {"value": 1.0}, "open"),
        (0.1 + 0.2, {"value": 0.3, "direction": "at_most"}, "done"),  # 0.30000000000000004
        (0.31, {"value": 0.3, "direction": "at_most", "due": 2024}, "missed"),
        (0.9, {"value": 1.0, "due": dt.date(2025, 12, 30)}, "missed"),
        (0.9, {"value": 1.0, "due": dt.date(2025, 12, 31)}, "open"),  # the day itself still counts
        (float("nan"), {"value": 1.0, "due": 2020}, "no_data"),
        # Four years from 0.2 to 1.0, half gone: 0.6 expected.
        (0.6, {"value": 1.0, "due": dt.date(2027, 12, 31), "base": 0.2, "base_date": dt.date(2024, 1, 1)}, "on_track"),
        (0.59, {"value": 1.0, "due": dt.date(2027, 12, 31), "base": 0.2, "base_date": dt.date(2024, 1, 1)}, "behind"),
        # The same downwards: from 1.0 to 0.2.
        (0.6, {"value": 0.2, "due": dt.date(2027, 12, 31), "base": 1.0, "base_date": dt.date(2024, 1, 1),
               "direction": "at_most"}, "on_track"),
        (0.61, {"value": 0.2, "due": dt.date(2027, 12, 31), "base": 1.0, "base_date": dt.date(2024, 1, 1),
                "direction": "at_most"}, "behind"),
        (0.1, {"value": 1.0, "base": 0.2, "base_date": dt.date(2026, 6, 1)}, "open"),  # has not begun
    ],
)  # fmt: skip
def test_classes(actual, target, kind):
    assert held(actual, **target)["class"] == kind


def test_pace_in_numbers():
    # 2024-01-01 to 2027-12-31 are 1,460 days, 730 of them gone.
    row = held(0.8, value=1.0, due=dt.date(2027, 12, 31), base=0.2, base_date=dt.date(2024, 1, 1))
    assert row["expected"] == pytest.approx(0.6)
    assert row["progress"] == pytest.approx(0.75)
    assert (row["gap"], row["completion"], row["days_left"]) == (pytest.approx(0.2), pytest.approx(0.8), 730)


def test_a_target_of_nothing_has_no_completion():
    row = held(3.0, value=0, direction="at_most")
    assert row["completion"] == 0
    assert row["note"] == "the target is 0: no completion"
    reached = held(0.0, value=0, direction="at_most")
    assert (reached["class"], np.isnan(reached["completion"])) == ("done", True)
    assert np.isnan(held(1.0, value=0)["completion"])


def test_without_a_day_only_what_is_reached_can_be_told():
    assert held(2.0, value=1.0, as_of=None)["class"] == "done"
    row = held(0.5, value=1.0, as_of=None, base=0.1, base_date=2020)
    assert (row["class"], row["note"], row["days_left"]) == ("open", "the plan has no as_of", None)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            {"indicator": "plot_ration", "value": 1, "due": 2027},
            "unknown indicator 'plot_ration' of zones; .*plot_ratio",
        ),
        ({"indicator": "project_far", "value": 1, "due": 2027}, "unknown indicator 'project_far' of zones"),
        ({"indicator": "plot_ratio", "value": 1, "due": 2027, "unit": "%"}, "is told in '1', not in '%'"),
        ({"indicator": "plot_ratio", "value": 1, "due": 2027, "base": 0.5}, "base and base_date belong together"),
        ({"indicator": "plot_ratio", "value": 1, "due": 2027, "base": 0, "base_date": 2027}, "has to be before due"),
        ({"indicator": "plot_ratio", "value": 1}, "due is missing"),
        ({"indicator": "plot_ratio", "value": 1, "due": "soon"}, "expected a date"),
    ],
)
def test_wrong_targets_are_told_in_a_line(tmp_path, entry, said):
    base = town.write(tmp_path).model_dump(by_alias=True, exclude={"folder", "file"}, exclude_unset=True)
    with pytest.raises(PlanError, match=said):
        parse_plan({**base, "targets": [entry]}, folder=tmp_path)


def test_targets_of_a_study_are_findings_too(tmp_path):
    base = town.write(tmp_path, header={"as_of": DAY})
    raw = base.model_dump(by_alias=True, exclude={"folder", "file"}, exclude_unset=True)
    raw["targets"] = [
        {"indicator": "parcel_count", "value": 7, "due": 2025},
        {"indicator": "zone_area_m2", "value": 70_000, "direction": "at_most", "due": 2024, "zone": "Z2"},
    ]
    result = evaluate(parse_plan(raw, folder=tmp_path))
    counts = dict(zip(result.zones["zone_id"], result.zones["parcel_count"], strict=True))
    of = result.targets.set_index(["target", "zone_id"])
    assert len(of) == 4
    for zone, count in counts.items():
        assert of.loc[(1, zone), "actual"] == count
        assert of.loc[(1, zone), "class"] == ("done" if count >= 7 else "open")
        assert of.loc[(1, zone), "gap"] == max(7 - count, 0)
    # Z2 is 300 × 300 m.
    assert of.loc[(2, "Z2"), ["class", "gap", "completion"]].tolist() == [
        "missed",
        pytest.approx(20_000),
        pytest.approx(7 / 9),
    ]
    found = result.findings
    assert set(found["pack"]) == {"targets"}
    assert found["class"].tolist() == target_findings(result.targets)["class"].tolist()
    raw["targets"][1]["zone"] = "Z9"
    with pytest.raises(PlanError, match=r"no\. 2: there is no zone 'Z9'"):
        evaluate(parse_plan(raw, folder=tmp_path))


@given(
    actual=st.floats(-1e6, 1e6), value=st.floats(-1e6, 1e6), base=st.floats(-1e6, 1e6),
    direction=st.sampled_from(["at_least", "at_most"]), later=st.integers(0, 2000),
)  # fmt: skip
def test_laws(actual, value, base, direction, later):
    row = held(actual, value=value, base=base, base_date=2020, direction=direction, as_of=DAY + dt.timedelta(later))
    assert row["gap"] >= 0
    assert (row["gap"] == 0) == (row["class"] == "done")
    assert np.isnan(row["completion"]) or row["completion"] >= 0
    assert min(base, value) - 1e-6 <= row["expected"] <= max(base, value) + 1e-6
    # Missed exactly when the day is over and it is not done.
    over = DAY + dt.timedelta(later) > dt.date(2027, 12, 31)
    assert (row["class"] == "missed") == (over and row["class"] != "done")
