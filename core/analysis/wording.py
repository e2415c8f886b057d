"""How numbers are written in sentences and tables."""

from collections.abc import Sequence

MINUS = "\N{MINUS SIGN}"


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


def images(count: int) -> str:
    """Write so many test images, with the word before it that points at them."""
    return "this one test image" if count == 1 else f"these {count:,} test images"


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


def joined(parts: Sequence[str]) -> str:
    """Join names as in "a", "a and b", "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
