"""Services and levels of a street of five parcels, worked out with a pencil.

Parcels of 100 × 100 m from x = 0, y 0–100, in one zone x 0–500, y −50–150. Every main runs 5 m south of the parcels it
serves, from 10 m behind their first corner to 10 m before their last, so that with a reach of 10 m it serves these and
no other (the next corner is √(10² + 5²) = 11.18 m away)::

            A     B     C     D     E
    road    yes   yes   yes   yes   yes
    water   yes   yes   plan  ?     ?        plan: under construction   ?: a status nobody knows
    rain    yes   yes   yes   no    no
    sewage  yes   yes   plan  no    no
    power   2020  2024  2026  no    2010     years of going into service, on 30 June
    telecom yes   yes   yes   no    yes
    gas     yes   no    no    no    no
    heat    yes   yes   no    no    no
    level   100 % 95 %  89 %  0     0
"""

import datetime as dt
import itertools
import tomllib
from importlib import resources
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import town
from hypothesis import given
from hypothesis import strategies as st

from gisplan import vocabulary
from gisplan.errors import GisplanError, PlanError
from gisplan.measure import ladder as ladder_
from gisplan.measure.ladder import HAS, LACKS, MAYBE, ParcelLevels
from gisplan.plan import parse_plan
from gisplan.read.in_service import standing
from gisplan.rules import load_packs
from gisplan.study import evaluate, write

NAMES = "ABCDE"
MAINS = {
    "road": {"ABCDE": ("built", None)},
    "water": {"AB": ("in_service", None), "C": ("在建", None), "DE": ("half done", None)},
    "rain": {"ABC": ("in_service", None)},
    "sewage": {"AB": ("in_service", None), "C": ("planned", None)},
    "power": {p: (None, dt.date(y, 6, 30)) for p, y in (("A", 2020), ("B", 2024), ("C", 2026), ("E", 2010))},
    "telecom": {"ABC": (None, None), "E": (None, None)},
    "gas": {"A": (None, None)},
    "heat": {"AB": (None, None)},
}


def mains(kinds):
    rows = []
    for parcels, (status, date) in kinds.items():
        x = [100 * NAMES.index(p) for p in parcels]
        rows.append((f"M{parcels}", f"main {parcels}", status, date, town.line((min(x) + 10, -5), (max(x) + 90, -5))))
    frame = town.table(["feature_id", "name", "status", "in_service_date"], *rows)
    return frame.dropna(axis="columns", how="all")


def lots(**columns):
    frame = town.table(
        ["parcel_id", "land_use"], *((p, "1001", town.box(100 * i, 0, 100 * i + 100, 100)) for i, p in enumerate(NAMES))
    )
    return frame.assign(**columns)


def street(folder, *, header=None, parcels=None, drop=(), services=None, levelled=True, change=None, roads=None, **own):
    """Write the street and return its plan; ``change`` replaces the table of a service, ``services`` is [services]."""
    layers = {
        "zones": town.table(["zone_id", "name", "level"], ("Z", "Street", "a", town.box(0, -50, 500, 150))),
        "parcels": lots() if parcels is None else parcels,
    }
    if levelled:
        shapes = (town.box(0, 0, 195, 100), town.box(200, 0, 289, 100))
        layers["levelled"] = town.table(["levelled_id"], *(("L", shape) for shape in shapes))
    if roads is not None:
        layers["roads"] = roads
    made = {n: mains(k) for n, k in MAINS.items() if n not in drop} | (change or {})
    spec = {n: {"path": "street.gpkg", "layer": n} for n in layers}
    spec["parcels"]["code_system"] = "ydyh2023"
    spec["services"] = {n: {"path": "street.gpkg", "layer": n, "reach_m": 10, **own.get(n, {})} for n in made}
    for name, frame in {**layers, **made}.items():
        frame.to_file(folder / "street.gpkg", layer=name, driver="GPKG")
    plan = {
        "plan": {"name": "street", "area": "planar", "as_of": "2025-12-31", **(header or {})},
        "layers": spec,
        "services": {"target_level": 7, "details": True} if services is None else services,
    }
    return parse_plan(plan, folder=folder)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return evaluate(street(tmp_path_factory.mktemp("street")))


def of(result, column):
    values = result.parcels.set_index("parcel_id")[column]
    return "".join({True: "y", False: "n"}.get(v, "?") for v in (values[p] for p in NAMES))


