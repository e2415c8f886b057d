"""What no example may do, whatever it is: hang, start anything, write outside its folders."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Final

import psutil

PATIENCE_SECONDS: Final = 20.0
# Of one example, over what the process held before. A picture of 40 megapixels takes 160 MB.
MOST_GROWTH: Final = 600_000_000
# Stands in what hostile examples would have executed: code that holds it was taken from one.
CANARY: Final = "digitlab_canary"
_STARTING: Final = frozenset(
    {"os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn"}
    | {"subprocess.Popen", "pty.spawn", "pickle.find_class"}
)
# Python's audit events that change a file: which arguments are paths, and which the folders that
# those begin in.
_CHANGING: Final = {
    "os.mkdir": ((0, 2),),
    "os.rename": ((0, 2), (1, 3)),
    "os.remove": ((0, 1),),
    "os.rmdir": ((0, 1),),
    "os.link": ((0, 2), (1, 3)),
    "os.symlink": ((1, 2),),
    "os.chmod": ((0, 2),),
}
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Where a process may write that only reads: nothing is kept there.
_NOWHERE: Final = ("/dev/", "/proc/self/")


class ForbiddenError(AssertionError):
    """An example did what none may do."""


class _Watch:
    """What the audit hook of this process looks at; there is one, since none can be taken out."""

    def __init__(self) -> None:
        self.folders: tuple[str, ...] | None = None  # None while nothing is watched
        self.found: list[str] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.folders is None:
            return
        if event == "open":
            path, mode, flags = arguments
            writes = bool(flags & _WRITES) if isinstance(flags, int) else mode not in (None, "r")
            # A file without a name is gone when it is closed. Python names its folder alone, and
            # tells of it twice, once without that flag; nobody can write to a folder as such.
            nameless = isinstance(flags, int) and flags & os.O_TMPFILE == os.O_TMPFILE
            nameless = nameless or (isinstance(path, str) and Path(path).is_dir())
            if writes and not nameless and not isinstance(path, int):
                self._check_place(event, path)
        elif event in _CHANGING:
            for place, folder in _CHANGING[event]:
                self._check_place(event, arguments[place], arguments[folder])
        elif event in _STARTING:
            self.found.append(f"{event} {arguments!r:.200}")
        elif event == "compile" and CANARY in repr(arguments[0]):
            self.found.append(f"an example was compiled: {arguments!r:.200}")

    def _check_place(self, event: str, path: Any, folder: int = -1) -> None:
        try:
            if folder >= 0:
                path = Path(f"/proc/self/fd/{folder}").readlink() / os.fsdecode(path)
            named = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - follows no link
        except (TypeError, ValueError, OSError):
            return
        # Python writes its compiled modules wherever they lie, at their first import.
        if named.startswith((*(self.folders or ()), *_NOWHERE)) or "__pycache__" in named:
            return
        self.found.append(f"{event} {named}")


_watch: _Watch | None = None


@contextlib.contextmanager
def only_within(*folders: Path) -> Iterator[None]:
    """Fail if the block changes a file outside `folders`, or starts or executes anything."""
    global _watch
    _watch = _watch or _Watch()
    _watch.found.clear()
    _watch.folders = tuple(str(folder) for folder in folders)
    try:
        yield
    finally:
        _watch.folders = None
    if _watch.found:
        raise ForbiddenError("; ".join(_watch.found[:5]))


@contextlib.contextmanager
def watching(patience: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Fail if the block takes longer than `patience` seconds, or leaves far more memory in use."""
    before = psutil.Process().memory_info().rss
    with _alarm(patience):
        yield
    grown = psutil.Process().memory_info().rss - before
    if grown > MOST_GROWTH:
        raise ForbiddenError(f"The memory grew by {grown / 1e6:,.0f} MB")


@contextlib.contextmanager
def _alarm(patience: float) -> Iterator[None]:
    # Only the main thread gets signals, and only there a call that waits for ever is interrupted.
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise ForbiddenError(f"It takes longer than {patience:g} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, patience)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
