"""What an action on drawings led to, said above them, with the way back."""

import contextlib
from collections.abc import Callable, Sequence
from html import escape
from typing import Final

import streamlit as st

from core.errors import DigitLabError
from core.ui.services import services

_NOTICE: Final = "drawing_notice"
_MANY: Final = 200


def leave_drawing_notice(sentence: str, undo: Callable[[], object] | None = None) -> None:
    """Say `sentence` above the drawings from now on; `undo` takes back what was done."""
    st.session_state[_NOTICE] = (sentence, undo)


def draw_drawing_notice() -> None:
    """Draw what was said last, with Undo where there is a way back."""
    notice = st.session_state.get(_NOTICE)
    if notice is None:
        return
    sentence, undo = notice
    with st.container(
        horizontal=True, vertical_alignment="center", border=True, key="drawing_notice_box"
    ):
        st.html(f'<p class="dl-notice" role="status">{escape(sentence)}</p>', width="stretch")
        if undo is not None and st.button("Undo", icon=":material/undo:", key="undo_drawings"):
            _carry_out(undo)
        if st.button("OK", key="drawing_notice_seen", type="tertiary"):
            del st.session_state[_NOTICE]
            st.rerun()


def hide(ids: Sequence[str], *, hidden: bool = True) -> int:
    """Hide drawings or show them again; those that are gone or damaged stay as they are."""
    done = 0
    # Each is forced to the disk: some thousands take a while.
    with st.spinner(f"{len(ids):,} drawings to change") if len(ids) > _MANY else st.container():
        for drawing_id in ids:
            with contextlib.suppress(DigitLabError):
                services().drawings.mark(drawing_id, hidden=hidden)
                done += 1
    return done


def _carry_out(undo: Callable[[], object]) -> None:
    del st.session_state[_NOTICE]
    try:
        undo()
    except DigitLabError as error:
        leave_drawing_notice(str(error))
    st.rerun()