def figure(result, name):
    rows = result.indicators
    return rows[rows["indicator"] == name].iloc[0]


def test_served_as_of_the_day_and_unknown_is_not_no(result):
    assert {s: of(result, f"served_{s}") for s in MAINS} == {
        "road": "yyyyy",
        "water": "yyn??",
        "rain": "yyynn",
        "sewage": "yynnn",
        "power": "yynny",
        "telecom": "yyyny",
        "gas": "ynnnn",
        "heat": "yynnn",
    }
    assert of(result, "levelled") == "yynnn"
    np.testing.assert_allclose(result.parcels["levelled_share"], [1, 0.95, 0.89, 0, 0])


def test_levels_in_words(result):
    told = result.parcels.set_index("parcel_id")
    # Of A nobody knows whether it has cable TV, the ninth; of E whether it has water, the third.
    assert told["service_level_zh"].tolist() == ["≥八通一平", "六通一平", "不足三通", "不足三通", "不明"]
    assert told["service_level_en"].tolist()[1:] == [
        "Six connections, levelled", "Below three connections", "Below three connections", "Not known",
    ]  # fmt: skip
    assert told["service_level"].tolist() == ["8", "6", "0", "0", "0"]
    assert told["service_level_max"].tolist() == ["9", "6", "0", "0", "4"]
    assert told["service_level_planned"].tolist() == ["8", "6", "5", "0", "0"]
    assert told["services_missing"].tolist() == [
        "", "gas", "water;sewage;power;gas;heat;levelled", "rain;sewage;power;telecom;gas;heat;levelled",
        "rain;sewage;gas;heat;levelled",
    ]  # fmt: skip
    assert told["services_unknown"].tolist() == ["", "", "", "water", "water"]
    assert told["services_missing_next"].tolist() == ["", "gas", "water;power", "power", ""]


def test_evidence_and_the_nearest_main(result):
    told = result.parcels.set_index("parcel_id")
    assert told["evidence_water"].tolist() == ["within_reach"] * 3 + ["unknown"] * 2
    assert told["nearest_water"].tolist() == ["MAB"] * 5
    np.testing.assert_allclose(told["distance_water_m"], [5, 5, np.hypot(10, 5), np.hypot(110, 5), np.hypot(210, 5)])


def test_zone_figures(result):
    def told(name):
        row = figure(result, name)
        return row["value"], row["n_used"], row["n_missing"], row["known_share"]

    assert told("coverage_water") == pytest.approx((2 / 3, 3, 2, 3 / 5))
    assert told("coverage_planned_water") == pytest.approx((1, 3, 2, 3 / 5))
    assert told("coverage_power") == pytest.approx((3 / 5, 5, 0, 1))
    assert told("coverage_planned_power") == pytest.approx((4 / 5, 5, 0, 1))
    assert "coverage_planned_gas" not in result.zones  # its layer tells nothing of what is to come
    assert told("network_density_water") == pytest.approx((0.18 / 0.1, 1, 1, 180 / (180 + 180)))
    assert told("separate_sewer_share") == pytest.approx((2 / 3, 3, 0, 1))
    assert told("full_service_share") == pytest.approx((1 / 5, 5, 0, 1))
    assert told("level_area_share_3") == pytest.approx((2 / 4, 4, 1, 4 / 5))
    assert told("level_area_share_6") == pytest.approx((2 / 5, 5, 0, 1))
    assert told("level_area_share_7") == pytest.approx((1 / 5, 5, 0, 1))
    assert told("level_area_share_9") == pytest.approx((0, 4, 1, 4 / 5))


def test_gap_list(result):
    gaps = result.gaps
    assert [f"{r.parcel_id} {r.service} {r.state}" for r in gaps.itertuples()] == [
        "B gas no",
        "C water planned", "C sewage planned", "C power planned", "C gas no", "C heat no", "C levelled no",
        "D water unknown", "D rain no", "D sewage no", "D power no", "D telecom no", "D gas no", "D heat no",
        "D levelled no",
        "E water unknown", "E rain no", "E sewage no", "E gas no", "E heat no", "E levelled no",
    ]  # fmt: skip
    rows = gaps.set_index(["parcel_id", "service"])
    b = rows.loc[("B", "gas")]
    assert (b.nearest_id, b.nearest_name, b.level_now, b.level_after) == ("MA", "main A", "6", "8")
    assert b.distance_m == pytest.approx(np.hypot(10, 5))
    c = rows.loc[("C", "power")]
    assert (c.planned_id, c.planned_date, c.level_planned) == ("MC", dt.date(2026, 6, 30), "5")
    assert (c.nearest_id, c.distance_m) == ("MB", pytest.approx(np.hypot(10, 5)))
    assert rows.loc[("E", "water")].level_after == "4"
    assert rows["distance_m"].xs("levelled", level="service").isna().all()
    assert set(gaps["zone_id"]) == {"Z"}


