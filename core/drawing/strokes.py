"""The width of strokes, brought to what models were trained on."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.learning.centering import ink_box

# Stroke width divided by the ink's longest side. Measured on MNIST's test images: 1 % lie below
# 1/14, half below 1/8, 5 % above 0.19. Digits drawn with a fine pen were best read when widened to
# 1/8; small ones drawn with a thick brush, which closes their loops, are read better when thinned.
THIN_STROKE = 1 / 14
WIDENED_STROKE = 1 / 8
THICK_STROKE = 1 / 5

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


def thicken(ink: Floats) -> Floats:
    """Widen strokes thinner than nearly all of MNIST's, and thin those that are thicker.

    `ink` is `(h, w)` in [0, 1], not all 0. A fine pen in a large picture, which would fade when
    shrunk to 28×28, is widened to an eighth of the digit's longest side, 2.5 pixels at 28×28. A
    thick brush, which closes the loops of a small digit, is thinned to a fifth, as far as no
    stroke tears. What lies between a fourteenth and a fifth comes back as it is.
    """
    marks: Mask = ink > ink.max() / 2
    top, bottom, left, right = ink_box(marks)
    longest = max(bottom - top, right - left)
    # The frame of paper lets strokes end at the edge of the picture as well.
    cropped = np.pad(marks[top:bottom, left:right], 1)
    depth = ndimage.distance_transform_edt(cropped)
    width = mean_width(depth)
    if width < THIN_STROKE * longest:
        return _widened(ink, marks, _change(width, longest, WIDENED_STROKE))
    if width > THICK_STROKE * longest:
        thinned = np.zeros_like(ink)
        by = -_change(width, longest, THICK_STROKE)
        thinned[top:bottom, left:right] = _thinned(depth, by)[1:-1, 1:-1]
        return thinned
    return ink


def mean_width(depth: NDArray[np.float64]) -> float:
    """Return the mean width of strokes in pixels, at least 1.

    `depth` holds each pixel's distance to the nearest one beside the strokes, 0 there.
    """
    # Distances to the edge across a stroke w pixels wide run 1 … w/2 … 1 and average (w + 2) / 4.
    return max(1.0, float(4 * depth[depth > 0].mean() - 2))


def _change(width: float, longest: int, share: float) -> float:
    # Each side grows by this much, and so does the digit it is measured against.
    return (share * longest - width) / (2 * (1 - share))


def _widened(ink: Floats, marks: Mask, by: float) -> Floats:
    distance = ndimage.distance_transform_edt(~marks)
    widened: Floats = np.clip(by + 1 - distance, 0, 1).astype(np.float32)
    return np.maximum(ink, widened)


def _thinned(depth: NDArray[np.float64], by: float) -> Floats:
    """Take `by` pixels off each side of strokes, less where that would lose or part a piece."""
    parts = _pieces(depth > 0)
    while by >= 1 and _pieces(depth > by) != parts:
        by /= 2
    return np.clip(depth - by, 0, 1).astype(np.float32)


def _pieces(marks: Mask) -> int:
    return int(ndimage.label(marks, np.ones((3, 3)))[1])
