"""What a visitor may do with runs: one from its row, several from the button above the table."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import streamlit as st

from core.access import Action, refusal
from core.errors import DigitLabError
from core.runs.bin import discard
from core.runs.labels import relabel
from core.runs.queue import cancel
from core.runs.resuming import resume
from core.ui.browser_messages import TableAnswer
from core.ui.label_dialogs import ask_for_labels, ask_for_tags
from core.ui.links import open_page
from core.ui.notices import leave_notice
from core.ui.run_dialogs import ask_for_epochs
from core.ui.services import services
from core.ui.transfer_dialogs import offer_export

# What can be done with all chosen runs at once, as it stands in the menu.
_TOGETHER: Final = {
    "star": "Mark with a star",
    "unstar": "Take the stars away",
    "tag": "Change tags",
    "archive": "Archive",
    "unarchive": "Take out of the archive",
    "export": "Export as a zip file",
    "delete": "Delete",
}


def act_on_run(answer: TableAnswer) -> None:
    """Do what was asked of one run in the table, if anything was."""
    kind, run_id = answer.action, answer.run_id
    if kind is None or run_id is None:
        return
    store = services().store
    if kind == "open":
        open_page("compare", [run_id])
    elif kind == "cancel":
        cancel(store, run_id)
        st.rerun()
    elif kind == "resume":
        resume(store, run_id)
        st.rerun()
    elif kind == "continue":
        ask_for_epochs(run_id)
    elif kind == "edit":
        ask_for_labels(run_id)
    else:
        _act([run_id], kind)


def draw_bulk_menu(chosen: Sequence[str]) -> None:
    """Draw the menu of what can be done with all chosen runs."""
    reason = refusal(Action.LABEL)
    kind = st.menu_button(
        f"More ({len(chosen)})",
        list(_TOGETHER),
        format_func=lambda kind: _TOGETHER[kind],
        disabled=not chosen or bool(reason),
        help=reason or None,
        key="bulk_menu",
    )
    if kind and chosen:
        _act(chosen, kind)


def _act(run_ids: Sequence[str], kind: str) -> None:
    store = services().store
    if kind == "export":
        offer_export(list(run_ids))
    elif kind == "tag":
        ask_for_tags(list(run_ids))
    elif kind == "delete":
        _delete(run_ids)
    elif kind in ("star", "unstar"):
        _change(run_ids, lambda run_id: relabel(store, run_id, starred=kind == "star"))
    elif kind == "archive":
        pronoun = "it" if len(run_ids) == 1 else "them"
        sentence = f"{_named(run_ids)} archived: find {pronoun} under Archived."
        _change(run_ids, lambda run_id: relabel(store, run_id, archived=True), sentence)
    elif kind == "unarchive":
        sentence = f"{_named(run_ids)} back in the table."
        _change(run_ids, lambda run_id: relabel(store, run_id, archived=False), sentence)


def _change(run_ids: Iterable[str], change: Callable[[str], object], sentence: str = "") -> None:
    problems = []
    done = 0
    for run_id in run_ids:
        try:
            change(run_id)
            done += 1
        except DigitLabError as error:
            problems.append(str(error))
    said = [*([sentence] if sentence and done else []), *problems]
    if said:
        leave_notice(said)
    st.rerun()


def _delete(run_ids: Sequence[str]) -> None:
    named = {run_id: _name(run_id) for run_id in run_ids}
    deleted: dict[str, str] = {}
    problems = []
    for run_id in run_ids:
        try:
            deleted[discard(services().store, run_id)] = named[run_id]
        except DigitLabError as error:
            problems.append(str(error))
    if deleted:
        only = f"“{next(iter(deleted.values()))}” is" if len(deleted) == 1 else None
        problems.insert(0, f"{only or f'{len(deleted)} runs are'} in the bin.")
    leave_notice(problems, list(deleted))
    st.rerun()


def _named(run_ids: Sequence[str]) -> str:
    return f"“{_name(run_ids[0])}” is" if len(run_ids) == 1 else f"{len(run_ids)} runs are"


def _name(run_id: str) -> str:
    try:
        return services().store.read(run_id).name
    except DigitLabError:
        return run_id
