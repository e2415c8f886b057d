"""What visitors went through: how long each answer took and what went wrong, from any process."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np

KINDS = ("open", "click", "cell", "go", "draw")
WORDS = {
    "open": "open Compare by a link",
    "click": "press a control of Compare",
    "cell": "open the digits of a cell",
    "go": "go to another page",
    "draw": "draw a stroke",
}


@dataclass(frozen=True)
class Answer:
    """One thing that a visitor did: what, when (seconds after the begin) and how long it took."""

    kind: str
    begun: float
    seconds: float


@dataclass
class Outcome:
    """What some visitors went through."""

    visitors: int = 0
    answers: list[Answer] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def seconds(self, kinds: Sequence[str] = KINDS) -> list[float]:
        """Return how long answers of these kinds took."""
        return [answer.seconds for answer in self.answers if answer.kind in kinds]

    def plain(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return asdict(self)

    @classmethod
    def read(cls, line: str) -> Self:
        """Return what a process printed of its visitors. Raises ValueError if it is no such."""
        found = json.loads(line)
        answers = [Answer(**answer) for answer in found.pop("answers")]
        return cls(answers=answers, **found)


def together(outcomes: Iterable[Outcome]) -> Outcome:
    """Return all outcomes as one."""
    every = Outcome()
    for one in outcomes:
        every.visitors += one.visitors
        every.answers += one.answers
        every.problems += one.problems
        every.lost += one.lost
    return every


def share_within(seconds: Sequence[float], share: float) -> float:
    """Return within how many seconds this share of the answers came; NaN without any."""
    return float(np.quantile(seconds, share)) if len(seconds) else float("nan")
