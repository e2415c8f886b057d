"""Whether a process that a run folder names still lives, and still trains this very folder.

A copy of a folder, made while its worker wrote, names a process that lives: it trains the
original, and nothing that is asked of the copy may reach it. The two are told apart by the
folder's number on its disk, which a copy does not share and a renamed folder keeps.
"""

import os
import platform
import time
from pathlib import Path
from typing import Final

import psutil

from core.runs.records import Process, Status

# A worker on another machine cannot be looked up; its silence for this long counts as its end.
_REMOTE_SILENCE_SECONDS: Final = 60.0


def own_process(folder: Path | None = None) -> Process:
    """Describe the calling process, and the run's folder that it writes to."""
    return Process(
        pid=os.getpid(),
        create_time=psutil.Process().create_time(),
        host=platform.node(),
        folder=_number_of(folder) if folder else "",
        since_boot=_since_boot(os.getpid()),
    )


def find_process(identity: Process) -> psutil.Process | None:
    """Return the live process that `identity` describes; None if it has ended, or is elsewhere."""
    if identity.host != platform.node():
        return None
    try:
        process = psutil.Process(identity.pid)
        # A killed child stays a zombie until it is reaped, and its pid may be given out again.
        if identity.since_boot:
            same = _since_boot(identity.pid) == identity.since_boot
        else:
            # The clock that create_time is reckoned by may be set back or forth by a little.
            same = abs(process.create_time() - identity.create_time) < 2.0
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def is_training(status: Status, folder: Path) -> bool:
    """Tell whether the worker that wrote `status` still lives and trains the run in `folder`."""
    if status.process is None:
        return False
    if status.process.host != platform.node():
        return time.time() - status.heartbeat < _REMOTE_SILENCE_SECONDS
    # Workers of before did not note it; on another machine the disk may have another number.
    named = status.process.folder
    if named and named != _number_of(folder):
        return False
    return find_process(status.process) is not None


def _since_boot(pid: int) -> str:
    """Return when a process began, counted from the machine's start, and which start that was.

    The same moment by the clock is another one as soon as somebody sets the clock. Empty where
    the system does not tell (other than Linux), or there is no such process.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        # The name, in brackets, may hold anything; after it the 20th word counts clock ticks.
        words = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return f"{boot} {int(words[19])}"
    except (OSError, ValueError, IndexError):
        return ""


def _number_of(folder: Path) -> str:
    """Return what tells a folder from all others on this machine, a copy of it included."""
    try:
        found = folder.stat()
    except OSError:
        return "gone"
    return f"{found.st_dev}:{found.st_ino}"
