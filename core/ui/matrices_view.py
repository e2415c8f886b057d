"""Confusion matrices side by side on one scale; a cell leads to its digits."""

from collections.abc import Sequence
from html import escape
from typing import Final

import streamlit as st

from core.analysis.confusion import confusion_matrix, confusion_sentence
from core.errors import DigitLabError
from core.runs.records import Run
from core.ui.components import draw_chart
from core.ui.figures import highest_mistake, matrix_figure
from core.ui.links import linked, open_page, write_link
from core.ui.services import services

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
    found = []
    for run in runs[:_AT_MOST]:
        try:
            answers = services().store.predictions(run.id)
        except DigitLabError:
            continue  # the verdict above has said so already
        found.append((run, confusion_matrix(answers.labels, answers.predicted)))
    if not found:
        return
    st.html(
        '<p class="dl-quiet">Each row is a true digit, each column what the run read it as; '
        "grey cells were read right. The colours of all matrices mean the same. Click a cell to "
        "see its digits.</p>"
    )
    percent = mode == "percent"
    highest = highest_mistake([matrix for _, matrix in found], percent=percent)
    for column, (run, matrix) in zip(st.columns(max(2, len(found))), found, strict=False):
        with column:
            figure = matrix_figure(matrix, title=run.name, percent=percent, highest=highest)
            sentence = confusion_sentence(matrix, run.name)
            clicked = draw_chart(
                figure, key=f"matrix_{run.id}", height=440, label=f"Confusion matrix. {sentence}"
            )
            st.html(f'<p class="dl-quiet">{escape(sentence)}</p>')
        if clicked is not None:
            _open_cell(clicked, run, [run.id for run, _ in found])


def _open_cell(clicked: dict[str, object], run: Run, run_ids: list[str]) -> None:
    true, read = clicked.get("y"), clicked.get("x")
    if true not in range(10) or read not in range(10):
        return  # from the browser: anything else is not a cell
    pair = [run.id, *(other for other in run_ids if other != run.id)][:2]
    kept = [run_id for run_id in run_ids if run_id in pair]
    open_page("mistakes", kept, group="all", true=str(true), read=str(read), by=run.id)
