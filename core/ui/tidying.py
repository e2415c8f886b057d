"""Hands memory back to the system once visitors have left.

A class leaves a hundred megabytes behind: sessions that nobody comes back to, cycles that Python's
own look for garbage gets to seldom, and freed blocks that the C library keeps. The last two looks
stop everything for a moment, so they wait until at least a third of the sessions are gone.
"""

import asyncio
import gc
import logging
from collections.abc import Callable
from typing import Final

from core.ui.allocation import glibc

_LOOK_EVERY_SECONDS: Final = 20.0
_FEWEST: Final = 3  # sessions that are gone, before it is worth it

_log = logging.getLogger(__name__)


class Tidying:
    """Looks at the number of sessions that are held now and then; tidies up when many are gone."""

    def __init__(self, held: Callable[[], int]) -> None:
        """`held` forgets those whose time is over, and counts the others."""
        self._held = held
        self._most = 0

    async def run(self, every: float = _LOOK_EVERY_SECONDS) -> None:
        """Look every so many seconds, until cancelled."""
        while True:
            await asyncio.sleep(every)
            try:
                if self.is_due():
                    await asyncio.to_thread(tidy_up)
                    _log.info("Memory of visitors who left was handed back")
            except Exception:  # noqa: BLE001 - nobody waits for this: it would end without a word
                _log.exception("Memory of visitors who left could not be handed back")

    def is_due(self) -> bool:
        """Tell whether many sessions are gone since the last time that this said so."""
        now = self._held()
        self._most = max(self._most, now)
        if self._most - now < max(_FEWEST, self._most / 3):
            return False
        self._most = now
        return True


def tidy_up() -> None:
    """Collect garbage, and give what is free back to the system where the C library is glibc."""
    gc.collect()
    trim = glibc("malloc_trim")
    if trim is not None:
        trim(0)
