"""How often parts of pages that show runs at work are redrawn: the more look on, the seldomer.

Every open page has its live parts drawn anew each second. A class of pages would take all of a
server's time for that, and whoever clicks would wait; so all of them together get a share of one
core, and each its turn as often as that allows.
"""

import functools
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

_SHARE: Final = 0.12  # of one core, for the scripts alone: sending what they drew takes as much
_FORGOTTEN_SECONDS: Final = 60.0
_LONGEST: Final = 15.0  # times as seldom as wanted, at most
_ANSWERS_A_SECOND: Final = 12.0  # an answer takes the server about 4 ms, with all around it
_LONGEST_PAUSE: Final = 10.0
_STEP: Final = 1.5  # times: smaller changes are not worth telling a browser


@dataclass(frozen=True)
class _Part:
    cost: float  # seconds of processor time, each time
    every: float
    seen: float


class Pace:
    """What the live parts of all open pages cost, and how often they may be redrawn for it."""

    def __init__(self, share: float = _SHARE, clock: Callable[[], float] = time.monotonic) -> None:
        self._share = share
        self._clock = clock
        self._parts: dict[Hashable, _Part] = {}
        self._lock = threading.Lock()

    def note(self, part: Hashable, cost: float, every: float) -> float:
        """Note what a part that wants to be redrawn `every` so many seconds has cost this time.

        Returns after how many seconds it shall be redrawn: `every`, or times 1.5, 2.25 and so on.
        """
        now = self._clock()
        with self._lock:
            self._parts[part] = _Part(cost, every, now)
            oldest = now - _FORGOTTEN_SECONDS
            for key in [key for key, known in self._parts.items() if known.seen < oldest]:
                del self._parts[key]
            wanted = sum(known.cost / known.every for known in self._parts.values())
        times = min(_LONGEST, max(1.0, wanted / self._share))
        return every * _STEP ** math.ceil(math.log(times, _STEP) - 0.5)


class AskingPace:
    """How often pages may ask for something small, so that all together ask seldom enough."""

    def __init__(
        self,
        a_second: float = _ANSWERS_A_SECOND,
        shortest: float = 1.0,
        longest: float = _LONGEST_PAUSE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`a_second` is how many answers there may be, `shortest` and `longest` are in seconds."""
        self._a_second = a_second
        self._shortest = shortest
        self._longest = longest
        self._clock = clock
        self._answered: deque[float] = deque()
        self._pause = shortest
        self._lock = threading.Lock()

    def note(self) -> float:
        """Note an answer, and return after how many seconds the same page may ask again.

        As each asks once within the pause that it was told, so many pages ask as were answered
        within it.
        """
        now = self._clock()
        with self._lock:
            self._answered.append(now)
            while self._answered[0] <= now - self._pause:
                self._answered.popleft()
            wanted = len(self._answered) / self._a_second
            self._pause = min(self._longest, max(self._shortest, math.ceil(2 * wanted) / 2))
            return self._pause


@functools.cache
def pace() -> Pace:
    """Return that of this process."""
    return Pace()


def draw_repeatedly(draw: Callable[[], None], every: float) -> None:
    """Draw a fragment anew `every` so many seconds, or as often as the server has time for it."""
    told = [every]

    def part() -> None:
        begun = time.thread_time()
        draw()
        context, fragment = get_script_run_ctx(), ThreadState.get().fragment_id
        if context is None or fragment is None:
            return
        key = (context.session_id, fragment)
        seconds = pace().note(key, time.thread_time() - begun, every)
        if seconds != told[0]:
            told[0] = seconds
            message = ForwardMsg()
            message.auto_rerun.interval = seconds
            message.auto_rerun.fragment_id = fragment
            context.enqueue(message)

    st.fragment(part, run_every=every)()
