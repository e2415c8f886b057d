"""The parts of the Runs page."""

from collections.abc import Sequence

import streamlit as st

from core.access import Action, refusal
from core.analysis.folding import lines_of, page_of
from core.runs.estimate import rough_duration
from core.runs.records import Run, UnreadableRun
from core.ui.bin_view import draw_bin
from core.ui.components import draw_run_table
from core.ui.dialogs import dialog_is_asked_for, dialog_is_open, forget_dialogs, open_dialog
from core.ui.fold_rows import opened_folds, turn_fold
from core.ui.frame import guarded
from core.ui.glance import glance
from core.ui.groups_view import any_open, draw_groups
from core.ui.launch import estimated_pair_seconds, launch_compared_pair
from core.ui.links import MAX_COMPARED, MAX_DRAWN, MAX_RUNS, newest_pair, open_page
from core.ui.notices import draw_notice
from core.ui.pace import draw_repeatedly
from core.ui.permitted import permitted_button
from core.ui.run_actions import act_on_run, draw_bulk_menu
from core.ui.run_parts import NOTHING_IN, draw_parts, runs_in, without_archived_groups
from core.ui.run_rows import RowMaker
from core.ui.search_view import draw_search, headings, rows_of, sort_by
from core.ui.services import services
from core.ui.transfer_dialogs import ask_for_import

_LIVE_SECONDS = 1.0
_PAGE_SIZE = 25


def all_runs() -> list[Run | UnreadableRun]:
    """Return all runs as they stand now, newest first."""
    return services().store.list()


def has_own_runs(listed: Sequence[Run | UnreadableRun]) -> bool:
    """Tell whether any run in `listed` is not a shipped example."""
    return any(isinstance(run, Run) and not run.info.example for run in listed)


def draw_welcome(listed: Sequence[Run | UnreadableRun], *, primary: bool) -> None:
    """Draw what this is in two sentences and the one button that starts it.

    For a visitor who may start nothing, the button shows what is there among the `listed` runs.
    """
    if refusal(Action.START_RUNS):
        _draw_visitors_welcome(listed)
        return
    if primary:
        st.html(
            '<div class="dl-hero"><p>Digit Lab trains small neural networks to read handwritten '
            "digits while you watch. Press the button to let two ways of learning, plain SGD and "
            "the adaptive Adam, race on the same digits, and see which one wins and by how "
            "much.</p></div>"
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = permitted_button(
            "Compare SGD with Adam",
            Action.START_RUNS,
            type="primary" if primary else "secondary",
            icon=":material/compare_arrows:",
            key="compare_pair",
        )
        seconds = estimated_pair_seconds()
        if seconds is not None:
            st.caption(f"about {rough_duration(seconds)} on this computer (an estimate)")
    if pressed:
        open_page("compare", launch_compared_pair())


def _draw_visitors_welcome(listed: Sequence[Run | UnreadableRun]) -> None:
    st.html(
        '<div class="dl-hero"><p>Small neural networks learn to read handwritten digits here. See '
        "how two ways of learning differ, which digits are misread, or draw a digit yourself and "
        "see what each network says.</p></div>"
    )
    shown = newest_pair([run for run in listed if isinstance(run, Run)])
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "See SGD against Adam" if len(shown) > 1 else "See the newest run",
            type="primary",
            icon=":material/compare_arrows:",
            disabled=not shown,
            key="see_pair",
        ):
            open_page("compare", shown)
        if st.button("Draw a digit", icon=":material/draw:", disabled=not shown, key="see_draw"):
            open_page("draw", [])


def draw_runs(listed: Sequence[Run | UnreadableRun]) -> None:
    """Draw the table of runs, live while something waits or trains and still otherwise.

    `listed` are all runs as they stand when the page is drawn; live, it looks for itself.
    """
    forget_dialogs()
    live = not dialog_is_asked_for() and _is_live(listed)
    at_first = [listed]
    if live:
        draw_repeatedly(lambda: _draw_table(at_first, live=True), _LIVE_SECONDS)
    else:
        st.fragment(_draw_table)(at_first, live=False)
    open_dialog()


def _is_live(listed: Sequence[Run | UnreadableRun]) -> bool:
    # Between the search and the final runs of a fair comparison nothing trains for a moment.
    runs = [run for run in listed if isinstance(run, Run)]
    return any(run.active for run in runs) or any_open(runs)


def _draw_table(at_first: list[Sequence[Run | UnreadableRun]], *, live: bool) -> None:
    with guarded():
        store = services().store
        # The fragment is run again with what it was first given, which is old by then.
        listed = at_first.pop() if at_first else glance().list()
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
        view = draw_search(found)
        lines = lines_of(
            rows_of(found, view), opened_folds(), (view.order, view.falling) if view.order else None
        )
        if not lines:
            return
        page = 1
        if len(lines) > _PAGE_SIZE:
            pages = -(-len(lines) // _PAGE_SIZE)
            page = st.pagination(pages, key="page", bind="query-params") or 1
        shown = page_of(lines, page, _PAGE_SIZE)
        actions = st.container()
        answer = draw_run_table(
            RowMaker(store, listed, view.columns).rows(shown),
            headings(view),
            key="run_table",
            on_sort=sort_by,
            on_fold=turn_fold,
        )
        with actions:
            _draw_actions(answer.chosen)
        act_on_run(answer)


def _draw_heading() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.header("All runs", anchor=False)
        if permitted_button(
            "Import",
            Action.IMPORT,
            icon=":material/upload:",
            help="Take in runs from a zip file, made by Export here or elsewhere",
            key="import_runs",
        ):
            ask_for_import()


def _draw_actions(chosen: list[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        for page, label, icon, most in (
            ("compare", "Compare", ":material/compare_arrows:", MAX_COMPARED),
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
            st.caption(
                f"Up to {MAX_DRAWN} runs answer a drawing, of up to {MAX_RUNS} mistakes are shown, "
                f"up to {MAX_COMPARED} are compared."
            )
