"""What the steps of a training leave behind, read out some at a time."""

import math
from dataclasses import dataclass, field
from typing import Final

import torch

from core.learning.losses import Criterion

# Reading a number waits for the device, and every call into torch costs time: losses and right
# answers are worked out for so many steps at once.
READ_EVERY: Final = 25


@dataclass(frozen=True)
class Step:
    """One correction: `loss` is the mean over its batch before the correction."""

    step: int  # counted from 1 over the whole run
    epoch: int  # counted from 1
    images: int  # seen so far
    seconds: float  # of training so far, evaluation included
    loss: float
    learning_rate: float
    gradient_norm: float | None  # before any clipping; None where it is no finite number


@dataclass(frozen=True)
class StepFigures:
    """What was read of one step; the loss may be no finite number."""

    loss: float
    learning_rate: float
    gradient_norm: float | None


@dataclass
class GatheredSteps:
    """The steps of one epoch: some still on the device, the others read."""

    criterion: Criterion
    losses: list[float] = field(default_factory=list)
    right: int = 0  # images of the read steps that were answered rightly
    _logits: list[torch.Tensor] = field(default_factory=list)
    _labels: list[torch.Tensor] = field(default_factory=list)
    _squares: list[torch.Tensor] = field(default_factory=list)
    _rates: list[float] = field(default_factory=list)

    def __len__(self) -> int:
        """Return how many steps were gathered, read or not."""
        return len(self.losses) + len(self._rates)

    @property
    def unread(self) -> int:
        """Return how many steps were not read yet."""
        return len(self._rates)

    def add(
        self, logits: torch.Tensor, labels: torch.Tensor, square: torch.Tensor, rate: float
    ) -> None:
        """Gather a step: its answers, the squared length of its gradient, its learning rate."""
        self._logits.append(logits)
        self._labels.append(labels)
        self._squares.append(square)
        self._rates.append(rate)

    def read(self) -> list[StepFigures]:
        """Return the figures of all steps not read yet; waits for the device once."""
        if not self._rates:
            return []
        logits, labels = torch.cat(self._logits), torch.cat(self._labels)
        each = self.criterion.of_each(logits, labels)
        right = (logits.argmax(dim=1) == labels).sum().to(each.dtype)
        means = _means(each, [len(part) for part in self._labels])
        numbers = torch.cat([means, torch.stack([*self._squares, right])]).tolist()
        count = len(self._rates)
        losses, squares = numbers[:count], numbers[count:-1]
        figures = [
            StepFigures(loss, rate, math.sqrt(square) if math.isfinite(square) else None)
            for loss, rate, square in zip(losses, self._rates, squares, strict=True)
        ]
        self.losses += losses
        self.right += int(numbers[-1])
        for tensors in (self._logits, self._labels, self._squares):
            tensors.clear()
        self._rates.clear()
        return figures


def _means(values: torch.Tensor, sizes: list[int]) -> torch.Tensor:
    """Return the mean of each stretch of `values`; only the last may be of another size."""
    alike = values[: sizes[0] * (len(sizes) - 1)].view(-1, sizes[0]).mean(dim=1)
    return torch.cat([alike, values[len(alike) * sizes[0] :].mean().unsqueeze(0)])
