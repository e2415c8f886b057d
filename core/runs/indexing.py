"""What a listing takes from its index, and what it has to write there."""

import time
from collections.abc import Callable, Iterable
from typing import Final

from core.runs.index import IndexRow, RunIndex
from core.runs.packing import unpacked
from core.runs.records import Run, State, UnreadableRun

_SAVE_SECONDS: Final = 5.0
_SAVE_AGAIN_SECONDS: Final = 60.0  # where it could not be done
# What others are depends on who looks, and when.
_LASTING: Final[frozenset[State]] = frozenset({"finished", "failed", "diverged", "cancelled"})

RowsOf = Callable[[Iterable[str]], list[IndexRow]]


class Indexing:
    """The side of a listing that knows the index, which may be none; not safe between threads.

    Only `write` may be called while another thread is in one of the others.
    """

    def __init__(self, index: RunIndex | None) -> None:
        self._index = index
        self._kept: dict[str, IndexRow] | None = None  # read, and not yet asked for
        self._indexed: set[str] = set()
        self._unsaved: set[str] = set()
        self._outdated: set[str] = set()  # in the index, and not to be
        self._save_after = -float("inf")

    def begin(self) -> None:
        """Read the index, if there is one, before the first look at the runs."""
        if self._kept is None:
            self._kept = self._index.load() if self._index else {}
            self._indexed = set(self._kept)

    def end_first_look(self) -> None:
        """Note that all runs there are have been asked for: the other rows are of runs gone."""
        if self._kept:
            self._outdated |= self._kept.keys()
            self._kept = {}

    def take(self, name: str, folder: str) -> tuple[str, Run] | None:
        """Return the files' marks and the run, if its folder had this mark when it was read."""
        row = self._kept.pop(name, None) if self._kept else None
        if row is None or row.folder != folder:
            return None
        try:
            return row.files, unpacked(row.record)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None  # the files say it too

    def note(self, name: str, *, lasts: bool) -> None:
        """Note that a run was read anew, or is gone; `lasts` if the index shall hold it."""
        if self._index is None:
            return
        if lasts:
            self._unsaved.add(name)
            self._outdated.discard(name)
        else:
            self._unsaved.discard(name)
            if name in self._indexed:
                self._outdated.add(name)

    def changes(self, rows_of: RowsOf) -> tuple[list[IndexRow], set[str]] | None:
        """Return rows to write and ids to take out; None where nothing is to be written now."""
        if self._index is None or time.monotonic() < self._save_after:
            return None
        if not self._unsaved and not self._outdated and self._index.exists():
            return None
        rows, outdated = rows_of(self._unsaved), self._outdated
        # From now on: one that is deleted while this is written is to be taken out again.
        self._indexed |= {row.id for row in rows}
        self._unsaved, self._outdated = set(), set()
        return rows, outdated

    def write(
        self, rows: list[IndexRow], outdated: set[str], everything: Callable[[], list[IndexRow]]
    ) -> set[str] | None:
        """Write `changes`, or `everything` where the file is another; return all ids it then has.

        None if it could not be written.
        """
        written: list[IndexRow] = rows

        def every_row() -> list[IndexRow]:
            nonlocal written
            written = everything()
            return written

        assert self._index is not None
        if not self._index.save(rows, outdated, every_row):
            return None
        ids = {row.id for row in written}
        return ids if written is not rows else (self._indexed - outdated) | ids

    def end_write(self, rows: list[IndexRow], outdated: set[str], indexed: set[str] | None) -> None:
        """Note what `write` returned; what it could not write is tried again later."""
        if indexed is None:
            self._unsaved |= {row.id for row in rows}
            self._outdated |= outdated
        else:
            self._indexed = indexed
        wait = _SAVE_AGAIN_SECONDS if indexed is None else _SAVE_SECONDS
        self._save_after = time.monotonic() + wait


def lasts(run: Run | UnreadableRun) -> bool:
    """Tell whether what `run` says is the same whoever reads its files."""
    return isinstance(run, Run) and run.status.state in _LASTING
