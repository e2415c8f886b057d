"""What was seen of the run folders under one root, so that listing again looks at little.

Three things are relied on. A run folder that appears or goes changes the root's own time stamps.
What replaces files in one piece (a temporary file, then a rename), as all of our code does,
changes the time stamps of their folder: of an ended run one look at the folder is enough. And
since people edit by hand, which changes neither, the files themselves are looked at every few
seconds, a share at each listing.
"""

import contextlib
import itertools
import math
import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import RunError, RunUnreadableError
from core.runs import files
from core.runs.index import IndexRow, RunIndex
from core.runs.indexing import Indexing, lasts
from core.runs.marks import is_past, mark_and_time, mark_of
from core.runs.packing import packed
from core.runs.reading import read_run
from core.runs.records import Run, UnreadableRun

# A run's place in the list changes only with one of these.
_WATCHED: Final = (files.CONFIG, files.STATUS, files.SUMMARY, files.ENVIRONMENT)
_SWEEP_SECONDS: Final = 10.0  # until every file of every ended run has been looked at once more


@dataclass(slots=True)
class _Seen:
    """What was seen of one run folder: marks that change with it, and what was read."""

    folder: str
    files: str
    run: Run | UnreadableRun
    settled: bool  # it has ended, and no change can hide behind the folder's mark


