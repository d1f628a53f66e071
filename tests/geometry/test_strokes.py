"""Lines that carry on straight are joined; the ground they cover, and what lies near them, stays the same."""

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gisplan.geometry.near import reached_share
from gisplan.geometry.strokes import strokes


def lines(*wkt: str) -> np.ndarray:
    return shapely.from_wkt([f"LINESTRING ({w})" for w in wkt])


def test_streets_run_straight_over_their_junctions():
    """Four arms of a crossing and a lane off the end of one: two streets and the lane.

      |
    --+--
      |
       \\
    """
    arms = lines("-10 0, 0 0", "0 0, 10 0", "0 10, 0 0", "0 -10, 0 0", "0 -10, 10 -20")
    made = strokes(arms)
    assert len(made) == 3
    expected = lines("-10 0, 0 0, 10 0", "0 10, 0 0, 0 -10", "0 -10, 10 -20")
    assert {g.normalize().wkt for g in made} == {g.normalize().wkt for g in expected}


def test_parts_of_a_circle_go_round_once():
    corners = shapely.get_coordinates(shapely.Point(0, 0).buffer(100, quad_segs=32))
    edges = shapely.linestrings(np.stack([corners[:-1], corners[1:]], axis=1))
    (ring,) = strokes(edges)
    assert np.isclose(ring.length, shapely.length(edges).sum())


def test_odd_lines_are_kept():
    odd = shapely.from_wkt(
        [
            "LINESTRING (0 0, 0 0)",  # without length
            "LINESTRING (0 0, 5 0, 5 5, 0 0)",  # closed
            "MULTILINESTRING ((7 7, 8 8), (8 8, 9 9))",
            "LINESTRING EMPTY",
        ]
    )
    made = strokes(odd)
    assert len(made) == 3
    assert np.isclose(shapely.length(made).sum(), shapely.length(odd).sum())
    assert len(strokes(odd[3:])) == 0


points = st.tuples(st.integers(0, 6), st.integers(0, 6))


@given(st.lists(st.lists(points, min_size=2, max_size=4, unique=True), min_size=1, max_size=12))
def test_the_ground_stays_the_same(drawn):
    before = np.array([shapely.LineString(d) for d in drawn], dtype=object)
    after = strokes(before)
    assert len(after) <= len(before)
    assert np.isclose(shapely.length(after).sum(), shapely.length(before).sum())
    assert shapely.union_all(after).equals(shapely.union_all(before))
    zone = np.array([shapely.box(-1, -1, 7, 7)])
    plain = shapely.union_all(shapely.buffer(before, 0.7, quad_segs=16)).intersection(zone[0]).area / zone[0].area
    assert np.isclose(reached_share(zone, before, distance=0.7)[0], plain, rtol=1e-4)
