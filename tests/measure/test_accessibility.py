"""Ways along the roads of a small town, worked out with a pencil, and what cannot be reached and why."""

import re

import geopandas as gpd
import numpy as np
import pytest
import town
from town import box, line, point

from gisplan import evaluate
from gisplan.errors import GisplanError
from gisplan.measure.network import directions, levels
from gisplan.plan import parse_plan

# One character is 20 m wide, one line 50 m high. A high street of 600 m from west to east, M; a lane N up from its
# middle; a bridge B over it from south to north, which carries no ramp; a loop whose one side, W, is one-way from east
# to west; an island road I beyond the river. F1 and F2 are two stops.
#
#    350   [ A ]           [ B1 ]     |
#    300   ..I....      ~~~~|~~~~~~~~~|~~~~~~~   river y 240-260, over all the width
#    200                    |N     [D]|B
#    150                    |         |
#    100   [ P ]            |         |    [ Q ]
#      0   ==F1=============+=M=======|=====F2=====
#          0    100        300       450   500   600
#
#   P x 40-100, y 20-60 · Q x 500-560, y 20-60 · D x 330-370, y 180-220, on N · A x 0-60, y 310-350, on I
#   R x 330-370, y 265-300: beyond the river from N's end at (300, 230) · S x 700-760, y 500-540, near nothing
#   E x 452-480, y 120-160, beside the bridge only

ROADS = {
    "M": (line((0, 0), (600, 0)), None, None),
    "N": (line((300, 0), (300, 230)), None, None),
    "B": (line((450, -100), (450, 400)), "yes", None),
    "I": (line((0, 300), (100, 300)), None, None),
}
LOTS = {
    "P": box(40, 20, 100, 60),
    "Q": box(500, 20, 560, 60),
    "D": box(330, 180, 370, 220),
    "A": box(0, 310, 60, 350),
    "R": box(330, 265, 370, 300),
    "S": box(700, 500, 760, 540),
    "E": box(452, 120, 480, 160),
}
#: Jobs by parcel; nobody knows those of D.
JOBS = {"P": 10, "Q": 20, "D": None, "A": 30, "R": 5, "S": 1, "E": 2}
STOPS = {"F1": point(70, -5), "F2": point(530, 0)}
RIVER = box(-50, 240, 800, 260)


def study(
    folder, *, facility=None, services=None, barriers=True, roads=ROADS, stops=STOPS, lots=LOTS, checks=None, **plan
):
    """Run the town; keywords replace single things."""
    jobs = {k: JOBS.get(k) for k in lots}
    made = {
        "zones": town.table(["zone_id"], ("Z", box(-100, -200, 900, 700))),
        "parcels": town.table(["parcel_id", "jobs"], *((k, jobs[k], v) for k, v in lots.items())),
        "roads": town.table(["road_id", "bridge", "oneway"], *((k, b, o, v) for k, (v, b, o) in roads.items())),
        "stops": town.table(["facility_id"], *stops.items()),
        "river": town.table(["feature_id"], ("river", RIVER)),
    }
    for name, frame in made.items():
        frame.to_file(folder / "ways.gpkg", layer=name, driver="GPKG")
    layers = {n: {"path": "ways.gpkg", "layer": n} for n in ("zones", "parcels", "roads")}
    layers["facilities"] = {"stop": {"path": "ways.gpkg", "layer": "stops", "within": [100], **(facility or {})}}
    if barriers:
        layers["barriers"] = {"river": {"path": "ways.gpkg", "layer": "river"}}
    if services is not None:
        layers |= {"services": {"hydrant": {"path": "ways.gpkg", "layer": "stops", "method": "network", **services}}}
        del layers["facilities"]
    raw = {"plan": {"name": "ways", "area": "planar"}, "layers": layers, "checks": checks or {}, **plan}
    return evaluate(parse_plan(raw, folder=folder))


def parcels(result):
    return result.parcels.set_index("parcel_id")


def flags(result, indicator):
    return result.indicators.set_index("indicator").loc[indicator, "flags"]


