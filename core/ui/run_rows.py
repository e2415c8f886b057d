"""Rows of the table of runs, from what the store says at this moment."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from core import words
from core.errors import DigitLabError
from core.palette import run_colour
from core.recipes import RECIPES
from core.runs.queue import waiting_before
from core.runs.records import Run, UnreadableRun
from core.runs.resuming import RESUMABLE, cannot_extend
from core.runs.store import RunStore
from core.ui.launch import group_store

_SHOWN_NOTES: Final = 300


def run_rows(
    store: RunStore,
    shown: Sequence[Run | UnreadableRun],
    listed: Sequence[Run | UnreadableRun],
) -> list[dict[str, Any]]:
    """Return one row for each run of `shown`, in words; `listed` is all there are."""
    readable = [run for run in listed if isinstance(run, Run)]
    groups = {group.id: group.name for group in group_store().list()}
    return [
        _row(store, run, readable, listed, groups) if isinstance(run, Run) else _unreadable_row(run)
        for run in shown
    ]


def bin_rows(
    inside: RunStore,
    shown: Sequence[Run | UnreadableRun],
    listed: Sequence[Run | UnreadableRun],
) -> list[dict[str, Any]]:
    """Return one row for each run of `shown`, which lie in the bin; `listed` is all that do."""
    return [
        row
        | {
            "action": "restore",
            "more": [_entry("remove", "Delete for good")],
            "selectable": True,
            "opens": False,
            "starred": None,
        }
        for row in run_rows(inside, shown, listed)
    ]


def _row(
    store: RunStore,
    run: Run,
    readable: list[Run],
    listed: Sequence[Run | UnreadableRun],
    groups: Mapping[str, str],
) -> dict[str, Any]:
    status = run.status
    return {
        "id": run.id,
        "name": run.name,
        "colour": run_colour(run.info.colour),
        "recipe": _recipe(run) + _membership(run, groups) + _continues(run, listed),
        "method": words.method(run.config),
        "state": words.state_word(run),
        "stateCode": status.state,
        "progress": status.step / status.steps if run.active and status.steps else None,
        "detail": words.state_detail(run, waiting_before(readable, run.id)),
        "validation": words.percent(store.best_validation(run)),
        "test": words.test_accuracy(run.summary),
        "time": words.run_time(run),
        "action": _action(run),
        "more": _more(store, run),
        "selectable": True,
        "opens": True,
        "starred": run.info.starred,
        "tags": list(run.info.tags),
        "notes": run.info.notes[:_SHOWN_NOTES],
    }


def _unreadable_row(run: UnreadableRun) -> dict[str, Any]:
    return {
        "id": run.id,
        "name": run.id[:60],
        "colour": "transparent",
        "recipe": "",
        "method": "–",
        "state": "unreadable",
        "stateCode": "unreadable",
        "progress": None,
        "detail": run.reason,
        "validation": "–",
        "test": "–",
        "time": "–",
        "action": "",
        "more": [_entry("delete", "Delete")],
        "selectable": False,
        "opens": False,
        "starred": None,
        "tags": [],
        "notes": "",
    }


def _action(run: Run) -> str:
    """Return what is most likely wanted of the run, which gets a button of its own."""
    if run.active:
        return "cancel"
    return "resume" if run.status.state in RESUMABLE else ""


def _more(store: RunStore, run: Run) -> list[dict[str, str]]:
    """Return what else can be done with the run; where it cannot be, `problem` says why not.

    Looks for the run's checkpoint on the disk: for the rows that are shown, not for all.
    """
    info = run.info
    entries = [
        _entry("edit", "Edit name, notes and tags"),
        _entry("unarchive", "Take out of the archive")
        if info.archived
        else _entry("archive", "Archive"),
    ]
    if run.summary is not None and not info.example:
        try:
            problem = cannot_extend(store, run) or ""
        except DigitLabError as error:
            problem = str(error)  # deleted this moment: the other rows stay
        entries.append(_entry("continue", "Continue for more epochs", problem))
    busy = "It waits or trains: cancel it first." if run.active else ""
    entries.append(_entry("export", "Export as a zip file", busy))
    # The examples are what a first visitor finds: they stay.
    stays = "It comes with Digit Lab and stays. Archive it to hide it." if info.example else ""
    entries.append(_entry("delete", "Delete", busy or stays))
    return entries


def _entry(kind: str, label: str, problem: str = "") -> dict[str, str]:
    return {"kind": kind, "label": label, "problem": problem}


def _continues(run: Run, listed: Sequence[Run | UnreadableRun]) -> str:
    found = words.origin(run, listed)
    return f", {found}" if found else ""


def _recipe(run: Run) -> str:
    known = RECIPES.get(run.info.recipe or "")
    origin = known.name if known else "own settings"
    data = words.choice_word("dataset", run.config.dataset)
    return f"{origin}, {data}{', example' if run.info.example else ''}"


def _membership(run: Run, groups: Mapping[str, str]) -> str:
    """Say what the run is for in its group, if it has one; its file may be lost."""
    name = groups.get(run.info.group or "", "")
    if run.info.role is not None:
        return f", {run.info.role} run of “{name}”" if name else f", {run.info.role} run"
    return f", part of “{name}”" if name else ""
