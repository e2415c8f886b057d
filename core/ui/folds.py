"""Folded sections whose state is in the address, so that a link opens the same ones."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import streamlit as st

from core.ui.frame import guarded

PARAMETER: Final = "open"
_CLOSED: Final = "-"  # before the name of a fold that is open unless somebody closed it
_NAME: Final = re.compile(r"-?[a-z0-9_]{1,24}")
_MOST: Final = 40  # names; a longer list was not written here
_STATE: Final = "folds"
# So long an update that the browser sent before it learned of a change may still be on its way.
_ON_ITS_WAY_SECONDS: Final = 3.0


@dataclass
class _Folds:
    """The folds that are not as they are at first, and the address that says so."""

    address: str
    names: list[str]
    before: list[tuple[float, str]] = field(default_factory=list)  # addresses, and until when


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
        names = _folds().names
        is_open = f"{_CLOSED}{name}" not in names if open_at_first else name in names
        if st.session_state.get(key) != is_open:
            st.session_state[key] = is_open
        section = st.expander(label, key=key, on_change=_write, args=(name, open_at_first))
        if section.open:
            with section, guarded():
                draw()

    st.fragment(part)()


def _folds() -> _Folds:
    """Return what the address says; one that the browser had a moment ago does not count."""
    address = str(st.query_params.get(PARAMETER, ""))
    known: _Folds | None = st.session_state.get(_STATE)
    if known is not None:
        known.before = [past for past in known.before if past[0] > time.monotonic()]
        if address == known.address or address in [past for _, past in known.before]:
            return known
    found = _Folds(address, _names(address))
    st.session_state[_STATE] = found
    return found


def _names(address: str) -> list[str]:
    """Return the names in the address; what can be none is passed over."""
    names = [name for name in dict.fromkeys(address.split(".")) if _NAME.fullmatch(name)]
    return names[:_MOST]


def _write(name: str, open_at_first: bool) -> None:
    """Copy a fold that was opened or closed by hand into the address; as at first leaves it out."""
    is_open = bool(st.session_state[f"fold_{name}"])
    folds = _folds()
    folds.before.append((time.monotonic() + _ON_ITS_WAY_SECONDS, folds.address))
    folds.names = [other for other in folds.names if other.removeprefix(_CLOSED) != name]
    if is_open != open_at_first:
        folds.names.append(name if is_open else f"{_CLOSED}{name}")
    folds.address = ".".join(folds.names)
    if folds.address:
        st.query_params[PARAMETER] = folds.address
    else:
        st.query_params.pop(PARAMETER, None)
