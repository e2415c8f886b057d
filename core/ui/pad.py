"""The drawing pad: what is on it outlives a change of page, and can be undone stroke by stroke."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import streamlit as st
from PIL import Image

from core.errors import DrawingError, EmptyDrawingError
from core.pictures import read_canvas

PAD_SIDE: Final = 280
INVITATION: Final = "Draw a digit on the white pad, as large as you like."
_BRUSH: Final = 20
_INK, _PAPER = "#16181F", "#FFFFFF"
# Each state holds all strokes so far: what a visitor costs must stay within a megabyte or so.
_MAX_UNDO: Final = 30
_STATE: Final = "pad"


@dataclass
class _Pad:
    """What one visitor has drawn: each state of the pad as strokes and as PNG, newest last.

    The pad in the browser says nothing until the next stroke, so the server remembers what was
    on it before an undo or a change of page.
    """

    round: int = 0  # part of the widget's key: a new pad is the only way to change the strokes
    history: list[tuple[dict[str, Any], bytes]] = field(default_factory=list)

    def restart(self) -> None:
        """Begin a new pad with the newest strokes that are left."""
        self.round += 1

    def undo(self) -> None:
        """Take the last stroke back."""
        if self.history:
            self.history.pop()
            self.restart()

    def clear(self) -> None:
        """Empty the pad, and forget a picture that was uploaded."""
        self.history.clear()
        self.restart()
        st.session_state["upload_round"] = st.session_state.get("upload_round", 0) + 1


def draw_pad() -> Callable[[], Image.Image]:
    """Draw pad, undo and clear; return what gives the drawing.

    That raises EmptyDrawingError while nothing is drawn, DrawingError for a message from the
    browser that is no picture.
    """
    # Imported here: outside a running Streamlit its import fails.
    from streamlit_drawable_canvas import st_canvas

    pad: _Pad = st.session_state.setdefault(_STATE, _Pad())
    key = f"pad_{pad.round}"
    if key not in st.session_state:  # a new pad, or the page was left in between
        st.session_state["pad_start"] = pad.history[-1][0] if pad.history else None
    result = st_canvas(
        stroke_width=_BRUSH,
        stroke_color=_INK,
        background_color=_PAPER,
        width=PAD_SIDE,
        height=PAD_SIDE,
        initial_drawing=st.session_state["pad_start"],
        return_image_data=True,
        key=key,
    )
    with st.container(horizontal=True):
        empty = not pad.history and result.json_data is None
        st.button("Undo", icon=":material/undo:", key="undo", on_click=pad.undo, disabled=empty)
        st.button("Clear", icon=":material/delete:", key="clear", on_click=pad.clear)
    return lambda: _remembered(pad, result)


def _remembered(pad: _Pad, result: Any) -> Image.Image:
    try:
        content = result.image_bytes  # undecoded: read_canvas looks at its size first
    except (ValueError, TypeError, AttributeError) as error:
        raise DrawingError(
            "The drawing did not arrive as a picture. Clear the pad and draw again."
        ) from error
    if content is not None and result.json_data:
        picture = read_canvas(content)
        if not pad.history or pad.history[-1][0] != result.json_data:
            pad.history.append((result.json_data, content))
            del pad.history[:-_MAX_UNDO]
        return picture
    if not pad.history:
        raise EmptyDrawingError(INVITATION)
    return read_canvas(pad.history[-1][1])
