"""Parts of a page that are redrawn alone when something in them is chosen.

A choice redraws what it is about, not the page: that is most of an answer's time, for whoever
chose and for all others who look on.
"""

from collections.abc import Callable

import streamlit as st

from core.ui.frame import guarded


def draw_part(draw: Callable[[], None]) -> None:
    """Draw with `draw` what is redrawn alone; an error in it is shown in its place.

    What `draw` uses of the page around it stays as it was when the page was drawn.
    """

    def part() -> None:
        with guarded():
            draw()

    st.fragment(part)()
