"""How a worker stands back for whoever looks at the pages."""

import contextlib
import os
import sys
from typing import Final

import psutil

# Weight 335 against the 1024 of a page's script: where both want a core, the page gets three
# quarters of it. With 10 it would get nine tenths; but on a machine that computes other things too,
# a training then gets next to nothing, and with 19 or SCHED_IDLE it would stand still.
_NICE: Final = 5


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
