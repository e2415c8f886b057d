"""The statistics of two yes-or-no results on the same images."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, ndtri

from core.analysis.checks import Integers, require_same_length, whole_numbers
from core.errors import RunError

Interval = tuple[float, float]

SIGNIFICANCE = 0.05
_Z = float(ndtri(1 - SIGNIFICANCE / 2))  # both ends of the normal distribution


@dataclass(frozen=True)
class PairedComparison:
    """What two models got right and wrong on the same test images.

    Accuracies, the difference (a − b) and the interval ends are shares in [−1, 1], not percent;
    intervals are at 95 %. `winner` is None while one cannot tell.
    """

    count: int
    both_right: int
    only_a_right: int
    only_b_right: int
    both_wrong: int
    accuracy_a: float
    accuracy_b: float
    interval_a: Interval
    interval_b: Interval
    difference: float
    difference_interval: Interval
    p_value: float
    winner: Literal["a", "b"] | None


def compare_predictions(
    labels: ArrayLike, predicted_a: ArrayLike, predicted_b: ArrayLike
) -> PairedComparison:
    """Compare two models that read the same test images.

    All three are (N,) whole numbers in the same image order. Accuracies have Wilson's interval
    (Wilson 1927); the difference has the adjusted Wald interval for matched pairs (Agresti and
    Min 2005); the p-value is McNemar's exact two-sided test (McNemar 1947). Raises RunError when
    there are no images or the lengths differ.
    """
    truth = whole_numbers(labels, "labels")
    answers_a = whole_numbers(predicted_a, "predictions of the first run")
    answers_b = whole_numbers(predicted_b, "predictions of the second run")
    require_same_length(labels=truth, first_predictions=answers_a, second_predictions=answers_b)
    if not len(truth):
        raise RunError("There are no test images to compare the two runs on.")
    right_a, right_b = answers_a == truth, answers_b == truth
    return compare_counts(
        int(np.sum(right_a & right_b)), int(np.sum(right_a)), int(np.sum(right_b)), len(truth)
    )


def both_right_counts(labels: ArrayLike, predicted: Sequence[ArrayLike]) -> Integers:
    """Return for every two of R models how many images both read right, `(R, R)`.

    `labels` and each of `predicted` are (N,) whole numbers in the same image order; on the
    diagonal stands how many each model reads right. Raises RunError when the lengths differ.
    """
    truth = whole_numbers(labels, "labels")
    answers = [whole_numbers(one, "predictions") for one in predicted]
    for one in answers:
        require_same_length(labels=truth, predictions=one)
    # One product of matrices counts all pairs at once, exactly: float32 holds whole numbers up to
    # 16 million.
    right = np.array([one == truth for one in answers], dtype=np.float32)
    right = right.reshape(len(answers), len(truth))  # without any model too
    counts: Integers = np.rint(right @ right.T).astype(np.int64)
    return counts


def compare_counts(both_right: int, right_a: int, right_b: int, count: int) -> PairedComparison:
    """Compare two models by how many of `count` images both read right, and each.

    As `compare_predictions`, where all is explained.
    """
    only_a_right, only_b_right = right_a - both_right, right_b - both_right
    interval = paired_difference_interval(only_a_right, only_b_right, count)
    p_value = exact_mcnemar(only_a_right, only_b_right)
    return PairedComparison(
        count=count,
        both_right=both_right,
        only_a_right=only_a_right,
        only_b_right=only_b_right,
        both_wrong=count - both_right - only_a_right - only_b_right,
        accuracy_a=right_a / count,
        accuracy_b=right_b / count,
        interval_a=wilson_interval(right_a, count),
        interval_b=wilson_interval(right_b, count),
        difference=(only_a_right - only_b_right) / count,
        difference_interval=interval,
        p_value=p_value,
        winner=better_one(interval, p_value),
    )


def better_one(interval: Interval, p_value: float) -> Literal["a", "b"] | None:
    """Return which side is better; None unless interval of a − b and p-value both leave out 0.

    Near the edge an approximate interval and an exact test can differ, and a verdict that flips
    with the method is no verdict.
    """
    low, high = interval
    if p_value >= SIGNIFICANCE or low <= 0 <= high:
        return None
    return "a" if low > 0 else "b"


def wilson_interval(right: int, count: int) -> Interval:
    """Return the 95 % score interval of the share right ÷ count, ends in [0, 1].

    Wilson 1927, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22, 209–212.
    """
    share, weight = right / count, _Z**2 / count
    middle = share + weight / 2
    reach = _Z * sqrt((share * (1 - share) + weight / 4) / count)
    low, high = ((end / (1 + weight)) for end in (middle - reach, middle + reach))
    # At either end the interval reaches it; rounding would leave 1e-17 in between.
    return (low if right else 0.0), (high if right < count else 1.0)


def exact_mcnemar(only_a_right: int, only_b_right: int) -> float:
    """Return the exact two-sided p-value of McNemar's test; 1.0 when no image sets the two apart.

    That is twice the share of equal splits at least as uneven to one side (binomial distribution
    of a fair coin). McNemar 1947, "Note on the sampling error of the difference between
    correlated proportions or percentages", Psychometrika 12, 153–157.
    """
    fewer = min(only_a_right, only_b_right)
    return min(1.0, 2 * float(bdtr(fewer, only_a_right + only_b_right, 0.5)))


def paired_difference_interval(only_a_right: int, only_b_right: int, count: int) -> Interval:
    """Return the 95 % interval of accuracy a − accuracy b, ends in [−1, 1].

    The adjusted Wald interval for matched pairs: 0.5 added to each of the four counts. Agresti
    and Min 2005, "Simple improved confidence intervals for comparing matched proportions",
    Statistics in Medicine 24, 729–740; cut off at −1 and 1 as in their own code.
    """
    total = count + 2  # four counts with half an image more in each
    gap = only_a_right - only_b_right  # the two halves cancel
    deviation = sqrt(only_a_right + only_b_right + 1 - gap**2 / total) / total
    reach = _Z * deviation
    return max(gap / total - reach, -1.0), min(gap / total + reach, 1.0)
