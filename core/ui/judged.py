"""What the finished runs of a page answered on their test images, read once for all its parts."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.analysis.checks import Integers
from core.analysis.confusion import confusion_matrix
from core.errors import DigitLabError
from core.runs.records import Run
from core.runs.results import Predictions
from core.ui.services import services
from core.words import distinct_names

_MARK = 5  # characters of an id: 20 runs and their settings must fit into a short link


@dataclass(frozen=True)
class Judged:
    """A finished run under the name it has on the page, its answers and confusion matrix."""

    run: Run
    name: str
    answers: Predictions
    matrix: Integers

    def same_images(self, other: "Judged") -> bool:
        """Whether both were judged on the same test images."""
        return np.array_equal(self.answers.labels, other.answers.labels)


def read_judged(runs: Sequence[Run]) -> list[Judged]:
    """Read the answers of finished runs; those that cannot be read are left out.

    The verdict at the top of the page has said so of them.
    """
    names = distinct_names(runs)
    found = []
    for run in runs:
        try:
            answers = services().store.predictions(run.id)
        except DigitLabError:
            continue
        found.append(Judged(run, names[run.id], answers, _matrix(answers)))
    return found


@functools.lru_cache(maxsize=128)
def _matrix(answers: Predictions) -> Integers:
    matrix = confusion_matrix(answers.labels, answers.predicted)
    matrix.setflags(write=False)  # the next visitor gets the same
    return matrix


def all_alike(judged: Sequence[Judged]) -> bool:
    """Whether all were judged on the same test images."""
    return all(judged[0].same_images(other) for other in judged[1:])


def by_mark(judged: Sequence[Judged]) -> dict[str, Judged]:
    """Return the runs by a short mark for a link: the end of the id, all of it if need be."""
    ends = [one.run.id[-_MARK:] for one in judged]
    return {
        end if ends.count(end) == 1 else one.run.id: one
        for one, end in zip(judged, ends, strict=True)
    }
