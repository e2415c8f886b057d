"""Random changes of training images: how large they are, and what they leave alone."""

import math
from collections.abc import Iterator, Sequence

import pytest
import torch

from core.config import RunConfig
from core.learning.augmentation import Augmentation
from core.learning.batches import Batch
from core.learning.data import LabelledData, split, to_input
from core.learning.training import Training
from tests.support.training import training_of

CPU = torch.device("cpu")
PLACES = torch.arange(28.0)
MIDDLE = 13.5


def augmented(images: torch.Tensor, strength: float, seed: int = 0) -> torch.Tensor:
    return Augmentation(strength, seed)(images)


def dots(count: int) -> torch.Tensor:
    """Return `count` images of a soft dot in the middle, four pixels wide."""
    bell = torch.exp(-(((PLACES - MIDDLE) / 1.5) ** 2) / 2)
    return torch.outer(bell, bell).expand(count, 1, 28, 28).clone()


def level_lines(count: int) -> torch.Tensor:
    across = torch.exp(-(((PLACES - MIDDLE) / 1.0) ** 2) / 2)
    along = ((PLACES - MIDDLE).abs() < 8).float()
    return torch.outer(across, along).expand(count, 1, 28, 28).clone()


def means(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return for each image where its ink is on average, to the right and down of the middle."""
    ink = images.sum(dim=(1, 2, 3))
    right = (images.sum(dim=(1, 2)) * (PLACES - MIDDLE)).sum(dim=1) / ink
    down = (images.sum(dim=(1, 3)) * (PLACES - MIDDLE)).sum(dim=1) / ink
    return right, down


def slopes(images: torch.Tensor) -> torch.Tensor:
    """Return for each image by how many degrees the long axis of its ink is turned."""
    right, down = means(images)
    across = (PLACES - MIDDLE).view(1, 1, 1, 28) - right.view(-1, 1, 1, 1)
    along = (PLACES - MIDDLE).view(1, 1, 28, 1) - down.view(-1, 1, 1, 1)
    products = (images * across * along).sum(dim=(1, 2, 3))
    widths = (images * (across**2 - along**2)).sum(dim=(1, 2, 3))
    return torch.rad2deg(torch.atan2(2 * products, widths) / 2)


def digits(data: LabelledData) -> torch.Tensor:
    return to_input(data.train.pixels, "none", CPU)


# How much changes


def test_strength_0_leaves_images_as_they_are(digits_data) -> None:
    images = digits(digits_data)[:100]
    torch.testing.assert_close(augmented(images, 0), images, rtol=0, atol=1e-5)


def test_strength_1_changes_every_image(digits_data) -> None:
    images = digits(digits_data)[:100]
    changed = (augmented(images, 1) - images).abs().amax(dim=(1, 2, 3))
    assert changed.min() > 0.05


@pytest.mark.parametrize("strength", [0.5, 1.0, 2.0])
def test_a_dot_is_moved_by_at_most_2_pixels_times_the_strength(strength: float) -> None:
    for moved in means(augmented(dots(1000), strength)):
        assert moved.abs().max() <= 2 * strength + 0.05


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_a_dot_is_moved_by_nearly_as_much_as_allowed(strength: float) -> None:
    for moved in means(augmented(dots(1000), strength)):
        assert moved.abs().max() > 1.9 * strength


def test_dots_are_moved_to_all_sides_alike() -> None:
    # Evenly drawn between -2 and 2: five standard deviations of the mean of a thousand.
    for moved in means(augmented(dots(1000), 1)):
        assert moved.mean().abs() < 5 * 2 / math.sqrt(3 * 1000)


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_a_dot_grows_and_shrinks_by_at_most_10_percent_times_the_strength(strength: float) -> None:
    area = augmented(dots(1000), strength).sum(dim=(1, 2, 3)) / dots(1).sum()
    sides = area.sqrt()
    assert 0.1 * strength - 0.01 < (sides - 1).abs().max() < 0.1 * strength + 0.01


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_a_level_line_is_turned_by_at_most_10_degrees_times_the_strength(strength: float) -> None:
    turned = slopes(augmented(level_lines(1000), strength)).abs().max().item()
    assert turned == pytest.approx(10 * strength, rel=0.05)


def test_an_upright_line_is_slanted_as_well_as_turned() -> None:
    upright = level_lines(1000).transpose(2, 3).contiguous()
    turned = slopes(augmented(upright, 1).transpose(2, 3)).abs().max()
    assert 11 < turned < 15.5


@pytest.mark.parametrize("strength", [1.0, 3.0])
def test_no_image_comes_out_empty(digits_data, strength: float) -> None:
    assert augmented(digits(digits_data), strength).amax(dim=(1, 2, 3)).min() > 0.3


def test_values_stay_between_paper_and_ink(digits_data) -> None:
    changed = augmented(digits(digits_data), 3)
    assert changed.min() >= 0
    assert changed.max() <= 1 + 1e-6


# Chance


def test_the_same_seed_changes_the_same(digits_data) -> None:
    images = digits(digits_data)[:50]
    assert torch.equal(augmented(images, 1, seed=4), augmented(images, 1, seed=4))


def test_another_seed_changes_otherwise(digits_data) -> None:
    images = digits(digits_data)[:50]
    assert not torch.equal(augmented(images, 1, seed=4), augmented(images, 1, seed=5))


def test_each_time_an_image_is_changed_anew(digits_data) -> None:
    change = Augmentation(1, 0)
    images = digits(digits_data)[:50]
    assert not torch.equal(change(images), change(images))


def test_images_of_one_batch_are_changed_each_on_its_own() -> None:
    changed = augmented(dots(50), 1)
    assert len(changed.flatten(1).unique(dim=0)) == 50


# In a training


def training(data: LabelledData, **values: object) -> Training:
    small = {"dataset": "digits", "hidden_sizes": (8,), "epochs": 2, "watch": "none"}
    return training_of(RunConfig.parse({**small, **values}), data)


def batches(session: Training) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Train, and return the inputs and labels of each step."""
    seen = []
    gradients = session._gradients

    def noted(ready: Sequence[Batch]) -> Iterator[torch.Tensor]:
        seen.extend((batch.inputs.clone(), batch.labels) for batch in ready)
        return gradients(ready)

    session._gradients = noted
    for _ in session.run():
        pass
    return seen


def test_without_augmentation_the_model_gets_the_images_themselves(digits_data) -> None:
    session = training(digits_data, batch_size=2000, epochs=1)
    inputs, labels = batches(session)[0]
    train = split(digits_data, session.config).train
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(0))
    assert torch.equal(inputs, session.to_input(train)[order])
    assert torch.equal(labels, train.labels[order])


