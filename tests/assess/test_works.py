"""Public works one by one: how each stands on the day, whom it would serve, and what is odd about it."""

import datetime as dt
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import town
import works_town
from hypothesis import given
from hypothesis import strategies as st

from gisplan import evaluate, write
from gisplan.assess.works import expected_share

NAN = math.nan


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return evaluate(works_town.plan(tmp_path_factory.mktemp("works")))


@pytest.fixture(scope="module")
def works(result):
    return result.works.table.set_index("work_id")


@pytest.fixture(scope="module")
def effect(result):
    table = result.works.effect
    return table.set_index(["scope", table["id"].fillna("-"), "service"])


def one(folder, *, header=None, layer=None, **cells):
    """The table's row of W1 with some cells changed, and the issues of works by code."""
    got = evaluate(works_town.plan(folder, works_town.table(W1=cells), header=header, works=layer))
    issues = {i.code: i for i in got.issues if i.layer.startswith("works")}
    return got.works.table.set_index("work_id").loc["W1"], issues


def test_states_and_days(works):
    assert works["state"].to_dict() == {
        "W3": "OVERDUE",
        "W5": "STOPPED",
        "W6": "LATE",
        "W1": "ON_TIME",
        "W2": "NOT_DUE",  # no start, so its pace is not known
        "W7": "NOT_DUE",
        "W4": "DONE",
        "W9": "UNKNOWN",
    }
    # The gravest come first: the list of what is overdue is the head of the table.
    assert works.index[:3].tolist() == ["W3", "W5", "W6"]
    assert works["days_overdue"].dropna().to_dict() == {"W3": 31, "W5": 184}
    # 364 of 729 days, and 364 of 365.
    assert works["expected_share"].dropna().to_dict() == pytest.approx({"W1": 364 / 729, "W6": 364 / 365})
    assert works["lag"].dropna().to_dict() == pytest.approx({"W1": 364 / 729 - 0.5, "W6": 364 / 365 - 0.1})


def test_places_money_and_words(works):
    zones = works["zone_ids"].dropna().to_dict()
    assert zones == {"W1": "Z1;Z2", "W2": "Z1;Z3", "W3": "Z1;Z2", "W4": "Z1;Z2", "W5": "Z2", "W6": "Z3", "W9": "Z1"}
    assert works["outside_share"].to_dict() == pytest.approx({k: float(k == "W7") for k in works.index})
    assert works["spent_share"].dropna().to_dict() == pytest.approx(
        {"W1": 0.6, "W2": 0, "W3": 4 / 3, "W4": 0.95, "W6": 0.04, "W7": 0}
    )
    over = works["is_overspent"]
    assert {k for k in works.index if over[k] is True} == {"W3"}
    assert {k for k in works.index if over[k] is None} == {"W5", "W9"}  # not known, and so not "no"
    assert works["kind"].dropna().to_dict() == {
        "W1": "pipe", "W2": "pipe", "W3": "pipe", "W4": "pump", "W5": "bridge", "W6": "station", "W7": "road",
    }  # fmt: skip
    assert works["services"].dropna().to_dict() == {
        "W1": "water", "W2": "gas", "W3": "water;sewage", "W6": "water", "W7": "road",
    }  # fmt: skip
    assert works["status"].dropna().to_dict()["W3"] == "under_construction"
    assert works.loc["W2", "due_date"] == dt.date(2027, 6, 30)
    assert works["length_m"].dropna().to_dict() == {"W1": 200, "W2": 200}
    assert works["area_m2"].dropna().to_dict() == {"W3": 10_000}


def test_what_each_work_would_bring(works):
    # W1 passes P12. W3 lies within 50 m of P4, P8 and P12, which lack water; P3, P7 and P13 have it.
    # W2 runs between P5 and P6, gas reaching what it touches. W6 has no shape, W4 is done.
    gained = works[["gained_parcels", "gained_m2", "gained_idle_m2"]].dropna(how="all")
    assert gained.loc["W1"].tolist() == [1, 10_000, 0]
    assert gained.loc["W2"].tolist() == [2, 20_000, 0]
    assert gained.loc["W3"].tolist() == [3, 30_000, 10_000]  # P8 is idle
    assert set(gained.index) == {"W1", "W2", "W3"}
    assert works["idle_m2_per_wan"].dropna().to_dict() == pytest.approx({"W1": 0, "W2": 0, "W3": 10_000 / 300})
    assert works["rank"].dropna().to_dict() == {"W3": 1, "W1": 2, "W2": 2}


