"""The losses that a run can be trained by: how a wrong answer is scored."""

import functools
from collections.abc import Callable
from typing import TypeAlias

import torch
from torch.nn import functional

from core.config import CLASSES, Loss

LossFunction: TypeAlias = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def loss_function(name: Loss, label_smoothing: float = 0.0) -> LossFunction:
    """Return the loss called `name`: (logits `(N, 10)`, labels `(N,)`) to its mean, a scalar.

    `label_smoothing` (0 to below 1) is for cross-entropy alone: the share of each label that is
    spread evenly over all ten classes (Szegedy and others 2016, section 7).
    """
    match name:
        case "cross_entropy":
            return functools.partial(functional.cross_entropy, label_smoothing=label_smoothing)
        case "nll":
            return _negative_log_likelihood
        case "mse":
            return _squared_error
        case "mae":
            return _absolute_error


def _negative_log_likelihood(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return functional.nll_loss(functional.log_softmax(logits, dim=1), labels)


def _squared_error(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    # Article 2: mean over images and classes of the squared distance to 0s and a 1.
    return functional.mse_loss(logits, _one_hot(logits, labels))


def _absolute_error(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return functional.l1_loss(logits, _one_hot(logits, labels))


def _one_hot(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return functional.one_hot(labels, CLASSES).to(logits.dtype)
