"""Pencil towns of 100 m, one a fault: the check names the fault, the feature and the place, and nothing else.

The sound town, from which every other one differs by one thing:

    100 ┌─────────┬─────────┐     one zone Z, four parcels of 50 m × 50 m,
        │ P3  [B3]│ P4  [B4]│     a building of 10 m × 10 m in the middle of each,
     50 ├═════════╪═════════┤ ←   a road R1 from west to east between them,
        │ P1  [B1]│ P2  [B2]│     a road R2 from south to north
      0 └─────────╨─────────┘
        0        50        100
"""

import datetime as dt
import json
import math
import tempfile
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from gisplan.errors import LayerError
from gisplan.plan import parse_plan
from gisplan.study import check

X, Y = 500_000.0, 3_400_000.0
IDS = {"zones": "zone_id", "parcels": "parcel_id", "buildings": "building_id", "roads": "road_id"}


def sound():
    """Attributes and shapes of the sound town, layer by layer, metres from its south-west corner."""
    squares = [box(0, 0, 50, 50), box(50, 0, 100, 50), box(0, 50, 50, 100), box(50, 50, 100, 100)]
    return {
        "zones": {"zone_id": ["Z"], "geometry": [box(0, 0, 100, 100)]},
        "parcels": {
            "parcel_id": ["P1", "P2", "P3", "P4"],
            "land_use": ["1001"] * 4,
            "land_area": [2500.0] * 4,
            "investment": [100.0, 200.0, 300.0, 400.0],
            "supply_date": ["2019-01-01"] * 4,
            "handover_date": ["2019-03-01"] * 4,
            "actual_start": ["2019-06-01"] * 4,
            "completion_date": ["2021-06-01"] * 4,
            "geometry": squares,
        },
        "buildings": {
            "building_id": ["B1", "B2", "B3", "B4"],
            "floors": [2.0] * 4,
            "geometry": [shapely.box(*(shapely.bounds(s) + [20, 20, -20, -20])) for s in squares],  # noqa: RUF005
        },
        "roads": {
            "road_id": ["R1", "R2"],
            "geometry": [
                shapely.LineString([(0, 50), (100, 50)]),
                shapely.LineString([(50, 0), (50, 100)]),
            ],
        },
    }


def checked(town, *, checks=None, dx=X, dy=Y, grid=None):
    """Issues of a town, but for the one that names the coordinate system and those of the idle-land register."""
    with tempfile.TemporaryDirectory() as folder:
        layers = {}
        for name, columns in town.items():
            frame = gpd.GeoDataFrame(columns, crs="EPSG:4549")
            frame.geometry = frame.geometry.translate(dx, dy)
            pyogrio.write_dataframe(frame, Path(folder) / f"{name}.gpkg", layer=name)
            layers[name] = {"path": f"{name}.gpkg"}
        layers["parcels"]["code_system"] = "ydyh2023"
        if grid:
            layers["zones"] = {"grid": grid}
        plan = {
            "plan": {"name": "town", "as_of": dt.date(2025, 12, 31), "crs": "EPSG:4549"},
            "checks": checks or {},
            "layers": layers,
        }
        found = check(parse_plan(plan, folder=Path(folder))).issues
    return [i for i in found if i.code not in ("STUDY_CRS", "ROAD_CLASS_MISSING") and not i.code.startswith("IDLE_")]


def told(issues):
    """Code, layer, ids and places (metres from the corner, to a millimetre) of issues."""
    return [(i.code, i.layer, i.feature_ids, [(round(x - X, 3), round(y - Y, 3)) for x, y in i.places]) for i in issues]


def put(town, layer, column, **values):
    """Change one column of some records; ids are the keywords."""
    rows = town[layer][IDS[layer]]
    town[layer][column] = [values.get(i, v) for i, v in zip(rows, town[layer][column], strict=True)]
    return town


def add(town, layer, **record):
    for column, values in town[layer].items():
        values.append(record.get(column, values[-1]))
    return town


def test_a_sound_town_has_no_issue():
    assert told(checked(sound())) == []


# ------------------------------------------------------------------------------------------------ shapes


def bow_tie_town():
    """P4 is drawn NW → SE → NE → SW: two triangles of 625 m² that meet in its middle. Its signed area is 0."""
    return put(sound(), "parcels", "geometry", P4=shapely.Polygon([(50, 100), (100, 50), (100, 100), (50, 50)]))


