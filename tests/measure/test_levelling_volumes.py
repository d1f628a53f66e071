"""Design surfaces and volumes: balance, best planes, and squares against integrals."""

import math
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gisplan.geometry import Grid
from gisplan.measure.levelling_grid import between, cell_volumes, grid_surface, grid_volumes, squares
from gisplan.measure.levelling_volumes import Surface, balanced_level, best_plane, raised, volumes

HEIGHTS = arrays(float, st.integers(1, 40), elements=st.floats(-50, 900).map(lambda v: round(v, 2)))
CORNERS = arrays(float, (4,), elements=st.floats(-5, 5).map(lambda v: round(v, 3)))


def weights(n, seed):
    return np.random.default_rng(seed).uniform(0.001, 1, n)


# ---------------------------------------------------------------- levels and planes


def test_balance_by_hand():
    """Ground of 1, 2 and 6 m on equal areas: the mean, 3 m, fills 2 + 1 and cuts 3."""
    ground, area = np.array([6.0, 1, 2]), np.ones(3)
    assert balanced_level(ground, area) == pytest.approx(3)
    assert volumes(3 - ground, area) == (3, 3)
    # 1 m³ dug fills 1.2: z − 1 + z − 2 = 1.2 (6 − z), z = 10.2 ÷ 3.2.
    assert balanced_level(ground, area, compacted=1.2) == pytest.approx(10.2 / 3.2)


@given(HEIGHTS, st.integers(0, 99), st.floats(0.5, 2))
def test_at_the_balanced_level_cut_makes_the_fill(ground, seed, compacted):
    area = weights(len(ground), seed)
    level = balanced_level(ground, area, compacted=compacted)
    cut, fill = volumes(level - ground, area)
    assert fill == pytest.approx(compacted * cut, rel=1e-9, abs=1e-9 * max(1, np.abs(ground).max()) * area.sum())
    assert ground.min() - 1e-9 <= level <= ground.max() + 1e-9


@given(HEIGHTS, st.integers(0, 99))
def test_without_swelling_the_balanced_level_is_the_mean(ground, seed):
    area = weights(len(ground), seed)
    assert balanced_level(ground, area) == pytest.approx(np.average(ground, weights=area), rel=1e-9, abs=1e-9)


@given(HEIGHTS, st.integers(0, 99), st.floats(-3, 3))
def test_more_swelling_raises_the_level_and_ground_moves_it_along(ground, seed, up):
    area = weights(len(ground), seed)
    levels = [balanced_level(ground, area, compacted=k) for k in (0.8, 1.0, 1.1, 1.5)]
    assert all(b >= a - 1e-9 for a, b in pairwise(levels))
    assert balanced_level(ground + up, area, compacted=1.1) == pytest.approx(levels[2] + up, abs=1e-8)


@given(HEIGHTS, st.floats(0, 5))
def test_a_higher_level_fills_more_and_cuts_less(ground, up):
    """And fill − cut is the level less the mean, times the land."""
    area = np.ones(len(ground))
    low, high = volumes(100 - ground, area), volumes(100 + up - ground, area)
    assert high[0] <= low[0] + 1e-9
    assert high[1] >= low[1] - 1e-9
    assert low[1] - low[0] == pytest.approx(np.sum(100 - ground), abs=1e-7)
    assert min(low) >= 0


@given(st.floats(-1, 1), st.floats(-1, 1), st.integers(0, 99))
def test_the_best_plane_through_a_plane_is_that_plane(east, north, seed):
    x, y = np.random.default_rng(seed).uniform(-100, 100, (2, 30))
    found = best_plane(x + 5e5, y + 3.4e6, 20 + east * x + north * y, weights(30, seed))
    assert (found.east, found.north) == pytest.approx((east, north), abs=1e-8)
    np.testing.assert_allclose(found.at(x + 5e5, y + 3.4e6), 20 + east * x + north * y, atol=1e-6)


@given(st.integers(0, 999), st.floats(0.001, 0.5))
@settings(max_examples=40)
def test_a_plane_bound_in_slope_is_the_best_of_all_directions(seed, most):
    """Against a search over the circle of the greatest slope."""
    random = np.random.default_rng(seed)
    x, y = random.uniform(0, 80, (2, 25))
    ground = 0.9 * x - 0.6 * y + random.normal(0, 8, 25)
    area = weights(25, seed)
    free, bound = best_plane(x, y, ground, area), best_plane(x, y, ground, area, max_slope=most)

    def misfit(east, north):
        left = ground - east * x - north * y
        return np.sum(area * (left - np.average(left, weights=area)) ** 2)

    assert bound.slope <= most * (1 + 1e-9)
    if free.slope <= most:
        assert bound == free
        return
    assert bound.slope == pytest.approx(most, rel=1e-9)
    around = np.linspace(0, 2 * math.pi, 2001)
    best = min(misfit(most * math.cos(a), most * math.sin(a)) for a in around)
    assert misfit(bound.east, bound.north) <= best * (1 + 1e-9)


