"""Which digit is asked for next: all ten equally often, in an order that nobody can foresee."""

import random

from core.config import CLASSES


class Prompts:
    """The digits that one visitor is asked for: the ten digits shuffled, again and again.

    The same `seed` asks for the same digits. No digit is asked for twice in a row, so that
    skipping one always gives another.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # nosec B311 # which digit comes next is no secret
        self._left = self._shuffled()
        self._current = self._left.pop()

    @property
    def current(self) -> int:
        """The digit that is asked for now."""
        return self._current

    def advance(self) -> int:
        """Go on to the next digit and return it."""
        if not self._left:
            self._left = self._shuffled()
            if self._left[-1] == self._current:
                self._left.reverse()
        self._current = self._left.pop()
        return self._current

    def _shuffled(self) -> list[int]:
        digits = list(range(CLASSES))
        self._random.shuffle(digits)
        return digits
