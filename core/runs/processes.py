"""Whether a process that a run folder names is still the one that wrote it."""

import os
import platform
import time
from typing import Final

import psutil

from core.runs.records import Process, Status

# A worker on another machine cannot be looked up; its silence for this long counts as its end.
_REMOTE_SILENCE_SECONDS: Final = 60.0


def own_process() -> Process:
    """Describe the calling process."""
    return Process(
        pid=os.getpid(), create_time=psutil.Process().create_time(), host=platform.node()
    )


def find_process(identity: Process) -> psutil.Process | None:
    """Return the live process that `identity` describes, or None if it has ended."""
    try:
        process = psutil.Process(identity.pid)
        # A killed child stays a zombie until it is reaped, and its pid may be given out again.
        # The clock that create_time is reckoned by may be set back or forth by a little.
        same = abs(process.create_time() - identity.create_time) < 2.0
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def is_training(status: Status) -> bool:
    """Tell whether the worker that wrote `status` still lives."""
    if status.process is None:
        return False
    if status.process.host != platform.node():
        return time.time() - status.heartbeat < _REMOTE_SILENCE_SECONDS
    return find_process(status.process) is not None
