"""What an action on runs led to, said above the table; a delete can be undone there."""

from collections.abc import Sequence
from html import escape
from typing import Any, Final

import streamlit as st

from core.errors import DigitLabError, RunNotFoundError
from core.runs.bin import restore
from core.ui.services import services

_NOTICE: Final = "runs_notice"
_MOST_LINES: Final = 6


def leave_notice(sentences: Sequence[str], undo: Sequence[str] = ()) -> None:
    """Say `sentences` above the table from the next run on; `undo` are runs in the bin."""
    st.session_state[_NOTICE] = {"sentences": list(sentences), "undo": list(undo)}


def draw_notice() -> None:
    """Draw what was said last, with the button that takes deleted runs back."""
    notice: dict[str, Any] | None = st.session_state.get(_NOTICE)
    if not notice:
        return
    sentences = notice["sentences"]
    more = len(sentences) - _MOST_LINES
    lines = [*sentences[:_MOST_LINES], *([f"And {more} more."] if more > 0 else [])]
    with st.container(horizontal=True, vertical_alignment="center", border=True, key="notice"):
        st.html(
            f'<p class="dl-notice" role="status">{"<br>".join(map(escape, lines))}</p>',
            width="stretch",
        )
        if notice["undo"] and st.button("Undo", icon=":material/undo:", key="undo_delete"):
            _undo(notice["undo"])
        if st.button("OK", key="notice_seen", type="tertiary"):
            del st.session_state[_NOTICE]
            st.rerun()


def take_back(run_ids: Sequence[str]) -> list[str]:
    """Take runs back from the bin; return a sentence for each that cannot be, or has a new id."""
    store = services().store
    said = []
    for run_id in run_ids:
        try:
            back = restore(store, run_id)
        except RunNotFoundError:
            said.append(f"{run_id} is no longer in the bin.")
        except DigitLabError as error:
            said.append(str(error))
        else:
            if back != run_id:
                said.append(f"{run_id} is back as {back}, because its id is taken.")
    return said


def _undo(run_ids: Sequence[str]) -> None:
    said = take_back(run_ids)
    if said:
        leave_notice(said)
    else:
        del st.session_state[_NOTICE]
    st.rerun()
