"""Which pixels of an image spoke for a model's answer, and which against it."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from core.config import CLASSES, RunConfig
from core.errors import ConfigError, RunUnreadableError
from core.learning.data import to_input

_FIRST_STEPS: Final = 32
_MOST_STEPS: Final = 512
_CHUNK: Final = 64  # images at once: a large CNN shall not take gigabytes
# Of all contributions, taken without their signs: those that cancel out must be right as well.
_CLOSE_ENOUGH: Final = 0.005


@dataclass(frozen=True)
class Attribution:
    """How much each pixel moved a model towards one digit rather than another.

    `pixels` is `(28, 28)`, in logits: positive where the pixel spoke for the answer. They sum to
    `image` − `paper`, the lead of the answer (its logit less the other's) on the image and on
    blank paper, up to the error of a sum that stands for an integral.
    """

    pixels: npt.NDArray[np.float64]
    image: float
    paper: float


def integrated_gradients(
    config: RunConfig,
    model: nn.Module,
    image: npt.NDArray[np.uint8],
    answer: int,
    rather_than: int,
) -> Attribution:
    """Share out among the pixels of `image` `(28, 28)` uint8 why it is read as `answer`.

    Integrated gradients (Sundararajan, Taly and Yan 2017, Axiomatic Attribution for Deep
    Networks, equation 1): the lead of `answer` over the digit `rather_than` in logits, its
    gradient averaged on the straight way from blank paper to the image, times what the ink adds.
    The sum that stands for the integral gets finer, up to 512 steps, until what the contributions
    miss of the difference (completeness, section 3) is at most 0.5 % of their size together.
    Blank pixels contribute exactly 0. `model` is left as it is; it must stand in evaluation mode.
    Raises ConfigError unless both are different digits, RunUnreadableError where the model gives
    no finite numbers.
    """
    if answer == rather_than or not {answer, rather_than} <= set(range(CLASSES)):
        raise ConfigError(
            f"Pixels speak for one of the ten digits and against another, not for {answer} and "
            f"against {rather_than}."
        )
    both = torch.from_numpy(np.stack([np.zeros_like(image), image]))
    inputs = to_input(both, config.normalisation, torch.device("cpu"))
    paper, inked = inputs[:1], inputs[1:]
    with torch.no_grad():
        leads = _lead(model, inputs, answer, rather_than).double()
    difference = float(leads[1] - leads[0])
    steps = _FIRST_STEPS
    while True:
        slope = _mean_slope(model, paper, inked, answer, rather_than, steps)
        pixels = (slope * (inked - paper).double()).reshape(image.shape)
        error = abs(float(pixels.sum()) - difference)
        if not math.isfinite(error):
            raise RunUnreadableError(
                "The saved weights answer digits between this one and blank paper with no finite "
                "number, so there is nothing to share out among its pixels."
            )
        if error <= _CLOSE_ENOUGH * float(pixels.abs().sum()) or steps >= _MOST_STEPS:
            return Attribution(pixels.numpy(), float(leads[1]), float(leads[0]))
        steps *= 2


def _mean_slope(
    model: nn.Module,
    paper: torch.Tensor,
    inked: torch.Tensor,
    answer: int,
    rather_than: int,
    steps: int,
) -> torch.Tensor:
    """Average the gradient over the middles of `steps` equal parts of the way, `(1, 1, 28, 28)`."""
    shares = (torch.arange(steps, dtype=torch.float32) + 0.5) / steps
    total = torch.zeros(inked.shape, dtype=torch.float64)
    for part in torch.split(shares, _CHUNK):
        on_the_way = (paper + part.view(-1, 1, 1, 1) * (inked - paper)).requires_grad_()
        lead = _lead(model, on_the_way, answer, rather_than)
        # To the images alone: the weights are shared by all visitors and keep no gradients.
        (slope,) = torch.autograd.grad(lead.sum(), on_the_way)
        total += slope.double().sum(dim=0, keepdim=True)
    return total / steps


def _lead(model: nn.Module, inputs: torch.Tensor, answer: int, rather_than: int) -> torch.Tensor:
    logits: torch.Tensor = model(inputs)
    return logits[:, answer] - logits[:, rather_than]
