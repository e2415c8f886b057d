"""The charts of settings against results: what stands where."""

import numpy as np
import pytest

from core.analysis.tried import Tried
from core.config import RunConfig
from core.ui.settings_figures import parallel_figure, rate_figure

SGD = RunConfig(optimizer="sgd")


def row(accuracy: float | None, state: str = "finished", **values: object) -> Tried:
    return Tried("r", SGD.replace(**values), accuracy, state)


RATES = [
    row(0.8, learning_rate=0.01),
    row(0.9, learning_rate=0.01, seed=1),
    row(0.95, learning_rate=0.1),
    row(None, "diverged", learning_rate=10.0),
    row(0.97, learning_rate=0.01, optimizer="adam"),
]


def named(figure, name: str):
    (trace,) = [trace for trace in figure.data if trace.name == name]
    return trace


def test_every_run_is_a_point_at_its_rate() -> None:
    points = named(rate_figure(RATES, "validation"), "SGD")
    assert list(zip(points.x, points.y, strict=True)) == [(0.01, 80), (0.01, 90), (0.1, 95)]


def test_the_line_goes_through_the_means() -> None:
    line = rate_figure(RATES, "validation").data[0]
    assert (list(line.x), list(line.y)) == ([0.01, 0.1], pytest.approx([85, 95]))


def test_a_run_without_a_result_is_a_cross_that_says_why() -> None:
    cross = named(rate_figure(RATES, "validation"), "SGD, no result")
    assert (list(cross.x), list(cross.text)) == ([10.0], ["no result (diverged)"])
    assert cross.y[0] < 80


def test_an_optimizer_keeps_its_colour_whatever_stands_beside_it() -> None:
    both, alone = rate_figure(RATES, "test"), rate_figure(RATES[-1:], "test")
    assert named(both, "Adam").marker.color == named(alone, "Adam").marker.color


@pytest.mark.parametrize(("judged", "images"), [("validation", "validation"), ("test", "test")])
def test_the_axis_says_which_images_were_read(judged, images: str) -> None:
    assert f"{images} images" in rate_figure(RATES, judged).layout.yaxis.title.text


def axis(rows: list[Tried], field: str):
    (found,) = parallel_figure(rows, [field]).data[0].dimensions[:1]
    return found


def test_learning_rates_stand_on_a_logarithmic_axis() -> None:
    found = axis(RATES, "learning_rate")
    assert list(found.values) == pytest.approx(np.log10([0.01, 0.01, 0.1, 0.01]))
    assert list(found.ticktext) == ["0.01", "0.1"]


def test_a_weight_decay_of_0_stands_on_a_linear_axis() -> None:
    rows = [row(0.5, weight_decay=decay) for decay in (0.0, 0.1)]
    assert list(axis(rows, "weight_decay").values) == [0, 0.1]


def test_choices_stand_by_their_words() -> None:
    found = axis(RATES, "optimizer")
    assert list(found.ticktext) == ["SGD", "Adam"]
    assert list(found.values) == [0, 0, 0, 1]


def test_an_empty_value_has_its_word() -> None:
    rows = [row(0.5, train_size=size) for size in (None, 100)]
    assert list(axis(rows, "train_size").values) == [0, 1]


def test_runs_without_a_result_have_no_line() -> None:
    accuracy = parallel_figure(RATES, []).data[0].dimensions[-1]
    assert list(accuracy.values) == [80, 90, 95, 97]
