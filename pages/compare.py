"""Compare: which is better, how sure are we, and what differs."""

import streamlit as st

from core.ui.compare_view import draw_comparison
from core.ui.frame import draw_title
from core.ui.launch import launch_compared_pair
from core.ui.links import choose_runs, open_page

draw_title("Compare")
runs = choose_runs("Runs to compare")
if not runs:
    st.html('<p class="dl-lead">Choose two runs above, or let two new ones race.</p>')
    if st.button("Compare SGD with Adam", type="primary", key="compare_pair"):
        open_page("compare", launch_compared_pair())
    st.stop()
if len(runs) == 1:
    st.info("Add a second run above to see which of the two is better.", icon=":material/add:")
draw_comparison(runs)
