"""Roads as a net: blocks, dead ends, trunk grid, carriageways, frontage, works, and borders, against the pencil."""

import math

import geopandas as gpd
import momepy
import numpy as np
import pandas as pd
import pytest
import shapely
import town
from hypothesis import given, settings
from hypothesis import strategies as st

from gisplan.errors import PlanError
from gisplan.geometry import faces_between, streets
from gisplan.measure.blocks import blocks, medians
from gisplan.measure.junctions import dead_ends, junctions
from gisplan.measure.trunks import label, numeral
from gisplan.plan import parse_plan
from gisplan.study import evaluate, write

NAN = math.nan


def roads(*rows, **columns):
    """Roads of one name, class and line each, with further columns."""
    frame = town.table(["road_id", "name", "road_class"], *((f"R{i}", *row) for i, row in enumerate(rows)))
    return frame.assign(**columns)


def squares(width=100.0, columns=3, rows=2):
    """Grid of squares from the town's corner (0, 0), each street in one piece."""
    up = [(None, "支路", town.line((i * width, 0), (i * width, rows * width))) for i in range(columns + 1)]
    across = [(None, "支路", town.line((0, j * width), (columns * width, j * width))) for j in range(rows + 1)]
    return roads(*up, *across)


@pytest.fixture
def studied(tmp_path):
    """Function that measures roads in two zones: Z1 x 0–150, Z2 x 150–300, both y 0–200."""

    def study(frame, *, zones=None, parcels=None, surfaces=None, header=None, **spec):
        own = zones if zones is not None else [("Z1", town.box(0, 0, 150, 200)), ("Z2", town.box(150, 0, 300, 200))]
        layers = {"zones": town.table(["zone_id"], *own), "roads": frame}
        layers |= {} if parcels is None else {"parcels": parcels}
        layers |= {} if surfaces is None else {"road_surfaces": surfaces}
        table = {}
        for name, made in layers.items():
            made.to_file(tmp_path / "roads.gpkg", layer=name, driver="GPKG")
            table[name] = {"path": "roads.gpkg", "layer": name}
        table["roads"] |= spec
        plan = {"plan": {"name": "roads", "area": "planar", **(header or {})}, "layers": table}
        return evaluate(parse_plan(plan, folder=tmp_path))

    return study


def of(result, name):
    return result.zones.set_index("zone_id")[name].tolist()


def row(result, name, zone):
    return result.indicators.set_index(["indicator", "zone_id"]).loc[(name, zone)]


def codes(result):
    return {i.code for i in result.issues}


# ---------------------------------------------------------------- blocks, junctions, dead ends


def test_grid_of_squares(studied):
    """Six squares of 100 m over two zones; the middle column lies half in each."""
    result = studied(squares())
    assert of(result, "block_count") == pytest.approx([3, 3])
    assert of(result, "mean_block_area_m2") == pytest.approx([10_000, 10_000])
    for name in ("block_size_m", "block_size_mean_m", "block_size_max_m"):
        assert of(result, name) == pytest.approx([100, 100])
    assert row(result, "block_count", "Z1")["known_share"] == pytest.approx(1)
    assert row(result, "block_count", "Z1")["n_used"] == 4
    # Two inner crossings of four legs, six of three on the outer streets; corners are none. Three to the west of
    # x = 150 and three to the east, and in the middle of the border none.
    assert len(junctions(result.survey)) == 2 + 6
    area = 150 * 200 / 1e6
    assert of(result, "intersection_density") == pytest.approx([4 / area, 4 / area])
    assert of(result, "dead_end_share") == [0, 0]
    # Three streets across of 150 m each, two up; the outer street lies on the outer border.
    assert of(result, "road_length_m") == pytest.approx([3 * 150 + 2 * 200] * 2)


