"""Histories kept in memory between readings, so that a run that trains is never read whole again.

Whoever looks at live curves reads the same histories every second. Only what was appended since
is parsed; see `core.runs.history_lines`.
"""

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Final, TypeAlias

import pandas as pd

from core.runs.history import History

# A row of steps takes 56 bytes, while its run trains twice: as lines and as a table. So 112 MB at
# most, and one history however long it is.
_MOST_ROWS: Final = 1_000_000
_MOST_HISTORIES: Final = 1_000

_Key: TypeAlias = tuple[Path, str, tuple[str, ...]]


class KeptHistories:
    """The histories read last, at most `most_rows` rows of them; safe to use from threads."""

    def __init__(self, most_rows: int = _MOST_ROWS) -> None:
        self._most_rows = most_rows
        self._rows = 0
        self._kept: OrderedDict[_Key, tuple[threading.Lock, History]] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, folder: Path, name: str, columns: tuple[str, ...]) -> pd.DataFrame:
        """Return what `core.runs.history.read_history` returns, from memory where that is new."""
        key = (folder, name, columns)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = (threading.Lock(), History(folder, name, columns))
            self._kept.move_to_end(key)
            turn, history = self._kept[key]
        with turn:
            before = len(history)
            frame = history.read()
            grown = len(history) - before
        if grown:
            self._make_room()
        return frame

    def __len__(self) -> int:
        """Return how many rows are kept in memory."""
        return self._rows

    def _make_room(self) -> None:
        """Drop what was not read for the longest time, until the rest fits."""
        with self._lock:
            # Counted anew: a history may have grown in another thread while it was dropped.
            self._rows = sum(len(history) for _, history in self._kept.values())
            while len(self._kept) > 1 and (
                self._rows > self._most_rows or len(self._kept) > _MOST_HISTORIES
            ):
                _, (_, history) = self._kept.popitem(last=False)
                self._rows -= len(history)


# One for the process: several stores may look at the same folder.
_histories: Final = KeptHistories()
read_kept_history: Final = _histories.read
