"""Which digits a model takes for which."""

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.analysis.checks import Integers, Numbers, digits, require_same_length

Confusion: TypeAlias = tuple[int, int, int]  # true digit, digit read instead, how often
Unit: TypeAlias = Literal["count", "row", "column"]  # how often; percent of the row, of the column

DIGITS = 10


def confusion_matrix(labels: ArrayLike, predicted: ArrayLike) -> Integers:
    """Count how often each true digit was read as each digit.

    Both are (N,) digits 0 to 9. Returns (10, 10) int64: rows are the true digit, columns what was
    read. Raises RunError when the lengths differ or a value is no digit.
    """
    truth, answers = digits(labels, "labels"), digits(predicted, "predictions")
    require_same_length(labels=truth, predictions=answers)
    counts = np.bincount(DIGITS * truth + answers, minlength=DIGITS * DIGITS)
    return counts.reshape(DIGITS, DIGITS).astype(np.int64)


def row_percent(matrix: NDArray[np.integer]) -> Numbers:
    """Return each count as percent of its row, 0 to 100; a digit without images gives 0."""
    return _percent_along(matrix, axis=1)


def column_percent(matrix: NDArray[np.integer]) -> Numbers:
    """Return each count as percent of its column, 0 to 100; a digit never read gives 0."""
    return _percent_along(matrix, axis=0)


def in_unit(matrix: NDArray[np.integer], unit: Unit) -> Numbers:
    """Return the matrix as counts or as percent of its rows or of its columns, float64."""
    if unit == "row":
        return row_percent(matrix)
    return column_percent(matrix) if unit == "column" else matrix.astype(np.float64)


def most_confused(matrix: NDArray[np.integer], count: int = 3) -> list[Confusion]:
    """Return up to `count` mistakes that happened, the most frequent first.

    Equally frequent ones come in the order of the true digit, then of the digit read.
    """
    mistakes = matrix * (1 - np.eye(DIGITS, dtype=np.int64))
    order = np.argsort(-mistakes, axis=None, kind="stable")[: max(count, 0)]
    found = [(*divmod(int(place), DIGITS), int(mistakes.flat[place])) for place in order]
    return [confusion for confusion in found if confusion[2] > 0]


def confusion_sentence(matrix: NDArray[np.integer], name: str) -> str:
    """Say which digits the model of that name takes for which most often."""
    total, right = int(matrix.sum()), int(np.trace(matrix))
    if not total:
        return f"{name} has read no images yet."
    images = "image" if total == 1 else "images"
    if total == right:
        return f"{name} makes no mistake in {total:,} {images}."
    worst = most_confused(matrix, count=2)
    true, read, times = worst[0]
    if total - right == 1:
        return f"{name} makes one mistake in {total:,} {images}: it reads {true} as {read}."
    if times == 1:
        return f"{name} makes {total - right:,} mistakes in {total:,} images, none of them twice."
    sentence = f"{name} most often reads {true} as {read} ({times:,} times)"
    # A second pair seen once is not something the model does often.
    if len(worst) > 1 and worst[1][2] > 1:
        sentence += f" and {worst[1][0]} as {worst[1][1]} ({worst[1][2]:,})"
    return f"{sentence}."


def _percent_along(matrix: NDArray[np.integer], axis: int) -> Numbers:
    counts = matrix.astype(np.float64)
    totals = counts.sum(axis=axis, keepdims=True)
    percent = np.zeros_like(counts)
    np.divide(100 * counts, totals, out=percent, where=totals > 0)
    return percent