def test_bridge_crosses_without_a_junction_and_bounds_blocks(studied):
    """The middle street across the grid of squares passes over all others: 4 ends of 3 legs instead of 8 junctions."""
    frame = squares().assign(bridge=[None, None, None, None, None, "yes", None])
    result = studied(frame)
    assert len(junctions(studied(squares()).survey)) == 8
    assert len(junctions(result.survey)) == 4
    assert of(result, "block_count") == pytest.approx([3, 3])


def test_blocks_of_different_sizes(studied):
    """Squares of 60 × 60 and 80 × 60 m, the second a quarter in Z2; a plaza of 12 × 12 m is no block."""
    frame = roads(
        (None, "支路", town.line((20, 0), (80, 0), (80, 60), (20, 60), (20, 0))),
        (None, "支路", town.line((80, 0), (170, 0), (170, 60), (80, 60))),
        (None, "支路", town.line((30, 100), (42, 100), (42, 112), (30, 112), (30, 100))),
    )
    result = studied(frame)
    small, large = 60 * 60, 90 * 60
    part = 70 / 90
    assert of(result, "block_count") == pytest.approx([1 + part, 1 - part])
    assert of(result, "mean_block_area_m2") == pytest.approx([(small + part * large) / (1 + part), large])
    assert of(result, "block_size_m") == pytest.approx([60, math.sqrt(large)])  # 1 of 1.78 is more than half
    assert of(result, "block_size_mean_m")[0] == pytest.approx((60 + part * math.sqrt(large)) / (1 + part))
    assert of(result, "block_size_max_m") == pytest.approx([math.sqrt(large)] * 2)
    assert row(result, "block_count", "Z1")["flags"] == "ISLANDS:1"
    assert row(result, "block_count", "Z1")["known_share"] == pytest.approx((small + part * large) / 30_000)
    assert of(studied(frame, island_m=5), "block_count") == pytest.approx([2 + part, 1 - part])


def test_strip_of_a_block_behind_a_border_is_not_the_largest_block(studied):
    """A block of 200 × 200 m of which 15 m, less than a tenth, lie in Z1, beside a block of 50 × 50 m."""
    frame = roads(
        (None, "支路", town.line((135, 0), (335, 0), (335, 200), (135, 200), (135, 0))),
        (None, "支路", town.line((20, 20), (70, 20), (70, 70), (20, 70), (20, 20))),
    )
    result = studied(frame)
    assert of(result, "block_size_max_m") == pytest.approx([50, 200])
    assert of(result, "block_size_m") == pytest.approx([50, 200])


def test_medians():
    group = np.array([0, 0, 0, 1, 1, 3])
    assert medians(group, np.array([5.0, 1, 3, 2, 4, 9]), np.ones(6), size=4) == pytest.approx(
        [3, 3, NAN, 9], nan_ok=True
    )
    assert medians(group[:3], np.array([5.0, 1, 3]), np.array([2.5, 1, 1]), size=1) == pytest.approx([5])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5)), min_size=1, max_size=9))
def test_median_of_weights_is_that_of_repetition(pairs):
    values, weights = np.array(pairs, dtype=float).T
    group = np.zeros(len(pairs), dtype=np.int64)
    assert medians(group, values, weights, size=1)[0] == np.median(np.repeat(values, weights.astype(int)))


def test_end_at_the_studys_edge_is_cut_off_and_no_dead_end(studied):
    """One road through both zones, ending at the western edge and beyond the eastern one; another ends between."""
    frame = roads(
        (None, "支路", town.line((0, 100), (400, 100))),
        (None, "支路", town.line((50, 40), (50, 160))),
        (None, "支路", town.line((150, 20), (250, 20))),
    )
    result = studied(frame)
    # The street at x = 50 has two ends and makes a junction; the one at y = 20 begins on the border between the zones.
    assert of(result, "dead_end_share") == pytest.approx([2.5 / 3.5, 1.5 / 1.5])
    assert len(dead_ends(result.survey)) == 4 + 1  # one lies beyond the zones and counts in none


