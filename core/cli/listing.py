"""`runs`: what the store holds, as a table or as raw numbers."""

from pathlib import Path
from typing import Any, Final

from core import words
from core.analysis.wording import state_word
from core.cli.text import count, note, shortened, write_json, write_table
from core.runs.bin import bin_of
from core.runs.bin import binned as bin_contents
from core.runs.queue import waiting_before
from core.runs.records import Run, UnreadableRun
from core.runs.store import RunStore

_COLUMNS: Final = (
    "id",
    "name",
    "status",
    "data",
    "optimizer and rate",
    "best validation",
    "test accuracy",
    "time",
    "note",
)
_NONE: Final = "–"


def list_runs(root: Path, *, as_json: bool, archived: bool = False, binned: bool = False) -> int:
    """Write all runs, newest first, unreadable ones with their reason.

    Archived ones only if asked for; with `binned` those in the bin, the last deleted first.
    """
    store = RunStore(root)
    every = bin_contents(store) if binned else store.list()
    listed = [
        run
        for run in every
        if archived or binned or isinstance(run, UnreadableRun) or not run.info.archived
    ]
    hidden = len(every) - len(listed)
    store = bin_of(store) if binned else store
    if as_json:
        entries = [
            facts(store, run) if isinstance(run, Run) else _unreadable_facts(run) for run in listed
        ]
        # Every entry has every key, so that a script need not ask which.
        keys = dict.fromkeys(key for entry in entries for key in entry)
        write_json([dict.fromkeys(keys) | entry for entry in entries])
        return 0
    if hidden:
        note(f"{count(hidden, 'archived run')} left out: --archived lists them too.")
    if binned and not listed:
        note(f"The bin of {root} is empty.")
        return 0
    if not every:
        note(f"There are no runs in {root} yet: `python -m core train RECIPE` makes one.")
        return 0
    readable = [run for run in listed if isinstance(run, Run)]
    if listed:
        write_table(_COLUMNS, [_row(store, run, readable) for run in listed])
    return 0


def facts(store: RunStore, run: Run) -> dict[str, Any]:
    """Return what the table shows of `run` as raw numbers: shares from 0 to 1, seconds."""
    return {
        "id": run.id,
        "name": run.name,
        "status": run.status.state,
        "reason": run.status.reason or None,
        "recipe": run.info.recipe,
        "example": run.info.example,
        "created": run.info.created,
        "dataset": run.config.dataset,
        "optimizer": run.config.optimizer,
        "learning_rate": run.config.learning_rate,
        "best_validation_accuracy": store.best_validation(run),
        "test_accuracy": run.summary.test_accuracy if run.summary else None,
        "seconds": _seconds(run),
        "tags": list(run.info.tags),
        "starred": run.info.starred,
        "archived": run.info.archived,
    }


def _unreadable_facts(run: UnreadableRun) -> dict[str, Any]:
    return {"id": run.id, "name": None, "status": "unreadable", "reason": run.reason}


def _row(store: RunStore, run: Run | UnreadableRun, readable: list[Run]) -> list[str]:
    if not isinstance(run, Run):
        return [run.id, _NONE, "unreadable", *[_NONE] * 5, run.reason]
    return [
        run.id,
        f"{'★ ' if run.info.starred else ''}{shortened(run.name)}",
        state_word(run),
        words.choice_word("dataset", run.config.dataset),
        words.method(run.config),
        words.percent(store.best_validation(run)),
        words.test_accuracy(run.summary),
        words.run_time(run),
        words.state_detail(run, waiting_before(readable, run.id)),
    ]


def _seconds(run: Run) -> float | None:
    if run.summary is not None:
        return run.summary.seconds
    return None if run.status.started is None else run.status.heartbeat - run.status.started