def test_points_on_a_line_and_a_single_one_have_a_plane():
    x, area = np.array([0.0, 10, 20]), np.ones(3)
    along = best_plane(x, 2 * x, 1 + 0.1 * x, area)
    np.testing.assert_allclose(along.at(x, 2 * x), 1 + 0.1 * x, atol=1e-12)
    assert best_plane(np.array([3.0]), np.array([4.0]), np.array([7.0]), np.ones(1)) == Surface(7, 3, 4)


# ---------------------------------------------------------------- squares


@pytest.mark.parametrize(
    ("heights", "cut", "fill"),
    [
        ((1, 1, -1, -1), 100, 100),  # a plane: two and two
        ((1, 2.5, 1, -0.5), 3.7037, 403.7037),  # a plane: one and three
        ((2, 2, 2, 2), 0, 800),
        ((-1, -2, -3, -2), 800, 0),
        ((0, 0, 0, 0), 0, 0),
        ((1, 0, -1, 0), 400 / 6, 400 / 6),  # a plane along the diagonal
        ((0, 0, -1, -1), 200, 0),
    ],
)
@pytest.mark.parametrize("triangles", [False, True])
def test_cells_by_hand(heights, cut, fill, triangles):
    got = cell_volumes(np.array([heights], dtype=float), 20, triangles=triangles)
    assert [float(v[0]) for v in got] == pytest.approx([cut, fill], abs=1e-4)


def test_two_and_two_askew_by_hand():
    """h 2, 1 over −1, −3: a²/4 (2² ÷ 5 + 1² ÷ 2) = 130 filled; fill − cut = a²/4 · (−1)."""
    cut, fill = cell_volumes(np.array([[2.0, 1, -1, -3]]), 20)
    assert fill[0] == pytest.approx(100 * (4 / 5 + 1 / 2))
    assert cut[0] == pytest.approx(fill[0] + 100)


@given(CORNERS, st.booleans())
def test_mass_is_kept_and_signs_mirror(heights, triangles):
    h = heights[None]
    cut, fill = cell_volumes(h, 10, triangles=triangles)
    assert cut[0] >= 0
    assert fill[0] >= 0
    assert fill[0] - cut[0] == pytest.approx(25 * h.sum(), abs=1e-9)
    again = cell_volumes(-h, 10, triangles=triangles)
    assert (again[1][0], again[0][0]) == pytest.approx((cut[0], fill[0]), abs=1e-9)


@given(CORNERS, st.integers(0, 3), st.booleans())
def test_turning_and_mirroring_a_square_changes_nothing(heights, turn, triangles):
    h = heights[None]
    want = cell_volumes(h, 10, triangles=triangles)
    for other in (np.roll(h, turn, axis=1), h[:, ::-1]):
        np.testing.assert_allclose(cell_volumes(other, 10, triangles=triangles), want, atol=1e-9)


def integral(h, side, parts=300):
    """Fill under the bilinear surface through the corners, by a fine sub-grid."""
    t = (np.arange(parts) + 0.5) / parts
    x, y = t, t[:, None]
    nw, ne, se, sw = h
    surface = nw * (1 - x) * (1 - y) + ne * x * (1 - y) + se * x * y + sw * (1 - x) * y
    return np.maximum(surface, 0).mean() * side**2


@given(st.floats(-4, 4), st.floats(-4, 4), st.floats(-4, 4))
@settings(max_examples=60)
def test_triangles_are_exact_for_every_plane(level, east, south):
    h = np.array([level, level + east, level + east + south, level + south])
    cut, fill = cell_volumes(h[None], 10, triangles=True)
    assert fill[0] == pytest.approx(integral(h, 10), abs=0.01)
    assert cut[0] == pytest.approx(integral(-h, 10), abs=0.01)


