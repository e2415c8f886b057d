"""Whether a model is right as often as its percentages say: reliability and its error."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.analysis import wording
from core.analysis.checks import Integers, Numbers, require_same_length
from core.analysis.paired import Interval, wilson_interval
from core.errors import RunError

BINS = 10
SOURCE = "Naeini and others 2015; Guo and others 2017"
WHAT_IT_IS: Final = (
    "With each answer a run says how sure it is (softmax probability). If it is right as often as "
    "it says, its line follows the dotted one (it is calibrated). Above: it is more careful than "
    "it need be. Below: it is surer than it should be. That is another question than how much it "
    "reads: one that guesses and says so is calibrated too."
)
HOW_IT_IS_COMPUTED: Final = (
    f"The answers are sorted into {BINS} bins of equal width by the probability of the answer "
    "given. The expected calibration error (ECE) is the mean distance between how sure and how "
    f"often right, each bin weighted by its answers ({SOURCE})."
)
_FEW = 100  # below that, so many of so many say more than so many of 100
_LITTLE = 0.02  # a gap that hardly misleads anybody
_WIDE = 0.2  # an interval in which almost anything may lie


@dataclass(frozen=True)
class Calibration:
    """Answers sorted by how sure they were, in bins of equal width from 0 to 1.

    `counts` and `right` are (bins,) answers and right answers; `confidence` is (bins,) the mean
    of what the model said, in [0, 1], NaN in an empty bin.
    """

    counts: Integers
    right: Integers
    confidence: Numbers

    @property
    def total(self) -> int:
        """All answers."""
        return int(self.counts.sum())

    @property
    def accuracy(self) -> Numbers:
        """Share of right answers in each bin, (bins,) in [0, 1]; NaN in an empty one."""
        shares = np.full(len(self.counts), np.nan)
        np.divide(self.right, self.counts, out=shares, where=self.counts > 0)
        return shares

    @property
    def contributions(self) -> Numbers:
        """What each bin adds to the error, (bins,) in [0, 1]."""
        gaps = np.nan_to_num(np.abs(self.accuracy - self.confidence))
        parts: Numbers = gaps * self.counts / max(self.total, 1)
        return parts

    @property
    def error(self) -> float:
        """The expected calibration error (ECE) in [0, 1]: the mean gap, weighted by answers."""
        return float(self.contributions.sum())

    def interval(self, place: int) -> Interval:
        """Return the 95 % Wilson interval of the share of right answers in a bin, in [0, 1]."""
        return wilson_interval(int(self.right[place]), int(self.counts[place]))


def calibrate(confidences: ArrayLike, right: ArrayLike, bins: int = BINS) -> Calibration:
    """Sort answers into `bins` of equal width by how sure they were.

    `confidences` are (N,) probabilities in [0, 1] given to the answers, `right` (N,) whether they
    were right. A bin holds what lies above its lower and up to its upper edge: Guo and others
    2017, "On calibration of modern neural networks", ICML, section 2, equations 2 and 3; the
    error is by Naeini and others 2015, "Obtaining well calibrated probabilities using Bayesian
    binning", AAAI. Raises RunError when the lengths differ or a value is no probability.
    """
    said, hits = np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=np.bool_)
    require_same_length(probabilities=said, answers=hits)
    if not ((said >= 0) & (said <= 1)).all():
        raise RunError("The probabilities of the answers must lie between 0 and 1.")
    edges = np.arange(1, bins) / bins
    places = np.searchsorted(edges, said, side="left")
    counts = np.bincount(places, minlength=bins).astype(np.int64)
    sums = np.bincount(places, weights=said, minlength=bins)
    means = np.full(bins, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return Calibration(counts, np.bincount(places[hits], minlength=bins).astype(np.int64), means)


def own_confidence(
    probabilities: NDArray[np.floating], predicted: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Return the probability (N,) that a model gave its own answers, from `(N, 10)` and `(N,)`."""
    chosen = np.take_along_axis(probabilities, predicted[:, None], axis=1)[:, 0]
    return chosen.astype(np.float64)


def calibration_sentence(found: Calibration, name: str) -> str:
    """Say by the bin that weighs most whether the model of that name promises too much."""
    if not found.total:
        return f"{name} has read no images yet."
    place = int(found.contributions.argmax()) if found.error else int(found.counts.argmax())
    said, share = float(found.confidence[place]), float(found.accuracy[place])
    bins = len(found.counts)
    low, high = 100 * place / bins, 100 * (place + 1) / bins
    decimals = wording.carrying_decimals([said, share])
    mean = f"{wording.out_of_hundred(said, decimals)} % on average"
    return (
        f"When {name} says {low:.0f} to {high:.0f} % ({mean}), it is right in "
        f"{_cases(found, place, decimals)}: {_judgement(said, share, found.interval(place))}."
    )


def error_sentence(found: Calibration) -> str:
    """Say the expected calibration error in words; empty without answers."""
    if not found.total:
        return ""
    decimals = wording.carrying_decimals([found.error])
    points = wording.number(100 * found.error, decimals)
    return f"Over all its answers the two lie {points} points apart on average (ECE)."


def _cases(found: Calibration, place: int, decimals: int) -> str:
    count, right = int(found.counts[place]), int(found.right[place])
    if count < _FEW:
        return f"{right:,} of {count:,} {'case' if count == 1 else 'cases'}"
    return f"{wording.out_of_hundred(right / count, decimals)} of 100 cases"


def _judgement(said: float, share: float, interval: Interval) -> str:
    low, high = interval
    if low <= said <= high:
        return "too few cases to tell more" if high - low > _WIDE else "as often as it says"
    degree = "a little " if abs(share - said) < _LITTLE else ""
    if share > said:
        return f"{degree}more careful than it need be"
    return f"{degree}surer than it should be"
