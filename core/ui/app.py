"""The script that Streamlit runs for every page: frame, navigation, and one place for errors.

It lies in a folder without a `pages/` beside it: there Streamlit would serve a deep link opened
on a fresh server as a page of its own, past this script.
"""

import streamlit as st

from core.settings import PROJECT_ROOT
from core.ui.frame import draw_frame, guarded

st.set_page_config(page_title="Digit Lab", page_icon="✏️", layout="wide")

_FOLDER = PROJECT_ROOT / "pages"
_page = st.navigation(
    [
        st.Page(_FOLDER / "runs.py", title="Runs", icon=":material/list:", default=True),
        st.Page(_FOLDER / "compare.py", title="Compare", icon=":material/compare_arrows:"),
        st.Page(_FOLDER / "mistakes.py", title="Mistakes", icon=":material/search:"),
        st.Page(_FOLDER / "draw.py", title="Draw", icon=":material/draw:"),
    ],
    position="top",
)
draw_frame()
with guarded():
    _page.run()
