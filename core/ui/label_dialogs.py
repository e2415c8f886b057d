"""The dialogs in which a run gets its name, notes and tags."""

import time
from collections.abc import Sequence
from html import escape
from typing import Any, Final

import streamlit as st

from core.errors import DigitLabError
from core.runs.labels import LONGEST_NAME, LONGEST_NOTES, LONGEST_TAG, MOST_TAGS, relabel, retag
from core.runs.records import Run, RunInfo
from core.ui.dialogs import dialog
from core.ui.notices import leave_notice
from core.ui.services import services

_OUTCOME: Final = "label_outcome_{}"
_TAG_HELP: Final = (
    f"Short words to find runs by, with commas between them. At most {MOST_TAGS} of up to "
    f"{LONGEST_TAG} characters."
)


def ask_for_labels(run_id: str) -> None:
    """Open the dialog for name, notes and tags of a run. Raises RunNotFoundError."""
    # What it shows when it opens decides what was changed: others may edit meanwhile.
    _edit(services().store.read(run_id), time.time_ns())


def ask_for_tags(run_ids: list[str]) -> None:
    """Open the dialog that changes the tags of several runs."""
    _edit_tags(run_ids, time.time_ns())


def problem_line(sentence: str) -> None:
    """Draw what is wrong with what was typed."""
    st.html(f'<p class="dl-problem" role="alert">{escape(sentence)}</p>')


@dialog("Name, notes and tags")
def _edit(run: Run, opened: int) -> None:
    info = run.info
    with st.form(f"labels_{opened}", border=False):
        st.text_input("Name", info.name, key=f"label_name_{opened}")
        st.text_area(
            "Notes",
            info.notes,
            key=f"label_notes_{opened}",
            placeholder="What this run was for, or what it showed",
            help=f"Plain text, at most {LONGEST_NOTES:,} characters.",
        )
        st.text_input("Tags", ", ".join(info.tags), key=f"label_tags_{opened}", help=_TAG_HELP)
        st.form_submit_button(
            "Save", type="primary", key=f"label_save_{opened}", on_click=_save, args=(run, opened)
        )
    problem = st.session_state.pop(_OUTCOME.format(opened), None)
    if problem == "":
        st.rerun()
    elif problem:
        problem_line(problem)
    else:
        st.caption(f"A name has at most {LONGEST_NAME} characters. Links to the run stay true.")


def _save(run: Run, opened: int) -> None:
    """Save what was typed, and leave the problem for the dialog; empty where there is none.

    As a callback, because it runs whatever part of the page is redrawn next: the table's second
    may end just when somebody presses Save.
    """
    typed = [st.session_state[f"label_{name}_{opened}"] for name in ("name", "notes", "tags")]
    problem = ""
    try:
        relabel(services().store, run.id, **_changed(run.info, *typed))
    except DigitLabError as error:
        problem = str(error)
    st.session_state[_OUTCOME.format(opened)] = problem


def _changed(info: RunInfo, name: str, notes: str, tags: str) -> dict[str, Any]:
    """Return only what differs from what the dialog showed."""
    changes: dict[str, Any] = {}
    if name != info.name:
        changes["name"] = name
    if notes != info.notes:
        changes["notes"] = notes
    if tags != ", ".join(info.tags):
        changes["tags"] = [tags]
    return changes


@dialog("Change tags")
def _edit_tags(run_ids: list[str], opened: int) -> None:
    present = _tags_of(run_ids)
    st.text(f"{len(run_ids)} run{'' if len(run_ids) == 1 else 's'}.")
    with st.form(f"tags_{opened}", border=False):
        add = st.text_input("Add these tags", key=f"tags_add_{opened}", help=_TAG_HELP)
        remove = st.multiselect(
            "Take these away",
            present,
            key=f"tags_remove_{opened}",
            disabled=not present,
            placeholder="Choose tags" if present else "They have none",
        )
        saved = st.form_submit_button("Save", type="primary", key=f"tags_save_{opened}")
    if not saved:
        return
    problems = []
    for run_id in run_ids:
        try:
            retag(services().store, run_id, add=[add], remove=remove)
        except DigitLabError as error:
            problems.append(str(error))
    if len(problems) == len(run_ids):
        problem_line(problems[0])
        return
    if problems:
        leave_notice(problems)
    st.rerun()


def _tags_of(run_ids: Sequence[str]) -> list[str]:
    found: dict[str, str] = {}
    for run_id in run_ids:
        try:
            tags = services().store.read(run_id).info.tags
        except DigitLabError:
            continue  # deleted while the dialog is open
        for tag in tags:
            found.setdefault(tag.casefold(), tag)
    return sorted(found.values(), key=str.casefold)
