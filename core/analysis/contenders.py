"""Sides with what their runs answered on the same test images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.analysis import wording
from core.analysis.named_sides import Side, named_sides
from core.analysis.seeds import OverSeeds, over_seeds
from core.runs.records import Run


class Answers(Protocol):
    """What a run answered on its test images: labels and answers are both `(N,)`."""

    @property
    def labels(self) -> npt.NDArray[np.integer]: ...

    @property
    def predicted(self) -> npt.NDArray[np.integer]: ...


@dataclass(frozen=True)
class Contender:
    """A side with what its runs answered, by seed; `right` counts the test images read right.

    `names` calls runs by their ids.
    """

    side: Side
    names: Mapping[str, str]
    answers: dict[int, Answers]
    right: dict[int, int]
    images: int

    @property
    def single(self) -> bool:
        """Whether it has only one seed."""
        return len(self.right) == 1

    @property
    def figures(self) -> OverSeeds:
        """Mean, spread and interval over its seeds."""
        return over_seeds(self.right, self.images)


def contenders(
    finished: Sequence[tuple[Run, Answers]], names: Mapping[str, str], *, apart: bool = False
) -> list[list[Contender]]:
    """Return the sides of the runs, those together that were judged on the same test images.

    `names` calls each run by its id. With `apart` every run is a side of its own, also where runs
    differ in nothing but the seed.
    """
    alike: dict[bytes, list[tuple[Run, Answers]]] = {}
    for run, answers in finished:
        labels = answers.labels.astype(np.uint8).tobytes()
        alike.setdefault(labels, []).append((run, answers))
    return [_contenders(group, names, apart) for group in alike.values()]


def repeated_sentence(one: Contender) -> str:
    """Say that runs of one seed are the same training."""
    again = {run.config.seed for run in one.side.again}
    runs = [run for run in (*one.side.runs, *one.side.again) if run.config.seed in again]
    names = wording.joined([one.names[run.id] for run in runs])
    if len(again) > 1:
        return f"Of {names} some have the same seed too: they are one training, and count once."
    return (
        f"{names} have the same settings and the same seed: that is one training done again, and "
        "counts once."
    )


def _contenders(
    group: Sequence[tuple[Run, Answers]], names: Mapping[str, str], apart: bool
) -> list[Contender]:
    by_id = {run.id: answers for run, answers in group}
    runs = [run for run, _ in group]
    sides = [Side(names[run.id], (run,)) for run in runs] if apart else named_sides(runs, names)
    found = []
    for side in sides:
        answers = {run.config.seed: by_id[run.id] for run in side.runs}
        right = {seed: int(np.sum(one.predicted == one.labels)) for seed, one in answers.items()}
        found.append(Contender(side, names, answers, right, len(group[0][1].labels)))
    return found
