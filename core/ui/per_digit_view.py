"""How well each run reads each digit, on the Compare page: recall, precision or F1 as bars."""

from collections.abc import Sequence
from html import escape
from typing import Final

import streamlit as st

from core.analysis.per_digit import (
    SCORES,
    digit_scores,
    missing_sentence,
    weakest_sentence,
    widest_gap_sentence,
)
from core.report.digit_figures import drawn_runs, per_digit_figure
from core.ui.components import draw_chart
from core.ui.judged import Judged, all_alike
from core.ui.linked_controls import draw_segments
from core.ui.shared_figures import shared_figure

_HEIGHT: Final = 350
_LEGEND_LINE: Final = 20  # on a phone each run has one of its own


_FLOORS: Final = {"zero": "from 0 %", "close": "close up"}


def draw_per_digit(judged: Sequence[Judged]) -> None:
    """Draw one score of each digit as bars for all runs, and say where they are weakest."""
    st.subheader("How well each digit is read", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        buttons = {name: words.name for name, words in SCORES.items()}
        score = draw_segments("score", "Figure", buttons, "recall")
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
    shown, which = drawn_runs({one.run.id: one.run.config for one in judged})
    bars = [
        (one.name, one.run.info.colour, scores[one.name]) for one in judged if one.run.id in shown
    ]
    sentences = [
        weakest_sentence(scores, score),
        widest_gap_sentence(scores) if all_alike(judged) else "",
        missing_sentence(scores, score),
        which,
    ]
    said = " ".join(filter(None, sentences))
    draw_chart(
        shared_figure(per_digit_figure, bars, up=SCORES[score].axis, close=floor == "close"),
        # Another figure or scale is another picture: a zoom into one means nothing in the other.
        key=f"per_digit_{floor}",
        height=_HEIGHT + _LEGEND_LINE * len(bars),
        label=f"Bars of {SCORES[score].name} for each digit. {said}",
    )
    st.html(f'<p class="dl-quiet">{escape(said)}</p>')


def _explain(chosen: str) -> None:
    lines = []
    for name, words in SCORES.items():
        text = f"<b>{words.term}</b>: {escape(words.sentence)}"
        lines.append(f"<li>{text} <i>(shown)</i></li>" if name == chosen else f"<li>{text}</li>")
    st.html(f'<ul class="dl-quiet dl-facts">{"".join(lines)}</ul>')
