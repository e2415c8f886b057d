"""Digits that touch, cut apart where little ink holds them together."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.drawing.marks import Marks, measure
from core.drawing.threshold import Ink

WIDE: Final = 1.15  # times as wide as high: perhaps two digits
NARROWEST: Final = 0.12  # of its height: a digit
LOWEST: Final = 0.6  # of the usual height: a digit cut off another
CUT: Final = 1.6  # strokes: the most ink that a cut goes through
SIDESTEP: Final = 0.3  # of a pixel of ink: what each pixel costs that a cut goes aside

Mask = NDArray[np.bool_]
Path = NDArray[np.int64]


def cut_apart(marks: Marks, ink: Ink, height: float) -> Marks:
    """Return marks with those much wider than high cut in two or more, where it can be told.

    `height` is that of the usual digit in pixels.
    """
    labels = marks.labels.copy()
    count = marks.count
    waiting = [
        (number, place)
        for number, place in enumerate(marks.slices, 1)
        if marks.widths[number - 1] > WIDE * max(height, marks.heights[number - 1])
    ]
    while waiting:
        number, place = waiting.pop()
        mask = labels[place] == number
        right = _right_part(mask, ink.stroke, height)
        if right is None:
            continue
        count += 1
        labels[place][right] = count
        for own, part in ((number, mask & ~right), (count, right)):
            if np.ptp(np.flatnonzero(part.any(0))) > WIDE * height:
                waiting.append((own, place))
    return measure(labels, marks.degrees) if count > marks.count else marks


def _right_part(mask: Mask, stroke: float, height: float) -> Mask | None:
    """Return what lies right of the best cut from top to bottom, None if it parts no two digits."""
    path = _best_cut(mask)
    crossed = mask[np.arange(len(path)), path]
    strokes = int(crossed[0]) + int((crossed[1:] & ~crossed[:-1]).sum())
    right: Mask = mask & (np.arange(mask.shape[1]) > path[:, None])
    # Digits touch at one place; a cut through two strokes opens a loop, such as a wide 0.
    if strokes > 1 or crossed.sum() > CUT * stroke:
        return None
    for part in (right, mask & ~right):
        rows, columns = np.flatnonzero(part.any(1)), np.flatnonzero(part.any(0))
        if len(rows) == 0 or part.sum() < 0.15 * mask.sum():
            return None
        high, wide = np.ptp(rows) + 1, np.ptp(columns) + 1
        if high < LOWEST * height or wide < NARROWEST * high:
            return None
    return right


def _best_cut(mask: Mask) -> Path:
    """Return the column by row, `(h,)`, of the path downwards that crosses the least ink.

    Each step goes one row down and at most one column aside (dynamic programming). The outer
    fifths are left alone.
    """
    rows, columns = mask.shape
    outer = columns // 5
    price = mask.astype(np.float64)
    price[:, : max(1, outer)] = price[:, columns - max(1, outer) :] = 1e6
    total = price[0]
    steps = np.zeros((rows, columns), np.int64)
    for row in range(1, rows):
        left = np.concatenate([[np.inf], total[:-1]]) + SIDESTEP
        right = np.concatenate([total[1:], [np.inf]]) + SIDESTEP
        ways = np.stack([total, left, right])
        chosen = ways.argmin(axis=0)
        steps[row] = np.array([0, -1, 1])[chosen]
        total = ways.min(axis=0) + price[row]
    # Of equally cheap cuts, the one nearest to the middle.
    off = np.abs(np.arange(columns) - columns / 2) * 1e-3
    column = int((total + off).argmin())
    path = np.empty(rows, np.int64)
    for row in range(rows - 1, -1, -1):
        path[row] = column
        column += int(steps[row, column])
    return path
