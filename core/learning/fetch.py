"""Fetch MNIST with torchvision into the data folder, all or nothing, in a process of its own.

`python -m core.learning.fetch DATA_ROOT [--mirror URL]` prints one line of JSON a change:
`{"bytes": n, "total": m}`, at the end `{"done": true}` or `{"error": "sentence"}`. It exits with
0 when MNIST is there, 1 when it could not be fetched and 2 when it was called wrongly.
"""

import argparse
import errno
import json
import os
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

import psutil

from core.errors import DataError
from core.learning.idx import MNIST_FILES, mnist_folder, read_idx

# The four .gz files as published: train images and labels, test images and labels.
ARCHIVE_BYTES: Final = 9_912_422 + 28_881 + 1_648_877 + 4_542
TIMEOUT_SECONDS: Final = 10.0
_WATCH_SECONDS: Final = 0.2
_HIDDEN: Final = ".fetch-"
_SILENT: Final = "the network does not answer"
_DAMAGED: Final = "what arrived is damaged or not MNIST"
# torchvision hands on what went wrong as text alone: what that holds, and how it is said.
_REASONS: Final = {
    "corrupted": _DAMAGED,
    "HTTP Error": "the server does not hand it out",
    "CERTIFICATE_VERIFY_FAILED": "the server's certificate is not trusted here",
}

Progress = Callable[[int, int], None]


def fetch_mnist(
    data_root: Path,
    dataset_class: type[Any] | None = None,
    on_progress: Progress = lambda _bytes, _total: None,
    mirror: str | None = None,
    timeout: float = TIMEOUT_SECONDS,
) -> None:
    """Put MNIST's four files under `data_root` in torchvision's layout unless they lie there whole.

    `dataset_class` is torchvision's MNIST or a class like it; `mirror` is an address to ask in
    place of its own. `on_progress` gets the bytes that have arrived and the bytes of all archives.
    When nothing arrives for `timeout` seconds it gives up; the process's default socket timeout
    is set meanwhile. Raises DataError with what to do if MNIST cannot be fetched.
    """
    if _is_whole(mnist_folder(data_root)):
        return
    if dataset_class is None:
        # Imported here: it takes seconds that a data folder already filled need not wait for.
        from torchvision.datasets import MNIST
    base: Any = dataset_class or MNIST
    mirrors = [_checked(mirror)] if mirror else base.mirrors
    # torchvision calls its folder as the class is called.
    mnist_class = type("MNIST", (base,), {"mirrors": mirrors})
    hidden = data_root / f"{_HIDDEN}{os.getpid()}"
    earlier_timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(timeout)
    try:
        _remove_leftovers(data_root)
        _download(mnist_class, hidden, on_progress, timeout)
        _publish(mnist_folder(hidden), data_root)
    finally:
        socket.setdefaulttimeout(earlier_timeout)
        shutil.rmtree(hidden, ignore_errors=True)


def _download(mnist: type[Any], hidden: Path, on_progress: Progress, timeout: float) -> None:
    failures: list[Exception] = []

    def download() -> None:
        try:
            mnist(hidden, train=False, download=True)
        except Exception as error:  # noqa: BLE001  raised again by the thread that waits
            failures.append(error)

    # In a thread: a socket's timeout counts anew for each address and not for looking up names.
    thread = threading.Thread(target=download, daemon=True)
    thread.start()
    _watch(thread, hidden, on_progress, timeout)
    if thread.is_alive():  # given up
        raise _failure(_SILENT, hidden.parent)
    if failures:
        raise _translated(failures[0], hidden.parent) from failures[0]
    if not _is_whole(mnist_folder(hidden)):
        raise _failure(_DAMAGED, hidden.parent)