def test_distances_by_hand(tmp_path):
    found = parcels(study(tmp_path))
    # F1 lies 5 m off M before P, whose front is 20 m off it. F2 lies on M before Q.
    # D fronts on N, 30 m off it, from y = 180 on: from F2 230 m along M, 180 m up N.
    assert found["distance_stop_m"].to_dict() == pytest.approx(
        {"P": 25, "Q": 20, "D": 230 + 180 + 30, "A": np.nan, "R": np.nan, "S": np.nan, "E": np.nan}, nan_ok=True
    )
    assert found["nearest_stop"].dropna().to_dict() == {"P": "F1", "Q": "F2", "D": "F2"}
    assert found["reason_stop"].dropna().to_dict() == {
        "A": "ISLAND",  # its road meets no other
        "R": "BARRIER",  # N ends before the river
        "S": "SNAP_TOO_FAR",
        "E": "SNAP_TOO_FAR",  # nobody steps on to a bridge
    }


def test_a_stop_on_the_parcel_itself_is_no_way_off(tmp_path):
    """Not the way out to the road and back; also where the parcel has no road. A border that merely touches is no access."""
    stops = {"F1": point(70, 40), "F2": point(730, 520), "F3": box(530, 60, 560, 100)}
    found = parcels(study(tmp_path, stops=stops))
    assert found.loc[["P", "S"], "distance_stop_m"].tolist() == [0, 0]
    assert found.loc[["P", "S"], "nearest_stop"].tolist() == ["F1", "F2"]
    assert found.loc["S", "reason_stop"] is None or found["reason_stop"].isna()["S"]
    assert found.loc["Q", "distance_stop_m"] > 0


def test_without_the_river_the_end_of_the_lane_is_near_enough(tmp_path):
    found = parcels(study(tmp_path, barriers=False))
    # From the lane's end (300, 230) to R's corner (330, 265).
    assert found.loc["R", "distance_stop_m"] == pytest.approx(230 + 230 + np.hypot(30, 35))


def test_the_share_of_land_and_of_jobs(tmp_path):
    result = study(tmp_path, facility={"within": [100, 450]}, accessibility={"weights": ["parcels", "jobs"]})
    land = {k: v.area for k, v in LOTS.items()}
    zone = result.zones.iloc[0]
    whole = sum(land.values())
    assert zone["accessibility_stop_100"] == pytest.approx((land["P"] + land["Q"]) / whole)
    # E is 120 m from M in a straight line, and nobody knows how one gets there: at 450 m it may be near enough.
    known = whole - land["E"]
    near = land["P"] + land["Q"] + land["D"]
    # S lies 501 m away straight (from (530, 0) to (700, 500)); it is not within 450 m whatever the way.
    assert np.hypot(170, 500) > 450
    assert zone["accessibility_stop_450"] == pytest.approx(near / known)
    assert zone["accessibility_jobs_stop_100"] == pytest.approx(30 / 68)
    assert zone["accessibility_jobs_stop_450"] == pytest.approx(30 / 66)
    assert flags(result, "accessibility_stop_100") == "BARRIER:1;SNAP_TOO_FAR:2;ISLAND:1"
    assert flags(result, "accessibility_jobs_stop_450") == "PARTIAL;BARRIER:1;SNAP_TOO_FAR:2;ISLAND:1"
    assert "accessibility_people_stop_100" not in result.zones


def test_people_that_no_column_tells_are_missing(tmp_path):
    result = study(tmp_path, accessibility={"weights": ["people"]})
    assert np.isnan(result.zones["accessibility_people_stop_100"][0])
    assert flags(result, "accessibility_people_stop_100") == "INPUT_MISSING:people"


def test_further_than_the_limit_is_missing(tmp_path):
    found = parcels(study(tmp_path, facility={"limit_m": 400}))
    assert np.isnan(found.loc["D", "distance_stop_m"]) and found.loc["D", "reason_stop"] == "OVER_LIMIT"
    assert found["distance_stop_m"].max() <= 400


LOOP = {
    "W": (line((0, 0), (300, 0)), None, "-1"),
    "V": (line((300, 0), (300, 100), (0, 100), (0, 0)), None, "no"),
}
BESIDE = {"P": box(100, 10, 120, 30)}


