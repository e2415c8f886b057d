"""The mean of several curves and how far they spread around it."""

import numpy as np
import pytest
from scipy import stats

from core.analysis.bands import band
from core.errors import RunError

X = np.arange(1.0, 6.0)
RANDOM = np.random.default_rng(0).normal(size=(4, 5))
CURVES = [(X, y) for y in RANDOM]


def test_the_middle_is_the_mean() -> None:
    assert band(CURVES, "deviation").mean == pytest.approx(RANDOM.mean(axis=0))


def test_a_deviation_is_that_of_a_sample() -> None:
    found = band(CURVES, "deviation")
    assert found.high - found.mean == pytest.approx(stats.tstd(RANDOM, axis=0))


def test_an_error_is_scipys_standard_error() -> None:
    found = band(CURVES, "error")
    assert found.mean - found.low == pytest.approx(stats.sem(RANDOM, axis=0))


def test_an_interval_is_scipys_t_interval() -> None:
    found = band(CURVES, "interval")
    low, high = stats.t.interval(
        0.95, len(RANDOM) - 1, loc=RANDOM.mean(axis=0), scale=stats.sem(RANDOM, axis=0)
    )
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def test_a_range_is_from_the_lowest_to_the_highest_curve() -> None:
    found = band(CURVES, "range")
    assert found.low.tolist() == RANDOM.min(axis=0).tolist()
    assert found.high.tolist() == RANDOM.max(axis=0).tolist()


def test_curves_at_the_same_places_keep_them() -> None:
    assert band(CURVES, "range").x.tolist() == X.tolist()


def test_it_ends_where_the_shortest_curve_does() -> None:
    short = (X[:3], np.zeros(3))
    assert band([*CURVES, short], "range").x.tolist() == [1, 2, 3]


def test_curves_at_other_places_are_read_between_their_points() -> None:
    found = band([([0, 10], [0, 10]), ([0, 5, 9], [0, 5, 9])], "range")
    assert found.mean == pytest.approx(found.x)
    assert found.x[-1] == 9


def test_curves_at_other_places_have_a_mean_at_each_of_them() -> None:
    assert band([([0, 4, 8], [0, 4, 8]), ([1, 5, 9], [1, 5, 9])], "range").x.tolist() == [
        1,
        4,
        5,
        8,
    ]


@pytest.mark.parametrize("axis", ["alike", "apart"])
def test_a_band_keeps_its_places_while_its_curves_grow(axis: str) -> None:
    # Rising losses of three seeds; "apart": each at seconds of its own.
    random = np.random.default_rng(1)
    times = [
        np.cumsum(random.uniform(0.5, 1.5, 3_000)) if axis == "apart" else np.arange(3_000.0)
        for _ in range(3)
    ]
    values = [random.normal(size=3_000) for _ in times]

    def grown(length: int) -> np.ndarray:
        begun = [(x[:length], y[:length]) for x, y in zip(times, values, strict=True)]
        found = band(begun, "interval")
        return np.array([found.x, found.mean, found.low, found.high])

    whole = grown(1_300)
    for length in range(100, 1_300, 100):
        part = grown(length)
        # All but the end, which lies between the places taken later.
        assert np.array_equal(part[:, :-1], whole[:, : part.shape[1] - 1])


def test_a_band_has_no_more_places_than_a_drawing_needs() -> None:
    random = np.random.default_rng(2)
    long = [(np.sort(random.uniform(0, 1, 20_000)), np.zeros(20_000)) for _ in range(3)]
    found = band(long, "range")
    assert 2_000 < len(found.x) <= 4_100
    assert found.x[-1] == min(x[-1] for x, _ in long)


def test_curves_that_share_no_stretch_have_no_mean() -> None:
    assert not len(band([([0, 1], [0, 0]), ([2, 3], [0, 0])], "range").x)


def test_a_curve_that_has_not_begun_leaves_no_mean() -> None:
    assert not len(band([*CURVES, ([], [])], "interval").x)


@pytest.mark.parametrize("spread", ["deviation", "error", "interval", "range"])
def test_a_single_curve_has_no_spread(spread) -> None:
    found = band(CURVES[:1], spread)
    assert found.low.tolist() == found.high.tolist() == RANDOM[0].tolist()


def test_no_curve_at_all_is_refused() -> None:
    with pytest.raises(RunError, match="no curve"):
        band([], "range")
