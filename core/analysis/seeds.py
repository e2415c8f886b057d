"""The statistics of two sides that were trained with several seeds, on the same test images."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Literal, TypeAlias

import numpy as np
from scipy.stats import t, ttest_ind, ttest_rel

from core.analysis.checks import Numbers
from core.analysis.needed import paired_seeds_needed, seeds_needed
from core.analysis.paired import SIGNIFICANCE, Interval, better_one
from core.errors import RunError

Method: TypeAlias = Literal["paired", "welch", "one run"]


@dataclass(frozen=True)
class OverSeeds:
    """How one side did over its seeds; accuracies are shares in [0, 1].

    `deviation` is None for a single seed, `interval` also where all seeds agree to the image:
    few that happen to agree do not make a mean exact.
    """

    seeds: tuple[int, ...]
    accuracy: float
    deviation: float | None
    interval: Interval | None


@dataclass(frozen=True)
class SeedComparison:
    """What the seeds of two sides say; the difference is a − b, a share in [−1, 1].

    `a` and `b` are over the seeds that are compared: with "paired" those that both have, and
    `left_out` counts the others.
    Interval, degrees of freedom and p-value are None where the seeds show no spread at all.
    """

    images: int
    method: Method
    a: OverSeeds
    b: OverSeeds
    difference: float
    difference_interval: Interval | None
    freedom: float | None
    p_value: float | None
    winner: Literal["a", "b"] | None
    seeds_needed: int | None  # of each side; None once they are told apart
    left_out: int = 0

    @property
    def accuracy_a(self) -> float:
        """Mean accuracy of the first side."""
        return self.a.accuracy

    @property
    def accuracy_b(self) -> float:
        """Mean accuracy of the second side."""
        return self.b.accuracy


def over_seeds(right: Mapping[int, int], images: int) -> OverSeeds:
    """Return mean, standard deviation and 95 % t interval of a side.

    `right` is the number of test images read right, of `images`, for each seed. The interval is
    Student's (1908, "The probable error of a mean", Biometrika 6, 1–25), cut off at 0 and 1.
    Raises RunError without a seed.
    """
    if not right:
        raise RunError("There is no finished run to take a mean of.")
    counts = np.array(list(right.values()), dtype=np.float64)
    mean = float(counts.mean()) / images
    if len(counts) < 2:
        return OverSeeds(tuple(right), mean, None, None)
    if not np.ptp(counts):
        return OverSeeds(tuple(right), mean, 0.0, None)
    deviation = float(counts.std(ddof=1)) / images
    half = float(t.ppf(1 - SIGNIFICANCE / 2, len(counts) - 1)) * deviation / len(counts) ** 0.5
    return OverSeeds(tuple(right), mean, deviation, (max(0.0, mean - half), min(1.0, mean + half)))


def compare_seeds(
    right_a: Mapping[int, int], right_b: Mapping[int, int], images: int
) -> SeedComparison:
    """Compare two sides by the numbers of `images` test images that each seed read right.

    Where one side's seeds are all the other's too: the paired t test over them (Student 1908).
    Otherwise Welch's t test (Welch 1947, "The generalization of 'Student's' problem when several
    different population variances are involved", Biometrika 34, 28–35). Against a single run: the
    t test that takes its spread to be the other side's (Crawford and Howell 1998, "Comparing an
    individual's test score against norms derived from small samples", The Clinical
    Neuropsychologist 12, 482–486). Raises RunError where neither side has two seeds.
    """
    if max(len(right_a), len(right_b)) < 2 or not right_a or not right_b:
        raise RunError("One of the two sides needs at least two seeds.")
    method, had = _method(right_a, right_b), len(right_a) + len(right_b)
    if method == "paired":
        shared = [seed for seed in right_a if seed in right_b]
        right_a = {seed: right_a[seed] for seed in shared}
        right_b = {seed: right_b[seed] for seed in shared}
    a, b = over_seeds(right_a, images), over_seeds(right_b, images)
    counts_a, counts_b = (
        np.array(list(right.values()), dtype=np.float64) for right in (right_a, right_b)
    )
    interval, freedom, p_value = _test(counts_a, counts_b, images, method)
    known = interval is not None and p_value is not None
    winner = better_one(interval, p_value) if interval and p_value is not None else None
    return SeedComparison(
        images=images,
        method=method,
        a=a,
        b=b,
        difference=a.accuracy - b.accuracy,
        difference_interval=interval,
        freedom=freedom,
        p_value=p_value,
        winner=winner,
        seeds_needed=_needed(counts_a, counts_b, method) if known and winner is None else None,
        left_out=had - len(right_a) - len(right_b),
    )


def _method(right_a: Mapping[int, int], right_b: Mapping[int, int]) -> Method:
    if min(len(right_a), len(right_b)) < 2:
        return "one run"
    # Decided by the seeds alone, never by what they gave. Fewer shared ones would throw away
    # more by leaving the others out than pairing brings.
    fewer, more = sorted((set(right_a), set(right_b)), key=len)
    return "paired" if fewer <= more else "welch"


def _test(
    a: Numbers, b: Numbers, images: int, method: Method
) -> tuple[Interval | None, float | None, float | None]:
    """Interval of the difference as a share, degrees of freedom, p-value."""
    if not (np.ptp(a - b) if method == "paired" else np.ptp(a) or np.ptp(b)):
        return None, None, None
    if method == "paired":
        found = ttest_rel(a, b)
    else:
        # With a single run on one side the pooled spread is the other side's.
        found = ttest_ind(a, b, equal_var=method == "one run")
    ends = found.confidence_interval(1 - SIGNIFICANCE)
    low, high = float(ends.low) / images, float(ends.high) / images
    if not (isfinite(low) and isfinite(high)):
        return None, None, None
    return (max(-1.0, low), min(1.0, high)), float(found.df), float(found.pvalue)


def _needed(a: Numbers, b: Numbers, method: Method) -> int | None:
    gap = float(a.mean() - b.mean())
    if method == "paired":
        needed, had = paired_seeds_needed(gap, float((a - b).std(ddof=1))), len(a)
    else:
        spreads = [float(side.std(ddof=1)) for side in (a, b) if len(side) > 1]
        needed, had = seeds_needed(gap, spreads[0], spreads[-1]), min(len(a), len(b))
    return None if needed is None else max(needed, had + 1)
