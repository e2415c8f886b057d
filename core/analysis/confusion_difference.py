"""What one model takes for what more often than another: the difference of two matrices."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.analysis import wording
from core.analysis.checks import Integers, Numbers, digits, require_same_length
from core.analysis.confusion import DIGITS, Unit, in_unit
from core.analysis.paired import SIGNIFICANCE, exact_mcnemar

KINDS_OF_MISTAKE = DIGITS * (DIGITS - 1)

Cell = tuple[int, int]  # true digit, digit read instead


def confusion_difference(
    first: NDArray[np.integer], second: NDArray[np.integer], unit: Unit
) -> Numbers:
    """Return the first matrix minus the second, (10, 10), in counts or percentage points."""
    return in_unit(first, unit) - in_unit(second, unit)


def largest_differences(difference: NDArray[np.floating]) -> tuple[Cell | None, Cell | None]:
    """Return the mistake with the highest figure above zero and the one furthest below it.

    None where there is none. What was read right (the diagonal) does not count; of equal figures
    the first in the order of the true digit, then of the digit read, is returned.
    """
    mistakes = difference * (1 - np.eye(DIGITS))
    high, low = (divmod(int(place), DIGITS) for place in (mistakes.argmax(), mistakes.argmin()))
    return high if mistakes[high] > 0 else None, low if mistakes[low] < 0 else None


def difference_sentences(
    first: NDArray[np.integer],
    second: NDArray[np.integer],
    names: tuple[str, str],
    unit: Unit,
) -> list[str]:
    """Say in which mistake the two models of these names differ most, then which the other way.

    One sentence or two; a single other one where there is no difference.
    """
    shown = in_unit(first, unit), in_unit(second, unit)
    above, below = largest_differences(shown[0] - shown[1])
    found = [(cell, more) for cell, more in ((above, 0), (below, 1)) if cell is not None]
    if not found:
        return [f"{names[0]} and {names[1]} take each digit for each other one equally often."]
    found.sort(key=lambda entry: -abs(shown[0][entry[0]] - shown[1][entry[0]]))
    leads = ("The largest difference", "The other way round")
    return [
        f"{lead}: {_more_often(cell, _ordered(names, more), _pair(shown, cell, more), unit)}"
        for lead, (cell, more) in zip(leads, found, strict=False)
    ]


def difference_p_value(
    labels: ArrayLike, predicted_a: ArrayLike, predicted_b: ArrayLike, cell: Cell
) -> float:
    """Return how easily chance makes two models differ so much in their largest difference.

    All three are (N,) digits on the same images. Exact two-sided McNemar test (McNemar 1947) on
    the images that only one of them reads as this cell says, times 90: the largest of 90 was
    picked (Bonferroni's correction, Dunn 1961, "Multiple comparisons among means", Journal of the
    American Statistical Association 56, 52–64). Raises RunError when the lengths differ.
    """
    truth, answers_a = digits(labels, "labels"), digits(predicted_a, "predictions")
    answers_b = digits(predicted_b, "predictions")
    require_same_length(labels=truth, first_predictions=answers_a, second_predictions=answers_b)
    true, read = cell
    in_a: Integers = answers_a[truth == true] == read
    in_b: Integers = answers_b[truth == true] == read
    only_a, only_b = int(np.sum(in_a & ~in_b)), int(np.sum(in_b & ~in_a))
    return min(1.0, KINDS_OF_MISTAKE * exact_mcnemar(only_a, only_b))


def chance_sentence(p_value: float) -> str:
    """Say what the p-value of `difference_p_value` means."""
    test = "exact McNemar test, times 90 because the largest of 90 differences was picked"
    p_shown = wording.probability(p_value, SIGNIFICANCE)
    figure = f"p {p_shown}" if p_shown.startswith("<") else f"p = {p_shown}"
    if p_value < SIGNIFICANCE:
        return f"That is more than chance would explain ({test}: {figure})."
    return f"That could be chance ({test}: {figure})."


def _ordered(names: tuple[str, str], more: int) -> tuple[str, str]:
    return names[more], names[1 - more]


def _pair(shown: tuple[Numbers, Numbers], cell: Cell, more: int) -> tuple[float, float]:
    return float(shown[more][cell]), float(shown[1 - more][cell])


def _more_often(
    cell: Cell, names: tuple[str, str], figures: tuple[float, float], unit: Unit
) -> str:
    """`names` and `figures` are those of the run that does it more often, then of the other."""
    (true, read), (more, less), (high, low) = cell, names, figures
    if unit == "count":
        times = "time" if high == 1 else "times"
        against = f"{high:,.0f} {times} against {low:,.0f} ({high - low:,.0f} more)"
        return f"{more} reads {true} as {read} more often than {less}, {against}."
    decimals = next(
        (places for places in range(1, 4) if round(high, places) != round(low, places)), 4
    )
    gap = round(high, decimals) - round(low, decimals)
    points = f"{wording.out_of_hundred(gap / 100, decimals)} points more"
    shares = [wording.out_of_hundred(share / 100, decimals) for share in (high, low)]
    if unit == "row":
        against = f"in {shares[0]} % of all {true}s against {shares[1]} % ({points})"
        return f"{more} reads {true} as {read} more often than {less}, {against}."
    against = f"{shares[0]} % against {shares[1]} % ({points})"
    return (
        f"an answer {read} of {more} is more often a {true} than an answer {read} of {less}, "
        f"{against}."
    )
