"""Compare: which is better, how sure are we, and what differs."""

import streamlit as st

from core.ui.compare_view import draw_comparison
from core.ui.frame import draw_empty, draw_title
from core.ui.links import MAX_COMPARED, choose_runs

# However much stands up here, what follows keeps its place: by that Streamlit knows its parts, and
# a click into one, on its way while another answer is, would find it gone.
with st.container():
    draw_title("Compare")
    runs = choose_runs("Runs to compare", at_most=MAX_COMPARED)
    if not runs:
        draw_empty(
            "Choose two runs above, or let two new ones race: what they learn shows up here."
        )
        st.stop()
    if len(runs) == 1:
        st.info("Add a second run above to see which of the two is better.", icon=":material/add:")
draw_comparison(runs)
