"""Hands memory back to the system once visitors have left.

A class leaves a hundred megabytes behind: cycles that Python's own look for garbage gets to
seldom, and freed blocks that the C library keeps. Both looks stop everything for a moment, so they
wait until nobody is there, or at least a third of those who were.
"""

import ctypes
import gc
import logging
import threading
from collections.abc import Callable
from typing import Final

_LOOK_EVERY_SECONDS: Final = 20.0
_FEWEST: Final = 3  # who has left, before it is worth it

_log = logging.getLogger(__name__)


class Tidying:
    """Looks at the number of open pages now and then; tidies up when many have gone."""

    def __init__(self, open_pages: Callable[[], int]) -> None:
        self._open_pages = open_pages
        self._most = 0
        self._stop = threading.Event()

    def start(self) -> None:
        """Look in a thread of this process until `stop`."""
        threading.Thread(target=self._run, name="tidying", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def look(self) -> bool:
        """Tidy up if enough pages were closed since the last time, and tell whether."""
        now = self._open_pages()
        self._most = max(self._most, now)
        if self._most - now < max(_FEWEST, self._most / 3):
            return False
        tidy_up()
        # Streamlit keeps a session for two minutes after its page was closed: look again then.
        self._most = max(now, self._most // 2)
        return True

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_EVERY_SECONDS):
            if self.look():
                _log.info("Memory of visitors who left was handed back")


def tidy_up() -> None:
    """Collect garbage, and give what is free back to the system where the C library is glibc."""
    gc.collect()
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return
    trim(0)
