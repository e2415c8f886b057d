"""The networks that a RunConfig describes."""

import itertools

import torch
from torch import nn

from core.config import Device, RunConfig
from core.errors import ConfigError
from core.learning.dropout import Dropout


def build_model(config: RunConfig) -> nn.Sequential:
    """Return the untrained network for `config`; it maps `(N, 1, 28, 28)` to logits `(N, 10)`.

    First weights come from torch's global random state: call `torch.manual_seed` before.
    """
    layers: list[nn.Module] = []
    for into, out in itertools.pairwise((1, *config.channels)):
        layers.append(nn.Conv2d(into, out, config.kernel_size, padding=config.kernel_size // 2))
        # Max-pool before ReLU gives the same numbers as the articles' order (both only compare),
        # on a quarter of the values.
        layers += [nn.MaxPool2d(2), nn.ReLU()]
    layers.append(nn.Flatten())
    units = config.layer_inputs
    for into, out in itertools.pairwise(units[:-1]):
        layers += [nn.Linear(into, out), nn.ReLU()]
        if config.dropout:
            layers.append(Dropout(config.dropout))
    layers.append(nn.Linear(units[-2], units[-1]))
    return nn.Sequential(*layers)


def build_optimizer(config: RunConfig, model: nn.Module) -> torch.optim.Optimizer:
    """Return the optimizer that `config` names, in torch's fused form where it has one."""
    parameters = list(model.parameters())
    rate, decay = config.learning_rate, config.weight_decay
    match config.optimizer:
        case "sgd":
            return torch.optim.SGD(
                parameters, lr=rate, weight_decay=decay, momentum=config.momentum, fused=True
            )
        case "adam":
            return torch.optim.Adam(parameters, lr=rate, weight_decay=decay, fused=True)
        case "adamw":
            return torch.optim.AdamW(parameters, lr=rate, weight_decay=decay, fused=True)
        case "rmsprop":
            return torch.optim.RMSprop(
                parameters, lr=rate, weight_decay=decay, momentum=config.momentum
            )
        case "adagrad":
            return torch.optim.Adagrad(parameters, lr=rate, weight_decay=decay)


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
