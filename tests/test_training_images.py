"""The controls of what is learned from: how many images, their labels, how they become input."""

import math

import pytest
import torch

from core.learning.data import LabelledData, Splits, split, to_input
from tests.support.training import (
    ADAM,
    CPU,
    accuracy_on_test,
    epochs_of,
    small_config,
    small_training,
)


def labels(data: LabelledData, **values: object) -> torch.Tensor:
    return split(data, small_config(**values)).train.labels


def wrong(data: LabelledData, **values: object) -> torch.Tensor:
    """Return for each training image whether its label is a wrong one."""
    return labels(data, **values) != labels(data, **{**values, "label_noise": 0})


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 1.0])
def test_that_share_of_the_training_labels_is_wrong(digits_data, share: float) -> None:
    assert wrong(digits_data, label_noise=share).sum() == round(share * 1197)


def test_that_share_of_fewer_training_labels_is_wrong_too(digits_data) -> None:
    assert wrong(digits_data, label_noise=0.25, train_size=100).sum() == 25


@pytest.mark.parametrize("part", ["validation", "test"])
def test_no_other_label_is_wrong(digits_data, part: str) -> None:
    def of(splits: Splits) -> torch.Tensor:
        return getattr(splits, part).labels

    noisy, clean = (of(split(digits_data, small_config(label_noise=share))) for share in (1.0, 0.0))
    assert torch.equal(noisy, clean)


def test_wrong_labels_leave_the_pictures_as_they_are(digits_data) -> None:
    noisy, clean = (split(digits_data, small_config(label_noise=n)).train.pixels for n in (0.5, 0))
    assert torch.equal(noisy, clean)


def test_wrong_labels_leave_the_data_set_as_it_is(digits_data) -> None:
    before = digits_data.train.labels.clone()
    split(digits_data, small_config(label_noise=1.0))
    assert torch.equal(digits_data.train.labels, before)


def test_wrong_labels_are_all_the_other_digits(digits_data) -> None:
    true, noisy = (labels(digits_data, label_noise=share) for share in (0.0, 1.0))
    assert sorted(((noisy - true) % 10).unique().tolist()) == list(range(1, 10))


def test_the_same_seed_has_the_same_wrong_labels(digits_data) -> None:
    first, second = (labels(digits_data, label_noise=0.3, seed=3) for _ in range(2))
    assert torch.equal(first, second)


def test_another_seed_has_other_wrong_labels(digits_data) -> None:
    first, second = (labels(digits_data, label_noise=0.3, seed=seed) for seed in (3, 4))
    assert not torch.equal(first, second)


def test_a_larger_share_keeps_the_images_of_a_smaller_one(digits_data) -> None:
    few, many = (wrong(digits_data, label_noise=share) for share in (0.1, 0.3))
    assert many[few].all()


@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1])
def test_wrong_labels_are_spread_over_the_first_epoch(digits_data, seed: int) -> None:
    session = small_training(digits_data, label_noise=0.2, seed=seed)
    order = torch.randperm(1197, generator=session._batches.order)
    first = wrong(digits_data, label_noise=0.2, seed=seed)[order[:300]]
    # Five standard deviations of 300 draws.
    assert first.double().mean().item() == pytest.approx(0.2, abs=5 * math.sqrt(0.16 / 300))


def test_from_wrong_labels_alone_nothing_true_is_learned(digits_data) -> None:
    assert accuracy_on_test(digits_data, label_noise=1.0, epochs=4) < 0.15


def test_train_size_is_how_many_images_an_epoch_has(digits_data) -> None:
    assert epochs_of(small_training(digits_data, train_size=200))[0].images == 200


def test_train_size_takes_equally_many_of_each_digit(digits_data) -> None:
    assert labels(digits_data, train_size=200).bincount().tolist() == [20] * 10


def test_fewer_training_images_teach_less(digits_data) -> None:
    few, many = (accuracy_on_test(digits_data, train_size=size, **ADAM) for size in (20, 1000))
    assert few < many - 0.1


def test_the_validation_share_is_held_back(digits_data) -> None:
    splits = split(digits_data, small_config(validation_fraction=0.5))
    assert (len(splits.train), len(splits.validation)) == (719, 718)


@pytest.mark.parametrize(
    ("normalisation", "paper", "ink"),
    [("none", 0, 1), ("half", -1, 1), ("mnist", -0.1307 / 0.3081, (1 - 0.1307) / 0.3081)],
)
def test_normalisation_maps_paper_and_ink(normalisation: str, paper: float, ink: float) -> None:
    pixels = torch.tensor([0, 255], dtype=torch.uint8).expand(1, 28, 2)
    values = to_input(pixels, normalisation, CPU)
    assert values.unique().tolist() == pytest.approx([paper, ink])


def test_augmentation_makes_the_training_harder(digits_data) -> None:
    plain, changed = (
        epochs_of(small_training(digits_data, augmentation=a, epochs=4))[-1].train_loss
        for a in (0, 2)
    )
    assert changed > plain * 1.2
