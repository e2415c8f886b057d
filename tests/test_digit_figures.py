"""Figures of each digit's scores and of calibration."""

import numpy as np
import pytest

from core.analysis.calibration import calibrate
from core.palette import run_colour
from core.report.digit_figures import (
    MOST_INTERVALS,
    PATTERNS,
    per_digit_figure,
    reliability_figure,
    run_patterns,
)


def test_bars_have_their_runs_colour_and_a_pattern_of_their_own() -> None:
    scores = [("SGD", 0, np.full(10, 0.9)), ("Adam", 1, np.full(10, 0.95))]
    first, second = per_digit_figure(scores, up="%", close=False).data
    assert first.marker.color == run_colour(0)
    assert second.marker.color == run_colour(1)
    assert first.marker.pattern.shape != second.marker.pattern.shape


def test_a_runs_pattern_does_not_depend_on_who_stands_beside_it() -> None:
    assert run_patterns([3])[0] == run_patterns([1, 2, 3])[2]


def test_runs_of_the_same_colour_have_different_patterns() -> None:
    assert len(set(run_patterns([2] * len(PATTERNS)))) == len(PATTERNS)


def test_more_runs_than_patterns_are_drawn_too() -> None:
    assert len(run_patterns(list(range(20)))) == 20


def test_bars_are_in_percent_and_missing_ones_are_left_out() -> None:
    values = np.full(10, 0.5)
    values[3] = np.nan
    (bars,) = per_digit_figure([("SGD", 0, values)], up="%", close=False).data
    assert bars.y[0] == 50
    assert bars.y[3] is None


def test_bars_begin_at_zero_unless_asked() -> None:
    scores = [("Adam", 0, np.full(10, 0.97))]
    assert per_digit_figure(scores, up="%", close=False).layout.yaxis.range[0] == 0
    close = per_digit_figure(scores, up="% (recall)", close=True).layout.yaxis
    assert close.range[0] == 95
    assert close.title.text == "% (recall); the axis begins at 95"


@pytest.mark.parametrize("values", [np.zeros(10), np.full(10, np.nan)])
def test_close_up_of_nothing_begins_at_zero(values: np.ndarray) -> None:
    figure = per_digit_figure([("A", 0, values)], up="%", close=True)
    assert figure.layout.yaxis.range[0] == 0
    assert figure.layout.yaxis.title.text == "%"


def test_reliability_points_lie_at_what_was_said_and_what_was_right() -> None:
    found = calibrate([0.85] * 4 + [0.15] * 2, [True, True, True, False, False, False])
    diagonal, line, amounts = reliability_figure([("SGD", 0, found)]).data
    assert list(diagonal.x) == list(diagonal.y) == [0, 100]
    assert line.x == pytest.approx((15, 85))
    assert line.y == pytest.approx((0, 75))
    assert sum(amounts.y) == pytest.approx(100)
    assert "(3 of 4)" in line.hovertext[1]


def test_intervals_are_drawn_for_few_runs_alone() -> None:
    found = calibrate([0.85] * 4, [True, True, True, False])
    few = reliability_figure([("A", 0, found)] * MOST_INTERVALS)
    many = reliability_figure([("A", 0, found)] * (MOST_INTERVALS + 1))
    assert few.data[1].error_y.array is not None
    assert many.data[1].error_y.array is None


def test_a_run_without_images_is_drawn() -> None:
    assert len(reliability_figure([("A", 0, calibrate([], []))]).data) == 3


def test_names_are_no_tags_in_a_legend() -> None:
    figure = per_digit_figure([("<b>A</b>", 0, np.ones(10))], up="%", close=False)
    assert figure.data[0].name == "&lt;b&gt;A&lt;/b&gt;"
