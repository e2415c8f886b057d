"""The controls of a training: loss, corrections, batches, when it ends."""

import copy

import pytest
import torch

from core.learning.data import LabelledData, split
from core.learning.evaluation import infer
from core.learning.training import Epoch, Training
from tests.support.training import ADAM, STANDSTILL, epochs_of, small_training, trained, weights

CNN = {"model": "cnn", "channels": (4,), "kernel_size": 3, "hidden_sizes": ()}
# One batch an epoch.
WHOLE = {"batch_size": 2000}


def step_count(session: Training) -> int:
    return sum(len(event) for event in session.run() if not isinstance(event, Epoch))


# Loss and corrections


def confidence(session: Training, data: LabelledData) -> float:
    """Return the mean share of the answer given to the training images."""
    images = session.to_input(split(data, session.config).train)
    return infer(session.model, images).softmax(dim=1).amax(dim=1).mean().item()


def test_label_smoothing_lowers_the_confidence(digits_data) -> None:
    sharp, smooth = (
        confidence(trained(digits_data, **ADAM, label_smoothing=share), digits_data)
        for share in (0.0, 0.3)
    )
    assert smooth < sharp - 0.1


def test_label_smoothing_pulls_the_confidence_towards_what_is_wanted(digits_data) -> None:
    session = trained(digits_data, **{**ADAM, "epochs": 20}, label_smoothing=0.5)
    # Half of the label, and a tenth of the half that is spread.
    assert confidence(session, digits_data) == pytest.approx(0.55, abs=0.08)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "rmsprop", "adagrad"])
def test_weight_decay_shrinks_the_weights(digits_data, optimizer: str) -> None:
    rate = {"optimizer": optimizer, "learning_rate": 0.01, "epochs": 4}
    free, held = (
        weights(trained(digits_data, weight_decay=decay, **rate)).norm() for decay in (0.0, 0.3)
    )
    assert held < free * 0.98


def test_momentum_goes_further_in_the_same_direction(digits_data) -> None:
    moved = []
    for momentum in (0.0, 0.9):
        session = small_training(digits_data, momentum=momentum, learning_rate=0.001)
        before = weights(session)
        epochs_of(session)
        moved.append((weights(session) - before).norm())
    assert moved[1] > 4 * moved[0]


def test_a_warm_up_begins_with_a_smaller_step(digits_data) -> None:
    moved = []
    for warmup in (0, 4):
        session = small_training(digits_data, **WHOLE, epochs=4, warmup_epochs=warmup)
        before = weights(session)
        next(event for event in session.run() if isinstance(event, Epoch))
        moved.append((weights(session) - before).norm().item())
    assert moved[1] == pytest.approx(moved[0] / 4, rel=1e-3)


@pytest.mark.parametrize(("batch_size", "steps"), [(1, 1197), (64, 19), (1196, 2), (1197, 1)])
def test_the_batch_size_decides_the_steps_of_an_epoch(
    digits_data, batch_size: int, steps: int
) -> None:
    assert step_count(small_training(digits_data, batch_size=batch_size, epochs=1)) == steps


def test_a_dropped_last_batch_is_not_learned_from(digits_data) -> None:
    assert step_count(small_training(digits_data, drop_last=True, epochs=1)) == 18


def test_without_a_short_batch_nothing_is_dropped(digits_data) -> None:
    values = {"train_size": 640, "epochs": 1, "drop_last": True}
    assert step_count(small_training(digits_data, **values)) == 10


@pytest.mark.parametrize("values", [{}, CNN], ids=["mlp", "cnn"])
def test_batch_norm_passes_over_a_last_batch_of_one_image(digits_data, values) -> None:
    session = small_training(digits_data, **values, batch_norm=True, train_size=129)
    last = epochs_of(session)[-1]
    assert (last.step, last.images) == (4, 256)


def test_batch_norm_takes_a_last_batch_of_two_images(digits_data) -> None:
    session = small_training(digits_data, batch_norm=True, train_size=130)
    last = epochs_of(session)[-1]
    assert (last.step, last.images) == (6, 260)


def test_without_batch_norm_a_last_batch_of_one_image_is_learned_from(digits_data) -> None:
    last = epochs_of(small_training(digits_data, train_size=129))[-1]
    assert (last.step, last.images) == (6, 258)


# The end


def test_it_ends_after_the_epochs_asked_for(digits_data) -> None:
    assert [epoch.epoch for epoch in epochs_of(small_training(digits_data, epochs=3))] == [1, 2, 3]


def test_no_epoch_is_begun_after_the_time_limit(digits_data) -> None:
    assert len(epochs_of(small_training(digits_data, max_seconds=1e-6, epochs=50))) == 1


def test_a_time_limit_far_off_changes_nothing(digits_data) -> None:
    free, limited = (trained(digits_data, max_seconds=limit) for limit in (None, 1e6))
    assert torch.equal(weights(free), weights(limited))


@pytest.mark.parametrize("patience", [1, 3])
def test_patience_ends_what_gets_no_better(digits_data, patience: int) -> None:
    session = small_training(digits_data, learning_rate=STANDSTILL, patience=patience, epochs=50)
    assert len(epochs_of(session)) == 1 + patience


# Jumps about, so that the best epoch is not the last one.
RESTLESS = {"learning_rate": 1.0, "momentum": 0.9, "hidden_sizes": (8,), "train_size": 300}


def validation_accuracy(session: Training, data: LabelledData) -> float:
    images = split(data, session.config).validation
    answers = infer(session.model, session.to_input(images)).argmax(dim=1)
    return (answers == images.labels).float().mean().item()


@pytest.mark.parametrize(
    "values",
    [{"patience": 4, "epochs": 60}, {"patience": 50, "epochs": 12}, {"batch_norm": True}],
    ids=["patience used up", "epochs used up", "batch norm"],
)
def test_with_patience_the_model_is_that_of_its_best_epoch(digits_data, values) -> None:
    session = small_training(digits_data, **{**RESTLESS, "patience": 4, "epochs": 30, **values})
    accuracies = [epoch.validation_accuracy for epoch in epochs_of(session)]
    assert accuracies[-1] < max(accuracies)
    assert validation_accuracy(session, digits_data) == max(accuracies)


def test_of_equally_good_epochs_the_first_is_kept(digits_data) -> None:
    session = small_training(digits_data, **WHOLE, learning_rate=1e-6, patience=3, epochs=20)
    events = session.run()
    next(event for event in events if isinstance(event, Epoch))
    first = copy.deepcopy(session.model.state_dict())
    accuracies = {e.validation_accuracy for e in events if isinstance(e, Epoch)}
    assert len(accuracies) == 1
    assert all(torch.equal(v, first[name]) for name, v in session.model.state_dict().items())


def test_without_patience_the_last_weights_are_kept(digits_data) -> None:
    session = small_training(digits_data, **RESTLESS, epochs=12)
    accuracies = [epoch.validation_accuracy for epoch in epochs_of(session)]
    assert accuracies[-1] < max(accuracies)
    assert validation_accuracy(session, digits_data) == accuracies[-1]


def test_patience_does_not_change_the_epochs_before(digits_data) -> None:
    patient, usual = (
        [epoch.train_loss for epoch in epochs_of(small_training(digits_data, **RESTLESS, **values))]
        for values in ({"patience": 50, "epochs": 6}, {"epochs": 6})
    )
    assert patient == usual
