"""Folded sections whose state is in the address, so that a link opens the same ones."""

import re
from collections.abc import Callable
from typing import Final

import streamlit as st

from core.ui import address
from core.ui.frame import guarded

PARAMETER: Final = "open"
_CLOSED: Final = "-"  # before the name of a fold that is open unless somebody closed it
_NAME: Final = re.compile(r"-?[a-z0-9_]{1,24}")
_MOST: Final = 40  # names; a longer list was not written here


def draw_fold(
    name: str, label: str, draw: Callable[[], None], *, open_at_first: bool = False
) -> None:
    """Draw a fold, and with `draw` what is in it while it is open; a closed one costs nothing.

    `name` is a short word of small letters, digits and underscores, unlike that of any other fold
    of the page: it stands in the address where the fold is not as it is at first. Opening or
    closing it redraws the fold alone.
    """
    key = f"fold_{name}"

    def part() -> None:
        names = _names()
        is_open = f"{_CLOSED}{name}" not in names if open_at_first else name in names
        if st.session_state.get(key) != is_open:
            st.session_state[key] = is_open
        section = st.expander(label, key=key, on_change=_write, args=(name, open_at_first))
        if section.open:
            with section, guarded():
                draw()

    st.fragment(part)()


def _names() -> list[str]:
    """Return the folds that are not as they are at first; what can be no name is passed over."""
    listed = dict.fromkeys(address.read(PARAMETER).split("."))
    return [name for name in listed if _NAME.fullmatch(name)][:_MOST]


def _write(name: str, open_at_first: bool) -> None:
    """Copy a fold that was opened or closed by hand into the address; as at first leaves it out."""
    is_open = bool(st.session_state[f"fold_{name}"])
    names = [other for other in _names() if other.removeprefix(_CLOSED) != name]
    if is_open != open_at_first:
        names.append(name if is_open else f"{_CLOSED}{name}")
    address.write(PARAMETER, ".".join(names))
