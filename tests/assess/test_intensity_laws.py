"""Laws of the land intensity evaluation: codes cover everything, scores stay in bounds and follow what is better."""

import datetime as dt
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
import town
from hypothesis import given, settings
from hypothesis import strategies as st

from gisplan import vocabulary
from gisplan.assess.intensity_codes import codes_of
from gisplan.assess.intensity_score import leaves, moved, ranks, scored, standardised
from gisplan.plan import parse_plan
from gisplan.rules import load_packs
from gisplan.study import score

AS_OF = dt.date(2025, 12, 31)
TREE = {w.id: w.parts for w in load_packs(["cn-zone-intensity"])[0].weights if w.set == "1"}
NAMES = [name for _, name, _ in leaves(TREE, "zone")]
DATE = st.none() | st.dates(dt.date(1990, 1, 1), dt.date(2030, 1, 1))
PARCEL = st.fixed_dictionaries(
    {
        "land_class": st.none() | st.sampled_from(list(vocabulary.land_classes())),
        "state": st.sampled_from(["built", "vacant", "formed", "open", None]),
        "land_use": st.none() | st.sampled_from(["0703", "1001", "17"]),
        "build_code": st.none() | st.sampled_from(["A2", "b11", "C3", "Z9", "X"]),
        "supply_code": st.none() | st.sampled_from(["D1", "E21", "F", "?"]),
        "supply_type": st.none() | st.sampled_from(["划拨", "挂牌", "协议", "?"]),
        "is_acquired": st.sampled_from([True, False, None]),
        **dict.fromkeys(("supply_date", "handover_date", "approval_date", "completion_date", "expiry_date"), DATE),
    }
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(PARCEL, min_size=1, max_size=12), st.booleans(), st.sampled_from([None, True, False]), st.integers(0, 2)
)
def test_every_parcel_has_one_code_in_each_partition(rows, complete, acquired, served):
    frame = pd.DataFrame(rows, dtype=object)
    size = len(frame)
    codes = codes_of(
        frame, as_of=AS_OF, served=np.full(size, served == 1), unserved=np.full(size, served == 2), rural=["0703"],
        register_complete=complete, land_acquired=acquired,
    )  # fmt: skip
    assert set(codes.build) <= set(vocabulary.intensity("build"))
    assert set(codes.supply) <= set(vocabulary.intensity("supply"))
    assert set(codes.build_from) | set(codes.supply_from) <= set(vocabulary.intensity("sources"))
    for i, row in enumerate(rows):
        supplied = any(row[n] is not None and row[n] <= AS_OF for n in ("supply_date", "handover_date"))
        if codes.supply_from[i] != "register" and codes.build[i][0] != "C":
            # Supplied land is never said to be open, and land of which nothing tells it is never said to be supplied
            # unless it is public land in use.
            assert (codes.supply[i][0] == "D") == (supplied or codes.supply_from[i] == "in_use")
        if codes.build_from[i] == "condition" and supplied:
            assert codes.build[i] == "B21"
        if not complete and not supplied and codes.supply_from[i] not in ("register", "in_use"):
            assert codes.supply[i] in ("X", "F")


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.none() | st.floats(0, 1), min_size=len(NAMES), max_size=len(NAMES)),
    st.integers(0, len(NAMES) - 1),
    st.floats(0, 1),
    st.booleans(),
)
def test_scores_stay_in_bounds_and_follow_what_is_better(values, which, more, renormalise):
    near = {n: np.array([np.nan if v is None else v]) for n, v in zip(NAMES, values, strict=True)}
    before = scored(TREE, "zone", near, zones=1, renormalise=renormalise)
    total = before.tables["zone"][0]
    if any(v is None for v in values) and not renormalise:
        assert np.isnan(total)
        return
    if all(v is None for v in values):
        assert np.isnan(total)
        return
    assert -1e-9 <= total <= 100 + 1e-9
    assert sum(w[0] for w in before.weights.values()) == pytest.approx(1)
    assert total == pytest.approx(100 * sum(w[0] * near[n][0] for n, w in before.weights.items() if w[0] > 0))
    if values[which] is not None:
        near[NAMES[which]] = np.maximum(near[NAMES[which]], more)
        assert scored(TREE, "zone", near, zones=1, renormalise=renormalise).tables["zone"][0] >= total - 1e-9


def test_standardised_by_hand():
    value = np.array([0.5, 2.0, 0.1, 206.0, 103.0, 50.0, np.nan, 1.0, 0.0, -1.0])
    ideal = np.array([1.0, 1.0, 0.0, 103.0, 103.0, 103.0, 1.0, np.nan, 103.0, 1.0])
    better = np.array(["more", "more", *["less"] * 4, "more", "more", "less", "more"], dtype=object)
    expected = [0.5, 1.0, 0.9, 0.5, 1.0, 1.0, np.nan, np.nan, 1.0, 0.0]
    np.testing.assert_allclose(standardised(value, ideal, better=better), expected)


