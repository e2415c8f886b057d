"""The parts of the Runs page."""

import re
from collections.abc import Sequence
from html import escape

import streamlit as st

from core import words
from core.errors import DigitLabError
from core.runs.estimate import rough_duration
from core.runs.queue import cancel
from core.runs.records import Run, UnreadableRun
from core.runs.resuming import cannot_extend, extend, resume
from core.ui.components import TableAnswer, draw_run_table
from core.ui.frame import guarded
from core.ui.groups_view import any_open, draw_groups
from core.ui.launch import estimated_pair_seconds, launch_compared_pair
from core.ui.links import MAX_DRAWN, MAX_RUNS, open_page
from core.ui.run_rows import run_rows
from core.ui.services import services

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
    live = _is_live(services().store.list())
    st.fragment(_draw_table, run_every=_LIVE_SECONDS if live else None)(live)


def _is_live(listed: Sequence[Run | UnreadableRun]) -> bool:
    # Between the search and the final runs of a fair comparison nothing trains for a moment.
    runs = [run for run in listed if isinstance(run, Run)]
    return any(run.active for run in runs) or any_open(runs)


def _draw_table(live: bool) -> None:
    with guarded():
        store = services().store
        listed = store.list()
        if live and not _is_live(listed):
            st.rerun()
        draw_groups([run for run in listed if isinstance(run, Run)])
        st.header("All runs", anchor=False)
        if not listed:
            st.html(
                '<p class="dl-quiet">Runs appear here once you start one: their settings, how far '
                "they are, and how well they read digits they have never seen.</p>"
            )
            return
        page = 1
        if len(listed) > _PAGE_SIZE:
            pages = -(-len(listed) // _PAGE_SIZE)
            page = st.pagination(pages, key="runs_page") or 1
        shown = listed[(page - 1) * _PAGE_SIZE : page * _PAGE_SIZE]
        actions = st.container()
        answer = draw_run_table(run_rows(store, shown, listed), key="run_table")
        with actions:
            _draw_actions(answer.chosen)
        _act(answer)


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
        if not chosen:
            st.caption("Tick runs to look at them together.")
        elif len(chosen) > MAX_DRAWN:
            st.caption(f"Up to {MAX_DRAWN} runs answer a drawing, up to {MAX_RUNS} are compared.")


def _act(answer: TableAnswer) -> None:
    if answer.action is None or answer.run_id is None:
        return
    if answer.action == "open":
        open_page("compare", [answer.run_id])
    elif answer.action == "cancel":
        cancel(services().store, answer.run_id)
        st.rerun()
    elif answer.action == "resume":
        resume(services().store, answer.run_id)
        st.rerun()
    elif answer.action == "continue":
        _ask_for_epochs(answer.run_id)
    else:
        _confirm_delete(answer.run_id)


@st.dialog("Delete this run?")
def _confirm_delete(run_id: str) -> None:
    store = services().store
    try:
        name = store.read(run_id).name
    except DigitLabError:
        name = run_id
    st.text(f"{name}\n\nIts curves, its trained model and its answers are removed for good.")
    with st.container(horizontal=True):
        if st.button("Delete", type="primary", key="confirm_delete"):
            with guarded():
                store.delete(run_id)
                st.rerun()
        if st.button("Keep it", key="keep"):
            st.rerun()


@st.dialog("Continue this run?")
def _ask_for_epochs(run_id: str) -> None:
    store = services().store
    with guarded():
        run = store.read(run_id)
        problem = cannot_extend(store, run)
        if run.summary is None or problem:
            # The table has said so before: this run has changed since, or the browser made it up.
            st.info(words.as_text(problem or ""), icon=":material/info:")
            return
        done = run.summary.epochs
        st.text(
            f"“{run.name}” has trained for {done} epoch{'' if done == 1 else 's'}. A new run goes "
            "on where this one ended; this one stays as it is."
        )
        # No bounds here: Streamlit would keep the last good number without a word below it.
        epochs = int(
            st.number_input(
                "How many epochs in all?",
                value=2 * done,
                step=1,
                key=f"epochs_of_{run_id}",
                help="Epochs: how often all training images were gone through.",
            )
        )
        problem = _epochs_problem(run, done, epochs)
        if problem:
            st.html(f'<p class="dl-problem">{escape(problem)}</p>')
        with st.container(horizontal=True):
            pressed = st.button(
                "Continue", type="primary", disabled=bool(problem), key="confirm_continue"
            )
            if st.button("Leave it", key="leave"):
                st.rerun()
        if pressed:
            # Beside its beginning, so that the page says what the further epochs brought.
            name = _longer_name(run, epochs)
            open_page("compare", [extend(store, run_id, epochs, name), run_id])


def _longer_name(run: Run, epochs: int) -> str:
    """Return a name for a run that goes on with `run`, which may itself go on with another."""
    name = re.sub(r", \d+ epochs$", "", run.name) if run.info.continued_from else run.name
    return f"{name}, {epochs} epochs"


def _epochs_problem(run: Run, done: int, epochs: int) -> str:
    if epochs <= done:
        return f"It has {done} epochs already: going on needs more than that."
    try:
        run.config.replace(epochs=epochs)
    except DigitLabError as error:
        return str(error)
    return ""