def test_end_that_misses_another_road_by_little_is_a_slip_and_no_dead_end(studied):
    """Two side streets: one stops 0.6 m short of the road, one runs 0.4 m beyond; and one stops 3 m short."""
    frame = roads(
        (None, "支路", town.line((10, 100), (290, 100))),
        (None, "支路", town.line((50, 40), (50, 99.4))),
        (None, "支路", town.line((100, 40), (100, 100.4))),
        (None, "支路", town.line((130, 40), (130, 97))),
    )
    result = studied(frame)
    # Of seven ends five are dead ones, one of them in Z2; the overshoot makes the only junction.
    assert of(result, "dead_end_share") == pytest.approx([5 / 6, 1])
    assert {"ROAD_UNDERSHOOT", "ROAD_OVERSHOOT"} <= codes(result)


# ---------------------------------------------------------------- trunk grid


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "零"), (1, "一"), (2, "两"), (3, "三"), (10, "十"), (12, "十二"), (20, "二十"), (32, "三十二"), (100, "100")],
)
def test_numerals(number, said):
    assert numeral(number) == said


def test_labels():
    assert label(3, 4) == {"zh": "三纵四横", "en": "3 lengthwise, 4 crosswise"}
    assert label(0, 1)["zh"] == "一横"
    assert label(0, 0) == {"zh": "无", "en": "none"}


def trunk_town(angle=0.0):
    """Two trunk roads up and three across, 200 m apart, one of each in two pieces; turned about the middle."""
    up = [(f"经{i}路", "主干路", town.line((i * 400, 0), (i * 400, 800))) for i in (1,)]
    up += [("经2路", "主干路", town.line((800, 0), (800, 400))), ("经2路", "快速路", town.line((800, 400), (800, 800)))]
    across = [(f"纬{j}路", "主干路", town.line((200, j * 200), (1000, j * 200))) for j in (1, 2)]
    across += [
        (None, "主干路", town.line((200, 600), (600, 600))),
        (None, "主干路", town.line((600, 600), (1000, 600))),
    ]
    clip = [("斜角路", "主干路", town.line((990, 700), (1000, 790))), ("支一路", "支路", town.line((0, 50), (900, 50)))]
    frame = roads(*up, *across, *clip)
    zones = [("Z1", town.box(0, 0, 600, 800)), ("Z2", town.box(600, 0, 1200, 800))]
    middle = (town.EAST + 600, town.NORTH + 400)
    zones = [(z, shapely.affinity.rotate(g, angle, origin=middle)) for z, g in zones]
    return frame.set_geometry(frame.rotate(angle, origin=middle)), zones


@pytest.mark.parametrize("angle", [0, 12, -30, 44])
def test_trunk_grid(studied, angle):
    frame, zones = trunk_town(angle)
    result = studied(frame, zones=zones)
    assert of(result, "trunk_lengthwise") == [1, 1]
    assert of(result, "trunk_crosswise") == [3, 3]
    grid = result.road_grid
    assert grid["grid_zh"].tolist() == ["一纵三横", "一纵三横", "两纵三横"]
    assert grid["lengthwise_roads"].tolist() == ["经1路", "经2路", "经1路;经2路"]
    assert grid["crosswise_roads"].tolist() == ["纬1路;纬2路;(1)"] * 3
    assert grid["axis_deg"].iloc[0] == pytest.approx(-angle, abs=1)  # the slanting stub pulls a little
    clip = math.hypot(10, 90)
    assert grid["trunk_length_m"].tolist() == pytest.approx([800 + 3 * 400, 800 + 3 * 400 + clip, 4000 + clip])
    assert of(result, "trunk_road_share")[0] == pytest.approx(2000 / 2600)


def test_grid_turned_past_the_diagonal_changes_places(studied):
    """What ran north to south runs west to east after a turn of 60°, and is called so."""
    frame, zones = trunk_town(60)
    assert studied(frame, zones=zones).road_grid["grid_zh"].iloc[-1] == "三纵两横"


