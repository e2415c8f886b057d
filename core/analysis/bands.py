"""Several curves of one kind as one: their mean, and how far they spread around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from core.analysis.checks import Numbers
from core.errors import RunError

Spread: TypeAlias = Literal["deviation", "error", "interval", "range"]

# Where curves have no x in common (seconds), the band is worked out at so many places at most.
_MOST_PLACES: Final = 4_096


@dataclass(frozen=True)
class Band:
    """Mean and spread of `count` curves at the places `x`; all arrays are `(P,)`."""

    x: Numbers
    mean: Numbers
    low: Numbers
    high: Numbers
    count: int


def band(curves: Sequence[tuple[ArrayLike, ArrayLike]], spread: Spread) -> Band:
    """Return the mean of `curves`, each x ascending and y of one length, and their spread.

    "deviation" is one standard deviation (n − 1) to each side, "error" one standard error of the
    mean, "interval" the 95 % t interval of the mean (Student 1908), "range" from the lowest to the
    highest curve. Only where all curves have begun and none has ended, values between points on a
    straight line. With a single curve there is no spread: low and high are the curve. Raises
    RunError without any curve.
    """
    if not curves:
        raise RunError("There is no curve to take a mean of.")
    points = [(np.asarray(x, np.float64), np.asarray(y, np.float64)) for x, y in curves]
    across = _shared_places([x for x, _ in points])
    values = np.array([np.interp(across, x, y) for x, y in points if len(x)])
    if not len(across):
        return Band(across, across, across, across, len(points))
    mean: Numbers = values.mean(axis=0)
    low, high = _ends(values, mean, spread)
    return Band(across, mean, low, high, len(points))


def _ends(values: Numbers, mean: Numbers, spread: Spread) -> tuple[Numbers, Numbers]:
    if spread == "range":
        return values.min(axis=0), values.max(axis=0)
    count = len(values)
    if count < 2:
        return mean, mean
    half = values.std(axis=0, ddof=1)
    if spread != "deviation":
        half = half / np.sqrt(count)
    if spread == "interval":
        half = half * float(stdtrit(count - 1, 0.975))
    return mean - half, mean + half


def _shared_places(each: Sequence[Numbers]) -> Numbers:
    """Return the places of x that all curves cover: their own, each once.

    Of very many every second, fourth, … is taken, so that those there stay while curves grow.
    """
    if any(not len(x) for x in each):
        return np.empty(0)
    start, end = max(x[0] for x in each), min(x[-1] for x in each)
    longest = max(each, key=len)
    inside: Numbers = longest[(longest >= start) & (longest <= end)]
    if start > end or all(np.isin(inside, x).all() for x in each):
        return inside
    every = np.unique(np.concatenate(each))
    inside = every[(every >= start) & (every <= end)]
    step = 1
    while len(inside) > step * _MOST_PLACES:
        step *= 2
    return np.unique(np.append(inside[::step], end))
