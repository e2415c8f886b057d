"""Lines of text: how far they are tilted, which digit stands in which, and in what order.

Places are `(N, 2)`, x to the right and y downwards, in pixels.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

MAX_TILT: Final = 25.0  # degrees; a steeper neighbour stands in another line
REACH: Final = 4.0  # digit heights: how far to the right the next digit is looked for
BOUNCE: Final = 0.1  # digit heights: how far people's digits stand off their line (one spread)
USUAL_TILT: Final = 6.0  # degrees: how far photos are tilted (one spread)
OVERLAP: Final = 0.35  # of the lower one's height: digits of one line stand side by side

Places = NDArray[np.float64]
Numbers = NDArray[np.int64]


def tilt(places: Places, height: float) -> float:
    """Return by how many degrees lines run downwards to the right, from the middles of digits.

    `height` is the usual height of a digit in pixels. Digits bounce on their line: the fewer there
    are and the nearer they stand, the more is taken for bouncing rather than for a tilt.
    """
    if len(places) < 2:
        return 0.0
    angle = _first_guess(places, height)
    for _ in range(2):
        upright = turned(places, -angle)
        lines = lines_of(upright, np.full(len(places), height))
        angle += _common_slope(upright, lines, height, angle)
    return float(np.clip(angle, -MAX_TILT, MAX_TILT))


def lines_of(middles: Places, heights: NDArray[np.float64]) -> Numbers:
    """Return each digit's line, `(N,)`, 0 the uppermost, of lines that are not tilted.

    From left to right, a digit goes on with the line whose last digit it stands beside.
    """
    lines: list[list[int]] = []
    for digit in np.argsort(middles[:, 0], kind="stable"):
        beside = [_beside(middles, heights, line[-1], int(digit)) for line in lines]
        best = int(np.argmax(beside)) if beside else -1
        if best >= 0 and beside[best] >= OVERLAP:
            lines[best].append(int(digit))
        else:
            lines.append([int(digit)])
    lines.sort(key=lambda line: float(middles[line, 1].mean()))
    numbers = np.empty(len(middles), np.int64)
    for number, line in enumerate(lines):
        numbers[line] = number
    return numbers


def turned(places: Places, degrees: float) -> Places:
    """Turn places about (0, 0), clockwise on a picture, whose y points downwards."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    x, y = places[:, 0], places[:, 1]
    return np.stack([cosine * x - sine * y, sine * x + cosine * y], axis=1)


def _first_guess(places: Places, height: float) -> float:
    """Return the median direction in degrees from each digit to the next one on its right."""
    across = places[None, :, :] - places[:, None, :]  # (from, to, 2)
    x, y = across[:, :, 0], across[:, :, 1]
    slope = np.abs(y) / np.maximum(x, 1e-9)
    fits = (x > 0.2 * height) & (x < REACH * height) & (slope <= math.tan(math.radians(MAX_TILT)))
    far = np.where(fits, x + 3 * np.abs(y), np.inf)
    nearest = far.argmin(axis=1)
    rows = np.flatnonzero(np.isfinite(far.min(axis=1)))
    if not len(rows):
        return 0.0
    return float(np.median(np.degrees(np.arctan2(y, np.maximum(x, 1e-9))[rows, nearest[rows]])))


def _common_slope(upright: Places, lines: Numbers, height: float, angle: float) -> float:
    """Return what is left of the tilt, in degrees, after lines were turned back by `angle`.

    Least squares over all lines together, drawn towards no tilt in all as far as a normal prior
    of USUAL_TILT and digits that bounce by BOUNCE ask for (ridge regression).
    """
    squares = moment = 0.0
    for line in range(int(lines.max()) + 1):
        own = upright[lines == line]
        aside = own - own.mean(axis=0)
        squares += float((aside[:, 0] ** 2).sum())
        moment += float((aside[:, 0] * aside[:, 1]).sum())
    pull = (BOUNCE * height / math.tan(math.radians(USUAL_TILT))) ** 2
    return math.degrees(
        math.atan((moment - pull * math.tan(math.radians(angle))) / (squares + pull))
    )


def _beside(middles: Places, heights: NDArray[np.float64], one: int, other: int) -> float:
    """Return how much of the lower digit stands at the height of the other, at most 1."""
    apart = abs(float(middles[one, 1] - middles[other, 1]))
    both = float(heights[one] + heights[other]) / 2
    return min(1.0, (both - apart) / max(1.0, float(min(heights[one], heights[other]))))
