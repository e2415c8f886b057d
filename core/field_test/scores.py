"""The score board: how many drawings each run reads right, and which run reads better."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.analysis import wording
from core.analysis.judgement import Judgement, judgements
from core.analysis.paired import Interval, wilson_interval
from core.field_test.answers import DrawingAnswers
from core.field_test.records import Drawing, UnreadableDrawing
from core.runs.records import Run

DRAWINGS_CAVEAT: Final = (
    "Here the drawings are the test digits. Drawings by one hand are alike, and who drew what is "
    "not kept: with few visitors the intervals are narrower than they should be."
)


@dataclass(frozen=True)
class Score:
    """How many of `count` drawings a run reads right; 95 % Wilson interval, None of no drawing."""

    run: Run
    right: int
    count: int
    interval: Interval | None

    @property
    def share(self) -> float | None:
        """The share of drawings read right, None of no drawing."""
        return self.right / self.count if self.count else None


def score(run: Run, answers: DrawingAnswers) -> Score:
    """Return how many drawings `run` reads right (Wilson 1927, see `core.analysis.paired`)."""
    right, count = int(answers.right.sum()), len(answers.labels)
    return Score(run, right, count, wilson_interval(right, count) if count else None)


def score_text(found: Score) -> str:
    """Write a score with its interval: "45 of 50 right, 90.0 % (95 %: 78.6 to 95.7)"."""
    if found.share is None or found.interval is None:
        return "no drawing yet"
    low, high = (f"{100 * end:.1f}" for end in found.interval)
    share = f"{100 * found.share:.1f} %"
    return f"{found.right:,} of {found.count:,} right, {share} (95 %: {low} to {high})"


def judge(
    answered: Sequence[tuple[Run, DrawingAnswers]], names: Mapping[str, str]
) -> Judgement | None:
    """Return the verdict of the Compare page with the drawings as test images.

    `names` calls each run by its id. Each run stands for itself, since the board counts models:
    the spread of a few seeds on few drawings is often none, and would tell nothing apart. None for
    fewer than two runs or without a drawing.
    """
    found = judgements([one for one in answered if len(one[1].labels)], names, apart=True)
    return found[0] if found else None


def left_out(listed: Sequence[Drawing | UnreadableDrawing]) -> str:
    """Say which of the drawings `listed` do not count, and why; empty where all do."""
    there = [one for one in listed if isinstance(one, Drawing)]
    # Each named once: what the owner hid is hidden whatever its maker said of it.
    hidden = sum(one.hidden for one in there)
    mistakes = sum(one.mistake and not one.hidden for one in there)
    damaged = len(listed) - len(there)
    parts = [
        f"{mistakes:,} that {'its maker' if mistakes == 1 else 'their makers'} called a mistake of "
        "their own",
        f"{hidden:,} hidden by the owner",
        f"{damaged:,} that cannot be read",
    ]
    named = [part for part, count in zip(parts, (mistakes, hidden, damaged), strict=True) if count]
    return f"Not counted: {wording.joined(named)}." if named else ""


def with_mistakes(found: Sequence[tuple[str, Score, Score]]) -> str:
    """Say what marking mistakes does to the scores: each run's name, score without and with them.

    A mark is set by somebody who has seen the answers, so it may flatter the runs.
    """
    changed = [
        f"{name} {wording.out_of_hundred(every.share, 1)} %"
        for name, counted, every in found
        if every.share is not None and every.count > counted.count
    ]
    if not changed:
        return ""
    return (
        "Marks are set by people who have seen the answers. With the marked drawings counted too: "
        f"{wording.joined(changed)}."
    )
