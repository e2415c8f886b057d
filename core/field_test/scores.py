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
    "Drawings by one hand are alike, and who drew what is not kept: with few visitors the "
    "intervals are narrower than they should be. Looked at after every drawing, a gap seems sure "
    "too early: decide on a number of drawings before, and judge when it is reached."
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
    """Return the verdict of the Compare page over the drawings.

    `names` calls each run by its id. Each run stands for itself, since the board counts models:
    the spread of a few seeds on few drawings is often none, and would tell nothing apart. None for
    fewer than two runs or without a drawing.
    """
    found = judgements(
        [one for one in answered if len(one[1].labels)], names, apart=True, of=wording.DRAWINGS
    )
    return found[0] if found else None


def left_out(listed: Sequence[Drawing | UnreadableDrawing], deleted: int) -> str:
    """Say which of the drawings `listed` do not count, and why; empty where all do.

    `deleted` is how many the bin holds: what was emptied from it is not known.
    """
    named = taken_out(listed, deleted)
    return f"Not counted: {wording.joined(named)}." if named else ""


def taken_out(
    listed: Sequence[Drawing | UnreadableDrawing], deleted: int, *, mistakes: bool = True
) -> list[str]:
    """Return how many drawings were taken out in each way, in words; without `mistakes`, not those.

    `listed` and `deleted` are as in `left_out`.
    """
    there = [one for one in listed if isinstance(one, Drawing)]
    # Each named once: what the owner hid is hidden whatever its maker said of it.
    marked = sum(one.mistake and not one.hidden for one in there) if mistakes else 0
    parts = {
        f"that {'its maker' if marked == 1 else 'their makers'} called a mistake of their own": (
            marked
        ),
        "hidden by the owner": sum(one.hidden for one in there),
        "deleted (in the bin)": deleted,
        "that cannot be read": len(listed) - len(there),
    }
    return [f"{count:,} {why}" for why, count in parts.items() if count]


def beside(
    counted: Sequence[tuple[Run, DrawingAnswers]], every: Sequence[tuple[Run, DrawingAnswers]]
) -> list[tuple[Score, Score]]:
    """Return each run's score on what counts and on every drawing; a run must have answered both.

    One may fail in between: the two are paired by the run, not by their places.
    """
    of_all = {run.id: said for run, said in every}
    return [
        (score(run, said), score(run, of_all[run.id])) for run, said in counted if run.id in of_all
    ]


def with_taken_out(found: Sequence[tuple[str, Score, Score]], listed: Sequence[object]) -> str:
    """Say what marking mistakes and hiding did: each run's name, score without and with them.

    Both are done by people who can have seen the answers, so they may flatter runs.
    """
    changed = [
        f"{name} {wording.out_of_hundred(every.share, 1)} %"
        for name, counted, every in found
        if every.share is not None and every.count > counted.count
    ]
    if not changed:
        return ""
    there = [one for one in listed if isinstance(one, Drawing)]
    kinds = [
        *(["marked"] if any(one.mistake and not one.hidden for one in there) else []),
        *(["hidden"] if any(one.hidden for one in there) else []),
    ]
    return (
        "Who marks or hides a drawing may have seen the answers. With the "
        f"{wording.joined(kinds)} drawings counted too: {wording.joined(changed)}."
    )