def test_a_shape_that_crosses_itself_is_refused_where_it_would_change_too_much():
    with pytest.raises(LayerError) as error:
        checked(bow_tie_town())
    assert str(error.value) == (
        "[layers.parcels]: mending 1 shape would change 1,250.00 of 8,750.00 m² (14.29%): "
        "P4 (Self-intersection: 0.00 → 1,250.00 m²). At most 1.00% is mended unasked. "
        "Correct the drawing, or write repair_limit = 0.15 under [checks] to allow it."
    )


def test_a_shape_that_crosses_itself_is_told_at_the_crossing():
    found = checked(bow_tie_town(), checks={"repair_limit": 0.15})
    assert ("INVALID_SELF_INTERSECTION", "parcels", ["P4"], [(75.0, 75.0)]) in told(found)
    (mended,) = [i for i in found if i.code == "GEOMETRY_REPAIRED"]
    assert list(mended.features) == ["P4 (Self-intersection: 0.00 → 1,250.00 m²)"]
    assert mended.feature_ids == ["P4"]


def test_every_kind_of_fault_is_an_issue_of_its_own():
    """P4 has a hole outside it; P1 runs out along a spike of no width and comes back: it touches itself."""
    town = put(
        sound(),
        "parcels",
        "geometry",
        P4=shapely.Polygon(shapely.box(50, 50, 100, 100).exterior.coords, [box(110, 110, 111, 111).exterior.coords]),
        P1=shapely.Polygon([(0, 0), (50, 0), (50, 50), (25, 50), (20, 45), (15, 45), (25, 50), (0, 50)]),
    )
    found = [t for t in told(checked(town)) if t[0].startswith("INVALID")]
    assert [t[:3] for t in found] == [
        ("INVALID_HOLE_LIES_OUTSIDE_SHELL", "parcels", ["P4"]),
        ("INVALID_RING_SELF_INTERSECTION", "parcels", ["P1"]),
    ]
    assert found[0][3][0] in [(110, 110), (110, 111), (111, 110), (111, 111)]  # a corner of the hole
    assert found[1][3] == [(25.0, 50.0)]


def test_a_record_that_cannot_be_used_is_told_at_its_place():
    """P5 is a line of no area drawn as a polygon from (60, 60) to (80, 80)."""
    town = add(sound(), "parcels", parcel_id="P5", geometry=shapely.Polygon([(60, 60), (80, 80), (60, 60)]))
    (lost,) = [t for t in told(checked(town)) if t[0] == "GEOMETRY_REJECTED"]
    assert lost == ("GEOMETRY_REJECTED", "parcels", ["P5"], [(70.0, 70.0)])


# ------------------------------------------------------------------------------------------------ borders


def test_a_gap_between_parcels():
    """P2 begins 0.2 m east of P1: 50 m × 0.2 m = 10 m². R2 runs along the border of P1."""
    town = put(sound(), "parcels", "geometry", P2=box(50.2, 0, 100, 50))
    found = [i for i in checked(town) if i.code != "LEDGER_AREA_DIFFERS"]
    assert told(found) == [("GAP_SLIVER", "parcels", ["P1 + P2"], [(50.1, 5.0)])]
    assert list(found[0].features) == ["P1 + P2 (0.200 m wide, 10.00 m²)"]
    assert found[0].message == (
        "1 gap between parcels narrower than 0.5 m, 10.00 m² in all, which nobody counts: "
        "P1 + P2 (0.200 m wide, 10.00 m²)."
    )
    assert "GAP_SLIVER" not in {i.code for i in checked(town, checks={"sliver_m": 0.2})}


def test_a_street_between_parcels_is_no_gap():
    """P2 begins 2 m east of P1."""
    town = put(sound(), "parcels", "geometry", P2=box(52, 0, 100, 50))
    assert [i.code for i in checked(town)] == ["LEDGER_AREA_DIFFERS"]


