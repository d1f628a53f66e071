"""What is mended, what is rejected, and what is said about it."""

import numpy as np
import pytest
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon, box

from gisplan.geometry import repair


def one(geometry, dimension=2):
    mended = repair(np.array([geometry], dtype=object), dimension=dimension)
    if mended.geometry[0] is not None:
        assert shapely.is_valid(mended.geometry[0])
        assert not shapely.has_z(mended.geometry[0])
    return mended


def test_sound_geometry_is_left_alone():
    mended = one(box(0, 0, 10, 10))
    assert mended.geometry[0] == box(0, 0, 10, 10)
    assert not mended.is_repaired[0]
    assert mended.reason[0] == ""
    assert mended.size_before[0] == mended.size_after[0] == 100


def test_bow_tie_keeps_both_halves():
    mended = one(Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]))
    assert mended.is_repaired[0]
    assert mended.reason[0] == "Self-intersection"
    assert mended.size_after[0] == pytest.approx(2 * 25)  # two triangles of 10 × 5 ÷ 2
    assert shapely.contains(mended.geometry[0], Point(1, 5))
    assert shapely.contains(mended.geometry[0], Point(9, 5))


def test_lopsided_bow_tie_keeps_the_small_half_as_well():
    mended = one(Polygon([(0, 0), (8, 8), (8, 0), (0, 2)]))
    whole = shapely.area(
        shapely.polygonize(shapely.get_parts(shapely.node(LineString([(0, 0), (8, 8), (8, 0), (0, 2), (0, 0)]))))
    )
    assert mended.size_after[0] == pytest.approx(float(whole))


def test_hole_outside_its_shell_becomes_no_land():
    mended = one(Polygon([(0, 0), (10, 0), (10, 10), (0, 10)], [[(20, 20), (22, 20), (22, 22), (20, 22)]]))
    assert mended.is_repaired[0]
    assert mended.size_after[0] in (pytest.approx(100), pytest.approx(104))


def test_hole_inside_a_hole():
    shell = [(0, 0), (10, 0), (10, 10), (0, 10)]
    outer, inner = [(2, 2), (8, 2), (8, 8), (2, 8)], [(4, 4), (6, 4), (6, 6), (4, 6)]
    mended = one(Polygon(shell, [outer, inner]))
    assert mended.is_repaired[0]
    assert mended.size_after[0] == pytest.approx(100 - 36)


def test_parts_that_overlap_become_one():
    mended = one(MultiPolygon([box(0, 0, 10, 10), box(5, 0, 15, 10)]))
    assert mended.is_repaired[0]
    assert mended.size_after[0] == pytest.approx(150)


@pytest.mark.parametrize(
    "spike",
    [
        Polygon([(0, 0), (10, 0), (5, 0)]),
        Polygon([(0, 0), (0, 0), (0, 0), (0, 0)]),
        MultiPolygon([Polygon([(0, 0), (10, 0), (5, 0)])]),
    ],
    ids=["flat", "point", "flat_part"],
)
def test_polygon_without_area_is_rejected(spike):
    mended = one(spike)
    assert mended.geometry[0] is None
    assert not mended.is_repaired[0]
    assert mended.reason[0] != ""
    assert mended.size_after[0] == 0


def test_line_without_length_is_rejected():
    mended = one(LineString([(1, 1), (1, 1)]), dimension=1)
    assert mended.geometry[0] is None
    assert mended.reason[0] != ""


def test_collection_gives_its_parts_of_the_layers_dimension():
    mixed = shapely.GeometryCollection([box(0, 0, 10, 10), LineString([(0, 0), (50, 0)]), Point(3, 3)])
    assert one(mixed, 2).geometry[0].equals(box(0, 0, 10, 10))
    assert one(mixed, 1).size_after[0] == 50
    assert one(mixed, 0).geometry[0] == Point(3, 3)
    assert one(mixed).reason[0] == "a collection of several kinds"


def test_collection_of_overlapping_polygons_is_one_sound_polygon():
    mended = one(shapely.GeometryCollection([box(0, 0, 10, 10), box(5, 0, 15, 10)]))
    assert mended.size_after[0] == pytest.approx(150)


def test_collections_within_collections():
    inner = shapely.GeometryCollection([box(0, 0, 1, 1), Point(0, 0)])
    mended = one(shapely.GeometryCollection([inner, MultiPolygon([box(2, 0, 3, 1), box(4, 0, 5, 1)])]))
    assert mended.size_after[0] == pytest.approx(3)


def test_collection_without_the_dimension_is_rejected():
    mended = one(shapely.GeometryCollection([Point(0, 0), LineString([(0, 0), (1, 0)])]))
    assert mended.geometry[0] is None
    assert mended.reason[0] != ""


def test_heights_are_dropped():
    mended = one(Polygon([(0, 0, 5), (10, 0, 6), (10, 10, 7)]))
    assert not shapely.has_z(mended.geometry[0])
    assert not mended.is_repaired[0]
    lifted = np.array([Polygon([(0, 0, 5), (10, 0, 6), (10, 10, 7)]), box(0, 0, 1, 1)])
    repair(lifted, dimension=2)
    assert shapely.has_z(lifted[0])  # the input is never changed


@pytest.mark.parametrize(
    "nothing", [None, Polygon(), shapely.GeometryCollection()], ids=["none", "polygon", "collection"]
)
def test_nothing_is_rejected(nothing):
    mended = one(nothing)
    assert mended.geometry[0] is None
    assert mended.reason[0] == "empty geometry"
    assert mended.size_before[0] == mended.size_after[0] == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_coordinates_that_are_no_numbers_are_rejected(bad):
    with np.errstate(invalid="ignore"):
        broken = Polygon([(0, 0), (10, 0), (10, bad), (0, 0)])
    mended = one(broken)
    assert mended.geometry[0] is None
    assert mended.reason[0] == "coordinates that are not numbers"
    assert mended.size_before[0] == mended.size_after[0] == 0


def test_point_without_numbers_is_rejected():
    mended = one(Point(np.inf, 3), dimension=0)
    assert mended.geometry[0] is None


def test_wrong_kind_is_rejected_and_named():
    mended = one(LineString([(0, 0), (1, 1)]))
    assert mended.geometry[0] is None
    assert mended.reason[0] == "is a LineString"


def test_each_of_many_is_judged_alone():
    many = np.array(
        [box(0, 0, 1, 1), None, Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]), Point(0, 0), box(5, 5, 6, 6)],
        dtype=object,
    )
    mended = repair(many, dimension=2)
    assert [g is None for g in mended.geometry] == [False, True, False, True, False]
    assert mended.is_repaired.tolist() == [False, False, True, False, False]
    assert mended.size_after.tolist() == [1, 0, 2, 0, 1]
    assert many[1] is None
    assert not shapely.is_valid(many[2])
