"""How numbers and states are written in sentences and tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.runs.records import Run

MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Judged:
    """How sentences call what models are judged on: one of them, also in short, and what is read.

    As in "100 test images", "right on 3 images", "83 of 100 test digits".
    """

    one: str
    short: str
    digits: str

    @property
    def many(self) -> str:
        """The plural of `one`."""
        return f"{self.one}s"


TEST_IMAGES: Final = Judged("test image", "image", "test digits")
DRAWINGS: Final = Judged("drawing", "drawing", "drawings")


def number(value: float, decimals: int) -> str:
    """Write a number with a real minus sign and never as minus zero."""
    text = f"{abs(value):,.{decimals}f}"
    is_zero = not text.strip("0.,")
    return text if value >= 0 or is_zero else MINUS + text


def out_of_hundred(share: float, decimals: int) -> str:
    """Write a share in [0, 1] as so many of 100; exactly none and exactly all carry no decimals."""
    return number(100 * share, 0 if share in (0.0, 1.0) else decimals)


def carrying_decimals(shares: Sequence[float], most: int = 4) -> int:
    """Return the fewest decimals, at least one, with which no share wrongly reads 0 or 100 percent.

    Shares lie in [−1, 1]; those that are exactly 0 or ±1 ask for nothing.
    """
    inexact = [abs(100 * share) for share in shares if abs(share) not in (0.0, 1.0)]
    for decimals in range(1, most):
        if all(0 < round(percent, decimals) < 100 for percent in inexact):
            return decimals
    return most


def images(count: int, of: Judged = TEST_IMAGES) -> str:
    """Write so many of what was judged on, with the word before it that points at them."""
    return f"this one {of.one}" if count == 1 else f"these {count:,} {of.many}"


def probability(p_value: float, threshold: float = 0.05) -> str:
    """Write a p-value with three decimals; with more if rounding hid its side of the threshold."""
    if p_value < 0.001:
        return "< 0.001"
    if p_value == 1:
        return "1"
    decimals = next(
        (
            decimals
            for decimals in range(3, 10)
            if (round(p_value, decimals) < threshold) == (p_value < threshold)
        ),
        10,
    )
    return f"{p_value:.{decimals}f}"


def joined(parts: Sequence[str], most: int | None = None) -> str:
    """Join names as in "a", "a and b", "a, b and c"; of more than `most` the first ones."""
    if most is not None and len(parts) > most:
        return f"{', '.join(parts[: most - 1])} and {len(parts) - most + 1} more"
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def about(count: int, most: int = 1_000_000) -> str:
    """Write an estimated number with its two leading digits, or that it is more than `most`."""
    if count > most:
        return f"more than {most:,}"
    rounded = count if count < 100 else round(count, 2 - len(str(count)))
    return f"about {rounded:,}"


def listed_seeds(seeds: Sequence[int]) -> str:
    """Write seeds in order, those that follow each other as a range: "0 to 4, 7"."""
    runs: list[list[int]] = []
    for seed in sorted(seeds):
        if runs and seed == runs[-1][-1] + 1:
            runs[-1].append(seed)
        else:
            runs.append([seed])
    parts = [f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs]
    return ", ".join(parts)


def so_many(count: int, what: str) -> str:
    """Write a number with its noun, in the plural where it is not one."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def state_word(run: Run) -> str:
    """Write where the run stands."""
    words = {
        "queued": "waiting",
        "running": "training" if run.status.step else "starting",
        "diverged": "ran away (diverged)",
    }
    return words.get(run.status.state, run.status.state)
