"""The optimizers that a RunConfig names, over all weights of a model at once.

torch's own classes go through Python for every step and load its compiler at the first one, which
takes seconds; these call the same fused kernels directly, or write out torch's formulas. A test
holds each against torch's class.
"""

from typing import Final, Protocol, TypeAlias, assert_never

import torch

from core.config import RunConfig
from core.learning.parameters import FlatParameters

# What torch's classes take where the config leaves `epsilon` empty.
_EPSILON: Final = {"adam": 1e-8, "adamw": 1e-8, "rmsprop": 1e-8, "adagrad": 1e-10}

Buffers: TypeAlias = dict[str, torch.Tensor]


class Optimizer(Protocol):
    """Turns the gradients of a model into corrections of its weights."""

    buffers: Buffers  # what is remembered between steps, by name

    def step(self, learning_rate: float) -> None:
        """Correct the weights once by the gradients that lie there."""


def build_optimizer(config: RunConfig, parameters: FlatParameters) -> Optimizer:
    """Return the optimizer that `config` names, over `parameters`."""
    match config.optimizer:
        case "sgd":
            return _Sgd(config, parameters)
        case "adam" | "adamw":
            return _Adam(config, parameters)
        case "rmsprop":
            return _RmsProp(config, parameters)
        case "adagrad":
            return _Adagrad(config, parameters)
        case _:
            assert_never(config.optimizer)


class _Sgd:
    """SGD as torch.optim.SGD has it, with momentum (Polyak 1964) and Nesterov's variant."""

    def __init__(self, config: RunConfig, parameters: FlatParameters) -> None:
        self._config = config
        self._parameters = parameters
        self.buffers: Buffers = {}
        if config.momentum:
            self.buffers["momentum"] = torch.zeros_like(parameters.values)

    def step(self, learning_rate: float) -> None:
        torch._fused_sgd_(
            [self._parameters.values],
            [self._parameters.gradients],
            list(self.buffers.values()),
            weight_decay=self._config.weight_decay,
            momentum=self._config.momentum,
            lr=learning_rate,
            dampening=0.0,
            nesterov=self._config.nesterov,
            maximize=False,
            # The first step would fill the memory with the gradient: from zeros it does so too.
            is_first_step=False,
        )


class _Adam:
    """Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019) as torch has them."""

    def __init__(self, config: RunConfig, parameters: FlatParameters) -> None:
        self._config = config
        self._parameters = parameters
        self._kernel = torch._fused_adam_ if config.optimizer == "adam" else torch._fused_adamw_
        values = parameters.values
        self.buffers: Buffers = {
            "mean": torch.zeros_like(values),
            "square": torch.zeros_like(values),
            "step": torch.zeros((), device=values.device),
        }

    def step(self, learning_rate: float) -> None:
        config, buffers = self._config, self.buffers
        buffers["step"] += 1
        self._kernel(
            [self._parameters.values],
            [self._parameters.gradients],
            [buffers["mean"]],
            [buffers["square"]],
            [],
            [buffers["step"]],
            lr=learning_rate,
            beta1=config.beta1,
            beta2=config.beta2,
            weight_decay=config.weight_decay,
            eps=_epsilon(config),
            amsgrad=False,
            maximize=False,
        )


class _RmsProp:
    """RMSprop (Hinton 2012, lecture 6e) as torch.optim.RMSprop has it."""

    def __init__(self, config: RunConfig, parameters: FlatParameters) -> None:
        self._config = config
        self._parameters = parameters
        self.buffers: Buffers = {"square": torch.zeros_like(parameters.values)}
        if config.momentum:
            self.buffers["momentum"] = torch.zeros_like(parameters.values)

    def step(self, learning_rate: float) -> None:
        config, values = self._config, self._parameters.values
        gradients = _decayed(self._parameters, config.weight_decay)
        square = self.buffers["square"].mul_(config.rms_decay)
        square.addcmul_(gradients, gradients, value=1 - config.rms_decay)
        length = square.sqrt().add_(_epsilon(config))
        if config.momentum:
            moving = self.buffers["momentum"].mul_(config.momentum).addcdiv_(gradients, length)
            values.add_(moving, alpha=-learning_rate)
        else:
            values.addcdiv_(gradients, length, value=-learning_rate)


class _Adagrad:
    """Adagrad (Duchi and others 2011) as torch.optim.Adagrad has it."""

    def __init__(self, config: RunConfig, parameters: FlatParameters) -> None:
        self._config = config
        self._parameters = parameters
        values = parameters.values
        self.buffers: Buffers = {
            "square": torch.zeros_like(values),
            "step": torch.zeros((), dtype=torch.float64),
        }

    def step(self, learning_rate: float) -> None:
        config = self._config
        slowed = learning_rate / (1 + float(self.buffers["step"]) * config.rate_decay)
        self.buffers["step"] += 1
        gradients = _decayed(self._parameters, config.weight_decay)
        square = self.buffers["square"].addcmul_(gradients, gradients)
        length = square.sqrt().add_(_epsilon(config))
        self._parameters.values.addcdiv_(gradients, length, value=-slowed)


def _epsilon(config: RunConfig) -> float:
    return _EPSILON[config.optimizer] if config.epsilon is None else config.epsilon


def _decayed(parameters: FlatParameters, weight_decay: float) -> torch.Tensor:
    if not weight_decay:
        return parameters.gradients
    return parameters.gradients.add(parameters.values, alpha=weight_decay)