def test_issues_tell_unknown_words_and_what_nobody_knows(result):
    (odd,) = [i for i in result.issues if i.code == "SERVICE_STATUS_UNKNOWN"]
    assert (odd.layer, odd.count, odd.feature_ids) == ("services.water", 1, ["MDE"])
    assert "'half done' (1)" in odd.message
    assert "[layers.services.water] statuses" in odd.remedy
    assert not [i for i in result.issues if i.code in {"SERVICE_UNTOLD", "SERVICE_STATUS_CONTRADICTED"}]


def test_a_word_mapped_in_the_plan_is_known(tmp_path):
    result = evaluate(street(tmp_path, water={"statuses": {"in_service": ["Half-Done"]}}))
    assert of(result, "served_water") == "yynyy"


def test_what_the_plans_own_condition_lets_through_is_in_service(tmp_path):
    """The plan chose these words; one that says plainly that it is to come is still to come."""
    result = evaluate(street(tmp_path, water={"where": "status IN ('half done', '在建')"}))
    assert of(result, "served_water") == "nnnyy"
    assert not [i for i in result.issues if i.code == "SERVICE_STATUS_UNKNOWN"]


@pytest.mark.parametrize(
    ("day", "power"),
    [("2009-12-31", "nnnnn"), ("2010-06-29", "nnnnn"), ("2010-06-30", "nnnny"), ("2026-06-30", "yyyny")],
)
def test_a_line_serves_from_its_day_on(tmp_path, day, power):
    assert of(evaluate(street(tmp_path, header={"as_of": day})), "served_power") == power


def test_without_a_day_dates_count_as_past_and_that_is_said(tmp_path):
    result = evaluate(street(tmp_path, header={"as_of": None}))
    assert of(result, "served_power") == "yyyny"
    assert [i.layer for i in result.issues if i.code == "SERVICE_DATE_UNUSED"] == ["services.power"]


def test_a_service_without_layer_makes_levels_a_lower_bound(tmp_path):
    result = evaluate(street(tmp_path, drop=["heat", "gas"], levelled=False))
    told = result.parcels.set_index("parcel_id")
    assert told["service_level_zh"].tolist()[:3] == ["≥五通（平整不明）", "≥五通（平整不明）", "不足三通"]
    assert told.loc["A", "services_missing"] == ""
    assert told.loc["A", "services_unknown"] == "gas;heat;levelled"
    # C, D and E surely lack other things of the seven; of A and B it is not known.
    full = figure(result, "full_service_share")
    assert (full["value"], full["n_missing"], full["known_share"]) == (0, 2, pytest.approx(3 / 5))
    (untold,) = [i for i in result.issues if i.code == "SERVICE_UNTOLD"]
    assert "gas, heat, levelled" in untold.message
    assert set(result.gaps["service"]) == {"water", "rain", "sewage", "power", "telecom"}


def test_the_register_goes_before_the_drawing_and_contradictions_are_told(tmp_path):
    own = lots(has_gas=["no", "yes", None, None, None], 通电=["是", None, None, "是", None])
    result = evaluate(street(tmp_path, parcels=own))
    assert of(result, "served_gas") == "nynnn"
    assert of(result, "served_power") == "yynyy"
    told = result.parcels.set_index("parcel_id")
    assert told["evidence_gas"].tolist() == ["declared", "declared", *["within_reach"] * 3]
    assert told["service_level"].tolist()[:2] == ["6", "8"]
    assert {(i.code, *i.feature_ids) for i in result.issues if i.code.startswith("SERVICE_D")} == {
        ("SERVICE_DECLARED_NOT_DRAWN", "B"),
        ("SERVICE_DECLARED_NOT_DRAWN", "D"),
        ("SERVICE_DRAWN_NOT_DECLARED", "A"),
    }


