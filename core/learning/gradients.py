"""From a batch to its gradients: by autograd for any model, by hand for one of linear layers."""

from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

import torch
from torch import nn
from torch.nn import functional

from core.config import Activation, RunConfig
from core.learning.dropout import dropout_mask
from core.learning.losses import Criterion
from core.learning.parameters import FlatParameters

_Backward: TypeAlias = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]

_aten: Final = torch.ops.aten
# Each activation and the way back through it: (gradient, values before, values after) to the
# gradient before. The same kernels that autograd calls.
_ACTIVATIONS: Final[dict[Activation, tuple[Callable[[torch.Tensor], torch.Tensor], _Backward]]] = {
    "relu": (torch.relu, lambda slope, _, after: _aten.threshold_backward(slope, after, 0)),
    "leaky_relu": (
        functional.leaky_relu,
        lambda slope, before, _: _aten.leaky_relu_backward(slope, before, 0.01, False),
    ),
    "sigmoid": (torch.sigmoid, lambda slope, _, after: _aten.sigmoid_backward(slope, after)),
    "tanh": (torch.tanh, lambda slope, _, after: _aten.tanh_backward(slope, after)),
    "gelu": (functional.gelu, lambda slope, before, _: _aten.gelu_backward(slope, before)),
}


class Gradients(Protocol):
    """Fills the gradients of a model from a batch."""

    def __call__(
        self, inputs: torch.Tensor, labels: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return loss (scalar) and logits `(N, 10)` for inputs `(N, 1, 28, 28)`."""


def build_gradients(
    config: RunConfig, model: nn.Sequential, parameters: FlatParameters, criterion: Criterion
) -> Gradients:
    """Return the quickest way to the gradients of `model`."""
    if config.model == "cnn" or config.batch_norm:
        return AutogradGradients(model, parameters, criterion)
    return LinearGradients(config, model, criterion)


class AutogradGradients:
    """torch's own automatic differentiation."""

    def __init__(
        self, model: nn.Sequential, parameters: FlatParameters, criterion: Criterion
    ) -> None:
        self._model = model
        self._parameters = parameters
        self._criterion = criterion

    def __call__(
        self, inputs: torch.Tensor, labels: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return loss and logits; the gradients lie in the parameters' flat tensor then."""
        self._parameters.gradients.zero_()
        logits = self._model(inputs)
        loss = self._criterion(logits, labels)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach(), logits.detach()


class LinearGradients:
    """Backpropagation written out for linear layers, activations and dropout.

    Rumelhart, Hinton and Williams 1986. The same numbers as autograd's up to rounding; on models
    this small autograd spends as long on keeping its books as on the arithmetic.
    """

    def __init__(self, config: RunConfig, model: nn.Sequential, criterion: Criterion) -> None:
        self._layers = [layer for layer in model if isinstance(layer, nn.Linear)]
        self._activate, self._back = _ACTIVATIONS[config.activation]
        self._dropout = config.dropout
        self._criterion = criterion

    @torch.no_grad()
    def __call__(
        self, inputs: torch.Tensor, labels: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return loss and logits; the gradients lie in those of the layers then."""
        entering = [inputs.flatten(1)]
        passed: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]] = []
        for layer in self._layers[:-1]:
            before = torch.addmm(layer.bias, entering[-1], layer.weight.t())
            after = self._activate(before)
            mask = dropout_mask(after, self._dropout) if self._dropout else None
            passed.append((before, after, mask))
            entering.append(after if mask is None else after * mask)
        last = self._layers[-1]
        logits = torch.addmm(last.bias, entering[-1], last.weight.t())
        loss, slope = self._criterion.with_gradient(logits, labels)
        _fill(last, slope, entering[-1])
        for at in reversed(range(len(passed))):
            before, after, mask = passed[at]
            slope = slope @ self._layers[at + 1].weight
            if mask is not None:
                slope.mul_(mask)
            slope = self._back(slope, before, after)
            _fill(self._layers[at], slope, entering[at])
        return loss, logits


def _fill(layer: nn.Linear, slope: torch.Tensor, entered: torch.Tensor) -> None:
    """Write the gradients of `layer`, whose outputs have the gradient `slope`, in their place."""
    assert layer.weight.grad is not None
    assert layer.bias.grad is not None
    torch.mm(slope.t(), entered, out=layer.weight.grad)
    torch.sum(slope, dim=0, out=layer.bias.grad)
