"""How well each run reads each digit, on the Compare page: recall, precision or F1 as bars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, cast

import streamlit as st

from core.analysis.per_digit import (
    Score,
    digit_scores,
    missing_sentence,
    weakest_sentence,
    widest_gap_sentence,
)
from core.ui.components import draw_chart
from core.ui.digit_figures import per_digit_figure
from core.ui.judged import Judged, all_alike
from core.ui.segments import draw_segments

_HEIGHT: Final = 350
_LEGEND_LINE: Final = 20  # on a phone each run has one of its own


@dataclass(frozen=True)
class _Words:
    """How one of the three scores is named and explained."""

    button: str
    sentence: str
    up: str


_SCORES: Final[Mapping[str, _Words]] = {
    "recall": _Words(
        "found (recall)",
        "Of all images of a digit, the share that was read right.",
        "of this digit, read right, % (recall)",
    ),
    "precision": _Words(
        "trusted (precision)",
        "Of all answers that name a digit, the share that was right.",
        "of these answers, right, % (precision)",
    ),
    "f1": _Words(
        "both in one (F1)",
        "Both in one figure, their harmonic mean: high only where both are high.",
        "recall and precision in one, % (F1)",
    ),
}
_FLOORS: Final = {"zero": "from 0 %", "close": "close up"}


def draw_per_digit(judged: Sequence[Judged]) -> None:
    """Draw one score of each digit as bars for all runs, and say where they are weakest."""
    st.subheader("How well each digit is read", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        buttons = {name: words.button for name, words in _SCORES.items()}
        score = cast(Score, draw_segments("score", "Figure", buttons, "recall"))
        floor = draw_segments(
            "floor",
            "Bars",
            _FLOORS,
            "zero",
            "From 0 %, a bar twice as long is twice as much. Close up, small differences are seen, "
            "but lengths no longer compare.",
        )
    _explain(score)
    scores = {one.name: digit_scores(one.matrix).score(score) for one in judged}
    bars = [(one.name, one.run.info.colour, scores[one.name]) for one in judged]
    sentences = [
        weakest_sentence(scores, score),
        widest_gap_sentence(scores) if all_alike(judged) else "",
        missing_sentence(scores, score),
    ]
    said = " ".join(filter(None, sentences))
    draw_chart(
        per_digit_figure(bars, up=_SCORES[score].up, close=floor == "close"),
        # Another figure or scale is another picture: a zoom into one means nothing in the other.
        key=f"per_digit_{floor}",
        height=_HEIGHT + _LEGEND_LINE * len(judged),
        label=f"Bars of {_SCORES[score].button} for each digit. {said}",
    )
    st.html(f'<p class="dl-quiet">{escape(said)}</p>')


def _explain(chosen: str) -> None:
    lines = []
    for name, words in _SCORES.items():
        title = words.button.partition("(")[2].rstrip(")").capitalize()
        text = f"<b>{title}</b>: {escape(words.sentence)}"
        lines.append(f"<li>{text} <i>(shown)</i></li>" if name == chosen else f"<li>{text}</li>")
    st.html(f'<ul class="dl-quiet dl-facts">{"".join(lines)}</ul>')
