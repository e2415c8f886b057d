"""What a trained model says of images: logits, loss, accuracy, probabilities."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from core.config import CLASSES, RunConfig
from core.errors import RunUnreadableError
from core.learning.data import to_input
from core.learning.losses import Criterion
from core.learning.models import build_model

# Small enough to stop within a fraction of a second, large enough to run at full speed.
_CHUNK: Final = 1_000


@dataclass(frozen=True)
class Score:
    """Mean loss and share of right answers (0 to 1) over some images."""

    loss: float
    accuracy: float


def infer(
    model: nn.Module, inputs: torch.Tensor, stop: Callable[[], bool] = lambda: False
) -> torch.Tensor:
    """Return the logits `(N, 10)` of `inputs`, with dropout off.

    Where `stop` answers True in between, only the images read so far have a row.
    """
    # Put back as it was: a model that answers drawings is shared by all visitors, and must never
    # be in training mode, with dropout on, while another one asks it.
    training = model.training
    if training:
        model.eval()
    rows = [torch.empty(0, CLASSES, device=inputs.device)]
    with torch.inference_mode():
        for chunk in torch.split(inputs, _CHUNK):
            if stop():
                break
            rows.append(model(chunk))
    if training:
        model.train()
    return torch.cat(rows)


def score(logits: torch.Tensor, labels: torch.Tensor, criterion: Criterion) -> Score:
    """Return mean loss and accuracy of `logits` against `labels`."""
    right = (logits.argmax(dim=1) == labels).float().mean()
    return Score(float(criterion(logits, labels)), float(right))


def restore_model(config: RunConfig, weights: Mapping[str, npt.NDArray[np.float32]]) -> nn.Module:
    """Rebuild a trained model from its config and saved weights, on the CPU.

    Raises RunUnreadableError if the weights belong to another model.
    """
    model = build_model(config)
    # Batch norm also counts its batches, which no answer depends on and no run stores.
    state = model.state_dict()
    counted = {name for name, value in state.items() if not value.is_floating_point()}
    given = {name: torch.from_numpy(value) for name, value in weights.items()}
    try:
        model.load_state_dict({**given, **{name: state[name] for name in counted}})
    except RuntimeError as error:
        raise RunUnreadableError(
            "The saved weights do not fit the model that the run's settings describe."
        ) from error
    return model.eval()


def predict(
    config: RunConfig, model: nn.Module, images: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float32]:
    """Return the probabilities `(N, 10)` that `model` gives `images` `(N, 28, 28)` uint8."""
    inputs = to_input(torch.from_numpy(images), config.normalisation, torch.device("cpu"))
    probabilities: npt.NDArray[np.float32] = infer(model, inputs).softmax(dim=1).numpy()
    return probabilities