def test_moved_weights_add_up_and_are_the_same_every_time():
    every = list(moved(TREE))
    # Two for each part of each table that has several, and 200 draws.
    assert len(every) == 2 * (3 + 3 + 2 + 4 + 2) + 200
    for tree in every:
        for table, parts in tree.items():
            assert sum(parts.values()) == pytest.approx(1), table
            for name, weight in parts.items():
                # Up or down by a fifth and made whole again: no further than 1.2 ÷ 0.8.
                assert 2 / 3 - 1e-9 <= weight / TREE[table][name] <= 1.5 + 1e-9
    assert every == list(moved(TREE))


def test_ranks_share_places_and_leave_out_what_has_no_score():
    np.testing.assert_array_equal(ranks(np.array([50.0, 70.0, np.nan, 70.0, 10.0])), [3, 1, np.nan, 1, 4])


def test_rank_range_of_two_zones_that_change_places():
    """Zone a is best in one half, zone b in the other; 0.5 : 0.5 is a tie that any move of a weight breaks."""
    tree = {"zone": {"x": 0.5, "y": 0.5}}
    near = {"x": np.array([1.0, 0.0]), "y": np.array([0.0, 1.0])}
    places = np.array([ranks(scored(t, "zone", near, zones=2, renormalise=False).tables["zone"]) for t in moved(tree)])
    assert places.min(axis=0).tolist() == [1, 1]
    assert places.max(axis=0).tolist() == [2, 2]


PLOTS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from(["1001", "1701", "0103", "1401", "9999"])),
    max_size=8,
    unique_by=lambda p: p[:2],
)
ROADS = st.lists(
    st.tuples(st.integers(-50, 350), st.integers(-50, 250), st.integers(10, 250), st.integers(10, 60)), max_size=3
)


@settings(max_examples=10, deadline=None)
@given(PLOTS, ROADS, st.sampled_from(["unknown", "B22", "C3"]))
def test_partitions_of_any_town_sum_to_the_zones(plots, roads, rest):
    """Squares without overlap and roads across them: nothing is lost, nothing counts twice, streets are what is left."""
    with tempfile.TemporaryDirectory() as folder:
        shapes = {f"P{c}{r}": town.box(100 * c, 100 * r, 100 * c + 100, 100 * r + 100) for c, r, _ in plots}
        shapes["P"] = town.box(400, 0, 500, 100)
        uses = {f"P{c}{r}": use for c, r, use in plots} | {"P": "1001"}
        surfaces = [town.box(x, y, x + w, y + h) for x, y, w, h in roads]
        layers = {
            "zones": town.table(["zone_id"], ("W", town.box(0, 0, 250, 300)), ("E", town.box(250, 0, 500, 300))),
            "parcels": town.table(["parcel_id", "land_use"], *((k, uses[k], v) for k, v in shapes.items())),
            "road_surfaces": town.table(["surface_id"], ("S", town.box(400, 150, 500, 160)), *((f"S{i}", s) for i, s in enumerate(surfaces))),
        }  # fmt: skip
        for name, frame in layers.items():
            frame.to_file(Path(folder) / "t.gpkg", layer=name, driver="GPKG")
        spec = {name: {"path": "t.gpkg", "layer": name} for name in layers}
        spec["parcels"]["code_system"] = "ydyh2023"
        plan = {
            "plan": {"name": "t", "area": "planar", "as_of": AS_OF, "rules": ["cn-zone-intensity"]},
            "intensity": {"land_without_parcel": rest},
            "layers": spec,
        }
        table = score(parse_plan(plan, folder=Path(folder))).land
    all_roads, all_plots = (
        shapely.union_all([*surfaces, town.box(400, 150, 500, 160)]),
        shapely.union_all([*shapes.values()]),
    )
    for zone in layers["zones"].itertuples():
        street = shapely.area(shapely.difference(shapely.intersection(all_roads, zone.geometry), all_plots))
        for by in ("build", "supply"):
            rows = table[(table["zone_id"] == zone.zone_id) & (table["partition"] == by)].set_index("code")["area_m2"]
            assert "difference" not in rows
            assert rows["total"] == pytest.approx(zone.geometry.area)
            assert rows.drop("total").sum() == pytest.approx(zone.geometry.area, abs=1.0)
            own = table[(table["zone_id"] == zone.zone_id) & (table["partition"] == by) & (table["source"] == "street")]
            assert own["area_m2"].sum() == pytest.approx(street, abs=1e-3)
