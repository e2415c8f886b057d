"""Dialogs on a page whose parts are redrawn every second."""

import functools
from collections.abc import Callable
from typing import Final, ParamSpec

import streamlit as st

_OPEN: Final = "dialog_open"
_P = ParamSpec("_P")


def dialog(title: str) -> Callable[[Callable[_P, None]], Callable[_P, None]]:
    """Return a decorator for the function that draws a dialog; calling it opens the dialog.

    While one is open, `dialog_is_open` says so: redrawing the whole page would close it, and what
    somebody has typed would be lost.
    """

    def decorate(body: Callable[_P, None]) -> Callable[_P, None]:
        # Closing it redraws the page, which forgets that it was open.
        shown = st.dialog(title, on_dismiss="rerun")(body)

        @functools.wraps(body)
        def opening(*arguments: _P.args, **named: _P.kwargs) -> None:
            st.session_state[_OPEN] = True
            shown(*arguments, **named)

        return opening

    return decorate


def dialog_is_open() -> bool:
    """Tell whether a dialog was opened since the page was drawn as a whole."""
    return bool(st.session_state.get(_OPEN))


def forget_dialogs() -> None:
    """Note that none is open; called wherever a page is drawn as a whole, which closes them."""
    st.session_state[_OPEN] = False