def test_coverage_before_and_after(result, effect):
    zones = result.zones.set_index("zone_id")
    # Without P11, which lies outside: Z1 has 68,000 m² of parcels, Z2 41,000. Water reaches all of Z1 but P4 now.
    pencil = {
        ("zone", "Z1", "water"): (1, 2, 64_000 / 68_000, 1, 0, 4_000, 0),
        ("zone", "Z2", "water"): (2, 2, 0, 26_000 / 41_000, 3, 26_000, 10_000),
        ("zone", "Z3", "water"): (0, 2, NAN, NAN, 0, 0, 0),
        ("study", "-", "water"): (2, 2, 64_000 / 109_000, 94_000 / 109_000, 3, 30_000, 10_000),
        ("zone", "Z1", "gas"): (1, 0, 34_000 / 68_000, 54_000 / 68_000, 2, 20_000, 0),
        ("zone", "Z2", "gas"): (0, 0, 10_000 / 41_000, 10_000 / 41_000, 0, 0, 0),
    }
    columns = ["n_works", "n_unplaced", "coverage_now", "coverage_works", "gained_parcels", "gained_m2",
               "gained_idle_m2"]  # fmt: skip
    for key, values in pencil.items():
        want = [values[0], 1 if key[2] == "water" else 0, *values[2:]]
        assert effect.loc[key, columns].astype(float).tolist() == pytest.approx(want, nan_ok=True), key
    for service in ("water", "gas"):
        for zone in ("Z1", "Z2", "Z3"):
            row = effect.loc[("zone", zone, service)]
            assert row["coverage_now"] == pytest.approx(zones.loc[zone, f"coverage_{service}"], nan_ok=True)
            # Nothing is planned but the works.
            assert row["coverage_planned"] == pytest.approx(row["coverage_works"], nan_ok=True)
    assert effect.loc["work"].index.tolist() == [("W1", "water"), ("W3", "water"), ("W2", "gas")]
    assert effect.loc[("work", "W3", "water"), ["gained_parcels", "gained_m2"]].tolist() == [3, 30_000]


def with_layers(plan, folder, services, **header):
    """The plan with other layers of services (frames by name), and keys of its header."""
    raw = plan.model_dump(by_alias=True, exclude={"folder", "file"}, exclude_unset=True)
    for name, frame in services.items():
        frame.to_file(folder / "more.gpkg", layer=name, driver="GPKG")
        raw["layers"]["services"][name] = {"path": "more.gpkg", "layer": name, "reach_m": 50}
    raw["plan"] |= header
    return works_town.parse_plan(raw, folder=folder)


def mains():
    """M1 in service along y = 150, M2 planned along y = 250 for W1, M3 planned along y = 50, M4 of an unknown word."""
    return town.table(
        ["feature_id", "status", "work_id"],
        ("M1", "in service", None, town.line((0, 150), (300, 150))),
        ("M2", "planned", "W1", town.line((450, 190), (550, 190))),
        ("M3", "planned", None, town.line((620, 50), (700, 50))),
        ("M4", "?", None, town.line((460, 110), (540, 110))),
    )


def test_what_layers_plan_and_what_nobody_knows(tmp_path):
    frame = works_town.table(W2=None, W3=None, W6=None)
    got = evaluate(with_layers(works_town.plan(tmp_path, frame), tmp_path, {"water": mains()}))
    effect = got.works.effect.set_index(["scope", "id", "service"])
    # M2 stands for W1, whose own line (300-500 x 250) counts no more: P12 (450-550 x 200-300) is gained, and P7
    # has water anyway. M4 may serve P4 and P8 now; nobody knows, so that they are neither covered nor not.
    row = effect.loc[("zone", "Z2", "water")]
    assert row["coverage_now"] == pytest.approx(0 / 25_000)  # P9, P10 and P12 are known to lack water
    assert row["coverage_works"] == pytest.approx(10_000 / 25_000)
    assert row["coverage_planned"] == pytest.approx((10_000 + 10_000 + 5_000) / 25_000)  # M3 reaches P9 and P10
    assert row[["gained_parcels", "gained_m2", "maybe_m2"]].tolist() == [1, 10_000, 0]
    # A work by whose shape P4 and P8 are served gains nothing for sure.
    there = works_town.table(
        W2=None, W3=None, W6=None, W1={"工程编号": "X", "wkt": town.line((460, 110), (540, 110)).wkt}
    )
    got = evaluate(with_layers(works_town.plan(tmp_path, there), tmp_path, {"water": mains()}))
    works = got.works.table.set_index("work_id")
    assert works.loc["X", ["gained_parcels", "gained_m2", "maybe_m2"]].tolist() == [0, 0, 20_000]
    row = got.works.effect.set_index(["scope", "id", "service"]).loc[("zone", "Z2", "water")]
    assert row["maybe_m2"] == pytest.approx(16_000)
    assert row["coverage_works"] == pytest.approx(16_000 / 41_000)  # of these the state is known then


