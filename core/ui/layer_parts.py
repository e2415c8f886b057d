"""Parts that every layer of a model is drawn with: heading, tiles, scores as words."""

from html import escape

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.analysis.wording import MINUS
from core.ui.tile_sheet import TileSheet


def draw_head(title: str, sentence: str) -> None:
    """Draw the heading of a layer, and below it what it does and did."""
    st.html(
        f'<h3 class="dl-chart-title">{escape(title)}</h3><p class="dl-quiet">{escape(sentence)}</p>'
    )


def draw_tiles(sheet: TileSheet, figures: str, alt: str) -> None:
    """Draw `figures`, HTML with tiles of `sheet` and words below each; `alt` says what they are."""
    st.html(
        f'<div class="dl-tiles" role="group" aria-label="{escape(alt)}" '
        f'style="{sheet.style};--side:76px">{figures}</div>'
    )


def highest_scores(values: npt.NDArray[np.floating]) -> str:
    """Say which two of the ten scores `(10,)` are the highest."""
    first, second = np.argsort(-values, kind="stable")[:2]
    return f"The highest is that of {first}, the next that of {second}."


def signed_score(value: float) -> str:
    """Write what something adds to a sum or score, always with its sign."""
    decimals = 0 if abs(value) >= 100 else 1 if abs(value) >= 1 else 2
    return f"{value:+,.{decimals}f}".replace("-", MINUS)
