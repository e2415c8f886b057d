"""The losses that a run can be trained by: how a wrong answer is scored."""

from collections.abc import Callable
from typing import assert_never

import torch
from torch.nn import functional

from core.config import CLASSES, Loss
from core.errors import ConfigError


class Criterion:
    """A loss: the mean over a batch of how wrong its logits are."""

    def __init__(self, name: Loss, label_smoothing: float = 0.0) -> None:
        """Take the loss called `name`.

        `label_smoothing` (0 to below 1) is for cross-entropy alone: the share of each label that
        is spread evenly over all ten classes (Szegedy and others 2016, section 7). Raises
        ConfigError for another loss with smoothing.
        """
        if label_smoothing and name != "cross_entropy":
            raise ConfigError("Label smoothing belongs to cross-entropy.")
        self._name = name
        self._smoothing = label_smoothing
        sharp = torch.eye(CLASSES)
        self._targets = sharp * (1 - label_smoothing) + label_smoothing / CLASSES

    def __call__(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the loss, a scalar, of `logits` `(N, 10)` against `labels` `(N,)`."""
        match self._name:
            case "cross_entropy":
                return functional.cross_entropy(logits, labels, label_smoothing=self._smoothing)
            case "nll":
                return functional.nll_loss(functional.log_softmax(logits, dim=1), labels)
            case "mse":
                # Article 2: mean over images and classes of the squared distance to 0s and a 1.
                return functional.mse_loss(logits, self.targets(labels))
            case "mae":
                return functional.l1_loss(logits, self.targets(labels))
            case _:
                assert_never(self._name)

    def of_each(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the loss of each image, `(N,)`; their mean is the loss of all."""
        wanted = self.targets(labels)
        match self._name:
            case "cross_entropy" | "nll":
                return -(_over_classes(functional.log_softmax, logits) * wanted).sum(dim=1)
            case "mse":
                return (logits - wanted).square_().mean(dim=1)
            case "mae":
                return (logits - wanted).abs_().mean(dim=1)
            case _:
                assert_never(self._name)

    def gradient(self, logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        """Return the gradient of the loss by `logits`, as autograd would, in fewer steps.

        `wanted` are the `targets` of the labels.
        """
        match self._name:
            case "cross_entropy" | "nll":
                shares = _over_classes(functional.softmax, logits)
                return shares.sub_(wanted).div_(len(logits))
            case "mse":
                return (logits - wanted).mul_(2 / logits.numel())
            case "mae":
                return (logits - wanted).sign_().div_(logits.numel())
            case _:
                assert_never(self._name)

    def targets(self, labels: torch.Tensor) -> torch.Tensor:
        """Return for each of `labels` `(N,)` the answer that is wanted, `(N, 10)`."""
        if self._targets.device != labels.device:
            self._targets = self._targets.to(labels.device)
        return self._targets.index_select(0, labels)


def _over_classes(function: Callable[..., torch.Tensor], logits: torch.Tensor) -> torch.Tensor:
    """Return softmax or its logarithm of each row of `logits`, `(N, 10)`.

    Ten columns are too few for torch to work through a row with wide instructions; with the images
    side by side in memory the same takes a sixth of the time.
    """
    return function(logits.t(), dim=0).t()