def test_a_register_that_says_no_is_out_of_date_once_the_work_is_done(tmp_path):
    (tmp_path / "has.csv").write_text("code,通水\nP12,否\nP8,是\nP1,否\n", encoding="utf-8")
    raw = works_town.plan(tmp_path, works_town.table(W3=None)).model_dump(
        by_alias=True, exclude={"folder", "file"}, exclude_unset=True
    )
    raw["layers"]["parcels"]["ledger"] = {"path": "has.csv", "key": "code"}
    del raw["layers"]["services"]["water"]
    got = evaluate(works_town.parse_plan(raw, folder=tmp_path))
    row = got.works.effect.set_index(["scope", "id", "service"]).loc[("zone", "Z2", "water")]
    assert row["coverage_now"] == pytest.approx(10_000 / 20_000)  # P8 of P8 and P12: of the others nobody knows
    assert row["coverage_works"] == pytest.approx(1)
    assert row["gained_parcels"] == 1
    assert got.works.table.set_index("work_id").loc["W1", "maybe_m2"] == 10_000  # P7, at the end of W1


def test_levels_before_and_after(tmp_path):
    """三通一平 asks for road, water and power; with W1 and W3 done three more parcels have water."""
    lots = town.parcels()
    near = {"road": town.line((0, 105), (700, 105)), "power": town.line((0, 110), (700, 110))}
    near["telecom"] = town.line((0, 480), (10, 480))  # reaches nobody, so that no higher level is possible
    layers = {name: town.table(["feature_id"], (name, g)) for name, g in near.items()}
    plan = works_town.plan(tmp_path, header={"rules": ["cn-idle-2012", "cn-service-levels"]})
    raw = with_layers(plan, tmp_path, layers).model_dump(by_alias=True, exclude={"folder", "file"}, exclude_unset=True)
    raw["services"] = {"target_level": "3", "levelled": False}
    got = evaluate(works_town.parse_plan(raw, folder=tmp_path))
    table = got.works.levels.set_index(["scope", "id", "indicator"])
    full = table.loc[("zone", "Z2", "full_service_share")]
    zones = got.zones.set_index("zone_id")
    assert full["share_now"] == pytest.approx(zones.loc["Z2", "full_service_share"])
    # Developable in Z2: 60 % of P4, P8, P9 (vacant) and half of P10; P12 is water. W3 brings water to P4 and P8.
    assert full[["share_now", "share_works", "share_planned"]].tolist() == pytest.approx([0, 16 / 31, 16 / 31])
    shares = table.loc["zone"].loc["Z2"].drop("full_service_share")
    assert shares.loc["level_area_share_3"].iloc[-3:].tolist() == pytest.approx([0, 16 / 31, 16 / 31])
    assert shares.loc["level_area_share_4"].iloc[-3:].tolist() == [0, 0, 0]
    assert set(table.loc["zone"].loc["Z2"].index) == {c for c in zones if c.startswith(("full_serv", "level_area"))}
    assert len(lots) == len(got.parcels)


def test_ground_that_a_work_levels(tmp_path):
    """Level now: x 0-150 × y 0-100. L1 levels P2's other half and a bit of P3, L2 only a corner of P5."""
    ground = town.table(["levelled_id"], ("G", town.box(0, 0, 150, 100)))
    ground.to_file(tmp_path / "ground.gpkg", driver="GPKG")
    frame = works_town.table(
        W1={"工程类别": "平整", "服务设施": "", "wkt": town.box(150, 0, 220, 100).wkt},
        W2={"工程类别": "土方", "服务设施": "", "wkt": town.box(0, 200, 50, 250).wkt},
        W4={"工程类别": "平整", "工程状态": "在建", "进度": 5, "竣工日期": ""},
        W3=None,
        W6=None,
    )
    raw = works_town.plan(tmp_path, frame).model_dump(by_alias=True, exclude={"folder", "file"}, exclude_unset=True)
    raw["layers"]["levelled"] = {"path": "ground.gpkg"}
    got = evaluate(works_town.parse_plan(raw, folder=tmp_path))
    works = got.works.table.set_index("work_id")
    assert works.loc[["W1", "W2"], "gained_m2"].tolist() == [10_000, 0]
    assert pd.isna(works.loc["W4", "gained_m2"])  # a point levels nobody knows what
    row = got.works.effect.set_index(["scope", "id", "service"]).loc[("zone", "Z1", "levelled")]
    assert row[["n_works", "n_unplaced", "gained_parcels"]].tolist() == [1, 1, 1]
    assert row[["coverage_now", "coverage_works"]].tolist() == pytest.approx([10 / 68, 20 / 68])  # P1, then P2 too


