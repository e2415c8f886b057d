"""Buttons for what not everybody may do: there for all, disabled with the reason for some.

A courtesy only: what a button does refuses by itself (`core.access`).
"""

from typing import Any

import streamlit as st

from core.access import Action, actor, refusal
from core.runs.budget import Budget, reckon
from core.runs.records import Run
from core.runs.visitor_rules import read_rules
from core.ui.glance import glance
from core.ui.services import services


def permitted_button(
    label: str,
    action: Action,
    *,
    by: str | None = None,
    disabled: bool = False,
    help: str | None = None,
    **options: Any,
) -> bool:
    """Draw a button and tell whether it was pressed; `by` as `core.access.refusal` has it.

    `options` are those of `st.button`.
    """
    reason = refusal(action, by=by)
    return st.button(label, disabled=disabled or bool(reason), help=reason or help, **options)


def visitor_budget() -> Budget | None:
    """Return what the visitor who looks may still start; None for the owner, who has no bounds."""
    who = actor()
    if who.role == "owner":
        return None
    store = services().store
    runs = [run for run in glance().list() if isinstance(run, Run)]
    return reckon(runs, who.visitor, read_rules(store.root))
