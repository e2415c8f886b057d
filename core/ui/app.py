"""The script that Streamlit runs for every page: frame, navigation, and one place for errors.

It lies in a folder without a `pages/` beside it: there Streamlit would serve a deep link opened
on a fresh server as a page of its own, past this script.
"""

import streamlit as st

from core.ui import address
from core.ui.frame import draw_frame, guarded
from core.ui.links import PAGES

# Before the navigation: else Streamlit would ask another host for a picture of the page's icon.
st.set_page_config(page_title="Digit Lab", page_icon="✏️", layout="wide")
_page = st.navigation(
    [
        st.Page(PAGES / "runs.py", title="Runs", icon=":material/list:", default=True),
        st.Page(PAGES / "compare.py", title="Compare", icon=":material/compare_arrows:"),
        st.Page(PAGES / "mistakes.py", title="Mistakes", icon=":material/search:"),
        st.Page(PAGES / "draw.py", title="Draw", icon=":material/draw:"),
    ],
    position="top",
)
# Before anything takes its time.
address.settle()
st.set_page_config(page_title=f"{_page.title} · Digit Lab")
draw_frame()
with guarded():
    _page.run()
