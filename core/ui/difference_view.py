"""The difference of two confusion matrices: what one run takes for what more often."""

import functools
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

import streamlit as st

from core.analysis import wording
from core.analysis.confusion import Unit
from core.analysis.confusion_difference import (
    chance_sentence,
    confusion_difference,
    difference_p_value,
    difference_sentences,
    largest_differences,
)
from core.runs.results import Predictions
from core.ui.components import draw_chart
from core.ui.judged import Judged, by_mark
from core.ui.links import linked, write_link
from core.ui.matrices_view import MatrixView, clicked_cell, draw_scale, open_cell
from core.ui.matrix_figures import LESS, MORE, difference_figure, shade
from core.ui.shared_figures import shared_figure

_HEIGHT: Final = 480
_HINT: Final = "<br>click to see them"


def draw_difference(judged: Sequence[Judged], view: MatrixView) -> None:
    """Draw the matrix of one run minus that of another, and say what is largest in it."""
    st.subheader("What one confuses more often than the other", anchor=False)
    if len(judged) < 2:
        st.html(
            '<p class="dl-quiet">Choose a second finished run above: the difference of the two '
            "matrices then stands here.</p>"
        )
        return
    first, second = _choose(judged)
    alike = first.same_images(second)
    unit = view.unit
    if not alike:
        _explain_other_images(first, second, unit)
        unit = "row" if unit == "count" else unit
    sentences = _sentences(first, second, unit, alike=alike)
    chart, words = st.columns(2)
    with chart:
        label = f"Difference of two confusion matrices. {' '.join(sentences)}"
        figure = shared_figure(
            difference_figure,
            first.matrix,
            second.matrix,
            names=(first.name, second.name),
            unit=unit,
            diagonal=view.diagonal,
            hint=_HINT if alike else "",
        )
        clicked = draw_chart(figure, key="matrix_difference", height=_HEIGHT, label=label)
    with words:
        _explain((first.name, second.name), unit, alike=alike, diagonal=view.diagonal)
        items = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
        st.html(f'<div class="dl-largest">{items}</div>')
    if clicked is not None and alike:
        _open(clicked, first, second)


def _choose(judged: Sequence[Judged]) -> tuple[Judged, Judged]:
    if len(judged) == 2:
        return judged[0], judged[1]
    marked = by_mark(judged)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        first = _select("a", "This run", marked, list(marked))
        second = _select("b", "minus this run", marked, [mark for mark in marked if mark != first])
    return marked[first], marked[second]


def _select(name: str, label: str, marked: Mapping[str, Judged], options: list[str]) -> str:
    chosen: str = st.selectbox(
        label,
        options,
        key=linked(name, options, options[0]),
        format_func=lambda mark: marked[mark].name,
        on_change=write_link,
        args=(name, options[0]),
        width=320,
    )
    return chosen


def _explain_other_images(first: Judged, second: Judged, asked: Unit) -> None:
    counts = [f"{one.name} on {len(one.answers.labels):,}" for one in (first, second)]
    shown = " Counts cannot be subtracted then; shown are percentages of each true digit."
    st.html(
        '<p class="dl-quiet">The two were judged on different test images '
        f"({escape(wording.joined(counts))}), so part of what differs may come from the images."
        f"{shown if asked == 'count' else ''}</p>"
    )


def _explain(names: tuple[str, str], unit: Unit, *, alike: bool, diagonal: bool) -> None:
    first, second = names
    what = "number" if unit == "count" else "percentage"
    line = "the diagonal" if diagonal else "the grey diagonal"
    click = " Click a cell to see its digits." if alike else ""
    st.html(
        f'<p class="dl-quiet">How to read it: each cell is the {what} of {escape(first)} minus '
        f"that of {escape(second)}. Indigo and +: {escape(first)} reads the digit so more often. "
        f"Amber and {wording.MINUS}: {escape(second)} does. An empty cell: both as often. More is "
        f"worse beside {line}, and better on it.{click}</p>"
    )
    draw_scale(
        [
            (f"{second} more often", shade(LESS, 1)),
            ("", shade(LESS, 0)),
            ("", shade(MORE, 0)),
            (f"{first} more often", shade(MORE, 1)),
        ]
    )


def _sentences(first: Judged, second: Judged, unit: Unit, *, alike: bool) -> list[str]:
    names = (first.name, second.name)
    sentences = difference_sentences(first.matrix, second.matrix, names, unit)
    difference = confusion_difference(first.matrix, second.matrix, unit)
    cells = [cell for cell in largest_differences(difference) if cell is not None]
    # The test counts images; shares of different numbers of answers are another question.
    if not alike or unit == "column" or not cells:
        return sentences
    largest = max(cells, key=lambda cell: abs(difference[cell]))
    p_value = _p_value(first.answers, second.answers, largest)
    return [sentences[0], chance_sentence(p_value), *sentences[1:]]


@functools.lru_cache(maxsize=512)
def _p_value(first: Predictions, second: Predictions, cell: tuple[int, int]) -> float:
    return difference_p_value(first.labels, first.predicted, second.predicted, cell)


def _open(clicked: dict[str, Any], first: Judged, second: Judged) -> None:
    """Show the digits of a cell as the run read them that does so more often."""
    cell = clicked_cell(clicked)
    if cell is not None:
        more = second if first.matrix[cell] < second.matrix[cell] else first
        open_cell(clicked, more.run, [first.run, second.run])
