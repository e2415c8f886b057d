"""Where the owner says what visitors may start, and sees how much of it they have used."""

from typing import Final

import streamlit as st

from core.errors import DigitLabError
from core.runs.budget import reckon
from core.runs.records import Run
from core.runs.visitor_rules import checked_rules, read_rules, write_rules
from core.ui.services import services
from core.words import as_text

# For one visitor and for all together: what it is called, and what a unit of it is.
_BOUNDS: Final = {
    "runs": ("Runs waiting or training at a time", 1),
    "epochs": ("Epochs within a day", 10),
    "seconds": ("Seconds of training within a day", 60),
}


def draw_rules() -> None:
    """Draw the form, and what became of the last press of Save."""
    root = services().store.root
    rules = read_rules(root)
    with st.expander("What visitors may start"), st.form("visitor_rules", border=False):
        st.caption("Visitors can always look, compare and draw. Runs that they start are theirs:")
        typed: dict[str, object] = {
            "start_runs": st.checkbox(
                "Visitors may start runs", rules.start_runs, key="rules_start_runs"
            )
        }
        for what, (label, step) in _BOUNDS.items():
            st.caption(label)
            one, all_ = st.columns(2)
            for column, suffix, title in ((one, "each", "one visitor"), (all_, "all", "all")):
                name = f"{what}_{suffix}"
                typed[name] = column.number_input(
                    title, value=getattr(rules, name), step=step, key=f"rules_{name}"
                )
        typed["parameters"] = st.number_input(
            "Largest network (parameters)",
            value=rules.parameters,
            step=100_000,
            key="rules_parameters",
            help="Parameters: the weights and biases that training adjusts.",
        )
        if st.form_submit_button("Save", key="rules_save"):
            try:
                write_rules(root, checked_rules(**typed))
            except DigitLabError as error:
                st.error(as_text(str(error)))
            else:
                st.success("Saved. It holds for whoever starts a run from now on.")
    st.caption(_used())


def _used() -> str:
    """Say how much visitors have used today."""
    store = services().store
    runs = [run for run in store.list() if isinstance(run, Run)]
    spent = reckon(runs, "", read_rules(store.root)).everybody
    if not (spent.runs or spent.epochs):
        return "Visitors have started no run within the last day."
    return (
        f"Within the last day visitors started runs of {spent.epochs:,} epochs and about "
        f"{spent.seconds:,.0f} s of training; {spent.runs} of their runs wait or train now."
    )
