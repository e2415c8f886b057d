"""The optimizers that a RunConfig names."""

import torch
from torch import nn

from core.config import RunConfig


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
