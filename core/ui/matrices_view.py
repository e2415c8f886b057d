"""Confusion matrices side by side on one scale; a cell leads to its digits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import streamlit as st

from core.analysis import wording
from core.analysis.confusion import Unit, confusion_sentence, in_unit
from core.config import CLASSES
from core.runs.records import Run
from core.ui.components import draw_chart
from core.ui.judged import Judged
from core.ui.linked_controls import draw_segments
from core.ui.links import open_page
from core.ui.matrix_figures import MORE, matrix_figure, scale_top, shade
from core.ui.shared_figures import shared_figure

AT_MOST: Final = 4
_HEIGHT: Final = 440
# What stands in a link; "percent" was there before there was another.
_UNITS: Final[Mapping[str, Unit]] = {"count": "count", "percent": "row", "column": "column"}
_UNIT_WORDS: Final = {
    "count": "how many",
    "percent": "% of each true digit",
    "column": "% of each answer",
}
_UNIT_HELP: Final = (
    "How many: images in each cell. % of each true digit: each row adds up to 100, so it says what "
    "becomes of the 4s. % of each answer: each column adds up to 100, so it says how far an answer "
    "4 can be trusted."
)
_DIAGONALS: Final = {"grey": "in grey", "coloured": "on the scale"}


@dataclass(frozen=True)
class MatrixView:
    """What the controls above the matrices ask for."""

    unit: Unit
    diagonal: bool  # what was read right is coloured as the mistakes are


def draw_matrix_controls() -> MatrixView:
    """Draw the controls, each tied to the address, and return what they say."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        unit = draw_segments("matrix", "Numbers", _UNIT_WORDS, "count", _UNIT_HELP)
        diagonal = draw_segments(
            "diagonal",
            "Read right (diagonal)",
            _DIAGONALS,
            "grey",
            "Most images are read right. On the same scale they leave no colour for the mistakes.",
        )
    return MatrixView(_UNITS[unit], diagonal == "coloured")


def draw_matrices(judged: Sequence[Judged], view: MatrixView) -> None:
    """Draw the confusion matrices of up to four runs."""
    right = "the diagonal holds what was read right" if view.diagonal else "grey was read right"
    st.html(
        f'<p class="dl-quiet">Each row is a true digit, each column what the run read it as; '
        f"{right}. Click a cell to see its digits.</p>"
    )
    top = scale_top([in_unit(one.matrix, view.unit) for one in judged], diagonal=view.diagonal)
    draw_scale([("0", shade(MORE, 0)), (_top_word(top, view.unit), shade(MORE, 1))])
    # Four beside each other would leave too little room for the figures in their cells.
    beside = 3 if len(judged) == 3 else 2
    for start in range(0, len(judged), beside):
        row = judged[start : start + beside]
        for column, one in zip(st.columns(beside), row, strict=False):
            with column:
                clicked = _draw_matrix(one, view, top)
            if clicked is not None:
                others = [other.run for other in judged if other.same_images(one)]
                open_cell(clicked, one.run, others)


def _draw_matrix(one: Judged, view: MatrixView, top: float) -> dict[str, Any] | None:
    figure = shared_figure(
        matrix_figure, one.matrix, title=one.name, unit=view.unit, top=top, diagonal=view.diagonal
    )
    sentence = confusion_sentence(one.matrix, one.name)
    label = f"Confusion matrix. {sentence}"
    clicked = draw_chart(figure, key=f"matrix_{one.run.id}", height=_HEIGHT, label=label)
    st.html(f'<p class="dl-quiet">{escape(sentence)}</p>')
    return clicked


def draw_scale(ends: Sequence[tuple[str, str]]) -> None:
    """Draw what colours mean: a strip through those of `ends`, each with its word or none."""
    stops = ", ".join(colour for _, colour in ends)
    words = [f"<span>{escape(word)}</span>" for word, _ in ends if word]
    strip = f'<div style="background:linear-gradient(to right, {stops})"></div>'
    st.html(f'<div class="dl-scale">{words[0]}{strip}{"".join(words[1:])}</div>')


def open_cell(clicked: dict[str, Any], by: Run, shown: Sequence[Run]) -> None:
    """Show the digits of a cell as `by` read them, beside one other of `shown`.

    `shown` are runs judged on the same images, `by` among them.
    """
    cell = clicked_cell(clicked)
    if cell is None:
        return
    ids = [run.id for run in shown]
    pair = [by.id, *(run_id for run_id in ids if run_id != by.id)][:2]
    kept = [run_id for run_id in ids if run_id in pair]
    open_page("mistakes", kept, group="all", true=str(cell[0]), read=str(cell[1]), by=by.id)


def clicked_cell(clicked: dict[str, Any]) -> tuple[int, int] | None:
    """Return true digit and digit read of a clicked cell; None for anything else.

    A click comes from the browser, so it may be anything.
    """
    true, read = clicked.get("y"), clicked.get("x")
    for digit in (true, read):
        if not isinstance(digit, int | float) or digit not in range(CLASSES):
            return None
    return int(true or 0), int(read or 0)


def _top_word(top: float, unit: Unit) -> str:
    if unit == "count":
        return "1 time" if top == 1 else f"{top:,.0f} times"
    return f"{wording.out_of_hundred(top / 100, 1)} %"
