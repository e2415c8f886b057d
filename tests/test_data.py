"""core.learning.data and core.learning.idx: the images, their splits, damaged files."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch

from core.config import Normalisation, RunConfig
from core.errors import DataError
from core.learning.centering import center_of_mass, ink_box
from core.learning.data import LabelledData, load, split, to_input
from core.learning.idx import MNIST_FILES, mnist_folder, read_idx

CPU = torch.device("cpu")


def config(**values: object) -> RunConfig:
    return RunConfig.parse({"dataset": "digits", **values})


def all_images(data: LabelledData) -> np.ndarray:
    return torch.cat([data.train.pixels, data.test.pixels]).numpy()


# The embedded digits


def test_embedded_digits_are_1437_and_360(digits_data: LabelledData) -> None:
    assert (len(digits_data.train), len(digits_data.test)) == (1437, 360)


def test_embedded_digits_are_28_by_28_bytes(digits_data: LabelledData) -> None:
    pixels = digits_data.train.pixels
    assert (pixels.shape, pixels.dtype) == ((1437, 28, 28), torch.uint8)


def test_embedded_labels_are_the_ten_digits(digits_data: LabelledData) -> None:
    assert digits_data.train.labels.unique().tolist() == list(range(10))


def test_embedded_labels_are_whole_numbers_for_torch(digits_data: LabelledData) -> None:
    assert digits_data.test.labels.dtype == torch.int64


def test_every_embedded_digit_is_20_pixels_long(digits_data: LabelledData) -> None:
    boxes = [ink_box(image) for image in all_images(digits_data)]
    assert {max(bottom - top, right - left) for top, bottom, left, right in boxes} == {20}


def test_every_embedded_digit_has_its_mass_in_the_middle(digits_data: LabelledData) -> None:
    masses = np.array([center_of_mass(image) for image in all_images(digits_data)])
    assert np.abs(masses - 14.0).max() < 0.6  # whole pixels, and the brightness is rounded


def test_embedded_digits_are_white_on_black(digits_data: LabelledData) -> None:
    images = all_images(digits_data)
    assert images[:, 0].max() == 0
    assert (images.max(axis=(1, 2)) == 255).all()


def test_the_embedded_test_set_is_scikit_learns_last(digits_data: LabelledData) -> None:
    from sklearn.datasets import load_digits

    assert digits_data.test.labels.tolist() == load_digits().target[-360:].tolist()


def test_data_that_was_read_before_comes_from_memory(digits_data: LabelledData) -> None:
    assert load("digits", Path("elsewhere")) is digits_data


# Splits


def test_all_three_parts_of_the_default_split(digits_data: LabelledData) -> None:
    splits = split(digits_data, config())
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (1197, 240, 360)


def test_validation_is_the_last_part_of_the_training_images(digits_data: LabelledData) -> None:
    validation = split(digits_data, config()).validation
    assert torch.equal(validation.pixels, digits_data.train.pixels[-240:])


def test_training_images_end_where_validation_begins(digits_data: LabelledData) -> None:
    assert torch.equal(split(digits_data, config()).train.pixels, digits_data.train.pixels[:1197])


def test_without_a_validation_share_all_images_train(digits_data: LabelledData) -> None:
    splits = split(digits_data, config(validation_fraction=0, watch="test"))
    assert (len(splits.train), len(splits.validation)) == (1437, 0)


def test_a_share_too_small_to_watch_is_refused(digits_data: LabelledData) -> None:
    few = LabelledData("digits", digits_data.train.take(slice(0, 100)), digits_data.test)
    with pytest.raises(DataError, match=r"holds back none of the 100 .* Raise it"):
        split(few, config(validation_fraction=0.001))


@pytest.mark.parametrize("size", [10, 100, 1000])
def test_fewer_training_images_are_balanced(digits_data: LabelledData, size: int) -> None:
    labels = split(digits_data, config(train_size=size)).train.labels
    assert labels.bincount(minlength=10).tolist() == [size // 10] * 10


def test_an_odd_number_of_training_images_is_met(digits_data: LabelledData) -> None:
    counts = split(digits_data, config(train_size=123)).train.labels.bincount(minlength=10)
    assert (counts.sum(), counts.min(), counts.max()) == (123, 12, 13)


def test_fewer_training_images_keep_their_order(digits_data: LabelledData) -> None:
    few = split(digits_data, config(train_size=50)).train.pixels
    places = [(digits_data.train.pixels == image).all(dim=(1, 2)).nonzero()[0] for image in few]
    assert all(one < other for one, other in itertools.pairwise(places))


def test_a_smaller_choice_is_part_of_a_larger_one(digits_data: LabelledData) -> None:
    small, large = (split(digits_data, config(train_size=n)).train.pixels for n in (100, 200))
    assert {image.numpy().tobytes() for image in small} <= {
        image.numpy().tobytes() for image in large
    }


def test_more_training_images_than_there_are_is_refused(digits_data: LabelledData) -> None:
    few = LabelledData("digits", digits_data.train.take(slice(0, 120)), digits_data.test)
    with pytest.raises(DataError, match=r"101 training images .* there are only 100"):
        split(few, config(train_size=101))


def test_dropping_the_only_batch_is_refused(digits_data: LabelledData) -> None:
    few = LabelledData("digits", digits_data.train.take(slice(0, 120)), digits_data.test)
    with pytest.raises(DataError, match=r"batch of 101 is larger than the 100 .* smaller"):
        split(few, config(batch_size=101, drop_last=True))


def test_one_short_batch_that_is_not_dropped_is_fine(digits_data: LabelledData) -> None:
    assert len(split(digits_data, config(batch_size=1198)).train) == 1197


# What models take


@pytest.mark.parametrize(
    ("normalisation", "black", "white"),
    [("none", 0.0, 1.0), ("half", -1.0, 1.0), ("mnist", -0.42421296, 2.82148653)],
)
def test_range_of_the_input(normalisation: Normalisation, black: float, white: float) -> None:
    pixels = torch.tensor([0, 255], dtype=torch.uint8).repeat(1, 28, 14)
    inputs = to_input(pixels, normalisation, CPU)
    assert [inputs.min().item(), inputs.max().item()] == pytest.approx([black, white], abs=1e-6)


def test_input_has_one_channel_of_floats(digits_data: LabelledData) -> None:
    inputs = to_input(digits_data.test.pixels, "none", CPU)
    assert (inputs.shape, inputs.dtype) == ((360, 1, 28, 28), torch.float32)


def test_making_the_input_leaves_the_images(digits_data: LabelledData) -> None:
    before = digits_data.test.pixels.clone()
    to_input(digits_data.test.pixels, "half", CPU)
    assert torch.equal(digits_data.test.pixels, before)


# MNIST and its file format


@pytest.mark.mnist
@pytest.mark.parametrize("part", ["train", "test"])
def test_mnist_is_read_as_torchvision_reads_it(mnist_root: Path, part: str) -> None:
    from torchvision.datasets import MNIST

    ours, theirs = getattr(load("mnist", mnist_root), part), MNIST(mnist_root, part == "train")
    assert torch.equal(ours.pixels, theirs.data)
    assert torch.equal(ours.labels, theirs.targets)


@pytest.mark.mnist
def test_article_1_validates_on_the_last_10000(mnist_root: Path) -> None:
    data = load("mnist", mnist_root)
    splits = split(data, RunConfig())
    assert len(splits.train) == 50_000
    assert torch.equal(splits.validation.labels, data.train.labels[50_000:])


def idx_file(folder: Path, values: np.ndarray) -> Path:
    path = folder / "t10k-labels-idx1-ubyte"
    header = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, dtype=">i4").tobytes()
    path.write_bytes(header + values.astype(np.uint8).tobytes())
    return path


def test_an_idx_file_is_read(tmp_path: Path) -> None:
    images = np.arange(24).reshape(2, 3, 4)
    assert np.array_equal(read_idx(idx_file(tmp_path, images), (2, 3, 4)), images)


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_idx(path, (10,))
    return str(caught.value)


def damaged(folder: Path, problem: str) -> Path:
    path = idx_file(folder, np.full(10, 10) if problem == "labels above 9" else np.arange(10))
    content = path.read_bytes()
    if problem == "too short":
        path.write_bytes(content[:-1])
    elif problem == "too long":
        path.write_bytes(content + b"\0")
    elif problem == "does not begin like":
        path.write_bytes(b"\x1f\x8b" + content[2:])
    elif problem == "cannot be read":
        path.unlink()
    return path


PROBLEMS = ["too short", "too long", "does not begin like", "labels above 9", "cannot be read"]


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_damaged_file_is_refused_with_the_reason(tmp_path: Path, problem: str) -> None:
    assert problem in refusal(damaged(tmp_path, problem))


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_damaged_file_is_named(tmp_path: Path, problem: str) -> None:
    path = damaged(tmp_path, problem)
    assert refusal(path).startswith(str(path))


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_damaged_file_comes_with_the_fix(tmp_path: Path, problem: str) -> None:
    assert refusal(damaged(tmp_path, problem)).endswith(
        "Delete t10k-labels-idx1-ubyte and fetch MNIST again (python -m core fetch)."
    )


def test_an_empty_file_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "t10k-labels-idx1-ubyte"
    path.touch()
    assert "does not begin like" in refusal(path)


def test_a_file_of_another_shape_is_damaged(tmp_path: Path) -> None:
    assert "does not begin like" in refusal(idx_file(tmp_path, np.zeros(11)))


def test_missing_mnist_names_folder_and_fix(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"MNIST/raw\. Fetch it with `python -m core fetch`"):
        load("mnist", tmp_path)


def test_one_missing_file_is_missing_mnist(tmp_path: Path) -> None:
    mnist_folder(tmp_path).mkdir(parents=True)
    for name in list(MNIST_FILES)[:3]:
        (mnist_folder(tmp_path) / name).touch()
    with pytest.raises(DataError, match="MNIST is not in"):
        load("mnist", tmp_path)
