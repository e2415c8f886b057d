"""From a batch to its gradients: by autograd for any model, by hand for one of linear layers."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol, TypeAlias

import torch
from torch import nn
from torch.nn import functional

from core.config import Activation, RunConfig
from core.learning.batches import Batch
from core.learning.dropout import dropout_masks
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

    def __call__(self, batches: Sequence[Batch]) -> Iterator[torch.Tensor]:
        """Take one batch after the other, each with the weights of that moment.

        Yields the logits `(N, 10)` of each; its gradients lie in their place then.
        """


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

    def __call__(self, batches: Sequence[Batch]) -> Iterator[torch.Tensor]:
        """Yield the logits of each batch; its gradients lie in the flat tensor then."""
        for batch in batches:
            self._parameters.gradients.zero_()
            logits: torch.Tensor = self._model(batch.inputs)
            self._criterion(logits, batch.labels).backward()  # type: ignore[no-untyped-call]
            yield logits.detach()


class LinearGradients:
    """Backpropagation written out for linear layers, activations and dropout.

    Rumelhart, Hinton and Williams 1986. The same numbers as autograd's up to rounding; on models
    this small autograd spends as long on keeping its books as on the arithmetic. What passes
    between the layers lies in the same memory at every step, where the processor's cache has it.
    """

    def __init__(self, config: RunConfig, model: nn.Sequential, criterion: Criterion) -> None:
        self._layers = [_Layer(layer) for layer in model if isinstance(layer, nn.Linear)]
        self._is_relu = config.activation == "relu"
        self._activate, self._back = _ACTIVATIONS[config.activation]
        self._dropout = config.dropout
        self._criterion = criterion

    def __call__(self, batches: Sequence[Batch]) -> Iterator[torch.Tensor]:
        """Yield the logits of each batch; its gradients lie in those of the layers then."""
        sizes = [len(batch.labels) for batch in batches]
        answers = torch.cat([batch.labels for batch in batches])
        wanted = torch.split(self._criterion.targets(answers), sizes)
        masks = self._draw_masks(sizes)
        for batch, rows in zip(batches, wanted, strict=True):
            yield self._back_and_forth(batch.inputs, rows, masks)

    def _draw_masks(self, sizes: Sequence[int]) -> Iterator[torch.Tensor]:
        """Draw the dropout of all batches, of so many images each, in one go."""
        widths = [len(layer.weight) for layer in self._layers[:-1]]
        if not self._dropout or not widths:
            return iter(())
        shapes = [(images, width) for images in sizes for width in widths]
        return iter(dropout_masks(shapes, self._dropout, self._layers[0].weight))

    def _back_and_forth(
        self, inputs: torch.Tensor, wanted: torch.Tensor, masks: Iterator[torch.Tensor]
    ) -> torch.Tensor:
        hidden = [layer.room(len(inputs)) for layer in self._layers[:-1]]
        entering = inputs.flatten(1)
        for layer, passing in zip(self._layers, hidden, strict=False):
            passing.entering = entering
            torch.addmm(layer.bias, entering, layer.transposed, out=passing.before)
            entering = self._forward(passing, masks)
        last = self._layers[-1]
        logits = torch.addmm(last.bias, entering, last.transposed)
        slope = self._criterion.gradient(logits, wanted)
        last.fill(slope, entering)
        behind = last
        for layer, passing in zip(self._layers[-2::-1], reversed(hidden), strict=True):
            slope = self._backward(passing, slope, behind)
            layer.fill(slope, passing.entering)
            behind = layer
        return logits

    def _forward(self, passing: "_Passing", masks: Iterator[torch.Tensor]) -> torch.Tensor:
        """Return what the next layer gets for `passing.before`."""
        if self._dropout:
            passing.mask = next(masks)
        if self._is_relu:
            # ReLU's way back needs only what it let through, so it may write over what came in.
            passing.after = leaving = passing.before.relu_()
            return leaving.mul_(passing.mask) if self._dropout else leaving
        passing.after = self._activate(passing.before)
        return passing.after * passing.mask if self._dropout else passing.after

    def _backward(self, passing: "_Passing", slope: torch.Tensor, behind: "_Layer") -> torch.Tensor:
        """Turn the gradient by what leaves the layer `behind` into that by `passing.before`."""
        if self._is_relu:
            # What dropout let through it scaled, and what it held back is 0 in `after`.
            scale = 1 / (1 - self._dropout)
            slope = passing.slope.addmm_(slope, behind.weight, beta=0, alpha=scale)
            _aten.threshold_backward.grad_input(slope, passing.after, 0, grad_input=slope)
            return slope
        slope = torch.mm(slope, behind.weight, out=passing.slope)
        if self._dropout:
            slope.mul_(passing.mask)
        return self._back(slope, passing.before, passing.after)


class _Passing:
    """What a hidden layer remembers of a batch for the way back; all `(N, width)`."""

    def __init__(self, like: torch.Tensor, shape: tuple[int, int]) -> None:
        self.before = like.new_empty(shape)  # what the activation gets
        self.slope = like.new_empty(shape)  # the gradient by it
        self.entering = self.after = self.mask = self.before


class _Layer:
    """A linear layer's weights and gradients, and room for what passes, looked up once."""

    def __init__(self, layer: nn.Linear) -> None:
        assert layer.weight.grad is not None
        assert layer.bias.grad is not None
        # Views of one memory: detached they stay the layer's, whatever is written there.
        self.weight, self.bias = layer.weight.detach(), layer.bias.detach()
        self.transposed = self.weight.t()
        self._weight_slope, self._bias_slope = layer.weight.grad, layer.bias.grad
        self._rooms: dict[int, _Passing] = {}

    def room(self, images: int) -> _Passing:
        """Return the memory for batches of `images`; there are two sizes, full and the last."""
        if images not in self._rooms:
            self._rooms[images] = _Passing(self.weight, (images, len(self.weight)))
        return self._rooms[images]

    def fill(self, slope: torch.Tensor, entered: torch.Tensor) -> None:
        """Write the gradients in their place; the layer's outputs have the gradient `slope`."""
        torch.mm(slope.t(), entered, out=self._weight_slope)
        torch.sum(slope, dim=0, out=self._bias_slope)