def test_other_classes_may_be_the_trunk(studied):
    frame, zones = trunk_town()
    grid = studied(frame, zones=zones, trunk=["local"]).road_grid
    assert grid["crosswise_roads"].tolist() == ["支一路"] * 3


def test_roads_without_known_classes_have_no_grid(studied):
    frame, zones = trunk_town()
    result = studied(frame.drop(columns="road_class"), zones=zones)
    assert result.road_grid is None
    assert row(result, "trunk_lengthwise", "Z1")["flags"] == "INPUT_MISSING:road_class"


# ---------------------------------------------------------------- carriageways


def dual_town():
    """A dual road of 300 m through both zones at y = 90 and 110, crossed by a street at x = 75."""
    return roads(
        ("大道", "主干路", town.line((0, 110), (300, 110))),
        ("大道", "主干路", town.line((300, 90), (0, 90))),
        ("小路", "支路", town.line((75, 20), (75, 180))),
    )


def test_carriageways_are_told_of_and_count_twice_by_default(studied):
    result = studied(dual_town())
    area = 150 * 200 / 1e6
    assert of(result, "road_density") == pytest.approx([(300 + 160) / 1000 / area, 300 / 1000 / area])
    assert of(result, "intersection_density") == pytest.approx([2 / area, 0])
    (issue,) = [i for i in result.issues if i.code == "DUAL_NOT_MERGED"]
    assert issue.severity == "note"
    assert issue.features == ["R0", "R1"]
    assert "0.3 km" in issue.message
    assert "大道 (300 m)" in issue.message


def test_carriageways_merged(studied):
    result = studied(dual_town(), merge_dual=True)
    area = 150 * 200 / 1e6
    assert of(result, "road_length_m") == pytest.approx([460, 300])  # as drawn
    assert of(result, "road_density") == pytest.approx([(150 + 160) / 1000 / area, 150 / 1000 / area], rel=0.01)
    assert of(result, "road_density_arterial") == pytest.approx([150 / 1000 / area] * 2, rel=0.01)
    assert of(result, "road_class_share_arterial")[0] == pytest.approx(150 / 310, rel=0.01)
    assert of(result, "intersection_density") == pytest.approx([1 / area, 0])
    assert "DUAL_NOT_MERGED" not in codes(result)


def test_only_one_way_roads_are_carriageways_where_the_layer_tells(studied):
    two_way = studied(dual_town().assign(oneway=["no", "no", "yes"]), merge_dual=True)
    assert of(two_way, "road_density")[1] == pytest.approx(0.3 / 0.03)
    one_way = studied(dual_town().assign(oneway=["yes", "-1", None]), merge_dual=True)
    assert of(one_way, "road_density")[1] == pytest.approx(0.15 / 0.03, rel=0.01)


def test_land_between_carriageways_is_no_block(studied):
    """Closed off at both ends by streets, the strip of 20 m encloses land, and the blocks beside it do."""
    frame = pd.concat(
        [
            dual_town().iloc[:2],
            roads(
                (None, "支路", town.line((1, 10), (1, 190))),
                (None, "支路", town.line((299, 10), (299, 190))),
                (None, "支路", town.line((1, 10), (299, 10))),
                (None, "支路", town.line((1, 190), (299, 190))),
            ),
        ],
        ignore_index=True,
    ).assign(road_id=list("abcdef"))
    assert sum(of(studied(frame), "block_count")) == pytest.approx(3)
    merged = studied(frame, merge_dual=True)
    assert sum(of(merged, "block_count")) == pytest.approx(2)
    assert len(blocks(merged.survey).islands) == 1


# ---------------------------------------------------------------- roads on borders


