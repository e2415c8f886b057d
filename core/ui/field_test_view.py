"""The field test: a digit is asked for, drawn and kept; then the models answer, and are counted."""

from collections.abc import Sequence

import streamlit as st

from core.runs.records import Run
from core.ui.drawing_answers import readers
from core.ui.drawing_view import draw_opened_drawing
from core.ui.drawings_view import draw_drawings
from core.ui.field_round_view import draw_round
from core.ui.folds import draw_fold
from core.ui.frame import guarded
from core.ui.score_board_view import draw_score_board
from core.words import as_text


def draw_field_test(runs: Sequence[Run]) -> None:
    """Draw the field test of up to eight finished `runs`: a round, the score board, the drawings.

    A round is redrawn alone with each stroke; a drawing that was kept redraws the page.
    """
    which, problems = readers(runs)
    for problem in problems:
        st.warning(as_text(problem), icon=":material/broken_image:")

    def round_part() -> None:
        with guarded():
            draw_round(which)

    st.fragment(round_part)()
    draw_score_board(which)
    draw_fold("drawings", "The drawings, and who misread them", lambda: draw_drawings(which))
    draw_opened_drawing(which)
