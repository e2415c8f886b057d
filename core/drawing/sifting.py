"""What is no digit among the marks of a picture: frames, ruled lines, spots, textures."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.drawing.marks import Marks
from core.drawing.threshold import Ink, stroke_width

LEAST_SIDE: Final = 8  # pixels: a digit below cannot be read
LEAST_HEIGHT: Final = 0.4  # of the usual digit; lower are dots, commas and dashes
MOST_HEIGHT: Final = 2.5  # of the usual digit
RULE: Final = 6.0  # times as wide as high: a ruled line, a dash, the edge of a sheet
BLOB: Final = 0.85  # of its box filled: a spot or a shadow, no strokes
THICKEST: Final = 0.42  # of its longest side: what has wider strokes is a spot
FLAT: Final = 0.6  # of its shorter side, on the border of the picture: no digit, if others are not
# Measured on photo-like pictures of MNIST digits: the halo of none is above 0.11, no edge softer
# than 1.36, no stroke thinner than 0.1. Textures in photos of other things lie on either side.
HALO: Final = 0.2  # of full ink, on the paper beside strokes
SOFTEST: Final = 0.6  # of full ink a stroke's width, how steeply tone falls at the edge of strokes
THINNEST: Final = 0.008  # of the longest side, a stroke's width

Mask = NDArray[np.bool_]


def like_strokes(marks: Marks) -> Mask:
    """Tell strokes of a pen from frames, ruled lines, edges of the sheet and dark corners."""
    sheet = np.array(marks.labels.shape[::-1], np.float64)  # width, height
    widths, heights = marks.widths, marks.heights
    longest = np.maximum(widths, heights)
    filled = marks.areas / (widths * heights)
    thick = marks.strokes() > THICKEST * longest
    blobs = ((filled > BLOB) & (longest < 2 * np.minimum(widths, heights))) | (
        thick & (longest > 12)
    )
    rules = (widths > RULE * heights) & (widths > 0.25 * sheet[0])
    columns = (heights > 2 * RULE * widths) & (heights > 0.9 * sheet[1])
    fine: Mask = ~(blobs | rules | columns | _frames(marks))
    # Whatever comes in from beyond the border lies flat on it; so may the digits of a close cut.
    flat = fine & (marks.contact() > FLAT * np.minimum(widths, heights))
    if marks.areas[fine & ~flat].sum() > marks.areas[flat].sum():
        fine &= ~flat
    return fine


def like_digits(marks: Marks, height: float) -> Mask:
    """Leave out what is far lower or higher than the usual digit, and dashes."""
    longest = np.maximum(marks.widths, marks.heights)
    dashes = (marks.widths > 2.5 * marks.heights) & (marks.heights < 0.6 * height)
    return (
        (marks.heights >= LEAST_HEIGHT * height)
        & (marks.heights <= MOST_HEIGHT * height)
        & (longest >= LEAST_SIDE)
        & ~dashes
    )


def of_one_tone(marks: Marks, ink: Ink) -> Mask:
    """Tell dark on light from light on dark: most marks are either, the larger ones more so."""
    number = marks.labels[marks.labels > 0] - 1
    darker = np.bincount(number, ink.darker[marks.labels > 0], marks.count) > marks.areas / 2
    weight = np.sqrt(marks.areas)  # so that one large shadow does not outvote digits
    mostly = weight[darker].sum() > weight.sum() / 2
    return np.asarray(darker == mostly)


def like_ink(marks: Marks, ink: Ink) -> Mask:
    """Tell strokes of a pen, even and with an edge, from textures and soft shadows."""
    found = np.zeros(marks.count, bool)
    for index, place in enumerate(marks.slices):
        reach = math.ceil(5 + ink.stroke)
        around = tuple(slice(max(0, part.start - reach), part.stop + reach) for part in place)
        own, tone = marks.labels[around] == index + 1, ink.tone[around]
        width = stroke_width(own)
        full = float(np.percentile(tone[own], 90))
        away = ndimage.distance_transform_edt(~own)
        beside = (away > 2 + width / 4) & (away <= 4 + 0.75 * width) & ~ink.marks[around]
        halo = np.percentile(tone[beside], 75) / full if beside.any() else 0.0
        slope = np.hypot(*np.gradient(tone))[own & ~ndimage.binary_erosion(own)]
        longest = max(marks.widths[index], marks.heights[index])
        found[index] = (
            halo <= HALO
            and np.percentile(slope, 75) * width >= SOFTEST * full
            and width >= THINNEST * longest
        )
    return found


def _frames(marks: Marks) -> Mask:
    """Find marks around several others, or around one and along three sides of their box."""
    found = np.zeros(marks.count, bool)
    boxes = marks.boxes
    for index in range(marks.count):
        left, top, right, bottom = boxes[index]
        inside = (
            (boxes[:, 0] > left) & (boxes[:, 1] > top)
            & (boxes[:, 2] < right) & (boxes[:, 3] < bottom)
            & (marks.heights > 0.15 * (bottom - top))
        )  # fmt: skip
        found[index] = inside.sum() > 1
        if inside.sum() == 1:
            mask = marks.mask(index)
            reach = [max(2, math.ceil(0.12 * side)) for side in mask.shape]
            sides = (
                mask[: reach[0]].any(0), mask[-reach[0] :].any(0),
                mask[:, : reach[1]].any(1), mask[:, -reach[1] :].any(1),
            )  # fmt: skip
            found[index] = sum(side.mean() > 0.85 for side in sides) >= 3
    return found