@pytest.mark.parametrize(
    ("rule", "length", "outside", "overlap"),
    [
        ("share", [100 + 120, 100], 0, 0),
        ("half", [100 + 60, 100], 60, 0),
        ("full", [200 + 120, 200], 0, 200),
    ],
)
def test_declared_edge_rule_and_the_balance_closes(studied, rule, length, outside, overlap):
    """200 m along the border between the zones, 120 m along the outer one."""
    frame = roads((None, "支路", town.line((150, 0), (150, 200))), (None, "支路", town.line((10, 0), (130, 0))))
    result = studied(frame, edge_rule=rule)
    assert of(result, "road_length_m") == pytest.approx(length)
    books = result.balance.set_index(["layer", "measure"]).loc[("roads", "length_m")]
    assert (books["outside"], books["overlap"]) == (pytest.approx(outside), pytest.approx(overlap))
    assert books["input"] + books["overlap"] == pytest.approx(books["inside"] + books["outside"], rel=1e-12)


@pytest.mark.parametrize(("rule", "count"), [("share", [1.5, 0.5]), ("half", [1, 0.5]), ("full", [2, 1])])
def test_junctions_on_borders_follow_the_rule(studied, rule, count):
    """One on the border between the zones, one on the outer border of Z1."""
    frame = roads(
        (None, "支路", town.line((0, 100), (300, 100))),
        (None, "支路", town.line((150, 100), (150, 190))),
        (None, "支路", town.line((-50, 0), (100, 0))),
        (None, "支路", town.line((50, 0), (50, 60))),
    )
    area = 150 * 200 / 1e6
    assert of(studied(frame, edge_rule=rule), "intersection_density") == pytest.approx([n / area for n in count])


# ---------------------------------------------------------------- road land


@pytest.mark.parametrize("angle", [90, 60, 30])
def test_land_of_roads_that_cross_counts_once(studied, angle):
    """Widths 20 and 10 m crossing at an angle share a parallelogram of 20 × 10 ÷ sin."""
    a = math.radians(angle)
    way = np.array([math.cos(a), math.sin(a)]) * 50
    frame = roads(
        (None, "支路", town.line((20, 100), (280, 100))),
        (None, "支路", town.line((150 - way[0], 100 - way[1]), (150 + way[0], 100 + way[1]))),
        width_m=[20.0, 10.0],
    )
    result = studied(frame, zones=[("Z", town.box(0, 0, 300, 200))])
    land = 260 * 20 + 100 * 10 - 20 * 10 / math.sin(a)
    assert row(result, "road_area_share", "Z")["numerator"] == pytest.approx(land, rel=1e-9)


# ---------------------------------------------------------------- frontage


def plots(*boxes):
    return town.table(["parcel_id"], *((f"P{i}", town.box(*b)) for i, b in enumerate(boxes)))


def test_frontage(studied):
    """P0 on one road, P1 at the corner of two, P2 behind them, P3 on a road of no known width, P4 in Z2 on nothing."""
    parcels = plots((0, 110, 40, 150), (40, 110, 98, 150), (0, 150, 40, 190), (105, 10, 145, 60), (160, 20, 200, 60))
    frame = roads(
        ("东路", "支路", town.line((0, 100), (150, 100))),
        ("北街", "支路", town.line((100, 90), (100, 200))),
        (None, "支路", town.line((0, 0), (150, 0))),
        width_m=[20.0, 4.0, NAN],
    )
    result = studied(frame, parcels=parcels, frontage_m=1)
    table = result.parcels.set_index("parcel_id")
    assert table["frontage_m"].tolist() == pytest.approx([40, 58 + 40, 0, NAN, 0], nan_ok=True)
    assert table["frontage_roads"].fillna("").tolist() == ["东路", "东路;北街", "", "", ""]
    share = row(result, "frontage_parcel_share", "Z1")
    assert (share["value"], share["n_used"], share["n_missing"], share["flags"]) == (
        pytest.approx(2 / 3),
        3,
        1,
        "PARTIAL",
    )
    assert row(result, "frontage_parcel_share", "Z2")["value"] == 0


