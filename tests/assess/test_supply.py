"""Land supply by pencil: the town with batches, boundaries and phases laid over it.

Metres east and north. Parcels are 100 m squares. Supplied are P1, P2, P3 (0–300 × 0–100), P4 (360–460 × 0–100),
P5 (0–100 × 200–300); P8 (460–560 × 0–100) is supplied only in 2026, P9 lies in the land bank, and of the others
the register says nothing.

batch A approved 2020  x   0–250, y 0–100     P1, P2 and half of P3
batch B approved 2021  x 150–400, y 0–100     half of P2, P3, 40 m of P4; shares 100 m with A
batch C city           x 400–700, y 0–100     60 m of P4, P8, P9
batch D supplied 2021  x   0–100, y 200–300   P5
batch E ?              x 300–400, y 300–400   nothing, in no zone
batch F approved 2026  x 100–200, y 200–300   after the day
"""

import datetime as dt
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import town
from hypothesis import given
from hypothesis import strategies as st

from gisplan import evaluate, write
from gisplan.assess.supply import Supply, _batch_places
from gisplan.errors import PlanError
from gisplan.geometry import covered, signed, united
from gisplan.measure.developed import parcels_where
from gisplan.plan import parse_plan

REGISTER = """\
code,供地日期,约定开工日期,实际开工日期,竣工日期,状态
P1,2018-01-01,2018-06-01,2018-06-01,2019-01-01,
P2,2023-02-01,2027-01-01,,,
P3,,2023-06-01,,,
P4,2022-12-31,2024-05-01,,,
P5,2024-01-01,2024-05-01,,,
P8,2026-03-01,,,,
P9,,,,,储备
"""

BATCHES = (
    ("A", "已批准", "2020-05-01", 2.4, town.box(0, 0, 250, 100)),
    ("B", "approved", "2021-05-01", 2.5, town.box(150, 0, 400, 100)),
    ("C", "报市", None, None, town.box(400, 0, 700, 100)),
    ("D", "已供地", "2021-07-01", 1.0, town.box(0, 200, 100, 300)),
    ("E", "somewhere", "2020-01-01", 1.0, town.box(300, 300, 400, 400)),
    ("F", "approved", "2026-01-15", 1.0, town.box(100, 200, 200, 300)),
)


def plan(folder, *, batches=BATCHES, register=REGISTER, boundaries=True, header=None, **tables):
    """The town with layers of supply; ``tables`` are added to the plan."""
    base = town.write(folder, header={"as_of": dt.date(2025, 12, 31), **(header or {})})
    raw = base.model_dump(by_alias=True, exclude={"folder", "file"}, exclude_unset=True)
    made = {
        "batches": town.table(["batch_id", "stage", "approval_date", "declared_ha"], *batches),
        # Two blocks that overlap by 50 m: 0–200 and 150–400, all y.
        "core": town.table(["name"], ("a", town.box(0, 0, 200, 300)), ("b", town.box(150, 0, 400, 300))),
        "phases": town.table(
            ["phase_id", "start_year", "target_year"],
            ("I", 2000, 2010, town.box(0, 0, 200, 150)),
            ("I", 2000, 2010, town.box(200, 0, 400, 150)),
            ("II", 2020, 2030, town.box(0, 150, 400, 300)),
        ),
        "flat": town.table(["name"], ("x", town.box(0, 0, 100, 150)), ("y", town.box(50, 0, 200, 150))),
    }
    for name, frame in made.items():
        frame.to_file(folder / "supply.gpkg", layer=name, driver="GPKG")
    file = {"path": "supply.gpkg"}
    if batches:
        columns = {"declared": {"column": "declared_ha", "unit": "ha"}}
        raw["layers"]["batches"] = {**file, "layer": "batches", "columns": columns}
    if boundaries:
        raw["layers"]["boundaries"] = {"approved": {**file, "layer": "core"}}
        raw["layers"]["phases"] = {**file, "layer": "phases"}
        raw["layers"]["levelled"] = {**file, "layer": "flat"}
    (folder / "dates.csv").write_text(register, encoding="utf-8")
    raw["layers"]["parcels"]["ledger"] = {"path": "dates.csv", "key": "code"}
    return parse_plan({**raw, **tables}, folder=folder)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return evaluate(plan(tmp_path_factory.mktemp("supply")))


