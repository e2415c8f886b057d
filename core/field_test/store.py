"""DrawingStore: every drawing of the field test in one folder, a file each."""

import shutil
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from core.access import Action, asks, needs, require
from core.errors import DrawingNotFoundError, FieldTestError
from core.field_test.limits import Limits, Taken, check_room
from core.field_test.listing import ENDING, Listing
from core.field_test.records import (
    Drawing,
    Original,
    UnreadableDrawing,
    as_text,
    is_drawing_id,
    read_drawing,
    read_whole,
)
from core.runs import files
from core.runs.changes import changing, free_name
from core.runs.ids import new_run_id

_LEFTOVER_SECONDS: Final = 3_600.0


class DrawingStore:
    """The drawings under `root`; safe to use from several processes at once.

    A file is written under a hidden name and put in place in one piece, so that no reader ever
    sees half a drawing; what a crash left half written is passed over.
    """

    def __init__(self, root: Path, limits: Limits | None = None) -> None:
        self.root = root.resolve()
        self.limits = limits or Limits()
        self._bin = self.root / files.BIN
        self._listing, self._binned = Listing(self.root), Listing(self._bin)

    @needs(Action.DRAW)
    def add(
        self,
        label: int,
        digit: npt.NDArray[np.uint8],
        original: Original,
    ) -> Drawing:
        """Keep a drawing of `label`, the digit that was asked for, and return it.

        `digit` is uint8 `(28, 28)`, as the models get it. Raises LimitError where no more is
        taken, FieldTestError if it cannot be written.
        """
        now = datetime.now(UTC)
        drawing = Drawing(new_run_id(), label, now, digit, hidden=False, mistake=False)
        with self._changing():
            check_room(self._taken(), self.limits, now.timestamp())
            self._write(drawing, original)
        return drawing

    def listed(self) -> list[Drawing | UnreadableDrawing]:
        """Return every drawing, newest first, unreadable ones with the reason.

        Raises FieldTestError if the folder cannot be listed.
        """
        return self._listing.look()

    def binned(self) -> list[Drawing | UnreadableDrawing]:
        """Return what was deleted and lies in the bin, newest first."""
        return self._binned.look()

    def counted(self) -> list[Drawing]:
        """Return the drawings that count: neither hidden, nor marked as a mistake, nor damaged."""
        return [found for found in self.listed() if isinstance(found, Drawing) and found.counts]

    def read(self, drawing_id: str) -> Drawing:
        """Return a drawing, also from the bin.

        Raises DrawingNotFoundError, also for a hostile id, or DrawingUnreadableError.
        """
        return read_drawing(self._path(drawing_id))

    def original(self, drawing_id: str) -> Original:
        """Return a drawing as it came from the pad; raises as `read` does."""
        return read_whole(self._path(drawing_id))[1]

    @asks(Action.CURATE)
    def mark(
        self, drawing_id: str, *, hidden: bool | None = None, mistake: bool | None = None
    ) -> Drawing:
        """Set what is given and return the drawing; one in the bin is not there.

        A mistake is its maker's to mark, hiding is the owner's. Raises AccessError,
        DrawingNotFoundError, DrawingUnreadableError, or FieldTestError if the file cannot be
        replaced.
        """
        require(Action.DRAW if hidden is None else Action.CURATE)
        with self._changing():
            drawing, original = read_whole(self._path(drawing_id, binned=False))
            changed = replace(
                drawing,
                hidden=drawing.hidden if hidden is None else hidden,
                mistake=drawing.mistake if mistake is None else mistake,
            )
            self._write(changed, original)
            return changed

    @needs(Action.CURATE)
    def discard(self, drawing_ids: Iterable[str]) -> list[str]:
        """Move drawings to the bin and return their names there; those that are gone are left out.

        A damaged file can be moved too. Raises FieldTestError if one cannot be moved.
        """
        return self._move(drawing_ids, self.root, self._bin)

    @needs(Action.CURATE)
    def restore(self, drawing_ids: Iterable[str]) -> list[str]:
        """Take drawings back from the bin, as `discard` moves them there."""
        return self._move(drawing_ids, self._bin, self.root)

    @needs(Action.CURATE)
    def empty_bin(self) -> int:
        """Remove for good what lies in the bin, and return how many drawings that were.

        What a crash left half written goes too. Raises FieldTestError if a file cannot be removed.
        """
        with self._changing():
            names = [path for path in self._bin.glob(f"*{ENDING}") if path.is_file()]
            try:
                for path in (*names, *self._leftovers()):
                    path.unlink(missing_ok=True)
            except OSError as error:
                raise FieldTestError(f"The bin cannot be emptied ({error.strerror}).") from error
            return len(names)

    def _leftovers(self) -> list[Path]:
        """Return what nobody can be writing any more."""
        earliest = time.time() - _LEFTOVER_SECONDS
        return [path for path in self.root.glob(".*.tmp") if path.stat().st_mtime < earliest]

    def _changing(self) -> AbstractContextManager[None]:
        return changing(self.root, "drawings", FieldTestError)

    def _path(self, drawing_id: str, *, binned: bool = True) -> Path:
        # An id comes from links and the command line: it must be one plain name.
        if is_drawing_id(drawing_id):
            for folder in (self.root, self._bin) if binned else (self.root,):
                path = folder / f"{drawing_id}{ENDING}"
                if path.exists():
                    return path
        raise DrawingNotFoundError(
            f"There is no drawing {drawing_id[:40]!r}. It may have been deleted for good."
        )

    def _taken(self) -> Taken:
        every = [*self.listed(), *self.binned()]
        now = time.time()
        # When a damaged one was kept is not known: it counts as old.
        times = [one.time.timestamp() if isinstance(one, Drawing) else now - 1e9 for one in every]
        used = self._listing.size() + self._binned.size()
        return Taken(times, used, shutil.disk_usage(self.root).free)

    def _write(self, drawing: Drawing, original: Original) -> None:
        try:
            with files.replacing(self.root / f"{drawing.id}{ENDING}") as temporary:
                temporary.write_text(as_text(drawing, original), encoding="utf-8")
        except OSError as error:
            raise FieldTestError(
                f"The drawing cannot be kept in {self.root} ({error.strerror}). Check that the "
                "folder may be written to and that the disk is not full."
            ) from error

    def _move(self, drawing_ids: Iterable[str], here: Path, there: Path) -> list[str]:
        moved = []
        with self._changing():
            try:
                there.mkdir(exist_ok=True)
                for drawing_id in drawing_ids:
                    path = here / f"{drawing_id}{ENDING}"
                    if _is_plain(drawing_id) and path.exists():
                        place = there / f"{free_name(there, drawing_id, ENDING)}{ENDING}"
                        path.rename(place)
                        moved.append(place.stem)
            except OSError as error:
                raise FieldTestError(
                    f"A drawing cannot be moved ({error.strerror}). Check that {self.root} may be "
                    "written to."
                ) from error
        return moved


def _is_plain(name: str) -> bool:
    """Tell whether a file may be moved under this name: damaged ones may be called anything."""
    return name == Path(name).name and not name.startswith(".") and 0 < len(name.encode()) < 200