def test_a_service_that_only_the_register_tells(tmp_path):
    own = lots(has_catv=["yes", "no", None, None, None], has_levelled=["no", None, "yes", None, None])
    result = evaluate(street(tmp_path, parcels=own))
    assert of(result, "served_catv") == "yn???"
    assert of(result, "levelled") == "nyynn"
    assert result.parcels["service_level_zh"][0] == "九通未平"
    assert figure(result, "coverage_catv")[["value", "known_share"]].tolist() == pytest.approx([0.5, 0.4])
    assert [i.feature_ids for i in result.issues if i.code == "LEVELLED_CONTRADICTED"] == [["A"]]


def test_inside_and_outside_of_the_red_line_are_kept_apart(tmp_path):
    """Water reaches A's plant by a line of its own; B's pipe lies inside B, and 5 m from C."""
    pipes = town.table(
        ["feature_id", "side"],
        ("W1", "红线外", town.line((10, -5), (190, -5))),
        ("W2", "红线内", town.line((50, -5), (50, 50))),
        ("W3", "inside", town.line((195, 20), (195, 50))),
    )
    own = lots(has_road_inside=["yes"] * 5, has_power_inside=["yes", "no", None, None, None])
    result = evaluate(street(tmp_path, change={"water": pipes}, parcels=own))
    assert of(result, "served_water") == "yynnn"
    told = result.parcels.set_index("parcel_id")
    assert told["outside_level"].tolist() == ["8", "6", "0", "0", "0"]
    # Inside, road and water are there in A and B, power in A; of the rest nothing is known.
    assert told["inside_level_zh"].tolist() == ["≥三通一平", "不足三通", "不足三通", "不足三通", "不足三通"]
    assert told["outside_level_zh"].tolist()[1] == "六通"


def sides(result, service="water"):
    reach = result.survey.reaches[service]
    return {n: "".join("n?y"[int({0: 0, -1: 1, 1: 2}[int(v)])] for v in getattr(reach, f"{n}_state"))
            for n in ("outside", "inside")} | {"any": of(result, f"served_{service}")}  # fmt: skip


def test_a_main_whose_side_nobody_tells_is_on_neither_for_sure(tmp_path):
    """A: W1 outside, W2 inside. B: W1, and W3 whose side nobody tells. C: W4 inside alone. D: W5 untold alone."""
    pipes = town.table(
        ["feature_id", "side"],
        ("W1", "outside", town.line((10, -5), (190, -5))),
        ("W2", "inside", town.line((50, 20), (50, 50))),
        ("W3", None, town.line((150, 20), (150, 50))),
        ("W4", "inside", town.line((250, 20), (250, 50))),
        ("W5", "oben", town.line((350, 20), (350, 50))),
    )
    result = evaluate(street(tmp_path, change={"water": pipes}))
    assert sides(result) == {"any": "yyyyn", "outside": "yyn?n", "inside": "y?y?n"}


def test_a_main_of_unknown_status_leaves_only_its_own_side_open(tmp_path):
    """A: live outside, unknown inside. B: live outside. C: unknown 5 m outside. D: unknown inside. E: planned inside."""
    pipes = town.table(
        ["feature_id", "side", "status"],
        ("W1", "outside", "built", town.line((10, -5), (190, -5))),
        ("W2", "inside", "halb", town.line((50, 20), (50, 50))),
        ("W3", "outside", "halb", town.line((210, -5), (290, -5))),
        ("W4", "inside", "halb", town.line((350, 20), (350, 50))),
        ("W5", "inside", "planned", town.line((450, 20), (450, 50))),
    )
    result = evaluate(street(tmp_path, change={"water": pipes}))
    assert sides(result) == {"any": "yy??n", "outside": "yy?nn", "inside": "?nn?n"}


def test_a_tap_inside_the_red_line_serves_its_parcel_along_a_network_too(tmp_path):
    """The way along the street leads to A alone; taps in service or not stand on C, D and, of an untold side, B."""
    taps = town.table(
        ["feature_id", "side", "status"],
        ("W1", "outside", "built", town.point(50, -5)),
        ("W2", "inside", "built", town.point(250, 30)),
        ("W3", "inside", "halb", town.point(350, 30)),
        ("W4", None, "built", town.point(150, 3)),
        ("W5", "inside", "planned", town.point(450, 30)),
    )
    roads = town.table(["road_id"], ("R", town.line((0, -5), (500, -5))))
    tables = {"water": {"method": "network", "snap_m": 10, "reach_m": 20}}
    result = evaluate(street(tmp_path, change={"water": taps}, roads=roads, **tables))
    assert sides(result) == {"any": "yyy?n", "outside": "y?nnn", "inside": "n?y?n"}
    assert (result.survey.reaches["water"].planned_state == [1, 1, 1, -1, 1]).all()


