"""How the compared runs read what people drew: the field test's drawings as their test set."""

from collections.abc import Sequence

import streamlit as st

from core.runs.records import Run
from core.ui.drawing_answers import readers
from core.ui.folds import draw_fold
from core.ui.links import MAX_DRAWN, open_page
from core.ui.score_board_view import draw_scores
from core.words import as_text


def draw_people(runs: Sequence[Run]) -> None:
    """Draw a fold with the scores of finished `runs` on people's drawings."""
    draw_fold("people", "How they read people's drawings", lambda: _draw(runs))


def _draw(runs: Sequence[Run]) -> None:
    first = runs[:MAX_DRAWN]
    which, problems = readers(first)
    if len(first) < len(runs):
        st.caption(f"The first {len(first)} of {len(runs)} finished runs.")
    for problem in problems:
        st.warning(as_text(problem), icon=":material/broken_image:")
    draw_scores(which)
    if st.button("To the field test: draw, or look at the drawings", key="to_field_test"):
        open_page("draw", [run.id for run in first], way="test")
