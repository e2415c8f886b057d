"""Mistakes: show me the digits, and who got them wrong."""

import streamlit as st

from core.ui.frame import draw_empty, draw_title
from core.ui.links import choose_runs
from core.ui.mistakes_view import draw_mistakes

draw_title("Mistakes", "The test digits that a run read wrongly, the most self-assured first.")
runs = choose_runs("One run, or two to compare", at_most=2, finished=True)
if not runs:
    draw_empty(
        "Choose a finished run above to see which digits it misread, or let two new ones race."
    )
    st.stop()
draw_mistakes(runs)
