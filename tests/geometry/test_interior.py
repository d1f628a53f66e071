"""What the raster says without looking closely is what looking closely says."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gisplan.geometry import cut
from gisplan.geometry.interior import NOWHERE, UNSURE, interior

cut_module = importlib.import_module("gisplan.geometry.cut")


def test_two_squares_side_by_side() -> None:
    zones = shapely.box([0, 100], [0, 0], [100, 200], [100, 100])
    boxes = np.array(
        [
            [40, 40, 60, 60],  # in the first
            [140, 40, 160, 60],  # in the second
            [90, 40, 110, 60],  # over the border of the two
            [60, 40, 99.99, 60],  # a hand's breadth off the border
            [300, 300, 400, 400],  # far outside
            [-50, 40, 50, 60],  # half outside
        ]
    )
    assert interior(zones, cells=10_000).zone_of(boxes).tolist() == [0, 1, UNSURE, UNSURE, NOWHERE, UNSURE]


def test_land_of_two_zones_and_a_hole() -> None:
    outer = shapely.difference(shapely.box(0, 0, 100, 100), shapely.box(10, 10, 30, 30))
    zones = np.array([outer, shapely.box(50, 50, 150, 150)])
    boxes = np.array([[15, 15, 25, 25], [70, 70, 80, 80], [40, 10, 45, 20], [110, 110, 120, 120]])
    assert interior(zones, cells=40_000).zone_of(boxes).tolist() == [NOWHERE, UNSURE, 0, 1]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([40, 400, 20_000]))
def test_never_says_what_is_not_so(seed: int, cells: int) -> None:
    rng = np.random.default_rng(seed)
    middle = rng.uniform(0, 400, (4, 1, 2))
    angle = np.sort(rng.uniform(0, 2 * np.pi, (4, 9)), axis=1)[..., None]
    stars = middle + rng.uniform(20, 200, (4, 9, 1)) * np.concatenate([np.cos(angle), np.sin(angle)], axis=2)
    zones = shapely.make_valid(shapely.polygons(stars), method="structure", keep_collapsed=False)
    zones = zones[shapely.area(zones) > 0]
    if len(zones) == 0:
        return
    west, south = rng.uniform(-100, 500, (2, 300))
    wide, high = rng.exponential(15, (2, 300))
    features = shapely.box(west, south, west + wide, south + high)
    told = interior(zones, cells=cells).zone_of(shapely.bounds(features))
    meets = shapely.intersects(zones[:, None], features[None, :])
    within = shapely.contains_properly(zones[:, None], features[None, :])
    for k, zone in enumerate(told):
        if zone == NOWHERE:
            assert not meets[:, k].any()
        elif zone != UNSURE:
            assert meets[:, k].sum() == 1 and within[zone, k]


@pytest.mark.parametrize("dimension", [1, 2])
def test_cut_is_the_same_without_it(dimension: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    zones = shapely.box(*(np.array([[0, 0, 300, 300], [300, 0, 600, 300], [0, 300, 600, 600]]).T))
    west, south = rng.uniform(-50, 650, (2, 5000))
    features = shapely.box(west, south, west + 12, south + 8)
    features = shapely.boundary(features) if dimension == 1 else features
    quick = cut(zones, features, dimension=dimension)
    monkeypatch.setattr(cut_module, "CELLS", 0.0001)  # one cell: nothing is sure
    slow = cut(zones, features, dimension=dimension)
    for name in ("zone", "feature", "share", "outside", "overlap"):
        assert np.array_equal(getattr(quick, name), getattr(slow, name)), name
