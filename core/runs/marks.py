"""Marks: short texts that change when a file or folder does, and how far they can be trusted."""

import os
from typing import Final

# Two changes within one tick of a file system's clock leave the same time stamp; the coarsest
# ticks are two seconds. A change younger than this may have been followed by another.
_COARSEST_TICK_SECONDS: Final = 2.5
_NOWHERE: Final = "0 0 0 0"


def mark_of(path: str) -> str:
    """Return what changes with the file or folder at `path`; the same for all that are missing."""
    return mark_and_time(path)[0]


def mark_and_time(path: str) -> tuple[str, int]:
    """Return the mark of `path`, and when that changed last in nanoseconds since 1970."""
    try:
        found = os.stat(path)  # noqa: PTH116  # a Path takes longer to make than this
    except OSError:
        return _NOWHERE, 0
    # The time of the last change of anything (ctime) too: copying tools set back the other.
    changed = found.st_ctime_ns
    return f"{found.st_mtime_ns} {changed} {found.st_ino} {found.st_size}", changed


def is_past(changed: int, now: float) -> bool:
    """Tell whether a change at `changed`, in nanoseconds, was the last one with its time stamp.

    `now`, in seconds, must have been read before the time stamp was.
    """
    return now - changed / 1e9 > _COARSEST_TICK_SECONDS
