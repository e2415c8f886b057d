"""The parts of the table of runs: those in use, starred, archived, and the bin."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from core.runs.bin import bin_size
from core.runs.records import Run, UnreadableRun
from core.ui.links import linked, write_link
from core.ui.services import services

_PARAMETER: Final = "show"
_DEFAULT: Final = "runs"
_PARTS: Final = {"runs": "Runs", "starred": "Starred", "archived": "Archived", "bin": "Bin"}
NOTHING_IN: Final = {
    "runs": "All runs are archived: choose Archived above to see them.",
    "starred": "No run has a star. The star behind a run's name puts it here.",
    "archived": "No run is archived. Archived runs are kept, but out of the table.",
}


def draw_parts(listed: Sequence[Run | UnreadableRun]) -> str:
    """Draw the choice between the parts where there is more than one; return the chosen one."""
    counts = {part: len(runs_in(part, listed)) for part in ("starred", "archived")}
    counts["bin"] = bin_size(services().store)
    key = linked(_PARAMETER, list(_PARTS), _DEFAULT)
    if not any(counts.values()) and st.session_state[key] == _DEFAULT:
        return _DEFAULT
    chosen: str | None = st.segmented_control(
        "Which runs",
        list(_PARTS),
        key=key,
        format_func=lambda part: f"{_PARTS[part]} ({counts[part]})" if part in counts else "Runs",
        label_visibility="collapsed",
        required=True,
        on_change=write_link,
        args=(_PARAMETER, _DEFAULT),
    )
    return chosen or _DEFAULT


def runs_in(part: str, listed: Sequence[Run | UnreadableRun]) -> list[Run | UnreadableRun]:
    """Return those of `listed` that a part other than the bin shows."""
    if part == "runs":
        return [run for run in listed if isinstance(run, UnreadableRun) or not run.info.archived]
    readable = [run for run in listed if isinstance(run, Run)]
    if part == "starred":
        return [run for run in readable if run.info.starred]
    return [run for run in readable if run.info.archived]


def without_archived_groups(listed: Sequence[Run | UnreadableRun]) -> list[Run]:
    """Return the readable runs but those of groups that are archived as a whole.

    A group with one run left in the table keeps all: its means are over all its seeds.
    """
    readable = [run for run in listed if isinstance(run, Run)]
    in_use = {run.info.group for run in readable if not run.info.archived}
    return [run for run in readable if run.info.group in in_use]
