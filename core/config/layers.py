"""The layers that a config describes, in order, with their shapes and parameter counts."""

import itertools
import math
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from core.config.constants import CLASSES, IMAGE_SIDE

LayerKind: TypeAlias = Literal[
    "convolution",
    "max_pooling",
    "average_pooling",
    "batch_norm",
    "activation",
    "response_norm",
    "flatten",
    "linear",
    "dropout",
]


class NetworkSettings(Protocol):
    """The settings that decide a network's layers; RunConfig is one."""

    @property
    def channels(self) -> tuple[int, ...]: ...
    @property
    def kernel_size(self) -> int: ...
    @property
    def pooling(self) -> str: ...
    @property
    def hidden_sizes(self) -> tuple[int, ...]: ...
    @property
    def batch_norm(self) -> bool: ...
    @property
    def response_norm(self) -> bool: ...
    @property
    def dropout(self) -> float: ...


@dataclass(frozen=True)
class Layer:
    """One layer of a network.

    `into` and `out` are channels of a convolution and units of a linear layer, which may have a
    `bias`; `shape` is that of its answer for one image, (channels, height, width) or (units,);
    `parameters` counts the weights and biases that training adjusts; `products` the
    multiplications that one image costs.
    """

    kind: LayerKind
    shape: tuple[int, ...]
    into: int = 0
    out: int = 0
    bias: bool = False
    parameters: int = 0
    products: int = 0


def plan_layers(config: NetworkSettings) -> tuple[Layer, ...]:
    """Return the layers of the network that `config` describes, the ten outputs last.

    Pooling stands before the activation: for max-pooling and an activation that never falls this
    gives the same numbers as the articles' order, on a quarter of the values. In front of batch
    norm, which takes any mean away and adds its own, layers have no bias.
    """
    layers: list[Layer] = []
    side = IMAGE_SIDE
    bias = not config.batch_norm
    for into, out in itertools.pairwise((1, *config.channels)):
        window = config.kernel_size**2 * into
        layers.append(
            Layer(
                "convolution",
                (out, side, side),
                into,
                out,
                bias,
                parameters=(window + bias) * out,
                products=window * out * side**2,
            )
        )
        if config.pooling != "none":
            side //= 2
            kind: LayerKind = "max_pooling" if config.pooling == "max" else "average_pooling"
            layers.append(Layer(kind, (out, side, side)))
        shape = (out, side, side)
        if config.batch_norm:
            layers.append(Layer("batch_norm", shape, out, out, parameters=2 * out))
        layers.append(Layer("activation", shape))
        if config.response_norm:
            layers.append(Layer("response_norm", shape))
    units = math.prod(layers[-1].shape) if layers else IMAGE_SIDE**2
    layers.append(Layer("flatten", (units,)))
    for into, out in itertools.pairwise((units, *config.hidden_sizes)):
        layers.append(_linear(into, out, bias=bias))
        if config.batch_norm:
            layers.append(Layer("batch_norm", (out,), out, out, parameters=2 * out))
        layers.append(Layer("activation", (out,)))
        if config.dropout:
            layers.append(Layer("dropout", (out,)))
        units = out
    layers.append(_linear(units, CLASSES, bias=True))
    return tuple(layers)


def _linear(into: int, out: int, *, bias: bool) -> Layer:
    parameters = (into + bias) * out
    return Layer("linear", (out,), into, out, bias, parameters=parameters, products=into * out)
