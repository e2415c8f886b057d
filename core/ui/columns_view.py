"""The choice of columns of the table of runs, in the address."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from core.analysis.columns import COLUMNS, USUAL, read_columns, write_columns
from core.column_words import column_title
from core.ui import address

PARAMETER: Final = "cols"
_STATE: Final = "columns_shown"
_MOST: Final = 20


@dataclass(frozen=True)
class _Shown:
    """The list as it began: its number, its columns, and what the address says since."""

    number: int
    first: tuple[str, ...]
    seen: str

    @property
    def key(self) -> str:
        return f"columns_{self.number}"


def draw_columns() -> tuple[str, ...]:
    """Draw the button behind which columns are chosen; return them in their order."""
    in_address = address.read(PARAMETER)
    shown: _Shown | None = st.session_state.get(_STATE)
    # The address wins when it was changed by hand, by a link or by the back button.
    if shown is None or shown.seen != in_address:
        shown = _begin(in_address)
    with st.popover("Columns", icon=":material/view_column:", key="columns", width=130):
        # What is set in the session does not reach a list that nobody has opened yet: its first
        # value does, and a new list is made where it shall show something else.
        chosen = st.multiselect(
            "Columns, in this order",
            COLUMNS,
            default=shown.first,
            key=shown.key,
            format_func=column_title,
            on_change=_write,
            max_selections=_MOST,
            placeholder="Choose results and settings",
            help="What the table shows of each run: what it came out with, and any setting it "
            "was trained with. The link to this page keeps the choice.",
        )
        st.button(
            "Back to the usual columns",
            on_click=_reset,
            disabled=tuple(chosen) == USUAL,
            key="usual_columns",
        )
    return tuple(chosen)


def _begin(in_address: str) -> _Shown:
    before: _Shown | None = st.session_state.get(_STATE)
    number = before.number + 1 if before else 0
    shown = _Shown(number, read_columns(in_address)[:_MOST], in_address)
    st.session_state[_STATE] = shown
    return shown


def _write() -> None:
    shown: _Shown = st.session_state[_STATE]
    written = _into_address(st.session_state[shown.key])
    st.session_state[_STATE] = _Shown(shown.number, shown.first, written)


def _reset() -> None:
    _begin(_into_address(USUAL))


def _into_address(columns: Sequence[str]) -> str:
    written = write_columns(columns)
    address.write(PARAMETER, written)
    return written
