"""The networks that a RunConfig describes."""

import functools
from typing import Any, Final

import torch
from torch import nn

from core.config import Activation, Device, Initialisation, Layer, RunConfig, plan_layers
from core.errors import ConfigError
from core.learning.batch_norm import BatchNorm
from core.learning.dropout import Dropout

ACTIVATIONS: Final[dict[Activation, type[nn.Module]]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
}
# Krizhevsky and others 2012, section 3.3: five neighbours, alpha 1e-4, beta 0.75, k 2. Their
# squares are added up there; torch takes the mean, so its alpha is five times as large.
_RESPONSE_NORM: Final[dict[str, Any]] = {"size": 5, "alpha": 5e-4, "beta": 0.75, "k": 2.0}


def build_model(config: RunConfig) -> nn.Sequential:
    """Return the untrained network for `config`; it maps `(N, 1, 28, 28)` to logits `(N, 10)`.

    First weights come from torch's global random state: call `torch.manual_seed` before.
    """
    model = nn.Sequential(*(_build(layer, config) for layer in plan_layers(config)))
    model.apply(functools.partial(_initialise, way=config.initialisation))
    return model


def in_quickest_layout(model: nn.Sequential) -> nn.Sequential:
    """Lay the weights of `model` in memory as training walks through them; their values stay.

    Convolutions want the channels of a pixel side by side. The first linear layer of an MLP, the
    largest, wants the weights of a pixel side by side: its product with the images is a fifth
    quicker then, and it is never gone through backwards.
    """
    if isinstance(model[0], nn.Conv2d):
        return model.to(memory_format=torch.channels_last)
    first = next(layer for layer in model if isinstance(layer, nn.Linear))
    first.weight.data = first.weight.detach().t().contiguous().t()
    return model


def _build(layer: Layer, config: RunConfig) -> nn.Module:
    match layer.kind:
        case "convolution":
            size = config.kernel_size
            return nn.Conv2d(layer.into, layer.out, size, padding=size // 2, bias=layer.bias)
        case "max_pooling":
            return nn.MaxPool2d(2)
        case "average_pooling":
            return nn.AvgPool2d(2)
        case "batch_norm":
            of_planes = len(layer.shape) == 3
            return BatchNorm(layer.out) if of_planes else nn.BatchNorm1d(layer.out)
        case "activation":
            return ACTIVATIONS[config.activation]()
        case "response_norm":
            return nn.LocalResponseNorm(**_RESPONSE_NORM)
        case "flatten":
            return nn.Flatten()
        case "linear":
            return nn.Linear(layer.into, layer.out, bias=layer.bias)
        case "dropout":
            return Dropout(config.dropout)


def _initialise(module: nn.Module, way: Initialisation) -> None:
    """Draw the first weights anew, unless torch's own way is asked for."""
    if way == "default" or not isinstance(module, nn.Conv2d | nn.Linear):
        return
    match way:
        case "he":
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        case "xavier":
            nn.init.xavier_uniform_(module.weight)
        case "zeros":
            nn.init.zeros_(module.weight)
    if module.bias is not None:
        nn.init.zeros_(module.bias)


def choose_device(wanted: Device) -> torch.device:
    """Return the device for `auto`, `cpu`, `cuda` or `mps`; `auto` takes the fastest there is.

    Raises ConfigError if this machine does not have the device.
    """
    there: dict[Device, bool] = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if wanted == "auto":
        return torch.device(next(name for name, found in there.items() if found))
    if not there[wanted]:
        raise ConfigError(f"This machine has no {wanted} to compute on. Set device to auto.")
    return torch.device(wanted)
