"""Rows of the table of runs, from what the store says at this moment."""

from collections.abc import Sequence
from typing import Any

from core import words
from core.recipes import RECIPES
from core.runs.queue import waiting_before
from core.runs.records import Run, UnreadableRun
from core.runs.store import RunStore
from core.ui.theme import run_colour


def run_rows(
    store: RunStore,
    shown: Sequence[Run | UnreadableRun],
    listed: Sequence[Run | UnreadableRun],
) -> list[dict[str, Any]]:
    """Return one row for each run of `shown`, in words; `listed` is all there are."""
    readable = [run for run in listed if isinstance(run, Run)]
    return [
        _row(store, run, readable) if isinstance(run, Run) else _unreadable_row(run)
        for run in shown
    ]


def _row(store: RunStore, run: Run, readable: list[Run]) -> dict[str, Any]:
    status = run.status
    return {
        "id": run.id,
        "name": run.name,
        "colour": run_colour(run.info.colour),
        "recipe": _recipe(run),
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