def test_frontage_on_road_surfaces(studied):
    """The surface reaches P0 for 30 of its 40 m, a metre off; the road's own width does not matter."""
    parcels = plots((0, 110, 40, 150), (40, 110, 98, 150))
    frame = roads(("东路", "支路", town.line((0, 100), (150, 100))), width_m=[20.0])
    surface = town.table(["surface_id"], ("S", town.box(10, 90, 150, 109)))
    result = studied(frame, parcels=parcels, surfaces=surface, frontage_m=2)
    assert result.parcels["frontage_m"].tolist() == pytest.approx([30, 58])
    assert result.parcels["frontage_roads"].tolist() == ["东路", "东路"]


def test_frontage_is_measured_only_where_it_is_asked_for(studied):
    result = studied(squares(), parcels=plots((5, 5, 95, 95)))
    assert "frontage_m" not in result.parcels
    assert "frontage_parcel_share" not in result.zones


# ---------------------------------------------------------------- works


def works_town(**changes):
    """100 m built, 200 m under construction over both zones, 60 m planned, 50 m gone."""
    frame = roads(
        ("一路", "支路", town.line((10, 50), (110, 50))),
        ("二路", "支路", town.line((50, 100), (250, 100))),
        ("三路", "支路", town.line((20, 150), (80, 150))),
        ("四路", "支路", town.line((20, 180), (70, 180))),
        status=["已建成", "Under_Construction", "规划", "废弃"],
        pct_roadbed=[100.0, 60.0, 0.0, 100.0],
        pct_paving=[100.0, 15.0, NAN, 100.0],
        lit=["yes", "no", None, None],
    )
    return frame.assign(**changes)


def test_roads_to_come_are_counted_apart(studied):
    result = studied(works_town())
    assert of(result, "road_length_m") == pytest.approx([100, 0])
    assert of(result, "road_coming_m_building") == pytest.approx([100, 100])
    assert of(result, "road_coming_m_planned") == pytest.approx([60, 0])
    assert of(result, "lit_road_share") == pytest.approx([1, NAN], nan_ok=True)
    books = result.balance.set_index(["layer", "measure"])
    assert books.loc[("roads", "count"), "input"] == 1
    assert books.loc[("roads_not_in_service", "length_m"), "input"] == pytest.approx(310)
    assert set(result.roads["state"]) == {"in_service", "building", "planned", "gone"}


def test_progress_is_weighed_by_length(studied):
    """Of what is there or to come; what is gone does not count, and what tells nothing makes it partial."""
    result = studied(works_town())
    roadbed = row(result, "road_progress_roadbed", "Z1")
    assert roadbed["value"] == pytest.approx((100 * 1 + 100 * 0.6 + 60 * 0) / 260)
    assert (roadbed["n_used"], roadbed["flags"]) == (3, "")
    paving = row(result, "road_progress_paving", "Z1")
    assert paving["value"] == pytest.approx((100 * 1 + 100 * 0.15) / 200)
    assert (paving["n_missing"], paving["flags"], paving["known_share"]) == (1, "PARTIAL", pytest.approx(200 / 260))
    assert of(result, "road_progress_roadbed")[1] == pytest.approx(0.6)
    assert "road_progress_lighting" not in result.zones
    assert "ROAD_PROGRESS_UNIT" in codes(result)


def test_progress_as_shares_and_as_declared(studied):
    shares = studied(works_town(pct_roadbed=[1.0, 0.6, 0.0, 1.0], pct_paving=[1, 0.15, NAN, 1]))
    assert of(shares, "road_progress_roadbed") == pytest.approx(of(studied(works_town()), "road_progress_roadbed"))
    assert "ROAD_PROGRESS_UNIT" not in codes(shares)
    low = studied(
        works_town(pct_roadbed=[1.0, 0.6, 0.0, 1.0]),
        columns={"roadbed_done": {"column": "pct_roadbed", "unit": "percent"}},
    )
    assert of(low, "road_progress_roadbed")[1] == pytest.approx(0.006)


