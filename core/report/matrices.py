"""The confusion matrices of a report, cell by cell."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.analysis import wording
from core.analysis.checks import Integers
from core.analysis.confusion import confusion_matrix, confusion_sentence, row_percent
from core.analysis.confusion_difference import confusion_difference, difference_sentences
from core.config import CLASSES
from core.report.subjects import Subject, few_of, judged_alike

_MOST: Final = 4


@dataclass(frozen=True)
class Cell:
    """One cell of a matrix: how it is written, how strong its colour is (−1 to 1), what it says."""

    text: str
    strength: float
    hint: str


@dataclass(frozen=True)
class Matrix:
    """A confusion matrix, or the difference of two, as rows of cells."""

    title: str
    sentence: str
    rows: tuple[tuple[Cell, ...], ...]
    difference: bool = False


def matrices(subjects: Sequence[Subject]) -> list[Matrix]:
    """Return the confusion matrices of up to four runs on one scale; of two also A − B.

    A − B only where both were judged on the same images.
    """
    read = [
        (subject, confusion_matrix(subject.answers.labels, subject.answers.predicted))
        for subject in few_of(subjects, _MOST)
        if subject.answers is not None
    ]
    off = ~np.eye(CLASSES, dtype=bool)
    highest = max((int(matrix[off].max()) for _, matrix in read), default=0)
    found = [_matrix(subject.name, matrix, highest) for subject, matrix in read]
    if len(read) == 2 and len(judged_alike(subjects)) == 1:
        (first, one), (second, other) = read
        found.append(_difference((first.name, second.name), (one, other)))
    return found


def _matrix(name: str, matrix: Integers, highest: int) -> Matrix:
    shares = row_percent(matrix)

    def cell(true: int, read: int) -> Cell:
        count = int(matrix[true, read])
        strength = 0.0 if true == read else count / max(1, highest)
        hint = f"a {true} read as {read}: {count:,} times ({shares[true, read]:.1f} %)"
        return Cell(f"{count:,}" if count else "", strength, hint)

    return Matrix(name, confusion_sentence(matrix, name), _cells(cell))


def _difference(names: tuple[str, str], matrices: tuple[Integers, Integers]) -> Matrix:
    gaps = confusion_difference(*matrices, "count").astype(np.int64)
    highest = max(1, int(np.abs(gaps).max()))

    def cell(true: int, read: int) -> Cell:
        gap = int(gaps[true, read])
        if not gap:
            return Cell("", 0.0, f"a {true} read as {read}: both equally often")
        hint = f"a {true} read as {read}: {abs(gap):,} times more by {names[gap < 0]}"
        return Cell(f"{gap:+,}".replace("-", wording.MINUS), gap / highest, hint)

    explained = (
        f"Above 0: {names[0]} answered so more often; below 0: {names[1]}. On the diagonal, "
        "which was read right, more is better; elsewhere more is worse."
    )
    sentences = [explained, *difference_sentences(*matrices, names, "count")]
    title = f"{names[0]} {wording.MINUS} {names[1]}"
    return Matrix(title, " ".join(sentences), _cells(cell), difference=True)


def _cells(cell: Callable[[int, int], Cell]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(tuple(cell(true, read) for read in range(CLASSES)) for true in range(CLASSES))
