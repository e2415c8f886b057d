"""How well each digit is read: precision, recall and F1."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.analysis import wording
from core.analysis.checks import Numbers

_FEW_DIGITS = 3
_FEW_RUNS = 4  # of more, a sentence about each would be read by nobody

Score: TypeAlias = Literal["recall", "precision", "f1"]


@dataclass(frozen=True)
class ScoreWords:
    """How one of the three scores is named, shortly and in full, and explained."""

    term: str
    name: str
    sentence: str
    axis: str


SCORES: Final[Mapping[Score, ScoreWords]] = {
    "recall": ScoreWords(
        "Recall",
        "found (recall)",
        "Of all images of a digit, the share that was read right.",
        "of this digit, read right, % (recall)",
    ),
    "precision": ScoreWords(
        "Precision",
        "trusted (precision)",
        "Of all answers that name a digit, the share that was right.",
        "of these answers, right, % (precision)",
    ),
    "f1": ScoreWords(
        "F1",
        "both in one (F1)",
        "Both in one figure, their harmonic mean: high only where both are high.",
        "recall and precision in one, % (F1)",
    ),
}


@dataclass(frozen=True)
class DigitScores:
    """Three figures for each digit, (10,) shares in [0, 1]; NaN where there is nothing to share.

    Recall is of the images of a digit, precision of the answers that named it.
    """

    precision: Numbers
    recall: Numbers
    f1: Numbers

    def score(self, name: Score) -> Numbers:
        """Return one of the three."""
        return {"precision": self.precision, "recall": self.recall, "f1": self.f1}[name]


def digit_scores(matrix: NDArray[np.integer]) -> DigitScores:
    """Return precision, recall and F1 of each digit from a confusion matrix (10, 10).

    Rows are the true digit. F1 is the harmonic mean of the other two, which is
    2 · right ÷ (images + answers): van Rijsbergen 1979, "Information retrieval", chapter 7.
    """
    right = np.diag(matrix).astype(np.float64)
    images, answers = matrix.sum(axis=1), matrix.sum(axis=0)
    return DigitScores(
        _share(right, answers), _share(right, images), _share(2 * right, images + answers)
    )


def weakest_sentence(scores: Mapping[str, Numbers], score: Score) -> str:
    """Say on which digit each run is weakest; `scores` maps names to one score each, (10,).

    Of many runs only the weakest of all is named. Empty where no run has any figure.
    """
    known = {name: values for name, values in scores.items() if not np.isnan(values).all()}
    if not known:
        return ""
    shown = "F1" if score == "f1" else score
    if len(known) <= _FEW_RUNS:
        parts = [_weakest(name, values) for name, values in known.items()]
        return f"By {shown}, {wording.joined(parts)}."
    name = min(known, key=lambda name: float(np.nanmin(known[name])))
    return f"The lowest {shown} of all: {_weakest(name, known[name])}."


def widest_gap_sentence(scores: Mapping[str, Numbers]) -> str:
    """Say on which digit the runs differ most; empty with fewer than two or without a gap.

    Meant for runs judged on the same images.
    """
    if len(scores) < 2:
        return ""
    names, table = list(scores), np.stack(list(scores.values()))
    complete = ~np.isnan(table).any(axis=0)
    gaps = np.where(complete, np.ptp(np.where(complete, table, 0.0), axis=0), 0.0)
    digit = int(gaps.argmax())
    if not gaps[digit]:
        return ""
    best, worst = int(table[:, digit].argmax()), int(table[:, digit].argmin())
    return (
        f"They differ most on {digit}: {names[best]} {_percent(table[best, digit])}, "
        f"{names[worst]} {_percent(table[worst, digit])}."
    )


def missing_sentence(scores: Mapping[str, Numbers], score: Score) -> str:
    """Say which bars are missing and why; empty where none is."""
    why = {
        "recall": "was shown no {digits}",
        "precision": "never answered {digits}",
        "f1": "was never shown and never answered {digits}",
    }[score]
    sentences = []
    for name, values in scores.items():
        missing = [str(digit) for digit in np.flatnonzero(np.isnan(values))]
        if missing:
            sentences.append(f"{name} {why.format(digits=wording.joined(missing))}: no bar there.")
    return " ".join(sentences)


def _share(part: Numbers, whole: NDArray[np.integer]) -> Numbers:
    shares = np.full(len(part), np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares


def _weakest(name: str, values: Numbers) -> str:
    lowest = float(np.nanmin(values))
    if lowest == np.nanmax(values):
        return f"{name} is equally good on every digit ({_percent(lowest)})"
    return f"{name} is weakest on {_places(values == lowest)} ({_percent(lowest)})"


def _places(marked: NDArray[np.bool_]) -> str:
    digits = [str(digit) for digit in np.flatnonzero(marked)]
    return wording.joined(digits) if len(digits) <= _FEW_DIGITS else f"{len(digits)} digits"


def _percent(share: float) -> str:
    decimals = wording.carrying_decimals([float(share)])
    return f"{wording.out_of_hundred(float(share), decimals)} %"
