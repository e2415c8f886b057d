"""One change at a time to the run folders under a root: labels, the bin, what is taken in."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from core.errors import RunError
from core.runs import files

_PATIENCE_SECONDS: Final = 20.0


@contextlib.contextmanager
def changing(root: Path) -> Iterator[None]:
    """Hold the lock for changes under `root`, so that no two of them undo each other.

    Raises RunError if others hold it for too long, or the folder may not be written to.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(root / files.CHANGES_LOCK)
        lock.acquire(timeout=_PATIENCE_SECONDS)
    except Timeout as error:
        raise RunError("Others are changing the runs: try again in a moment.") from error
    except OSError as error:
        raise RunError(
            f"The runs in {root} cannot be changed ({error.strerror}). Check that the folder may "
            "be written to and that the disk is not full."
        ) from error
    try:
        yield
    finally:
        lock.release()


def free_name(taken: Path, name: str) -> str:
    """Return `name`, or `name-2`, `name-3` …, such that the folder `taken` has none like it."""
    found, number = name, 1
    while (taken / found).exists():
        number += 1
        found = f"{name}-{number}"
    return found
