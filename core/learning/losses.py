"""The losses that a run can be trained by: how a wrong answer is scored."""

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
                return functional.mse_loss(logits, self._rows(logits, labels))
            case "mae":
                return functional.l1_loss(logits, self._rows(logits, labels))
            case _:
                assert_never(self._name)

    def with_gradient(
        self, logits: torch.Tensor, labels: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the loss and its gradient by `logits`, as autograd would, in fewer steps."""
        wanted = self._rows(logits, labels)
        count = logits.numel()
        match self._name:
            case "cross_entropy" | "nll":
                shares = functional.log_softmax(logits, dim=1)
                loss = torch.dot(wanted.flatten(), shares.flatten()).div_(-len(logits))
                return loss, shares.exp_().sub_(wanted).div_(len(logits))
            case "mse":
                gap = logits - wanted
                loss = torch.dot(gap.flatten(), gap.flatten()).div_(count)
                return loss, gap.mul_(2 / count)
            case "mae":
                gap = logits - wanted
                return gap.abs().mean(), gap.sign_().div_(count)
            case _:
                assert_never(self._name)

    def _rows(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return for each label the answer that is wanted, `(N, 10)`."""
        if self._targets.device != logits.device:
            self._targets = self._targets.to(logits.device)
        return self._targets.index_select(0, labels)