def test_augmentation_does_not_change_the_order_of_the_images(digits_data) -> None:
    plain, changed = (batches(training(digits_data, augmentation=a)) for a in (0, 1))
    pairs = zip(plain, changed, strict=True)
    assert all(torch.equal(ours[1], theirs[1]) for ours, theirs in pairs)


def test_augmentation_does_not_change_the_first_weights(digits_data) -> None:
    plain, changed = (training(digits_data, augmentation=a).model.state_dict() for a in (0, 1))
    assert all(torch.equal(plain[name], changed[name]) for name in plain)


def test_augmentation_does_not_change_the_chance_of_dropout(digits_data) -> None:
    chance = []
    for strength in (0, 1):
        batches(training(digits_data, augmentation=strength, dropout=0.3))
        chance.append(torch.get_rng_state())
    assert torch.equal(*chance)


def test_each_epoch_sees_its_images_changed_anew(digits_data) -> None:
    session = training(digits_data, augmentation=1, train_size=10, batch_size=10)
    (first, first_labels), (second, second_labels) = batches(session)
    first, second = first[first_labels.argsort()], second[second_labels.argsort()]
    assert ((first - second).abs().amax(dim=(1, 2, 3)) > 0.05).all()


@pytest.mark.parametrize(
    ("normalisation", "paper"), [("none", 0.0), ("mnist", -0.1307 / 0.3081), ("half", -1.0)]
)
def test_what_comes_in_from_outside_the_image_is_paper(
    digits_data, normalisation: str, paper: float
) -> None:
    session = training(digits_data, augmentation=1, normalisation=normalisation, epochs=1)
    corners = torch.cat([inputs for inputs, _ in batches(session)])[:, 0, ::27, ::27]
    torch.testing.assert_close(corners, torch.full_like(corners, paper))


def test_the_watched_images_are_never_changed(digits_data) -> None:
    session = training(digits_data, augmentation=3, watch="validation")
    assert session._watched_inputs is not None
    held_back = split(digits_data, session.config).validation
    assert torch.equal(session._watched_inputs, to_input(held_back.pixels, "none", CPU))
