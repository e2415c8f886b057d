"""Seeing a group of runs through in a terminal: the queue is kept, each end of a run told."""

import sys
import time
from typing import Any, Final

from tqdm import tqdm

from core import words
from core.cli.follow import Interruptions
from core.cli.text import note, plain, shortened
from core.errors import RunError
from core.runs.fair import has_ended
from core.runs.groups import Group, GroupStore, is_open, readable, runs_of
from core.runs.queue import RunQueue
from core.runs.records import Run
from core.runs.store import RunStore

_LOOK_EVERY_SECONDS: Final = 0.2
_LOG_EVERY_SECONDS: Final = 30.0
# A look fails where another process deletes a run under it; so many in a row have another cause.
_LOOKS_THAT_MAY_FAIL: Final = 25


class Following:
    """Sees a group through: keeps the queue unless another process does, and shows what ended."""

    def __init__(self, store: RunStore, groups: GroupStore, queue: RunQueue, group: Group) -> None:
        self._store = store
        self._groups = groups
        self._queue = queue
        self._group = group
        self._failed = 0
        self._told: set[str] = set()
        self._kept_elsewhere = False

    def until_the_end(self, interruptions: Interruptions) -> Group:
        """Return the group when all its runs have ended; an interruption cancels it."""
        seldom = 0.1 if sys.stderr.isatty() else _LOG_EVERY_SECONDS
        cancelled = False
        with tqdm(unit="run", file=sys.stderr, mininterval=seldom, miniters=1) as bar:
            while True:
                runs = self._look()
                if runs is not None:
                    self._show(bar, runs)
                    if not is_open(self._group, runs) and all(
                        has_ended(self._store, run) for run in runs
                    ):
                        return self._group
                if interruptions.asked and not cancelled:
                    cancelled = True
                    self._groups.cancel(self._group)
                time.sleep(_LOOK_EVERY_SECONDS)

    def _look(self) -> list[Run] | None:
        """Let the queue look; return the group's runs, None where something came in between."""
        try:
            self._queue.look()
            found = self._groups.find(self._group.id)
            runs = runs_of(self._group, readable(self._store))
        except (RunError, OSError):
            self._failed += 1
            if self._failed >= _LOOKS_THAT_MAY_FAIL:
                raise
            return None
        self._failed = 0
        if not self._queue.is_keeper and not self._kept_elsewhere:
            self._kept_elsewhere = True
            note("Another process, such as the dashboard, keeps the queue and trains these too.")
        if found is None:
            raise RunError(
                f"The file of the group {self._group.id} is gone or damaged: its runs are kept, "
                "and `python -m core runs` lists them."
            )
        self._group = found
        return runs

    def _show(self, bar: "tqdm[Any]", runs: list[Run]) -> None:
        foreseen = len(runs)
        if self._group.stage in ("planned", "search", "chosen"):
            foreseen = max(foreseen, self._group.foreseen)
        bar.total = foreseen
        for run in sorted(runs, key=lambda run: run.id):
            if run.id not in self._told and has_ended(self._store, run):
                self._told.add(run.id)
                bar.update(1)
                bar.write(f"{len(self._told)}/{foreseen} {plain(_ending(run))}", file=sys.stderr)


def _ending(run: Run) -> str:
    name = f"{shortened(run.name)}{f' ({run.info.role})' if run.info.role else ''}"
    if run.summary is None:
        return f"{name}: {words.state_line(run)}"
    seen = run.summary.final_validation_accuracy
    watched = "" if seen is None else f"validation {words.percent(seen)}, "
    return (
        f"{name}: {watched}test {words.percent(run.summary.test_accuracy)} "
        f"({words.duration(run.summary.seconds)})"
    )
