"""The map of test digits: its figure, its colours and what is said of it."""

import shutil
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from core.analysis.embedding import Embedding
from core.config import RunConfig
from core.runs.records import Run
from core.runs.store import RunStore
from core.settings import PROJECT_ROOT
from core.ui.background import Job
from core.ui.digit_maps import DigitMap
from core.ui.map_figure import DIGIT_COLOURS, MapDots, map_figure
from core.ui.map_words import how_to_read, shown_digits, what_it_tells
from tests.test_palette import THEME, contrast, seen_without_red

DOTS = MapDots(
    indices=np.array([4, 9, 17, 20]),
    true=np.array([1, 1, 7, 7]),
    predicted=np.array([1, 7, 7, 7]),
    sure=np.array([0.999, 0.994, 0.5, 0.31]),
)
POINTS = np.array([[0.0, 1], [2, 3], [4, 5], [6, 7]])


# Colours


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colour", DIGIT_COLOURS)
def test_each_digits_dots_stand_out_from_the_page(colour: str, scheme: str) -> None:
    assert contrast(colour, THEME[scheme]["backgroundColor"]) >= 3


def test_no_two_digits_look_alike_to_eyes_without_red() -> None:
    for one, other in combinations(DIGIT_COLOURS, 2):
        gaps = zip(seen_without_red(one), seen_without_red(other), strict=True)
        assert max(abs(first - second) for first, second in gaps) > 0.04


# Figure


def test_each_dot_carries_index_truth_answer_and_percent() -> None:
    figure = map_figure(Embedding(POINTS, 0.5), DOTS, "pca")
    ones, sevens = figure.data[0], figure.data[1]
    assert ones.customdata.tolist() == [[4, 1, 1, 100], [9, 1, 7, 99]]
    assert sevens.customdata.tolist() == [[17, 7, 7, 50], [20, 7, 7, 31]]
    assert (ones.x.tolist(), ones.y.tolist()) == ([0, 2], [1, 3])


def test_a_ring_lies_around_each_misread_digit_and_no_other() -> None:
    figure = map_figure(Embedding(POINTS, 0.5), DOTS, "pca")
    ring = next(trace for trace in figure.data if trace.meta == "misread")
    assert ring.customdata.tolist() == [[9, 1, 7, 99]]
    assert ring.name == "read wrongly"


def test_without_mistakes_there_is_no_ring() -> None:
    right = MapDots(DOTS.indices, DOTS.true, DOTS.true, DOTS.sure)
    figure = map_figure(Embedding(POINTS), right, "tsne")
    assert [trace.meta for trace in figure.data] == ["1", "7", "label-1", "label-7"]


def test_a_label_is_hidden_with_its_digit() -> None:
    figure = map_figure(Embedding(POINTS), DOTS, "tsne")
    groups = {trace.meta: trace.legendgroup for trace in figure.data}
    assert groups == {"1": "1", "7": "7", "misread": "misread", "label-1": "1", "label-7": "7"}


# Words


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    runs: Path = tmp_path_factory.mktemp("words") / "runs"
    shutil.copytree(PROJECT_ROOT / "runs" / "example-adam", runs / "example-adam")
    return RunStore(runs).read("example-adam")


def of(run: Run, dots: MapDots, every: int, misread: int) -> DigitMap:
    return DigitMap(run, "tsne", dots, every, misread, Job())


def test_a_whole_test_set_is_said_to_be_whole(run: Run) -> None:
    said = shown_digits(of(run, DOTS, every=4, misread=1))
    assert said == "All 4 test images are shown, 1 of them read wrongly."


def test_a_sample_says_how_it_was_drawn_and_what_that_does(run: Run) -> None:
    assert shown_digits(of(run, DOTS, every=400, misread=1)) == (
        "Shown are 4 of 400 test images: all 1 that were read wrongly and 3 others, drawn by "
        "chance, the same at every look. So there are more mistakes here (25.0 of 100 dots) than "
        "among all (0.2 of 100)."
    )


def test_where_not_all_mistakes_are_shown_it_says_so(run: Run) -> None:
    said = shown_digits(of(run, DOTS, every=400, misread=300))
    assert "1 of the 300 that were read wrongly" in said
    assert "more mistakes" not in said


def test_pca_says_what_it_holds_and_tsne_what_it_cannot_tell() -> None:
    assert "They hold 34 % of all differences" in what_it_tells(Embedding(POINTS, 0.342))
    assert "Only nearness matters" in what_it_tells(Embedding(POINTS))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"hidden_sizes": (128, 256)}, "the 256 values of its last hidden layer"),
        ({"model": "softmax", "hidden_sizes": ()}, "no hidden layer, so the 784 values"),
        (
            {"model": "cnn", "channels": (4,), "hidden_sizes": ()},
            "the 784 values that its last convolution hands to the ten outputs",
        ),
    ],
)
def test_it_is_said_what_is_compared(settings: dict[str, object], words: str) -> None:
    assert words in how_to_read(RunConfig.model_validate(settings))