@given(st.floats(-4, 4), st.floats(-4, 4), st.floats(-4, 4))
@settings(max_examples=60)
def test_the_handbook_is_exact_for_planes_but_for_two_and_two_askew(level, east, south):
    """There both volumes come out larger by a²/12 (h₁ − h₂)² ÷ (|h₁| + |h₁′|)."""
    h = np.array([level, level + east, level + east + south, level + south])
    assume(np.abs(h).min() > 1e-3)
    more = 0.0
    for one, two, beyond in ((0, 1, 3), (1, 2, 0), (2, 3, 1), (3, 0, 2)):
        opposite = (two + 1) % 4
        if h[one] > 0 and h[two] > 0 and h[beyond] < 0 and h[opposite] < 0:
            more = 100 / 12 * (h[one] - h[two]) ** 2 / (abs(h[one]) + abs(h[beyond]))
    cut, fill = cell_volumes(h[None], 10)
    assert fill[0] == pytest.approx(integral(h, 10) + more, abs=0.01)
    assert cut[0] == pytest.approx(integral(-h, 10) + more, abs=0.01)


@given(CORNERS, st.booleans())
@settings(max_examples=60)
def test_on_any_square_both_stay_near_the_integral(heights, triangles):
    """Within an eighth of the largest working height times the square."""
    cut, fill = cell_volumes(heights[None], 10, triangles=triangles)
    assert abs(fill[0] - integral(heights, 10)) <= 100 * np.abs(heights).max() / 8 + 0.02
    assert abs(cut[0] - integral(-heights, 10)) <= 100 * np.abs(heights).max() / 8 + 0.02


# ---------------------------------------------------------------- a piece of land


def plane_cells(east, north, *, level=50.0, side=2.0, rows=120, columns=120):
    cells = Grid(0, 240, side, side, rows, columns)
    x = cells.left + (np.arange(columns) + 0.5) * side
    y = cells.top - (np.arange(rows)[:, None] + 0.5) * side
    return level + east * x + north * y, cells


def test_heights_between_cells_are_exact_on_a_plane_and_missing_at_the_edge():
    heights, cells = plane_cells(0.03, -0.07)
    x, y = np.array([1.0, 17.3, 239.0, 0.9]), np.array([239.0, 100.1, 1.0, 100])
    got = between(heights, cells, x, y)
    np.testing.assert_allclose(got[:3], 50 + 0.03 * x[:3] - 0.07 * y[:3])
    assert np.isnan(got[3])


def test_squares_of_a_sloping_field_by_hand():
    """80 m × 60 m that rises 1 m in 20 m to the east, squares of 20 m, level by the nodes.

    z₀ is the height in the middle, 2 m above the western edge. From west to east the working heights at the nodes are
    2, 1, 0, −1, −2: fill 3 · 400 · (1.5 + 0.5), cut the same.
    """
    heights, cells = plane_cells(1 / 20, 0.0)
    laid = squares(shapely.box(40, 60, 120, 120), 20, heights, cells)
    assert len(laid.row) == 12
    surface = grid_surface(laid, mode="balanced", compacted=1, max_slope=None)
    assert surface.level == pytest.approx(50 + 80 / 20)
    h, cut, fill = grid_volumes(laid, surface)
    assert (cut.sum(), fill.sum()) == pytest.approx((3 * 400 * 2, 3 * 400 * 2))
    assert sorted(set(np.round(h.ravel(), 9))) == [-2, -1, 0, 1, 2]


def test_a_square_cut_by_the_border_counts_by_its_part():
    heights, cells = plane_cells(0.0, 0.0)
    laid = squares(shapely.box(40, 60, 50, 80), 20, heights, cells)
    assert laid.share.tolist() == [0.5]
    _, cut, fill = grid_volumes(laid, Surface(53, 0, 0))
    assert (cut[0], fill[0]) == (0, pytest.approx(3 * 10 * 20))


@given(st.integers(0, 200), st.floats(0.7, 1.4), st.booleans(), st.sampled_from(["balanced", "plane"]))
@settings(max_examples=40, deadline=None)
def test_squares_balance_with_swelling(seed, compacted, triangles, mode):
    random = np.random.default_rng(seed)
    cells = Grid(0, 100, 5, 5, 20, 20)
    heights = random.normal(30, 3, (20, 20))
    shape = shapely.Point(50, 50).buffer(33)
    laid = squares(shape, 10, heights, cells)
    surface = grid_surface(
        laid, mode=mode, compacted=compacted, max_slope=0.02 if mode == "plane" else None, triangles=triangles
    )
    _, cut, fill = grid_volumes(laid, surface, triangles=triangles)
    assert fill.sum() == pytest.approx(compacted * cut.sum(), rel=1e-7)
    assert laid.share.sum() * 100 == pytest.approx(shape.area)


def test_a_surface_can_be_raised():
    assert raised(Surface(1, 2, 3, 0.1, 0.2), 4) == Surface(5, 2, 3, 0.1, 0.2)
