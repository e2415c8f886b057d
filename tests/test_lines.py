"""core.drawing: lines of digits in photo-like pictures, counted and read."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from core.config import RunConfig
from core.drawing import find_digits
from core.drawing.lines import lines_of, tilt, turned
from core.drawing.numbers import in_lines
from core.learning.data import LabelledData, load
from core.learning.evaluation import predict, restore_model
from core.runs.results import read_weights
from core.settings import PROJECT_ROOT
from tests.support.photos import GAPS, Photo, photo

PICTURES = 200
SEED = 5
CHAMPION = PROJECT_ROOT / "runs" / "example-champion"


def photos(data: LabelledData, count: int, seed: int, lines: int = 1) -> list[Photo]:
    """Return photo-like pictures of test digits; see tests.support.photos."""
    generator = np.random.default_rng(seed)
    pixels, labels = data.test.pixels.numpy(), data.test.labels.numpy()
    return [photo(pixels, labels, generator, lines=lines) for _ in range(count)]


# Counting needs no model: it runs on the embedded digits wherever MNIST is not there.


def test_the_digits_of_a_line_are_counted_on_the_embedded_digits(digits_data):
    taken = photos(digits_data, 60, SEED)
    right = [len(find_digits(one.picture).found) == len(one.lines[0]) for one in taken]
    assert np.mean(right) >= 0.95


def test_three_lines_in_a_photo_are_three_numbers(digits_data):
    for one in photos(digits_data, 6, SEED, lines=3):
        found = find_digits(one.picture).found
        counts = Counter(digit.line for digit in found)
        assert sorted(counts) == [0, 1, 2]
        # Nearly all digits: how many are found is the fact above.
        assert all(abs(counts[line] - len(one.lines[line])) <= 1 for line in range(3))


@pytest.mark.mnist
def test_numbers_in_photos_of_mnist_digits_are_read_whole_by_the_champion(mnist_root: Path):
    """At least 95 of 100 numbers have the right count of digits, 90 of 100 are read whole."""
    if not (CHAMPION / "model.safetensors").exists():
        pytest.skip("the champion is not among the example runs: run its recipe")
    config = RunConfig.parse(json.loads((CHAMPION / "config.json").read_text())["config"])
    model = restore_model(config, read_weights(CHAMPION))
    counted, read, gaps = [], [], []
    for one in photos(load("mnist", mnist_root), PICTURES, SEED):
        scene = find_digits(one.picture)
        images = np.stack([found.digit.image for found in scene.found])
        answers = predict(config, model, images).argmax(axis=1)
        counted.append(len(answers) == len(one.lines[0]))
        lines = in_lines([found.line for found in scene.found], answers.tolist())
        read.append(lines == list(one.lines))
        gaps.append(one.gaps)
    assert np.mean(counted) >= 0.95
    assert np.mean(read) >= 0.90
    for kind in GAPS:  # none of them is what the others make up for
        assert np.mean([right for right, gap in zip(read, gaps, strict=True) if gap == kind]) >= 0.8


# Tilt and order


def places(*, degrees: float, bounce: float = 0.0, count: int = 6) -> np.ndarray:
    """The middles of digits 50 pixels high, 60 apart, on a line that runs downwards."""
    up = bounce * np.array([1, -1] * count)[:count]
    return turned(np.stack([60.0 * np.arange(count), up], axis=1), degrees)


@pytest.mark.parametrize("degrees", [-12, -8, -3, 0, 5, 8, 12])
def test_the_tilt_of_a_line_is_found(degrees):
    assert tilt(places(degrees=degrees), 50) == pytest.approx(degrees, abs=0.5)


def test_digits_that_bounce_on_their_line_are_no_tilt():
    assert tilt(places(degrees=0, bounce=4), 50) == pytest.approx(0, abs=1)


def test_two_digits_tell_less_of_a_tilt_than_six():
    assert 0 < tilt(places(degrees=8, count=2), 50) < tilt(places(degrees=8, count=6), 50)


@pytest.mark.parametrize("middles", [np.empty((0, 2)), np.array([[30.0, 40.0]])])
def test_one_digit_has_no_tilt(middles):
    assert tilt(middles, 50) == 0


def test_two_lines_share_their_tilt():
    both = np.concatenate([places(degrees=6), places(degrees=6) + np.array([0, 90])])
    assert tilt(both, 50) == pytest.approx(6, abs=0.5)


def test_digits_side_by_side_are_one_line_and_others_another():
    middles = np.array([[10.0, 100.0], [80.0, 12.0], [10.0, 10.0], [75.0, 96.0]])
    assert lines_of(middles, np.full(4, 40.0)).tolist() == [1, 0, 0, 1]