def test_a_gap_under_a_millimetre_is_given_away():
    """0.4 mm between P1 and P2, open to the south: it stays, and 0.02 m² is told. Closed by P0, it is given to P1."""
    town = put(sound(), "parcels", "geometry", P2=box(50.0004, 0, 100, 50))
    assert told(checked(town)) == [("GAP_SLIVER", "parcels", ["P1 + P2"], [(50.0, 5.0)])]
    town = add(town, "parcels", parcel_id="P0", land_area=1000.0, geometry=box(0, -10, 100, 0))
    town["zones"]["geometry"] = [box(0, -10, 100, 100)]
    (found,) = checked(town)
    assert told([found]) == [("SLIVER_FILLED", "parcels", ["P1"], [(25.0, 25.0)])]
    assert list(found.features) == ["P1 (2,500.0000 → 2,500.0200 m²)"]


def test_enclosed_land_is_told_unless_a_road_runs_through_it():
    """P4 lacks 10 m × 10 m in its middle, under B4. With a road across, it is a street."""
    town = put(sound(), "parcels", "geometry", P4=box(50, 50, 100, 100).difference(box(60, 60, 70, 70)))
    found = [i for i in checked(town) if i.code != "LEDGER_AREA_DIFFERS"]
    assert told(found) == [("GAP_HOLE", "parcels", ["P4"], [(65.0, 65.0)])]
    assert list(found[0].features) == ["P4 (100.00 m²)"]
    road = add(town, "roads", road_id="R3", geometry=shapely.LineString([(50, 65), (90, 65)]))
    assert "GAP_HOLE" not in {i.code for i in checked(road)}


def test_parcels_that_overlap_are_told_in_the_overlap():
    """P1 reaches 0.4 m into P2: 50 m × 0.4 m = 20 m², a sliver."""
    town = put(sound(), "parcels", "geometry", P1=box(0, 0, 50.4, 50))
    (found,) = [i for i in checked(town) if i.code == "OVERLAP"]
    assert found.feature_ids == ["P1 + P2"] and list(found.features) == ["P1 + P2 (20.00 m²)"]
    assert "1 of them narrower than 0.5 m" in found.message
    ((x, y),) = found.places
    assert 50 < x - X < 50.4 and 0 < y - Y < 50


def test_zones_that_overlap_or_gape():
    """Z ends at x = 60, Y begins at 59 (100 m² twice) or at 60.3 (30 m² in no zone)."""
    for begin, code, issue in ((59, "OVERLAP", "Y + Z (100.00 m²)"), (60.3, "GAP_SLIVER", None)):
        town = sound()
        town["zones"] = {"zone_id": ["Z", "Y"], "geometry": [box(0, 0, 60, 100), box(begin, 0, 100, 100)]}
        (found,) = [i for i in checked(town) if i.layer == "zones"]
        assert (found.code, found.feature_ids) == (code, ["Y + Z"])
        assert found.severity == ("error" if code == "OVERLAP" else "warning")
        assert list(found.features) == [issue or "Y + Z (0.300 m wide, 30.00 m²)"]


def test_a_parcel_and_a_road_drawn_twice():
    """P9 is P4 drawn from another corner; R3 is R1 drawn backwards."""
    town = add(
        sound(), "parcels", parcel_id="P9", geometry=shapely.Polygon([(50, 100), (50, 50), (100, 50), (100, 100)])
    )
    add(town, "roads", road_id="R3", geometry=shapely.LineString([(100, 50), (0, 50)]))
    found = [i for i in checked(town) if i.code == "SHAPE_DUPLICATE"]
    assert told(found) == [
        ("SHAPE_DUPLICATE", "parcels", ["P9"], [(75.0, 75.0)]),
        ("SHAPE_DUPLICATE", "roads", ["R3"], [(50.0, 50.0)]),
    ]
    assert [list(i.features) for i in found] == [["P9 (drawn like P4)"], ["R3 (drawn like R1)"]]


def test_two_buildings_of_one_id():
    """B4 is called B1."""
    assert told(checked(put(sound(), "buildings", "building_id", B4="B1"))) == [
        ("ID_DUPLICATE", "buildings", ["B1", "B1"], [(25.0, 25.0), (75.0, 75.0)])
    ]


# ------------------------------------------------------------------------------------------------ zones


