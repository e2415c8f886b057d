"""core.learning.training, models and evaluation: real training on the embedded digits."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from core.errors import DivergedError
from core.learning.data import LabelledData, split
from core.learning.evaluation import infer
from core.learning.steps import Step
from core.learning.training import Epoch, Training
from tests.support.training import STANDSTILL, small_training, steps_and_epochs


def step_losses(session: Training) -> list[float]:
    return [step.loss for step in steps_and_epochs(session)[0]]


def all_weights(session: Training) -> torch.Tensor:
    return torch.cat([value.flatten() for value in session.model.state_dict().values()])


def trained_weights(data: LabelledData, **values: object) -> torch.Tensor:
    session = small_training(data, **values)
    step_losses(session)
    return all_weights(session)


# The same numbers again


@pytest.mark.parametrize("values", [{"dropout": 0.5, "optimizer": "adam"}, {"momentum": 0.9}])
def test_the_same_seed_gives_the_same_losses_bit_for_bit(digits_data, values) -> None:
    first, second = (step_losses(small_training(digits_data, **values)) for _ in range(2))
    assert first == second


def test_the_same_seed_gives_the_same_weights_bit_for_bit(digits_data) -> None:
    first, second = (trained_weights(digits_data, dropout=0.5, seed=7) for _ in range(2))
    assert torch.equal(first, second)


def test_a_cnn_gives_the_same_weights_bit_for_bit(digits_data) -> None:
    values = {"model": "cnn", "channels": "4", "epochs": 1, "train_size": 300}
    first, second = (trained_weights(digits_data, **values) for _ in range(2))
    assert torch.equal(first, second)


def test_another_seed_starts_from_other_weights(digits_data) -> None:
    sessions = [small_training(digits_data, seed=seed) for seed in (0, 1)]
    assert not torch.equal(*map(all_weights, sessions))


def test_another_seed_sees_the_images_in_another_order(digits_data) -> None:
    first, second = (first_batch(small_training(digits_data, seed=seed)) for seed in (0, 1))
    assert not torch.equal(first, second)


@pytest.mark.parametrize("watch", ["none", "test"])
def test_what_is_watched_does_not_change_the_training(digits_data, watch: str) -> None:
    usual, other = (
        step_losses(small_training(digits_data, dropout=0.5, watch=w))
        for w in ("validation", watch)
    )
    assert usual == other


# The order of the images


def first_batch(session: Training) -> torch.Tensor:
    return next(session._batches.epoch())[0].inputs


def test_two_optimizers_start_with_the_same_loss(digits_data) -> None:
    sgd, adam = (
        next(small_training(digits_data, dropout=0.5, optimizer=name).run())
        for name in ("sgd", "adam")
    )
    assert sgd[0].loss == adam[0].loss


def test_two_optimizers_see_the_same_images_in_every_step(digits_data) -> None:
    sgd, adam = (
        step_losses(small_training(digits_data, learning_rate=STANDSTILL, optimizer=name))
        for name in ("sgd", "adam")
    )
    assert sgd == adam


def test_dropout_does_not_change_the_order_of_the_images(digits_data) -> None:
    without, with_dropout = (first_batch(small_training(digits_data, dropout=p)) for p in (0, 0.5))
    assert torch.equal(without, with_dropout)


def test_each_epoch_has_an_order_of_its_own(digits_data) -> None:
    steps, _ = steps_and_epochs(small_training(digits_data, learning_rate=STANDSTILL))
    first, second = ([step.loss for step in steps if step.epoch == n] for n in (1, 2))
    assert first != second


def test_each_epoch_takes_every_image_once(digits_data) -> None:
    session = small_training(digits_data, learning_rate=STANDSTILL, batch_size=1197, epochs=3)
    assert np.ptp(step_losses(session)) == pytest.approx(0, abs=1e-6)


# Learning


@pytest.mark.parametrize(
    ("optimizer", "rate"),
    [("sgd", 0.1), ("adam", 0.01), ("adamw", 0.01), ("rmsprop", 0.003), ("adagrad", 0.03)],
)
def test_every_optimizer_learns(digits_data, optimizer: str, rate: float) -> None:
    session = small_training(digits_data, optimizer=optimizer, learning_rate=rate, epochs=4)
    _, epochs = steps_and_epochs(session)
    assert epochs[-1].train_loss < epochs[0].train_loss / 2


@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_both_losses_learn_to_read_digits(digits_data, loss: str) -> None:
    session = small_training(digits_data, momentum=0.9, loss=loss, watch="test", epochs=6)
    _, epochs = steps_and_epochs(session)
    assert epochs[-1].test_accuracy > 0.85


def test_a_cnn_learns_to_read_digits(digits_data) -> None:
    session = small_training(
        digits_data, model="cnn", channels="8", optimizer="adam", learning_rate=0.01
    )
    assert steps_and_epochs(session)[1][-1].validation_accuracy > 0.85


def test_weight_decay_makes_weights_smaller(digits_data) -> None:
    free, held = (trained_weights(digits_data, weight_decay=value) for value in (0, 0.1))
    assert held.norm() < free.norm()


# Counting


def test_steps_are_counted_over_all_epochs(digits_data) -> None:
    steps, _ = steps_and_epochs(small_training(digits_data))
    assert [step.step for step in steps] == list(range(1, 39))


def test_steps_know_their_epoch(digits_data) -> None:
    steps, _ = steps_and_epochs(small_training(digits_data))
    assert [step.epoch for step in steps] == [1] * 19 + [2] * 19


def test_the_last_short_batch_counts_its_own_images(digits_data) -> None:
    steps, _ = steps_and_epochs(small_training(digits_data))
    images = [step.images for step in steps]
    # 1,197 images are 18 batches of 64 and one of 45.
    assert (images[17:20], images[-1]) == ([1152, 1197, 1261], 2394)


def test_a_dropped_batch_is_not_counted(digits_data) -> None:
    steps, epochs = steps_and_epochs(small_training(digits_data, drop_last=True))
    assert (len(steps), steps[18].images, epochs[-1].images) == (36, 1216, 2304)


def test_a_batch_larger_than_the_data_is_one_step(digits_data) -> None:
    steps, _ = steps_and_epochs(small_training(digits_data, batch_size=2000))
    assert [step.images for step in steps] == [1197, 2394]


def test_batches_that_fit_exactly_leave_no_empty_one(digits_data) -> None:
    steps, _ = steps_and_epochs(small_training(digits_data, train_size=640))
    assert (len(steps), steps[-1].images) == (20, 1280)


def test_more_steps_than_are_read_at_once_are_all_there(digits_data) -> None:
    steps, _ = steps_and_epochs(small_training(digits_data, batch_size=16, epochs=1))
    assert [step.step for step in steps] == list(range(1, 76))


def test_epochs_come_after_their_last_step(digits_data) -> None:
    _, epochs = steps_and_epochs(small_training(digits_data))
    assert [(e.epoch, e.step, e.images) for e in epochs] == [(1, 19, 1197), (2, 38, 2394)]


def test_the_epochs_loss_is_the_mean_of_its_steps(digits_data) -> None:
    steps, epochs = steps_and_epochs(small_training(digits_data))
    mean = np.mean([step.loss for step in steps if step.epoch == 2])
    assert epochs[1].train_loss == pytest.approx(mean, rel=1e-6)


def test_the_training_accuracy_is_the_share_read_right(digits_data) -> None:
    session = small_training(digits_data, learning_rate=STANDSTILL, epochs=1)
    _, epochs = steps_and_epochs(session)
    train = split(digits_data, session.config).train
    read = infer(session.model, session.to_input(train)).argmax(dim=1)
    assert epochs[0].train_accuracy == (read == train.labels).double().mean().item()


def test_time_only_goes_on(digits_data) -> None:
    steps, epochs = steps_and_epochs(small_training(digits_data))
    seconds = [0.0, *(step.seconds for step in steps), epochs[-1].seconds]
    assert seconds == sorted(seconds)
    assert seconds[1] > 0


# What is watched


def watched(epoch: Epoch) -> set[str]:
    columns = ("validation_loss", "validation_accuracy", "test_loss", "test_accuracy")
    return {column for column in columns if getattr(epoch, column) is not None}


@pytest.mark.parametrize(
    ("watch", "columns"),
    [
        ("validation", {"validation_loss", "validation_accuracy"}),
        ("test", {"test_loss", "test_accuracy"}),
        ("none", set()),
    ],
)
def test_watching_fills_its_own_columns(digits_data, watch: str, columns: set[str]) -> None:
    _, epochs = steps_and_epochs(small_training(digits_data, watch=watch))
    assert [watched(epoch) for epoch in epochs] == [columns] * 2


@pytest.mark.parametrize("watch", ["validation", "test"])
def test_watched_figures_are_read_without_dropout_after_the_epoch(digits_data, watch: str) -> None:
    session = small_training(digits_data, watch=watch, dropout=0.5)
    _, epochs = steps_and_epochs(session)
    images = getattr(split(digits_data, session.config), watch)
    with torch.no_grad():
        logits = session.model.eval()(session.to_input(images))
    right = (logits.argmax(dim=1) == images.labels).float().mean()
    expected = (functional.cross_entropy(logits, images.labels), right)
    found = getattr(epochs[-1], f"{watch}_loss"), getattr(epochs[-1], f"{watch}_accuracy")
    assert found == pytest.approx([value.item() for value in expected], rel=1e-6)


# Running away


RUNAWAY = {"loss": "mse", "learning_rate": 100.0, "hidden_sizes": (64, 64)}


def run_away(session: Training) -> tuple[list[Step], str]:
    steps: list[Step] = []
    try:
        for event in session.run():
            steps += [] if isinstance(event, Epoch) else event
    except DivergedError as error:
        return steps, str(error)
    pytest.fail("The training did not run away")


def test_a_loss_that_is_no_number_ends_the_training(digits_data) -> None:
    _, message = run_away(small_training(digits_data, **RUNAWAY))
    assert "the training ran away (diverged)" in message


def test_the_steps_before_it_are_yielded_first(digits_data) -> None:
    steps, message = run_away(small_training(digits_data, **RUNAWAY))
    assert f"at step {len(steps) + 1} " in message


def test_all_yielded_losses_are_numbers(digits_data) -> None:
    steps, _ = run_away(small_training(digits_data, **RUNAWAY))
    assert steps
    assert all(math.isfinite(step.loss) for step in steps)


def test_the_sentence_names_the_learning_rate(digits_data) -> None:
    _, message = run_away(small_training(digits_data, **RUNAWAY))
    assert message.endswith("A smaller learning rate usually helps; this run used 100.")


@pytest.mark.parametrize("watch", ["validation", "test"])
def test_running_away_is_seen_in_the_watched_images_too(digits_data, watch: str) -> None:
    # A single step an epoch: its loss is a number, but the weights it leaves are useless.
    values = RUNAWAY | {"batch_size": 2000, "epochs": 1, "hidden_sizes": (64,) * 8}
    session = small_training(digits_data, **values, optimizer="adam", watch=watch)
    steps, _ = run_away(session)
    assert len(steps) == 1


# Stopping


def test_stopping_ends_after_one_step(digits_data) -> None:
    session = small_training(digits_data, batch_size=1)
    events = list(session.run(stop=lambda: True))
    assert [step.step for event in events for step in event] == [1]


def test_stopping_keeps_the_steps_made_until_then(digits_data) -> None:
    asked = itertools.count(1)
    events = list(small_training(digits_data, batch_size=1).run(stop=lambda: next(asked) >= 30))
    assert [step.step for event in events for step in event] == list(range(1, 31))


def test_stopping_while_the_watched_images_are_read_gives_no_epoch(digits_data) -> None:
    asked = itertools.count(1)
    # 19 steps ask first; the reading of the validation images asks next.
    events = list(small_training(digits_data).run(stop=lambda: next(asked) >= 20))
    assert not any(isinstance(event, Epoch) for event in events)
