"""The statistics of two yes-or-no results on the same images."""

from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binomtest, norm

from core.analysis.checks import require_same_length, whole_numbers
from core.errors import RunError

Interval = tuple[float, float]

SIGNIFICANCE = 0.05


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
    both_right = int(np.sum(right_a & right_b))
    only_a_right = int(np.sum(right_a)) - both_right
    only_b_right = int(np.sum(right_b)) - both_right
    count = len(truth)
    interval = paired_difference_interval(only_a_right, only_b_right, count)
    p_value = exact_mcnemar(only_a_right, only_b_right)
    return PairedComparison(
        count=count,
        both_right=both_right,
        only_a_right=only_a_right,
        only_b_right=only_b_right,
        both_wrong=count - both_right - only_a_right - only_b_right,
        accuracy_a=(both_right + only_a_right) / count,
        accuracy_b=(both_right + only_b_right) / count,
        interval_a=wilson_interval(both_right + only_a_right, count),
        interval_b=wilson_interval(both_right + only_b_right, count),
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


# A page that follows a training asks for the same figures every second.
@lru_cache(4096)
def wilson_interval(right: int, count: int) -> Interval:
    """Return the 95 % score interval of the share right ÷ count, ends in [0, 1].

    Wilson 1927, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22, 209–212.
    """
    interval = binomtest(right, count).proportion_ci(1 - SIGNIFICANCE, method="wilson")
    return float(interval.low), float(interval.high)


@lru_cache(4096)
def exact_mcnemar(only_a_right: int, only_b_right: int) -> float:
    """Return the exact two-sided p-value of McNemar's test; 1.0 when no image sets the two apart.

    McNemar 1947, "Note on the sampling error of the difference between correlated proportions
    or percentages", Psychometrika 12, 153–157.
    """
    discordant = only_a_right + only_b_right
    if not discordant:
        return 1.0
    return float(binomtest(only_a_right, discordant, 0.5).pvalue)


def paired_difference_interval(only_a_right: int, only_b_right: int, count: int) -> Interval:
    """Return the 95 % interval of accuracy a − accuracy b, ends in [−1, 1].

    The adjusted Wald interval for matched pairs: 0.5 added to each of the four counts. Agresti
    and Min 2005, "Simple improved confidence intervals for comparing matched proportions",
    Statistics in Medicine 24, 729–740; cut off at −1 and 1 as in their own code.
    """
    total = count + 2  # four counts with half an image more in each
    gap = only_a_right - only_b_right  # the two halves cancel
    deviation = sqrt(only_a_right + only_b_right + 1 - gap**2 / total) / total
    reach = float(norm.ppf(1 - SIGNIFICANCE / 2)) * deviation
    return max(gap / total - reach, -1.0), min(gap / total + reach, 1.0)
