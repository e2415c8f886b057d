"""The score board of the field test: right answers so far, the verdict, and which digits mix up."""

from collections.abc import Sequence
from html import escape
from typing import Any, Final

import streamlit as st

from core.analysis import wording
from core.analysis.confusion import confusion_matrix, confusion_sentence, in_unit
from core.analysis.judgement import Judgement
from core.field_test.answers import DrawingAnswers
from core.field_test.records import Drawing
from core.field_test.scores import (
    DRAWINGS_CAVEAT,
    Score,
    beside,
    judge,
    left_out,
    score,
    with_taken_out,
)
from core.ui.components import draw_chart
from core.ui.drawing_answers import Reader, read_drawings
from core.ui.drawing_filters import open_drawings
from core.ui.folds import draw_fold
from core.ui.judgement_view import draw_statistics
from core.ui.matrices_view import MatrixView, clicked_cell, draw_matrix_controls
from core.ui.matrix_figures import matrix_figure, scale_top
from core.ui.pieces import draw_verdict, named, run_fill
from core.ui.services import services
from core.words import as_text, percent

Answered = Sequence[tuple[Reader, DrawingAnswers]]

_MATRIX_HEIGHT: Final = 440
_EMPTY: Final = (
    "Nobody has drawn yet. Each drawing that is kept is read by every run chosen above, and here "
    "stands how many each has read right. Choose other runs at any time: they are asked about all "
    "drawings that there are."
)
_NONE_COUNTS: Final = "No drawing counts at present, so there is no score."


def draw_score_board(which: Sequence[Reader]) -> None:
    """Draw how many of all drawings each reader reads right, and which reads better."""
    st.header("Score board", anchor=False)
    found, judgement = draw_scores(which)
    if judgement is not None:
        draw_statistics([judgement])
    if found:
        draw_fold("confused", "Which digits get confused", lambda: _draw_matrices(found))


def draw_scores(which: Sequence[Reader]) -> tuple[Answered, Judgement | None]:
    """Draw the score of each reader on all drawings that count, with the verdict in words.

    Returns what they answered, and the verdict: none of fewer than two.
    """
    listed = services().drawings.listed()
    counted = [one for one in listed if isinstance(one, Drawing) and one.counts]
    deleted = len(services().drawings.binned())
    not_counted = left_out(listed, deleted)
    if not counted:
        lead = _NONE_COUNTS if listed or deleted else _EMPTY
        st.html(f'<p class="dl-lead">{lead}</p><p class="dl-quiet">{escape(not_counted)}</p>')
        return [], None
    found, problems = read_drawings(which, counted)
    for problem in problems:
        st.warning(as_text(problem), icon=":material/broken_image:")
    _draw_bars(len(counted), [(one, score(one.run, said)) for one, said in found])
    judgement = judge(
        [(one.run, said) for one, said in found], {one.run.id: one.name for one, _ in found}
    )
    if judgement is not None:
        first, *more = judgement.sentences
        draw_verdict([first], " ".join(filter(None, [*more, judgement.caveat])))
    flattered = _with_those_taken_out(found, listed)
    st.html(
        f'<p class="dl-quiet">{escape(DRAWINGS_CAVEAT)}</p>'
        f'<p class="dl-quiet">{escape(" ".join([not_counted, flattered]))}</p>'
    )
    return found, judgement


def _draw_bars(count: int, scores: Sequence[tuple[Reader, Score]]) -> None:
    """Draw each score as a bar that ends at its share, with its interval as a line over the end."""
    hint = "Choose runs above to see how many they read right."
    if scores:
        hint = "The line at the end of a bar is where the true share may lie (95 % interval)."
    rows = "".join(_row(one, found) for one, found in scores)
    st.html(
        f'<p class="dl-lead">{wording.so_many(count, "drawing")} so far. {hint}</p>'
        f'<div class="dl-scores">{rows}</div>'
    )


def _row(one: Reader, found: Score) -> str:
    share, (low, high) = found.share or 0.0, found.interval or (0.0, 1.0)
    told = f"95 %: {100 * low:.1f} to {100 * high:.1f}"
    return (
        f'<div class="dl-score" data-run="{escape(one.run.id)}">'
        f"<div>{named(one.run, one.name)}</div>"
        f'<div class="dl-score-bar" aria-hidden="true">'
        f'<i style="width:{100 * share:.2f}%;background:{run_fill(one.run.info.colour)}"></i>'
        f'<s style="left:{100 * low:.2f}%;width:{100 * (high - low):.2f}%"></s></div>'
        f"<div><b>{found.right:,} of {found.count:,}</b> right, {percent(found.share)} "
        f'<span class="dl-quiet">({told})</span></div></div>'
    )


def _with_those_taken_out(found: Answered, listed: Sequence[object]) -> str:
    every = [one for one in listed if isinstance(one, Drawing)]
    if all(one.counts for one in every):
        return ""
    with_them, _ = read_drawings([one for one, _ in found], every)
    names = {one.run.id: one.name for one, _ in found}
    both = beside(
        [(one.run, said) for one, said in found], [(one.run, said) for one, said in with_them]
    )
    return with_taken_out([(names[own.run.id], own, all_) for own, all_ in both], listed)


def _draw_matrices(found: Answered) -> None:
    view = draw_matrix_controls()
    matrices = [(one, confusion_matrix(said.labels, said.predicted)) for one, said in found]
    shown = [in_unit(matrix, view.unit) for _, matrix in matrices]
    top = scale_top(shown, diagonal=view.diagonal)
    st.html(
        '<p class="dl-quiet">Each row is the digit that was asked for, each column what the run '
        "read the drawings as. Click a cell to see its drawings below.</p>"
    )
    for start in range(0, len(matrices), 2):
        for column, (one, matrix) in zip(st.columns(2), matrices[start : start + 2], strict=False):
            with column:
                _draw_matrix(one, matrix, view, top)


def _draw_matrix(one: Reader, matrix: Any, view: MatrixView, top: float) -> None:
    figure = matrix_figure(matrix, title=one.name, unit=view.unit, top=top, diagonal=view.diagonal)
    sentence = confusion_sentence(matrix, one.name)
    clicked = draw_chart(
        figure,
        key=f"drawn_matrix_{one.run.id}",
        height=_MATRIX_HEIGHT,
        label=f"Confusion matrix of the drawings. {sentence}",
    )
    st.html(f'<p class="dl-quiet">{escape(sentence)}</p>')
    cell = clicked_cell(clicked) if clicked is not None else None
    if cell is not None:
        open_drawings(asked=cell[0], read=cell[1], by=one.run.id)