def test_what_is_on_neither_side_is_not_there(tmp_path):
    own = lots(has_water_inside=["no", "no", "yes", None, "no"], has_water_outside=["no", None, "no", None, "yes"])
    result = evaluate(street(tmp_path, drop=("water",), parcels=own))
    assert sides(result) == {"any": "n?y?y", "outside": "n?n?y", "inside": "nny?n"}


def test_service_areas_serve_what_they_touch(tmp_path):
    area = town.table(["feature_id"], ("G1", town.box(-20, -20, 100, 50)))
    result = evaluate(street(tmp_path, change={"gas": area}, gas={"reach_m": 0}))
    assert of(result, "served_gas") == "yynnn"
    assert result.parcels["evidence_gas"].tolist() == ["service_area"] * 5
    assert figure(result, "reach_gas")["value"] == pytest.approx(100 * 70 / (500 * 200))
    assert "network_density_gas" not in result.zones


def test_without_asking_nothing_of_levels_is_told(tmp_path):
    result = evaluate(street(tmp_path, services={}))
    assert result.gaps is None
    assert not [c for c in result.parcels if "level" in c or c.startswith(("evidence", "nearest"))]
    assert not [c for c in result.zones if c.startswith(("full_", "level_area"))]


# ---------------------------------------------------------------- levels as data

CITY = """
[pack]
name = "city"
title = { zh = "本市" }
source = "city order 7"
[[levels]]
list = "connections"
id = "basic"
needs = ["road", "power"]
title = { zh = "基本配套" }
verified = false
[[levels]]
list = "connections"
id = "full"
needs = ["road", "power", "gas|heat", "levelled"]
title = { zh = "三项一平", en = "Three and level" }
verified = false
"""


def test_a_city_lists_its_own_levels(tmp_path):
    (tmp_path / "city.toml").write_text(CITY, encoding="utf-8")
    result = evaluate(street(tmp_path, header={"rules": ["cn-service-levels", "city.toml"]}, services={}))
    assert result.parcels["service_level_zh"].tolist() == [
        "三项一平",
        "三项一平",
        "不足基本配套",
        "不足基本配套",
        "基本配套",
    ]
    assert figure(result, "full_service_share")["value"] == pytest.approx(2 / 5)
    assert figure(result, "level_area_share_basic")["value"] == pytest.approx(3 / 5)


def test_an_unknown_target_is_told_before_the_work(tmp_path):
    with pytest.raises(PlanError, match=r"target_level: cn-service-levels has no level '12'; valid names: 3, 4"):
        evaluate(street(tmp_path, services={"target_level": 12}))


def test_the_ground_may_be_left_aside(tmp_path):
    plan = street(tmp_path, levelled=False, services={"target_level": 7, "levelled": False})
    result = evaluate(plan)
    assert figure(result, "full_service_share")["value"] == pytest.approx(1 / 5)
    assert "levelled" not in set(result.gaps["service"])


def test_shipped_levels_contain_each_other():
    (pack,) = load_packs(["cn-service-levels"])
    assert [level.id for level in pack.levels] == ["3", "4", "5", "6", "7", "8", "9"]
    assert {level.id for level in pack.levels if level.verified} == {"3", "4", "5", "7"}


@pytest.mark.parametrize(
    ("needs", "line"),
    [
        ('["levelled"]', "level 1: needs no service"),
        ('["road", "gas|heet"]', "unknown service 'heet'; did you mean 'heat'?"),
        ('["road|levelled"]', "level ground is no alternative"),
    ],
)
def test_faults_of_a_list_of_levels(tmp_path, needs, line):
    text = f'[pack]\nname="own"\ntitle={{zh="x"}}\nsource="y"\n[[levels]]\nlist="connections"\nid="1"\nneeds={needs}\n'
    (tmp_path / "own.toml").write_text(text + "verified = true\n", encoding="utf-8")
    with pytest.raises(GisplanError, match=line.replace("|", r"\|").replace("?", r"\?")):
        load_packs(["own.toml"], tmp_path)


