"""What happens inside a trained model while it reads one image: each layer's values and sums."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from core.config import Activation, Layer, RunConfig, plan_layers
from core.errors import RunUnreadableError
from core.learning.data import to_input

Floats = npt.NDArray[np.float32]
Source = Literal["pixel", "map", "unit"]


@dataclass(frozen=True)
class LayerValues:
    """What one layer makes of an image: `values` float32, of the shape that `layer` states."""

    layer: Layer
    values: Floats


@dataclass(frozen=True)
class WeighedSums:
    """A fully connected layer on one image: what each of its units adds up, and out of what.

    `given` `(into,)` is what the layer is given by each `source`: pixels as the model takes them,
    feature maps, one after the other with `places` values each, or units of the layer before.
    `paper` is what a blank pixel would give, 0 for the other sources.
    `sums` `(out,)` is what reaches the activation, `values` `(out,)` what comes out of it (of the
    last layer both are the ten scores, its logits). Batch norm, which only scales and shifts each
    sum once training is over, is counted in: `weights_of` gives what a unit is driven by.
    """

    source: Source
    given: Floats
    places: int
    paper: float
    sums: Floats
    values: Floats
    _weights: Floats  # (out, into) as trained; shared with the model, so not to be changed
    _scale: Floats  # (out,)

    def weights_of(self, units: npt.NDArray[np.int64]) -> Floats:
        """Return how much each of these units rises with what it is given, `(len(units), into)`."""
        found: Floats = self._weights[units] * self._scale[units, None]
        return found

    def contributions(self, units: npt.NDArray[np.int64]) -> Floats:
        """Return what each source adds to the sums of these units, `(len(units), sources)`.

        Measured against blank paper where the sources are pixels. With what a unit starts from
        (its bias, and what paper gives) they add up to its sum.
        """
        each = self.weights_of(units) * (self.given - self.paper)
        found: Floats = each.reshape(len(units), -1, self.places).sum(axis=2)
        return found


def layer_values(
    config: RunConfig, model: nn.Module, image: npt.NDArray[np.uint8]
) -> tuple[LayerValues, ...]:
    """Return what every layer of `model` makes of `image` `(28, 28)` uint8, in order.

    The layers are those of `core.config.plan_layers`; dropout lets everything through, as in every
    answer. `model` must stand in evaluation mode and is left as it is. Raises RunUnreadableError
    where a value is not a finite number.
    """
    values = to_input(torch.from_numpy(image[None]), config.normalisation, torch.device("cpu"))
    found = []
    with torch.inference_mode():
        for layer, module in zip(plan_layers(config), model.children(), strict=True):
            values = module(values)
            found.append(LayerValues(layer, values[0].numpy()))
    if not all(np.isfinite(one.values).all() for one in found):
        raise RunUnreadableError(
            "The saved weights turn this digit into no finite numbers, so there is nothing to "
            "show of what happens inside."
        )
    return tuple(found)


def weighed_sums(
    config: RunConfig, model: nn.Module, passed: Sequence[LayerValues]
) -> tuple[WeighedSums, ...]:
    """Return the fully connected layers of `model`, the outputs last, on the image of `passed`.

    `passed` is what `layer_values` found for the same model.
    """
    modules = list(model.children())
    found = []
    for place, module in enumerate(modules):
        if not isinstance(module, nn.Linear):
            continue
        norm = modules[place + 1] if place + 1 < len(modules) else None
        normed = isinstance(norm, nn.BatchNorm1d)
        hidden = place + 1 < len(modules)
        source = _source(passed, place)
        found.append(
            WeighedSums(
                source=source,
                given=passed[place - 1].values,
                places=passed[place - 2].values[0].size if source == "map" else 1,
                paper=_paper(config) if source == "pixel" else 0.0,
                sums=passed[place + normed].values,
                values=passed[place + normed + hidden].values,
                _weights=module.weight.detach().numpy(),
                _scale=_scale(norm) if isinstance(norm, nn.BatchNorm1d) else _ones(module),
            )
        )
    return tuple(found)


def first_patterns(model: nn.Module) -> Floats | None:
    """Return what each window of the first convolution looks for, `(channels, side, side)`.

    These are its weights, with the scale of batch norm counted in where that follows: a value above
    0 says that ink at this place of the window raises the map. None without convolutions.
    """
    modules = list(model.children())
    first = modules[0]
    if not isinstance(first, nn.Conv2d):
        return None
    patterns: Floats = first.weight.detach()[:, 0].numpy()
    norm = next((one for one in modules[1:3] if isinstance(one, nn.BatchNorm2d)), None)
    return patterns if norm is None else patterns * _scale(norm)[:, None, None]


def firing(values: Floats, activation: Activation) -> npt.NDArray[np.bool_]:
    """Return which of `values`, taken behind `activation`, say that a unit has found its pattern.

    Those above the middle of what the activation can give: 0.5 for sigmoid, which lies between 0
    and 1, and 0 for all others.
    """
    found: npt.NDArray[np.bool_] = values > (0.5 if activation == "sigmoid" else 0.0)
    return found


def _paper(config: RunConfig) -> float:
    """Return what a model of `config` is given for a blank pixel."""
    blank = torch.zeros(1, 1, 1, dtype=torch.uint8)
    return float(to_input(blank, config.normalisation, torch.device("cpu")))


def _source(passed: Sequence[LayerValues], place: int) -> Source:
    """Return what the fully connected layer at `place` weighs."""
    if passed[place - 1].layer.kind != "flatten":
        return "unit"
    return "pixel" if place == 1 else "map"


def _scale(norm: nn.BatchNorm1d | nn.BatchNorm2d) -> Floats:
    # y = (x - mean) / sqrt(variance + eps) * weight + bias: Ioffe and Szegedy 2015, section 3.1.
    assert norm.running_var is not None
    found: Floats = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach().numpy()
    return found


def _ones(layer: nn.Linear) -> Floats:
    return np.ones(layer.out_features, dtype=np.float32)