@pytest.fixture(scope="module")
def batches(result):
    table = result.supply.batches
    return table.set_index(table["scope"] + " " + table["id"].fillna("-").astype(str))


def test_a_batch_by_itself(batches):
    assert batches.loc["batch A", ["area_m2", "supplied_m2", "unsupplied_m2", "supply_rate"]].tolist() == pytest.approx(
        [25_000, 25_000, 0, 1]
    )
    # P2 from 150, P3 whole, P4 from 360 to 400: 50 + 100 + 40 of 250 m.
    assert batches.loc["batch B", ["supplied_m2", "unsupplied_m2", "supply_rate"]].tolist() == pytest.approx(
        [19_000, 6_000, 0.76]
    )
    # Not approved, so nothing of it waits for supply, whatever lies on it.
    assert batches.loc["batch C", "supplied_m2"] == pytest.approx(6_000)
    assert batches.loc["batch C", ["unsupplied_m2", "supply_rate"]].isna().all()
    assert pd.isna(batches.loc["batch C", "declared_m2"])
    assert batches.loc["batch A", "declared_m2"] == pytest.approx(24_000)


def test_land_in_two_batches_counts_once(batches):
    # A ∪ B is 400 × 100; D lies apart: 50,000. By themselves they are 60,000, and supplied 25,000 + 19,000 + 10,000.
    got = batches.loc["approved -", ["n_batches", "area_m2", "overlap_m2", "supplied_m2", "unsupplied_m2"]]
    assert got.tolist() == pytest.approx([3, 50_000, 10_000, 44_000, 6_000])
    assert batches.loc["approved -", "supply_rate"] == pytest.approx(0.88)
    assert batches.loc["approved -", "n_undeclared"] == 0


def test_by_year_and_stage(batches):
    assert batches.loc["year 2020", "supply_rate"] == pytest.approx(1)
    assert batches.loc["year 2021", ["n_batches", "area_m2", "supplied_m2"]].tolist() == pytest.approx(
        [2, 35_000, 29_000]
    )
    assert batches.loc["stage city", "area_m2"] == pytest.approx(30_000)
    assert "year 2026" not in batches.index
    # F is approved only after the day, so the stage as a whole is no approved land.
    assert batches.loc["stage approved", "n_batches"] == 3
    assert pd.isna(batches.loc["stage approved", "supply_rate"])
    assert batches.loc["stage -", "n_batches"] == 1


def test_by_zone(result):
    zones = result.zones.set_index("zone_id")
    assert zones["approved_unsupplied_m2"].tolist() == pytest.approx([6_000, 0, 0])
    assert zones.loc["Z1", "batch_supply_rate"] == pytest.approx(0.88)
    assert zones.loc[["Z2", "Z3"], "batch_supply_rate"].isna().all()
    assert zones["approved_unsupplied_m2"].sum() == pytest.approx(
        result.supply.batches.set_index("scope").loc["approved", "unsupplied_m2"]
    )


def test_supply_of_parcels_and_the_land_bank(result):
    of = result.supply.zones.set_index("name")
    # Z1: P1, P2, P3, 0.4 of P4, P5. Z2: 0.6 of P4. P8 is not supplied yet, P9 is in the bank.
    assert of["supplied_m2"].tolist() == pytest.approx([44_000, 6_000, 0, 50_000])
    assert of["land_bank_m2"].tolist() == pytest.approx([0, 10_000, 0, 10_000])
    # 36 months to 2025-12-31 begin after 2022-12-31: P2 and P5, but not P4.
    assert of["window_supplied_m2"].tolist() == pytest.approx([20_000, 0, 0, 20_000])
    assert of.loc["全部 / all", "months_of_supply"] == pytest.approx(10_000 / (20_000 / 36))
    assert pd.isna(of.loc["East", "months_of_supply"])  # nothing was supplied there: never 0, never infinite
    # P2 not due, P3 idle two years, P4 and P5 one year.
    assert of.loc["West", ["not_due_m2", "overdue_m2", "idle_1y_m2", "idle_2y_m2", "not_started_m2"]].tolist() == (
        pytest.approx([10_000, 0, 14_000, 10_000, 34_000])
    )


