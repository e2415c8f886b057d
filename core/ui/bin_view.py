"""The bin on the Runs page: what was deleted, to be taken back or removed for good."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Final

import streamlit as st

from core.access import Action, refusal
from core.errors import DigitLabError
from core.runs.bin import bin_of, binned, delete_for_good, empty_bin
from core.ui.browser_messages import TableAnswer
from core.ui.components import draw_run_table
from core.ui.dialogs import dialog
from core.ui.frame import guarded
from core.ui.notices import leave_notice, take_back
from core.ui.run_rows import bin_rows
from core.ui.search_view import TableView, headings
from core.ui.services import services

_PAGE_SIZE: Final = 25


def draw_bin() -> None:
    """Draw the table of deleted runs, the last deleted first."""
    refused = refusal(Action.DELETE)
    if refused:
        st.html(f'<p class="dl-quiet">What was deleted is not shown here. {escape(refused)}</p>')
        return
    store = services().store
    listed = binned(store)
    if not listed:
        st.html(
            '<p class="dl-quiet">The bin is empty. Runs that you delete lie here until you take '
            "them back or empty the bin.</p>"
        )
        return
    page = 1
    if len(listed) > _PAGE_SIZE:
        page = st.pagination(-(-len(listed) // _PAGE_SIZE), key="bin_page") or 1
    shown = listed[(page - 1) * _PAGE_SIZE : page * _PAGE_SIZE]
    actions = st.container()
    answer = draw_run_table(
        bin_rows(bin_of(store), shown, listed), headings(TableView()), key="bin_table"
    )
    with actions:
        _draw_actions(answer.chosen, len(listed))
    _act(answer)


def _draw_actions(chosen: Sequence[str], in_all: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            f"Take back ({len(chosen)})",
            icon=":material/undo:",
            disabled=not chosen,
            key="take_back",
        ):
            _take_back(chosen)
        if st.button("Empty the bin", icon=":material/delete_forever:", key="empty_bin"):
            _confirm_emptying(in_all)
        st.caption("Deleted runs lie here until the bin is emptied.")


def _act(answer: TableAnswer) -> None:
    if answer.run_id is None:
        return
    if answer.action == "restore":
        _take_back([answer.run_id])
    elif answer.action == "remove":
        _confirm_removal(answer.run_id)


def _take_back(run_ids: Sequence[str]) -> None:
    said = take_back(run_ids)
    what = "It is" if len(run_ids) == 1 else f"{len(run_ids)} runs are"
    leave_notice(said or [f"{what} back in the table."])
    st.rerun()


@dialog("Delete this run for good?")
def _confirm_removal(run_id: str) -> None:
    try:
        name = bin_of(services().store).read(run_id).name
    except DigitLabError:
        name = run_id
    st.text(f"{name}\n\nIts curves, its trained model and its answers cannot be taken back then.")
    _confirm("Delete for good", lambda: delete_for_good(services().store, run_id))


@dialog("Empty the bin?")
def _confirm_emptying(in_all: int) -> None:
    what = "The run in it" if in_all == 1 else f"The {in_all} runs in it"
    st.text(f"{what} cannot be taken back then.")
    _confirm("Empty the bin", lambda: empty_bin(services().store))


def _confirm(label: str, remove: Callable[[], object]) -> None:
    with st.container(horizontal=True):
        sure = st.button(label, type="primary", key="confirm_removal")
        if st.button("Keep it", key="keep"):
            st.rerun()
    if sure:
        with guarded():
            remove()
            st.rerun()
