"""Trainings in this process, and what they said."""

import torch

from core.config import RunConfig
from core.learning.data import LabelledData, split
from core.learning.steps import Step
from core.learning.training import Epoch, Training

CPU = torch.device("cpu")
# A rate so small that no weight changes: losses then depend on the images and their order alone.
STANDSTILL = 1e-30
# Wide and slow enough for ReLU: with a rate of 0.01, most of 16 units die at once.
ADAM = {"optimizer": "adam", "learning_rate": 0.003, "hidden_sizes": (64,), "epochs": 6}


def small_config(**values: object) -> RunConfig:
    """Return a config whose training takes a moment, on the embedded digits."""
    small = {"dataset": "digits", "hidden_sizes": (16,), "learning_rate": 0.1, "epochs": 2}
    return RunConfig.parse({**small, **values})


def small_training(data: LabelledData, **values: object) -> Training:
    """Return a training of `small_config`, not begun."""
    return training_of(small_config(**values), data)


def training_of(config: RunConfig, data: LabelledData) -> Training:
    """Return a training of `config` on its part of `data`, not begun."""
    return Training(config, split(data, config), CPU)


def steps_and_epochs(session: Training) -> tuple[list[Step], list[Epoch]]:
    """Train to the end; return all steps and epochs."""
    steps: list[Step] = []
    epochs: list[Epoch] = []
    for event in session.run():
        if isinstance(event, Epoch):
            epochs.append(event)
        else:
            steps += event
    return steps, epochs


def epochs_of(session: Training) -> list[Epoch]:
    """Train to the end; return all epochs."""
    return steps_and_epochs(session)[1]


def steps_of(session: Training) -> list[Step]:
    """Train to the end; return all steps."""
    return steps_and_epochs(session)[0]


def trained(data: LabelledData, **values: object) -> Training:
    """Return a `small_training` that has ended."""
    session = small_training(data, **values)
    epochs_of(session)
    return session


def accuracy_on_test(data: LabelledData, **values: object) -> float:
    """Train and return the share of the test images read right at the end."""
    last = epochs_of(small_training(data, watch="test", **values))[-1]
    assert last.test_accuracy is not None
    return last.test_accuracy


def weights(session: Training) -> torch.Tensor:
    """Return all weights as one row."""
    return torch.cat([value.detach().flatten() for value in session.model.parameters()])
