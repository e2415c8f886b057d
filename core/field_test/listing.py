"""What was seen of the drawings in a folder, so that listing again reads only what changed."""

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import DrawingUnreadableError, FieldTestError
from core.field_test.records import Drawing, UnreadableDrawing, read_drawing
from core.runs.marks import is_past, mark_and_time

ENDING: Final = ".json"
# What appears, goes or is replaced by a rename changes the folder's own mark. Edits by hand do
# not: every file is looked at again when the last look at all of them is so old.
_LOOK_AGAIN_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class _Seen:
    mark: str  # empty where a further change could leave it as it is
    size: int
    drawing: Drawing | UnreadableDrawing


class Listing:
    """The drawings in one folder; safe to use from several threads at once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._seen: dict[str, _Seen] = {}
        self._root_mark = ""
        self._looked = 0.0
        self._drawings: list[Drawing | UnreadableDrawing] = []

    def look(self) -> list[Drawing | UnreadableDrawing]:
        """Return every drawing, newest first, unreadable ones with the reason.

        Raises FieldTestError if the folder cannot be listed; one that is missing is empty.
        """
        with self._lock:
            self._look()
            return self._drawings.copy()

    def size(self) -> int:
        """Return the bytes of all files that the last look saw."""
        with self._lock:
            return sum(seen.size for seen in self._seen.values())

    def _look(self) -> None:
        now = time.time()
        mark, changed = mark_and_time(str(self._root))
        if mark == self._root_mark and time.monotonic() - self._looked < _LOOK_AGAIN_SECONDS:
            return
        found = {name: self._see(name, now) for name in self._names()}
        self._seen = {name: seen for name, seen in found.items() if seen is not None}
        # A mark that a further change may leave as it is, is not to be recognised again.
        self._root_mark = mark if is_past(changed, now) else ""
        self._looked = time.monotonic()
        # Ids begin with the time, so that they sort by it.
        self._drawings = [self._seen[name].drawing for name in sorted(self._seen, reverse=True)]

    def _names(self) -> list[str]:
        try:
            with os.scandir(self._root) as entries:
                return [
                    entry.name
                    for entry in entries
                    # A dot begins what is half written, the lock and the bin.
                    if entry.name.endswith(ENDING) and not entry.name.startswith(".")
                ]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise FieldTestError(
                f"The drawings in {self._root} cannot be listed ({error.strerror}). Check that it "
                "is a folder that may be read."
            ) from error

    def _see(self, name: str, now: float) -> _Seen | None:
        """Look at a file, and read it where it changed; None if it was removed a moment ago."""
        path = f"{self._root}{os.sep}{name}"
        mark, changed = mark_and_time(path)
        seen = self._seen.get(name)
        if seen is not None and seen.mark == mark:
            return seen
        size = int(mark.rpartition(" ")[2])
        kept = mark if is_past(changed, now) else ""
        try:
            return _Seen(kept, size, read_drawing(Path(path)))
        except DrawingUnreadableError as error:
            shown = os.fsencode(name.removesuffix(ENDING)).decode("utf-8", "replace")
            unreadable = UnreadableDrawing(shown, str(error))
            return _Seen(kept, size, unreadable) if Path(path).exists() else None
