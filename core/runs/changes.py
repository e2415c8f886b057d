"""One change at a time to what lies under a root: runs (labels, the bin, imports), drawings."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from core.errors import DigitLabError, RunError
from core.runs import files

_PATIENCE_SECONDS: Final = 20.0


@contextlib.contextmanager
def changing(
    root: Path, what: str = "runs", error_kind: type[DigitLabError] = RunError
) -> Iterator[None]:
    """Hold the lock for changes under `root`, so that no two of them undo each other.

    Raises `error_kind` if others hold it for too long, or the folder may not be written to; its
    sentence calls what lies there `what`.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(root / files.CHANGES_LOCK)
        lock.acquire(timeout=_PATIENCE_SECONDS)
    except Timeout as error:
        raise error_kind(f"Others are changing the {what}: try again in a moment.") from error
    except OSError as error:
        raise error_kind(
            f"The {what} in {root} cannot be changed ({error.strerror}). Check that the folder may "
            "be written to and that the disk is not full."
        ) from error
    try:
        yield
    finally:
        lock.release()


def free_name(taken: Path, name: str, ending: str = "") -> str:
    """Return `name`, or `name-2`, `name-3` …, such that the folder `taken` has none like it.

    `ending` is what a file's name has behind it.
    """
    found, number = name, 1
    while (taken / f"{found}{ending}").exists():
        number += 1
        found = f"{name}-{number}"
    return found
