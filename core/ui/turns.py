"""Scripts of pages take turns, so that a class that clicks at once is answered, one after another.

Python computes in one thread at a time, and a thread that wants to go on waits until another gives
way. With forty scripts at work the one thread that sends what they drew hardly ever got its turn,
and everybody waited for a minute on a machine that was half idle. So a few scripts run, and the
rest wait in line; what pages redraw by themselves lets what somebody asked for go first, for a
while.

A script that takes long, because it waits or computes outside of Python, gives up its claim after
a second: nobody stands in line behind it for longer than that.
"""

import asyncio
import contextlib
import heapq
import itertools
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from streamlit.runtime import app_session
from streamlit.runtime.scriptrunner import ScriptRunner

from core.ui.bundles import Bundles

_AT_ONCE: Final = 2
_CLAIM_SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 1.0
_TOLD_SECONDS: Final = 5.0
# After which a thread of Python is asked to give way, by default 5 ms. Both then wait for the
# processor, which trainings hold: seldomer is faster, and not yet felt.
_SWITCH_SECONDS: Final = 0.01


class Turns:
    """Lets so many in at once, in the order in which they came; to be used from any thread."""

    def __init__(
        self,
        at_once: int = _AT_ONCE,
        claim: float = _CLAIM_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`claim` is for how many seconds somebody who is in counts."""
        self._at_once = at_once
        self._claim = claim
        self._clock = clock
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._line: list[tuple[float, int, threading.Event]] = []  # a heap of those who wait
        self._since: dict[int, float] = {}  # when those came in who are in

    @contextlib.contextmanager
    def turn(self, *, patient: bool = False) -> Iterator[None]:
        """Wait for a turn and take it while the block runs.

        Who is `patient` lets those go first who come up to a second later.
        """
        number = next(self._numbers)
        self._wait(number, _PATIENCE_SECONDS if patient else 0.0)
        try:
            yield
        finally:
            with self._lock:
                del self._since[number]
                self._let_in()

    def _wait(self, number: int, patience: float) -> None:
        called = threading.Event()
        with self._lock:
            heapq.heappush(self._line, (self._clock() + patience, number, called))
            self._let_in()
        # Nobody calls when a claim runs out: those who wait look by themselves.
        while not called.wait(self._claim / 2):
            with self._lock:
                self._let_in()

    def _let_in(self) -> None:
        """Call those who are next, each alone: a crowd that wakes up holds up everything."""
        now = self._clock()
        within = sum(now - since < self._claim for since in self._since.values())
        while self._line and within < self._at_once:
            _, number, called = heapq.heappop(self._line)
            self._since[number] = now
            within += 1
            called.set()


_turns: Final = Turns()


class _InTurn(ScriptRunner):
    """Streamlit's own, but a script begins when it is its turn, and what it draws is bundled."""

    loop: asyncio.AbstractEventLoop

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.on_event = Bundles(self.loop)

    def _run_script(self, rerun_data: Any) -> None:
        with _turns.turn(patient=rerun_data.is_auto_rerun):
            super()._run_script(rerun_data)
        self._wait_until_told()

    def _wait_until_told(self) -> None:
        """Wait until the server's thread knows of all that the script did.

        What a browser asks for afterwards begins in another thread, and from then on Streamlit no
        longer listens to this one: what it drew last would never be sent.
        """
        told = threading.Event()
        with contextlib.suppress(RuntimeError):  # the server ends
            self.loop.call_soon_threadsafe(told.set)
            told.wait(_TOLD_SECONDS)


def let_scripts_take_turns() -> None:
    """From now on, the scripts of all pages take turns; to be called in the server's event loop."""
    _InTurn.loop = asyncio.get_running_loop()
    # Streamlit offers no place to say so; where its sessions begin to run scripts, they look here.
    app_session.ScriptRunner = _InTurn  # type: ignore[attr-defined]
    sys.setswitchinterval(_SWITCH_SECONDS)