def test_a_road_serves_from_its_edges(tmp_path):
    """Services.road reaches 5 m; a road 30 m wide, drawn as its middle line, reaches 20 m from that."""
    cells = {"工程类别": "道路", "服务设施": "", "wkt": town.line((0, 118), (700, 118)).wkt}
    rows = works_town.table(W1=cells, W2=None, W3=None, W6=None).assign(工程宽度="")
    reached = {}
    for width in ("", 30):
        base = works_town.plan(tmp_path, rows.assign(工程宽度=[width, *[""] * (len(rows) - 1)]))
        raw = base.model_dump(by_alias=True, exclude={"folder", "file"}, exclude_unset=True)
        raw["layers"]["services"]["road"] = {
            "path": "town.gpkg",
            "layer": "roads",
            "reach_m": 5,
            "where": "road_id='R0'",
        }
        got = evaluate(works_town.parse_plan(raw, folder=tmp_path))
        reached[width] = got.works.table.set_index("work_id").loc["W1", "gained_parcels"]
        assert ("WORK_WIDTH_UNKNOWN" in {i.code for i in got.issues}) is (width == "")
    # y = 118 ± 20 touches P1 to P4, P8 and P9 (to y 100), P10 and P13; ± 5 only P10 and P13.
    assert reached == {"": 2, 30: 8}


def test_what_is_unknown_is_told_and_stops_nothing(result):
    told = {i.code: i for i in result.issues if i.layer.startswith("works")}
    assert told["WORK_NOWHERE"].feature_ids == ["W8"]
    assert told["WORK_WITHOUT_SHAPE"].feature_ids == ["W6"]
    assert told["WORK_STATUS_UNKNOWN"].features == ["W9 (怎样)"]
    assert told["WORK_KIND_UNKNOWN"].features == ["W9 (什么)"]
    assert told["WORK_OVERSPENT"].features == ["W3 (400 of 300 万元)"]
    assert told["WORK_WITHOUT_BUDGET"].feature_ids == ["W5"]
    assert told["WORK_SERVICE_ABSENT"].features == ["W3 (sewage)", "W7 (road)"]
    assert "WORK_DOUBTFUL" not in told
    # Issues that name drawn works have their places.
    assert told["WORK_OVERSPENT"].places[0] == pytest.approx((town.EAST + 400, town.NORTH + 150))


@pytest.mark.parametrize(
    ("cells", "doubt", "state"),
    [
        ({"计划竣工日期": "2024-12-31"}, "DUE_BEFORE_START", "UNKNOWN"),
        ({"工程状态": "done", "进度": 100, "竣工日期": "2024-01-01"}, "DONE_BEFORE_START", "DONE"),
        ({"工程状态": "done", "进度": 100, "竣工日期": "2026-01-01"}, "DONE_IN_FUTURE", "UNKNOWN"),
        ({"开工日期": "2026-02-01"}, "BEGUN_IN_FUTURE", "ON_TIME"),
        ({"工程状态": "done", "竣工日期": "2025-06-01"}, "DONE_NOT_100", "DONE"),
        ({"进度": 100}, "FULL_NOT_DONE", "UNKNOWN"),
        ({"工程状态": "planned", "进度": 100}, "FULL_NOT_DONE", "UNKNOWN"),
        ({"竣工日期": "2025-06-01"}, "DATED_NOT_DONE", "UNKNOWN"),
        ({"工程状态": "未开工"}, "PLANNED_BEGUN", "ON_TIME"),
    ],
)
def test_contradictions_are_listed(tmp_path, cells, doubt, state):
    row, issues = one(tmp_path, **cells)
    assert row["doubt"] == doubt
    assert row["state"] == state
    assert issues["WORK_DOUBTFUL"].feature_ids == ["W1"]
    assert issues["WORK_DOUBTFUL"].severity == "warning"


