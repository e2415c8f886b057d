"""What the numbers that runs read in one picture add up to, in a sentence."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from core.analysis.wording import joined

_MOST_PLACES: Final = 2  # of which it is said who reads what; the picture shows the rest
_MOST_NAMED: Final = 3  # runs; more of them are counted


def number_agreement(readings: Sequence[tuple[str, Sequence[int]]], lines: Sequence[str]) -> str:
    """Say what named runs read, each the answers to all digits of a picture in reading order.

    `lines` are the numbers that the first of them reads, one a line of text. Empty without runs
    or digits.
    """
    if not readings or not lines:
        return ""
    answers = [list(said) for _, said in readings]
    digits = len(answers[0])
    split = [place for place in range(digits) if len({said[place] for said in answers}) > 1]
    if not split:
        who = {1: "It reads", 2: "Both read"}.get(len(readings), f"All {len(readings)} runs read")
        return f"{who} {joined(lines)}."
    if len(split) > _MOST_PLACES:
        return (
            f"They disagree about {len(split)} of {digits} digits: those in boxes with a dashed "
            "frame."
        )
    parts = [f"digit {place + 1} ({_who_says(readings, place)})" for place in split]
    return f"They disagree about {joined(parts)}."


def _who_says(readings: Sequence[tuple[str, Sequence[int]]], place: int) -> str:
    """Write who gives which answer to one digit; with many runs how many give it."""
    if len(readings) <= _MOST_NAMED:
        return ", ".join(f"{name} says {said[place]}" for name, said in readings)
    given = Counter(said[place] for _, said in readings).most_common()
    return ", ".join(
        f"{many} run{' says' if many == 1 else 's say'} {answer}" for answer, many in given
    )