def test_a_parcel_over_the_border_of_a_zone():
    """The border between Z and Y is at x = 51: P1 and P3 keep to Z; P2 and P4 have 50 m² there, 2 % of 2500."""
    town = sound()
    town["zones"] = {"zone_id": ["Z", "Y"], "geometry": [box(0, 0, 51, 100), box(51, 0, 100, 100)]}
    (found,) = checked(town)
    assert told([found]) == [("PARCEL_CROSSES_ZONES", "parcels", ["P2", "P4"], [(75.0, 25.0), (75.0, 75.0)])]
    assert list(found.features) == ["P2 (50.0 m² in another zone)", "P4 (50.0 m² in another zone)"]
    assert checked(town, checks={"crossing_share": 0.02 + 1e-6}) == []
    assert checked(town, checks={"crossing_m2": 50.1}) == []


def test_a_grid_is_meant_to_cut_parcels():
    assert "PARCEL_CROSSES_ZONES" not in {i.code for i in checked(sound(), grid=30)}


def test_parcels_outside_every_zone():
    """The zone ends at x = 75: half of P2 and P4 is outside. P5 is far from it."""
    town = add(sound(), "parcels", parcel_id="P5", geometry=box(200, 0, 250, 50))
    town["zones"]["geometry"] = [box(0, 0, 75, 100)]
    assert [t for t in told(checked(town)) if t[1] == "parcels"] == [
        ("PARCEL_OUTSIDE", "parcels", ["P5"], [(225.0, 25.0)]),
        ("PARCEL_PARTLY_OUTSIDE", "parcels", ["P2", "P4"], [(75.0, 25.0), (75.0, 75.0)]),
    ]


# ------------------------------------------------------------------------------------------------ buildings


def test_a_building_across_a_border():
    """B1 stands from x = 44 to 54 on P1 (60 m²) and P2 (40 m²)."""
    found = checked(put(sound(), "buildings", "geometry", B1=box(44, 20, 54, 30)))
    assert told(found) == [("BUILDING_ACROSS_PARCELS", "buildings", ["B1"], [(49.0, 25.0)])]
    assert list(found[0].features) == ["B1 (40.0 m²)"]


def test_a_building_over_the_edge():
    """B1 stands from x = −4 to 6: 40 m² of it on no parcel."""
    town = put(sound(), "buildings", "geometry", B1=box(-4, 20, 6, 30))
    assert told(checked(town)) == [("BUILDING_OVER_EDGE", "buildings", ["B1"], [(1.0, 25.0)])]


def test_a_building_off_every_parcel():
    """P1 is missing; B1 stands where it was."""
    town = sound()
    town["parcels"] = {k: v[1:] for k, v in town["parcels"].items()}
    assert told(checked(town)) == [("BUILDING_OFF_PARCEL", "buildings", ["B1"], [(25.0, 25.0)])]


def test_a_building_without_floors():
    """B2 has no floors; with a floor area of its own that matters less."""
    town = put(sound(), "buildings", "floors", B2=None)
    assert told(checked(town)) == [("FLOOR_AREA_UNKNOWN", "buildings", ["B2"], [(75.0, 25.0)])]
    town["buildings"]["floor_area"] = [None, 200.0, None, None]
    assert told(checked(town)) == [("FLOORS_MISSING", "buildings", ["B2"], [(75.0, 25.0)])]


def test_a_building_of_no_floors():
    town = put(sound(), "buildings", "floors", B2=0.0)
    assert told(checked(town)) == [
        ("FLOOR_AREA_UNKNOWN", "buildings", ["B2"], [(75.0, 25.0)]),
        ("SUSPECT_ZERO_FLOORS", "buildings", ["B2"], [(75.0, 25.0)]),
    ]


# ------------------------------------------------------------------------------------------------ roads


def test_a_road_that_stops_short():
    """R2 begins at the south and ends 0.3 m before R1."""
    town = put(sound(), "roads", "geometry", R2=shapely.LineString([(50, 0), (50, 49.7)]))
    found = checked(town)
    assert told(found) == [("ROAD_UNDERSHOOT", "roads", ["R2"], [(50.0, 49.7)])]
    assert found[0].message == "1 road end stops short of another road by less than 1 m: R2 (0.30 m from R1)."
    assert checked(town, checks={"snap_m": 0.29}) == []


def test_a_road_that_runs_beyond():
    """R2 crosses R1 and ends 0.3 m after it."""
    town = put(sound(), "roads", "geometry", R2=shapely.LineString([(50, 0), (50, 50.3)]))
    assert told(checked(town)) == [("ROAD_OVERSHOOT", "roads", ["R2"], [(50.0, 50.3)])]