# ---------------------------------------------------------------- bad input


def test_nothing_in_service(tmp_path):
    gone = mains(MAINS["gas"]).assign(status="废弃")
    result = evaluate(street(tmp_path, change={"gas": gone}))
    assert of(result, "served_gas") == "nnnnn"
    assert figure(result, "coverage_gas")["value"] == 0
    assert figure(result, "reach_gas")["value"] == 0
    assert figure(result, "coverage_planned_gas")["value"] == 0  # what is gone is not to come
    assert [i.layer for i in result.issues if i.code == "SERVICE_NONE_LIVE"] == ["services.gas"]
    assert result.gaps.loc[result.gaps["service"] == "gas", "distance_m"].isna().all()


def test_contradictions_of_status_and_date_are_told(tmp_path):
    rows = {"A": ("planned", dt.date(2020, 1, 1)), "B": ("in_service", dt.date(2030, 1, 1)), "C": (None, None)}
    result = evaluate(street(tmp_path, change={"gas": mains(rows)}))
    assert of(result, "served_gas") == "nn?nn"
    found = {i.code: i.feature_ids for i in result.issues if i.layer == "services.gas"}
    assert found["SERVICE_STATUS_CONTRADICTED"] == ["MA"]
    assert found["SERVICE_DATE_AHEAD"] == ["MB"]
    assert found["SERVICE_STATUS_MISSING"] == ["MC"]


def test_names_of_services_that_mean_something_else_are_refused(tmp_path):
    with pytest.raises(PlanError, match="'planned_gas': gisplan means something else by it"):
        street(tmp_path, change={"planned_gas": mains(MAINS["gas"])})
    with pytest.raises(PlanError, match="unknown status 'live'"):
        street(tmp_path, gas={"statuses": {"live": ["x"]}})
    with pytest.raises(PlanError, match="'x' is listed under more than one meaning"):
        street(tmp_path, gas={"statuses": {"planned": ["x"], "gone": ["X"]}})


# ---------------------------------------------------------------- laws

KEYS = ("road", "water", "power", "telecom", "drainage", "rain", "sewage", "gas", "heat", "catv", "levelled")
LADDER = ladder_.ladder_of(
    parse_plan(
        {"plan": {"name": "x"}, "layers": {"zones": {"grid": 100}}, "services": {"target_level": 7}}, folder=Path()
    ),
    load_packs(["cn-service-levels"]),
)
PARTS = {"drainage": ("rain", "sewage")}
KNOWN = st.lists(st.sampled_from([LACKS, MAYBE, HAS]), min_size=len(KEYS), max_size=len(KEYS))


def case(*rows):
    cases = np.array(rows, dtype=np.int8)
    return ParcelLevels(LADDER, KEYS, cases, np.arange(len(rows)), PARTS, with_ground=True)


@given(KNOWN, st.integers(0, len(KEYS) - 1))
def test_one_more_service_never_lowers_a_level(known, which):
    more = list(known)
    more[which] = HAS
    found = case(known, more)
    assert found.reached[1] >= found.reached[0]
    assert found.possible[1] >= found.possible[0]
    assert found.on_target[1] >= found.on_target[0]


@given(KNOWN, st.data())
def test_whatever_the_unknown_turns_out_to_be_the_level_lies_between_the_bounds(known, data):
    whole = [k if k != MAYBE else data.draw(st.sampled_from([LACKS, HAS])) for k in known]
    best, worst = [HAS if k == MAYBE else k for k in known], [LACKS if k == MAYBE else k for k in known]
    found = case(known, whole, best, worst)
    assert found.reached[1] == found.possible[1]
    assert found.reached[0] <= found.reached[1] <= found.possible[0]
    # And the bounds are no wider than they have to be.
    assert (found.reached[3], found.reached[2]) == (found.reached[0], found.possible[0])


