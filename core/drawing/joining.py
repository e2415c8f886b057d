"""Strokes that belong to one digit, such as the bar of a 5 apart from its body."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.drawing.marks import Marks, measure

# In heights of the usual digit.
PART_ABOVE: Final = 0.75  # what is lower may be a part of what stands above or below it
PART_BESIDE: Final = 0.55  # what is lower may be a part of what stands beside it
BAR: Final = 0.4  # what is lower and in the upper third is the bar of a 5, wherever it begins
NEAR_ABOVE: Final = 0.3
NEAR_BESIDE: Final = 0.12
HIGHEST: Final = 1.35  # a digit in several strokes …
HIGHEST_WITH_BAR: Final = 1.8  # … of which the largest alone was taken for the usual height
WIDEST: Final = 1.25
OVERLAP: Final = 0.25  # of the narrower one's width: stands above or below, not beside

Box = NDArray[np.float64]


def joined(marks: Marks, height: float) -> Marks:
    """Return marks with strokes of one digit under one number, nearest first.

    `height` is that of the usual digit in pixels.
    """
    pairs = sorted(
        (_distance_allowed(marks.boxes[one], marks.boxes[other], distance, height), one, other)
        for one, other, distance in _neighbours(marks, height)
    )
    owner = list(range(marks.count))
    boxes = [marks.boxes[index] for index in range(marks.count)]
    for closeness, one, other in pairs:
        first, second = owner[one], owner[other]
        if closeness > 1 or first == second:
            continue
        if _distance_allowed(boxes[first], boxes[second], 0.0, height) > 1:
            continue
        boxes[first] = _around(boxes[first], boxes[second])
        owner = [first if own == second else own for own in owner]
    numbers = np.unique(owner, return_inverse=True)[1] + 1
    return measure(np.concatenate([[0], numbers])[marks.labels], marks.degrees)


def _neighbours(marks: Marks, height: float) -> list[tuple[int, int, float]]:
    """Return each low mark with those near it, and their distance in pixels."""
    found = []
    reach = int(np.ceil(NEAR_ABOVE * height)) + 1
    slices = marks.slices
    for one in np.flatnonzero(marks.heights < PART_ABOVE * height):
        rows, columns = slices[one]
        window = (
            slice(max(0, rows.start - reach), rows.stop + reach),
            slice(max(0, columns.start - reach), columns.stop + reach),
        )
        labels = marks.labels[window]
        others = np.setdiff1d(labels, [0, one + 1])
        if not len(others):
            continue
        distance = ndimage.distance_transform_edt(labels != one + 1)
        nearest = ndimage.minimum(distance, labels, others)
        found += [
            (int(one), int(other) - 1, float(far))
            for other, far in zip(others, nearest, strict=True)
        ]
    return found


def _distance_allowed(one: Box, other: Box, distance: float, height: float) -> float:
    """Return the distance of two strokes as a share of what one digit's may have; inf: never."""
    overlap = min(one[2], other[2]) - max(one[0], other[0])
    narrower = min(one[2] - one[0], other[2] - other[0])
    lower = min(one[3] - one[1], other[3] - other[1])
    above = overlap >= OVERLAP * narrower
    left, top, right, bottom = _around(one, other)
    low = one if one[3] - one[1] == lower else other
    bar = lower < BAR * height and low[1] + low[3] < 2 * top + (bottom - top) * 2 / 3
    highest = HIGHEST_WITH_BAR if lower < 0.5 * height else HIGHEST
    if (
        lower > (PART_ABOVE if above else PART_BESIDE) * height
        or bottom - top > highest * height
        or right - left > WIDEST * height
    ):
        return float("inf")
    return distance / ((NEAR_ABOVE if above or bar else NEAR_BESIDE) * height)


def _around(one: Box, other: Box) -> Box:
    return np.concatenate([np.minimum(one[:2], other[:2]), np.maximum(one[2:], other[2:])])
