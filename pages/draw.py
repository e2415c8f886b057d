"""Draw: write a digit and see what each run says."""

import streamlit as st

from core.ui.draw_view import draw_pad_and_answers
from core.ui.frame import draw_empty, draw_title
from core.ui.links import MAX_DRAWN, choose_runs

draw_title("Draw", "Write a digit from 0 to 9 and see at once what each run reads.")
runs = choose_runs("Runs that answer", at_most=MAX_DRAWN, finished=True)
if not runs:
    draw_empty("Choose a finished run above that shall read your digit, or let two new ones race.")
    st.stop()
draw_pad_and_answers(runs)
