"""The parameters of a page's address, read and written so that no choice gets lost on its way.

A browser sends its address with everything that it tells the server, and learns what the server
wrote into it only a round trip later. Who chooses twice within one round trip sends the second
choice with an address that lacks the first. Taken at its word, that would undo the first.

So what a page wrote is kept here, with what stood there before. Where the browser sends something
from before, it has not heard of the change yet: the parameter is put back, with all others that
arrived late, into the address as well. Anything else that it sends was meant, and wins.

From the back and forward buttons, something from before is meant too. Streamlit's page marks what
it sends because of them (`popstate`), and a run of the script knows of the mark
(`is_history_navigation`): such an address wins at once, however short a time ago the choice was
made. Nothing else changes the address of a page that stays open: one typed by hand or behind a
link loads the page anew, with a new session. A clock is only the second bound, for a mark that
got lost: what a browser sends half a minute after a change, it has heard of the change.

What one page wrote is nothing to another: a change of page forgets all.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

_STATE: Final = "address"
_ON_ITS_WAY_SECONDS: Final = 30.0  # of a slow phone to a busy server and back


@dataclass
class _Written:
    """What a parameter was set to, no values where it was taken away, and what was before."""

    values: list[str]
    before: list[tuple[float, list[str]]]  # what may still be on its way, and until when


@dataclass
class _Page:
    """A page, and what it wrote: by parameter, in the order in which the address has them."""

    page: str
    written: dict[str, _Written] = field(default_factory=dict)


def read(name: str, default: str = "") -> str:
    """Return what the address says of `name`, the last of several; `default` if it is not there."""
    values = read_all(name)
    return values[-1] if values else default


def read_all(name: str) -> list[str]:
    """Return all values of `name` in the address, in their order; none if it is not there."""
    settle()
    return list(st.query_params.get_all(name))


def write(name: str, value: str | Sequence[str]) -> None:
    """Set a parameter to one value or several; an empty one, or none at all, takes it away."""
    write_all({name: value})


def write_all(parameters: Mapping[str, str | Sequence[str]]) -> None:
    """Set several parameters, as `write` does, in one change of the address."""
    late = _late()
    changed = late | _noted(parameters, late)
    if changed:
        # One change is one message, and one step of the back button.
        st.query_params.update(changed)


def settle() -> None:
    """Put back what the browser had not heard of when it sent its address."""
    late = _late()
    if late:
        st.query_params.update(late)


def note_move(parameters: Mapping[str, str | Sequence[str]]) -> None:
    """Note that the page is about to be opened with these parameters and none of its others."""
    others = dict.fromkeys(_page().written, "")
    _noted({**others, **parameters}, _late())


def _noted(
    parameters: Mapping[str, str | Sequence[str]], late: Mapping[str, list[str]]
) -> dict[str, list[str]]:
    """Keep what changes with what was before, and return it."""
    written, now = _page().written, time.monotonic()
    changed = {}
    for name, given in parameters.items():
        values = ([given] if given else []) if isinstance(given, str) else list(given)
        previous = late.get(name, st.query_params.get_all(name))
        if values == previous:
            continue
        known = written.get(name) if previous else written.pop(name, None)  # it will stand last
        before = [past for past in known.before if past[0] > now] if known else []
        before.append((now + _ON_ITS_WAY_SECONDS, list(previous)))
        written[name] = _Written(values, before)
        changed[name] = values
    return changed


def _late() -> dict[str, list[str]]:
    """Return the parameters that the browser sent as they were before, as they should be."""
    written, now = _page().written, time.monotonic()
    context = get_script_run_ctx()
    meant = context is not None and context.is_history_navigation
    late = {}
    for name, one in list(written.items()):
        arrived = st.query_params.get_all(name)
        if arrived == one.values:
            continue
        if not meant and any(arrived == values for until, values in one.before if until > now):
            late[name] = one.values
        else:
            del written[name]
    return late


def _page() -> _Page:
    context = get_script_run_ctx()
    here = context.page_script_hash if context is not None else ""
    known: _Page | None = st.session_state.get(_STATE)
    if known is None or known.page != here:
        known = st.session_state[_STATE] = _Page(here)
    return known
