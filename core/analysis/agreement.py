"""What the answers of several runs on one digit add up to, and how sure they are, in words."""

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from core.analysis.wording import carrying_decimals, joined, out_of_hundred

Said: TypeAlias = Sequence[tuple[str, npt.NDArray[np.floating]]]

# What a probability promises of the answer: that it is wrong once in twenty times, once in four,
# or more often than right. Whether a run keeps the promise is another question (calibration).
VERY_SURE: Final = 0.95
FAIRLY_SURE: Final = 0.75
UNSURE: Final = 0.5

_MOST_NAMED: Final = 2  # more runs with the same answer are counted: the cards name them
_LITTLE: Final = 0.02  # as on the Compare page: a gap that hardly misleads anybody
_NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")


def how_sure(probability: float) -> str:
    """Say in one or two words how sure a run is that gives its answer this probability, 0 to 1."""
    if probability >= VERY_SURE:
        return "very sure"
    if probability >= FAIRLY_SURE:
        return "fairly sure"
    return "not sure" if probability >= UNSURE else "guessing"


def with_article(digit: int) -> str:
    """Return a digit as it stands in a sentence: "a 7", "an 8"."""
    return f"an {digit}" if digit == 8 else f"a {digit}"


def agreement(said: Said) -> str:
    """Say what the answers of named runs, each `(10,)` probabilities, add up to.

    Those that are not sure are named behind it. Empty where nobody answered.
    """
    if not said:
        return ""
    digits = [int(probabilities.argmax()) for _, probabilities in said]
    return f"{_readings([name for name, _ in said], digits)}{_doubts(said)}."


def believing(tested: Sequence[tuple[str, float, float]]) -> str:
    """Say how far to believe the percentages of runs.

    `tested` holds of each its name, how sure it was of its answers to the test images on average,
    and the share of them that was right, both 0 to 1. Only gaps of two points and more are named.
    """
    lead = (
        "Each percentage is the run's own claim (softmax probability), not a measured chance: "
        "Compare shows how far to believe it (calibration)."
    )
    off = [
        _gaps([one for one in tested if one[2] - one[1] >= _LITTLE], "more"),
        _gaps([one for one in tested if one[1] - one[2] >= _LITTLE], "less"),
    ]
    said = "; ".join(filter(None, off))
    return f"{lead} On the test images {said}." if said else lead


def _gaps(tested: Sequence[tuple[str, float, float]], how: str) -> str:
    figures = [
        f"({_percent(right, said)}, not {_percent(said, right)})" for _, said, right in tested
    ]
    if len(tested) < 2:
        return "".join(
            f"{name} was right {how} often than it claimed {figure}"
            for (name, _, _), figure in zip(tested, figures, strict=True)
        )
    each = [f"{name} {figure}" for (name, _, _), figure in zip(tested, figures, strict=True)]
    return f"{_count(len(tested))} were right {how} often than they claimed: {joined(each)}"


def _percent(share: float, beside: float) -> str:
    # The two must not read alike, nor a share that is nearly all as all.
    return f"{out_of_hundred(share, carrying_decimals([share, beside]))} %"


def _readings(names: Sequence[str], digits: Sequence[int]) -> str:
    if len(set(digits)) == 1:
        who = {1: "It reads", 2: "Both read"}.get(len(digits), f"All {_count(len(digits))} read")
        return f"{who} {with_article(digits[0])}"
    order = sorted(set(digits), key=lambda digit: (-digits.count(digit), digits.index(digit)))
    readers = [
        [name for name, read in zip(names, digits, strict=True) if read == digit] for digit in order
    ]
    if len(order) == len(digits):
        each = (f"{who[0]} says {digit}" for digit, who in zip(order, readers, strict=True))
        return f"They disagree: {', '.join(each)}"
    first = _who(readers[0])
    others = (
        f"{_who(who)} {with_article(digit)}"
        for digit, who in zip(order[1:], readers[1:], strict=True)
    )
    most = f"{first[0].upper()}{first[1:]} read {with_article(order[0])}"
    return "; ".join([most, *others])


def _who(names: Sequence[str]) -> str:
    return joined(names) if len(names) <= _MOST_NAMED else _count(len(names))


def _count(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def _doubts(said: Said) -> str:
    """Name those that promise less than to be right in three of four times."""
    found = [name for name, probabilities in said if probabilities.max() < FAIRLY_SURE]
    if not found:
        return ""
    if len(said) == 1:
        return f", but is {how_sure(float(said[0][1].max()))}"
    if len(found) == len(said):
        return ", but neither is sure" if len(said) == 2 else ", but none of them is sure"
    verb = "is" if len(found) == 1 else "are"
    return f", but {_who(found)} {verb} not sure"
