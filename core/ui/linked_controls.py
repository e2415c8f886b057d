"""A choice of a few words, as buttons in a row, a list or a switch, tied to the address."""

from collections.abc import Mapping
from typing import Final, TypeVar

import streamlit as st

from core.ui.links import linked, write_link

_Word = TypeVar("_Word", bound=str)
_SWITCH: Final = ("on", "off")


def draw_segments(
    name: str,
    label: str,
    options: Mapping[_Word, str],
    default: _Word,
    help_text: str = "",
    *,
    label_shown: bool = True,
) -> _Word:
    """Draw buttons and return which is chosen.

    `options` maps what stands in the link, under `name`, to what stands on the button. A label
    that is not shown is still there for those who hear the page.
    """
    key = linked(name, list(options), default)
    chosen = st.segmented_control(
        label,
        list(options),
        # What is set in the session is told the browser once, and while a page is live the next
        # telling may overtake it: a control that is drawn then shows its default, and writes it
        # into the address.
        default=st.session_state[key],
        key=key,
        format_func=lambda value: options[value],
        on_change=write_link,
        args=(name, default),
        required=True,
        help=help_text or None,
        label_visibility="visible" if label_shown else "collapsed",
    )
    return chosen or default


def draw_select(
    name: str,
    label: str,
    options: Mapping[_Word, str],
    default: _Word,
    help_text: str = "",
    *,
    width: int,
) -> _Word:
    """Draw a list to open, `width` pixels wide, and return what is chosen.

    `options` maps what stands in the link, under `name`, to what stands in the list.
    """
    key = linked(name, list(options), default)
    chosen: _Word = st.selectbox(
        label,
        list(options),
        index=list(options).index(st.session_state[key]),  # as above
        key=key,
        format_func=lambda value: options[value],
        on_change=write_link,
        args=(name, default),
        width=width,
        help=help_text or None,
    )
    return chosen


def draw_switch(name: str, label: str, help_text: str = "") -> bool:
    """Draw a switch that is on unless the address says `name=off`; return whether it is on."""
    key = linked(name, _SWITCH, "on")
    switch = f"{key}_switch"
    st.session_state[switch] = st.session_state[key] == "on"

    def write() -> None:
        st.session_state[key] = "on" if st.session_state[switch] else "off"
        write_link(name, "on")

    on: bool = st.toggle(
        label,
        value=st.session_state[switch],  # as above
        key=switch,
        on_change=write,
        help=help_text or None,
    )
    return on