@pytest.mark.parametrize(
    ("ways", "distance"),
    [
        ({}, 80 + 10),  # who walks goes along W against the arrows
        ({"mode": "drive"}, 80 + 10),  # from the stop at x = 200 W leads west
        # Home to the stop: from P's west end 100 m to the corner, round by V to (300, 0), and 100 m along W.
        ({"mode": "drive", "direction": "to"}, 10 + 100 + 100 + 300 + 100 + 100),
    ],
)
def test_one_way_streets(tmp_path, ways, distance):
    result = study(tmp_path, roads=LOOP, lots=BESIDE, stops={"F": point(200, 0)}, facility=ways, barriers=False)
    assert parcels(result)["distance_stop_m"].tolist() == pytest.approx([distance])


def test_where_only_a_one_way_street_leads(tmp_path):
    roads = {"W": (line((0, 0), (300, 0)), None, "yes")}
    drive = {"mode": "drive", "direction": "to"}
    result = study(tmp_path, roads=roads, lots=BESIDE, stops={"F": point(20, 0)}, facility=drive, barriers=False)
    assert parcels(result)["reason_stop"].tolist() == ["ONE_WAY"]


def test_straight_distances_say_so(tmp_path):
    result = study(tmp_path, facility={"method": "straight"})
    found = parcels(result)
    assert found.loc["E", "distance_stop_m"] == pytest.approx(np.hypot(50, 120))
    assert flags(result, "accessibility_stop_100") == "STRAIGHT:7"
    assert not [i for i in result.issues if i.code.startswith("NETWORK")]


def test_a_service_along_the_roads(tmp_path):
    result = study(tmp_path, services={"reach_m": 120, "access_m": 50})
    found = parcels(result)
    # E is 120 m from M and 130 m from F2: further than the reach whatever the way, so it is known to be not served.
    assert found["served_hydrant"].to_dict() == {
        "P": True, "Q": True, "D": False, "A": False, "R": False, "S": False, "E": False,
    }  # fmt: skip
    assert found.loc["D", "distance_hydrant_m"] == pytest.approx(440)
    assert found.loc["A", "reason_hydrant"] == "ISLAND"
    # Land: from F1 (5 m off) 65 m of M to either side, widened to 50 m; from F2 70 m to either side.
    disc = np.pi * 50**2
    west = (70 - 5 + 65) * 100 + disc
    east = 140 * 100 + disc
    share = result.zones["reach_hydrant"][0]
    # M begins 70 m west of F1, 65 m of which are reached, so nothing is cut.
    assert share * 1000 * 900 == pytest.approx(west + east, rel=2e-3)


def test_off_the_network_but_near_is_unknown(tmp_path):
    result = study(tmp_path, services={"reach_m": 150, "access_m": 50})
    found = parcels(result)
    assert found.loc["E", "served_hydrant"] is None or found["served_hydrant"].isna()["E"]
    row = result.indicators.set_index("indicator").loc["coverage_hydrant"]
    assert row["n_missing"] == 1 and row["known_share"] < 1


def test_more_barriers_never_bring_anyone_nearer(tmp_path):
    free = study(tmp_path, services={"reach_m": 500}, barriers=False)
    shut = study(tmp_path, services={"reach_m": 500})
    assert shut.zones["reach_hydrant"][0] < free.zones["reach_hydrant"][0]
    assert not (parcels(shut)["served_hydrant"].eq(True) & ~parcels(free)["served_hydrant"].eq(True)).any()


# ---------------------------------------------------------------- what comes to light


def told(result, code):
    return [i for i in result.issues if i.code == code]


def test_islands_are_told_with_their_length_and_parcels(tmp_path):
    (issue,) = told(study(tmp_path), "NETWORK_ISLANDS")
    assert issue.message == (
        "2 parts of the network hang apart from the rest (0.6 of 1.4 km, 42.0%); 1 parcel fronts on nothing else: "
        "B (500 m), I (100 m)."
    )
    assert len(issue.places) == 2


def test_roads_that_meet_nowhere(tmp_path):
    roads = {k: (line((0, 80 * i), (100, 80 * i)), None, None) for i, k in enumerate("MNO")}
    result = study(tmp_path, roads=roads)
    (issue,) = told(result, "NETWORK_UNJOINED")
    assert issue.message == "The 3 lines meet nowhere, so no way leads from one to another."
    assert not told(result, "NETWORK_ISLANDS")


