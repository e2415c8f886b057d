"""The units of fully connected layers for one drawing: which fire, and what feeds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.analysis.wording import MINUS, joined, so_many
from core.config import IMAGE_SIDE, RunConfig
from core.learning.activations import WeighedSums, firing
from core.ui.layer_parts import draw_head, draw_tiles, highest_scores, signed_score
from core.ui.tile_sheet import TileSheet, picture_url

_STRONGEST: Final = 12  # units of the first layer that are shown one by one
_FED: Final = 5  # of a deeper layer, whose sources stand beside them
_FEEDERS: Final = 3  # sources on either side
_ACROSS: Final = 32  # units in a row of the overview

_HOW_TO_READ: Final = (
    "Yellow: ink there makes the unit fire. Violet: ink there holds it back. Black: ink there does "
    "not matter (weights). Each picture has its own scale."
)


@dataclass(frozen=True)
class _Fed:
    """A unit or output, called `label`, its value, and its largest sources of either sign."""

    label: str
    value: float
    sources: tuple[tuple[int, float], ...]


def draw_units(config: RunConfig, layers: Sequence[WeighedSums], maps: TileSheet | None) -> None:
    """Draw each hidden layer with the units that fire most, and what leads to the answer.

    `layers` are all fully connected ones of a network, the outputs last; `maps` the feature maps
    that the first of them weighs, None where that weighs pixels.
    """
    fed = [_fed(layer, output=place == len(layers) - 1) for place, layer in enumerate(layers)]
    weights = _weight_pictures(layers, fed) if maps is None else None
    for place, layer in enumerate(layers):
        output = place == len(layers) - 1
        if output:
            draw_head("The ten scores", _explain_scores(layer))
        else:
            _draw_overview(config, layer, place + 1)
        if layer.source == "pixel":
            assert weights is not None
            _draw_pictures(config, layer, weights)
        else:
            seen = {"map": maps, "unit": weights if place == 1 else None}[layer.source]
            _draw_fed(fed[place], layer.source, seen)


def _fed(layer: WeighedSums, *, output: bool) -> list[_Fed]:
    """Return the units that fire most, or of the outputs the answer and the runner-up."""
    units = _strongest(layer)[: 2 if output else _FED]
    rows = []
    for unit, added in zip(units, layer.contributions(units), strict=True):
        order = np.argsort(-added, kind="stable")
        up = [place for place in order[:_FEEDERS] if added[place] > 0]
        down = [place for place in order[::-1][:_FEEDERS] if added[place] < 0]
        label = f"Score of {unit}" if output else f"Unit {unit + 1}"
        sources = tuple((int(place), float(added[place])) for place in (*up, *down))
        rows.append(_Fed(label, float(layer.values[unit]), sources))
    return rows


def _strongest(layer: WeighedSums) -> npt.NDArray[np.int64]:
    found: npt.NDArray[np.int64] = np.argsort(-layer.values, kind="stable")
    return found


def _weight_pictures(layers: Sequence[WeighedSums], fed: Sequence[Sequence[_Fed]]) -> TileSheet:
    """Return how the first units weigh the pixels: the strongest, and those that feed others."""
    wanted = [int(unit) for unit in _strongest(layers[0])[:_STRONGEST]]
    wanted += [source for row in fed[1] for source, _ in row.sources]
    numbers = np.array(sorted(set(wanted)))
    pictures = layers[0].weights_of(numbers).reshape(-1, IMAGE_SIDE, IMAGE_SIDE)
    return TileSheet(pictures, numbers.tolist(), own_scale=True)


def _draw_overview(config: RunConfig, layer: WeighedSums, number: int) -> None:
    count = len(layer.values)
    said = _firing_sentence(config, layer)
    across = min(_ACROSS, count)
    cells = np.full(-(-count // across) * across, np.nan)
    cells[:count] = layer.values
    url = picture_url(cells.reshape(-1, across))
    alt = f"The {count} units of hidden layer {number}, brighter where they fire more. {said}"
    draw_head(f"Hidden layer {number}: {so_many(count, 'unit')}", f"{said} {_what_units_do(layer)}")
    st.html(f'<img class="dl-strip" src="{url}" alt="{escape(alt)}" style="--across:{across}">')


def _firing_sentence(config: RunConfig, layer: WeighedSums) -> str:
    fires = int(firing(layer.values, config.activation).sum())
    if not fires:
        return "None of them fires."
    most = [str(unit + 1) for unit in _strongest(layer)[: min(3, fires)]]
    return f"{fires:,} of {len(layer.values):,} fire, most of all {joined(most)}."


def _what_units_do(layer: WeighedSums) -> str:
    what = {
        "pixel": "Each adds up all pixels, every one times a weight of its own",
        "map": "Each adds up all places of all maps, every one times a weight of its own",
        "unit": "Each adds up the units of the layer before, every one times a weight of its own",
    }[layer.source]
    colours = " Yellow ones fire, violet ones are below 0." if (layer.values < 0).any() else ""
    return f"Each square is one unit, the brighter the more it fires.{colours} {what}."


def _draw_pictures(config: RunConfig, layer: WeighedSums, weights: TileSheet) -> None:
    units = _strongest(layer)[:_STRONGEST]
    fires = firing(layer.values[units], config.activation)
    figures = "".join(
        f"<figure{'' if on else ' class=dl-silent'}>{weights.tile(int(unit))}"
        f"<figcaption>unit {unit + 1}: {_value(layer.values[unit])}</figcaption></figure>"
        for unit, on in zip(units, fires, strict=True)
    )
    st.html(f'<p class="dl-quiet">The strongest, and what they look for. {_HOW_TO_READ}</p>')
    draw_tiles(weights, figures, f"How the {len(units)} strongest units weigh the pixels")


def _draw_fed(rows: Sequence[_Fed], source: str, pictures: TileSheet | None) -> None:
    lines = "".join(_fed_line(row, source, pictures) for row in rows)
    style = f"{pictures.style if pictures else ''};--side:42px"
    st.html(f'<div class="dl-fed" style="{style}">{lines}</div>')


def _fed_line(row: _Fed, source: str, pictures: TileSheet | None) -> str:
    parts = []
    for words, sign in (("fed by", 1), ("held back by", -1)):
        some = [(place, added) for place, added in row.sources if added * sign > 0]
        items = "".join(
            f"<figure>{pictures.tile(place) if pictures and place in pictures else ''}"
            f"<figcaption>{source} {place + 1}: {signed_score(added)}</figcaption></figure>"
            for place, added in some
        )
        nothing = '<span class="dl-quiet">nothing</span>'
        parts.append(f'<div><span class="dl-quiet">{words}</span>{items or nothing}</div>')
    return f"<section><b>{row.label}: {_value(row.value)}</b>{''.join(parts)}</section>"


def _explain_scores(layer: WeighedSums) -> str:
    return (
        f"{highest_scores(layer.values)} Each score adds up what the layer before gives, every "
        "value times a weight; then the ten become the percentages (softmax). The answer and the "
        "runner-up:"
    )


def _value(value: float) -> str:
    return (
        f"{value:.2g}".replace("-", MINUS) if abs(value) < 100 else signed_score(value).lstrip("+")
    )
