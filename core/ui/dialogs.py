"""Dialogs on a page whose parts are redrawn every second."""

import functools
from collections.abc import Callable
from typing import Final, ParamSpec

import streamlit as st

_OPEN: Final = "dialog_open"
_ASKED: Final = "dialog_asked_for"
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
            # Not here, in a part that is redrawn every second: the next redrawing may come before
            # the browser has the dialog. The page as a whole opens it, and keeps still meanwhile.
            st.session_state[_ASKED] = functools.partial(shown, *arguments, **named)
            st.rerun()

        return opening

    return decorate


def dialog_is_asked_for() -> bool:
    """Tell whether a dialog is about to open: the parts of the page must then not move."""
    return _ASKED in st.session_state


def open_dialog() -> None:
    """Open the dialog that was asked for, if any; called where the page is drawn as a whole."""
    shown: Callable[[], None] | None = st.session_state.pop(_ASKED, None)
    if shown is not None:
        st.session_state[_OPEN] = True
        shown()


def dialog_is_open() -> bool:
    """Tell whether a dialog was opened since the page was drawn as a whole."""
    return bool(st.session_state.get(_OPEN))


def forget_dialogs() -> None:
    """Note that none is open; called wherever a page is drawn as a whole, which closes them."""
    st.session_state[_OPEN] = False
