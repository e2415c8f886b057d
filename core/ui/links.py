"""What a page shows is in its address: a link opens the same view for somebody else."""

from collections.abc import Sequence
from typing import Final, Never

import streamlit as st

from core.analysis.wording import state_word
from core.config import Dataset
from core.errors import RunError
from core.recipes import COMPARED_PAIR
from core.runs.records import Run, UnreadableRun
from core.settings import PROJECT_ROOT
from core.ui import address
from core.ui.glance import glance
from core.ui.services import services
from core.words import as_text, distinct_names

PAGES: Final = PROJECT_ROOT / "pages"
MAX_RUNS: Final = 20  # as many ids as fit into a link of 500 characters
MAX_COMPARED: Final = 100  # more lines than that no chart shows apart; their link is longer
MAX_DRAWN: Final = 8  # every one of them answers each stroke
_CHOSEN: Final = "chosen_runs"  # kept over page switches, so that Draw shows what Compare did


def linked(name: str, options: Sequence[str], default: str) -> str:
    """Tie a widget to the address parameter `name` and return the widget's key.

    The widget must offer `options` (short, stable words that may stand in a link) and call
    `write_link(name, default)` when it changes. Unknown values in a link count as `default`.
    """
    in_address = address.read(name, default)
    value = in_address if in_address in options else default
    state, key = st.session_state, _key(name)
    # The address wins when it was changed by hand, by a link, by the back button or by a page.
    moved = f"link_{name}_seen" in state and state[f"link_{name}_seen"] != in_address
    if moved and state.get(key) != value:
        # By a widget of another name: a browser that has not heard of it yet still sends what
        # the old one showed, and that would be taken for a wish of the visitor's.
        state[f"link_{name}_turn"] = state.get(f"link_{name}_turn", 0) + 1
        key = _key(name)
    if moved or key not in state or state[key] not in options:
        state[key] = value
    state[f"link_{name}_seen"] = in_address
    return key


def write_link(name: str, default: str) -> None:
    """Copy the widget tied to `name` into the address; the default leaves it short."""
    value = st.session_state.get(_key(name)) or default
    if value == st.session_state.get(f"link_{name}_seen"):
        # Not a choice: a browser that has not heard of the widget's new name yet told of the old.
        return
    address.write(name, "" if value == default else value)
    st.session_state[f"link_{name}_seen"] = value


def _key(name: str) -> str:
    turn = st.session_state.get(f"link_{name}_turn", 0)
    return f"link_{name}_{turn}" if turn else f"link_{name}"


def open_page(page: str, run_ids: Sequence[str], **parameters: str) -> Never:
    """Go to `page` ("compare", "mistakes" or "draw") showing these runs."""
    st.session_state[_CHOSEN] = list(run_ids)
    query: dict[str, str | list[str]] = {"runs": list(run_ids), **parameters}
    address.note_move(query)
    st.switch_page(PAGES / f"{page}.py", query_params=query)


def choose_runs(label: str, *, at_most: int = MAX_RUNS, finished: bool = False) -> list[Run]:
    """Draw the picker of runs and return those chosen, in the order of choice.

    The choice comes from the address, else from the page before, else from the newest pair.
    Runs in a link that are gone or unreadable are named in a sentence; the rest is shown.
    With `finished` only runs that finished are offered, and archived ones only where they are
    shown already.
    """
    listed = glance().list()
    usable = {
        run.id: run
        for run in listed
        if isinstance(run, Run) and (run.summary is not None or not finished)
    }
    wanted = _wanted(usable, listed)
    offered = {
        run_id: run for run_id, run in usable.items() if not run.info.archived or run_id in wanted
    }
    _explain_missing(wanted, offered, listed)
    found = [run_id for run_id in wanted if run_id in offered]
    present = found[:at_most]
    if len(found) > at_most:
        st.info(f"The first {at_most} of {len(found)} runs are shown: more do not fit here.")
    key = f"runs_{at_most}_{finished}"
    if key not in st.session_state or st.session_state.get(f"{key}_seen") != present:
        st.session_state[key] = present
    st.session_state[f"{key}_seen"] = present
    labels = distinct_names(offered.values())
    chosen = st.multiselect(
        label,
        list(offered),
        key=key,
        format_func=lambda run_id: labels[run_id],
        max_selections=at_most,
        on_change=_write_runs,
        args=(key,),
        placeholder="Choose runs",
    )
    return [offered[run_id] for run_id in chosen]


def _wanted(offered: dict[str, Run], listed: Sequence[Run | UnreadableRun]) -> list[str]:
    wanted = address.read_all("runs")
    if wanted:
        st.session_state[_CHOSEN] = wanted
        return list(dict.fromkeys(wanted))
    chosen = st.session_state.get(_CHOSEN, [])
    kept = [run_id for run_id in chosen if run_id in offered]
    training = [run for run in listed if isinstance(run, Run) and run.active and run.id in chosen]
    if training and not kept:
        st.info("The runs you chose are still training; meanwhile finished ones are shown.")
    wanted = kept or newest_pair(list(offered.values()))
    # Into the address, or a copied link would show somebody else other runs. Not into what was
    # chosen: a stand-in on this page must not replace the visitor's own runs on the others.
    if wanted:
        address.write("runs", wanted)
    return wanted


def newest_pair(runs: Sequence[Run]) -> list[str]:
    """Return the ids to show when nobody has chosen: the newest SGD and Adam on the same data.

    Runs that failed, crashed or were cancelled do not count. Without such a pair: the newest run.
    """
    usable = [
        run for run in runs if (run.active or run.summary is not None) and not run.info.archived
    ]
    newest: dict[Dataset, dict[str, str]] = {}
    for run in usable:
        if run.info.recipe in COMPARED_PAIR:
            newest.setdefault(run.config.dataset, {}).setdefault(run.info.recipe, run.id)
    for pair in newest.values():
        if len(pair) == len(COMPARED_PAIR):
            return [pair[recipe] for recipe in COMPARED_PAIR]
    return [run.id for run in usable[:1]]


def _write_runs(key: str) -> None:
    chosen = st.session_state[key]
    address.write("runs", chosen or [""])
    st.session_state[_CHOSEN] = chosen
    st.session_state[f"{key}_seen"] = chosen


def _explain_missing(
    wanted: Sequence[str], offered: dict[str, Run], listed: Sequence[Run | UnreadableRun]
) -> None:
    for run_id in wanted:
        if run_id in offered or not run_id:
            continue
        known = next((run for run in listed if run.id == run_id), None)
        if isinstance(known, UnreadableRun):
            st.warning(as_text(known.reason), icon=":material/broken_image:")
        elif known is not None:
            where = "is still training" if known.active else f"did not finish ({state_word(known)})"
            st.info(f"{as_text(known.name)} {where}, so there is nothing to show of it here.")
        else:
            try:
                services().store.folder(run_id)
            except RunError as error:
                st.warning(as_text(f"{error} The link named it."), icon=":material/link_off:")