def test_near_misses_and_joined_ends(tmp_path):
    roads = {
        "M": ROADS["M"],
        "N": (line((300, 0.4), (300, 230)), None, None),
        "O": (line((200, 3), (200, 90)), None, None),
    }
    result = study(tmp_path, roads=roads)
    assert told(result, "NETWORK_JOINED")[0].message == "1 end that misses a line by up to 0.40 m is taken to meet it."
    assert told(result, "NETWORK_NEAR_MISS")[0].message == (
        "1 end lies 1 to 5 m from another line without meeting it, so no way leads on there: O (3.00 m from M)."
    )
    assert parcels(result).loc["D", "distance_stop_m"] == pytest.approx(440)
    # The gap is walked: nothing is moved.
    loose = study(tmp_path, roads=roads, checks={"snap_m": 0.1})
    assert parcels(loose).loc["D", "reason_stop"] == "ISLAND"


def test_all_facilities_off_the_network(tmp_path):
    result = study(tmp_path, stops={"F1": point(70, -120), "F2": point(800, 600)})
    (issue,) = told(result, "FACILITY_OFF_NETWORK")
    assert issue.severity == "error"
    assert issue.message == (
        "All 2 lie further than 100 m from the network roads, or behind a barrier. No way leads to any. F1, F2."
    )
    assert set(parcels(result)["reason_stop"]) == {"NO_FACILITY"}
    assert result.zones["accessibility_stop_100"][0] == 0


def test_parcels_off_the_network(tmp_path):
    (issue,) = told(study(tmp_path), "PARCEL_OFF_NETWORK")
    assert issue.message == "3 of 7 parcels front on no edge of the network roads within 50 m: R, S, E."


def test_lines_cannot_be_where_ways_start(tmp_path):
    with pytest.raises(
        GisplanError, match=r"\[layers.facilities.stop\]: ways along a network start at points or areas"
    ):
        study(tmp_path, stops={"F1": line((0, 0), (5, 5))})


@pytest.mark.parametrize(
    ("facility", "words"),
    [
        ({"network": "raods"}, "unknown network 'raods'; did you mean 'roads'"),
        ({"barriers": ["rivers"]}, "unknown barrier 'rivers'; did you mean 'river'"),
        ({"method": "straight", "snap_m": 5}, 'snap_m: only with method = "network"'),
        ({"direction": "to"}, 'direction: only with mode = "drive"'),
        ({"within": [9000]}, "within goes to 9000 m, but limit_m is 5000"),
        ({"within": [0]}, "within: must be more than 0, found 0"),
    ],
)
def test_plans_that_cannot_be_meant(tmp_path, facility, words):
    with pytest.raises(GisplanError, match=re.escape(words)) as error:
        study(tmp_path, facility=facility)
    assert "\n" not in str(error.value)


def frame(**columns):
    rows = len(next(iter(columns.values())))
    return gpd.GeoDataFrame(columns, geometry=[line((0, 0), (1, 0))] * rows)


def test_levels_of_roads():
    got = levels(
        frame(level=["0", "2", "-1", None, "x", None], bridge=["yes", "yes", None, "no", "T", None], tunnel=[None] * 6)
    )
    assert got.tolist() == [1, 2, -1, 0, 1, 0]
    assert levels(frame(tunnel=["yes", "F", "building_passage"])).tolist() == [-1, 0, -1]
    assert levels(frame(n=[1])).tolist() == [0]


def test_directions_of_roads():
    assert directions(frame(oneway=["yes", "-1", "no", None, "1", "True", "单行"])).tolist() == [1, -1, 0, 0, 1, 1, 1]
    # From, to and both in extracts from OpenStreetMap; elsewhere F and T are no and yes.
    assert directions(frame(oneway=["F", "T", "B"])).tolist() == [1, -1, 0]
    assert directions(frame(oneway=["F", "T"])).tolist() == [0, 1]
    assert directions(frame(n=[1])).tolist() == [0]