def test_all_roads_under_construction(studied):
    result = studied(works_town(status="在建"))
    assert of(result, "road_length_m") == [0, 0]
    assert of(result, "road_density") == [0, 0]
    assert of(result, "block_count") == [0, 0]
    assert of(result, "road_coming_m_building") == pytest.approx([100 + 100 + 60 + 50, 100])
    assert of(result, "road_progress_roadbed")[0] == pytest.approx((100 + 60 + 0 + 50) / 310)


def test_unknown_status_counts_as_drawn_and_is_told(studied):
    result = studied(works_town(status=["已建成", "暂缓", None, "gone"]), statuses={"planned": ["立项"]})
    assert of(result, "road_length_m") == pytest.approx([100 + 100 + 60, 100])
    (issue,) = [i for i in result.issues if i.code == "ROAD_STATUS_UNKNOWN"]
    assert (issue.count, issue.features) == (1, ["R1"])
    assert "暂缓 (1)" in issue.message
    mapped = studied(works_town(status=["已建成", "暂缓", None, "gone"]), statuses={"planned": ["暂缓"]})
    assert of(mapped, "road_coming_m_planned") == pytest.approx([100, 100])


def test_a_class_that_is_the_word_for_a_state_is_no_road_in_use(studied):
    """OpenStreetMap writes highway=proposed and highway=construction; nobody drives there."""
    frame = works_town(road_class=["primary", "proposed", "construction", "road"]).drop(columns="status")
    result = studied(frame)
    assert of(result, "road_length_m") == pytest.approx([100 + 50, 0])
    assert of(result, "road_coming_m_planned") == pytest.approx([100, 100])
    assert of(result, "road_coming_m_building") == pytest.approx([60, 0])
    (issue,) = [i for i in result.issues if i.code == "ROAD_STATE_FROM_CLASS"]
    assert (issue.count, issue.features) == (2, ["R1", "R2"])
    assert "construction (1), proposed (1)" in issue.message
    (unknown,) = [i for i in result.issues if i.code == "ROAD_CLASS_UNKNOWN"]
    assert (unknown.count, unknown.features) == (1, ["R3"])


def test_a_status_goes_before_the_class_and_a_mapped_class_stays_one(studied):
    frame = works_town(road_class=["primary", "proposed", "construction", "road"], status=[None, "built", None, None])
    told = studied(frame)
    assert of(told, "road_coming_m_building") == pytest.approx([60, 0])
    assert of(told, "road_length_m") == pytest.approx([100 + 100 + 50, 100])
    mapped = studied(frame, classes={"local": ["construction"]})
    assert of(mapped, "road_length_m") == pytest.approx([100 + 100 + 60 + 50, 100])
    assert "ROAD_STATE_FROM_CLASS" not in codes(mapped)


def test_a_grid_lies_over_roads_in_use_and_to_come(tmp_path):
    works_town().to_file(tmp_path / "roads.gpkg", layer="roads", driver="GPKG")
    table = {"path": "roads.gpkg", "layer": "roads"}
    plan = {"plan": {"name": "roads", "area": "planar"}, "layers": {"zones": {"grid": 500}, "roads": table}}
    result = evaluate(parse_plan(plan, folder=tmp_path))
    assert result.zones["road_length_m"].sum() == pytest.approx(100)
    assert result.zones["road_coming_m_building"].sum() == pytest.approx(200)


# ---------------------------------------------------------------- bad input


def test_more_than_all_is_missing_and_told(studied):
    result = studied(works_town(pct_roadbed=[120.0, 60.0, 0.0, 100.0]))
    (issue,) = [i for i in result.issues if i.code == "ROAD_PROGRESS_OVER"]
    assert "R0 (120%)" in issue.message
    told = row(result, "road_progress_roadbed", "Z1")
    assert (told["value"], told["n_missing"]) == (pytest.approx(60 / 160), 1)


