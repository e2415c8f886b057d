"""The dialog in which a finished run is continued by a new one."""

import re
from html import escape

import streamlit as st

from core import words
from core.errors import DigitLabError
from core.runs.records import Run
from core.runs.resuming import cannot_extend, extend
from core.ui.dialogs import dialog
from core.ui.frame import guarded
from core.ui.links import open_page
from core.ui.services import services


@dialog("Continue this run?")
def ask_for_epochs(run_id: str) -> None:
    """Ask how long a new run that goes on with a finished one shall be, and start it."""
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