def test_a_dead_end_is_no_fault():
    assert checked(put(sound(), "roads", "geometry", R2=shapely.LineString([(50, 0), (50, 40)]))) == []


# ------------------------------------------------------------------------------------------------ register


@pytest.mark.parametrize(("area", "is_told"), [(2512.0, False), (2513.0, True), (2488.0, False), (2487.0, True)])
def test_a_ledger_area_that_differs(area, is_told):
    """0.5 % of about 2500 m² is 12.5 m²; on the ellipsoid the parcel measures 2500.00 m² here."""
    found = checked(put(sound(), "parcels", "land_area", P3=area))
    assert told(found) == [("LEDGER_AREA_DIFFERS", "parcels", ["P3"], [(25.0, 75.0)])] * is_told
    assert checked(put(sound(), "parcels", "land_area", P3=area), checks={"ledger_area_share": 0.01}) == []


def test_zeros_in_many():
    """Two of four investments are 0, which is a fifth or more; one alone is taken at its word."""
    assert checked(put(sound(), "parcels", "investment", P1=0.0)) == []
    found = checked(put(sound(), "parcels", "investment", P1=0.0, P2=0.0))
    assert told(found) == [("SUSPECT_ZERO_INVESTMENT", "parcels", ["P1", "P2"], [(25.0, 25.0), (75.0, 25.0)])]
    assert checked(put(sound(), "parcels", "investment", P1=0.0, P2=0.0), checks={"zero_share": 0.6}) == []


def test_dates_out_of_order():
    """P1 was handed over before it was supplied; P2 was finished before it was begun."""
    town = put(sound(), "parcels", "handover_date", P1="2018-03-01")
    put(town, "parcels", "completion_date", P2="2019-05-31")
    (found,) = checked(town)
    assert told([found]) == [("DATES_OUT_OF_ORDER", "parcels", ["P1", "P2"], [(25.0, 25.0), (75.0, 25.0)])]
    assert list(found.features) == [
        "P1 (handover_date 2018-03-01 before supply_date 2019-01-01)",
        "P2 (completion_date 2019-05-31 before actual_start 2019-06-01)",
    ]


def test_a_date_is_held_against_the_nearest_known_one():
    """P1 has no date of handover, so its start is held against nothing; P3 is finished the day it begins."""
    town = put(sound(), "parcels", "handover_date", P1=None)
    put(town, "parcels", "completion_date", P3="2019-06-01")
    assert checked(town) == []


def test_a_date_in_the_future():
    """P4 is finished the day after the data are of; P3 on that day."""
    town = put(sound(), "parcels", "completion_date", P3="2025-12-31", P4="2026-01-01")
    found = checked(town)
    assert told(found) == [("DATE_IN_FUTURE", "parcels", ["P4"], [(75.0, 75.0)])]
    assert list(found[0].features) == ["P4 (completion_date 2026-01-01)"]


def test_a_code_nobody_knows():
    assert told(checked(put(sound(), "parcels", "land_use", P2="9999"))) == [
        ("LAND_USE_UNKNOWN", "parcels", ["P2"], [(75.0, 25.0)])
    ]


# ------------------------------------------------------------------------------------------------ whole layers


def test_buildings_over_each_other_count_too_often():
    """B5 and B6 lie over the western half of B1: three pairs share 50 m² each, but only 100 m² are too much."""
    town = put(sound(), "buildings", "geometry", B1=box(10, 10, 20, 20))
    add(town, "buildings", building_id="B5", geometry=box(10, 10, 15, 20))
    add(town, "buildings", building_id="B6", geometry=box(10, 9, 15, 20))
    (found,) = [i for i in checked(town) if i.code == "OVERLAP"]
    assert (found.severity, found.layer, found.count) == ("warning", "buildings", 3)
    assert found.message == (
        "3 pairs of buildings cover the same land, 150.00 m² in all, so 100.00 m² too much is counted: "
        "B1 + B5 (50.00 m²), B1 + B6 (50.00 m²), B5 + B6 (50.00 m²)."
    )
    assert [(x - X, y - Y) for x, y in found.places] == [(12.5, 15.0)] * 3