def _watch(thread: threading.Thread, hidden: Path, on_progress: Progress, timeout: float) -> None:
    """Report progress until the thread ends or nothing has been written for `timeout` seconds."""
    on_progress(0, ARCHIVE_BYTES)
    seen, last_change = (0, 0), time.monotonic()
    while thread.is_alive() and time.monotonic() - last_change < timeout:
        thread.join(_WATCH_SECONDS)
        sizes = {path: path.stat().st_size for path in hidden.rglob("*-ubyte*")}
        arrived = sum(size for path, size in sizes.items() if path.suffix == ".gz")
        # Unpacking adds nothing to what has arrived, but is a sign of life.
        if (now := (arrived, sum(sizes.values()))) != seen:
            seen, last_change = now, time.monotonic()
            on_progress(arrived, ARCHIVE_BYTES)


def _publish(fresh: Path, data_root: Path) -> None:
    folder = mnist_folder(data_root)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in MNIST_FILES:
            (fresh / name).replace(folder / name)
    except OSError as error:
        raise _translated(error, data_root) from error


def _is_whole(folder: Path) -> bool:
    try:
        return all(read_idx(folder / name, shape).size for name, shape in MNIST_FILES.items())
    except DataError:
        return False


def _remove_leftovers(data_root: Path) -> None:
    for folder in data_root.glob(f"{_HIDDEN}*"):
        pid = folder.name.removeprefix(_HIDDEN)
        # One with our own number is of an earlier process: numbers repeat, in containers soon.
        if pid.isdecimal() and (int(pid) == os.getpid() or not psutil.pid_exists(int(pid))):
            shutil.rmtree(folder, ignore_errors=True)


def _checked(mirror: str) -> str:
    if not mirror.startswith(("http://", "https://")):
        raise DataError(f"The mirror {mirror!r} is not a web address. Begin it with https://.")
    return mirror.rstrip("/") + "/"


def _translated(error: Exception, data_root: Path) -> Exception:
    """Return the DataError that says what `error` means to the user, or a bug as it is."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DataError(f"The disk of {data_root} is full. Free 100 MB and fetch MNIST again.")
    if isinstance(error, OSError) and error.filename is not None:  # the network names no file
        return DataError(
            f"MNIST cannot be written to {data_root} ({error.strerror}). "
            "Make the folder writable, or name another in DIGITLAB_DATA."
        )
    if isinstance(error, EOFError | ValueError):
        return _failure(_DAMAGED, data_root)
    if not isinstance(error, OSError | RuntimeError | HTTPException):
        return error
    known = [reason for mark, reason in _REASONS.items() if mark in str(error)]
    return _failure(known[0] if known else _SILENT, data_root)


def _failure(reason: str, data_root: Path) -> DataError:
    return DataError(
        f"MNIST could not be fetched: {reason}. Check the connection and try again, "
        f"or copy the four files into {mnist_folder(data_root)}."
    )


def main() -> int:
    """Fetch MNIST as the command line says and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m core.learning.fetch")
    parser.add_argument("data_root", type=Path)
    parser.add_argument("--mirror", help="an address that serves the four .gz files")
    asked = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):
        # As an exception, so that the hidden folder goes with the process.
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    try:
        return _fetch_aloud(asked.data_root, asked.mirror)
    except BrokenPipeError:
        os._exit(1)  # whoever asked is gone; a usual exit would complain about that once more


def _fetch_aloud(data_root: Path, mirror: str | None) -> int:
    try:
        fetch_mnist(data_root, None, lambda n, total: _say(bytes=n, total=total), mirror)
    except DataError as error:
        _say_last(error=str(error))
        return 1
    _say_last(done=True)
    return 0


def _say_last(**message: object) -> None:
    # Whoever hears the last word may end this process at once. There is nothing left to tidy, and
    # the exception of before would surface as a traceback in the middle of Python's own exit.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    _say(**message)


def _say(**message: object) -> None:
    print(json.dumps(message), flush=True)  # noqa: T201  the output is the interface


if __name__ == "__main__":
    sys.exit(main())
