"""How many test images or seeds it would take to tell two sides apart, if all stays as it is."""

from collections.abc import Callable
from math import ceil, sqrt
from typing import Final

from scipy.stats import nct, norm, t

from core.analysis.paired import SIGNIFICANCE

# Of five such comparisons four would tell: the usual choice (Cohen 1988, chapter 2).
POWER: Final = 0.8
MOST_SEEDS: Final = 1_000
MOST_IMAGES: Final = 1_000_000_000


def images_needed(only_a_right: int, only_b_right: int, count: int) -> int | None:
    """Return how many test images would tell, with the shares that the `count` images show.

    Connor 1987, "Sample size for testing differences in proportions for the paired-sample design",
    Biometrics 43, 207–211, for a two-sided test at 5 % that succeeds four times out of five. None
    where the gap is 0, which no number of images tells apart.
    """
    gap = abs(only_a_right - only_b_right) / count
    if not gap:
        return None
    apart = (only_a_right + only_b_right) / count
    both_ends, power = float(norm.ppf(1 - SIGNIFICANCE / 2)), float(norm.ppf(POWER))
    reach = both_ends * sqrt(apart) + power * sqrt(max(0.0, apart - gap**2))
    return min(ceil((reach / gap) ** 2), MOST_IMAGES)


def paired_seeds_needed(gap: float, deviation: float) -> int | None:
    """Return how many seeds of both sides would tell by the paired t test; at most MOST_SEEDS.

    `deviation` is the standard deviation of the gap over the seeds. From the power of the t test,
    by the noncentral t distribution (Cohen 1988, "Statistical power analysis for the behavioral
    sciences", chapter 2). None where gap or deviation is 0.
    """
    if not gap or not deviation:
        return None
    return _fewest(lambda count: _power(count - 1, abs(gap) / deviation * sqrt(count)))


def seeds_needed(gap: float, deviation_a: float, deviation_b: float) -> int | None:
    """Return how many seeds of each side would tell by Welch's t test; at most MOST_SEEDS.

    As `paired_seeds_needed`, with the degrees of freedom of Welch 1947.
    """
    variance_a, variance_b = deviation_a**2, deviation_b**2
    both = variance_a + variance_b
    if not gap or not both:
        return None
    share = both**2 / (variance_a**2 + variance_b**2)
    return _fewest(
        lambda count: _power((count - 1) * share, abs(gap) / sqrt(both) * sqrt(count)),
    )


def _power(freedom: float, shift: float) -> float:
    """The share of two-sided t tests at 5 % that tell a mean `shift` standard errors from 0."""
    edge = t.ppf(1 - SIGNIFICANCE / 2, freedom)
    # Far out the distribution's own formula gives up; there the test never fails.
    found = float(nct.sf(edge, freedom, shift) + nct.cdf(-edge, freedom, shift))
    return found if 0 <= found <= 1 else 1.0


def _fewest(power: Callable[[int], float]) -> int:
    low, high = 1, 2
    while high < MOST_SEEDS and power(high) < POWER:
        low, high = high, 2 * high
    high = min(high, MOST_SEEDS)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(middle) >= POWER else (middle, high)
    return high
