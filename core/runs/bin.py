"""The bin: a deleted run lies in `runs/.bin/` until it is taken back or the bin is emptied."""

import functools
import os
import secrets
import shutil
import time
from pathlib import Path
from typing import Final

from core.access import Action, needs
from core.errors import RunError, RunStateError, RunUnreadableError
from core.runs import files
from core.runs.changes import changing, free_name
from core.runs.records import Run, UnreadableRun
from core.runs.store import RunStore

# What a crash left half made or half removed; anything younger may still be somebody's work.
_LEFTOVERS: Final = (".deleted-*", ".new-*", ".import-*")
_LEFTOVER_SECONDS: Final = 3600.0


def bin_of(store: RunStore) -> RunStore:
    """Return the runs in the bin, as a store of their own."""
    return _bin_at(store.root / files.BIN)


def binned(store: RunStore) -> list[Run | UnreadableRun]:
    """Return what lies in the bin, the last deleted first."""
    inside = bin_of(store)
    return sorted(inside.list(), key=lambda run: -_deleted_at(inside.root / run.id))


def bin_size(store: RunStore) -> int:
    """Return how many runs lie in the bin."""
    try:
        return sum(
            entry.is_dir() and not entry.name.startswith(".")
            for entry in (store.root / files.BIN).iterdir()
        )
    except OSError:
        return 0


@needs(Action.DELETE)
def discard(store: RunStore, run_id: str) -> str:
    """Move a run to the bin and return its id there, which is its own unless that is taken.

    Raises RunStateError for a run that waits or trains and for an example, RunNotFoundError, and
    RunError if it cannot be moved.
    """
    with changing(store.root):
        folder = store.folder(run_id)
        _refuse(store, run_id)
        inside = bin_of(store)
        try:
            inside.root.mkdir(exist_ok=True)
            place = inside.root / free_name(inside.root, run_id)
            folder.rename(place)
            files.note_change()
            if _is_active(inside, place.name):
                # Somebody resumed it between the two looks.
                place.rename(folder)
                files.note_change()
                raise _still_active(run_id)
            os.utime(place)  # says when it was deleted
        except OSError as error:
            raise RunError(f"Run {run_id} cannot be deleted ({error.strerror}).") from error
        return place.name


@needs(Action.DELETE)
def restore(store: RunStore, run_id: str) -> str:
    """Take a run back from the bin and return its id, which is new if the old one is taken.

    Raises RunNotFoundError if it is not in the bin, RunError if it cannot be moved.
    """
    with changing(store.root):
        folder = bin_of(store).folder(run_id)
        try:
            place = store.root / free_name(store.root, run_id)
            folder.rename(place)
            files.note_change()
        except OSError as error:
            raise RunError(f"Run {run_id} cannot be taken back ({error.strerror}).") from error
        return place.name


@needs(Action.DELETE)
def delete_for_good(store: RunStore, run_id: str) -> None:
    """Remove a run in the bin and all its files. Raises RunNotFoundError, RunError."""
    with changing(store.root):
        inside = bin_of(store)
        _remove(inside.folder(run_id))
        _check_gone(inside.root)


@needs(Action.DELETE)
def empty_bin(store: RunStore) -> int:
    """Remove everything in the bin for good, and return how many runs that were.

    What an interrupted deletion or import left in the folder of the runs goes too. Raises RunError
    if something cannot be removed.
    """
    with changing(store.root):
        inside = bin_of(store)
        runs = inside.list()
        for run in runs:
            _remove(inside.root / run.id)
        _sweep(store.root, _LEFTOVER_SECONDS)
        _sweep(inside.root, 0.0)
        _check_gone(inside.root)
        return len(runs)


@functools.lru_cache(maxsize=16)
def _bin_at(root: Path) -> RunStore:
    # Kept, because a store remembers what it has read.
    return RunStore(root)


def _refuse(store: RunStore, run_id: str) -> None:
    try:
        run = store.read(run_id)
    except RunUnreadableError:
        return
    if run.active:
        raise _still_active(run.name)
    if run.info.example:
        raise RunStateError(
            f"{run.name} comes with Digit Lab and stays, for the next visitor. Archive it to take "
            "it out of the table."
        )


def _is_active(store: RunStore, run_id: str) -> bool:
    try:
        return store.read(run_id).active
    except RunError:
        return False


def _still_active(name: str) -> RunStateError:
    return RunStateError(f"{name} waits or trains and cannot be deleted: cancel it first.")


def _remove(folder: Path) -> None:
    # Out of sight in one move; what follows may be interrupted.
    hidden = folder.with_name(f".deleted-{folder.name}-{secrets.token_hex(4)}")
    try:
        folder.rename(hidden)
        files.note_change()
    except OSError as error:
        raise RunError(f"Run {folder.name} cannot be deleted ({error.strerror}).") from error
    shutil.rmtree(hidden, ignore_errors=True)


def _deleted_at(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0


def _sweep(root: Path, older_than: float) -> None:
    for pattern in _LEFTOVERS:
        for folder in root.glob(pattern):
            if abs(time.time() - _deleted_at(folder)) >= older_than:
                shutil.rmtree(folder, ignore_errors=True)


def _check_gone(root: Path) -> None:
    left = [folder.name for folder in root.glob(".deleted-*")]
    if left:
        raise RunError(
            f"Some files in {root} could not be removed ({', '.join(left[:3])}). Check that they "
            "may be written to, and empty the bin again."
        )
