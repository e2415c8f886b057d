"""The parts of the Runs page."""

from collections.abc import Sequence

import streamlit as st

from core.runs.estimate import rough_duration
from core.runs.records import Run, UnreadableRun
from core.ui.bin_view import draw_bin
from core.ui.components import draw_run_table
from core.ui.dialogs import dialog_is_asked_for, dialog_is_open, forget_dialogs, open_dialog
from core.ui.frame import guarded
from core.ui.groups_view import any_open, draw_groups
from core.ui.launch import estimated_pair_seconds, launch_compared_pair
from core.ui.links import MAX_DRAWN, MAX_RUNS, open_page
from core.ui.notices import draw_notice
from core.ui.run_actions import act_on_run, draw_bulk_menu
from core.ui.run_parts import NOTHING_IN, draw_parts, runs_in, without_archived_groups
from core.ui.run_rows import run_rows
from core.ui.search_view import draw_search
from core.ui.services import services
from core.ui.transfer_dialogs import ask_for_import

_LIVE_SECONDS = 1.0
_PAGE_SIZE = 25


def has_own_runs() -> bool:
    """Tell whether there is any run beside the shipped examples."""
    return any(isinstance(run, Run) and not run.info.example for run in services().store.list())


def draw_welcome(*, primary: bool) -> None:
    """Draw what this is in two sentences and the one button that starts it."""
    if primary:
        st.html(
            '<div class="dl-hero"><p>Digit Lab trains small neural networks to read handwritten '
            "digits while you watch. Press the button to let two ways of learning, plain SGD and "
            "the adaptive Adam, race on the same digits, and see which one wins and by how "
            "much.</p></div>"
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Compare SGD with Adam",
            type="primary" if primary else "secondary",
            icon=":material/compare_arrows:",
            key="compare_pair",
        )
        seconds = estimated_pair_seconds()
        if seconds is not None:
            st.caption(f"about {rough_duration(seconds)} on this computer (an estimate)")
    if pressed:
        open_page("compare", launch_compared_pair())


def draw_runs() -> None:
    """Draw the table of runs, live while something waits or trains and still otherwise."""
    forget_dialogs()
    live = not dialog_is_asked_for() and _is_live(services().store.list())
    st.fragment(_draw_table, run_every=_LIVE_SECONDS if live else None)(live)
    open_dialog()


def _is_live(listed: Sequence[Run | UnreadableRun]) -> bool:
    # Between the search and the final runs of a fair comparison nothing trains for a moment.
    runs = [run for run in listed if isinstance(run, Run)]
    return any(run.active for run in runs) or any_open(runs)


def _draw_table(live: bool) -> None:
    with guarded():
        store = services().store
        listed = store.list()
        if live and not _is_live(listed) and not dialog_is_open():
            st.rerun()
        draw_groups(without_archived_groups(listed))
        _draw_heading()
        part = draw_parts(listed)
        draw_notice()
        if part == "bin":
            draw_bin()
            return
        found = runs_in(part, listed)
        if listed and not found:
            st.html(f'<p class="dl-quiet">{NOTHING_IN[part]}</p>')
            return
        if not listed:
            st.html(
                '<p class="dl-quiet">Runs appear here once you start one: their settings, how far '
                "they are, and how well they read digits they have never seen.</p>"
            )
            return
        found = draw_search(found)
        if not found:
            return
        page = 1
        if len(found) > _PAGE_SIZE:
            pages = -(-len(found) // _PAGE_SIZE)
            page = st.pagination(pages, key="runs_page") or 1
        shown = found[(page - 1) * _PAGE_SIZE : page * _PAGE_SIZE]
        actions = st.container()
        answer = draw_run_table(run_rows(store, shown, listed), key="run_table")
        with actions:
            _draw_actions(answer.chosen)
        act_on_run(answer)


def _draw_heading() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.header("All runs", anchor=False)
        if st.button(
            "Import",
            icon=":material/upload:",
            help="Take in runs from a zip file, made by Export here or elsewhere",
            key="import_runs",
        ):
            ask_for_import()


def _draw_actions(chosen: list[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        for page, label, icon, most in (
            ("compare", "Compare", ":material/compare_arrows:", MAX_RUNS),
            ("mistakes", "See mistakes", ":material/search:", MAX_RUNS),
            ("draw", "Draw", ":material/draw:", MAX_DRAWN),
        ):
            few = 0 < len(chosen) <= most
            if st.button(
                f"{label} ({len(chosen)})", icon=icon, disabled=not few, key=f"selected_{page}"
            ):
                open_page(page, chosen)
        draw_bulk_menu(chosen)
        if not chosen:
            st.caption("Tick runs to look at them together.")
        elif len(chosen) > MAX_DRAWN:
            st.caption(f"Up to {MAX_DRAWN} runs answer a drawing, up to {MAX_RUNS} are compared.")
