"""A training that stops and goes on elsewhere is the one that never stopped, bit for bit."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch

from core.config import RunConfig
from core.errors import RunUnreadableError
from core.learning.data import LabelledData, split
from core.learning.evaluation import infer
from core.learning.state import TrainingState
from core.learning.training import Epoch, Training
from core.runs.checkpoints import read_checkpoint, write_checkpoint
from tests.support.training import training_of

CPU = torch.device("cpu")
SMALL = {"dataset": "digits", "hidden_sizes": (16,), "train_size": 300, "epochs": 5}
# Jumps about, so that the best epoch is not the last one and patience runs out.
RESTLESS = {"learning_rate": 1.0, "momentum": 0.9, "hidden_sizes": (8,), "epochs": 60}
TRAININGS = {
    "dropout and adam": {"dropout": 0.3, "optimizer": "adam", "learning_rate": 0.01},
    "adamw": {"optimizer": "adamw", "learning_rate": 0.01, "weight_decay": 0.1},
    "momentum": {"momentum": 0.9, "learning_rate": 0.1},
    "rmsprop with momentum": {"optimizer": "rmsprop", "momentum": 0.9},
    "adagrad": {"optimizer": "adagrad", "rate_decay": 0.01, "learning_rate": 0.05},
    "cnn with batch norm and augmentation": {
        "model": "cnn", "channels": (3,), "kernel_size": 3, "batch_norm": True, "dropout": 0.5,
        "augmentation": 1.0, "train_size": 129, "epochs": 4,
    },
    "cosine": {"schedule": "cosine", "warmup_epochs": 1, "learning_rate": 0.1},
    "one-cycle": {"schedule": "one_cycle", "learning_rate": 0.1},
    "wrong labels": {"label_noise": 0.3, "label_smoothing": 0.1, "learning_rate": 0.1},
    "early stopping": {**RESTLESS, "patience": 6},
}  # fmt: skip


def training(data: LabelledData, **values: object) -> Training:
    return training_of(RunConfig.parse({**SMALL, **values}), data)


def losses(session: Training, epochs: int | None = None) -> list[float]:
    """Train, for `epochs` epochs or to the end, and return what it said of loss and accuracy."""
    found: list[float] = []
    for event in session.run():
        if isinstance(event, Epoch):
            figures = (event.train_loss, event.validation_loss, event.validation_accuracy)
            found += [value for value in figures if value is not None]
            if event.epoch == epochs:
                break
        else:
            found += [value for step in event for value in (step.loss, step.learning_rate)]
    return found


def state_after(data: LabelledData, epochs: int, /, **values: object) -> TrainingState:
    session = training(data, **values)
    losses(session, epochs)
    return session.state()


def resumed(data: LabelledData, state: TrainingState, **values: object) -> Training:
    session = training(data, **values)
    torch.manual_seed(12345)  # whatever was drawn by chance in between
    session.restore(state)
    return session


def same_tensors(first: TrainingState, second: TrainingState) -> bool:
    assert first.tensors.keys() == second.tensors.keys()
    return all(torch.equal(value, second.tensors[name]) for name, value in first.tensors.items())


# Going on


@pytest.mark.parametrize("epochs", [1, 3])
@pytest.mark.parametrize("name", TRAININGS)
def test_what_goes_on_has_the_losses_of_what_never_stopped(
    digits_data, name: str, epochs: int
) -> None:
    values = TRAININGS[name]
    whole = losses(training(digits_data, **values))
    begun = training(digits_data, **values)
    first = losses(begun, epochs)
    rest = losses(resumed(digits_data, begun.state(), **values))
    assert first + rest == whole


@pytest.mark.parametrize("name", TRAININGS)
def test_what_goes_on_ends_where_what_never_stopped_does(digits_data, name: str) -> None:
    values = TRAININGS[name]
    whole = training(digits_data, **values)
    losses(whole)
    expected = whole.state()
    rest = resumed(digits_data, state_after(digits_data, 2, **values), **values)
    losses(rest)
    assert same_tensors(rest.state(), expected)


@pytest.mark.parametrize("name", TRAININGS)
def test_a_restored_training_has_the_state_that_it_was_given(digits_data, name: str) -> None:
    state = state_after(digits_data, 2, **TRAININGS[name])
    again = resumed(digits_data, state, **TRAININGS[name]).state()
    assert same_tensors(again, state)
    assert again.progress == state.progress


def test_a_training_that_stops_after_every_epoch_is_the_same(digits_data) -> None:
    values = TRAININGS["dropout and adam"]
    whole = losses(training(digits_data, **values))
    session = training(digits_data, **values)
    pieces = losses(session, 1)
    for epoch in range(2, 6):
        session = resumed(digits_data, session.state(), **values)
        pieces += losses(session, epoch)
    assert pieces == whole


def test_steps_images_and_epochs_are_counted_on(digits_data) -> None:
    session = resumed(digits_data, state_after(digits_data, 2))
    step = next(session.run())[0]
    # 300 images are four batches of 64 and one of 44.
    assert (step.step, step.epoch, step.images) == (11, 3, 664)


def test_seconds_are_counted_on(digits_data) -> None:
    state = state_after(digits_data, 2)
    state.progress.seconds = 1000.0
    assert next(resumed(digits_data, state).run())[0].seconds > 1000


def test_a_finished_training_stays_finished(digits_data) -> None:
    session = training(digits_data)
    losses(session)
    assert list(resumed(digits_data, session.state()).run()) == []


def test_the_time_limit_counts_what_was_used_up_before(digits_data) -> None:
    state = state_after(digits_data, 2, max_seconds=500)
    state.progress.seconds = 500.0
    assert resumed(digits_data, state, max_seconds=500).finished


# Early stopping


def validation_accuracy(session: Training, data: LabelledData) -> float:
    images = split(data, session.config).validation
    answers = infer(session.model, session.to_input(images)).argmax(dim=1)
    return (answers == images.labels).float().mean().item()


@pytest.mark.parametrize("waited", [1, 3, 6])
def test_the_best_weights_outlive_a_stop_after_their_epoch(digits_data, waited: int) -> None:
    values = TRAININGS["early stopping"]
    whole = training(digits_data, **values)
    losses(whole)
    best = whole.progress.best_epoch
    assert whole.progress.epoch == best + 6
    rest = resumed(digits_data, state_after(digits_data, best + waited, **values), **values)
    losses(rest)
    assert validation_accuracy(rest, digits_data) == whole.progress.best_accuracy


def test_patience_goes_on_where_it_was(digits_data) -> None:
    values = TRAININGS["early stopping"]
    whole = training(digits_data, **values)
    losses(whole)
    stopped = state_after(digits_data, whole.progress.epoch - 1, **values)
    rest = resumed(digits_data, stopped, **values)
    losses(rest)
    assert rest.progress.epoch == whole.progress.epoch


def test_without_patience_no_best_weights_are_kept(digits_data) -> None:
    assert state_after(digits_data, 2).part("best") == {}


# What a state is


@pytest.mark.parametrize("name", TRAININGS)
def test_a_state_is_a_copy_that_later_steps_do_not_change(digits_data, name: str) -> None:
    session = training(digits_data, **TRAININGS[name])
    losses(session, 2)
    state = session.state()
    kept = {tensor: value.clone() for tensor, value in state.tensors.items()}
    losses(session)
    assert all(torch.equal(value, kept[tensor]) for tensor, value in state.tensors.items())


def test_the_progress_of_a_state_is_a_copy(digits_data) -> None:
    session = training(digits_data)
    losses(session, 2)
    state = session.state()
    losses(session)
    assert state.progress.epoch == 2


@pytest.mark.parametrize("name", ["dropout and adam", "early stopping"])
def test_going_on_does_not_change_the_state_that_it_went_on_from(digits_data, name: str) -> None:
    values = TRAININGS[name]
    state = state_after(digits_data, 2, **values)
    first, second = (losses(resumed(digits_data, state, **values)) for _ in range(2))
    assert first == second


def test_taking_a_state_changes_nothing(digits_data) -> None:
    values = TRAININGS["dropout and adam"]
    whole = losses(training(digits_data, **values))
    session = training(digits_data, **values)
    found: list[float] = []
    for epoch in itertools.count(1):
        found += losses(session, epoch)
        session.state()
        if session.finished:
            break
    assert found == whole


# States of something else


@pytest.mark.parametrize(
    "values",
    [
        {"hidden_sizes": (17,)},
        {"hidden_sizes": (16, 16)},
        {"hidden_sizes": ()},
        {"batch_norm": True},
        {"model": "cnn", "channels": (2,)},
        {"model": "softmax", "hidden_sizes": ()},
    ],
    ids=["width", "depth", "none hidden", "batch norm", "cnn", "softmax"],
)
def test_the_state_of_another_model_is_refused(digits_data, values) -> None:
    state = state_after(digits_data, 1)
    with pytest.raises(RunUnreadableError, match="does not fit the model"):
        training(digits_data, **values).restore(state)


def test_a_state_without_the_optimizers_memory_is_refused(digits_data) -> None:
    state = state_after(digits_data, 1)
    with pytest.raises(RunUnreadableError, match="does not fit"):
        training(digits_data, optimizer="adam").restore(state)


@pytest.mark.parametrize("missing", ["order", "augmentation", "cpu"])
def test_a_state_without_a_generator_is_refused(digits_data, missing: str) -> None:
    state = state_after(digits_data, 1)
    del state.tensors[f"chance.{missing}"]
    with pytest.raises(RunUnreadableError, match="does not fit"):
        training(digits_data).restore(state)


def test_a_damaged_generator_is_refused(digits_data) -> None:
    state = state_after(digits_data, 1)
    state.tensors["chance.order"] = state.tensors["chance.order"][:10]
    with pytest.raises(RunUnreadableError, match="does not fit"):
        training(digits_data).restore(state)


@pytest.mark.parametrize("values", [{}, {"model": "cnn", "channels": (3, 2), "kernel_size": 3}])
def test_what_a_checkpoint_file_holds_is_what_was_written(
    digits_data, tmp_path: Path, values: dict[str, object]
) -> None:
    session = training(digits_data, epochs=1, **values)
    losses(session)
    arrays = {name: value.numpy() for name, value in session.state().tensors.items()}
    # Neither layout has its weights row by row in memory, and a counter has no dimension.
    assert any(not array.flags.c_contiguous for array in arrays.values())
    write_checkpoint(tmp_path, {}, arrays)
    found = read_checkpoint(tmp_path)
    assert found is not None
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[1][name], array, strict=True)
