"""Who met a limit: counted by kind, so that the owner sees that visitors are turned away.

In memory only, and only as numbers: a visitor is no more than an opaque word that tells two of
them apart for an hour.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from core.errors import AccessError, DigitLabError, DiskLimitError, LimitError

_KEPT: Final = 2_000  # somebody may be refused thousands of times a minute
_HOUR: Final = 3_600.0
# The first that fits counts.
_KINDS: Final[dict[type[DigitLabError], str]] = {
    DiskLimitError: "disk",
    LimitError: "limit",
    AccessError: "role",
}


@dataclass(frozen=True)
class Refusal:
    """What visitors met: how often, how many of them as far as is known, and the last sentence."""

    kind: str
    count: int
    visitors: int
    sentence: str


@dataclass(frozen=True)
class _Noted:
    at: float
    kind: str
    sentence: str
    visitor: str


class Refusals:
    """The refusals of this process; for use from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._noted: deque[_Noted] = deque(maxlen=_KEPT)
        self._totals: Counter[str] = Counter()

    def note(self, kind: str, sentence: str, visitor: str = "") -> None:
        """Count that somebody met the limit `kind`, a short word, and was told `sentence`.

        `visitor` tells visitors apart, such as by their session; it is never shown.
        """
        with self._lock:
            self._noted.append(_Noted(self._clock(), kind, sentence, visitor))
            self._totals[kind] += 1

    def totals(self) -> dict[str, int]:
        """Return how often each kind was met since the process began."""
        with self._lock:
            return dict(self._totals)

    def recent(self, seconds: float = _HOUR) -> list[Refusal]:
        """Return what was met in the last `seconds`, the most frequent first."""
        with self._lock:
            since = self._clock() - seconds
            lately = [one for one in self._noted if one.at >= since]
        kinds = dict.fromkeys(one.kind for one in lately)
        found = [_summed([one for one in lately if one.kind == kind]) for kind in kinds]
        return sorted(found, key=lambda refusal: -refusal.count)

    def summary(self) -> str:
        """Return in a sentence for the owner who met a limit in the last hour; empty if nobody."""
        found = self.recent()
        if not found:
            return ""
        times = sum(refusal.count for refusal in found)
        often = "once" if times == 1 else f"{times:,} times"
        said = " ".join(f"{refusal.sentence} ({refusal.count:,}×)" for refusal in found)
        return f"Visitors met a limit {often} in the last hour: {said}"


def _summed(noted: list[_Noted]) -> Refusal:
    # Those who are not told apart count once each.
    known = {one.visitor for one in noted if one.visitor}
    unknown = sum(not one.visitor for one in noted)
    last = noted[-1]
    return Refusal(last.kind, len(noted), len(known) + unknown, last.sentence)


refusals: Final = Refusals()


def note(kind: str, sentence: str, visitor: str = "") -> None:
    """Count in this process's ledger that somebody met a limit; see `Refusals.note`."""
    refusals.note(kind, sentence, visitor)


def note_error(error: DigitLabError, visitor: str = "") -> None:
    """Count `error` if it is one of a limit; others are none of the ledger's business."""
    kind = next((kind for of, kind in _KINDS.items() if isinstance(error, of)), None)
    if kind is not None:
        note(kind, str(error), visitor)
