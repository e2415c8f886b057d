"""The feature maps of a CNN for one drawing: where each of its patterns was found."""

from collections.abc import Sequence
from html import escape
from typing import Final

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.analysis.wording import joined, so_many
from core.config import RunConfig
from core.config.layers import LayerKind
from core.learning.activations import LayerValues
from core.ui.linked_controls import draw_segments
from core.ui.tile_sheet import TileSheet
from core.words import choice_word

_MOST: Final = 96  # maps of a layer; more are counted
_SIDES: Final = {"large": 84, "small": 56}  # pixels of a tile: wide maps, and those behind pooling
_WIDE: Final = 20  # values across a map

_LAST: Final = ("activation", "response_norm")

_STEPS: Final[dict[LayerKind, tuple[str, str]]] = {
    "convolution": (
        "Convolution",
        "How well each pattern fits at every place.",
    ),
    "max_pooling": ("Pooling", "Of each 2×2 places only the best fit is kept."),
    "average_pooling": ("Pooling", "Each 2×2 places are replaced by their mean."),
    "batch_norm": (
        "Batch norm",
        "Each map is brought to the level that was usual in training, so that none outshouts "
        "the others.",
    ),
    "activation": ("{activation}", "What the next layer gets."),
    "response_norm": ("Response norm", "Strong maps have damped their neighbours."),
}


def draw_feature_maps(
    config: RunConfig,
    passed: Sequence[LayerValues],
    patterns: npt.NDArray[np.float32] | None,
) -> TileSheet | None:
    """Draw the maps of each convolution of a CNN; return those that its first unit weighs.

    `passed` holds what each layer made of the drawing, `patterns` `(channels, side, side)` what
    the first windows look for. None without convolutions.
    """
    blocks = _blocks(passed)
    if not blocks:
        return None
    kinds = [one.layer.kind for one in blocks[0]]
    words = {kind: _STEPS[kind][0].format(activation=_activation(config)) for kind in kinds}
    shown = draw_segments("after", "Maps as they are after", words, kinds[-1])
    st.html(f'<p class="dl-quiet">{escape(_STEPS[shown][1])} Each layer has its own scale.</p>')
    if patterns is not None:
        _draw_patterns(config, patterns)
    for number, block in enumerate(blocks, start=1):
        one = next(one for one in block if one.layer.kind == shown)
        _draw_maps(config, one, number, words[shown])
    return TileSheet(blocks[-1][-1].values[:_MOST])


def _draw_patterns(config: RunConfig, patterns: npt.NDArray[np.float32]) -> None:
    sheet = TileSheet(patterns[:_MOST], own_scale=True)
    window = f"{config.kernel_size}×{config.kernel_size}"
    tiles = "".join(sheet.tile(place, f"pattern {place + 1}") for place in range(len(sheet)))
    _draw_block(
        f"Convolution 1: {so_many(len(patterns), 'pattern')} of {window}",
        f"Small windows of {window} pixels slide over the digit, each with a pattern of its own "
        "(weights): it answers most where ink lies on the yellow and paper on the violet."
        f"{_left_out(len(patterns))}",
        sheet,
        tiles,
        f"The {len(patterns)} patterns that the first convolution looks for",
        _SIDES["small"],
    )


def _blocks(passed: Sequence[LayerValues]) -> list[list[LayerValues]]:
    """Return the layers from each convolution up to the next."""
    blocks: list[list[LayerValues]] = []
    for one in passed:
        if one.layer.kind == "flatten":
            break
        if one.layer.kind == "convolution":
            blocks.append([])
        blocks[-1].append(one)
    return blocks


def _activation(config: RunConfig) -> str:
    return choice_word("activation", config.activation)


def _draw_maps(config: RunConfig, one: LayerValues, number: int, after: str) -> None:
    count, height, width = one.values.shape
    sheet = TileSheet(one.values[:_MOST])
    highest = one.values.max(axis=(1, 2))
    tiles = "".join(
        sheet.tile(place, f"map {place + 1}, at most {highest[place]:.2g}")
        for place in range(min(count, _MOST))
    )
    # Before the activation a map that is below 0 everywhere may still come to something.
    said = _sentence(highest, last=one.layer.kind in _LAST)
    colours = " Yellow: above 0, the pattern fits. Violet: below 0." if sheet.signed else ""
    _draw_block(
        f"{so_many(count, 'map').capitalize()} of convolution {number}, {height} × {width}",
        f"{_what_it_does(config, number)}{colours} {said}{_left_out(count)}",
        sheet,
        tiles,
        f"The {count} feature maps after {after} of convolution {number}. {said}",
        _SIDES["large" if width > _WIDE else "small"],
    )


def _draw_block(title: str, words: str, sheet: TileSheet, tiles: str, alt: str, side: int) -> None:
    st.html(
        f'<h3 class="dl-chart-title">{escape(title)}</h3><p class="dl-quiet">{escape(words)}</p>'
        f'<div class="dl-tiles" role="img" aria-label="{escape(alt)}" '
        f'style="{sheet.style};--side:{side}px">{tiles}</div>'
    )


def _what_it_does(config: RunConfig, number: int) -> str:
    if number == 1:
        return "One for each pattern, bright where it was found (feature map)."
    window = f"{config.kernel_size}×{config.kernel_size}"
    return (
        f"Here each window of {window} looks at all maps above at once: it finds patterns made of "
        "their patterns, over a larger part of the digit."
    )


def _sentence(highest: npt.NDArray[np.floating], *, last: bool) -> str:
    """Say which maps are the brightest and how many are dark at `last`; `highest` `(maps,)`."""
    order = np.argsort(-highest, kind="stable")[:3]
    found = [f"{place + 1}" for place in order if highest[place] > 0]
    dark = int((highest <= 0).sum())
    if not found:
        return "No map answers anywhere."
    which = "Map" if len(found) == 1 else "Maps"
    rest = f" {so_many(dark, 'map')} found nothing." if dark and last else ""
    return f"{which} {joined(found)} answer{'s' if len(found) == 1 else ''} most strongly.{rest}"


def _left_out(count: int) -> str:
    return f" The first {_MOST} of {count:,} are shown." if count > _MOST else ""
