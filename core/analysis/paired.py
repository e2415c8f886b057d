"""The statistics of two yes-or-no results on the same images."""

from math import sqrt

from scipy.stats import binomtest, norm

Interval = tuple[float, float]

SIGNIFICANCE = 0.05


def wilson_interval(right: int, count: int) -> Interval:
    """Return the 95 % score interval of the share right ÷ count, ends in [0, 1].

    Wilson 1927, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22, 209–212.
    """
    interval = binomtest(right, count).proportion_ci(1 - SIGNIFICANCE, method="wilson")
    return float(interval.low), float(interval.high)


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
