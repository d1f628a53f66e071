"""Natural breaks: as good as an independent library's, rounded without moving a value."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gisplan.show.classes import class_breaks, natural_breaks, schemes


def spread(values: np.ndarray, breaks: list[float]) -> float:
    """Squared deviation from the means of the classes."""
    classes = np.searchsorted(breaks, values, side="left")
    return sum(((values[classes == c] - values[classes == c].mean()) ** 2).sum() for c in np.unique(classes))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(20))
def test_natural_breaks_are_as_good_as_mapclassify(seed: int) -> None:
    import mapclassify

    random = np.random.default_rng(seed)
    values = np.sort(
        random.choice([random.gamma(2, 3, 60), random.normal(0, 1, 40), random.integers(0, 30, 50) * 1.0][seed % 3], 40)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = mapclassify.FisherJenks(values, k=5).bins[:-1]
    assert spread(values, class_breaks(values)) == pytest.approx(spread(values, list(theirs)), rel=1e-9)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(6))
def test_the_other_methods_class_as_mapclassify_does(seed: int) -> None:
    import mapclassify

    random = np.random.default_rng(seed)
    values = [random.gamma(2, 3, 600), random.normal(0, 1, 250), random.uniform(-5, 5, 1000)][seed % 3]
    ours = schemes(values)
    for name, theirs in (("quantile", mapclassify.Quantiles), ("equal", mapclassify.EqualInterval)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            want = np.asarray(theirs(values, k=5).yb)
        assert np.searchsorted(ours[name], values, side="left").tolist() == want.tolist(), name


@pytest.mark.filterwarnings("ignore")
def test_natural_breaks_of_many_values_are_nearly_the_best() -> None:
    import mapclassify

    values = np.random.default_rng(4).gamma(2, 3, 1500)
    best = spread(values, list(mapclassify.FisherJenks(values, k=5).bins[:-1]))
    assert spread(values, class_breaks(values)) <= 1.01 * best


def test_a_standard_s_limits_come_first_and_few_values_have_one_method() -> None:
    assert list(schemes(np.arange(40.0), limits=(10, 20))) == ["standard", "natural", "quantile", "equal"]
    assert schemes(np.array([1.0, 2.0, np.nan])) == {"natural": [1.0]}


def test_three_heaps_are_three_classes() -> None:
    values = np.array([1.0, 1.1, 1.2, 5.0, 5.1, 9.0, 9.2, 9.3])
    assert natural_breaks(*np.unique(values, return_counts=True), classes=3).tolist() == [2, 4]


@given(st.lists(st.floats(-1e9, 1e9) | st.just(float("nan")), max_size=400))
def test_breaks_rise_and_part_the_values(values: list[float]) -> None:
    known = np.array(values, dtype=float)
    breaks = class_breaks(known)
    assert breaks == sorted(set(breaks))
    assert len(breaks) <= 4
    classes = np.searchsorted(breaks, known[np.isfinite(known)], side="left")
    assert len(np.unique(classes)) == (len(breaks) + 1 if len(classes) else 0)
