"""Runs: what is here, what is training, start something."""

import streamlit as st

from core.ui.forms import draw_launch_form
from core.ui.frame import draw_title
from core.ui.runs_view import all_runs, draw_runs, draw_welcome, has_own_runs

listed = all_runs()
own = has_own_runs(listed)
draw_title("Runs" if own else "How does a computer learn to read digits?")
draw_welcome(listed, primary=not own)
if not st.context.is_embedded:  # nobody starts a run in a frame of another page
    with st.sidebar:
        draw_launch_form(primary=own)
draw_runs(listed)