def test_buildings_wall_to_wall_do_not_overlap():
    town = put(sound(), "buildings", "geometry", B1=box(10, 10, 20, 20))
    assert told(checked(add(town, "buildings", building_id="B5", geometry=box(20, 10, 30, 20)))) == []


def test_what_lies_in_no_zone_is_told():
    """B5 stands outside with 60 of its 100 m², and R3 runs out of the town with 40 of its 50 m."""
    town = add(sound(), "buildings", building_id="B5", geometry=box(96, 10, 106, 20))
    add(town, "roads", road_id="R3", geometry=shapely.LineString([(90, 50), (140, 50)]))
    found = [i for i in checked(town) if i.code == "OUTSIDE_ZONES"]
    assert [(i.severity, i.layer, i.feature_ids) for i in found] == [
        ("note", "buildings", ["B5"]),
        ("note", "roads", ["R3"]),
    ]
    assert [i.message for i in found] == [
        "1 of 5 records mostly in no zone; 60 of 500 m² lie outside and count in no figure: B5.",
        "1 of 3 records mostly in no zone; 0.0 of 0.2 km lie outside and count in no figure: R3.",
    ]


def test_heights_are_told():
    """Corners at 7 m above the sea; a building of level ground is as large as without."""
    town = put(sound(), "buildings", "geometry", B1=shapely.force_3d(box(20, 20, 30, 30), 7.0))
    (found,) = checked(town)
    assert (found.code, found.severity, found.layer, found.count) == ("HEIGHTS_UNUSED", "note", "buildings", 1)
    assert found.message == "1 record with heights (Z), which no figure uses: areas and lengths are those of the map."


def test_a_floor_area_of_nothing_in_the_register():
    """P1 is vacant land by its class and P4 has no value; P2 and P3 may be built on, and have 0."""
    town = sound()
    town["parcels"]["floor_area"] = [0.0, 0.0, 0.0, None]
    del town["buildings"]
    found = told(checked(put(town, "parcels", "land_use", P1="2301")))
    assert ("SUSPECT_ZERO_FLOOR_AREA", "parcels", ["P2", "P3"], [(75.0, 25.0), (25.0, 75.0)]) in found


# ------------------------------------------------------------------------------------------------ laws


def everything():
    """Faults of many kinds in one town."""
    town = put(sound(), "parcels", "geometry", P2=box(50.2, 0, 100, 50))
    add(town, "parcels", parcel_id="P9", geometry=shapely.Polygon([(50, 100), (50, 50), (100, 50), (100, 100)]))
    put(town, "parcels", "completion_date", P1="2019-05-31", P4="2026-01-01")
    put(town, "buildings", "geometry", B1=box(44, 20, 54, 30), B3=box(-4, 70, 6, 80))
    put(town, "buildings", "floors", B4=None)
    put(town, "roads", "geometry", R2=shapely.LineString([(50, 0), (50, 49.7)]))
    return town


def faults(issues, dx=X, dy=Y):
    return sorted(
        (i.code, i.severity, i.layer, i.count, name, round(x - dx, 2), round(y - dy, 2))
        for i in issues
        for name, (x, y) in zip(i.feature_ids, i.places, strict=True)
    )


@settings(max_examples=8, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter(random):
    town = everything()
    for layer in town.values():
        order = list(range(len(layer["geometry"])))
        random.shuffle(order)
        for column in layer:
            layer[column] = [layer[column][k] for k in order]
    assert faults(checked(town)) == faults(checked(everything()))


@settings(max_examples=8, deadline=None)
@given(st.integers(-50_000, 50_000), st.integers(-500_000, 500_000))
def test_places_move_with_the_town(dx, dy):
    """By whole metres; areas on the ellipsoid change a little with the place, so the ledger is left out."""
    here, there = everything(), everything()
    for town in (here, there):
        del town["parcels"]["land_area"]
    assert faults(checked(there, dx=X + dx, dy=Y + dy), X + dx, Y + dy) == faults(checked(here))


def test_every_issue_that_names_features_has_as_many_places():
    issues = checked(everything())
    assert len(issues) >= 8
    for issue in issues:
        assert len(issue.places) == len(issue.features) == len(issue.feature_ids)
        assert all(math.isfinite(v) for place in issue.places for v in place)
        assert json.dumps(issue.message)
