"""Which of two trained models reads better, and whether the gap could be chance.

Both models read the same test images, so the comparison is paired: only the images on which
one is right and the other wrong say anything about the gap.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from core.analysis import wording
from core.analysis.checks import require_same_length, whole_numbers
from core.analysis.paired import (
    SIGNIFICANCE,
    Interval,
    exact_mcnemar,
    paired_difference_interval,
    wilson_interval,
)
from core.errors import RunError

ONE_SEED_CAVEAT = (
    "This compares these two trained models on these test images, one seed each: "
    "another seed may give another result."
)
SMALL_GAP = 0.01  # below one digit in a hundred a gap is called small, however certain it is
FAR_BELOW_CHANCE = 0.001  # the p-value under which a gap is called far larger than chance


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
    return _from_counts(
        both_right=int(np.sum(right_a & right_b)),
        only_a_right=int(np.sum(right_a & ~right_b)),
        only_b_right=int(np.sum(~right_a & right_b)),
        both_wrong=int(np.sum(~right_a & ~right_b)),
    )


def verdict_sentence(comparison: PairedComparison, name_a: str, name_b: str) -> str:
    """Say in plain words which model reads better, the better one first, or that one cannot tell.

    Show `ONE_SEED_CAVEAT` near it: the sentence is about two trained models, not two recipes.
    """
    if comparison.only_a_right == comparison.only_b_right:
        return "Cannot tell yet: " + _level_sentence(comparison, name_a, name_b)
    a, b = (comparison.accuracy_a, name_a), (comparison.accuracy_b, name_b)
    (high, better), (low, worse) = (a, b) if comparison.difference > 0 else (b, a)
    gap = abs(comparison.difference)
    decimals = wording.carrying_decimals([high, low, gap])
    reads = (
        f"{better} reads {wording.out_of_hundred(high, decimals)} of 100 test digits, "
        f"{worse} {wording.out_of_hundred(low, decimals)}."
    )
    # The difference of what is shown: a reader who subtracts finds the same. Exact in the table.
    shown = round(100 * high, decimals) - round(100 * low, decimals)
    the_gap = f"The gap of {wording.number(shown, decimals)} points"
    if comparison.winner is None:
        where = wording.images(comparison.count)
        return f"Cannot tell yet: {reads} {the_gap} could be chance on {where}."
    return f"{reads} {the_gap} is {_size(gap, comparison.p_value)}."


def statistics_table(comparison: PairedComparison, name_a: str, name_b: str) -> pd.DataFrame:
    """Return the figures behind the verdict as readable strings, each with its source."""
    counted = "counted over the same test images"
    wilson = "right ÷ images; 95 % interval by Wilson's score method (Wilson 1927)"
    rows = [
        ("test images", f"{comparison.count:,}", "the same images for both"),
        ("both right", f"{comparison.both_right:,}", counted),
        (f"only {name_a} right", f"{comparison.only_a_right:,}", counted),
        (f"only {name_b} right", f"{comparison.only_b_right:,}", counted),
        ("both wrong", f"{comparison.both_wrong:,}", counted),
        (f"accuracy of {name_a}", _percent(comparison.accuracy_a, comparison.interval_a), wilson),
        (f"accuracy of {name_b}", _percent(comparison.accuracy_b, comparison.interval_b), wilson),
        (
            f"difference, {name_a} {wording.MINUS} {name_b}",
            _points(comparison.difference, comparison.difference_interval),
            "95 % adjusted Wald interval for matched pairs, "
            "half an image added to each of the four counts (Agresti and Min 2005)",
        ),
        (
            "p-value",
            wording.probability(comparison.p_value, SIGNIFICANCE),
            "how often chance would split the images that only one reads right at least this "
            "unevenly, were both equally good: exact two-sided McNemar test (McNemar 1947)",
        ),
        (
            "better one",
            {"a": name_a, "b": name_b, None: "cannot tell yet"}[comparison.winner],
            "named when the interval of the difference leaves out 0 and p < 0.05",
        ),
        ("holds for", "these two trained models", ONE_SEED_CAVEAT),
    ]
    return pd.DataFrame(rows, columns=["figure", "value", "how it is computed (source)"])


def _from_counts(
    both_right: int, only_a_right: int, only_b_right: int, both_wrong: int
) -> PairedComparison:
    count = both_right + only_a_right + only_b_right + both_wrong
    right_a, right_b = both_right + only_a_right, both_right + only_b_right
    interval = paired_difference_interval(only_a_right, only_b_right, count)
    p_value = exact_mcnemar(only_a_right, only_b_right)
    return PairedComparison(
        count=count,
        both_right=both_right,
        only_a_right=only_a_right,
        only_b_right=only_b_right,
        both_wrong=both_wrong,
        accuracy_a=right_a / count,
        accuracy_b=right_b / count,
        interval_a=wilson_interval(right_a, count),
        interval_b=wilson_interval(right_b, count),
        difference=(only_a_right - only_b_right) / count,
        difference_interval=interval,
        p_value=p_value,
        winner=_winner(interval, p_value),
    )


def _winner(interval: Interval, p_value: float) -> Literal["a", "b"] | None:
    # Both must agree: near the edge an approximate interval and an exact test can differ,
    # and a verdict that flips with the method is no verdict.
    low, high = interval
    if p_value >= SIGNIFICANCE or low <= 0 <= high:
        return None
    return "a" if low > 0 else "b"


def _size(gap: float, p_value: float) -> str:
    if gap < SMALL_GAP:
        return "small, but larger than chance would explain"
    if p_value < FAR_BELOW_CHANCE:
        return "far larger than chance"
    return "larger than chance would explain"


def _level_sentence(comparison: PairedComparison, name_a: str, name_b: str) -> str:
    where = wording.images(comparison.count)
    if comparison.both_right == comparison.count:
        return f"{name_a} and {name_b} both read every digit right on {where}."
    decimals = wording.carrying_decimals([comparison.accuracy_a])
    share = wording.out_of_hundred(comparison.accuracy_a, decimals)
    both = f"{name_a} and {name_b} both read {share} of 100 test digits."
    apart = comparison.only_a_right
    if not apart:
        return f"{both} On {where} they are right and wrong on exactly the same ones."
    times = "1 image" if apart == 1 else f"{apart:,} images"
    return f"{both} On {times} only {name_a} is right, on as many only {name_b}."


def _percent(share: float, interval: Interval) -> str:
    decimals = wording.carrying_decimals([share])
    low, high = (wording.number(100 * end, decimals) for end in interval)
    return f"{wording.out_of_hundred(share, decimals)} % (95 %: {low} to {high})"


def _points(difference: float, interval: Interval) -> str:
    # An end close to 0 must show its side of 0: that side is the verdict.
    decimals = wording.carrying_decimals([difference, *interval])
    low, high = (wording.number(100 * end, decimals) for end in interval)
    sign = "+" if difference > 0 else ""
    return f"{sign}{wording.number(100 * difference, decimals)} points (95 %: {low} to {high})"
