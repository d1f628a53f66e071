"""Lines close to the land they were drawn round, whatever their order, direction and small gaps."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gisplan.geometry.faces import faces, join_ends


def cut_up(seed, n):
    """Rectangles that fill 1000 m by 800 m, and every side of theirs once: a line of the block, then lines across."""
    random = np.random.default_rng(seed)
    boxes, lines = (
        [(0.0, 0.0, 1000.0, 800.0)],
        [(0, 0, 1000, 0), (1000, 0, 1000, 800), (1000, 800, 0, 800), (0, 800, 0, 0)],
    )
    for _ in range(n):
        k = max(range(len(boxes)), key=lambda i: (boxes[i][2] - boxes[i][0]) * (boxes[i][3] - boxes[i][1]))
        x0, y0, x1, y1 = boxes.pop(k)
        part = 0.3 + 0.4 * random.random()
        if x1 - x0 > y1 - y0:
            x = round(x0 + (x1 - x0) * part, 2)
            boxes += [(x0, y0, x, y1), (x, y0, x1, y1)]
            lines.append((x, y0, x, y1))
        else:
            y = round(y0 + (y1 - y0) * part, 2)
            boxes += [(x0, y0, x1, y), (x0, y, x1, y1)]
            lines.append((x0, y, x1, y))
    corner = np.array([500_000.0, 3_400_000.0])
    return boxes, [np.array(v, dtype=float).reshape(2, 2) + corner for v in lines], random


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 25), st.sampled_from([0.0, 0.01, 0.04]))
def test_every_rectangle_is_found_again(seed, n, slip):
    boxes, lines, random = cut_up(seed, n)
    for line in lines:
        # Ends fall short or stick out along the line; moved corners tilt other lines by as much again.
        along = (line[1] - line[0]) / np.hypot(*(line[1] - line[0]))
        line[0] -= along * slip * random.uniform(-1, 1)
        line[1] += along * slip * random.uniform(-1, 1)
    drawn = [line[::-1] if random.random() < 0.5 else line for line in lines]
    shapes = shapely.linestrings([drawn[i] for i in random.permutation(len(drawn))])
    joined = join_ends(shapes, np.zeros(0, dtype=object), tolerance=0.12)
    made = faces(joined.lines, tolerance=0.12, holes=False)
    assert len(made.polygons) == len(boxes)
    assert len(made.loose) == 0
    expected = sorted((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in boxes)
    # A slip moves a border of at most 1000 m by at most twice itself.
    np.testing.assert_allclose(sorted(shapely.area(made.polygons)), expected, atol=1 + 4000 * slip, rtol=1e-9)
    assert shapely.union_all(made.polygons).area == pytest.approx(shapely.area(made.polygons).sum(), rel=1e-12)


def test_a_bow_tie_and_a_closed_line_without_land_stay_to_be_judged():
    tie = shapely.polygons([(0, 0), (10, 10), (10, 0), (0, 10)])
    flat = shapely.polygons([(20, 0), (25, 0), (30, 0), (20, 0)])
    whole = shapely.box(100, 0, 110, 10)
    across = shapely.linestrings([(105, -5), (105, 15)])
    made = faces(np.array([tie, flat, whole, across]), tolerance=0.05, holes=False)
    assert made.polygons[0] == tie
    assert made.polygons[1] == flat
    assert sorted(shapely.area(made.polygons[2:])) == [50, 50]
    assert shapely.length(made.loose).tolist() == [5, 5]


def test_nothing_makes_nothing():
    nothing = np.zeros(0, dtype=object)
    assert join_ends(nothing, nothing, tolerance=0.05).moved == 0
    assert len(faces(nothing, tolerance=0.05, holes=True).polygons) == 0


def test_a_face_belongs_to_the_line_with_the_longest_part_of_its_border():
    lines = np.array([shapely.LineString(p) for p in ([(0, 0), (30, 0)], [(30, 0), (30, 10), (0, 10), (0, 0)])])
    made = faces(lines, tolerance=0.05, holes=False)
    assert made.source.tolist() == [1]
