"""How a worker stands back for whoever looks at the pages."""

import contextlib
import os
import sys
from pathlib import Path
from typing import Final

import psutil

# Linux shares the processor out among sessions first, and a worker has a session of its own:
# without this its niceness would count for nothing against the dashboard (man 7 sched, autogroup).
_GROUP: Final = Path("/proc/self/autogroup")


def stand_back(niceness: int) -> None:
    """Let this process, and all threads that it starts, give way to others, from 0 to 19.

    With 10 it has a weight of 110 against the 1024 of a page's script: where both want a core, the
    page gets nine tenths of it. With 19 a training would stand still where other things compute.
    """
    if not hasattr(os, "nice"):
        return
    os.nice(max(0, niceness - os.nice(0)))
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError):  # where the kernel has no such groups
        if _leads_session():
            _GROUP.write_text(str(niceness))
    with contextlib.suppress(OSError, AttributeError):
        # Work in long stretches: whatever wakes up goes first, and is not asked to wait its turn.
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    with contextlib.suppress(psutil.Error, OSError):
        # Last among those that want the disk, but not only when nobody does: a checkpoint that
        # waits for ever would be none.
        psutil.Process().ionice(psutil.IOPRIO_CLASS_BE, 7)


def _leads_session() -> bool:
    """Tell whether this process has a session of its own: others' must not be slowed down."""
    return os.getsid(0) == os.getpid()
