"""Trainings in this process, and what they said."""

import torch

from core.config import RunConfig
from core.learning.data import LabelledData, split
from core.learning.steps import Step
from core.learning.training import Epoch, Training

CPU = torch.device("cpu")


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
