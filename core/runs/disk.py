"""How much room the runs have: when to warn, and when nothing new is begun any more.

What trains goes on, and ends with a sentence if the disk is full after all; what waits, waits
until there is room. The free space costs one system call. What the runs take together would mean
to look at every file, so a thread adds it up now and then and the last sum is used meanwhile.
"""

import os
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from core.errors import DiskLimitError
from core.settings import Settings

DiskState = Literal["ok", "warning", "stopped"]
_FREE_SECONDS: Final = 1.0
_SUM_SECONDS: Final = 60.0
_WARN_SHARE: Final = 0.9  # of what the runs may take together


@dataclass(frozen=True)
class DiskLimits:
    """In bytes: below which free space to warn and to stop, and the most that runs may take."""

    warn_free: int = 2_000_000_000
    stop_free: int = 500_000_000
    most_runs: int | None = None


@dataclass(frozen=True)
class DiskUse:
    """The disk of the runs at one moment; sizes in bytes.

    `free` is None where it cannot be told, `runs` before it was added up. `sentence` says what is
    wrong and what to do, and is empty while nothing is.
    """

    state: DiskState
    free: int | None
    runs: int | None
    sentence: str


class Disk:
    """The disk that `root` lies on; safe to use from several threads at once."""

    def __init__(self, root: Path, limits: DiskLimits | None = None) -> None:
        self._root = root
        self.limits = limits or DiskLimits()
        self._lock = threading.Lock()
        self._use: DiskUse | None = None
        self._looked = 0.0
        self._runs: int | None = None
        self._summed = -float("inf")
        self._adding = False

    def look(self) -> DiskUse:
        """Return how things stand, at most a second old; the sum of the runs about a minute."""
        with self._lock:
            now = time.monotonic()
            if self._use is None or now - self._looked > _FREE_SECONDS:
                self._use, self._looked = self._judge(), now
            if now - self._summed > _SUM_SECONDS and not self._adding:
                self._adding = True
                threading.Thread(target=self.add_up, name="disk-use", daemon=True).start()
            return self._use

    def check(self) -> None:
        """Raise DiskLimitError with a sentence if nothing new is to be begun."""
        use = self.look()
        if use.state == "stopped":
            raise DiskLimitError(use.sentence)

    def add_up(self) -> None:
        """Look at all files under the root and add up what they take."""
        size = size_of(self._root)
        with self._lock:
            self._runs, self._summed, self._adding = size, time.monotonic(), False
            self._use = None

    def _judge(self) -> DiskUse:
        free = free_bytes(self._root)
        state, sentence = self._of_free(free)
        if state != "stopped" and self.limits.most_runs is not None and self._runs is not None:
            of_runs, said = self._of_runs(self._runs, self.limits.most_runs)
            if of_runs != "ok":
                state, sentence = of_runs, said
        return DiskUse(state, free, self._runs, sentence)

    def _of_free(self, free: int | None) -> tuple[DiskState, str]:
        if free is None or free >= max(self.limits.warn_free, self.limits.stop_free):
            return "ok", ""
        left = f"The disk of the runs has {_size(free)} left"
        if free >= self.limits.stop_free:
            return "warning", (
                f"{left}. Below {_size(self.limits.stop_free)} no further run is started: make "
                "room, for example by emptying the bin."
            )
        return "stopped", (
            f"{left}, so no further run is started or taken in. What waits starts by itself once "
            f"there are {_size(self.limits.stop_free)}: the owner has to make room, for example "
            "by emptying the bin."
        )

    def _of_runs(self, runs: int, most: int) -> tuple[DiskState, str]:
        if runs < most * _WARN_SHARE:
            return "ok", ""
        taken = f"The runs take {_size(runs)} of the {_size(most)} that they may"
        if runs < most:
            return "warning", f"{taken}. At {_size(most)} no further run is started."
        return "stopped", (
            f"{taken}, so no further run is started or taken in. The owner has to delete some and "
            "empty the bin, or allow more (DIGITLAB_MAX_RUNS_GB). What waits starts by itself "
            "then."
        )


def disk_of(settings: Settings) -> Disk:
    """Return the disk of the runs with the limits that the owner set."""
    limits = DiskLimits(settings.warn_free, settings.stop_free, settings.most_runs)
    return Disk(settings.runs, limits)


def free_bytes(folder: Path) -> int | None:
    """Return the free bytes of the disk that `folder` lies on, or will; None if nobody knows."""
    for place in (folder, *folder.parents):
        try:
            return shutil.disk_usage(place).free
        except FileNotFoundError:
            continue
        except OSError:
            return None
    return None


def size_of(folder: Path) -> int:
    """Return the bytes of all files in `folder` and below; what goes meanwhile is passed over."""
    total, folders = 0, [os.fspath(folder)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return total


def _size(size: int) -> str:
    if size >= 1_000_000_000:
        return f"{size / 1e9:.1f} GB"
    return f"{size / 1e6:.0f} MB"
