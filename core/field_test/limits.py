"""How many drawings the field test takes, so that no flood fills the disk or drowns the rest."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.errors import LimitError

_MINUTE = 60.0
_DAY = 86_400.0


@dataclass(frozen=True)
class Limits:
    """The most that is taken: of one visitor, and of all together (a class may draw at once)."""

    session_minute: int = 15
    session: int = 300
    minute: int = 300
    day: int = 5_000
    in_all: int = 20_000  # those in the bin too: they lie on the disk
    folder_bytes: int = 300_000_000
    free_bytes: int = 200_000_000  # of the disk, which must stay for the runs


@dataclass
class SessionCount:
    """When one visitor's drawings of this visit were kept, in seconds of a steady clock.

    It slows a hand down and cannot stop one: whoever loads the page anew begins a new visit.
    """

    kept: list[float] = field(default_factory=list)

    def check(self, limits: Limits) -> None:
        """Raise LimitError if this visitor has to wait, or has drawn enough."""
        now = time.monotonic()
        if len(self.kept) >= limits.session:
            raise LimitError(
                f"You have drawn {len(self.kept)} digits in this visit, which is as many as are "
                "taken in one. Thank you."
            )
        if _within(self.kept, _MINUTE, now) >= limits.session_minute:
            raise LimitError(
                f"That was {limits.session_minute} drawings within a minute. Wait a moment, then "
                "press Done again."
            )

    def note(self) -> None:
        """Count a drawing that was just kept."""
        self.kept.append(time.monotonic())


@dataclass(frozen=True)
class Taken:
    """What there is already: when each drawing was kept (seconds since 1970), and the disk."""

    times: Sequence[float]  # of all, in the bin or not, in any order
    folder_bytes: int
    free_bytes: int


def check_room(taken: Taken, limits: Limits, now: float) -> None:
    """Raise LimitError if no further drawing is taken from anybody; `now` in seconds since 1970."""
    if len(taken.times) >= limits.in_all:
        raise LimitError(
            f"The field test has {len(taken.times):,} drawings, as many as it takes. The owner can "
            "export them and delete some, and empty the bin."
        )
    if taken.folder_bytes >= limits.folder_bytes:
        raise LimitError(
            f"The drawings take {taken.folder_bytes / 1e6:,.0f} MB on the disk, as much as they "
            "may. The owner can export them and delete some, and empty the bin."
        )
    if taken.free_bytes < limits.free_bytes:
        raise LimitError(
            "The disk is nearly full, so the drawing was not kept. The owner has to make room."
        )
    if _within(taken.times, _DAY, now) >= limits.day:
        raise LimitError(
            f"All visitors together have drawn {limits.day:,} digits within a day, which is as "
            "many as are taken. Come back tomorrow."
        )
    if _within(taken.times, _MINUTE, now) >= limits.minute:
        raise LimitError(
            f"All visitors together have drawn {limits.minute} digits within a minute. Wait a "
            "moment, then press Done again."
        )


def _within(times: Sequence[float], seconds: float, now: float) -> int:
    """Count the last `seconds`; a time still to come, as a wrong clock left it, is none of them."""
    return sum(now - seconds < moment <= now for moment in times)
