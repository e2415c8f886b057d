"""What a trained model makes of images before it decides: the values of its last hidden layer."""

import math
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from core.config import RunConfig, plan_layers
from core.errors import ConfigError, RunUnreadableError
from core.learning.data import to_input

Origin = Literal["hidden", "convolutions", "pixels"]

_CHUNK: Final = 1_000
_MOST_VALUES: Final = 32_000_000  # as float32 128 MB, for all features together
_MOST_IN_CHUNK: Final = 16_000_000  # of the largest layer, for the images that are under way


def feature_origin(config: RunConfig) -> Origin:
    """Return where the values come from that the ten outputs weigh.

    "hidden": the last fully connected hidden layer; "convolutions": a CNN without one; "pixels":
    a network without any hidden layer weighs the image itself.
    """
    kinds = [layer.kind for layer in plan_layers(config)]
    if kinds.count("linear") > 1:
        return "hidden"
    return "convolutions" if "convolution" in kinds else "pixels"


def feature_count(config: RunConfig) -> int:
    """Return how many values the ten outputs weigh, for one image."""
    return plan_layers(config)[-1].into


def most_images(config: RunConfig) -> int:
    """Return of how many images at most `hidden_features` gives the values at once."""
    return _MOST_VALUES // feature_count(config)


def hidden_features(
    config: RunConfig, model: nn.Module, pixels: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float32]:
    """Return what the last layer of `model` is given for `pixels` `(N, 28, 28)`: `(N, units)`.

    That is behind the activation, with dropout off; see `feature_origin`. `model` must stand in
    evaluation mode and is left as it is. Raises ConfigError for more images than `most_images`,
    RunUnreadableError where a value is not a finite number.
    """
    units = feature_count(config)
    if len(pixels) > most_images(config):
        raise ConfigError(
            f"The {units:,} values of each of {len(pixels):,} images do not fit into memory. Take "
            f"{most_images(config):,} images at most."
        )
    found = np.empty((len(pixels), units), dtype=np.float32)
    size = _chunk_size(config)
    with torch.inference_mode():
        for start in range(0, len(pixels), size):
            part = torch.from_numpy(pixels[start : start + size])
            values = to_input(part, config.normalisation, torch.device("cpu"))
            for layer in list(model.children())[:-1]:
                values = layer(values)
            found[start : start + size] = values.numpy()
    if not np.isfinite(found).all():
        raise RunUnreadableError(
            "The saved weights answer some test images with no finite number, so the images "
            "cannot be laid out by them."
        )
    return found


def _chunk_size(config: RunConfig) -> int:
    largest = max(math.prod(layer.shape) for layer in plan_layers(config))
    return max(1, min(_CHUNK, _MOST_IN_CHUNK // largest))