def test_how_far_behind_is_late_is_the_plans_to_say(tmp_path):
    # 364 / 729 = 0.4993 of the time has passed, 0.44 is done: 0.0593 behind.
    assert one(tmp_path, 进度=44)[0]["state"] == "LATE"
    assert one(tmp_path, 进度=45)[0]["state"] == "ON_TIME"
    assert one(tmp_path, layer={"late_share": 0.06}, 进度=44)[0]["state"] == "ON_TIME"
    assert one(tmp_path, layer={"late_share": 0}, 进度=49)[0]["state"] == "LATE"


def test_days():
    def share(start, due, day):
        as_days = (np.array([d], dtype="datetime64[D]") for d in (start, due))
        return expected_share(*as_days, dt.date.fromisoformat(day))[0]

    assert share("2024-01-01", "2025-01-01", "2024-07-01") == pytest.approx(182 / 366)  # a leap year
    assert share("2024-01-01", "2025-01-01", "2023-07-01") == 0
    assert share("2024-01-01", "2025-01-01", "2030-07-01") == 1
    assert share("2024-05-05", "2024-05-05", "2024-05-04") == 0
    assert share("2024-05-05", "2024-05-05", "2024-05-05") == 1
    assert math.isnan(share("2024-05-05", "2024-05-04", "2024-05-05"))
    assert math.isnan(share("NaT", "2024-05-04", "2024-05-05"))


dates = st.dates(dt.date(2000, 1, 1), dt.date(2060, 1, 1))


@given(start=dates, due=dates, day=dates, later=dates)
def test_time_only_goes_forward(start, due, day, later):
    first, second = sorted([day, later])
    args = (np.array([start], dtype="datetime64[D]"), np.array([due], dtype="datetime64[D]"))
    a, b = (expected_share(*args, d)[0] for d in (first, second))
    if due < start:
        assert np.isnan([a, b]).all()
    else:
        assert 0 <= a <= b <= 1


def test_the_files(result, tmp_path):
    write(result, tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "works.csv", encoding="utf-8-sig")
    assert table["work_id"].tolist() == result.works.table["work_id"].tolist()
    assert table["days_overdue"].dropna().tolist() == [31, 184]
    effect = pd.read_csv(tmp_path / "out" / "works_effect.csv", encoding="utf-8-sig")
    assert len(effect) == len(result.works.effect)
    again = evaluate(result.plan)
    write(again, tmp_path / "again")
    for name in ("works.csv", "works_effect.csv", "zones.csv", "balance.csv", "issues.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_without_parcels_works_are_told_but_no_effect(tmp_path):
    got = evaluate(works_town.plan(tmp_path, drop=("parcels",)))
    assert got.works.effect is None
    assert got.works.table["gained_m2"].isna().all()
    assert got.works.table["state"].value_counts().to_dict()["OVERDUE"] == 1


def test_the_effect_is_that_of_plain_geopandas(tmp_path):
    """Random works and parcels: gains equal a buffer, an intersection and a difference made by plain tools."""
    rng = np.random.default_rng(11)
    lines = [town.line(*(tuple(p) for p in rng.uniform((0, 0), (700, 300), (3, 2)))) for _ in range(6)]
    frame = works_town.table().iloc[[0] * 6].copy()
    frame["工程编号"] = [f"L{i}" for i in range(6)]
    frame["wkt"] = [g.wkt for g in lines]
    got = evaluate(works_town.plan(tmp_path, frame))
    parcels = town.parcels()
    main = gpd.read_file(tmp_path / "town.gpkg", layer="water").geometry.iloc[0]
    now = parcels.geometry.distance(main) <= 50.001
    after = now.copy()
    for name, geometry in zip(frame["工程编号"], lines, strict=True):
        near = parcels.geometry.distance(geometry) <= 50.001
        after |= near
        gained = parcels[near & ~now]
        row = got.works.table.set_index("work_id").loc[name]
        assert row["gained_parcels"] == len(gained)
        assert row["gained_m2"] == pytest.approx(gained.area.sum(), rel=1e-9)
    zone = town.zones().geometry.iloc[1]
    land = parcels.geometry.intersection(zone).area
    effect = got.works.effect
    row = effect[(effect["scope"] == "zone") & (effect["id"] == "Z2")].iloc[0]
    assert row["coverage_works"] == pytest.approx(land[after].sum() / land.sum(), rel=1e-9)
    assert row["coverage_now"] == pytest.approx(land[now].sum() / land.sum(), rel=1e-9)
    assert shapely.is_valid(zone)
