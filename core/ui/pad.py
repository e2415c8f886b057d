"""The drawing pad: what is on it outlives a change of page, and can be undone stroke by stroke."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import streamlit as st
from PIL import Image

from core.errors import DrawingError, EmptyDrawingError
from core.pictures import read_canvas
from core.ui.components import asset
from core.ui.pad_messages import MOST_BYTES, Drawn, last_message, read_message

PAD_SIDE: Final = 280
INVITATION: Final = "Draw a digit on the white pad, as large as you like."
_BRUSH: Final = 20
_INK, _PAPER = "#16181F", "#FFFFFF"
_MAX_UNDO: Final = 30
_STATE: Final = "pad"

_helper = st.components.v2.component(
    "digitlab_pad", html="", js=asset("pad.js"), isolate_styles=False
)


@dataclass
class _Pad:
    """What one visitor has drawn on a pad.

    The pad in the browser tells its strokes when there is a new one. What was on it before an
    undo or a change of page only the server knows.
    """

    name: str
    start: dict[str, Any] | None = None  # what the pad in the browser is told to show
    _turn: int = 0  # part of that: the pad looks only at what differs from what it was told last
    _history: list[Drawn] = field(default_factory=list)  # newest last
    _heard: object = None  # the last message; what it says is known, or was undone
    _problem: DrawingError | None = None

    @property
    def key(self) -> str:
        """The key of the pad's widget."""
        return f"canvas_{self.name}"

    @property
    def strokes(self) -> dict[str, Any] | None:
        """The strokes that are on it, None where there are none."""
        return self._history[-1].strokes if self._history else None

    def picture(self) -> Image.Image:
        """Return what is drawn; raises as `draw_pad` says."""
        if self._problem is not None:
            raise self._problem
        if not self._history:
            raise EmptyDrawingError(INVITATION)
        picture = read_canvas(self._history[-1].content)
        # The pad's ground hides nothing; where it is whole, the way to the digit is shorter.
        whole = picture.mode == "RGBA" and picture.getchannel("A").getextrema() == (255, 255)
        return picture.convert("L") if whole else picture

    def undo(self) -> None:
        """Take the last stroke back."""
        self.take_in()
        if self._history:
            self._history.pop()
        self.begin_again()

    def clear(self) -> None:
        """Empty the pad."""
        self._history.clear()
        self.begin_again()

    def begin_again(self) -> None:
        """Have the pad in the browser show the newest strokes that are left."""
        self._heard = last_message(st.session_state.get(self.key))
        self._problem = None
        self._turn += 1
        self.start = {**(self.strokes or {"objects": []}), "turn": self._turn}

    def take_in(self) -> None:
        """Note what the browser has said since."""
        message = last_message(st.session_state.get(self.key))
        if message is None or message == self._heard:
            return
        self._heard, self._problem = message, None
        try:
            self._note(read_message(message))
        except DrawingError as error:
            self._problem = error

    def _note(self, state: Drawn | None) -> None:
        if state is None:
            self._history.clear()
        elif self.strokes is None or state.strokes["objects"] != self.strokes["objects"]:
            self._history.append(state)
            del self._history[:-_MAX_UNDO]
            while sum(kept.size for kept in self._history) > MOST_BYTES and len(self._history) > 1:
                del self._history[0]


def draw_pad(name: str = "pad") -> Callable[[], Image.Image]:
    """Draw the pad `name` with undo and clear; return what gives the drawing.

    That raises EmptyDrawingError while nothing is drawn, DrawingError for a message from the
    browser that is no picture. A pad that is told to be cleared must be so before it is drawn.
    """
    # Imported here: outside a running Streamlit its import fails.
    from streamlit_drawable_canvas import st_canvas

    pad = _pad(name)
    if pad.key not in st.session_state:  # the pad is new, or was out of sight in between
        pad.begin_again()
    # It stumbles over a message that is none of its own; `take_in` says so.
    with contextlib.suppress(AttributeError, KeyError, TypeError, ValueError):
        st_canvas(
            stroke_width=_BRUSH,
            stroke_color=_INK,
            background_color=_PAPER,
            width=PAD_SIDE,
            height=PAD_SIDE,
            initial_drawing=pad.start,
            return_image_data=True,
            key=pad.key,
        )
    _helper(key=f"pad_helper_{name}", data={"pad": pad.key})
    pad.take_in()
    with st.container(horizontal=True):
        nothing = pad.strokes is None
        st.button("Undo", icon=":material/undo:", key="undo", on_click=pad.undo, disabled=nothing)
        st.button("Clear", icon=":material/delete:", key="clear", on_click=pad.clear)
    return pad.picture


def clear_pad(name: str = "pad") -> None:
    """Empty the pad `name`."""
    _pad(name).clear()


def pad_strokes(name: str = "pad") -> dict[str, Any] | None:
    """Return the strokes on the pad `name` as the browser tells them; None if there are none.

    That is the canvas as Fabric.js writes it, its "objects" a list; what is in that may be
    anything.
    """
    return _pad(name).strokes


def _pad(name: str) -> _Pad:
    pad: _Pad = st.session_state.setdefault(f"{_STATE}_{name}", _Pad(name))
    return pad
