"""Visitors' computers are elsewhere: here, what plays them stands back, and begins together.

Five browsers that draw without a graphics card want more than the two cores of a small machine.
Linux shares those out among sessions, so the server would get no more than each of the browsers,
and the figures would tell how crowded the machine is. Behind the server, though before the
trainings, the visitors get what it leaves. Their own slowness counts in what is measured.
"""

import contextlib
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psutil

from core.runs import priority

_NICENESS: Final = 5  # a weight of 335 against the 1024 of the server, and the 110 of a training


def wait_for_start() -> float:
    """Say that all is prepared, wait until who started this process says go; return when it is."""
    print("ready", flush=True)
    sys.stdin.readline()
    return time.monotonic()


def let_start(children: Sequence[subprocess.Popen[str]]) -> None:
    """Wait until all of `children` are prepared, and let them begin."""
    for child in children:
        assert child.stdout is not None
        child.stdout.readline()
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()


def stand_back() -> None:
    """Let this process, and all that it starts in its session, stand back behind the server."""
    priority.stand_back(_NICENESS)


def stand_back_too() -> None:
    """The same for all sessions that its children have opened: a browser has one of its own."""
    for child in psutil.Process().children(recursive=True):
        # Not on Linux, or its kernel has no such groups, or the process has ended.
        with contextlib.suppress(OSError):
            Path(f"/proc/{child.pid}/autogroup").write_text(str(_NICENESS), encoding="ascii")
