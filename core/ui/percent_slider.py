"""A slider for a range of percent that stands in the address."""

import re
from collections.abc import Callable
from typing import Final, cast

import streamlit as st

from core.ui import address

WHOLE: Final = (0, 100)


def draw_percent_slider(
    name: str, label: str, *, explanation: str, on_change: Callable[[], None]
) -> tuple[int, int]:
    """Draw a slider tied to the address parameter `name`; return its bounds in whole percent.

    In a link the bounds read 90-100; the whole range leaves the address short.
    """
    chosen = st.slider(
        label,
        *WHOLE,
        key=_linked_range(name),  # holds two numbers, which makes it a slider of a range
        on_change=_write_range,
        args=(name, on_change),
        width=190,
        help=explanation,
    )
    return cast(tuple[int, int], chosen)


def percent_range(text: str) -> tuple[int, int]:
    """Return the bounds that a link such as "90-100" names; the whole range where it names none."""
    found = re.fullmatch(r"(\d{1,3})-(\d{1,3})", text, re.ASCII)
    if found is None:
        return WHOLE
    low, high = map(int, found.groups())
    return (low, high) if low <= high <= WHOLE[1] else WHOLE


def _linked_range(name: str) -> str:
    # As core.ui.links.linked does it, for two numbers where that takes words.
    key, seen_key = f"link_{name}", f"link_{name}_seen"
    in_address = address.read(name)
    if key not in st.session_state or st.session_state.get(seen_key) != in_address:
        st.session_state[key] = percent_range(in_address)
    st.session_state[seen_key] = in_address
    return key


def _write_range(name: str, on_change: Callable[[], None]) -> None:
    low, high = st.session_state[f"link_{name}"]
    text = "" if (low, high) == WHOLE else f"{low}-{high}"
    address.write(name, text)
    st.session_state[f"link_{name}_seen"] = text
    on_change()
