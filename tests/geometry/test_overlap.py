"""Land that polygons share, against every pair intersected."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gisplan.geometry import Overlaps, multiplicity_cells, overlaps

FAR = (500_000.0, 3_400_000.0)


def brute(polygons):
    out = {}
    for i in range(len(polygons)):
        for j in range(i + 1, len(polygons)):
            area = shapely.area(shapely.intersection(polygons[i], polygons[j]))
            if area > 1e-6:
                out[i, j] = area
    return out


def agree(polygons):
    polygons = np.asarray(polygons, dtype=object)
    found = overlaps(polygons, least_m2=1e-6)
    assert isinstance(found, Overlaps)
    got = dict(zip(zip(found.first.tolist(), found.second.tolist(), strict=True), found.area, strict=True))
    want = brute(polygons)
    assert list(got) == sorted(want)
    assert list(got.values()) == pytest.approx([want[k] for k in got], rel=1e-9, abs=1e-7)
    return got


def square(c, r, w=1, h=1, *, size=100.0, at=FAR):
    x, y = at[0] + c * size, at[1] + r * size
    return shapely.box(x, y, x + w * size, y + h * size)


def fabric(columns=4, rows=3, **kw):
    return [square(c, r, **kw) for c in range(columns) for r in range(rows)]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 3), st.integers(1, 3), st.booleans()),
        min_size=0,
        max_size=9,
    )
)
def test_blocks_on_a_grid(blocks):
    """Blocks on one grid share edges, corners and whole outlines all the time; some are wound the other
    way."""
    polygons = [square(c, r, w, h) for c, r, w, h, _ in blocks]
    agree([shapely.reverse(p) if turn else p for p, (*_, turn) in zip(polygons, blocks, strict=True)])


@settings(max_examples=60, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=25), st.data())
def test_patches_of_a_tiling(cells, data):
    """Each patch a union of unit cells with their own corners kept: with holes, several parts, and edges that
    match or do not."""
    keys = st.integers(0, 3)
    patches = {}
    for cell in sorted(cells):
        for k in data.draw(st.sets(keys, min_size=0, max_size=2)):
            patches.setdefault(k, []).append(square(*cell))
    agree(
        [
            shapely.unary_union(p) if data.draw(st.booleans()) else shapely.coverage_union_all(p)
            for p in patches.values()
        ]
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 300), st.floats(0, 300), st.lists(st.floats(20, 120), min_size=3, max_size=8)),
        min_size=2,
        max_size=7,
    )
)
def test_stars_anywhere(stars):
    polygons = []
    for x, y, radii in stars:
        turn = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
        polygons.append(
            shapely.Polygon(np.column_stack([FAR[0] + x + radii * np.cos(turn), FAR[1] + y + radii * np.sin(turn)]))
        )
    agree([p for p in polygons if p.is_valid])


def test_clean_fabric_has_none():
    polygons = np.array(fabric(6, 6), dtype=object)
    assert agree(polygons) == {}


def test_the_same_polygon_twice_in_a_clean_fabric():
    polygons = fabric()
    assert agree([*polygons, polygons[4]]) == {(4, 12): pytest.approx(10_000)}


def test_the_whole_fabric_twice():
    polygons = fabric()
    assert len(agree([*polygons, *polygons])) == 12


def test_a_second_fabric_shifted_by_whole_cells():
    """Every inner edge then lies on four polygons, two each way: none is open on its own account."""
    assert len(agree([*fabric(), *fabric(at=(FAR[0] + 100, FAR[1] + 100))])) == 3 * 2


def test_a_second_fabric_shifted_by_half_a_cell():
    assert len(agree([*fabric(), *fabric(at=(FAR[0] + 50, FAR[1]))])) == 7 * 3


def test_three_fabrics_one_on_another():
    assert len(agree([*fabric(3, 2)] * 3)) == 6 * 3


def test_polygon_inside_another_whose_edges_match_those_of_neighbours():
    """A block over four parcels: its outline runs along theirs, edge by edge."""
    block = shapely.coverage_union_all(fabric(2, 2))
    cells = fabric(4, 4)
    assert len(agree([*cells, block])) == 4
    assert len(agree([*cells, shapely.Polygon([*square(0, 0, 2, 2).exterior.coords])])) == 4


def test_hole_filled_by_others_is_no_overlap():
    lake = square(1, 1)
    land = square(0, 0, 3, 3).difference(lake)
    assert agree([land, lake]) == {}
    halves = [square(1, 1, 0.5, 1), square(1.5, 1, 0.5, 1)]
    assert agree([land, *halves]) == {}
    assert list(agree([land, *halves, square(1.25, 1, 0.5, 0.5)])) == [(1, 3), (2, 3)]
    assert list(agree([square(0, 0, 3, 3), lake])) == [(0, 1)]


def test_island_in_a_lake_in_an_island():
    rings = [square(k, k, 7 - 2 * k, 7 - 2 * k) for k in range(4)]
    nested = [a.difference(b) for a, b in zip(rings, [*rings[1:], shapely.Polygon()], strict=True)]
    assert agree(nested) == {}
    assert list(agree([*nested, rings[2]])) == [(2, 4), (3, 4)]


def test_parts_of_one_multipolygon_between_others():
    checks = [square(c, r) for c in range(4) for r in range(4) if (c + r) % 2 == 0]
    others = [square(c, r) for c in range(4) for r in range(4) if (c + r) % 2]
    assert agree([shapely.MultiPolygon(checks), shapely.MultiPolygon(others)]) == {}
    assert list(agree([shapely.MultiPolygon(checks), *others, square(0, 0)])) == [(0, len(others) + 1)]


def test_two_outlines_that_match_each_other_all_round_but_lie_on_one_side():
    """A polygon and its copy: every edge lies on two polygons, both on the same side."""
    assert agree([square(0, 0), square(0, 0)]) == {(0, 1): pytest.approx(10_000)}
    assert agree([square(0, 0), shapely.reverse(square(0, 0))]) == {(0, 1): pytest.approx(10_000)}


def test_one_overlap_among_thousands():
    polygons = fabric(60, 50)
    polygons[1234] = shapely.box(*(np.add(polygons[1234].bounds, (0, 0, 0.5, 0))))
    found = overlaps(np.array(polygons, dtype=object))
    assert list(zip(found.first, found.second, strict=True)) == [(1234, 1284)]
    assert found.area == pytest.approx([50])


def test_nothing_and_one():
    assert len(overlaps(np.zeros(0, dtype=object)).area) == 0
    assert len(overlaps(np.array([square(0, 0)])).area) == 0


# ---------------------------------------------------------------- how many lie over a place


def cells_of(polygons):
    polygons = np.asarray(polygons, dtype=object)
    return multiplicity_cells(polygons, overlaps(polygons, least_m2=0.0))


def test_threefold_land_is_counted_three_times():
    cells, over = cells_of([square(0, 0, 3, 1), square(1, 0, 3, 1), square(2, 0, 3, 1)])
    by = {int(n): shapely.area(cells[over == n]).sum() for n in np.unique(over)}
    assert by == {2: pytest.approx(20_000), 3: pytest.approx(10_000)}


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 4), st.floats(0.5, 3), st.floats(0.5, 3)),
        min_size=1,
        max_size=6,
    )
)
def test_cells_make_good_what_is_counted_twice(blocks):
    """Σ area − area of the union = Σ (n − 1) · cell."""
    polygons = np.array([square(*b) for b in blocks], dtype=object)
    cells, over = cells_of(polygons)
    twice = shapely.area(polygons).sum() - shapely.area(shapely.union_all(polygons))
    assert float(((over - 1) * shapely.area(cells)).sum()) == pytest.approx(twice, rel=1e-9, abs=1e-4)
    assert (over >= 2).all()


@pytest.mark.parametrize("blocks", [[(4, 3, 0.5, 1.7), (4, 3, 1, 1)], [(1, 1, 0.5, 1), (1, 1, 0.5, 1.7)]])
def test_zones_that_share_a_slanting_side_but_for_rounding(blocks):
    """Turned, a corner of one lies a hair off the side of the other, where a point inside a cell is not
    easily found."""
    c, s = np.cos(0.3), np.sin(0.3)
    squares = np.array([square(*b, at=(0, 0)) for b in blocks], dtype=object)
    turned = shapely.transform(squares, lambda xy: xy @ np.array([[c, -s], [s, c]]).T + FAR)
    cells, over = cells_of(turned)
    assert float((over * shapely.area(cells)).sum()) == pytest.approx(2 * 5_000)


def test_zone_around_a_zone():
    cells, over = cells_of([square(0, 0, 4, 4), square(1, 1), square(10, 0)])
    assert shapely.area(cells).sum() == pytest.approx(10_000)
    assert over.tolist() == [2]