def test_outside_the_approved_boundary(result):
    zones = result.zones.set_index("zone_id")
    # Z2 is wholly outside: 0.6 of P4, P8 and half of P10 are built; P9 is vacant land in the bank, P12 water.
    state = dict(zip(result.parcels["parcel_id"], result.parcels["state"], strict=True))
    assert [state[p] for p in ("P8", "P9", "P10", "P12")] == ["built", "vacant", "built", "open"]
    assert zones.loc["Z1", "outside_dev_area_m2"] == 0
    assert zones.loc["Z2", ["outside_dev_area_m2", "outside_dev_share"]].tolist() == pytest.approx([21_000, 1])
    assert pd.isna(zones.loc["Z2", "expansion_pressure"])  # nothing there is approved
    built = [p for p in ("P1", "P2", "P3", "P5", "P6", "P7", "P13") if state[p] in ("built", "formed")]
    size = {"P13": 4_000}
    inside = sum(size.get(p, 10_000) for p in built) + 4_000 * (state["P4"] == "built")
    # The blocks overlap, but 400 × 300 m is approved.
    assert zones.loc["Z1", "expansion_pressure"] == pytest.approx(inside / 120_000)


def test_phases(result):
    of = result.supply.boundaries.set_index("id")
    assert of.loc["approved", "area_m2"] == pytest.approx(120_000)
    # Two shapes of one phase are one row; x and y overlap by 50 m and level 200 of its 400 m.
    assert of.loc["I", ["area_m2", "levelled_m2", "levelled_share"]].tolist() == pytest.approx([60_000, 30_000, 0.5])
    assert of.loc["II", "levelled_share"] == 0
    assert of.loc["I", "supplied_m2"] == pytest.approx(34_000)
    assert of["is_due"].tolist() == [None, True, False]
    assert of.loc["I", "built_share"] == pytest.approx(of.loc["I", "built_m2"] / 60_000)


def test_every_layer_stands_in_the_books(result):
    names = set(result.balance["layer"])
    assert {"batches", "boundaries.approved", "phases", "levelled"} <= names
    # E lies outside every zone; its 10,000 m² are booked there.
    row = result.balance.set_index(["layer", "measure"]).loc[("batches", "area_m2")]
    assert row["input"] == pytest.approx(25_000 * 2 + 30_000 + 30_000)
    assert row["outside"] == pytest.approx(10_000)


def test_what_is_wrong_is_said(result):
    said = {i.code: i for i in result.issues}
    assert said["BATCHES_OVERLAP"].features == ["A + B (10,000.00 m²)"]
    assert said["BATCH_STAGE_UNKNOWN"].features == ["E (somewhere)"]
    assert said["BATCH_LATER"].features == ["F"]
    assert said["PHASE_UNFINISHED"].ids == ["I"]


def test_the_files_are_written_and_taken_away_again(result, tmp_path):
    out = write(result, tmp_path / "out")
    for name in ("supply.csv", "supply_batches.csv", "boundaries.csv"):
        assert (out / name).read_bytes().startswith(b"\xef\xbb\xbf")
    plain = evaluate(town.write(tmp_path))
    assert plain.supply is None
    write(plain, out)
    assert not (out / "supply.csv").exists()


def test_without_batches_or_boundaries(tmp_path):
    only = evaluate(plan(tmp_path, boundaries=False)).supply
    assert isinstance(only, Supply)
    assert only.boundaries is None
    rest = evaluate(plan(tmp_path, batches=()))
    assert rest.supply.batches is None
    flags = rest.indicators.set_index(["zone_id", "indicator"]).loc[("Z1", "batch_supply_rate"), "flags"]
    assert flags == "LAYER_MISSING:batches"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"boundaries": {"aproved": {"path": "supply.gpkg"}}}, "unknown boundary 'aproved'"),
        ({"batches": {"path": "supply.gpkg", "layer": "batches", "stages": {"sent": ["x"]}}}, "unknown stage 'sent'"),
        ({"built_up": {"start": {"path": "supply.gpkg", "date": dt.date(2020, 1, 1)}}}, "give start and end"),
    ],
)
def test_wrong_plans_are_told_in_a_line(tmp_path, change, said):
    good = plan(tmp_path)
    raw = good.model_dump(by_alias=True, exclude={"folder", "file"}, exclude_unset=True)
    raw["layers"] |= change
    with pytest.raises(PlanError, match=said):
        parse_plan(raw, folder=tmp_path)