class Listing:
    """The runs under `root`; safe to use from several threads at once."""

    def __init__(self, root: Path, index: RunIndex | None = None) -> None:
        self._root = root
        self._indexing = Indexing(index)
        self._lock = threading.RLock()
        self._names: list[str] = []  # newest first
        self._seen: dict[str, _Seen] = {}
        self._unsettled: set[str] = set()
        self._runs: list[Run | UnreadableRun] = []
        self._runs_are_old = False
        self._root_mark = ""
        self._looked = -math.inf  # when all folders were looked at last
        self._write = -1  # and what this process had written last by then
        self._swept: float | None = None
        self._sweep_place = 0

    def look(self, at_most_old: float) -> list[Run | UnreadableRun]:
        """Return every run, newest first, then the examples.

        What another process changed in an ended run may be missed for `at_most_old` seconds.
        Raises RunError if the root cannot be listed.
        """
        with self._lock:
            self._indexing.begin()
            # Both before the look: what changes while it lasts is found at the next one.
            now, write = time.monotonic(), files.last_write()
            appeared = self._look_at_root()
            if appeared or write != self._write or now - self._looked > at_most_old:
                self._looked, self._write = now, write
                self._look_at(self._names)
            else:
                self._look_at(list(self._unsettled))
            for name in self._share_to_sweep(now):
                self._look_closely(name)
            self._indexing.end_first_look()
            if self._runs_are_old:
                self._runs, self._runs_are_old = self._in_order(), False
            return self._runs.copy()

    def save(self) -> None:
        """Write what was read since the last time into the index, if there is one.

        Costs next to nothing where nothing was read. Raises nothing.
        """
        with self._lock:
            changes = self._indexing.changes(self._rows)
        if changes is None:
            return
        # Without the lock: nobody who wants a list shall wait for a disk.
        indexed = self._indexing.write(*changes, self._every_row)
        with self._lock:
            self._indexing.end_write(*changes, indexed)

    def _look_at_root(self) -> bool:
        """Read the names again unless the root is as it was; tell whether they may be others."""
        now = time.time()
        mark, changed = mark_and_time(str(self._root))
        if mark == self._root_mark:
            return False
        names = _names_in(self._root)
        # A mark that a further change may leave as it is, is not to be recognised again.
        self._root_mark = mark if is_past(changed, now) else ""
        if names != self._names:
            self._names, self._runs_are_old = names, True
            for name in self._seen.keys() - set(names):
                self._forget(name)
        return True

    def _look_at(self, names: Iterable[str]) -> None:
        # Plain strings: of thousands of runs this is asked every second.
        root = f"{self._root}{os.sep}"
        for name in names:
            seen = self._seen.get(name)
            if seen is None or not seen.settled or mark_of(root + name) != seen.folder:
                self._look_closely(name)

    def _look_closely(self, name: str) -> None:
        """Look at the files of a run, and read them where they changed since the last time."""
        folder = f"{self._root}{os.sep}{name}"
        seen, now = self._seen.get(name), time.time()
        # In this order, the folder, its files, what they say: a change in between shows next time.
        mark, changed = mark_and_time(folder)
        if seen is None and (kept := self._indexing.take(name, mark)) is not None:
            self._note(name, _Seen(mark, *kept, settled=True))
            return
        marks = "|".join([mark_of(f"{folder}{os.sep}{file}") for file in _WATCHED])
        if seen is not None and seen.settled and (seen.folder, seen.files) == (mark, marks):
            return
        # A run that trains is read each time: its process may be gone though no file changed.
        known = seen is not None and seen.files == marks and not _trains(seen.run)
        run = seen.run if seen is not None and known else _read(Path(folder))
        if run is None:
            self._forget(name)
            return
        settled = not _is_active(run) and is_past(changed, now)
        now_seen = _Seen(mark, marks, run, settled)
        if now_seen != seen:
            self._indexing.note(name, lasts=settled and lasts(run))
        self._note(name, now_seen)

    def _note(self, name: str, seen: _Seen) -> None:
        before = self._seen.get(name)
        if before is None or (before.run is not seen.run and before.run != seen.run):
            self._runs_are_old = True
        else:
            seen.run = before.run  # one object for as long as it says the same
        self._seen[name] = seen
        if seen.settled:
            self._unsettled.discard(name)
        else:
            self._unsettled.add(name)

    def _forget(self, name: str) -> None:
        """Take out a run whose folder is gone."""
        self._runs_are_old |= self._seen.pop(name, None) is not None
        self._unsettled.discard(name)
        self._indexing.note(name, lasts=False)

    def _share_to_sweep(self, now: float) -> list[str]:
        """Return those runs whose files are due to be looked at though nothing points at them."""
        since, self._swept = now - (self._swept or now), now
        count = min(len(self._names), math.ceil(len(self._names) * since / _SWEEP_SECONDS))
        begin = self._sweep_place
        self._sweep_place = (begin + count) % max(1, len(self._names))
        around = itertools.chain(self._names, self._names)
        return list(itertools.islice(around, begin, begin + count))

    def _in_order(self) -> list[Run | UnreadableRun]:
        runs = [seen.run for name in self._names if (seen := self._seen.get(name)) is not None]
        # Shipped examples were made long before: they stand below the visitor's own.
        return sorted(runs, key=lambda run: isinstance(run, Run) and run.info.example)

    def _every_row(self) -> list[IndexRow]:
        with self._lock:
            return self._rows(self._names)

    def _rows(self, names: Iterable[str]) -> list[IndexRow]:
        rows: list[IndexRow] = []
        for name in names:
            seen = self._seen.get(name)
            if seen is None or not seen.settled or not isinstance(seen.run, Run):
                continue
            if lasts(seen.run):
                with contextlib.suppress(ValueError):  # half a letter, which no database takes
                    rows.append(IndexRow(name, seen.folder, seen.files, packed(seen.run)))
        return rows


def _names_in(root: Path) -> list[str]:
    try:
        with os.scandir(root) as entries:
            return sorted((e.name for e in entries if _may_be_run(e)), reverse=True)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunError(
            f"The runs in {root} cannot be listed ({error.strerror}). Check that it is "
            "a folder that may be read."
        ) from error


def _may_be_run(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith("."):
        return False
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle, or into a folder that may not be entered
        return False


def _read(folder: Path) -> Run | UnreadableRun | None:
    """Return what the folder holds; None if it was deleted a moment ago."""
    try:
        folder.name.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(folder.name).decode("utf-8", "replace")
        return UnreadableRun(
            id=shown, reason="The name of its folder is no text: rename the folder."
        )
    try:
        return read_run(folder)
    except RunUnreadableError as error:
        return UnreadableRun(id=folder.name, reason=str(error)) if folder.is_dir() else None


def _is_active(run: Run | UnreadableRun) -> bool:
    return isinstance(run, Run) and run.active


def _trains(run: Run | UnreadableRun) -> bool:
    return isinstance(run, Run) and run.status.state == "running"