def test_lines_without_length_are_rejected_and_told(studied):
    frame = squares()
    frame.loc[0, "geometry"] = shapely.LineString([(town.EAST, town.NORTH)] * 2)
    result = studied(frame)
    assert "GEOMETRY_REJECTED" in codes(result)
    assert result.balance.set_index(["layer", "measure"]).loc[("roads", "count"), "rejected"] == 1
    assert of(result, "block_count") == pytest.approx([1, 3])  # the western street is gone


def test_roads_without_a_junction(studied):
    """Parallel roads that never meet."""
    frame = roads(*((None, "支路", town.line((10, y), (290, y))) for y in (20, 60, 100)))
    result = studied(frame)
    assert of(result, "intersection_density") == [0, 0]
    assert of(result, "dead_end_share") == [1, 1]
    assert of(result, "block_count") == [0, 0]
    assert row(result, "block_size_m", "Z1")["flags"] == "NO_DATA"


def test_all_in_one_class(studied):
    result = studied(squares())
    assert of(result, "road_class_share_local") == [1, 1]
    assert of(result, "trunk_road_share") == [0, 0]
    assert of(result, "trunk_crosswise") == [0, 0]
    assert result.road_grid is None


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"edge_rule": "both"}, "edge_rule"),
        ({"trunk": ["arterail"]}, "arterial"),
        ({"trunk": []}, "trunk"),
        ({"statuses": {"finished": ["x"]}}, "in_service"),
        ({"frontage_m": -1}, "frontage_m"),
        ({"dual_m": 0}, "dual_m"),
    ],
    ids=str,
)
def test_plan_that_makes_no_sense(studied, spec, said):
    with pytest.raises(PlanError, match=said):
        studied(squares(), **spec)


# ---------------------------------------------------------------- tables and files


def test_table_of_roads_adds_up(studied, tmp_path):
    result = studied(works_town())
    table = result.roads
    assert table.groupby("zone_id")["length_m"].sum().tolist() == pytest.approx([100 + 100 + 60 + 50, 100])
    assert table[table["road_id"] == "R1"][["zone_id", "length_m", "state"]].to_numpy().tolist() == [
        ["Z1", pytest.approx(100), "building"],
        ["Z2", pytest.approx(100), "building"],
    ]
    out = write(result, tmp_path / "out")
    text = (out / "roads.csv").read_text(encoding="utf-8-sig")
    assert text.replace('"', "").startswith("road_id,name,road_class,state,zone_id,length_m")
    assert not (out / "road_grid.csv").exists()


def test_plan_without_roads_is_told_of_none(tmp_path):
    result = evaluate(town.write(tmp_path, drop=["roads"]))
    assert result.roads is None
    assert result.road_grid is None
    assert not [c for c in result.zones if c.startswith(("block_", "trunk_", "dead_end", "road_class_share"))]


# ---------------------------------------------------------------- peers


def test_momepy_finds_the_same_crossings_and_blocks():
    """On a grid with gaps, dead ends and a slanting street: nodes by degree, and faces but for the outer one."""
    rng = np.random.default_rng(4)
    pieces = [
        ((i * 100.0, j * 100.0), (i * 100.0 + dx, j * 100.0 + dy))
        for i in range(12)
        for j in range(12)
        for dx, dy in ((100.0, 0.0), (0.0, 100.0))
        if rng.uniform() < 0.8
    ]
    lines = gpd.GeoDataFrame(geometry=[shapely.LineString(p) for p in pieces], crs=town.CRS)
    graph = momepy.gdf_to_nx(lines)
    degree = np.array([d for _, d in graph.degree()])
    net = streets(np.asarray(lines.geometry.array))
    assert (net.legs >= 3).sum() == (degree >= 3).sum() > 50
    assert (net.legs == 1).sum() == (degree == 1).sum() > 5
    theirs = momepy.enclosures(lines)
    faces = faces_between(net.edges)
    assert len(theirs) == len(faces) > 30
    assert np.sort(theirs.area) == pytest.approx(np.sort(shapely.area(faces)))
