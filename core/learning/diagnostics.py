"""What a run records of its layers beside loss and accuracy: gradients, updates, dead units."""

import math
from dataclasses import dataclass
from typing import Final

import torch
from torch import nn

from core.learning.parameters import FlatParameters

# Enough to tell a dead unit from a rare one, few enough not to be felt (see docs/benchmarks.md).
OBSERVED_IMAGES: Final = 500


@dataclass(frozen=True)
class LayerFigures:
    """Figures of one layer with weights at the last step of an epoch.

    `gradient_norm` is that of the layer's weights and biases after any clipping (that of a step is
    before it), `weight_norm` that of its weights, both Euclidean; `update_ratio` the length of the
    last correction of the weights over theirs, None where these are all 0 (about 0.001 is usual:
    Bengio 2012, Practical recommendations, section 3.1); `dead_share` (0 to 1) the share of ReLU
    units behind it that answer 0 to all of 500 training images, None where no ReLU follows.
    """

    layer: int  # among those with weights, counted from 1
    gradient_norm: float | None
    weight_norm: float | None
    update_ratio: float | None
    dead_share: float | None


class LayerWatch:
    """Reads the layers of a model once an epoch."""

    def __init__(
        self, model: nn.Sequential, parameters: FlatParameters, inputs: torch.Tensor
    ) -> None:
        """Watch `model` while it answers to `inputs`, `(N, 1, 28, 28)` as it takes them."""
        self._model = model
        self._parameters = parameters
        self._inputs = inputs
        self._weighted = [
            (place, layer)
            for place, layer in enumerate(model)
            if isinstance(layer, nn.Linear | nn.Conv2d)
        ]
        self._relus = self._relu_behind()

    def before_last_step(self) -> None:
        """Remember the weights, to see by `read` how far the last step of an epoch moved them."""
        self._before = self._parameters.values.clone()

    def read(self) -> tuple[tuple[LayerFigures, ...], float | None]:
        """Return the figures of all layers and the norm of all weights together."""
        dead = self._dead_shares()
        with torch.no_grad():
            norms = self._norms()
        nothing = torch.full((), math.nan)
        rows = [
            torch.stack([*norms[at], dead.get(place, nothing).to(norms[at][0].device)])
            for at, (place, _) in enumerate(self._weighted)
        ]
        total = torch.linalg.vector_norm(self._parameters.values)
        figures = torch.stack(rows).tolist()  # one wait for the device, not one a figure
        layers = tuple(
            LayerFigures(
                layer=number,
                gradient_norm=_finite(gradient),
                weight_norm=_finite(weight),
                update_ratio=_finite(moved / before) if before else None,
                dead_share=_finite(share),
            )
            for number, (gradient, weight, moved, before, share) in enumerate(figures, start=1)
        )
        return layers, _finite(float(total))

    def _norms(self) -> list[tuple[torch.Tensor, ...]]:
        norm = torch.linalg.vector_norm
        rows: list[tuple[torch.Tensor, ...]] = []
        for _, layer in self._weighted:
            assert layer.weight.grad is not None
            gradients = [layer.weight.grad.flatten()]
            if layer.bias is not None and layer.bias.grad is not None:
                gradients.append(layer.bias.grad)
            start = layer.weight.storage_offset()
            now = self._parameters.values[start : start + layer.weight.numel()]
            before = self._before[start : start + layer.weight.numel()]
            rows.append((norm(torch.cat(gradients)), norm(now), norm(now - before), norm(before)))
        return rows

    def _relu_behind(self) -> dict[int, int]:
        """Return, by the place of a layer with weights, the place of the ReLU that follows it."""
        found: dict[int, int] = {}
        waiting: int | None = None
        for place, layer in enumerate(self._model):
            if isinstance(layer, nn.Linear | nn.Conv2d):
                waiting = place
            elif isinstance(layer, nn.ReLU) and waiting is not None:
                found[waiting] = place
        return found

    def _dead_shares(self) -> dict[int, torch.Tensor]:
        weighted = {relu: place for place, relu in self._relus.items()}
        if not weighted:
            return {}
        dead: dict[int, torch.Tensor] = {}
        training = self._model.training
        self._model.eval()
        with torch.inference_mode():
            values = self._inputs
            for place, layer in enumerate(self._model):
                values = layer(values)
                if place in weighted:
                    # A unit of a convolution is a channel, dead if it is 0 at every place.
                    highest = values.amax(dim=[d for d in range(values.dim()) if d != 1])
                    dead[weighted[place]] = (highest <= 0).float().mean()
                if place == max(weighted):
                    break
        self._model.train(training)
        return dead


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
