"""How a worker stands back for whoever looks at the pages."""

import contextlib
import os
import sys
from typing import Final

import psutil

# Weight 110 against the 1024 of a page's script: where both want a core, the page gets nine tenths
# of it, and a training still some of it. SCHED_IDLE or 19 would let a training stand still for
# as long as anything else computes.
_NICE: Final = 10


def stand_back() -> None:
    """Let this process, and all threads that it starts, give way to others."""
    if not hasattr(os, "nice"):
        return
    os.nice(max(0, _NICE - os.nice(0)))
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        # Work in long stretches: whatever wakes up goes first, and is not asked to wait its turn.
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    with contextlib.suppress(psutil.Error, OSError):
        # Last among those that want the disk, but not only when nobody does: a checkpoint that
        # waits for ever would be none.
        psutil.Process().ionice(psutil.IOPRIO_CLASS_BE, 7)
