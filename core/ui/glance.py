"""The runs as all pages saw them a moment ago, read once for everybody who looks at that moment.

A class that watches a training asks for the same few runs many times a second, and each look at a
folder is a question to the system: who asks steps back in the line of Python's threads.
"""

import functools
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from core.runs import files
from core.runs.records import Run, UnreadableRun
from core.runs.store import RunStore
from core.ui.services import services

_SECONDS: Final = 0.25
_MOST: Final = 1_000  # runs; then all are forgotten


class Glance:
    """What a store holds, at most `seconds` old, and never older than a change of this process."""

    def __init__(
        self,
        store: RunStore,
        seconds: float = _SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._listed: tuple[float, int, Sequence[Run | UnreadableRun]] | None = None
        self._runs: dict[str, tuple[float, int, Run]] = {}

    def list(self) -> Sequence[Run | UnreadableRun]:
        """Return every run, newest first, unreadable ones included, as `RunStore.list` does."""
        now, change = self._clock(), files.last_write()
        with self._lock:
            known = self._listed
        if known is not None and known[0] > now - self._seconds and known[1] == change:
            return known[2]
        found = self._store.list()
        with self._lock:
            self._listed = now, change, found
        return found

    def forget(self) -> None:
        """Look anew the next time: somebody knows that something has changed."""
        with self._lock:
            self._listed = None
            self._runs.clear()

    def read(self, run_id: str) -> Run:
        """Return a run, as `RunStore.read` does. Raises RunNotFoundError or RunUnreadableError."""
        now, change = self._clock(), files.last_write()
        with self._lock:
            known = self._runs.get(run_id)
        if known is not None and known[0] > now - self._seconds and known[1] == change:
            return known[2]
        found = self._store.read(run_id)
        with self._lock:
            if len(self._runs) >= _MOST:
                self._runs.clear()
            self._runs[run_id] = now, change, found
        return found


def glance() -> Glance:
    """Return that of this process."""
    return _glance(services().store)


@functools.lru_cache(maxsize=1)
def _glance(store: RunStore) -> Glance:
    return Glance(store)
