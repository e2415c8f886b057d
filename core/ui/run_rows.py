"""Rows of the table of runs, from what the store says at this moment."""

from collections.abc import Mapping, Sequence
from typing import Any

from core import words
from core.recipes import RECIPES
from core.runs.queue import waiting_before
from core.runs.records import Run, UnreadableRun
from core.runs.store import RunStore
from core.ui.launch import group_store
from core.ui.theme import run_colour


def run_rows(
    store: RunStore,
    shown: Sequence[Run | UnreadableRun],
    listed: Sequence[Run | UnreadableRun],
) -> list[dict[str, Any]]:
    """Return one row for each run of `shown`, in words; `listed` is all there are."""
    readable = [run for run in listed if isinstance(run, Run)]
    groups = {group.id: group.name for group in group_store().list()}
    return [
        _row(store, run, readable, groups) if isinstance(run, Run) else _unreadable_row(run)
        for run in shown
    ]


def _row(
    store: RunStore, run: Run, readable: list[Run], groups: Mapping[str, str]
) -> dict[str, Any]:
    status = run.status
    return {
        "id": run.id,
        "name": run.name,
        "colour": run_colour(run.info.colour),
        "recipe": _recipe(run) + _membership(run, groups),
        "method": words.method(run.config),
        "state": words.state_word(run),
        "stateCode": status.state,
        "progress": status.step / status.steps if run.active and status.steps else None,
        "detail": words.state_detail(run, waiting_before(readable, run.id)),
        "validation": words.percent(store.best_validation(run)),
        "test": words.test_accuracy(run.summary),
        "time": words.run_time(run),
        "action": _action(run),
        "selectable": True,
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
        "action": "delete",
        "selectable": False,
    }


def _action(run: Run) -> str:
    if run.active:
        return "cancel"
    # The examples are what a first visitor finds: they stay.
    return "" if run.info.example else "delete"


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
