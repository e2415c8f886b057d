"""The pad's part of the Draw page: the drawing, what the models get of it, what each says."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Final

import streamlit as st
from PIL import Image

from core.drawing import Digit
from core.errors import DrawingError, EmptyDrawingError
from core.runs.records import Run
from core.ui.frame import guarded, still_there
from core.ui.inside_drawing_view import draw_inside
from core.ui.model_answers import draw_model_answers
from core.ui.pad import INVITATION, draw_pad
from core.ui.preparation_view import Preparation, draw_prepared, draw_steps

_DOT: Final = 32  # pixels; what a click or a touch leaves on the pad is smaller, any digit larger
_DARK: Final = 128  # of 255
_FULL: Final = 0.6  # of the pad; the fattest 8 leaves two thirds of it white


def draw_pad_and_answers(runs: Sequence[Run]) -> None:
    """Draw the pad, what the models get and what they say; a stroke redraws only these."""
    ids = [run.id for run in runs]

    def part() -> None:
        # One below the other or side by side: the style sheet says so, by these keys.
        with guarded(), st.container(key="drawing_parts"):
            with st.container(key="your_digit"):
                _draw_heading("Write a digit from 0 to 9")
                drawing = draw_pad()
            with st.container(key="what_they_see"):
                place = st.container()
                preparation = draw_steps()
                digit, full, problem = _prepare(drawing, preparation)
                with place:
                    draw_prepared(digit, preparation, full)
            with st.container(key="what_they_say"):
                _draw_heading(preparation.warning or "What they say")
                still = still_there(ids)
                draw_model_answers(still, digit, problem)
                draw_inside(still, digit)

    st.fragment(part)()


def _draw_heading(text: str) -> None:
    st.html(f'<h2 class="dl-small">{escape(text)}</h2>')


def _prepare(
    drawing: Callable[[], Image.Image], preparation: Preparation
) -> tuple[Digit | None, Digit | None, str]:
    """Return the digit on the way chosen and on the whole way, or else why there is none."""
    try:
        picture = drawing()
    except DrawingError as error:
        return None, None, str(error)
    try:
        problem = unreadable(picture)
        if problem:
            return None, None, problem
        digit = preparation.digit(picture)
        return digit, Preparation().digit(picture) if preparation.off else digit, ""
    except EmptyDrawingError:
        return None, None, INVITATION
    except DrawingError as error:
        return None, None, str(error)


def unreadable(picture: Image.Image) -> str:
    """Return what is wrong with a drawing that is but a dot or all black, in a sentence."""
    ink = picture.convert("L").point(lambda tone: 255 if tone < _DARK else 0)
    box = ink.getbbox()
    if box is None:
        return INVITATION
    if ink.histogram()[255] > _FULL * ink.width * ink.height:
        return "The pad is nearly all black, so there is no digit to see. Clear it and draw one."
    if max(box[2] - box[0], box[3] - box[1]) < _DOT:
        return "That is only a dot. Draw a digit, as large as you like."
    return ""
