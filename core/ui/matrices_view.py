"""Confusion matrices side by side on one scale; a cell leads to its digits."""

from collections.abc import Sequence
from html import escape
from typing import Final

import numpy as np
import streamlit as st

from core.analysis.confusion import confusion_matrix, confusion_sentence
from core.errors import DigitLabError
from core.runs.records import Run
from core.runs.results import Predictions
from core.ui.components import draw_chart
from core.ui.figures import highest_mistake, matrix_figure
from core.ui.links import linked, open_page, write_link
from core.ui.services import services
from core.words import distinct_names

_MODES: Final = {"count": "how many", "percent": "% of each true digit"}
_AT_MOST: Final = 4


def draw_matrices(runs: Sequence[Run]) -> None:
    """Draw the confusion matrices of up to four finished runs."""
    mode = st.segmented_control(
        "Numbers",
        list(_MODES),
        key=linked("matrix", list(_MODES), "count"),
        format_func=lambda value: _MODES[value],
        on_change=write_link,
        args=("matrix", "count"),
        required=True,
    )
    if len(runs) > _AT_MOST:
        st.caption(f"Shown for the first {_AT_MOST} of {len(runs)} runs.")
    found: list[tuple[Run, Predictions]] = []
    for run in runs[:_AT_MOST]:
        try:
            found.append((run, services().store.predictions(run.id)))
        except DigitLabError:
            continue  # the verdict above has said so already
    if not found:
        return
    st.html(
        '<p class="dl-quiet">Each row is a true digit, each column what the run read it as; '
        "grey cells were read right. The colours of all matrices mean the same. Click a cell to "
        "see its digits.</p>"
    )
    percent = mode == "percent"
    names = distinct_names(run for run, _ in found)
    matrices = [confusion_matrix(answers.labels, answers.predicted) for _, answers in found]
    highest = highest_mistake(matrices, percent=percent)
    columns = st.columns(max(2, len(found)))
    for column, (run, answers), matrix in zip(columns, found, matrices, strict=False):
        with column:
            name = names[run.id]
            figure = matrix_figure(matrix, title=name, percent=percent, highest=highest)
            sentence = confusion_sentence(matrix, name)
            clicked = draw_chart(
                figure, key=f"matrix_{run.id}", height=440, label=f"Confusion matrix. {sentence}"
            )
            st.html(f'<p class="dl-quiet">{escape(sentence)}</p>')
        if clicked is not None:
            alike = [
                other.id for other, theirs in found if np.array_equal(theirs.labels, answers.labels)
            ]
            _open_cell(clicked, run, alike)


def _open_cell(clicked: dict[str, object], run: Run, run_ids: list[str]) -> None:
    """Show the digits of a cell of `run`, beside one other of `run_ids` on the same images."""
    true, read = clicked.get("y"), clicked.get("x")
    if true not in range(10) or read not in range(10):
        return  # from the browser: anything else is not a cell
    pair = [run.id, *(other for other in run_ids if other != run.id)][:2]
    kept = [run_id for run_id in run_ids if run_id in pair]
    open_page("mistakes", kept, group="all", true=str(true), read=str(read), by=run.id)
