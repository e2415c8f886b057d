"""A program in a terminal of its own, as somebody sits before it."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping

from core.settings import PROJECT_ROOT

PATIENCE_SECONDS = 120


class Terminal:
    """`python -m core …`, or another program of Python's, in a terminal of so many columns."""

    def __init__(
        self, *words: str, settings: Mapping[str, str], program: str = "core", columns: int = 100
    ) -> None:
        # Not how wide the terminal of the tests is, either.
        others = ("DIGITLAB_", "COLUMNS", "LINES")
        kept = {name: text for name, text in os.environ.items() if not name.startswith(others)}
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-m", program, *words],
            cwd=PROJECT_ROOT,
            env=kept | {"TERM": "xterm-256color", "PYTHONUTF8": "1", **settings},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            preexec_fn=_own_terminal,
        )
        os.close(theirs)
        self._line = ours
        self.shown = ""

    def wait_for(self, text: str) -> None:
        """Wait until this was shown since the start, or since the last time it was waited for."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        start = len(self.shown)
        while text not in self.shown[start:]:
            assert time.monotonic() < deadline, f"waited in vain for {text!r}:\n{self.shown}"
            assert self._read(), f"it ended without {text!r}:\n{self.shown}"

    def type(self, text: str) -> None:
        """Type this; `\\x03` is Ctrl-C."""
        # A question is asked a moment before the answer is listened for.
        time.sleep(0.2)
        os.write(self._line, text.encode())

    def end(self) -> int:
        """Wait until it has ended, and return the exit code."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            self._read()
        self._process.kill()
        code = self._process.wait()
        while self._read():
            pass
        os.close(self._line)
        return code

    def _read(self) -> bool:
        """Take in what there is within a moment; False where there will be no more."""
        if not select.select([self._line], [], [], 0.2)[0]:
            return self._process.poll() is None
        try:
            self.shown += os.read(self._line, 65_536).decode(errors="replace").replace("\r", "")
        except OSError:  # nobody holds the other end any more
            return False
        return True


def _own_terminal() -> None:
    # So that Ctrl-C comes from this terminal, and a passphrase is asked for in it.
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
