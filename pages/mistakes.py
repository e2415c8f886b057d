"""Mistakes: show me the digits, and who got them wrong."""

import streamlit as st

from core.ui.frame import draw_empty, draw_title
from core.ui.links import choose_runs
from core.ui.mistakes_view import MOST_RUNS, draw_mistakes

draw_title("Mistakes", "Which test digits were read wrongly, by which runs, and how surely.")
runs = choose_runs("Finished runs", at_most=MOST_RUNS, finished=True)
if not runs:
    draw_empty(
        "Choose a finished run above to see which digits it misread, or let two new ones race."
    )
    st.stop()
draw_mistakes(runs)