def test_own_words_for_stages_and_the_bank(tmp_path):
    made = plan(
        tmp_path, supply={"land_bank": ["vacant lot"], "months": 12}, register=REGISTER.replace("储备", "Vacant lot")
    )
    raw = made.model_dump(by_alias=True, exclude={"folder", "file"}, exclude_unset=True)
    raw["layers"]["batches"]["stages"] = {"approved": ["Somewhere"]}
    result = evaluate(parse_plan(raw, folder=tmp_path))
    assert result.supply.zones["land_bank_m2"].iloc[-1] == pytest.approx(10_000)
    assert pd.isna(result.supply.zones["months_of_supply"].iloc[-1])  # nothing was supplied in 2025
    assert result.supply.batches.set_index("scope").loc["approved", "area_m2"] == pytest.approx(60_000)


squares = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=7
)


@given(some=squares, others=squares)
def test_a_union_is_never_above_the_sum_and_equals_the_cells_it_covers(some, others):
    def cells(boxes):
        return {(x + i, y + j) for x, y, w, h in boxes for i in range(w) for j in range(h)}

    def shapes(boxes):
        return np.array([shapely.box(x, y, x + w, y + h) for x, y, w, h in boxes], dtype=object)

    parts, weight = signed(shapes(some))
    amounts = weight * shapely.area(parts)
    target = united(shapes(others), np.zeros(len(others), dtype=np.int64), size=1)
    assert amounts.sum() == pytest.approx(len(cells(some)))
    assert amounts.sum() <= sum(w * h for _, _, w, h in some) + 1e-9
    assert covered(target, parts, amounts)[0] == pytest.approx(len(cells(some) & cells(others)), abs=1e-9)


def test_where_no_date_tells_nothing_is_known(tmp_path):
    result = evaluate(plan(tmp_path, register="code,状态\nP9,\nP1,在建\n"))
    batches = result.supply.batches.set_index("scope")
    assert batches.loc["approved", ["supplied_m2", "unsupplied_m2", "supply_rate"]].isna().all()
    assert batches.loc["approved", "unknown_m2"] == pytest.approx(44_000)
    assert result.supply.zones[["supplied_m2", "window_supplied_m2", "months_of_supply"]].isna().all(axis=None)
    assert np.isnan(result.zones["approved_unsupplied_m2"].iloc[0])


def test_supplied_without_a_day_stands_in_no_window(result):
    # P3's contract shows that it was supplied, and nothing tells when.
    assert result.supply.zones["undated_m2"].tolist() == pytest.approx([10_000, 0, 0, 10_000])


def _kept():
    made = {}
    return lambda name, make: made[name] if name in made else made.setdefault(name, make())


def _study_of(parcels, batches):
    """As much of a survey as land in batches is told from."""
    frame = {
        k: SimpleNamespace(frame=gpd.GeoDataFrame(geometry=list(v)))
        for k, v in (("parcels", parcels), ("batches", batches))
    }
    plan = SimpleNamespace(plan=SimpleNamespace(area="planar"))
    return SimpleNamespace(layers=SimpleNamespace(layers=frame, crs=None), plan=plan, once=_kept())


@given(data=st.data())
def test_land_in_groups_of_batches_is_that_under_any_of_them(data):
    """Batches and parcels overlap as they like; a group of batches counts each square metre of parcels once."""
    rectangles = st.tuples(*[st.integers(0, 6)] * 2, *[st.integers(1, 4)] * 2)
    some = data.draw(st.lists(rectangles, min_size=1, max_size=6))
    others = data.draw(st.lists(rectangles, min_size=1, max_size=6))
    chosen = np.array(data.draw(st.lists(st.booleans(), min_size=len(some), max_size=len(some))))
    groups = data.draw(
        st.lists(
            st.lists(st.booleans(), min_size=len(others), max_size=len(others)).map(np.array), min_size=1, max_size=4
        )
    )
    survey = _study_of(*([shapely.box(x, y, x + w, y + h) for x, y, w, h in rows] for rows in (some, others)))
    got = parcels_where(survey, "chosen", chosen).within(_batch_places(survey, groups))
    under = {
        (x + i, y + j) for (x, y, w, h), c in zip(some, chosen, strict=True) if c for i in range(w) for j in range(h)
    }
    for size, group in zip(got, groups, strict=True):
        over = {
            (x + i, y + j)
            for (x, y, w, h), g in zip(others, group, strict=True)
            if g
            for i in range(w)
            for j in range(h)
        }
        assert size == pytest.approx(len(under & over), abs=1e-9)
