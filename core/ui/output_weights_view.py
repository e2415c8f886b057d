"""How a network without hidden layers reads a drawing: ten pictures of weights."""

from collections.abc import Iterable
from html import escape

import numpy as np

from core.config import CLASSES, IMAGE_SIDE
from core.learning.activations import WeighedSums
from core.ui.layer_parts import draw_head, draw_tiles, highest_scores, signed_score
from core.ui.tile_sheet import TileSheet


def draw_output_weights(layer: WeighedSums) -> None:
    """Draw for each digit how a network without hidden layers weighs the pixels (ten outputs)."""
    every = np.arange(CLASSES)
    square = (CLASSES, IMAGE_SIDE, IMAGE_SIDE)
    weights = TileSheet(layer.weights_of(every).reshape(square))
    added = TileSheet(layer.contributions(every).reshape(square))
    draw_head(
        "One picture of weights for each digit",
        "This model has no hidden layers: it lays its ten pictures over your digit. Ink speaks for "
        "a digit where its picture is yellow and against it where it is violet.",
    )
    draw_tiles(weights, _figures(weights, map(str, every)), "The weights of the ten digits")
    draw_head(
        "What your ink adds up to",
        "The same, only where you drew. Below each its score, with what blank paper gives. "
        f"{highest_scores(layer.values)} The ten scores become the percentages (softmax).",
    )
    scores = [f"{digit}: {signed_score(layer.values[digit])}" for digit in every]
    draw_tiles(added, _figures(added, scores), "What the ink adds to the scores of the ten digits")


def _figures(sheet: TileSheet, captions: Iterable[str]) -> str:
    return "".join(
        f"<figure>{sheet.tile(place)}<figcaption>{escape(caption)}</figcaption></figure>"
        for place, caption in enumerate(captions)
    )
