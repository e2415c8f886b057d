"""What a script draws goes to the thread that sends it in bundles, not element by element.

Each element used to wake that thread, some ninety times for a page; and each time the two waited
for each other, longer than the element took to make where trainings hold the processor.
"""

import asyncio
import threading
from typing import Any, Final

from streamlit.runtime.scriptrunner import ScriptRunnerEvent
from streamlit.signal_util import Signal

_SECONDS: Final = 0.03  # shorter than anybody sees


class Bundles(Signal):
    """A signal that holds back what a script draws for an instant, and passes all else on at once.

    What it is told arrives in the same order. What is held goes out by itself, from the event loop,
    also while the script computes.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float = _SECONDS) -> None:
        """`loop` is the server's; at most `seconds` something is held back."""
        super().__init__()
        self._loop = loop
        self._seconds = seconds
        # Held while something is passed on: what comes later must not overtake it.
        self._order = threading.RLock()
        self._held: list[tuple[Any, dict[str, Any]]] = []

    def send(self, sender: Any = None, /, **told: Any) -> None:
        """Tell all receivers, now or in an instant."""
        with self._order:
            if told.get("event") is not ScriptRunnerEvent.ENQUEUE_FORWARD_MSG:
                self._pass_on()
                super().send(sender, **told)
                return
            self._held.append((sender, told))
            if len(self._held) > 1 or self._loop.is_closed():
                return
        self._loop.call_soon_threadsafe(self._loop.call_later, self._seconds, self._pass_on)

    def _pass_on(self) -> None:
        with self._order:
            held, self._held = self._held, []
            for sender, told in held:
                super().send(sender, **told)
