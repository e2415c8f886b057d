"""Draw: show the runs a digit and see what each of them reads."""

from typing import Final

import streamlit as st

from core.ui.draw_view import draw_pad_and_answers
from core.ui.field_test_view import draw_field_test
from core.ui.frame import draw_empty, draw_title
from core.ui.linked_controls import draw_segments
from core.ui.links import MAX_DRAWN, choose_runs
from core.ui.pictures_view import draw_pictures

WAYS: Final = {"pad": "Draw", "picture": "Pictures", "test": "Field test"}

draw_title("Draw")
way = draw_segments("way", "How the runs get digits to read", WAYS, "pad", label_shown=False)
runs = choose_runs("Runs that answer", at_most=MAX_DRAWN, finished=True)
if not runs and way != "test":
    draw_empty("Choose a finished run above that shall read your digit, or let two new ones race.")
    st.stop()
if way == "picture":
    draw_pictures(runs)
elif way == "test":
    draw_field_test(runs)
else:
    draw_pad_and_answers(runs)
