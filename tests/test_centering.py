"""core.learning.centering: digits where MNIST puts its own."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from core.errors import DataError
from core.learning.centering import center_digit, center_of_mass, ink_box


def bar(height: int, width: int, rows: slice, columns: slice) -> np.ndarray:
    ink = np.zeros((height, width))
    ink[rows, columns] = 1
    return ink


def longest_side(image: np.ndarray) -> int:
    top, bottom, left, right = ink_box(image)
    return max(bottom - top, right - left)


def test_the_result_is_bytes_of_28_by_28():
    image = center_digit(bar(100, 100, slice(20, 80), slice(40, 50)))
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8


@pytest.mark.parametrize("side", [5, 8, 20, 28, 33, 280, 999])
def test_the_longest_ink_side_is_20_pixels_at_any_size(side):
    ink = np.pad(np.ones((side, max(1, side // 3))), 7)
    assert longest_side(center_digit(ink)) == 20


@pytest.mark.parametrize("peak", [0.01, 1.0, 16.0, 255.0, 1e6])
def test_the_brightest_ink_is_255_whatever_the_range(peak):
    ink = bar(60, 60, slice(5, 50), slice(30, 36)) * peak
    assert center_digit(ink).max() == 255


def test_a_wide_digit_is_20_pixels_wide():
    top, bottom, left, right = ink_box(center_digit(bar(50, 90, slice(20, 30), slice(10, 70))))
    assert (bottom - top, right - left) == (3, 20)


def test_the_aspect_ratio_is_kept():
    top, bottom, left, right = ink_box(center_digit(bar(200, 200, slice(10, 110), slice(5, 55))))
    assert (bottom - top, right - left) == (20, 10)


def test_a_hairline_keeps_one_pixel():
    top, bottom, left, right = ink_box(center_digit(bar(900, 900, slice(0, 900), slice(4, 5))))
    assert (bottom - top, right - left) == (20, 1)


def test_the_place_on_the_paper_does_not_matter():
    here = center_digit(bar(100, 100, slice(0, 40), slice(0, 10)))
    there = center_digit(bar(100, 100, slice(60, 100), slice(90, 100)))
    assert np.array_equal(here, there)


def test_the_center_of_mass_lies_at_index_14():
    seven = bar(100, 100, slice(10, 20), slice(20, 70)) + bar(
        100, 100, slice(20, 80), slice(60, 70)
    )
    assert np.abs(center_of_mass(center_digit(seven)) - 14).max() <= 0.51


def test_a_lopsided_digit_is_not_cut_off():
    ink = np.full((200, 200), 0.01)
    ink[:40, :40] = 1  # pulls the centre of mass so far that the rest would leave the field
    assert ink_box(center_digit(ink)) == (8, 28, 8, 28)


def test_values_below_0_are_paper():
    ink = bar(30, 30, slice(5, 25), slice(10, 20))
    assert np.array_equal(center_digit(ink - (ink == 0)), center_digit(ink))


def test_the_input_is_left_alone():
    ink = bar(30, 30, slice(5, 25), slice(10, 20)) - 0.5
    before = ink.copy()
    center_digit(ink)
    assert np.array_equal(ink, before)


def test_without_both_steps_an_image_of_28_by_28_stays_as_it_is():
    image = np.random.default_rng(0).integers(0, 256, (28, 28))
    image[3, 3] = 255
    assert np.array_equal(center_digit(image, scale=False, center=False), image)


def test_without_scaling_the_paper_shrinks_to_the_field():
    image = center_digit(bar(280, 280, slice(100, 180), slice(120, 130)), scale=False)
    assert longest_side(image) == 8


def test_without_scaling_the_digit_is_still_centered():
    image = center_digit(bar(280, 280, slice(0, 90), slice(0, 50)), scale=False)
    assert np.abs(center_of_mass(image) - 14).max() <= 0.51


def test_without_centering_the_ink_stays_in_its_corner():
    top, _, left, _ = ink_box(center_digit(bar(280, 280, slice(0, 60), slice(0, 20)), center=False))
    assert (top, left) == (0, 0)


def test_without_both_steps_a_wide_paper_is_not_stretched():
    paper = bar(140, 280, slice(0, 140), slice(0, 280))
    assert ink_box(center_digit(paper, scale=False, center=False)) == (7, 21, 0, 28)


@pytest.mark.parametrize("shape", [(0, 5), (5,), (3, 4, 5)])
def test_another_shape_is_refused(shape):
    with pytest.raises(DataError, match="shape"):
        center_digit(np.ones(shape))


def test_an_array_without_ink_is_refused():
    with pytest.raises(DataError, match="no ink"):
        center_digit(np.zeros((9, 9)))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_refused(value):
    with pytest.raises(DataError, match="finite"):
        center_digit(np.full((9, 9), value))


def test_every_digit_of_scikit_learn_comes_out_as_mnist_has_it():
    images = np.stack([center_digit(ink) for ink in load_digits().images])
    assert {longest_side(image) for image in images} == {20}
    assert (images.max(axis=(1, 2)) == 255).all()
    assert max(np.abs(center_of_mass(image) - 14).max() for image in images) <= 0.51


@pytest.mark.mnist
def test_mnist_comes_back_unchanged(mnist_root: Path):
    file = mnist_root / "MNIST/raw/t10k-images-idx3-ubyte"
    images = np.fromfile(file, np.uint8, offset=16).reshape(-1, 28, 28)[:1000]
    # MNIST's brightest grey is 254 or 255, ours always 255.
    same = [np.abs(center_digit(image).astype(int) - image).max() <= 1 for image in images]
    assert np.mean(same) > 0.99  # a centre of mass at ±0.5 may round to the other side