@given(KNOWN)
def test_a_level_is_the_highest_whose_every_need_is_met(known):
    """Told once more in plain sets, without arrays."""
    has = {k for k, v in zip(KEYS, known, strict=True) if v == HAS}
    if {"rain", "sewage"} <= has:
        has.add("drainage")
    lists = {
        "3": ["road", "water", "power"],
        "4": ["road", "water", "power", "telecom"],
        "5": ["road", "water", "drainage", "power", "telecom"],
        "7": ["road", "water", "drainage", "power", "telecom", "gas", "heat"],
        "8": ["road", "water", "rain", "sewage", "power", "telecom", "gas", "heat"],
        "9": ["road", "water", "rain", "sewage", "power", "telecom", "gas", "heat", "catv"],
    }
    met = [n for n, needs in lists.items() if set(needs) <= has]
    if set(lists["5"]) <= has and {"gas", "heat"} & has:
        met.append("6")
    found = case(known)
    assert found.id_of(found.reached)[0] == max(met, default="0")
    missing = set(found.open_needs(LACKS)[0].split(";")) - {""}
    unknown = set(found.open_needs(MAYBE)[0].split(";")) - {""}
    assert not missing & unknown
    assert (found.on_target[0] == HAS) == (not missing and not unknown)
    assert (found.on_target[0] == LACKS) == bool(missing)


DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2030, 12, 31))


@given(st.lists(st.none() | DAYS, min_size=1, max_size=6), DAYS, DAYS)
def test_by_dates_alone_nothing_goes_out_of_service(opened, day, other):
    early, late = sorted([day, other])
    column = np.array(opened, dtype=object)
    before, after = (standing(None, column, as_of=d) for d in (early, late))
    assert all(b != "live" or a == "live" for b, a in zip(before, after, strict=True))
    assert [a == "unknown" for a in after] == [d is None for d in opened]


def test_standing_of_every_pair():
    """Status × date on 2025-12-31: before, after, none."""
    words = ["in_service", "planned", "gone", "unknown", None]
    dates = [dt.date(2025, 12, 31), dt.date(2026, 1, 1), None]
    pairs = list(itertools.product(words, dates))
    status, opened = (np.array(v, dtype=object) for v in zip(*pairs, strict=True))
    found = standing(status, opened, as_of=dt.date(2025, 12, 31)).reshape(5, 3).tolist()
    assert found == [
        ["live", "planned", "live"],
        ["planned"] * 3,
        ["gone"] * 3,
        ["unknown"] * 3,
        ["live", "planned", "unknown"],
    ]


def test_every_word_has_one_meaning():
    table = tomllib.loads(resources.files("gisplan.vocabulary").joinpath("status.toml").read_text(encoding="utf-8"))
    for meanings in table.values():
        words = [vocabulary.plain_word(w) for listed in meanings.values() for w in listed]
        assert len(set(words)) == len(words)


def test_what_is_unknown_stays_so_in_every_file(tmp_path):
    """An empty cell, a missing flag, a question mark on the map: never a no."""
    out = write(evaluate(street(tmp_path)), tmp_path / "out")
    cells = (out / "parcels.csv").read_text(encoding="utf-8-sig").splitlines()
    column = cells[0].replace('"', "").split(",").index("served_water")
    assert [row.split(",")[column] for row in cells[1:]] == ["true", "true", "false", "", ""]
    table = gpd.read_file(out / "results.gpkg", layer="parcels").set_index("parcel_id")
    assert table["served_water"].isna().tolist() == [False, False, False, True, True]
    gaps = (out / "gap_list.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(gaps) == 1 + 21
    assert gaps[0].startswith('"parcel_id","zone_id","service","state","distance_m"')
    again = write(evaluate(street(tmp_path)), tmp_path / "again")
    assert (again / "gap_list.csv").read_bytes() == (out / "gap_list.csv").read_bytes()
    assert (again / "parcels.csv").read_bytes() == (out / "parcels.csv").read_bytes()


def test_rows_in_another_order_change_nothing(tmp_path):
    """Parcels and mains shuffled: the same level of every parcel, the same gaps in the same order."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = evaluate(street(tmp_path / "a"))
    turned = {name: mains(kinds).iloc[::-1] for name, kinds in MAINS.items()}
    other = evaluate(street(tmp_path / "b", parcels=lots().iloc[[3, 1, 4, 0, 2]], change=turned))
    assert one.gaps.to_csv() == other.gaps.to_csv()
    columns = ["parcel_id", "service_level_zh", "services_missing", "distance_power_m", "nearest_power"]
    ordered = other.parcels[columns].sort_values("parcel_id")
    assert one.parcels[columns].to_csv(index=False) == ordered.to_csv(index=False)
